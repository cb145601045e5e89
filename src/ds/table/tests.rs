//! The table against a map of the standard library, against the digest of frozen copies, and
//! against its own promises on scans and chance.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;

use super::*;

/// A node for tests; `WEAK` hashes all keys to few prefixes.
struct Item<const WEAK: bool>(Box<Content>);

struct Content {
    key: Vec<u8>,
    value: u64,
    deadline: Option<i64>,
    inner: Option<i64>,
}

impl<'a> Keyed<'a> for &'a Content {
    fn key(self) -> &'a [u8] {
        &self.key
    }
}

// SAFETY: a box has an aligned address of user space.
unsafe impl<const WEAK: bool> Node for Item<WEAK> {
    type Ref<'a> = &'a Content;
    type Mut<'a> = &'a mut Content;

    fn into_raw(self) -> NonNull<u8> {
        NonNull::from(Box::leak(self.0)).cast()
    }

    unsafe fn from_raw(raw: NonNull<u8>) -> Self {
        // SAFETY: `into_raw` leaked the box.
        Item(unsafe { Box::from_raw(raw.cast().as_ptr()) })
    }

    unsafe fn borrow<'a>(raw: NonNull<u8>) -> &'a Content {
        // SAFETY: the contract.
        unsafe { raw.cast().as_ref() }
    }

    unsafe fn borrow_mut<'a>(raw: NonNull<u8>) -> &'a mut Content {
        // SAFETY: the contract.
        unsafe { raw.cast().as_mut() }
    }

    fn by_ref(&self) -> &Content {
        &self.0
    }

    fn deadline(node: &Content) -> Option<i64> {
        node.deadline
    }

    fn inner_due(node: &Content) -> Option<i64> {
        node.inner
    }

    fn path_copy(node: &Content) -> Self {
        let mut copy = item(&node.key, node.value, node.deadline);
        copy.0.inner = node.inner;
        copy
    }

    fn is_heavy(node: &Content) -> bool {
        node.value % 16 == 3
    }

    fn digest(node: &Content) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&node.key, node.value, node.deadline, node.inner).hash(&mut hasher);
        hasher.finish()
    }

    fn hash(seed: Seed, key: &[u8]) -> u64 {
        let hash = seed.hash(key);
        match WEAK {
            // Two bits of prefix, and a few in the middle.
            true => hash & (0b11 << 62 | 0b111 << 20 | 0xffff),
            false => hash,
        }
    }
}

fn item<const WEAK: bool>(key: &[u8], value: u64, deadline: Option<i64>) -> Item<WEAK> {
    Item(Box::new(Content {
        key: key.to_vec(),
        value,
        deadline,
        inner: (value % 4 == 1).then_some(value as i64 % 1000),
    }))
}

type Model = BTreeMap<Vec<u8>, (u64, Option<i64>)>;

/// A table beside the map it should equal.
struct Pair<const WEAK: bool> {
    table: Table<Item<WEAK>>,
    epoch: Epoch,
    model: Model,
    /// Keys removed by command, for whoever wants to know.
    removed: Vec<Vec<u8>>,
    random: Rng,
}

impl<const WEAK: bool> Pair<WEAK> {
    fn new(seed: u64) -> Self {
        Pair {
            table: Table::new(Seed([seed, 1])),
            epoch: Epoch::default(),
            model: Model::new(),
            removed: Vec::new(),
            random: Rng::with_seed(seed),
        }
    }

    fn set(&mut self, key: &[u8]) {
        let value = self.random.u64(..);
        let deadline = self.random.bool().then(|| self.random.i64(0..1000));
        let hash = self.table.hash(key);
        let in_place = self.random.bool();
        match self.table.open(&mut self.epoch, hash, key) {
            Some(mut opened) if in_place => opened.update(|mut node| {
                node.0 = item::<WEAK>(key, value, deadline).0;
                (node, ())
            }),
            Some(mut opened) => opened.replace(item(key, value, deadline)),
            None => self
                .table
                .insert(&mut self.epoch, hash, item(key, value, deadline)),
        }
        self.model.insert(key.to_vec(), (value, deadline));
    }

    fn remove(&mut self, key: &[u8]) {
        let hash = self.table.hash(key);
        let removed = match self.random.bool() {
            true => self.table.remove(&mut self.epoch, hash, key),
            false => {
                let opened = self.table.open(&mut self.epoch, hash, key);
                opened
                    .map(Opened::take)
                    .is_some_and(|node| node.0.key == key)
            }
        };
        assert_eq!(removed, self.model.remove(key).is_some());
        self.removed.push(key.to_vec());
    }

    fn expire(&mut self, now: i64) {
        let mut gone = Vec::new();
        let mut at = 0;
        loop {
            let see = |node: &Content| gone.push(node.key.clone());
            let step = self.table.sweep(&mut self.epoch, at, now, now, see);
            at = step.next;
            while step.inner_due
                && let Some(mut opened) = self.table.open_inner_due(&mut self.epoch, at, now)
            {
                assert!(opened.node().inner.is_some_and(|due| due <= now));
                // Later, or not at all.
                let later = opened.node().value % 8 == 1;
                opened.node_mut().inner = later.then_some(now + 100);
                opened.note_inner_due();
            }
            if at == 0 && !step.inner_due {
                break;
            }
        }
        let inner = self.table.iter().filter_map(|node| node.inner);
        assert!(
            inner.min().is_none_or(|due| due > now),
            "nothing below is due"
        );
        for key in &gone {
            let (_, deadline) = self.model.remove(key).expect("only what is there expires");
            assert!(deadline.is_some_and(|deadline| deadline <= now));
        }
        let left = self
            .model
            .values()
            .filter_map(|(_, deadline)| *deadline)
            .min();
        assert!(
            left.is_none_or(|deadline| deadline > now),
            "everything due is gone"
        );
    }

    /// One random change; `grow` out of 8 are insertions.
    fn step(&mut self, keys: u64, grow: u32) {
        let key = self.random.u64(..keys).to_string();
        match self.random.u32(..8) < grow {
            true => self.set(key.as_bytes()),
            false => self.remove(key.as_bytes()),
        }
    }

    fn compare(&self) {
        self.table.check(&self.epoch);
        assert_eq!(self.table.len(), self.model.len());
        let volatile = self
            .model
            .values()
            .filter(|(_, deadline)| deadline.is_some())
            .count();
        assert_eq!(self.table.volatile(), volatile);
        let inner = self.table.iter().filter(|node| node.inner.is_some());
        assert_eq!(self.table.inner_volatile(), inner.count());
        for (key, &(value, deadline)) in &self.model {
            let node = self
                .table
                .find(self.table.hash(key), key)
                .expect("the key is there");
            assert_eq!((node.value, node.deadline), (value, deadline));
        }
        assert_eq!(self.table.iter().count(), self.model.len());
    }
}

impl<const WEAK: bool> Drop for Pair<WEAK> {
    fn drop(&mut self) {
        self.table.detach(&mut self.epoch);
    }
}

/// Tests shrink under Miri, and in debug builds a little.
const fn scaled(count: u64) -> u64 {
    if cfg!(miri) {
        count / 500
    } else if cfg!(debug_assertions) {
        count / 10
    } else {
        count
    }
}

fn behaves_like_a_map<const WEAK: bool>(seed: u64, keys: u64, steps: u64) {
    let mut pair = Pair::<WEAK>::new(seed);
    for phase in 0..6 {
        // Growth and shrinking in turn.
        let grow = [7, 4, 1, 8, 2, 1][phase];
        for step in 0..steps {
            pair.step(keys, grow);
            if step % (steps / 4).max(1) == 0 {
                pair.table.check(&pair.epoch);
            }
        }
        pair.compare();
        if phase % 2 == 1 {
            pair.expire(300 * (phase as i64 - 1));
            pair.compare();
        }
    }
    let keys: Vec<_> = pair.model.keys().cloned().collect();
    for key in keys {
        pair.remove(&key);
    }
    pair.compare();
    assert_eq!(
        pair.table.memory_bytes(),
        0,
        "an empty table takes no memory"
    );
}

#[test]
fn a_table_behaves_like_a_map() {
    for seed in 1..=if cfg!(miri) { 1 } else { 3 } {
        behaves_like_a_map::<false>(seed, scaled(200_000), scaled(400_000));
        behaves_like_a_map::<false>(seed, 40, scaled(5_000).max(100));
    }
}

#[test]
fn equal_prefixes_behave_like_a_map() {
    behaves_like_a_map::<true>(7, scaled(20_000), scaled(30_000));
}

/// Random changes beside a thread that digests what was frozen; snapshot after snapshot.
fn snapshots_stand_still<const WEAK: bool>(seed: u64, keys: u64, steps: u64) {
    let mut pair = Pair::<WEAK>::new(seed);
    let digest_of = |pair: &Pair<WEAK>| {
        let nodes = pair.table.iter();
        nodes.fold(0u64, |sum, node| {
            sum.wrapping_add(<Item<WEAK>>::digest(node))
        })
    };
    for round in 0..if cfg!(miri) { 6 } else { 12 } {
        let grow = [7, 5, 1, 6, 0, 4][round % 6];
        // Sometimes the table shrinks to nothing between two snapshots, or is flushed within.
        for _ in 0..steps {
            pair.step(keys, grow);
        }
        let expected = digest_of(&pair);
        let frozen = Frozen::new(&mut pair.epoch, [&pair.table]).expect("no other snapshot");
        assert!(
            Frozen::new(&mut pair.epoch, [&pair.table]).is_none(),
            "one at a time"
        );
        let reader = std::thread::spawn(move || {
            let first = frozen.digest();
            (first, frozen.digest(), frozen)
        });
        for step in 0..steps {
            pair.step(keys, [2, 6, 8, 0, 4, 3][round % 6]);
            if step == steps / 3 && round % 4 == 1 {
                pair.expire(200);
            }
            if step == steps / 2 && round % 5 == 2 {
                pair.table.detach(&mut pair.epoch);
                pair.model.clear();
            }
            if step % (steps / 2).max(1) == 0 {
                pair.table.check(&pair.epoch);
            }
        }
        let (first, second, frozen) = reader.join().expect("the reader does not panic");
        assert_eq!(
            (first, second),
            (expected, expected),
            "seed {seed}, round {round}"
        );
        match round % 3 {
            // A reader that died: the next freeze notices.
            0 => drop(frozen),
            _ => frozen.finish(&mut pair.epoch),
        }
        let garbage = pair.epoch.take_garbage();
        std::thread::spawn(move || drop(garbage))
            .join()
            .expect("garbage drops anywhere");
        pair.compare();
    }
}

#[test]
fn what_is_frozen_stands_still() {
    let seeds = match (cfg!(miri), cfg!(debug_assertions)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 8,
    };
    for seed in 1..=seeds {
        snapshots_stand_still::<false>(seed, scaled(30_000).max(60), scaled(60_000));
    }
}

#[test]
fn equal_prefixes_stand_still_when_frozen() {
    snapshots_stand_still::<true>(5, scaled(5_000).max(60), scaled(10_000));
}

#[test]
#[cfg_attr(miri, ignore = "what leaks here leaks on purpose")]
fn what_a_lost_reader_may_see_is_never_freed() {
    let mut pair = Pair::<false>::new(9);
    (0..100).for_each(|_| pair.step(50, 8));
    let frozen = Frozen::new(&mut pair.epoch, [&pair.table]).expect("no other snapshot");
    let digest = frozen.digest();
    (0..100).for_each(|_| pair.step(50, 2));
    drop(pair);
    assert_eq!(
        frozen.digest(),
        digest,
        "the table is gone, the snapshot is not"
    );
}

/// Scans with changes between the calls: what was there all the time is seen.
fn scan_is_complete<const WEAK: bool>(seed: u64, keys: u64, grow: u32) {
    let mut pair = Pair::<WEAK>::new(seed);
    for number in 0..keys {
        pair.set(number.to_string().as_bytes());
    }
    pair.removed.clear();
    let mut there: BTreeSet<Vec<u8>> = pair.model.keys().cloned().collect();
    let mut seen = BTreeSet::new();
    let (mut cursor, mut calls) = (0, 0);
    loop {
        cursor = pair.table.scan(cursor, |node| {
            seen.insert(node.key.clone());
        });
        calls += 1;
        assert!(cursor < 1 << 48 && calls < 100 * keys + 1000);
        if cursor == 0 {
            break;
        }
        // Ten times the keys come or most go while the scan runs.
        for _ in 0..if cfg!(miri) { 2 } else { 20 } {
            pair.step(keys * 10, grow);
            if grow < 4 {
                let key = pair.random.u64(..keys).to_string();
                pair.remove(key.as_bytes());
            }
        }
        for key in pair.removed.drain(..) {
            there.remove(&key);
        }
    }
    assert!(
        there.is_subset(&seen),
        "seed {seed}: {} missed",
        there.difference(&seen).count()
    );
}

#[test]
fn a_scan_misses_nothing_that_stays() {
    for seed in 1..=if cfg!(miri) { 1 } else { 4 } {
        for grow in [8, 4, 0] {
            scan_is_complete::<false>(seed, scaled(20_000).max(100), grow);
            scan_is_complete::<true>(seed, scaled(2_000).max(100), grow);
        }
    }
}

#[test]
fn a_scan_that_nothing_disturbs_sees_each_once() {
    let mut pair = Pair::<false>::new(4);
    for number in 0..scaled(100_000) {
        pair.set(number.to_string().as_bytes());
    }
    let (mut seen, mut cursor) = (Vec::new(), 0);
    loop {
        cursor = pair.table.scan(cursor, |node| seen.push(node.key.clone()));
        if cursor == 0 {
            break;
        }
    }
    seen.sort_unstable();
    assert!(seen.iter().eq(pair.model.keys()));
}

/// Chi-square of `draws` draws: far from the mean in units of its deviation means unfair.
fn unfairness(pair: &mut Pair<false>, draws: usize) -> f64 {
    let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for _ in 0..draws {
        let node = pair
            .table
            .random(&mut pair.random)
            .expect("there are entries");
        *counts.entry(node.key.clone()).or_default() += 1;
    }
    let expected = draws as f64 / pair.model.len() as f64;
    let square = |count: u64| (count as f64 - expected).powi(2) / expected;
    let sum: f64 = pair
        .model
        .keys()
        .map(|key| square(counts.get(key).copied().unwrap_or(0)))
        .sum();
    let freedom = pair.model.len() as f64 - 1.0;
    (sum - freedom) / (2.0 * freedom).sqrt()
}

#[test]
#[cfg_attr(miri, ignore = "statistics need many draws")]
fn random_entries_are_fair() {
    for (keys, removed) in [(7, 0), (40, 30), (3_000, 0), (3_000, 2_000), (1_000, 0)] {
        let mut pair = Pair::<false>::new(keys);
        for number in 0..keys {
            pair.set(number.to_string().as_bytes());
        }
        for number in 0..removed {
            pair.remove(number.to_string().as_bytes());
        }
        let draws = pair.model.len() * 100;
        let unfair = unfairness(&mut pair, draws);
        assert!(
            unfair.abs() < 4.0,
            "{keys} keys without {removed}: {unfair} deviations"
        );
    }
}
