//! The log's directory: its manifest, and the files that come and go as the log is rewritten.
//!
//! All of it takes syncs, for which the loop has no time: it is done by a worker, in order, and
//! the loop hears of it. What is in the directory is always what some manifest on disk names, and
//! perhaps more: a new file is on disk before it is listed, and one that is no longer needed is
//! removed after it is no longer listed.
//!
//! A manifest that could not be replaced may have been replaced all the same. So a name is used
//! once: whoever tries again takes the next number.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::flush;
use super::manifest::{Manifest, ManifestError, Part};
use super::storage::{File, Mode, Storage};
use crate::sys::worker::Work;

/// The manifest cannot be made longer by accident: names of a few hundred files.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// The directory.
#[derive(Clone)]
pub struct LogDir {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    /// What its files' names begin with.
    prefix: Vec<u8>,
}

/// Why there is no manifest to go by.
#[derive(Debug)]
pub enum Unread {
    Io(io::Error),
    Bad(ManifestError),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Io(error) => error.fmt(f),
            Unread::Bad(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unread {}

impl LogDir {
    /// The directory `dir`, whose files' names begin with `prefix`.
    pub fn new(storage: Arc<dyn Storage>, dir: &[u8], prefix: &[u8]) -> LogDir {
        LogDir {
            storage,
            dir: PathBuf::from(OsStr::from_bytes(dir)),
            prefix: prefix.into(),
        }
    }

    /// Makes it, unless it is there; its name, too, survives a power failure.
    ///
    /// # Errors
    /// As the system has them.
    pub fn create(&self) -> io::Result<()> {
        self.storage.create_dir(&self.dir)?;
        self.storage
            .sync_dir(self.dir.parent().unwrap_or(Path::new("")))
    }

    /// Makes the names in it survive a power failure.
    ///
    /// # Errors
    /// As the system has them.
    pub fn sync(&self) -> io::Result<()> {
        self.storage.sync_dir(&self.dir)
    }

    /// What its files' names begin with.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a file of the log is.
    pub fn path(&self, name: &[u8]) -> PathBuf {
        self.dir.join(OsStr::from_bytes(name))
    }

    /// Where the manifest is.
    pub fn manifest_path(&self) -> PathBuf {
        self.path(&[&self.prefix[..], b".manifest"].concat())
    }

    /// The manifest, if there is one.
    ///
    /// # Errors
    /// If it cannot be read, or is not well formed.
    pub fn read_manifest(&self) -> Result<Option<Manifest>, Unread> {
        let file = match self.storage.open(&self.manifest_path(), Mode::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Unread::Io)?,
        };
        let len = file.len().map_err(Unread::Io)?.min(MANIFEST_BYTES_MAX);
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        file.read_full_at(&mut bytes, 0).map_err(Unread::Io)?;
        Manifest::parse(&bytes).map(Some).map_err(Unread::Bad)
    }

    /// Replaces the manifest, so that whoever opens it finds the old or the new one.
    ///
    /// # Errors
    /// As the system has them; it may have been replaced all the same.
    pub fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        let path = self.manifest_path();
        let mut temporary = path.clone().into_os_string();
        temporary.push(".temp");
        let temporary = PathBuf::from(temporary);
        let mut file = self.storage.open(&temporary, Mode::Create)?;
        file.append_all(&manifest.to_bytes())?;
        file.sync()?;
        self.storage.rename(&temporary, &path)?;
        self.storage.sync_dir(&self.dir)
    }

    /// Makes a new incremental, ours and on disk; not listed yet.
    ///
    /// # Errors
    /// As the system has them.
    pub fn new_incremental(&self, part: &Part) -> io::Result<Box<dyn File>> {
        let path = self.path(&part.name);
        // Left behind by a crash: somebody might still have it open.
        self.remove_file(&path)?;
        let mut file = self.storage.open(&path, Mode::Create)?;
        flush::begin(&mut *file)?;
        self.storage.sync_dir(&self.dir)?;
        Ok(file)
    }

    /// Opens an incremental to append to it.
    ///
    /// # Errors
    /// As the system has them.
    pub fn open_incremental(&self, part: &Part) -> io::Result<Box<dyn File>> {
        let mut file = self.storage.open(&self.path(&part.name), Mode::Append)?;
        flush::begin(&mut *file)?;
        Ok(file)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        match self.storage.remove(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Removes files that are not listed any more, and takes those that are gone off the list.
    fn clean(&self, cleaning: &Cleaning) -> io::Result<()> {
        let Cleaning {
            listing,
            parts,
            manifest,
        } = cleaning;
        if let Some(listing) = listing {
            self.write_manifest(listing)?;
        }
        for part in parts {
            let path = self.path(&part.name);
            match self.remove_file(&path) {
                Ok(()) => log::info!("Removed {}, which is no longer needed", path.display()),
                Err(error) => log::warn!("Removing {}: {error}", path.display()),
            }
        }
        self.write_manifest(manifest)
    }
}

/// What the worker is asked to do.
pub enum Job {
    /// Make an incremental, and replace the manifest with one that lists it, if one is given.
    Begin(Part, Option<Manifest>),
    /// Replace the manifest.
    List(Manifest),
    Clean(Cleaning),
}

/// Files that go.
pub struct Cleaning {
    /// Replaces the manifest before: a file that goes is history first, so nobody goes back to a
    /// generation that is not whole.
    pub listing: Option<Manifest>,
    pub parts: Vec<Part>,
    /// Replaces the manifest in the end: it does not name them.
    pub manifest: Manifest,
}

/// What the worker answers.
pub enum Done {
    Begun(io::Result<Box<dyn File>>),
    Listed(io::Result<()>),
    Cleaned(io::Result<()>),
}

impl Work<Job, Done> for LogDir {
    fn work(&mut self, jobs: &mut VecDeque<Job>, answer: &mut dyn FnMut(Done)) {
        let Some(job) = jobs.pop_front() else {
            return;
        };
        answer(match job {
            Job::Begin(part, listing) => Done::Begun(self.begin(&part, listing.as_ref())),
            Job::List(manifest) => Done::Listed(self.write_manifest(&manifest)),
            Job::Clean(cleaning) => Done::Cleaned(self.clean(&cleaning)),
        });
    }
}

impl LogDir {
    /// Makes an incremental, and lists it if there is a manifest for that.
    ///
    /// # Errors
    /// As the system has them.
    pub fn begin(&self, part: &Part, listing: Option<&Manifest>) -> io::Result<Box<dyn File>> {
        let file = self.new_incremental(part)?;
        if let Some(manifest) = listing {
            self.write_manifest(manifest)?;
        }
        Ok(file)
    }
}
