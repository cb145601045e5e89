//! Changing a listpack: entries made apart, then put in by as few splices as possible.
//!
//! The count at the front changes with almost every edit. [`Pack`] keeps room for it before its
//! entries, so that an edit at the front is one splice; any other is two, of which the first
//! overwrites two bytes in place.

use std::ops::Range;

use super::entry::{Item, encode};
use super::{COUNT_UNKNOWN, Listpack, START};

/// Whatever holds a listpack's bytes.
pub trait Buffer {
    /// The bytes.
    fn bytes(&self) -> &[u8];

    /// Replaces the bytes in `range` by `with`.
    fn splice(&mut self, range: Range<usize>, with: &[u8]);
}

impl Buffer for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn splice(&mut self, range: Range<usize>, with: &[u8]) {
        let Range { start, end } = range;
        let (old, new) = (end - start, with.len());
        if new <= old {
            self.copy_within(end.., start + new);
            self.truncate(self.len() - (old - new));
        } else {
            let len = self.len();
            self.resize(len + (new - old), 0);
            self.copy_within(end..len, start + new);
        }
        self[start..start + new].copy_from_slice(with);
    }
}

/// Entries of few bytes are made without an allocation.
const SMALL_BYTES: usize = 128;

/// Entries made to be put into a listpack; by themselves they are one.
#[derive(Debug)]
pub struct Pack {
    /// In use while `heap` is empty.
    small: [u8; SMALL_BYTES],
    small_len: usize,
    heap: Vec<u8>,
    count: usize,
}

impl Default for Pack {
    fn default() -> Self {
        Pack::new()
    }
}

impl Pack {
    /// No entries.
    #[inline]
    pub fn new() -> Pack {
        Pack {
            small: [0; SMALL_BYTES],
            small_len: START,
            heap: Vec::new(),
            count: 0,
        }
    }

    /// One entry for each of `texts`, in their order.
    #[inline]
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Pack {
        let mut pack = Pack::new();
        for text in texts {
            pack.push(text);
        }
        pack
    }

    /// Adds an entry for `text`: an integer if it is one.
    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        self.push_item(Item::of(text));
    }

    /// Adds an entry for `item`.
    #[inline]
    pub fn push_item(&mut self, item: Item<'_>) {
        encode(item, |piece| self.extend(piece));
        self.count += 1;
    }

    /// The number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of the entries alone.
    #[inline]
    pub fn entries(&self) -> &[u8] {
        &self.whole()[START..]
    }

    /// The bytes of a listpack of these entries.
    #[inline]
    pub fn listpack(&mut self) -> &[u8] {
        self.set_count(self.count);
        self.whole()
    }

    #[inline]
    fn extend(&mut self, piece: &[u8]) {
        let end = self.small_len + piece.len();
        if self.heap.is_empty() && end <= SMALL_BYTES {
            self.small[self.small_len..end].copy_from_slice(piece);
            self.small_len = end;
            return;
        }
        if self.heap.is_empty() {
            self.heap.reserve(2 * end);
            self.heap.extend_from_slice(&self.small[..self.small_len]);
        }
        self.heap.extend_from_slice(piece);
    }

    #[inline]
    fn whole(&self) -> &[u8] {
        if self.heap.is_empty() {
            &self.small[..self.small_len]
        } else {
            &self.heap
        }
    }

    #[inline]
    fn set_count(&mut self, count: usize) {
        let room = if self.heap.is_empty() {
            &mut self.small[..START]
        } else {
            &mut self.heap[..START]
        };
        room.copy_from_slice(&count_bytes(count));
    }
}

#[inline]
fn count_bytes(count: usize) -> [u8; START] {
    u16::try_from(count).unwrap_or(COUNT_UNKNOWN).to_le_bytes()
}

/// Replaces the `removed` entries that are the bytes in `range` by those of `with`.
#[inline]
pub fn splice(buffer: &mut impl Buffer, range: Range<usize>, removed: usize, with: &mut Pack) {
    debug_assert!(range.start >= START);
    let old = Listpack::new(buffer.bytes()).len();
    let count = old - removed + with.count;
    if range.start == START {
        with.set_count(count);
        buffer.splice(0..range.end, with.whole());
        return;
    }
    if count != old {
        buffer.splice(0..START, &count_bytes(count));
    }
    buffer.splice(range, with.entries());
}

/// Adds entries at the end.
#[inline]
pub fn append(buffer: &mut impl Buffer, with: &mut Pack) {
    let end = buffer.bytes().len();
    splice(buffer, end..end, 0, with);
}

/// Adds entries at the front.
#[inline]
pub fn prepend(buffer: &mut impl Buffer, with: &mut Pack) {
    splice(buffer, START..START, 0, with);
}

/// Takes the `removed` entries that are the bytes in `range` out.
#[inline]
pub fn remove(buffer: &mut impl Buffer, range: Range<usize>, removed: usize) {
    splice(buffer, range, removed, &mut Pack::new());
}
