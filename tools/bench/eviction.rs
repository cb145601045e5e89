//! Eviction: whether the right keys leave. What it costs when large ones do is `big`'s.
//!
//! A cache is asked for keys by Zipf's law, and given those it did not have, as an
//! application does: MGET, then MSET of what was missing. All servers see the same trace at the
//! same time, each once with `allkeys-lru` and once with `allkeys-lfu`; beside them stands an exact
//! LRU of as many keys as fit. The trace is slow, because servers note the second of an access: a
//! key must stay for much longer than that.

use std::collections::{BTreeMap, HashMap};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::failure::{Failure, Result};
use crate::options::Options;
use crate::report::{Cell, Section};
use crate::server::Server;

/// Keys asked for at once.
const BATCH: usize = 50;

/// The sizes and times.
#[derive(Clone, Debug)]
pub(crate) struct Eviction {
    /// Different keys in the trace.
    pub(crate) keys: usize,
    /// Keys that fit.
    pub(crate) fit: usize,
    /// The trace's length in time, and its rate; its last two thirds count.
    pub(crate) trace: Duration,
    pub(crate) per_second: usize,
}

impl Eviction {
    pub(crate) fn full() -> Eviction {
        Eviction {
            keys: 500_000,
            fit: 50_000,
            trace: Duration::from_secs(60),
            per_second: 12_000,
        }
    }

    pub(crate) fn small() -> Eviction {
        Eviction {
            // What fits is much more than what buffers take.
            keys: 20_000,
            fit: 2000,
            trace: Duration::from_millis(100),
            per_second: 20_000,
        }
    }
}

/// A cache under one policy.
struct Cache {
    server: Server,
    policy: &'static str,
    client: Client,
    hits: u64,
    asked: u64,
}

/// Hit rates on a trace.
pub(crate) fn hit_rate(options: &Options) -> Result<Section> {
    let sizes = &options.eviction;
    let mut caches = Vec::new();
    for recipe in &options.servers {
        for policy in ["allkeys-lru", "allkeys-lfu"] {
            caches.push(Cache::start(recipe.start(options)?, policy, sizes.fit)?);
        }
    }
    let mut exact = ExactLru::of(sizes.fit);
    let mut zipf = Zipf::over(sizes.keys);
    let began = Instant::now();
    let batches = sizes.trace.as_secs_f64() * sizes.per_second as f64 / BATCH as f64;
    let batches = batches as u32;
    let mut exact_hits = (0, 0);
    for batch in 0..batches {
        let due = began + sizes.trace.mul_f64(f64::from(batch) / f64::from(batches));
        sleep(due.saturating_duration_since(Instant::now()));
        let keys: Vec<usize> = (0..BATCH).map(|_| zipf.draw()).collect();
        let counts = batch >= batches / 3;
        for cache in &mut caches {
            cache.ask(&keys, counts)?;
        }
        for key in keys {
            let hit = exact.ask(key);
            if counts {
                exact_hits = (exact_hits.0 + u64::from(hit), exact_hits.1 + 1);
            }
        }
    }
    let percent = |(hits, asked): (u64, u64)| 100.0 * hits as f64 / asked.max(1) as f64;
    let exact = percent(exact_hits);
    let rows = caches.into_iter().map(|mut cache| {
        let rate = percent((cache.hits, cache.asked));
        let kept = cache.client.integer("DBSIZE")?;
        Ok(vec![
            ("server", Cell::Text(cache.server.name.clone())),
            ("policy", Cell::Text(cache.policy.to_owned())),
            ("keys", Cell::Number(kept as f64, 0)),
            ("hits_%", Cell::Number(rate, 2)),
            ("exact_lru_%", Cell::Number(exact, 2)),
            ("difference", Cell::Number(rate - exact, 2)),
        ])
    });
    Ok(Section {
        scenario: "eviction",
        what: format!(
            "hits of {} requests/s by Zipf's law over {} keys, of which {} fit, for {} s (the \
             last two thirds count), at maxmemory-samples 10",
            sizes.per_second,
            sizes.keys,
            sizes.fit,
            sizes.trace.as_secs_f64()
        ),
        rows: rows.collect::<Result<_>>()?,
    })
}

impl Cache {
    /// Fills a server with as many keys as are to fit, and has that be its limit.
    fn start(server: Server, policy: &'static str, fit: usize) -> Result<Cache> {
        let mut cache = Cache {
            client: server.client()?,
            server,
            policy,
            hits: 0,
            asked: 0,
        };
        for first in (0..fit).step_by(BATCH) {
            // Other keys than the trace's, so that all begin cold.
            cache.put((first..fit.min(first + BATCH)).map(|key| format!("old:{key:09}")))?;
        }
        let used = used(&mut cache.client)?;
        for (parameter, value) in [
            ("maxmemory-policy", policy),
            ("maxmemory-samples", "10"),
            ("maxmemory", &used.to_string()),
        ] {
            configure(&mut cache.client, parameter, value)?;
        }
        Ok(cache)
    }

    fn ask(&mut self, keys: &[usize], counts: bool) -> Result<()> {
        let names: Vec<String> = keys.iter().map(|key| format!("key:{key:09}")).collect();
        let mut words: Vec<&[u8]> = vec![b"MGET"];
        words.extend(names.iter().map(|name| name.as_bytes()));
        let Answer::Array(values) = self.client.ask(&words)? else {
            return Err(Failure::new("MGET gives no array"));
        };
        let found = values.iter().filter(|value| **value != Answer::Null);
        if counts {
            self.hits += found.count() as u64;
            self.asked += keys.len() as u64;
        }
        let missing = names.into_iter().zip(&values);
        self.put(
            missing
                .filter(|(_, value)| **value == Answer::Null)
                .map(|(name, _)| name),
        )
    }

    fn put(&mut self, names: impl Iterator<Item = String>) -> Result<()> {
        const VALUE: &[u8] = &[b'x'; 100];
        let names: Vec<String> = names.collect();
        let mut words: Vec<&[u8]> = vec![b"MSET"];
        words.extend(names.iter().flat_map(|name| [name.as_bytes(), VALUE]));
        if names.is_empty() {
            return Ok(());
        }
        match self.client.ask(&words)? {
            Answer::Text(_) => Ok(()),
            other => Err(Failure::new(format!("MSET: {other:?}"))),
        }
    }
}

fn used(client: &mut Client) -> Result<u64> {
    let used = client.info("used_memory")?;
    let used = used.and_then(|text| text.parse().ok());
    used.ok_or_else(|| Failure::new("INFO has no used_memory"))
}

fn configure(client: &mut Client, parameter: &str, value: &str) -> Result<()> {
    let words = ["CONFIG", "SET", parameter, value].map(str::as_bytes);
    match client.ask(&words)? {
        Answer::Error(error) => Err(Failure::new(format!("{parameter} {value}: {error}"))),
        _ => Ok(()),
    }
}

/// Draws numbers below some bound, the `n`-th in proportion to `1/n`.
struct Zipf {
    /// The share of all numbers up to this one.
    shares: Vec<f64>,
    random: fastrand::Rng,
}

impl Zipf {
    fn over(count: usize) -> Zipf {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        let sums: Vec<f64> = sums.collect();
        Zipf {
            shares: sums.iter().map(|part| part / sum).collect(),
            random: fastrand::Rng::with_seed(11),
        }
    }

    fn draw(&mut self) -> usize {
        let share = self.random.f64();
        let rank = self.shares.partition_point(|upto| *upto < share);
        rank.min(self.shares.len() - 1)
    }
}

/// A cache that loses exactly the key not used for longest.
struct ExactLru {
    room: usize,
    used_at: HashMap<usize, u64>,
    by_use: BTreeMap<u64, usize>,
    tick: u64,
}

impl ExactLru {
    fn of(room: usize) -> ExactLru {
        ExactLru {
            room,
            used_at: HashMap::new(),
            by_use: BTreeMap::new(),
            tick: 0,
        }
    }

    /// Asks for a key, which is there then; whether it was.
    fn ask(&mut self, key: usize) -> bool {
        self.tick += 1;
        let before = self.used_at.insert(key, self.tick);
        self.by_use.insert(self.tick, key);
        if let Some(before) = before {
            self.by_use.remove(&before);
            return true;
        }
        if self.used_at.len() > self.room
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.used_at.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{ExactLru, Zipf};

    #[test]
    fn the_exact_cache_loses_what_was_used_longest_ago() {
        let mut cache = ExactLru::of(2);
        let asked = [1, 2, 1, 3, 1, 2].map(|key| cache.ask(key));
        assert_eq!(asked, [false, false, true, false, true, false]);
        assert_eq!(cache.used_at.len(), 2);
    }

    #[test]
    fn the_first_is_drawn_twice_as_often_as_the_second() {
        let mut zipf = Zipf::over(100);
        let mut counts = [0; 100];
        (0..100_000).for_each(|_| counts[zipf.draw()] += 1);
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
    }
}
