//! Loading: files become data again, while clients are answered that they must wait.
//!
//! ```text
//! start ─▶ plan: which files ─▶ readers (persist::load) ═ batches ═▶ a slice in every turn ─▶ ready
//! DEBUG RELOAD, LOADAOF ──────▶ the same readers, by hand ─────────▶ all in one go
//! ```
//!
//! Other threads read, check, decode and parse; the loop only puts in what they hand over, for a
//! millisecond in each turn, and does not sleep while there is something at hand. So clients are
//! served all the time, though most commands are refused (`gate`), and nothing else happens to the
//! data: nothing expires, is evicted, saved or propagated.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::replay::{Dues, Replay, Twins};
use super::restore::{Restore, untimed};
use super::startup::StartError;
use super::{Moment, Server};
use crate::keyspace::Flush;
use crate::persist::load::{Batch, Ended, How, Kind, Loader, Part, Share};
use crate::persist::log_reader::Stop;
use crate::persist::manifest::Generation;
use crate::persist::storage::Mode;
use crate::sys::clock::MonoNs;
use crate::sys::huge_pages;
use crate::sys::worker::Worker;

/// How long data is put in, in one turn: what a client may have to wait for it.
const SLICE_NS: u64 = 1_000_000;

/// Keys or commands between two looks at the clock; as many are prefetched together.
const GROUP: usize = 16;

/// Threads that decode, beside the loop that puts in.
const READERS: usize = 2;

/// Batches on their way round, for each reader.
const BATCHES: usize = 4;

/// How often the log tells how far it is.
const TOLD_EVERY_NS: u64 = 5_000_000_000;

/// Data on its way into memory.
pub struct Loading {
    files: Vec<FileToLoad>,
    /// The file being loaded.
    file: usize,
    readers: Vec<Worker<Batch, Batch>>,
    /// Which readers are through with the file.
    through: Vec<bool>,
    /// Where one of them had to stop.
    stop: Option<Stop>,
    /// Whose batch is next.
    turn: usize,
    /// What is being put in: whose batch, and what of it is next.
    at_hand: Option<AtHand>,
    replay: Replay,
    /// The end of the log, which a crash has torn: nothing may follow.
    torn: Option<Torn>,
    /// Under `key-load-delay`: when the next key may be put in.
    next_key: MonoNs,
    purpose: Purpose,
    began: Moment,
    file_began: MonoNs,
    told: MonoNs,
    /// Bytes of all files, of those that are done, and of what was put in.
    total_bytes: u64,
    done_bytes: u64,
    loaded_bytes: u64,
    /// Bytes of memory that the snapshot says it took.
    used_bytes: u64,
    /// Back to which moment, if not all of the log is wanted.
    restore: Option<Restore>,
}

struct FileToLoad {
    part: Part,
    bytes: u64,
    /// Of a log: what of it had reached the disk, as far as it says.
    synced_bytes: u64,
    dues: Dues,
}

/// What a crash left at the end of a log.
struct Torn {
    path: PathBuf,
    what: String,
    /// The file is good up to here.
    good_bytes: u64,
}

struct AtHand {
    reader: usize,
    batch: Batch,
    next: usize,
}

/// What is loaded, and so what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The snapshot at the start.
    Snapshot,
    /// The log at the start.
    Log,
    /// What DEBUG asks for.
    Again,
}

/// What a reload does with the data that is there (DEBUG RELOAD).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reload {
    /// Write the snapshot first.
    pub save: bool,
    /// Remove what is there before.
    pub flush: bool,
    /// Keys of the snapshot replace those that are there.
    pub merge: bool,
}

/// Why a reload was not done.
#[derive(Debug)]
pub enum ReloadError {
    /// The data could not be saved; they are as before.
    Save(io::Error),
    Load(StartError),
}

/// How far loading is, as INFO tells it.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Seconds since 1970.
    pub began: i64,
    pub total_bytes: u64,
    pub loaded_bytes: u64,
    pub used_bytes: u64,
    pub percent: f64,
    pub seconds_left: u64,
}

/// What the last snapshot loaded held.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastLoad {
    pub keys: u64,
    /// Keys past their deadline, which were passed over.
    pub expired: u64,
    /// Keys of collections without elements, which were passed over, too.
    pub empty: u64,
}

/// Where a slice of loading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Done,
    /// There is more at hand.
    More,
    /// The readers, or the clock, have to come first.
    Starved,
}

impl Loading {
    fn new(files: Vec<FileToLoad>, purpose: Purpose, replay: Replay, now: Moment) -> Loading {
        Loading {
            total_bytes: files.iter().map(|file| file.bytes).sum(),
            files,
            file: 0,
            readers: Vec::new(),
            through: Vec::new(),
            stop: None,
            turn: 0,
            at_hand: None,
            replay,
            torn: None,
            next_key: now.mono,
            purpose,
            began: now,
            file_began: now.mono,
            told: now.mono,
            done_bytes: 0,
            loaded_bytes: 0,
            used_bytes: 0,
            restore: None,
        }
    }

    /// Lets a reader work, which has its first batches then.
    fn engage(&mut self, mut reader: Worker<Batch, Batch>) {
        for _ in 0..BATCHES {
            reader.give(Batch::default());
        }
        self.readers.push(reader);
        self.through.push(false);
    }

    /// The next batch of the file, if its reader has it.
    fn take(&mut self) -> Option<AtHand> {
        while self.through[self.turn] {
            self.turn = (self.turn + 1) % self.readers.len();
        }
        let reader = self.turn;
        let batch = self.readers[reader].take()?;
        debug_assert_eq!(batch.part, self.file);
        self.turn = (reader + 1) % self.readers.len();
        Some(AtHand {
            reader,
            batch,
            next: 0,
        })
    }

    /// Lets readers that are driven by hand work; whether any did.
    pub(super) fn step(&mut self) -> bool {
        // All of them: they may be through with different files.
        self.readers
            .iter_mut()
            .fold(false, |any, reader| any | reader.step())
    }

    fn present(&self) -> &FileToLoad {
        &self.files[self.file]
    }

    fn progress(&self, now: Moment) -> Progress {
        let seconds = now.unix.ms().seconds() - self.began.unix.ms().seconds();
        let seconds = u64::try_from(seconds).unwrap_or(0);
        let left = self.total_bytes.saturating_sub(self.loaded_bytes);
        Progress {
            began: self.began.unix.ms().seconds(),
            total_bytes: self.total_bytes,
            loaded_bytes: self.loaded_bytes,
            used_bytes: self.used_bytes,
            // Good enough for a percentage.
            percent: self.loaded_bytes as f64 / self.total_bytes.max(1) as f64 * 100.0,
            seconds_left: match seconds {
                0 => 1,
                seconds => seconds.saturating_mul(left) / (self.loaded_bytes + 1),
            },
        }
    }

    /// The word of an error about the file being loaded.
    fn bad(&self, what: String) -> StartError {
        let FileToLoad { part, .. } = self.present();
        let file = part.path.clone();
        match part.kind {
            Kind::Snapshot => StartError::Dump { file, what },
            Kind::Log => StartError::Log { file, what },
        }
    }
}

impl Server {
    /// Begins to load what the configuration names; if there is nothing, that is done already.
    pub(super) fn begin_loading(&mut self) -> Result<(), StartError> {
        self.remove_leftovers();
        let mut restore = None;
        let (files, purpose) = match self.config.appendonly {
            true => {
                self.find_log()?;
                restore = self.plan_restore()?;
                (self.log_files(restore.as_ref())?, Purpose::Log)
            }
            false => {
                self.refuse_restore()?;
                (self.snapshot_files()?, Purpose::Snapshot)
            }
        };
        let mut loading = self.loading_of(files, purpose, Twins::Refused);
        loading.restore = restore;
        if loading.files.is_empty() {
            return self.end_loading(&mut loading);
        }
        // Compressed or not, it will be no less.
        huge_pages::expect(loading.total_bytes);
        for loader in self.loaders(&loading, READERS) {
            let reader = self.durable.workers.start("loader", loader);
            let system = |error| StartError::System("the thread that loads", error);
            loading.engage(reader.map_err(system)?);
        }
        self.loading = Some(Box::new(loading));
        Ok(())
    }

    /// The files of the log, or of the generation to restore, in order.
    fn log_files(&self, restore: Option<&Restore>) -> Result<Vec<FileToLoad>, StartError> {
        let manifest = &self.durable.manifest;
        let now = Generation {
            base: manifest.base.clone(),
            incrementals: manifest.incrementals.clone(),
            ..Generation::default()
        };
        let Generation {
            base, incrementals, ..
        } = restore.map_or(&now, |restore| &restore.generation);
        let names = base.iter().chain(incrementals);
        let paths = names.map(|part| self.log_path(&part.name));
        paths
            .map(|path| self.file_to_load(path, Kind::Log))
            .collect()
    }

    /// The snapshot, if there is one.
    fn snapshot_files(&self) -> Result<Vec<FileToLoad>, StartError> {
        match self.file_to_load(self.save_path(), Kind::Snapshot) {
            Err(StartError::LogFile(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Vec::new())
            }
            other => Ok(vec![other?]),
        }
    }

    fn file_to_load(&self, path: PathBuf, kind: Kind) -> Result<FileToLoad, StartError> {
        let file = self.durable.storage.open(&path, Mode::Read);
        let bytes = file.and_then(|file| file.len());
        let bytes = bytes.map_err(|error| StartError::LogFile(path.clone(), error))?;
        Ok(FileToLoad {
            part: Part { path, kind },
            bytes,
            synced_bytes: 0,
            dues: match kind {
                Kind::Snapshot => Dues::Dropped,
                Kind::Log => Dues::Kept,
            },
        })
    }

    fn loading_of(&mut self, files: Vec<FileToLoad>, purpose: Purpose, twins: Twins) -> Loading {
        self.last_load = LastLoad::default();
        let replay = Replay::new(Arc::clone(&self.table), twins);
        Loading::new(files, purpose, replay, self.now)
    }

    /// The work of `count` readers of what is to be loaded.
    fn loaders(&mut self, loading: &Loading, count: usize) -> Vec<Loader> {
        let parts: Vec<Part> = loading.files.iter().map(|file| file.part.clone()).collect();
        let seed = self.keyspace.view(0, self.now.ms()).seed();
        let until = loading.restore.as_ref().map(|restore| restore.until);
        let how = |index| How {
            until,
            thresholds: self.limits.thresholds,
            seed,
            check: self.config.rdbchecksum && !self.limits.skip_checksums,
            versions: self.config.rdb_version_check,
            share: Share { index, of: count },
        };
        let storage = || Arc::clone(&self.durable.storage);
        (0..count)
            .map(|index| Loader::new(storage(), &parts, how(index)))
            .collect()
    }

    /// A turn's share of loading.
    pub(super) fn load_slice(&mut self) -> Result<(), StartError> {
        let Some(mut loading) = self.loading.take() else {
            return Ok(());
        };
        let until = MonoNs(self.clock.mono().0.saturating_add(SLICE_NS));
        let step = self.load_some(&mut loading, Some(until))?;
        if step == Step::Done {
            return self.end_loading(&mut loading);
        }
        if self.now.mono.since(loading.told) >= TOLD_EVERY_NS {
            loading.told = self.now.mono;
            let progress = loading.progress(self.now);
            log::info!(
                "Loading: {:.2} % of {} bytes, about {} seconds left.",
                progress.percent,
                progress.total_bytes,
                progress.seconds_left
            );
        }
        self.loading = Some(loading);
        Ok(())
    }

    /// Whether a slice of loading can go on at once.
    pub(super) fn loading_goes_on(&self) -> bool {
        self.loading
            .as_ref()
            .is_some_and(|loading| loading.at_hand.is_some() && self.loading_due().is_none())
    }

    /// When a slice of loading can go on, if it waits for a moment.
    pub(super) fn loading_due(&self) -> Option<MonoNs> {
        let loading = self.loading.as_ref()?;
        let delayed = self.config.key_load_delay > 0 && loading.at_hand.is_some();
        (delayed && loading.next_key > self.now.mono).then_some(loading.next_key)
    }

    /// How far loading is, while it lasts.
    pub fn loading_progress(&self) -> Option<Progress> {
        let loading = self.loading.as_ref()?;
        Some(loading.progress(self.now))
    }

    /// Puts in what is at hand, up to the moment `until`.
    fn load_some(
        &mut self,
        loading: &mut Loading,
        until: Option<MonoNs>,
    ) -> Result<Step, StartError> {
        loop {
            let mut at_hand = match loading.at_hand.take() {
                Some(at_hand) => at_hand,
                None => match loading.take() {
                    Some(at_hand) => at_hand,
                    None => return Ok(Step::Starved),
                },
            };
            let step = self.put_in(loading, &mut at_hand, until)?;
            if step != Step::Done {
                loading.at_hand = Some(at_hand);
                return Ok(step);
            }
            let AtHand {
                reader, mut batch, ..
            } = at_hand;
            loading.loaded_bytes = loading.done_bytes + batch.read_bytes;
            let file = &mut loading.files[loading.file];
            file.synced_bytes = file.synced_bytes.max(batch.synced_bytes);
            if let Some(ended) = batch.ended.take() {
                loading.through[reader] = true;
                self.heed_end(loading, ended)?;
                if loading.file == loading.files.len() {
                    return Ok(Step::Done);
                }
            }
            loading.readers[reader].give(batch);
        }
    }

    /// Puts in a batch, up to the moment `until`.
    fn put_in(
        &mut self,
        loading: &mut Loading,
        at_hand: &mut AtHand,
        until: Option<MonoNs>,
    ) -> Result<Step, StartError> {
        let AtHand { batch, next, .. } = at_hand;
        let count = batch.items.len() + batch.requests.len();
        if count > 0
            && let Some(Torn { path, what, .. }) = loading.torn.take()
        {
            return Err(StartError::LogEnds { file: path, what });
        }
        let dues = loading.present().dues;
        while *next < count {
            let mut end = count.min(*next + GROUP);
            if let Some(until) = until {
                let now = self.clock.mono();
                if now >= until {
                    return Ok(Step::More);
                }
                if let Ok(us @ 1..) = u64::try_from(self.config.key_load_delay) {
                    if now < loading.next_key {
                        return Ok(Step::Starved);
                    }
                    loading.next_key = MonoNs(loading.next_key.0 + us * 1000);
                    end = *next + 1;
                }
            }
            let group = *next..end;
            let done = match batch.requests.is_empty() {
                true => self.load_items(&mut loading.replay, batch, group, dues),
                false => self.replay(&mut loading.replay, batch, group),
            };
            if let Some(bytes) = loading.replay.used_bytes.take() {
                loading.used_bytes = bytes;
            }
            done.map_err(|what| loading.bad(what))?;
            *next = end;
        }
        Ok(Step::Done)
    }

    /// A reader is through with the file: if all are, it is done.
    fn heed_end(&mut self, loading: &mut Loading, ended: Ended) -> Result<(), StartError> {
        let path = loading.present().part.path.clone();
        match ended {
            Ended::Whole => {}
            Ended::Damaged(damage) => return Err(loading.bad(damage.to_string())),
            Ended::NoSnapshot => return Err(loading.bad("it is no snapshot".into())),
            Ended::Unreadable(error) => return Err(StartError::LogFile(path, error)),
            Ended::Stopped(stop) => loading.stop = Some(stop),
            Ended::Reached(at) => {
                // A transaction that is open here ended later.
                loading.replay.end_file();
                if let Some(restore) = &mut loading.restore {
                    restore.reached = Some((path, at));
                }
                loading.file = loading.files.len();
                return Ok(());
            }
            Ended::Untimed(at) => return Err(untimed(&path, at)),
        }
        if loading.through.contains(&false) {
            return Ok(());
        }
        let stop = loading.stop.take();
        self.look_at_end(loading, stop)?;
        let seconds = seconds_since(loading.file_began, self.clock.mono());
        let commands = loading.replay.end_file();
        match loading.present().part.kind {
            Kind::Snapshot => {}
            Kind::Log => log::info!(
                "{}: loaded in {seconds:.3} seconds, {commands} commands",
                path.display()
            ),
        }
        loading.done_bytes += loading.present().bytes;
        loading.file += 1;
        loading.file_began = self.clock.mono();
        loading.through.fill(false);
        Ok(())
    }

    /// Notes what is not whole at the end of a log, if a crash may have left it so.
    fn look_at_end(&self, loading: &mut Loading, stop: Option<Stop>) -> Result<(), StartError> {
        let open = loading.replay.transaction_at();
        let good_bytes = match (&stop, open) {
            (None, None) => return Ok(()),
            (_, Some(at)) => at,
            (Some(stop), None) => stop.good_bytes,
        };
        let torn = stop.as_ref().is_none_or(|stop| stop.torn);
        let what = match &stop {
            Some(stop) => stop.to_string(),
            None => format!("a transaction that begins at byte {good_bytes} has no end"),
        };
        let may_be_torn = loading.purpose != Purpose::Again && self.config.aof_load_truncated;
        if !torn || !may_be_torn || loading.torn.is_some() {
            return Err(match (torn, loading.bad(what)) {
                (true, StartError::Log { file, what }) => StartError::LogEnds { file, what },
                (_, error) => error,
            });
        }
        let path = loading.present().part.path.clone();
        loading.torn = Some(Torn {
            path,
            what,
            good_bytes,
        });
        Ok(())
    }

    /// Cuts off what a crash left.
    fn cut_off(&self, torn: Torn) -> Result<(), StartError> {
        let Torn {
            path,
            what,
            good_bytes,
        } = torn;
        log::warn!("!!! Warning: short read while loading the AOF file !!!");
        log::warn!(
            "{}: {what}; it is cut to {good_bytes} bytes.",
            path.display()
        );
        let file = self.durable.storage.open(&path, Mode::Append);
        let cut = file.and_then(|mut file| {
            file.truncate(good_bytes)?;
            file.sync()
        });
        cut.map_err(|error| StartError::LogFile(path, error))
    }

    /// Everything is in memory.
    fn end_loading(&mut self, loading: &mut Loading) -> Result<(), StartError> {
        if let Some(torn) = loading.torn.take() {
            match loading.restore {
                None => self.cut_off(torn)?,
                Some(_) => log::warn!("{}: {}", torn.path.display(), torn.what),
            }
        }
        let seconds = seconds_since(loading.began.mono, self.clock.mono());
        match loading.purpose {
            Purpose::Again => Ok(()),
            Purpose::Snapshot => {
                if !loading.files.is_empty() {
                    let LastLoad {
                        keys,
                        expired,
                        empty,
                    } = self.last_load;
                    let skipped = match empty {
                        0 => String::new(),
                        empty => format!(", empty keys skipped: {empty}"),
                    };
                    log::info!(
                        "Done loading RDB, keys loaded: {keys}, keys expired: {expired}{skipped}."
                    );
                    log::info!("DB loaded from disk: {seconds:.3} seconds");
                }
                Ok(())
            }
            Purpose::Log => {
                if !loading.files.is_empty() {
                    log::info!("DB loaded from append only file: {seconds:.3} seconds");
                }
                if let Some(restore) = loading.restore.take() {
                    return self.end_restore(restore);
                }
                if self.durable.manifest.base.is_some() {
                    self.durable.base_bytes = loading.files[0].bytes;
                }
                let of_log = loading.files.iter().rev();
                let synced: Vec<u64> = of_log.map(|file| file.synced_bytes).collect();
                self.continue_log(&synced)
                    .map_err(|error| StartError::System("the append only file", error))
            }
        }
    }

    /// Loads the snapshot here and now; clients wait.
    ///
    /// # Errors
    /// If the data cannot be saved, or the snapshot not be read: then what was read of it is there.
    pub fn reload(&mut self, how: Reload) -> Result<(), ReloadError> {
        if how.save {
            // The one under way reads the data as they were.
            self.wait_for_saver();
            self.save_now().map_err(ReloadError::Save)?;
        }
        let file = self.file_to_load(self.save_path(), Kind::Snapshot);
        let file = file.map_err(ReloadError::Load)?;
        if how.flush {
            self.forget_data();
        }
        let twins = match how.merge {
            true => Twins::Replaced,
            false => Twins::Refused,
        };
        self.load_now(vec![file], twins).map_err(ReloadError::Load)
    }

    /// Loads the log here and now; clients wait.
    ///
    /// # Errors
    /// If there is none, or it cannot be read: then what was read of it is there.
    pub fn reload_log(&mut self) -> Result<(), StartError> {
        self.flush_log();
        if self.durable.journal.is_none()
            && let Some(manifest) = self.read_manifest()?
        {
            self.durable.manifest = manifest;
        }
        let files = self.log_files(None)?;
        if files.is_empty() {
            let file = self.durable.dir.manifest_path();
            let what = "there is no log".into();
            return Err(StartError::Log { file, what });
        }
        self.forget_data();
        self.load_now(files, Twins::Refused)?;
        self.dirty = 0;
        Ok(())
    }

    fn forget_data(&mut self) {
        for index in 0..self.config.databases as usize {
            self.keyspace.view(index, self.now.ms()).clear(Flush::Now);
            self.note_touch_all(index);
        }
        self.invalidate_all();
        self.durable.functions.clear();
    }

    fn load_now(&mut self, files: Vec<FileToLoad>, twins: Twins) -> Result<(), StartError> {
        let mut loading = self.loading_of(files, Purpose::Again, twins);
        for loader in self.loaders(&loading, 1) {
            loading.engage(Worker::by_hand(loader));
        }
        loop {
            match self.load_some(&mut loading, None)? {
                Step::Done => break,
                Step::More => {}
                Step::Starved => assert!(loading.step(), "readers have batches to fill"),
            }
        }
        self.end_loading(&mut loading)
    }
}

fn seconds_since(then: MonoNs, now: MonoNs) -> f64 {
    // Good enough for three digits.
    now.since(then) as f64 / 1e9
}
