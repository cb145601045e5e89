//! Sorted sets against a naive twin: random changes, every way to read, and frozen clones.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use super::*;
use crate::ds::listpack;
use crate::value::draft::Draft;
use crate::value::testing;
use crate::value::{Home, NewValue, Object, Packed, Thresholds};

/// Members and scores, sorted anew for every question.
#[derive(Clone, Default)]
struct Twin(BTreeMap<Vec<u8>, f64>);

impl Twin {
    fn sorted(&self) -> Vec<(Vec<u8>, f64)> {
        let mut sorted: Vec<_> = self.0.clone().into_iter().collect();
        sorted.sort_by(|a, b| a.1.partial_cmp(&b.1).expect("no NaN").then(a.0.cmp(&b.0)));
        sorted
    }
}

fn home() -> Draft {
    testing::home(NewValue::Packed(Packed::Zset, listpack::EMPTY))
}

fn elements(iter: Iter<'_>) -> Vec<(Vec<u8>, f64)> {
    iter.map(|(member, score)| (member.to_vec(), score))
        .collect()
}

/// Everything the set says of itself is what the twin says.
fn compare(zset: Zset<'_>, twin: &Twin, random: &mut fastrand::Rng) {
    let sorted = twin.sorted();
    assert_eq!(elements(zset.iter()), sorted);
    assert_eq!(zset.len(), sorted.len());
    if let Zset::Big(big) = zset {
        big.check();
    }
    let rank = |random: &mut fastrand::Rng| random.usize(..=sorted.len());
    for _ in 0..10 {
        let (a, b) = (rank(random), rank(random));
        let ranks = a.min(b)..a.max(b);
        assert_eq!(elements(zset.range(ranks.clone())), sorted[ranks.clone()]);
        let mut back = elements(zset.range_back(ranks.clone()));
        back.reverse();
        assert_eq!(back, sorted[ranks]);
    }
    for _ in 0..10 {
        let member = member(random);
        let place = sorted.iter().position(|(other, _)| *other == member);
        let expected = place.map(|rank| (rank, sorted[rank].1));
        assert_eq!(zset.find(&member), expected);
        let score = score(random);
        for side in [Side::Before, Side::Behind] {
            let cuts = [
                Cut::Score(score, side),
                Cut::Element(score, &member, side),
                Cut::Start,
                Cut::End,
            ];
            for cut in cuts {
                let before = sorted
                    .iter()
                    .filter(|(member, score)| cut.is_behind(*score, || member));
                assert_eq!(zset.count_before(cut), before.count(), "{cut:?}");
            }
        }
    }
}

/// Few different ones, so that they meet; some are numbers, some long.
fn member(random: &mut fastrand::Rng) -> Vec<u8> {
    match random.u8(..40) {
        0..10 => random.u32(..300).to_string().into_bytes(),
        10 => vec![b'x'; random.usize(1000..1030)],
        11 => vec![b'y'; random.usize(1..6000)],
        _ => format!("member:{}", random.u32(..900)).into_bytes(),
    }
}

fn score(random: &mut fastrand::Rng) -> f64 {
    match random.u8(..20) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => -0.0,
        3 => 0.0,
        4 => 1e300,
        5..8 => random.f64() * 100.0,
        _ => f64::from(random.i32(-20..200)),
    }
}

fn change(home: &mut Draft, twin: &mut Twin, limits: &Thresholds, random: &mut fastrand::Rng) {
    let member = member(random);
    match random.u8(..20) {
        0..4 => {
            assert_eq!(remove(home, &member), twin.0.remove(&member));
        }
        4 if !twin.0.is_empty() && random.u8(..60) == 0 => {
            let sorted = twin.sorted();
            let from = random.usize(..sorted.len());
            let most = if random.bool() { 5 } else { 500 };
            let to = sorted.len().min(from + random.usize(1..most));
            remove_ranks(home, from..to);
            for (member, _) in &sorted[from..to] {
                twin.0.remove(member);
            }
        }
        kind => {
            let wanted = match twin.0.get(&member) {
                // Small steps mostly stay within a leaf.
                Some(old) if kind < 12 && old.is_finite() => old + random.f64() - 0.5,
                _ => score(random),
            };
            let old = twin.0.get(&member).copied();
            let put = put(home, limits, &member, |found| {
                assert_eq!(found, old);
                Some(wanted)
            });
            assert_eq!(put.new, (old != Some(wanted)).then_some(wanted));
            if put.new.is_some() {
                twin.0.insert(member, wanted);
            }
        }
    }
}

#[test]
fn a_set_does_what_its_twin_does() {
    for (seed, entries) in [(1, 0), (2, 128), (3, 20), (4, 1 << 20)] {
        let mut random = fastrand::Rng::with_seed(seed);
        let limits = Thresholds {
            zset_listpack_entries: entries,
            zset_listpack_value: 1 << 20,
            ..Thresholds::default()
        };
        let (mut home, mut twin) = (home(), Twin::default());
        for step in 0..6_000 {
            change(&mut home, &mut twin, &limits, &mut random);
            if step % 100 == 0 || step < 50 {
                compare(at(&home), &twin, &mut random);
            }
        }
        assert!(at(&home).len() > 300);
    }
}

#[test]
fn a_clone_stays_as_it_was() {
    let mut random = fastrand::Rng::with_seed(9);
    let limits = Thresholds {
        zset_listpack_entries: 0,
        ..Thresholds::default()
    };
    let (mut home, mut twin) = (home(), Twin::default());
    let digest = |zset: &BigZset| {
        let mut hasher = DefaultHasher::new();
        zset.digest(&mut hasher);
        hasher.finish()
    };
    for _ in 0..20 {
        for _ in 0..300 {
            change(&mut home, &mut twin, &limits, &mut random);
        }
        let frozen = match home.object() {
            Object::Zset(zset) => zset.clone(),
            _ => unreachable!("a sorted set"),
        };
        let (old_twin, old_digest) = (twin.clone(), digest(&frozen));
        for _ in 0..300 {
            change(&mut home, &mut twin, &limits, &mut random);
        }
        compare(Zset::Big(&frozen), &old_twin, &mut random);
        assert_eq!(digest(&frozen), old_digest);
        compare(at(&home), &twin, &mut random);
    }
}

#[test]
fn equal_hashes_are_told_apart() {
    // So many members that some have equal hashes, in leaves that begin with them.
    let mut zset = BigZset::from_sorted(home().seed(), []);
    let count = 200_000;
    let name = |number: u32| format!("{number}").into_bytes();
    for number in 0..count {
        zset.put(&name(number), |_| Some(f64::from(number % 1000)));
    }
    zset.check();
    for number in 0..count {
        let (_, score) = zset.find(&name(number)).expect("just put in");
        assert_eq!(score, f64::from(number % 1000));
    }
    for number in (0..count).step_by(3) {
        assert!(zset.remove(&name(number)).is_some());
    }
    for number in (1..count).step_by(3) {
        zset.put(&name(number), |old| old.map(|old| -old));
    }
    zset.check();
}

#[test]
fn a_walk_by_steps_visits_what_stays() {
    // Scores all different, in groups, and all the same.
    for groups in [100_000, 4_000, 1] {
        let count = 20_000;
        let name = |number: u32| format!("member:{number}").into_bytes();
        let mut zset = BigZset::from_sorted(home().seed(), []);
        for number in 0..count {
            zset.put(&name(number), |_| Some(f64::from(number % groups)));
        }
        let mut random = fastrand::Rng::with_seed(5);
        let (mut told, mut cursor, mut steps) = (BTreeMap::new(), 0, 0);
        loop {
            let mut most = 0;
            cursor = zset.scan(cursor, 10, |member, score| {
                most += 1;
                assert_eq!(zset.find(member).map(|(_, score)| score), Some(score));
                *told.entry(member.to_vec()).or_insert(0) += 1;
            });
            steps += 1;
            assert!(most <= if groups == 1 { 200 } else { 20 }, "{most}");
            if cursor == 0 {
                break;
            }
            // Every fourth moves about and every fifth comes and goes meanwhile.
            for _ in 0..10 {
                let others = [random.u32(..count / 4) * 4, count + random.u32(..count)];
                for number in others {
                    zset.put(&name(number), |_| Some(f64::from(random.u32(..groups))));
                }
            }
        }
        assert!(steps >= 100, "{steps}");
        for number in 0..count {
            assert_eq!(told.get(&name(number)), Some(&1), "{groups}: {number}");
        }
    }
}

#[test]
fn sets_filled_in_order_fill_their_leaves() {
    let mut zset = BigZset::from_sorted(home().seed(), []);
    for number in 0..100_000_u32 {
        let member = format!("member:{number:08}");
        zset.put(member.as_bytes(), |_| Some(f64::from(number)));
    }
    let each = zset.memory_bytes() as f64 / 100_000.0;
    // The index is in the order of hashes: its leaves have room.
    assert!(each < 52.0, "{each} bytes a member of 15");
}

#[test]
fn bytes_select_in_either_direction() {
    let limits = Thresholds::default();
    for entries in [128, 0] {
        let limits = Thresholds {
            zset_listpack_entries: entries,
            ..limits
        };
        let mut home = home();
        for member in ["a", "b", "c", "d", "12"] {
            put(&mut home, &limits, member.as_bytes(), |_| Some(0.0));
        }
        let zset = at(&home);
        let (low, high) = (
            Cut::Member(b"b", Side::Before),
            Cut::Member(b"c", Side::Behind),
        );
        for order in [Order::Forward, Order::Back] {
            assert_eq!(zset.ranks_by_bytes(low, high, order), 2..4);
            assert_eq!(zset.ranks_by_bytes(Cut::Start, high, order), 0..4);
            assert_eq!(zset.ranks_by_bytes(low, Cut::End, order), 2..5);
            assert!(zset.ranks_by_bytes(high, low, order).is_empty());
            assert!(zset.ranks_by_bytes(Cut::End, Cut::Start, order).is_empty());
        }
    }
}
