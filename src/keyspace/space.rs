//! All databases, what they have in common, and what they ask of the rest of the server.

use fastrand::Rng;

use super::access::AccessPolicy;
use super::entry::{Block, Entry};
use super::evict::Pool;
use super::view::{Cause, View};
use crate::ds::epoch::{Epoch, Garbage};
use crate::ds::size_class::size_class;
use crate::ds::table::{Frozen, Seed, Shape, Table};
use crate::observe::prefixes::Prefixes;
use crate::sys::clock::UnixMs;

/// All databases.
pub struct Keyspace {
    pub(super) dbs: Vec<Db>,
    pub(super) common: Common,
}

/// One database.
pub(super) struct Db {
    pub(super) table: Table<Block>,
    /// Where the sweep for due keys goes on.
    pub(super) swept_to: u64,
    /// An estimate of the time that volatile keys have left.
    pub(super) ttl_mean_ms: f64,
    /// An estimate of the share of volatile keys that are past their deadline.
    pub(super) stale_share: f64,
}

/// What the databases share.
pub(super) struct Common {
    pub(super) epoch: Epoch,
    pub(super) policy: AccessPolicy,
    pub(super) random: Rng,
    pub(super) news: News,
    /// The database in which the sweep for due keys goes on.
    pub(super) swept_db: usize,
    /// Keys that may be evicted next.
    pub(super) pool: Pool,
}

/// What happened that others must hear of.
#[derive(Default)]
pub(super) struct News {
    pub(super) stats: Stats,
    /// What is accounted for apart, if anything.
    pub(super) prefixes: Option<Box<Prefixes>>,
    pub(super) departures: Vec<Departure>,
    /// Bytes that the names in `departures` take.
    departed_name_bytes: usize,
    fields_gone: Vec<FieldsGone>,
}

/// A key that left without a command having asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    pub db: usize,
    pub key: Box<[u8]>,
    pub cause: Cause,
}

/// Fields that left a hash because their deadline passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldsGone {
    pub db: usize,
    pub key: Box<[u8]>,
    pub fields: Vec<Box<[u8]>>,
    /// Whether they were the last, and the key went with them.
    pub emptied: bool,
}

/// Counts since the start, or since they were reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lookups for reading that found their key.
    pub hits: u64,
    /// Lookups for reading that did not.
    pub misses: u64,
    /// Keys removed because their deadline passed.
    pub expired: u64,
    /// Fields of hashes removed because their deadline passed.
    pub expired_fields: u64,
    /// Keys removed because memory was needed.
    pub evicted: u64,
    /// Sweeps for due keys that ran out of time.
    pub sweeps_cut: u64,
}

/// How large a database is and what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TableStats {
    pub keys: usize,
    pub volatile: usize,
    /// Keys with fields that have a deadline.
    pub with_volatile_fields: usize,
    /// The mean time that volatile keys have left, estimated.
    pub ttl_mean_ms: u64,
    /// The share of volatile keys past their deadline and not yet removed, estimated.
    pub stale_share: f64,
    /// Memory of the table beside its entries.
    pub table_bytes: usize,
}

impl News {
    /// Notes that `entry` of database `db` leaves without having been asked to.
    pub(super) fn depart(&mut self, db: usize, entry: Entry<'_>, cause: Cause) {
        match cause {
            Cause::Command => return,
            Cause::Expired => self.stats.expired += 1,
            Cause::Evicted => self.stats.evicted += 1,
        }
        self.departed_name_bytes += size_class(entry.key().len());
        self.departures.push(Departure {
            db,
            key: entry.key().into(),
            cause,
        });
    }
}

impl News {
    /// Notes that fields left unasked.
    pub(super) fn fields_gone(&mut self, gone: FieldsGone) {
        self.stats.expired_fields += gone.fields.len() as u64;
        self.fields_gone.push(gone);
    }
}

impl Keyspace {
    /// `count` empty databases, whose keys are hashed under `seed`.
    pub fn new(count: usize, seed: [u64; 2]) -> Keyspace {
        let db = || Db {
            table: Table::new(Seed(seed)),
            swept_to: 0,
            ttl_mean_ms: 0.0,
            stale_share: 0.0,
        };
        Keyspace {
            dbs: (0..count).map(|_| db()).collect(),
            common: Common {
                epoch: Epoch::default(),
                policy: AccessPolicy::Lru,
                random: Rng::with_seed(seed[0] ^ seed[1]),
                news: News::default(),
                swept_db: 0,
                pool: Pool::default(),
            },
        }
    }

    /// Keys in all databases.
    pub fn keys(&self) -> usize {
        self.dbs.iter().map(|db| db.table.len()).sum()
    }

    /// Database `index` at the moment `now`.
    #[inline]
    pub fn view(&mut self, index: usize, now: UnixMs) -> View<'_> {
        View::new(self, index, now)
    }

    /// Sets what accesses write into the clocks of entries.
    pub fn set_policy(&mut self, policy: AccessPolicy) {
        self.common.policy = policy;
    }

    /// What was counted.
    pub fn stats(&self) -> &Stats {
        &self.common.news.stats
    }

    /// Starts the counts again at 0.
    pub fn reset_stats(&mut self) {
        self.common.news.stats = Stats::default();
        if let Some(prefixes) = &mut self.common.news.prefixes {
            prefixes.reset();
        }
    }

    /// Counts from now on what reading finds below these prefixes, and forgets what was counted.
    pub fn account_for(&mut self, prefixes: Option<Prefixes>) {
        self.common.news.prefixes = prefixes.map(Box::new);
    }

    /// What reading found below the prefixes that are accounted for, if there are any.
    pub fn prefixes(&self) -> Option<&Prefixes> {
        self.common.news.prefixes.as_deref()
    }

    /// The size and cost of database `index`.
    pub fn table_stats(&self, index: usize) -> TableStats {
        let db = &self.dbs[index];
        TableStats {
            keys: db.table.len(),
            volatile: db.table.volatile(),
            with_volatile_fields: db.table.inner_volatile(),
            // Not negative; the cast saturates.
            ttl_mean_ms: db.ttl_mean_ms as u64,
            stale_share: db.stale_share,
            table_bytes: db.table.memory_bytes(),
        }
    }

    /// The entry of `key` in database `index`, unless it is past its deadline at `now`; leaves no
    /// trace.
    pub fn glance(&self, index: usize, key: &[u8], now: UnixMs) -> Option<Entry<'_>> {
        let table = &self.dbs[index].table;
        let found = table.find(table.hash(key), key);
        found.filter(|entry| entry.deadline().is_none_or(|deadline| deadline > now))
    }

    /// The structure of the table of database `index`, for DEBUG HTSTATS. Walks its directory.
    pub fn table_shape(&self, index: usize) -> Shape {
        self.dbs[index].table.shape()
    }

    /// Keys that left unasked since the last call, in order. They must be told before the effects
    /// of later commands.
    pub fn take_departures(&mut self) -> Vec<Departure> {
        self.common.news.departed_name_bytes = 0;
        std::mem::take(&mut self.common.news.departures)
    }

    /// Bytes that are kept until [`Keyspace::take_departures`].
    pub fn departure_bytes(&self) -> usize {
        let news = &self.common.news;
        news.departures.capacity() * size_of::<Departure>() + news.departed_name_bytes
    }

    /// Whether keys left unasked since [`Keyspace::take_departures`].
    #[inline]
    pub fn has_departures(&self) -> bool {
        !self.common.news.departures.is_empty()
    }

    /// Fields that left unasked since the last call, in order.
    pub fn take_fields_gone(&mut self) -> Vec<FieldsGone> {
        std::mem::take(&mut self.common.news.fields_gone)
    }

    /// Whether fields left unasked since [`Keyspace::take_fields_gone`].
    pub fn has_fields_gone(&self) -> bool {
        !self.common.news.fields_gone.is_empty()
    }

    /// What takes long to free, to be dropped by a worker thread.
    pub fn take_garbage(&mut self) -> Garbage {
        self.common.epoch.take_garbage()
    }

    /// Whether there is something for [`Keyspace::take_garbage`].
    #[inline]
    pub fn has_garbage(&self) -> bool {
        self.common.epoch.has_garbage()
    }

    /// Begins a snapshot: all entries as they are now, for another thread to read. Takes some
    /// microseconds; until [`Keyspace::finish`] a change copies what the snapshot reaches. `None`
    /// while there is another snapshot.
    pub fn freeze(&mut self) -> Option<FrozenKeyspace> {
        let tables = self.dbs.iter().map(|db| &db.table);
        Some(FrozenKeyspace {
            frozen: Frozen::new(&mut self.common.epoch, tables)?,
            policy: self.common.policy,
        })
    }

    /// Ends a snapshot; what was kept for it becomes garbage.
    pub fn finish(&mut self, frozen: FrozenKeyspace) {
        frozen.frozen.finish(&mut self.common.epoch);
    }

    /// Bytes, about, that are kept only because a snapshot reads them.
    pub fn kept_bytes(&self) -> usize {
        self.common.epoch.kept_bytes()
    }

    /// Whether a snapshot is being read.
    pub fn is_frozen(&self) -> bool {
        self.common.epoch.is_frozen()
    }
}

impl Drop for Keyspace {
    fn drop(&mut self) {
        for db in &mut self.dbs {
            db.table.detach(&mut self.common.epoch);
        }
    }
}

/// All databases at one moment, to be read by another thread.
pub struct FrozenKeyspace {
    frozen: Frozen<Block>,
    policy: AccessPolicy,
}

/// How an entry was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Not for so many seconds.
    Idle(u64),
    /// So often, by the logarithmic count.
    Frequency(u8),
}

/// An entry of a snapshot.
#[derive(Clone, Copy)]
pub struct FrozenEntry<'a> {
    pub db: usize,
    pub entry: Entry<'a>,
}

impl FrozenKeyspace {
    /// Every entry, database by database.
    pub fn iter(&self) -> impl Iterator<Item = FrozenEntry<'_>> {
        let tables = self.frozen.tables().iter().enumerate();
        tables.flat_map(|(db, table)| table.iter().map(move |entry| FrozenEntry { db, entry }))
    }

    /// Keys, and keys with a deadline, of each database.
    pub fn sizes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.frozen
            .tables()
            .iter()
            .map(|table| (table.len(), table.volatile()))
    }

    /// Whether a hash has a field with a deadline.
    pub fn has_field_deadlines(&self) -> bool {
        self.frozen
            .tables()
            .iter()
            .any(|table| table.inner_volatile() > 0)
    }

    /// How an entry had been used at the moment `now`.
    pub fn access_of(&self, entry: Entry<'_>, now: UnixMs) -> Access {
        match self.policy {
            AccessPolicy::Lru => Access::Idle(self.policy.idle_seconds(entry.clock(), now)),
            AccessPolicy::Lfu { .. } => {
                // It has eight bits.
                Access::Frequency(self.policy.counter(entry.clock(), now) as u8)
            }
        }
    }

    /// A digest of all keys, values and deadlines.
    pub fn digest(&self) -> u64 {
        self.frozen.digest()
    }
}
