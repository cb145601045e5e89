//! A simulated disk: it keeps exactly what POSIX promises, and fails where a test wants it to.
//!
//! Files and names have two states: what programs see, and what a power failure would leave. A
//! crash ([`SimDisk::crash`]) settles what lies between by chance: of the bytes written since the
//! last sync any part may be there, sector by sector and torn within one, in any order, with zeros
//! where the length arrived before the bytes; a file's cut may or may not have happened; names
//! changed since the last sync of the directory survive up to some moment, in the order they were
//! changed (as journalling file systems have it), or, where the test wants that
//! ([`Names::Unordered`]), any of them without the others, as POSIX allows. What was synced is
//! there, always.
//!
//! Faults are planned by the number of the operation ([`SimDisk::plan`]) or come by chance
//! ([`SimDisk::disturb`]): errors, short writes, a crash or a kill in the middle. After those two
//! every operation fails until [`SimDisk::restart`] or [`SimDisk::reopen`], so whoever still runs
//! can do no more harm.
//!
//! A worker that goes in steps pauses before each operation (`sys::steps`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::storage::{File, Mode, Storage};
use crate::sys::steps::pause;

/// The unit in which a disk writes all or nothing, mostly.
const SECTOR_BYTES: usize = 512;

/// What goes wrong with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device fails.
    Io,
    /// The device is full: a write stops, or writes less than it should.
    Full,
    /// A write takes only a part; other operations are not affected.
    Short,
    /// The power fails: the operation may have happened, and nothing after it does.
    Crash,
    /// The process is killed, likewise; but what it had written is there.
    Kill,
}

/// What is left of changed names that no sync of their directory has made durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// The first ones, up to some moment; a sync of one directory also does what came before it in
    /// others.
    #[default]
    Ordered,
    /// Any of them.
    Unordered,
}

/// How many operations of 1,000 fail by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disturbance {
    pub io: u16,
    pub full: u16,
    pub short: u16,
}

/// A disk; clones are the same disk.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

struct State {
    random: fastrand::Rng,
    files: Vec<Content>,
    names: BTreeMap<PathBuf, Name>,
    /// The names that a power failure would leave, and the changes since, in order.
    durable_names: BTreeMap<PathBuf, Name>,
    renames: Vec<NameChange>,
    /// Operations so far.
    operations: u64,
    faults: BTreeMap<u64, Fault>,
    disturbance: Disturbance,
    order: Names,
    down: Option<Down>,
    /// Counts restarts: files opened before one are dead.
    life: u64,
}

/// Why nothing works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Down {
    Crashed,
    Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    File(usize),
    Dir,
}

/// One name changed: what it stands for now.
struct NameChange {
    name: PathBuf,
    now: Option<Name>,
    /// The change before it belongs to the same operation.
    with_previous: bool,
}

/// The bytes of a file.
#[derive(Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Changes since the last sync, in order.
    pending: Vec<Pending>,
    /// What was written before a sync that failed: no later one brings it to the disk.
    lost: Vec<Range<usize>>,
}

#[derive(Clone)]
enum Pending {
    Write { at: usize, bytes: Vec<u8> },
    Cut(usize),
}

impl SimDisk {
    /// An empty disk with the root directory, whose chances come from `seed`.
    pub fn new(seed: u64) -> SimDisk {
        SimDisk(Arc::new(Mutex::new(State {
            random: fastrand::Rng::with_seed(seed),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            renames: Vec::new(),
            operations: 0,
            faults: BTreeMap::new(),
            disturbance: Disturbance::default(),
            order: Names::default(),
            down: None,
            life: 0,
        })))
    }

    /// An operation begins; whoever drives this thread goes first.
    fn operate(&self) -> MutexGuard<'_, State> {
        pause();
        self.state()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets operation number `operation` (see [`SimDisk::operations`]) fail.
    pub fn plan(&self, operation: u64, fault: Fault) {
        self.state().faults.insert(operation, fault);
    }

    /// Lets operations fail by chance.
    pub fn disturb(&self, disturbance: Disturbance) {
        self.state().disturbance = disturbance;
    }

    /// What a power failure does to names from now on.
    pub fn keep_names(&self, order: Names) {
        self.state().order = order;
    }

    /// Forgets all planned faults, and those by chance.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.disturbance = Disturbance::default();
    }

    /// Operations so far: the number of the next one.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Whether the power has failed, or the process was killed.
    pub fn is_down(&self) -> bool {
        self.state().down.is_some()
    }

    /// Whether the power has failed.
    pub fn has_crashed(&self) -> bool {
        self.state().down == Some(Down::Crashed)
    }

    /// The power fails now.
    pub fn crash(&self) {
        self.state().down = Some(Down::Crashed);
    }

    /// The process is killed now.
    pub fn kill(&self) {
        self.state().down = Some(Down::Killed);
    }

    /// The machine starts again: what was not synced is there in part, by chance.
    pub fn restart(&self) {
        let mut state = self.state();
        state.down = None;
        state.life += 1;
        state.settle_names();
        let State { files, random, .. } = &mut *state;
        for content in files {
            content.settle(random);
        }
    }

    /// Starts the process again without a power failure: all that was written is there.
    pub fn reopen(&self) {
        let mut state = self.state();
        let crashed = state.down == Some(Down::Crashed);
        assert!(!crashed, "after a crash the machine is restarted");
        state.down = None;
        state.life += 1;
    }

    /// All names, what they stand for, and what they would after a power failure, to be shown.
    pub fn describe(&self) -> String {
        let state = self.state();
        let mut told = String::new();
        let both = state.names.keys().chain(state.durable_names.keys());
        let both: std::collections::BTreeSet<&PathBuf> = both.collect();
        for name in both {
            let show = |found: Option<&Name>| match found {
                None => "nothing".to_owned(),
                Some(Name::Dir) => "a directory".to_owned(),
                Some(Name::File(file)) => {
                    let Content { now, durable, .. } = &state.files[*file];
                    format!("file {file} ({} of {} bytes)", durable.len(), now.len())
                }
            };
            let (now, then) = (state.names.get(name), state.durable_names.get(name));
            told += &format!("    {}: {}", name.display(), show(now));
            if now != then {
                told += &format!(", on disk {}", show(then));
            }
            told.push('\n');
        }
        told
    }

    /// The bytes of a file, to look at or to damage.
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let file = state.file_of(path).ok()?;
        Some(state.files[file].now.clone())
    }

    /// Replaces the bytes of a file, durably: damage, or a file from elsewhere.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let file = state.files.len();
        state.files.push(Content {
            now: bytes.to_vec(),
            durable: bytes.to_vec(),
            ..Content::default()
        });
        state.names.insert(path.into(), Name::File(file));
        state.durable_names.insert(path.into(), Name::File(file));
    }
}

impl State {
    /// Counts an operation; what is planned to go wrong with it, if that is not plain failure.
    fn begin(&mut self) -> io::Result<Option<Fault>> {
        match self.count()? {
            Some(Fault::Io) => Err(device_failed()),
            other => Ok(other),
        }
    }

    /// Counts an operation; what is planned to go wrong with it.
    fn count(&mut self) -> io::Result<Option<Fault>> {
        self.check_power()?;
        let planned = self.faults.get(&self.operations).copied();
        let fault = planned.or_else(|| self.by_chance());
        self.operations += 1;
        self.down = match fault {
            Some(Fault::Crash) => Some(Down::Crashed),
            Some(Fault::Kill) => Some(Down::Killed),
            _ => None,
        };
        Ok(fault)
    }

    fn check_power(&self) -> io::Result<()> {
        match self.down {
            Some(_) => Err(power_failed()),
            None => Ok(()),
        }
    }

    fn by_chance(&mut self) -> Option<Fault> {
        let Disturbance { io, full, short } = self.disturbance;
        if io + full + short == 0 {
            return None;
        }
        let drawn = self.random.u16(..1000);
        match drawn {
            _ if drawn < io => Some(Fault::Io),
            _ if drawn < io + full => Some(Fault::Full),
            _ if drawn < io + full + short => Some(Fault::Short),
            _ => None,
        }
    }

    /// The end of an operation: it is not heard of if the power failed meanwhile.
    fn end<T>(&self, result: T) -> io::Result<T> {
        self.check_power()?;
        Ok(result)
    }

    fn file_of(&self, path: &Path) -> io::Result<usize> {
        match self.names.get(path) {
            Some(Name::File(file)) => Ok(*file),
            Some(Name::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn rename(&mut self, path: &Path, now: Option<Name>, with_previous: bool) {
        match now {
            Some(name) => self.names.insert(path.into(), name),
            None => self.names.remove(path),
        };
        self.renames.push(NameChange {
            name: path.into(),
            now,
            with_previous,
        });
    }

    /// Names as they are after a crash: some first changes happened, the others did not; or any.
    fn settle_names(&mut self) {
        let changes = std::mem::take(&mut self.renames);
        let first = self.random.usize(..=changes.len());
        // Often all or nothing.
        let chance = match self.random.u8(..4) {
            0 => 0.0,
            1 => 1.0,
            _ => self.random.f64(),
        };
        let mut happened = false;
        for (index, change) in changes.into_iter().enumerate() {
            if !change.with_previous {
                happened = match self.order {
                    Names::Ordered => index < first,
                    Names::Unordered => self.random.f64() < chance,
                };
            }
            if happened {
                self.make_durable(change);
            }
        }
        self.drop_orphans();
        self.names = self.durable_names.clone();
    }

    fn make_durable(&mut self, NameChange { name, now, .. }: NameChange) {
        match now {
            Some(now) => self.durable_names.insert(name, now),
            None => self.durable_names.remove(&name),
        };
    }

    /// What stood in a directory that is not there is not there either.
    fn drop_orphans(&mut self) {
        let names = self.durable_names.clone();
        let is_there = |dir: &Path| dir.parent().is_none() || names.get(dir) == Some(&Name::Dir);
        self.durable_names
            .retain(|name, _| name.parent().is_none_or(is_there));
    }
}

impl Content {
    /// The bytes as they stand reach the disk, but for those a failed sync lost.
    fn sync(&mut self) {
        let before = std::mem::replace(&mut self.durable, self.now.clone());
        for lost in &self.lost {
            for at in lost.start..lost.end.min(self.durable.len()) {
                self.durable[at] = before.get(at).copied().unwrap_or(0);
            }
        }
        self.pending.clear();
    }

    /// A sync failed: the system takes the bytes for clean and forgets them.
    fn lose(&mut self) {
        for pending in self.pending.drain(..) {
            if let Pending::Write { at, bytes } = pending {
                self.lost.push(at..at + bytes.len());
            }
        }
    }

    /// Writes what stands from `from` on again.
    fn renew(&mut self, from: usize) {
        let from = from.min(self.now.len());
        let bytes = self.now[from..].to_vec();
        self.lost.retain(|lost| lost.start < from);
        for lost in &mut self.lost {
            lost.end = lost.end.min(from);
        }
        self.pending.push(Pending::Write { at: from, bytes });
    }

    fn cut(&mut self, len: usize) {
        self.now.truncate(len);
        self.lost.retain(|lost| lost.start < len);
        self.pending.push(Pending::Cut(len));
    }

    /// Bytes as they are after a crash.
    fn settle(&mut self, random: &mut fastrand::Rng) {
        let mut bytes = std::mem::take(&mut self.durable);
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Cut(len) if random.bool() => bytes.truncate(len),
                Pending::Cut(_) => {}
                Pending::Write { at, bytes: written } => {
                    write_in_part(&mut bytes, at, &written, random);
                }
            }
        }
        self.now = bytes.clone();
        self.durable = bytes;
    }
}

/// Some sectors of a write arrive, whole or torn; the length may arrive without them.
fn write_in_part(bytes: &mut Vec<u8>, at: usize, written: &[u8], random: &mut fastrand::Rng) {
    // Often all or nothing, so that what follows is looked at as well.
    let chance = match random.u8(..4) {
        0 => 0.0,
        1 => 1.0,
        _ => random.f64(),
    };
    let end = at + written.len();
    if chance > 0.0 && random.u8(..8) == 0 && bytes.len() < end {
        bytes.resize(end, 0);
    }
    let mut from = at;
    while from < end {
        let next = end.min((from / SECTOR_BYTES + 1) * SECTOR_BYTES);
        if random.f64() < chance {
            let torn = random.u8(..16) == 0;
            let to = if torn {
                random.usize(from..=next)
            } else {
                next
            };
            if bytes.len() < to {
                bytes.resize(to, 0);
            }
            bytes[from..to].copy_from_slice(&written[from - at..to - at]);
        }
        from = next;
    }
}

fn power_failed() -> io::Error {
    io::Error::other("the power failed")
}

fn device_failed() -> io::Error {
    io::Error::from_raw_os_error(libc::EIO)
}

fn full() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOSPC)
}

impl Storage for SimDisk {
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn File>> {
        let mut state = self.operate();
        let fault = state.begin()?;
        let file = match (state.file_of(path), mode) {
            (Ok(file), Mode::Create) => {
                state.files[file].cut(0);
                file
            }
            (Ok(file), _) => file,
            (Err(error), Mode::Create) if error.kind() == io::ErrorKind::NotFound => {
                if fault == Some(Fault::Full) {
                    return Err(full());
                }
                let file = state.files.len();
                state.files.push(Content::default());
                state.rename(path, Some(Name::File(file)), false);
                file
            }
            (Err(error), _) => return Err(error),
        };
        let life = state.life;
        let disk = self.clone();
        state.end(Box::new(SimFile { disk, file, life }) as Box<dyn File>)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate();
        if state.begin()? == Some(Fault::Full) {
            return Err(full());
        }
        let file = state.file_of(from)?;
        state.rename(to, Some(Name::File(file)), false);
        state.rename(from, None, true);
        state.end(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate();
        state.begin()?;
        state.file_of(path)?;
        state.rename(path, None, false);
        state.end(())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate();
        state.begin()?;
        match state.names.get(path) {
            Some(Name::Dir) => {}
            Some(Name::File(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
            None => state.rename(path, Some(Name::Dir), false),
        }
        state.end(())
    }

    fn renew(&self, path: &Path, from: u64) -> io::Result<()> {
        let mut state = self.operate();
        match state.begin()? {
            None | Some(Fault::Short) => {}
            Some(Fault::Full) => return Err(full()),
            Some(_) => return Err(power_failed()),
        }
        let file = state.file_of(path)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        state.files[file].renew(from);
        // The sync, which may fail again.
        match state.count()? {
            None | Some(Fault::Short) => state.files[file].sync(),
            Some(Fault::Io | Fault::Full) => {
                state.files[file].lose();
                return Err(device_failed());
            }
            Some(Fault::Crash | Fault::Kill) => return Err(power_failed()),
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        let mut state = self.operate();
        state.begin()?;
        let is_root = dir
            .parent()
            .is_none_or(|parent| parent.as_os_str().is_empty());
        if !is_root && state.names.get(dir) != Some(&Name::Dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let names = state.names.keys();
        let here = names.filter(|name| name.parent() == Some(dir));
        let names = here.filter_map(|name| Some(name.file_name()?.to_owned()));
        let names = names.collect();
        state.end(names)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.operate();
        state.begin()?;
        state.check_power()?;
        // A journal is written in order: what came before in other directories goes with it.
        let here = |change: &NameChange| change.name.parent() == Some(dir);
        let last = state.renames.iter().rposition(here);
        let count = last.map_or(0, |last| last + 1);
        let first: Vec<NameChange> = state.renames.drain(..count).collect();
        let mut left = Vec::new();
        for change in first {
            match state.order == Names::Ordered || here(&change) {
                true => state.make_durable(change),
                false => left.push(change),
            }
        }
        state.renames.splice(..0, left);
        Ok(())
    }
}

/// An open file of a simulated disk.
struct SimFile {
    disk: SimDisk,
    file: usize,
    life: u64,
}

impl SimFile {
    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.operate();
        if state.life == self.life {
            Ok(state)
        } else {
            Err(power_failed())
        }
    }

    fn begin(&self) -> io::Result<(MutexGuard<'_, State>, Option<Fault>)> {
        let mut state = self.alive()?;
        let fault = state.begin()?;
        Ok((state, fault))
    }
}

impl File for SimFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let (state, fault) = self.begin()?;
        let bytes = &state.files[self.file].now;
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let mut count = buf.len().min(bytes.len() - from);
        if fault == Some(Fault::Short) {
            count = count.div_ceil(2);
        }
        buf[..count].copy_from_slice(&bytes[from..from + count]);
        state.end(count)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut state, fault) = self.begin()?;
        let count = match fault {
            None => bytes.len(),
            Some(Fault::Full) if bytes.len() < 2 => return Err(full()),
            Some(Fault::Full) if state.random.bool() => return Err(full()),
            Some(_) => state.random.usize(..=bytes.len()).max(1).min(bytes.len()),
        };
        let content = &mut state.files[self.file];
        let at = content.now.len();
        content.now.extend_from_slice(&bytes[..count]);
        content.pending.push(Pending::Write {
            at,
            bytes: bytes[..count].to_vec(),
        });
        state.end(count)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.alive()?;
        match state.count()? {
            Some(Fault::Crash | Fault::Kill) => return Err(power_failed()),
            Some(Fault::Io | Fault::Full) => {
                state.files[self.file].lose();
                return Err(device_failed());
            }
            Some(Fault::Short) | None => state.files[self.file].sync(),
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        let (state, _) = self.begin()?;
        let len = state.files[self.file].now.len();
        state.end(len as u64)
    }

    fn share(&self) -> io::Result<Box<dyn File>> {
        Ok(Box::new(SimFile {
            disk: self.disk.clone(),
            file: self.file,
            life: self.life,
        }))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let (mut state, _) = self.begin()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        state.files[self.file].cut(len);
        state.end(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::storage::tests::check_storage;
    use super::*;

    const DIR: &str = "/";

    fn path(name: &str) -> PathBuf {
        Path::new(DIR).join(name)
    }

    #[test]
    fn without_faults_it_is_a_disk() {
        check_storage(&SimDisk::new(1), Path::new(DIR));
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_perhaps() {
        let mut kept = [0; 3];
        for seed in 0..200 {
            let disk = SimDisk::new(seed);
            let mut file = disk.open(&path("log"), Mode::Create).unwrap();
            file.append_all(&[1; 1000]).unwrap();
            file.sync().unwrap();
            disk.sync_dir(Path::new(DIR)).unwrap();
            file.append_all(&[2; 3000]).unwrap();
            disk.open(&path("new"), Mode::Create).unwrap();
            disk.crash();
            assert!(file.append(b"x").is_err());
            disk.restart();
            assert!(file.append(b"x").is_err(), "opened in another life");
            let bytes = disk.contents(&path("log")).expect("its name was synced");
            assert_eq!(bytes[..1000], [1; 1000]);
            assert!(bytes[1000..].iter().all(|byte| [0, 2].contains(byte)));
            kept[0] += usize::from(bytes.len() == 1000);
            kept[1] += usize::from(bytes.len() == 4000);
            kept[2] += usize::from(disk.contents(&path("new")).is_some());
        }
        // All outcomes happen.
        assert!(
            kept.iter().all(|count| (10..190).contains(count)),
            "{kept:?}"
        );
    }

    #[test]
    fn a_rename_is_never_seen_by_halves() {
        for seed in 0..100 {
            let disk = SimDisk::new(seed);
            disk.put(&path("a"), b"old");
            let mut file = disk.open(&path("temp"), Mode::Create).unwrap();
            file.append_all(b"new").unwrap();
            file.sync().unwrap();
            disk.rename(&path("temp"), &path("a")).unwrap();
            disk.crash();
            disk.restart();
            let bytes = disk.contents(&path("a")).expect("one or the other");
            assert!(bytes == b"old" || bytes == b"new");
            let both = bytes == b"new" && disk.contents(&path("temp")).is_some();
            assert!(!both, "seed {seed}");
        }
    }

    #[test]
    fn a_failed_sync_loses_what_was_written_before_it() {
        let disk = SimDisk::new(1);
        let mut file = disk.open(&path("log"), Mode::Create).unwrap();
        disk.sync_dir(Path::new(DIR)).unwrap();
        file.append_all(b"ab").unwrap();
        file.sync().unwrap();
        file.append_all(b"cd").unwrap();
        disk.plan(disk.operations(), Fault::Io);
        assert!(file.sync().is_err());
        file.append_all(b"ef").unwrap();
        file.sync().unwrap();
        assert_eq!(disk.contents(&path("log")).unwrap(), b"abcdef");
        // Written again, it is there.
        file.append_all(b"g").unwrap();
        disk.plan(disk.operations(), Fault::Io);
        assert!(file.sync().is_err());
        disk.reopen();
        assert_eq!(disk.contents(&path("log")).unwrap(), b"abcdefg");
        disk.renew(&path("log"), 6).unwrap();
        disk.crash();
        disk.restart();
        assert_eq!(disk.contents(&path("log")).unwrap(), b"ab\0\0efg");
    }

    #[test]
    fn writes_fail_as_planned() {
        let disk = SimDisk::new(3);
        let mut file = disk.open(&path("log"), Mode::Create).unwrap();
        disk.plan(disk.operations(), Fault::Io);
        assert_eq!(
            file.append(b"abc").unwrap_err().raw_os_error(),
            Some(libc::EIO)
        );
        disk.plan(disk.operations(), Fault::Short);
        assert!((1..=3).contains(&file.append(b"abc").unwrap()));
        for _ in 0..20 {
            disk.plan(disk.operations(), Fault::Full);
            match file.append(b"abc") {
                Ok(count) => assert!((1..=3).contains(&count)),
                Err(error) => assert_eq!(error.raw_os_error(), Some(libc::ENOSPC)),
            }
        }
        disk.heal();
        file.append_all(b"abc").unwrap();
    }
}
