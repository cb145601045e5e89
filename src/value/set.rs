//! Sets: members in no order, each of them once.
//!
//! Three forms, as OBJECT ENCODING tells them apart: integers sorted in one run of bytes
//! (`ds::intset`), a few short members one behind the other (`ds::listpack`), and the large form,
//! [`BigSet`]. A set grows from the first two into the others when it is [added](add) to, and
//! never back: when that happens is Redis's, for clients can see it.
//!
//! A member is a text. One that is the canonical form of a 64-bit integer may come back as that
//! integer, depending on the form; so members are [`Item`]s.

mod big;
mod change;
mod seen;

pub use self::big::BigSet;
pub use self::change::{add, expect, remove, remove_at};
pub use self::seen::Seen;

use std::ops::ControlFlow;

use crate::ds::intset::IntSet;
use crate::ds::listpack::Listpack;
pub use crate::ds::listpack::{Item, Needle};

/// A set to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Set<'a> {
    Ints(&'a [u8]),
    Packed(&'a [u8]),
    Big(&'a BigSet),
}

impl<'a> Set<'a> {
    /// The number of members.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Set::Ints(bytes) => IntSet::new(bytes).len(),
            Set::Packed(bytes) => Listpack::new(bytes).len(),
            Set::Big(set) => set.len(),
        }
    }

    /// Whether there are no members: only while a command changes the set.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is one.
    #[inline]
    pub fn contains(self, member: Needle<'_>) -> bool {
        match self {
            Set::Ints(bytes) => {
                let integer = member.int();
                integer.is_some_and(|integer| IntSet::new(bytes).contains(integer))
            }
            Set::Packed(bytes) => Listpack::new(bytes).find(member, 1).is_some(),
            Set::Big(set) => set.contains(member.text()),
        }
    }

    /// Whether it contains `item`, a member of another set.
    #[inline]
    pub fn contains_item(self, item: Item<'_>) -> bool {
        match (self, item) {
            (Set::Ints(bytes), Item::Int(integer)) => IntSet::new(bytes).contains(integer),
            (Set::Big(set), Item::Bytes(member)) => set.contains(member),
            _ => self.contains(Needle::new(item.text(&mut itoa::Buffer::new()))),
        }
    }

    /// The member at `index` in the order in which they stand; `index` is below their number.
    /// Any index is as quickly found as any other (but for the few hundred of a listpack).
    pub fn at(self, index: usize) -> Item<'a> {
        match self {
            Set::Ints(bytes) => Item::Int(IntSet::new(bytes).get(index).unwrap_or_default()),
            Set::Packed(bytes) => {
                let entry = Listpack::new(bytes).get(index);
                entry.map_or(Item::Bytes(b""), |entry| entry.item)
            }
            Set::Big(set) => Item::Bytes(set.at(index)),
        }
    }

    /// Visits all members in the order in which they stand, until told to stop.
    #[inline]
    pub fn try_each<B>(self, mut visit: impl FnMut(Item<'a>) -> ControlFlow<B>) -> Option<B> {
        let stopped = match self {
            Set::Ints(bytes) => IntSet::new(bytes)
                .iter()
                .try_for_each(|integer| visit(Item::Int(integer))),
            Set::Packed(bytes) => Listpack::new(bytes).items().try_for_each(visit),
            Set::Big(set) => set.iter().try_for_each(|member| visit(Item::Bytes(member))),
        };
        stopped.break_value()
    }

    /// Visits all members in the order in which they stand.
    #[inline]
    pub fn for_each(self, mut visit: impl FnMut(Item<'a>)) {
        self.try_each(|item| -> ControlFlow<()> {
            visit(item);
            ControlFlow::Continue(())
        });
    }

    /// Visits some members, about `count`, from `cursor` on; where to go on, 0 at the end.
    /// Starting from 0, every member that is there all the time is visited. The small forms are
    /// visited at once, whatever `count`.
    pub fn scan(self, cursor: u64, count: usize, visit: impl FnMut(Item<'a>)) -> u64 {
        match self {
            Set::Big(set) => set.scan(cursor, count, visit),
            _ => {
                self.for_each(visit);
                0
            }
        }
    }

    /// Whether both are the same set, not only equal ones.
    pub fn is(self, other: Set<'_>) -> bool {
        match (self, other) {
            (Set::Ints(a), Set::Ints(b)) | (Set::Packed(a), Set::Packed(b)) => std::ptr::eq(a, b),
            (Set::Big(a), Set::Big(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
