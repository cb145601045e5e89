//! Writing: records collect in a buffer until they make a block.
//!
//! ```text
//!            ┌ a record that ends above the bound: the block is closed behind it
//! [ record │ record │ record ]
//! [ record │ recor…            one that passes the bound before its end: what stood before it
//!            ├ becomes a block, and the record has the next one to itself
//!            └ if it fills that too, it becomes a chain
//! ```

use std::io;

use super::index::{ENTRIES_MAX, ENTRY_BYTES, Entry};
use super::layout::{BLOCK_BYTES, Block, Kind, TRAILER_BYTES, Totals, head, trailer};
use crate::keyspace::FrozenKeyspace;
use crate::persist::dump::{About, Progress, put_about, put_record};
use crate::persist::sink::Sink;
use crate::persist::storage::File;
use crate::rdb::output::{Drain, Output};

/// Compressed bytes must be fewer than this share of 16 of the others, or they are not worth the
/// time it takes to unpack them.
const WORTH_SIXTEENTHS: usize = 15;

/// Writes a file; how many bytes.
///
/// # Errors
/// If it cannot be written, or was cancelled.
pub(in crate::persist) fn write(
    frozen: &FrozenKeyspace,
    file: &mut dyn File,
    about: &About,
    progress: &Progress,
) -> io::Result<u64> {
    let mut out = begin(file, about, progress);
    for found in frozen.iter() {
        if out.drain.db != found.db {
            out.close_block();
            out.drain.db = found.db;
        }
        out.begin_record();
        put_record(frozen, &found, about.clocks_at, &mut out);
        out.end_record();
        if out.drain.sink.has_failed() {
            break;
        }
        progress.note_key();
    }
    finish(out)
}

/// Writes what stands before the records.
pub(super) fn begin<'f>(
    file: &'f mut dyn File,
    about: &About,
    progress: &'f Progress,
) -> Output<Blocks<'f>> {
    let blocks = Blocks::new(Sink::new(file, progress, about.paced), about);
    let mut out = Output::with(false, blocks);
    out.newest = true;
    out.drain.kind = Kind::About;
    put_about(about, &mut out);
    out.close_block();
    out.drain.kind = Kind::Records;
    out
}

/// Writes what stands behind the records, and syncs the file; its length.
pub(super) fn finish(mut out: Output<Blocks<'_>>) -> io::Result<u64> {
    out.close_block();
    out.drain.put_index();
    out.drain.sink.finish()
}

impl Output<Blocks<'_>> {
    #[inline]
    pub(super) fn begin_record(&mut self) {
        self.drain.record_at = self.bytes.len();
    }

    #[inline]
    pub(super) fn end_record(&mut self) {
        if self.drain.kind != Kind::Records {
            self.drain.put(Kind::LongLast, &self.bytes, 0);
            self.drain.kind = Kind::Records;
            self.bytes.clear();
            return;
        }
        self.drain.keys += 1;
        if self.bytes.len() >= BLOCK_BYTES {
            self.close_block();
        }
    }

    /// What has collected becomes a block.
    pub(super) fn close_block(&mut self) {
        if !self.bytes.is_empty() {
            let keys = std::mem::take(&mut self.drain.keys);
            self.drain.put(self.drain.kind, &self.bytes, keys);
            self.bytes.clear();
        }
    }
}

/// The blocks of a file being written.
pub(super) struct Blocks<'f> {
    pub(super) sink: Sink<'f>,
    id: u32,
    compress: bool,
    /// What the block being filled is.
    kind: Kind,
    pub(super) db: usize,
    /// Records that have ended in it.
    keys: u32,
    /// Where in it the record being written begins.
    record_at: usize,
    packed: Vec<u8>,
    /// The entries of the index, as bytes.
    index: Vec<u8>,
    totals: Totals,
}

impl<'f> Blocks<'f> {
    pub(super) fn new(mut sink: Sink<'f>, about: &About) -> Blocks<'f> {
        sink.append(&head(about.id));
        Blocks {
            sink,
            id: about.id,
            compress: about.compress,
            kind: Kind::Records,
            db: 0,
            keys: 0,
            record_at: 0,
            packed: Vec::new(),
            index: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// Writes a block with this content.
    pub(super) fn put(&mut self, kind: Kind, raw: &[u8], keys: u32) {
        let at = self.sink.written();
        let block = self.write_block(kind, raw, keys);
        Entry::of(&block, at).write(&mut self.index);
        self.totals.blocks += 1;
        self.totals.keys += u64::from(keys);
        self.totals.raw_bytes += raw.len() as u64;
    }

    fn write_block(&mut self, kind: Kind, raw: &[u8], keys: u32) -> Block {
        let stored = match self.compress {
            true => pack(raw, &mut self.packed),
            false => raw,
        };
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a block has a bound");
        let block = Block {
            kind,
            packed: stored.len() < raw.len(),
            raw_bytes: length(raw),
            stored_bytes: length(stored),
            keys,
            // There are not so many.
            db: self.db as u32,
            // Of more blocks, each has the low bits.
            number: self.totals.blocks as u32,
        };
        self.sink.append(&block.header(self.id, stored));
        self.sink.append(stored);
        block
    }

    pub(super) fn put_index(&mut self) {
        let index = std::mem::take(&mut self.index);
        let mut totals = self.totals;
        totals.index_at = self.sink.written();
        for entries in index.chunks(ENTRIES_MAX * ENTRY_BYTES) {
            self.write_block(Kind::Index, entries, 0);
            self.totals.blocks += 1;
        }
        totals.file_bytes = self.sink.written() + TRAILER_BYTES as u64;
        self.sink.append(&trailer(self.id, &totals));
    }
}

impl Drain for Blocks<'_> {
    const BYTES_MAX: usize = BLOCK_BYTES;

    fn drain(&mut self, bytes: &mut Vec<u8>) {
        if self.kind == Kind::Records && self.record_at > 0 {
            let keys = std::mem::take(&mut self.keys);
            self.put(Kind::Records, &bytes[..self.record_at], keys);
            bytes.drain(..self.record_at);
            self.record_at = 0;
            return;
        }
        match self.kind {
            Kind::Records => {
                self.kind = Kind::LongFirst;
                self.put(Kind::LongFirst, bytes, 1);
                self.kind = Kind::LongMiddle;
            }
            kind => self.put(kind, bytes, 0),
        }
        bytes.clear();
    }
}

/// `raw` compressed, if that is worth it; else as it is.
fn pack<'b>(raw: &'b [u8], packed: &'b mut Vec<u8>) -> &'b [u8] {
    let most = lz4_flex::block::get_maximum_output_size(raw.len());
    if packed.len() < most {
        packed.resize(most, 0);
    }
    match lz4_flex::block::compress_into(raw, packed) {
        Ok(count) if count * 16 < raw.len() * WORTH_SIXTEENTHS => &packed[..count],
        _ => raw,
    }
}
