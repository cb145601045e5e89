//! A simulated client that takes all data as they are at one moment (SYNC).

use crate::client::slab::ClientKey;
use crate::net::simulated::Pipe;

/// One client.
pub(super) struct Receiver {
    pub(super) key: ClientKey,
    pub(super) pipe: Pipe,
    /// Snapshots for its like that had begun before it asked.
    pub(super) begun_before: usize,
    /// What has arrived.
    bytes: Vec<u8>,
}

impl Receiver {
    pub(super) fn new(key: ClientKey, pipe: Pipe, begun_before: usize) -> Receiver {
        Receiver {
            key,
            pipe,
            begun_before,
            bytes: Vec::new(),
        }
    }

    /// Takes what has arrived.
    pub(super) fn receive(&mut self) {
        self.bytes.extend(self.pipe.receive());
    }

    /// Whether it will get what it asked for, as far as it knows.
    pub(super) fn hopes(&self) -> bool {
        !self.pipe.is_closed() && !self.bytes.starts_with(b"-")
    }

    /// The dump, when it is here as a whole.
    pub(super) fn dump(&self) -> Option<&[u8]> {
        // Signs of life come first.
        let begin = self.bytes.iter().position(|byte| *byte != b'\n')?;
        let head = self.bytes[begin..].strip_prefix(b"$")?;
        let end = head.windows(2).position(|it| it == b"\r\n")?;
        let count: usize = std::str::from_utf8(&head[..end]).ok()?.parse().ok()?;
        head.get(end + 2..end + 2 + count)
    }
}
