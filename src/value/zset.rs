//! Sorted sets: members in the order of their scores.

use std::hash::Hasher;

/// A zset to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Zset<'a> {
    Packed(&'a [u8]),
    Big(&'a BigZset),
}

/// A large zset.
#[derive(Clone)]
pub struct BigZset;

impl BigZset {
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
