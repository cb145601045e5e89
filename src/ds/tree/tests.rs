//! Trees against a naive twin, a sorted or plain `Vec`: a positional one, and a keyed one with ties
//! and deadlines. Clones taken on the way must stay as they were.

use std::ops::Range;

use fastrand::Rng;

use super::{Leaf, Tree};

const SEEDS: Range<u64> = 0..9;
const STEPS: usize = 2500;

/// Elements which have a size, as those of a list: a large one may be alone in a leaf.
#[derive(Clone, Debug)]
struct Items(Vec<(u32, usize)>);

const ITEMS_BYTES_MAX: usize = 64;

impl Items {
    fn bytes(&self) -> usize {
        self.0.iter().map(|item| item.1).sum()
    }
}

impl Leaf for Items {
    type Bound = ();

    fn len(&self) -> usize {
        self.0.len()
    }

    fn bound(&self) {}

    fn is_full(&self) -> bool {
        self.0.len() > 1 && self.bytes() > ITEMS_BYTES_MAX
    }

    fn is_sparse(&self) -> bool {
        self.bytes() < ITEMS_BYTES_MAX / 4
    }

    fn split(&mut self) -> Items {
        Items(self.0.split_off(self.0.len() / 2))
    }

    fn fits(&self, next: &Items) -> bool {
        self.bytes() + next.bytes() <= ITEMS_BYTES_MAX * 3 / 4
    }

    fn merge(&mut self, next: Items) {
        self.0.extend(next.0);
    }

    fn memory_bytes(&self) -> usize {
        self.0.capacity() * size_of::<(u32, usize)>()
    }
}

/// Sorted numbers, each with a deadline. Equal ones may lie in two leaves.
#[derive(Clone, Debug)]
struct Dated(Vec<(u64, i64)>);

const DATED_MAX: usize = 6;

impl Leaf for Dated {
    type Bound = u64;
    const HAS_DUES: bool = true;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn bound(&self) -> u64 {
        self.0[0].0
    }

    fn is_full(&self) -> bool {
        self.0.len() > DATED_MAX
    }

    fn is_sparse(&self) -> bool {
        self.0.len() < DATED_MAX / 3
    }

    fn split(&mut self) -> Dated {
        Dated(self.0.split_off(self.0.len() / 2))
    }

    fn fits(&self, next: &Dated) -> bool {
        self.0.len() + next.0.len() <= DATED_MAX * 3 / 4
    }

    fn merge(&mut self, next: Dated) {
        self.0.extend(next.0);
    }

    fn memory_bytes(&self) -> usize {
        self.0.capacity() * size_of::<(u64, i64)>()
    }

    fn due(&self) -> i64 {
        self.0.iter().map(|item| item.1).min().unwrap_or(i64::MAX)
    }
}

/// A tree whose leaves hold items; what a test can do with every one of them.
trait Holding {
    type Item: Clone + PartialEq + std::fmt::Debug;
    fn items(&self) -> &[Self::Item];
}

impl Holding for Items {
    type Item = (u32, usize);
    fn items(&self) -> &[(u32, usize)] {
        &self.0
    }
}

impl Holding for Dated {
    type Item = (u64, i64);
    fn items(&self) -> &[(u64, i64)] {
        &self.0
    }
}

fn content<L: Leaf + Holding>(tree: &Tree<L>) -> Vec<L::Item> {
    tree.iter_from(0)
        .flat_map(|(leaf, from)| leaf.items()[from..].to_vec())
        .collect()
}

/// Everything that can be read says the same as the twin.
fn compare<L: Leaf + Holding>(tree: &Tree<L>, twin: &[L::Item], rng: &mut Rng) {
    assert_eq!(tree.len(), twin.len());
    assert_eq!(tree.is_empty(), twin.is_empty());
    assert_eq!(tree.leaf_count(), tree.iter_from(0).count());
    assert_eq!(content(tree), twin);
    let position = rng.usize(..=twin.len());
    let forward: Vec<_> = tree
        .iter_from(position)
        .flat_map(|(leaf, from)| leaf.items()[from..].iter())
        .collect();
    assert!(forward.into_iter().eq(&twin[position..]));
    let back: Vec<_> = tree
        .iter_back_from(position)
        .flat_map(|(leaf, to)| leaf.items()[..to].iter().rev())
        .collect();
    assert!(back.into_iter().eq(twin[..position].iter().rev()));
    let at = tree
        .leaf_at(position)
        .map(|(leaf, index)| &leaf.items()[index]);
    assert_eq!(at, twin.get(position));
}

/// Trees frozen on the way, and what was in them.
struct Frozen<L: Leaf + Holding>(Vec<(Tree<L>, Vec<L::Item>)>);

impl<L: Leaf + Holding> Frozen<L> {
    fn visit(&mut self, tree: &Tree<L>, twin: &[L::Item], rng: &mut Rng) {
        if rng.usize(..20) == 0 {
            self.0.push((tree.clone(), twin.to_vec()));
        }
        if self.0.len() > 6 {
            let (tree, twin) = self.0.swap_remove(rng.usize(..self.0.len()));
            assert_eq!(content(&tree), twin, "a clone has changed");
        }
    }

    fn finish(self) {
        for (tree, twin) in self.0 {
            assert_eq!(content(&tree), twin, "a clone has changed");
        }
    }
}

/// A range of any kind: all, an end, a few, none.
fn random_range(len: usize, rng: &mut Rng) -> Range<usize> {
    let from = rng.usize(..=len);
    match rng.usize(..10) {
        0 => 0..len,
        1 => 0..from,
        2 => from..len,
        3 => from..from,
        4..7 => from..rng.usize(from..=len),
        _ => from..len.min(from + rng.usize(..8)),
    }
}

#[test]
fn a_positional_tree_equals_a_vec() {
    for seed in SEEDS {
        println!("seed {seed}");
        let rng = &mut Rng::with_seed(seed);
        let (mut tree, mut twin) = (Tree::<Items>::new(), Vec::new());
        let mut frozen = Frozen(Vec::new());
        // Phases of growing and of shrinking.
        for step in 0..STEPS {
            let grows = (step / 500) % 2 == 0;
            change_items(&mut tree, &mut twin, grows, rng);
            tree.check(|_, _| true);
            if step % 7 == 0 {
                compare(&tree, &twin, rng);
            }
            frozen.visit(&tree, &twin, rng);
        }
        frozen.finish();
    }
}

fn change_items(tree: &mut Tree<Items>, twin: &mut Vec<(u32, usize)>, grows: bool, rng: &mut Rng) {
    let item = (
        rng.u32(..),
        if rng.usize(..50) == 0 {
            100
        } else {
            rng.usize(1..9)
        },
    );
    let position = match rng.usize(..6) {
        0 => 0,
        1 => twin.len(),
        _ => rng.usize(..=twin.len()),
    };
    let choice = rng.usize(..if grows { 120 } else { 160 });
    if tree.is_empty() {
        tree.push_leaf(Items(vec![item]));
        twin.push(item);
    } else if choice < if grows { 80 } else { 30 } {
        insert_item(tree, position, item);
        twin.insert(position, item);
    } else if choice == 119 {
        let range = random_range(twin.len(), rng);
        let _ = tree.remove_range(range.clone(), |leaf, range| {
            leaf.0.drain(range);
        });
        twin.drain(range);
    } else if choice == 118 {
        let many: Vec<_> = (0..rng.usize(..300)).map(|n| (n as u32, 30)).collect();
        let leaves = many.chunks(5).map(|items| Items(items.to_vec()));
        let position = position.min(twin.len() - 1);
        let start = tree.edit_at(position, |_, index, following| {
            following.extend(leaves);
            position - index
        });
        let end = start + tree_leaf_len(twin, tree, start, many.len());
        twin.splice(end..end, many);
    } else if position < twin.len() {
        let removed = tree.edit_at(position, |leaf, index, _| leaf.0.remove(index));
        assert_eq!(removed, twin.remove(position));
    }
}

/// How long the leaf at `start` was before `added` elements came behind it.
fn tree_leaf_len(twin: &[(u32, usize)], tree: &Tree<Items>, start: usize, added: usize) -> usize {
    assert_eq!(tree.len(), twin.len() + added);
    let now = content(tree);
    (start..twin.len())
        .find(|&at| {
            added > 0
                && now[at..at + added]
                    .iter()
                    .enumerate()
                    .all(|(n, item)| *item == (n as u32, 30))
        })
        .unwrap_or(twin.len())
        - start
}

/// A large item gets a leaf of its own: what was behind it goes into another.
fn insert_item(tree: &mut Tree<Items>, position: usize, item: (u32, usize)) {
    tree.edit_at(position, |leaf, index, following| {
        if item.1 < ITEMS_BYTES_MAX {
            leaf.0.insert(index, item);
            return;
        }
        let upper = leaf.0.split_off(index);
        following.extend([Items(vec![item]), Items(upper)]);
    });
}

#[test]
fn a_keyed_tree_equals_a_sorted_vec() {
    for seed in SEEDS {
        println!("seed {seed}");
        let rng = &mut Rng::with_seed(seed);
        let (mut tree, mut twin) = (Tree::<Dated>::new(), Vec::new());
        let mut frozen = Frozen(Vec::new());
        let keys = [20, 300, 1_000_000][seed as usize % 3];
        for step in 0..STEPS {
            let grows = (step / 500) % 2 == 0;
            change_dated(&mut tree, &mut twin, keys, grows, rng);
            tree.check(|a, b| a <= b);
            check_seeking(&tree, &twin, rng.u64(..keys));
            if step % 7 == 0 {
                compare(&tree, &twin, rng);
            }
            frozen.visit(&tree, &twin, rng);
        }
        frozen.finish();
    }
}

fn change_dated(
    tree: &mut Tree<Dated>,
    twin: &mut Vec<(u64, i64)>,
    keys: u64,
    grows: bool,
    rng: &mut Rng,
) {
    let key = rng.u64(..keys);
    let item = (
        key,
        if rng.bool() {
            i64::MAX
        } else {
            rng.i64(..1000)
        },
    );
    let choice = rng.usize(..100);
    if tree.is_empty() {
        tree.push_leaf(Dated(vec![item]));
        twin.push(item);
    } else if choice < if grows { 70 } else { 30 } {
        // Behind its equals.
        let (first, index) = tree.edit(
            |bound| *bound <= key,
            |leaf, first, _| {
                let index = leaf.0.partition_point(|item| item.0 <= key);
                leaf.0.insert(index, item);
                (first, index)
            },
        );
        assert_eq!(first + index, twin.partition_point(|item| item.0 <= key));
        twin.insert(first + index, item);
    } else if choice == 99 {
        let range = random_range(twin.len(), rng);
        let _ = tree.remove_range(range.clone(), |leaf, range| {
            leaf.0.drain(range);
        });
        twin.drain(range);
    } else {
        let position = twin
            .partition_point(|item| item.0 < key)
            .min(twin.len() - 1);
        let removed = tree.edit_at(position, |leaf, index, _| leaf.0.remove(index));
        assert_eq!(removed, twin.remove(position));
    }
}

/// What is found by bound is what the order says, in both directions, and what is due is found.
fn check_seeking(tree: &Tree<Dated>, twin: &[(u64, i64)], key: u64) {
    let above = twin.partition_point(|item| item.0 <= key);
    match tree.find(|bound| *bound <= key) {
        None => assert!(twin.is_empty()),
        Some((leaf, first)) => {
            assert_eq!(&twin[first..first + leaf.len()], leaf.items());
            assert!((first..=first + leaf.len()).contains(&above));
            let (mut leaves, position) = tree.iter_at(|bound| *bound <= key);
            assert_eq!(position, first);
            assert_eq!(
                leaves.next().map(|(leaf, from)| (leaf.items(), from)),
                Some((leaf.items(), 0))
            );
            let next = leaves.next().map(|(leaf, _)| leaf.items()[0]);
            assert_eq!(next, twin.get(first + leaf.len()).copied());
            let (mut leaves, position) = tree.iter_back_at(|bound| *bound <= key);
            assert_eq!(position, first);
            assert_eq!(leaves.next().map(|(_, to)| to), Some(leaf.len()));
            let before = leaves.next().map(|(leaf, to)| leaf.items()[to - 1]);
            assert_eq!(before, first.checked_sub(1).map(|at| twin[at]));
        }
    }
    let earliest = twin.iter().map(|item| item.1).min().unwrap_or(i64::MAX);
    assert_eq!(tree.due(), earliest);
    match tree.find_due(500) {
        None => assert!(earliest > 500),
        Some(first) => {
            let due = twin.iter().position(|item| item.1 <= 500).unwrap();
            let leaf = tree.leaf_at(first).unwrap().0;
            assert!((first..first + leaf.len()).contains(&due));
        }
    }
}

#[test]
fn leaves_stay_well_filled() {
    let rng = &mut Rng::with_seed(1);
    let mut tree = Tree::<Dated>::new();
    tree.push_leaf(Dated(vec![(0, 0)]));
    for _ in 0..20_000 {
        let key = rng.u64(..);
        tree.edit(
            |bound| *bound <= key,
            |leaf, _, _| {
                let index = leaf.0.partition_point(|item| item.0 <= key);
                leaf.0.insert(index, (key, 0));
            },
        );
    }
    assert!(tree.leaf_count() * DATED_MAX < tree.len() * 2);
    assert!(tree.height() <= 4, "{}", tree.height());
    while tree.len() > 1000 {
        let position = rng.usize(..tree.len());
        tree.edit_at(position, |leaf, index, _| leaf.0.remove(index));
        assert!(tree.leaf_count() <= tree.len());
    }
    assert!(tree.leaf_count() * DATED_MAX < tree.len() * 4);
    assert!(tree.count_lean() * 10 < tree.leaf_count());
}

#[test]
fn what_comes_in_order_fills_the_tree() {
    let leaf = |n: u32| Items(vec![(n, 20)]);
    let mut pushed = Tree::new();
    for n in 0..100_000 {
        pushed.push_leaf(leaf(n));
    }
    pushed.check(|_, _| true);
    assert_eq!(pushed.height(), 3);
    let built = Tree::from_leaves((0..100_000).map(leaf));
    built.check(|_, _| true);
    assert_eq!(built.height(), 3);
    assert_eq!(content(&pushed), content(&built));
    assert!(built.is_heavy());
    assert!(built.memory_bytes() <= pushed.memory_bytes());

    let mut front = Tree::from_leaves([leaf(0)]);
    for n in 1..100_000 {
        front.edit_at(0, |first, _, following| {
            following.push(std::mem::replace(first, leaf(n)));
        });
    }
    front.check(|_, _| true);
    assert_eq!(front.height(), 3);
}

#[test]
fn a_range_leaves_in_whole_subtrees() {
    for seed in SEEDS {
        println!("seed {seed}");
        let rng = &mut Rng::with_seed(seed);
        let leaves = (0..rng.u32(1..10_000)).map(|n| Items(vec![(n, 6); 1 + n as usize % 5]));
        let whole = Tree::from_leaves(leaves);
        let twin = content(&whole);
        for _ in 0..40 {
            let mut tree = whole.clone();
            let mut rest = twin.clone();
            let range = random_range(rest.len(), rng);
            let mut cuts = 0;
            let removed = tree.remove_range(range.clone(), |leaf, range| {
                leaf.0.drain(range);
                cuts += 1;
            });
            assert!(cuts <= 2);
            assert!(removed.is_heavy() == (range.len() > 100) || range.len() < 200);
            rest.drain(range);
            tree.check(|_, _| true);
            compare(&tree, &rest, rng);
        }
        assert_eq!(content(&whole), twin);
    }
}

#[test]
fn a_clone_shares_all_but_the_changed_path() {
    let mut tree = Tree::from_leaves((0..50_000).map(|n| Items(vec![(n, 20)])));
    let frozen = tree.clone();
    tree.edit_at(25_000, |leaf, _, _| leaf.0[0].0 = 7);
    let same = |(a, b): &((&Items, usize), (&Items, usize))| std::ptr::eq(a.0, b.0);
    let shared = tree
        .iter_from(0)
        .zip(frozen.iter_from(0))
        .filter(same)
        .count();
    assert_eq!(shared, 49_999);
    assert_eq!(frozen.leaf_at(25_000).unwrap().0.0[0].0, 25_000);
}

#[test]
fn an_estimate_of_memory_is_near() {
    for count in [0, 1, 10, 1000, 100_000] {
        let mut tree = Tree::new();
        for n in 0..count {
            tree.push_leaf(Items(vec![(n, 20); 1 + n as usize % 3]));
        }
        let (exact, estimate) = (tree.memory_bytes() as f64, tree.memory_estimate() as f64);
        assert!(
            (estimate - exact).abs() <= exact * 0.1,
            "{count}: {estimate} for {exact}"
        );
    }
}
