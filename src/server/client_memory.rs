//! `maxmemory-clients`: when all clients together hold too much, the largest are closed.
//!
//! While there is a limit, what a client holds is counted anew behind every share of a turn it had,
//! behind every write to it, and once a second; so the sum is known without looking at all of them.
//! While there is none nothing is counted.
//!
//! The largest goes first, until the rest fits (Redis knows classes of size only, and takes any of the
//! highest). Who said CLIENT NO-EVICT ON counts and stays.

use super::Server;
use crate::client::slab::ClientKey;
use crate::client::{Client, ClientFlags, CloseReason};
use crate::config::ClientClass;

/// What clients hold, as far as it is counted.
#[derive(Debug, Default)]
pub(super) struct ClientMemory {
    /// Bytes allowed; `None`: nothing is counted.
    limit: Option<usize>,
    /// Sum of the clients' `counted_bytes`.
    sum: usize,
}

impl ClientMemory {
    /// Whether clients are counted.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.limit.is_some()
    }

    /// A client is gone.
    pub(super) fn forget(&mut self, client: &Client) {
        self.sum -= client.counted_bytes;
    }
}

impl Client {
    /// Whether it may be closed to make room.
    fn may_be_evicted(&self) -> bool {
        let class = self.class();
        !self.flags.contains(ClientFlags::NO_EVICT)
            && !self.is_cut_off()
            && matches!(class, ClientClass::Normal | ClientClass::PubSub)
    }
}

impl Server {
    /// Whether it is counted what clients hold, because there is a limit.
    pub(crate) fn counts_clients(&self) -> bool {
        self.client_memory.is_on()
    }

    /// Counts what a client holds now.
    #[cold]
    pub(super) fn count_client(&mut self, key: ClientKey) {
        if let Some(client) = self.clients.get_mut(key) {
            let bytes = client.memory_bytes();
            self.client_memory.sum -= client.counted_bytes;
            self.client_memory.sum += bytes;
            client.counted_bytes = bytes;
        }
    }

    /// Whether a client may have these bytes more before they are looked at; otherwise room is
    /// made, perhaps by closing it: a request that is too large is not executed.
    #[cold]
    pub(super) fn may_take(&mut self, key: ClientKey, bytes: usize) -> bool {
        self.count_client(key);
        let sum = self.client_memory.sum.saturating_add(bytes);
        if self.client_memory.limit.is_some_and(|limit| sum > limit) {
            self.clients[key].counted_bytes += bytes;
            self.client_memory.sum = sum;
            self.evict_clients();
        }
        !self.clients[key].is_cut_off()
    }

    /// Once in a turn, when everything is written: closes clients if they hold too much.
    pub(super) fn tend_client_memory(&mut self) {
        let whole = self.memory.limit() as u64;
        let limit = self.config.maxmemory_clients.of(whole);
        let limit = limit.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        if limit.is_some() != self.client_memory.is_on() {
            self.count_all_clients(limit.is_some());
        }
        self.client_memory.limit = limit;
        if limit.is_some_and(|limit| self.client_memory.sum > limit) {
            self.evict_clients();
        }
    }

    /// Begins to count, or ends it.
    #[cold]
    fn count_all_clients(&mut self, on: bool) {
        self.client_memory.sum = 0;
        for key in self.clients.keys_by_id() {
            self.clients[key].counted_bytes = 0;
            if on {
                self.count_client(key);
            }
        }
    }

    #[cold]
    fn evict_clients(&mut self) {
        let limit = self.client_memory.limit.unwrap_or(usize::MAX);
        let candidates = self.clients.iter();
        let mut candidates: Vec<_> = candidates
            .filter(|(_, client)| client.may_be_evicted())
            .map(|(key, client)| (client.counted_bytes, key))
            .collect();
        candidates.sort_unstable();
        while self.client_memory.sum > limit {
            let Some((bytes, key)) = candidates.pop() else {
                return;
            };
            let client = &mut self.clients[key];
            log::info!(
                "Evicting client: id={} addr={} tot-mem={bytes}",
                client.id,
                client.peer
            );
            self.client_memory.sum -= bytes;
            client.counted_bytes = 0;
            self.metrics.clients_evicted += 1;
            self.close(key, CloseReason::CutOff);
        }
    }
}
