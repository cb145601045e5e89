//! Hashes: fields and their values, some fields with a deadline.
//!
//! | a hash of | is kept as | OBJECT ENCODING |
//! |---|---|---|
//! | few short fields and values without deadlines | a listpack: field, value, field, value | `listpack` |
//! | any others | [`BigHash`]: a tree of fields by hash | `hashtable` |
//!
//! It grows from the first form into the second and never back. A field past its deadline is there
//! to no command, except that [`Hash::len`] counts it, as Valkey does, until the keyspace's cycle
//! removes it; what reads or changes fields therefore takes the present moment.

mod change;
#[cfg(test)]
mod tests;

use std::hash::Hasher;

use super::Str;
use super::fields::{Fields, Item};
use crate::ds::listpack::{self, Listpack, Needle};
use crate::sys::clock::UnixMs;

pub use self::change::{Fate, HashMut, NewDeadline, Put};

/// A hash to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Hash<'a> {
    Packed(&'a [u8]),
    Big(&'a BigHash),
}

/// A field with its value and deadline.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    pub field: Str<'a>,
    pub value: Str<'a>,
    pub deadline: Option<UnixMs>,
}

impl<'a> Hash<'a> {
    /// The number of fields, those past their deadline but not yet removed included.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Hash::Packed(bytes) => Listpack::new(bytes).len() / 2,
            Hash::Big(big) => big.fields.len(),
        }
    }

    /// Whether there are no fields.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether a field is past its deadline at `now`, and so fewer are there than [`Hash::len`].
    pub fn has_due(self, now: UnixMs) -> bool {
        match self {
            Hash::Packed(_) => false,
            Hash::Big(big) => big.due().is_some_and(|due| due <= now),
        }
    }

    /// The value of `field`.
    #[inline(always)]
    pub fn get(self, field: &[u8], now: UnixMs) -> Option<Str<'a>> {
        match self {
            Hash::Packed(_) => self.find(field, now).map(|(value, _)| value),
            Hash::Big(big) => big.fields.value(field, now),
        }
    }

    /// The value and the deadline of `field`.
    #[inline(always)]
    pub fn find(self, field: &[u8], now: UnixMs) -> Option<(Str<'a>, Option<UnixMs>)> {
        match self {
            Hash::Packed(bytes) => {
                let pack = Listpack::new(bytes);
                let (_, entry) = pack.find(Needle::new(field), 2)?;
                let value = pack.entry_at(entry.end)?;
                Some((text(value.item), None))
            }
            Hash::Big(big) => {
                let item = big.fields.get(field)?;
                is_live(&item, now).then_some((item.value, item.deadline))
            }
        }
    }

    /// Visits every field, those past their deadline left out.
    pub fn for_each(self, now: UnixMs, mut visit: impl FnMut(Pair<'a>)) {
        match self {
            Hash::Packed(bytes) => {
                let mut items = Listpack::new(bytes).items();
                while let (Some(field), Some(value)) = (items.next(), items.next()) {
                    visit(Pair::packed(field, value));
                }
            }
            Hash::Big(big) => {
                let live = big.fields.iter().filter(|item| is_live(item, now));
                live.for_each(|item| visit(Pair::from(item)));
            }
        }
    }

    /// The field at `rank`, which is below [`Hash::len`]; none if it is past its deadline.
    pub fn at(self, rank: usize, now: UnixMs) -> Option<Pair<'a>> {
        match self {
            Hash::Packed(bytes) => {
                let pack = Listpack::new(bytes);
                let field = pack.get(rank * 2)?;
                let value = pack.entry_at(field.end)?;
                Some(Pair::packed(field.item, value.item))
            }
            Hash::Big(big) => {
                let item = big.fields.at(rank);
                is_live(&item, now).then_some(Pair::from(item))
            }
        }
    }

    /// Visits about `count` fields from the position `cursor` on; the position to go on from, 0 at
    /// the end. A small hash is visited at once. Every field that is there all the time is visited.
    pub fn scan(
        self,
        cursor: u64,
        count: usize,
        now: UnixMs,
        mut visit: impl FnMut(Pair<'a>),
    ) -> u64 {
        match self {
            Hash::Packed(_) => {
                self.for_each(now, visit);
                0
            }
            Hash::Big(big) => big.fields.scan(cursor, count, |item| {
                if is_live(&item, now) {
                    visit(Pair::from(item));
                }
            }),
        }
    }
}

impl<'a> Pair<'a> {
    fn packed(field: listpack::Item<'a>, value: listpack::Item<'a>) -> Pair<'a> {
        Pair {
            field: text(field),
            value: text(value),
            deadline: None,
        }
    }
}

impl<'a> From<Item<'a>> for Pair<'a> {
    fn from(item: Item<'a>) -> Pair<'a> {
        Pair {
            field: Str::Inline(item.field),
            value: item.value,
            deadline: item.deadline,
        }
    }
}

/// A large hash.
#[derive(Clone)]
pub struct BigHash {
    fields: Fields,
}

impl BigHash {
    /// A hash of these fields.
    pub fn new(fields: Fields) -> BigHash {
        BigHash { fields }
    }

    /// The earliest deadline of a field.
    #[inline]
    pub fn due(&self) -> Option<UnixMs> {
        self.fields.due()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are no fields: then the key is to go.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Removes a field past its deadline at `now`, if there is one, after it was shown to `gone`.
    pub fn remove_due(&mut self, now: UnixMs, gone: impl FnOnce(&[u8])) -> bool {
        self.fields.remove_due(now, |item| gone(item.field))
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        self.fields.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.fields.memory_estimate()
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.fields.is_heavy()
    }

    /// Digests all that it holds.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        self.fields.digest(hasher);
    }
}

#[inline]
fn is_live(item: &Item<'_>, now: UnixMs) -> bool {
    item.deadline.is_none_or(|deadline| deadline > now)
}

fn text(item: listpack::Item<'_>) -> Str<'_> {
    match item {
        listpack::Item::Int(value) => Str::Int(value),
        listpack::Item::Bytes(bytes) => Str::Inline(bytes),
    }
}
