//! Reads what a server loads, on a thread of its own, a batch at a time.
//!
//! ```text
//! loop ── emptied batch ─▶ Loader: reads, checks, decodes or parses ── filled batch ─▶ loop: puts in
//! ```
//!
//! Only so many batches exist as the loop has made, so what is read and not yet put in is bounded,
//! and their memory goes round. A batch's keys and strings lie in one buffer, and what stands in
//! it refers there: nothing is allocated for a string until it is put into the keyspace.
//!
//! Files are read in the order given. The first that is not whole and good ends the reading, unless
//! it is a log that looks as a crash leaves it; what was read before is handed out, and whoever puts
//! it in decides.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::dump;
use super::log_reader::{LogReader, Next, Stop};
use super::native::{self, Decoder, Snapshot};
use super::storage::{File, Mode, Storage};
use crate::config::VersionCheck;
use crate::ds::rope::Rope;
use crate::ds::table::Seed;
use crate::keyspace::KeyHash;
use crate::rdb::damage::Damage;
use crate::rdb::decode::{Context, Loaded};
use crate::rdb::input::Text;
use crate::resp::requests::Requests;
use crate::sys::clock::UnixMs;
use crate::sys::worker::Work;
use crate::value::Thresholds;
use crate::value::draft::Draft;

/// Bytes of a file that make a batch, about.
const BATCH_BYTES: u64 = 256 * 1024;

/// Keys or commands that make a batch.
const BATCH_ITEMS_MAX: usize = 4096;

/// A buffer up to this size is kept for the next filling.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What was read at once, of one file.
#[derive(Default)]
pub struct Batch {
    /// Which of the files.
    pub part: usize,
    /// Where keys and strings lie.
    pub bytes: Vec<u8>,
    /// What a snapshot holds.
    pub items: Vec<Item>,
    /// What a log holds.
    pub requests: Requests,
    /// Where each request begins in the file.
    pub requests_at: Vec<u64>,
    /// Bytes of the file read so far.
    pub read_bytes: u64,
    /// Bytes of a log that had reached the disk, as it says of itself.
    pub synced_bytes: u64,
    /// How the file ends, if it ends with this batch.
    pub ended: Option<Ended>,
}

/// How the reading of a file ended.
#[derive(Debug)]
pub enum Ended {
    /// All of it was read and is good.
    Whole,
    /// It is a snapshot and not whole or not good.
    Damaged(Damage),
    /// It is a log and not whole or not good.
    Stopped(Stop),
    /// What follows at this byte happened later than is asked for.
    Reached(u64),
    /// What stands at this byte has no time, and it matters when it happened.
    Untimed(u64),
    /// It is no snapshot at all.
    NoSnapshot,
    Unreadable(io::Error),
}

/// Something in a snapshot.
pub enum Item {
    Key(Record),
    /// How many keys a database has, how many of them a deadline: a hint.
    Size {
        db: usize,
        keys: u64,
        volatile: u64,
    },
    /// What the file tells of itself.
    Aux(Vec<u8>, Vec<u8>),
    /// The source of a library of functions.
    Function(Vec<u8>),
}

/// A key with its value.
pub struct Record {
    pub db: usize,
    /// Where it lies in the batch's bytes.
    pub key: Range<usize>,
    /// The key's hash under the seed that was given.
    pub hash: KeyHash,
    pub deadline: Option<UnixMs>,
    pub idle_seconds: Option<u64>,
    pub frequency: Option<u8>,
    pub value: NewValue,
}

/// A value that was read.
pub enum NewValue {
    /// A string in the batch's bytes.
    Text(Range<usize>),
    /// A long string.
    Rope(Rope),
    Collection(Draft),
    /// A collection without elements, which no key holds.
    Empty,
}

impl Batch {
    /// Forgets all, and memory beyond the ordinary.
    fn clear(&mut self) {
        self.items.clear();
        self.requests.clear();
        self.requests_at.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.ended = None;
        self.synced_bytes = 0;
    }

    /// Appends `text`; where it lies.
    pub fn push_bytes(&mut self, text: &[u8]) -> Range<usize> {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(text);
        at..self.bytes.len()
    }
}

/// What snapshots are read with.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The second up to which a log is read; what comes later is not there.
    pub until: Option<i64>,
    pub thresholds: Thresholds,
    pub seed: Seed,
    /// Whether a checksum that may be left out is compared.
    pub check: bool,
    /// Whether a dump in Redis's format may be of a version that is not known.
    pub versions: VersionCheck,
    pub share: Share,
}

/// Which part of a file a reader decodes, when several do: of the pieces that can be decoded by
/// themselves, numbered from 0, those whose number leaves `index` when divided by `of`. A file that
/// is one piece (a log, a dump in Redis's format) is the first one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub index: usize,
    pub of: usize,
}

impl Share {
    /// All of it.
    pub const ALL: Share = Share { index: 0, of: 1 };

    /// Whether piece `number` is in it.
    pub fn has(self, number: usize) -> bool {
        number % self.of == self.index
    }
}

/// A snapshot being read.
pub trait Decode: Send {
    /// Fills an emptied batch; whether there may be more. At the end all that vouches for the file
    /// as a whole has been checked.
    ///
    /// # Errors
    /// If what comes next is not whole or not good.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, Damage>;
}

/// Opens a snapshot, in whichever format; `None` if it is none.
///
/// # Errors
/// If the file cannot be read, or is of a version that is not known.
pub fn open(file: Box<dyn File>, how: How) -> Result<Option<Box<dyn Decode>>, Damage> {
    if native::is_native(&*file)? {
        let snapshot = Snapshot::open(file)?;
        return Ok(
            snapshot.map(|snapshot| Box::new(Decoder::new(snapshot, how)) as Box<dyn Decode>)
        );
    }
    let reader = dump::Reader::open(file, how.check, how.versions)?;
    Ok(reader.map(|reader| Box::new(Dump { reader, how }) as Box<dyn Decode>))
}

/// A snapshot in Redis's format.
struct Dump {
    reader: dump::Reader,
    how: How,
}

impl Decode for Dump {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, Damage> {
        let context = Context {
            thresholds: &self.how.thresholds,
            seed: self.how.seed,
        };
        let began = self.reader.at();
        while self.reader.at() - began < BATCH_BYTES && batch.items.len() < BATCH_ITEMS_MAX {
            let Some(item) = self.reader.next(context)? else {
                batch.read_bytes = self.reader.at();
                return Ok(false);
            };
            let item = match item {
                dump::Item::Key(record) => Item::Key(adopt(batch, record, context.seed)),
                dump::Item::Aux(name, text) => Item::Aux(name, text),
                dump::Item::Function(source) => Item::Function(source),
            };
            batch.items.push(item);
        }
        batch.read_bytes = self.reader.at();
        Ok(true)
    }
}

/// The record, with its texts in the batch.
pub(super) fn adopt(batch: &mut Batch, record: dump::Record, seed: Seed) -> Record {
    Record {
        db: record.db,
        hash: KeyHash::of(seed, &record.key),
        key: batch.push_bytes(&record.key),
        deadline: record.deadline,
        idle_seconds: record.idle_seconds,
        frequency: record.frequency,
        value: match record.value {
            Loaded::String(Text::Rope(rope)) => NewValue::Rope(rope),
            Loaded::String(Text::Flat(text)) => NewValue::Text(batch.push_bytes(&text)),
            Loaded::Collection(draft) => NewValue::Collection(draft),
            Loaded::Empty => NewValue::Empty,
        },
    }
}

/// A file to be read.
#[derive(Clone, Debug)]
pub struct Part {
    pub path: PathBuf,
    pub kind: Kind,
}

/// What a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Snapshot,
    /// Commands, perhaps behind a snapshot.
    Log,
}

/// The thread's work: every job is an emptied batch, every answer a filled one, until the last
/// file has ended; then nothing is in them.
pub struct Loader {
    storage: Arc<dyn Storage>,
    how: How,
    parts: VecDeque<Part>,
    /// Files ended.
    done: usize,
    reading: Option<Reading>,
    /// Whether the time of what comes next in the file is known.
    timed: bool,
}

enum Reading {
    Snapshot(Box<dyn Decode>),
    Log(LogReader),
}

impl Loader {
    /// Reads `parts` in order.
    pub fn new(storage: Arc<dyn Storage>, parts: &[Part], how: How) -> Loader {
        Loader {
            storage,
            how,
            parts: parts.iter().cloned().collect(),
            done: 0,
            reading: None,
            timed: false,
        }
    }

    /// Fills `batch`, which is empty.
    fn fill(&mut self, batch: &mut Batch) {
        let Some(part) = self.parts.front().cloned() else {
            return;
        };
        batch.part = self.done;
        let filled = match self.reading.take() {
            Some(reading) => self.go_on(&part, reading, batch),
            None => match self.begin(&part) {
                Ok(Some(reading)) => self.go_on(&part, reading, batch),
                Ok(None) => Ok(None),
                Err(ended) => Err(ended),
            },
        };
        match filled {
            Ok(Some(reading)) => self.reading = Some(reading),
            Ok(None) => {
                batch.ended = Some(Ended::Whole);
                self.done += 1;
                self.parts.pop_front();
            }
            Err(ended) => {
                match &ended {
                    // What follows tells whether it may be cut off.
                    Ended::Stopped(stop) if stop.torn => {
                        self.done += 1;
                        self.parts.pop_front();
                    }
                    _ => self.parts.clear(),
                }
                batch.ended = Some(ended);
            }
        }
    }

    /// Opens a file; `None` if nothing in it is ours to read.
    fn begin(&mut self, part: &Part) -> Result<Option<Reading>, Ended> {
        self.timed = false;
        let open = || self.storage.open(&part.path, Mode::Read);
        let file = open().map_err(Ended::Unreadable)?;
        if !self.how.share.has(0) && !native::is_native(&*file).map_err(Ended::Damaged)? {
            return Ok(None);
        }
        if let Some(decode) = self::open(file, self.how).map_err(Ended::Damaged)? {
            return Ok(Some(Reading::Snapshot(decode)));
        }
        match part.kind {
            Kind::Snapshot => Err(Ended::NoSnapshot),
            Kind::Log => self.begin_log(part, 0).map(Some),
        }
    }

    fn begin_log(&self, part: &Part, at: u64) -> Result<Reading, Ended> {
        let file = self.storage.open(&part.path, Mode::Read);
        let reader = file.and_then(|file| LogReader::new(file, at));
        Ok(Reading::Log(reader.map_err(Ended::Unreadable)?))
    }

    /// Reads on; `None` at the end of the file.
    fn go_on(
        &mut self,
        part: &Part,
        mut reading: Reading,
        batch: &mut Batch,
    ) -> Result<Option<Reading>, Ended> {
        let more = match &mut reading {
            Reading::Snapshot(decode) => {
                let more = decode.fill(batch).map_err(Ended::Damaged)?;
                if !more && part.kind == Kind::Log && self.how.share.has(0) {
                    return self.begin_log(part, batch.read_bytes).map(Some);
                }
                more
            }
            Reading::Log(reader) => {
                let more = read_commands(reader, batch, self.how.until, &mut self.timed);
                batch.synced_bytes = reader.synced();
                more?
            }
        };
        Ok(more.then_some(reading))
    }
}

/// Parses commands into `batch`, up to the second `until`; whether there may be more.
fn read_commands(
    reader: &mut LogReader,
    batch: &mut Batch,
    until: Option<i64>,
    timed: &mut bool,
) -> Result<bool, Ended> {
    let began = reader.at();
    while reader.at() - began < BATCH_BYTES && batch.requests.len() < BATCH_ITEMS_MAX {
        match reader.next().map_err(Ended::Stopped)? {
            Next::Command(_) if until.is_some() && !*timed => {
                return Err(Ended::Untimed(reader.last_at()));
            }
            Next::Command(request) => batch.requests.push(request),
            Next::Time(second) if until.is_some_and(|until| second > until) => {
                return Err(Ended::Reached(reader.last_at()));
            }
            Next::Time(_) => {
                *timed = true;
                continue;
            }
            Next::End => {
                batch.read_bytes = reader.at();
                return Ok(false);
            }
        }
        batch.requests_at.push(reader.last_at());
    }
    batch.read_bytes = reader.at();
    Ok(true)
}

impl Work<Batch, Batch> for Loader {
    fn work(&mut self, jobs: &mut VecDeque<Batch>, answer: &mut dyn FnMut(Batch)) {
        if let Some(mut batch) = jobs.pop_front() {
            batch.clear();
            self.fill(&mut batch);
            answer(batch);
        }
    }
}
