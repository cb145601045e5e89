//! What `aof-check` and `rdb-check` do, but for their command lines: files are read by the same
//! readers that load them, and what is found is counted, judged and told.
//!
//! A tool of this kind is run by somebody who was woken up. So each finding says in which file and
//! at which byte, what is there, what that means for the data, and what can be done about it.

use std::fmt;
use std::path::Path;

use crate::persist::dump::Record;

pub mod console;
pub mod log;
pub mod mend;
pub mod print;
pub mod report;
pub mod salvage;
pub mod snapshot;

/// What a file is worth, from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every byte is as it was written, as far as that can be known.
    #[default]
    Fine,
    /// It ends as a crash leaves it: what is missing was being written.
    Torn,
    /// It is whole, but the server will not take it.
    Refused,
    /// It holds what nobody wrote.
    Damaged,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Fine => "fine",
            Verdict::Torn => "torn",
            Verdict::Refused => "refused",
            Verdict::Damaged => "damaged",
        })
    }
}

/// Hears how far the reading is, and of what is read.
pub trait Watch {
    /// The reading of a file begins.
    fn begin(&mut self, _path: &Path) {}

    /// So much of it is read.
    fn progress(&mut self, _done_bytes: u64, _file_bytes: u64) {}

    /// A key of a snapshot.
    fn record(&mut self, _record: &Record) {}
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

#[cfg(test)]
mod tests;
