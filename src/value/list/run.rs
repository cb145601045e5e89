//! Entries of a listpack with room at both ends: what a chunk of a large list is made of.
//!
//! ```text
//! bytes   ░░░░░░░░░░ entry entry entry … ░░░░░░░░
//!         room       ^ head              ^ len  ^ capacity
//! ```
//!
//! The first entry may stand anywhere. Taking it away moves nothing, and putting one before it
//! moves nothing while there is room: LPUSH and LPOP cost what RPUSH and RPOP cost. The buffer
//! grows from size class to size class, and all new room goes to the end that asked for it. Once
//! there is room enough at the other end, half of it comes over instead, so that a queue, which
//! wanders through its buffer, and a list which grows at both ends do not move at every step.

use std::ops::Range;

use crate::ds::listpack::{self, Entries, Entry, Item};
use crate::ds::size_class::size_class;

/// Room at the other end comes over if it is at least this part of the entries' bytes. Less would
/// not last.
const ROOM_SHARED: usize = 8;

/// A run of less than this part of its buffer gives the rest back when a shorter element comes into
/// the place of another.
const KEPT_BY_LESS: usize = 4;

/// A run beyond the first of these will likely grow to the last, what a chunk has by default: the
/// size classes between are passed over, for each leaves pages behind that nobody else needs. What
/// a run has too much is given back when it is full ([`Run::trim`]).
const GROWN_BYTES: [usize; 3] = [2048, 4096, 8192];

/// The capacity in which `bytes` are to grow.
fn capacity(bytes: usize) -> usize {
    let [passed, .., grown] = GROWN_BYTES;
    if bytes <= passed || bytes > grown {
        return size_class(bytes);
    }
    let next = GROWN_BYTES.into_iter().find(|&next| bytes <= next);
    next.unwrap_or(grown)
}

/// Entries and room around them.
#[derive(Clone, Default)]
pub(super) struct Run {
    bytes: Vec<u8>,
    /// Where the first entry begins.
    head: u32,
    count: u32,
}

impl Run {
    /// The `count` entries that `entries` are.
    pub(super) fn new(entries: &[u8], count: usize) -> Run {
        let mut run = Run::default();
        run.push_back(entries, count);
        run
    }

    #[inline]
    fn head(&self) -> usize {
        self.head as usize
    }

    #[inline]
    fn set_head(&mut self, head: usize) {
        self.head = u32::try_from(head).expect("a chunk is smaller than 4 GB");
    }

    #[inline]
    fn add_count(&mut self, count: usize) {
        self.count += u32::try_from(count).expect("a chunk is smaller than 4 GB");
    }

    #[inline]
    fn take_count(&mut self, count: usize) {
        self.count -= u32::try_from(count).expect("no more than there are");
    }

    /// The number of entries.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// The bytes of the entries.
    #[inline]
    pub(super) fn entries_bytes(&self) -> &[u8] {
        &self.bytes[self.head()..]
    }

    /// Bytes on the heap.
    pub(super) fn memory_bytes(&self) -> usize {
        size_class(self.bytes.capacity())
    }

    /// Entry `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Entry<'_>> {
        if index >= self.len() {
            return None;
        }
        let start = self.offset(index);
        Some(listpack::decode(&self.bytes, start))
    }

    /// Where entry `index` begins; the end for an index that is their number.
    #[inline]
    fn offset(&self, index: usize) -> usize {
        let found = listpack::offset(&self.bytes, self.head(), self.len(), index);
        found.expect("an index within the run")
    }

    /// The entries at the indexes in `range`, from either end.
    #[inline]
    pub(super) fn entries(&self, range: Range<usize>) -> Entries<'_> {
        let start = self.offset(range.start);
        let end = self.offset(range.end);
        Entries::new(&self.bytes, start, end)
    }

    /// Adds `count` entries at the end.
    #[inline]
    pub(super) fn push_back(&mut self, entries: &[u8], count: usize) {
        self.room_behind(entries.len());
        self.bytes.extend_from_slice(entries);
        self.add_count(count);
    }

    /// Adds an entry at the end.
    #[inline]
    pub(super) fn push_back_item(&mut self, item: Item<'_>) {
        self.room_behind(listpack::encoded_len(item));
        listpack::encode(item, |piece| self.bytes.extend_from_slice(piece));
        self.add_count(1);
    }

    /// Adds an entry at the front.
    #[inline]
    pub(super) fn push_front_item(&mut self, item: Item<'_>) {
        let len = listpack::encoded_len(item);
        self.room_before(len);
        let head = self.head() - len;
        let mut at = head;
        listpack::encode(item, |piece| {
            self.bytes[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        });
        self.set_head(head);
        self.add_count(1);
    }

    /// Puts an entry before the one at `index`.
    pub(super) fn insert(&mut self, index: usize, item: Item<'_>) {
        let start = self.offset(index);
        self.replace_bytes(start..start, item);
        self.add_count(1);
    }

    /// Puts another entry in the place of the one at `index`.
    pub(super) fn replace(&mut self, index: usize, item: Item<'_>) {
        let start = self.offset(index);
        let end = listpack::decode(&self.bytes, start).end;
        self.replace_bytes(start..end, item);
        if self.entries_bytes().len() < self.bytes.capacity() / KEPT_BY_LESS {
            self.trim();
        }
    }

    fn replace_bytes(&mut self, range: Range<usize>, item: Item<'_>) {
        let len = listpack::encoded_len(item);
        let mut range = range;
        if let Some(more) = len.checked_sub(range.len()) {
            let from_end = self.bytes.len() - range.start;
            let width = range.len();
            self.room_behind(more);
            // Making room may have moved everything.
            range.start = self.bytes.len() - from_end;
            range.end = range.start + width;
            let old_len = self.bytes.len();
            self.bytes.resize(old_len + more, 0);
            self.bytes
                .copy_within(range.end..old_len, range.start + len);
        } else {
            self.bytes.copy_within(range.end.., range.start + len);
            self.bytes.truncate(self.bytes.len() - (range.len() - len));
        }
        let mut at = range.start;
        listpack::encode(item, |piece| {
            self.bytes[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        });
    }

    /// Takes the entries at the indexes in `range` out; the nearer end moves.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        self.take_count(range.len());
        self.remove_bytes(start..end);
    }

    #[inline]
    fn remove_bytes(&mut self, range: Range<usize>) {
        let head = self.head();
        if range.start - head < self.bytes.len() - range.end {
            self.bytes
                .copy_within(head..range.start, head + range.len());
            self.set_head(head + range.len());
        } else {
            self.bytes.copy_within(range.end.., range.start);
            self.bytes.truncate(self.bytes.len() - range.len());
        }
    }

    /// Keeps the entries before `index` and gives the others.
    pub(super) fn split_off(&mut self, index: usize) -> Run {
        let at = self.offset(index);
        let upper = Run::new(&self.bytes[at..], self.len() - index);
        *self = Run::new(&self.bytes[self.head()..at], index);
        upper
    }

    /// Gives the room back that the entries do not need, as it will not grow for now.
    #[inline]
    pub(super) fn trim(&mut self) {
        let class = size_class(self.entries_bytes().len());
        if class < self.bytes.capacity() {
            let mut bytes = Vec::with_capacity(class);
            bytes.extend_from_slice(self.entries_bytes());
            self.bytes = bytes;
            self.set_head(0);
        }
    }

    /// Keeps the entries that `keep` wants.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(Item<'_>) -> bool) {
        let mut kept = Vec::with_capacity(self.entries_bytes().len());
        let mut count = 0;
        for entry in self.entries(0..self.len()) {
            if keep(entry.item) {
                kept.extend_from_slice(&self.bytes[entry.start..entry.end]);
                count += 1;
            }
        }
        *self = Run::new(&kept, count);
    }

    /// Room for `more` bytes at the end.
    #[inline]
    fn room_behind(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.make_room_behind(more);
        }
    }

    #[cold]
    fn make_room_behind(&mut self, more: usize) {
        let head = self.head();
        let len = self.bytes.len() - head;
        let room = self.bytes.capacity() - len;
        if room >= more.max(len / ROOM_SHARED) {
            let kept = (room - more) / 2;
            self.bytes.copy_within(head.., kept);
            self.bytes.truncate(kept + len);
            return self.set_head(kept);
        }
        if head > 0 {
            self.bytes.copy_within(head.., 0);
            self.bytes.truncate(len);
            self.set_head(0);
        }
        self.bytes.reserve_exact(capacity(len + more) - len);
    }

    /// Room for `more` bytes before the first entry.
    #[inline]
    fn room_before(&mut self, more: usize) {
        if self.head() < more {
            self.make_room_before(more);
        }
    }

    #[cold]
    fn make_room_before(&mut self, more: usize) {
        let head = self.head();
        let len = self.bytes.len() - head;
        let room = self.bytes.capacity() - len;
        if room >= more.max(len / ROOM_SHARED) {
            let new_head = more + (room - more) / 2;
            self.bytes.resize(self.bytes.len().max(new_head + len), 0);
            self.bytes.copy_within(head..head + len, new_head);
            self.bytes.truncate(new_head + len);
            return self.set_head(new_head);
        }
        let capacity = capacity(len + more);
        let mut bytes = Vec::with_capacity(capacity);
        bytes.resize(capacity - len, 0);
        bytes.extend_from_slice(&self.bytes[head..]);
        self.set_head(capacity - len);
        self.bytes = bytes;
    }
}
