//! Rewriting the log: a snapshot becomes its base, and what happens from that moment on goes to a
//! new file.
//!
//! ```text
//!            ── old base ── old incrementals ───┤ new incremental ──────────────────▶
//! begin ─▶ file made (and listed) ────────────▶ ├ freeze ── base written ── listed ─▶ history removed
//!          by a thread                          in the loop   by a thread   by a thread
//! ```
//!
//! If all is well the new incremental is listed before it is used, behind the old ones, so a crash
//! at any moment finds a manifest that leads to everything. If the log has failed, or was off,
//! nothing was promised since: then it is listed with the new base, when that is complete
//! (`persist::journal` calls it restarted), and what fails is begun again by itself.

use std::io;

use super::saving::{Begun, Purpose};
use super::{Moment, Server};
use crate::persist::dump::Format;
use crate::persist::journal::Journal;
use crate::persist::log_dir::{Cleaning, Done, Job};
use crate::persist::manifest::{End, Manifest, Part};
use crate::persist::saver::Target;
use crate::persist::storage::File;

/// A rewrite that is under way.
pub(super) struct Rewriting {
    pub(super) began: Moment,
    stage: Stage,
    /// The log was switched off meanwhile.
    abandoned: bool,
}

/// How far a rewrite is.
enum Stage {
    /// The new incremental is being made, and listed if a manifest is given for that.
    File(Part, Option<Manifest>),
    /// The base of this manifest is being written.
    Base(Manifest),
    /// This manifest, whose base has so many bytes, is being put in place.
    Listing(Manifest, u64),
}

impl Server {
    /// Begins to rewrite the log, or notes that it is wanted.
    pub fn begin_rewrite(&mut self) -> Begun {
        self.await_flushed();
        if self.saving.rewriting.is_some() {
            return Begun::Already;
        }
        if self.saving.active.is_some() || self.in_transaction {
            self.saving.schedule_rewrite();
            return Begun::Scheduled;
        }
        log::info!("Background append only file rewriting started");
        self.saving.rewrite_tried(self.now.ms());
        if !self.config.appendonly {
            // There is nothing that goes on, and perhaps no directory yet.
            if let Err(error) = self.durable.dir.create() {
                self.rewrite_failed(&error);
                return Begun::Failed;
            }
            let manifest = self.durable.manifest.clone();
            return match self.begin_base(manifest, 0, End::Gap, self.now) {
                true => Begun::Started,
                false => Begun::Failed,
            };
        }
        let (part, listing) = self.plan_file();
        let job = Job::Begin(part.clone(), listing.clone());
        self.durable.files.give(job);
        self.saving.rewriting = Some(Rewriting {
            began: self.now,
            stage: Stage::File(part, listing),
            abandoned: false,
        });
        Begun::Started
    }

    /// The next incremental, and the manifest that lists it if that is to be replaced at once.
    fn plan_file(&mut self) -> (Part, Option<Manifest>) {
        let part = self.next_incremental();
        let journal = self.durable.journal.as_ref();
        let is_sound =
            journal.is_some_and(|journal| journal.failure().is_none() && !journal.is_begun());
        let listing = is_sound.then(|| {
            let mut manifest = self.durable.manifest.clone();
            manifest.incrementals.push(part.clone());
            manifest
        });
        (part, listing)
    }

    /// A name for an incremental that was never used.
    pub(super) fn next_incremental(&mut self) -> Part {
        let used = &mut self.durable.used.1;
        let part = self
            .durable
            .manifest
            .next_incremental(self.durable.dir.prefix(), *used);
        *used = part.seq;
        part
    }

    /// Takes what the thread for the log's files has done.
    pub(super) fn heed_log_files(&mut self) {
        while let Some(done) = self.durable.files.take() {
            match done {
                Done::Begun(result) => self.file_made(result),
                Done::Listed(result) => self.base_listed(result),
                Done::Cleaned(Ok(())) => {}
                Done::Cleaned(Err(error)) => log::warn!("Writing the log's manifest: {error}"),
            }
        }
    }

    /// The new incremental is there, or not: the log goes on in it, and the base is begun.
    fn file_made(&mut self, result: io::Result<Box<dyn File>>) {
        let Some(Rewriting {
            began,
            stage: Stage::File(part, listing),
            abandoned,
        }) = self.saving.rewriting.take()
        else {
            return;
        };
        let is_listed = listing.is_some();
        let file = match result {
            Ok(file) => file,
            Err(error) => {
                self.durable.leftovers.push(part);
                return self.rewrite_failed(&error);
            }
        };
        match listing {
            Some(manifest) => self.durable.manifest = manifest,
            None => self.durable.leftovers.push(part.clone()),
        }
        if abandoned {
            return;
        }
        if let Err(error) = self.go_on_in(file, is_listed) {
            return self.rewrite_failed(&error);
        }
        let mut manifest = self.durable.manifest.clone();
        if !is_listed {
            manifest.incrementals.push(part);
        }
        // It is told in the log if it fails.
        let end = match is_listed {
            true => End::Continued,
            false => End::Gap,
        };
        self.begin_base(manifest, 1, end, began);
    }

    /// Lets the log go on in `file` from this moment on.
    fn go_on_in(&mut self, file: Box<dyn File>, is_listed: bool) -> io::Result<()> {
        #[cfg(test)]
        self.witness_moment();
        let now = self.now.mono;
        let Some(journal) = &mut self.durable.journal else {
            return self.open_journal(file, false, 0);
        };
        journal.commit(now);
        match (is_listed, journal.failure()) {
            (true, None) => journal.switch(file),
            // It is listed, and must stay empty: what failed would be missing before it.
            (true, Some(_)) => Err(io::Error::other("the log failed meanwhile")),
            (false, None) if !journal.is_begun() => {
                self.saving.schedule_rewrite();
                Err(io::Error::other("the log has recovered meanwhile"))
            }
            (false, _) => journal.restart(file),
        }
    }

    /// What the next base is called at its end.
    pub(super) fn base_ending(&self) -> &'static str {
        match self.base_format() {
            Format::Native => ".ruddle",
            Format::Rdb => ".rdb",
            Format::Commands => ".aof",
        }
    }

    /// Begins to write the base of `manifest`, whose last `kept` incrementals hold what it does
    /// not; whether it is begun. What it replaces ended so.
    fn begin_base(&mut self, mut manifest: Manifest, kept: usize, end: End, began: Moment) -> bool {
        let ending = self.base_ending();
        let used = &mut self.durable.used.0;
        let base = manifest.next_base(self.durable.dir.prefix(), ending, *used);
        *used = base.seq;
        let dir = &self.durable.dir;
        let target = Target {
            path: dir.path(&base.name),
            temporary: dir.path(format!("temp-rewriteaof-{}.aof", std::process::id()).as_bytes()),
        };
        manifest.rebase(base, kept, end);
        if !self.begin(Purpose::Rewrite, target) {
            self.rewrite_failed(&io::Error::other("a snapshot is being written"));
            return false;
        }
        self.saving.rewriting = Some(Rewriting {
            began,
            stage: Stage::Base(manifest),
            abandoned: false,
        });
        true
    }

    /// The base is written, or not: then the manifest is put in place that names it.
    pub(super) fn base_written(&mut self, result: io::Result<u64>) {
        let Some(Rewriting {
            began,
            stage: Stage::Base(manifest),
            abandoned,
        }) = self.saving.rewriting.take()
        else {
            return;
        };
        match result {
            Ok(_) if abandoned => self.durable.leftovers.extend(manifest.base),
            Err(_) if abandoned => log::info!("Rewriting the log was cancelled"),
            Err(error) => {
                self.durable.leftovers.extend(manifest.base);
                self.rewrite_failed(&error);
            }
            Ok(bytes) => {
                let mut manifest = manifest;
                let journal = self.durable.journal.as_mut();
                if journal.is_some_and(|journal| {
                    journal.take_answers();
                    journal.has_open_end()
                }) {
                    // The base has it; who goes back to a moment before the base would miss it.
                    manifest.note_gap();
                }
                self.durable.files.give(Job::List(manifest.clone()));
                self.saving.rewriting = Some(Rewriting {
                    began,
                    stage: Stage::Listing(manifest, bytes),
                    abandoned,
                });
            }
        }
    }

    /// The manifest that names the new base is in place, or not.
    fn base_listed(&mut self, result: io::Result<()>) {
        let Some(Rewriting {
            began,
            stage: Stage::Listing(manifest, bytes),
            abandoned,
        }) = self.saving.rewriting.take()
        else {
            return;
        };
        if let Err(error) = result {
            self.durable.leftovers.extend(manifest.base);
            return self.rewrite_failed(&error);
        }
        let seconds = self.now.mono.since(began.mono) / 1_000_000_000;
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        log::info!("Background AOF rewrite finished successfully: {bytes} bytes");
        self.saving.rewrite_succeeded(seconds);
        #[cfg(test)]
        self.witness_rebased();
        self.durable.base_bytes = bytes;
        self.durable.manifest = manifest;
        let listed = &self.durable.manifest;
        let names = |part: &Part| {
            let parts = listed.base.iter().chain(&listed.incrementals);
            parts.into_iter().any(|other| other.name == part.name)
        };
        self.durable.leftovers.retain(|part| !names(part));
        if let Some(journal) = &mut self.durable.journal
            && !abandoned
        {
            journal.rebased();
        }
        self.clean_history();
    }

    /// Notes that a rewrite came to nothing; what is wanted still is begun again later.
    #[cold]
    fn rewrite_failed(&mut self, error: &io::Error) {
        log::warn!("Can't rewrite append only file in background: {error}");
        self.saving.rewrite_failed();
    }

    /// Lets files be removed that no manifest needs any more.
    pub(super) fn clean_history(&mut self) {
        let count = self.config.aof_keep_generations as usize;
        let before = self.durable.manifest.clone();
        self.durable.manifest.forget(count);
        let listing = (before != self.durable.manifest).then(|| self.durable.manifest.clone());
        let mut parts = std::mem::take(&mut self.durable.manifest.history);
        parts.append(&mut self.durable.leftovers);
        if !parts.is_empty() {
            self.durable.files.give(Job::Clean(Cleaning {
                listing,
                parts,
                manifest: self.durable.manifest.clone(),
            }));
        }
    }

    /// Ends a rewrite that is under way, as the log is switched off.
    pub(super) fn abandon_rewrite(&mut self) {
        if let Some(rewriting) = &mut self.saving.rewriting {
            rewriting.abandoned = true;
            self.saving.cancel_active();
        }
        self.saving.forget_schedule();
    }

    /// Switches the log on while the server runs: it counts from the moment its base is complete.
    ///
    /// # Errors
    /// If its directory cannot be made, or what is there is not understood.
    pub(crate) fn begin_log(&mut self) -> io::Result<()> {
        self.durable.dir.create()?;
        if self.durable.manifest == Manifest::default() {
            // Names go on from what was logged before; that leads to other data than is here now.
            let read = self.durable.dir.read_manifest().map_err(io::Error::other)?;
            self.durable.manifest = read.unwrap_or_default();
        }
        if self.saving.under_way() != (None, None) {
            log::warn!(
                "The log was switched on while a snapshot is being written: its base is begun \
                 when that is done."
            );
        }
        if self.begin_rewrite() == Begun::Already {
            self.saving.schedule_rewrite();
        }
        Ok(())
    }

    /// Whether the log needs a base that nobody asked for: it has failed or is not complete, or has
    /// grown as much as the configuration allows.
    pub(super) fn is_rewrite_due(&self) -> bool {
        if !self.config.appendonly || self.saving.is_rewrite_too_early(self.now.ms()) {
            return false;
        }
        let Some(journal) = &self.durable.journal else {
            return true;
        };
        let percentage = u64::from(self.config.auto_aof_rewrite_percentage);
        if journal.needs_base() || percentage == 0 {
            return journal.needs_base();
        }
        let size = self.log_bytes();
        let base = self.durable.base_bytes.max(1);
        let grown = size.saturating_sub(base).saturating_mul(100) / base;
        size > self.config.auto_aof_rewrite_min_size && grown >= percentage
    }

    /// Bytes of the log: its base, and what has been appended since.
    pub fn log_bytes(&self) -> u64 {
        let journal = self.durable.journal.as_ref();
        self.durable.base_bytes + journal.map_or(0, Journal::bytes)
    }

    /// Bytes of the log's base.
    pub fn log_base_bytes(&self) -> u64 {
        self.durable.base_bytes
    }
}
