//! The families of random commands. A new command is one line here.

use super::generate::{Dialect, Words};
use super::geo::geo;
use super::hashes;
use super::hyperloglog::hyperloglog;
use super::lists;
use super::sets;
use super::sorting;
use super::streams;
use super::transactions::transaction;
use super::values::Values;
use super::zsets;

/// A kind of command with its share of all.
pub(super) struct Family {
    pub(super) weight: u32,
    /// Whether its arguments may be mixed up: not where a number too large would cost minutes.
    pub(super) may_spoil: bool,
    pub(super) make: fn(&mut Values, Dialect) -> Words,
}

pub(super) fn all() -> Vec<Family> {
    let family = |weight, make| Family {
        weight,
        may_spoil: true,
        make,
    };
    let careful = |weight, make| Family {
        weight,
        may_spoil: false,
        make,
    };
    let mut all = vec![
        family(14, set),
        family(10, get),
        family(8, many),
        family(8, count),
        careful(8, piece),
        family(3, lcs),
        careful(6, bit),
        family(5, bit_read),
        family(4, bitfield),
        family(4, bitop),
        family(10, key),
        family(10, expire),
        family(5, deadline),
        family(4, scan),
        family(4, connection),
        family(6, hyperloglog),
        careful(8, geo),
        family(2, database),
        family(8, lists::push),
        family(5, lists::pop),
        family(3, lists::shift),
        careful(6, lists::edit),
        family(8, lists::ask),
        family(12, sets::change),
        family(8, sets::ask),
        family(8, sets::algebra),
        careful(4, sets::draw),
        careful(2, sets::odd),
        careful(6, sorting::fill),
        careful(6, sorting::sort),
        family(12, hashes::change),
        family(10, hashes::ask),
        careful(3, hashes::draw),
        careful(2, hashes::odd),
        family(8, hashes::deadline),
        // Valkey takes no numbers in base 16, which spoiling makes.
        careful(14, zsets::change),
        family(7, zsets::ask),
        careful(12, zsets::range),
        careful(6, zsets::algebra),
        careful(6, zsets::take),
        careful(30, transaction),
    ];
    all.extend(streams::all());
    all
}

/// Options in any order, each with a chance of one in `n`.
pub(super) fn options(v: &mut Values, mut words: Words, n: u32, all: &[&str]) -> Words {
    let mut all: Vec<&str> = all.to_vec();
    v.rng.shuffle(&mut all);
    for option in all {
        if v.once_in(n) {
            words = words.arg(mixed_case(v, option));
        }
    }
    words
}

pub(super) fn mixed_case(v: &mut Values, word: &str) -> String {
    match v.once_in(4) {
        true => word.to_lowercase(),
        false => word.to_owned(),
    }
}

/// EX, PX, EXAT, PXAT with a fitting number. Moments lie ahead: what SET stores with one long gone
/// is there until somebody looks, which no two servers do at the same time.
fn expiry(v: &mut Values, words: Words) -> Words {
    let word = v.one_of(&["EX", "PX", "EXAT", "PXAT"]);
    let number = match word {
        "EX" => v.seconds(),
        "PX" => v.milliseconds(),
        "EXAT" => v.far_seconds(),
        _ => v.far_milliseconds(),
    };
    words.arg(mixed_case(v, word)).arg(number)
}

fn set(v: &mut Values, dialect: Dialect) -> Words {
    let (key, value) = (v.key(), v.value());
    match v.rng.u32(..10) {
        0 => return Words::new("SETNX").arg(key).arg(value),
        1 => return Words::new("GETSET").arg(key).arg(value),
        2 => return Words::new("SETEX").arg(key).arg(v.seconds()).arg(value),
        3 => {
            return Words::new("PSETEX")
                .arg(key)
                .arg(v.milliseconds())
                .arg(value);
        }
        _ => {}
    }
    let mut words = Words::new("SET").arg(key).arg(value);
    if dialect == Dialect::Valkey && v.once_in(6) {
        words = words.arg("IFEQ").arg(v.value());
    }
    words = options(v, words, 8, &["NX", "XX", "GET", "KEEPTTL"]);
    match v.once_in(4) {
        true => {
            let words = expiry(v, words);
            options(v, words, 12, &["NX", "XX", "GET", "KEEPTTL"])
        }
        false => words,
    }
}

fn get(v: &mut Values, dialect: Dialect) -> Words {
    match v.rng.u32(..8) {
        0 => Words::new("STRLEN").arg(v.key()),
        1 => Words::new("GETDEL").arg(v.key()),
        2 => {
            let words = Words::new("GETEX").arg(v.key());
            match v.rng.u32(..4) {
                0 => words,
                1 => words.arg("PERSIST"),
                _ => expiry(v, words),
            }
        }
        3 if dialect == Dialect::Valkey => Words::new("DELIFEQ").arg(v.key()).arg(v.value()),
        _ => Words::new("GET").arg(v.key()),
    }
}

fn many(v: &mut Values, dialect: Dialect) -> Words {
    let count = v.rng.usize(1..5);
    let pairs = |v: &mut Values| -> Vec<Vec<u8>> {
        (0..count).flat_map(|_| [v.key(), v.value()]).collect()
    };
    match v.rng.u32(..6) {
        0 | 1 => Words::new("MSET").args(pairs(v)),
        2 => Words::new("MSETNX").args(pairs(v)),
        3 if dialect == Dialect::Valkey => {
            let words = Words::new("MSETEX").arg(count.to_string()).args(pairs(v));
            let words = options(v, words, 5, &["NX", "XX", "KEEPTTL"]);
            match v.once_in(2) {
                true => expiry(v, words),
                false => words,
            }
        }
        _ => Words::new("MGET").args((0..count).map(|_| v.key()).collect::<Vec<_>>()),
    }
}

fn count(v: &mut Values, _: Dialect) -> Words {
    let key = v.key();
    match v.rng.u32(..6) {
        0 => Words::new("INCR").arg(key),
        1 => Words::new("DECR").arg(key),
        2 => Words::new("INCRBY").arg(key).arg(v.integer()),
        3 => Words::new("DECRBY").arg(key).arg(v.integer()),
        _ => Words::new("INCRBYFLOAT").arg(key).arg(v.float()),
    }
}

fn piece(v: &mut Values, _: Dialect) -> Words {
    let key = v.key();
    match v.rng.u32(..5) {
        0 => Words::new("APPEND").arg(key).arg(v.value()),
        1 => Words::new("SETRANGE")
            .arg(key)
            .arg(v.offset())
            .arg(v.value()),
        2 => Words::new("SUBSTR").arg(key).arg(v.index()).arg(v.index()),
        _ => Words::new("GETRANGE")
            .arg(key)
            .arg(v.index())
            .arg(v.index()),
    }
}

/// LCS on keys of its own: it takes the product of both lengths in time and memory.
fn lcs(v: &mut Values, _: Dialect) -> Words {
    let text = |v: &mut Values| -> Vec<u8> {
        let length = v.rng.usize(..60);
        (0..length).map(|_| v.one_of(b"abcd")).collect()
    };
    if v.once_in(3) {
        return Words::new("MSET")
            .arg("lcs1")
            .arg(text(v))
            .arg("lcs2")
            .arg(text(v));
    }
    let mut words = Words::new("LCS").arg("lcs1").arg("lcs2");
    words = options(v, words, 3, &["IDX", "LEN", "WITHMATCHLEN"]);
    match v.once_in(3) {
        true => words.arg("MINMATCHLEN").arg(v.index()),
        false => words,
    }
}

fn bit(v: &mut Values, _: Dialect) -> Words {
    let key = v.key();
    let value = match v.once_in(10) {
        true => v.integer(),
        false => v.one_of(&["0", "1"]).into(),
    };
    match v.once_in(2) {
        true => Words::new("SETBIT").arg(key).arg(v.offset()).arg(value),
        false => Words::new("GETBIT").arg(key).arg(v.offset()),
    }
}

fn bit_read(v: &mut Values, _: Dialect) -> Words {
    let key = v.key();
    let mut words = match v.once_in(2) {
        true => Words::new("BITCOUNT").arg(key),
        false => Words::new("BITPOS").arg(key).arg(v.one_of(&["0", "1"])),
    };
    let places = v.rng.usize(..3);
    for _ in 0..places {
        words = words.arg(v.index());
    }
    match places == 2 && v.once_in(2) {
        true => words.arg(v.one_of(&["BIT", "BYTE", "bit"])),
        false => words,
    }
}

/// A number for BITFIELD. Not the smallest ones: Redis subtracts them from a limit without looking
/// whether that overflows, and then saturates at the wrong end.
fn summand(v: &mut Values) -> Vec<u8> {
    let integer = v.integer();
    match integer.starts_with(b"-92233720368547758") {
        true => (-(1_i64 << 62)).to_string().into(),
        false => integer,
    }
}

fn bitfield(v: &mut Values, _: Dialect) -> Words {
    let read_only = v.once_in(4);
    let mut words = Words::new(if read_only { "BITFIELD_RO" } else { "BITFIELD" }).arg(v.key());
    for _ in 0..v.rng.usize(1..5) {
        let width = match v.once_in(10) {
            true => v
                .one_of(&["u64", "i65", "i0", "u", "x8", "i-1", "u063"])
                .to_owned(),
            false => format!("{}{}", v.one_of(&["u", "i"]), v.rng.u32(1..64)),
        };
        let place = match v.rng.u32(..12) {
            0 => v
                .one_of(&["-1", "#-1", "4294967296", "#", "", "#4294967296", "x"])
                .to_owned(),
            1..=5 => format!("#{}", v.rng.u32(..9)),
            _ => v.rng.u32(..300).to_string(),
        };
        words = match v.rng.u32(..4) {
            0 if !read_only || v.once_in(5) => {
                let overflow = v.one_of(&["WRAP", "SAT", "FAIL", "sat", "none"]);
                words.arg("OVERFLOW").arg(overflow)
            }
            1 if !read_only || v.once_in(5) => {
                words.arg("SET").arg(width).arg(place).arg(summand(v))
            }
            2 if !read_only || v.once_in(5) => {
                words.arg("INCRBY").arg(width).arg(place).arg(summand(v))
            }
            _ => words.arg("GET").arg(width).arg(place),
        };
    }
    words
}

fn bitop(v: &mut Values, _: Dialect) -> Words {
    let operation = v.one_of(&["AND", "OR", "XOR", "NOT", "and", "nand"]);
    let count = match operation {
        "NOT" if !v.once_in(8) => 1,
        _ => v.rng.usize(1..5),
    };
    let keys: Vec<_> = (0..=count).map(|_| v.key()).collect();
    Words::new("BITOP").arg(operation).args(keys)
}

fn key(v: &mut Values, _: Dialect) -> Words {
    let key = v.key();
    let several = |v: &mut Values| -> Vec<Vec<u8>> {
        let count = v.rng.usize(1..4);
        (0..count).map(|_| v.key()).collect()
    };
    match v.rng.u32(..14) {
        0 => Words::new("DEL").args(several(v)),
        1 => Words::new("UNLINK").args(several(v)),
        2 => Words::new("EXISTS").args(several(v)),
        3 => Words::new("TOUCH").args(several(v)),
        4 => Words::new("TYPE").arg(key),
        5 => Words::new("RENAME").arg(key).arg(v.key()),
        6 => Words::new("RENAMENX").arg(key).arg(v.key()),
        7 => {
            let mut words = Words::new("COPY").arg(key).arg(v.key());
            if v.once_in(3) {
                words = words
                    .arg("DB")
                    .arg(v.one_of(&["0", "1", "2", "15", "16", "-1", "x"]));
            }
            options(v, words, 2, &["REPLACE"])
        }
        8 => Words::new("MOVE")
            .arg(key)
            .arg(v.one_of(&["0", "1", "2", "16", "-1", "x"])),
        9 => Words::new("RANDOMKEY"),
        10 => Words::new("DBSIZE"),
        11 => Words::new("OBJECT ENCODING").arg(key),
        12 => {
            let words = v.one_of(&[
                "OBJECT IDLETIME",
                "OBJECT FREQ",
                "OBJECT NOSUCH",
                "MEMORY USAGE",
            ]);
            Words::new(words).arg(key)
        }
        _ => Words::new("DEBUG DIGEST-VALUE").args(several(v)),
    }
}

fn expire(v: &mut Values, _: Dialect) -> Words {
    let name = v.one_of(&["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"]);
    let words = Words::new(name).arg(v.key());
    let words = match name {
        "EXPIRE" => words.arg(v.seconds()),
        "PEXPIRE" => words.arg(v.milliseconds()),
        "EXPIREAT" => words.arg(v.unix_seconds()),
        _ => words.arg(v.unix_milliseconds()),
    };
    options(v, words, 6, &["NX", "XX", "GT", "LT"])
}

fn deadline(v: &mut Values, _: Dialect) -> Words {
    let name = v.one_of(&["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"]);
    Words::new(name).arg(v.key())
}

/// The whole of a small database in one call: a smaller COUNT would show how tables differ.
fn scan(v: &mut Values, _: Dialect) -> Words {
    if v.once_in(3) {
        return Words::new("KEYS").arg(v.pattern());
    }
    let mut words = Words::new("SCAN 0 COUNT 10000");
    if v.once_in(2) {
        words = words.arg("MATCH").arg(v.pattern());
    }
    match v.once_in(2) {
        true => words
            .arg("TYPE")
            .arg(v.one_of(&["string", "STRING", "list", "hash", "none", "x"])),
        false => words,
    }
}

fn connection(v: &mut Values, _: Dialect) -> Words {
    match v.rng.u32(..8) {
        0 => Words::new("PING"),
        1 => Words::new("PING").arg(v.value()),
        2 => Words::new("ECHO").arg(v.value()),
        3 => Words::new("CLIENT SETNAME").arg(v.one_of(&["", "me", "a b", "x\n", "\u{fc}"])),
        4 => Words::new("CLIENT GETNAME"),
        5 => Words::new(v.one_of(&["CLIENT NO-EVICT", "CLIENT ID", "CLIENT NOSUCH", "CLIENT"])),
        6 => Words::new(v.one_of(&["NOSUCH", "nosuch a b", "OBJECT", "COMMAND NOSUCH"])),
        _ => Words::new("SELECT").arg(v.one_of(&["0", "0", "1", "2", "16", "-1", "x", "01"])),
    }
}

fn database(v: &mut Values, _: Dialect) -> Words {
    match v.rng.u32(..5) {
        0 => Words::new("SWAPDB")
            .arg(v.one_of(&["0", "1", "2", "16", "x"]))
            .arg(v.one_of(&["0", "1", "2", "16", "x"])),
        1 => Words::new(v.one_of(&["FLUSHDB", "FLUSHDB SYNC", "FLUSHDB ASYNC", "FLUSHDB x"])),
        2 if v.once_in(4) => Words::new(v.one_of(&["FLUSHALL", "FLUSHALL SYNC"])),
        _ => Words::new("DBSIZE"),
    }
}
