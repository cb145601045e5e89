//! Removing a range: whole subtrees leave as they are, only the two leaves at its ends are changed.
//!
//! What remains may be lean along the seam, at every level. A few edits which change nothing heal
//! it, from the leaf upwards: each joins a node to its neighbour where it can, and one that had no
//! neighbour has got one after its parents were joined.

use std::ops::Range;
use std::sync::Arc;

use super::inner::{Inner, Node};
use super::{HEAVY_BYTES, HEAVY_LEAVES, Leaf, Tree};

/// What left a tree in whole leaves. It is good for nothing but to be dropped, on another thread
/// if it is heavy.
#[must_use = "what left a large tree is dropped by another thread"]
pub struct Removed<L: Leaf> {
    nodes: Vec<Node<L>>,
}

impl<L: Leaf> Removed<L> {
    /// Whether freeing it takes more than some microseconds.
    pub fn is_heavy(&self) -> bool {
        let leaves: usize = self.nodes.iter().map(Node::leaves).sum();
        leaves > HEAVY_LEAVES
            || self.nodes.iter().map(Node::memory_bytes).sum::<usize>() > HEAVY_BYTES
    }
}

impl<L: Leaf> Tree<L> {
    /// Removes the elements at `range`, which must lie in the tree. `cut` removes elements from a
    /// leaf, some but never all.
    pub fn remove_range(
        &mut self,
        range: Range<usize>,
        mut cut: impl FnMut(&mut L, Range<usize>),
    ) -> Removed<L> {
        assert!(range.start <= range.end && range.end <= self.len());
        let mut nodes = Vec::new();
        if range.len() == self.len() {
            nodes.extend(self.root.take());
        } else if self.is_in_one_leaf(&range) {
            self.edit_at(range.start, |leaf, at, _| cut(leaf, at..at + range.len()));
        } else if let Some(root) = &mut self.root {
            match root {
                Node::Leaf(_) => unreachable!("the whole tree, or a part of its leaf"),
                Node::Inner(inner) => {
                    Arc::make_mut(inner).remove_elements(range.clone(), &mut cut, &mut nodes);
                }
            }
            self.heal(range.start);
        }
        Removed { nodes }
    }

    /// A part of one, or nothing.
    fn is_in_one_leaf(&self, range: &Range<usize>) -> bool {
        if range.is_empty() {
            return true;
        }
        self.leaf_at(range.start)
            .is_some_and(|(leaf, at)| at + range.len() <= leaf.len() && range.len() < leaf.len())
    }

    fn heal(&mut self, seam: usize) {
        self.settle_root(Vec::new());
        for _ in 0..=self.height() {
            for position in [seam.saturating_sub(1), seam] {
                self.edit_at(position.min(self.len()), |_, _, _| ());
            }
        }
    }

    /// Levels of inner nodes.
    pub(super) fn height(&self) -> usize {
        let mut height = 0;
        let mut node = self.root.as_ref();
        while let Some(Node::Inner(inner)) = node {
            height += 1;
            node = Some(inner.child(0));
        }
        height
    }
}

impl<L: Leaf> Inner<L> {
    /// Removes some of its elements, but not all.
    fn remove_elements(
        &mut self,
        range: Range<usize>,
        cut: &mut impl FnMut(&mut L, Range<usize>),
        gone: &mut Vec<Node<L>>,
    ) {
        let (first, from) = self.child_at(range.start);
        let (last, to) = self.child_at(range.end - 1);
        let to = to + 1;
        let mut whole = first..last + 1;
        // The higher end goes first: what happens there moves nothing before it.
        if to < self.child_len(last) {
            whole.end = last;
            let from = if first == last { from } else { 0 };
            self.remove_from_child(last, from..to, cut, gone);
        }
        if from > 0 && whole.contains(&first) {
            whole.start = first + 1;
            self.remove_from_child(first, from..self.child_len(first), cut, gone);
        }
        if !whole.is_empty() {
            gone.extend(self.remove(whole).into_iter().map(|slot| slot.node));
        }
    }

    fn remove_from_child(
        &mut self,
        child: usize,
        range: Range<usize>,
        cut: &mut impl FnMut(&mut L, Range<usize>),
        gone: &mut Vec<Node<L>>,
    ) {
        let leaves = self.child(child).leaves();
        let expected = self.child_len(child) - range.len();
        match self.child_mut(child) {
            Node::Leaf(leaf) => cut(Arc::make_mut(leaf), range),
            Node::Inner(inner) => Arc::make_mut(inner).remove_elements(range, cut, gone),
        }
        debug_assert_eq!(self.child(child).len(), expected);
        self.note(child, self.child(child).len(), self.child(child).due());
        self.note_leaves(leaves, self.child(child).leaves());
    }
}
