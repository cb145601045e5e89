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
//! **Failure.** A write that fails may leave a torn flush behind; it is cut off and written again,
//! and nothing is written after it before. After a sync that failed nobody knows what is on disk
//! (see `storage`): only a new file, with all data written anew beside it, helps. What is latched
//! meanwhile ([`Journal::failure`]) makes the server refuse changes.
//!
//! **Files.** A journal goes on in another file when the log is rewritten. If all is well that file
//! is listed behind the old one already ([`Journal::switch`]): the worker syncs the old one before
//! it writes to the new one, so what is on disk is always a beginning of the history. If the old
//! one has failed, or there was none, the new file counts for nothing until a base stands beside it
//! ([`Journal::restart`]): until [`Journal::rebased`] says so, nothing more is promised.
//!
//! Files are called by the number of their first flush; so a late answer about one that was left
//! behind is known for what it is.

mod collecting;
mod gathering;
mod part;
mod writer;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use self::collecting::{Collecting, Flush, Unit};
use self::gathering::{Gathering, Queued};
use self::part::Part;
use self::writer::{Answer, Job, Writer};
use super::commands::{put_request, put_words};
use super::storage::File;
use crate::resp::request::Request;
use crate::sys::clock::MonoNs;
use crate::sys::worker::{Worker, Workers};

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

/// What could not be written is tried again so often.
const RETRY_INTERVAL_NS: u64 = 100_000_000;

/// A failure is told no more often than this.
const TELL_INTERVAL_NS: u64 = 30_000_000_000;

/// A journal that is open.
pub struct Journal {
    settings: Settings,
    worker: Worker<Job, Answer>,
    /// The file that is appended to, last; before it those whose end is not known to be on disk.
    files: VecDeque<Part>,
    /// Bytes of files before those that no base covers.
    earlier_bytes: u64,
    /// Commands of the flush that is collecting.
    commands: Collecting,
    /// The database that the last command belongs to.
    db: Option<usize>,
    /// What is appended together, whatever comes of it.
    unit: Option<Unit>,
    /// The second noted last in this file.
    noted_second: i64,
    /// The flush that is collecting; numbers begin with 1.
    number: u64,
    written: u64,
    synced: u64,
    /// What came before this flush stands in the base.
    based: u64,
    /// Flushes given to the worker and not yet answered, in bytes, and when each was given.
    queued_bytes: u64,
    queued: VecDeque<Queued>,
    sync_under_way: bool,
    last_sync: MonoNs,
    gathering: Gathering,
    /// Flushes that could not be written, in order.
    unwritten: VecDeque<Flush>,
    failure: Option<Failure>,
    /// The last flush of a retry that is under way.
    retrying: Option<u64>,
    retried: Option<MonoNs>,
    told: Option<MonoNs>,
    owed: Option<Owed>,
    is_lagging: bool,
    /// Times that replies had to wait because the disk was behind.
    pub lags: u64,
}

/// The file counts for nothing until its base is complete.
struct Owed {
    /// What was written, and was on disk, before.
    written: u64,
    synced: u64,
    /// What had failed; nothing: the log has only been switched on, and has promised nothing.
    failure: Option<Failure>,
}

/// Why nothing more is promised.
#[derive(Debug)]
pub struct Failure {
    pub what: Failed,
    pub error: io::Error,
    /// The file's first flush.
    file: u64,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A write: it is tried again.
    Write,
    /// A sync: what the file holds is not known any more.
    Sync,
}

/// What a journal goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub fsync: Fsync,
    /// Whether the time is noted (`aof-timestamp-enabled`).
    pub timestamps: bool,
}

/// Where a journal begins.
pub struct Opening {
    /// The file, which [`begin`](super::flush::begin) has made ours.
    pub file: Box<dyn File>,
    /// Whether it is listed; otherwise it counts when its base is complete.
    pub is_listed: bool,
    /// Bytes of the files before it that the base does not cover.
    pub earlier_bytes: u64,
    /// The last flush of the journal before this one; numbers go on.
    pub after: u64,
    pub settings: Settings,
    pub now: MonoNs,
}

impl Journal {
    /// A journal with one of `workers`.
    ///
    /// # Errors
    /// If the file cannot be asked, or the thread not be started.
    pub fn start(opening: Opening, workers: &Workers) -> io::Result<Journal> {
        let after = opening.after;
        let may_sleep = matches!(workers, Workers::Threads(_));
        let writer = Writer::new(after + 1, opening.file.share()?, may_sleep);
        let worker = workers.start("log", writer)?;
        let owed = Owed {
            written: 0,
            synced: 0,
            failure: None,
        };
        Ok(Journal {
            settings: opening.settings,
            worker,
            files: VecDeque::from([Part::new(opening.file, after + 1)?]),
            earlier_bytes: opening.earlier_bytes,
            commands: Collecting::default(),
            db: None,
            unit: None,
            noted_second: 0,
            number: after + 1,
            written: after,
            synced: after,
            based: after + 1,
            queued_bytes: 0,
            queued: VecDeque::new(),
            sync_under_way: false,
            last_sync: opening.now,
            gathering: Gathering::default(),
            unwritten: VecDeque::new(),
            failure: None,
            retrying: None,
            retried: None,
            told: None,
            owed: (!opening.is_listed).then_some(owed),
            is_lagging: false,
            lags: 0,
        })
    }

    /// Goes by other settings from the next flush on.
    pub fn follow(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        if settings.fsync == Fsync::Always && before.fsync != Fsync::Always {
            // What was promised less so far is promised now.
            self.begin_sync();
        }
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
        self.gathering.appended += 1;
        // A clock that was set back does not make the log go back.
        if self.settings.timestamps && second > self.noted_second {
            self.noted_second = second;
            self.commands
                .end()
                .extend_from_slice(format!("#TS:{second}\r\n").as_bytes());
        }
        let together = requests.len() > 1 && self.unit.is_none();
        let bytes = self.commands.end();
        if let Some(unit) = &mut self.unit {
            unit.at.get_or_insert(bytes.len());
            unit.requests += requests.len();
        }
        if self.db != Some(db) {
            self.db = Some(db);
            let mut digits = itoa::Buffer::new();
            put_words(bytes, &[b"SELECT", digits.format(db).as_bytes()]);
        }
        if together {
            put_words(bytes, &[b"MULTI"]);
        }
        for request in requests {
            put_request(bytes, request);
        }
        if together {
            put_words(bytes, &[b"EXEC"]);
        }
    }

    /// From now on everything appended belongs together, until [`end_unit`](Self::end_unit).
    pub fn begin_unit(&mut self) {
        self.unit = Some(Unit::default());
    }

    /// Several requests appended since [`begin_unit`](Self::begin_unit) are one transaction.
    pub fn end_unit(&mut self) {
        if let Some(Unit {
            at: Some(at),
            requests: 2..,
        }) = self.unit.take()
        {
            let mut multi = Vec::new();
            put_words(&mut multi, &[b"MULTI"]);
            let bytes = self.commands.end();
            bytes.splice(at..at, multi);
            put_words(bytes, &[b"EXEC"]);
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

    /// The number of the flush written last, or before that would be.
    pub fn last(&self) -> u64 {
        self.number - 1
    }

    /// Replies with this mark or a lower one may leave.
    #[inline]
    pub fn released(&self) -> u64 {
        if self.is_begun() {
            return u64::MAX;
        }
        match self.settings.fsync {
            Fsync::Always => self.durable(),
            Fsync::EverySecond | Fsync::Never if self.is_lagging || self.failure().is_some() => {
                self.owed.as_ref().map_or(self.written, |owed| owed.written)
            }
            Fsync::EverySecond | Fsync::Never => u64::MAX,
        }
    }

    /// Everything up to this flush survives a power failure.
    pub fn durable(&self) -> u64 {
        self.owed.as_ref().map_or(self.synced, |owed| owed.synced)
    }

    /// Whether what only reads waits, too, for what was written before it to be safe: it may show
    /// what is not. After a failure it does not wait: reads go on.
    #[inline]
    pub fn holds_readers(&self) -> bool {
        self.settings.fsync == Fsync::Always && self.failure().is_none()
    }

    /// What failed and is not mended yet.
    pub fn failure(&self) -> Option<&Failure> {
        let owed = self.owed.as_ref();
        self.failure
            .as_ref()
            .or_else(|| owed.and_then(|owed| owed.failure.as_ref()))
    }

    /// Whether it has only been switched on: nothing is promised before the first base.
    pub fn is_begun(&self) -> bool {
        self.owed
            .as_ref()
            .is_some_and(|owed| owed.failure.is_none())
    }

    /// Whether files before the present one may lack their end: it is not on disk, or has failed to
    /// get there.
    pub fn has_open_end(&self) -> bool {
        self.files.len() > 1 || self.failure().is_some()
    }

    /// Whether nothing but a new base helps: [`Journal::restart`] and then [`Journal::rebased`].
    pub fn needs_base(&self) -> bool {
        let failed = self.failure.as_ref().map(|failure| failure.what);
        self.owed.is_some() || failed == Some(Failed::Sync)
    }

    /// Bytes that no base covers, with those on their way.
    pub fn bytes(&self) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.bytes).sum();
        let unwritten: u64 = self.unwritten.iter().map(Flush::len).sum();
        self.earlier_bytes + files + self.queued_bytes + unwritten
    }

    /// Bytes that collect, or that the worker has not written yet.
    pub fn buffered_bytes(&self) -> u64 {
        self.commands.len() as u64 + self.queued_bytes
    }

    /// Whether everything committed is on disk.
    pub fn is_synced(&self) -> bool {
        self.durable() == self.last()
    }

    /// The end of a turn: what was appended becomes a flush and is written, here or by the worker.
    pub fn commit(&mut self, now: MonoNs) {
        let was_syncing = self.sync_under_way;
        self.take_answers();
        if was_syncing && !self.sync_under_way {
            self.gathering.note_sync(self.last_sync, now);
        }
        if self.failure.is_some() {
            self.retry(now);
            self.tell(now);
        }
        if !self.commands.is_empty() {
            let flush = self.seal();
            self.dispatch(flush, now);
        }
        let due = now.since(self.last_sync) >= SYNC_INTERVAL_NS;
        match self.settings.fsync {
            Fsync::Always => self.sync_together(now),
            Fsync::EverySecond if due => self.hasten(now),
            Fsync::EverySecond | Fsync::Never => {}
        }
        self.watch_lag(now);
    }

    /// Begins a sync under `always`, if something is not on disk and none is under way.
    fn sync_together(&mut self, now: MonoNs) {
        self.gathering.look();
        let unsynced = self.written > self.synced || !self.queued.is_empty();
        let stands_still = self.failure.is_some() && self.retrying.is_none();
        if self.sync_under_way || !unsynced || stands_still {
            return;
        }
        if let Some((complete, most)) = self.gathering.begin(now) {
            self.worker.give(Job::Gather(complete, most));
        }
        self.last_sync = now;
        self.begin_sync();
    }

    /// Begins a sync, if something is not on disk and none is under way.
    pub fn hasten(&mut self, now: MonoNs) {
        if self.written > self.synced && !self.sync_under_way && self.failure.is_none() {
            self.last_sync = now;
            self.begin_sync();
        }
    }

    fn seal(&mut self) -> Flush {
        self.number += 1;
        let synced_bytes = self.current().synced_bytes;
        self.commands.seal(self.number - 1, synced_bytes)
    }

    fn dispatch(&mut self, flush: Flush, now: MonoNs) {
        let always = self.settings.fsync == Fsync::Always;
        if self.failure.is_some() && self.retrying.is_none() {
            self.unwritten.push_back(flush);
        } else if always || self.failure.is_some() || !self.worker.is_idle() {
            self.queue(flush, now);
        } else {
            let file = self.current_mut();
            match file.handle.append_all(flush.bytes()) {
                Ok(()) => {
                    self.wrote(flush.number, flush.len());
                    self.commands.reuse(flush);
                }
                Err(error) => {
                    self.not_written(flush, Some(error));
                    self.tell(now);
                }
            }
        }
    }

    fn queue(&mut self, flush: Flush, now: MonoNs) {
        self.queued_bytes += flush.len();
        self.queued.push_back(Queued {
            at: now,
            appended: self.gathering.appended,
        });
        self.worker.give(Job::Write(flush));
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
                self.unqueue(flush.len());
                self.not_written(flush, error);
            }
            Answer::Synced { file, result } => {
                self.sync_under_way = false;
                match result {
                    Ok(()) => self.is_on_disk(file),
                    Err(error) => self.fail(Failed::Sync, file, error),
                }
            }
            Answer::Switched { to, result } => self.switched(to, result),
            Answer::Resumed(Ok(())) => {
                if self.retrying.is_some_and(|last| last <= self.written) {
                    self.recovered();
                }
            }
            Answer::Resumed(Err(error)) => {
                let file = self.files[0].first;
                self.fail(Failed::Write, file, error);
            }
            Answer::Heard => {}
        }
    }

    /// All that was written to `file` is on disk.
    fn is_on_disk(&mut self, file: u64) {
        let lost = self.failure.as_ref().map(|failure| failure.what) == Some(Failed::Sync);
        let oldest = &mut self.files[0];
        // A later sync of a file says nothing about what an earlier one lost.
        if oldest.first == file && !lost {
            oldest.synced_bytes = oldest.bytes;
            self.synced = self.written;
        }
    }

    fn switched(&mut self, to: u64, result: Option<io::Result<()>>) {
        let Some(result) = result else {
            return;
        };
        let file = self.files[0].first;
        // Two of the same name: nothing was written to the first.
        while self.files.get(1).is_some_and(|next| next.first <= to) {
            self.earlier_bytes += self.files[0].bytes;
            self.files.pop_front();
        }
        match result {
            Ok(()) if file < to => self.synced = self.written,
            Ok(()) => {}
            Err(error) => self.fail(Failed::Sync, file.min(to - 1), error),
        }
    }

    fn unqueue(&mut self, bytes: u64) {
        self.queued_bytes -= bytes;
        if let Some(flush) = self.queued.pop_front() {
            self.gathering.written = flush.appended;
        }
    }

    fn wrote(&mut self, number: u64, bytes: u64) {
        self.written = self.written.max(number);
        let file = self.files.iter_mut().rfind(|file| file.first <= number);
        if let Some(file) = file {
            file.bytes += bytes;
        }
        if self.retrying.is_some_and(|last| last <= number) {
            self.recovered();
        }
    }

    #[cold]
    fn not_written(&mut self, flush: Flush, error: Option<io::Error>) {
        let number = flush.number;
        let file = self.files.iter().rfind(|file| file.first <= number);
        let file = file.map_or(0, |file| file.first);
        if file > 0 {
            // Those on their way when it failed come back in order, before any later one.
            let at = self
                .unwritten
                .partition_point(|other| other.number < number);
            self.unwritten.insert(at, flush);
        }
        self.retrying = None;
        if let Some(error) = error {
            self.fail(Failed::Write, file, error);
        }
    }

    /// Latches a failure of the file called `file`.
    #[cold]
    fn fail(&mut self, what: Failed, file: u64, error: io::Error) {
        self.retrying = None;
        let oldest = self.files[0].first;
        // What failed to reach a file that does not matter any more matters no more, but the
        // worker stands still and must be told to go on.
        let (what, file) = match file < oldest.min(self.based) {
            true => (Failed::Write, oldest),
            false => (what, file),
        };
        let known = self.failure.as_ref().map(|failure| failure.what);
        if known != Some(Failed::Sync) {
            self.failure = Some(Failure { what, error, file });
        }
    }

    /// Tells the log of a failure, not too often.
    #[cold]
    fn tell(&mut self, now: MonoNs) {
        let quiet = |told: MonoNs| now.since(told) < TELL_INTERVAL_NS;
        let Some(Failure { what, error, .. }) = &self.failure else {
            return;
        };
        if self.told.is_some_and(quiet) {
            return;
        }
        self.told = Some(now);
        match what {
            Failed::Write => log::warn!(
                "Error writing to the AOF file: {error}. Commands that change data are refused \
                 until it can be written; it is tried again all the time."
            ),
            Failed::Sync => log::warn!(
                "Fail to fsync the AOF file: {error}. What of it is on disk is not known any \
                 more: commands that change data are refused until all data is written anew, \
                 which is begun by itself."
            ),
        }
    }

    /// Notices whether the disk is so far behind that replies wait.
    fn watch_lag(&mut self, now: MonoNs) {
        let long = |flush: &Queued| now.since(flush.at) > LAG_NS_MAX;
        let lagging = self.queued_bytes > LAG_BYTES_MAX || self.queued.front().is_some_and(long);
        if lagging && !self.is_lagging && self.settings.fsync != Fsync::Always {
            log::warn!(
                "Asynchronous AOF fsync is taking too long (disk is busy?). Replies to writes \
                 wait for the disk; this may slow clients down."
            );
            self.lags += 1;
        }
        self.is_lagging = lagging;
    }

    /// Lets the worker try again to write what could not be written.
    #[cold]
    fn retry(&mut self, now: MonoNs) {
        let failed = self.failure.as_ref().map(|failure| failure.what);
        let waits = |retried: MonoNs| now.since(retried) < RETRY_INTERVAL_NS;
        if failed != Some(Failed::Write)
            || self.retrying.is_some()
            || !self.worker.is_idle()
            || self.retried.is_some_and(waits)
        {
            return;
        }
        self.retried = Some(now);
        // The worker's handles for the files it is led through.
        let handles: io::Result<Vec<_>> = self.files.iter().map(|it| it.handle.share()).collect();
        let handles = match handles {
            Ok(handles) => handles,
            Err(error) => return self.fail(Failed::Write, self.files[0].first, error),
        };
        let mut flushes = std::mem::take(&mut self.unwritten);
        self.retrying = Some(flushes.back().map_or(self.written, |flush| flush.number));
        for (index, file) in handles.into_iter().enumerate() {
            let (to, bytes) = (self.files[index].first, self.files[index].bytes);
            self.worker.give(match index {
                0 => Job::Resume { to, file, bytes },
                _ => Job::Switch { to, file },
            });
            let end = self
                .files
                .get(index + 1)
                .map_or(u64::MAX, |next| next.first);
            while flushes.front().is_some_and(|flush| flush.number < end) {
                if let Some(flush) = flushes.pop_front() {
                    self.queue(flush, now);
                }
            }
        }
        if self.settings.fsync == Fsync::Always {
            self.begin_sync();
        }
    }

    #[cold]
    fn recovered(&mut self) {
        self.retrying = None;
        let failed = self.failure.as_ref().map(|failure| failure.what);
        if failed == Some(Failed::Write) {
            self.failure = None;
            log::warn!("AOF write error looks solved, Ruddle can write again.");
        }
    }

    /// Goes on in `file`, new, made ours ([`begin`](super::flush::begin)) and listed behind the one
    /// so far. Everything appended so far must be committed, and nothing have failed.
    ///
    /// # Errors
    /// If the file cannot be asked; then nothing has changed.
    pub fn switch(&mut self, file: Box<dyn File>) -> io::Result<()> {
        debug_assert!(!self.is_collecting() && self.failure().is_none());
        let to = self.number;
        let theirs = file.share()?;
        self.files.push_back(Part::new(file, to)?);
        self.worker.give(Job::Switch { to, file: theirs });
        (self.db, self.noted_second) = (None, 0);
        Ok(())
    }

    /// Goes on in `file`, new, made ours and not listed: it counts when the data as it is at this
    /// moment stands beside it ([`Journal::rebased`]). What could not be written so far is left to
    /// that.
    ///
    /// # Errors
    /// If the file cannot be asked; then nothing has changed.
    pub fn restart(&mut self, file: Box<dyn File>) -> io::Result<()> {
        debug_assert!(!self.is_collecting());
        let to = self.number;
        let theirs = file.share()?;
        self.files = VecDeque::from([Part::new(file, to)?]);
        self.worker.give(Job::Adopt { to, file: theirs });
        let failure = self.failure.take();
        // What was owed before stays so.
        self.owed.get_or_insert(Owed {
            written: self.written,
            synced: self.synced,
            failure,
        });
        self.unwritten.clear();
        self.retrying = None;
        (self.written, self.synced) = (to - 1, to - 1);
        self.based = to;
        self.earlier_bytes = 0;
        (self.db, self.noted_second) = (None, 0);
        Ok(())
    }

    /// The base of the current file is complete and listed: all that came before the file is on
    /// disk, and what failed then does not matter any more.
    pub fn rebased(&mut self) {
        self.files.drain(..self.files.len() - 1);
        self.based = self.files[0].first;
        self.earlier_bytes = 0;
        self.unwritten.retain(|flush| flush.number >= self.based);
        self.written = self.written.max(self.based - 1);
        self.synced = self.synced.max(self.based - 1);
        if self.owed.take().is_some_and(|owed| owed.failure.is_some()) {
            log::warn!("AOF error looks solved, Ruddle can write again.");
        }
        if let Some(failure) = &mut self.failure
            && failure.file < self.based
        {
            // The worker stands still; it is told to go on with the new file.
            (failure.what, failure.file) = (Failed::Write, self.based);
            (self.retrying, self.retried) = (None, None);
        }
    }

    /// Writes and syncs everything, waiting for it.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn finish(&mut self, now: MonoNs) -> Result<(), String> {
        self.commit(now);
        self.begin_sync();
        self.hear_all();
        if self.failure.is_some() {
            self.retried = None;
            self.retry(now);
            self.begin_sync();
            self.hear_all();
        }
        match self.failure() {
            Some(failure) => Err(failure.error.to_string()),
            None if self.owed.is_some() => Err("its base is not complete".into()),
            None => Ok(()),
        }
    }

    /// Writes everything, waiting for it, unless writing has failed: then the file stays behind.
    pub fn drain(&mut self, now: MonoNs) {
        self.commit(now);
        self.hear_all();
    }

    fn hear_all(&mut self) {
        while let Some(answer) = self.worker.wait(Duration::MAX) {
            self.heed(answer);
        }
    }

    /// Lets a worker that is driven by hand do what it would do at once; whether it did anything.
    pub fn step(&mut self) -> bool {
        self.worker.step()
    }

    /// The same, but one that goes in steps stops where it pauses for the so-manieth time.
    pub fn step_to(&mut self, pauses: u32) -> bool {
        self.worker.step_to(pauses)
    }

    /// Whether the worker has nothing to do and all it did is known.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.worker.is_idle()
    }

    fn current(&self) -> &Part {
        self.files.back().expect("there is always one")
    }

    fn current_mut(&mut self) -> &mut Part {
        self.files.back_mut().expect("there is always one")
    }
}

#[cfg(test)]
mod tests;
