//! Random SORTs: few elements, weights under keys and in hashes.

use super::families::mixed_case;
use super::generate::{Dialect, Words};
use super::values::Values;

fn element(v: &mut Values) -> Vec<u8> {
    match v.rng.u32(..10) {
        0 => v
            .one_of(&["a", "b", "1.5", "-3e2", "x y", "inf", "10"])
            .into(),
        _ => v.rng.i64(-5..12).to_string().into(),
    }
}

/// What is sorted, and what it is sorted by.
pub(super) fn fill(v: &mut Values, _: Dialect) -> Words {
    let element = element(v);
    let weight = self::element(v);
    let key = |prefix: &[u8]| [prefix, element.as_slice()].concat();
    match v.rng.u32(..7) {
        0 | 1 => Words::new("RPUSH sortl").arg(&element),
        2 => Words::new("SADD sorts").arg(&element),
        3 => Words::new("ZADD sortz")
            .arg(v.rng.i64(-5..5).to_string())
            .arg(&element),
        4 => Words::new("HSET").arg(key(b"hash_")).arg("f").arg(weight),
        5 => Words::new("LPOP sortl"),
        _ => Words::new("SET").arg(key(b"weight_")).arg(weight),
    }
}

pub(super) fn sort(v: &mut Values, _: Dialect) -> Words {
    let key = match v.once_in(12) {
        true => v.key(),
        false => v.one_of(&["sortl", "sorts", "sortz"]).into(),
    };
    // Anything else may be a set.
    let is_list = key == b"sortl";
    let is_set = !is_list && key != b"sortz";
    let mut words = match v.once_in(6) {
        true => Words::new("SORT_RO").arg(key),
        false => Words::new("SORT").arg(key),
    };
    let is_alpha = v.once_in(2);
    let by = v.one_of(&[
        "",
        "",
        "weight_*",
        "hash_*->f",
        "nosort",
        "nokey_*",
        "weight_*->",
        "#",
    ]);
    // What weighs the same as text keeps its order, which two servers share for lists alone.
    let by = match is_alpha && by.contains('*') && !is_list {
        true => "",
        false => by,
    };
    if is_alpha {
        words = words.arg(mixed_case(v, "ALPHA"));
    }
    if !by.is_empty() {
        words = words.arg(mixed_case(v, "BY")).arg(by);
    }
    if v.once_in(2) {
        words = words.arg(v.one_of(&["ASC", "DESC", "desc"]));
    }
    let keeps_set = is_set && matches!(by, "nosort" | "#");
    if v.once_in(3) && !(is_alpha && by.contains('*')) && !keeps_set {
        words = words.arg(mixed_case(v, "LIMIT"));
        words = words
            .arg(v.rng.i32(-2..8).to_string())
            .arg(v.rng.i32(-2..8).to_string());
    }
    for _ in 0..v.rng.usize(..3) {
        let got = v.one_of(&[
            "#",
            "weight_*",
            "hash_*->f",
            "hash_*->g",
            "fixed",
            "hash_*",
            "*",
        ]);
        words = words.arg(mixed_case(v, "GET")).arg(got);
    }
    match v.once_in(4) {
        true => words.arg("STORE").arg(v.one_of(&["sortl", "sortd", "a"])),
        false => words,
    }
}
