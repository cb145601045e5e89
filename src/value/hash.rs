//! Hashes: fields and their values, some with a deadline.

use std::hash::Hasher;

/// A hash to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Hash<'a> {
    Packed(&'a [u8]),
    Big(&'a BigHash),
}

/// A large hash.
#[derive(Clone)]
pub struct BigHash;

impl BigHash {
    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        0
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        false
    }

    /// Digests all that it holds.
    pub fn digest(&self, _hasher: &mut impl Hasher) {}
}
