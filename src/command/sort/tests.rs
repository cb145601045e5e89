//! SORT against sorting done naively, and whom it tells.

use crate::command::testing::Bench;

/// The elements of a reply.
fn bulks(reply: &str) -> Vec<String> {
    let lines = reply.split('|').skip(1);
    lines.skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn sorts_as_the_naive_twin() {
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bench = Bench::new();
        let count = random.usize(1..300);
        let numbers: Vec<i32> = (0..count).map(|_| random.i32(-50..50)).collect();
        for number in &numbers {
            bench.run(&format!("rpush l {number}"));
        }
        let is_alpha = random.bool();
        let is_descending = random.bool();
        let mut expected: Vec<String> = numbers.iter().map(i32::to_string).collect();
        match is_alpha {
            true => expected.sort(),
            false => expected.sort_by_key(|text| text.parse::<i32>().unwrap()),
        }
        if is_descending {
            expected.reverse();
        }
        let offset = random.usize(..count + 5);
        let len = random.usize(..count + 5);
        let alpha = if is_alpha { " alpha" } else { "" };
        let order = if is_descending { "desc" } else { "asc" };
        let line = format!("sort l {order}{alpha}");
        assert_eq!(bulks(&bench.run(&line)), expected, "{line}");
        let line = format!("sort l {order}{alpha} limit {offset} {len}");
        let shown: Vec<String> = expected.into_iter().skip(offset).take(len).collect();
        assert_eq!(bulks(&bench.run(&line)), shown, "{line}");
        assert_eq!(
            bench.run(&format!("{line} store d")),
            format!(":{}", shown.len())
        );
        assert_eq!(bulks(&bench.run("lrange d 0 -1")), shown, "{line}");
    }
}

#[test]
fn what_it_changes_and_whom_it_tells() {
    let l: &[&str] = &["rpush l 3 1 2"];
    for (before, line, expected) in [
        (&[][..], "sort l", "*0 / keymiss@0:l / "),
        (
            &["rpush d x"],
            "sort l store d",
            ":0 / keymiss@0:l del@0:d / verbatim",
        ),
        (&[], "sort l store d", ":0 / keymiss@0:l / "),
        (l, "sort l store d", ":3 / new@0:d sortstore@0:d / verbatim"),
        (l, "sort l store l", ":3 / sortstore@0:l / verbatim"),
        (l, "sort l limit 9 1 store l", ":0 / del@0:l / verbatim"),
        (l, "sort_ro l limit 0 1", "*1|$1|1 /  / "),
        (l, "sort_ro l store d", "-ERR syntax error /  / "),
        (
            l,
            "sort l by w_* get # get w_* limit 0 1",
            "*2|$1|1|$-1 / keymiss@0:w_3 keymiss@0:w_1 keymiss@0:w_2 keymiss@0:w_1 / ",
        ),
        (
            &["rpush l a"],
            "sort l store d",
            "-ERR One or more scores can't be converted into double /  / ",
        ),
    ] {
        let mut bench = Bench::new();
        for line in before {
            bench.run(line);
        }
        let reply = bench.run(line);
        let told = format!("{reply} / {} / {}", bench.events_line(), bench.log_line());
        assert_eq!(told, expected, "{line}");
    }
}
