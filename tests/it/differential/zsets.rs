//! Random commands on sorted sets: few keys, scores that meet, and the limits between the forms.
//!
//! Scores are such that every server prints the same digits of them. Ranges by bytes are asked of
//! sets whose scores are all the same: of others the answer depends on how a set is kept.

use super::families::{mixed_case, options};
use super::generate::{Dialect, Words};
use super::values::Values;

const SCORED: &[&str] = &["z1", "z2", "z3", "z4"];
const ALIKE: &[&str] = &["l1", "l2"];
/// As inputs of unions, with those of `sets`.
const INPUTS: &[&str] = &["z1", "z2", "z3", "z4", "l1", "l2", "s1", "s2", "none"];

const SCORES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "3.5",
    "-1",
    "-2.25",
    "0.5",
    "1024",
    "+7",
    "4503599627370496",
    "1e3",
    "inf",
    "-inf",
    "+inf",
    "Infinity",
];

const ODD_SCORES: &[&str] = &["", "x", "nan", "-nan", "1 ", "1,5", "(1", "1e400", "--1"];

/// What Valkey takes otherwise. None beyond the range of doubles: Redis then leaves an error behind
/// that the next SORT takes for its own.
const OLD_BOUNDS: &[&str] = &[" 1", "0x1", "(0x2", "1\x00x"];

const BYTES: &[&str] = &[
    "-", "+", "[a", "(a", "[m1", "(m1", "[m5", "(m7", "[m", "(m15", "[1", "(2", "[", "(", "[z",
];

fn key(v: &mut Values) -> Vec<u8> {
    match v.once_in(20) {
        true => v.key(),
        false => v.one_of(SCORED).into(),
    }
}

fn score(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..40) {
        0 => v.one_of(ODD_SCORES).into(),
        1..10 => v.one_of(SCORES).into(),
        _ => v.rng.i64(-10..60).to_string().into(),
    }
}

fn member(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..30) {
        0 => v.value_of_few_bytes(),
        1 => {
            let length = v.one_of(&[63, 64, 65]);
            vec![b'm'; length]
        }
        2..6 => v.rng.i64(-5..20).to_string().into(),
        _ => format!("m{}", v.rng.u32(..25)).into(),
    }
}

fn members(v: &mut Values) -> Vec<Vec<u8>> {
    let count = v.rng.usize(1..5);
    (0..count).map(|_| member(v)).collect()
}

/// Mostly few; sometimes as many as fill a form, with members of their own.
fn pairs(v: &mut Values) -> Vec<Vec<u8>> {
    if v.once_in(40) {
        let count = v.rng.usize(120..260);
        let pair = |number: usize| {
            let score = (number * 7 % 40).to_string();
            [score.into_bytes(), format!("many:{number}").into_bytes()]
        };
        return (0..count).flat_map(pair).collect();
    }
    let count = v.rng.usize(1..5);
    (0..count).flat_map(|_| [score(v), member(v)]).collect()
}

pub(super) fn change(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..14) {
        0 => Words::new("ZREM").arg(key).args(members(v)),
        1 | 2 => Words::new("ZINCRBY").arg(key).arg(score(v)).arg(member(v)),
        3 => {
            let words = Words::new("ZADD").arg(key);
            let words = options(v, words, 4, &["NX", "XX", "GT", "LT", "CH"]);
            words.arg("INCR").arg(score(v)).arg(member(v))
        }
        4 => {
            let members = members(v);
            let pairs = members
                .into_iter()
                .flat_map(|member| [b"0".to_vec(), member]);
            Words::new("ZADD").arg(v.one_of(ALIKE)).args(pairs)
        }
        5 => {
            let words = Words::new("ZREMRANGEBYRANK").arg(key);
            words
                .arg(v.rng.i32(-9..9).to_string())
                .arg(v.rng.i32(-9..9).to_string())
        }
        6 => {
            let words = Words::new("ZREMRANGEBYSCORE").arg(key);
            words
                .arg(v.rng.i32(-9..60).to_string())
                .arg(v.rng.i32(-9..60).to_string())
        }
        7 => {
            let words = Words::new("ZREMRANGEBYLEX").arg(v.one_of(ALIKE));
            words.arg(v.one_of(BYTES)).arg(v.one_of(BYTES))
        }
        _ => {
            let words = Words::new("ZADD").arg(key);
            let words = options(v, words, 10, &["NX", "XX", "GT", "LT", "CH"]);
            words.args(pairs(v))
        }
    }
}

pub(super) fn ask(v: &mut Values, dialect: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..9) {
        0 => Words::new("ZCARD").arg(key),
        1 | 2 => Words::new("ZSCORE").arg(key).arg(member(v)),
        3 => Words::new("ZMSCORE").arg(key).args(members(v)),
        4 | 5 => {
            let name = v.one_of(&["ZRANK", "ZREVRANK"]);
            let words = Words::new(name).arg(key).arg(member(v));
            match dialect == Dialect::Valkey && v.once_in(3) {
                true => words.arg(mixed_case(v, "WITHSCORE")),
                false => words,
            }
        }
        // The forms are those of Redis 7.2.
        6 if dialect == Dialect::Valkey => Words::new("OBJECT ENCODING").arg(key),
        6 => Words::new("DEBUG DIGEST-VALUE").arg(key),
        _ => {
            let words = Words::new("ZSCAN").arg(key);
            let words = words.arg("0").arg("COUNT").arg("100000");
            let words = match v.once_in(2) {
                true => words.arg(mixed_case(v, "MATCH")).arg(v.pattern()),
                false => words,
            };
            match dialect == Dialect::Valkey && v.once_in(4) {
                true => words.arg(mixed_case(v, "NOSCORES")),
                false => words,
            }
        }
    }
}

fn bound(v: &mut Values, dialect: Dialect) -> Vec<u8> {
    match v.rng.u32(..20) {
        0 if dialect == Dialect::Redis70 => v.one_of(OLD_BOUNDS).into(),
        0 | 1 => v.one_of(&["x", "nan", "(nan", "((1", "[1", "1x"]).into(),
        2..6 => v
            .one_of(&["-inf", "+inf", "(-inf", "(inf", "(3", "(3.5", "(0"])
            .into(),
        _ => v.rng.i64(-5..40).to_string().into(),
    }
}

fn limit(v: &mut Values, words: Words, dialect: Dialect) -> Words {
    // Valkey counts a negative offset from the end, in a large set only.
    let lowest = if dialect == Dialect::Valkey { 0 } else { -2 };
    match v.once_in(2) {
        true => words
            .arg(mixed_case(v, "LIMIT"))
            .arg(v.rng.i32(lowest..6).to_string())
            .arg(v.rng.i32(-2..8).to_string()),
        false => words,
    }
}

fn ranks(v: &mut Values) -> [Vec<u8>; 2] {
    let rank = |v: &mut Values| match v.once_in(20) {
        true => v.integer(),
        false => v.rng.i64(-12..12).to_string().into(),
    };
    [rank(v), rank(v)]
}

pub(super) fn range(v: &mut Values, dialect: Dialect) -> Words {
    let key = key(v);
    let alike = v.one_of(ALIKE);
    match v.rng.u32(..12) {
        0 => {
            let words = Words::new("ZCOUNT").arg(key);
            words.arg(bound(v, dialect)).arg(bound(v, dialect))
        }
        1 => {
            let words = Words::new("ZLEXCOUNT").arg(alike);
            words.arg(v.one_of(BYTES)).arg(v.one_of(BYTES))
        }
        2 => {
            let words = Words::new("ZREVRANGE").arg(key).args(ranks(v));
            options(v, words, 3, &["WITHSCORES"])
        }
        3 | 4 => {
            let name = v.one_of(&["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"]);
            let words = Words::new(name).arg(key);
            let words = words.arg(bound(v, dialect)).arg(bound(v, dialect));
            let words = options(v, words, 3, &["WITHSCORES"]);
            limit(v, words, dialect)
        }
        5 => {
            let name = v.one_of(&["ZRANGEBYLEX", "ZREVRANGEBYLEX"]);
            let words = Words::new(name).arg(alike);
            let words = words.arg(v.one_of(BYTES)).arg(v.one_of(BYTES));
            limit(v, words, dialect)
        }
        6 | 7 => {
            let words = Words::new("ZRANGE").arg(key).args(ranks(v));
            options(v, words, 3, &["WITHSCORES", "REV"])
        }
        8 => {
            let words = Words::new("ZRANGE").arg(alike);
            let words = words.arg(v.one_of(BYTES)).arg(v.one_of(BYTES)).arg("BYLEX");
            let words = options(v, words, 3, &["REV"]);
            limit(v, words, dialect)
        }
        9 => {
            let words = Words::new("ZRANGESTORE").arg(self::key(v)).arg(key);
            let words = words.args(ranks(v));
            options(v, words, 4, &["REV", "WITHSCORES"])
        }
        10 => {
            let words = Words::new("ZRANGESTORE").arg(self::key(v)).arg(key);
            let words = words.arg(bound(v, dialect)).arg(bound(v, dialect));
            let words = options(v, words.arg("BYSCORE"), 4, &["REV"]);
            limit(v, words, dialect)
        }
        _ => {
            let words = Words::new("ZRANGE").arg(key);
            let words = words.arg(bound(v, dialect)).arg(bound(v, dialect));
            let words = options(v, words.arg("BYSCORE"), 3, &["REV", "WITHSCORES"]);
            limit(v, words, dialect)
        }
    }
}

pub(super) fn algebra(v: &mut Values, dialect: Dialect) -> Words {
    let count = v.rng.usize(1..4);
    let keys: Vec<Vec<u8>> = (0..count).map(|_| v.one_of(INPUTS).into()).collect();
    let operation = v.one_of(&["ZUNION", "ZINTER", "ZDIFF"]);
    let given = match v.once_in(20) {
        true => v.one_of(&["0", "-1", "x", "5", ""]).to_owned(),
        false => count.to_string(),
    };
    if v.once_in(5) {
        let words = Words::new("ZINTERCARD").arg(given).args(keys);
        return match v.once_in(2) {
            true => words.arg("LIMIT").arg(v.rng.i32(-1..6).to_string()),
            false => words,
        };
    }
    let stored = v.once_in(3);
    let words = match stored {
        true => Words::new(&format!("{operation}STORE")).arg(key(v)),
        false => Words::new(operation),
    };
    let mut words = words.arg(given).args(keys);
    if operation != "ZDIFF" && v.once_in(3) {
        words = words.arg("WEIGHTS");
        for _ in 0..count {
            let weight = v.one_of(&["1", "2", "-1", "0.5", "0", "inf", "-inf", "x"]);
            let weight = match v.once_in(3) || dialect == Dialect::Valkey && weight == "x" {
                true => "3",
                false => weight,
            };
            words = words.arg(weight);
        }
    }
    if operation != "ZDIFF" && v.once_in(3) {
        let aggregate = v.one_of(&["SUM", "MIN", "MAX", "sum", "AVG"]);
        words = words.arg(mixed_case(v, "AGGREGATE")).arg(aggregate);
    }
    options(v, words, if stored { 12 } else { 2 }, &["WITHSCORES"])
}

pub(super) fn take(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    let end = v.one_of(&["MIN", "MAX"]);
    match v.rng.u32(..6) {
        0 | 1 => Words::new(&format!("ZPOP{end}")).arg(key),
        2 => {
            let count = v.one_of(&["0", "1", "2", "5", "100", "-1", "x"]);
            Words::new(&format!("ZPOP{end}")).arg(key).arg(count)
        }
        3 | 4 => {
            let keys: Vec<_> = (0..2).map(|_| self::key(v)).collect();
            let words = Words::new("ZMPOP").arg("2").args(keys).arg(end);
            match v.once_in(2) {
                true => words
                    .arg("COUNT")
                    .arg(v.one_of(&["1", "3", "100", "0", "x"])),
                false => words,
            }
        }
        _ => {
            let count = v.one_of(&["0", "1", "3", "1000", "-1", "-5", "x"]);
            let words = Words::new("ZRANDMEMBER").arg(key).arg(count);
            options(v, words, 3, &["WITHSCORES"])
        }
    }
}
