//! What list commands do besides replying: events, and what is told to the log.

use crate::command::testing::Bench;

/// Each command with its reply, its events and what is propagated.
#[test]
fn commands_tell_what_they_did() {
    let mut bench = Bench::new();
    let cases: &[(&str, &str, &str, &str)] = &[
        ("RPUSH l a b c", ":3", "new@0:l rpush@0:l", "verbatim"),
        ("LPUSH l x", ":4", "lpush@0:l", "verbatim"),
        ("LPUSHX none x", ":0", "", ""),
        ("RPUSHX l d", ":5", "rpush@0:l", "verbatim"),
        ("LPOP none", "$-1", "", ""),
        ("LPOP none 2", "*-1", "", ""),
        ("LPOP l 0", "*0", "", ""),
        ("LPOP l", "$1|x", "lpop@0:l", "verbatim"),
        ("RPOP l 1", "*1|$1|d", "rpop@0:l", "verbatim"),
        ("LINDEX none 0", "$-1", "keymiss@0:none", ""),
        ("LLEN none", ":0", "keymiss@0:none", ""),
        ("LRANGE none 0 -1", "*0", "keymiss@0:none", ""),
        ("LPOS none a", "$-1", "keymiss@0:none", ""),
        ("LSET l 0 A", "+OK", "lset@0:l", "verbatim"),
        ("LINSERT l BEFORE zz y", ":-1", "", ""),
        ("LINSERT l BEFORE b y", ":4", "linsert@0:l", "verbatim"),
        ("LREM l 0 zz", ":0", "", ""),
        ("LREM l 0 y", ":1", "lrem@0:l", "verbatim"),
        ("LTRIM l 0 -1", "+OK", "ltrim@0:l", ""),
        ("LTRIM l 0 1", "+OK", "ltrim@0:l", "verbatim"),
        (
            "LMOVE l m LEFT RIGHT",
            "$1|A",
            "new@0:m rpush@0:m lpop@0:l",
            "verbatim",
        ),
        (
            "RPOPLPUSH l m",
            "$1|b",
            "lpush@0:m rpop@0:l del@0:l",
            "verbatim",
        ),
        (
            "LMOVE m m LEFT RIGHT",
            "$1|b",
            "rpush@0:m lpop@0:m",
            "verbatim",
        ),
        (
            "BLMOVE m m LEFT LEFT 0",
            "$1|A",
            "lpush@0:m lpop@0:m",
            "LMOVE m m LEFT LEFT",
        ),
        (
            "BRPOPLPUSH m l 0",
            "$1|b",
            "new@0:l lpush@0:l rpop@0:m",
            "RPOPLPUSH m l",
        ),
        (
            "LMPOP 2 none m LEFT COUNT 5",
            "*2|$1|m|*1|$1|A",
            "lpop@0:m del@0:m",
            "LPOP m 1",
        ),
        (
            "BLPOP none l 0",
            "*2|$1|l|$1|b",
            "lpop@0:l del@0:l",
            "LPOP l",
        ),
        ("RPUSH l 1 2 3", ":3", "new@0:l rpush@0:l", "verbatim"),
        ("BRPOP l 0", "*2|$1|l|$1|3", "rpop@0:l", "RPOP l"),
        (
            "BLMPOP 0 1 l RIGHT COUNT 1",
            "*2|$1|l|*1|$1|2",
            "rpop@0:l",
            "RPOP l 1",
        ),
        ("LREM l 0 1", ":1", "lrem@0:l del@0:l", "verbatim"),
        ("RPUSH l 1", ":1", "new@0:l rpush@0:l", "verbatim"),
        ("LTRIM l 1 0", "+OK", "ltrim@0:l del@0:l", "verbatim"),
    ];
    for (line, reply, events, log) in cases {
        assert_eq!(bench.run(line), *reply, "{line}");
        assert_eq!(bench.events_line(), *events, "{line}");
        assert_eq!(bench.log_line(), *log, "{line}");
    }
}

#[test]
fn who_finds_nothing_waits() {
    let mut bench = Bench::new();
    let cases = [
        ("BLPOP a b 0", "a b"),
        ("BRPOP a 1.5", "a"),
        ("BLMOVE a b LEFT RIGHT 0", "a"),
        ("BRPOPLPUSH a b 0", "a"),
        ("BLMPOP 0 3 a b c LEFT", "a b c"),
    ];
    for (line, keys) in cases {
        assert_eq!(bench.run(line), "", "{line}");
        let wait = bench.effects.wait.take().expect("waits");
        let names = wait.keys.iter().map(|key| String::from_utf8_lossy(key));
        assert_eq!(names.collect::<Vec<_>>().join(" "), keys);
    }
    bench.may_wait = false;
    for (line, null) in [
        ("BLPOP a b 0", "*-1"),
        ("BLMOVE a b LEFT RIGHT 0", "$-1"),
        ("BRPOPLPUSH a b 0", "$-1"),
        ("BLMPOP 0 3 a b c LEFT", "*-1"),
    ] {
        assert_eq!(bench.run(line), null, "{line}");
    }
}
