//! Active expiry: keys whose deadline passed leave although nobody asks for them.
//!
//! A cycle sweeps the databases in order from where the last one stopped, until it came around or
//! its time is up. The table knows where something is due (`ds::table::due`), so a sweep reads a
//! few words for every 100,000 keys that are not, and a handful of due keys among millions goes in
//! the next cycle. (Redis samples keys at random instead: of 1,000 due ones among a million others
//! some 40 were gone after three minutes.)
//!
//! Where deadlines are dense every segment is due all the time. It is then looked at once in
//! [`REVISIT_MS`], divided by the effort: a segment of 400 keys costs some 10 µs, a million keys
//! 30 ms, of which that is the share of the processor spent. Keys are late by half of it on
//! average.
//!
//! Fields of hashes with a deadline are found by the same sweep, and removed by `fields`.
//!
//! The budget of a cycle may be spent in slices: a call goes on where the last was cut.

use fastrand::Rng;

use super::entry::{Block, Entry};
use super::fields;
use super::space::{Db, Keyspace};
use super::view::Cause;
use crate::ds::table::Table;
use crate::sys::clock::UnixMs;

/// Milliseconds between two looks at a segment, at an effort of 1.
const REVISIT_MS: i64 = 200;

/// Random entries drawn from a database at the end of a round, to estimate from.
const DRAWS: u32 = 16;

/// The weight of a new estimate against the old one.
const NEW_WEIGHT: f64 = 0.05;

/// The two occasions for a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// `hz` times a second.
    Slow,
    /// Before the loop waits, if the last cycle was cut.
    Fast,
}

impl Cycle {
    /// Microseconds a cycle may take: 25 % of the time at an effort of 1, 43 % at 10; a fast one 1
    /// to 3.25 ms. As in Redis.
    pub fn budget_us(self, hz: u32, effort: u32) -> u64 {
        let more = u64::from(effort.clamp(1, 10) - 1);
        match self {
            Cycle::Slow => (25 + 2 * more) * 1_000_000 / u64::from(hz.max(1)) / 100,
            Cycle::Fast => 1000 + 250 * more,
        }
    }
}

/// What a cycle did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpireReport {
    /// Keys removed; each is a departure.
    pub removed: usize,
    /// Keys with a deadline that were looked at.
    pub looked: usize,
    /// Fields of hashes removed.
    pub fields: usize,
    /// Whether the time was up before all databases were swept.
    pub cut: bool,
}

impl Keyspace {
    /// Removes keys whose deadline passed at `now`, while `time_left` says so; `effort` from 1 to
    /// 10.
    pub fn expire_cycle(
        &mut self,
        now: UnixMs,
        effort: u32,
        mut time_left: impl FnMut() -> bool,
    ) -> ExpireReport {
        let mut report = ExpireReport::default();
        let again = now.0 + REVISIT_MS / i64::from(effort.clamp(1, 10));
        // One more than there are: the first may begin in its middle.
        for _ in 0..=self.dbs.len() {
            let index = self.common.swept_db % self.dbs.len();
            let Db {
                table, swept_to, ..
            } = &mut self.dbs[index];
            loop {
                let (epoch, news) = (&mut self.common.epoch, &mut self.common.news);
                let gone = |entry: Entry<'_>| news.depart(index, entry, Cause::Expired);
                let step = table.sweep(epoch, *swept_to, now.0, again, gone);
                report.removed += step.removed;
                report.looked += step.looked;
                *swept_to = step.next;
                let fields_left = step.inner_due && {
                    let news = (&mut *news, index);
                    let at = step.next;
                    !fields::remove_due(table, epoch, news, at, now, &mut report, &mut time_left)
                };
                if step.next == 0 && !step.inner_due {
                    break;
                }
                if fields_left || !time_left() {
                    self.common.news.stats.sweeps_cut += 1;
                    return ExpireReport {
                        cut: true,
                        ..report
                    };
                }
            }
            self.common.swept_db = (index + 1) % self.dbs.len();
            self.estimate(index, now);
        }
        report
    }

    /// Refreshes the estimates of database `index`.
    fn estimate(&mut self, index: usize, now: UnixMs) {
        let db = &mut self.dbs[index];
        if db.table.volatile() == 0 {
            (db.ttl_mean_ms, db.stale_share) = (0.0, 0.0);
            return;
        }
        let ttls = draw_ttls(&db.table, now, &mut self.common.random);
        if ttls.is_empty() {
            return;
        }
        let count = ttls.len() as f64;
        let mean = ttls.iter().map(|&ttl| ttl.max(0) as f64).sum::<f64>() / count;
        let stale = ttls.iter().filter(|&&ttl| ttl <= 0).count() as f64 / count;
        let weight = if db.ttl_mean_ms == 0.0 {
            1.0
        } else {
            NEW_WEIGHT
        };
        db.ttl_mean_ms += (mean - db.ttl_mean_ms) * weight;
        db.stale_share += (stale - db.stale_share) * NEW_WEIGHT;
    }
}

/// Milliseconds that some random keys have left.
fn draw_ttls(table: &Table<Block>, now: UnixMs, random: &mut Rng) -> Vec<i64> {
    (0..DRAWS)
        .filter_map(|_| table.random(random)?.deadline())
        .map(|deadline| deadline.0.saturating_sub(now.0))
        .collect()
}
