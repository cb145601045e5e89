//! Lists: packed while they are short, else chunks in a tree.
//!
//! | a list of | is kept as | OBJECT ENCODING |
//! |---|---|---|
//! | few bytes, or few elements | [`List::Packed`], one listpack in the entry | `listpack` |
//! | more | [`List::Big`], a tree of [`chunk`]s | `quicklist` |
//!
//! What "few" means is `list-max-listpack-size`, a [`Limit`]; it bounds each chunk, too. A packed
//! list becomes large when what is to be added might exceed the limit, and a large one becomes
//! packed when one chunk is left that is at most half of it: in the same moments as in Redis, for
//! clients can see them. Reading and changing do not: [`List`] reads both forms, the functions of
//! [`change`] take whatever holds the list.
//!
//! A million elements of ten bytes take 1,600 chunks of 8 KB in two levels of inner nodes; pushing
//! and popping touch one chunk at its end, an index is found by counts and then by walking half a
//! chunk, and a range leaves in whole chunks.

mod big;
mod change;
mod chunk;
mod run;

use std::ops::Range;
use std::sync::Arc;

pub use big::BigList;
pub use change::{NewList, insert, pop, push, remove, remove_all, set, shrink, trim};
pub use chunk::Span;

use crate::ds::listpack::{Item, Listpack, Needle};
use crate::ds::tree::{Leaf, Leaves, LeavesBack};
use crate::value::Thresholds;
use chunk::Chunk;

/// A list to read, whatever its form.
#[derive(Clone, Copy)]
pub enum List<'a> {
    Packed(&'a [u8]),
    Big(&'a BigList),
}

/// One of a list's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Head,
    Tail,
}

/// On which side of another element a new one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// An element of a list.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    Item(Item<'a>),
    /// Text in a buffer of its own, for whoever can share it.
    Large(&'a Arc<Vec<u8>>),
}

impl<'a> Element<'a> {
    /// The text; digits of an integer are written into `digits`.
    #[inline]
    pub fn text<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Element::Item(item) => item.text(digits),
            Element::Large(text) => text,
        }
    }

    /// Whether the element is the text `needle`.
    #[inline]
    pub fn is(self, needle: Needle<'_>) -> bool {
        match self {
            Element::Item(item) => needle.is(item),
            Element::Large(text) => **text == needle.text(),
        }
    }
}

/// How much goes into a listpack: `list-max-listpack-size` in its two meanings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    bytes: usize,
    count: usize,
    /// A longer element has a chunk to itself.
    alone_bytes: usize,
}

/// What a listpack may take when only its elements are bounded.
const COUNTED_BYTES_MAX: usize = 8 * 1024;

/// What -1 stands for; -2 to -5 each double it.
const SIZED_BYTES_MIN: usize = 4 * 1024;
const SIZES: u32 = 5;

impl Limit {
    /// The limit that the thresholds set: elements if positive; -1 to -5: 4 to 64 KB.
    #[inline]
    pub fn of(thresholds: &Thresholds) -> Limit {
        let size = thresholds.list_listpack_size;
        let (bytes, count) = match usize::try_from(size) {
            Ok(count) => (COUNTED_BYTES_MAX, count.max(1)),
            Err(_) => {
                let doubled = size.unsigned_abs().min(SIZES) - 1;
                (SIZED_BYTES_MIN << doubled, usize::MAX)
            }
        };
        Limit {
            bytes,
            count,
            alone_bytes: bytes.min(thresholds.list_alone_bytes),
        }
    }

    /// Whether a listpack of `bytes`, in Redis's frame, and `count` elements is beyond the limit.
    #[inline]
    fn is_exceeded(self, bytes: usize, count: usize) -> bool {
        bytes > self.bytes || count > self.count
    }

    fn half(self) -> Limit {
        Limit {
            bytes: self.bytes / 2,
            count: self.count / 2,
            ..self
        }
    }
}

impl<'a> List<'a> {
    /// The number of elements.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            List::Packed(bytes) => Listpack::new(bytes).len(),
            List::Big(list) => list.len(),
        }
    }

    /// Whether there are none; a key's list has some.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Element `index`.
    #[inline]
    pub fn get(self, index: usize) -> Option<Element<'a>> {
        match self {
            List::Packed(bytes) => {
                let entry = Listpack::new(bytes).get(index)?;
                Some(Element::Item(entry.item))
            }
            List::Big(list) => list.get(index),
        }
    }

    /// The elements at the positions in `range`, which must lie in the list, in runs that stand
    /// side by side: the fast way to read many.
    #[inline]
    pub fn spans(self, range: Range<usize>) -> Spans<'a> {
        match self {
            List::Packed(bytes) => Spans(Source::Packed(Some(packed_span(bytes, range)))),
            List::Big(list) => Spans(Source::Big(list.chunks_from(range.start), range.len())),
        }
    }

    /// The same from the last of them to the first; each run is to be read from its end.
    #[inline]
    pub fn spans_back(self, range: Range<usize>) -> SpansBack<'a> {
        match self {
            List::Packed(bytes) => SpansBack(Source::Packed(Some(packed_span(bytes, range)))),
            List::Big(list) => {
                SpansBack(Source::Big(list.chunks_back_from(range.end), range.len()))
            }
        }
    }

    /// All elements in order.
    pub fn elements(self) -> impl Iterator<Item = Element<'a>> {
        self.spans(0..self.len()).flatten()
    }
}

#[inline]
fn packed_span(bytes: &[u8], range: Range<usize>) -> Span<'_> {
    let list = Listpack::new(bytes);
    let bound = |index| list.offset(index).expect("a position within the list");
    Span::of_entries(bytes, bound(range.start)..bound(range.end))
}

/// Runs of elements in order.
pub struct Spans<'a>(Source<'a, Leaves<'a, Chunk>>);

/// Runs of elements from the last to the first.
pub struct SpansBack<'a>(Source<'a, LeavesBack<'a, Chunk>>);

enum Source<'a, L> {
    Packed(Option<Span<'a>>),
    /// Chunks, and how many elements are left to be read.
    Big(L, usize),
}

impl<'a> Iterator for Spans<'a> {
    type Item = Span<'a>;

    #[inline]
    fn next(&mut self) -> Option<Span<'a>> {
        match &mut self.0 {
            Source::Packed(span) => span.take(),
            Source::Big(_, 0) => None,
            Source::Big(chunks, left) => {
                let (chunk, from) = chunks.next()?;
                let to = chunk.len().min(from.saturating_add(*left));
                *left -= to - from;
                Some(chunk.span(from..to))
            }
        }
    }
}

impl<'a> Iterator for SpansBack<'a> {
    type Item = Span<'a>;

    #[inline]
    fn next(&mut self) -> Option<Span<'a>> {
        match &mut self.0 {
            Source::Packed(span) => span.take(),
            Source::Big(_, 0) => None,
            Source::Big(chunks, left) => {
                let (chunk, to) = chunks.next()?;
                let from = to.saturating_sub(*left);
                *left -= to - from;
                Some(chunk.span(from..to))
            }
        }
    }
}

#[cfg(test)]
mod tests;
