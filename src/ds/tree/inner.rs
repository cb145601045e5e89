//! An inner node: its children, what it knows of each, and how it keeps itself in order.

use std::sync::Arc;

use super::seek::Seek;
use super::{FANOUT_MAX, Leaf, arc_bytes, count_reached};

/// With fewer children a node joins a neighbour, if both together are well below full.
const FANOUT_SPARSE: usize = FANOUT_MAX / 4;
const FANOUT_JOINED: usize = FANOUT_MAX * 3 / 4;

/// How full nodes are built that will not soon grow.
const FANOUT_BUILT: usize = FANOUT_MAX * 7 / 8;

pub(super) enum Node<L: Leaf> {
    Inner(Arc<Inner<L>>),
    Leaf(Arc<L>),
}

/// The bytes of more leaves are estimated, from so many children at each level.
const LEAVES_COUNTED_MAX: usize = 32;
const CHILDREN_SAMPLED: usize = 4;

/// One array for each fact, so that a descent reads no more than what it searches in.
#[derive(Clone)]
pub(super) struct Inner<L: Leaf> {
    /// Elements and leaves below, and the earliest deadline among them.
    len: usize,
    leaves: usize,
    due: i64,
    lens: Vec<usize>,
    bounds: Vec<L::Bound>,
    /// Empty if leaves have no deadlines.
    dues: Vec<i64>,
    children: Vec<Node<L>>,
}

/// A child and what its parent knows of it.
pub(super) struct Slot<L: Leaf> {
    pub(super) bound: L::Bound,
    pub(super) node: Node<L>,
}

impl<L: Leaf> Node<L> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len(),
            Node::Inner(inner) => inner.len,
        }
    }

    pub(super) fn leaves(&self) -> usize {
        match self {
            Node::Leaf(_) => 1,
            Node::Inner(inner) => inner.leaves,
        }
    }

    pub(super) fn due(&self) -> i64 {
        match self {
            Node::Leaf(leaf) => leaf.due(),
            Node::Inner(inner) => inner.due,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Node::Leaf(leaf) => arc_bytes(size_of::<L>()) + leaf.memory_bytes(),
            Node::Inner(inner) => arc_bytes(size_of::<Inner<L>>()) + inner.memory_bytes(),
        }
    }

    /// The same, from a look at some of many leaves.
    pub(super) fn memory_estimate(&self) -> usize {
        match self {
            Node::Inner(inner) if inner.leaves > LEAVES_COUNTED_MAX => {
                arc_bytes(size_of::<Inner<L>>()) + inner.own_bytes() + inner.children_estimate()
            }
            _ => self.memory_bytes(),
        }
    }

    fn is_sparse(&self) -> bool {
        match self {
            Node::Leaf(leaf) => leaf.is_sparse(),
            Node::Inner(inner) => inner.children.len() < FANOUT_SPARSE,
        }
    }
}

/// Shares the node.
impl<L: Leaf> Clone for Node<L> {
    #[inline]
    fn clone(&self) -> Node<L> {
        match self {
            Node::Inner(inner) => Node::Inner(Arc::clone(inner)),
            Node::Leaf(leaf) => Node::Leaf(Arc::clone(leaf)),
        }
    }
}

impl<L: Leaf> Slot<L> {
    pub(super) fn leaf(leaf: L) -> Slot<L> {
        Slot {
            bound: leaf.bound(),
            node: Node::Leaf(Arc::new(leaf)),
        }
    }

    pub(super) fn new(node: Node<L>) -> Slot<L> {
        let bound = match &node {
            Node::Leaf(leaf) => leaf.bound(),
            Node::Inner(inner) => inner.bounds[0].clone(),
        };
        Slot { bound, node }
    }
}

/// The level of inner nodes above these.
pub(super) fn above<L: Leaf>(mut level: Vec<Slot<L>>) -> Vec<Slot<L>> {
    let nodes = level.len().div_ceil(if level.len() <= FANOUT_MAX {
        FANOUT_MAX
    } else {
        FANOUT_BUILT
    });
    let mut above = Vec::with_capacity(nodes);
    let mut rest = level.drain(..);
    for node in 0..nodes {
        // Shares the remainder out evenly.
        let count = rest.len().div_ceil(nodes - node);
        above.push(Slot::new(Node::Inner(Arc::new(Inner::new(
            rest.by_ref().take(count),
        )))));
    }
    above
}

/// Changes a leaf, splits what became too full, and gives what shall follow it.
#[inline]
pub(super) fn edit_leaf<L: Leaf, R>(
    leaf: &mut L,
    reached: usize,
    edit: impl FnOnce(&mut L, usize, &mut Vec<L>) -> R,
    after: &mut Vec<Slot<L>>,
) -> R {
    let mut following = Vec::new();
    let result = edit(leaf, reached, &mut following);
    if leaf.is_full() || !following.is_empty() {
        split_full(leaf, after);
        for mut leaf in following.into_iter().filter(|leaf| !leaf.is_empty()) {
            let mut upper = Vec::new();
            split_full(&mut leaf, &mut upper);
            after.push(Slot::leaf(leaf));
            after.append(&mut upper);
        }
    }
    result
}

fn split_full<L: Leaf>(leaf: &mut L, after: &mut Vec<Slot<L>>) {
    // The upper parts, the highest first.
    let mut uppers = Vec::new();
    loop {
        while leaf.is_full() {
            uppers.push(leaf.split());
        }
        debug_assert!(!leaf.is_empty() || uppers.is_empty());
        let Some(mut upper) = uppers.pop() else {
            return;
        };
        let mut above = Vec::new();
        split_full(&mut upper, &mut above);
        after.push(Slot::leaf(upper));
        after.append(&mut above);
    }
}

impl<L: Leaf> Inner<L> {
    pub(super) fn new(slots: impl Iterator<Item = Slot<L>>) -> Inner<L> {
        let mut inner = Inner::with_capacity(slots.size_hint().0);
        inner.insert(0, slots);
        inner
    }

    fn with_capacity(children: usize) -> Inner<L> {
        Inner {
            len: 0,
            leaves: 0,
            due: i64::MAX,
            lens: Vec::with_capacity(children),
            bounds: Vec::with_capacity(children),
            dues: Vec::with_capacity(if L::HAS_DUES { children } else { 0 }),
            children: Vec::with_capacity(children),
        }
    }

    #[inline]
    pub(super) fn child_count(&self) -> usize {
        self.children.len()
    }

    #[inline]
    pub(super) fn child(&self, index: usize) -> &Node<L> {
        &self.children[index]
    }

    #[inline]
    pub(super) fn child_mut(&mut self, index: usize) -> &mut Node<L> {
        &mut self.children[index]
    }

    #[cfg(test)]
    pub(super) fn bound(&self, index: usize) -> &L::Bound {
        &self.bounds[index]
    }

    #[inline]
    pub(super) fn child_len(&self, index: usize) -> usize {
        self.lens[index]
    }

    /// The child that holds the element at `offset`, and its offset there; the last child beyond.
    #[inline]
    pub(super) fn child_at(&self, mut offset: usize) -> (usize, usize) {
        let last = self.lens.len() - 1;
        // Both ends are where lists and streams live.
        let before_last = self.len - self.lens[last];
        if offset >= before_last {
            return (last, offset - before_last);
        }
        for (child, &len) in self.lens.iter().enumerate() {
            if offset < len {
                return (child, offset);
            }
            offset -= len;
        }
        unreachable!("the last child was ruled out")
    }

    /// The last child whose bound is reached, or the first.
    #[inline]
    pub(super) fn child_reached(&self, reached: &mut impl FnMut(&L::Bound) -> bool) -> usize {
        let bounds = &self.bounds[1..];
        if const { size_of::<L::Bound>() <= size_of::<u64>() } {
            // A few lines that stay in the cache: it pays to make no guess that can fail.
            bounds.partition_point(reached)
        } else {
            count_reached(bounds, reached)
        }
    }

    /// How many elements are before a child.
    #[inline]
    pub(super) fn count_before(&self, child: usize) -> usize {
        self.lens[..child].iter().sum()
    }

    /// The first child in which something is due.
    pub(super) fn child_due(&self, now: i64) -> Option<usize> {
        self.dues.iter().position(|&due| due <= now)
    }

    fn memory_bytes(&self) -> usize {
        self.own_bytes() + self.children.iter().map(Node::memory_bytes).sum::<usize>()
    }

    /// Bytes of the arrays.
    fn own_bytes(&self) -> usize {
        self.lens.capacity() * size_of::<usize>()
            + self.bounds.capacity() * size_of::<L::Bound>()
            + self.dues.capacity() * size_of::<i64>()
            + self.children.capacity() * size_of::<Node<L>>()
    }

    /// Bytes of the children, if all leaves are like those below some of them.
    fn children_estimate(&self) -> usize {
        let step = self.children.len().div_ceil(CHILDREN_SAMPLED);
        let sampled = || self.children.iter().step_by(step);
        let bytes: usize = sampled().map(Node::memory_estimate).sum();
        let leaves: usize = sampled().map(Node::leaves).sum();
        // Below 2^53: an estimate needs no more.
        (bytes as f64 / leaves.max(1) as f64 * self.leaves as f64) as usize
    }

    /// Changes the leaf that `seek` leads to, and puts everything on the way in order. What no
    /// longer finds room here is given back, to follow this node.
    pub(super) fn edit<R>(
        &mut self,
        seek: &mut impl Seek<L>,
        edit: impl FnOnce(&mut L, usize, &mut Vec<L>) -> R,
        after: &mut Vec<Slot<L>>,
    ) -> R {
        let at = seek.enter(self);
        let before = self.lens[at];
        let mut siblings = Vec::new();
        let (result, len, due, is_sparse);
        match &mut self.children[at] {
            Node::Leaf(leaf) => {
                let leaf = Arc::make_mut(leaf);
                result = edit_leaf(leaf, seek.reached(), edit, &mut siblings);
                (len, due) = (leaf.len(), leaf.due());
                // While it grows it may soon be no longer sparse.
                is_sparse = len <= before && leaf.is_sparse();
            }
            Node::Inner(inner) => {
                let inner = Arc::make_mut(inner);
                let leaves = inner.leaves;
                result = inner.edit(seek, edit, &mut siblings);
                (len, due) = (inner.len, inner.due);
                is_sparse = inner.children.len() < FANOUT_SPARSE;
                self.leaves = self.leaves - leaves + inner.leaves;
            }
        }
        self.note(at, len, due);
        if is_sparse || len == 0 || !siblings.is_empty() {
            self.settle(at, siblings, after);
        }
        result
    }

    /// The child has so many elements now, and is due then.
    #[inline]
    pub(super) fn note(&mut self, at: usize, len: usize, due: i64) {
        self.len = self.len - self.lens[at] + len;
        self.lens[at] = len;
        if L::HAS_DUES && self.dues[at] != due {
            self.dues[at] = due;
            self.note_due();
        }
    }

    /// A child has lost or gained leaves.
    pub(super) fn note_leaves(&mut self, before: usize, now: usize) {
        self.leaves = self.leaves - before + now;
    }

    fn note_due(&mut self) {
        self.due = self.dues.iter().copied().min().unwrap_or(i64::MAX);
    }

    /// After a change of child `at`: takes in its new siblings, drops it if it is empty, joins it
    /// to a neighbour if it is sparse, and gives away what is too much.
    fn settle(&mut self, at: usize, siblings: Vec<Slot<L>>, after: &mut Vec<Slot<L>>) {
        let is_last = at + 1 == self.children.len();
        self.insert(at + 1, siblings.into_iter());
        if self.lens[at] == 0 {
            self.remove(at..at + 1);
        } else if self.children[at].is_sparse() {
            self.join(at);
        }
        if self.children.len() > FANOUT_MAX {
            self.share_out(at, is_last, after);
        }
    }

    /// Merges child `at` with the one before or behind it, if they fit.
    fn join(&mut self, at: usize) {
        let lefts = [at.checked_sub(1), Some(at)];
        let fitting = lefts.into_iter().flatten().find(|&left| self.fits(left));
        if let Some(left) = fitting {
            self.merge(left);
        }
    }

    fn fits(&self, left: usize) -> bool {
        match (&self.children[left], self.children.get(left + 1)) {
            (Node::Leaf(leaf), Some(Node::Leaf(next))) => leaf.fits(next),
            (Node::Inner(inner), Some(Node::Inner(next))) => {
                inner.children.len() + next.children.len() <= FANOUT_JOINED
            }
            _ => false,
        }
    }

    fn merge(&mut self, left: usize) {
        // It returns as a part of its neighbour.
        let right = left + 1;
        self.len += self.lens[right];
        self.leaves += self.children[right].leaves();
        let Some(Slot { bound, node }) = self.remove(right..right + 1).pop() else {
            return;
        };
        let (len, due) = match (&mut self.children[left], node) {
            (Node::Leaf(leaf), Node::Leaf(next)) => {
                let leaf = Arc::make_mut(leaf);
                leaf.merge(Arc::unwrap_or_clone(next));
                self.leaves -= 1;
                (leaf.len(), leaf.due())
            }
            (Node::Inner(inner), Node::Inner(next)) => {
                let inner = Arc::make_mut(inner);
                let mut next = Arc::unwrap_or_clone(next);
                // The first bound is used from now on, so it must be one.
                next.bounds[0] = bound;
                let slots = next.remove(0..next.children.len());
                inner.insert(inner.children.len(), slots.into_iter());
                (inner.len, inner.due)
            }
            _ => unreachable!("all leaves are equally deep"),
        };
        self.lens[left] = len;
        if L::HAS_DUES {
            self.dues[left] = due;
            self.note_due();
        }
    }

    /// Gives away its upper children, until it is no longer too full. Who was filled in order,
    /// from one end, stays nearly full: the others get no more.
    fn share_out(&mut self, at: usize, is_last: bool, after: &mut Vec<Slot<L>>) {
        let count = self.children.len();
        let kept = if is_last || count > FANOUT_MAX + FANOUT_SPARSE {
            FANOUT_BUILT
        } else if at == 0 {
            count - FANOUT_BUILT
        } else {
            count / 2
        };
        let upper = self.remove(kept..count);
        self.lens.shrink_to_fit();
        self.bounds.shrink_to_fit();
        self.dues.shrink_to_fit();
        self.children.shrink_to_fit();
        after.extend(above(upper));
    }

    /// Takes in children before the one at `at`.
    fn insert(&mut self, at: usize, slots: impl Iterator<Item = Slot<L>>) {
        for (index, Slot { bound, node }) in slots.enumerate().map(|(n, slot)| (at + n, slot)) {
            let (len, due) = (node.len(), node.due());
            self.len += len;
            self.leaves += node.leaves();
            self.lens.insert(index, len);
            self.bounds.insert(index, bound);
            self.children.insert(index, node);
            if L::HAS_DUES {
                self.dues.insert(index, due);
                self.due = self.due.min(due);
            }
        }
    }

    /// Lets children go.
    pub(super) fn remove(&mut self, range: std::ops::Range<usize>) -> Vec<Slot<L>> {
        self.len -= self.lens.drain(range.clone()).sum::<usize>();
        if L::HAS_DUES {
            self.dues.drain(range.clone());
            self.note_due();
        }
        let bounds = self.bounds.drain(range.clone());
        let nodes = self.children.drain(range);
        let slots: Vec<_> = bounds
            .zip(nodes)
            .map(|(bound, node)| Slot { bound, node })
            .collect();
        self.leaves -= slots.iter().map(|slot| slot.node.leaves()).sum::<usize>();
        slots
    }
}
