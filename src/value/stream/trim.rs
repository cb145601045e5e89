//! Trimming: taking the oldest entries away.
//!
//! Whole nodes leave together, found by position or by id, however many there are. What is left
//! to go lies in one node and is marked there; an approximate trim leaves it.

use super::Stream;
use super::id::StreamId;
use super::node::Node;
use crate::ds::tree::{Leaf, Removed};

/// Which entries go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    /// All but the last so many.
    MaxLen(u64),
    /// Those with lower ids.
    MinId(StreamId),
}

/// What a trim did.
pub struct Trimmed {
    /// How many entries went.
    pub count: usize,
    /// What is to be dropped.
    pub garbage: Option<Removed<Node>>,
}

impl Stream {
    /// Removes what `trim` says: exactly, or only whole nodes with at most `limit` entries
    /// together, if a limit is given.
    pub fn trim(&mut self, trim: Trim, limit: Option<usize>) -> Trimmed {
        let whole = self.whole_nodes(trim, limit.unwrap_or(usize::MAX));
        let garbage = (whole > 0).then(|| {
            self.nodes.remove_range(0..whole, |node, range| {
                node.delete_first(|count, _| count < range.len());
            })
        });
        let mut count = whole;
        if limit.is_none() {
            count += self.trim_first_node(trim);
        }
        if count > 0 {
            self.find_first();
        }
        Trimmed { count, garbage }
    }

    /// How many entries lie in the nodes that go as a whole.
    fn whole_nodes(&self, trim: Trim, limit: usize) -> usize {
        let len = self.len();
        let most = match trim {
            Trim::MaxLen(max) => len.saturating_sub(usize::try_from(max).unwrap_or(usize::MAX)),
            Trim::MinId(min) => self
                .nodes
                .find(|bound| *bound < min)
                .map_or(0, |(node, first)| match node.last_id() < min {
                    true => first + node.len(),
                    false => first,
                }),
        };
        // The bound of a node that is not beyond.
        let most = most.min(limit);
        match self.nodes.leaf_at(most) {
            Some((_, index)) => most - index,
            None => most,
        }
    }

    /// Marks what `trim` says in the first node; how many entries.
    fn trim_first_node(&mut self, trim: Trim) -> usize {
        match trim {
            Trim::MaxLen(max) => {
                let more = self
                    .len()
                    .saturating_sub(usize::try_from(max).unwrap_or(usize::MAX));
                if more == 0 {
                    return 0;
                }
                self.nodes
                    .edit_at(0, |node, _, _| node.delete_first(|count, _| count < more))
            }
            Trim::MinId(min) => {
                if self.first().is_none_or(|entry| entry.id >= min) {
                    return 0;
                }
                self.nodes
                    .edit_at(0, |node, _, _| node.delete_first(|_, id| id < min))
            }
        }
    }
}
