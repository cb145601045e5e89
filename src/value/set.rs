//! Sets: members without order, each once.

use std::hash::Hasher;

/// A set to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Set<'a> {
    Ints(&'a [u8]),
    Packed(&'a [u8]),
    Big(&'a BigSet),
}

/// A large set.
#[derive(Clone)]
pub struct BigSet;

impl BigSet {
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
