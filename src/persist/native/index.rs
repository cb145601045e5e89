//! The index: where every block stands, and what is in it.

use std::ops::Range;

use super::layout::{BLOCK_BYTES, Block, HEAD_BYTES, Kind, Totals, u32_at, u64_at};

/// Bytes of an entry in the file.
pub(super) const ENTRY_BYTES: usize = 24;

/// Entries in a block of the index.
pub(super) const ENTRIES_MAX: usize = BLOCK_BYTES / ENTRY_BYTES;

/// A block, as the index has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins in the file.
    pub at: u64,
    pub raw_bytes: u32,
    pub keys: u32,
    pub db: u32,
    pub kind: Kind,
}

impl Entry {
    pub(super) fn of(block: &Block, at: u64) -> Entry {
        Entry {
            at,
            raw_bytes: block.raw_bytes,
            keys: block.keys,
            db: block.db,
            kind: block.kind,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.at.to_le_bytes());
        for number in [self.raw_bytes, self.keys, self.db] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&[self.kind.number(), 0, 0, 0]);
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Entry> {
        Some(Entry {
            at: u64_at(bytes, 0),
            raw_bytes: u32_at(bytes, 8),
            keys: u32_at(bytes, 12),
            db: u32_at(bytes, 16),
            kind: Kind::of(u8::try_from(u32_at(bytes, 20)).ok()?)?,
        })
    }

    /// Whether the header of the block says the same.
    pub(super) fn agrees(&self, block: &Block) -> bool {
        Entry::of(block, self.at) == *self
    }
}

/// All blocks of a file but those of the index, in order.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub entries: Vec<Entry>,
}

impl Index {
    /// What is wrong with it, if anything is.
    pub(super) fn check(&self, totals: &Totals) -> Result<(), &'static str> {
        let entries = &self.entries;
        let starts_well = entries
            .first()
            .is_none_or(|first| first.at == HEAD_BYTES as u64);
        let ends_well = entries
            .last()
            .is_none_or(|last| last.at < totals.index_at && !is_open(last.kind));
        if !starts_well || !ends_well || !entries.is_sorted_by(|one, next| one.at < next.at) {
            return Err("the index has blocks where there can be none");
        }
        if entries.first().is_some_and(|first| first.kind.follows())
            || !entries.windows(2).all(|pair| can_follow(pair[0], pair[1]))
            || !entries.iter().all(counts_well)
        {
            return Err("the index has blocks that do not go together");
        }
        let keys: u64 = entries.iter().map(|entry| u64::from(entry.keys)).sum();
        let raw: u64 = entries.iter().map(|entry| u64::from(entry.raw_bytes)).sum();
        if entries.len() as u64 != totals.blocks || keys != totals.keys || raw != totals.raw_bytes {
            return Err("the index does not have what the totals say");
        }
        Ok(())
    }

    /// The unit that begins with block `first`: what has to be read together.
    pub fn unit(&self, first: usize) -> Range<usize> {
        let joins = |entry: &&Entry| match self.entries[first].kind {
            Kind::About => entry.kind == Kind::About,
            _ => entry.kind.follows(),
        };
        let rest = self.entries[first + 1..].iter();
        first..first + 1 + rest.take_while(joins).count()
    }
}

/// Whether a block of this kind needs another one behind it.
fn is_open(kind: Kind) -> bool {
    matches!(kind, Kind::LongFirst | Kind::LongMiddle)
}

fn can_follow(one: Entry, next: Entry) -> bool {
    let goes_on = next.kind.follows() == is_open(one.kind);
    let in_order = next.kind != Kind::About || one.kind == Kind::About;
    let same_db = !next.kind.follows() || one.db == next.db;
    goes_on && in_order && same_db
}

/// Whether a block of this kind can have so many keys.
pub(super) fn counts_well(entry: &Entry) -> bool {
    match entry.kind {
        Kind::Records => entry.keys > 0,
        Kind::LongFirst => entry.keys == 1,
        Kind::About | Kind::LongMiddle | Kind::LongLast => entry.keys == 0,
        Kind::Index => false,
    }
}
