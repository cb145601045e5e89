//! The elements of a leaf side by side: scores, members, and marks.
//!
//! ```text
//!            gone
//! scores  [  ░░░  1.5    1.5   2.0   … ]   f64
//! tails   [  ░░░  9·m    16·m  22·m  … ]   u32: where a member ends in `bytes`, and its mark
//! bytes   [  ░░░  member other-m third… ]  one buffer
//! ```
//!
//! An element takes 12 bytes and its member. A search reads scores alone until they are equal, and
//! only then members.
//!
//! What leaves at the front (ZPOPMIN) moves nothing: it is *gone*, indexes count from behind it, and
//! it is squeezed out when that is more than half, or when something else changes. Popped one by
//! one, each element is moved once instead of as often as there are others before it.

use std::mem;
use std::ops::Range;

use super::cut::{Cut, Side};
use super::order::{ENTRIES_MAX, Element};
use crate::ds::prefetch::prefetch_all;
use crate::ds::same::same_bytes;
use crate::ds::size_class::size_class;
use crate::ds::tree::count_reached;

const MARK_BITS: u32 = 8;

/// Bytes of members, at most: an end and a mark share a word.
pub(super) const BYTES_MAX: usize = (u32::MAX >> MARK_BITS) as usize;

/// Elements side by side.
#[derive(Clone, Default)]
pub(super) struct Columns {
    scores: Vec<f64>,
    tails: Vec<u32>,
    bytes: Vec<u8>,
    /// How many at the front have left.
    gone: u32,
}

impl Columns {
    /// How many elements.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.scores.len() - self.gone()
    }

    /// Bytes of their members.
    #[inline]
    pub(super) fn member_bytes(&self) -> usize {
        self.bytes.len() - self.start(0)
    }

    /// Bytes of the first `count` members.
    pub(super) fn member_bytes_before(&self, count: usize) -> usize {
        self.start(count) - self.start(0)
    }

    /// Bytes on the heap.
    pub(super) fn memory_bytes(&self) -> usize {
        size_class(self.scores.capacity() * size_of::<f64>())
            + size_class(self.tails.capacity() * size_of::<u32>())
            + size_class(self.bytes.capacity())
    }

    /// Element `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Element<'_> {
        Element {
            score: self.scores()[index],
            member: self.member(index),
            mark: self.mark(index),
        }
    }

    /// The mark of element `index`.
    #[inline]
    pub(super) fn mark(&self, index: usize) -> u8 {
        self.tails[self.gone() + index] as u8
    }

    #[inline]
    fn gone(&self) -> usize {
        self.gone as usize
    }

    #[inline]
    fn scores(&self) -> &[f64] {
        &self.scores[self.gone()..]
    }

    /// Where in `bytes` member `index` begins; where the last one ends for an index behind it.
    #[inline]
    fn start(&self, index: usize) -> usize {
        match (self.gone() + index).checked_sub(1) {
            Some(before) => (self.tails[before] >> MARK_BITS) as usize,
            None => 0,
        }
    }

    #[inline]
    fn member(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.start(index + 1)]
    }

    /// The index of the element with this score and member.
    #[inline]
    pub(super) fn index_of(&self, score: f64, member: &[u8]) -> Option<usize> {
        // Fetched while the scores are.
        prefetch_all(&self.tails);
        let scores = self.scores();
        let first = count_reached(scores, |at| *at < score);
        let has_score = |index: usize| scores.get(index).is_some_and(|at| *at == score);
        if !has_score(first) {
            return None;
        }
        // Mostly it is the only one of its score.
        if same_bytes(self.member(first), member) {
            return Some(first);
        }
        if !has_score(first + 1) {
            return None;
        }
        let index = self.count_before(Cut::Element(score, member, Side::Before));
        (has_score(index) && self.member(index) == member).then_some(index)
    }

    /// How many elements lie before the cut.
    #[inline]
    pub(super) fn count_before(&self, cut: Cut<'_>) -> usize {
        let scores = self.scores();
        match cut {
            Cut::Start => 0,
            Cut::End => scores.len(),
            Cut::Score(at, Side::Before) => count_reached(scores, |score| *score < at),
            Cut::Score(at, Side::Behind) => count_reached(scores, |score| *score <= at),
            Cut::Member(..) => self.count_members(0..scores.len(), cut),
            Cut::Element(at, ..) => {
                let low = count_reached(scores, |score| *score < at);
                if scores.get(low).is_none_or(|score| *score > at) {
                    return low;
                }
                let equal = count_reached(&scores[low..], |score| *score <= at);
                self.count_members(low..low + equal, cut)
            }
        }
    }

    /// The first index in `range` that is not before the cut, or its end.
    fn count_members(&self, range: Range<usize>, cut: Cut<'_>) -> usize {
        let Range {
            start: mut low,
            end: mut high,
        } = range;
        while low < high {
            let middle = low.midpoint(high);
            match cut.is_behind(self.scores()[middle], || self.member(middle)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// Puts an element before element `index`.
    pub(super) fn insert(&mut self, index: usize, element: Element<'_>) {
        self.squeeze();
        let Element {
            score,
            member,
            mark,
        } = element;
        let start = self.start(index);
        self.insert_bytes(start, member);
        self.shift(index, member.len() as u32);
        let end = (start + member.len()) as u32;
        insert(&mut self.tails, index, end << MARK_BITS | u32::from(mark));
        insert(&mut self.scores, index, score);
    }

    fn insert_bytes(&mut self, at: usize, member: &[u8]) {
        let (old, more) = (self.bytes.len(), member.len());
        if self.bytes.capacity() - old < more {
            self.bytes.reserve_exact(size_class(old + more) - old);
        }
        self.bytes.extend_from_slice(member);
        if at < old {
            self.bytes.copy_within(at..old, at + more);
            self.bytes[at..at + more].copy_from_slice(member);
        }
    }

    /// Moves the ends of all members from `index` on by so many bytes.
    #[inline]
    fn shift(&mut self, index: usize, more: u32) {
        for tail in &mut self.tails[index..] {
            *tail += more << MARK_BITS;
        }
    }

    /// Removes elements.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        if range.start == 0 {
            self.gone += range.len() as u32;
            // Of an empty leaf nothing is kept: it is dropped.
            if (1..self.gone()).contains(&self.len()) {
                self.squeeze();
            }
            return;
        }
        self.squeeze();
        self.cut(range);
    }

    /// Squeezes out what has gone.
    #[inline]
    fn squeeze(&mut self) {
        if self.gone > 0 {
            let gone = mem::take(&mut self.gone) as usize;
            self.cut(0..gone);
        }
    }

    fn cut(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let bytes = self.start(range.start)..self.start(range.end);
        for tail in &mut self.tails[range.end..] {
            *tail -= (bytes.len() as u32) << MARK_BITS;
        }
        cut(&mut self.bytes, bytes);
        cut(&mut self.tails, range.clone());
        cut(&mut self.scores, range);
        self.give_back();
    }

    /// Gives memory back when most of it lies idle.
    fn give_back(&mut self) {
        if self.scores.capacity() > 2 * self.scores.len() + 8 {
            self.scores.shrink_to(rounded::<f64>(self.scores.len()));
            self.tails.shrink_to(rounded::<u32>(self.tails.len()));
            self.bytes.shrink_to(size_class(self.bytes.len()));
        }
    }

    /// Keeps the elements before `index` and gives the others.
    ///
    /// Both parts get room for as much as there was, so that they grow without moving: through
    /// many small size classes, which all leaves leave at about the same time, half of each class's
    /// memory would stay behind unused.
    pub(super) fn split_off(&mut self, index: usize) -> Columns {
        self.squeeze();
        let at = self.start(index);
        let entries = self.scores.len().min(ENTRIES_MAX);
        let bytes = self.bytes.len() * entries / self.scores.len();
        let mut upper = Columns {
            scores: roomy(&self.scores[index..], entries),
            tails: roomy(&self.tails[index..], entries),
            bytes: roomy(&self.bytes[at..], bytes),
            gone: 0,
        };
        for tail in &mut upper.tails {
            *tail -= (at as u32) << MARK_BITS;
        }
        self.scores = roomy(&self.scores[..index], entries);
        self.tails = roomy(&self.tails[..index], entries);
        self.bytes = roomy(&self.bytes[..at], bytes);
        upper
    }

    /// Takes over what the leaf behind holds.
    pub(super) fn append(&mut self, mut next: Columns) {
        self.squeeze();
        next.squeeze();
        let (len, at) = (self.scores.len(), self.bytes.len());
        reserve(&mut self.scores, next.scores.len());
        reserve(&mut self.tails, next.tails.len());
        reserve(&mut self.bytes, next.bytes.len());
        self.scores.extend_from_slice(&next.scores);
        self.tails.extend_from_slice(&next.tails);
        self.bytes.extend_from_slice(&next.bytes);
        self.shift(len, at as u32);
    }

    /// Gives element `index` another score, if it stays among these for certain: between others, or
    /// where it is.
    pub(super) fn move_within(&mut self, index: usize, score: f64) -> bool {
        let scores = self.scores();
        let last = scores.len() - 1;
        if score <= scores[0] || scores[last] <= score {
            return false;
        }
        let cut = Cut::Element(score, self.member(index), Side::Before);
        // It stands itself among those counted if it moves up.
        let before = self.count_before(cut);
        let to = if before > index { before - 1 } else { before };
        let stays = to == index && index != 0 && index != last;
        if !stays && (to == 0 || to == last) {
            return false;
        }
        self.squeeze();
        if stays {
            self.scores[index] = score;
        } else {
            self.rotate(index, to, score);
        }
        true
    }

    /// Moves element `from` to index `to` and gives it `score`.
    fn rotate(&mut self, from: usize, to: usize, score: f64) {
        let member = self.start(from)..self.start(from + 1);
        let (len, mark) = (member.len(), self.tails[from] as u8);
        let shifted = (len as u32) << MARK_BITS;
        let at = if from < to {
            let end = self.start(to + 1);
            self.bytes[member.start..end].rotate_left(len);
            self.scores[from..=to].rotate_left(1);
            self.tails[from..=to].rotate_left(1);
            for tail in &mut self.tails[from..to] {
                *tail -= shifted;
            }
            self.start(to)
        } else {
            let at = self.start(to);
            self.bytes[at..member.end].rotate_right(len);
            self.scores[to..=from].rotate_right(1);
            self.tails[to..=from].rotate_right(1);
            for tail in &mut self.tails[to + 1..=from] {
                *tail += shifted;
            }
            at
        };
        self.tails[to] = ((at + len) as u32) << MARK_BITS | u32::from(mark);
        self.scores[to] = score;
    }
}

/// A copy with room for so many, up to the end of a size class.
pub(super) fn roomy<T: Copy>(of: &[T], count: usize) -> Vec<T> {
    let mut copy = Vec::with_capacity(rounded::<T>(count.max(of.len())));
    copy.extend_from_slice(of);
    copy
}

/// Makes room for `more`, up to the end of a size class.
pub(super) fn reserve<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(rounded::<T>(vec.len() + more) - vec.len());
    }
}

/// [`Vec::insert`] that grows by size classes.
#[inline]
pub(super) fn insert<T>(vec: &mut Vec<T>, index: usize, value: T) {
    reserve(vec, 1);
    vec.insert(index, value);
}

/// Removes items: [`Vec::drain`] without its caution about what dropping them might do.
#[inline]
fn cut<T: Copy>(vec: &mut Vec<T>, range: Range<usize>) {
    let left = vec.len() - range.len();
    vec.copy_within(range.end.., range.start);
    vec.truncate(left);
}

/// As many as fit into the size class that `count` fall into.
pub(super) fn rounded<T>(count: usize) -> usize {
    size_class(count * size_of::<T>()) / size_of::<T>()
}
