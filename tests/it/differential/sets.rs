//! Random commands on sets: few keys, members that meet, and the limits between the forms.

use super::families::{mixed_case, options};
use super::generate::{Dialect, Words};
use super::values::Values;

/// A set's key, or (rarely) that of anything.
fn key(v: &mut Values) -> Vec<u8> {
    match v.once_in(12) {
        true => v.key(),
        false => v.one_of(&["s1", "s2", "s3", "s4"]).into(),
    }
}

fn keys(v: &mut Values) -> Vec<Vec<u8>> {
    let count = v.rng.usize(1..5);
    (0..count).map(|_| key(v)).collect()
}

fn member(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..24) {
        0 => v.value(),
        1 => v.integer(),
        2 => {
            let length = v.one_of(&[63, 64, 65]);
            vec![b'm'; length]
        }
        3..8 => format!("m{}", v.rng.u32(..200)).into(),
        _ => v.rng.i64(-20..40).to_string().into(),
    }
}

/// Mostly few members; sometimes as many as fill a form.
fn members(v: &mut Values) -> Vec<Vec<u8>> {
    let many = v.rng.u32(..24);
    let count = match many {
        0 => v.rng.usize(120..140),
        1 => v.rng.usize(500..520),
        _ => v.rng.usize(1..6),
    };
    match v.once_in(2) && many < 2 {
        true => {
            let from = v.rng.usize(..40);
            (from..from + count).map(|n| n.to_string().into()).collect()
        }
        false => (0..count).map(|_| member(v)).collect(),
    }
}

pub(super) fn change(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..8) {
        0 | 1 => Words::new("SREM").arg(key).args(members(v)),
        2 => Words::new("SMOVE")
            .arg(key)
            .arg(self::key(v))
            .arg(member(v)),
        _ => Words::new("SADD").arg(key).args(members(v)),
    }
}

pub(super) fn ask(v: &mut Values, dialect: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..10) {
        0 => Words::new("SCARD").arg(key),
        1 => Words::new("SMISMEMBER").arg(key).args(members(v)),
        2 | 3 => Words::new("SISMEMBER").arg(key).arg(member(v)),
        // The forms are those of Redis 7.2.
        4 | 5 if dialect == Dialect::Valkey => Words::new("OBJECT ENCODING").arg(key),
        6 => Words::new("DEBUG DIGEST-VALUE").arg(key),
        7 => {
            let words = Words::new("SSCAN")
                .arg(key)
                .arg("0")
                .arg("COUNT")
                .arg("100000");
            match v.once_in(2) {
                true => words.arg(mixed_case(v, "MATCH")).arg(v.pattern()),
                false => words,
            }
        }
        _ => Words::new("SMEMBERS").arg(key),
    }
}

pub(super) fn algebra(v: &mut Values, _: Dialect) -> Words {
    let keys = keys(v);
    match v.rng.u32(..9) {
        0 => Words::new("SINTER").args(keys),
        1 => Words::new("SUNION").args(keys),
        2 => Words::new("SDIFF").args(keys),
        3 | 4 => {
            let words = Words::new("SINTERCARD")
                .arg(keys.len().to_string())
                .args(keys);
            match v.once_in(3) {
                true => words
                    .arg(mixed_case(v, "LIMIT"))
                    .arg(v.rng.i32(-1..6).to_string()),
                false => words,
            }
        }
        5 => Words::new("SINTERSTORE").arg(key(v)).args(keys),
        6 => Words::new("SUNIONSTORE").arg(key(v)).args(keys),
        _ => Words::new("SDIFFSTORE").arg(key(v)).args(keys),
    }
}

/// What is drawn by lot differs, so only what does not depend on it is asked for: the kind of
/// reply, a whole set, a set of one.
pub(super) fn draw(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    let count = v.one_of(&[
        "0",
        "1",
        "2",
        "5",
        "100",
        "-1",
        "-5",
        "x",
        "9223372036854775807",
    ]);
    match v.rng.u32(..4) {
        0 => Words::new("SRANDMEMBER").arg(key),
        1 | 2 => {
            let count = match count.len() > 3 {
                true => "1000",
                false => count,
            };
            Words::new("SRANDMEMBER").arg(key).arg(count)
        }
        _ => Words::new("SPOP")
            .arg(key)
            .arg(v.one_of(&["0", "10000000", "-1", "x", ""])),
    }
}

pub(super) fn odd(v: &mut Values, _: Dialect) -> Words {
    let words = match v.rng.u32(..3) {
        0 => Words::new("SSCAN")
            .arg(key(v))
            .arg(v.one_of(&["0", "x", "-1", "", "1 "])),
        1 => Words::new("SINTERCARD")
            .arg(v.one_of(&["0", "-1", "2", "x"]))
            .args(keys(v)),
        _ => Words::new("SRANDMEMBER")
            .arg(key(v))
            .arg("-9223372036854775808"),
    };
    options(
        v,
        words,
        6,
        &["COUNT", "MATCH", "LIMIT", "TYPE", "5", "0", "-1", "*"],
    )
}
