//! Random commands on HyperLogLogs; their bytes are read back as often as they change.

use super::generate::{Dialect, Words};
use super::values::Values;

const KEYS: &[&[u8]] = &[b"hll:1", b"hll:2", b"hll:3"];

/// A HyperLogLog with bytes that are wrong. What gets into it comes one by one: of several
/// elements Redis keeps those before the one that meets the damage, we keep none.
const DAMAGED: &[u8] = b"hll:damaged";

pub(super) fn hyperloglog(v: &mut Values, _: Dialect) -> Words {
    let key = match v.once_in(12) {
        true => v.key(),
        false => v.one_of(KEYS).to_vec(),
    };
    match v.rng.u32(..24) {
        0..=7 => {
            let count = v.one_of(&[0, 1, 1, 1, 2, 7, 40, 400]);
            let elements: Vec<_> = (0..count).map(|_| element(v)).collect();
            Words::new("PFADD").arg(key).args(elements)
        }
        8..=11 => Words::new("GET").arg(key),
        12..=13 => Words::new("PFCOUNT").arg(key),
        14 => Words::new("PFCOUNT").args(several(v)),
        15 => Words::new("PFMERGE").arg(key).args(several(v)),
        16 => {
            // Not SIMD: to a word it does not know Valkey replies twice.
            let subcommands = ["GETREG", "DECODE", "encoding", "TODENSE", "nosuch"];
            Words::new("PFDEBUG").arg(v.one_of(&subcommands)).arg(key)
        }
        17 => Words::new("COPY").arg(key).arg(DAMAGED).arg("REPLACE"),
        18..=20 => {
            // Behind the header, where the first runs are.
            let places = if v.once_in(8) { 0..16 } else { 16..60 };
            let at = v.rng.u32(places);
            let bytes = v.value_of_few_bytes();
            Words::new("SETRANGE")
                .arg(DAMAGED)
                .arg(at.to_string())
                .arg(bytes)
        }
        21 => Words::new("PFADD").arg(DAMAGED).arg(element(v)),
        22 => Words::new("PFCOUNT").arg(DAMAGED),
        _ => Words::new("GET").arg(DAMAGED),
    }
}

fn several(v: &mut Values) -> Vec<Vec<u8>> {
    let count = v.rng.usize(..4);
    (0..count)
        .map(|_| match v.once_in(10) {
            true => DAMAGED.to_vec(),
            false => v.one_of(KEYS).to_vec(),
        })
        .collect()
}

fn element(v: &mut Values) -> Vec<u8> {
    match v.once_in(6) {
        true => v.value(),
        false => v.rng.u32(..20_000).to_string().into(),
    }
}
