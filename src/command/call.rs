//! What a data command gets: its database at one moment, a reply to write, effects to note.

use super::effects::{Effects, EventClass};
use crate::keyspace::View;
use crate::resp::reply::Reply;

/// One execution of a data command.
pub struct Call<'a> {
    /// The caller's database.
    pub db: View<'a>,
    pub reply: &'a mut Reply,
    pub effects: &'a mut Effects,
    pub random: &'a mut fastrand::Rng,
    pub limits: &'a Limits,
    /// The command's full name, in lower case (`object|encoding`), for error texts.
    pub name: &'a str,
}

/// What the configuration bounds for data commands.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest string, in bytes (`proto-max-bulk-len`).
    pub string_bytes_max: usize,
    /// Whether `maxmemory-policy` chooses by frequency of use: entries then note that instead of
    /// the moment of their last use.
    pub lfu: bool,
}

impl Call<'_> {
    /// Notes that the command changed `key`: `changes` more changes, and the event `name`.
    #[inline]
    pub fn changed(&mut self, class: EventClass, name: &'static str, key: &[u8], changes: u64) {
        self.effects.changes += changes;
        self.effects.event(class, name, self.db.index(), key);
    }

    /// Notes that a read did not find `key`.
    #[inline]
    pub fn missed(&mut self, key: &[u8]) {
        let db = self.db.index();
        self.effects.event(EventClass::KEY_MISS, "keymiss", db, key);
    }

    /// Notes, before `key` is set, that it will be new, if it will and somebody listens.
    #[inline]
    pub fn announce(&mut self, key: &[u8]) {
        if self.effects.listened.contains(EventClass::NEW) && self.db.peek(key).is_none() {
            let db = self.db.index();
            self.effects.event(EventClass::NEW, "new", db, key);
        }
    }
}
