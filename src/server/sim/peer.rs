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
    /// Errors received that begin with MISCONF.
    pub(super) refused: usize,
}

impl Peer {
    pub(super) fn new(key: ClientKey, pipe: Pipe) -> Peer {
        Peer {
            key,
            pipe,
            unsent: Vec::new(),
            unread: Vec::new(),
            owed: 0,
            refused: 0,
        }
    }

    /// Writes on, if little is left to send and not too much is under way.
    pub(super) fn write(&mut self, author: &mut Author, random: &mut fastrand::Rng) {
        while self.owed < AHEAD_MAX && random.u8(..3) > 0 {
            self.owed += author.write(&mut self.unsent);
        }
    }

    /// Writes one command.
    pub(super) fn ask(&mut self, words: &[&[u8]]) {
        crate::persist::commands::put_words(&mut self.unsent, words);
        self.owed += 1;
    }

    /// Sends some of what is written; whether there was anything.
    pub(super) fn send(&mut self, random: &mut fastrand::Rng) -> bool {
        let count = match random.u8(..3) {
            // Whole pipelines mostly.
            0 => random.usize(..=self.unsent.len()),
            _ => self.unsent.len(),
        };
        self.pipe.send(&self.unsent[..count]);
        self.unsent.drain(..count);
        count > 0
    }

    /// Takes what has arrived; the bytes, for the trace.
    pub(super) fn receive(&mut self) -> Vec<u8> {
        let bytes = self.pipe.receive();
        self.unread.extend_from_slice(&bytes);
        let mut at = 0;
        while let Some(end) = reply_end(&self.unread, at) {
            if self.unread[at..].starts_with(b"-MISCONF") {
                self.refused += 1;
            }
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
