//! A leaf of the tree that finds a member's score by the member's hash.
//!
//! ```text
//! hashes  [ 0x1f03…  0x1f88…  0x1f88… … ]   u32, in order, equal ones side by side
//! scores  [ 2.0      1.5      7.0     … ]   f64
//! ```
//!
//! Twelve bytes a member: the member itself stands only in the tree of the order, where whoever
//! has found a score verifies that it is this member's and not another's of equal hash.
//! Hashes are spread evenly: where one stands in a leaf can be guessed from its value and the range
//! of hashes that come into the leaf. That stands in the leaf itself, in the same cache line, so that
//! hash and score are fetched at once.

use std::ops::Range;
use std::ptr::NonNull;

use super::columns::{insert, reserve, roomy, rounded};
use crate::ds::prefetch::prefetch;
use crate::ds::size_class::size_class;
use crate::ds::tree::Leaf;

const ENTRIES_MAX: usize = 128;
const ENTRIES_SPARSE: usize = ENTRIES_MAX / 4;
const ENTRIES_JOINED: usize = ENTRIES_MAX * 3 / 4;

/// How full leaves are built from many entries at once.
pub(super) const ENTRIES_BUILT: usize = ENTRIES_MAX * 3 / 4;

/// A run of entries.
#[derive(Clone)]
pub(super) struct Hashes {
    hashes: Vec<u32>,
    scores: Vec<f64>,
    /// Hashes from `low` to `high` come into this leaf, as far as it knows.
    low: u32,
    high: u32,
}

impl Hashes {
    /// A leaf of these entries, which are in order.
    pub(super) fn of(entries: &[(u32, f64)]) -> Hashes {
        let (low, high) = match entries {
            [(low, _), .., (high, _)] => (*low, *high),
            // The first entry of a new tree: all others will come here, too.
            _ => (0, u32::MAX),
        };
        let mut leaf = Hashes {
            hashes: Vec::with_capacity(rounded::<u32>(entries.len())),
            scores: Vec::with_capacity(rounded::<f64>(entries.len())),
            low,
            high,
        };
        leaf.hashes.extend(entries.iter().map(|(hash, _)| *hash));
        leaf.scores.extend(entries.iter().map(|(_, score)| *score));
        leaf
    }

    /// Entry `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<(u32, f64)> {
        Some((*self.hashes.get(index)?, self.scores[index]))
    }

    /// The score of entry `index`.
    #[inline]
    pub(super) fn score(&self, index: usize) -> f64 {
        self.scores[index]
    }

    /// The index of the first entry whose hash is not below `hash`, searched from where it should
    /// stand if the hashes were quite evenly spread.
    #[inline]
    pub(super) fn lower(&self, hash: u32) -> usize {
        let hashes = &self.hashes[..];
        let above = u64::from(hash.saturating_sub(self.low));
        let span = u64::from(self.high - self.low) + 1;
        let guess = (above * hashes.len() as u64 / span) as usize;
        let mut index = guess.min(hashes.len());
        if let Some(score) = self.scores.get(index) {
            // Who asks for the index reads the score next, and both may have to be fetched.
            prefetch(NonNull::from(score));
        }
        while hashes.get(index).is_some_and(|entry| *entry < hash) {
            index += 1;
        }
        while index > 0 && hashes[index - 1] >= hash {
            index -= 1;
        }
        index
    }

    /// Where entries of this hash stand, if it is certain that none stands in the leaf before.
    #[inline]
    pub(super) fn equal(&self, hash: u32) -> Option<Range<usize>> {
        let from = self.lower(hash);
        let equal = self.hashes[from..].iter();
        let count = equal.take_while(|entry| **entry == hash).count();
        (from > 0).then_some(from..from + count)
    }

    /// The index of an entry.
    pub(super) fn index_of(&self, hash: u32, score: f64) -> Option<usize> {
        let low = self.lower(hash);
        let equal = self.hashes[low..]
            .iter()
            .take_while(|entry| **entry == hash);
        let same = |index: &usize| self.scores[*index] == score;
        (low..low + equal.count()).find(same)
    }

    /// Adds an entry in its place.
    pub(super) fn insert(&mut self, hash: u32, score: f64) {
        let index = self.lower(hash);
        insert(&mut self.hashes, index, hash);
        insert(&mut self.scores, index, score);
    }

    /// Gives entry `index` another score.
    #[inline]
    pub(super) fn set_score(&mut self, index: usize, score: f64) {
        self.scores[index] = score;
    }

    /// Removes entry `index`.
    pub(super) fn remove(&mut self, index: usize) {
        self.hashes.remove(index);
        self.scores.remove(index);
        if self.scores.capacity() > 2 * self.scores.len() + 8 {
            self.scores.shrink_to(rounded::<f64>(self.scores.len()));
            self.hashes.shrink_to(rounded::<u32>(self.hashes.len()));
        }
    }
}

impl Leaf for Hashes {
    type Bound = u32;

    #[inline]
    fn len(&self) -> usize {
        self.hashes.len()
    }

    fn bound(&self) -> u32 {
        self.hashes[0]
    }

    fn is_full(&self) -> bool {
        self.hashes.len() > ENTRIES_MAX
    }

    fn is_sparse(&self) -> bool {
        self.hashes.len() < ENTRIES_SPARSE
    }

    fn split(&mut self) -> Hashes {
        let half = self.hashes.len() / 2;
        // What came in may lie beyond what was known.
        let (first, last) = (self.hashes[0], self.hashes[self.hashes.len() - 1]);
        let upper = Hashes {
            hashes: roomy(&self.hashes[half..], ENTRIES_MAX),
            scores: roomy(&self.scores[half..], ENTRIES_MAX),
            low: self.hashes[half],
            high: self.high.max(last),
        };
        self.low = self.low.min(first);
        self.high = upper.low;
        self.hashes = roomy(&self.hashes[..half], ENTRIES_MAX);
        self.scores = roomy(&self.scores[..half], ENTRIES_MAX);
        upper
    }

    fn fits(&self, next: &Hashes) -> bool {
        self.hashes.len() + next.hashes.len() <= ENTRIES_JOINED
    }

    fn merge(&mut self, next: Hashes) {
        reserve(&mut self.hashes, next.hashes.len());
        reserve(&mut self.scores, next.scores.len());
        self.hashes.extend_from_slice(&next.hashes);
        self.scores.extend_from_slice(&next.scores);
        self.high = next.high.max(self.low);
    }

    fn memory_bytes(&self) -> usize {
        size_class(self.hashes.capacity() * size_of::<u32>())
            + size_class(self.scores.capacity() * size_of::<f64>())
    }
}
