//! The journal: what the loop knows of the log it appends to.
//!
//! Commands collect during a turn ([`Journal::append`]) and are written at its end as one checked
//! flush ([`Journal::commit`]). Flushes are numbered; a client whose reply may only leave when
//! something is safe remembers the number ([`Journal::mark`]) and is held until
//! [`Journal::released`] has reached it.
//!
//! | `appendfsync` | who writes | replies wait for |
//! |---|---|---|
//! | `always` | the worker: all flushes that have collected, then one sync for them | the sync |
//! | `everysec` | the loop; the worker while it syncs, once a second | nothing; see below |
//! | `no` | the loop | nothing |
//!
//! The loop writes by itself because a write into the system's cache costs less than a hop to
//! another thread; the reply that follows then promises that a killed process loses nothing. But a
//! write to a file that is being synced may block, so while the worker has anything to do, flushes
//! go to the worker and replies do not wait for them: the loss of what a second wrote is what
//! `everysec` allows. If the disk is so slow that too much collects there ([`LAG_BYTES_MAX`],
//! [`LAG_NS_MAX`]), replies wait for it to be written.
//!
//! **Failure.** A write that fails leaves a torn flush behind; it is cut off and written again
//! ([`Journal::retry`]), and nothing is written after it before. After a sync that failed nobody
//! knows what is on disk (see `storage`): only a new file, with all data written anew, helps
//! ([`Journal::switch`]).

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use super::flush::Header;
use super::storage::File;
use crate::resp::request::{Arg, Request};
use crate::sys::clock::MonoNs;
use crate::sys::worker::{Work, Worker, Workers};

/// When the log is forced to disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    #[default]
    EverySecond,
    Always,
    Never,
}

/// Replies wait when the worker has so many bytes to write.
pub const LAG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Replies wait when the worker has been behind for so long.
pub const LAG_NS_MAX: u64 = 2_000_000_000;

const SYNC_INTERVAL_NS: u64 = 1_000_000_000;

/// The buffer of commands is kept from turn to turn up to this size.
const COMMANDS_KEPT_BYTES: usize = 1024 * 1024;

/// A journal that is open.
pub struct Journal {
    fsync: Fsync,
    /// Whether the second's sync is left out for now (`no-appendfsync-on-rewrite`).
    sync_paused: bool,
    /// Whether the time is noted (`aof-timestamp-enabled`).
    timestamps: bool,
    worker: Worker<Job, Answer>,
    /// The loop's handle on the file; the worker has its own.
    file: Box<dyn File>,
    /// Whole flushes in the file, in bytes.
    file_bytes: u64,
    /// How much of it is known to be on disk.
    synced_bytes: u64,
    /// Commands of the flush that is collecting.
    commands: Vec<u8>,
    /// The database that the last command belongs to.
    db: Option<usize>,
    /// The second noted last.
    noted_second: i64,
    /// The flush that is collecting; numbers begin with 1.
    number: u64,
    written: u64,
    synced: u64,
    /// Flushes given to the worker and not yet written, in bytes, and since when there are any.
    queued_bytes: u64,
    queued_since: Option<MonoNs>,
    sync_under_way: bool,
    /// Switches to another file that the worker has not come to.
    switching: u32,
    /// How long that file was at the switch.
    begun_bytes: u64,
    /// The last flush before the last switch.
    covered: u64,
    last_sync: MonoNs,
    /// Flushes that could not be written, in order.
    unwritten: VecDeque<Flush>,
    failure: Option<Failure>,
    is_lagging: bool,
    /// Times that replies had to wait because the disk was behind.
    pub lags: u64,
}

/// Why nothing more is promised.
#[derive(Debug)]
pub struct Failure {
    pub what: Failed,
    pub error: io::Error,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A write: it may succeed later ([`Journal::retry`]).
    Write,
    /// A sync: what the file holds is not known any more.
    Sync,
}

/// What a journal goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub fsync: Fsync,
    pub sync_paused: bool,
    pub timestamps: bool,
}

impl Journal {
    /// A journal at the end of `file`, which [`begin`](super::flush::begin) has made ours, with
    /// one of `workers`.
    ///
    /// # Errors
    /// If the file cannot be asked, or the thread not be started.
    pub fn start(
        file: Box<dyn File>,
        settings: Settings,
        now: MonoNs,
        workers: &Workers,
    ) -> io::Result<Journal> {
        let writer = Writer::new(file.share()?);
        Journal::new(file, settings, now, workers.start("log", writer)?)
    }

    fn new(
        file: Box<dyn File>,
        settings: Settings,
        now: MonoNs,
        worker: Worker<Job, Answer>,
    ) -> io::Result<Journal> {
        let file_bytes = file.len()?;
        Ok(Journal {
            fsync: settings.fsync,
            sync_paused: settings.sync_paused,
            timestamps: settings.timestamps,
            worker,
            file,
            file_bytes,
            synced_bytes: file_bytes,
            commands: Vec::new(),
            db: None,
            noted_second: 0,
            number: 1,
            written: 0,
            synced: 0,
            queued_bytes: 0,
            queued_since: None,
            sync_under_way: false,
            switching: 0,
            begun_bytes: 0,
            covered: 0,
            last_sync: now,
            unwritten: VecDeque::new(),
            failure: None,
            is_lagging: false,
            lags: 0,
        })
    }

    /// Goes by other settings from the next flush on.
    pub fn follow(&mut self, settings: Settings) {
        if settings.fsync == Fsync::Always && self.fsync != Fsync::Always {
            // What was promised less so far is promised now.
            self.begin_sync();
        }
        self.fsync = settings.fsync;
        self.sync_paused = settings.sync_paused;
        self.timestamps = settings.timestamps;
    }

    /// Appends what one command did in database `db`, at `second`: several requests as one
    /// transaction.
    pub fn append<'a, I>(&mut self, db: usize, second: i64, requests: I)
    where
        I: IntoIterator<Item = Request<'a>>,
        I::IntoIter: ExactSizeIterator,
    {
        let requests = requests.into_iter();
        if requests.len() == 0 {
            return;
        }
        if self.timestamps && second != self.noted_second {
            self.noted_second = second;
            self.commands
                .extend_from_slice(format!("#TS:{second}\r\n").as_bytes());
        }
        if self.db != Some(db) {
            self.db = Some(db);
            let mut digits = itoa::Buffer::new();
            self.put(&[b"SELECT", digits.format(db).as_bytes()]);
        }
        let together = requests.len() > 1;
        if together {
            self.put(&[b"MULTI"]);
        }
        for request in requests {
            put_header(&mut self.commands, b'*', request.len());
            for arg in request.args() {
                put_arg(&mut self.commands, arg);
            }
        }
        if together {
            self.put(&[b"EXEC"]);
        }
    }

    fn put(&mut self, words: &[&[u8]]) {
        put_header(&mut self.commands, b'*', words.len());
        for word in words {
            put_arg(&mut self.commands, Arg::Bytes(word));
        }
    }

    /// Whether something was appended since the last commit.
    #[inline]
    pub fn is_collecting(&self) -> bool {
        !self.commands.is_empty()
    }

    /// The number of the flush that holds everything appended so far: a reply that depends on it
    /// may leave when [`Journal::released`] has reached it.
    #[inline]
    pub fn mark(&self) -> u64 {
        self.number - u64::from(self.commands.is_empty())
    }

    /// Replies with this mark or a lower one may leave.
    #[inline]
    pub fn released(&self) -> u64 {
        match self.fsync {
            Fsync::Always => self.synced,
            Fsync::EverySecond | Fsync::Never if self.is_lagging => self.written,
            Fsync::EverySecond | Fsync::Never => u64::MAX,
        }
    }

    /// Whether what only reads waits, too, for what was written before it to be safe: it may show
    /// what is not.
    #[inline]
    pub fn holds_readers(&self) -> bool {
        self.fsync == Fsync::Always
    }

    /// What failed and is not mended yet.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The file's length, with what is on its way there.
    pub fn file_bytes(&self) -> u64 {
        let unwritten: usize = self.unwritten.iter().map(|flush| flush.bytes.len()).sum();
        self.file_bytes + self.queued_bytes + unwritten as u64
    }

    /// Whether everything committed is on disk.
    pub fn is_synced(&self) -> bool {
        self.synced == self.number - 1
    }

    /// The end of a turn: what was appended becomes a flush and is written, here or by the worker.
    pub fn commit(&mut self, now: MonoNs) {
        self.take_answers();
        if !self.commands.is_empty() {
            let flush = self.seal();
            self.dispatch(flush, now);
        }
        let due = now.since(self.last_sync) >= SYNC_INTERVAL_NS;
        let unsynced = self.written > self.synced && !self.sync_under_way;
        if self.fsync == Fsync::EverySecond && due && unsynced && !self.sync_paused {
            self.last_sync = now;
            self.begin_sync();
        }
        self.watch_lag(now);
    }

    fn seal(&mut self) -> Flush {
        // On its way to another file, of which no more than its beginning is on disk.
        let is_new = self.switching > 0;
        let synced = if is_new {
            self.begun_bytes
        } else {
            self.synced_bytes
        };
        let header = Header::of(&self.commands, synced).line();
        let mut bytes = Vec::with_capacity(header.len() + self.commands.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&self.commands);
        if self.commands.capacity() > COMMANDS_KEPT_BYTES {
            self.commands = Vec::new();
        }
        self.commands.clear();
        self.number += 1;
        Flush {
            number: self.number - 1,
            bytes,
        }
    }

    fn dispatch(&mut self, flush: Flush, now: MonoNs) {
        if self.failure.is_some() {
            self.unwritten.push_back(flush);
        } else if self.fsync == Fsync::Always || !self.worker.is_idle() {
            self.queued_bytes += flush.bytes.len() as u64;
            self.queued_since.get_or_insert(now);
            self.worker.give(Job::Write(flush));
            if self.fsync == Fsync::Always {
                self.begin_sync();
            }
        } else {
            match self.file.append_all(&flush.bytes) {
                Ok(()) => self.wrote(flush.number, flush.bytes.len() as u64),
                Err(error) => self.not_written(flush, Some(error)),
            }
        }
    }

    fn begin_sync(&mut self) {
        self.sync_under_way = true;
        self.worker.give(Job::Sync);
    }

    /// Takes what the worker has answered.
    pub fn take_answers(&mut self) {
        while let Some(answer) = self.worker.take() {
            self.heed(answer);
        }
    }

    fn heed(&mut self, answer: Answer) {
        match answer {
            Answer::Wrote { number, bytes } => {
                self.unqueue(bytes);
                self.wrote(number, bytes);
            }
            Answer::Unwritten(flush, error) => {
                self.unqueue(flush.bytes.len() as u64);
                self.not_written(flush, error);
            }
            Answer::Synced(Ok(())) => {
                self.sync_under_way = false;
                self.synced = self.written;
                self.synced_bytes = self.file_bytes;
            }
            Answer::Synced(Err(error)) => {
                self.sync_under_way = false;
                self.fail(Failed::Sync, error);
            }
            // The file it went to is history; all data is in the new one.
            Answer::Switched(result) => self.switched(result),
            Answer::Heard => {}
        }
    }

    fn switched(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => self.synced = self.written,
            Err(error) => self.fail(Failed::Sync, error),
        }
        self.switching -= 1;
        self.file_bytes = self.begun_bytes;
        self.synced_bytes = self.begun_bytes;
    }

    fn unqueue(&mut self, bytes: u64) {
        self.queued_bytes -= bytes;
        if self.queued_bytes == 0 {
            self.queued_since = None;
        }
    }

    fn wrote(&mut self, number: u64, bytes: u64) {
        self.written = number;
        self.file_bytes += bytes;
    }

    #[cold]
    fn not_written(&mut self, flush: Flush, error: Option<io::Error>) {
        // Those on their way when it failed come back in order, before any later one.
        let at = self
            .unwritten
            .partition_point(|other| other.number < flush.number);
        self.unwritten.insert(at, flush);
        if let Some(error) = error {
            self.fail(Failed::Write, error);
        }
    }

    #[cold]
    fn fail(&mut self, what: Failed, error: io::Error) {
        // A failed sync is the worse of the two.
        let known = self.failure.as_ref().map(|failure| failure.what);
        if known.is_none() || (known == Some(Failed::Write) && what == Failed::Sync) {
            self.failure = Some(Failure { what, error });
        }
    }

    /// Notices whether the disk is so far behind that replies wait.
    fn watch_lag(&mut self, now: MonoNs) {
        let long = |since: MonoNs| now.since(since) > LAG_NS_MAX;
        let lagging = self.queued_bytes > LAG_BYTES_MAX || self.queued_since.is_some_and(long);
        if lagging && !self.is_lagging && self.fsync != Fsync::Always {
            log::warn!(
                "Asynchronous AOF fsync is taking too long (disk is busy?). Replies to writes \
                 wait for the disk; this may slow clients down."
            );
            self.lags += 1;
        }
        self.is_lagging = lagging;
    }

    /// Tries again to write what could not be written; whether nothing is wrong any more.
    pub fn retry(&mut self) -> bool {
        self.take_answers();
        match &self.failure {
            None => return true,
            Some(failure) if failure.what == Failed::Sync => return false,
            Some(_) => {}
        }
        if !self.worker.is_idle() {
            return false;
        }
        let result = self.write_again();
        match (result, &mut self.failure) {
            (Err(error), Some(failure)) => {
                failure.error = error;
                false
            }
            _ => {
                self.failure = None;
                self.worker.give(Job::Resume);
                if self.fsync == Fsync::Always {
                    self.begin_sync();
                }
                true
            }
        }
    }

    fn write_again(&mut self) -> io::Result<()> {
        // A torn flush may stand behind the whole ones.
        self.file.truncate(self.file_bytes)?;
        while let Some(flush) = self.unwritten.front() {
            self.file.append_all(&flush.bytes)?;
            let (number, bytes) = (flush.number, flush.bytes.len() as u64);
            self.unwritten.pop_front();
            self.wrote(number, bytes);
        }
        Ok(())
    }

    /// Goes on in `file`, new and made ours ([`begin`](super::flush::begin)); the worker syncs the old one when it has written what is
    /// on its way there. After a failure nothing is written to the new file before
    /// [`Journal::mended`]: all that happened so far must then stand on disk by other means.
    ///
    /// # Errors
    /// If the file has no second handle, or a torn flush cannot be cut off the old one; then
    /// nothing has changed.
    pub fn switch(&mut self, file: Box<dyn File>, now: MonoNs) -> io::Result<()> {
        let (theirs, begun_bytes) = (file.share()?, file.len()?);
        self.commit(now);
        if self.failure.is_some() {
            self.file.truncate(self.file_bytes)?;
            self.unwritten.clear();
        }
        self.covered = self.number - 1;
        self.worker.give(Job::Switch(theirs));
        self.switching += 1;
        self.begun_bytes = begun_bytes;
        self.file = file;
        self.db = None;
        Ok(())
    }

    /// All that happened before the last switch stands on disk by other means: what failed before
    /// does not matter any more.
    pub fn mended(&mut self) {
        while let Some(answer) = self.worker.wait(Duration::MAX) {
            self.heed(answer);
        }
        if self.failure.take().is_none() {
            return;
        }
        self.written = self.written.max(self.covered);
        self.synced = self.synced.max(self.covered);
        self.worker.give(Job::Resume);
        match self.write_again() {
            Ok(()) => self.begin_sync(),
            Err(error) => self.fail(Failed::Write, error),
        }
    }

    /// Writes everything, waiting for it, unless writing has failed: then the file stays behind.
    pub fn drain(&mut self, now: MonoNs) {
        self.commit(now);
        while let Some(answer) = self.worker.wait(Duration::MAX) {
            self.heed(answer);
        }
    }

    /// Writes and syncs everything, waiting for it.
    ///
    /// # Errors
    /// If that is not possible; what then is on disk is what [`Journal::failure`] says.
    pub fn finish(&mut self, now: MonoNs) -> Result<(), Failure> {
        self.commit(now);
        self.begin_sync();
        while let Some(answer) = self.worker.wait(Duration::MAX) {
            self.heed(answer);
        }
        match self.failure.take() {
            None => Ok(()),
            Some(failure) => Err(failure),
        }
    }

    /// Lets a worker that is driven by hand do what it would do at once; whether it did anything.
    pub fn step(&mut self) -> bool {
        self.worker.step()
    }
}

/// What the worker is asked to do.
enum Job {
    Write(Flush),
    /// Write again after a failure.
    Resume,
    /// Sync everything written so far.
    Sync,
    /// Sync what was written so far, and go on with this file.
    Switch(Box<dyn File>),
}

/// A flush on its way to the file.
struct Flush {
    number: u64,
    bytes: Vec<u8>,
}

/// What the worker answers, once for each job.
enum Answer {
    Wrote {
        number: u64,
        bytes: u64,
    },
    /// Not written: it failed, or one before it did.
    Unwritten(Flush, Option<io::Error>),
    /// Everything up to the latest write is on disk, or not.
    Synced(io::Result<()>),
    /// The old file is on disk, or not; what follows goes to the new one.
    Switched(io::Result<()>),
    /// Nothing to tell.
    Heard,
}

/// The worker's side.
struct Writer {
    file: Box<dyn File>,
    /// A write failed: nothing may follow it.
    failed: bool,
}

impl Work<Job, Answer> for Writer {
    fn work(&mut self, jobs: &mut VecDeque<Job>, answer: &mut dyn FnMut(Answer)) {
        let mut syncs = 0;
        while let Some(job) = jobs.pop_front() {
            match job {
                Job::Write(flush) => answer(self.write(flush)),
                // One for all that have collected.
                Job::Sync => syncs += 1,
                Job::Resume => {
                    self.failed = false;
                    answer(Answer::Heard);
                }
                Job::Switch(file) => {
                    let synced = self.file.sync();
                    self.file = file;
                    answer(Answer::Switched(synced));
                }
            }
        }
        if syncs > 0 {
            answer(Answer::Synced(self.file.sync()));
        }
        for _ in 1..syncs {
            answer(Answer::Heard);
        }
    }
}

impl Writer {
    fn new(file: Box<dyn File>) -> Writer {
        Writer {
            file,
            failed: false,
        }
    }

    fn write(&mut self, flush: Flush) -> Answer {
        if self.failed {
            return Answer::Unwritten(flush, None);
        }
        let before = self.file.len();
        match self.file.append_all(&flush.bytes) {
            Ok(()) => Answer::Wrote {
                number: flush.number,
                bytes: flush.bytes.len() as u64,
            },
            Err(error) => {
                self.failed = true;
                // Whoever retries cuts it again; this is for a file that is left meanwhile.
                if let Ok(len) = before {
                    drop(self.file.truncate(len));
                }
                Answer::Unwritten(flush, Some(error))
            }
        }
    }
}

fn put_header(bytes: &mut Vec<u8>, mark: u8, count: usize) {
    bytes.push(mark);
    bytes.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
    bytes.extend_from_slice(b"\r\n");
}

fn put_arg(bytes: &mut Vec<u8>, arg: Arg<'_>) {
    put_header(bytes, b'$', arg.len());
    match arg.rope() {
        None => bytes.extend_from_slice(arg.bytes()),
        Some(rope) => rope.for_each(0..rope.len(), |slice| bytes.extend_from_slice(slice)),
    }
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
