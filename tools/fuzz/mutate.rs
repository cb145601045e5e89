//! Makes new inputs from old ones. It knows bytes, numbers in decimal, and the target's words.

use crate::corpus::Pool;

/// The longest input made.
const INPUT_BYTES_MAX: usize = 1024;

/// Lengths and counts at which something may change.
const NUMBERS: &[&str] = &[
    "-2",
    "-1",
    "-0",
    "0",
    "00",
    "1",
    "2",
    "3",
    "9",
    "10",
    "11",
    "16",
    "33",
    "99",
    "100",
    "101",
    "1024",
    "16384",
    "16385",
    "65536",
    "65537",
    "262143",
    "262144",
    "1048576",
    "1048577",
    "536870912",
    "536870913",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "99999999999999999999",
    "+1",
    "1e3",
    "0x10",
];

/// An input of the pool, changed in one to eight places.
pub(crate) fn mutated(pool: &Pool, words: &[&[u8]], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = pool.pick(random).to_vec();
    // Mostly few changes: many at once seldom leave anything worth parsing.
    let changes = 1 + random.u32(..).trailing_zeros().min(7);
    for _ in 0..changes {
        change(&mut input, pool, words, random);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn change(input: &mut Vec<u8>, pool: &Pool, words: &[&[u8]], random: &mut fastrand::Rng) {
    let at = random.usize(..=input.len());
    match random.u8(..10) {
        0 => flip_bit(input, at, random),
        1 => set_byte(input, at, random),
        2 => insert(input, at, &[random.u8(..)]),
        3 | 4 => insert(input, at, pick(words, random)),
        5 => remove(input, at, random),
        6 => repeat(input, at, random),
        7 | 8 => change_number(input, at, random),
        _ => splice(input, at, pool.pick(random), random),
    }
}

fn pick<'a>(words: &[&'a [u8]], random: &mut fastrand::Rng) -> &'a [u8] {
    random.choice(words).copied().unwrap_or_default()
}

fn flip_bit(input: &mut [u8], at: usize, random: &mut fastrand::Rng) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.u8(..8);
    }
}

fn set_byte(input: &mut [u8], at: usize, random: &mut fastrand::Rng) {
    if let Some(byte) = input.get_mut(at) {
        *byte = random.u8(..);
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

fn remove(input: &mut Vec<u8>, at: usize, random: &mut fastrand::Rng) {
    let end = (at + 1 + random.usize(..16)).min(input.len());
    input.drain(at.min(end)..end);
}

/// Repeats a run of bytes, often enough for a long one to matter.
fn repeat(input: &mut Vec<u8>, at: usize, random: &mut fastrand::Rng) {
    let end = (at + 1 + random.usize(..32)).min(input.len());
    let run = input[at.min(end)..end].to_vec();
    for _ in 0..1 << random.u32(..8) {
        if input.len() > INPUT_BYTES_MAX {
            break;
        }
        insert(input, at.min(end), &run);
    }
}

/// Puts another number in place of the first one behind `at`.
fn change_number(input: &mut Vec<u8>, at: usize, random: &mut fastrand::Rng) {
    let Some(start) = input[at..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let start = at + start;
    let rest = &input[start..];
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit());
    let end = start + digits.unwrap_or(rest.len());
    let number = random.choice(NUMBERS).copied().unwrap_or_default();
    input.splice(start..end, number.bytes());
}

/// Continues with a piece of another input.
fn splice(input: &mut Vec<u8>, at: usize, other: &[u8], random: &mut fastrand::Rng) {
    let from = random.usize(..=other.len());
    if random.bool() {
        input.truncate(at);
    }
    insert(input, at, &other[from..]);
}
