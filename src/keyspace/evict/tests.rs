//! The pool against a sorted list of all that was offered, and what leaves against what should.

use fastrand::Rng;

use super::*;
use crate::keyspace::{Deadline, Stats};
use crate::value::string::NewStr;

const NOW: UnixMs = UnixMs(1_000_000_000);

const IDLEST: Eviction = Eviction {
    among: Among::All,
    order: Order::Idle,
};

fn keyspace() -> Keyspace {
    Keyspace::new(3, [7, 8])
}

fn put(space: &mut Keyspace, db: usize, key: &str, deadline: Option<i64>) {
    let deadline = deadline.map_or(Deadline::Never, |at| Deadline::At(UnixMs(at)));
    let mut view = space.view(db, NOW);
    view.set(key.as_bytes(), NewStr::Int(1), deadline);
}

/// The keys that left, in order.
fn departed(space: &mut Keyspace) -> Vec<String> {
    let departures = space.take_departures().into_iter();
    departures
        .map(|it| {
            assert_eq!(it.cause, Cause::Evicted);
            format!("{}:{}", it.db, String::from_utf8_lossy(&it.key))
        })
        .collect()
}

#[test]
fn the_pool_keeps_the_best_of_all_offers() {
    for seed in 0..if cfg!(miri) { 3 } else { 200 } {
        let mut random = Rng::with_seed(seed);
        let mut pool = Pool::default();
        let mut twin: Vec<Candidate> = Vec::new();
        let spread = random.u64(1..100);
        for _ in 0..random.usize(..200) {
            let score = random.u64(..spread);
            let (db, key) = (random.usize(..2), vec![random.u8(b'a'..b'e')]);
            pool.offer(score, db, &key);
            let offered = Candidate { score, db, key };
            if !twin.contains(&offered) {
                twin.push(offered);
            }
        }
        twin.sort_by_key(|it| it.score);
        let best = &twin[twin.len().saturating_sub(POOL_KEYS)..];
        let scores = |all: &[Candidate]| all.iter().map(|it| it.score).collect::<Vec<_>>();
        let kept = &pool.candidates;
        assert_eq!(scores(kept), scores(best), "seed {seed}");
        assert!(kept.iter().all(|it| twin.contains(it)), "seed {seed}");
        for (index, one) in kept.iter().enumerate() {
            assert!(!kept[index + 1..].contains(one), "seed {seed}: twice");
        }
    }
}

#[test]
fn with_all_keys_in_the_sample_the_order_is_exact() {
    let cases: [(&str, Eviction); 3] = [
        ("idle", IDLEST),
        (
            "rare",
            Eviction {
                among: Among::All,
                order: Order::Rare,
            },
        ),
        (
            "soon",
            Eviction {
                among: Among::Volatile,
                order: Order::Soon,
            },
        ),
    ];
    for (what, by) in cases {
        let mut space = keyspace();
        if by.order == Order::Rare {
            space.set_policy(AccessPolicy::Lfu {
                log_factor: 10,
                decay_minutes: 1,
            });
        }
        let mut expected = Vec::new();
        for index in 0..20u8 {
            let (db, key) = (usize::from(index % 3), format!("key{index}"));
            let deadline = NOW.0 + 1000 * (i64::from(index) + 1);
            put(&mut space, db, &key, Some(deadline));
            let mut view = space.view(db, NOW);
            match by.order {
                Order::Idle => view.set_idle(key.as_bytes(), 1000 - u64::from(index)),
                Order::Rare => view.set_frequency(key.as_bytes(), index),
                _ => true,
            };
            expected.push(format!("{db}:{key}"));
        }
        while space.evict(by, 20, NOW) {}
        assert_eq!(departed(&mut space), expected, "{what}");
        assert_eq!(space.stats().evicted, 20);
    }
}

#[test]
fn keys_without_a_deadline_stay_if_they_are_to() {
    const MANY: usize = if cfg!(miri) { 300 } else { 30_000 };
    for order in [Order::Idle, Order::Soon, Order::Random] {
        let mut space = keyspace();
        for index in 0..MANY {
            put(&mut space, 1, &format!("stays{index}"), None);
        }
        let soonest = ["a", "b", "c"];
        for (index, key) in soonest.iter().enumerate() {
            put(&mut space, 1, key, Some(NOW.0 + 1000 + index as i64));
        }
        let by = Eviction {
            among: Among::Volatile,
            order,
        };
        while space.evict(by, 5, NOW) {}
        let mut gone = departed(&mut space);
        gone.sort();
        assert_eq!(gone, ["1:a", "1:b", "1:c"], "{order:?}");
        assert_eq!(space.view(1, NOW).len(), MANY);
    }
}

#[test]
fn a_key_used_meanwhile_is_passed_over() {
    let mut space = keyspace();
    for index in 0..10u8 {
        put(&mut space, 0, &index.to_string(), None);
        let idle = 100 - u64::from(index);
        space
            .view(0, NOW)
            .set_idle(index.to_string().as_bytes(), idle);
    }
    assert!(space.evict(IDLEST, 10, NOW));
    assert_eq!(departed(&mut space), ["0:0"]);
    // The next in the pool.
    assert!(space.view(0, NOW).read(b"1").is_some());
    assert!(space.evict(IDLEST, 10, NOW));
    assert_eq!(departed(&mut space), ["0:2"]);
}

#[test]
fn every_database_gives_a_random_key_in_turn() {
    let mut space = keyspace();
    for index in 0..30 {
        put(&mut space, index % 3, &format!("{index}"), None);
    }
    let by = Eviction {
        among: Among::All,
        order: Order::Random,
    };
    for left in (0..30).rev() {
        assert!(space.evict(by, 5, NOW));
        let lens = (0..3).map(|db| space.view(db, NOW).len());
        let lens: Vec<usize> = lens.collect();
        assert_eq!(lens.iter().sum::<usize>(), left);
        assert!(lens.iter().max().unwrap() - lens.iter().min().unwrap() <= 1);
    }
    assert!(!space.evict(by, 5, NOW));
    let evicted = space.stats().evicted;
    assert_eq!(
        (evicted, space.stats()),
        (
            30,
            &Stats {
                evicted,
                ..Stats::default()
            }
        )
    );
}

#[test]
fn what_a_snapshot_keeps_is_counted_until_it_ends() {
    let mut space = keyspace();
    for index in 0..1000 {
        put(&mut space, 0, &format!("key{index}"), None);
    }
    assert_eq!(space.kept_bytes(), 0);
    let each = {
        let mut view = space.view(0, NOW);
        view.peek(b"key0").unwrap().memory_bytes()
    };
    let frozen = space.freeze().unwrap();
    while space.evict(IDLEST, 5, NOW) {}
    // The entries, and what of the table was copied.
    let kept = space.kept_bytes();
    assert!((1000 * each..1400 * each).contains(&kept), "{kept}");
    // What came since then leaves at once.
    put(&mut space, 0, "new", None);
    let kept = space.kept_bytes();
    assert!(space.evict(IDLEST, 5, NOW));
    assert_eq!(space.kept_bytes(), kept);
    space.finish(frozen);
    assert_eq!(space.kept_bytes(), 0);
    assert!(space.has_garbage());
}
