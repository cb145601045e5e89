//! Walking over leaves, forward and back.
//!
//! Nodes know no neighbours, so the path from the root is carried along. The first leaf is found by
//! one descent, and the next is not looked at before it is asked for: who wants ten elements mostly
//! gets them from one leaf.

use super::inner::{Inner, Node};
use super::seek::Seek;
use super::{HEIGHT_MAX, Leaf};

/// Leaves in order, each with the index of the first element wanted.
pub struct Leaves<'a, L: Leaf> {
    first: Option<(&'a L, usize)>,
    path: Path<'a, L>,
}

/// Leaves in reverse order, each with the number of elements wanted of it, from its start.
pub struct LeavesBack<'a, L: Leaf> {
    first: Option<(&'a L, usize)>,
    path: Path<'a, L>,
}

/// The inner nodes above a leaf, and which child of each was entered.
struct Path<'a, L: Leaf> {
    steps: [Option<(&'a Inner<L>, usize)>; HEIGHT_MAX],
    height: usize,
}

impl<'a, L: Leaf> Leaves<'a, L> {
    #[inline]
    pub(super) fn new(root: Option<&'a Node<L>>, mut seek: impl Seek<L>) -> Leaves<'a, L> {
        let (path, leaf) = Path::new(root, &mut seek);
        Leaves {
            first: leaf.map(|leaf| (leaf, seek.reached())),
            path,
        }
    }

    #[inline]
    pub(super) fn whole(mut self) -> Leaves<'a, L> {
        self.first = self.first.map(|(leaf, _)| (leaf, 0));
        self
    }
}

impl<'a, L: Leaf> LeavesBack<'a, L> {
    #[inline]
    pub(super) fn new(root: Option<&'a Node<L>>, mut seek: impl Seek<L>) -> LeavesBack<'a, L> {
        let (path, leaf) = Path::new(root, &mut seek);
        LeavesBack {
            first: leaf.map(|leaf| (leaf, seek.reached().min(leaf.len()))),
            path,
        }
    }

    #[inline]
    pub(super) fn whole(mut self) -> LeavesBack<'a, L> {
        self.first = self.first.map(|(leaf, _)| (leaf, leaf.len()));
        self
    }
}

impl<'a, L: Leaf> Iterator for Leaves<'a, L> {
    type Item = (&'a L, usize);

    #[inline]
    fn next(&mut self) -> Option<(&'a L, usize)> {
        loop {
            let (leaf, index) = match self.first.take() {
                Some(first) => first,
                None => (self.path.forward()?, 0),
            };
            // A descent to the end arrives behind the last element of the last leaf.
            if index < leaf.len() {
                return Some((leaf, index));
            }
        }
    }
}

impl<'a, L: Leaf> Iterator for LeavesBack<'a, L> {
    type Item = (&'a L, usize);

    #[inline]
    fn next(&mut self) -> Option<(&'a L, usize)> {
        loop {
            let (leaf, count) = match self.first.take() {
                Some(first) => first,
                None => {
                    let leaf = self.path.back()?;
                    (leaf, leaf.len())
                }
            };
            // A descent to the first element of a leaf wants nothing of that leaf.
            if count > 0 {
                return Some((leaf, count));
            }
        }
    }
}

impl<'a, L: Leaf> Path<'a, L> {
    #[inline]
    fn new(root: Option<&'a Node<L>>, seek: &mut impl Seek<L>) -> (Path<'a, L>, Option<&'a L>) {
        let mut path = Path {
            steps: [None; HEIGHT_MAX],
            height: 0,
        };
        let leaf = root.map(|root| path.descend(root, |inner| seek.enter(inner)));
        (path, leaf)
    }

    #[inline]
    fn descend(
        &mut self,
        mut node: &'a Node<L>,
        mut choose: impl FnMut(&Inner<L>) -> usize,
    ) -> &'a L {
        loop {
            match node {
                Node::Leaf(leaf) => return leaf,
                Node::Inner(inner) => {
                    let child = choose(inner);
                    self.steps[self.height] = Some((inner, child));
                    self.height += 1;
                    node = inner.child(child);
                }
            }
        }
    }

    fn forward(&mut self) -> Option<&'a L> {
        while let Some((inner, child)) = self.up() {
            if child + 1 < inner.child_count() {
                let next = self.enter(inner, child + 1);
                return Some(self.descend(next, |_| 0));
            }
        }
        None
    }

    fn back(&mut self) -> Option<&'a L> {
        while let Some((inner, child)) = self.up() {
            if child > 0 {
                let next = self.enter(inner, child - 1);
                return Some(self.descend(next, |inner| inner.child_count() - 1));
            }
        }
        None
    }

    #[inline]
    fn up(&mut self) -> Option<(&'a Inner<L>, usize)> {
        self.height = self.height.checked_sub(1)?;
        self.steps[self.height]
    }

    #[inline]
    fn enter(&mut self, inner: &'a Inner<L>, child: usize) -> &'a Node<L> {
        self.steps[self.height] = Some((inner, child));
        self.height += 1;
        inner.child(child)
    }
}
