//! What a data command gets: its database at one moment, a reply to write, effects to note.

use super::args::Args;
use super::effects::{Effects, EventClass, Touch};
use super::error::CommandError;
use super::wait::{Null, Wait};
use crate::config::VersionCheck;
use crate::keyspace::View;
use crate::resp::reply::Reply;
use crate::value::Thresholds;

/// As many keys of one command are prefetched together: what the processor can have under way.
const KEYS_PREFETCHED: usize = 16;

/// One execution of a data command.
pub struct Call<'a> {
    /// The caller's database.
    pub db: View<'a>,
    pub reply: &'a mut Reply,
    pub effects: &'a mut Effects,
    pub random: &'a mut fastrand::Rng,
    pub limits: &'a Limits,
    /// Whether the caller can wait for what is not there yet: not in EXEC, not in a script.
    pub may_wait: bool,
    /// Whether the caller may read whatever keys the data name (SORT).
    pub reads_all_keys: bool,
    /// The command's full name, in lower case (`object|encoding`), for error texts.
    pub name: &'a str,
}

/// What the configuration bounds for data commands.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest string, in bytes (`proto-max-bulk-len`).
    pub string_bytes_max: usize,
    /// Bytes of output that get every client closed. Who makes as much as he is asked for looks
    /// at this now and then, and stops there.
    pub reply_bytes_max: usize,
    /// Whether `maxmemory-policy` chooses by frequency of use: entries then note that instead of
    /// the moment of their last use.
    pub lfu: bool,
    /// Whether payloads of DUMP are taken without a look at version and checksum: for tests.
    pub skip_checksums: bool,
    /// Up to where collections stay packed, and the like.
    pub thresholds: Thresholds,
    /// Which versions of payloads RESTORE takes.
    pub versions: VersionCheck,
}

impl Call<'_> {
    /// Notes that the command changed `key`: `changes` more changes, and the event `name`.
    #[inline]
    pub fn changed(&mut self, class: EventClass, name: &'static str, key: &[u8], changes: u64) {
        self.effects.changes += changes;
        let db = self.db.index();
        self.event(class, name, db, key);
        if self.effects.awaited {
            self.effects.touch_for(db, key, touch_of(name));
        }
    }

    /// Notes an event, if somebody listens to its class.
    #[inline]
    pub fn event(&mut self, class: EventClass, name: &'static str, db: usize, key: &[u8]) {
        let after = self.db.departed();
        self.effects.event(class, name, (db, key), after);
    }

    /// Lets the caller wait; the command is executed again when it may be served. Where the caller
    /// may not wait this replies that there is nothing.
    pub fn wait(&mut self, wait: Wait) {
        if self.may_wait {
            self.effects.wait = Some(Box::new(wait));
            return;
        }
        match wait.null {
            Null::Bulk => self.reply.null(),
            Null::Array => self.reply.null_array(),
        }
    }

    /// Does `each` for every argument left, all of them keys. What it looks up is on its way into
    /// the cache by then, for some keys at a time: their misses overlap instead of adding up.
    pub fn each_key<'k>(
        &mut self,
        args: &mut Args<'k>,
        mut each: impl FnMut(&mut Self, &'k [u8]),
    ) -> Result<(), CommandError> {
        while args.left() > 0 {
            let count = args.left().min(KEYS_PREFETCHED);
            if count > 1 {
                self.prefetch(args.clone(), count)?;
            }
            for _ in 0..count {
                each(self, args.key()?);
            }
        }
        Ok(())
    }

    fn prefetch(&self, mut args: Args<'_>, count: usize) -> Result<(), CommandError> {
        let mut hashes = [None; KEYS_PREFETCHED];
        for hash in &mut hashes[..count] {
            let key = self.db.hash(args.key()?);
            self.db.prefetch_bucket(key);
            *hash = Some(key);
        }
        for hash in hashes.into_iter().flatten() {
            self.db.prefetch_entry(hash);
        }
        Ok(())
    }

    /// Notes that a read did not find `key`.
    #[inline]
    pub fn missed(&mut self, key: &[u8]) {
        let db = self.db.index();
        self.event(EventClass::KEY_MISS, "keymiss", db, key);
    }

    /// Notes, before `key` is set, that it will be new, if it will and somebody listens.
    #[inline]
    pub fn announce(&mut self, key: &[u8]) {
        let heard = self.effects.awaited || self.effects.listened.contains(EventClass::NEW);
        if heard && self.db.peek(key).is_none() {
            let db = self.db.index();
            self.event(EventClass::NEW, "new", db, key);
            self.effects.touch_for(db, key, Touch::SERVES);
        }
    }
}

/// Whom a change concerns. Some change a key and add nothing to it: whoever waits is not executed
/// again, as he would be told of other keys of his that have the wrong type by now. What changes
/// nothing but a stream's groups is no change of the key to Redis.
fn touch_of(event: &str) -> Touch {
    match event {
        "expire" | "persist" | "xdel" | "xtrim" => Touch::CHANGES,
        "xgroup-destroy" => Touch::SERVES,
        "xsetid"
        | "xgroup-create"
        | "xgroup-setid"
        | "xgroup-createconsumer"
        | "xgroup-delconsumer" => Touch::empty(),
        _ => Touch::all(),
    }
}
