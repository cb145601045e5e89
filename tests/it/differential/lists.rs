//! Random commands on lists: few keys, elements that meet, and sizes around those of a chunk.

use super::families::{mixed_case, options};
use super::generate::{Dialect, Words};
use super::values::Values;

/// A list's key, or (rarely) that of anything.
fn key(v: &mut Values) -> Vec<u8> {
    match v.once_in(12) {
        true => v.key(),
        false => v.one_of(&["l1", "l2", "l3"]).into(),
    }
}

/// Few different ones, so that they are found; some that fill a chunk.
fn element(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..24) {
        0 => v.value(),
        1 => v.integer(),
        2 => {
            let length = v.one_of(&[2000, 4000, 4085, 4096, 5000, 8184, 8185, 8186, 8192, 20_000]);
            vec![b'e'; length]
        }
        3..6 => {
            let length = v.one_of(&[62, 63, 64, 100, 126, 127, 128]);
            vec![b'm'; length]
        }
        6..12 => v.one_of(&["a", "b", "c", "", "07", "-0"]).into(),
        _ => v.rng.i64(-4..12).to_string().into(),
    }
}

/// Mostly few; sometimes as many as fill chunks.
fn elements(v: &mut Values) -> Vec<Vec<u8>> {
    let count = match v.once_in(16) {
        true => v.rng.usize(60..300),
        false => v.rng.usize(1..6),
    };
    (0..count).map(|_| element(v)).collect()
}

fn end(v: &mut Values) -> String {
    let end = match v.once_in(20) {
        true => "UP",
        false => v.one_of(&["LEFT", "RIGHT"]),
    };
    mixed_case(v, end)
}

fn count(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..8) {
        0 => v.integer(),
        1 => v.rng.u32(50..200).to_string().into(),
        _ => v.rng.i64(-3..8).to_string().into(),
    }
}

/// An index into a list, mostly near one of its ends.
fn index(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..10) {
        0 => v.integer(),
        1 => v.rng.i64(-200..200).to_string().into(),
        _ => v.rng.i64(-6..6).to_string().into(),
    }
}

pub(super) fn push(v: &mut Values, _: Dialect) -> Words {
    let name = v.one_of(&["LPUSH", "RPUSH", "RPUSH", "LPUSH", "LPUSHX", "RPUSHX"]);
    let key = key(v);
    Words::new(name).arg(key).args(elements(v))
}

pub(super) fn pop(v: &mut Values, _: Dialect) -> Words {
    if v.once_in(4) {
        let keys: Vec<_> = (0..v.rng.usize(1..4)).map(|_| key(v)).collect();
        let words = Words::new("LMPOP").arg(keys.len().to_string()).args(keys);
        let words = words.arg(end(v));
        return match v.once_in(2) {
            true => words.arg("COUNT").arg(count(v)),
            false => words,
        };
    }
    let words = Words::new(v.one_of(&["LPOP", "RPOP"])).arg(key(v));
    match v.once_in(2) {
        true => words.arg(count(v)),
        false => words,
    }
}

pub(super) fn shift(v: &mut Values, _: Dialect) -> Words {
    let (from, to) = (key(v), key(v));
    match v.once_in(3) {
        true => Words::new("RPOPLPUSH").arg(from).arg(to),
        false => Words::new("LMOVE")
            .arg(from)
            .arg(to)
            .arg(end(v))
            .arg(end(v)),
    }
}

/// Without the least of all integers: Valkey takes it for an index there is, Redis 7.0 for a count
/// of none, and then the data differ.
pub(super) fn edit(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..5) {
        0 => Words::new("LSET")
            .arg(key)
            .arg(v.rng.i64(-200..200).to_string())
            .arg(element(v)),
        1 => Words::new("LREM")
            .arg(key)
            .arg(v.rng.i64(-4..5).to_string())
            .arg(element(v)),
        2 if v.once_in(3) => Words::new("LTRIM").arg(key).arg(index(v)).arg(index(v)),
        _ => {
            let place = v.one_of(&["BEFORE", "AFTER", "AFTER", "BEFORE", "BESIDE"]);
            let words = Words::new("LINSERT").arg(key).arg(mixed_case(v, place));
            words.arg(element(v)).arg(element(v))
        }
    }
}

pub(super) fn ask(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..6) {
        0 => Words::new("LLEN").arg(key),
        1 => Words::new("LINDEX").arg(key).arg(index(v)),
        2 => Words::new("OBJECT ENCODING").arg(key),
        3 => {
            let mut words = Words::new("LPOS").arg(key).arg(element(v));
            for option in ["RANK", "COUNT", "MAXLEN"] {
                if v.once_in(3) {
                    words = words.arg(mixed_case(v, option)).arg(count(v));
                }
            }
            options(v, words, 40, &["RANK", "NOSUCH"])
        }
        _ => Words::new("LRANGE").arg(key).arg(index(v)).arg(index(v)),
    }
}
