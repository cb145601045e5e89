//! What the commands on hashes tell: events, and what goes to the log. The replies are in
//! `tests/wire`.

use crate::command::testing::Bench;
use crate::sys::clock::UnixMs;

const NOW: i64 = 1_800_000_000_000;

/// After `setup`: a reply, the events, and the log of `line`.
fn told(setup: &[&str], line: &str) -> (String, String, String) {
    let mut bench = Bench::new();
    bench.now = UnixMs(NOW);
    for line in setup {
        let reply = bench.run(line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
        // One field expires in a millisecond at most.
        bench.now.0 += 1;
    }
    let reply = bench.run(line);
    (reply, bench.events_line(), bench.log_line())
}

const H: &[&str] = &["hset h a 1 b 2"];
const DUE: &[&str] = &["hset h a 1 b 2", "hpexpire h 1 FIELDS 1 a"];
const VOLATILE: &[&str] = &["hset h a 1 b 2", "hexpire h 1000 FIELDS 1 a"];

#[test]
fn what_each_tells() {
    for (setup, line, reply, events, log) in [
        (
            &[][..],
            "hset h a 1 b 2",
            ":2",
            "new@0:h hset@0:h",
            "verbatim",
        ),
        (H, "hset h a 1", ":0", "hset@0:h", "verbatim"),
        (H, "hsetnx h a 5", ":0", "", ""),
        (H, "hsetnx h c 5", ":1", "hset@0:h", "verbatim"),
        (&[], "hmset h a 1", "+OK", "new@0:h hset@0:h", "verbatim"),
        (H, "hincrby h a 5", ":6", "hincrby@0:h", "verbatim"),
        (
            H,
            "hincrbyfloat h a 0.5",
            "$3|1.5",
            "hincrbyfloat@0:h",
            "HSETEX h KEEPTTL FIELDS 1 a 1.5",
        ),
        (H, "hdel h a z", ":1", "hdel@0:h", "verbatim"),
        (H, "hdel h z", ":0", "", ""),
        (H, "hdel h b a", ":2", "hdel@0:h del@0:h", "verbatim"),
        (
            H,
            "hgetdel h FIELDS 2 a z",
            "*2|$1|1|$-1",
            "hdel@0:h",
            "verbatim",
        ),
        (
            H,
            "hgetdel h FIELDS 2 a b",
            "*2|$1|1|$1|2",
            "hdel@0:h del@0:h",
            "verbatim",
        ),
        (H, "hgetdel h FIELDS 1 z", "*1|$-1", "", ""),
        (
            H,
            "hexpire h 100 FIELDS 2 a z",
            "*2|:1|:-2",
            "hexpire@0:h",
            "HPEXPIREAT h 1800000100001 FIELDS 1 a",
        ),
        (H, "hexpire h 100 XX FIELDS 1 a", "*1|:0", "", ""),
        (
            H,
            "hpexpireat h 5 FIELDS 2 a z",
            "*2|:2|:-2",
            "hexpired@0:h",
            "HDEL h a",
        ),
        (
            H,
            "hpexpire h 0 FIELDS 2 a b",
            "*2|:2|:2",
            "hexpired@0:h del@0:h",
            "HDEL h a b",
        ),
        (H, "hexpire z 100 FIELDS 1 a", "*1|:-2", "", ""),
        (
            VOLATILE,
            "hpersist h FIELDS 2 a b",
            "*2|:1|:-1",
            "hpersist@0:h",
            "verbatim",
        ),
        (H, "hpersist h FIELDS 1 a", "*1|:-1", "", ""),
        (H, "httl z FIELDS 1 a", "*1|:-2", "keymiss@0:z", ""),
        (H, "hgetex h FIELDS 1 a", "*1|$1|1", "", ""),
        (H, "hgetex z FIELDS 1 a", "*1|$-1", "keymiss@0:z", ""),
        (
            H,
            "hgetex h EX 100 FIELDS 2 a z",
            "*2|$1|1|$-1",
            "hexpire@0:h",
            "HPEXPIREAT h 1800000100001 FIELDS 1 a",
        ),
        (
            VOLATILE,
            "hgetex h PERSIST FIELDS 2 a b",
            "*2|$1|1|$1|2",
            "hpersist@0:h",
            "HPERSIST h FIELDS 1 a",
        ),
        (
            H,
            "hgetex h PX 0 FIELDS 2 a b",
            "*2|$1|1|$1|2",
            "hexpired@0:h del@0:h",
            "HDEL h a b",
        ),
        (
            &[],
            "hsetex h FIELDS 1 a 1",
            ":1",
            "new@0:h hset@0:h",
            "HSETEX h FIELDS 1 a 1",
        ),
        (
            H,
            "hsetex h XX EX 100 FIELDS 1 a 1",
            ":1",
            "hset@0:h hexpire@0:h",
            "HSETEX h PXAT 1800000100001 FIELDS 1 a 1",
        ),
        (
            VOLATILE,
            "hsetex h FXX KEEPTTL FIELDS 1 a 1",
            ":1",
            "hset@0:h",
            "HSETEX h KEEPTTL FIELDS 1 a 1",
        ),
        (H, "hsetex h NX FIELDS 1 a 1", ":0", "", ""),
        (
            H,
            "hsetex h EX 0 FIELDS 2 a 1 z 1",
            ":1",
            "hset@0:h hexpire@0:h hexpired@0:h",
            "HDEL h a",
        ),
        (
            H,
            "hsetex h EX 0 FIELDS 2 a 1 b 1",
            ":1",
            "hset@0:h hexpire@0:h hexpired@0:h del@0:h",
            "HDEL h a b",
        ),
        (DUE, "hset h a 5", ":1", "hexpired@0:h hset@0:h", "verbatim"),
        (
            DUE,
            "hsetnx h a 5",
            ":1",
            "hexpired@0:h hset@0:h",
            "HSET h a 5",
        ),
        (
            DUE,
            "hincrby h a 5",
            ":5",
            "hexpired@0:h hincrby@0:h",
            "HSET h a 5",
        ),
        (
            DUE,
            "hincrbyfloat h a 5",
            "$1|5",
            "hexpired@0:h hincrbyfloat@0:h",
            "HSET h a 5",
        ),
        (DUE, "hdel h a", ":0", "", ""),
        (DUE, "hget h a", "$-1", "", ""),
        (DUE, "hgetall h", "*2|$1|b|$1|2", "", ""),
        (DUE, "hlen h", ":2", "", ""),
        (H, "hget z a", "$-1", "keymiss@0:z", ""),
        (H, "hmget z a", "*1|$-1", "keymiss@0:z", ""),
        (H, "hrandfield z", "$-1", "keymiss@0:z", ""),
        (H, "hscan z 0", "*2|$1|0|*0", "keymiss@0:z", ""),
        (H, "hdel z a", ":0", "", ""),
    ] {
        let said = told(setup, line);
        let wanted = (reply.to_string(), events.to_string(), log.to_string());
        assert_eq!(said, wanted, "{line}");
    }
}

/// A scan of a table visits each field once, while others come and go.
#[test]
fn a_scan_misses_nothing_that_stays() {
    let mut bench = Bench::new();
    for number in 0..2000 {
        bench.run(&format!("hset h field:{number} {number}"));
    }
    let mut cursor = "0".to_string();
    let mut seen = Vec::new();
    for step in 0.. {
        let reply = bench.run(&format!("hscan h {cursor} COUNT 20 NOVALUES"));
        let words: Vec<&str> = reply.split('|').collect();
        cursor = words[2].to_string();
        seen.extend(
            words
                .iter()
                .filter(|word| word.starts_with("field:"))
                .map(|word| word.to_string()),
        );
        if cursor == "0" {
            break;
        }
        bench.run(&format!("hset h more:{step} 1 again:{step} 1"));
        bench.run(&format!("hdel h more:{}", step / 2));
        assert!(words.len() < 60, "about as many as were asked for");
    }
    seen.sort();
    let count = seen.len();
    seen.dedup();
    assert_eq!((count, seen.len()), (2000, 2000));
}

#[test]
fn random_fields_are_fair() {
    for setup in ["hset h a 1 b 2 c 3", "hsetex h EX 100 FIELDS 3 a 1 b 2 c 3"] {
        let mut bench = Bench::new();
        bench.run(setup);
        let reply = bench.run("hrandfield h -3000");
        for field in ["a", "b", "c"] {
            let count = reply.split('|').filter(|word| *word == field).count();
            assert!((850..1150).contains(&count), "{field}: {count}");
        }
        for _ in 0..20 {
            let reply = bench.run("hrandfield h 2");
            let words: Vec<&str> = reply.split('|').collect();
            assert!(words[0] == "*2" && words[2] != words[4], "{reply}");
        }
    }
}
