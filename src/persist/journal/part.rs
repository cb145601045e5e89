//! A file that the journal appends to, or has: the loop's view of it.

use std::io;

use crate::persist::storage::File;

/// One of the journal's files.
pub(super) struct Part {
    /// The loop's handle; the worker has its own.
    pub(super) handle: Box<dyn File>,
    /// The number of its first flush.
    pub(super) first: u64,
    /// Whole flushes in it, in bytes.
    pub(super) bytes: u64,
    /// How much of it is known to be on disk.
    pub(super) synced_bytes: u64,
}

impl Part {
    /// All that is in it is on disk.
    ///
    /// # Errors
    /// If the file cannot be asked.
    pub(super) fn new(handle: Box<dyn File>, first: u64) -> io::Result<Part> {
        let bytes = handle.len()?;
        Ok(Part {
            handle,
            first,
            bytes,
            synced_bytes: bytes,
        })
    }
}
