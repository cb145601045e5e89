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

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::Server;
use super::startup::StartError;
use crate::client::ClientFlags;
use crate::client::slab::ClientKey;
use crate::command::effects::Propagation;
use crate::command::error::CommandError;
use crate::config::AppendFsync;
use crate::persist::flush;
use crate::persist::journal::{Fsync, Journal, Settings};
use crate::persist::manifest::Manifest;
use crate::persist::storage::{Mode, Storage};
use crate::resp::request::{OwnedRequest, Request};
use crate::sys::worker::Workers;

/// The files that outlive the process, and who waits for them.
pub struct Durable {
    pub(super) storage: Arc<dyn Storage>,
    /// How workers come to be that write and read them.
    pub(super) workers: Workers,
    pub(super) manifest: Manifest,
    pub(super) journal: Option<Journal>,
    /// Libraries of functions that a dump held: kept for the next one.
    pub(super) functions: Vec<Vec<u8>>,
    /// Bytes of the log's base.
    pub(super) base_bytes: u64,
    /// Clients whose output waits for the journal.
    held: Vec<ClientKey>,
}

impl Durable {
    /// Nothing is open yet.
    pub(super) fn new(storage: Arc<dyn Storage>, workers: Workers) -> Durable {
        Durable {
            storage,
            workers,
            manifest: Manifest::default(),
            journal: None,
            functions: Vec::new(),
            base_bytes: 0,
            held: Vec::new(),
        }
    }

    /// The log, if it is open.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }
}

impl Server {
    /// Reads which files the log has; whether there is none yet.
    pub(super) fn find_log(&mut self) -> Result<bool, StartError> {
        let storage = Arc::clone(&self.durable.storage);
        let dir = self.log_dir();
        let system = |error| StartError::System("the append only file's directory", error);
        storage.create_dir(&dir).map_err(system)?;
        let manifest = self.read_manifest()?;
        let is_new = manifest.is_none();
        self.durable.manifest = manifest.unwrap_or_default();
        Ok(is_new)
    }

    /// Where the log's files are.
    pub(super) fn log_dir(&self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.config.appenddirname))
    }

    /// A file of the log.
    pub(super) fn log_path(&self, name: &[u8]) -> PathBuf {
        self.log_dir().join(OsStr::from_bytes(name))
    }

    fn manifest_path(&self) -> PathBuf {
        let name = [&self.config.appendfilename[..], b".manifest"].concat();
        self.log_path(&name)
    }

    pub(super) fn read_manifest(&self) -> Result<Option<Manifest>, StartError> {
        let path = self.manifest_path();
        let file = match self.durable.storage.open(&path, Mode::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| StartError::System("the log's manifest", error))?,
        };
        let unread = |error| StartError::System("the log's manifest", error);
        let len = usize::try_from(file.len().map_err(unread)?).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len];
        file.read_full_at(&mut bytes, 0).map_err(unread)?;
        match Manifest::parse(&bytes) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => Err(StartError::Log {
                file: path,
                what: error.to_string(),
            }),
        }
    }

    /// Replaces the manifest, so that whoever opens it finds the old or the new one.
    pub(super) fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        let path = self.manifest_path();
        let mut temporary = path.clone().into_os_string();
        temporary.push(".temp");
        let temporary = PathBuf::from(temporary);
        let storage = &self.durable.storage;
        let mut file = storage.open(&temporary, Mode::Create)?;
        file.append_all(&manifest.to_bytes())?;
        file.sync()?;
        storage.rename(&temporary, &path)?;
        storage.sync_dir(&self.log_dir())
    }

    /// Opens the last incremental to append, or makes the first one.
    pub(super) fn open_incremental(&mut self, is_new: bool) -> io::Result<()> {
        let storage = Arc::clone(&self.durable.storage);
        let mut manifest = self.durable.manifest.clone();
        let last = manifest.incrementals.last().cloned();
        let mut file = match &last {
            Some(part) => storage.open(&self.log_path(&part.name), Mode::Append)?,
            None => {
                let part = manifest.next_incremental(&self.config.appendfilename);
                let file = storage.open(&self.log_path(&part.name), Mode::Create)?;
                manifest.incrementals.push(part);
                file
            }
        };
        flush::begin(&mut *file)?;
        if is_new || last.is_none() {
            storage.sync_dir(&self.log_dir())?;
            self.write_manifest(&manifest)?;
            self.durable.manifest = manifest;
        }
        let journal = Journal::start(
            file,
            self.journal_settings(),
            self.now.mono,
            &self.durable.workers,
        )?;
        self.durable.journal = Some(journal);
        self.effects.propagated = true;
        Ok(())
    }

    pub(super) fn journal_settings(&self) -> Settings {
        Settings {
            fsync: match self.config.appendfsync {
                AppendFsync::EverySecond => Fsync::EverySecond,
                AppendFsync::Always => Fsync::Always,
                AppendFsync::No => Fsync::Never,
            },
            sync_paused: false,
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

    /// Notes what a client's reply depends on: what it did itself, or also what it may have seen.
    #[inline]
    pub(super) fn note_mark(&mut self, key: ClientKey, wrote: bool) {
        if let Some(journal) = &self.durable.journal
            && (wrote || journal.holds_readers())
        {
            self.clients[key].mark = journal.mark();
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
        Some(CommandError::log_failed(&failure.error))
    }

    /// The end of a turn: what it changed is written, and who waited for what was written before
    /// goes on.
    pub(super) fn commit(&mut self) {
        let Some(journal) = &mut self.durable.journal else {
            return;
        };
        journal.commit(self.now.mono);
        if journal.failure().is_some() {
            self.tell_log_failure();
        }
        if !self.durable.held.is_empty() {
            self.release();
        }
    }

    /// Lists the held clients among those with output to send if they may go on.
    fn release(&mut self) {
        let released = self.released();
        let held = std::mem::take(&mut self.durable.held);
        for key in held {
            match self.clients.get(key) {
                None => {}
                Some(client) if client.mark > released => self.durable.held.push(key),
                Some(_) => self.work.writing.push(key),
            }
        }
    }

    /// Replies with this mark or a lower one may leave.
    #[inline]
    pub(super) fn released(&self) -> u64 {
        let journal = self.durable.journal.as_ref();
        journal.map_or(u64::MAX, Journal::released)
    }

    /// Keeps the output of a client, listed as writing, until the journal has released it.
    #[cold]
    pub(super) fn hold(&mut self, key: ClientKey) {
        debug_assert!(self.clients[key].flags.contains(ClientFlags::WRITING));
        self.durable.held.push(key);
    }

    #[cold]
    fn tell_log_failure(&mut self) {
        let Some(journal) = &mut self.durable.journal else {
            return;
        };
        if journal.retry() {
            log::warn!("AOF write error looks solved, Ruddle can write again.");
        }
    }

    /// Writes what is left of the log, so that whoever reads its files finds everything.
    pub(super) fn flush_log(&mut self) {
        if let Some(journal) = &mut self.durable.journal {
            journal.drain(self.now.mono);
        }
    }

    /// Writes and syncs what is left of the log.
    pub(crate) fn close_log(&mut self) {
        let Some(mut journal) = self.durable.journal.take() else {
            return;
        };
        self.effects.propagated = false;
        log::info!("Calling fsync() on the AOF file.");
        if let Err(failure) = journal.finish(self.now.mono) {
            log::warn!("The end of the AOF is lost: {}", failure.error);
        }
        // All of it may leave now, or never.
        for key in std::mem::take(&mut self.durable.held) {
            self.work.writing.push(key);
        }
    }
}
