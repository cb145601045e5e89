//! What is still good in a damaged file.
//!
//! Where blocks stand is known from the index. If that is damaged, they are found one behind the
//! other, and behind a damaged one by looking for what a block begins with: the mark and the
//! file's id. A chain is good if all of it is.

use std::io;
use std::ops::Range;

use super::index::{Entry, counts_well};
use super::layout::{
    BLOCK_BYTES, Block, HEAD_BYTES, HEADER_BYTES, Header, Kind, MARK, TRAILER_BYTES, Totals, holds,
    totals_of,
};
use super::reader::{Scratch, Snapshot, bad_block, damaged, read_block, read_head};
use super::writer::Blocks;
use crate::persist::dump::{About, Progress};
use crate::persist::sink::Sink;
use crate::persist::storage::File;
use crate::rdb::damage::{Damage, What};

/// A block that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub entry: Entry,
    /// Its number in the file.
    pub number: u32,
    /// Where it ends.
    pub end: u64,
}

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Survey {
    /// Blocks that can be used, in order: of a chain all or none.
    pub good: Vec<Found>,
    /// What is wrong, in order.
    pub lost: Vec<Damage>,
    /// What the file's end says of the whole, if that is good.
    pub totals: Option<Totals>,
    id: u32,
}

impl Survey {
    /// Keys in the good blocks.
    pub fn keys(&self) -> u64 {
        let keys = self.good.iter().map(|found| u64::from(found.entry.keys));
        keys.sum()
    }
}

/// Looks at every block of a file that may be damaged anywhere.
///
/// # Errors
/// If it cannot be read, or has nothing of a snapshot.
pub fn survey(file: &dyn File) -> Result<Survey, Damage> {
    let len = file.len().map_err(|error| failed(0, error))?;
    let mut survey = Survey::default();
    let index = match Snapshot::open(file.share().map_err(|error| failed(0, error))?) {
        Ok(Some(snapshot)) => Some(snapshot),
        Ok(None) => {
            survey
                .lost
                .push(damaged(0, "it does not begin as a snapshot does"));
            None
        }
        Err(damage) => {
            survey.lost.push(damage);
            None
        }
    };
    let mut blocks = Vec::new();
    match index {
        Some(snapshot) => survey.by_index(&snapshot, &mut blocks),
        None => survey.by_marks(file, len, &mut blocks)?,
    }
    survey.keep_whole(blocks);
    Ok(survey)
}

fn failed(at: u64, error: io::Error) -> Damage {
    Damage {
        at,
        what: What::Io(error),
    }
}

impl Survey {
    fn by_index(&mut self, snapshot: &Snapshot, blocks: &mut Vec<Found>) {
        self.totals = Some(*snapshot.totals());
        self.id = snapshot.id();
        let (mut scratch, mut raw) = (Scratch::new(), Vec::new());
        for (index, entry) in snapshot.index().entries.iter().enumerate() {
            match snapshot.read(index, &mut scratch, &mut raw) {
                Ok(block) => blocks.push(Found {
                    entry: *entry,
                    number: block.number,
                    end: snapshot.end_of(index),
                }),
                Err(damage) => self.lost.push(damage),
            }
        }
    }

    fn by_marks(
        &mut self,
        file: &dyn File,
        len: u64,
        blocks: &mut Vec<Found>,
    ) -> Result<(), Damage> {
        let trailer = read_totals(file, len);
        self.totals = trailer.map(|(totals, _)| totals);
        let mut id = read_head(file).ok().or(trailer.map(|(_, id)| id));
        let mut at = HEAD_BYTES as u64;
        // Where what cannot be read begins.
        let mut lost_at = None;
        let (mut scratch, mut raw) = (Scratch::new(), Vec::new());
        while let Some(mark) = next_mark(file, at, len)? {
            if mark > at && lost_at.is_none() {
                lost_at = Some(at);
            }
            let Some((block, its_id)) = whole_block(file, mark, len, id, &mut scratch, &mut raw)
            else {
                lost_at = lost_at.or(Some(mark));
                at = mark + 1;
                continue;
            };
            id = Some(its_id);
            self.note_gap(lost_at.take(), mark);
            at = mark + block.file_bytes();
            if block.kind != Kind::Index {
                blocks.push(Found {
                    entry: Entry::of(&block, mark),
                    number: block.number,
                    end: at,
                });
            }
        }
        let end = match self.totals {
            Some(_) => len - TRAILER_BYTES as u64,
            None => len,
        };
        if lost_at.is_some() || at < end {
            self.note_gap(Some(lost_at.unwrap_or(at)), end);
        }
        match id {
            Some(id) => {
                self.id = id;
                Ok(())
            }
            None => Err(damaged(0, "nothing of a snapshot is in it")),
        }
    }

    fn note_gap(&mut self, from: Option<u64>, to: u64) {
        if let Some(from) = from {
            let bytes = to.saturating_sub(from);
            let what = format!("{bytes} bytes that are no block of this file");
            self.lost.push(damaged(from, what));
        }
    }

    /// Whether `block`, which is the one at place `at`, goes on with a stream that is complete so
    /// far: what is missing in it makes the rest useless.
    fn is_next_about(&self, block: &Found, at: usize) -> bool {
        let is_about = |found: &Found| found.entry.kind == Kind::About;
        self.good.len() == at && self.good.iter().all(is_about) && block.number as usize == at
    }

    /// Keeps blocks of records, and of the others what is complete.
    fn keep_whole(&mut self, blocks: Vec<Found>) {
        let mut at = 0;
        while let Some(first) = blocks.get(at) {
            let unit = match first.entry.kind {
                Kind::About if !self.is_next_about(first, at) => at..at,
                _ => unit_of(&blocks, at),
            };
            at = unit.end.max(at + 1);
            if unit.is_empty() {
                let (number, kind) = (first.number as usize, first.entry.kind);
                let what = match kind {
                    _ if !counts_well(&first.entry) => "it has not the keys it should",
                    Kind::About => "what was before it is missing",
                    _ => "the record that it is a part of is not complete",
                };
                self.lost.push(bad_block(number, first.entry.at, what));
                continue;
            }
            self.good.extend_from_slice(&blocks[unit]);
        }
        self.lost.sort_by_key(|damage| damage.at);
    }
}

/// The blocks from `at` on that make a unit; none if that is not complete.
fn unit_of(blocks: &[Found], at: usize) -> Range<usize> {
    let follows = |index: usize, kinds: &[Kind]| {
        let (before, next) = (&blocks[index - 1], blocks.get(index));
        next.is_some_and(|next| {
            kinds.contains(&next.entry.kind)
                && next.number == before.number.wrapping_add(1)
                && next.entry.db == before.entry.db
                && counts_well(&next.entry)
        })
    };
    let mut end = at + 1;
    match blocks[at].entry.kind {
        _ if !counts_well(&blocks[at].entry) => at..at,
        Kind::Records | Kind::About => at..end,
        Kind::LongFirst => {
            while follows(end, &[Kind::LongMiddle]) {
                end += 1;
            }
            match follows(end, &[Kind::LongLast]) {
                true => at..end + 1,
                false => at..at,
            }
        }
        _ => at..at,
    }
}

fn read_totals(file: &dyn File, len: u64) -> Option<(Totals, u32)> {
    let mut bytes = [0; TRAILER_BYTES];
    let at = len.checked_sub(TRAILER_BYTES as u64)?;
    let count = file.read_full_at(&mut bytes, at).ok()?;
    (count == TRAILER_BYTES).then(|| totals_of(&bytes))?
}

/// Where the next mark stands, from `at` on.
fn next_mark(file: &dyn File, mut at: u64, len: u64) -> Result<Option<u64>, Damage> {
    let mut buf = vec![0; BLOCK_BYTES];
    // A block mostly follows where the one before ends.
    let mut count = HEADER_BYTES;
    while at + HEADER_BYTES as u64 <= len {
        let read = file.read_full_at(&mut buf[..count], at);
        let read = read.map_err(|error| failed(at, error))?;
        if let Some(found) = memchr::memmem::find(&buf[..read], &MARK) {
            return Ok(Some(at + found as u64));
        }
        if read < MARK.len() {
            return Ok(None);
        }
        at += (read - MARK.len() + 1) as u64;
        count = BLOCK_BYTES;
    }
    Ok(None)
}

/// The block that begins at `at`, and the id of its file, which is `wanted` if that is known.
fn whole_block(
    file: &dyn File,
    at: u64,
    len: u64,
    wanted: Option<u32>,
    scratch: &mut Scratch,
    raw: &mut Vec<u8>,
) -> Option<(Block, u32)> {
    let mut bytes = [0; HEADER_BYTES];
    file.read_full_at(&mut bytes, at).ok()?;
    let header = Header::of(&bytes).ok()?;
    if wanted.is_some_and(|wanted| wanted != header.id) {
        return None;
    }
    let most = header.block.file_bytes();
    if most > len - at {
        return None;
    }
    let number = header.block.number as usize;
    let block = read_block(file, header.id, number, (at, most), scratch, raw).ok()?;
    debug_assert!(holds(&scratch[..]));
    Some((block, header.id))
}

/// What came of salvaging a file.
#[derive(Debug, Default)]
pub struct Salvaged {
    /// Blocks and keys that were good, and are in the new file.
    pub blocks: u64,
    pub keys: u64,
    /// How many keys there had been, if that is known.
    pub keys_before: Option<u64>,
    /// What was wrong.
    pub lost: Vec<Damage>,
}

/// Writes what is good in `from` to `to`, an empty file, under a new `id`.
///
/// # Errors
/// If `from` has nothing of a snapshot, or one of them fails.
pub fn salvage(from: &dyn File, to: &mut dyn File, id: u32) -> Result<Salvaged, Damage> {
    let survey = survey(from)?;
    let about = About {
        id,
        compress: true,
        ..About::default()
    };
    let progress = Progress::default();
    let mut blocks = Blocks::new(Sink::new(to, &progress, false), &about);
    let (mut scratch, mut raw) = (Scratch::new(), Vec::new());
    for found in &survey.good {
        let (entry, number) = (&found.entry, found.number as usize);
        let place = (entry.at, found.end - entry.at);
        read_block(from, survey.id, number, place, &mut scratch, &mut raw)?;
        blocks.db = entry.db as usize;
        blocks.put(entry.kind, &raw, entry.keys);
    }
    blocks.put_index();
    let written = blocks.sink.finish();
    written.map_err(|error| failed(0, error))?;
    Ok(Salvaged {
        blocks: survey.good.len() as u64,
        keys: survey.keys(),
        keys_before: survey.totals.map(|totals| totals.keys),
        lost: survey.lost,
    })
}
