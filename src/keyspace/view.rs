//! One database at one moment: what a command sees of the keyspace.

use std::ops::Range;

use fastrand::Rng;

use super::access::AccessPolicy;
use super::entry::{Block, Entry, Payload};
use super::packed;
use super::shape::Content;
use super::space::{Common, Db, Keyspace, News};
use super::string::{StringMut, place};
use crate::ds::epoch::Epoch;
use crate::ds::table::{Opened, Seed, Table};
use crate::sys::clock::UnixMs;
use crate::value::string::NewStr;
use crate::value::{Home, NewValue, Object, Packed, Value};

/// Why a key leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A command removed it.
    Command,
    /// Its deadline passed.
    Expired,
    /// Memory was needed.
    Evicted,
}

/// What becomes of a key's deadline when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The key keeps the deadline it has.
    Keep,
    /// The key stays until it is removed.
    Never,
    At(UnixMs),
}

/// When the memory of removed keys is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// Before the command replies.
    Now,
    /// By another thread, some time later.
    Behind,
}

/// The hash of a key, for [`View::prefetch_bucket`] and [`View::prefetch_entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash(u64);

impl KeyHash {
    /// Its bits, all of them good.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// That of `key` in every keyspace of this seed.
    #[inline]
    pub fn of(seed: Seed, key: &[u8]) -> KeyHash {
        KeyHash(Table::<Block>::hash_under(seed, key))
    }
}

/// Random entries tried before others are counted off.
const RANDOM_TRIES: u32 = 100;

/// Entries looked at when all random ones were past their deadline.
const RANDOM_SCANNED_MAX: usize = 10_000;

/// One database at one moment: what a command sees of the keyspace.
///
/// A key past its deadline is not found by any method that takes a key: it is removed when it is
/// met, and noted as a departure.
pub struct View<'a> {
    space: &'a mut Keyspace,
    index: usize,
    now: UnixMs,
    /// The moment by the wall clock, which goes into the clocks of entries.
    used_at: UnixMs,
    touch: bool,
    /// Whether a key past its deadline stays when it is met.
    keep_due: bool,
    /// A key whose hash is known already.
    hint: Option<(&'a [u8], KeyHash)>,
}

/// The parts of a view that a lookup needs, apart from each other.
struct Parts<'a> {
    table: &'a mut Table<Block>,
    epoch: &'a mut Epoch,
    news: &'a mut News,
    random: &'a mut Rng,
    policy: AccessPolicy,
    index: usize,
    now: UnixMs,
    used_at: UnixMs,
}

impl<'a> View<'a> {
    #[inline]
    pub(super) fn new(space: &'a mut Keyspace, index: usize, now: UnixMs) -> View<'a> {
        debug_assert!(index < space.dbs.len());
        View {
            space,
            index,
            now,
            used_at: now,
            touch: true,
            keep_due: false,
            hint: None,
        }
    }

    /// The same view for a client whose accesses leave no trace in the clocks of entries
    /// (CLIENT NO-TOUCH).
    pub fn without_touch(self) -> View<'a> {
        View {
            touch: false,
            ..self
        }
    }

    /// The same view for a time in which the data must not change (CLIENT PAUSE): reading passes
    /// over a key past its deadline and does not remove it.
    pub fn keeping_due(self) -> View<'a> {
        View {
            keep_due: true,
            ..self
        }
    }

    /// The same view at a moment before all deadlines, for commands from the log: they had seen
    /// the keys that are past their deadline now, and if they left, the log says so. The wall clock
    /// ([`View::wall_clock`]) shows the present moment all the same.
    pub fn before_deadlines(self) -> View<'a> {
        View {
            now: UnixMs(0),
            ..self
        }
    }

    /// The same view, which knows the hash of `key` (the very slice, not an equal one).
    #[inline]
    pub fn with_hint(self, key: &'a [u8], hash: KeyHash) -> View<'a> {
        View {
            hint: Some((key, hash)),
            ..self
        }
    }

    /// How many keys left unasked and were not taken note of yet.
    #[inline]
    pub fn departed(&self) -> usize {
        self.space.common.news.departures.len()
    }

    /// The database's number.
    #[inline]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The moment of the command.
    #[inline]
    pub fn now(&self) -> UnixMs {
        self.now
    }

    /// What the wall clock shows, for what is noted of the present moment; the same as
    /// [`View::now`], but for commands from the log.
    #[inline]
    pub fn wall_clock(&self) -> UnixMs {
        self.used_at
    }

    /// The number of databases.
    pub fn db_count(&self) -> usize {
        self.space.dbs.len()
    }

    /// Another database at the same moment. `index` must be below [`View::db_count`].
    pub fn other(&mut self, index: usize) -> View<'_> {
        View {
            space: self.space,
            index,
            now: self.now,
            used_at: self.used_at,
            touch: self.touch,
            keep_due: self.keep_due,
            hint: None,
        }
    }

    #[inline]
    fn db(&self) -> &Db {
        &self.space.dbs[self.index]
    }

    #[inline]
    fn parts(&mut self) -> Parts<'_> {
        let Keyspace { dbs, common } = &mut *self.space;
        let Common {
            epoch,
            policy,
            random,
            news,
            ..
        } = common;
        Parts {
            table: &mut dbs[self.index].table,
            epoch,
            news,
            random,
            policy: *policy,
            index: self.index,
            now: self.now,
            used_at: self.used_at,
        }
    }

    /// What keys are hashed under; the members of large collections, too.
    pub fn seed(&self) -> Seed {
        self.db().table.seed()
    }

    /// Keys in the database, those past their deadline but not yet removed included.
    pub fn len(&self) -> usize {
        self.db().table.len()
    }

    /// Whether the database has no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash of `key`, to prefetch what a lookup will read.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> KeyHash {
        match self.hint {
            Some((hinted, hash)) if std::ptr::eq(hinted, key) => hash,
            _ => KeyHash(self.db().table.hash(key)),
        }
    }

    /// Begins to load the bucket that a lookup will read first.
    #[inline]
    pub fn prefetch_bucket(&self, hash: KeyHash) {
        self.db().table.prefetch_bucket(hash.0);
    }

    /// Begins to load what an insertion will read and write.
    #[inline]
    pub fn prefetch_room(&self, hash: KeyHash) {
        self.db().table.prefetch_room(hash.0);
    }

    /// Begins to load the entry that a lookup will read then. For a batch: first call
    /// [`View::prefetch_bucket`] for every key, then this for every key.
    #[inline]
    pub fn prefetch_entry(&self, hash: KeyHash) {
        self.db().table.prefetch_entry(hash.0);
    }

    /// Looks `key` up for a command that reads: counts a hit or a miss, notes the access.
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        self.lookup(key, true, self.touch)
    }

    /// Looks `key` up for a command that reads about it but does not use it: counts a hit or a
    /// miss, notes no access.
    pub fn look(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        self.lookup(key, true, false)
    }

    /// Looks `key` up without a trace: no statistics, no access noted.
    pub fn peek(&mut self, key: &[u8]) -> Option<Entry<'_>> {
        self.lookup(key, false, false)
    }

    /// Looks `key` up without a trace, and passes over it when its deadline has passed: several
    /// entries can be held at once.
    pub fn glance(&self, key: &[u8]) -> Option<Entry<'_>> {
        let KeyHash(hash) = self.hash(key);
        let found = self.db().table.find(hash, key);
        found.filter(|entry| !is_due(*entry, self.now))
    }

    #[inline]
    fn lookup(&mut self, key: &[u8], count: bool, touch: bool) -> Option<Entry<'_>> {
        let KeyHash(hash) = self.hash(key);
        let keep_due = self.keep_due;
        let parts = self.parts();
        let (news, index, now) = (&mut *parts.news, parts.index, parts.now);
        let due = |entry: Entry<'_>| news.depart(index, entry, Cause::Expired);
        let found = if keep_due {
            parts
                .table
                .find(hash, key)
                .filter(|entry| !is_due(*entry, now))
        } else {
            parts.table.find_live(parts.epoch, hash, key, now.0, due)
        };
        if count {
            match found {
                Some(_) => parts.news.stats.hits += 1,
                None => parts.news.stats.misses += 1,
            }
            if let Some(prefixes) = &mut parts.news.prefixes {
                prefixes.looked_up(key, found.is_some());
            }
        }
        let entry = found?;
        if touch {
            entry.set_clock(
                parts
                    .policy
                    .touched(entry.clock(), parts.used_at, parts.random),
            );
        }
        Some(entry)
    }

    /// Opens `key` for a command that changes it in place; notes the access, counts nothing.
    #[inline]
    pub fn write(&mut self, key: &[u8]) -> Option<EntryMut<'_>> {
        self.write_hashed(self.hash(key), key)
    }

    #[inline]
    fn write_hashed(&mut self, hash: KeyHash, key: &[u8]) -> Option<EntryMut<'_>> {
        let touch = self.touch;
        let parts = self.parts();
        let opened = parts.table.open(parts.epoch, hash.0, key)?;
        let entry = opened.node();
        if is_due(entry, parts.now) {
            parts.news.depart(parts.index, entry, Cause::Expired);
            opened.remove();
            return None;
        }
        if touch {
            entry.set_clock(
                parts
                    .policy
                    .touched(entry.clock(), parts.used_at, parts.random),
            );
        }
        Some(EntryMut { opened })
    }

    /// Gives `key` a string, unless it is there, whatever its deadline; whether it was not.
    #[inline]
    pub fn add(&mut self, key: &[u8], value: NewStr<'_>, deadline: Option<UnixMs>) -> bool {
        let mut kept = Vec::new();
        let (payload, content) = place(value, &mut kept);
        self.add_payload(key, payload, content, deadline)
    }

    /// Gives `key` a collection, unless it is there, whatever its deadline; whether it was not.
    pub fn add_value(&mut self, key: &[u8], value: NewValue<'_>, deadline: Option<UnixMs>) -> bool {
        let (payload, content) = packed::place(value);
        self.add_payload(key, payload, content, deadline)
    }

    #[inline]
    fn add_payload(
        &mut self,
        key: &[u8],
        payload: Payload<'_>,
        content: Content,
        deadline: Option<UnixMs>,
    ) -> bool {
        let hash = self.hash(key);
        if self.db().table.find(hash.0, key).is_some() {
            return false;
        }
        self.insert(hash, key, payload, content, deadline);
        true
    }

    /// Gives `key` a string, whatever it held before.
    #[inline]
    pub fn set(&mut self, key: &[u8], value: NewStr<'_>, deadline: Deadline) {
        let mut kept = Vec::new();
        let (payload, content) = place(value, &mut kept);
        self.put_payload(key, payload, content, deadline);
    }

    /// Gives `key` a collection, whatever it held before.
    pub fn put_value(&mut self, key: &[u8], value: NewValue<'_>, deadline: Deadline) {
        let (payload, content) = packed::place(value);
        self.put_payload(key, payload, content, deadline);
    }

    /// Gives `key`, which must not be there, a collection, and opens it.
    pub fn create(&mut self, key: &[u8], value: NewValue<'_>) -> EntryMut<'_> {
        let (payload, content) = packed::place(value);
        let hash = self.hash(key);
        self.insert(hash, key, payload, content, None);
        let parts = self.parts();
        let opened = parts.table.open(parts.epoch, hash.0, key);
        EntryMut {
            opened: opened.expect("just put in"),
        }
    }

    #[inline]
    fn put_payload(
        &mut self,
        key: &[u8],
        payload: Payload<'_>,
        content: Content,
        deadline: Deadline,
    ) {
        let hash = self.hash(key);
        if let Some(mut entry) = self.write_hashed(hash, key) {
            let deadline = match deadline {
                Deadline::Keep => entry.as_entry().deadline(),
                Deadline::Never => None,
                Deadline::At(at) => Some(at),
            };
            entry.overwrite(payload, content, deadline);
            return;
        }
        let deadline = match deadline {
            Deadline::Keep | Deadline::Never => None,
            Deadline::At(at) => Some(at),
        };
        self.insert(hash, key, payload, content, deadline);
    }

    #[inline]
    fn insert(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        payload: Payload<'_>,
        content: Content,
        deadline: Option<UnixMs>,
    ) {
        let parts = self.parts();
        let clock = parts.policy.start(parts.used_at);
        let block = Block::new(key, payload, content, deadline, clock);
        parts.table.insert(parts.epoch, hash.0, block);
    }

    /// Removes `key`; whether it was there.
    pub fn remove(&mut self, key: &[u8], cause: Cause) -> bool {
        let KeyHash(hash) = self.hash(key);
        let parts = self.parts();
        let Some(opened) = parts.table.open(parts.epoch, hash, key) else {
            return false;
        };
        let due = is_due(opened.node(), parts.now);
        let cause = if due { Cause::Expired } else { cause };
        parts.news.depart(parts.index, opened.node(), cause);
        opened.remove();
        !due
    }

    /// Gives `key` a deadline, or takes it away; whether the key was there.
    pub fn set_deadline(&mut self, key: &[u8], deadline: Option<UnixMs>) -> bool {
        let Some(mut entry) = self.write(key) else {
            return false;
        };
        entry
            .opened
            .update(|block| (block.with_deadline(deadline), ()));
        true
    }

    /// Takes the entry of `key` out of the database.
    fn take(&mut self, key: &[u8]) -> Option<Block> {
        let entry = self.write(key)?;
        Some(entry.opened.take())
    }

    /// Puts an entry in, in the place of what its key had.
    fn put(&mut self, block: Block) {
        let parts = self.parts();
        let hash = parts.table.hash(block.entry().key());
        match parts.table.open(parts.epoch, hash, block.entry().key()) {
            Some(mut opened) => opened.replace(block),
            None => parts.table.insert(parts.epoch, hash, block),
        }
    }

    /// Gives the entry of `from` the name `to`, replacing what `to` had; whether `from` was there.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        let Some(block) = self.take(from) else {
            return false;
        };
        self.put(block.with_key(to));
        true
    }

    /// Moves `key` to database `db`, replacing what it had there; whether `key` was there.
    pub fn move_to(&mut self, key: &[u8], db: usize) -> bool {
        let Some(block) = self.take(key) else {
            return false;
        };
        self.other(db).put(block);
        true
    }

    /// Copies the value and deadline of `from` to `to` in database `db`, replacing what it had;
    /// whether `from` was there. What is large is shared until one of the two changes.
    pub fn copy(&mut self, from: &[u8], db: usize, to: &[u8]) -> bool {
        let Some(entry) = self.peek(from) else {
            return false;
        };
        let block = Block::share(entry, to);
        let clock = self.space.common.policy.start(self.used_at);
        block.entry().set_clock(clock);
        self.other(db).put(block);
        true
    }

    /// Swaps the contents of two databases.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.space.dbs.swap(a, b);
    }

    /// Removes all keys of the database; how many there were.
    pub fn clear(&mut self, how: Flush) -> usize {
        let parts = self.parts();
        let len = parts.table.len();
        parts.table.detach(parts.epoch);
        if how == Flush::Now {
            drop(parts.epoch.take_garbage());
        }
        len
    }

    /// A key picked at random among those not past their deadline, each as likely as any other.
    pub fn random(&mut self, random: &mut Rng) -> Option<Entry<'_>> {
        let now = self.now;
        let table = &self.db().table;
        let live = |entry: &Entry<'_>| !is_due(*entry, now);
        (0..RANDOM_TRIES)
            .find_map(|_| table.random(random).filter(live))
            .or_else(|| table.iter().take(RANDOM_SCANNED_MAX).find(live))
    }

    /// Visits every entry, those past their deadline but not yet removed included.
    pub fn for_each(&mut self, visit: impl FnMut(Entry<'_>)) {
        self.db().table.iter().for_each(visit);
    }

    /// Visits the entries of one bucket, those past their deadline but not yet removed included;
    /// the cursor to go on with, 0 at the end. Every key that is there from the first call to the
    /// last is visited; a cursor has at most 48 bits.
    pub fn scan(&mut self, cursor: u64, visit: impl FnMut(Entry<'_>)) -> u64 {
        self.db().table.scan(cursor, visit)
    }

    /// Seconds since the last access of `key`; counts and notes nothing.
    pub fn idle_seconds(&mut self, key: &[u8]) -> Option<u64> {
        let (policy, now) = (self.space.common.policy, self.now);
        Some(policy.idle_seconds(self.peek(key)?.clock(), now))
    }

    /// The logarithmic count of accesses to `key`; counts and notes nothing.
    pub fn frequency(&mut self, key: &[u8]) -> Option<u32> {
        let (policy, now) = (self.space.common.policy, self.now);
        Some(policy.counter(self.peek(key)?.clock(), now))
    }

    /// Makes `key` look as if it had not been used for `seconds`; whether it is there.
    pub fn set_idle(&mut self, key: &[u8], seconds: u64) -> bool {
        let (policy, now) = (self.space.common.policy, self.used_at);
        let Some(entry) = self.peek(key) else {
            return false;
        };
        entry.set_clock(policy.with_idle(entry.clock(), seconds, now));
        true
    }

    /// Sets the logarithmic count of accesses to `key`; whether it is there.
    pub fn set_frequency(&mut self, key: &[u8], count: u8) -> bool {
        let now = self.used_at;
        let Some(entry) = self.peek(key) else {
            return false;
        };
        entry.set_clock(AccessPolicy::with_counter(count, now));
        true
    }

    /// Counts a key that left because a command gave it a deadline that had passed.
    pub fn count_expired(&mut self) {
        self.space.common.news.stats.expired += 1;
    }

    /// Counts fields of hashes that left because a command gave them a deadline that had passed.
    pub fn count_expired_fields(&mut self, fields: usize) {
        self.space.common.news.stats.expired_fields += fields as u64;
    }

    /// Bytes of memory that `key` takes: entry, value, and its share of the table.
    pub fn memory_bytes(&mut self, key: &[u8]) -> Option<usize> {
        let share = self.table_share_bytes();
        Some(self.peek(key)?.memory_bytes() + share)
    }

    /// A key's share of the memory of the table.
    pub fn table_share_bytes(&self) -> usize {
        let table = &self.db().table;
        table.memory_bytes().div_ceil(table.len().max(1))
    }
}

#[inline]
fn is_due(entry: Entry<'_>, now: UnixMs) -> bool {
    entry.deadline().is_some_and(|deadline| deadline <= now)
}

/// A key and its value, to change in place.
pub struct EntryMut<'a> {
    opened: Opened<'a, Block>,
}

impl EntryMut<'_> {
    /// The same entry, to read.
    #[inline]
    pub fn as_entry(&self) -> Entry<'_> {
        self.opened.node()
    }

    /// Replaces the value by a string and keeps the deadline.
    #[inline]
    pub fn set(&mut self, value: NewStr<'_>) {
        let mut kept = Vec::new();
        let (payload, content) = place(value, &mut kept);
        self.keep_deadline(payload, content);
    }

    /// The string to change in place. The value must be a string.
    #[inline]
    pub fn string(&mut self) -> StringMut<'_> {
        StringMut::new(self.opened.reborrow())
    }

    /// Removes the key.
    pub fn remove(self) {
        self.opened.remove();
    }

    fn keep_deadline(&mut self, payload: Payload<'_>, content: Content) {
        let deadline = self.as_entry().deadline();
        self.overwrite(payload, content, deadline);
    }

    #[inline]
    fn overwrite(&mut self, payload: Payload<'_>, content: Content, deadline: Option<UnixMs>) {
        let old = self.opened.node();
        // A shared block would be copied only to be overwritten; what is heavy is not freed here.
        if !self.opened.is_private() || old.is_heavy() {
            let new = Block::new(old.key(), payload, content, deadline, old.clock());
            self.opened.replace(new);
        } else {
            let change = |block: Block| (block.with_payload(payload, content, deadline), ());
            self.opened.update(change);
        }
    }
}

impl Home for EntryMut<'_> {
    #[inline]
    fn value(&self) -> Value<'_> {
        self.opened.node().value()
    }

    #[inline]
    fn packed(&self) -> Option<&[u8]> {
        self.opened.node().packed_bytes()
    }

    #[inline]
    fn splice(&mut self, range: Range<usize>, with: &[u8]) {
        self.opened
            .update(|block| (packed::spliced(block, range, with), ()));
    }

    #[inline]
    fn object(&mut self) -> &mut Object {
        let object = self.opened.node_mut().object();
        object.expect("opened as an object")
    }

    fn become_packed(&mut self, form: Packed, bytes: &[u8]) {
        let (payload, content) = packed::place(NewValue::Packed(form, bytes));
        self.keep_deadline(payload, content);
    }

    fn become_object(&mut self, object: Object) {
        let (payload, content) = packed::place(NewValue::Object(object));
        self.keep_deadline(payload, content);
    }

    fn discard<T: Send + 'static>(&mut self, garbage: T) {
        self.opened.discard(Box::new(garbage));
    }

    fn seed(&self) -> Seed {
        self.opened.seed()
    }

    fn due_changed(&mut self) {
        self.opened.note_inner_due();
    }
}
