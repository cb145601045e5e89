//! A file being written from front to back, at a pace the disk can follow.
//!
//! A snapshot is gigabytes that the system would hold back until the final sync, which then takes
//! seconds in which every other sync waits: that of the log, too. So writing to disk is begun for
//! every few megabytes, and waited for after some more.

use std::io;
use std::sync::atomic::Ordering;

use super::dump::Progress;
use super::storage::File;

/// Writing to disk is begun when there is so much.
const BEGIN_BYTES: u64 = 4 * 1024 * 1024;

/// So much may be under way to the disk.
const WAIT_BYTES: u64 = 32 * 1024 * 1024;

const _: () = assert!(WAIT_BYTES > BEGIN_BYTES);

/// A file being written. The first failure is kept, and nothing written behind it.
pub(super) struct Sink<'f> {
    file: &'f mut dyn File,
    progress: &'f Progress,
    /// Whether the disk is given its work as it comes.
    paced: bool,
    written: u64,
    begun: u64,
    synced: u64,
    failure: Option<io::Error>,
}

impl<'f> Sink<'f> {
    pub(super) fn new(file: &'f mut dyn File, progress: &'f Progress, paced: bool) -> Sink<'f> {
        Sink {
            file,
            progress,
            paced,
            written: 0,
            begun: 0,
            synced: 0,
            failure: None,
        }
    }

    /// Bytes written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Whether there is no use in going on.
    #[inline]
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Writes `bytes`; a failure is told by [`Sink::finish`].
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.try_append(bytes).err();
        }
    }

    fn try_append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.progress.cancelled.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.file.append_all(bytes)?;
        self.written += bytes.len() as u64;
        if !self.paced {
            return Ok(());
        }
        if self.written - self.synced >= WAIT_BYTES {
            self.file.sync()?;
            self.synced = self.written;
            self.begun = self.written;
        } else if self.written - self.begun >= BEGIN_BYTES {
            self.file.begin_sync(self.begun..self.written);
            self.begun = self.written;
        }
        Ok(())
    }

    /// Syncs the file; its length.
    pub(super) fn finish(self) -> io::Result<u64> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.file.sync()?;
        Ok(self.written)
    }
}
