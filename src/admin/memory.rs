//! Where the server's memory goes, as far as it is known.

use super::database_count;
use crate::observe::info::ratio;
use crate::persist::journal::Journal;
use crate::server::Server;
use crate::sys::allocator::{self, Allocated};
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
    /// Commands on their way into the log.
    pub(super) log: usize,
    pub(super) allocator: Allocated,
}

impl MemoryUse {
    /// Of this server, now. Looks at every client.
    pub(super) fn of(server: &Server) -> MemoryUse {
        let used = alloc::used_bytes();
        let clients = server.clients.iter();
        let tables = 0..database_count(server);
        let journal = server.durable.journal();
        let log = journal.map_or(0, Journal::buffered_bytes);
        // Without /proc there is no better guess than what was asked for.
        let resident = memory::resident_bytes().unwrap_or(used);
        // An allocator that does not count holds what the process holds, as far as we know.
        let uncounted = Allocated {
            allocated: used,
            active: used,
            resident: resident.max(used),
        };
        MemoryUse {
            used,
            peak: server.peaks.used_memory.max(used),
            startup: server.memory_at_start,
            resident,
            machine: memory::total_bytes().unwrap_or(0),
            clients: clients.map(|(_, client)| client.memory_bytes()).sum(),
            tables: tables
                .map(|index| server.keyspace.table_stats(index).table_bytes)
                .sum(),
            log: usize::try_from(log).unwrap_or(usize::MAX),
            allocator: allocator::counts().unwrap_or(uncounted),
        }
    }

    /// What is not data.
    pub(super) fn overhead(&self) -> usize {
        self.startup + self.clients + self.tables + self.log
    }

    /// What is data.
    pub(super) fn dataset(&self) -> usize {
        self.used.saturating_sub(self.overhead())
    }

    /// What has come since the start.
    pub(super) fn grown(&self) -> usize {
        self.used.saturating_sub(self.startup)
    }

    /// Of what has come since the start, how much is data.
    pub(super) fn dataset_percent(&self) -> f64 {
        100.0 * Self::ratio(self.dataset(), self.grown())
    }

    pub(super) fn peak_percent(&self) -> f64 {
        100.0 * Self::ratio(self.used, self.peak)
    }

    pub(super) fn ratio(part: usize, whole: usize) -> f64 {
        ratio(part as f64, whole as f64)
    }

    /// The levels of waste, each as what is taken and what it is taken for.
    pub(super) fn ratios(&self) -> [(&'static str, [usize; 2]); 4] {
        let Allocated {
            allocated,
            active,
            resident,
        } = self.allocator;
        [
            ("allocator-fragmentation", [active, allocated]),
            ("allocator-rss", [resident, active]),
            ("rss-overhead", [self.resident, resident]),
            ("fragmentation", [self.resident, self.used]),
        ]
    }
}
