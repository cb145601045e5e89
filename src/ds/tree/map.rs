//! An ordered map over the tree: small keys, values of any kind, ranks and positions.
//!
//! For what is beside the elements of a collection and may grow with them: the pending entries of
//! a consumer group, for example. Leaves are sorted arrays. As with the tree, a clone is one count.

use std::cmp::Ordering;
use std::iter::FusedIterator;
use std::ops::{Bound, RangeBounds};

use super::{Leaf, Leaves, LeavesBack, Removed, Tree, count_reached};

#[derive(Clone)]
pub struct TreeMap<K: Key, V: Value> {
    tree: Tree<Run<K, V>>,
}

/// What can be a key: it is copied into separators.
pub trait Key: Copy + Ord + Send + Sync + 'static {}
impl<K: Copy + Ord + Send + Sync + 'static> Key for K {}

/// What can be a value: it is cloned when a leaf that a clone of the map shares is changed, so its
/// clone should be cheap.
pub trait Value: Clone + Send + Sync + 'static {}
impl<V: Clone + Send + Sync + 'static> Value for V {}

impl<K: Key, V: Value> TreeMap<K, V> {
    pub const fn new() -> TreeMap<K, V> {
        TreeMap { tree: Tree::new() }
    }

    pub fn len(&self) -> usize {
        self.tree.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    pub fn is_heavy(&self) -> bool {
        self.tree.is_heavy()
    }

    /// Without what the values hold on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }

    /// The same, estimated from some leaves if there are many.
    pub fn memory_estimate(&self) -> usize {
        self.tree.memory_estimate()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let (run, _) = self.tree.find(|bound| bound <= key)?;
        let index = run.search(key).ok()?;
        Some(&run.pairs[index].1)
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let run = self.tree.leaf_by_bound_mut(|bound| bound <= key)?;
        let index = run.search(key).ok()?;
        Some(&mut run.pairs[index].1)
    }

    /// The value that was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.is_empty() {
            self.tree.push_leaf(Run {
                pairs: vec![(key, value)],
            });
            return None;
        }
        self.tree.change(
            |bound| *bound <= key,
            |run, following| match run.search(&key) {
                Ok(index) => Some(std::mem::replace(&mut run.pairs[index].1, value)),
                // Keys which come in order fill their leaves.
                Err(index) if index == run.pairs.len() && index >= Run::<K, V>::PAIRS_MAX => {
                    following.push(Run {
                        pairs: vec![(key, value)],
                    });
                    None
                }
                Err(index) => {
                    run.pairs.insert(index, (key, value));
                    None
                }
            },
        )
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        // Whoever is not there should not cost copies of shared nodes.
        self.get(key)?;
        self.tree.change(
            |bound| bound <= key,
            |run, _| {
                let index = run.search(key).ok()?;
                Some(run.pairs.remove(index).1)
            },
        )
    }

    pub fn first(&self) -> Option<(K, &V)> {
        self.at(0)
    }

    pub fn last(&self) -> Option<(K, &V)> {
        self.at(self.len().checked_sub(1)?)
    }

    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let (key, _) = self.first()?;
        self.remove(&key).map(|value| (key, value))
    }

    pub fn pop_last(&mut self) -> Option<(K, V)> {
        let (key, _) = self.last()?;
        self.remove(&key).map(|value| (key, value))
    }

    /// The pair which has so many before it.
    pub fn at(&self, position: usize) -> Option<(K, &V)> {
        let (run, index) = self.tree.leaf_at(position)?;
        let (key, value) = &run.pairs[index];
        Some((*key, value))
    }

    /// How many keys are below this one, whether it is there or not.
    pub fn rank(&self, key: &K) -> usize {
        let Some((run, first)) = self.tree.find(|bound| bound <= key) else {
            return 0;
        };
        let (Ok(index) | Err(index)) = run.search(key);
        first + index
    }

    /// All pairs in order.
    pub fn iter(&self) -> Pairs<'_, K, V> {
        self.range(..)
    }

    /// The pairs with keys in a range, in order.
    pub fn range(&self, keys: impl RangeBounds<K>) -> Pairs<'_, K, V> {
        let (start, end) = self.positions(keys);
        Pairs {
            leaves: self.tree.iter_from(start),
            run: &[],
            left: end - start,
        }
    }

    /// The pairs with keys in a range, the highest first.
    pub fn range_back(&self, keys: impl RangeBounds<K>) -> PairsBack<'_, K, V> {
        let (start, end) = self.positions(keys);
        PairsBack {
            leaves: self.tree.iter_back_from(end),
            run: &[],
            left: end - start,
        }
    }

    /// Removes the pairs with keys in a range.
    pub fn remove_range(&mut self, keys: impl RangeBounds<K>) -> Removed<Run<K, V>> {
        let (start, end) = self.positions(keys);
        self.tree.remove_range(start..end, |run, range| {
            run.pairs.drain(range);
        })
    }

    /// Where a range of keys begins and ends.
    fn positions(&self, keys: impl RangeBounds<K>) -> (usize, usize) {
        let above = |key: &K| self.rank(key) + usize::from(self.contains_key(key));
        let start = match keys.start_bound() {
            Bound::Included(key) => self.rank(key),
            Bound::Excluded(key) => above(key),
            Bound::Unbounded => 0,
        };
        let end = match keys.end_bound() {
            Bound::Included(key) => above(key),
            Bound::Excluded(key) => self.rank(key),
            Bound::Unbounded => self.len(),
        };
        (start, end.max(start))
    }
}

impl<K: Key, V: Value> Default for TreeMap<K, V> {
    fn default() -> TreeMap<K, V> {
        TreeMap::new()
    }
}

impl<K: Key, V: Value> FromIterator<(K, V)> for TreeMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> TreeMap<K, V> {
        let mut map = TreeMap::new();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

/// Pairs in order of their keys.
pub struct Pairs<'a, K: Key, V: Value> {
    leaves: Leaves<'a, Run<K, V>>,
    run: &'a [(K, V)],
    left: usize,
}

/// Pairs in falling order of their keys.
pub struct PairsBack<'a, K: Key, V: Value> {
    leaves: LeavesBack<'a, Run<K, V>>,
    run: &'a [(K, V)],
    left: usize,
}

impl<'a, K: Key, V: Value> Iterator for Pairs<'a, K, V> {
    type Item = (K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(K, &'a V)> {
        self.left = self.left.checked_sub(1)?;
        if self.run.is_empty() {
            let (run, from) = self.leaves.next()?;
            self.run = &run.pairs[from..];
        }
        let ((key, value), rest) = self.run.split_first()?;
        self.run = rest;
        Some((*key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a, K: Key, V: Value> Iterator for PairsBack<'a, K, V> {
    type Item = (K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(K, &'a V)> {
        self.left = self.left.checked_sub(1)?;
        if self.run.is_empty() {
            let (run, count) = self.leaves.next()?;
            self.run = &run.pairs[..count];
        }
        let ((key, value), rest) = self.run.split_last()?;
        self.run = rest;
        Some((*key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K: Key, V: Value> ExactSizeIterator for Pairs<'_, K, V> {}
impl<K: Key, V: Value> ExactSizeIterator for PairsBack<'_, K, V> {}
impl<K: Key, V: Value> FusedIterator for Pairs<'_, K, V> {}
impl<K: Key, V: Value> FusedIterator for PairsBack<'_, K, V> {}

/// A leaf: pairs in order of their keys.
#[derive(Clone)]
pub struct Run<K, V> {
    pairs: Vec<(K, V)>,
}

impl<K: Key, V: Value> Run<K, V> {
    /// Some 2 KB; large values would otherwise make too much to copy.
    const PAIRS_MAX: usize = {
        let fitting = 2048 / (size_of::<(K, V)>() + 1);
        if fitting < 16 {
            16
        } else if fitting > 128 {
            128
        } else {
            fitting
        }
    };

    #[inline]
    fn search(&self, key: &K) -> Result<usize, usize> {
        let index = count_reached(&self.pairs, |(other, _)| other < key);
        match self.pairs.get(index) {
            Some((other, _)) if other == key => Ok(index),
            _ => Err(index),
        }
    }
}

impl<K: Key, V: Value> Leaf for Run<K, V> {
    type Bound = K;

    #[inline]
    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn bound(&self) -> K {
        self.pairs[0].0
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.pairs.len() > Run::<K, V>::PAIRS_MAX
    }

    #[inline]
    fn is_sparse(&self) -> bool {
        self.pairs.len() < Run::<K, V>::PAIRS_MAX / 4
    }

    fn split(&mut self) -> Run<K, V> {
        let pairs = self.pairs.split_off(self.pairs.len() / 2);
        self.pairs.shrink_to_fit();
        Run { pairs }
    }

    fn fits(&self, next: &Run<K, V>) -> bool {
        self.pairs.len() + next.pairs.len() <= Run::<K, V>::PAIRS_MAX * 3 / 4
    }

    fn merge(&mut self, next: Run<K, V>) {
        debug_assert!(
            self.pairs
                .last()
                .map(|(key, _)| key)
                .cmp(&next.pairs.first().map(|(key, _)| key))
                == Ordering::Less
        );
        self.pairs.extend(next.pairs);
    }

    fn memory_bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<(K, V)>()
    }
}

#[cfg(test)]
mod tests;
