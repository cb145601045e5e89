//! The clock in an entry: when it was last used, or how often, in 24 bits.
//!
//! LRU keeps the second of the last access, which wraps around after 194 days. LFU keeps, as Redis
//! does, 16 bits of minutes and 8 bits of a counter that grows ever more slowly with the number of
//! accesses and shrinks with the minutes without one.

use fastrand::Rng;

use super::entry::CLOCK_BITS;
use crate::sys::clock::UnixMs;

const CLOCK: u32 = (1 << CLOCK_BITS) - 1;
const COUNTER_BITS: u32 = 8;
const COUNTER_MAX: u32 = (1 << COUNTER_BITS) - 1;
const MINUTES: u32 = CLOCK >> COUNTER_BITS;

/// What the counter of a new entry shows, so that it is not the first to be evicted.
const COUNTER_START: u32 = 5;

/// What an access writes into the entry's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPolicy {
    /// The second of the access.
    Lru,
    /// A logarithmic counter of accesses.
    Lfu {
        /// The larger, the more accesses it takes to count one up (`lfu-log-factor`).
        log_factor: u32,
        /// Minutes without access that count one down; 0: none do (`lfu-decay-time`).
        decay_minutes: u32,
    },
}

impl AccessPolicy {
    /// The clock of an entry made now.
    #[inline]
    pub(super) fn start(self, now: UnixMs) -> u32 {
        match self {
            AccessPolicy::Lru => seconds(now),
            AccessPolicy::Lfu { .. } => minutes(now) << COUNTER_BITS | COUNTER_START,
        }
    }

    /// The clock of an entry used now.
    #[inline]
    pub(super) fn touched(self, clock: u32, now: UnixMs, random: &mut Rng) -> u32 {
        match self {
            AccessPolicy::Lru => seconds(now),
            AccessPolicy::Lfu { log_factor, .. } => {
                let counter = self.counter(clock, now);
                let above = f64::from(counter.saturating_sub(COUNTER_START));
                let chance = 1.0 / (above * f64::from(log_factor) + 1.0);
                let up = counter < COUNTER_MAX && random.f64() < chance;
                (minutes(now) << COUNTER_BITS) | (counter + u32::from(up))
            }
        }
    }

    /// Seconds since the last access; to the minute under LFU.
    pub(super) fn idle_seconds(self, clock: u32, now: UnixMs) -> u64 {
        match self {
            AccessPolicy::Lru => u64::from(seconds(now).wrapping_sub(clock) & CLOCK),
            AccessPolicy::Lfu { .. } => u64::from(idle_minutes(clock, now)) * 60,
        }
    }

    /// The clock of an entry not used for `idle` seconds.
    pub(super) fn with_idle(self, clock: u32, idle: u64, now: UnixMs) -> u32 {
        let past = UnixMs(
            now.0
                .saturating_sub(i64::try_from(idle * 1000).unwrap_or(i64::MAX)),
        );
        match self {
            AccessPolicy::Lru => seconds(past),
            AccessPolicy::Lfu { .. } => minutes(past) << COUNTER_BITS | clock & COUNTER_MAX,
        }
    }

    /// The counter of accesses, counted down for the time since the last one.
    pub(super) fn counter(self, clock: u32, now: UnixMs) -> u32 {
        let counter = clock & COUNTER_MAX;
        match self {
            AccessPolicy::Lfu {
                decay_minutes: minutes @ 1..,
                ..
            } => counter.saturating_sub(idle_minutes(clock, now) / minutes),
            _ => counter,
        }
    }

    /// The clock of an entry whose counter shows `counter` now.
    pub(super) fn with_counter(counter: u8, now: UnixMs) -> u32 {
        minutes(now) << COUNTER_BITS | u32::from(counter)
    }
}

fn seconds(now: UnixMs) -> u32 {
    // The low bits: the clock wraps around.
    (now.seconds() as u32) & CLOCK
}

fn minutes(now: UnixMs) -> u32 {
    (now.seconds().div_euclid(60) as u32) & MINUTES
}

fn idle_minutes(clock: u32, now: UnixMs) -> u32 {
    minutes(now).wrapping_sub(clock >> COUNTER_BITS) & MINUTES
}
