//! Snapshots seen from the loop: when one is begun, and what comes of it.
//!
//! One is written at a time, by a thread that reads the keyspace as it was when it began; the loop
//! goes on meanwhile and only hears of the end. A rewrite of the log is a snapshot that becomes
//! the log's base, with a new file for what happens from that moment on.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::rewrite::Rewriting;
use super::{Moment, REDIS_VERSION, Server};
use crate::config::SnapshotFormat;
use crate::persist::dump::{About, Format, Progress, aux_fields};
use crate::persist::saver::{Done, Job, Saver, Target, save};
use crate::persist::storage::Storage;
use crate::sys::clock::{MonoNs, UnixMs};
use crate::sys::worker::{Worker, Workers};

/// After a failure the next attempt by a save point waits so long.
const RETRY_AFTER_MS: i64 = 5_000;

/// The longest wait after many failures.
const RETRY_AFTER_MS_MAX: i64 = 60_000;

/// What a snapshot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The file of the configuration (BGSAVE).
    Save,
    /// The base of the log (`rewrite`).
    Rewrite,
    /// For those who asked for all data (`syncing`).
    Sync,
}

/// A snapshot that is being written.
pub(super) struct Active {
    pub(super) purpose: Purpose,
    pub(super) began: Moment,
    pub(super) progress: Arc<Progress>,
    pub(super) keys: u64,
    /// Changes not saved when it began.
    dirty: u64,
}

/// How the last snapshot of one kind went.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub ok: bool,
    /// Seconds it took; -1: there was none.
    pub seconds: i64,
    pub count: u64,
}

impl Default for Outcome {
    fn default() -> Outcome {
        Outcome {
            ok: true,
            seconds: -1,
            count: 0,
        }
    }
}

/// Snapshots: the one that is being written, those that wait, and how the last ones went.
pub struct Saving {
    worker: Worker<Job, Done>,
    pub(super) active: Option<Active>,
    /// The rewrite that `active` is a part of, or that is at another stage.
    pub(super) rewriting: Option<Rewriting>,
    save_scheduled: bool,
    rewrite_scheduled: bool,
    /// Changes up to the last FLUSHALL: they count as saved while the save that it asked for waits
    /// or is under way.
    flushed: u64,
    pub saved_at: UnixMs,
    tried_at: UnixMs,
    rewrite_tried_at: UnixMs,
    pub save: Outcome,
    pub rewrite: Outcome,
    /// Rewrites that failed since one succeeded.
    pub rewrites_failed: u32,
}

impl Saving {
    /// Nothing was saved yet; the worker is there.
    pub(super) fn start(
        storage: Arc<dyn Storage>,
        workers: &Workers,
        now: UnixMs,
    ) -> io::Result<Saving> {
        Ok(Saving {
            worker: workers.start_behind("snapshot", Saver { storage })?,
            active: None,
            rewriting: None,
            save_scheduled: false,
            rewrite_scheduled: false,
            flushed: 0,
            saved_at: now,
            tried_at: UnixMs(0),
            rewrite_tried_at: UnixMs(0),
            save: Outcome::default(),
            rewrite: Outcome::default(),
            rewrites_failed: 0,
        })
    }

    /// Since when a snapshot of the data, and a rewrite of the log, is being written.
    pub fn under_way(&self) -> (Option<MonoNs>, Option<MonoNs>) {
        let saves = self
            .active
            .as_ref()
            .filter(|it| matches!(it.purpose, Purpose::Save | Purpose::Sync));
        let rewrites = self.rewriting.as_ref();
        (
            saves.map(|active| active.began.mono),
            rewrites.map(|rewriting| rewriting.began.mono),
        )
    }

    /// Keys written, and keys there are, of the snapshot under way.
    pub fn keys(&self) -> (u64, u64) {
        let Some(active) = &self.active else {
            return (0, 0);
        };
        (
            active.progress.keys_done.load(Ordering::Relaxed),
            active.keys,
        )
    }

    /// Whether a rewrite waits for the end of a snapshot.
    pub fn is_rewrite_scheduled(&self) -> bool {
        self.rewrite_scheduled
    }

    /// Notes that a rewrite is wanted when what is under way is done.
    pub(super) fn schedule_rewrite(&mut self) {
        self.rewrite_scheduled = true;
    }

    /// No rewrite is wanted any more.
    pub(super) fn forget_schedule(&mut self) {
        self.rewrite_scheduled = false;
    }

    /// Lets a worker that is driven by hand write; whether it had anything to write.
    #[cfg(test)]
    pub(super) fn step_to(&mut self, pauses: u32) -> bool {
        self.worker.step_to(pauses)
    }

    /// Ends the snapshot that is being written as soon as may be.
    pub(super) fn cancel_active(&self) {
        if let Some(active) = &self.active {
            active.progress.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// A rewrite begins.
    pub(super) fn rewrite_tried(&mut self, now: UnixMs) {
        self.rewrite_tried_at = now;
    }

    pub(super) fn rewrite_failed(&mut self) {
        self.rewrite.ok = false;
        self.rewrites_failed = self.rewrites_failed.saturating_add(1);
    }

    pub(super) fn rewrite_succeeded(&mut self, seconds: i64) {
        self.rewrite.ok = true;
        self.rewrite.seconds = seconds;
        self.rewrite.count += 1;
        self.rewrites_failed = 0;
    }

    /// Whether the last rewrite failed so recently that none is begun again by itself: the wait
    /// doubles with every failure.
    pub(super) fn is_rewrite_too_early(&self, now: UnixMs) -> bool {
        let doublings = self.rewrites_failed.saturating_sub(1).min(8);
        let wait = (RETRY_AFTER_MS << doublings).min(RETRY_AFTER_MS_MAX);
        self.rewrites_failed > 0 && now.0.saturating_sub(self.rewrite_tried_at.0) < wait
    }
}

/// What came of asking for a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    Started,
    Scheduled,
    /// One of the same kind is being written.
    Already,
    /// One of the other kind is being written.
    Other,
    Failed,
}

/// What came of cancelling a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    UnderWay,
    Scheduled,
    Nothing,
}

impl Server {
    /// Begins a snapshot of the data on the thread, or notes that one is wanted.
    pub fn begin_save(&mut self, may_wait: bool) -> Begun {
        self.await_flushed();
        match self.saving.under_way() {
            (Some(_), _) => return Begun::Already,
            (None, Some(_)) if may_wait => {
                self.saving.save_scheduled = true;
                return Begun::Scheduled;
            }
            (None, Some(_)) => return Begun::Other,
            (None, None) if self.in_transaction => {
                self.saving.save_scheduled = true;
                return Begun::Scheduled;
            }
            (None, None) => {}
        }
        self.saving.tried_at = self.now.ms();
        let target = self.save_target();
        match self.begin(Purpose::Save, target) {
            true => {
                log::info!("Background saving started");
                Begun::Started
            }
            false => Begun::Failed,
        }
    }

    /// All data were removed (FLUSHALL): what is being saved is of no use any more. Where there are
    /// save points the empty data are saved at once; unless that fails, nothing is left unsaved.
    #[cold]
    pub(super) fn save_flushed(&mut self) {
        if let Some(active) = &mut self.saving.active
            && active.purpose == Purpose::Save
        {
            active.progress.cancelled.store(true, Ordering::Relaxed);
            // If it is too late for that, it has saved nothing that counts.
            active.dirty = 0;
        }
        if self.config.save.is_empty() {
            return;
        }
        self.saving.flushed += std::mem::take(&mut self.dirty);
        if self.saving.active.is_some() || self.begin_save(true) != Begun::Started {
            self.saving.save_scheduled = true;
        }
    }

    /// Waits for what FLUSHALL has begun or cancelled, which takes moments: whoever asks for a
    /// snapshot right behind it is not refused because of that.
    pub(crate) fn await_flushed(&mut self) {
        let is_short = self.saving.active.as_ref().is_some_and(|active| {
            let cancelled = active.progress.cancelled.load(Ordering::Relaxed);
            active.purpose == Purpose::Save && (active.keys == 0 || cancelled)
        });
        if is_short && self.saving.flushed > 0 {
            self.wait_for_saver();
        }
    }

    /// A save has ended: unless another is still to come, it was the one that FLUSHALL asked for.
    fn settle_flushed(&mut self, is_saved: bool) {
        if self.saving.save_scheduled {
            return;
        }
        let flushed = std::mem::take(&mut self.saving.flushed);
        if !is_saved {
            self.dirty += flushed;
        }
    }

    /// Begins to write the data on the thread.
    pub(super) fn begin(&mut self, purpose: Purpose, target: Target) -> bool {
        let is_base = purpose == Purpose::Rewrite;
        // Whoever asks for it reads Redis's format.
        let is_sync = purpose == Purpose::Sync;
        let Some(frozen) = self.keyspace.freeze() else {
            return false;
        };
        #[cfg(test)]
        self.witness_freeze(purpose);
        let progress = Arc::new(Progress {
            key_delay_us: self.config.rdb_key_save_delay,
            ..Progress::default()
        });
        self.saving.active = Some(Active {
            purpose,
            began: self.now,
            progress: Arc::clone(&progress),
            keys: frozen.sizes().map(|(keys, _)| keys as u64).sum(),
            dirty: self.dirty,
        });
        let mut about = self.about_snapshot(is_base);
        if is_sync {
            about.format = Format::Rdb;
        }
        self.saving.worker.give(Job {
            frozen,
            target,
            about,
            progress,
        });
        self.follow_log_settings();
        true
    }

    pub(crate) fn about_snapshot(&mut self, is_base: bool) -> About {
        let policy = self.config.maxmemory_policy;
        let mut aux = aux_fields(REDIS_VERSION, self.now.ms(), self.used_bytes(), is_base);
        aux.extend_from_slice(&self.durable.aux);
        About {
            format: match is_base {
                true => self.base_format(),
                false => self.snapshot_format(),
            },
            id: self.random.u32(..),
            aux,
            functions: self.durable.functions.clone(),
            compress: self.config.rdbcompression,
            checksum: self.config.rdbchecksum,
            paced: match is_base {
                true => self.config.aof_rewrite_incremental_fsync,
                false => self.config.rdb_save_incremental_fsync,
            },
            clocks_at: (policy.is_lru() || policy.is_lfu()).then(|| self.now.ms()),
            noted_second: (self.config.aof_timestamp_enabled).then(|| self.now.unix.ms().seconds()),
        }
    }

    /// The format of the next snapshot.
    pub(super) fn snapshot_format(&self) -> Format {
        match self.config.snapshot_format {
            SnapshotFormat::Native => Format::Native,
            SnapshotFormat::Rdb => Format::Rdb,
        }
    }

    /// The format of the log's next base.
    pub(super) fn base_format(&self) -> Format {
        match self.config.aof_use_rdb_preamble {
            true => self.snapshot_format(),
            false => Format::Commands,
        }
    }

    /// The file of the configuration, within the working directory.
    pub(super) fn save_path(&self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.config.dbfilename))
    }

    fn save_target(&self) -> Target {
        Target {
            path: self.save_path(),
            temporary: PathBuf::from(format!("temp-{}.rdb", std::process::id())),
        }
    }

    /// Writes a snapshot of the data here and now; clients wait.
    ///
    /// # Errors
    /// If it cannot be written, or one is being written.
    pub fn save_now(&mut self) -> io::Result<()> {
        let result = self.write_now(self.save_target(), false);
        self.saved(result, self.dirty)
    }

    /// Writes the data to a file here and now; how many bytes.
    pub(super) fn write_now(&mut self, target: Target, is_base: bool) -> io::Result<u64> {
        let about = self.about_snapshot(is_base);
        let Some(frozen) = self.keyspace.freeze() else {
            return Err(io::Error::other("a snapshot is being written"));
        };
        #[cfg(test)]
        self.witness_freeze(match is_base {
            true => Purpose::Rewrite,
            false => Purpose::Save,
        });
        let job = Job {
            frozen,
            target,
            about,
            progress: Arc::default(),
        };
        let result = save(&*self.durable.storage, &job);
        self.keyspace.finish(job.frozen);
        result
    }

    /// Takes note of a snapshot that was written while clients were served: if it failed, writes are
    /// refused from now on.
    fn saved_beside(&mut self, result: io::Result<u64>, active: &Active) {
        let seconds = self.now.mono.since(active.began.mono) / 1_000_000_000;
        self.saving.save.seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.saving.save.ok = result.is_ok();
        // It was told in the log.
        drop(self.saved(result, active.dirty));
    }

    /// Takes note of a snapshot of the data. Whoever waited for one that failed knows of it.
    fn saved(&mut self, result: io::Result<u64>, dirty: u64) -> io::Result<()> {
        self.settle_flushed(result.is_ok());
        match result {
            Ok(bytes) => {
                log::info!("DB saved on disk: {bytes} bytes");
                self.saving.save.ok = true;
                self.saving.save.count += 1;
                #[cfg(test)]
                self.witness_saved();
                self.saving.saved_at = self.now.ms();
                self.dirty = self.dirty.saturating_sub(dirty);
                Ok(())
            }
            Err(error) => {
                log::warn!("Saving the DB failed: {error}");
                Err(error)
            }
        }
    }

    /// Ends what is being written or waits to be.
    pub fn cancel_save(&mut self) -> Cancelled {
        if let Some(active) = &self.saving.active
            && active.purpose == Purpose::Save
        {
            active.progress.cancelled.store(true, Ordering::Relaxed);
            return Cancelled::UnderWay;
        }
        match std::mem::take(&mut self.saving.save_scheduled) {
            true => {
                self.settle_flushed(false);
                Cancelled::Scheduled
            }
            false => Cancelled::Nothing,
        }
    }

    /// Ends what is being written: it is of no use any more, and in the way.
    pub(super) fn abandon_saving(&mut self) {
        while let Some(active) = &self.saving.active {
            active.progress.cancelled.store(true, Ordering::Relaxed);
            self.wait_for_saver();
        }
    }

    /// Draws the consequences of a snapshot that is done.
    pub(super) fn heed_saver(&mut self) {
        if let Some(done) = self.saving.worker.take() {
            self.heed_done(done);
        }
    }

    /// Waits until the snapshot under way is done.
    pub(super) fn wait_for_saver(&mut self) {
        if let Some(done) = self.saving.worker.wait(Duration::MAX) {
            self.heed_done(done);
        }
    }

    fn heed_done(&mut self, Done { frozen, result }: Done) {
        self.keyspace.finish(frozen);
        let Some(active) = self.saving.active.take() else {
            return;
        };
        self.follow_log_settings();
        let cancelled = active.progress.cancelled.load(Ordering::Relaxed);
        match active.purpose {
            Purpose::Save if cancelled && result.is_err() => {
                log::info!("Saving was cancelled");
                self.settle_flushed(false);
            }
            Purpose::Save => self.saved_beside(result, &active),
            Purpose::Rewrite => self.base_written(result),
            Purpose::Sync => self.synced(result, active.began),
        }
    }

    /// Begins what was asked for by the configuration, or waits from before.
    pub(super) fn tend_saving(&mut self) {
        if self.saving.under_way() != (None, None) {
            return;
        }
        if std::mem::take(&mut self.saving.rewrite_scheduled) {
            self.begin_rewrite();
        } else if std::mem::take(&mut self.saving.save_scheduled) || self.is_save_due() {
            self.begin_save(false);
        } else if self.is_rewrite_due() {
            self.begin_rewrite();
        }
    }

    fn is_save_due(&self) -> bool {
        let now = self.now.ms();
        let since = |then: UnixMs| now.0.saturating_sub(then.0);
        if !self.saving.save.ok && since(self.saving.tried_at) < RETRY_AFTER_MS {
            return false;
        }
        self.config.save.iter().any(|point| {
            let ms = i64::try_from(point.seconds)
                .unwrap_or(i64::MAX)
                .saturating_mul(1000);
            self.dirty >= point.changes && since(self.saving.saved_at) > ms
        })
    }

    /// Whether a snapshot is being written.
    pub(super) fn is_writing_snapshot(&self) -> bool {
        self.saving.active.is_some()
    }
}
