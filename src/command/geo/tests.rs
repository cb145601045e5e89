//! What searches and changes of places tell the log and listeners.

use crate::command::testing::Bench;

const PLACES: &str = "GEOADD g 13.361389 38.115556 palermo 15.087269 37.502669 catania";

#[test]
fn places_are_logged_as_scores() {
    let mut bench = Bench::new();
    assert_eq!(bench.run(PLACES), ":2");
    let log = "ZADD g 3479099956230698 palermo 3479447370796909 catania";
    assert_eq!(bench.log_line(), log);
    assert_eq!(bench.events_line(), "new@0:g zadd@0:g");
    assert_eq!(
        bench.run("GEOADD g xx CH 13.361389 38.115556 palermo"),
        ":0"
    );
    assert_eq!((bench.log_line(), bench.events_line()), Default::default());
    assert_eq!(
        bench.run("GEOADD g NX 1 1 palermo 2 2 x y"),
        "-ERR syntax error"
    );
    assert_eq!(
        bench.run("GEOADD g 1 1 a 2 200 b").get(..12),
        Some("-ERR invalid")
    );
    assert_eq!(bench.run("ZCARD g"), ":2");
    assert_eq!(bench.run("GEOADD g NX ch 1 1 palermo 1 1 a"), ":1");
    assert_eq!(bench.log_line().get(..17), Some("ZADD g NX ch 3377"));
}

#[test]
fn results_are_stored() {
    let mut bench = Bench::new();
    bench.run(PLACES);
    for (line, reply, log, events) in [
        (
            "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km",
            ":2",
            "verbatim",
            "new@0:d geosearchstore@0:d",
        ),
        (
            "GEORADIUS g 15 37 200 km STOREDIST e STORE d COUNT 1",
            ":1",
            "verbatim",
            "georadiusstore@0:d",
        ),
        (
            "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYBOX 1 1 m",
            ":0",
            "verbatim",
            "del@0:d",
        ),
        (
            "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYBOX 1 1 m",
            ":0",
            "",
            "",
        ),
        (
            "GEORADIUSBYMEMBER none m x y STORE g",
            ":0",
            "verbatim",
            "keymiss@0:none del@0:g",
        ),
        ("GEOPOS g palermo", "*1|*-1", "", "keymiss@0:g"),
        ("GEODIST g a b", "$-1", "", "keymiss@0:g"),
        (
            "GEOSEARCH g FROMLONLAT 0 0 BYBOX 1 1 m",
            "*0",
            "",
            "keymiss@0:g",
        ),
        ("EXISTS e", ":0", "", "keymiss@0:e"),
    ] {
        assert_eq!(bench.run(line), reply, "{line}");
        let told = (bench.log_line(), bench.events_line());
        assert_eq!(told, (log.to_owned(), events.to_owned()), "{line}");
    }
}

/// A set beyond the threshold is found in as well, and what is found is as the limits want it.
#[test]
fn both_forms_are_searched() {
    let mut bench = Bench::new();
    let places = |count: u32| {
        let place = |i: u32| format!("{} {} m{i}", f64::from(i) * 0.001, f64::from(i) * 0.002);
        let places: Vec<String> = (0..count).map(place).collect();
        format!("GEOADD g {}", places.join(" "))
    };
    for (count, encoding) in [(128, "$8|listpack"), (200, "$8|skiplist")] {
        bench.run(&places(count));
        assert_eq!(bench.run("OBJECT ENCODING g"), encoding);
        let found = format!(":{count}");
        let search = "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 500 km";
        assert_eq!(bench.run(search), found);
        assert_eq!(bench.run("OBJECT ENCODING d"), encoding);
        assert_eq!(
            bench.run("ZRANGE d 0 -1 WITHSCORES"),
            bench.run("ZRANGE g 0 -1 WITHSCORES")
        );
        let nearest = "GEOSEARCH g FROMMEMBER m7 BYRADIUS 500 km COUNT 2";
        assert_eq!(bench.run(nearest), "*2|$2|m7|$2|m6");
    }
}
