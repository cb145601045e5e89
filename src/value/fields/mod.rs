//! Fields with values and deadlines, or members without either: big hashes and big sets.
//!
//! A tree (`ds::tree`) of packed leaves ([`leaf`]), ordered by the hash of the field under the
//! seed of the process. The hash spreads fields evenly, keeps whoever chooses them from choosing
//! where they go, and gives every field a place that does not change: a scan's cursor is a hash,
//! so that nothing that stays is missed, or told twice, whatever splits and merges in between.
//!
//! | | costs |
//! |---|---|
//! | lookup | a hash (12 ns), 3 levels of bounds for a million, a scan of a hundred tags |
//! | a new field | the same, and its bytes behind the leaf's others; 2 µs for a split every 50 |
//! | one at random | the counts in the tree lead to any rank |
//! | memory | 5 bytes a field beside its own, some 3 of its leaf and the tree, 10 % slack |
//! | clone | nothing; a change to a shared leaf copies its 4 KB |

mod leaf;
#[cfg(test)]
mod tests;

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use self::leaf::{FieldLeaf, NewEntry, Part};
use super::Str;
use super::string::Text;
use crate::ds::table::Seed;
use crate::ds::tree::{Leaf, Tree};
use crate::sys::clock::UnixMs;

/// Bits of a scan's cursor: what every client's numbers can hold.
const CURSOR_BITS: u32 = 48;

/// The hashes at a position begin here.
const POSITION_SHIFT: u32 = u64::BITS - CURSOR_BITS;

/// Fields by their hash. A clone shares everything.
#[derive(Clone)]
pub struct Fields {
    tree: Tree<FieldLeaf>,
    seed: Seed,
}

/// A field with its value and deadline.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub field: &'a [u8],
    /// Never an integer: bytes, wherever they stand.
    pub value: Str<'a>,
    pub deadline: Option<UnixMs>,
}

/// What a field had before it was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was not there.
    Absent,
    /// It had a value, and this deadline.
    Present(Option<UnixMs>),
}

impl Fields {
    /// No fields, to be hashed under `seed`.
    pub fn new(seed: Seed) -> Fields {
        Fields {
            tree: Tree::new(),
            seed,
        }
    }

    /// These fields with their values; of one that comes twice, the last.
    pub fn from_items<'a>(
        seed: Seed,
        items: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Fields {
        let mut fields = Fields::new(seed);
        for (field, value) in items {
            fields.insert(field, value, None);
        }
        fields
    }

    /// What the fields are hashed under.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The number of fields, those past their deadline included.
    #[inline]
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The earliest deadline.
    pub fn due(&self) -> Option<UnixMs> {
        match self.tree.due() {
            i64::MAX => None,
            ms => Some(UnixMs(ms)),
        }
    }

    /// `field` and what belongs to it, its deadline passed or not.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<Item<'_>> {
        let hash = hash_of(self.seed, field);
        let (leaf, _) = self.tree.find(|bound| *bound <= hash)?;
        leaf.find(hash, field).map(|index| leaf.item(index))
    }

    /// The value of `field`, unless its deadline is `now` at the latest.
    #[inline]
    pub fn value(&self, field: &[u8], now: UnixMs) -> Option<Str<'_>> {
        let hash = hash_of(self.seed, field);
        let (leaf, _) = self.tree.find(|bound| *bound <= hash)?;
        let index = leaf.find(hash, field)?;
        // Most leaves have nothing that is due, and few fields are looked at any closer.
        let is_due = || leaf.deadline(index).is_some_and(|deadline| deadline <= now);
        if leaf.due() <= now.0 && is_due() {
            return None;
        }
        Some(leaf.value(index))
    }

    /// Whether `field` is there.
    #[inline]
    pub fn contains(&self, field: &[u8]) -> bool {
        let hash = hash_of(self.seed, field);
        let found = self.tree.find(|bound| *bound <= hash);
        found.is_some_and(|(leaf, _)| leaf.find(hash, field).is_some())
    }

    /// Gives `field` this value and deadline; whether it is new. A set's members have no values.
    #[inline]
    pub fn insert(&mut self, field: &[u8], value: &[u8], deadline: Option<UnixMs>) -> bool {
        self.put(field, Text::Slice(value), deadline) == Before::Absent
    }

    /// Gives `field` this value and deadline; what it had before.
    #[inline]
    pub fn put(&mut self, field: &[u8], value: Text<'_>, deadline: Option<UnixMs>) -> Before {
        let hash = hash_of(self.seed, field);
        let value = match value {
            Text::Slice(bytes) => Part::Bytes(bytes),
            Text::Rope(rope) => Part::Rope(rope),
        };
        let entry = NewEntry {
            field: Part::Bytes(field),
            value,
            deadline,
        };
        if self.tree.is_empty() {
            let mut leaf = FieldLeaf::new(self.seed, hash);
            leaf.push(hash, entry);
            self.tree.push_leaf(leaf);
            return Before::Absent;
        }
        self.tree.change(
            |bound| *bound <= hash,
            |leaf, _| match leaf.find(hash, field) {
                Some(index) => {
                    let before = Before::Present(leaf.item(index).deadline);
                    leaf.replace(index, value, deadline);
                    before
                }
                None => {
                    leaf.push(hash, entry);
                    Before::Absent
                }
            },
        )
    }

    /// Makes `member`, which has no value, one of them; whether it is new.
    #[inline]
    pub fn add(&mut self, member: &[u8]) -> bool {
        if self.tree.is_empty() {
            return self.insert(member, b"", None);
        }
        let hash = hash_of(self.seed, member);
        self.tree.change(
            |bound| *bound <= hash,
            |leaf, _| {
                let is_new = leaf.find(hash, member).is_none();
                if is_new {
                    let (field, value) = (Part::Bytes(member), Part::Bytes(b""));
                    let deadline = None;
                    leaf.push(
                        hash,
                        NewEntry {
                            field,
                            value,
                            deadline,
                        },
                    );
                }
                is_new
            },
        )
    }

    /// Gives `field` another deadline, or none; whether it is there.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<UnixMs>) -> bool {
        self.edit(field, |leaf, index| leaf.set_deadline(index, deadline))
    }

    /// Removes `field`; whether it was there.
    #[inline]
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.edit(field, |leaf, index| leaf.remove(index))
    }

    #[inline]
    fn edit(&mut self, field: &[u8], change: impl FnOnce(&mut FieldLeaf, usize)) -> bool {
        if self.tree.is_empty() {
            return false;
        }
        let hash = hash_of(self.seed, field);
        self.tree.change(
            |bound| *bound <= hash,
            |leaf, _| {
                let index = leaf.find(hash, field);
                if let Some(index) = index {
                    change(leaf, index);
                }
                index.is_some()
            },
        )
    }

    /// The field at `rank`, below [`Fields::len`]. A rank means a field until the next change.
    pub fn at(&self, rank: usize) -> Item<'_> {
        let (leaf, index) = self.tree.leaf_at(rank).expect("a rank below the length");
        leaf.item(index)
    }

    /// Removes the field at `rank`, below [`Fields::len`].
    pub fn remove_at(&mut self, rank: usize) {
        self.tree.edit_at(rank, |leaf, index, _| leaf.remove(index));
    }

    /// All fields, in the order of ranks.
    pub fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        self.iter_from(0)
    }

    /// The fields from `rank` on.
    pub fn iter_from(&self, rank: usize) -> impl Iterator<Item = Item<'_>> {
        let leaves = self.tree.iter_from(rank);
        leaves.flat_map(|(leaf, index)| leaf.items(index))
    }

    /// Removes a field whose deadline is `now` at the latest, if there is one, after it was shown
    /// to `gone`.
    pub fn remove_due(&mut self, now: UnixMs, gone: impl FnOnce(Item<'_>)) -> bool {
        let Some(rank) = self.tree.find_due(now.0) else {
            return false;
        };
        self.tree.edit_at(rank, |leaf, _, _| {
            let Some(index) = leaf.first_due(now.0) else {
                return false;
            };
            gone(leaf.item(index));
            leaf.remove(index);
            true
        })
    }

    /// Visits at least `count` fields from the position `cursor` on, if so many are left, and no
    /// more than have one position with the last. The position to go on from, 0 at the end. From 0
    /// to 0, every field that is there all the time is visited once.
    pub fn scan<'a>(&'a self, cursor: u64, count: usize, mut visit: impl FnMut(Item<'a>)) -> u64 {
        if cursor >> CURSOR_BITS != 0 {
            return 0;
        }
        let from = cursor << POSITION_SHIFT;
        let mut visited = 0;
        let mut last = cursor;
        let (leaves, _) = self.tree.iter_at(|bound| *bound <= from);
        for (leaf, _) in leaves {
            let bound = leaf.bound() >> POSITION_SHIFT;
            if visited >= count && bound > last {
                return bound;
            }
            for (hash, index) in leaf.sorted_from(from) {
                if visited >= count && hash >> POSITION_SHIFT != last {
                    return hash >> POSITION_SHIFT;
                }
                visit(leaf.item(index));
                visited += 1;
                last = hash >> POSITION_SHIFT;
            }
        }
        0
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.tree.memory_estimate()
    }

    /// Whether dropping it takes more than a few microseconds.
    #[inline]
    pub fn is_heavy(&self) -> bool {
        self.tree.is_heavy()
    }

    /// Digests all that it holds; the order of entries does not matter.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        let mut sum = 0u64;
        for item in self.iter() {
            let mut one = SipHasher13::new();
            one.write_usize(item.field.len());
            one.write(item.field);
            one.write(&item.value.to_cow());
            one.write_i64(item.deadline.map_or(i64::MAX, |UnixMs(ms)| ms));
            sum = sum.wrapping_add(one.finish());
        }
        hasher.write_usize(self.len());
        hasher.write_u64(sum);
    }
}

/// The hash that orders fields.
#[inline]
fn hash_of(seed: Seed, field: &[u8]) -> u64 {
    let hash = seed.hash(field);
    #[cfg(test)]
    if seed.0 == tests::COLLIDING.0 {
        return hash & tests::COLLIDING_BITS;
    }
    hash
}
