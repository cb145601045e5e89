//! The large form of a set: members without values in a tree of fields.

use std::hash::Hasher;

use crate::ds::listpack::Item;
use crate::ds::table::Seed;
use crate::value::fields::Fields;

/// A large set. A clone shares everything.
#[derive(Clone)]
pub struct BigSet(Fields);

impl BigSet {
    /// A set without members, which are to be hashed under `seed`.
    pub fn new(seed: Seed) -> BigSet {
        BigSet(Fields::new(seed))
    }

    /// The number of members.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `member` is one.
    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        self.0.contains(member)
    }

    /// Makes `member` one; whether it was none before.
    #[inline]
    pub fn add(&mut self, member: &[u8]) -> bool {
        self.0.add(member)
    }

    /// Takes `member` away; whether it was one.
    #[inline]
    pub fn remove(&mut self, member: &[u8]) -> bool {
        self.0.remove(member)
    }

    /// The member at `place`, below their number.
    #[inline]
    pub fn at(&self, place: usize) -> &[u8] {
        self.0.at(place).field
    }

    /// Takes the member at `place` away, which is below their number.
    #[inline]
    pub fn remove_at(&mut self, place: usize) {
        self.0.remove_at(place);
    }

    /// All members in the order of their places.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|item| item.field)
    }

    /// As [`super::Set::scan`].
    pub fn scan<'a>(&'a self, cursor: u64, count: usize, mut visit: impl FnMut(Item<'a>)) -> u64 {
        self.0
            .scan(cursor, count, |item| visit(Item::Bytes(item.field)))
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.0.memory_estimate()
    }

    /// Whether dropping it takes more than a few microseconds.
    #[inline]
    pub fn is_heavy(&self) -> bool {
        self.0.is_heavy()
    }

    /// Digests all that it holds.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        self.0.digest(hasher);
    }
}
