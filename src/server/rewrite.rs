//! Rewriting the log: a snapshot becomes its base, and what happens from that moment on goes to a
//! new file.
//!
//! ```text
//!            ── old base ── old incrementals ──┤ new incremental ─────────▶
//! START ─────────────────────────────────────▶ ├ freeze ── new base written ──▶ manifest, history gone
//! ```
//!
//! The new incremental is listed at once, behind the old ones, so a crash at any moment finds a
//! manifest that leads to everything. But if the log had failed, or was off, nothing was promised
//! since: then it is listed with the new base, when that is complete.

use std::io;
use std::sync::Arc;

use super::saving::{Begun, Purpose};
use super::{Moment, Server};
use crate::persist::flush;
use crate::persist::journal::Journal;
use crate::persist::manifest::{Manifest, Part};
use crate::persist::saver::Target;
use crate::persist::storage::{File, Mode};

/// What a base is called at its end: a dump in Redis's format.
const BASE_ENDING: &str = ".base.rdb";

impl Server {
    /// Begins to rewrite the log, or notes that it is wanted.
    pub fn begin_rewrite(&mut self) -> Begun {
        match self.saving.under_way() {
            (_, Some(_)) => return Begun::Already,
            (Some(_), _) => {
                self.schedule_rewrite();
                return Begun::Scheduled;
            }
            (None, None) => {}
        }
        match self.try_rewrite() {
            Ok(()) => {
                log::info!("Background append only file rewriting started");
                Begun::Started
            }
            Err(error) => {
                log::warn!("Can't rewrite append only file in background: {error}");
                self.saving.rewrite.ok = false;
                Begun::Failed
            }
        }
    }

    fn try_rewrite(&mut self) -> io::Result<()> {
        let mut manifest = self.durable.manifest.clone();
        let is_open = self.durable.journal.is_some();
        if is_open {
            let part = manifest.next_incremental(&self.config.appendfilename);
            let file = self.new_incremental(&part)?;
            manifest.incrementals.push(part);
            self.go_on_in(file, &manifest)?;
        }
        let base = manifest.next_base(&self.config.appendfilename, "");
        let base = Part {
            name: [
                &self.config.appendfilename[..],
                format!(".{}{BASE_ENDING}", base.seq).as_bytes(),
            ]
            .concat(),
            ..base
        };
        let target = Target {
            path: self.log_path(&base.name),
            temporary: self
                .log_path(format!("temp-rewriteaof-{}.aof", std::process::id()).as_bytes()),
        };
        manifest.rebase(base, usize::from(is_open));
        match self.begin(Purpose::Rewrite(Box::new(manifest)), target) {
            true => Ok(()),
            false => Err(io::Error::other("a snapshot is being written")),
        }
    }

    fn new_incremental(&self, part: &Part) -> io::Result<Box<dyn File>> {
        let storage = &self.durable.storage;
        let mut file = storage.open(&self.log_path(&part.name), Mode::Create)?;
        flush::begin(&mut *file)?;
        storage.sync_dir(&self.log_dir())?;
        Ok(file)
    }

    /// Lets the journal go on in `file`, the last incremental of `manifest`.
    fn go_on_in(&mut self, file: Box<dyn File>, manifest: &Manifest) -> io::Result<()> {
        let now = self.now.mono;
        let Some(journal) = &mut self.durable.journal else {
            return Ok(());
        };
        let is_listed = journal.failure().is_none();
        if is_listed {
            self.write_manifest(manifest)?;
            self.durable.manifest = manifest.clone();
        }
        match &mut self.durable.journal {
            Some(journal) => journal.switch(file, now),
            None => Ok(()),
        }
    }

    /// Draws the consequences of a base that is written, or not.
    pub(super) fn rewritten(&mut self, manifest: Manifest, result: io::Result<u64>, began: Moment) {
        let seconds = self.now.mono.since(began.mono) / 1_000_000_000;
        self.saving.rewrite.seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let result = result.and_then(|bytes| {
            self.write_manifest(&manifest)?;
            Ok(bytes)
        });
        self.saving.rewrite.ok = result.is_ok();
        match result {
            Ok(bytes) => {
                log::info!("Background AOF rewrite finished successfully: {bytes} bytes");
                self.saving.rewrite.count += 1;
                self.saving.log_base_bytes = bytes;
                self.durable.base_bytes = bytes;
                self.durable.manifest = manifest;
                self.remove_history();
                if let Some(journal) = &mut self.durable.journal {
                    journal.mended();
                }
            }
            Err(error) => log::warn!("Background AOF rewrite failed: {error}"),
        }
    }

    /// Removes files that the manifest names as history, and then their names.
    fn remove_history(&mut self) {
        let mut manifest = self.durable.manifest.clone();
        for part in std::mem::take(&mut manifest.history) {
            let path = self.log_path(&part.name);
            match self.durable.storage.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    log::warn!("Removing {}: {error}", path.display());
                }
                _ => log::info!("Removed the history file {}", path.display()),
            }
        }
        match self.write_manifest(&manifest) {
            Ok(()) => self.durable.manifest = manifest,
            Err(error) => log::warn!("Writing the log's manifest: {error}"),
        }
    }

    /// Switches the log on while the server runs: it counts from the moment its base is complete.
    pub(crate) fn begin_log(&mut self) -> io::Result<()> {
        let storage = Arc::clone(&self.durable.storage);
        storage.create_dir(&self.log_dir())?;
        let read = self.read_manifest().map_err(io::Error::other)?;
        let mut manifest = read.unwrap_or_default();
        let part = manifest.next_incremental(&self.config.appendfilename);
        let file = self.new_incremental(&part)?;
        let settings = self.journal_settings();
        let journal = Journal::start(file, settings, self.now.mono, &self.durable.workers)?;
        // Only the new one holds what comes from here on.
        manifest.history.append(&mut manifest.incrementals);
        manifest.incrementals.push(part);
        self.durable.manifest = manifest;
        self.durable.journal = Some(journal);
        self.effects.propagated = true;
        self.begin_base()
    }

    /// Writes the base of a log that has just been switched on.
    fn begin_base(&mut self) -> io::Result<()> {
        if self.saving.active.is_some() {
            self.schedule_rewrite();
            return Ok(());
        }
        self.try_rewrite()
    }

    /// Whether the log has grown as much as the configuration allows.
    pub(super) fn is_rewrite_due(&self) -> bool {
        let percentage = u64::from(self.config.auto_aof_rewrite_percentage);
        if self.durable.journal.is_none() || percentage == 0 {
            return false;
        }
        let size = self.log_bytes();
        let base = self.saving.log_base_bytes.max(1);
        let grown = size.saturating_sub(base).saturating_mul(100) / base;
        size > self.config.auto_aof_rewrite_min_size && grown >= percentage
    }

    /// Bytes of the log: its base, and what has been appended since.
    pub fn log_bytes(&self) -> u64 {
        let journal = self.durable.journal.as_ref();
        self.durable.base_bytes + journal.map_or(0, Journal::file_bytes)
    }
}
