//! From an element to its register: MurmurHash64A with the seed that all HyperLogLogs share.
//!
//! Austin Appleby's hash (in the public domain), read as on a little endian machine everywhere, so
//! that the same elements meet the same registers on all.

use super::{REGISTER_BITS, REGISTERS};

const SEED: u64 = 0xadc8_3b19;
const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const SHIFT: u32 = 47;

/// The register of `element`, and its rank there.
#[inline]
pub fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur64a(element);
    let register = (hash % REGISTERS as u64) as usize;
    // A one above the highest bit ends the search where all others are zeros.
    let rest = hash >> REGISTER_BITS | 1 << (u64::BITS - REGISTER_BITS);
    (register, rest.trailing_zeros() as u8 + 1)
}

fn murmur64a(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> SHIFT;
        hash ^= word.wrapping_mul(MULTIPLIER);
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> SHIFT;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ hash >> SHIFT
}
