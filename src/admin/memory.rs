//! Where the server's memory goes, as far as it is known.

use super::database_count;
use crate::server::Server;
use crate::sys::{alloc, memory};

/// Bytes, by what they are for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MemoryUse {
    /// Allocated now, exactly.
    pub(super) used: usize,
    /// The most there ever was.
    pub(super) peak: usize,
    /// Allocated when the server had just started.
    pub(super) startup: usize,
    /// In the machine's memory, by the kernel's account.
    pub(super) resident: usize,
    /// The machine's memory.
    pub(super) machine: usize,
    /// Clients and their buffers.
    pub(super) clients: usize,
    /// The keyspace's tables without the entries in them.
    pub(super) tables: usize,
}

impl MemoryUse {
    /// Of this server, now. Looks at every client.
    pub(super) fn of(server: &Server) -> MemoryUse {
        let used = alloc::used_bytes();
        let clients = server.clients.iter();
        let tables = 0..database_count(server);
        MemoryUse {
            used,
            peak: server.peaks.used_memory.max(used),
            startup: server.memory_at_start,
            // Without /proc there is no better guess than what was asked for.
            resident: memory::resident_bytes().unwrap_or(used),
            machine: memory::total_bytes().unwrap_or(0),
            clients: clients.map(|(_, client)| client.memory_bytes()).sum(),
            tables: tables
                .map(|index| server.keyspace.table_stats(index).table_bytes)
                .sum(),
        }
    }

    /// What is not data.
    pub(super) fn overhead(&self) -> usize {
        self.startup + self.clients + self.tables
    }

    /// What is data.
    pub(super) fn dataset(&self) -> usize {
        self.used.saturating_sub(self.overhead())
    }
}
