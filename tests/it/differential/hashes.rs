//! Random commands on hashes: few keys, few fields, the limits between the forms, and deadlines of
//! fields (on Valkey: Redis 7.0 has none).

use super::families::{mixed_case, options};
use super::generate::{Dialect, Words};
use super::values::Values;

/// A hash's key, or (rarely) that of anything.
fn key(v: &mut Values) -> Vec<u8> {
    match v.once_in(12) {
        true => v.key(),
        false => v.one_of(&["h1", "h2", "h3", "h4"]).into(),
    }
}

fn field(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..30) {
        0 => v.value_of_few_bytes(),
        1 => v.integer(),
        2 => {
            let length = v.one_of(&[63, 64, 65]);
            vec![b'f'; length]
        }
        3..10 => format!("f{}", v.rng.u32(..300)).into(),
        _ => v.rng.u32(..20).to_string().into(),
    }
}

fn value(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..12) {
        0 => v.value(),
        1 => v.float(),
        2 => v.value_of_few_bytes(),
        _ => v.integer(),
    }
}

fn fields(v: &mut Values) -> Vec<Vec<u8>> {
    let count = v.rng.usize(1..5);
    (0..count).map(|_| field(v)).collect()
}

/// Mostly few; sometimes as many as fill the small form, all of them different, because where many
/// are the same Redis 7.0 stays small and later ones do not.
fn pairs(v: &mut Values) -> Vec<Vec<u8>> {
    let count = match v.rng.u32(..40) {
        0 => v.rng.usize(505..520),
        _ => v.rng.usize(1..5),
    };
    let mut pairs = Vec::new();
    for number in 0..count {
        pairs.push(match count > 100 {
            true => format!("n{number}").into(),
            false => field(v),
        });
        pairs.push(value(v));
    }
    pairs
}

pub(super) fn change(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..12) {
        0 => Words::new("HSETNX").arg(key).arg(field(v)).arg(value(v)),
        1 => Words::new("HMSET").arg(key).args(pairs(v)),
        2 | 3 => Words::new("HINCRBY")
            .arg(key)
            .arg(field(v))
            .arg(v.integer()),
        4 => Words::new("HINCRBYFLOAT")
            .arg(key)
            .arg(field(v))
            .arg(v.float()),
        5..7 => Words::new("HDEL").arg(key).args(fields(v)),
        _ => Words::new("HSET").arg(key).args(pairs(v)),
    }
}

pub(super) fn ask(v: &mut Values, _: Dialect) -> Words {
    let key = key(v);
    match v.rng.u32(..14) {
        0 => Words::new("HLEN").arg(key),
        1 => Words::new("HSTRLEN").arg(key).arg(field(v)),
        2 => Words::new("HEXISTS").arg(key).arg(field(v)),
        3 => Words::new("HKEYS").arg(key),
        4 => Words::new("HVALS").arg(key),
        5 => Words::new("HGETALL").arg(key),
        6 | 7 => Words::new("HMGET").arg(key).args(fields(v)),
        8 | 9 => Words::new("OBJECT ENCODING").arg(key),
        10 => Words::new("DEBUG DIGEST-VALUE").arg(key),
        11 => {
            let words = Words::new("HSCAN").arg(key).args(
                ["0", "COUNT", "100000"]
                    .map(str::as_bytes)
                    .map(<[u8]>::to_vec),
            );
            match v.once_in(2) {
                true => words.arg(mixed_case(v, "MATCH")).arg(v.pattern()),
                false => words,
            }
        }
        _ => Words::new("HGET").arg(key).arg(field(v)),
    }
}

/// What is drawn by lot differs, so mostly the kind of reply is compared.
pub(super) fn draw(v: &mut Values, _: Dialect) -> Words {
    let words = Words::new("HRANDFIELD").arg(key(v));
    match v.rng.u32(..5) {
        0 => words,
        1 => words.arg(v.one_of(&["-9223372036854775808", "x", ""])),
        2 => words
            .arg(v.one_of(&["9223372036854775807", "-5"]))
            .arg(mixed_case(v, "WITHVALUES")),
        _ => {
            let words = words.arg(v.one_of(&["0", "1", "2", "5", "1000", "-1", "-5"]));
            match v.once_in(2) {
                true => words.arg(mixed_case(v, "WITHVALUES")),
                false => words,
            }
        }
    }
}

pub(super) fn odd(v: &mut Values, _: Dialect) -> Words {
    let words = match v.rng.u32(..3) {
        0 => Words::new("HSCAN")
            .arg(key(v))
            .arg(v.one_of(&["0", "x", "", "1 "])),
        1 => Words::new("HSET").arg(key(v)).arg(field(v)),
        _ => Words::new("HMSET").arg(key(v)),
    };
    options(
        v,
        words,
        6,
        &["COUNT", "MATCH", "LIMIT", "TYPE", "5", "0", "-1", "*"],
    )
}

/// `FIELDS`, their number (seldom another), and they.
fn behind(v: &mut Values, words: Words, named: Vec<Vec<u8>>, each: usize) -> Words {
    let count = named.len() / each;
    let count = match v.once_in(25) {
        true => v
            .one_of(&["0", "-1", "1", "3", "x", "9223372036854775807"])
            .into(),
        false => count.to_string(),
    };
    let word = match v.once_in(40) {
        true => "FIELD".into(),
        false => mixed_case(v, "FIELDS"),
    };
    words.arg(word).arg(count).args(named)
}

/// One of the words before a time, with a fitting number.
fn time(v: &mut Values, words: Words) -> Words {
    let word = v.one_of(&["EX", "PX", "EXAT", "PXAT"]);
    let number = match word {
        "EX" => v.seconds(),
        "PX" => v.milliseconds(),
        "EXAT" => v.unix_seconds(),
        _ => v.unix_milliseconds(),
    };
    words.arg(mixed_case(v, word)).arg(number)
}

/// Deadlines of fields: what Redis 7.0 does not know is asked of Valkey alone.
pub(super) fn deadline(v: &mut Values, dialect: Dialect) -> Words {
    if dialect == Dialect::Redis70 {
        return change(v, dialect);
    }
    let key = key(v);
    let named = fields(v);
    match v.rng.u32(..10) {
        0..3 => {
            let name = v.one_of(&["HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT"]);
            let number = match name {
                "HEXPIRE" => v.seconds(),
                "HPEXPIRE" => v.milliseconds(),
                "HEXPIREAT" => v.unix_seconds(),
                _ => v.unix_milliseconds(),
            };
            let words = Words::new(name).arg(key).arg(number);
            let words = options(v, words, 8, &["NX", "XX", "GT", "LT"]);
            behind(v, words, named, 1)
        }
        3 | 4 => {
            let name = v.one_of(&["HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME"]);
            behind(v, Words::new(name).arg(key), named, 1)
        }
        5 => behind(v, Words::new("HPERSIST").arg(key), named, 1),
        6 => behind(v, Words::new("HGETDEL").arg(key), named, 1),
        7 => {
            let words = Words::new("HGETEX").arg(key);
            let words = match v.rng.u32(..3) {
                0 => time(v, words),
                1 => options(v, words, 6, &["PERSIST", "KEEPTTL", "FOO"]),
                _ => words,
            };
            behind(v, words, named, 1)
        }
        _ => {
            let words = Words::new("HSETEX").arg(key);
            let words = options(
                v,
                words,
                8,
                &["NX", "XX", "FNX", "FXX", "KEEPTTL", "PERSIST"],
            );
            let words = match v.once_in(2) {
                true => time(v, words),
                false => words,
            };
            let mut named = Vec::new();
            for _ in 0..v.rng.usize(1..4) {
                named.extend([field(v), value(v)]);
            }
            behind(v, words, named, 2)
        }
    }
}
