//! What is acknowledged is on disk: the log of commands seen from the loop.
//!
//! ```text
//! settle ─▶ journal.append ─ … ─ end of the turn: commit ─▶ write_all, but for clients held
//!                                                  └─▶ worker ─ bell ─▶ next turn: released, write_all
//! ```
//!
//! A client remembers the flush that its last reply depends on (`Client::mark`); while the journal
//! has not released it, its output stays where it is, and it stands among the held. Whom that
//! concerns is the journal's policy (`persist::journal`).

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::startup::StartError;
use crate::client::slab::ClientKey;
use crate::client::{ClientFlags, CloseReason, Marks};
use crate::command::effects::Propagation;
use crate::command::error::CommandError;
use crate::config::file::plain;
use crate::config::{AppendFsync, Config};
use crate::persist::journal::{Fsync, Journal, Opening, Settings};
use crate::persist::log_dir::{Done, Job, LogDir, Unread};
use crate::persist::manifest::{Manifest, Part};
use crate::persist::storage::{File, Mode, Storage};
use crate::resp::request::{OwnedRequest, Request};
use crate::sys::clock::MonoNs;
use crate::sys::worker::{Worker, Workers};

/// Who waits for a log that fails is cut off when it has failed for so long.
const HELD_NS_MAX: u64 = 5_000_000_000;

/// The files that outlive the process, and who waits for them.
pub struct Durable {
    pub(super) storage: Arc<dyn Storage>,
    /// How workers come to be that write and read them.
    pub(super) workers: Workers,
    /// The log's directory, for what is done at the start.
    pub(super) dir: LogDir,
    /// Does what takes time there.
    pub(super) files: Worker<Job, Done>,
    /// What is listed.
    pub(super) manifest: Manifest,
    /// The highest numbers used for a base and an incremental, listed or not.
    pub(super) used: (u64, u64),
    /// Files that were begun and not listed.
    pub(super) leftovers: Vec<Part>,
    pub(super) journal: Option<Journal>,
    /// The last flush of the journal before this one.
    last_flush: u64,
    /// Libraries of functions that a dump held: kept for the next one.
    pub(super) functions: Vec<Vec<u8>>,
    /// Fields of the dump that somebody else put there, likewise.
    pub(super) aux: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes of the log's base.
    pub(super) base_bytes: u64,
    /// Clients whose output waits for the journal.
    held: Vec<ClientKey>,
    /// Since when the log cannot be written.
    failing_since: Option<MonoNs>,
    /// Clients that wait by themselves for what they did to be on disk (WAITAOF).
    pub(crate) awaiting: Vec<ClientKey>,
    /// How long each write of the log waits first, for tests of slow disks.
    pub(crate) write_delay: Duration,
}

/// Replies that may leave.
#[derive(Clone, Copy)]
pub(super) struct Released {
    /// Of who changed something, up to this flush.
    wrote: u64,
    /// Of who has seen what was changed, up to this flush.
    seen: u64,
}

impl Released {
    /// Whether a reply with these marks may leave.
    #[inline]
    pub(super) fn lets(self, marks: Marks) -> bool {
        (marks.wrote <= self.wrote || marks.wrote <= marks.told) && marks.seen <= self.seen
    }
}

impl Durable {
    /// Nothing is open yet.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub(super) fn new(
        config: &Config,
        storage: Arc<dyn Storage>,
        workers: Workers,
    ) -> io::Result<Durable> {
        let (name, prefix) = (&config.appenddirname, &config.appendfilename);
        let dir = LogDir::new(Arc::clone(&storage), name, prefix);
        let files = workers.start("log files", dir.clone())?;
        Ok(Durable {
            storage,
            workers,
            dir,
            files,
            manifest: Manifest::default(),
            used: (0, 0),
            leftovers: Vec::new(),
            journal: None,
            last_flush: 0,
            write_delay: Duration::ZERO,
            functions: Vec::new(),
            aux: Vec::new(),
            base_bytes: 0,
            held: Vec::new(),
            failing_since: None,
            awaiting: Vec::new(),
        })
    }

    /// Keeps a field that a dump holds, unless every server writes it anew.
    pub(super) fn keep_aux(&mut self, name: &[u8], text: &[u8]) {
        const OF_SERVERS: [&[u8]; 7] = [
            b"redis-ver",
            b"valkey-ver",
            b"redis-bits",
            b"ctime",
            b"used-mem",
            b"aof-base",
            b"aof-preamble",
        ];
        if OF_SERVERS.contains(&name) || name.starts_with(b"repl-") {
            return;
        }
        match self.aux.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = text.into(),
            None => self.aux.push((name.into(), text.into())),
        }
    }

    /// The log, if it is open.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }
}

impl Server {
    /// Reads which files the log has.
    pub(super) fn find_log(&mut self) -> Result<(), StartError> {
        let system = |error| StartError::System("the append only file's directory", error);
        self.durable.dir.create().map_err(system)?;
        let manifest = self.read_manifest()?;
        if manifest.is_some() {
            // A process that was killed may have renamed it without telling the disk.
            self.durable.dir.sync().map_err(system)?;
        }
        self.durable.manifest = manifest.unwrap_or_default();
        self.adopt_old_log()?;
        if self.durable.manifest == Manifest::default() {
            self.warn_of_dump();
        }
        Ok(())
    }

    /// Nothing was logged yet: then nothing is loaded, as Redis does it. Whoever has switched the
    /// log on in the configuration of a server that had a snapshot might not expect that.
    fn warn_of_dump(&self) {
        let path = self.save_path();
        if self.durable.storage.open(&path, Mode::Read).is_ok() {
            log::warn!(
                "The append only file is on and there is none yet: {} is NOT loaded, and the next \
                 snapshot replaces it. To keep its data start with 'appendonly no', then CONFIG \
                 SET appendonly yes.",
                path.display()
            );
        }
    }

    /// A file of the log.
    pub(super) fn log_path(&self, name: &[u8]) -> PathBuf {
        self.durable.dir.path(name)
    }

    pub(super) fn read_manifest(&self) -> Result<Option<Manifest>, StartError> {
        self.durable
            .dir
            .read_manifest()
            .map_err(|unread| match unread {
                Unread::Io(error) => StartError::System("the log's manifest", error),
                Unread::Bad(error) => StartError::Log {
                    file: self.durable.dir.manifest_path(),
                    what: error.to_string(),
                },
            })
    }

    /// Opens the last incremental to append, or makes the first one. So much of the incrementals,
    /// the last one first, is known to be on disk.
    pub(super) fn continue_log(&mut self, synced: &[u64]) -> io::Result<()> {
        let dir = self.durable.dir.clone();
        let parts = self.durable.manifest.incrementals.clone();
        let mut earlier_bytes = 0;
        // What comes now follows from all of it. A process that was killed may have left its end
        // to the system, and nobody else syncs it; or it died because a sync had failed: then the
        // system shows what is not on disk, and says that it is.
        for (part, from) in parts.iter().rev().zip(synced) {
            self.durable.storage.renew(&dir.path(&part.name), *from)?;
        }
        let file = match parts.split_last() {
            Some((last, before)) => {
                for part in before {
                    let path = dir.path(&part.name);
                    earlier_bytes += self.durable.storage.open(&path, Mode::Read)?.len()?;
                }
                dir.open_incremental(last)?
            }
            None => {
                let part = self.next_incremental();
                let mut manifest = self.durable.manifest.clone();
                manifest.incrementals.push(part.clone());
                let file = dir.begin(&part, Some(&manifest))?;
                self.durable.manifest = manifest;
                file
            }
        };
        self.open_journal(file, true, earlier_bytes)?;
        // A crash may have come between the end of a rewrite and the removal of what it replaced.
        self.clean_history();
        Ok(())
    }

    /// Lets changes be logged from now on.
    pub(super) fn open_journal(
        &mut self,
        file: Box<dyn File>,
        is_listed: bool,
        earlier_bytes: u64,
    ) -> io::Result<()> {
        let opening = Opening {
            file,
            is_listed,
            earlier_bytes,
            after: self.durable.last_flush,
            settings: self.journal_settings(),
            now: self.now.mono,
        };
        self.durable.journal = Some(Journal::start(opening, &self.durable.workers)?);
        self.effects.propagated = true;
        Ok(())
    }

    fn journal_settings(&self) -> Settings {
        let is_paused = self.config.no_appendfsync_on_rewrite && self.is_writing_snapshot();
        Settings {
            fsync: match self.config.appendfsync {
                // As long as it lasts, as if the system were left to it.
                _ if is_paused => Fsync::Never,
                AppendFsync::EverySecond => Fsync::EverySecond,
                AppendFsync::Always => Fsync::Always,
                AppendFsync::No => Fsync::Never,
            },
            timestamps: self.config.aof_timestamp_enabled,
        }
    }

    /// Goes by the configuration from now on.
    pub(crate) fn follow_log_settings(&mut self) {
        let settings = self.journal_settings();
        if let Some(journal) = &mut self.durable.journal {
            journal.follow(settings);
        }
    }

    /// Appends what the command just executed did, as its effects say.
    pub(super) fn log_effects(&mut self, db: usize, request: Request<'_>) {
        let Some(journal) = &mut self.durable.journal else {
            return;
        };
        let second = self.now.ms().seconds();
        match &self.effects.propagation {
            Propagation::Verbatim => journal.append(db, second, [request]),
            Propagation::Instead(requests) => {
                journal.append(db, second, requests.iter().map(OwnedRequest::request));
            }
        }
    }

    /// Appends that `key` left by itself.
    pub(super) fn log_removal(&mut self, db: usize, key: &[u8]) {
        if let Some(journal) = &mut self.durable.journal {
            let request = OwnedRequest::new([b"DEL", key]);
            journal.append(db, self.now.ms().seconds(), [request.request()]);
        }
    }

    /// Appends that fields left the hash `key` by themselves, the key too if they were the last.
    pub(super) fn log_fields_removal(&mut self, db: usize, key: &[u8], fields: &[Box<[u8]>]) {
        if let Some(journal) = &mut self.durable.journal {
            let words = [b"HDEL".as_slice(), key].into_iter();
            let request = OwnedRequest::new(words.chain(fields.iter().map(|field| &field[..])));
            journal.append(db, self.now.ms().seconds(), [request.request()]);
        }
    }

    /// Notes what a client's reply depends on: what it did itself, or what it may have seen.
    #[inline]
    pub(super) fn note_mark(&mut self, key: ClientKey, wrote: bool) {
        if let Some(journal) = &self.durable.journal {
            let marks = &mut self.clients[key].marks;
            if wrote {
                marks.wrote = journal.mark();
            } else if journal.holds_readers() {
                marks.seen = journal.mark();
            }
        }
    }

    /// Why a command that changes data is refused: what it does might not be kept.
    #[inline]
    pub(super) fn disk_refusal(&self) -> Option<CommandError> {
        let saves = self.config.stop_writes_on_bgsave_error && !self.config.save.is_empty();
        if saves && !self.saving.save.ok {
            return Some(CommandError::SAVE_FAILED);
        }
        let failure = self.durable.journal.as_ref()?.failure()?;
        Some(CommandError::log_failed(&plain(&failure.error)))
    }

    /// The end of a turn: what it changed is written, and who waited for what was written before
    /// goes on.
    pub(super) fn commit(&mut self) {
        #[cfg(test)]
        self.witness_turn();
        if let Some(journal) = &mut self.durable.journal {
            let watched = self.config.latency_monitor_threshold > 0;
            let writes = journal.is_collecting();
            let began = (watched || writes).then(|| self.clock.mono());
            if !self.durable.write_delay.is_zero() && journal.buffered_bytes() > 0 {
                self.clock.sleep(self.durable.write_delay);
            }
            journal.commit(self.now.mono);
            if !self.durable.held.is_empty() {
                self.release();
            }
            if let Some(began) = began {
                let now = self.clock.mono();
                self.metrics.log_ns += now.since(began);
                if watched {
                    self.note_log_delays(began, now);
                }
            }
        }
        if !self.durable.awaiting.is_empty() {
            self.serve_awaiting();
        }
        let is_failing = self
            .durable
            .journal
            .as_ref()
            .is_some_and(|it| it.failure().is_some());
        if is_failing || self.durable.failing_since.is_some() {
            self.give_up(is_failing);
        }
    }

    /// Whether all that a client did is on disk; nothing is if there is no log.
    pub(crate) fn is_on_disk(&self, key: ClientKey) -> bool {
        let journal = self.durable.journal.as_ref();
        journal.is_some_and(|journal| self.clients[key].marks.wrote <= journal.durable())
    }

    /// Those who wait for what they did to be on disk go on if it is, or if there is no log any
    /// more. While somebody waits syncs follow each other, whatever the policy is.
    #[cold]
    fn serve_awaiting(&mut self) {
        let table = Arc::clone(&self.table);
        for key in std::mem::take(&mut self.durable.awaiting) {
            // Some may have been closed, or not wait any more.
            if self.clients.get(key).is_none() || !self.is_there(key) {
                continue;
            }
            if self.is_on_disk(key) || !self.config.appendonly {
                self.try_again(&table, key);
            } else {
                self.durable.awaiting.push(key);
            }
        }
        if !self.durable.awaiting.is_empty()
            && let Some(journal) = &mut self.durable.journal
        {
            journal.hasten(self.now.mono);
        }
    }

    /// A failure that lasts: those held are cut off. Whether what they asked for will be kept is not
    /// known, so they get no reply; but they are not left waiting for it either.
    #[cold]
    fn give_up(&mut self, is_failing: bool) {
        if !is_failing {
            self.durable.failing_since = None;
            return;
        }
        let since = *self.durable.failing_since.get_or_insert(self.now.mono);
        if self.now.mono.since(since) < HELD_NS_MAX || self.durable.held.is_empty() {
            return;
        }
        let held = std::mem::take(&mut self.durable.held);
        log::warn!(
            "{} clients are cut off whose changes could not be written to the AOF file.",
            held.len()
        );
        for key in held {
            self.close(key, CloseReason::CutOff);
        }
    }

    /// Lists the held clients among those with output to send if they may go on.
    fn release(&mut self) {
        let released = self.released();
        let held = std::mem::take(&mut self.durable.held);
        for key in held {
            match self.clients.get(key) {
                None => {}
                Some(client) if !released.lets(client.marks) => self.durable.held.push(key),
                Some(_) => self.work.writing.push(key),
            }
        }
    }

    /// Replies that may leave.
    #[inline]
    pub(super) fn released(&self) -> Released {
        let Some(journal) = &self.durable.journal else {
            return Released {
                wrote: u64::MAX,
                seen: u64::MAX,
            };
        };
        let wrote = journal.released();
        let seen = match journal.failure() {
            None => wrote,
            // Reads go on.
            Some(_) => u64::MAX,
        };
        Released { wrote, seen }
    }

    /// Keeps the output of a client, listed as writing, until the journal has released it.
    #[cold]
    pub(super) fn hold(&mut self, key: ClientKey) {
        debug_assert!(self.clients[key].flags.contains(ClientFlags::WRITING));
        self.durable.held.push(key);
    }

    /// Writes and syncs everything, waiting for it, as the server is about to end; whether it may
    /// end: not if something is lost by it, unless it is forced to.
    pub(crate) fn finish_log(&mut self, force: bool) -> bool {
        #[cfg(test)]
        self.witness_moment();
        let Some(journal) = &mut self.durable.journal else {
            // Or it was switched on, and waits for the end of a snapshot.
            return force || !self.config.appendonly || self.loading.is_some();
        };
        match journal.finish(self.now.mono) {
            Ok(()) => true,
            Err(error) if force => {
                log::warn!("The end of the AOF cannot be written: {error}. Exit anyway.");
                true
            }
            Err(error) => {
                log::warn!("The end of the AOF cannot be written, can't exit: {error}");
                false
            }
        }
    }

    /// Writes what is left of the log, so that whoever reads its files finds everything.
    pub(super) fn flush_log(&mut self) {
        #[cfg(test)]
        self.witness_moment();
        if let Some(journal) = &mut self.durable.journal {
            journal.drain(self.now.mono);
        }
    }

    /// Closes the log. At the server's end nobody is told that something was done which is lost.
    pub(crate) fn close_log(&mut self, is_end: bool) {
        #[cfg(test)]
        self.witness_moment();
        self.abandon_rewrite();
        let Some(mut journal) = self.durable.journal.take() else {
            return;
        };
        log::info!("Calling fsync() on the AOF file.");
        let finished = journal.finish(self.now.mono);
        if let Err(error) = &finished {
            log::warn!("The end of the AOF is lost: {error}");
        }
        self.durable.last_flush = journal.last();
        self.effects.propagated = false;
        let held = std::mem::take(&mut self.durable.held);
        if finished.is_ok() || !is_end {
            self.work.writing.extend(held);
        }
    }
}

#[cfg(test)]
mod tests;
