//! Eviction: which key is the best to lose when memory is needed.
//!
//! As in Redis: some keys of each database are drawn at random, and the best of all draws so far
//! wait in a pool of 16, sorted by how little they will be missed: the *score*. The best one
//! leaves. So a key competes with those of many draws, and with few keys looked at the choice
//! comes close to that of an exact order, which would cost memory and work at every access.
//!
//! Two things are different. A sample is taken from one or two buckets of the table
//! (`ds::table::sample`), and of keys with a deadline only, where only those may leave: keys
//! without one are not looked at. And a key that was used since it came into the pool does not
//! leave: its score is computed again.

use fastrand::Rng;

use super::access::AccessPolicy;
use super::entry::Entry;
use super::space::{Common, Keyspace};
use super::view::Cause;
use crate::ds::table::Among;
use crate::sys::clock::UnixMs;

/// Candidates kept from earlier draws.
const POOL_KEYS: usize = 16;

/// Draws for one key to leave. One is enough, unless entries change in the meantime.
const DRAWS_MAX: usize = 16;

/// What makes a key a good one to lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Not used for long.
    Idle,
    /// Used rarely. Accesses must be counted: [`AccessPolicy::Lfu`].
    Rare,
    /// Expiring soon.
    Soon,
    /// Nothing: any will do.
    Random,
}

/// Which keys leave when memory is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eviction {
    pub among: Among,
    pub order: Order,
}

/// A key that may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    score: u64,
    db: usize,
    key: Vec<u8>,
}

/// The best candidates of the draws so far.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// In ascending order of their scores.
    candidates: Vec<Candidate>,
    /// What the scores mean.
    by: Option<Eviction>,
    /// The database that a random key is taken from next.
    next_db: usize,
}

impl Pool {
    /// Scores mean `by` from now on; those that meant something else are dropped.
    fn follow(&mut self, by: Eviction) {
        if self.by != Some(by) {
            self.by = Some(by);
            self.candidates.clear();
        }
    }

    /// Takes a key in if it is among the best, at the expense of the worst.
    fn offer(&mut self, score: u64, db: usize, key: &[u8]) {
        let at = self.candidates.partition_point(|it| it.score < score);
        let is_full = self.candidates.len() == POOL_KEYS;
        if is_full && at == 0 {
            return;
        }
        let equals = self.candidates[at..].iter();
        let mut equals = equals.take_while(|it| it.score == score);
        if equals.any(|it| it.db == db && it.key == key) {
            return;
        }
        let at = at - usize::from(is_full);
        // The worst one's buffer is used again.
        let mut buffer = match is_full {
            true => self.candidates.remove(0).key,
            false => Vec::new(),
        };
        buffer.clear();
        buffer.extend_from_slice(key);
        let key = buffer;
        self.candidates.insert(at, Candidate { score, db, key });
    }
}

impl Order {
    /// The higher, the less `entry` will be missed.
    fn score(self, entry: Entry<'_>, policy: AccessPolicy, now: UnixMs) -> u64 {
        match self {
            Order::Idle => policy.idle_seconds(entry.clock(), now),
            Order::Rare => u64::from(u32::MAX - policy.counter(entry.clock(), now)),
            Order::Soon => match entry.deadline() {
                Some(UnixMs(deadline)) => i64::MAX.abs_diff(deadline),
                None => 0,
            },
            Order::Random => 0,
        }
    }
}

impl Keyspace {
    /// Removes the key that `by` says is the best to lose, as far as draws of `samples` keys tell;
    /// `false`: there is none. It is a departure.
    pub fn evict(&mut self, by: Eviction, samples: usize, now: UnixMs) -> bool {
        let victim = match by.order {
            Order::Random => self.random_victim(by.among),
            _ => self.best_victim(by, samples, now),
        };
        let Some((db, key)) = victim else {
            return false;
        };
        self.view(db, now).remove(&key, Cause::Evicted);
        true
    }

    fn best_victim(
        &mut self,
        by: Eviction,
        samples: usize,
        now: UnixMs,
    ) -> Option<(usize, Vec<u8>)> {
        self.common.pool.follow(by);
        for _ in 0..DRAWS_MAX {
            self.draw(by, samples, now);
            while let Some(Candidate { score, db, key }) = self.common.pool.candidates.pop() {
                let table = &self.dbs[db].table;
                let policy = self.common.policy;
                let found = table.find(table.hash(&key), &key).filter(|entry| {
                    let counts = by.among == Among::All || entry.deadline().is_some();
                    counts && by.order.score(*entry, policy, now) >= score
                });
                if found.is_some() {
                    return Some((db, key));
                }
            }
        }
        None
    }

    /// Looks at `samples` keys of each database.
    fn draw(&mut self, by: Eviction, samples: usize, now: UnixMs) {
        let Common {
            pool,
            random,
            policy,
            ..
        } = &mut self.common;
        for (index, db) in self.dbs.iter().enumerate() {
            db.table.sample(random, by.among, samples, |entry| {
                pool.offer(by.order.score(entry, *policy, now), index, entry.key());
            });
        }
    }

    /// A key picked at random, of each database in turn.
    fn random_victim(&mut self, among: Among) -> Option<(usize, Vec<u8>)> {
        let Common { pool, random, .. } = &mut self.common;
        for _ in 0..self.dbs.len() {
            let index = pool.next_db % self.dbs.len();
            pool.next_db = index + 1;
            if let Some(key) = random_key(&self.dbs[index].table, among, random) {
                return Some((index, key));
            }
        }
        None
    }
}

fn random_key(
    table: &crate::ds::table::Table<super::entry::Block>,
    among: Among,
    random: &mut Rng,
) -> Option<Vec<u8>> {
    if among == Among::All {
        return table.random(random).map(|entry| entry.key().into());
    }
    let mut key = None;
    table.sample(random, among, 1, |entry| key = Some(entry.key().into()));
    key
}

#[cfg(test)]
mod tests;
