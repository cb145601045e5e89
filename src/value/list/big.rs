//! A large list: chunks in a tree, by position.

use std::hash::Hasher;
use std::mem::replace;
use std::ops::Range;
use std::sync::Arc;

use super::chunk::{Chunk, New, REDIS_FRAME_BYTES};
use super::run::Run;
use super::{Element, End, Limit};
use crate::ds::listpack::{Listpack, Needle, START};
use crate::ds::tree::{Leaf, Leaves, LeavesBack, Removed, Tree};

/// A large list. A clone shares all chunks.
#[derive(Clone, Default)]
pub struct BigList {
    chunks: Tree<Chunk>,
}

/// A chunk that was changed to more than so many times its limit is parted.
const OVERFULL: usize = 2;

/// A text beyond this is freed by another thread.
const HEAVY_TEXT_BYTES: usize = 256 * 1024;

impl BigList {
    /// A list of the elements of a packed one.
    pub(super) fn from_listpack(bytes: &[u8]) -> BigList {
        let count = Listpack::new(bytes).len();
        let mut list = BigList::default();
        if count > 0 {
            let run = Run::new(&bytes[START..], count);
            list.chunks.push_leaf(Chunk::Packed(run));
        }
        list
    }

    /// The entries, if they are no more than a listpack within `limit` may have.
    pub(super) fn one_run(&self, limit: Limit) -> Option<&Run> {
        if self.chunks.leaf_count() != 1 {
            return None;
        }
        let Chunk::Packed(run) = self.chunks.first_leaf()? else {
            return None;
        };
        let bytes = run.entries_bytes().len() + REDIS_FRAME_BYTES;
        let fits = !limit.is_exceeded(bytes, run.len());
        fits.then_some(run)
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Bytes of memory below the root.
    pub fn memory_bytes(&self) -> usize {
        self.chunks.memory_bytes()
    }

    /// The same, estimated if there are many: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        self.chunks.memory_estimate()
    }

    /// Whether dropping it takes more than a few microseconds.
    pub fn is_heavy(&self) -> bool {
        self.chunks.is_heavy()
    }

    /// Of each chunk the number of elements and the bytes.
    pub fn chunk_sizes(&self) -> impl Iterator<Item = (usize, usize)> {
        let chunks = self.chunks.iter_from(0);
        chunks.map(|(chunk, _)| (chunk.len(), chunk.memory_bytes()))
    }

    /// Digests all elements in order.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        for (chunk, _) in self.chunks.iter_from(0) {
            for element in chunk.span(0..chunk.len()) {
                let mut digits = itoa::Buffer::new();
                let text = element.text(&mut digits);
                hasher.write_usize(text.len());
                hasher.write(text);
            }
        }
    }

    /// Element `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Element<'_>> {
        let (chunk, index) = self.chunks.leaf_at(index)?;
        chunk.get(index)
    }

    #[inline]
    pub(super) fn chunks_from(&self, position: usize) -> Leaves<'_, Chunk> {
        self.chunks.iter_from(position)
    }

    #[inline]
    pub(super) fn chunks_back_from(&self, position: usize) -> LeavesBack<'_, Chunk> {
        self.chunks.iter_back_from(position)
    }

    /// Adds an element at `end`.
    #[inline]
    pub(super) fn push(&mut self, end: End, text: &[u8], limit: Limit) {
        let new = New::of(text, limit);
        if self.is_empty() {
            return self.chunks.push_leaf(Chunk::one(new));
        }
        match end {
            End::Tail => self.chunks.edit_at(self.len(), |chunk, _, following| {
                match chunk.room_for(new, limit) {
                    Some((run, item)) => run.push_back_item(item),
                    None => {
                        chunk.trim();
                        following.push(Chunk::one(new));
                    }
                }
            }),
            End::Head => {
                self.chunks
                    .edit_at(0, |chunk, _, following| match chunk.room_for(new, limit) {
                        Some((run, item)) => run.push_front_item(item),
                        None => {
                            chunk.trim();
                            following.push(replace(chunk, Chunk::one(new)));
                        }
                    })
            }
        }
    }

    /// Takes the element at `end` out, shown to `give` first. What should be freed by another
    /// thread is returned.
    #[inline]
    pub(super) fn pop(&mut self, end: End, give: impl FnOnce(Element<'_>)) -> Option<Arc<Vec<u8>>> {
        let position = match end {
            End::Head => 0,
            End::Tail => self.len() - 1,
        };
        self.chunks.edit_at(position, |chunk, index, _| {
            if let Some(element) = chunk.get(index) {
                give(element);
            }
            chunk.take_heavy().or_else(|| {
                chunk.remove(index..index + 1);
                None
            })
        })
    }

    /// Takes the elements at the positions in `range` out.
    pub(super) fn remove(&mut self, range: Range<usize>) -> Removed<Chunk> {
        self.chunks.remove_range(range, Chunk::remove)
    }

    /// Puts `text` in the place of element `index`.
    pub(super) fn set(&mut self, index: usize, text: &[u8], limit: Limit) {
        let new = New::of(text, limit);
        self.chunks
            .edit_at(index, |chunk, index, following| match (&mut *chunk, new) {
                (Chunk::Packed(run), New::Item { item, .. }) => {
                    run.replace(index, item);
                    if run.entries_bytes().len() > OVERFULL * limit.bytes && run.len() > 1 {
                        let upper = run.split_off(run.len() / 2);
                        following.push(Chunk::Packed(upper));
                    }
                }
                (Chunk::Large(_), _) => *chunk = Chunk::one(new),
                (Chunk::Packed(run), New::Large(_)) => {
                    let mut upper = run.split_off(index);
                    upper.remove(0..1);
                    following.extend([Chunk::one(new), Chunk::Packed(upper)]);
                }
            });
    }

    /// Puts `text` before element `index`, which may be the end.
    pub(super) fn insert(&mut self, index: usize, text: &[u8], limit: Limit) {
        if index == self.len() {
            return self.push(End::Tail, text, limit);
        }
        let new = New::of(text, limit);
        let at_edge = self.chunks.leaf_at(index).is_some_and(|(_, at)| at == 0);
        if at_edge && index > 0 && self.push_before(index, new, limit) {
            return;
        }
        self.chunks.edit_at(index, |chunk, at, following| {
            if let Some((run, item)) = chunk.room_for(new, limit) {
                return match at {
                    0 => run.push_front_item(item),
                    at => run.insert(at, item),
                };
            }
            match chunk {
                Chunk::Packed(run) if at > 0 => {
                    let upper = Chunk::Packed(run.split_off(at));
                    match chunk.room_for(new, limit) {
                        Some((run, item)) => run.push_back_item(item),
                        None => following.push(Chunk::one(new)),
                    }
                    following.push(upper);
                }
                _ => following.push(replace(chunk, Chunk::one(new))),
            }
        });
    }

    /// Adds to the end of the chunk before the one that begins at `index`, if there is room.
    fn push_before(&mut self, index: usize, new: New<'_>, limit: Limit) -> bool {
        self.chunks.edit_at(index - 1, |chunk, _, _| {
            let Some((run, item)) = chunk.room_for(new, limit) else {
                return false;
            };
            run.push_back_item(item);
            true
        })
    }

    /// Takes elements equal to `needle` out, at most `count`, from `end` on; how many there were.
    pub(super) fn remove_all(&mut self, needle: Needle<'_>, end: End, count: usize) -> usize {
        let mut left = count;
        // Chunks without such an element are only read. Up to, or from, here all are done.
        let mut done = match end {
            End::Head => 0,
            End::Tail => self.len(),
        };
        while left > 0 {
            let found = match end {
                End::Head => first_with(self.chunks.iter_from(done), needle, done),
                End::Tail => last_with(self.chunks.iter_back_from(done), needle, done),
            };
            let Some(first) = found else { break };
            let kept = self.chunks.edit_at(first, |chunk, _, _| {
                left -= chunk.take_out(needle, end, left);
                chunk.len()
            });
            done = match end {
                End::Head => first + kept,
                End::Tail => first,
            };
        }
        count - left
    }
}

/// The position of the first chunk of `chunks`, which begin at position `at`, to hold `needle`.
fn first_with(chunks: Leaves<'_, Chunk>, needle: Needle<'_>, mut at: usize) -> Option<usize> {
    for (chunk, _) in chunks {
        if chunk.span(0..chunk.len()).any(|element| element.is(needle)) {
            return Some(at);
        }
        at += chunk.len();
    }
    None
}

/// The position of the last chunk of `chunks`, which end at position `at`, to hold `needle`.
fn last_with(chunks: LeavesBack<'_, Chunk>, needle: Needle<'_>, mut at: usize) -> Option<usize> {
    for (chunk, _) in chunks {
        at -= chunk.len();
        if chunk.span(0..chunk.len()).any(|element| element.is(needle)) {
            return Some(at);
        }
    }
    None
}

impl Chunk {
    /// The element alone in this chunk, if it takes long to free; the chunk is empty then.
    fn take_heavy(&mut self) -> Option<Arc<Vec<u8>>> {
        match self {
            Chunk::Large(text) if text.len() > HEAVY_TEXT_BYTES => {
                let text = Arc::clone(text);
                *self = Chunk::Packed(Run::default());
                Some(text)
            }
            _ => None,
        }
    }

    /// Takes elements equal to `needle` out, at most `count`, from `end` on; how many there were.
    fn take_out(&mut self, needle: Needle<'_>, end: End, count: usize) -> usize {
        let Chunk::Packed(run) = self else {
            *self = Chunk::Packed(Run::default());
            return 1;
        };
        let items = run.entries(0..run.len());
        let equal = items.filter(|entry| needle.is(entry.item)).count();
        let skipped = match end {
            End::Head => 0,
            End::Tail => equal.saturating_sub(count),
        };
        let taken = skipped..skipped + equal.min(count);
        let mut seen = 0;
        run.retain(|item| {
            let is_equal = needle.is(item);
            let keep = !(is_equal && taken.contains(&seen));
            seen += usize::from(is_equal);
            keep
        });
        taken.len()
    }
}
