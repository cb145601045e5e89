//! A node of a stream: up to some hundred entries in one run of bytes, packed against the first.
//!
//! ```text
//! bytes    field … field  0   entry entry entry …
//!          of the master
//! entry    flags  ms  seq  value … value                    n    with the master's fields
//!          flags  ms  seq  count  field value field value … n    with fields of its own
//! ```
//!
//! Each word is an entry of a listpack (`ds::listpack`). `ms` and `seq` are counted from the
//! master's id, that of the first entry the node had; `n` is the number of words of the entry
//! before it, so that entries can be read backwards. With the number of live and of deleted
//! entries and of the master's fields in front, which the node keeps beside the bytes because they
//! change, these are the bytes of Redis's stream nodes. So files hold them as they are, and a
//! node is full when Redis's would be: `~` then trims the same entries.
//!
//! A deleted entry is only marked. Its bytes go with the node, when the last live one has gone.

use super::id::StreamId;
use crate::ds::listpack::{Entries, Item, Needle, decode, encode, encoded_len};
use crate::ds::tree::Leaf;

/// When a node takes no further entry; 0: not by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeLimits {
    /// `stream-node-max-bytes`
    pub bytes: usize,
    /// `stream-node-max-entries`
    pub entries: usize,
}

/// Above it no node grows, whatever the configuration says; no entry is larger.
pub const NODE_BYTES_MAX: usize = 1 << 30;

const DELETED: u8 = 1 << 0;
const SAME_FIELDS: u8 = 1 << 1;

/// Redis's header and terminator of a listpack.
const LISTPACK_FRAME_BYTES: usize = 7;

/// Words that every entry has: flags, ms, seq.
const WORDS_MIN: usize = 3;

/// The fields and values of an entry to be.
pub trait Pairs<'p>: ExactSizeIterator<Item = (&'p [u8], &'p [u8])> + Clone {}

impl<'p, T: ExactSizeIterator<Item = (&'p [u8], &'p [u8])> + Clone> Pairs<'p> for T {}

/// A node; never without a live entry while it is in a stream.
#[derive(Clone, Debug)]
pub struct Node {
    master: StreamId,
    live: u32,
    deleted: u32,
    /// The number of the master's fields.
    fields: u32,
    /// Where the first entry begins.
    entries_at: u32,
    bytes: Vec<u8>,
}

impl Node {
    /// A node of one entry.
    pub(super) fn new<'p>(id: StreamId, pairs: impl Pairs<'p>) -> Node {
        let mut bytes = Vec::with_capacity(first_capacity(pairs.clone()));
        for (field, _) in pairs.clone() {
            push(&mut bytes, Item::of(field));
        }
        push(&mut bytes, Item::Int(0));
        let mut node = Node {
            master: id,
            live: 0,
            deleted: 0,
            fields: small(pairs.len()),
            entries_at: small(bytes.len()),
            bytes,
        };
        node.write(id, pairs, SAME_FIELDS);
        node
    }

    /// The id that orders it, and what Redis's listpack of it begins with: its live entries, its
    /// deleted ones, the master's fields; then the entries of that listpack that follow these three.
    pub fn redis_form(&self) -> (StreamId, [i64; 3], &[u8]) {
        let counts = [self.live, self.deleted, self.fields].map(i64::from);
        (self.master, counts, &self.bytes)
    }

    /// The id that orders it: that of the first entry it had.
    pub(super) fn master(&self) -> StreamId {
        self.master
    }

    /// Whether an entry whose fields and values are `more` bytes goes into another node.
    #[inline]
    pub(super) fn is_closed(&self, more: usize, limits: NodeLimits) -> bool {
        let bytes_max = match limits.bytes {
            1..NODE_BYTES_MAX => limits.bytes,
            _ => NODE_BYTES_MAX,
        };
        let entries = self.live as usize + self.deleted as usize;
        self.listpack_bytes() + more >= bytes_max
            || (limits.entries > 0 && entries >= limits.entries)
    }

    /// The bytes that Redis's listpack of this node has.
    #[inline]
    fn listpack_bytes(&self) -> usize {
        let counts = [self.live, self.deleted, self.fields];
        let heads = counts.map(|count| encoded_len(Item::Int(i64::from(count))));
        LISTPACK_FRAME_BYTES + heads.iter().sum::<usize>() + self.bytes.len()
    }

    /// Adds an entry with an id above all others.
    #[inline]
    pub(super) fn append<'p>(&mut self, id: StreamId, pairs: impl Pairs<'p>) {
        let flags = match self.has_fields(pairs.clone()) {
            true => SAME_FIELDS,
            false => 0,
        };
        self.write(id, pairs, flags);
    }

    /// Gives back the memory that no entry will need.
    pub(super) fn close(&mut self) {
        if self.bytes.capacity() - self.bytes.len() > self.bytes.len() / 16 {
            self.bytes.shrink_to_fit();
        }
    }

    #[inline]
    fn has_fields<'p>(&self, pairs: impl Pairs<'p>) -> bool {
        let mut known = Entries::new(&self.bytes, 0, self.entries_at as usize);
        let is_known = |(field, _): (&[u8], &[u8])| {
            let word = known.next();
            word.is_some_and(|word| Needle::new(field).is(word.item))
        };
        pairs.len() == self.fields as usize && { pairs }.all(is_known)
    }

    fn write<'p>(&mut self, id: StreamId, pairs: impl Pairs<'p>, flags: u8) {
        let StreamId { ms, seq } = self.master;
        let out = &mut self.bytes;
        push(out, Item::Int(i64::from(flags)));
        push(out, Item::Int(id.ms.wrapping_sub(ms) as i64));
        push(out, Item::Int(id.seq.wrapping_sub(seq) as i64));
        let mut words = WORDS_MIN + pairs.len();
        if flags & SAME_FIELDS == 0 {
            words += 1 + pairs.len();
            push(out, Item::Int(length(pairs.len())));
        }
        for (field, value) in pairs {
            if flags & SAME_FIELDS == 0 {
                push(out, Item::of(field));
            }
            push(out, Item::of(value));
        }
        push(out, Item::Int(length(words)));
        self.live += 1;
    }

    /// All entries, the deleted ones too, from the first on.
    #[inline]
    pub(super) fn forwards(&self) -> Forwards<'_> {
        Forwards {
            node: self,
            at: self.entries_at as usize,
        }
    }

    /// All entries, the deleted ones too, from the last on.
    #[inline]
    pub(super) fn backwards(&self) -> Backwards<'_> {
        Backwards {
            node: self,
            end: self.bytes.len(),
        }
    }

    /// The id of the last entry, even if it is deleted.
    pub(super) fn last_id(&self) -> StreamId {
        let last = self.backwards().next();
        last.map_or(self.master, |entry| entry.id)
    }

    /// The live entry `id`.
    pub(super) fn find(&self, id: StreamId) -> Option<Entry<'_>> {
        self.forwards()
            .find(|entry| entry.id >= id)
            .filter(|entry| entry.id == id && !entry.is_deleted())
    }

    /// Marks the live entry that begins at byte `at`.
    pub(super) fn delete(&mut self, at: usize) {
        debug_assert!(self.bytes[at] & DELETED == 0);
        self.bytes[at] |= DELETED;
        self.live -= 1;
        self.deleted += 1;
    }

    /// Marks the first live entries for which `is_over` says so; how many there were.
    pub(super) fn delete_first(&mut self, is_over: impl Fn(usize, StreamId) -> bool) -> usize {
        let mut marked = Vec::new();
        for entry in self.forwards().filter(|entry| !entry.is_deleted()) {
            if !is_over(marked.len(), entry.id) {
                break;
            }
            marked.push(entry.at);
        }
        for at in &marked {
            self.delete(*at);
        }
        marked.len()
    }

    /// The entry that begins at byte `at`.
    #[inline]
    fn entry(&self, at: usize) -> Entry<'_> {
        let word = |at: usize| match decode(&self.bytes, at) {
            word if matches!(word.item, Item::Int(_)) => (number(word.item), word.end),
            word => (0, word.end),
        };
        let (flags, next) = word(at);
        let (ms, next) = word(next);
        let (seq, next) = word(next);
        let has_own_fields = flags & i64::from(SAME_FIELDS) == 0;
        let (count, body) = match has_own_fields {
            true => word(next),
            false => (i64::from(self.fields), next),
        };
        Entry {
            id: StreamId {
                ms: self.master.ms.wrapping_add(ms as u64),
                seq: self.master.seq.wrapping_add(seq as u64),
            },
            node: self,
            at,
            body,
            flags: flags as u8,
            pairs: count as u32,
        }
    }
}

/// Nodes are never split or joined: their bounds are Redis's.
impl Leaf for Node {
    type Bound = StreamId;

    fn len(&self) -> usize {
        self.live as usize
    }

    fn bound(&self) -> StreamId {
        self.master
    }

    fn is_full(&self) -> bool {
        false
    }

    fn is_sparse(&self) -> bool {
        false
    }

    fn split(&mut self) -> Self {
        unreachable!("a node of a stream is never full")
    }

    fn fits(&self, _next: &Self) -> bool {
        false
    }

    fn merge(&mut self, _next: Self) {
        unreachable!("a node of a stream is never sparse")
    }

    fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

/// An entry of a node.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub id: StreamId,
    node: &'a Node,
    /// Where it begins.
    at: usize,
    /// Where its first value, or field of its own, begins.
    body: usize,
    flags: u8,
    pairs: u32,
}

impl<'a> Entry<'a> {
    /// The number of fields.
    #[inline]
    pub fn len(&self) -> usize {
        self.pairs as usize
    }

    /// Whether it has no field, which no entry has.
    pub fn is_empty(&self) -> bool {
        self.pairs == 0
    }

    /// Where it begins in its node.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }

    #[inline]
    fn has_own_fields(&self) -> bool {
        self.flags & SAME_FIELDS == 0
    }

    /// Its fields and values in order: field, value, field, value.
    #[inline]
    pub fn words(&self) -> Words<'a> {
        let bytes = &self.node.bytes[..];
        let fields = match self.has_own_fields() {
            true => 0,
            false => self.node.entries_at as usize,
        };
        Words {
            fields: Entries::new(bytes, 0, fields),
            rest: Entries::new(bytes, self.body, bytes.len()),
            left: 2 * self.len(),
            has_own_fields: self.has_own_fields(),
        }
    }

    /// Where the next entry begins.
    #[inline]
    fn end(&self) -> usize {
        let words = match self.has_own_fields() {
            true => 2 * self.pairs,
            false => self.pairs,
        };
        let bytes = &self.node.bytes[..];
        let mut rest = Entries::new(bytes, self.body, bytes.len());
        for _ in 0..words {
            rest.skip_one();
        }
        // Behind them, the number of words.
        rest.next().map_or(bytes.len(), |word| word.end)
    }
}

/// An entry's fields and values.
pub struct Words<'a> {
    /// The master's fields, if they are the entry's too.
    fields: Entries<'a>,
    rest: Entries<'a>,
    left: usize,
    has_own_fields: bool,
}

impl<'a> Iterator for Words<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        let is_field = self.left % 2 == 1;
        let word = match is_field && !self.has_own_fields {
            true => self.fields.next(),
            false => self.rest.next(),
        };
        word.map(|word| word.item)
    }
}

/// The entries of a node, in order.
#[derive(Clone, Debug)]
pub(super) struct Forwards<'a> {
    node: &'a Node,
    at: usize,
}

impl<'a> Iterator for Forwards<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.at >= self.node.bytes.len() {
            return None;
        }
        let entry = self.node.entry(self.at);
        self.at = entry.end();
        Some(entry)
    }
}

/// The entries of a node, the last one first.
#[derive(Clone, Debug)]
pub(super) struct Backwards<'a> {
    node: &'a Node,
    end: usize,
}

impl<'a> Iterator for Backwards<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        let start = self.node.entries_at as usize;
        let mut words = Entries::new(&self.node.bytes, start, self.end);
        let count = number(words.next_back()?.item);
        let last = usize::try_from(count).ok()?.checked_sub(1)?;
        self.end = words.nth_back(last)?.start;
        Some(self.node.entry(self.end))
    }
}

#[inline]
fn number(item: Item<'_>) -> i64 {
    match item {
        Item::Int(value) => value,
        Item::Bytes(_) => 0,
    }
}

/// Adds a word; room grows by half, so that a node is not copied with every entry.
#[inline]
fn push(out: &mut Vec<u8>, item: Item<'_>) {
    let more = encoded_len(item);
    if out.capacity() - out.len() < more {
        let grown = (out.len() + more).max(out.len() + out.len() / 2);
        out.reserve_exact(grown.next_multiple_of(CAPACITY_STEP) - out.len());
    }
    encode(item, |piece| out.extend_from_slice(piece));
}

/// Capacities are multiples of it.
const CAPACITY_STEP: usize = 16;

/// Room for the first entry and a few like it.
fn first_capacity<'p>(pairs: impl Pairs<'p>) -> usize {
    const WORD_BYTES: usize = 4;
    let text: usize = pairs
        .clone()
        .map(|(field, value)| field.len() + value.len())
        .sum();
    let bytes = text + (2 * pairs.len() + WORDS_MIN) * WORD_BYTES;
    bytes.next_multiple_of(CAPACITY_STEP)
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a node has less than 4 GB")
}

fn length(count: usize) -> i64 {
    i64::from(small(count))
}
