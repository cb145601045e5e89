//! A file that says which process this is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file; it goes when this value goes.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes the process's id to `path`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(path: &Path) -> io::Result<PidFile> {
        fs::write(path, format!("{}\n", std::process::id()))?;
        // The working directory may change before the end.
        Ok(PidFile(std::path::absolute(path)?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Best effort: there is nobody left to tell.
        let _ = fs::remove_file(&self.0);
    }
}
/// Whether a process of this number is there, as far as can be seen.
pub fn is_running(process: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let known = i32::try_from(process).ok().and_then(Pid::from_raw);
    // One that may not be asked is there.
    known.is_some_and(|process| test_kill_process(process) != Err(Errno::SRCH))
}
