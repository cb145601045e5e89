//! A large sorted set: two trees, one in the order of scores, one in the order of hashes.
//!
//! ```text
//! order  (score, member) ─ by rank, score, bytes      12 bytes and the member
//! index  hash of member ─▶ score                      12 bytes
//! ```
//!
//! Neither points into the other: the index gives the score (or a few, where hashes are equal), and
//! the score with the member leads through the order to the element and its rank. So a member is
//! stored once, and both trees are shared and copied by path for themselves.
//!
//! ZSCAN walks the index, for a member's place there never changes while it is in the set. The
//! member itself is then looked for among those of its score. Where very many have the same score
//! that would take long for each, so a step then goes on to the end of a 256th of all hashes: one
//! walk over the marks of that score's members finds all of them.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::cut::{Cut, Side};
use super::index::{self, Hashes};
use super::order::{Bound, Element, Run};
use crate::ds::table::Seed;
use crate::ds::tree::{Leaf, Leaves, LeavesBack, Removed, Tree};

/// A large sorted set.
#[derive(Clone)]
pub struct BigZset {
    order: Tree<Run>,
    index: Tree<Hashes>,
    seed: Seed,
}

/// If more than one in so many leaves the set at once, the index is built anew.
const REBUILT_SHARE: usize = 16;

/// Members of equal score passed over for each one that a step of ZSCAN tells.
const PASSED_PER_TOLD: usize = 64;

impl BigZset {
    /// A set of these elements, which are in order and all different; hashed under `seed`.
    pub fn from_sorted<'a>(
        seed: Seed,
        elements: impl IntoIterator<Item = (&'a [u8], f64)>,
    ) -> BigZset {
        let mut builder = Builder::new(seed);
        for (member, score) in elements {
            builder.push(member, score);
        }
        builder.build()
    }

    /// The number of members.
    #[inline]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none; a key's set has some.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        self.order.memory_bytes() + self.index.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.order.memory_estimate() + self.index.memory_estimate()
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.order.is_heavy()
    }

    /// Digests all that it holds.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        for (leaf, _) in self.order.iter_from(0) {
            for index in 0..leaf.len() {
                let Element { score, member, .. } = leaf.get(index);
                score.to_bits().hash(hasher);
                member.hash(hasher);
            }
        }
        for (leaf, _) in self.index.iter_from(0) {
            for (hash, score) in (0..leaf.len()).filter_map(|index| leaf.get(index)) {
                (hash, score.to_bits()).hash(hasher);
            }
        }
    }

    #[inline]
    fn hash(&self, member: &[u8]) -> u32 {
        hash_of(self.seed, member)
    }

    /// The rank and score of a member.
    #[inline]
    pub fn find(&self, member: &[u8]) -> Option<(usize, f64)> {
        self.find_hashed(self.hash(member), member)
    }

    #[inline]
    fn find_hashed(&self, hash: u32, member: &[u8]) -> Option<(usize, f64)> {
        self.with_hash(hash, |score| self.place_of(score, member))
    }

    /// What the first score of this hash that is `right` gives.
    #[inline]
    fn with_hash<T>(&self, hash: u32, mut right: impl FnMut(f64) -> Option<T>) -> Option<T> {
        let (leaf, _) = self.index.find(|bound| *bound <= hash)?;
        match leaf.equal(hash) {
            Some(mut equal) => equal.find_map(|index| right(leaf.score(index))),
            None => self.with_hash_across_leaves(hash, right),
        }
    }

    /// The same where entries of this hash may stand in the leaf before, too.
    #[cold]
    fn with_hash_across_leaves<T>(
        &self,
        hash: u32,
        right: impl FnMut(f64) -> Option<T>,
    ) -> Option<T> {
        let mut entries = self.entries_from(hash);
        entries
            .by_ref()
            .map_while(|(_, entry, score)| (entry == hash).then_some(score))
            .find_map(right)
    }

    /// The entries of the index from the first one on whose hash is not below `hash`: position,
    /// hash, score.
    fn entries_from(&self, hash: u32) -> impl Iterator<Item = (usize, u32, f64)> {
        let (leaves, mut first) = self.index.iter_at(|bound| *bound < hash);
        leaves.flat_map(move |(leaf, _)| {
            let start = first;
            first += leaf.len();
            (leaf.lower(hash)..leaf.len()).filter_map(move |index| {
                let (entry, score) = leaf.get(index)?;
                Some((start + index, entry, score))
            })
        })
    }

    /// The rank and exact score of the element with these.
    #[inline]
    fn place_of(&self, score: f64, member: &[u8]) -> Option<(usize, f64)> {
        let reached = |bound: &Bound| bound.is_up_to(score, member);
        let (leaf, first) = self.order.find(reached)?;
        let index = leaf.index_of(score, member)?;
        Some((first + index, leaf.get(index).score))
    }

    /// How many elements lie before the cut.
    #[inline]
    pub fn count_before(&self, cut: Cut<'_>) -> usize {
        let found = self.order.find(|bound| bound.is_before(cut));
        found.map_or(0, |(leaf, first)| first + leaf.count_before(cut))
    }

    /// The element of this rank.
    pub fn get(&self, rank: usize) -> Option<(&[u8], f64)> {
        let (leaf, index) = self.order.leaf_at(rank)?;
        let Element { score, member, .. } = leaf.get(index);
        Some((member, score))
    }

    /// Gives `member` the score that `decide` makes of the one it has, if any. What it had, and
    /// what it has now if that is another.
    pub fn put(
        &mut self,
        member: &[u8],
        decide: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> (Option<f64>, Option<f64>) {
        let hash = self.hash(member);
        let mut decide = Some(decide);
        let mut decide = |old| {
            let decide = decide.take().expect("decided once");
            decide(old).filter(|new| Some(*new) != old)
        };
        // Nearly always a hash is one entry's or nobody's, and one descent tells which.
        let leaf = self.index.leaf_by_bound_mut(|bound| *bound <= hash);
        let equal = leaf.as_ref().and_then(|leaf| leaf.equal(hash));
        match (leaf, equal) {
            (Some(leaf), Some(equal)) if equal.len() == 1 => {
                let score = leaf.score(equal.start);
                let changed = change_score(&mut self.order, score, member, &mut decide);
                if let Some((old, new, is_out)) = changed {
                    if let Some(new) = new {
                        leaf.set_score(equal.start, new);
                    }
                    if let (Some(new), true) = (new, is_out) {
                        self.insert_in_order(new, member, hash);
                    }
                    return (Some(old), new);
                }
                // Another member's.
                self.put_new(member, hash, decide(None))
            }
            (Some(_), Some(equal)) if equal.is_empty() => self.put_new(member, hash, decide(None)),
            _ => {
                let found = self.find_hashed(hash, member);
                let Some((_, old)) = found else {
                    return self.put_new(member, hash, decide(None));
                };
                let new = decide(Some(old));
                if let Some(new) = new {
                    take_out(&mut self.order, old, member);
                    self.insert_in_order(new, member, hash);
                    self.edit_index(hash, old, |leaf, index| leaf.set_score(index, new));
                }
                (Some(old), new)
            }
        }
    }

    fn put_new(
        &mut self,
        member: &[u8],
        hash: u32,
        score: Option<f64>,
    ) -> (Option<f64>, Option<f64>) {
        if let Some(score) = score {
            self.insert_in_order(score, member, hash);
            self.insert_in_index(hash, score);
        }
        (None, score)
    }

    fn insert_in_order(&mut self, score: f64, member: &[u8], hash: u32) {
        let element = Element {
            score,
            member,
            mark: mark_of(hash),
        };
        if self.order.is_empty() {
            return self.order.push_leaf(Run::of(element));
        }
        let cut = Cut::Element(score, member, Side::Behind);
        self.order.change(
            |bound| bound.is_up_to(score, member),
            |leaf, behind| leaf.insert(leaf.count_before(cut), element, behind),
        );
    }

    fn insert_in_index(&mut self, hash: u32, score: f64) {
        if self.index.is_empty() {
            return self.index.push_leaf(Hashes::of(&[(hash, score)]));
        }
        self.index
            .change(|bound| *bound <= hash, |leaf, _| leaf.insert(hash, score));
    }

    /// Changes the entry of the index with this hash and score, which is there.
    fn edit_index(&mut self, hash: u32, score: f64, edit: impl Fn(&mut Hashes, usize)) {
        let found = self.index.change(
            |bound| *bound <= hash,
            |leaf, _| match leaf.index_of(hash, score) {
                Some(index) => {
                    edit(leaf, index);
                    true
                }
                None => false,
            },
        );
        if !found {
            // Entries of equal hash reach across leaves.
            let mut entries = self.entries_from(hash);
            let found = entries.find(|entry| entry.1 != hash || entry.2 == score);
            drop(entries);
            let (position, ..) = found.expect("every member is in the index");
            self.index
                .edit_at(position, |leaf, index, _| edit(leaf, index));
        }
    }

    /// Removes a member; the score it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let hash = self.hash(member);
        let (_, score) = self.find_hashed(hash, member)?;
        take_out(&mut self.order, score, member);
        self.edit_index(hash, score, Hashes::remove);
        Some(score)
    }

    /// Removes the elements of these ranks.
    pub fn remove_ranks(&mut self, ranks: Range<usize>) -> Garbage {
        if ranks.len() == 1 {
            self.remove_rank(ranks.start);
            return Garbage::default();
        }
        let mut gone = Vec::with_capacity(ranks.len());
        for Element { score, member, .. } in self.forward(ranks.start).take(ranks.len()) {
            gone.push((self.hash(member), score));
        }
        let order = self.order.remove_range(ranks, Run::remove);
        let mut index = Tree::new();
        if gone.len() > self.index.len() / REBUILT_SHARE {
            index = std::mem::take(&mut self.index);
            self.index = without(&index, gone);
        } else {
            for (hash, score) in gone {
                self.edit_index(hash, score, Hashes::remove);
            }
        }
        Garbage {
            order: Some(order),
            index,
        }
    }

    fn remove_rank(&mut self, rank: usize) {
        let seed = self.seed;
        let (hash, score) = self.order.edit_at(rank, |leaf, index, _| {
            let Element { score, member, .. } = leaf.get(index);
            let hash = hash_of(seed, member);
            leaf.remove(index..index + 1);
            (hash, score)
        });
        self.edit_index(hash, score, Hashes::remove);
    }

    /// The elements from this rank on, in order.
    #[inline]
    pub(super) fn forward(&self, rank: usize) -> Forward<'_> {
        Forward {
            leaves: self.order.iter_from(rank),
            run: None,
        }
    }

    /// The elements before this rank, in reverse order.
    #[inline]
    pub(super) fn back(&self, rank: usize) -> Back<'_> {
        Back {
            leaves: self.order.iter_back_from(rank),
            run: None,
        }
    }

    /// Visits members whose hashes are not below `cursor`, some `count` of them, and gives the
    /// cursor to go on with, 0 at the end. A member that is there from the first step to the last
    /// is visited.
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], f64)) -> u64 {
        let Ok(cursor) = u32::try_from(cursor) else {
            return 0;
        };
        let mut last = u32::MAX;
        let mut scores = self.scores_from(cursor, &mut last, |told, _| told >= count);
        let passed = scores.iter().map(|score| {
            let behind = self.count_before(Cut::Score(*score, Side::Behind));
            behind - self.count_before(Cut::Score(*score, Side::Before))
        });
        if passed.sum::<usize>() > PASSED_PER_TOLD * count.max(scores.len()) {
            last = u32::MAX;
            scores = self.scores_from(cursor, &mut last, |told, [before, next]| {
                told >= count && mark_of(before) != mark_of(next)
            });
        }
        let (hashes, marks) = (cursor..=last, mark_of(cursor)..=mark_of(last));
        for score in scores {
            let first = self.count_before(Cut::Score(score, Side::Before));
            for (leaf, from) in self.order.iter_from(first) {
                let to = leaf.count_before(Cut::Score(score, Side::Behind));
                for index in (from..to).filter(|index| marks.contains(&leaf.mark(*index))) {
                    let Element { score, member, .. } = leaf.get(index);
                    if hashes.contains(&self.hash(member)) {
                        visit(member, score);
                    }
                }
                if to < leaf.len() {
                    break;
                }
            }
        }
        u64::from(last.wrapping_add(1))
    }

    /// The scores of members whose hashes lie from `cursor` to `last`, each once. `last` becomes
    /// the hash behind which it is `enough`, by the number of entries so far and the hashes before
    /// and behind the place; entries of equal hash stay together.
    fn scores_from(
        &self,
        cursor: u32,
        last: &mut u32,
        enough: impl Fn(usize, [u32; 2]) -> bool,
    ) -> Vec<f64> {
        let mut scores = Vec::new();
        let mut before = cursor;
        for (_, hash, score) in self.entries_from(cursor) {
            if hash != before && enough(scores.len(), [before, hash]) {
                *last = before;
                break;
            }
            scores.push(score);
            before = hash;
        }
        scores.sort_unstable_by(f64::total_cmp);
        // 0 and -0 are one score.
        scores.dedup_by(|a, b| a == b);
        scores
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        let mut entries: Vec<(u32, u64)> = Vec::new();
        let mut before: Option<(f64, Vec<u8>)> = None;
        for Element {
            score,
            member,
            mark,
        } in self.forward(0)
        {
            let hash = self.hash(member);
            assert_eq!(mark, mark_of(hash));
            entries.push((hash, score.to_bits()));
            if let Some((last, bytes)) = &before {
                assert!(*last < score || (*last == score && **bytes < *member));
            }
            before = Some((score, member.to_vec()));
        }
        entries.sort_unstable();
        let index = self.entries_from(0);
        let mut index: Vec<_> = index
            .map(|(_, hash, score)| (hash, score.to_bits()))
            .collect();
        assert!(index.is_sorted_by_key(|(hash, _)| *hash));
        index.sort_unstable();
        assert_eq!(entries, index);
    }
}

#[inline]
fn hash_of(seed: Seed, member: &[u8]) -> u32 {
    (seed.hash(member) >> 32) as u32
}

/// Gives the element with this score and member the score that `decide` makes of it. What it had;
/// what it gets, if that is another; and whether it was taken out to be put in elsewhere. Nothing
/// if there is no such element.
#[inline]
fn change_score(
    order: &mut Tree<Run>,
    score: f64,
    member: &[u8],
    decide: &mut impl FnMut(Option<f64>) -> Option<f64>,
) -> Option<(f64, Option<f64>, bool)> {
    order.change(
        |bound| bound.is_up_to(score, member),
        |leaf, _| {
            let index = leaf.index_of(score, member)?;
            let old = leaf.get(index).score;
            let new = decide(Some(old));
            let is_out = new.is_some_and(|new| !leaf.move_within(index, new));
            if is_out {
                leaf.remove(index..index + 1);
            }
            Some((old, new, is_out))
        },
    )
}

/// Removes the element with this score and member, which is there.
fn take_out(order: &mut Tree<Run>, score: f64, member: &[u8]) {
    order.change(
        |bound| bound.is_up_to(score, member),
        |leaf, _| {
            let index = leaf.index_of(score, member).expect("found before");
            leaf.remove(index..index + 1);
        },
    );
}

#[inline]
fn mark_of(hash: u32) -> u8 {
    (hash >> 24) as u8
}

/// The index without the entries `gone`.
fn without(index: &Tree<Hashes>, mut gone: Vec<(u32, f64)>) -> Tree<Hashes> {
    gone.sort_unstable_by_key(|(hash, _)| *hash);
    let mut kept = Vec::with_capacity(index.len() - gone.len());
    let mut from = 0;
    for (leaf, _) in index.iter_from(0) {
        for (hash, score) in (0..leaf.len()).filter_map(|index| leaf.get(index)) {
            while from < gone.len() && gone[from].0 < hash {
                from += 1;
            }
            let equal = gone[from..].iter().take_while(|(entry, _)| *entry == hash);
            match equal.clone().position(|(_, entry)| *entry == score) {
                // Found, and not to be found again.
                Some(at) => {
                    gone.swap(from, from + at);
                    from += 1;
                }
                None => kept.push((hash, score)),
            }
        }
    }
    index_of(&kept)
}

/// An index of these entries, which are in order.
fn index_of(entries: &[(u32, f64)]) -> Tree<Hashes> {
    Tree::from_leaves(entries.chunks(index::ENTRIES_BUILT).map(Hashes::of))
}

/// What left a large sorted set; to be dropped by another thread if it is heavy.
#[derive(Default)]
pub struct Garbage {
    order: Option<Removed<Run>>,
    index: Tree<Hashes>,
}

impl Garbage {
    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.order.as_ref().is_some_and(Removed::is_heavy) || self.index.is_heavy()
    }
}

/// A large sorted set from elements in order.
pub struct Builder {
    runs: Vec<Run>,
    entries: Vec<(u32, f64)>,
    seed: Seed,
}

impl Builder {
    /// No elements yet.
    pub fn new(seed: Seed) -> Builder {
        Builder {
            runs: Vec::new(),
            entries: Vec::new(),
            seed,
        }
    }

    /// Adds an element behind the others.
    pub fn push(&mut self, member: &[u8], score: f64) {
        let hash = hash_of(self.seed, member);
        let element = Element {
            score,
            member,
            mark: mark_of(hash),
        };
        let pushed = self.runs.last_mut().map(|run| run.try_push(element));
        if pushed != Some(true) {
            self.runs.push(Run::of(element));
        }
        self.entries.push((hash, score));
    }

    /// The set.
    pub fn build(mut self) -> BigZset {
        self.entries.sort_unstable_by_key(|(hash, _)| *hash);
        BigZset {
            order: Tree::from_leaves(self.runs),
            index: index_of(&self.entries),
            seed: self.seed,
        }
    }
}

/// Elements in order.
pub(super) struct Forward<'a> {
    leaves: Leaves<'a, Run>,
    run: Option<(&'a Run, usize)>,
}

impl<'a> Iterator for Forward<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (run, index) = match self.run {
            Some((run, index)) if index < run.len() => (run, index),
            _ => self.leaves.next()?,
        };
        self.run = Some((run, index + 1));
        Some(run.get(index))
    }
}

/// Elements in reverse order.
pub(super) struct Back<'a> {
    leaves: LeavesBack<'a, Run>,
    run: Option<(&'a Run, usize)>,
}

impl<'a> Iterator for Back<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (run, count) = match self.run {
            Some((run, count)) if count > 0 => (run, count),
            _ => self.leaves.next()?,
        };
        self.run = Some((run, count - 1));
        Some(run.get(count - 1))
    }
}
