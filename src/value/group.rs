//! A consumer group of a stream: how far it has read, who reads, and what was delivered to whom
//! and not acknowledged yet.
//!
//! A pending entry stands in two trees: the group's, by id, with everything that is known of it,
//! and its consumer's, by id alone. Both are persistent, so a group is cloned in no time, and a
//! change copies what is shared on its path.

pub mod names;

use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;

use self::names::{Name, Names};
use super::stream::StreamId;
use crate::ds::tree::TreeMap;

/// A consumer group.
#[derive(Clone)]
pub struct Group {
    /// The last entry delivered.
    pub last_id: StreamId,
    /// How many entries of all that were ever added have been read, if that is known.
    pub entries_read: Option<i64>,
    pending: TreeMap<StreamId, Pending>,
    consumers: Names<Consumer>,
}

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub consumer: Name,
    /// When it was delivered last, in Unix milliseconds.
    pub delivered_at: i64,
    pub deliveries: i64,
}

/// Who reads for a group.
#[derive(Clone)]
pub struct Consumer {
    /// When it asked last, in Unix milliseconds.
    pub seen_at: i64,
    /// When it got something last.
    pub active_at: Option<i64>,
    pending: TreeMap<StreamId, ()>,
}

/// A consumer that is no more, and what was pending for it.
pub struct RemovedConsumer {
    consumer: Consumer,
    /// What was known of it, if it left as a whole.
    pending: TreeMap<StreamId, Pending>,
}

impl RemovedConsumer {
    /// How many entries were pending for it.
    pub fn pending_len(&self) -> usize {
        self.consumer.pending_len()
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.consumer.pending.is_heavy() || self.pending.is_heavy()
    }
}

impl Consumer {
    /// How many entries it has not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of these entries, within a range.
    pub fn pending(&self, ids: RangeInclusive<StreamId>) -> impl Iterator<Item = StreamId> {
        self.pending.range(ids).map(|(id, ())| id)
    }
}

impl Group {
    /// A group without consumers.
    pub fn new(last_id: StreamId, entries_read: Option<i64>) -> Group {
        Group {
            last_id,
            entries_read,
            pending: TreeMap::new(),
            consumers: Names::new(),
        }
    }

    /// What was delivered and not acknowledged.
    pub fn pending(&self) -> &TreeMap<StreamId, Pending> {
        &self.pending
    }

    /// Its consumers.
    pub fn consumers(&self) -> &Names<Consumer> {
        &self.consumers
    }

    /// Makes a consumer, unless it is there; whether it was made.
    pub fn create_consumer(&mut self, name: &[u8], now: i64) -> bool {
        if self.consumers.get(name).is_some() {
            return false;
        }
        let consumer = Consumer {
            seen_at: now,
            active_at: None,
            pending: TreeMap::new(),
        };
        self.consumers.insert(name.into(), consumer);
        true
    }

    /// Notes that a consumer asks, and makes it if need be. Its name, and whether it was made.
    pub fn see_consumer(&mut self, name: &[u8], now: i64) -> (Name, bool) {
        let is_new = !self.change_consumer(name, |consumer| consumer.seen_at = now)
            && self.create_consumer(name, now);
        let (name, _) = self.consumers.find(name).expect("seen or just made");
        (name.clone(), is_new)
    }

    /// Notes that a consumer got something.
    pub fn note_active(&mut self, name: &[u8], now: i64) {
        self.change_consumer(name, |consumer| consumer.active_at = Some(now));
    }

    fn change_consumer(&mut self, name: &[u8], change: impl FnOnce(&mut Consumer)) -> bool {
        self.consumers.edit(name, change).is_some()
    }

    /// Removes a consumer with all that is pending for it.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<RemovedConsumer> {
        let consumer = self.consumers.remove(name)?;
        let mut pending = TreeMap::new();
        if consumer.pending.len() == self.pending.len() {
            // Nobody else has any: they go together.
            std::mem::swap(&mut self.pending, &mut pending);
        } else {
            for (id, ()) in consumer.pending.iter() {
                self.pending.remove(&id);
            }
        }
        Some(RemovedConsumer { consumer, pending })
    }

    /// Makes entries pending for a consumer, as delivered for the first time.
    pub fn deliver(&mut self, ids: &[StreamId], consumer: &Name, now: i64) {
        for id in ids {
            let pending = Pending {
                consumer: consumer.clone(),
                delivered_at: now,
                deliveries: 1,
            };
            // Somebody may hold it already, if the group was set back.
            if let Some(old) = self.pending.insert(*id, pending) {
                let holder = |holder: &mut Consumer| holder.pending.remove(id);
                self.consumers.edit(&old.consumer, holder);
            }
        }
        self.change_consumer(consumer, |consumer| {
            for id in ids {
                consumer.pending.insert(*id, ());
            }
            consumer.active_at = Some(now);
        });
    }

    /// Notes that a pending entry was delivered to its consumer once more.
    pub fn deliver_again(&mut self, id: StreamId, now: i64) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.delivered_at = now;
            pending.deliveries = pending.deliveries.wrapping_add(1);
        }
    }

    /// Makes an entry pending as said, whoever held it before.
    pub fn assign(&mut self, id: StreamId, pending: Pending) {
        let consumer = pending.consumer.clone();
        let old = self.pending.insert(id, pending);
        if let Some(old) = old {
            if old.consumer == consumer {
                return;
            }
            let holder = |holder: &mut Consumer| holder.pending.remove(&id);
            self.consumers.edit(&old.consumer, holder);
        }
        self.change_consumer(&consumer, |consumer| {
            consumer.pending.insert(id, ());
        });
    }

    /// Ends that an entry is pending; whether it was.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(old) = self.pending.remove(&id) else {
            return false;
        };
        let holder = |holder: &mut Consumer| holder.pending.remove(&id);
        self.consumers.edit(&old.consumer, holder);
        true
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.pending.is_heavy() || self.consumers.len() > CONSUMERS_LIGHT_MAX
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        let consumers = self.consumers.iter();
        let pending: usize = consumers
            .map(|(_, consumer)| consumer.pending.memory_bytes())
            .sum();
        self.pending.memory_bytes() + self.consumers.memory_bytes() + pending
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        // What is pending is so for the group and for a consumer.
        2 * self.pending.memory_estimate() + self.consumers.memory_estimate()
    }

    /// Digests all that it holds.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        self.last_id.hash(hasher);
        self.entries_read.hash(hasher);
        for (id, pending) in self.pending.iter() {
            (id, &*pending.consumer).hash(hasher);
            (pending.delivered_at, pending.deliveries).hash(hasher);
        }
        for (name, consumer) in self.consumers.iter() {
            (&**name, consumer.seen_at, consumer.active_at).hash(hasher);
            let ids = consumer.pending.iter();
            ids.for_each(|(id, ())| id.hash(hasher));
        }
    }
}

/// More consumers are freed by another thread.
const CONSUMERS_LIGHT_MAX: usize = 64;

#[cfg(test)]
mod tests;
