//! The library that makes every server's disk slow: built where it is needed, by the C compiler
//! that linked us.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Doing, Failure, Result};

const SOURCE: &str = include_str!("../../tests/shim/slow_fsync.c");
/// What tells the library how long a sync takes, in microseconds.
pub(crate) const DELAY_VARIABLE: &str = "SLOW_FSYNC_US";

/// The library, in a directory of its own that goes with it.
#[derive(Debug)]
pub(crate) struct Shim {
    directory: PathBuf,
}

impl Shim {
    /// Builds it.
    pub(crate) fn build() -> Result<Shim> {
        let name = format!("ruddle-bench-shim-{}", std::process::id());
        let shim = Shim {
            directory: std::env::temp_dir().join(name),
        };
        fs::create_dir_all(&shim.directory).doing("making a directory for the shim")?;
        let source = shim.directory.join("slow_fsync.c");
        fs::write(&source, SOURCE).doing("writing the shim")?;
        let output = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(shim.library())
            .arg(&source)
            .arg("-ldl")
            .output()
            .doing("cc, which builds the shim")?;
        if output.status.success() {
            return Ok(shim);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("cc: {}", said.trim())))
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.directory.join("slow_fsync.so")
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Whether process `pid` has `library` loaded: a server linked statically would ignore it, and its
/// figures mean nothing then.
pub(crate) fn is_loaded(pid: u32, library: &Path) -> Result<bool> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).doing("reading a server's maps")?;
    let path = library.to_string_lossy();
    Ok(maps.lines().any(|line| line.ends_with(&*path)))
}
