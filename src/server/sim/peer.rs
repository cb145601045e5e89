//! A simulated client: sends what its author writes, cut anywhere, and counts replies.

use super::program::Author;
use crate::client::slab::ClientKey;
use crate::net::simulated::Pipe;

/// Requests are written ahead of their replies up to this many.
const AHEAD_MAX: usize = 12;

/// One client.
pub(super) struct Peer {
    pub(super) key: ClientKey,
    pub(super) pipe: Pipe,
    /// Written and not sent.
    unsent: Vec<u8>,
    /// Received and not understood.
    unread: Vec<u8>,
    /// Replies that are still to come.
    pub(super) owed: usize,
    /// The last reply.
    pub(super) last: Vec<u8>,
    /// It asks whether what it did is on disk (WAITAOF), and does nothing before it is told.
    pub(super) is_careful: bool,
    /// The moment of its last change.
    pub(super) wrote: usize,
    /// Turns that its output has waited for a log that cannot be written.
    pub(super) waits: usize,
}

impl Peer {
    pub(super) fn new(key: ClientKey, pipe: Pipe, is_careful: bool) -> Peer {
        Peer {
            key,
            pipe,
            unsent: Vec::new(),
            unread: Vec::new(),
            owed: 0,
            last: Vec::new(),
            is_careful,
            wrote: 0,
            waits: 0,
        }
    }

    /// Writes on, if little is left to send and not too much is under way.
    pub(super) fn write(&mut self, author: &mut Author, random: &mut fastrand::Rng) {
        if self.is_careful && self.owed > 0 {
            return;
        }
        while self.owed < AHEAD_MAX && random.u8(..3) > 0 {
            self.owed += author.write(&mut self.unsent);
        }
        if self.is_careful {
            self.ask(&[b"WAITAOF", b"1", b"0", b"1500"]);
        }
    }

    /// Whether it was told that all it did is on disk.
    pub(super) fn is_assured(&self) -> bool {
        self.is_careful && self.owed == 0 && self.last.starts_with(b"*2\r\n:1\r\n")
    }

    /// Writes one command.
    pub(super) fn ask(&mut self, words: &[&[u8]]) {
        crate::persist::commands::put_words(&mut self.unsent, words);
        self.owed += 1;
    }

    /// Sends a part of what is written: these bytes.
    pub(super) fn send(&mut self, part: f64) -> Vec<u8> {
        // Good enough for a place by chance.
        let count = (self.unsent.len() as f64 * part) as usize;
        let sent = self.unsent.drain(..count).collect::<Vec<u8>>();
        self.pipe.send(&sent);
        sent
    }

    /// Takes what has arrived; the bytes, for the trace.
    pub(super) fn receive(&mut self) -> Vec<u8> {
        let bytes = self.pipe.receive();
        self.unread.extend_from_slice(&bytes);
        let mut at = 0;
        while let Some(end) = reply_end(&self.unread, at) {
            self.last = self.unread[at..end].to_vec();
            self.owed = self.owed.checked_sub(1).expect("no reply comes unasked");
            at = end;
        }
        self.unread.drain(..at);
        bytes
    }
}

/// Where the RESP2 reply at `bytes[at..]` ends, if it is whole.
fn reply_end(bytes: &[u8], at: usize) -> Option<usize> {
    let line = bytes.get(at..)?.windows(2).position(|it| it == b"\r\n")?;
    let text = std::str::from_utf8(&bytes[at + 1..at + line]).unwrap_or("");
    let next = at + line + 2;
    let count = || text.parse::<i64>().expect("a number");
    match bytes[at] {
        b'$' => match usize::try_from(count()) {
            Ok(len) => Some(next + len + 2).filter(|end| *end <= bytes.len()),
            Err(_) => Some(next),
        },
        b'*' => (0..count()).try_fold(next, |at, _| reply_end(bytes, at)),
        _ => Some(next),
    }
}
