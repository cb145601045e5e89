//! What a client is subscribed to: for each subscription the topic, and its place there.
//!
//! Both sides know each other's place (`server::pubsub` draws it), so that a subscription ends
//! without a search, be it one of 100,000 of this client or of 10,000 of the channel.

use std::ops::{Index, IndexMut};

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Channel,
    /// All channels whose name the pattern matches.
    Pattern,
    /// A channel that in a cluster lives where a key of its name would.
    Shard,
}

impl Kind {
    /// In the order in which they are left.
    pub const ALL: [Kind; 3] = [Kind::Channel, Kind::Shard, Kind::Pattern];
}

/// A client's subscriptions, in no particular order.
#[derive(Debug, Default)]
pub struct Subscriptions([Vec<Place>; 3]);

/// One side's end of a subscription.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The topic, among those of its kind.
    pub topic: u32,
    /// The index of this client among the topic's members.
    pub member: u32,
}

impl Subscriptions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        let places = self.0.iter().map(|places| places.capacity());
        size_of::<Subscriptions>() + places.sum::<usize>() * size_of::<Place>()
    }
}

impl Index<Kind> for Subscriptions {
    type Output = Vec<Place>;

    fn index(&self, kind: Kind) -> &Vec<Place> {
        &self.0[kind as usize]
    }
}

impl IndexMut<Kind> for Subscriptions {
    fn index_mut(&mut self, kind: Kind) -> &mut Vec<Place> {
        &mut self.0[kind as usize]
    }
}
