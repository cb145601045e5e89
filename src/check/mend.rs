//! Cuts a log where it should end, and keeps what is cut off.
//!
//! Only the last file that holds a command is ever cut: what follows builds on what stands before.
//! The end is first copied to a file of its own and that is on disk before the log is touched.

use std::io;
use std::path::{Path, PathBuf};

use super::Verdict;
use super::log::{FileFound, Found, Place};
use crate::ds::iso_time;
use crate::persist::flush;
use crate::persist::log_reader::Checked;
use crate::persist::storage::{File, Mode, Storage};

/// Bytes copied at once.
const COPY_BYTES: usize = 256 * 1024;

/// A cut that is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub path: PathBuf,
    pub at: u64,
    /// The flush that it goes through: what is kept of that one is written anew.
    pub flush_at: Option<u64>,
    pub file_bytes: u64,
    /// Whole flushes that are lost with it.
    pub lost: Checked,
}

impl Cut {
    /// From here on the file is copied before it is cut.
    pub fn from(&self) -> u64 {
        self.flush_at.unwrap_or(self.at).min(self.at)
    }

    /// How much goes.
    pub fn bytes(&self) -> u64 {
        self.file_bytes.saturating_sub(self.at)
    }
}

/// Why nothing can be cut, in a sentence.
pub type Refusal = String;

/// The cut that leaves what is good; none if all is.
///
/// # Errors
/// If what is wrong cannot be cut off.
pub fn to_good(found: &Found) -> Result<Option<Cut>, Refusal> {
    let is_bad = |file: &FileFound| file.verdict() != Verdict::Fine;
    let Some(first) = found.files.iter().position(is_bad) else {
        return Ok(None);
    };
    let file = &found.files[first];
    if let Some(other) = found.files[first + 1..].iter().find(|file| is_bad(file)) {
        return Err(format!(
            "{} and {} are both damaged",
            file.path.display(),
            other.path.display()
        ));
    }
    let fault = file.fault.as_ref();
    match fault.and_then(|fault| Some((fault, fault.good_bytes?))) {
        Some((fault, at)) if found.last == Some(first) => Ok(Some(Cut {
            path: file.path.clone(),
            at,
            flush_at: fault.flush_at,
            file_bytes: file.bytes,
            lost: fault.behind,
        })),
        Some(_) => Err(format!(
            "{} is not the last file of the log: what follows builds on what would be cut off",
            file.path.display()
        )),
        None => Err(format!(
            "{} has no end that could be cut off",
            file.path.display()
        )),
    }
}

/// The cut that leaves what had happened at the second `until`; none if nothing is later.
///
/// # Errors
/// If the log does not tell times, or what is later is not at its end.
pub fn to_time(found: &Found, until: i64) -> Result<Option<Cut>, Refusal> {
    let name = iso_time::text(until);
    let Some(first) = found.files.iter().position(|file| file.later_at.is_some()) else {
        let tells = found.files.iter().any(|file| file.times.is_some());
        let bad = found
            .files
            .iter()
            .find(|file| file.verdict() != Verdict::Fine);
        return match (tells, bad) {
            (_, Some(file)) => Err(format!(
                "up to what is wrong in {} nothing is later than {name}",
                file.path.display()
            )),
            (true, None) => Ok(None),
            (false, None) => Err(
                "the log tells no times: aof-timestamp-enabled was no when it was written".into(),
            ),
        };
    };
    let file = &found.files[first];
    let Some(place) = file.later_at else {
        return Ok(None);
    };
    if found.last != Some(first) {
        return Err(format!(
            "what is later than {name} begins in {} at byte {}, which is not the last file of the \
             log; start the server with --restore-to, or take the later files out of the manifest \
             by hand",
            file.path.display(),
            place.at
        ));
    }
    if place.commands == 0 {
        return Err(format!(
            "{} has nothing from before {name}: what was then is in an older log or a backup",
            file.path.display()
        ));
    }
    Ok(Some(cut_at(file, place)))
}

fn cut_at(file: &FileFound, place: Place) -> Cut {
    Cut {
        path: file.path.clone(),
        at: place.at,
        flush_at: place.flush_at,
        file_bytes: file.bytes,
        lost: Checked::default(),
    }
}

/// Copies what would go to a new file, then cuts; the name of the copy.
///
/// # Errors
/// If the copy cannot be written: then nothing was cut. Or if the file cannot be cut.
pub fn apply(storage: &dyn Storage, cut: &Cut, now_seconds: i64) -> io::Result<PathBuf> {
    let copy = keep(storage, cut, now_seconds)?;
    let mut file = storage.open(&cut.path, Mode::Append)?;
    if file.len()? != cut.file_bytes {
        return Err(io::Error::other(
            "the file has changed since it was read: is a server writing to it?",
        ));
    }
    flush::cut(&mut *file, cut.at, cut.flush_at)?;
    Ok(copy)
}

fn keep(storage: &dyn Storage, cut: &Cut, now_seconds: i64) -> io::Result<PathBuf> {
    let mut name = cut.path.clone().into_os_string();
    name.push(format!(".cut-{}-{now_seconds}", cut.from()));
    let path = PathBuf::from(name);
    if storage.open(&path, Mode::Read).is_ok() {
        return Err(io::Error::other(format!(
            "{} is there already",
            path.display()
        )));
    }
    let from = storage.open(&cut.path, Mode::Read)?;
    let mut to = storage.open(&path, Mode::Create)?;
    copy(&*from, cut.from(), &mut *to)?;
    to.sync()?;
    storage.sync_dir(path.parent().unwrap_or(Path::new("")))?;
    Ok(path)
}

fn copy(from: &dyn File, mut at: u64, to: &mut dyn File) -> io::Result<()> {
    let mut buf = vec![0; COPY_BYTES];
    loop {
        let count = from.read_full_at(&mut buf, at)?;
        if count == 0 {
            return Ok(());
        }
        to.append_all(&buf[..count])?;
        at += count as u64;
    }
}
