//! Decoding for a server that loads: a block becomes a batch, in which keys and strings stay where
//! they stood in the block. Several decoders share a file, each with its own handle and its own
//! units, so blocks are decoded on as many threads as there are.

use std::ops::Range;

use super::layout::Kind;
use super::reader::{Head, Scratch, Snapshot, bad_block, within};
use crate::keyspace::KeyHash;
use crate::persist::dump;
use crate::persist::load::{Batch, Decode, How, Item, NewValue, Record, adopt};
use crate::rdb::damage::Damage;
use crate::rdb::decode::{self, Context, Loaded};
use crate::rdb::input::{Input, Length, Text};
use crate::rdb::types;

/// A file, or a share of it, being decoded.
pub struct Decoder {
    snapshot: Snapshot,
    how: How,
    /// The next block, and how many units are before it.
    next: usize,
    units: usize,
    scratch: Scratch,
    /// Texts that do not stand in the block as they are: digits.
    made: Vec<u8>,
}

impl Decoder {
    /// A decoder of a share of `snapshot`.
    pub fn new(snapshot: Snapshot, how: How) -> Decoder {
        Decoder {
            snapshot,
            how,
            next: 0,
            units: 0,
            scratch: Scratch::new(),
            made: Vec::new(),
        }
    }

    /// The next unit that is ours.
    fn next_unit(&mut self) -> Option<Range<usize>> {
        while self.next < self.snapshot.index().entries.len() {
            let unit = self.snapshot.index().unit(self.next);
            let number = self.units;
            self.next = unit.end;
            self.units += 1;
            if self.how.share.has(number) {
                return Some(unit);
            }
        }
        None
    }

    /// Puts the records of block `index` into `batch`.
    fn fill_records(&mut self, index: usize, batch: &mut Batch) -> Result<(), Damage> {
        let entry = self.snapshot.index().entries[index];
        let context = Context {
            thresholds: &self.how.thresholds,
            seed: self.how.seed,
        };
        self.snapshot
            .read(index, &mut self.scratch, &mut batch.bytes)?;
        self.made.clear();
        let mut records = Records {
            input: Input::new(&batch.bytes[..]),
            db: entry.db as usize,
            made_at: batch.bytes.len(),
            made: &mut self.made,
            block: &batch.bytes,
        };
        for _ in 0..entry.keys {
            let record = records.next(context);
            let record = record.map_err(|damage| within(index, entry.at, 0, damage))?;
            batch.items.push(Item::Key(record));
        }
        if records.input.at() != u64::from(entry.raw_bytes) {
            return Err(bad_block(index, entry.at, "it has not the keys it should"));
        }
        batch.bytes.extend_from_slice(&self.made);
        Ok(())
    }
}

impl Decode for Decoder {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, Damage> {
        let Some(unit) = self.next_unit() else {
            batch.read_bytes = self.snapshot.totals().file_bytes;
            return Ok(false);
        };
        batch.read_bytes = self.snapshot.end_of(unit.end - 1);
        if self.snapshot.index().entries[unit.start].kind == Kind::Records {
            self.fill_records(unit.start, batch)?;
            return Ok(true);
        }
        let context = Context {
            thresholds: &self.how.thresholds,
            seed: self.how.seed,
        };
        for item in self.snapshot.read_unit(unit, context)? {
            let item = match item {
                dump::Item::Key(record) => Item::Key(adopt(batch, record, context.seed)),
                dump::Item::Aux(name, text) => Item::Aux(name, text),
                dump::Item::Function(source) => Item::Function(source),
            };
            batch.items.push(item);
        }
        Ok(true)
    }
}

/// The records of a block, which lie in it.
struct Records<'b> {
    input: Input<&'b [u8]>,
    db: usize,
    block: &'b [u8],
    /// Where in the batch `made` will stand.
    made_at: usize,
    made: &'b mut Vec<u8>,
}

impl Records<'_> {
    fn next(&mut self, context: Context<'_>) -> Result<Record, Damage> {
        let head = Head::read(&mut self.input)?;
        let key = self.text()?;
        let hash = KeyHash::of(context.seed, self.bytes_at(&key));
        let value = match head.kind {
            types::STRING => NewValue::Text(self.text()?),
            kind => match decode::value(kind, &mut self.input, context)? {
                Loaded::Collection(draft) => NewValue::Collection(draft),
                Loaded::Empty => NewValue::Empty,
                Loaded::String(Text::Rope(rope)) => NewValue::Rope(rope),
                Loaded::String(Text::Flat(text)) => NewValue::Text(self.keep(&text)),
            },
        };
        Ok(Record {
            db: self.db,
            key,
            hash,
            deadline: head.deadline,
            idle_seconds: head.idle_seconds,
            frequency: head.frequency,
            value,
        })
    }

    /// Where in the batch the next string lies.
    #[inline]
    fn text(&mut self) -> Result<Range<usize>, Damage> {
        match self.input.length_or_special()? {
            Length::Plain(length) => {
                // What is in memory can be counted; what cannot is not there.
                let (at, length) = (self.input.at() as usize, usize::try_from(length));
                let length = length.unwrap_or(usize::MAX);
                self.input.bytes(length)?;
                Ok(at..at + length)
            }
            form => {
                let mut text = Vec::new();
                self.input.string_of(form, &mut text)?;
                Ok(self.keep(&text))
            }
        }
    }

    /// What lies there.
    fn bytes_at(&self, text: &Range<usize>) -> &[u8] {
        match text.start.checked_sub(self.made_at) {
            Some(start) => &self.made[start..text.end - self.made_at],
            None => &self.block[text.clone()],
        }
    }

    fn keep(&mut self, text: &[u8]) -> Range<usize> {
        let at = self.made_at + self.made.len();
        self.made.extend_from_slice(text);
        at..at + text.len()
    }
}
