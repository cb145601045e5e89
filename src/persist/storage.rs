//! The few operations on files that durability needs, and the real file system behind them.
//!
//! A file is read anywhere and written only at its end: logs grow, snapshots are written from
//! front to back under a temporary name. What survives a power failure is what POSIX promises and
//! no more:
//!
//! - bytes of a file once [`File::sync`] returned;
//! - a name (a file created, renamed or removed) once [`Storage::sync_dir`] of its directory did;
//! - anything else perhaps, in part, in any order.
//!
//! A failed `sync` says nothing about later ones: the system may have dropped the bytes and
//! forgotten the failure, though whoever reads still sees them. Whoever gets one must write the
//! data anew, elsewhere; and who finds a file that another process left, and cannot know, writes
//! its end once more ([`Storage::renew`]).

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

/// Bytes written again at once.
const RENEWED_BYTES: usize = 256 * 1024;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To read; it must exist.
    Read,
    /// To read and append; it must exist.
    Append,
    /// To read and append; it is made, and emptied if it exists.
    Create,
}

/// A file system.
pub trait Storage: Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// As the system has them.
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn File>>;

    /// Gives a file another name, in place of what had it: atomically, for whoever opens it.
    ///
    /// # Errors
    /// As the system has them.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the system has them.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes a directory, unless it is there.
    ///
    /// # Errors
    /// As the system has them.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Writes the bytes of a file from `from` to its end once more, each in its place, so that they
    /// are on disk even if a sync has failed before.
    ///
    /// # Errors
    /// As the system has them; the file is as it was, for whoever reads it.
    fn renew(&self, path: &Path, from: u64) -> io::Result<()>;

    /// The names of the files in a directory, in order.
    ///
    /// # Errors
    /// As the system has them.
    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>>;

    /// Makes the names in a directory survive a power failure.
    ///
    /// # Errors
    /// As the system has them.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file.
pub trait File: Send {
    /// Reads from `offset` on; how many bytes, 0 at the end.
    ///
    /// # Errors
    /// As the system has them.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of `bytes` at the end; how many.
    ///
    /// # Errors
    /// As the system has them; nothing was written then.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes all bytes written so far survive a power failure.
    ///
    /// # Errors
    /// As the system has them; see the module for what a failure means.
    fn sync(&mut self) -> io::Result<()>;

    /// Begins to write these bytes to disk, so that a later [`File::sync`] has less to do. A hint.
    fn begin_sync(&mut self, _range: Range<u64>) {}

    /// The length in bytes.
    ///
    /// # Errors
    /// As the system has them.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes.
    ///
    /// # Errors
    /// As the system has them.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Another handle on the same open file.
    ///
    /// # Errors
    /// As the system has them.
    fn share(&self) -> io::Result<Box<dyn File>>;

    /// Cuts the file to `len` bytes, which it has.
    ///
    /// # Errors
    /// As the system has them.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

impl dyn File + '_ {
    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    /// As [`File::append`]; some bytes may have been written then.
    pub fn append_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.append(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fills `buf` from `offset` on, as far as the file reaches; how many bytes.
    ///
    /// # Errors
    /// As [`File::read_at`].
    pub fn read_full_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_at(&mut buf[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Storage for Disk {
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            Mode::Read => {}
            Mode::Append => {
                options.append(true);
            }
            // Emptied below: one cannot both append and truncate on opening.
            Mode::Create => {
                options.append(true).create(true);
            }
        }
        let file = options.open(path)?;
        if mode == Mode::Create {
            file.set_len(0)?;
        }
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn renew(&self, path: &Path, from: u64) -> io::Result<()> {
        // Not to append: such a file is written at its end, wherever one wants to.
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut buf = vec![0; RENEWED_BYTES];
        let mut at = from;
        loop {
            let count = FileExt::read_at(&file, &mut buf, at)?;
            if count == 0 {
                return file.sync_data();
            }
            file.write_all_at(&buf[..count], at)?;
            at += count as u64;
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        let names = fs::read_dir(named(dir))?.map(|entry| Ok(entry?.file_name()));
        let mut names: Vec<OsString> = names.collect::<io::Result<_>>()?;
        names.sort();
        Ok(names)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fs::File::open(named(dir))?.sync_all()
    }
}

/// The parent of a bare name is "", which means the working directory.
fn named(dir: &Path) -> &Path {
    match dir.as_os_str().is_empty() {
        true => Path::new("."),
        false => dir,
    }
}

impl File for fs::File {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buf, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn begin_sync(&mut self, range: Range<u64>) {
        // For pages that are not on disk yet, the system begins to write them.
        let len = NonZeroU64::new(range.end - range.start);
        let _ = fadvise(&*self, range.start, len, Advice::DontNeed);
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn share(&self) -> io::Result<Box<dyn File>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use super::*;

    /// What every storage must do; `dir` exists and is empty.
    pub(in super::super) fn check_storage(storage: &dyn Storage, dir: &Path) {
        let (a, b) = (dir.join("a"), dir.join("b"));
        let missing = storage.open(&a, Mode::Read).err();
        assert_eq!(missing.unwrap().kind(), io::ErrorKind::NotFound);
        assert!(storage.open(&a, Mode::Append).is_err());
        let mut file = storage.open(&a, Mode::Create).unwrap();
        assert!(file.is_empty().unwrap());
        file.append_all(b"hello world").unwrap();
        file.sync().unwrap();
        let mut buf = [0; 5];
        assert_eq!(file.read_full_at(&mut buf, 6).unwrap(), 5);
        assert_eq!(&buf, b"world");
        assert_eq!(file.read_full_at(&mut buf, 9).unwrap(), 2);
        assert_eq!(file.read_full_at(&mut buf, 20).unwrap(), 0);
        file.truncate(5).unwrap();
        // Whoever writes on after a cut writes at the new end, by whichever handle.
        file.share().unwrap().append_all(b"!").unwrap();
        assert_eq!(file.len().unwrap(), 6);
        drop(file);
        let mut file = storage.open(&a, Mode::Append).unwrap();
        file.append_all(b"?").unwrap();
        assert_eq!(file.len().unwrap(), 7);
        storage.renew(&a, 2).unwrap();
        let mut buf = [0; 9];
        assert_eq!(file.read_full_at(&mut buf, 0).unwrap(), 7);
        assert_eq!(&buf[..7], b"hello!?");
        assert!(storage.renew(&b, 0).is_err());
        storage.create_dir(&dir.join("d")).unwrap();
        storage.create_dir(&dir.join("d")).unwrap();
        storage.rename(&a, &b).unwrap();
        storage.sync_dir(dir).unwrap();
        assert_eq!(storage.list(dir).unwrap(), ["b", "d"]);
        assert!(storage.open(&a, Mode::Read).is_err());
        // An open file is the same under its new name, and without one.
        file.append_all(b".").unwrap();
        storage.open(&a, Mode::Create).unwrap();
        storage.rename(&a, &b).unwrap();
        assert_eq!(file.len().unwrap(), 8);
        let emptied = storage.open(&b, Mode::Create).unwrap();
        assert_eq!(emptied.len().unwrap(), 0);
        storage.remove(&b).unwrap();
        assert!(storage.remove(&b).is_err());
        assert_eq!(storage.list(dir).unwrap(), ["d"]);
        assert!(storage.list(&dir.join("none")).is_err());
    }

    #[test]
    fn the_real_disk_keeps_the_rules() {
        let name = format!("ruddle-storage-{}", std::process::id());
        let dir: PathBuf = std::env::temp_dir().join(name);
        fs::create_dir(&dir).unwrap();
        check_storage(&Disk, &dir);
        fs::remove_dir_all(&dir).unwrap();
    }
}
