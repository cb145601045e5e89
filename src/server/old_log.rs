//! A log of one file, as servers before Redis 7 kept it: it becomes the first base of ours.
//!
//! ```text
//! appendonly.aof   ──▶   appendonlydir/appendonly.aof             the base, of commands or mixed
//!                        appendonlydir/appendonly.aof.manifest    written before the file is moved
//! ```
//!
//! A crash between the two leaves a manifest that names a file which is still at its old place; so
//! that, too, is where a start goes on. Redis 7 does the same, under the same names.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Server;
use super::startup::StartError;
use crate::persist::manifest::{Manifest, Part};
use crate::persist::storage::Mode;

impl Server {
    /// Moves a log of one file into the log's directory, if there is one and no other log.
    pub(super) fn adopt_old_log(&mut self) -> Result<(), StartError> {
        let dir = &self.durable.dir;
        let old = PathBuf::from(OsStr::from_bytes(dir.prefix()));
        let base = Part {
            name: dir.prefix().to_vec(),
            seq: 1,
        };
        let new = dir.path(&base.name);
        if dir.dir() == old || !self.has_file(&old)? {
            return Ok(());
        }
        let manifest = Manifest {
            base: Some(base),
            ..Manifest::default()
        };
        let found = &self.durable.manifest;
        let was_begun = *found == manifest && !self.has_file(&new)?;
        if *found != Manifest::default() && !was_begun {
            return Ok(());
        }
        if self.has_file(&new)? {
            let what = format!(
                "there is no manifest, and {} is there as well: which of the two is the log?",
                old.display()
            );
            return Err(StartError::Log { file: new, what });
        }
        let moved = self.move_old_log(&old, &new, &manifest);
        moved.map_err(|error| StartError::LogFile(old.clone(), error))?;
        log::info!(
            "Successfully migrated an old-style AOF configuration ({}) into the AOF directory ({}).",
            old.display(),
            self.durable.dir.dir().display()
        );
        self.durable.manifest = manifest;
        Ok(())
    }

    fn move_old_log(&self, old: &Path, new: &Path, manifest: &Manifest) -> io::Result<()> {
        let (dir, storage) = (&self.durable.dir, &self.durable.storage);
        dir.write_manifest(manifest)?;
        storage.rename(old, new)?;
        dir.sync()?;
        storage.sync_dir(Path::new(""))
    }

    fn has_file(&self, path: &Path) -> Result<bool, StartError> {
        match self.durable.storage.open(path, Mode::Read) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StartError::LogFile(path.to_owned(), error)),
        }
    }
}
