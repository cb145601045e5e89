//! Upkeep: what is done a little in every turn and what is done `hz` times a second.

use std::time::Duration;

use super::Server;
use crate::client::{Activity, ClientFlags, CloseReason};
use crate::command::effects::{EventClass, Touch};
use crate::config::HZ_MAX;
use crate::keyspace::{Cycle, FieldsGone};
use crate::observe::metrics::SAMPLE_PERIOD_MS;
use crate::sys::alloc;
use crate::sys::clock::MonoNs;

/// Slots of clients looked at in one tick, at least.
const CLIENTS_PER_TICK_MIN: usize = 64;

/// With more of them in one tick, ticks come more often.
const CLIENTS_PER_TICK_MAX: u32 = 200;

/// The longest that keys past their deadline are looked for in one turn: what a client may have to
/// wait for it.
const SWEEP_NS: u64 = 100_000;

/// The share of time that looking for them may take is granted anew so often.
const SWEEP_PERIOD_MS: u64 = 100;

/// A client that has been silent for longer keeps no room for input that may come.
const INPUT_ROOM_KEPT_NS: u64 = 2_000_000_000;

/// What the upkeep remembers.
#[derive(Debug, Default)]
pub(super) struct Tending {
    next_tick: MonoNs,
    sweep: Sweep,
    next_sample: MonoNs,
    /// The next slot of the clients to look at.
    client_slot: usize,
    /// A listener failed for lack of something: try again at the next tick.
    pub(super) accept_again: bool,
}

/// The search for keys past their deadline: begun at every tick, done in slices of a turn.
#[derive(Debug, Default)]
struct Sweep {
    /// Begun and not finished.
    running: bool,
    /// When the time spent is forgotten and more may be spent.
    period_end: MonoNs,
    /// Nanoseconds spent in this period.
    spent_ns: u64,
}

impl Server {
    /// How long the loop may wait before the next tick is due.
    pub(super) fn tend_due_in(&self) -> Duration {
        let mut due = self.tending.next_tick;
        if let Some(pause) = self.pause {
            due = due.min(pause.until);
        }
        if let Some(until) = self.busy.and_then(|busy| busy.until) {
            due = due.min(until);
        }
        if let Some(deadline) = self.waiting.next_deadline() {
            due = due.min(deadline);
        }
        if self.tending.sweep.running {
            due = due.min(self.tending.sweep.period_end);
        }
        if let Some(next) = self.loading_due() {
            due = due.min(next);
        }
        let ns = due.since(self.clock.mono());
        // The system counts in milliseconds and rounds down: one more, or the loop would spin.
        Duration::from_nanos(ns.next_multiple_of(1_000_000))
    }

    /// Whether a search for due keys goes on in the next turn. While clients are paused the data
    /// does not change by itself either.
    pub(super) fn sweep_goes_on(&self) -> bool {
        let Sweep {
            running, spent_ns, ..
        } = self.tending.sweep;
        let still = self.pause.is_some() || self.loading.is_some() || self.busy.is_some();
        self.active_expiry && !still && running && spent_ns < self.sweep_budget_ns()
    }

    /// Nanoseconds that a period's search may take.
    fn sweep_budget_ns(&self) -> u64 {
        let hz = u32::try_from(1000 / SWEEP_PERIOD_MS).unwrap_or(1);
        Cycle::Slow.budget_us(hz, self.config.active_expire_effort) * 1000
    }

    /// Looks for keys past their deadline, for a slice of time.
    fn sweep(&mut self) {
        let started = self.clock.mono();
        let sweep = &mut self.tending.sweep;
        if started >= sweep.period_end {
            sweep.period_end = started.plus_ms(SWEEP_PERIOD_MS);
            sweep.spent_ns = 0;
        }
        if !self.sweep_goes_on() {
            return;
        }
        let clock = &self.clock;
        let effort = self.config.active_expire_effort;
        let report = self.keyspace.expire_cycle(self.now.ms(), effort, || {
            clock.mono().since(started) < SWEEP_NS
        });
        self.tending.sweep.running = report.cut;
        let spent_ns = self.clock.mono().since(started);
        self.tending.sweep.spent_ns += spent_ns;
        self.metrics.expiry_ns += spent_ns;
        self.note_delay("expire-cycle", spent_ns);
        if self.keyspace.has_departures() {
            self.tell_departures();
        }
        if self.keyspace.has_fields_gone() {
            self.tell_fields_gone();
        }
        self.tell_events();
    }

    /// Keys that left by themselves are told to whoever listens.
    #[cold]
    pub(super) fn tell_departures(&mut self) {
        #[cfg(test)]
        self.witness_change();
        let departures = self.keyspace.take_departures();
        self.note_departures(&departures);
        for departure in departures {
            self.log_removal(departure.db, &departure.key);
            self.note_departure(departure.db, &departure.key);
            self.invalidate(&departure.key, None);
            self.dirty += 1;
        }
    }

    /// Fields that left by themselves are told likewise, and the key that had no others.
    fn tell_fields_gone(&mut self) {
        #[cfg(test)]
        self.witness_change();
        for gone in self.keyspace.take_fields_gone() {
            let FieldsGone {
                db, key, fields, ..
            } = &gone;
            let key_of = (*db, &**key);
            self.effects
                .event(EventClass::HASH, "hexpired", key_of, usize::MAX);
            if gone.emptied {
                self.effects
                    .event(EventClass::GENERIC, "del", key_of, usize::MAX);
            }
            self.log_fields_removal(*db, key, fields);
            self.note_touch(*db, key, Touch::all());
            self.invalidate(key, None);
            self.dirty += fields.len() as u64;
        }
    }

    /// What is due now.
    pub(super) fn tend(&mut self) {
        let now = self.now.mono;
        self.tend_busy();
        if self.pause.is_some_and(|pause| pause.until <= now) {
            self.unpause();
        }
        self.end_due_waits();
        self.heed_log_files();
        self.heed_saver();
        self.heed_mover();
        self.tend_syncing();
        if now >= self.tending.next_sample {
            self.tending.next_sample = now.plus_ms(SAMPLE_PERIOD_MS);
            self.metrics.sample(now);
            self.costs.hot_keys.tick(now);
            self.tell_metrics();
        }
        self.tend_census();
        self.tend_memory();
        if self.keyspace.has_garbage() {
            self.give_garbage();
        }
        if self.tending.sweep.running {
            self.sweep();
        }
        if now < self.tending.next_tick {
            return;
        }
        self.tending.sweep.running = true;
        let hz = u64::from(self.hz());
        self.tending.next_tick = now.plus_ms(1000 / hz);
        if self.upkeep_paused {
            return;
        }
        let began = self.clock.mono();
        let used = alloc::used_bytes();
        if used > self.peaks.used_memory {
            self.peaks.used_memory = used;
            self.peaks.used_memory_at = self.now.ms();
        }
        if std::mem::take(&mut self.tending.accept_again) {
            self.accept_again();
        }
        if self.loading.is_none() {
            self.tend_saving();
        }
        self.tend_clients(hz);
        self.metrics.upkeep_ns += self.clock.mono().since(began);
    }

    /// How often a second the upkeep is done: more often with many clients (`dynamic-hz`).
    pub fn hz(&self) -> u32 {
        let mut hz = self.config.hz.max(1);
        let clients = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        while self.config.dynamic_hz && clients / hz > CLIENTS_PER_TICK_MAX && hz < HZ_MAX {
            hz = (hz * 2).min(HZ_MAX);
        }
        hz
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
            // One that does not fetch its last reply is idle as well.
            let waits = client.subscriptions.is_some()
                || client.flags.contains(ClientFlags::MONITOR)
                || matches!(
                    client.activity,
                    Activity::Paused | Activity::Blocked | Activity::Away
                );
            if timeout_ns > 0 && idle_ns > timeout_ns && !waits {
                log::debug!("Closing idle client {}", client.id);
                self.close(key, CloseReason::CutOff);
            } else {
                if idle_ns > INPUT_ROOM_KEPT_NS {
                    // What is left of a large input may be the first byte of the next request.
                    self.clients[key].pending.shrink_to_fit();
                }
                self.check_output_limit(key);
                if self.client_memory.is_on() {
                    self.count_client(key);
                }
            }
        }
    }
}
