//! A leaf of the tree that holds a sorted set's elements in order.
//!
//! ```text
//! scores  [ 1.5   1.5   2.0  … ]     f64
//! tails   [ 6·m   13·m  19·m … ]     u32: where a member ends in `bytes`, and its mark
//! bytes   [ member other-m third- …  one buffer
//! ```
//!
//! An element takes 12 bytes and its member. A search reads scores alone until they are equal, and
//! only then members. The mark is the top byte of the member's hash: who looks for members with
//! certain hashes among many of equal score (ZSCAN) reads the marks and not the members.
//!
//! A member longer than [`LONG_BYTES`] has a leaf to itself, so that no change ever copies it.
//! Elements added behind a full leaf begin a new one: a set built in order fills its leaves.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::cut::{Cut, Side};
use crate::ds::size_class::size_class;
use crate::ds::tree::{Leaf, count_reached};

/// Elements of a leaf, at most.
const ENTRIES_MAX: usize = 64;

/// Bytes of its members: with as many, it is full.
const BYTES_FULL: usize = 2048;

/// A leaf with less of both joins a neighbour …
const ENTRIES_SPARSE: usize = ENTRIES_MAX / 4;
const BYTES_SPARSE: usize = BYTES_FULL / 4;

/// … if both together have no more than this.
const ENTRIES_JOINED: usize = ENTRIES_MAX * 3 / 4;
const BYTES_JOINED: usize = BYTES_FULL * 3 / 4;

/// How full leaves are built that were sorted before.
pub(super) const ENTRIES_BUILT: usize = ENTRIES_MAX * 7 / 8;

/// A longer member has a leaf to itself.
pub(super) const LONG_BYTES: usize = 1024;

const MARK_BITS: u32 = 8;

// Until it is split, a full leaf may hold one more member.
const _: () = assert!((BYTES_FULL + LONG_BYTES) << MARK_BITS <= u32::MAX as usize);

/// An element on its way into a leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) score: f64,
    pub(super) member: &'a [u8],
    pub(super) mark: u8,
}

/// A run of elements.
#[derive(Clone)]
pub(super) enum Run {
    Columns(Columns),
    Long {
        score: f64,
        mark: u8,
        member: Arc<[u8]>,
    },
}

/// Elements side by side.
#[derive(Clone, Default)]
pub(super) struct Columns {
    scores: Vec<f64>,
    tails: Vec<u32>,
    bytes: Vec<u8>,
}

/// The first element of a leaf, or something between it and the one before.
#[derive(Clone)]
pub(super) struct Bound {
    score: f64,
    member: Arc<[u8]>,
}

impl Bound {
    /// Whether an element at the bound would lie before the cut.
    #[inline]
    pub(super) fn is_before(&self, cut: Cut<'_>) -> bool {
        cut.is_behind(self.score, || &self.member)
    }
}

impl Run {
    /// A leaf of one element.
    pub(super) fn of(element: Element<'_>) -> Run {
        let Element {
            score,
            member,
            mark,
        } = element;
        if member.len() > LONG_BYTES {
            let member = member.into();
            return Run::Long {
                score,
                mark,
                member,
            };
        }
        let mut columns = Columns::default();
        columns.insert(0, element);
        Run::Columns(columns)
    }

    /// Adds an element behind the last one if the leaf is to have more.
    pub(super) fn try_push(&mut self, element: Element<'_>) -> bool {
        let Run::Columns(columns) = self else {
            return false;
        };
        let has_room = columns.scores.len() < ENTRIES_BUILT
            && columns.bytes.len() + element.member.len() <= BYTES_FULL
            && element.member.len() <= LONG_BYTES;
        if has_room {
            columns.insert(columns.scores.len(), element);
        }
        has_room
    }

    /// Element `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Element<'_> {
        match self {
            Run::Columns(columns) => Element {
                score: columns.scores[index],
                member: columns.member(index),
                mark: columns.tails[index] as u8,
            },
            Run::Long {
                score,
                mark,
                member,
            } => Element {
                score: *score,
                member,
                mark: *mark,
            },
        }
    }

    /// The top byte of a member's hash.
    #[inline]
    pub(super) fn mark(&self, index: usize) -> u8 {
        match self {
            Run::Columns(columns) => columns.tails[index] as u8,
            Run::Long { mark, .. } => *mark,
        }
    }

    /// How many elements lie before the cut.
    #[inline]
    pub(super) fn count_before(&self, cut: Cut<'_>) -> usize {
        match self {
            Run::Columns(columns) => columns.count_before(cut),
            Run::Long { score, member, .. } => usize::from(cut.is_behind(*score, || member)),
        }
    }

    /// The index of an element.
    #[inline]
    pub(super) fn index_of(&self, score: f64, member: &[u8]) -> Option<usize> {
        let index = self.count_before(Cut::Element(score, member, Side::Before));
        if index == self.len() {
            return None;
        }
        let found = self.get(index);
        (found.score == score && found.member == member).then_some(index)
    }

    /// Puts an element before element `index`; what does not fit goes into leaves behind.
    pub(super) fn insert(&mut self, index: usize, element: Element<'_>, behind: &mut Vec<Run>) {
        let len = self.len();
        match self {
            Run::Columns(columns) if element.member.len() <= LONG_BYTES => {
                if index == len && columns.is_full() {
                    behind.push(Run::of(element));
                } else {
                    columns.insert(index, element);
                }
            }
            _ => {
                // A long member, new or old, stays alone.
                let upper = self.split_off(index);
                behind.push(Run::of(element));
                behind.extend(upper);
                if index == 0 {
                    *self = behind.remove(0);
                }
            }
        }
    }

    /// What stands from `index` on, if anything does.
    fn split_off(&mut self, index: usize) -> Option<Run> {
        if index == self.len() {
            return None;
        }
        match self {
            Run::Columns(columns) => Some(Run::Columns(columns.split_off(index))),
            Run::Long { .. } => Some(mem::replace(self, Run::Columns(Columns::default()))),
        }
    }

    /// Removes elements.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        match self {
            Run::Columns(columns) => columns.remove(range),
            Run::Long { .. } if range.is_empty() => {}
            Run::Long { .. } => *self = Run::Columns(Columns::default()),
        }
    }

    /// Gives element `index` another score, if it stays in this leaf for certain: between its other
    /// elements, or where it is.
    pub(super) fn move_within(&mut self, index: usize, score: f64) -> bool {
        let Run::Columns(columns) = self else {
            return false;
        };
        let last = columns.scores.len() - 1;
        if score <= columns.scores[0] || columns.scores[last] <= score {
            return false;
        }
        let cut = Cut::Element(score, columns.member(index), Side::Before);
        // It stands itself among those counted if it moves up.
        let before = columns.count_before(cut);
        let to = if before > index { before - 1 } else { before };
        let stays = to == index && index != 0 && index != last;
        if stays {
            columns.scores[index] = score;
            return true;
        }
        if to == 0 || to == last {
            return false;
        }
        columns.rotate(index, to, score);
        true
    }
}

impl Columns {
    #[inline]
    fn start(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            Some(before) => (self.tails[before] >> MARK_BITS) as usize,
            None => 0,
        }
    }

    #[inline]
    fn end(&self, index: usize) -> usize {
        (self.tails[index] >> MARK_BITS) as usize
    }

    #[inline]
    fn member(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.end(index)]
    }

    #[inline]
    fn count_before(&self, cut: Cut<'_>) -> usize {
        match cut {
            Cut::Start => 0,
            Cut::End => self.scores.len(),
            Cut::Score(at, Side::Before) => count_reached(&self.scores, |score| *score < at),
            Cut::Score(at, Side::Behind) => count_reached(&self.scores, |score| *score <= at),
            Cut::Member(..) => self.count_members(0..self.scores.len(), cut),
            Cut::Element(at, ..) => {
                let low = count_reached(&self.scores, |score| *score < at);
                if self.scores.get(low).is_none_or(|score| *score > at) {
                    return low;
                }
                let equal = count_reached(&self.scores[low..], |score| *score <= at);
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
            match cut.is_behind(self.scores[middle], || self.member(middle)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    fn is_full(&self) -> bool {
        self.scores.len() >= ENTRIES_MAX || self.bytes.len() >= BYTES_FULL
    }

    fn insert(&mut self, index: usize, element: Element<'_>) {
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

    fn remove(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let bytes = self.start(range.start)..self.end(range.end - 1);
        for tail in &mut self.tails[range.end..] {
            *tail -= (bytes.len() as u32) << MARK_BITS;
        }
        self.bytes.drain(bytes);
        self.tails.drain(range.clone());
        self.scores.drain(range);
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

    /// Both parts get room for as much as there was, so that they grow without moving: through
    /// many small size classes, which all leaves leave at about the same time, half of each class's
    /// memory would stay behind unused.
    fn split_off(&mut self, index: usize) -> Columns {
        let at = self.start(index);
        let entries = self.scores.len().min(ENTRIES_MAX);
        let bytes = self.bytes.len() * entries / self.scores.len();
        let mut upper = Columns {
            scores: roomy(&self.scores[index..], entries),
            tails: roomy(&self.tails[index..], entries),
            bytes: roomy(&self.bytes[at..], bytes),
        };
        for tail in &mut upper.tails {
            *tail -= (at as u32) << MARK_BITS;
        }
        self.scores = roomy(&self.scores[..index], entries);
        self.tails = roomy(&self.tails[..index], entries);
        self.bytes = roomy(&self.bytes[..at], bytes);
        upper
    }

    fn append(&mut self, next: &Columns) {
        let (len, at) = (self.scores.len(), self.bytes.len());
        reserve(&mut self.scores, next.scores.len());
        reserve(&mut self.tails, next.tails.len());
        reserve(&mut self.bytes, next.bytes.len());
        self.scores.extend_from_slice(&next.scores);
        self.tails.extend_from_slice(&next.tails);
        self.bytes.extend_from_slice(&next.bytes);
        self.shift(len, at as u32);
    }

    /// Moves element `from` to index `to` and gives it `score`.
    fn rotate(&mut self, from: usize, to: usize, score: f64) {
        let member = self.start(from)..self.end(from);
        let (len, mark) = (member.len(), self.tails[from] as u8);
        let shifted = (len as u32) << MARK_BITS;
        let at = if from < to {
            let end = self.end(to);
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

/// As many as fit into the size class that `count` fall into.
pub(super) fn rounded<T>(count: usize) -> usize {
    size_class(count * size_of::<T>()) / size_of::<T>()
}

impl Leaf for Run {
    type Bound = Bound;

    #[inline]
    fn len(&self) -> usize {
        match self {
            Run::Columns(columns) => columns.scores.len(),
            Run::Long { .. } => 1,
        }
    }

    fn bound(&self) -> Bound {
        let first = self.get(0);
        Bound {
            score: first.score,
            member: match self {
                Run::Columns(_) => first.member.into(),
                Run::Long { member, .. } => Arc::clone(member),
            },
        }
    }

    fn is_full(&self) -> bool {
        match self {
            Run::Columns(columns) => {
                // What fills a leaf to its end is not yet too much.
                columns.scores.len() > ENTRIES_MAX
                    || (columns.bytes.len() > BYTES_FULL && columns.scores.len() > 1)
            }
            Run::Long { .. } => false,
        }
    }

    fn is_sparse(&self) -> bool {
        match self {
            Run::Columns(columns) => {
                columns.scores.len() < ENTRIES_SPARSE && columns.bytes.len() < BYTES_SPARSE
            }
            Run::Long { .. } => false,
        }
    }

    fn split(&mut self) -> Run {
        let Run::Columns(columns) = self else {
            unreachable!("a long member is alone");
        };
        let count = columns.scores.len();
        let half = columns.bytes.len() / 2;
        // By bytes if they are too many, else by count.
        let index = match columns.bytes.len() > BYTES_FULL {
            true => (0..count).find(|index| columns.end(*index) > half),
            false => None,
        };
        let index = index.unwrap_or(count / 2).clamp(1, count - 1);
        Run::Columns(columns.split_off(index))
    }

    fn fits(&self, next: &Run) -> bool {
        let (Run::Columns(this), Run::Columns(next)) = (self, next) else {
            return false;
        };
        this.scores.len() + next.scores.len() <= ENTRIES_JOINED
            && this.bytes.len() + next.bytes.len() <= BYTES_JOINED
    }

    fn merge(&mut self, next: Run) {
        match (self, next) {
            (Run::Columns(this), Run::Columns(next)) => this.append(&next),
            _ => unreachable!("a long member fits with nothing"),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Run::Columns(columns) => {
                size_class(columns.scores.capacity() * size_of::<f64>())
                    + size_class(columns.tails.capacity() * size_of::<u32>())
                    + size_class(columns.bytes.capacity())
            }
            Run::Long { member, .. } => size_class(2 * size_of::<usize>() + member.len()),
        }
    }
}
