//! What must hold of every tree, for tests.

use std::sync::Arc;

use super::inner::Node;
use super::{FANOUT_MAX, Leaf, Tree};

impl<L: Leaf> Tree<L> {
    /// Panics if the tree is not in order. `is_below` tells whether the first bound is not above the
    /// second.
    pub fn check(&self, is_below: impl Fn(&L::Bound, &L::Bound) -> bool) {
        let Some(root) = &self.root else {
            return;
        };
        if let Node::Inner(inner) = root {
            assert!(inner.child_count() > 1, "a root above a single child");
        }
        check_node(root, self.height(), &is_below);
    }

    /// How many pairs of neighbours could be one leaf, and should be.
    pub fn count_lean(&self) -> usize {
        let leaves: Vec<&L> = self.iter_from(0).map(|(leaf, _)| leaf).collect();
        let lean =
            |pair: &&[&L]| (pair[0].is_sparse() || pair[1].is_sparse()) && pair[0].fits(pair[1]);
        leaves.windows(2).filter(lean).count()
    }
}

fn check_node<L: Leaf>(
    node: &Node<L>,
    height: usize,
    is_below: &impl Fn(&L::Bound, &L::Bound) -> bool,
) {
    let inner = match node {
        Node::Leaf(leaf) => {
            assert_eq!(height, 0, "leaves are equally deep");
            assert!(!leaf.is_empty(), "an empty leaf");
            assert!(!leaf.is_full(), "a full leaf");
            return;
        }
        Node::Inner(inner) => inner,
    };
    assert!((1..=FANOUT_MAX).contains(&inner.child_count()));
    let children: Vec<&Node<L>> = (0..inner.child_count()).map(|at| inner.child(at)).collect();
    for child in &children {
        check_node(child, height - 1, is_below);
    }
    inner.check_facts(&children);
    for at in 1..children.len() {
        let bound = inner.bound(at);
        assert!(is_below(bound, &first_bound(children[at])), "bound {at}");
        assert!(is_below(&last_bound(children[at - 1]), bound), "bound {at}");
    }
}

fn first_bound<L: Leaf>(node: &Node<L>) -> L::Bound {
    match node {
        Node::Leaf(leaf) => leaf.bound(),
        Node::Inner(inner) => first_bound(inner.child(0)),
    }
}

/// Of the last leaf; its own elements are not known here.
fn last_bound<L: Leaf>(node: &Node<L>) -> L::Bound {
    match node {
        Node::Leaf(leaf) => leaf.bound(),
        Node::Inner(inner) => last_bound(inner.child(inner.child_count() - 1)),
    }
}

impl<L: Leaf> super::inner::Inner<L> {
    fn check_facts(self: &Arc<Self>, children: &[&Node<L>]) {
        let node = Node::Inner(Arc::clone(self));
        let sum = |of: fn(&Node<L>) -> usize| children.iter().map(|child| of(child)).sum::<usize>();
        assert_eq!(node.len(), sum(Node::len), "elements");
        assert_eq!(node.leaves(), sum(Node::leaves), "leaves");
        let due = children.iter().map(|child| child.due()).min();
        assert_eq!(
            Some(node.due()),
            due.filter(|_| L::HAS_DUES).or(Some(i64::MAX))
        );
        for (at, child) in children.iter().enumerate() {
            assert_eq!(self.child_len(at), child.len(), "elements of child {at}");
        }
    }
}
