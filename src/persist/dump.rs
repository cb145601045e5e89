//! Snapshot files: all data at one moment, written from a frozen keyspace and read record by record,
//! in our own format (`native`) or in Redis's.
//!
//! The latter is written with version 10, which Redis 7 and everything after it reads; with Valkey's own version
//! if a hash has deadlines of fields, for which there is no form before. Read: every version
//! (`rdb::decode`). What a file holds besides keys, libraries of functions, is kept and written
//! again.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::native;
use super::retold;
use super::sink::Sink;
use super::storage::File;
use crate::config::VersionCheck;
use crate::ds::number::parse_int;
use crate::keyspace::{Access, FrozenEntry, FrozenKeyspace};
use crate::rdb::damage::{Damage, What};
use crate::rdb::decode::{self, Context, Loaded};
use crate::rdb::input::{Buffered, Feed, Input};
use crate::rdb::output::{Drain, Output};
use crate::rdb::{CHECKSUM, VERSION, VERSION_VALKEY, encode, opcodes, types};
use crate::sys::clock::UnixMs;

/// What a file begins with; four digits follow, the version.
const MAGIC: &[u8] = b"REDIS";
const MAGIC_VALKEY: &[u8] = b"VALKEY";

/// Bytes written and read at once.
const WRITE_BYTES: usize = 256 * 1024;
const READ_BYTES: usize = 256 * 1024;

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Our own (`persist::native`).
    #[default]
    Native,
    /// Redis's.
    Rdb,
    /// None: commands that make the data again, for the base of a log.
    Commands,
}

/// What a file tells of itself, beside the data, and how it is written.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub format: Format,
    /// A number that no other file has, for the native format.
    pub id: u32,
    /// Names and values, as text.
    pub aux: Vec<(Vec<u8>, Vec<u8>)>,
    /// Libraries of functions, in their source.
    pub functions: Vec<Vec<u8>>,
    /// Whether blocks, or long strings, are compressed.
    pub compress: bool,
    /// Whether a file of Redis's format ends with its checksum; ours have theirs always.
    pub checksum: bool,
    /// Whether the disk is given its work as it comes.
    pub paced: bool,
    /// If so, it is told how long keys have not been used, or how often they are, at this moment.
    pub clocks_at: Option<UnixMs>,
    /// The second of this moment, if commands are to tell it.
    pub noted_second: Option<i64>,
}

/// How far the writing of a snapshot is, seen from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    pub keys_done: AtomicU64,
    /// Microseconds that each key is delayed, for tests; negative: one key of so many is, by one.
    pub key_delay_us: i64,
    /// Set by whoever does not want it any more.
    pub cancelled: AtomicBool,
}

impl Progress {
    /// One more key is written.
    pub(super) fn note_key(&self) {
        #[cfg(test)]
        crate::sys::steps::pause();
        let done = self.keys_done.fetch_add(1, Ordering::Relaxed) + 1;
        let delay_us = match self.key_delay_us {
            0 => return,
            us @ 1.. => us.unsigned_abs(),
            keys => u64::from(done.is_multiple_of(keys.unsigned_abs())),
        };
        // In pieces: whoever cancels does not wait for the end.
        let mut left_us = delay_us;
        while left_us > 0 && !self.cancelled.load(Ordering::Relaxed) {
            let piece_us = left_us.min(10_000);
            std::thread::sleep(Duration::from_micros(piece_us));
            left_us -= piece_us;
        }
    }
}

/// Writes a file in the format that `about` says; how many bytes.
///
/// # Errors
/// If the file cannot be written, or it was cancelled: then it is of no use.
pub fn write(
    frozen: &FrozenKeyspace,
    file: &mut dyn File,
    about: &About,
    progress: &Progress,
) -> io::Result<u64> {
    match about.format {
        Format::Rdb => write_rdb(frozen, file, about, progress),
        Format::Native => native::write(frozen, file, about, progress),
        Format::Commands => retold::write(frozen, file, about, progress),
    }
}

fn write_rdb(
    frozen: &FrozenKeyspace,
    file: &mut dyn File,
    about: &About,
    progress: &Progress,
) -> io::Result<u64> {
    let drain = Rdb {
        sink: Sink::new(file, progress, about.paced),
        digest: about.checksum.then(|| CHECKSUM.digest()),
    };
    let mut out = Output::with(about.compress, drain);
    let magic = match frozen.has_field_deadlines() {
        true => format!("VALKEY{VERSION_VALKEY:03}"),
        false => format!("REDIS{VERSION:04}"),
    };
    head(&magic, about, &mut out);
    let mut db = None;
    let sizes: Vec<_> = frozen.sizes().collect();
    for found in frozen.iter() {
        if db != Some(found.db) {
            db = Some(found.db);
            let (keys, volatile) = sizes[found.db];
            out.byte(opcodes::SELECT);
            out.count(found.db);
            out.byte(opcodes::RESIZE);
            out.count(keys);
            out.count(volatile);
        }
        put_record(frozen, &found, about.clocks_at, &mut out);
        out.relieve();
        if out.drain.sink.has_failed() {
            break;
        }
        progress.note_key();
    }
    out.byte(opcodes::END);
    let Output { bytes, drain, .. } = &mut out;
    drain.drain(bytes);
    let checksum = drain.digest.take().map_or(0, |digest| digest.finalize());
    out.drain.sink.append(&checksum.to_le_bytes());
    out.drain.sink.finish()
}

/// A file of Redis's format being written.
struct Rdb<'f> {
    sink: Sink<'f>,
    digest: Option<crc::Digest<'static, u64, crc::Table<16>>>,
}

impl Drain for Rdb<'_> {
    const BYTES_MAX: usize = WRITE_BYTES;

    fn drain(&mut self, bytes: &mut Vec<u8>) {
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        self.sink.append(bytes);
        bytes.clear();
    }
}

/// A file of the libraries of functions alone.
pub fn functions_only(about: &About) -> Vec<u8> {
    let mut out = Output::new(about.compress);
    head(&format!("REDIS{VERSION:04}"), about, &mut out);
    out.byte(opcodes::END);
    let checksum = match about.checksum {
        true => CHECKSUM.checksum(&out.bytes),
        false => 0,
    };
    out.u64(checksum);
    out.bytes
}

/// What stands before the data.
fn head<D: Drain>(magic: &str, about: &About, out: &mut Output<D>) {
    out.bytes.extend_from_slice(magic.as_bytes());
    put_about(about, out);
}

/// Writes what a file tells of itself: aux fields and functions.
pub(super) fn put_about<D: Drain>(about: &About, out: &mut Output<D>) {
    for (name, text) in &about.aux {
        out.byte(opcodes::AUX);
        out.string(name);
        out.string(text);
    }
    for source in &about.functions {
        out.byte(opcodes::FUNCTION_2);
        out.blob(source);
    }
}

/// Writes a key with all that belongs to it.
pub(super) fn put_record<D: Drain>(
    frozen: &FrozenKeyspace,
    found: &FrozenEntry<'_>,
    clocks_at: Option<UnixMs>,
    out: &mut Output<D>,
) {
    let entry = found.entry;
    if let Some(deadline) = entry.deadline() {
        out.byte(opcodes::EXPIRE_MS);
        out.u64(deadline.0.cast_unsigned());
    }
    match clocks_at.map(|now| frozen.access_of(entry, now)) {
        Some(Access::Idle(seconds)) => {
            out.byte(opcodes::IDLE);
            out.length(seconds);
        }
        Some(Access::Frequency(count)) => {
            out.byte(opcodes::FREQUENCY);
            out.byte(count);
        }
        None => {}
    }
    let value = entry.value();
    out.byte(encode::type_of(value, out.newest));
    out.string(entry.key());
    encode::value(value, out);
}

/// Something in a file.
pub enum Item {
    Key(Record),
    Aux(Vec<u8>, Vec<u8>),
    /// The source of a library of functions.
    Function(Vec<u8>),
}

/// A key with its value.
pub struct Record {
    pub db: usize,
    pub key: Vec<u8>,
    pub deadline: Option<UnixMs>,
    pub idle_seconds: Option<u64>,
    pub frequency: Option<u8>,
    pub value: Loaded,
    /// The number of the form that the value has in the file (`rdb::types`).
    pub kind: u8,
    /// Where the record begins in the file, with its deadline; in a file of blocks, where its block
    /// does.
    pub at: u64,
    /// How long it is there.
    pub bytes: u64,
}

/// The version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: u16,
    /// Whether it is counted as Valkey does since 9.
    pub valkey: bool,
}

/// What a file's checksum said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Holds,
    /// The file was written without one, or before there were any.
    Missing,
    /// It does not hold, and nobody asked.
    Differs,
}

/// The bytes of a file from some offset on.
pub struct Bytes {
    file: Box<dyn File>,
    at: u64,
}

impl Feed for Bytes {
    fn feed(&mut self, buf: &mut Vec<u8>) -> Result<bool, What> {
        let len = buf.len();
        buf.resize(len + READ_BYTES, 0);
        let read = self.file.read_full_at(&mut buf[len..], self.at);
        let count = *read.as_ref().unwrap_or(&0);
        buf.truncate(len + count);
        self.at += count as u64;
        read.map(|count| count > 0).map_err(What::Io)
    }
}

/// A file being read.
pub struct Reader {
    input: Input<Buffered<Bytes>>,
    db: usize,
    version: Version,
    /// Whether the checksum is compared.
    check: bool,
    /// What it said, once the end is read.
    checksum: Option<Checksum>,
}

impl Reader {
    /// A reader behind the head of `file`; `None` if it is no dump.
    ///
    /// # Errors
    /// If the file cannot be read, or is of a version that is not known.
    pub fn open(
        file: Box<dyn File>,
        check: bool,
        versions: VersionCheck,
    ) -> Result<Option<Reader>, Damage> {
        let source = Buffered::new(Bytes { file, at: 0 });
        let mut input = Input::new(source.with_checksum());
        let head = match input.bytes(MAGIC.len() + 4) {
            Ok(head) => head,
            Err(Damage {
                what: What::Ended, ..
            }) => return Ok(None),
            Err(damage) => return Err(damage),
        };
        let (digits, valkey) = match (head.strip_prefix(MAGIC), head.strip_prefix(MAGIC_VALKEY)) {
            (Some(digits), _) => (digits, false),
            (_, Some(digits)) => (digits, true),
            (None, None) => return Ok(None),
        };
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok());
        match number.filter(|number| decode::knows(*number, versions)) {
            Some(number) => Ok(Some(Reader {
                input,
                db: 0,
                version: Version { number, valkey },
                check,
                checksum: None,
            })),
            None => Err(Damage {
                at: 0,
                what: What::Unknown(format!(
                    "a dump of version {} cannot be read here",
                    digits.escape_ascii()
                )),
            }),
        }
    }

    /// The version that the file says.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What the checksum said, once the end is read.
    pub fn checksum(&self) -> Option<Checksum> {
        self.checksum
    }

    /// How much of the file is read, in bytes.
    pub fn at(&self) -> u64 {
        self.input.at()
    }

    /// What comes next; `None` at the end, when the checksum held.
    ///
    /// # Errors
    /// If it is not whole, not well formed, or the checksum does not hold.
    pub fn next(&mut self, context: Context<'_>) -> Result<Option<Item>, Damage> {
        let (mut deadline, mut idle_seconds, mut frequency) = (None, None, None);
        let mut begin = self.input.at();
        loop {
            match self.input.byte()? {
                opcodes::EXPIRE_MS => deadline = Some(UnixMs(self.input.u64()?.cast_signed())),
                opcodes::EXPIRE_SECONDS => {
                    let seconds = i64::from(self.input.u32()?.cast_signed());
                    deadline = Some(UnixMs(seconds * 1000));
                }
                opcodes::IDLE => idle_seconds = Some(self.input.length()?),
                opcodes::FREQUENCY => frequency = Some(self.input.byte()?),
                opcodes::SELECT => {
                    self.db = self.input.count()?;
                    begin = self.input.at();
                }
                opcodes::RESIZE => {
                    self.input.length()?;
                    self.input.length()?;
                    begin = self.input.at();
                }
                opcodes::SLOT_INFO => {
                    for _ in 0..3 {
                        self.input.length()?;
                    }
                    begin = self.input.at();
                }
                opcodes::AUX => {
                    let (mut name, mut text) = (Vec::new(), Vec::new());
                    self.input.string(&mut name)?;
                    self.input.string(&mut text)?;
                    return Ok(Some(Item::Aux(name, text)));
                }
                opcodes::FUNCTION_2 => {
                    let mut source = Vec::new();
                    self.input.string(&mut source)?;
                    return Ok(Some(Item::Function(source)));
                }
                opcodes::MODULE_AUX => {
                    let name = decode::module(&mut self.input)?;
                    let what = format!("data of the module {name} cannot be kept here");
                    return Err(self.unknown(what));
                }
                opcodes::FUNCTION_PRE => {
                    let what = "functions as a preliminary version of Redis 7.0 wrote them";
                    return Err(self.unknown(what.into()));
                }
                opcodes::END => return self.end().map(|()| None),
                kind => {
                    let mut key = Vec::new();
                    self.input.string(&mut key)?;
                    let kind = types::of(kind, self.version.number);
                    let value = decode::value(kind, &mut self.input, context)
                        .map_err(|damage| damage.in_record(&key, begin))?;
                    return Ok(Some(Item::Key(Record {
                        db: self.db,
                        key,
                        deadline,
                        idle_seconds,
                        frequency,
                        value,
                        kind,
                        at: begin,
                        bytes: self.input.at() - begin,
                    })));
                }
            }
        }
    }

    fn unknown(&self, what: String) -> Damage {
        Damage {
            at: self.input.at(),
            what: What::Unknown(what),
        }
    }

    fn end(&mut self) -> Result<(), Damage> {
        /// Since which version there is a checksum.
        const CHECKED_SINCE: u16 = 5;
        if self.version.number < CHECKED_SINCE {
            self.checksum = Some(Checksum::Missing);
            return Ok(());
        }
        let wanted = self.input.source().checksum();
        let told = self.input.u64()?;
        // 0: written without one.
        let checksum = match told {
            0 => Checksum::Missing,
            _ if told == wanted => Checksum::Holds,
            _ if self.check => {
                return Err(self
                    .input
                    .damage("the checksum does not hold (RDB CRC error)"));
            }
            _ => Checksum::Differs,
        };
        self.checksum = Some(checksum);
        Ok(())
    }
}

/// A file of either format being read, item by item.
pub enum AnyReader {
    Rdb(Box<Reader>),
    Native(Box<native::Reader>),
}

impl AnyReader {
    /// A reader behind the head of `file`; `None` if it is of neither format.
    ///
    /// # Errors
    /// If the file cannot be read, or is of a version that is not known, or is of ours and does
    /// not hold together as a whole.
    pub fn open(file: Box<dyn File>, check: bool) -> Result<Option<AnyReader>, Damage> {
        if native::is_native(&*file)? {
            let snapshot = native::Snapshot::open(file)?;
            let reader = snapshot.map(native::Reader::new);
            return Ok(reader.map(Box::new).map(AnyReader::Native));
        }
        let reader = Reader::open(file, check, VersionCheck::Strict)?;
        Ok(reader.map(Box::new).map(AnyReader::Rdb))
    }

    /// How much of the file is read, in bytes.
    pub fn at(&self) -> u64 {
        match self {
            AnyReader::Rdb(reader) => reader.at(),
            AnyReader::Native(reader) => reader.at(),
        }
    }

    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// If it is not whole, not well formed, or a checksum does not hold.
    pub fn next(&mut self, context: Context<'_>) -> Result<Option<Item>, Damage> {
        match self {
            AnyReader::Rdb(reader) => reader.next(context),
            AnyReader::Native(reader) => reader.next(context),
        }
    }
}

/// The fields that files tell of themselves, as Redis names them.
pub fn aux_fields(
    version: &str,
    now: UnixMs,
    used_bytes: usize,
    is_base: bool,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let field = |name: &str, text: String| (name.into(), text.into_bytes());
    vec![
        field("redis-ver", version.into()),
        field("redis-bits", usize::BITS.to_string()),
        field("ctime", now.seconds().to_string()),
        field("used-mem", used_bytes.to_string()),
        field("aof-base", u8::from(is_base).to_string()),
    ]
}

/// Whether an aux field says that the file is the base of a log.
pub fn says_base(name: &[u8], text: &[u8]) -> bool {
    name == b"aof-base" && parse_int(text) == Some(1)
}
