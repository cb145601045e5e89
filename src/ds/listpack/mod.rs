//! Listpacks: many short texts in one run of bytes, the form all small collections have.
//!
//! ```text
//! bytes  0      2
//!        count  entry  entry  entry …
//!
//! entry  head  text  length of head and text, to be read backwards
//!        1–9   0–    1–5
//! ```
//!
//! The entries are Redis's to the bit ([`entry`]), so that its files are read and written by
//! copying; its header of six bytes and its terminator are left out, for whoever holds the bytes
//! knows their length. The count is little-endian; [`COUNT_UNKNOWN`] says that there are as many
//! or more, to be counted by walking. A text that is the canonical form of a 64-bit integer is
//! kept as one: it is shorter, and found by comparing numbers.
//!
//! Walking costs some 2 ns an entry, forwards as backwards; changing moves what lies behind. So a
//! listpack is for hundreds of entries, not for thousands. Changes are made through a [`Buffer`],
//! which may be a vector or the value of a key, by its smallest possible splices ([`edit`]).
//!
//! Readers trust the bytes: those from outside go through [`validate`] first.
//! Invented by Salvatore Sanfilippo.

mod check;
mod edit;
mod entry;

pub use check::{Malformed, count_entries, validate};
pub use edit::{Buffer, Pack, append, prepend, remove, splice};
pub use entry::{Entry, Item, Needle, decode, decode_back, encode, encoded_len};

/// A listpack without entries.
pub const EMPTY: &[u8] = &[0; START];

/// Where the first entry begins.
pub const START: usize = size_of::<u16>();

/// A count that says no more than "so many or more".
const COUNT_UNKNOWN: u16 = u16::MAX;

/// A listpack to read.
#[derive(Clone, Copy, Debug)]
pub struct Listpack<'a>(&'a [u8]);

impl<'a> Listpack<'a> {
    /// The listpack that `bytes` are.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Listpack<'a> {
        debug_assert!(bytes.len() >= START);
        Listpack(bytes)
    }

    /// The bytes.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The number of entries.
    #[inline]
    pub fn len(self) -> usize {
        match u16::from_le_bytes([self.0[0], self.0[1]]) {
            COUNT_UNKNOWN => self.entries().count(),
            count => usize::from(count),
        }
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.len() == START
    }

    /// The entries as they stand, one behind the other.
    #[inline]
    pub fn entry_bytes(self) -> &'a [u8] {
        &self.0[START..]
    }

    /// The entries with their places, from either end.
    #[inline]
    pub fn entries(self) -> Entries<'a> {
        Entries::new(self.0, START, self.0.len())
    }

    /// The texts in order, from either end.
    #[inline]
    pub fn items(self) -> impl DoubleEndedIterator<Item = Item<'a>> {
        self.entries().map(|entry| entry.item)
    }

    /// The entries from the one that begins at byte `start` on.
    #[inline]
    pub fn entries_from(self, start: usize) -> Entries<'a> {
        Entries::new(self.0, start, self.0.len())
    }

    /// The entry that begins at byte `start`; none at the end.
    #[inline]
    pub fn entry_at(self, start: usize) -> Option<Entry<'a>> {
        (start < self.0.len()).then(|| decode(self.0, start))
    }

    /// The entry that ends at byte `end`; none at the front.
    #[inline]
    pub fn entry_before(self, end: usize) -> Option<Entry<'a>> {
        (end > START).then(|| decode_back(self.0, end))
    }

    /// The byte at which entry `index` begins, found from the nearer end; the end of all for an
    /// index that is their number.
    pub fn offset(self, index: usize) -> Option<usize> {
        offset(self.0, START, self.len(), index)
    }

    /// Entry `index`.
    pub fn get(self, index: usize) -> Option<Entry<'a>> {
        self.entry_at(self.offset(index)?)
    }

    /// The first entry equal to `needle` among those with an index that is a multiple of `step`,
    /// and its index: with a step of 2, a field among fields and values.
    pub fn find(self, needle: Needle<'_>, step: usize) -> Option<(usize, Entry<'a>)> {
        let mut entries = self.entries();
        let mut index = 0;
        loop {
            let entry = entries.next()?;
            if needle.is(entry.item) {
                return Some((index, entry));
            }
            for _ in 1..step {
                entries.skip_one();
            }
            index += step;
        }
    }
}

/// The byte at which entry `index` of the `count` that `bytes` hold from `start` on begins.
pub fn offset(bytes: &[u8], start: usize, count: usize, index: usize) -> Option<usize> {
    if index > count {
        return None;
    }
    if index <= count / 2 {
        let mut at = start;
        for _ in 0..index {
            at = entry::end_of(bytes, at);
        }
        return Some(at);
    }
    let mut at = bytes.len();
    for _ in index..count {
        at = entry::start_of(bytes, at);
    }
    Some(at)
}

/// Entries between two places, from either end.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
    front: usize,
    back: usize,
}

impl<'a> Entries<'a> {
    /// The entries of `bytes` between `front` and `back`, both of them bounds of entries.
    #[inline]
    pub fn new(bytes: &'a [u8], front: usize, back: usize) -> Entries<'a> {
        Entries { bytes, front, back }
    }

    /// Passes over the next entry, if there is one, without looking at its text.
    #[inline]
    pub fn skip_one(&mut self) {
        if self.front < self.back {
            self.front = entry::end_of(self.bytes, self.front);
        }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.front >= self.back {
            return None;
        }
        let entry = decode(self.bytes, self.front);
        self.front = entry.end;
        Some(entry)
    }
}

impl DoubleEndedIterator for Entries<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        let entry = decode_back(self.bytes, self.back);
        self.back = entry.start;
        Some(entry)
    }
}

#[cfg(test)]
mod tests;
