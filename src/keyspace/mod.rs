//! The only door to stored data: databases of keys with values and deadlines.
//!
//! A [`Keyspace`] is sixteen tables (`ds::table`) of entries (`entry`) under one epoch. Commands
//! see one database at one moment, a [`View`]; every key enters and leaves there, so that
//! deadlines, counts and whoever waits for news cannot disagree. What leaves without a command
//! having asked for it, because its deadline passed or memory was needed, is a [`Departure`]: the
//! server tells the log, the replicas and the listeners.
//!
//! Memory that takes long to free, a rope or a flushed table, collects as [`Garbage`] for a worker
//! thread: [`Keyspace::take_garbage`].

mod access;
mod entry;
mod evict;
mod expire;
mod fields;
mod packed;
mod shape;
mod space;
mod string;
#[cfg(test)]
mod tests;
mod view;

pub use self::access::AccessPolicy;
pub use self::entry::Entry;
pub use self::evict::{Eviction, Order};
pub use self::expire::{Cycle, ExpireReport};
pub use self::space::{
    Access, Departure, FieldsGone, FrozenEntry, FrozenKeyspace, Keyspace, Stats, TableStats,
};
pub use self::string::StringMut;
pub use self::view::{Cause, Deadline, EntryMut, Flush, KeyHash, View};
pub use crate::ds::epoch::Garbage;
pub use crate::ds::table::{Among, Shape as TableShape};
