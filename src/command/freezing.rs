//! Tests: commands of all families while a snapshot is read, and what they cost then.
//!
//! Two keyspaces hear the same random commands and must answer the same; one of them is frozen
//! again and again. What was frozen has the digest of its start until the end, while another
//! thread reads it. (In these builds the table checks that too, at every end.)

use super::testing::Bench;
use crate::sys::alloc;
use crate::sys::clock::UnixMs;
use crate::value::Thresholds;

/// Keys of each type.
const KEYS: usize = 4;

/// A random command; numbers below `range` stand for members, fields and positions.
fn line(random: &mut fastrand::Rng, range: usize) -> String {
    let family = random.usize(..7);
    let name = ["l", "s", "h", "z", "x", "t", "p"][family];
    let key = format!("{name}{}", random.usize(..KEYS));
    let other = format!("{name}{}", random.usize(..KEYS));
    if random.u32(..12) == 0 {
        return of_any_type(random, &key, &other);
    }
    let mut number = || random.usize(..range);
    let (a, b, c) = (number(), number(), number());
    // Some are too long for a packed collection.
    let long = "x".repeat(if a % 50 == 0 { 100 } else { a % 9 });
    let choice = random.usize(..10);
    match family {
        0 => match choice {
            0..2 => format!("rpush {key} {a} {b}{long} {c} {long}"),
            2..4 => format!("lpush {key} {a} {b}{long}"),
            4 => format!("lset {key} {a} {long}{b}"),
            5 => format!("linsert {key} before {a} {long}{b}"),
            6 => format!("lrem {key} 1 {a}"),
            7 => format!("lmove {key} {other} left right"),
            8 => format!("lpop {key} {}", a % 7),
            _ => format!("ltrim {key} {} -{}", a % 3, 1 + b % 3),
        },
        1 => match choice {
            0..4 => format!("sadd {key} {a} {b} {c}"),
            4 => format!("sadd {key} m{a} {long}{b}"),
            5..7 => format!("srem {key} {a} {b} m{c}"),
            7 => format!("spop {key} {}", a % 4),
            8 => format!("smove {key} {other} {a}"),
            _ => format!("sunionstore {key} {key} {other}"),
        },
        2 => match choice {
            0..3 => format!("hset {key} {a} {b} f{c} {long}v"),
            3 => format!("hincrby {key} n{a} {b}"),
            4..6 => format!("hdel {key} {a} f{b} n{c}"),
            6 => format!("hpexpire {key} {} fields 2 {b} f{c}", 1 + a % 500),
            7 => format!("hpersist {key} fields 2 {b} f{c}"),
            8 => format!("hgetdel {key} fields 1 f{a}"),
            _ => format!("hsetex {key} px {} fields 1 {b} {c}", 1 + a % 500),
        },
        3 => match choice {
            0..4 => format!("zadd {key} {a} {b} {c}.5 m{a}{long}"),
            4 => format!("zincrby {key} {a} {b}"),
            5..7 => format!("zrem {key} {a} {b} m{c}"),
            7 => format!("zpopmin {key} {}", a % 4),
            8 => format!("zremrangebyrank {key} {a} {}", a + b % 5),
            _ => format!("zunionstore {key} 2 {key} {other} weights 1 2"),
        },
        4 => match choice {
            0..4 => format!("xadd {key} * f{} {b} g {long}", a % 3),
            4 => format!("xdel {key} {}-0 {}-1", 1_000_000 + a, 1_000_000 + b),
            5 => format!("xtrim {key} maxlen {}", range + a),
            6 => format!("xgroup create {key} g{} 0 mkstream", a % 3),
            7 => format!(
                "xreadgroup group g{} c{} count {} streams {key} >",
                a % 3,
                b % 3,
                c % 9
            ),
            8 => format!(
                "xack {key} g{} {}-0 {}-1",
                a % 3,
                1_000_000 + b,
                1_000_000 + c
            ),
            _ => format!(
                "xautoclaim {key} g{} c{} 0 - count {}",
                a % 3,
                b % 3,
                1 + c % 9
            ),
        },
        5 => match choice {
            0..4 => format!("set {key} {long}{b}"),
            4 => format!("setrange {key} {} {long}{b}", a * 300),
            5 => format!("append {key} {long}{c}"),
            6 => format!("setbit {key} {} 1", a * 1000),
            7 => format!("bitop or {key} {key} {other}"),
            8 => format!("incr {key}"),
            _ => format!("getdel {key}"),
        },
        _ => match choice {
            0..7 => format!("pfadd {key} {a} {b} {c}"),
            7 => format!("pfmerge {key} {other}"),
            8 => format!("pfcount {key} {other}"),
            _ => format!("geoadd z{} {}.5 {}.25 {b}", c % KEYS, a % 180, a % 80),
        },
    }
}

fn of_any_type(random: &mut fastrand::Rng, key: &str, other: &str) -> String {
    match random.u32(..20) {
        0..3 => format!("copy {key} {other} replace"),
        3..5 => format!("rename {key} {other}"),
        5 => format!("del {key}"),
        6 => format!("copy {key} {other} db 1 replace"),
        7 => format!("move {key} 1"),
        8 => format!("pexpire {key} {}", random.u32(1..1000)),
        9..12 => format!("persist {key}"),
        12 if random.u32(..5) == 0 => "swapdb 0 1".to_owned(),
        13 if random.u32(..20) == 0 => "flushdb".to_owned(),
        _ => format!("type {key}"),
    }
}

fn bench(thresholds: Thresholds) -> Bench {
    let mut bench = Bench::new();
    bench.may_wait = false;
    bench.limits.thresholds = thresholds;
    bench
}

#[test]
fn what_is_frozen_stays_whatever_commands_do() {
    let small = Thresholds {
        list_listpack_size: 8,
        list_alone_bytes: 64,
        set_intset_entries: 16,
        set_listpack_entries: 16,
        hash_listpack_entries: 16,
        zset_listpack_entries: 16,
        stream_node_entries: 5,
        hll_sparse_bytes: 100,
        ..Thresholds::default()
    };
    let (rounds, steps) = if cfg!(miri) { (1, 60) } else { (6, 1000) };
    for (seed, thresholds) in [(1, small), (2, Thresholds::default()), (3, small)] {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut frozen_one, mut twin) = (bench(thresholds), bench(thresholds));
        let mut step = |benches: [&mut Bench; 2], range| {
            let line = line(&mut random, range);
            let passed = random.i64(0..2);
            let [one, other] = benches.map(|bench| {
                bench.now = UnixMs(bench.now.0 + passed);
                bench.run(&line)
            });
            assert_eq!(one, other, "seed {seed}: {line}");
        };
        for round in 0..rounds {
            let range = [30, 3000][round % 2];
            for _ in 0..steps {
                step([&mut frozen_one, &mut twin], range);
            }
            let frozen = frozen_one.space.freeze().expect("no other snapshot");
            let expected = frozen.digest();
            let reader = std::thread::spawn(move || (frozen.digest(), frozen));
            for _ in 0..steps {
                step([&mut frozen_one, &mut twin], range);
            }
            let (found, frozen) = reader.join().expect("the reader does not panic");
            assert_eq!(found, expected, "seed {seed}, round {round}");
            assert_eq!(frozen.digest(), expected, "seed {seed}, round {round}");
            frozen_one.space.finish(frozen);
            drop(frozen_one.space.take_garbage());
            drop(frozen_one.space.take_departures());
        }
        // Both hold the same at the end.
        let [one, other] = [frozen_one, twin].map(|mut bench| {
            let frozen = bench.space.freeze().expect("no other snapshot");
            let digest = frozen.digest();
            bench.space.finish(frozen);
            digest
        });
        assert_eq!(one, other, "seed {seed}");
    }
}

/// Elements of a big value; what checks itself all the time takes minutes for a million.
const BIG: usize = if cfg!(debug_assertions) {
    200_000
} else {
    1_000_000
};

/// Bytes that a change of a big value may copy: some nodes of a few kilobytes, the table's segment
/// and the reply. The value itself is some thousand times as large.
const COPIED_BYTES_MAX: usize = 48 * 1024;

/// Adds `BIG` elements to a key, some hundred with each command.
fn fill(bench: &mut Bench, command: &str, element: impl Fn(usize) -> String) {
    const TOGETHER: usize = 500;
    for first in (0..BIG).step_by(TOGETHER) {
        let elements: Vec<String> = (first..first + TOGETHER).map(&element).collect();
        bench.run(&format!("{command} {}", elements.join(" ")));
    }
}

/// Bytes allocated by the worst of the commands `make` makes.
fn most_copied(
    bench: &mut Bench,
    random: &mut fastrand::Rng,
    make: impl Fn(usize) -> String,
) -> (usize, String) {
    let mut most = (0, String::new());
    for _ in 0..20 {
        let line = make(random.usize(..BIG));
        let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let before = alloc::allocated_by_this_thread();
        let reply = bench.run_args(&args);
        let copied = alloc::allocated_by_this_thread() - before;
        assert_ne!(
            reply[0],
            b'-',
            "{line}: {}",
            String::from_utf8_lossy(&reply)
        );
        if copied > most.0 {
            most = (copied, line);
        }
    }
    most
}

/// What a change costs while a snapshot is read does not grow with the value.
#[test]
#[cfg(not(miri))]
fn a_change_of_a_big_value_copies_a_path() {
    let mut bench = bench(Thresholds::default());
    // A log and listeners would copy the arguments.
    bench.effects = crate::command::effects::Effects::default();
    fill(&mut bench, "rpush l", |i| i.to_string());
    fill(&mut bench, "sadd s", |i| format!("member:{i}"));
    fill(&mut bench, "hset h", |i| format!("field:{i} {i}"));
    fill(&mut bench, "zadd z", |i| format!("{i} member:{i}"));
    for i in 0..BIG / 10 {
        bench.run(&format!("xadd x {}-1 f {i}", i + 1));
    }
    bench.run("xgroup create x g 0");
    bench.run(&format!(
        "xreadgroup group g c count {} streams x >",
        BIG / 20
    ));
    let changes: &[fn(usize) -> String] = &[
        |i| format!("lset l {i} changed"),
        |_| "lpush l more".into(),
        |_| "rpop l".into(),
        |i| format!("sadd s more:{i}"),
        |i| format!("srem s member:{i}"),
        |_| "spop s".into(),
        |i| format!("hset h field:{i} changed"),
        |i| format!("hdel h field:{i}"),
        |i| format!("hpexpire h 100000 fields 1 field:{i}"),
        |i| format!("zadd z {}.5 member:{i}", i / 2),
        |i| format!("zrem z member:{i}"),
        |_| "zpopmin z".into(),
        |i| format!("zremrangebyrank z {0} {0}", i / 2),
        |_| "xadd x * f v".into(),
        |i| format!("xdel x {}-1", i / 10 + 1),
        |i| format!("xack x g {}-1", i / 20 + 1),
        |i| format!("xclaim x g other 0 {}-1", i / 20 + 1),
        |i| format!("xtrim x maxlen = {}", BIG / 10 - 10 - i % 10),
        |_| "xreadgroup group g c count 1 streams x >".into(),
    ];
    let mut problems = Vec::new();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..2 {
        let frozen = bench.space.freeze().expect("no other snapshot");
        for make in changes {
            let (copied, line) = most_copied(&mut bench, &mut random, make);
            if copied > COPIED_BYTES_MAX {
                problems.push(format!("round {round}: {line}: {copied} bytes"));
            }
        }
        bench.space.finish(frozen);
        drop(bench.space.take_garbage());
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
