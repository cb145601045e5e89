//! A map from names, in the order of their bytes: the groups of a stream, the consumers of a group.
//!
//! Usually there are a few; but nothing bounds them, so they stand in a tree, and a clone costs
//! nothing. Names are counted references: pending entries name their consumer by one.

use std::sync::Arc;

use crate::ds::tree::{Leaf, Leaves, Tree};

/// A name that many can hold.
pub type Name = Arc<[u8]>;

/// Values by their names.
#[derive(Clone)]
pub struct Names<V: Clone + Send + Sync + 'static> {
    tree: Tree<Run<V>>,
}

/// A run of names with their values, in order.
#[derive(Clone)]
struct Run<V> {
    pairs: Vec<(Name, V)>,
}

/// Names in one run.
const PAIRS_MAX: usize = 32;

impl<V: Clone + Send + Sync + 'static> Names<V> {
    /// No names.
    pub const fn new() -> Names<V> {
        Names { tree: Tree::new() }
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The value of `name`, with the name to hold.
    pub fn find(&self, name: &[u8]) -> Option<(&Name, &V)> {
        let (run, _) = self.tree.find(|bound| bound[..] <= *name)?;
        let index = run.search(name).ok()?;
        let (name, value) = &run.pairs[index];
        Some((name, value))
    }

    /// The value of `name`.
    pub fn get(&self, name: &[u8]) -> Option<&V> {
        self.find(name).map(|(_, value)| value)
    }

    /// Changes the value of `name`, if it is there.
    pub fn edit<R>(&mut self, name: &[u8], change: impl FnOnce(&mut V) -> R) -> Option<R> {
        // Who is not there should not cost a copy of shared nodes.
        self.get(name)?;
        self.tree.edit(
            |bound| bound[..] <= *name,
            |run, _, _| {
                let index = run.search(name).ok()?;
                Some(change(&mut run.pairs[index].1))
            },
        )
    }

    /// Gives `name`, which must not be there, a value.
    pub fn insert(&mut self, name: Name, value: V) {
        if self.tree.is_empty() {
            let pairs = vec![(name, value)];
            return self.tree.push_leaf(Run { pairs });
        }
        let bound = name.clone();
        self.tree.edit(
            |other| *other <= bound,
            |run, _, _| {
                let (Ok(index) | Err(index)) = run.search(&name);
                run.pairs.insert(index, (name, value));
            },
        );
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &[u8]) -> Option<V> {
        self.get(name)?;
        self.tree.edit(
            |bound| bound[..] <= *name,
            |run, _, _| {
                let index = run.search(name).ok()?;
                Some(run.pairs.remove(index).1)
            },
        )
    }

    /// All of them, in order.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter {
            leaves: self.tree.iter_from(0),
            run: &[],
        }
    }

    /// Bytes on the heap, without what the values hold there.
    pub fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.tree.memory_estimate()
    }
}

impl<V: Clone + Send + Sync + 'static> Default for Names<V> {
    fn default() -> Names<V> {
        Names::new()
    }
}

/// Names and values in order.
pub struct Iter<'a, V: Clone + Send + Sync + 'static> {
    leaves: Leaves<'a, Run<V>>,
    run: &'a [(Name, V)],
}

impl<'a, V: Clone + Send + Sync + 'static> Iterator for Iter<'a, V> {
    type Item = (&'a Name, &'a V);

    fn next(&mut self) -> Option<(&'a Name, &'a V)> {
        if self.run.is_empty() {
            self.run = &self.leaves.next()?.0.pairs;
        }
        let ((name, value), rest) = self.run.split_first()?;
        self.run = rest;
        Some((name, value))
    }
}

impl<V> Run<V> {
    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.pairs
            .binary_search_by(|(other, _)| other[..].cmp(name))
    }
}

impl<V: Clone + Send + Sync + 'static> Leaf for Run<V> {
    type Bound = Name;

    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn bound(&self) -> Name {
        self.pairs[0].0.clone()
    }

    fn is_full(&self) -> bool {
        self.pairs.len() > PAIRS_MAX
    }

    fn is_sparse(&self) -> bool {
        self.pairs.len() < PAIRS_MAX / 4
    }

    fn split(&mut self) -> Self {
        let pairs = self.pairs.split_off(self.pairs.len() / 2);
        Run { pairs }
    }

    fn fits(&self, next: &Self) -> bool {
        self.pairs.len() + next.pairs.len() <= PAIRS_MAX * 3 / 4
    }

    fn merge(&mut self, next: Self) {
        self.pairs.extend(next.pairs);
    }

    fn memory_bytes(&self) -> usize {
        let names: usize = self.pairs.iter().map(|(name, _)| name.len()).sum();
        self.pairs.capacity() * size_of::<(Name, V)>() + names
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fastrand::Rng;

    use super::*;

    /// Random changes against a `BTreeMap`, with clones that must stay as they were.
    #[test]
    fn names_are_a_map() {
        for seed in 0..50 {
            let mut rng = Rng::with_seed(seed);
            let mut names = Names::new();
            let mut model: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
            let mut frozen = Vec::new();
            for step in 0..600 {
                let name = rng.u32(..300).to_string().into_bytes();
                match rng.u32(..10) {
                    0..4 if !model.contains_key(&name) => {
                        names.insert(name.clone().into(), step);
                        model.insert(name, step);
                    }
                    4..6 => assert_eq!(names.remove(&name), model.remove(&name)),
                    6 => {
                        let edited = names.edit(&name, |value| std::mem::replace(value, step));
                        let value = model.get_mut(&name);
                        assert_eq!(edited, value.map(|value| std::mem::replace(value, step)));
                    }
                    7 if step % 40 == 7 => frozen.push((names.clone(), model.clone())),
                    _ => assert_eq!(names.get(&name), model.get(&name)),
                }
            }
            frozen.push((names, model));
            for (names, model) in frozen {
                assert_eq!(names.len(), model.len(), "seed {seed}");
                let all = names.iter().map(|(name, value)| (name.to_vec(), *value));
                assert!(all.eq(model), "seed {seed}");
            }
        }
    }
}
