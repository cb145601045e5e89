//! Upkeep: what is done a little in every turn and what is done `hz` times a second.

use std::time::Duration;

use super::Server;
use crate::client::CloseReason;
use crate::observe::metrics::SAMPLE_PERIOD_MS;
use crate::sys::alloc;
use crate::sys::clock::MonoNs;

/// Slots of clients looked at in one tick, at least.
const CLIENTS_PER_TICK_MIN: usize = 64;

/// What the upkeep remembers.
#[derive(Debug, Default)]
pub(super) struct Tending {
    next_tick: MonoNs,
    next_sample: MonoNs,
    /// The next slot of the clients to look at.
    client_slot: usize,
    /// A listener failed for lack of something: try again at the next tick.
    pub(super) accept_again: bool,
}

impl Server {
    /// How long the loop may wait before the next tick is due.
    pub(super) fn tend_due_in(&self) -> Duration {
        let mut due = self.tending.next_tick;
        if let Some(pause) = self.pause {
            due = due.min(pause.until);
        }
        let ns = due.since(self.clock.mono());
        // The system counts in milliseconds and rounds down: one more, or the loop would spin.
        Duration::from_nanos(ns.next_multiple_of(1_000_000))
    }

    /// What comes before the loop waits: a short look for keys that are due.
    pub(super) fn before_wait(&mut self) {}

    /// What is due now.
    pub(super) fn tend(&mut self) {
        let now = self.now.mono;
        if self.pause.is_some_and(|pause| pause.until <= now) {
            self.unpause();
        }
        if now >= self.tending.next_sample {
            self.tending.next_sample = now.plus_ms(SAMPLE_PERIOD_MS);
            self.metrics.sample(now);
        }
        if now < self.tending.next_tick {
            return;
        }
        let hz = u64::from(self.config.hz.max(1));
        self.tending.next_tick = now.plus_ms(1000 / hz);
        let used = alloc::used_bytes();
        if used > self.peaks.used_memory {
            self.peaks.used_memory = used;
            self.peaks.used_memory_at = self.now.ms();
        }
        if std::mem::take(&mut self.tending.accept_again) {
            self.accept_again();
        }
        self.tend_clients(hz);
    }

    /// Looks at some clients, all of them once a second: idle for too long, output too long.
    fn tend_clients(&mut self, hz: u64) {
        let share = self.clients.len() / usize::try_from(hz).unwrap_or(1);
        let count = share.max(CLIENTS_PER_TICK_MIN);
        let (keys, next) = self.clients.portion(self.tending.client_slot, count);
        self.tending.client_slot = next;
        let timeout_ns = u64::from(self.config.timeout) * 1_000_000_000;
        for key in keys {
            let client = &self.clients[key];
            let idle_ns = self.now.mono.since(client.times.active);
            if timeout_ns > 0 && idle_ns > timeout_ns && client.is_ready() {
                log::debug!("Closing idle client {}", client.id);
                self.close(key, CloseReason::CutOff);
            } else {
                self.check_output_limit(key);
            }
        }
    }
}
