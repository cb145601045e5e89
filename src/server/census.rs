//! The walk over all keys behind the figures of `observe::census`: a slice in a turn, all the time.
//!
//! It goes from bucket to bucket as SCAN does, so a key that is there from the beginning of a walk to
//! its end is counted once, however the tables grow. A walk that somebody waits for (the first, and
//! the first after `track-prefixes` changed) may take a hundredth of the time, and the loop does not
//! sleep over it; the others a thousandth. What a large value takes is estimated, so that no key takes
//! longer than others.

use super::Server;
use super::dispatch::Found;
use super::table::CommandTable;
use crate::client::slab::ClientKey;
use crate::command::keyspec;
use crate::observe::census::Census;
use crate::observe::hot_keys::HotKeys;
use crate::observe::key_sizes::Measured;
use crate::observe::prefixes::Prefixes;
use crate::resp::request::Request;
use crate::sys::clock::MonoNs;
use crate::value::Value;

/// The time a walk may take in a turn.
const SLICE_NS: u64 = 100_000;

/// The share of time is granted anew so often: one slice, or for a walk that is waited for, ten.
const PERIOD_MS: u64 = 100;
const HASTY_NS: u64 = 10 * SLICE_NS;

/// No two walks begin within this time, however few keys there are.
const WALK_EVERY_MS: u64 = 1000;

/// Buckets looked at between two looks at the clock.
const BUCKETS: usize = 16;

/// Of a request with more keys only so many are noted.
const KEYS_NOTED_MAX: usize = 128;

/// What costs: where the walk is, and what is known.
#[derive(Debug)]
pub struct Costs {
    pub census: Census,
    pub hot_keys: HotKeys,
    /// Since when hits of prefixes are counted.
    pub prefixes_since: MonoNs,
    walk: Walk,
}

/// Where the walk is.
#[derive(Debug, Default)]
struct Walk {
    running: bool,
    db: usize,
    cursor: u64,
    next_walk: MonoNs,
    /// When the time spent is forgotten and more may be spent.
    period_end: MonoNs,
    spent_ns: u64,
}

impl Costs {
    pub(super) fn new(seed: u64, now: MonoNs) -> Costs {
        Costs {
            census: Census::default(),
            hot_keys: HotKeys::new(seed, now),
            prefixes_since: now,
            walk: Walk::default(),
        }
    }

    /// Forgets how often keys were named, as CONFIG RESETSTAT does with all counts.
    pub fn reset(&mut self, now: MonoNs) {
        self.hot_keys.clear(now);
        self.prefixes_since = now;
    }

    fn may_spend_ns(&self) -> u64 {
        match self.census.is_whole() {
            true => SLICE_NS,
            false => HASTY_NS,
        }
    }

    /// Begins a walk from the first key on.
    fn begin(&mut self, now: MonoNs) {
        self.census.begin(now);
        self.walk.running = true;
        (self.walk.db, self.walk.cursor) = (0, 0);
        self.walk.next_walk = now.plus_ms(WALK_EVERY_MS);
    }
}

impl Server {
    /// Accounts for the prefixes that the configuration names.
    pub(crate) fn follow_prefixes(&mut self) {
        let now = self.clock.mono();
        let prefixes = Prefixes::new(self.config.track_prefixes.iter().map(|one| &**one));
        let names = prefixes.list().iter().map(|one| one.prefix.clone());
        self.costs.census.account_for(names, now);
        self.costs.begin(now);
        self.costs.prefixes_since = now;
        let any = !prefixes.list().is_empty();
        self.keyspace.account_for(any.then_some(prefixes));
    }

    /// Notes the keys that a client's request names, before it is executed.
    #[cold]
    pub(super) fn look_at_keys(
        &mut self,
        table: &CommandTable,
        key: ClientKey,
        request: Request<'_>,
        found: Found,
    ) {
        let client = &self.clients[key];
        let named = found.command.map(|id| table.get(id));
        let Ok(command) = table.resolve(named, &request) else {
            return;
        };
        if !client.is_authenticated() || !command.spec.accepts(request.len()) {
            return;
        }
        let mut keys = Vec::new();
        keyspec::find(command.spec, request, &mut keys);
        let view = self.keyspace.view(client.db, self.now.ms());
        for found in keys.iter().take(KEYS_NOTED_MAX) {
            let key = request.bytes(found.index);
            let hash = view.hash(key).bits();
            self.costs.hot_keys.note(client.db, key, hash);
        }
    }

    /// Whether a walk that is waited for goes on in the next turn.
    pub(super) fn census_goes_on(&self) -> bool {
        let costs = &self.costs;
        costs.walk.running
            && !costs.census.is_whole()
            && costs.walk.spent_ns < HASTY_NS
            && self.loading.is_none()
    }

    /// A turn's share of the walk.
    pub(super) fn tend_census(&mut self) {
        let now = self.now.mono;
        let costs = &mut self.costs;
        if now >= costs.walk.period_end {
            costs.walk.period_end = now.plus_ms(PERIOD_MS);
            costs.walk.spent_ns = 0;
        }
        if self.loading.is_some() {
            costs.walk.running = false;
            return;
        }
        if costs.walk.spent_ns >= costs.may_spend_ns() {
            return;
        }
        if !costs.walk.running {
            if now < costs.walk.next_walk {
                return;
            }
            costs.begin(now);
        }
        let started = self.clock.mono();
        while !self.walk_on() {
            if self.clock.mono().since(started) >= SLICE_NS {
                break;
            }
        }
        self.costs.walk.spent_ns += self.clock.mono().since(started);
    }

    /// Some buckets further; whether the walk is over.
    fn walk_on(&mut self) -> bool {
        let Costs { census, walk, .. } = &mut self.costs;
        let db = walk.db;
        let mut view = self.keyspace.view(db, self.now.ms());
        let share = view.table_share_bytes();
        for _ in 0..BUCKETS {
            walk.cursor = view.scan(walk.cursor, |entry| {
                census.count(db, entry.key(), entry.memory_estimate() + share);
                if let Some((kind, size)) = measured(entry.value()) {
                    census.count_size(db, kind, size);
                }
            });
            if walk.cursor == 0 {
                break;
            }
        }
        if walk.cursor != 0 {
            return false;
        }
        walk.db += 1;
        if walk.db < self.config.databases as usize {
            return false;
        }
        walk.running = false;
        census.end(self.clock.mono());
        true
    }
}

/// The size of a value, of the types whose sizes are counted.
fn measured(value: Value<'_>) -> Option<(Measured, usize)> {
    let measured = match value {
        Value::String(string) => (Measured::String, string.len()),
        Value::List(list) => (Measured::List, list.len()),
        Value::Set(set) => (Measured::Set, set.len()),
        Value::Zset(zset) => (Measured::Zset, zset.len()),
        Value::Hash(hash) => (Measured::Hash, hash.len()),
        Value::Stream(_) => return None,
    };
    Some(measured)
}
