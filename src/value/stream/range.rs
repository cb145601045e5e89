//! The entries of a stream between two ids, in either direction.

use super::id::StreamId;
use super::node::{Backwards, Entry, Forwards, Node};
use crate::ds::tree::{Leaves, LeavesBack, Tree};

/// Entries in order.
pub struct Range<'a> {
    nodes: Leaves<'a, Node>,
    entries: Option<Forwards<'a>>,
    start: StreamId,
    end: StreamId,
}

impl<'a> Range<'a> {
    #[inline]
    pub(super) fn new(nodes: &'a Tree<Node>, start: StreamId, end: StreamId) -> Range<'a> {
        let (mut nodes, _) = nodes.iter_at(|bound| *bound <= start);
        let entries = nodes.next().map(|(node, _)| node.forwards());
        Range {
            nodes,
            entries,
            start,
            end,
        }
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Some(entry) = self.entries.as_mut()?.next() else {
                self.entries = self.nodes.next().map(|(node, _)| node.forwards());
                continue;
            };
            if entry.id > self.end {
                self.entries = None;
            } else if entry.id >= self.start && !entry.is_deleted() {
                return Some(entry);
            }
        }
    }
}

/// Entries, the last one first.
pub struct RangeBack<'a> {
    nodes: LeavesBack<'a, Node>,
    entries: Option<Backwards<'a>>,
    start: StreamId,
    end: StreamId,
}

impl<'a> RangeBack<'a> {
    pub(super) fn new(nodes: &'a Tree<Node>, start: StreamId, end: StreamId) -> RangeBack<'a> {
        let (mut nodes, _) = nodes.iter_back_at(|bound| *bound <= end);
        let entries = nodes.next().map(|(node, _)| node.backwards());
        RangeBack {
            nodes,
            entries,
            start,
            end,
        }
    }
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Some(entry) = self.entries.as_mut()?.next() else {
                self.entries = self.nodes.next().map(|(node, _)| node.backwards());
                continue;
            };
            if entry.id < self.start {
                self.entries = None;
            } else if entry.id <= self.end && !entry.is_deleted() {
                return Some(entry);
            }
        }
    }
}
