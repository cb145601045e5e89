//! Provisional: the keyspace's interface over a map of the standard library.
//! The segmented table of the design takes its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sys::clock::UnixMs;
use crate::value::string::NewStr;
use crate::value::{Str, Value};

/// Why a key leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A command removed it.
    Command,
    /// Its deadline passed.
    Expired,
    /// Memory was needed.
    Evicted,
}

/// What becomes of a key's deadline when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The key keeps the deadline it has.
    Keep,
    /// The key stays until it is removed.
    Never,
    At(UnixMs),
}

enum Stored {
    Int(i64),
    Bytes(Arc<Vec<u8>>, bool),
}

struct Block {
    key: Vec<u8>,
    stored: Stored,
    deadline: Option<UnixMs>,
}

/// All databases.
#[derive(Default)]
pub struct Keyspace {
    dbs: Vec<BTreeMap<Vec<u8>, Block>>,
}

impl Keyspace {
    /// `count` empty databases, whose keys are hashed under `seed`.
    pub fn new(count: usize, _seed: [u64; 2]) -> Keyspace {
        Keyspace {
            dbs: (0..count).map(|_| BTreeMap::new()).collect(),
        }
    }

    /// Database `index` at the moment `now`.
    pub fn view(&mut self, index: usize, now: UnixMs) -> View<'_> {
        View {
            space: self,
            index,
            now,
        }
    }
}

/// One database at one moment: what a command sees of the keyspace.
pub struct View<'a> {
    space: &'a mut Keyspace,
    index: usize,
    now: UnixMs,
}

impl View<'_> {
    /// The database's number.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The moment of the command.
    pub fn now(&self) -> UnixMs {
        self.now
    }

    /// The number of databases.
    pub fn db_count(&self) -> usize {
        self.space.dbs.len()
    }

    /// Another database at the same moment. `index` must be below [`View::db_count`].
    pub fn other(&mut self, index: usize) -> View<'_> {
        View {
            space: self.space,
            index,
            now: self.now,
        }
    }

    fn db(&mut self) -> &mut BTreeMap<Vec<u8>, Block> {
        &mut self.space.dbs[self.index]
    }

    /// Keys in the database, those past their deadline but not yet removed included.
    pub fn len(&mut self) -> usize {
        self.db().len()
    }

    /// Whether the database has no keys.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// Looks `key` up for a command that reads: counts a hit or a miss, notes the access.
    /// A key past its deadline is removed and not found.
    pub fn read(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        self.peek(key)
    }

    /// Looks `key` up without a trace: no statistics, no access noted.
    pub fn peek(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        let now = self.now;
        if self
            .db()
            .get(key)
            .is_some_and(|block| block.deadline.is_some_and(|at| at <= now))
        {
            self.db().remove(key);
        }
        self.db().get(key).map(|block| Entry { block })
    }

    /// Opens `key` for a command that changes it in place; notes the access, counts nothing.
    pub fn write(&mut self, key: &[u8]) -> Option<EntryMut<'_>> {
        self.peek(key)?;
        self.db().get_mut(key).map(|block| EntryMut { block })
    }

    /// Gives `key` a string, whatever it held before.
    pub fn set(&mut self, key: &[u8], value: NewStr<'_>, deadline: Deadline) {
        let kept = self.peek(key).and_then(|entry| entry.deadline());
        let deadline = match deadline {
            Deadline::Keep => kept,
            Deadline::Never => None,
            Deadline::At(at) => Some(at),
        };
        let block = Block {
            key: key.to_vec(),
            stored: stored(value),
            deadline,
        };
        self.db().insert(key.to_vec(), block);
    }

    /// Removes `key`; whether it was there.
    pub fn remove(&mut self, key: &[u8], _cause: Cause) -> bool {
        let found = self.peek(key).is_some();
        self.db().remove(key);
        found
    }

    /// Gives `key` a deadline, or takes it away; whether the key was there.
    pub fn set_deadline(&mut self, key: &[u8], deadline: Option<UnixMs>) -> bool {
        if self.peek(key).is_none() {
            return false;
        }
        if let Some(block) = self.db().get_mut(key) {
            block.deadline = deadline;
        }
        true
    }
}

fn stored(value: NewStr<'_>) -> Stored {
    match value {
        NewStr::Int(value) => Stored::Int(value),
        NewStr::Bytes { bytes, raw } => Stored::Bytes(Arc::new(bytes.to_vec()), raw),
        NewStr::Flat(bytes) => Stored::Bytes(bytes, true),
        NewStr::Rope(rope) => Stored::Bytes(Arc::new(rope.to_vec()), true),
    }
}

/// A key and its value, to read.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    block: &'a Block,
}

impl<'a> Entry<'a> {
    /// The key.
    pub fn key(self) -> &'a [u8] {
        &self.block.key
    }

    /// The moment the key expires, if it does.
    pub fn deadline(self) -> Option<UnixMs> {
        self.block.deadline
    }

    /// The value.
    pub fn value(self) -> Value<'a> {
        Value::String(match &self.block.stored {
            Stored::Int(value) => Str::Int(*value),
            Stored::Bytes(bytes, _) => Str::Flat(bytes),
        })
    }

    /// The name OBJECT ENCODING answers with.
    pub fn encoding(self) -> &'static str {
        match &self.block.stored {
            Stored::Int(_) => "int",
            Stored::Bytes(bytes, raw) if *raw || bytes.len() > 44 => "raw",
            Stored::Bytes(..) => "embstr",
        }
    }
}

/// A key and its value, to change in place.
pub struct EntryMut<'a> {
    block: &'a mut Block,
}

impl EntryMut<'_> {
    /// The same entry, to read.
    pub fn as_entry(&self) -> Entry<'_> {
        Entry { block: self.block }
    }

    /// Replaces the value by a string and keeps the deadline.
    pub fn set(&mut self, value: NewStr<'_>) {
        self.block.stored = stored(value);
    }

    /// The string to change in place. The value must be a string.
    pub fn string(&mut self) -> StringMut<'_> {
        StringMut { block: self.block }
    }
}

/// A string to change in place.
pub struct StringMut<'a> {
    block: &'a mut Block,
}

impl StringMut<'_> {
    /// The string, to read.
    pub fn get(&self) -> Str<'_> {
        match &self.block.stored {
            Stored::Int(value) => Str::Int(*value),
            Stored::Bytes(bytes, _) => Str::Flat(bytes),
        }
    }

    /// Appends `bytes`; the encoding becomes raw. The new length.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let at = self.get().len();
        self.write_at(at, bytes);
        at + bytes.len()
    }

    /// Overwrites the bytes from `offset` on; a gap before them is filled with zeros, the encoding
    /// becomes raw.
    pub fn write_at(&mut self, offset: usize, bytes: &[u8]) {
        let mut text = self.get().to_cow().into_owned();
        let end = offset + bytes.len();
        if text.len() < end {
            text.resize(end, 0);
        }
        text[offset..end].copy_from_slice(bytes);
        self.block.stored = Stored::Bytes(Arc::new(text), true);
    }
}
