//! Which way a descent goes: by position or by bound.

use super::Leaf;
use super::inner::Inner;

/// What leads from the root to a leaf.
pub(super) trait Seek<L: Leaf>: Reached {
    /// The child to go into.
    fn enter(&mut self, inner: &Inner<L>) -> usize;
}

/// Where a descent has arrived.
pub(super) trait Reached {
    /// At a leaf: the index in it if by position, else the position of its first element.
    fn reached(&self) -> usize;
}

/// To the element at a position; to the end of the last leaf from the tree's length on.
pub(super) struct ByPosition {
    offset: usize,
}

impl ByPosition {
    #[inline]
    pub(super) fn new(position: usize) -> ByPosition {
        ByPosition { offset: position }
    }
}

impl<L: Leaf> Seek<L> for ByPosition {
    #[inline]
    fn enter(&mut self, inner: &Inner<L>) -> usize {
        let (child, offset) = inner.child_at(self.offset);
        self.offset = offset;
        child
    }
}

impl Reached for ByPosition {
    #[inline]
    fn reached(&self) -> usize {
        self.offset
    }
}

/// To the last leaf whose bound satisfies a predicate that holds for lower ones and not for higher.
/// Positions are only summed up if they COUNT.
pub(super) struct ByBound<P, const COUNT: bool> {
    reached: P,
    first: usize,
}

impl<P, const COUNT: bool> ByBound<P, COUNT> {
    #[inline]
    pub(super) fn new(reached: P) -> ByBound<P, COUNT> {
        ByBound { reached, first: 0 }
    }
}

impl<L: Leaf, P: FnMut(&L::Bound) -> bool, const COUNT: bool> Seek<L> for ByBound<P, COUNT> {
    #[inline]
    fn enter(&mut self, inner: &Inner<L>) -> usize {
        let child = inner.child_reached(&mut self.reached);
        if COUNT {
            self.first += inner.count_before(child);
        }
        child
    }
}

impl<P, const COUNT: bool> Reached for ByBound<P, COUNT> {
    #[inline]
    fn reached(&self) -> usize {
        self.first
    }
}

impl<L: Leaf, S: Seek<L>> Seek<L> for &mut S {
    #[inline]
    fn enter(&mut self, inner: &Inner<L>) -> usize {
        (**self).enter(inner)
    }
}

impl<S: Reached> Reached for &mut S {
    #[inline]
    fn reached(&self) -> usize {
        (**self).reached()
    }
}
