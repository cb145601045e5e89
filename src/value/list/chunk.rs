//! A chunk of a large list: a leaf of its tree.
//!
//! Redis calls them the nodes of a quicklist. How many elements go into one is what
//! `list-max-listpack-size` says, counted as Redis counts, for the moment at which a list that
//! shrinks becomes a listpack again depends on it: only one chunk must be left. For the same
//! reason the tree neither splits nor merges chunks: a chunk is parted by an insertion into its
//! middle, and joined with a neighbour behind that, where Redis does it
//! ([`BigList::insert`](super::BigList)).

use std::ops::Range;
use std::sync::Arc;

use super::run::Run;
use super::{Element, Limit};
use crate::ds::listpack::{Entries, Item};
use crate::ds::size_class::size_class;
use crate::ds::tree::Leaf;

/// One element by itself, or some that are packed.
#[derive(Clone)]
pub(super) enum Chunk {
    Packed(Run),
    /// An element beyond the limit of bytes. Replies share it.
    Large(Arc<Vec<u8>>),
}

/// What Redis's listpacks have besides their entries: a header and a terminator.
pub(super) const REDIS_FRAME_BYTES: usize = 7;

/// What Redis adds to a text's length for the entry around it, when it looks whether it finds room.
const REDIS_ENTRY_BYTES: usize = 8;

/// An element on its way into a chunk.
#[derive(Clone, Copy)]
pub(super) enum New<'a> {
    Item { item: Item<'a>, text_len: usize },
    Large(&'a [u8]),
}

impl<'a> New<'a> {
    #[inline]
    pub(super) fn of(text: &'a [u8], limit: Limit) -> New<'a> {
        if text.len() > limit.alone_bytes {
            return New::Large(text);
        }
        New::Item {
            item: Item::of(text),
            text_len: text.len(),
        }
    }
}

impl Chunk {
    /// A chunk of one element.
    pub(super) fn one(new: New<'_>) -> Chunk {
        match new {
            New::Large(text) => Chunk::Large(Arc::new(text.to_vec())),
            New::Item { item, .. } => {
                let mut run = Run::default();
                run.push_back_item(item);
                Chunk::Packed(run)
            }
        }
    }

    /// The entries, if this chunk is packed and has room for `new`.
    #[inline]
    pub(super) fn room_for<'c, 'n>(
        &'c mut self,
        new: New<'n>,
        limit: Limit,
    ) -> Option<(&'c mut Run, Item<'n>)> {
        let (Chunk::Packed(run), New::Item { item, text_len }) = (self, new) else {
            return None;
        };
        let bytes = run.entries_bytes().len() + REDIS_FRAME_BYTES + text_len + REDIS_ENTRY_BYTES;
        (bytes <= limit.bytes && run.len() < limit.count).then_some((run, item))
    }

    /// It is full: what it has room for beyond its elements is given back.
    #[inline]
    pub(super) fn trim(&mut self) {
        if let Chunk::Packed(run) = self {
            run.trim();
        }
    }

    /// Element `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Element<'_>> {
        match self {
            Chunk::Packed(run) => run.get(index).map(|entry| Element::Item(entry.item)),
            Chunk::Large(text) => (index == 0).then_some(Element::Large(text)),
        }
    }

    /// The elements at the indexes in `range`.
    #[inline]
    pub(super) fn span(&self, range: Range<usize>) -> Span<'_> {
        match self {
            Chunk::Packed(run) => Span::Entries(run.entries(range)),
            Chunk::Large(text) => Span::Large((!range.is_empty()).then_some(text)),
        }
    }

    /// Takes the elements at the indexes in `range` out.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        match self {
            Chunk::Packed(run) => run.remove(range),
            Chunk::Large(_) if range.is_empty() => {}
            Chunk::Large(_) => *self = Chunk::Packed(Run::default()),
        }
    }
}

impl Leaf for Chunk {
    type Bound = ();

    #[inline]
    fn len(&self) -> usize {
        match self {
            Chunk::Packed(run) => run.len(),
            Chunk::Large(_) => 1,
        }
    }

    fn bound(&self) {}

    #[inline]
    fn is_full(&self) -> bool {
        false
    }

    #[inline]
    fn is_sparse(&self) -> bool {
        false
    }

    fn split(&mut self) -> Chunk {
        unreachable!("a chunk is never full")
    }

    fn fits(&self, _: &Chunk) -> bool {
        false
    }

    fn merge(&mut self, _: Chunk) {
        unreachable!("no two chunks fit")
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Chunk::Packed(run) => run.memory_bytes(),
            Chunk::Large(text) => {
                let counts = 2 * size_of::<usize>();
                size_class(counts + size_of::<Vec<u8>>()) + size_class(text.capacity())
            }
        }
    }
}

/// Elements that stand side by side, from either end.
#[derive(Clone)]
pub enum Span<'a> {
    Entries(Entries<'a>),
    Large(Option<&'a Arc<Vec<u8>>>),
}

impl<'a> Span<'a> {
    /// The entries that are the bytes in `range`.
    #[inline]
    pub(super) fn of_entries(bytes: &'a [u8], range: Range<usize>) -> Span<'a> {
        Span::Entries(Entries::new(bytes, range.start, range.end))
    }
}

impl<'a> Iterator for Span<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            Span::Entries(entries) => entries.next().map(|entry| Element::Item(entry.item)),
            Span::Large(text) => text.take().map(Element::Large),
        }
    }
}

impl DoubleEndedIterator for Span<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Span::Entries(entries) => entries.next_back().map(|entry| Element::Item(entry.item)),
            Span::Large(text) => text.take().map(Element::Large),
        }
    }
}
