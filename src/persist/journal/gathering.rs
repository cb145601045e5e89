//! How syncs under `always` gather: one for many clients, and none waits for nothing.
//!
//! Clients that are answered together come again one by one. A sync begun for the first of them
//! would let the others wait for the next one, and so two groups would take turns for ever, each
//! with half of the clients. So a sync waits a moment, until as many commands have come as were
//! answered last: after a sync that took 5 ms, for 1 ms at most. Who is alone never waits: with its
//! next command all have come.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::sys::clock::MonoNs;

/// A sync under `always` waits for those who have just been answered to come again: for this part
/// of what the last one took, and no longer than this.
const GATHER_PART: u64 = 5;
const GATHER_NS_MAX: u64 = 1_000_000;

/// What syncs know of each other. Commands are counted, as clients are not known here.
#[derive(Default)]
pub(super) struct Gathering {
    /// Appended so far; of them in flushes that are written; and on disk.
    pub(super) appended: u64,
    pub(super) written: u64,
    synced: u64,
    /// How many there will be when all who were answered last have come again.
    expected: u64,
    /// When that was, and how long the sync before it took.
    synced_at: MonoNs,
    sync_ns: u64,
    /// Dropped when all have come.
    open: Option<Sender<()>>,
}

/// A flush that the worker was given.
pub(super) struct Queued {
    pub(super) at: MonoNs,
    /// How many commands there were with it.
    pub(super) appended: u64,
}

impl Gathering {
    /// A sync that was begun at some moment is over.
    pub(super) fn note_sync(&mut self, begun: MonoNs, now: MonoNs) {
        self.expected = self.appended + (self.written - self.synced);
        self.synced = self.written;
        self.synced_at = now;
        // With the time it gathered, of which the part's part is little.
        self.sync_ns = now.since(begun);
    }

    /// What the next sync waits for, and for how long at most; nothing, if all have come.
    pub(super) fn begin(&mut self, now: MonoNs) -> Option<(Receiver<()>, Duration)> {
        // Who has not come by then does something else.
        let is_late = now.since(self.synced_at) > self.sync_ns;
        if self.appended >= self.expected || is_late {
            return None;
        }
        let (open, complete) = channel();
        self.open = Some(open);
        let most = (self.sync_ns / GATHER_PART).min(GATHER_NS_MAX);
        Some((complete, Duration::from_nanos(most)))
    }

    /// Ends the waiting when all have come.
    pub(super) fn look(&mut self) {
        if self.appended >= self.expected {
            self.open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNC_NS: u64 = 5_000_000;

    /// A sync of all that was appended, begun at `begun`.
    fn sync(gathering: &mut Gathering, begun: u64) {
        gathering.written = gathering.appended;
        gathering.note_sync(MonoNs(begun), MonoNs(begun + SYNC_NS));
    }

    #[test]
    fn who_is_alone_never_waits() {
        let mut gathering = Gathering::default();
        for round in 1..10 {
            let now = round * 2 * SYNC_NS;
            gathering.appended += 1;
            assert!(gathering.begin(MonoNs(now)).is_none());
            sync(&mut gathering, now);
        }
    }

    #[test]
    fn many_are_waited_for_until_all_have_come() {
        let mut gathering = Gathering::default();
        gathering.appended += 3;
        assert!(gathering.begin(MonoNs(0)).is_none());
        sync(&mut gathering, 0);
        gathering.appended += 1;
        let (complete, most) = gathering.begin(MonoNs(SYNC_NS + 1)).unwrap();
        assert_eq!(most, Duration::from_millis(1));
        gathering.appended += 1;
        gathering.look();
        assert!(complete.recv_timeout(Duration::ZERO).is_err());
        assert!(gathering.open.is_some());
        gathering.appended += 1;
        gathering.look();
        assert!(gathering.open.is_none() && complete.recv().is_err());
    }

    #[test]
    fn nobody_is_waited_for_who_has_gone() {
        let mut gathering = Gathering::default();
        gathering.appended += 3;
        sync(&mut gathering, 0);
        gathering.appended += 1;
        assert!(gathering.begin(MonoNs(3 * SYNC_NS)).is_none());
    }
}
