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
