//! Hot keys: those that requests name most often, found by looking at few of them.
//!
//! One request in `gap` is looked at, by chance, so that no rhythm of a client hides a key; it stands
//! for all `gap`. The gap follows the load: every request where there are few, and from some
//! thousand a second on as many as [`SAMPLES_MAX`] allows. Between two samples a request costs
//! nothing: the loop hands over how many it executes together and subtracts that.
//!
//! What the samples name goes into a sketch (`ds::frequent`) that ages by the second: the rates told
//! are those of the last quarter of a minute or so, the most recent seconds counting the most.

use crate::ds::frequent::Frequent;
use crate::sys::clock::MonoNs;

/// So many hot keys are kept.
pub const KEYS_MAX: usize = 32;

/// Of a longer key only the beginning is kept.
pub const KEY_BYTES_MAX: usize = 512;

/// With more samples since the last tick the gap doubles, with fewer it is halved at the tick.
const SAMPLES_MAX: u32 = 512;
const SAMPLES_MIN: u32 = SAMPLES_MAX / 4;

/// No more requests are passed over, on average.
const GAP_MAX: u32 = 1024;

/// Counts are aged so often, by this factor: half of a count is gone after ten seconds.
const AGE_EVERY_NS: u64 = 1_000_000_000;
const AGE_FACTOR: f32 = 15.0 / 16.0;

/// What is known of hot keys.
#[derive(Debug)]
pub struct HotKeys {
    /// Requests to pass over before the next one to look at.
    skip: usize,
    gap: u32,
    samples: u32,
    sketch: Frequent<Name>,
    /// The time that is counted, in seconds, aged like the counts.
    span_s: f64,
    counted_to: MonoNs,
    chance: fastrand::Rng,
}

/// A key in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub db: usize,
    pub key: Box<[u8]>,
}

impl Name {
    /// That of `key`, or of its beginning.
    pub fn of(db: usize, key: &[u8]) -> Name {
        Name {
            db,
            key: key[..key.len().min(KEY_BYTES_MAX)].into(),
        }
    }
}

/// A hot key.
#[derive(Clone, Debug, PartialEq)]
pub struct HotKey<'a> {
    pub name: &'a Name,
    /// How often it is named in a second.
    pub per_second: f64,
    /// Its share of all keys named.
    pub share: f64,
}

impl HotKeys {
    /// Nothing is known yet.
    pub fn new(seed: u64, now: MonoNs) -> HotKeys {
        HotKeys {
            skip: 0,
            gap: 1,
            samples: 0,
            sketch: Frequent::new(KEYS_MAX, seed),
            span_s: 0.0,
            counted_to: now,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    /// Which of the next `requests` to look at first; if it is none of them, they are passed.
    #[inline]
    pub fn first_of(&mut self, requests: usize) -> Option<usize> {
        if self.skip >= requests {
            self.skip -= requests;
            return None;
        }
        Some(self.skip)
    }

    /// Request `at` of `requests` was looked at: which is the next, if it is one of them.
    pub fn next_of(&mut self, at: usize, requests: usize) -> Option<usize> {
        self.samples += 1;
        if self.samples > SAMPLES_MAX && self.gap < GAP_MAX {
            self.gap *= 2;
            self.samples = 0;
        }
        let skip = match self.gap {
            1 => 0,
            gap => self.chance.usize(0..2 * gap as usize - 1),
        };
        let next = at + 1 + skip;
        if next < requests {
            return Some(next);
        }
        self.skip = next - requests;
        None
    }

    /// A request that is looked at names `key`, whose hash this is.
    pub fn note(&mut self, db: usize, key: &[u8], hash: u64) {
        // Equal keys of different databases are different keys.
        let hash = hash ^ (db as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let weight = self.gap as f32;
        self.sketch.add(hash, weight, || Name::of(db, key));
    }

    /// To be called some ten times a second.
    pub fn tick(&mut self, now: MonoNs) {
        if self.samples < SAMPLES_MIN && self.gap > 1 {
            self.gap /= 2;
        }
        self.samples = 0;
        let passed = now.since(self.counted_to);
        if passed >= AGE_EVERY_NS {
            // After a standstill everything is old.
            let seconds = passed as f64 / 1e9;
            let factor = AGE_FACTOR.powf(seconds as f32);
            self.sketch.age(factor);
            self.span_s = (self.span_s + seconds) * f64::from(factor);
            self.counted_to = now;
        }
    }

    /// The hot keys, the hottest first.
    pub fn top(&self, now: MonoNs) -> Vec<HotKey<'_>> {
        let span_s = self.span_s + now.since(self.counted_to) as f64 / 1e9;
        let total = self.sketch.total();
        let top = self.sketch.top().into_iter().map(|top| HotKey {
            name: &top.name,
            per_second: f64::from(top.count) / span_s.max(1e-3),
            share: (f64::from(top.count) / total.max(1.0)).min(1.0),
        });
        top.collect()
    }

    /// One request in how many is looked at.
    pub fn gap(&self) -> u32 {
        self.gap
    }

    /// Forgets everything.
    pub fn clear(&mut self, now: MonoNs) {
        self.sketch.clear();
        self.span_s = 0.0;
        self.counted_to = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn hash_of(key: &[u8]) -> u64 {
        let fold =
            |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        key.iter().fold(0x1234_5678_9abc_def0, fold)
    }

    /// `seconds` of `per_second` requests in batches, every tenth for the key `hot`.
    fn load(keys: &mut HotKeys, from: MonoNs, seconds: u64, per_second: u64, hot: &[u8]) -> MonoNs {
        let mut chance = fastrand::Rng::with_seed(7);
        let mut now = from;
        for _ in 0..seconds * 10 {
            let mut left = (per_second / 10) as usize;
            while left > 0 {
                let batch = left.min(16);
                left -= batch;
                let mut next = keys.first_of(batch);
                while let Some(at) = next {
                    match chance.u64(0..10) {
                        0 => keys.note(0, hot, hash_of(hot)),
                        _ => {
                            let hash = chance.u64(..);
                            keys.note(0, &hash.to_le_bytes(), hash);
                        }
                    }
                    next = keys.next_of(at, batch);
                }
            }
            now = now.plus_ms(100);
            keys.tick(now);
        }
        now
    }

    #[test]
    fn the_rate_of_a_hot_key_is_told_under_any_load() {
        for (per_second, error_max) in [(100, 0.35), (5_000, 0.15), (1_000_000, 0.15)] {
            let mut keys = HotKeys::new(1, MonoNs(5 * SECOND));
            let now = load(&mut keys, MonoNs(5 * SECOND), 30, per_second, b"hot");
            let top = keys.top(now);
            assert_eq!(&*top[0].name.key, b"hot");
            let rate = per_second as f64 / 10.0;
            let error = (top[0].per_second - rate).abs() / rate;
            assert!(error < error_max, "{per_second}: {}", top[0].per_second);
            assert!((top[0].share - 0.1).abs() < 0.04, "{}", top[0].share);
            if per_second <= 1000 {
                assert_eq!(keys.gap(), 1);
            }
        }
    }

    #[test]
    fn yesterdays_hot_key_gives_way() {
        let mut keys = HotKeys::new(1, MonoNs(0));
        let now = load(&mut keys, MonoNs(0), 20, 10_000, b"old");
        let now = load(&mut keys, now, 60, 10_000, b"new");
        let top = keys.top(now);
        assert_eq!(&*top[0].name.key, b"new");
        assert!(
            top.iter()
                .all(|hot| &*hot.name.key != b"old" || hot.share < 0.01)
        );
        keys.clear(now);
        assert!(keys.top(now).is_empty());
    }

    #[test]
    fn few_requests_are_looked_at_under_load() {
        let mut keys = HotKeys::new(1, MonoNs(0));
        let mut looked = 0;
        for _ in 0..100_000 {
            let mut next = keys.first_of(16);
            while let Some(at) = next {
                assert!(at < 16);
                looked += 1;
                next = keys.next_of(at, 16);
            }
        }
        // 1.6 million requests at once, and no tick.
        assert!(looked < 10_000, "{looked}");
    }

    #[test]
    fn long_keys_are_kept_in_part() {
        let name = Name::of(1, &[b'x'; 10_000]);
        assert_eq!(name.key.len(), KEY_BYTES_MAX);
    }
}
