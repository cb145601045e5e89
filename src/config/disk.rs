//! The files of a configuration as they are on the disk.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::file::Files;
use super::path;
use crate::ds::glob::{Case, Glob};

/// The disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        fs::read(path(name))
    }

    fn matching(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let (root, pattern) = match pattern.strip_prefix(b"/") {
            Some(rest) => (PathBuf::from("/"), rest),
            None => (PathBuf::new(), pattern),
        };
        let mut found = vec![root];
        for part in pattern
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
        {
            found = found.iter().flat_map(|dir| entries(dir, part)).collect();
        }
        found
            .into_iter()
            .map(|path| path.into_os_string().into_vec())
            .collect()
    }

    fn enter(&self, dir: &[u8]) -> io::Result<Vec<u8>> {
        std::env::set_current_dir(path(dir))?;
        Ok(std::env::current_dir()?.into_os_string().into_vec())
    }
}

/// The entries of `dir` that match one part of a pattern, in order; hidden ones only if the part
/// begins with a dot.
fn entries(dir: &Path, part: &[u8]) -> Vec<PathBuf> {
    if !part
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'))
    {
        let path = dir.join(OsStr::from_bytes(part));
        return if path.exists() {
            vec![path]
        } else {
            Vec::new()
        };
    }
    let here = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let glob = Glob::new(part, Case::Sensitive);
    let Ok(listed) = fs::read_dir(here) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = listed
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .filter(|name| part.starts_with(b".") || !name.as_bytes().starts_with(b"."))
        .filter(|name| glob.matches(name.as_bytes()))
        .map(|name| dir.join(name))
        .collect();
    found.sort();
    found
}

/// Replaces the file at `path` by `text`: whoever reads it sees the old text or the new one, also
/// after the machine lost power.
///
/// # Errors
/// If the directory does not let us write beside the file; the file is then as it was.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".tmp-{}", std::process::id()));
    let beside = PathBuf::from(name);
    let replaced = write_new(&beside, text, mode_of(path)).and_then(|()| {
        fs::rename(&beside, path)?;
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        File::open(dir)?.sync_all()
    });
    if replaced.is_err() {
        // Best effort: the error that matters is the one returned.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// The permissions of a file that is new.
const NEW_FILE_MODE: u32 = 0o644;

/// The permissions that the file has, so that a secret in it stays one.
fn mode_of(path: &Path) -> u32 {
    match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(_) => NEW_FILE_MODE,
    }
}

fn write_new(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_permissions() {
        let dir = std::env::temp_dir().join(format!("ruddle-disk-{}", std::process::id()));
        fs::create_dir_all(dir.join("conf.d")).unwrap();
        let file = dir.join("a.conf");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode_of(&file), 0o600);
        assert!(replace(&dir.join("gone/x"), b"").is_err());

        for name in [
            "conf.d/2.conf",
            "conf.d/1.conf",
            "conf.d/.hidden.conf",
            "conf.d/other",
        ] {
            fs::write(dir.join(name), "").unwrap();
        }
        let pattern = dir.join("c*.d/*.conf").into_os_string().into_vec();
        let found: Vec<Vec<u8>> = Disk.matching(&pattern);
        let wanted = ["conf.d/1.conf", "conf.d/2.conf"];
        let wanted = wanted.map(|name| dir.join(name).into_os_string().into_vec());
        assert_eq!(found, wanted);
        assert_eq!(
            fs::read_dir(&dir).unwrap().count(),
            2,
            "nothing is left beside it"
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
