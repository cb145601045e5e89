//! The set commands: replies, events, and what the log is told.

use crate::command::testing::Bench;
use crate::resp::reply::Protocol;

/// Runs `line` after `before`; its reply, events and log in one line.
fn told(before: &[&str], line: &str) -> String {
    let mut bench = Bench::new();
    for line in before {
        let reply = bench.run(line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
    }
    let reply = bench.run(line);
    format!("{reply} / {} / {}", bench.events_line(), bench.log_line())
}

#[test]
fn what_each_changes_and_whom_it_tells() {
    let abc: &[&str] = &["sadd s a b c"];
    for (before, line, expected) in [
        (&[][..], "sadd s a b a", ":2 / new@0:s sadd@0:s / verbatim"),
        (abc, "sadd s a b", ":0 /  / "),
        (abc, "sadd s a d", ":1 / sadd@0:s / verbatim"),
        (abc, "srem s a x c", ":2 / srem@0:s / verbatim"),
        (abc, "srem s x", ":0 /  / "),
        (abc, "srem s a b c d", ":3 / srem@0:s del@0:s / verbatim"),
        (&[], "srem s a", ":0 /  / "),
        (abc, "smove s t x", ":0 /  / "),
        (
            abc,
            "smove s t a",
            ":1 / srem@0:s new@0:t sadd@0:t / verbatim",
        ),
        (
            &["sadd s a", "sadd t a"],
            "smove s t a",
            ":1 / srem@0:s del@0:s / verbatim",
        ),
        (abc, "smove s s a", ":1 /  / "),
        (abc, "smove s s x", ":0 /  / "),
        (&["sadd t a", "set x y"], "smove s x a", ":0 /  / "),
        (
            &["sadd s a"],
            "spop s",
            "$1|a / spop@0:s del@0:s / SREM s a",
        ),
        (
            &["sadd s 7"],
            "spop s 1",
            "*1|$1|7 / spop@0:s del@0:s / DEL s",
        ),
        (&["sadd s 7"], "spop s 0", "*0 /  / "),
        (&[], "spop s", "$-1 /  / "),
        (&[], "spop s 3", "*0 /  / "),
        (&[], "srandmember s", "$-1 / keymiss@0:s / "),
        (&[], "srandmember s 3", "*0 / keymiss@0:s / "),
        (&[], "smembers s", "*0 / keymiss@0:s / "),
        (&[], "scard s", ":0 / keymiss@0:s / "),
        (&[], "sismember s a", ":0 / keymiss@0:s / "),
        (&[], "smismember s a b", "*2|:0|:0 / keymiss@0:s / "),
        (&[], "sscan s 0 nonsense", "*2|$1|0|*0 / keymiss@0:s / "),
        (
            abc,
            "sinterstore d s s",
            ":3 / new@0:d sinterstore@0:d / verbatim",
        ),
        (
            &["sadd d x"],
            "sinterstore d s",
            ":0 / keymiss@0:s del@0:d / verbatim",
        ),
        (
            &["sadd d x"],
            "sunionstore d s",
            ":0 / keymiss@0:s del@0:d / verbatim",
        ),
        (
            &["sadd d x"],
            "sdiffstore d s t",
            ":0 / keymiss@0:s keymiss@0:t del@0:d / verbatim",
        ),
        (
            abc,
            "sunionstore s s d",
            ":3 / keymiss@0:d sunionstore@0:s / verbatim",
        ),
        (abc, "sdiffstore d s s", ":0 /  / "),
        (
            abc,
            "sdiffstore d s",
            ":3 / new@0:d sdiffstore@0:d / verbatim",
        ),
    ] {
        assert_eq!(told(before, line), expected, "{line}");
    }
}

#[test]
fn what_is_popped_is_told_as_removed() {
    for (count, kept) in [(30, 70), (95, 5)] {
        let mut bench = Bench::new();
        for number in 0..100 {
            bench.run(&format!("sadd s m{number}"));
        }
        let reply = bench.run(&format!("spop s {count}"));
        let popped: Vec<String> = reply
            .split('|')
            .skip(2)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        assert_eq!(popped.len(), count);
        assert_eq!(bench.log_line(), format!("SREM s {}", popped.join(" ")));
        assert_eq!(bench.events_line(), "spop@0:s");
        assert_eq!(bench.effects.changes, count as u64);
        assert_eq!(bench.run("scard s"), format!(":{kept}"));
        for member in popped {
            assert_eq!(bench.run(&format!("sismember s {member}")), ":0");
        }
    }
}

#[test]
fn members_are_drawn_fairly() {
    const DRAWINGS: u32 = 150;
    for size in [10_u32, 150] {
        let mut bench = Bench::new();
        let mut counts = vec![0_u32; size as usize];
        for number in 0..size {
            bench.run(&format!("sadd s m{number}"));
        }
        for count in [size / 5, size / 2, size - 1] {
            counts.fill(0);
            for _ in 0..DRAWINGS {
                let reply = bench.run(&format!("srandmember s {count}"));
                for member in reply.split('|').skip(2).step_by(2) {
                    counts[member[1..].parse::<usize>().unwrap()] += 1;
                }
            }
            let mean = f64::from(DRAWINGS * count) / f64::from(size);
            for drawn in &counts {
                let off = (f64::from(*drawn) - mean).abs();
                assert!(
                    off < 5.0 * mean.sqrt() + 1.0,
                    "{count} of {size}: {drawn}, not {mean}"
                );
            }
        }
    }
}

#[test]
fn sets_are_sets_in_resp3() {
    let mut bench = Bench::new();
    bench.run("sadd s 1");
    bench.protocol = Protocol::Resp3;
    for (line, expected) in [
        ("smembers s", "~1|$1|1"),
        ("smembers t", "~0"),
        ("sinter s s", "~1|$1|1"),
        ("sinter s t", "~0"),
        ("sunion s t", "~1|$1|1"),
        ("sunion t", "~0"),
        ("sdiff s t", "~1|$1|1"),
        ("sdiff t s", "~0"),
        ("srandmember s 1", "*1|$1|1"),
        ("srandmember t 1", "*0"),
        ("smismember s 1", "*1|:1"),
        ("spop t 1", "~0"),
        ("spop s 0", "~0"),
        ("spop s 1", "~1|$1|1"),
        ("spop s", "_"),
    ] {
        assert_eq!(bench.run(line), expected, "{line}");
    }
}

#[test]
fn a_difference_is_the_same_either_way() {
    let mut bench = Bench::new();
    let members: Vec<String> = (0..300).map(|number| format!("m{number}")).collect();
    bench.run(&format!("sadd big {}", members.join(" ")));
    for number in 0..10 {
        bench.run(&format!("sadd t{number} m{number} x"));
    }
    let others: Vec<String> = (0..10).map(|number| format!("t{number}")).collect();
    let others = others.join(" ");
    assert!(
        bench
            .run(&format!("sdiff big {others}"))
            .starts_with("*290|")
    );
    assert!(bench.run("sdiff big t1").starts_with("*299|"));
    assert_eq!(bench.run(&format!("sdiffstore d big {others}")), ":290");
    assert_eq!(
        bench.run("sdiffstore e big t1 t2 t3 t4 t5 t6 t7 t8 t9 t0"),
        ":290"
    );
    assert_eq!(bench.run("sinterstore f d e big"), ":290");
    assert_eq!(bench.run("sdiffstore f d e"), ":0");
    assert_eq!(bench.run("scard big"), ":300");
}

/// Few members taken away from many: the result begins as a copy, and neither is the other.
#[test]
fn a_difference_of_a_large_set_and_a_small_one() {
    let mut bench = Bench::new();
    let members: Vec<String> = (0..2000).map(|number| format!("m{number}")).collect();
    bench.run(&format!("sadd s {}", members.join(" ")));
    for (others, left) in [("m1 m1999 x", ":1998"), ("m0", ":1999")] {
        bench.run("del t d");
        bench.run(&format!("sadd t {others}"));
        assert_eq!(bench.run("sdiffstore d s t nosuch"), left);
        assert_eq!(bench.run("sintercard 2 d t"), ":0");
        assert_eq!(bench.run("sdiff s d t"), "*0");
        assert_eq!(bench.run("scard s"), ":2000");
        bench.run("sadd d y");
        assert_eq!(bench.run("sismember s y"), ":0");
    }
}
