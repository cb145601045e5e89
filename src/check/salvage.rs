//! Saves the good blocks of a damaged snapshot into a new file.
//!
//! Only a file in our own format has blocks that can be trusted one by one; the one checksum of an
//! RDB file covers all of it or nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::VersionCheck;
use crate::persist::dump;
use crate::persist::native::{self, Salvaged};
use crate::persist::storage::{Mode, Storage};
use crate::rdb::damage::{Damage, What};

/// Why nothing was saved.
#[derive(Debug)]
pub enum Unsaved {
    Io(PathBuf, io::Error),
    /// There is a file of that name.
    Taken(PathBuf),
    /// The damaged file is in Redis's format.
    Rdb(PathBuf),
    /// It has nothing of a snapshot in it.
    Nothing(PathBuf, Damage),
}

impl fmt::Display for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsaved::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Unsaved::Taken(path) => {
                write!(
                    f,
                    "{}: there is such a file; name a new one",
                    path.display()
                )
            }
            Unsaved::Rdb(path) => write!(
                f,
                "{}: an RDB file has no blocks to save; --print shows the keys before the damage",
                path.display()
            ),
            Unsaved::Nothing(path, damage) => write!(f, "{}: {damage}", path.display()),
        }
    }
}

impl std::error::Error for Unsaved {}

/// Writes what is good in `from` to the new file `to`, under the new number `id`.
///
/// # Errors
/// If there is nothing to save, or no place to save it to.
pub fn salvage(
    storage: &dyn Storage,
    from: &Path,
    to: &Path,
    id: u32,
) -> Result<Salvaged, Unsaved> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Unsaved::Io(path, error)
    };
    let damaged = |damage: Damage| match damage.what {
        What::Io(error) => Unsaved::Io(from.into(), error),
        what => Unsaved::Nothing(from.into(), Damage { what, ..damage }),
    };
    let source = storage.open(from, Mode::Read).map_err(failed(from))?;
    let shared = source.share().map_err(failed(from))?;
    if let Ok(Some(_)) = dump::Reader::open(shared, false, VersionCheck::Strict) {
        return Err(Unsaved::Rdb(from.into()));
    }
    // No file is made for nothing.
    native::survey(&*source).map_err(damaged)?;
    if storage.open(to, Mode::Read).is_ok() {
        return Err(Unsaved::Taken(to.into()));
    }
    let mut file = storage.open(to, Mode::Create).map_err(failed(to))?;
    let salvaged = native::salvage(&*source, &mut *file, id).map_err(damaged)?;
    file.sync().map_err(failed(to))?;
    let dir = to.parent().unwrap_or(Path::new(""));
    storage.sync_dir(dir).map_err(failed(to))?;
    Ok(salvaged)
}
