//! A leaf of [`Fields`](super::Fields): some hundred fields and their values in one buffer.
//!
//! ```text
//! tags       checks     offsets     entries
//! ┌──────────┬──────────┬───────────┬────────────────────────────────────────┐
//! │ 1 byte × │ 1 byte × │ 2 bytes × │ code │ deadline │ field │ value │ code …│
//! │ room     │ room     │ room      │ 1, 2 │ 0 or 8   │       │       │       │
//! └──────────┴──────────┴───────────┴────────────────────────────────────────┘
//! ```
//!
//! The entry at index `i` has tag and check `i`, the lowest two bytes of its field's hash, and
//! begins at offset `i` (counted from the first entry). Entries stand in the order of their index, so each ends
//! where the next begins, and a value's length need not be stored: a field of up to 47 bytes costs
//! five bytes beside its own and its value's, a member of a set likewise. Which index an entry has
//! means nothing: the order of hashes holds between leaves, not within one.
//!
//! A lookup scans the tags (with `memchr`: a hundred in a few nanoseconds) and looks at the checks
//! of those that are equal, one in 256 of the others; then it compares the field. In a large hash it
//! is made of cache misses: the leaf, its tags with what stands beside them, which are all fetched
//! at once, and the entry. Without the checks every third new field would read another's entry,
//! one miss more.
//!
//! The code's bits, from the highest: a deadline follows, the value is outside, and six bits for
//! the field's length: up to 47 itself; 48 to 62 the upper part of a length whose lower byte
//! follows; 63 for a field outside. What is outside is a buffer of its own, shared with replies
//! that send it; in its stead stands its two-byte index among the leaf's buffers.
//!
//! The buffer grows from size class to size class instead of doubling: one field in fourteen of
//! 36 bytes pays a copy of 3 KB for it, and what is allocated is 10 % more than what is used.

use std::sync::Arc;

use super::Item;
use crate::ds::prefetch::prefetch_all;
use crate::ds::rope::Rope;
use crate::ds::same::same_bytes;
use crate::ds::size_class::size_class;
use crate::ds::table::Seed;
use crate::ds::tree::Leaf;
use crate::sys::clock::UnixMs;
use crate::value::Str;

/// More entries than this are split.
pub(super) const ENTRIES_MAX: usize = 128;

/// More bytes of entries than this are split, unless it is one entry's.
pub(super) const BYTES_MAX: usize = 4096;

/// With fewer entries and bytes than this a leaf joins its neighbour.
const ENTRIES_MIN: usize = ENTRIES_MAX / 4;
const BYTES_MIN: usize = BYTES_MAX / 4;

/// As many have room in what is merged.
const ENTRIES_MERGED_MAX: usize = ENTRIES_MAX * 3 / 4;
const BYTES_MERGED_MAX: usize = BYTES_MAX * 3 / 4;

/// A longer field or value is kept outside.
pub(super) const INLINE_BYTES_MAX: usize = ((LONG_LAST - LONG_FIRST) as usize) << 8 | 0xff;

/// The directory grows by so many entries.
const ROOM_STEP: usize = 16;

/// Bytes of the directory per entry: a tag, a check, and an offset.
const DIRECTORY_BYTES: usize = OFFSETS_AT + OFFSET_BYTES;
/// Where checks and offsets begin, for each entry there is room for.
const CHECKS_AT: usize = 1;
const OFFSETS_AT: usize = 2;
const OFFSET_BYTES: usize = 2;

const DEADLINE: u8 = 1 << 7;
const VALUE_OUTSIDE: u8 = 1 << 6;
const LENGTH: u8 = (1 << 6) - 1;
/// Lengths from here on take two bytes, of which the first is at least this …
const LONG_FIRST: u8 = 48;
/// … and at most this.
const LONG_LAST: u8 = 62;
const FIELD_OUTSIDE: u8 = 63;

const DEADLINE_BYTES: usize = 8;
/// The index of a buffer outside.
const INDEX_BYTES: usize = 2;

/// No deadline: later than any.
const NEVER: i64 = i64::MAX;

/// What is kept outside.
#[derive(Clone)]
enum Buffer {
    Flat(Arc<Vec<u8>>),
    Rope(Rope),
}

/// A buffer, or room for one.
type Outside = Option<Buffer>;

/// Some fields whose hashes lie next to each other.
#[derive(Clone)]
pub(super) struct FieldLeaf {
    /// The directory, then the entries.
    bytes: Vec<u8>,
    seed: Seed,
    /// No entry's hash is below, and none of the leaves before reaches it.
    bound: u64,
    /// The earliest deadline, or [`NEVER`].
    due: i64,
    count: u16,
    /// Entries that the directory has room for.
    room: u16,
    #[expect(
        clippy::box_collection,
        reason = "a leaf rarely has one: 8 bytes instead of 24"
    )]
    outside: Option<Box<Vec<Outside>>>,
}

/// A field or value on its way into an entry, or out of one.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Bytes(&'a [u8]),
    Flat(&'a Arc<Vec<u8>>),
    Rope(&'a Rope),
}

impl<'a> Part<'a> {
    /// The bytes that stand inside; none if they are to be outside.
    #[inline]
    fn inside(self) -> Option<&'a [u8]> {
        match self {
            Part::Bytes(bytes) if bytes.len() <= INLINE_BYTES_MAX => Some(bytes),
            _ => None,
        }
    }

    /// Bytes it takes within the entry.
    #[inline]
    fn inside_bytes(self) -> usize {
        self.inside().map_or(INDEX_BYTES, <[u8]>::len)
    }
}

impl<'a> From<Part<'a>> for Str<'a> {
    #[inline]
    fn from(part: Part<'a>) -> Str<'a> {
        match part {
            Part::Bytes(bytes) => Str::Inline(bytes),
            Part::Flat(bytes) => Str::Flat(bytes),
            Part::Rope(rope) => Str::Rope(rope),
        }
    }
}

/// An entry on its way into a leaf.
#[derive(Clone, Copy)]
pub(super) struct NewEntry<'a> {
    pub(super) field: Part<'a>,
    pub(super) value: Part<'a>,
    pub(super) deadline: Option<UnixMs>,
}

impl NewEntry<'_> {
    /// Bytes it takes among the entries.
    fn len(self) -> usize {
        let field = self.field.inside();
        let long = field.is_some_and(|field| field.len() >= usize::from(LONG_FIRST));
        let deadline = if self.deadline.is_some() {
            DEADLINE_BYTES
        } else {
            0
        };
        1 + usize::from(long) + deadline + self.field.inside_bytes() + self.value.inside_bytes()
    }
}

/// Where the parts of an entry stand in the buffer.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    code: u8,
    deadline: usize,
    field: usize,
    value: usize,
    end: usize,
}

impl FieldLeaf {
    /// An empty leaf, to be filled: in a tree it is never empty.
    pub(super) fn new(seed: Seed, bound: u64) -> FieldLeaf {
        FieldLeaf {
            bytes: Vec::new(),
            seed,
            bound,
            due: NEVER,
            count: 0,
            room: 0,
            outside: None,
        }
    }

    /// The index of `field`, whose hash is `hash`.
    #[inline]
    pub(super) fn find(&self, hash: u64, field: &[u8]) -> Option<usize> {
        let count = usize::from(self.count);
        let directory = &self.bytes[..self.directory_bytes()];
        prefetch_all(directory);
        let (tags, checks) = directory.split_at(usize::from(self.room) * CHECKS_AT);
        let mut found = memchr::memchr_iter(tag_of(hash), &tags[..count]);
        found.find(|index| checks[*index] == check_of(hash) && self.is_field(*index, field))
    }

    /// Whether the entry at `index` is that of `field`. Of a short one's, the length in the code
    /// tells most of it, and where the entry ends is not looked up.
    #[inline]
    fn is_field(&self, index: usize, field: &[u8]) -> bool {
        let len = field.len();
        if len >= usize::from(LONG_FIRST) {
            return self.field(index) == field;
        }
        let entry = &self.bytes[self.directory_bytes() + self.offset(index)..];
        let start = 1 + if entry[0] & DEADLINE == 0 {
            0
        } else {
            DEADLINE_BYTES
        };
        usize::from(entry[0] & LENGTH) == len && same_bytes(&entry[start..start + len], field)
    }

    /// The value at `index`.
    #[inline]
    pub(super) fn value(&self, index: usize) -> Str<'_> {
        self.value_at(self.place(index)).into()
    }

    /// The entry at `index`.
    #[inline]
    pub(super) fn item(&self, index: usize) -> Item<'_> {
        let place = self.place(index);
        Item {
            field: self.field_at(place),
            value: self.value_at(place).into(),
            deadline: self.deadline_at(place),
        }
    }

    /// The field at `index`.
    #[inline]
    pub(super) fn field(&self, index: usize) -> &[u8] {
        self.field_at(self.place(index))
    }

    /// The entries from `index` on.
    pub(super) fn items(&self, index: usize) -> impl Iterator<Item = Item<'_>> {
        (index..usize::from(self.count)).map(|index| self.item(index))
    }

    /// The entries whose hash is `from` at least, as their hashes and indices in the order of
    /// hashes.
    pub(super) fn sorted_from(&self, from: u64) -> Vec<(u64, usize)> {
        let mut order = self.hashes();
        order.retain(|(hash, _)| *hash >= from);
        order.sort_unstable();
        order
    }

    /// Adds an entry, whose field is not there.
    #[inline]
    pub(super) fn push(&mut self, hash: u64, entry: NewEntry<'_>) {
        let index = usize::from(self.count);
        let start = self.bytes.len() - self.directory_bytes();
        self.reserve(entry.len());
        self.write(entry);
        let room = usize::from(self.room);
        self.bytes[index] = tag_of(hash);
        self.bytes[room * CHECKS_AT + index] = check_of(hash);
        self.set_offset(index, start);
        self.count += 1;
        self.bound = self.bound.min(hash);
        if let Some(UnixMs(deadline)) = entry.deadline {
            self.due = self.due.min(deadline);
        }
    }

    /// Replaces the value and the deadline of the entry at `index`.
    pub(super) fn replace(&mut self, index: usize, value: Part<'_>, deadline: Option<UnixMs>) {
        let place = self.place(index);
        let old_deadline = self.deadline_at(place);
        let length = place.end - place.value;
        let inside = value.inside().filter(|bytes| bytes.len() == length);
        let same_form =
            place.code & VALUE_OUTSIDE == 0 && old_deadline.is_some() == deadline.is_some();
        match inside {
            Some(bytes) if same_form => {
                self.bytes[place.value..place.end].copy_from_slice(bytes);
                if let Some(UnixMs(ms)) = deadline {
                    let at = place.deadline;
                    self.bytes[at..at + DEADLINE_BYTES].copy_from_slice(&ms.to_le_bytes());
                }
            }
            _ => self.rewrite(place, index, value, deadline),
        }
        if let Some(UnixMs(ms)) = deadline {
            self.due = self.due.min(ms);
        }
        self.lost_deadline(old_deadline);
    }

    /// Gives the entry at `index` another deadline.
    pub(super) fn set_deadline(&mut self, index: usize, deadline: Option<UnixMs>) {
        let place = self.place(index);
        match self.value_at(place) {
            Part::Bytes(bytes) => {
                let bytes = bytes.to_vec();
                self.replace(index, Part::Bytes(&bytes), deadline);
            }
            Part::Flat(bytes) => {
                let bytes = Arc::clone(bytes);
                self.replace(index, Part::Flat(&bytes), deadline);
            }
            Part::Rope(rope) => {
                let rope = rope.clone();
                self.replace(index, Part::Rope(&rope), deadline);
            }
        }
    }

    /// Writes the entry at `index` anew where the old one stood.
    fn rewrite(&mut self, place: Place, index: usize, value: Part<'_>, deadline: Option<UnixMs>) {
        let field = self.field_at(place).to_vec();
        self.release(place);
        let entry = NewEntry {
            field: Part::Bytes(&field),
            value,
            deadline,
        };
        let (old, new) = (place.end - place.start, entry.len());
        let offset = place.start - self.directory_bytes();
        self.reserve(new);
        let start = self.directory_bytes() + offset;
        self.write(entry);
        // Behind the others now; it changes places with them, and what it replaces goes.
        let len = self.bytes.len();
        self.bytes[start..].rotate_right(new);
        self.bytes.copy_within(start + new + old.., start + new);
        self.bytes.truncate(len - old);
        self.shift_offsets(index + 1, new, old);
    }

    /// Removes the entry at `index`.
    pub(super) fn remove(&mut self, index: usize) {
        let place = self.place(index);
        let deadline = self.deadline_at(place);
        self.release(place);
        let count = usize::from(self.count);
        self.shift_offsets(index + 1, 0, place.end - place.start);
        let room = usize::from(self.room);
        self.bytes.copy_within(index + 1..count, index);
        let check = |index: usize| room * CHECKS_AT + index;
        self.bytes
            .copy_within(check(index + 1)..check(count), check(index));
        let offset = |index: usize| room * OFFSETS_AT + index * OFFSET_BYTES;
        self.bytes
            .copy_within(offset(index + 1)..offset(count), offset(index));
        self.bytes.drain(place.start..place.end);
        self.count -= 1;
        self.lost_deadline(deadline);
        if size_class(self.bytes.len()) * 2 <= self.bytes.capacity() {
            self.bytes.shrink_to(size_class(self.bytes.len()));
        }
    }

    /// The entries whose deadline is `now` at the latest.
    pub(super) fn first_due(&self, now: i64) -> Option<usize> {
        let due = |index: &usize| self.deadline(*index).is_some_and(|UnixMs(ms)| ms <= now);
        (0..usize::from(self.count)).find(due)
    }

    #[inline]
    pub(super) fn deadline(&self, index: usize) -> Option<UnixMs> {
        self.deadline_at(self.place(index))
    }

    /// An entry lost the deadline it had: perhaps the earliest.
    #[inline]
    fn lost_deadline(&mut self, deadline: Option<UnixMs>) {
        if deadline.is_some_and(|UnixMs(ms)| ms == self.due) {
            let deadlines = (0..usize::from(self.count)).filter_map(|index| self.deadline(index));
            self.due = deadlines.map(|UnixMs(ms)| ms).min().unwrap_or(NEVER);
        }
    }

    #[inline]
    fn directory_bytes(&self) -> usize {
        usize::from(self.room) * DIRECTORY_BYTES
    }

    /// Bytes of the entries.
    fn entry_bytes(&self) -> usize {
        self.bytes.len() - self.directory_bytes()
    }

    #[inline]
    fn offset(&self, index: usize) -> usize {
        let at = usize::from(self.room) * OFFSETS_AT + index * OFFSET_BYTES;
        usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    fn set_offset(&mut self, index: usize, offset: usize) {
        // So long only if dozens of fields have one hash of 64 bits, which nobody can bring about.
        let offset = u16::try_from(offset).expect("a leaf is split long before");
        let at = usize::from(self.room) * OFFSETS_AT + index * OFFSET_BYTES;
        self.bytes[at..at + OFFSET_BYTES].copy_from_slice(&offset.to_le_bytes());
    }

    /// Moves the entries from `index` on by `more` bytes up and `less` down.
    fn shift_offsets(&mut self, index: usize, more: usize, less: usize) {
        let (first, count) = (usize::from(self.room) * OFFSETS_AT, usize::from(self.count));
        let offsets = first + index * OFFSET_BYTES..first + count * OFFSET_BYTES;
        let offsets = &mut self.bytes[offsets];
        // In wrapping arithmetic, the sum is what counts.
        let by = (more as u16).wrapping_sub(less as u16);
        for offset in offsets.chunks_exact_mut(OFFSET_BYTES) {
            let moved = u16::from_le_bytes([offset[0], offset[1]]).wrapping_add(by);
            offset.copy_from_slice(&moved.to_le_bytes());
        }
    }

    #[inline]
    fn place(&self, index: usize) -> Place {
        let directory = self.directory_bytes();
        let start = directory + self.offset(index);
        let end = if index + 1 < usize::from(self.count) {
            directory + self.offset(index + 1)
        } else {
            self.bytes.len()
        };
        let code = self.bytes[start];
        let (code_bytes, field_bytes) = match code & LENGTH {
            short @ ..LONG_FIRST => (1, usize::from(short)),
            FIELD_OUTSIDE => (1, INDEX_BYTES),
            long => (
                2,
                usize::from(long - LONG_FIRST) << 8 | usize::from(self.bytes[start + 1]),
            ),
        };
        let deadline = start + code_bytes;
        let field = deadline
            + if code & DEADLINE == 0 {
                0
            } else {
                DEADLINE_BYTES
            };
        Place {
            start,
            code,
            deadline,
            field,
            value: field + field_bytes,
            end,
        }
    }

    #[inline]
    fn field_at(&self, place: Place) -> &[u8] {
        if place.code & LENGTH == FIELD_OUTSIDE {
            return self.field_outside(place);
        }
        &self.bytes[place.field..place.value]
    }

    fn field_part_at(&self, place: Place) -> Part<'_> {
        if place.code & LENGTH == FIELD_OUTSIDE
            && let Buffer::Flat(bytes) = self.buffer(place.field)
        {
            return Part::Flat(bytes);
        }
        Part::Bytes(self.field_at(place))
    }

    #[cold]
    fn field_outside(&self, place: Place) -> &[u8] {
        match self.buffer(place.field) {
            Buffer::Flat(bytes) => bytes,
            Buffer::Rope(_) => unreachable!("fields are compared, and so in one piece"),
        }
    }

    #[inline]
    fn value_at(&self, place: Place) -> Part<'_> {
        if place.code & VALUE_OUTSIDE == 0 {
            return Part::Bytes(&self.bytes[place.value..place.end]);
        }
        match self.buffer(place.value) {
            Buffer::Flat(bytes) => Part::Flat(bytes),
            Buffer::Rope(rope) => Part::Rope(rope),
        }
    }

    #[inline]
    fn deadline_at(&self, place: Place) -> Option<UnixMs> {
        if place.code & DEADLINE == 0 {
            return None;
        }
        let bytes = &self.bytes[place.deadline..place.deadline + DEADLINE_BYTES];
        let ms = i64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        Some(UnixMs(ms))
    }

    fn index_at(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    /// The buffer whose index stands at `at`.
    fn buffer(&self, at: usize) -> &Buffer {
        let buffers = self.outside.as_ref().expect("an entry names a buffer");
        buffers[self.index_at(at)]
            .as_ref()
            .expect("it was not released")
    }

    /// Gives up the buffers of an entry that is to go.
    #[inline]
    fn release(&mut self, place: Place) {
        if place.code & LENGTH == FIELD_OUTSIDE {
            self.release_buffer(place.field);
        }
        if place.code & VALUE_OUTSIDE != 0 {
            self.release_buffer(place.value);
        }
    }

    #[cold]
    fn release_buffer(&mut self, at: usize) {
        let index = self.index_at(at);
        let buffers = self.outside.as_mut().expect("an entry names a buffer");
        buffers[index] = None;
        while buffers.last().is_some_and(Option::is_none) {
            buffers.pop();
        }
        if buffers.is_empty() {
            self.outside = None;
        }
    }

    /// Makes room for one more entry, of `bytes` bytes.
    #[inline]
    fn reserve(&mut self, bytes: usize) {
        let len = self.bytes.len() + bytes;
        if self.count == self.room || len > self.bytes.capacity() {
            self.grow(bytes);
        }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        let (count, room) = (usize::from(self.count), usize::from(self.room));
        let wanted = (count + 1).next_multiple_of(ROOM_STEP);
        let directory = wanted * DIRECTORY_BYTES;
        let len = directory + self.entry_bytes() + bytes;
        let mut grown = Vec::with_capacity(size_class(len));
        grown.extend_from_slice(&self.bytes[..count]);
        grown.resize(wanted * CHECKS_AT, 0);
        let checks = room * CHECKS_AT;
        grown.extend_from_slice(&self.bytes[checks..checks + count]);
        grown.resize(wanted * OFFSETS_AT, 0);
        let offsets = room * OFFSETS_AT;
        grown.extend_from_slice(&self.bytes[offsets..offsets + count * OFFSET_BYTES]);
        grown.resize(directory, 0);
        grown.extend_from_slice(&self.bytes[room * DIRECTORY_BYTES..]);
        self.bytes = grown;
        self.room = u16::try_from(wanted).expect("a leaf is split long before");
    }

    /// Appends the bytes of an entry.
    #[inline]
    fn write(&mut self, entry: NewEntry<'_>) {
        let mut flags = 0;
        if entry.deadline.is_some() {
            flags |= DEADLINE;
        }
        if entry.value.inside().is_none() {
            flags |= VALUE_OUTSIDE;
        }
        match entry.field.inside().map(<[u8]>::len) {
            Some(len) if len < usize::from(LONG_FIRST) => self.bytes.push(flags | len as u8),
            Some(len) => {
                let long = LONG_FIRST + (len >> 8) as u8;
                self.bytes.extend_from_slice(&[flags | long, len as u8]);
            }
            None => self.bytes.push(flags | FIELD_OUTSIDE),
        }
        if let Some(UnixMs(ms)) = entry.deadline {
            self.bytes.extend_from_slice(&ms.to_le_bytes());
        }
        self.write_part(entry.field);
        self.write_part(entry.value);
    }

    #[inline]
    fn write_part(&mut self, part: Part<'_>) {
        if let Some(bytes) = part.inside() {
            self.bytes.extend_from_slice(bytes);
        } else {
            let index = self.keep_outside(part);
            self.bytes.extend_from_slice(&index.to_le_bytes());
        }
    }

    #[cold]
    fn keep_outside(&mut self, part: Part<'_>) -> u16 {
        let buffer = Some(match part {
            Part::Bytes(bytes) => Buffer::Flat(Arc::new(bytes.to_vec())),
            Part::Flat(bytes) => Buffer::Flat(Arc::clone(bytes)),
            Part::Rope(rope) => Buffer::Rope(rope.clone()),
        });
        let buffers = self.outside.get_or_insert_default();
        let index = match buffers.iter().position(Option::is_none) {
            Some(free) => {
                buffers[free] = buffer;
                free
            }
            None => {
                buffers.push(buffer);
                buffers.len() - 1
            }
        };
        u16::try_from(index).expect("two for each entry at most")
    }

    /// The hash and index of every entry.
    fn hashes(&self) -> Vec<(u64, usize)> {
        let hash = |index| (super::hash_of(self.seed, self.field(index)), index);
        (0..usize::from(self.count)).map(hash).collect()
    }

    /// Adds the entry at `index` of another leaf.
    fn push_from(&mut self, other: &FieldLeaf, hash: u64, index: usize) {
        let place = other.place(index);
        self.push(
            hash,
            NewEntry {
                field: other.field_part_at(place),
                value: other.value_at(place),
                deadline: other.deadline_at(place),
            },
        );
    }

    /// A leaf of these entries, which needs `bytes` for them.
    fn of(&self, bound: u64, entries: &[(u64, usize)]) -> FieldLeaf {
        let mut leaf = FieldLeaf::new(self.seed, bound);
        let room = entries.len().next_multiple_of(ROOM_STEP);
        leaf.room = u16::try_from(room).expect("no more than there were");
        let length = |&(_, index): &(u64, usize)| {
            let place = self.place(index);
            place.end - place.start
        };
        let bytes = room * DIRECTORY_BYTES + entries.iter().map(length).sum::<usize>();
        leaf.bytes = Vec::with_capacity(size_class(bytes));
        leaf.bytes.resize(room * DIRECTORY_BYTES, 0);
        for &(hash, index) in entries {
            leaf.push_from(self, hash, index);
        }
        // What was pushed may not lower it.
        leaf.bound = bound;
        leaf
    }
}

impl Leaf for FieldLeaf {
    type Bound = u64;

    const HAS_DUES: bool = true;

    fn len(&self) -> usize {
        usize::from(self.count)
    }

    fn bound(&self) -> u64 {
        self.bound
    }

    fn is_full(&self) -> bool {
        let count = usize::from(self.count);
        if count <= ENTRIES_MAX && (self.entry_bytes() <= BYTES_MAX || count == 1) {
            return false;
        }
        // Entries of one hash stay together, or a lookup would miss some.
        let hash = |index| super::hash_of(self.seed, self.field(index));
        let first = hash(0);
        (1..count).any(|index| hash(index) != first)
    }

    fn is_sparse(&self) -> bool {
        usize::from(self.count) < ENTRIES_MIN && self.entry_bytes() < BYTES_MIN
    }

    fn split(&mut self) -> FieldLeaf {
        let mut order = self.hashes();
        order.sort_unstable();
        let parts = |cut: &usize| order[*cut - 1].0 != order[*cut].0;
        let middle = order.len() / 2;
        let cut = (middle..order.len()).find(parts);
        let cut = cut.or_else(|| (1..middle).rev().find(parts));
        let cut = cut.expect("not all hashes are equal if the leaf is full");
        let upper = self.of(order[cut].0, &order[cut..]);
        *self = self.of(self.bound, &order[..cut]);
        upper
    }

    fn fits(&self, next: &FieldLeaf) -> bool {
        self.len() + next.len() <= ENTRIES_MERGED_MAX
            && self.entry_bytes() + next.entry_bytes() <= BYTES_MERGED_MAX
    }

    fn merge(&mut self, next: FieldLeaf) {
        let bound = self.bound;
        for (hash, index) in next.hashes() {
            self.push_from(&next, hash, index);
        }
        self.bound = bound;
    }

    fn memory_bytes(&self) -> usize {
        let buffers = self
            .outside
            .iter()
            .flat_map(|buffers| buffers.iter().flatten());
        let bytes = |buffer: &Buffer| match buffer {
            Buffer::Flat(bytes) => bytes.capacity(),
            Buffer::Rope(rope) => rope.len(),
        };
        let outside: usize = buffers.map(bytes).sum();
        self.bytes.capacity() + outside
    }

    fn due(&self) -> i64 {
        self.due
    }
}

/// The tag of a field with this hash: the byte that has least to do with the leaf it is in.
#[inline]
fn tag_of(hash: u64) -> u8 {
    hash as u8
}

/// What must also agree before the field is read.
#[inline]
fn check_of(hash: u64) -> u8 {
    (hash >> u8::BITS) as u8
}

const _: () = {
    assert!(INLINE_BYTES_MAX < BYTES_MAX);
    // An entry more than is split, and two more in a leaf of one, are reached by an offset.
    assert!(3 * (BYTES_MAX + 2 * INLINE_BYTES_MAX) < 1 << 16);
    assert!(BYTES_MERGED_MAX < BYTES_MAX && ENTRIES_MERGED_MAX < ENTRIES_MAX);
};
