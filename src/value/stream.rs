//! Streams: entries under rising ids, and the groups that read them.
//!
//! Entries lie in nodes ([`node`]), the nodes in a tree (`ds::tree`) ordered by the id of each
//! one's first entry. Appending changes the last node; trimming drops whole nodes in the time it
//! takes to find where to cut, and marks what remains to go within one. A clone shares everything.
//!
//! `first_id`, `max_deleted_id` and `entries_added` are what XINFO tells and what lets a group
//! know how far behind it is, without counting: the rules are Redis's ([`Marks`]).

mod id;
mod node;
mod range;
#[cfg(test)]
mod tests;
mod trim;

use std::hash::{Hash, Hasher};

pub use self::id::{IdText, NewId, StreamId};
pub use self::node::{Entry, NODE_BYTES_MAX, Node, NodeLimits, Pairs, Words};
pub use self::range::{Range, RangeBack};
pub use self::trim::{Trim, Trimmed};

use super::group::Group;
use super::group::names::{Name, Names};
use super::{Home, Object, WrongType};
use crate::ds::listpack::Item;
use crate::ds::tree::Tree;

/// A stream.
#[derive(Clone)]
pub struct Stream {
    nodes: Tree<Node>,
    marks: Marks,
    groups: Names<Group>,
}

/// What a stream knows of its past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// The last id given to an entry, or set.
    pub last_id: StreamId,
    /// The first entry there is.
    pub first_id: StreamId,
    /// The greatest id that XDEL removed.
    pub max_deleted_id: StreamId,
    /// Entries ever added.
    pub entries_added: u64,
}

/// Why an entry cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// There is an entry with this id or a greater one.
    NotAbove,
    /// The greatest id is taken.
    Exhausted,
}

impl Default for Stream {
    fn default() -> Stream {
        Stream::new()
    }
}

impl Stream {
    /// A stream without entries.
    pub fn new() -> Stream {
        Stream {
            nodes: Tree::new(),
            marks: Marks::default(),
            groups: Names::new(),
        }
    }

    /// The stream that lives there, to change.
    #[inline]
    pub fn of(home: &mut impl Home) -> Result<&mut Stream, WrongType> {
        home.value().stream()?;
        match home.object() {
            Object::Stream(stream) => Ok(stream),
            _ => Err(WrongType),
        }
    }

    /// How many entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What it knows of its past.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Sets what XSETID sets.
    pub fn set_marks(&mut self, marks: Marks) {
        self.marks = marks;
    }

    /// The id of an entry that is added at the moment `now_ms`.
    #[inline]
    pub fn next_id(&self, wish: NewId, now_ms: u64) -> Result<StreamId, AppendError> {
        let last = self.marks.last_id;
        let Some(next) = last.next() else {
            return Err(AppendError::Exhausted);
        };
        let id = match wish {
            NewId::Now if now_ms > last.ms => StreamId::new(now_ms, 0),
            NewId::Now => next,
            NewId::Within(ms) if ms == last.ms => next,
            NewId::Within(ms) => StreamId::new(ms, 0),
            NewId::Exactly(id) => id,
        };
        let is_within = !matches!(wish, NewId::Within(ms) if id.ms != ms);
        match is_within && id > last {
            true => Ok(id),
            false => Err(AppendError::NotAbove),
        }
    }

    /// Adds an entry under an id that [`Stream::next_id`] gave.
    #[inline]
    pub fn append<'p>(&mut self, id: StreamId, pairs: impl Pairs<'p>, limits: NodeLimits) {
        debug_assert!(id > self.marks.last_id);
        if self.nodes.is_empty() {
            self.nodes.push_leaf(Node::new(id, pairs));
            self.marks.first_id = id;
        } else {
            let texts = pairs
                .clone()
                .map(|(field, value)| field.len() + value.len());
            let more = texts.sum();
            let last = self.nodes.len();
            self.nodes.edit_at(last, |node, _, following| {
                if node.is_closed(more, limits) {
                    node.close();
                    following.push(Node::new(id, pairs));
                } else {
                    node.append(id, pairs);
                }
            });
        }
        self.marks.last_id = id;
        self.marks.entries_added = self.marks.entries_added.wrapping_add(1);
    }

    /// The entry `id`.
    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        let (node, _) = self.nodes.find(|bound| *bound <= id)?;
        node.find(id)
    }

    /// Removes the entry `id`; whether it was there.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some(at) = self.get(id).map(|entry| entry.place()) else {
            return false;
        };
        let reached = |bound: &StreamId| *bound <= id;
        self.nodes.edit(reached, |node, _, _| node.delete(at));
        let marks = &mut self.marks;
        marks.max_deleted_id = marks.max_deleted_id.max(id);
        if marks.first_id == id || self.nodes.is_empty() {
            self.find_first();
        }
        true
    }

    /// Looks up what the first entry now is.
    fn find_first(&mut self) {
        let first = self.first().map(|entry| entry.id);
        self.marks.first_id = first.unwrap_or_default();
    }

    /// The first entry.
    pub fn first(&self) -> Option<Entry<'_>> {
        let node = self.nodes.first_leaf()?;
        node.forwards().find(|entry| !entry.is_deleted())
    }

    /// The last entry.
    #[inline]
    pub fn last(&self) -> Option<Entry<'_>> {
        let node = self.nodes.last_leaf()?;
        node.backwards().find(|entry| !entry.is_deleted())
    }

    /// The entries from `start` to `end`, both included.
    #[inline]
    pub fn range(&self, start: StreamId, end: StreamId) -> Range<'_> {
        Range::new(&self.nodes, start, end)
    }

    /// The entries from `end` down to `start`, both included.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> RangeBack<'_> {
        RangeBack::new(&self.nodes, start, end)
    }

    /// The nodes, in order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter_from(0).map(|(node, _)| node)
    }

    /// Adds an entry with an id above all others, to the last node or to a new one, whatever their
    /// size: for a stream that is read back. Marks are set afterwards ([`Stream::set_marks`]).
    pub fn append_to_node<'p>(&mut self, id: StreamId, pairs: impl Pairs<'p>, is_first: bool) {
        if is_first || self.nodes.is_empty() {
            self.nodes.push_leaf(Node::new(id, pairs));
        } else {
            let last = self.nodes.len();
            self.nodes
                .edit_at(last, |node, _, _| node.append(id, pairs));
        }
    }

    /// How many nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.leaf_count()
    }

    /// The ids that order the nodes.
    pub fn node_ids(&self) -> impl Iterator<Item = StreamId> {
        self.nodes.iter_from(0).map(|(node, _)| node.master())
    }

    /// Its groups.
    pub fn groups(&self) -> &Names<Group> {
        &self.groups
    }

    /// Makes a group, unless it is there; whether it was made.
    pub fn create_group(&mut self, name: &[u8], group: Group) -> bool {
        let is_new = self.groups.get(name).is_none();
        if is_new {
            self.groups.insert(name.into(), group);
        }
        is_new
    }

    /// Takes a group out.
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Group> {
        self.groups.remove(name)
    }

    /// Changes a group, if it is there.
    pub fn edit_group<R>(
        &mut self,
        name: &[u8],
        change: impl FnOnce(&mut Group) -> R,
    ) -> Option<R> {
        self.groups.edit(name, change)
    }

    /// How many entries a group that has read up to `id` has read of all that were ever added, if
    /// that can be told.
    pub fn entries_read_at(&self, id: StreamId) -> Option<i64> {
        self.marks.entries_read_at(id, self.len())
    }

    /// How many entries a group has still to read, if that can be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        let added = signed(self.marks.entries_added);
        let read = match group.entries_read {
            _ if added == 0 => Some(0),
            Some(read) if !self.marks.may_miss_above(group.last_id, self.len()) => Some(read),
            _ => self.entries_read_at(group.last_id),
        };
        read.map(|read| added.wrapping_sub(read))
    }

    /// Gives a consumer of the group `name` up to `count` new entries, each of which `visit`
    /// sees. The ids delivered.
    pub fn read_group<'a>(
        &'a mut self,
        name: &[u8],
        read: GroupRead<'_>,
        mut visit: impl FnMut(Entry<'a>),
    ) -> Vec<StreamId> {
        let Stream {
            nodes,
            marks,
            groups,
        } = self;
        let nodes = &*nodes;
        let ids = groups.edit(name, |group| {
            let mut ids = Vec::new();
            let Some(start) = group.last_id.next() else {
                return ids;
            };
            for entry in Range::new(nodes, start, StreamId::MAX).take(read.count) {
                let (id, last_id) = (entry.id, group.last_id);
                let is_exact =
                    last_id >= marks.first_id && !marks.may_miss_above(last_id, nodes.len());
                group.entries_read = match group.entries_read {
                    Some(read) if is_exact => Some(read.wrapping_add(1)),
                    read if marks.entries_added == 0 => read,
                    _ => marks.entries_read_at(id, nodes.len()),
                };
                group.last_id = id;
                visit(entry);
                ids.push(id);
            }
            if let Some(consumer) = read.pending_for
                && !ids.is_empty()
            {
                group.deliver(&ids, consumer, read.now);
            }
            ids
        });
        ids.unwrap_or_default()
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        let groups: usize = self
            .groups
            .iter()
            .map(|(_, group)| group.memory_bytes())
            .sum();
        self.nodes.memory_bytes() + self.groups.memory_bytes() + groups
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        const GROUPS_SAMPLED: usize = 8;
        let groups = self.groups.iter().take(GROUPS_SAMPLED);
        let sampled: usize = groups.map(|(_, group)| group.memory_estimate()).sum();
        let groups = sampled / self.groups.len().clamp(1, GROUPS_SAMPLED) * self.groups.len();
        self.nodes.memory_estimate() + self.groups.memory_estimate() + groups
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.groups.len() > GROUPS_LIGHT_MAX
            || self.nodes.is_heavy()
            || self.groups.iter().any(|(_, group)| group.is_heavy())
    }

    /// Digests all that it holds.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        self.marks.hash(hasher);
        for entry in self.range(StreamId::MIN, StreamId::MAX) {
            entry.id.hash(hasher);
            for word in entry.words() {
                match word {
                    Item::Int(value) => value.hash(hasher),
                    Item::Bytes(bytes) => bytes.hash(hasher),
                }
            }
        }
        for (name, group) in self.groups.iter() {
            name.hash(hasher);
            group.digest(hasher);
        }
    }
}

/// What XREADGROUP wants of new entries.
#[derive(Clone, Copy)]
pub struct GroupRead<'a> {
    /// At most so many.
    pub count: usize,
    /// For whom they are pending from now on; nobody with NOACK.
    pub pending_for: Option<&'a Name>,
    pub now: i64,
}

/// More groups are freed by another thread.
const GROUPS_LIGHT_MAX: usize = 64;

impl Marks {
    /// Whether an entry at or above `id` may have been deleted, of a stream with `len` entries.
    fn may_miss_above(&self, id: StreamId, len: usize) -> bool {
        len > 0 && self.max_deleted_id != StreamId::MIN && id <= self.max_deleted_id
    }

    /// See [`Stream::entries_read_at`].
    fn entries_read_at(&self, id: StreamId, len: usize) -> Option<i64> {
        let added = signed(self.entries_added);
        if added == 0 || (len == 0 && id <= self.last_id) {
            return Some(added);
        }
        if id != StreamId::MIN && id < self.max_deleted_id {
            return None;
        }
        if id >= self.last_id {
            return (id == self.last_id).then_some(added);
        }
        let gone = added.wrapping_sub(signed(len as u64));
        let has_no_gap =
            self.max_deleted_id == StreamId::MIN || self.max_deleted_id < self.first_id;
        match has_no_gap {
            true if id < self.first_id => Some(gone),
            true if id == self.first_id => Some(gone.wrapping_add(1)),
            _ => None,
        }
    }
}

/// As the number that replies have room for.
fn signed(count: u64) -> i64 {
    count as i64
}
