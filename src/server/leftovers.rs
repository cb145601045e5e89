//! What a killed process left behind: snapshots under their temporary names, never complete and
//! never read.
//!
//! Such a name has the number of the process that wrote it. If a process of that number is there,
//! the file stays: it may be ours, and still be written. What has any other name is nobody's to
//! remove.

use std::ffi::OsStr;
use std::path::Path;

use super::Server;
use crate::sys::pid_file::is_running;

/// What temporary names begin with, behind `temp-`, and what they end with; digits are between.
const FORMS: [(&str, &[&str]); 4] = [
    // Snapshots, of Redis, too.
    ("", &[".rdb"]),
    // Bases of the log; Redis has two names for them.
    ("rewriteaof-", &[".aof"]),
    ("rewriteaof-bg-", &[".aof"]),
    // Snapshots for SYNC.
    ("sync-", &[".rdb", ".part"]),
];

/// The number of the process that wrote the file of this temporary name, if it is one.
fn writer_of(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?.strip_prefix("temp-")?;
    FORMS.iter().find_map(|(begin, ends)| {
        let rest = name.strip_prefix(begin)?;
        let middle = ends.iter().find_map(|end| rest.strip_suffix(end))?;
        let digits = match *begin {
            "sync-" => {
                let (digits, number) = middle.split_once('-')?;
                number.parse::<u64>().is_ok().then_some(digits)?
            }
            _ => middle,
        };
        let process = digits.parse::<u32>().ok()?;
        // One form: no signs, no leading zeros.
        (process.to_string() == digits).then_some(process)
    })
}

impl Server {
    /// Removes unfinished files of processes that are gone, where this one will write its own.
    pub(super) fn remove_leftovers(&self) {
        for dir in [Path::new(""), self.durable.dir.dir()] {
            // A directory that is not there yet, or cannot be read, is a matter for who needs it.
            for name in self.durable.storage.list(dir).unwrap_or_default() {
                if writer_of(&name).is_some_and(|process| !is_running(process)) {
                    self.remove_leftover(&dir.join(&name));
                }
            }
        }
    }

    fn remove_leftover(&self, path: &Path) {
        let path_told = path.display();
        match self.durable.storage.remove(path) {
            Ok(()) => log::info!("Removed {path_told}, left unfinished by a process that is gone"),
            Err(error) => log::warn!("Removing {path_told}, left unfinished: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_temporary_names_are_known() {
        for (name, process) in [
            ("temp-12.rdb", Some(12)),
            ("temp-rewriteaof-7.aof", Some(7)),
            ("temp-rewriteaof-bg-4000000.aof", Some(4_000_000)),
            ("temp-sync-9-1.rdb", Some(9)),
            ("temp-sync-9-33.part", Some(9)),
            ("temp-sync-9.rdb", None),
            ("temp-012.rdb", None),
            ("temp-+1.rdb", None),
            ("temp-.rdb", None),
            ("temp-1.rdb.bak", None),
            ("temp-1699999999.12.rdb", None),
            ("temp-12.aof", None),
            ("temp-old.rdb", None),
            ("my-temp-12.rdb", None),
            ("dump.rdb", None),
        ] {
            assert_eq!(writer_of(OsStr::new(name)), process, "{name}");
        }
    }
}
