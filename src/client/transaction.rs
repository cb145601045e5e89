//! What a client has between MULTI and EXEC, and the keys it watches.

use crate::resp::request::OwnedRequest;

/// A transaction: commands that wait to be executed together, on the condition that none of the
/// watched keys changed before.
#[derive(Debug, Default)]
pub struct Transaction {
    pub queued: Vec<Queued>,
    pub watched: Vec<Watched>,
}

/// A command that waits for EXEC.
#[derive(Debug)]
pub struct Queued {
    /// Its index in the command table.
    pub command: usize,
    pub request: OwnedRequest,
}

/// A key that must not change until EXEC.
#[derive(Debug)]
pub struct Watched {
    pub db: usize,
    pub key: Box<[u8]>,
}

impl Transaction {
    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        let queued = self
            .queued
            .iter()
            .map(|queued| queued.request.memory_bytes());
        let watched = self.watched.iter().map(|watched| watched.key.len());
        size_of::<Transaction>()
            + self.queued.capacity() * size_of::<Queued>()
            + self.watched.capacity() * size_of::<Watched>()
            + queued.sum::<usize>()
            + watched.sum::<usize>()
    }
}
