//! A file on its way to somebody: a thread reads it page by page, so that the loop never waits for
//! the disk, and there is never more of it in memory than a page or two for each receiver.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::storage::File;
use crate::sys::worker::Work;

/// Bytes read at once.
const PAGE_BYTES: u64 = 256 * 1024;

/// The next page to be read for a receiver. The file goes along and comes back.
pub struct Turn<R> {
    pub receiver: R,
    pub file: Box<dyn File>,
    pub at: u64,
    /// Where the file ends.
    pub end: u64,
}

/// A page that was read.
pub struct Page<R> {
    pub turn: Turn<R>,
    /// At least one byte, unless the end was reached.
    pub bytes: io::Result<Arc<Vec<u8>>>,
}

/// The thread's work.
pub struct PageReader;

impl<R> Work<Turn<R>, Page<R>> for PageReader {
    fn work(&mut self, turns: &mut VecDeque<Turn<R>>, answer: &mut dyn FnMut(Page<R>)) {
        for mut turn in turns.drain(..) {
            let bytes = read(&mut turn).map(Arc::new);
            answer(Page { turn, bytes });
        }
    }
}

fn read<R>(turn: &mut Turn<R>) -> io::Result<Vec<u8>> {
    let count = PAGE_BYTES.min(turn.end - turn.at);
    let mut bytes = vec![0; usize::try_from(count).unwrap_or_default()];
    if turn.file.read_full_at(&mut bytes, turn.at)? < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    turn.at += count;
    Ok(bytes)
}
