//! The flush that is collecting: commands behind room for the line that will stand before them.
//!
//! So a flush is sealed without being copied; and one that the loop has written itself gives its
//! buffer back for the next.

use crate::persist::flush::{Header, LINE_BYTES_MAX};

/// A buffer is kept from flush to flush up to this size.
const KEPT_BYTES: usize = 1024 * 1024;

/// Commands that are not sealed yet.
pub(super) struct Collecting {
    /// Begins with room for the line.
    buffer: Vec<u8>,
}

/// A flush on its way to the file.
pub(super) struct Flush {
    pub(super) number: u64,
    buffer: Vec<u8>,
    /// Where its line begins.
    begin: usize,
}

/// Requests that belong together.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Where in the flush the first of them begins.
    pub(super) at: Option<usize>,
    pub(super) requests: usize,
}

impl Default for Collecting {
    fn default() -> Collecting {
        Collecting {
            buffer: vec![0; LINE_BYTES_MAX],
        }
    }
}

impl Collecting {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.buffer.len() - LINE_BYTES_MAX
    }

    /// Where commands are appended.
    #[inline]
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// What has collected as flush `number` of a file whose first `synced_bytes` are on disk; the
    /// next begins.
    pub(super) fn seal(&mut self, number: u64, synced_bytes: u64) -> Flush {
        let mut buffer = std::mem::take(self).buffer;
        let line = Header::of(&buffer[LINE_BYTES_MAX..], synced_bytes).line();
        let begin = LINE_BYTES_MAX - line.len();
        buffer[begin..LINE_BYTES_MAX].copy_from_slice(line.as_bytes());
        Flush {
            number,
            buffer,
            begin,
        }
    }

    /// Uses the buffer of a flush that is written.
    pub(super) fn reuse(&mut self, flush: Flush) {
        debug_assert!(self.is_empty());
        if flush.buffer.capacity() <= KEPT_BYTES {
            self.buffer = flush.buffer;
            self.buffer.truncate(LINE_BYTES_MAX);
        }
    }
}

impl Flush {
    /// The line and the commands.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.begin..]
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes().len() as u64
    }
}
