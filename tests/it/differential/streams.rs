//! Random commands on streams and their groups. Ids are given, or follow from those that are: the
//! time of day never shows. Nor do idle times, except that something is idle for an age or not.

use super::differences::{Difference, is_error};
use super::families::Family;
use super::generate::{Dialect, Words};
use super::values::Values;
use crate::harness::reply::Reply;

const KEYS: &[&[u8]] = &[b"s:1", b"s:2", b"s:3"];
const GROUPS: &[&str] = &["g", "g", "h", "group 3"];
const CONSUMERS: &[&str] = &["c", "d", "e", ""];

/// Ids on which much meets: few, in the order of a handful of milliseconds.
const ODD_IDS: &[&str] = &[
    "0-0",
    "0",
    "-",
    "+",
    "$",
    ">",
    "*1",
    "5-*",
    "18446744073709551615-18446744073709551615",
    "18446744073709551615",
    "18446744073709551616-1",
    "1-18446744073709551615",
    "(",
    "((1-1",
    "1-",
    "-1",
    "1--1",
    "1-+1",
    " 1-1",
    "01-02",
    "x",
    "",
    "1-1-1",
    "1-1\x00x",
];

pub(super) fn all() -> Vec<Family> {
    let family = |weight, make| Family {
        weight,
        may_spoil: true,
        make,
    };
    vec![
        family(14, add),
        family(10, read),
        family(4, remove),
        family(6, trim),
        family(8, group),
        family(12, read_group),
        family(10, pending),
        family(6, info),
    ]
}

fn key(v: &mut Values) -> Vec<u8> {
    match v.once_in(14) {
        true => v.key(),
        false => v.one_of(KEYS).to_vec(),
    }
}

fn id(v: &mut Values) -> String {
    match v.rng.u32(..24) {
        0 => v.one_of(ODD_IDS).to_owned(),
        1..=3 => v.rng.u32(..40).to_string(),
        _ => format!("{}-{}", v.rng.u32(..40), v.rng.u32(..4)),
    }
}

/// An id at the end of a range.
fn bound(v: &mut Values) -> String {
    match v.rng.u32(..8) {
        0..=2 => v.one_of(&["-", "+"]).to_owned(),
        3 => format!("({}", id(v)),
        _ => id(v),
    }
}

fn small_count(v: &mut Values) -> String {
    match v.rng.u32(..12) {
        0 => String::from_utf8_lossy(&v.integer()).into_owned(),
        1 => v.one_of(&["0", "-1"]).to_owned(),
        _ => v.rng.u32(1..12).to_string(),
    }
}

fn add(v: &mut Values, _: Dialect) -> Words {
    let mut words = Words::new("XADD").arg(key(v));
    if v.once_in(12) {
        words = words.arg("NOMKSTREAM");
    }
    if v.once_in(6) {
        words = threshold(v, words);
    }
    // Rising for the most part: within a millisecond that is reached, or a little behind.
    let id = match v.rng.u32(..10) {
        0 => id(v),
        1..=4 => format!("{}-*", v.rng.u32(..40)),
        5..=7 => format!("{}-{}", v.rng.u32(20..40), v.rng.u32(..40)),
        _ => "40-*".to_owned(),
    };
    words = words.arg(id);
    match v.rng.u32(..6) {
        0 => {
            let count = v.rng.usize(1..5);
            let pairs = (0..count).flat_map(|_| [v.value_of_few_bytes(), v.value()]);
            let pairs: Vec<_> = pairs.collect();
            words.args(pairs)
        }
        1 => words.arg("12").arg(v.integer()),
        2 => {
            let length = v.one_of(&[10, 63, 64, 700, 2000, 4090]);
            words.arg("f").arg(v.bytes(length))
        }
        _ => words
            .arg("f")
            .arg(v.value_of_few_bytes())
            .arg("g")
            .arg(v.integer()),
    }
}

fn threshold(v: &mut Values, words: Words) -> Words {
    let (words, threshold) = match v.once_in(2) {
        true => (words.arg("MAXLEN"), small_count(v)),
        false => (words.arg("minid"), id(v)),
    };
    let words = match v.rng.u32(..4) {
        0 => words.arg("~"),
        1 => words.arg("="),
        _ => words,
    };
    let words = words.arg(threshold);
    match v.once_in(6) {
        true => words.arg("LIMIT").arg(small_count(v)),
        false => words,
    }
}

fn read(v: &mut Values, dialect: Dialect) -> Words {
    let words = match v.rng.u32(..10) {
        0 => return Words::new("XLEN").arg(key(v)),
        1..=3 => Words::new("XRANGE").arg(key(v)).arg(bound(v)).arg(bound(v)),
        4..=6 => Words::new("XREVRANGE")
            .arg(key(v))
            .arg(bound(v))
            .arg(bound(v)),
        _ => return xread(v, dialect),
    };
    match v.once_in(2) {
        true => words.arg("COUNT").arg(small_count(v)),
        false => words,
    }
}

fn xread(v: &mut Values, dialect: Dialect) -> Words {
    let mut words = Words::new("XREAD");
    if v.once_in(2) {
        words = words.arg("COUNT").arg(small_count(v));
    }
    let count = v.rng.usize(1..4);
    let keys: Vec<_> = (0..count).map(|_| key(v)).collect();
    words = words.arg("STREAMS").args(keys);
    for _ in 0..count {
        let id = match v.rng.u32(..10) {
            0 => "$".to_owned(),
            1 if dialect == Dialect::Valkey => "+".to_owned(),
            2..=4 => "0".to_owned(),
            _ => id(v),
        };
        words = words.arg(id);
    }
    words
}

fn remove(v: &mut Values, _: Dialect) -> Words {
    match v.rng.u32(..8) {
        0 => {
            let words = Words::new("XSETID").arg(key(v)).arg(id(v));
            let words = match v.once_in(2) {
                true => words.arg("ENTRIESADDED").arg(v.integer()),
                false => words,
            };
            match v.once_in(2) {
                true => words.arg("maxdeletedid").arg(id(v)),
                false => words,
            }
        }
        1 => Words::new("DEL").arg(key(v)),
        2 => Words::new("COPY").arg(key(v)).arg(key(v)).arg("REPLACE"),
        3 => Words::new("TYPE").arg(key(v)),
        _ => {
            let mut words = Words::new("XDEL").arg(key(v));
            for _ in 0..v.rng.usize(1..5) {
                words = words.arg(id(v));
            }
            words
        }
    }
}

fn trim(v: &mut Values, _: Dialect) -> Words {
    let words = Words::new("XTRIM").arg(key(v));
    threshold(v, words)
}

fn group(v: &mut Values, _: Dialect) -> Words {
    let (key, group) = (key(v), v.one_of(GROUPS));
    let named = |name: &str| Words::new(name).arg(&key).arg(group);
    let start = |v: &mut Values| match v.rng.u32(..3) {
        0 => "$".to_owned(),
        1 => "0".to_owned(),
        _ => id(v),
    };
    let read = |v: &mut Values, words: Words| match v.once_in(4) {
        true => words.arg("ENTRIESREAD").arg(v.integer()),
        false => words,
    };
    match v.rng.u32(..12) {
        0..=4 => {
            let words = named("XGROUP CREATE").arg(start(v));
            let words = read(v, words);
            match v.once_in(2) {
                true => words.arg("MKSTREAM"),
                false => words,
            }
        }
        5..=6 => {
            let words = named("XGROUP SETID").arg(start(v));
            read(v, words)
        }
        7 => named("XGROUP DESTROY"),
        8..=9 => named("XGROUP CREATECONSUMER").arg(v.one_of(CONSUMERS)),
        10 => named("XGROUP DELCONSUMER").arg(v.one_of(CONSUMERS)),
        _ => named("XGROUP NOSUCH"),
    }
}

fn read_group(v: &mut Values, _: Dialect) -> Words {
    let mut words = Words::new("XREADGROUP GROUP")
        .arg(v.one_of(GROUPS))
        .arg(v.one_of(CONSUMERS));
    if v.once_in(2) {
        words = words.arg("COUNT").arg(small_count(v));
    }
    if v.once_in(6) {
        words = words.arg("NOACK");
    }
    let count = if v.once_in(4) { 2 } else { 1 };
    let keys: Vec<_> = (0..count).map(|_| key(v)).collect();
    words = words.arg("STREAMS").args(keys);
    for _ in 0..count {
        let id = match v.rng.u32(..4) {
            0 => id(v),
            1 => "0".to_owned(),
            _ => ">".to_owned(),
        };
        words = words.arg(id);
    }
    words
}

/// Nothing is idle for an hour here, and everything for no time.
fn min_idle(v: &mut Values) -> &'static str {
    v.one_of(&["0", "0", "0", "3600000", "-1", "x"])
}

/// No great ones: Redis makes room for as many ids first.
const AUTOCLAIM_COUNTS: &[&str] = &["1", "2", "3", "7", "100", "0", "-1", "x", "01"];

fn pending(v: &mut Values, _: Dialect) -> Words {
    let (key, group) = (key(v), v.one_of(GROUPS));
    let named = |name: &str| Words::new(name).arg(&key).arg(group);
    let ids = |v: &mut Values, mut words: Words| {
        for _ in 0..v.rng.usize(1..4) {
            words = words.arg(id(v));
        }
        words
    };
    match v.rng.u32(..12) {
        0..=2 => {
            let words = named("XACK");
            ids(v, words)
        }
        3 => named("XPENDING"),
        4..=5 => {
            let words = named("XPENDING");
            let words = match v.once_in(3) {
                true => words.arg("IDLE").arg(min_idle(v)),
                false => words,
            };
            let words = words.arg(bound(v)).arg(bound(v)).arg(small_count(v));
            match v.once_in(2) {
                true => words.arg(v.one_of(CONSUMERS)),
                false => words,
            }
        }
        6..=8 => {
            let words = named("XCLAIM").arg(v.one_of(CONSUMERS)).arg(min_idle(v));
            let mut words = ids(v, words);
            for option in ["FORCE", "justid"] {
                if v.once_in(2) {
                    words = words.arg(option);
                }
            }
            for option in ["RETRYCOUNT", "IDLE", "TIME"] {
                if v.once_in(6) {
                    words = words.arg(option).arg(v.one_of(&["0", "7", "-1", "x"]));
                }
            }
            match v.once_in(6) {
                true => words.arg("LASTID").arg(id(v)),
                false => words,
            }
        }
        _ => {
            let words = named("XAUTOCLAIM")
                .arg(v.one_of(CONSUMERS))
                .arg(min_idle(v));
            let words = words.arg(bound(v));
            let words = match v.once_in(2) {
                true => words.arg("COUNT").arg(v.one_of(AUTOCLAIM_COUNTS)),
                false => words,
            };
            match v.once_in(3) {
                true => words.arg("JUSTID"),
                false => words,
            }
        }
    }
}

fn info(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..10) {
        0..=2 => Words::new("XINFO STREAM").arg(key),
        3..=4 => {
            let words = Words::new("XINFO STREAM").arg(key).arg("FULL");
            match v.once_in(2) {
                true => words.arg("COUNT").arg(small_count(v)),
                false => words,
            }
        }
        5..=6 => Words::new("XINFO GROUPS").arg(key),
        7..=8 => Words::new("XINFO CONSUMERS").arg(key).arg(v.one_of(GROUPS)),
        _ => Words::new("OBJECT ENCODING").arg(key),
    }
}

/// The differences that are meant to be, see `differences`.
pub(super) const MEANT: &[Difference] = &[
    Difference {
        from: Dialect::Redis70,
        command: "xinfo",
        explains: |_, redis, ours| timeless(&as_redis70(ours)) == timeless(&as_redis70(redis)),
        reason: "a consumer tells when it got something last, and XCLAIM makes it, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xgroup",
        explains: |command, redis, ours| {
            let is_create = command.0[1].eq_ignore_ascii_case(b"createconsumer");
            is_create && (redis, ours) == (&Reply::Int(1), &Reply::Int(0))
        },
        reason: "XCLAIM and XAUTOCLAIM make the consumer whatever they find, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xread",
        explains: |_, redis, ours| both_unbalanced(redis, ours),
        reason: "the command is named as in Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xread",
        explains: |command, redis, _| {
            is_error(redis, "ERR Invalid stream ID") && command.0.contains(&b"+".to_vec())
        },
        reason: "XREAD's + is the last entry, as in Redis 7.4 and Valkey 9.1",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xreadgroup",
        explains: |_, redis, ours| {
            is_error(redis, "ERR Invalid stream ID") && is_error(ours, "ERR The + ID")
        },
        reason: "a + is refused in words of its own, as in Valkey 9.1",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xsetid",
        explains: |_, redis, ours| {
            let smaller = "ERR The ID specified in XSETID is smaller than";
            is_error(redis, smaller) && is_error(ours, smaller)
        },
        reason: "the greatest deleted id is compared before the last one, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Valkey,
        command: "xautoclaim",
        explains: |_, valkey, _| is_error(valkey, "ERR Insufficient memory"),
        reason: "no room is made for ids before they are found, so no COUNT is too high",
    },
    Difference {
        from: Dialect::Redis70,
        command: "xreadgroup",
        explains: |_, redis, ours| both_unbalanced(redis, ours),
        reason: "the command is named as in Redis 7.2",
    },
];

fn both_unbalanced(oracle: &Reply, subject: &Reply) -> bool {
    is_error(oracle, "ERR Unbalanced ") && is_error(subject, "ERR Unbalanced ")
}

/// Fields of XINFO that say when, or how long ago.
const TIMES: &[&[u8]] = &[b"idle", b"inactive", b"seen-time", b"active-time"];
/// Fields whose count is not the same in Redis 7.0.
const COUNTED: &[&[u8]] = &[b"consumers", b"entries-read", b"lag"];
/// Those that Redis 7.0 does not have.
const NEWER: &[&[u8]] = &[b"inactive", b"active-time"];

/// The reply with every time in it as 0: those of XINFO's fields, and of pending entries.
pub(super) fn timeless(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(items) => {
            let mut items: Vec<Reply> = items.iter().map(timeless).collect();
            for index in 1..items.len() {
                if is_named(&items[index - 1], TIMES) {
                    forget(&mut items[index]);
                }
            }
            match &mut items[..] {
                [Reply::Bulk(_), Reply::Bulk(_), time, Reply::Int(_)] => forget(time),
                [Reply::Bulk(_), time @ Reply::Int(_), Reply::Int(_)] => forget(time),
                _ => {}
            }
            Reply::Array(items)
        }
        Reply::Map(pairs) => {
            let pair = |(name, value): &(Reply, Reply)| {
                let mut value = timeless(value);
                if is_named(name, TIMES) {
                    forget(&mut value);
                }
                (name.clone(), value)
            };
            Reply::Map(pairs.iter().map(pair).collect())
        }
        other => other.clone(),
    }
}

/// The reply without what Redis 7.0 does not tell, or otherwise: fields of consumers, consumers
/// that never got anything (XCLAIM and XAUTOCLAIM do not make them there), and how many entries a
/// group has read (it goes on counting from what XGROUP SETID said).
pub(super) fn as_redis70(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(items) => {
            let mut kept = Vec::new();
            let mut items = items.iter().filter(|item| !is_idle_consumer(item));
            while let Some(item) = items.next() {
                if is_named(item, NEWER) {
                    items.next();
                    continue;
                }
                kept.push(as_redis70(item));
                if is_named(item, COUNTED) {
                    kept.extend(items.next().map(without_count));
                }
            }
            Reply::Array(kept)
        }
        Reply::Map(pairs) => {
            let pairs = pairs.iter().filter(|(name, _)| !is_named(name, NEWER));
            let pair = |(name, value): &(Reply, Reply)| match is_named(name, COUNTED) {
                true => (name.clone(), without_count(value)),
                false => (name.clone(), as_redis70(value)),
            };
            Reply::Map(pairs.map(pair).collect())
        }
        other => other.clone(),
    }
}

/// The consumers of a group; of a count nothing.
fn without_count(consumers: &Reply) -> Reply {
    match consumers {
        Reply::Int(_) | Reply::Null | Reply::NullBulk => Reply::Int(0),
        other => as_redis70(other),
    }
}

/// Whether this is a consumer for whom nothing is pending.
fn is_idle_consumer(reply: &Reply) -> bool {
    const PENDING: &[&[u8]] = &[b"pending", b"pel-count"];
    let is_none = |name: &Reply, value: &Reply| is_named(name, PENDING) && *value == Reply::Int(0);
    match reply {
        Reply::Map(pairs) => {
            pairs.len() < 6 && pairs.iter().any(|(name, value)| is_none(name, value))
        }
        Reply::Array(items) => {
            items.len() < 12 && items.windows(2).any(|pair| is_none(&pair[0], &pair[1]))
        }
        _ => false,
    }
}

fn is_named(reply: &Reply, names: &[&[u8]]) -> bool {
    matches!(reply, Reply::Bulk(name) if names.contains(&&name[..]))
}

/// Makes a time 0; that there is none stays visible.
fn forget(time: &mut Reply) {
    if let Reply::Int(value @ 0..) = time {
        *value = 0;
    }
}
