//! Reads one file of the log, command by command, and believes nothing it cannot check.
//!
//! A checked flush (`flush`) is read as a whole and handed out only if its checksum holds. What
//! stands between flushes was written by Redis or Valkey, and is read by their rules: whole
//! commands, notes in lines that begin with `#`.
//!
//! A reader stops at the first thing that is wrong and says where the last good byte is, and
//! whether it looks like the end of a crash ([`Stop::torn`]): then whoever reads may cut the file
//! there. Anything else is damage, and must not be passed over.

use std::fmt;
use std::io;

use super::flush::{Header, LINE_BYTES_MAX, MARK};
use super::storage::File;
use crate::resp::parser::{Batch, Limits, Parser};
use crate::resp::request::Request;

/// Bytes read at once where no flush says how many belong together.
const READ_BYTES: usize = 256 * 1024;

/// The longest note.
const NOTE_BYTES_MAX: usize = 1024;

/// What a note with the time begins with; Redis writes them, too (`aof-timestamp-enabled`).
const TIME_MARK: &[u8] = b"#TS:";

/// What stands next in the file.
#[derive(Debug)]
pub enum Next<'a> {
    Command(Request<'a>),
    /// What follows was done at this second since 1970, or later.
    Time(i64),
    End,
}

/// Why reading ended before the end.
#[derive(Debug)]
pub struct Stop {
    /// The file is good up to here, in bytes.
    pub good_bytes: u64,
    pub what: What,
    /// It looks like the end of a crash: nothing behind it is known to have been on disk.
    pub torn: bool,
}

/// What was found.
#[derive(Debug)]
pub enum What {
    /// The file ends within a command or a flush.
    Ended,
    /// A flush's bytes do not match its checksum.
    Checksum,
    /// Neither a command nor a note.
    Format(String),
    Io(io::Error),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.good_bytes;
        match &self.what {
            What::Ended => write!(f, "the file ends in the middle of what begins at byte {at}"),
            What::Checksum => write!(f, "the checksum of what begins at byte {at} does not hold"),
            What::Format(what) => write!(f, "at byte {at}: {what}"),
            What::Io(error) => write!(f, "reading at byte {at}: {error}"),
        }
    }
}

impl std::error::Error for Stop {}

impl From<io::Error> for What {
    fn from(error: io::Error) -> What {
        What::Io(error)
    }
}

/// Flushes whose checksum held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub flushes: u64,
    /// What they hold, without their lines.
    pub bytes: u64,
}

/// A file of the log being read.
pub struct LogReader {
    file: Box<dyn File>,
    file_bytes: u64,
    /// A piece of the file.
    buf: Vec<u8>,
    /// Where `buf` begins in the file.
    buf_at: u64,
    /// Up to where `buf` has been handed out.
    used: usize,
    /// Within a flush: where it ends in `buf`, which holds all of it.
    flush_end: Option<usize>,
    /// Where the line of that flush begins in the file.
    flush_at: u64,
    /// The flushes so far: if there are any, the file is ours.
    checked: Checked,
    /// The file's length that was on disk, as the flushes so far say.
    synced: u64,
    /// Where what was handed out last began, in the file.
    last_at: u64,
    batch: Batch,
}

impl LogReader {
    /// A reader that stands at `at`, where a command, a note or a flush begins.
    ///
    /// # Errors
    /// If the file's length cannot be read.
    pub fn new(file: Box<dyn File>, at: u64) -> io::Result<LogReader> {
        Ok(LogReader {
            file_bytes: file.len()?,
            file,
            buf: Vec::new(),
            buf_at: at,
            used: 0,
            flush_end: None,
            flush_at: at,
            checked: Checked::default(),
            synced: 0,
            last_at: at,
            batch: Batch::default(),
        })
    }

    /// Where the next thing begins: the file is good up to here.
    pub fn at(&self) -> u64 {
        self.buf_at + self.used as u64
    }

    /// Where the last thing handed out began.
    pub fn last_at(&self) -> u64 {
        self.last_at
    }

    /// Where the line of the flush begins that the last thing handed out stood in, if in any.
    pub fn flush_at(&self) -> Option<u64> {
        self.flush_end.map(|_| self.flush_at)
    }

    /// What was covered by a checksum that held.
    pub fn checked(&self) -> Checked {
        self.checked
    }

    /// The file's length that had reached the disk, as far as what was read says.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// The file's length when reading began.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The next thing in the file.
    ///
    /// # Errors
    /// If what comes next is not whole and good. A reader that stopped is of no more use.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives borrows the reader"
    )]
    pub fn next(&mut self) -> Result<Next<'_>, Stop> {
        match self.advance() {
            Ok(Advance::Command) => Ok(Next::Command(self.batch.request(0, &self.buf))),
            Ok(Advance::Time(seconds)) => Ok(Next::Time(seconds)),
            Ok(Advance::End) => Ok(Next::End),
            Err(what) => Err(self.stop(what)),
        }
    }

    fn advance(&mut self) -> Result<Advance, What> {
        loop {
            if self.flush_end == Some(self.used) {
                self.flush_end = None;
            }
            if self.used == self.buf.len() && !self.read(READ_BYTES)? {
                return Ok(Advance::End);
            }
            self.last_at = self.at();
            match self.buf[self.used] {
                b'*' => return self.command(),
                b'#' => {
                    if let Some(seconds) = self.note()? {
                        return Ok(Advance::Time(seconds));
                    }
                }
                byte => {
                    let found = byte.escape_ascii();
                    return Err(What::Format(format!("expected a command, found '{found}'")));
                }
            }
        }
    }

    /// Parses a command into the batch.
    fn command(&mut self) -> Result<Advance, What> {
        self.batch.clear();
        let limits = Limits {
            bulk_bytes_max: usize::MAX >> 1,
            authenticated: true,
        };
        loop {
            let at_hand = &self.buf[..self.flush_end.unwrap_or(self.buf.len())];
            let from = self.used;
            let rest = &at_hand[from..];
            if rest.starts_with(b"*0\r") || rest.starts_with(b"*-") {
                return Err(What::Format("a command without words".into()));
            }
            let filled = Parser::default().fill(at_hand, from, &limits, 1, &mut self.batch);
            let end = filled.map_err(|error| {
                What::Format(String::from_utf8_lossy(&error.text()[4..]).into_owned())
            })?;
            if !self.batch.is_empty() {
                self.used = end;
                return Ok(Advance::Command);
            }
            self.batch.clear();
            if self.flush_end.is_some() {
                return Err(What::Format("a flush ends within a command".into()));
            }
            // Double what is at hand, so that a long command is not parsed too often.
            let wanted = rest.len().max(READ_BYTES);
            if !self.read(wanted)? {
                return Err(What::Ended);
            }
        }
    }

    /// Passes over a note, and enters a flush; the time it tells, if it does.
    fn note(&mut self) -> Result<Option<i64>, What> {
        let line_bytes = loop {
            let rest = &self.buf[self.used..self.flush_end.unwrap_or(self.buf.len())];
            let rest = &rest[..rest.len().min(NOTE_BYTES_MAX)];
            if let Some(end) = memchr::memchr(b'\n', rest) {
                break end + 1;
            }
            if rest.len() == NOTE_BYTES_MAX {
                return Err(What::Format("a note without end".into()));
            }
            if self.flush_end.is_some() {
                return Err(What::Format("a flush ends within a note".into()));
            }
            if !self.read(READ_BYTES)? {
                return Err(What::Ended);
            }
        };
        let rest = &self.buf[self.used..];
        if rest.starts_with(MARK) {
            if self.flush_end.is_some() {
                return Err(What::Format("a flush within a flush".into()));
            }
            let Some((header, line_bytes)) = Header::parse(rest) else {
                return Err(What::Format(
                    "a flush's line that is not well formed".into(),
                ));
            };
            self.enter(header, line_bytes)?;
            return Ok(None);
        }
        let seconds = rest[..line_bytes].strip_prefix(TIME_MARK).and_then(|text| {
            let digits = std::str::from_utf8(text).ok()?;
            digits.trim_end().parse().ok()
        });
        let is_ours = self.checked.flushes > 0 && self.flush_end.is_none();
        if is_ours && seconds.is_none() {
            // Of a flush that is torn at its first bytes the rest, zeros up to the next line, looks
            // like a note, and what follows would be taken for Redis's.
            return Err(What::Format("a note that nobody writes there".into()));
        }
        self.used += line_bytes;
        Ok(seconds)
    }

    /// Reads the commands of a flush, whose line begins at `used`, and checks them.
    fn enter(&mut self, header: Header, line_bytes: usize) -> Result<(), What> {
        let flush_at = self.at();
        let begin = flush_at + line_bytes as u64;
        let bytes = usize::try_from(header.bytes).map_err(|_| What::Ended)?;
        if header.bytes > self.file_bytes.saturating_sub(begin) {
            return Err(What::Ended);
        }
        self.used += line_bytes;
        while self.buf.len() - self.used < bytes {
            let missing = bytes - (self.buf.len() - self.used);
            if !self.read(missing.max(READ_BYTES))? {
                return Err(What::Ended);
            }
        }
        let end = self.used + bytes;
        if !header.covers(&self.buf[self.used..end]) {
            return Err(What::Checksum);
        }
        self.checked.flushes += 1;
        self.checked.bytes += header.bytes;
        self.synced = self.synced.max(header.synced);
        self.flush_at = flush_at;
        self.flush_end = Some(end);
        Ok(())
    }

    /// Forgets what is used and reads up to `wanted` bytes more; whether there was anything.
    fn read(&mut self, wanted: usize) -> io::Result<bool> {
        debug_assert!(self.flush_end.is_none());
        self.buf_at = self.at();
        self.buf.drain(..self.used);
        self.used = 0;
        let at = self.buf_at + self.buf.len() as u64;
        let left = self.file_bytes.saturating_sub(at);
        let wanted = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        let len = self.buf.len();
        self.buf.resize(len + wanted, 0);
        let count = self.file.read_full_at(&mut self.buf[len..], at);
        self.buf.truncate(len + *count.as_ref().unwrap_or(&0));
        Ok(count? > 0)
    }

    /// Looks at what follows what is wrong.
    fn stop(&mut self, what: What) -> Stop {
        let may_be_torn = match &what {
            What::Io(_) => false,
            What::Ended | What::Checksum => true,
            // Redis leaves a beginning of what it wrote; of ours any part may be missing.
            What::Format(_) => self.checked.flushes > 0,
        };
        // A flush that holds and is not made of commands was written so.
        let torn = may_be_torn && self.flush_end.is_none() && !self.was_synced(self.last_at);
        Stop {
            good_bytes: self.last_at,
            what,
            torn,
        }
    }

    /// Whether a good flush behind `at` says that more than `at` bytes had reached the disk.
    fn was_synced(&self, at: u64) -> bool {
        let mut found = false;
        self.flushes_behind(at, |header| {
            found = header.synced > at;
            !found
        });
        found
    }

    /// The whole flushes that stand behind what is wrong at `at`, whatever is between them: what
    /// would be lost if the file was cut there.
    pub fn survey(&self, at: u64) -> Checked {
        let mut checked = Checked::default();
        self.flushes_behind(at, |header| {
            checked.flushes += 1;
            checked.bytes += header.bytes;
            true
        });
        checked
    }

    /// Shows the flushes that stand behind `at` and hold, as long as they are wanted.
    fn flushes_behind(&self, at: u64, mut visit: impl FnMut(Header) -> bool) {
        let mut from = at + 1;
        let mut buf = vec![0; READ_BYTES];
        while let Ok(count @ 1..) = self.file.read_full_at(&mut buf, from) {
            let mut next = from;
            while let Some(rest) = usize::try_from(next - from)
                .ok()
                .and_then(|used| buf[..count].get(used..))
                && let Some(found) = memchr::memmem::find(rest, MARK)
            {
                next += found as u64;
                match self.flush_at_place(next) {
                    Some((header, _)) if !visit(header) => return,
                    // What looks like flushes within one is data.
                    Some((_, end)) => next = end,
                    None => next += 1,
                }
            }
            if count < buf.len() {
                return;
            }
            // A mark may lie across the seam.
            from = next.max(from + (count - (MARK.len() - 1)) as u64);
        }
    }

    /// The flush whose line begins at `flush_at`, if there is one and it holds, and its end.
    fn flush_at_place(&self, flush_at: u64) -> Option<(Header, u64)> {
        let mut line = [0; LINE_BYTES_MAX];
        let count = self.file.read_full_at(&mut line, flush_at).ok()?;
        let (header, line_bytes) = Header::parse(&line[..count])?;
        let begin = flush_at + line_bytes as u64;
        if header.bytes > self.file_bytes.saturating_sub(begin) {
            return None;
        }
        let mut commands = vec![0; usize::try_from(header.bytes).ok()?];
        let count = self.file.read_full_at(&mut commands, begin).ok()?;
        let holds = count == commands.len() && header.covers(&commands);
        holds.then_some((header, begin + header.bytes))
    }
}

/// What was found next.
enum Advance {
    /// It is in the batch.
    Command,
    Time(i64),
    End,
}

#[cfg(test)]
mod tests;
