//! Time, injected: the real clock of the machine, or one that a test moves by hand.
//!
//! A turn of the loop reads the clock once and hands the moment down; nothing below asks for the
//! time of day by itself.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment on the wall clock: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub i64);

/// A moment on the wall clock: microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixUs(pub i64);

impl UnixUs {
    /// The same moment in milliseconds, rounded down.
    pub fn ms(self) -> UnixMs {
        UnixMs(self.0.div_euclid(1000))
    }
}

impl UnixMs {
    /// The same moment in whole seconds, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// A moment on the monotonic clock: nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoNs(pub u64);

impl MonoNs {
    /// Nanoseconds from `earlier` to this moment; 0 if it is not earlier.
    #[inline]
    pub fn since(self, earlier: MonoNs) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> MonoNs {
        MonoNs(self.0.saturating_add(ms.saturating_mul(1_000_000)))
    }
}

/// The two clocks of the process.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    Real(quanta::Clock),
    /// A test's: it stands still until it is moved.
    Simulated(Rc<Cell<u64>>),
}

/// What the simulated wall clock shows when its monotonic clock shows zero: 2026-01-01.
const SIMULATED_START_US: i64 = 1_767_225_600_000_000;

impl Clock {
    /// The machine's clocks.
    pub fn real() -> Clock {
        Clock::Real(quanta::Clock::new())
    }

    /// Clocks that move only by [`Clock::advance_us`].
    pub fn simulated() -> Clock {
        Clock::Simulated(Rc::new(Cell::new(0)))
    }

    /// The wall clock.
    pub fn unix_us(&self) -> UnixUs {
        match self {
            Clock::Real(_) => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                UnixUs(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Clock::Simulated(ns) => {
                let us = i64::try_from(ns.get() / 1000).unwrap_or(i64::MAX);
                UnixUs(SIMULATED_START_US.saturating_add(us))
            }
        }
    }

    /// The monotonic clock. Some 10 ns on a machine with an invariant time stamp counter.
    #[inline]
    pub fn mono(&self) -> MonoNs {
        match self {
            Clock::Real(clock) => MonoNs(clock.delta_as_nanos(0, clock.raw())),
            Clock::Simulated(ns) => MonoNs(ns.get()),
        }
    }

    /// Lets the whole thread wait, or a simulated clock go on.
    pub fn sleep(&self, time: Duration) {
        match self {
            Clock::Real(_) => std::thread::sleep(time),
            Clock::Simulated(_) => {
                self.advance_us(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
            }
        }
    }

    /// Moves simulated clocks on by `us` microseconds.
    pub fn advance_us(&self, us: u64) {
        if let Clock::Simulated(ns) = self {
            ns.set(ns.get() + us * 1000);
        }
    }
}
