//! Finding the entries that are due without looking at those that are not.
//!
//! Segments and sub-directories know a moment before which nothing in them needs to be looked at
//! for its deadline. A sweep goes through the table by position and passes over what is not due
//! by reading one word per 100,000 keys, then one per segment; in a segment that is due it looks
//! at every entry with a deadline and removes those that passed. Then the segment says when to
//! come back: when its earliest deadline passes, but not before a moment the caller names, so
//! that a segment with many deadlines is not read again for every one of them.
//!
//! An entry may also have something below it that is due, a field of a hash. The table does not
//! know how to remove that: such an entry is found and opened by [`Table::open_inner_due`], and the
//! sweep stays where it is until there is none.

use super::directory::CURSOR_BITS;
use super::scan::segment_range;
use super::segment::{Dues, NEVER, Seg, Spot};
use super::{Node, Opened, Path, Reached, Table, is_due, retire_node};
use crate::ds::epoch::Epoch;
use crate::ds::prefetch::prefetch;

/// What one step of a sweep did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sweep {
    /// Where the next step begins; 0 at the end of the table.
    pub next: u64,
    /// Entries looked at.
    pub looked: usize,
    /// Entries removed.
    pub removed: usize,
    /// Something below an entry of this segment is due: remove it by way of
    /// [`Table::open_inner_due`] before the next step, which begins where this one did.
    pub inner_due: bool,
}

impl<N: Node> Table<N> {
    /// One step of a sweep from `position` on: passes over what is not due at `now`, up to one
    /// sub-directory, or removes the due entries of one segment, each after `gone` saw it. A
    /// segment is not looked at again before the moment `again`.
    pub fn sweep(
        &mut self,
        epoch: &mut Epoch,
        position: u64,
        now: i64,
        again: i64,
        gone: impl FnMut(N::Ref<'_>),
    ) -> Sweep {
        if self.volatile + self.inner == 0 || position >> CURSOR_BITS != 0 {
            return Sweep::default();
        }
        let Path { sub, index, .. } = self.path(position << (64 - CURSOR_BITS));
        let (sub_start, sub_end) = segment_range(position, sub.depth);
        if sub.header().due <= now {
            let first = sub.span(index).0;
            let due = sub
                .segments()
                .find(|&(at, seg)| at >= first && seg.header().due <= now);
            if let Some((at, seg)) = due {
                let word_shift = CURSOR_BITS - sub.depth - sub.bits;
                let start = sub_start + ((at as u64) << word_shift);
                let next = segment_range(start, seg.header().depth).1;
                let swept = self.sweep_segment(epoch, start, now, again, gone);
                let next = if swept.inner_due {
                    start
                } else {
                    wrapped(next)
                };
                return Sweep { next, ..swept };
            }
            if epoch.is_private(sub.header().version) {
                let due = sub.segments().map(|(_, seg)| seg.header().due).min();
                // SAFETY: the sub-directory is private.
                unsafe { sub.header_mut() }.due = due.unwrap_or(NEVER);
            }
        }
        Sweep {
            next: wrapped(sub_end),
            ..Sweep::default()
        }
    }

    fn sweep_segment(
        &mut self,
        epoch: &mut Epoch,
        position: u64,
        now: i64,
        again: i64,
        mut gone: impl FnMut(N::Ref<'_>),
    ) -> Sweep {
        let hash = position << (64 - CURSOR_BITS);
        let seg = self.path(hash).word.seg::<N>();
        let (looked, due) = look(seg, now);
        let mut removed = 0;
        let mut seg = seg;
        if due {
            seg = self.private_path(epoch, hash).word.seg();
            for spot in seg.spots().filter(|&spot| seg.slot(spot).is_volatile()) {
                let node = self.node_at(seg, spot);
                if !is_due::<N>(node, now) {
                    continue;
                }
                gone(node);
                removed += 1;
                // SAFETY: the segment is private.
                let slot = unsafe { seg.take(spot) };
                self.inner -= usize::from(slot.has_inner());
                let private = !epoch.is_frozen() || slot.is_fresh();
                let node = slot.node().expect("a used slot is not null");
                // SAFETY: the slot is empty now.
                unsafe { retire_node::<N>(epoch, node, Reached::unless(private)) };
            }
        }
        let inner_due = self.inner > 0 && self.inner_due_in(seg, now).is_some();
        if epoch.is_private(seg.header().version) && !inner_due {
            let dues = seg.spots().filter(|&spot| {
                let slot = seg.slot(spot);
                slot.is_volatile() || slot.has_inner()
            });
            let earliest = dues
                .filter_map(|spot| Dues::of::<N>(self.node_at(seg, spot)).earliest())
                .min();
            // SAFETY: the segment is private.
            unsafe { seg.header_mut() }.due = earliest.map_or(NEVER, |due| due.max(again));
        }
        self.len -= removed;
        self.volatile -= removed;
        if removed > 0 {
            self.slim(epoch, hash);
        }
        Sweep {
            next: 0,
            looked,
            removed,
            inner_due,
        }
    }

    /// An entry of the segment at `position` below which something is due at `now`, opened so that
    /// it can be removed. [`Opened::note_inner_due`] must be told.
    pub fn open_inner_due<'a>(
        &'a mut self,
        epoch: &'a mut Epoch,
        position: u64,
        now: i64,
    ) -> Option<Opened<'a, N>> {
        if self.inner == 0 {
            return None;
        }
        let hash = position << (64 - CURSOR_BITS);
        let spot = self.inner_due_in(self.path(hash).word.seg(), now)?;
        let seg = self.private_path(epoch, hash).word.seg();
        Some(Opened {
            table: self,
            epoch,
            hash,
            seg,
            spot,
        })
    }

    fn inner_due_in(&self, seg: Seg<N>, now: i64) -> Option<Spot> {
        let due = |spot: &Spot| {
            seg.slot(*spot).has_inner()
                && N::inner_due(self.node_at(seg, *spot)).is_some_and(|due| due <= now)
        };
        seg.spots().find(due)
    }
}

/// The number of entries with a deadline, and whether one of them is due.
fn look<N: Node>(seg: Seg<N>, now: i64) -> (usize, bool) {
    let volatile = || {
        let slots = seg.spots().map(|spot| seg.slot(spot));
        slots
            .filter(|slot| slot.is_volatile())
            .filter_map(|slot| slot.node())
    };
    // Each entry is a cache miss: begin them all.
    volatile().for_each(prefetch);
    // SAFETY: slots of a live segment point at live nodes.
    let due = volatile().any(|node| is_due::<N>(unsafe { N::borrow(node) }, now));
    (seg.header().volatile as usize, due)
}

fn wrapped(position: u64) -> u64 {
    if position >> CURSOR_BITS == 0 {
        position
    } else {
        0
    }
}
