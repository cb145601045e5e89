//! What sorted set commands do besides replying: events, and what is told to the log.

use crate::command::testing::Bench;

/// Each command with its reply, its events and what is propagated.
#[test]
fn commands_tell_what_they_did() {
    let mut bench = Bench::new();
    let cases: &[(&str, &str, &str, &str)] = &[
        ("ZADD z 1 a 2 b 3 c", ":3", "new@0:z zadd@0:z", "verbatim"),
        ("ZADD z 1 a", ":0", "", ""),
        ("ZADD z NX 5 a", ":0", "", ""),
        ("ZADD z CH 5 a 6 d", ":2", "zadd@0:z", "verbatim"),
        ("ZADD none XX 1 a", ":0", "", ""),
        ("ZADD none XX INCR 1 a", "$-1", "", ""),
        ("ZADD z INCR 1 a", "$1|6", "zincr@0:z", "verbatim"),
        ("ZADD z GT INCR -1 a", "$-1", "", ""),
        ("ZADD z INCR 0 a", "$1|6", "", ""),
        ("ZINCRBY z 0.5 b", "$3|2.5", "zincr@0:z", "verbatim"),
        ("ZINCRBY y 7 b", "$1|7", "new@0:y zincr@0:y", "verbatim"),
        ("ZCARD none", ":0", "keymiss@0:none", ""),
        ("ZSCORE none a", "$-1", "keymiss@0:none", ""),
        ("ZMSCORE none a b", "*2|$-1|$-1", "keymiss@0:none", ""),
        ("ZRANK none a", "$-1", "keymiss@0:none", ""),
        ("ZRANK none a WITHSCORE", "*-1", "keymiss@0:none", ""),
        ("ZCOUNT none 0 1", ":0", "keymiss@0:none", ""),
        ("ZLEXCOUNT none - +", ":0", "keymiss@0:none", ""),
        ("ZRANGE none 0 -1", "*0", "keymiss@0:none", ""),
        ("ZRANDMEMBER none", "$-1", "keymiss@0:none", ""),
        ("ZRANDMEMBER none 1", "*0", "keymiss@0:none", ""),
        ("ZSCAN none 0", "*2|$1|0|*0", "keymiss@0:none", ""),
        ("ZREM z none", ":0", "", ""),
        ("ZREM z none b", ":1", "zrem@0:z", "verbatim"),
        ("ZREMRANGEBYRANK z 9 9", ":0", "", ""),
        ("ZREMRANGEBYSCORE none 0 1", ":0", "", ""),
        (
            "ZREMRANGEBYSCORE z 3 3",
            ":1",
            "zremrangebyscore@0:z",
            "verbatim",
        ),
        (
            "ZREMRANGEBYLEX y - +",
            ":1",
            "zremrangebylex@0:y del@0:y",
            "verbatim",
        ),
        (
            "ZRANGESTORE y z 0 -1",
            ":2",
            "new@0:y zrangestore@0:y",
            "verbatim",
        ),
        ("ZRANGESTORE y z 7 9", ":0", "del@0:y", "verbatim"),
        ("ZRANGESTORE y none 7 9", ":0", "keymiss@0:none", ""),
        (
            "ZUNIONSTORE y 2 z none",
            ":2",
            "keymiss@0:none new@0:y zunionstore@0:y",
            "verbatim",
        ),
        ("ZINTERSTORE y 2 z z", ":2", "zinterstore@0:y", "verbatim"),
        ("ZDIFFSTORE y 2 z z", ":0", "del@0:y", "verbatim"),
        (
            "ZDIFFSTORE y 1 z",
            ":2",
            "new@0:y zdiffstore@0:y",
            "verbatim",
        ),
        ("ZPOPMIN none", "*0", "", ""),
        ("ZPOPMIN y 0", "*0", "", ""),
        ("ZPOPMIN y", "*2|$1|a|$1|6", "zpopmin@0:y", "verbatim"),
        (
            "ZPOPMAX y 5",
            "*2|$1|d|$1|6",
            "zpopmax@0:y del@0:y",
            "verbatim",
        ),
        (
            "ZMPOP 2 none z MIN",
            "*2|$1|z|*1|*2|$1|a|$1|6",
            "zpopmin@0:z",
            "ZPOPMIN z 1",
        ),
        ("ZADD z 1 a 2 b 3 c", ":3", "zadd@0:z", "verbatim"),
        (
            "BZPOPMAX none z 0",
            "*3|$1|z|$1|d|$1|6",
            "zpopmax@0:z",
            "ZPOPMAX z",
        ),
        (
            "BZMPOP 0 1 z MAX COUNT 9",
            "*2|$1|z|*3|*2|$1|c|$1|3|*2|$1|b|$1|2|*2|$1|a|$1|1",
            "zpopmax@0:z del@0:z",
            "ZPOPMAX z 3",
        ),
        ("ZMPOP 1 z MIN", "*-1", "", ""),
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
        ("BZPOPMIN a b 0", "a b"),
        ("BZPOPMAX a 1.5", "a"),
        ("BZMPOP 0 3 a b c MIN", "a b c"),
    ];
    for (line, keys) in cases {
        assert_eq!(bench.run(line), "", "{line}");
        let wait = bench.effects.wait.take().expect("waits");
        let names = wait.keys.iter().map(|key| String::from_utf8_lossy(key));
        assert_eq!(names.collect::<Vec<_>>().join(" "), keys);
    }
    bench.may_wait = false;
    for (line, _) in cases {
        assert_eq!(bench.run(line), "*-1", "{line}");
    }
}

/// What was drawn is of the set, as often as was asked, and each member as likely as any other.
#[test]
fn members_are_drawn_fairly() {
    for count in [10, 300] {
        let mut bench = Bench::new();
        for number in 0..count {
            bench.run(&format!("ZADD z {} {number}", number / 3));
        }
        let mut drawn = vec![0; count];
        for command in ["ZRANDMEMBER z", "ZRANDMEMBER z 2", "ZRANDMEMBER z -5"] {
            for _ in 0..2_000 {
                let reply = bench.run(command);
                let words: Vec<&str> = reply
                    .split('|')
                    .filter(|word| !word.starts_with(['$', '*']))
                    .collect();
                for word in &words {
                    drawn[word.parse::<usize>().expect("a member")] += 1;
                }
                if command.ends_with('2') {
                    assert_ne!(words[0], words[1]);
                }
            }
        }
        let expected = 16_000 / count;
        for times in drawn {
            assert!(
                times > expected / 3 && times < expected * 2,
                "{times} of {expected}"
            );
        }
    }
}
