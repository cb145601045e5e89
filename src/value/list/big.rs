//! A large list: chunks in a tree, by position.

use std::hash::Hasher;
use std::mem::replace;
use std::ops::Range;
use std::sync::Arc;

use super::chunk::{Chunk, New, REDIS_FRAME_BYTES};
use super::run::Run;
use super::{Element, End, Limit, Side};
use crate::ds::listpack::{Listpack, Needle, START};
use crate::ds::tree::{Leaf, Leaves, LeavesBack, Removed, Tree};

/// A large list. A clone shares all chunks.
#[derive(Clone, Default)]
pub struct BigList {
    chunks: Tree<Chunk>,
}

/// A chunk that was changed to more than so many times its limit is parted.
const OVERFULL: usize = 2;

/// So many chunks stay apart however lean they are, as Redis's do: when a list that shrinks becomes
/// a listpack again depends on it.
const APART_MAX: usize = 64;

/// Where a new element found its place.
enum Place {
    Found,
    /// In one half of its chunk, which is two now.
    Parted,
    /// Not yet: it belongs between its chunk, which is full, and the next.
    Beside,
}

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

    /// How many chunks it is, which Redis calls nodes.
    pub fn chunk_count(&self) -> usize {
        self.chunks.leaf_count()
    }

    /// What its chunks would take in Redis, uncompressed. Looks at every chunk.
    pub fn listpacks_bytes(&self) -> usize {
        let bytes = |chunk: &Chunk| match chunk {
            Chunk::Packed(run) => run.entries_bytes().len() + REDIS_FRAME_BYTES,
            Chunk::Large(text) => text.len(),
        };
        self.chunks_from(0).map(|(chunk, _)| bytes(chunk)).sum()
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
        let found = self.chunks.leaf_at(index);
        let is_alone = found.is_some_and(|(chunk, _)| matches!(chunk, Chunk::Large(_)));
        if let (true, New::Item { .. }) = (is_alone, new) {
            self.insert(index, Side::After, text, limit);
            self.chunks.edit_at(index, |chunk, _, _| chunk.remove(0..1));
            return;
        }
        let at = self
            .chunks
            .edit_at(index, |chunk, at, following| match (&mut *chunk, new) {
                (Chunk::Packed(run), New::Item { item, .. }) => {
                    run.replace(at, item);
                    if run.entries_bytes().len() > OVERFULL * limit.bytes && run.len() > 1 {
                        let upper = run.split_off(run.len() / 2);
                        following.push(Chunk::Packed(upper));
                    }
                    at
                }
                (Chunk::Large(_), _) => {
                    *chunk = Chunk::one(new);
                    at
                }
                (Chunk::Packed(run), New::Large(_)) => {
                    let mut upper = run.split_off(at);
                    upper.remove(0..1);
                    following.extend([Chunk::one(new), Chunk::Packed(upper)]);
                    at
                }
            });
        match new {
            New::Large(_) if !is_alone && at > 0 => self.join_around(index, limit),
            New::Large(_) => {}
            New::Item { .. } => {
                let start = index - at;
                let len = self
                    .chunks
                    .leaf_at(start)
                    .map_or(0, |(chunk, _)| chunk.len());
                self.join_lean(start + len, limit);
                self.join_lean(start, limit);
            }
        }
    }

    /// Puts `text` beside element `pivot`, where Redis would put it.
    pub(super) fn insert(&mut self, pivot: usize, side: Side, text: &[u8], limit: Limit) {
        let new = New::of(text, limit);
        let place = self.chunks.edit_at(pivot, |chunk, at, following| {
            let at_edge = match side {
                Side::Before => at == 0,
                Side::After => at + 1 == chunk.len(),
            };
            let index = at + usize::from(side == Side::After);
            if let Some((run, item)) = chunk.room_for(new, limit) {
                match index {
                    0 => run.push_front_item(item),
                    _ if index == run.len() => run.push_back_item(item),
                    _ => run.insert(index, item),
                }
                return Place::Found;
            }
            match (chunk, new) {
                _ if at_edge => return Place::Beside,
                (Chunk::Large(_), _) => unreachable!("an element alone is at both edges"),
                (Chunk::Packed(run), New::Large(_)) => {
                    let upper = run.split_off(index);
                    following.extend([Chunk::one(new), Chunk::Packed(upper)]);
                    return Place::Found;
                }
                (Chunk::Packed(run), New::Item { item, .. }) => {
                    let mut upper = run.split_off(index);
                    match side {
                        Side::Before => run.push_back_item(item),
                        Side::After => upper.push_front_item(item),
                    }
                    following.push(Chunk::Packed(upper));
                }
            }
            Place::Parted
        });
        match (place, side) {
            (Place::Found, _) => {}
            // Redis looks from the half that the pivot is in.
            (Place::Parted, Side::Before) => self.join_around(pivot + 1, limit),
            (Place::Parted, Side::After) => self.join_around(pivot, limit),
            (Place::Beside, _) => self.insert_between(pivot, side, new, limit),
        }
    }

    /// Puts `new` between the chunk at whose edge `pivot` is and its neighbour: into that, if it
    /// has room.
    fn insert_between(&mut self, pivot: usize, side: Side, new: New<'_>, limit: Limit) {
        let neighbour = match side {
            Side::Before => pivot.checked_sub(1),
            Side::After => Some(pivot + 1).filter(|next| *next < self.len()),
        };
        let pushed = neighbour.is_some_and(|neighbour| {
            self.chunks.edit_at(neighbour, |chunk, _, _| {
                let Some((run, item)) = chunk.room_for(new, limit) else {
                    return false;
                };
                match side {
                    Side::Before => run.push_back_item(item),
                    Side::After => run.push_front_item(item),
                }
                true
            })
        });
        if !pushed {
            self.chunks.edit_at(pivot, |chunk, _, following| {
                let one = Chunk::one(new);
                following.push(match side {
                    Side::Before => replace(chunk, one),
                    Side::After => one,
                });
            });
        }
    }

    /// Joins the chunks around the one that holds `position`, and it with them, where two fit
    /// into one: what Redis does after it parted one, in the same order.
    fn join_around(&mut self, position: usize, limit: Limit) {
        let bounds = |position: usize| {
            let (chunk, at) = self.chunks.leaf_at(position)?;
            Some((position - at, position - at + chunk.len()))
        };
        let Some((start, end)) = bounds(position) else {
            return;
        };
        let before = start.checked_sub(1).and_then(bounds);
        let after = bounds(end);
        // Joining moves no element, so these stay where chunks begin.
        if let Some((before, _)) = before {
            self.join(before, limit);
        }
        if let Some((_, behind)) = after {
            self.join(behind, limit);
        }
        self.join(start, limit);
        self.join(end, limit);
    }

    /// Joins the chunk that begins at `start` to the one before it, if there are both and they
    /// fit into one.
    fn join(&mut self, start: usize, limit: Limit) {
        let lower = start
            .checked_sub(1)
            .and_then(|last| self.chunks.leaf_at(last));
        let fit = match (lower, self.chunks.leaf_at(start)) {
            (Some((Chunk::Packed(lower), _)), Some((Chunk::Packed(upper), 0))) => {
                let bytes = lower.entries_bytes().len() + upper.entries_bytes().len();
                !limit.is_exceeded(bytes + REDIS_FRAME_BYTES, lower.len() + upper.len())
            }
            _ => false,
        };
        if !fit {
            return;
        }
        let empty = Chunk::Packed(Run::default());
        let upper = self
            .chunks
            .edit_at(start, |chunk, _, _| replace(chunk, empty));
        self.chunks.edit_at(start - 1, |chunk, _, _| {
            if let (Chunk::Packed(lower), Chunk::Packed(upper)) = (chunk, upper) {
                lower.push_back(upper.entries_bytes(), upper.len());
            }
        });
    }

    /// The same if the list has many chunks and both together are but half full. Redis leaves
    /// such chunks apart, and a list that is thinned out where it is would keep all of them.
    fn join_lean(&mut self, start: usize, limit: Limit) {
        if self.chunks.leaf_count() > APART_MAX {
            self.join(start, limit.half());
        }
    }

    /// Takes elements equal to `needle` out, at most `count`, from `end` on; how many there were.
    pub(super) fn remove_all(
        &mut self,
        needle: Needle<'_>,
        end: End,
        count: usize,
        limit: Limit,
    ) -> usize {
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
            // What is joined is behind us: from where we go on, a chunk must begin or end.
            match end {
                End::Head => {
                    done = first + kept;
                    self.join_lean(first, limit);
                }
                End::Tail => {
                    done = first;
                    self.join_lean(first + kept, limit);
                }
            }
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
