//! The only door to stored data: databases of keys with values and deadlines.

mod view;

pub use view::{Cause, Deadline, Entry, EntryMut, Keyspace, StringMut, View};
