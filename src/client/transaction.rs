//! What a client has between MULTI and EXEC, and the keys it watches.

use crate::resp::queue::Queue;

/// A transaction: commands that wait to be executed together, on the condition that none of the
/// watched keys changed before.
#[derive(Debug, Default)]
pub struct Transaction {
    /// Commands that wait for EXEC, each with its index in the command table.
    pub queued: Queue,
    pub watched: Vec<Watched>,
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
        let watched = self.watched.iter().map(|watched| watched.key.len());
        size_of::<Transaction>()
            + self.watched.capacity() * size_of::<Watched>()
            + self.queued.memory_bytes()
            + watched.sum::<usize>()
    }
}
