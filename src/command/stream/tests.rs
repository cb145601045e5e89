//! What the wire does not show: events, propagation. Replies have their transcripts.

use crate::command::testing::Bench;

/// A consumer that the log must make.
macro_rules! made {
    ($name:literal) => {
        concat!("XGROUP CREATECONSUMER s g ", $name)
    };
}

/// Events as Valkey 9.1.2 tells them, in order; and what the log must hear to do the same.
#[test]
fn changes_are_told() {
    let cases: &[(&str, &str, &str)] = &[
        ("XADD s NOMKSTREAM 1-1 f v", "", ""),
        ("XADD s 1-1 f v", "new s, xadd s", "XADD s 1-1 f v"),
        ("XADD s 1-* f v", "xadd s", "XADD s 1-2 f v"),
        (
            "XADD s MAXLEN 2 NOMKSTREAM 1-3 f v",
            "xadd s, xtrim s",
            "XADD s MAXLEN = 2 1-3 f v",
        ),
        (
            "XADD s MINID ~ 1 1-4 f v",
            "xadd s",
            "XADD s MAXLEN = 3 1-4 f v",
        ),
        ("XADD s * f v", "xadd s", "XADD s 1000000-0 f v"),
        ("XADD s 5-5 f v", "", ""),
        ("XLEN none", "keymiss none", ""),
        ("XRANGE none - +", "keymiss none", ""),
        ("XREVRANGE none + -", "keymiss none", ""),
        ("XREAD STREAMS s none 0 0", "keymiss none, keymiss none", ""),
        ("XTRIM s MAXLEN ~ 1", "", ""),
        ("XTRIM s MINID 1-3", "xtrim s", "XTRIM s MAXLEN = 3"),
        ("XTRIM none MAXLEN 3", "", ""),
        ("XDEL s 1-3 9-9", "xdel s", "verbatim"),
        ("XDEL s 9-9", "", ""),
        ("XSETID s 1000001-0", "xsetid s", "verbatim"),
        (
            "XGROUP CREATE n g $ MKSTREAM",
            "new n, xgroup-create n",
            "verbatim",
        ),
        ("XGROUP CREATE s g 0", "xgroup-create s", "verbatim"),
        ("XGROUP CREATE s g 0", "", ""),
        ("XGROUP SETID s g 0", "xgroup-setid s", "verbatim"),
        (
            "XGROUP CREATECONSUMER s g c",
            "xgroup-createconsumer s",
            "verbatim",
        ),
        ("XGROUP CREATECONSUMER s g c", "", ""),
        (
            "XREADGROUP GROUP g d COUNT 1 STREAMS s >",
            "xgroup-createconsumer s",
            concat!(
                made!("d"),
                "; XCLAIM s g d 0 1-4 TIME 1000000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-4",
                "; XGROUP SETID s g 1-4 ENTRIESREAD 4"
            ),
        ),
        (
            "XREADGROUP GROUP g d STREAMS s 0",
            "",
            concat!(
                "XCLAIM s g d 0 1-4 TIME 1000000 RETRYCOUNT 2 FORCE JUSTID LASTID 1-4",
                "; XGROUP SETID s g 1-4 ENTRIESREAD 4"
            ),
        ),
        (
            "XREADGROUP GROUP g d NOACK STREAMS s >",
            "",
            "XGROUP SETID s g 1000000-0 ENTRIESREAD 5",
        ),
        (
            "XREADGROUP GROUP g e STREAMS s >",
            "xgroup-createconsumer s",
            made!("e"),
        ),
        ("XACK s g 1-4 9-9", "", "verbatim"),
        ("XACK s g 1-4", "", ""),
        ("XACK none g 1-1", "keymiss none", ""),
        ("XPENDING s g", "", ""),
        (
            "XCLAIM s g h 0 1-4 FORCE",
            "xgroup-createconsumer s",
            concat!(
                made!("h"),
                "; XCLAIM s g h 0 1-4 TIME 1000000 RETRYCOUNT 2 FORCE JUSTID LASTID 1000000-0"
            ),
        ),
        ("XCLAIM s g h 0 9-0", "", ""),
        (
            "XCLAIM s g h 0 9-0 LASTID 1000001-0",
            "",
            "XGROUP SETID s g 1000001-0 ENTRIESREAD 5",
        ),
        (
            "XAUTOCLAIM s g c 0 0 JUSTID",
            "",
            "XCLAIM s g c 0 1-4 TIME 1000000 RETRYCOUNT 2 FORCE JUSTID LASTID 1000001-0",
        ),
        (
            "XGROUP DELCONSUMER s g c",
            "xgroup-delconsumer s",
            "verbatim",
        ),
        ("XGROUP DELCONSUMER s g c", "", ""),
        ("XGROUP DESTROY s g", "xgroup-destroy s", "verbatim"),
        ("XGROUP DESTROY s g", "", ""),
    ];
    let mut bench = Bench::new();
    for (line, events, log) in cases {
        bench.run(line);
        assert_eq!(bench.events().join(", "), *events, "{line}");
        assert_eq!(bench.log_line(), *log, "{line}");
    }
}

/// What errors leave as it was.
#[test]
fn errors_change_nothing() {
    let mut bench = Bench::new();
    for line in [
        "XADD s 1-1 f v",
        "XADD s 1-2 f v",
        "XGROUP CREATE s g 0",
        "XREADGROUP GROUP g c STREAMS s >",
    ] {
        bench.run(line);
    }
    let whole = bench.run("XINFO STREAM s FULL");
    for line in [
        "XADD s 1-1 f v",
        "XADD s MAXLEN 0 x f v",
        "XDEL s 1-1 x",
        "XACK s g 1-1 x",
        "XCLAIM s g d 0 1-1 LASTID 7-7 RETRYCOUNT x",
        "XAUTOCLAIM s g d 0 0 COUNT x",
        "XGROUP SETID s g x",
        "XREADGROUP GROUP g d STREAMS s none > >",
        "XSETID s 0-1",
    ] {
        let reply = bench.run(line);
        assert!(reply.starts_with('-'), "{line}: {reply}");
        assert_eq!(bench.effects.changes, 0, "{line}");
        assert_eq!(bench.run("XINFO STREAM s FULL"), whole, "{line}");
    }
}

/// What the log hears makes the same of a copy.
#[test]
fn a_replayed_log_makes_the_same() {
    let (mut bench, mut replica) = (Bench::new(), Bench::new());
    let mut rng = fastrand::Rng::with_seed(7);
    for step in 0..3000 {
        let id = format!("{}-{}", rng.u32(..60), rng.u32(..3));
        let consumer = rng.u32(..4);
        let count = rng.u32(1..9);
        let line = match rng.u32(..14) {
            0..=3 => "XADD s * f v g w".to_owned(),
            4 => format!("XADD s MAXLEN ~ {count} * f v"),
            5 => format!("XTRIM s MINID {id}"),
            6 => format!("XGROUP CREATE s g {id}"),
            7 => format!("XDEL s {id}"),
            8..=9 => format!("XREADGROUP GROUP g {consumer} COUNT {count} STREAMS s >"),
            10 => format!("XREADGROUP GROUP g {consumer} COUNT {count} STREAMS s 0"),
            11 => format!("XACK s g {id}"),
            12 => format!("XCLAIM s g {consumer} 0 {id} FORCE"),
            _ => format!("XAUTOCLAIM s g {consumer} 0 {id} COUNT {count}"),
        };
        bench.now.0 = 1 + step / 50;
        replica.now = bench.now;
        bench.run(&line);
        for told in bench.log_line().split("; ").filter(|told| !told.is_empty()) {
            let told = if told == "verbatim" {
                line.as_str()
            } else {
                told
            };
            let reply = replica.run(told);
            assert!(!reply.starts_with('-'), "{told}: {reply}");
        }
        if step % 100 == 0 {
            let groups = "XINFO GROUPS s";
            assert_eq!(bench.run(groups), replica.run(groups), "{line}");
            for line in ["XRANGE s - +", "XPENDING s g - + 10000"] {
                assert_eq!(bench.run(line), replica.run(line));
            }
        }
    }
}
