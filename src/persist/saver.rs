//! The thread that writes snapshots: it gets a frozen keyspace and gives it back when it is done.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dump::{self, About, Progress};
use super::storage::{Mode, Storage};
use crate::keyspace::FrozenKeyspace;
use crate::sys::worker::Work;

/// A snapshot to be written.
pub struct Job {
    pub frozen: FrozenKeyspace,
    pub target: Target,
    pub about: About,
    pub progress: Arc<Progress>,
}

/// Where a snapshot goes.
#[derive(Clone, Debug)]
pub struct Target {
    pub path: PathBuf,
    /// What it is called until it is complete, in the same directory.
    pub temporary: PathBuf,
}

/// A snapshot that was written, or not.
pub struct Done {
    pub frozen: FrozenKeyspace,
    /// Its length in bytes.
    pub result: io::Result<u64>,
}

/// The thread's work.
pub struct Saver {
    pub storage: Arc<dyn Storage>,
}

impl Work<Job, Done> for Saver {
    fn work(&mut self, jobs: &mut VecDeque<Job>, answer: &mut dyn FnMut(Done)) {
        if let Some(job) = jobs.pop_front() {
            let result = save(&*self.storage, &job);
            answer(Done {
                frozen: job.frozen,
                result,
            });
        }
    }
}

/// Writes a snapshot under its temporary name, and gives it the right one when all of it is on
/// disk; how many bytes.
///
/// # Errors
/// If that is not possible; what stood under the name before stands there still.
pub fn save(storage: &dyn Storage, job: &Job) -> io::Result<u64> {
    let Target { path, temporary } = &job.target;
    let result = write(storage, job, temporary).and_then(|bytes| {
        storage.rename(temporary, path)?;
        storage.sync_dir(path.parent().unwrap_or(Path::new("")))?;
        Ok(bytes)
    });
    if result.is_err() {
        // It may not even be there.
        drop(storage.remove(temporary));
    }
    result
}

fn write(storage: &dyn Storage, job: &Job, path: &Path) -> io::Result<u64> {
    let mut file = storage.open(path, Mode::Create)?;
    dump::write(&job.frozen, &mut *file, &job.about, &job.progress)
}
