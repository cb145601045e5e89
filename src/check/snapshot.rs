//! Reads a snapshot from its head to its checksum, and counts what it holds.
//!
//! Memory is bounded by the largest value: each is decoded, as loading does, counted and dropped.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::io;

use super::{Verdict, Watch};
use crate::ds::table::Seed;
use crate::persist::dump::{AnyReader, Checksum, Item, Record, Version};
use crate::persist::native;
use crate::persist::storage::File;
use crate::rdb::damage::{Damage, What};
use crate::rdb::decode::{Context, Loaded};
use crate::rdb::input::Text;
use crate::rdb::types;
use crate::sys::clock::UnixMs;
use crate::value::string::Str;
use crate::value::{Home, Kind, Thresholds, Value};

/// How a snapshot is examined.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Which keys have expired is asked of this moment.
    pub now: UnixMs,
    /// So many of the biggest keys are remembered.
    pub biggest: usize,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Rdb(Version),
    /// Ours.
    Native,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Rdb(Version { number, valkey }) => {
                let whose = if *valkey { " (Valkey)" } else { "" };
                write!(f, "RDB version {number}{whose}")
            }
            Format::Native => f.write_str("Ruddle snapshot"),
        }
    }
}

/// What a file holds.
#[derive(Debug)]
pub struct Found {
    pub format: Format,
    pub file_bytes: u64,
    /// Up to where it is good.
    pub good_bytes: u64,
    /// Whether the end was reached, and what the checksum said there.
    pub checksum: Option<Checksum>,
    /// What the file tells of itself.
    pub aux: Vec<(Vec<u8>, Vec<u8>)>,
    /// Libraries of functions, and their bytes.
    pub functions: u64,
    pub function_bytes: u64,
    pub tally: Tally,
    pub damage: Option<Damage>,
    /// Of a damaged file in our format: which blocks are good.
    pub survey: Option<native::Survey>,
}

/// Keys, counted.
#[derive(Debug, Default)]
pub struct Tally {
    pub dbs: BTreeMap<usize, DbTally>,
    /// By the number of their form in the file.
    pub forms: BTreeMap<u8, FormTally>,
    /// The keys that take most bytes in the file.
    pub by_bytes: Biggest,
    /// The collections with most elements.
    pub by_elements: Biggest,
}

/// The keys of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DbTally {
    pub keys: u64,
    pub with_deadline: u64,
    /// Of these, past it: they are not loaded.
    pub expired: u64,
    pub bytes: u64,
}

/// The keys of one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormTally {
    pub keys: u64,
    pub elements: u64,
    pub bytes: u64,
}

/// The biggest keys by some measure.
#[derive(Debug, Default)]
pub struct Biggest {
    wanted: usize,
    heap: BinaryHeap<Reverse<Big>>,
}

/// One of the biggest keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Big {
    /// What it is measured by.
    pub measure: u64,
    pub bytes: u64,
    pub elements: u64,
    pub db: usize,
    pub kind: u8,
    pub key: Vec<u8>,
}

impl Biggest {
    fn of(wanted: usize) -> Biggest {
        Biggest {
            wanted,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, measure: u64, make: impl FnOnce() -> Big) {
        let least = self.heap.peek().map_or(0, |Reverse(big)| big.measure);
        let is_full = self.heap.len() >= self.wanted;
        if self.wanted == 0 || (is_full && measure <= least) {
            return;
        }
        self.heap.push(Reverse(make()));
        if self.heap.len() > self.wanted {
            self.heap.pop();
        }
    }

    /// From the biggest on.
    pub fn in_order(&self) -> Vec<&Big> {
        let mut all: Vec<&Big> = self.heap.iter().map(|Reverse(big)| big).collect();
        all.sort_by(|one, other| other.cmp(one));
        all
    }
}

impl Tally {
    fn new(biggest: usize) -> Tally {
        Tally {
            by_bytes: Biggest::of(biggest),
            by_elements: Biggest::of(biggest),
            ..Tally::default()
        }
    }

    fn add(&mut self, record: &Record, now: UnixMs) {
        let db = self.dbs.entry(record.db).or_default();
        db.keys += 1;
        db.bytes += record.bytes;
        db.with_deadline += u64::from(record.deadline.is_some());
        db.expired += u64::from(record.deadline.is_some_and(|deadline| deadline <= now));
        let elements = elements_of(record);
        let form = self.forms.entry(record.kind).or_default();
        form.keys += 1;
        form.bytes += record.bytes;
        form.elements += elements;
        let big = |measure| Big {
            measure,
            bytes: record.bytes,
            elements,
            db: record.db,
            kind: record.kind,
            key: record.key.clone(),
        };
        self.by_bytes.offer(record.bytes, || big(record.bytes));
        if elements > 0 {
            self.by_elements.offer(elements, || big(elements));
        }
    }

    /// All databases together.
    pub fn total(&self) -> DbTally {
        let mut total = DbTally::default();
        for db in self.dbs.values() {
            total.keys += db.keys;
            total.with_deadline += db.with_deadline;
            total.expired += db.expired;
            total.bytes += db.bytes;
        }
        total
    }
}

impl Found {
    /// What the file is worth.
    pub fn verdict(&self) -> Verdict {
        match &self.damage {
            None if self.checksum == Some(Checksum::Differs) => Verdict::Damaged,
            None => Verdict::Fine,
            Some(damage) => verdict_of(damage),
        }
    }
}

/// What a file is worth that has this in it.
pub fn verdict_of(damage: &Damage) -> Verdict {
    match damage.what {
        What::Unknown(_) => Verdict::Refused,
        What::Ended | What::Format(_) | What::Block { .. } | What::Io(_) => Verdict::Damaged,
    }
}

/// Reads the snapshot that begins at the beginning of `file`; `None` if it is none.
///
/// # Errors
/// If the file cannot be read. What is wrong with its content is among what was found.
pub fn examine(
    file: Box<dyn File>,
    settings: &Settings,
    watch: &mut dyn Watch,
) -> io::Result<Option<Result<Found, Damage>>> {
    let file_bytes = file.len()?;
    let whole = file.share()?;
    let mut found = Found {
        format: Format::Native,
        file_bytes,
        good_bytes: 0,
        checksum: None,
        aux: Vec::new(),
        functions: 0,
        function_bytes: 0,
        tally: Tally::new(settings.biggest),
        damage: None,
        survey: None,
    };
    let mut reader = match AnyReader::open(file, true) {
        Ok(None) => return Ok(None),
        Ok(Some(reader)) => reader,
        Err(damage) => {
            let damage = io_apart(damage)?;
            if !native::is_native(&*whole).is_ok_and(|is_native| is_native) {
                return Ok(Some(Err(damage)));
            }
            found.damage = Some(damage);
            found.survey = native::survey(&*whole).ok();
            return Ok(Some(Ok(found)));
        }
    };
    if let AnyReader::Rdb(reader) = &reader {
        found.format = Format::Rdb(reader.version());
    }
    found.good_bytes = reader.at();
    let thresholds = Thresholds::default();
    let context = Context {
        thresholds: &thresholds,
        seed: Seed([0; 2]),
    };
    loop {
        match reader.next(context) {
            Ok(Some(Item::Key(record))) => {
                found.tally.add(&record, settings.now);
                watch.record(&record);
            }
            Ok(Some(Item::Aux(name, text))) => found.aux.push((name, text)),
            Ok(Some(Item::Function(source))) => {
                found.functions += 1;
                found.function_bytes += source.len() as u64;
            }
            Ok(None) => break,
            Err(damage) => {
                found.damage = Some(io_apart(damage)?);
                break;
            }
        }
        found.good_bytes = reader.at();
        watch.progress(found.good_bytes, file_bytes);
    }
    if found.damage.is_none() {
        (found.good_bytes, found.checksum) = match &reader {
            AnyReader::Rdb(reader) => (reader.at(), reader.checksum()),
            // Index and totals were compared first, and then each block.
            AnyReader::Native(_) => (file_bytes, Some(Checksum::Holds)),
        };
    } else if found.format == Format::Native {
        found.survey = native::survey(&*whole).ok();
    }
    Ok(Some(Ok(found)))
}

/// What is wrong with the disk is not wrong with the file.
fn io_apart(damage: Damage) -> io::Result<Damage> {
    match damage.what {
        What::Io(error) => Err(error),
        _ => Ok(damage),
    }
}

/// The value of a record, to read; none if it is an empty collection.
pub fn value_of(record: &Record) -> Option<Value<'_>> {
    match &record.value {
        Loaded::String(Text::Flat(text)) => Some(Value::String(Str::Inline(text))),
        Loaded::String(Text::Rope(rope)) => Some(Value::String(Str::Rope(rope))),
        Loaded::Collection(draft) => Some(draft.value()),
        Loaded::Empty => None,
    }
}

/// How many elements a collection has; 0 for strings.
pub fn elements_of(record: &Record) -> u64 {
    let count = match value_of(record) {
        None | Some(Value::String(_)) => 0,
        Some(Value::List(list)) => list.len(),
        Some(Value::Set(set)) => set.len(),
        Some(Value::Hash(hash)) => hash.len(),
        Some(Value::Zset(zset)) => zset.len(),
        Some(Value::Stream(stream)) => stream.len(),
    };
    count as u64
}

/// The type of a form, and what its encoding in the file is called.
pub fn form_names(kind: u8) -> (&'static str, &'static str) {
    let (kind, encoding) = match kind {
        types::STRING => (Kind::String, "string"),
        types::LIST => (Kind::List, "linkedlist"),
        types::LIST_ZIPLIST => (Kind::List, "ziplist"),
        types::LIST_QUICKLIST => (Kind::List, "quicklist of ziplists"),
        types::LIST_QUICKLIST_2 => (Kind::List, "quicklist"),
        types::SET => (Kind::Set, "hashtable"),
        types::SET_INTSET => (Kind::Set, "intset"),
        types::SET_LISTPACK => (Kind::Set, "listpack"),
        types::ZSET => (Kind::Zset, "skiplist, scores as text"),
        types::ZSET_2 => (Kind::Zset, "skiplist"),
        types::ZSET_ZIPLIST => (Kind::Zset, "ziplist"),
        types::ZSET_LISTPACK => (Kind::Zset, "listpack"),
        types::HASH => (Kind::Hash, "hashtable"),
        types::HASH_2 | types::HASH_METADATA => (Kind::Hash, "hashtable with deadlines"),
        types::HASH_ZIPMAP => (Kind::Hash, "zipmap"),
        types::HASH_ZIPLIST => (Kind::Hash, "ziplist"),
        types::HASH_LISTPACK => (Kind::Hash, "listpack"),
        types::HASH_LISTPACK_EX => (Kind::Hash, "listpack with deadlines"),
        types::STREAM => (Kind::Stream, "stream"),
        types::STREAM_2 => (Kind::Stream, "stream, second form"),
        types::STREAM_3 => (Kind::Stream, "stream, third form"),
        _ => return ("unknown", "unknown"),
    };
    (kind.name(), encoding)
}
