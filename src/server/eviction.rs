//! `maxmemory`: before each command, memory over the limit is made free, or commands that need
//! more are refused.
//!
//! **What counts** is what the allocator has given out (`sys::alloc`, exact at every moment), less
//! what is on its way out whatever we do: commands not yet written to the log, the names of keys
//! that left and have still to be told, and what only a snapshot still reads. The latter is the copy that a fork would keep in another process, where
//! Redis does not count it either; were it counted, no key that leaves while a snapshot is read
//! would help, and all would go.
//!
//! **How much at once.** A command waits until there is room for what the commands before it took:
//! memory is never over the limit by more than one command's need. When more must go, because the
//! limit was lowered or a large reply is being sent, that is done little by little: a turn of the
//! loop has a budget (`maxmemory-eviction-tenacity`, 500 µs), and until the limit is reached a
//! *ceiling* takes its place, which only falls: each command still makes room for what was taken
//! before it, whatever the budget says.
//!
//! **Large values** are freed by the reaper, and count until they are. What it has still to free is
//! not evicted once more: if that is enough, commands go on under the ceiling, and wait for the
//! reaper, within the budget, when they would exceed it.

use std::time::Duration;

use super::Server;
use crate::config::{MaxmemoryPolicy, Share};
use crate::keyspace::{Among, Eviction, Order};
use crate::persist::journal::Journal;
use crate::sys::alloc;
use crate::sys::clock::{Clock, MonoNs};
use crate::sys::memory;

/// Keys evicted between two looks at the clock.
const KEYS_AT_ONCE: u32 = 16;

/// How long the loop sleeps at a time while it waits for the reaper.
const NAP: Duration = Duration::from_micros(20);

/// While memory is short no larger buffer is kept for reuse.
const SPARE_BYTES_MAX: usize = 4096;

/// The limit of memory, and what is being done about it.
#[derive(Debug, Default)]
pub struct Memory {
    /// The most bytes; 0: no limit.
    limit: usize,
    /// How it stood when it was looked at last.
    room: Room,
    /// What memory may not exceed while it is over the limit; none is set yet.
    ceiling: Option<usize>,
    /// Nanoseconds spent in this turn.
    spent_ns: u64,
    /// Since when the limit is exceeded.
    over_since: Option<MonoNs>,
    /// Nanoseconds that it was exceeded before.
    over_ns: u64,
}

/// Whether there is room for a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    /// Memory is within the limit.
    #[default]
    Enough,
    /// Not yet: more keys leave in the next turn.
    Going,
    /// Not yet: it is being freed by others.
    Pending,
    /// No, and no key may leave.
    Full,
}

impl Memory {
    /// The most bytes there may be; 0: no limit.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether memory is over the limit and no key may leave.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.room == Room::Full
    }

    /// Whether keys leave in the next turn.
    #[inline]
    pub(super) fn goes_on(&self) -> bool {
        self.room == Room::Going
    }

    /// Milliseconds that memory was over the limit: in all, and since it is now.
    pub fn exceeded_ms(&self, now: MonoNs) -> (u64, u64) {
        let current = self.over_since.map_or(0, |since| now.since(since));
        ((self.over_ns + current) / 1_000_000, current / 1_000_000)
    }

    /// Counts from 0 again how long memory was over the limit.
    pub(crate) fn reset_stats(&mut self) {
        (self.over_since, self.over_ns) = (None, 0);
    }
}

impl Server {
    /// Goes by `maxmemory` and its policy from now on.
    pub(crate) fn follow_memory_limit(&mut self) {
        let bytes = match self.config.maxmemory {
            Share::Bytes(bytes) => bytes,
            Share::Percent(percent) => {
                let whole = memory::available_bytes().unwrap_or(0) as u64;
                whole / 100 * u64::from(percent)
            }
        };
        self.memory.limit = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.memory.ceiling = None;
        if self.memory.limit == 0 {
            self.note_room(Room::Enough);
        } else {
            // The next turn sees.
            self.memory.room = Room::Going;
        }
    }

    /// Before a command: makes room if memory is over the limit.
    #[inline]
    pub(super) fn heed_memory(&mut self) {
        if self.memory.limit != 0
            && (self.used_bytes() > self.memory.limit || self.memory.room != Room::Enough)
        {
            self.make_room();
        }
    }

    /// Once in a turn: what could not be done at once goes on.
    pub(super) fn tend_memory(&mut self) {
        self.memory.spent_ns = 0;
        if self.memory.room != Room::Enough {
            self.make_room();
        }
    }

    /// Bytes that are in use and do not count: they are on their way out.
    pub fn uncounted_bytes(&self) -> usize {
        let journal = self.durable.journal().map_or(0, Journal::buffered_bytes);
        usize::try_from(journal).unwrap_or(0)
            + self.keyspace.kept_bytes()
            + self.keyspace.departure_bytes()
    }

    fn counted_bytes(&self) -> usize {
        self.used_bytes().saturating_sub(self.uncounted_bytes())
    }

    /// Bytes in use. Those of a simulated server, whose runs are all to be the same, are a measure of
    /// its data alone.
    pub(super) fn used_bytes(&self) -> usize {
        /// What a key counts for.
        const KEY_BYTES: usize = 1000;
        match self.clock {
            Clock::Real(_) => alloc::used_bytes(),
            Clock::Simulated(_) => self.keyspace.keys() * KEY_BYTES,
        }
    }

    #[cold]
    fn make_room(&mut self) {
        let started = self.clock.mono();
        // Buffers kept for reuse go before keys do.
        self.work
            .spare_buffers
            .retain(|buffer| buffer.capacity() <= SPARE_BYTES_MAX);
        let room = self.evict_enough(started);
        let spent_ns = self.clock.mono().since(started);
        self.memory.spent_ns += spent_ns;
        self.note_delay("eviction-cycle", spent_ns);
        self.note_room(room);
        if self.keyspace.has_departures() {
            self.tell_departures();
            self.tell_events();
        }
    }

    fn note_room(&mut self, room: Room) {
        let memory = &mut self.memory;
        memory.room = room;
        let now = self.now.mono;
        if room != Room::Enough {
            memory.over_since.get_or_insert(now);
        } else if let Some(since) = memory.over_since.take() {
            memory.over_ns += now.since(since);
        }
    }

    /// Evicts until memory is within the limit, or the time is up.
    fn evict_enough(&mut self, started: MonoNs) -> Room {
        // What is being loaded was within it; and what stops others leaves the data as they are.
        if self.loading.is_some() || self.pause.is_some() || self.busy.is_some() {
            self.memory.ceiling = None;
            return Room::Enough;
        }
        let by = eviction(self.config.maxmemory_policy);
        let allowed_ns = budget_ns(self.config.maxmemory_eviction_tenacity);
        let turn_ns = allowed_ns.saturating_sub(self.memory.spent_ns);
        let samples = self.config.maxmemory_samples as usize;
        let limit = self.memory.limit;
        let ceiling = self.memory.ceiling.unwrap_or(usize::MAX).max(limit);
        let is_new_turn = self.memory.spent_ns == 0;
        let mut evicted = 0;
        let (mut spent_ns, mut napped_ns) = (0, 0);
        let room = loop {
            // Asked for first: what is freed in between would count twice otherwise.
            let being_freed = self.being_freed();
            let counted = self.counted_bytes();
            if counted <= limit {
                break Room::Enough;
            }
            if counted.saturating_sub(being_freed) <= limit {
                if counted <= ceiling || spent_ns >= turn_ns {
                    break Room::Pending;
                }
                std::thread::sleep(NAP);
                let until_now_ns = self.clock.mono().since(started);
                napped_ns += until_now_ns.saturating_sub(spent_ns);
                spent_ns = until_now_ns;
                continue;
            }
            let Some(by) = by else {
                break Room::Full;
            };
            let is_first_batch = evicted < KEYS_AT_ONCE && (is_new_turn || counted > ceiling);
            let is_urgent = counted > ceiling && spent_ns < allowed_ns;
            if spent_ns >= turn_ns && !is_urgent && !is_first_batch {
                break Room::Going;
            }
            if !self.evict_one(by, samples) {
                break Room::Full;
            }
            evicted += 1;
            if evicted % KEYS_AT_ONCE == 0 {
                spent_ns = self.clock.mono().since(started);
            }
        };
        if napped_ns > 0 {
            self.note_delay("eviction-lazyfree", napped_ns);
        }
        let counted = self.counted_bytes();
        let kept = match room {
            // Whoever needed more had no time left to wait for it.
            Room::Pending => ceiling.min(counted),
            _ => counted,
        };
        self.memory.ceiling = Some(kept.max(limit));
        room
    }

    /// Lets one key leave; whether there was any.
    fn evict_one(&mut self, by: Eviction, samples: usize) -> bool {
        let now = self.now.ms();
        if self.config.latency_monitor_threshold == 0 {
            return self.keyspace.evict(by, samples, now);
        }
        let began = self.clock.mono();
        let left = self.keyspace.evict(by, samples, now);
        self.note_delay("eviction-del", self.clock.mono().since(began));
        left
    }

    /// Bytes that the reaper has still to free, about. What waits for it is given to it.
    fn being_freed(&mut self) -> usize {
        if self.keyspace.has_garbage() {
            self.give_garbage();
        }
        self.reaper.pending_bytes()
    }

    /// Has the reaper free what left.
    pub(super) fn give_garbage(&mut self) {
        let garbage = self.keyspace.take_garbage();
        let (objects, bytes) = (garbage.len() as u64, garbage.bytes());
        self.reaper.give(garbage, objects, bytes);
    }
}

/// Which keys a policy lets leave.
fn eviction(policy: MaxmemoryPolicy) -> Option<Eviction> {
    let (among, order) = match policy {
        MaxmemoryPolicy::NoEviction => return None,
        MaxmemoryPolicy::VolatileLru => (Among::Volatile, Order::Idle),
        MaxmemoryPolicy::VolatileLfu => (Among::Volatile, Order::Rare),
        MaxmemoryPolicy::VolatileRandom => (Among::Volatile, Order::Random),
        MaxmemoryPolicy::VolatileTtl => (Among::Volatile, Order::Soon),
        MaxmemoryPolicy::AllkeysLru => (Among::All, Order::Idle),
        MaxmemoryPolicy::AllkeysLfu => (Among::All, Order::Rare),
        MaxmemoryPolicy::AllkeysRandom => (Among::All, Order::Random),
    };
    Some(Eviction { among, order })
}

/// Nanoseconds that eviction may take in a turn, by its tenacity, as in Redis: 50 µs for each unit
/// up to 10, from there 15 % more for each, without end at 100.
fn budget_ns(tenacity: u32) -> u64 {
    const UNIT_NS: u64 = 50_000;
    match tenacity {
        0..=10 => UNIT_NS * u64::from(tenacity),
        // At 99 two minutes; the conversion saturates.
        11..=99 => (10.0 * UNIT_NS as f64 * 1.15f64.powf(f64::from(tenacity) - 10.0)) as u64,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::budget_ns;

    #[test]
    fn tenacity_is_redis_s() {
        let cases = [
            (0, 0),
            (1, 50_000),
            (10, 500_000),
            (11, 575_000),
            (100, u64::MAX),
        ];
        for (tenacity, ns) in cases {
            assert_eq!(budget_ns(tenacity), ns, "{tenacity}");
        }
        assert_eq!(budget_ns(50) / 1_000_000, 133);
        assert!((100..200).contains(&(budget_ns(99) / 1_000_000_000)));
    }
}
