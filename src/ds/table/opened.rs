//! An entry that is open for a change: the only way to a node that may be written.

use std::ptr::NonNull;

use super::segment::{Dues, Seg, Spot};
use super::{Keyed, Node, Reached, Seed, Table, note_due, retire_node};
use crate::ds::epoch::Epoch;

/// An entry that is open for a change: its segment is private.
pub struct Opened<'a, N: Node> {
    pub(super) table: &'a mut Table<N>,
    pub(super) epoch: &'a mut Epoch,
    pub(super) hash: u64,
    pub(super) seg: Seg<N>,
    pub(super) spot: Spot,
}

impl<'a, N: Node> Opened<'a, N> {
    /// The node, to read.
    #[inline]
    pub fn node(&self) -> N::Ref<'_> {
        self.table.node_at(self.seg, self.spot)
    }

    /// The node, to read as long as the table is borrowed.
    pub fn into_node(self) -> N::Ref<'a> {
        let table: &'a Table<N> = self.table;
        table.node_at(self.seg, self.spot)
    }

    /// Whether the node may be changed in place, or would be copied.
    #[inline]
    pub fn is_private(&self) -> bool {
        !self.epoch.is_frozen() || self.seg.slot(self.spot).is_fresh()
    }

    /// Replaces the node by one with the same key.
    pub fn replace(&mut self, node: N) {
        let reached = Reached::unless(self.is_private());
        self.exchange(node, reached);
    }

    /// Makes sure that the node may be changed: it is copied if a frozen root reaches it.
    #[inline]
    fn make_private(&mut self) {
        if !self.is_private() {
            self.exchange(N::path_copy(self.node()), Reached::FrozenAndCopied);
        }
    }

    fn exchange(&mut self, node: N, reached: Reached) {
        debug_assert!(self.node().key() == node.by_ref().key());
        let old = self.raw();
        self.store(node);
        // SAFETY: the slot does not point there any more.
        unsafe { retire_node::<N>(self.epoch, old, reached) };
    }

    /// Changes the node; it is copied before if a frozen root reaches it. The key stays.
    #[inline]
    pub fn update<R>(&mut self, change: impl FnOnce(N) -> (N, R)) -> R {
        self.make_private();
        let abort = AbortOnPanic;
        // SAFETY: the node is private, and the slot gets a new owner before anyone looks at it:
        // the process ends if `change` panics.
        let (node, result) = change(unsafe { N::from_raw(self.raw()) });
        self.store(node);
        std::mem::forget(abort);
        result
    }

    /// The node, to change in place; it is copied before if a frozen root reaches it.
    #[inline]
    pub fn node_mut(&mut self) -> N::Mut<'_> {
        self.make_private();
        // SAFETY: the node is private, and the table is borrowed.
        unsafe { N::borrow_mut(self.raw()) }
    }

    /// Has the table know when something below the node is due, after that changed.
    pub fn note_inner_due(&mut self) {
        let inner = N::inner_due(self.node());
        let had_inner = self.seg.slot(self.spot).has_inner();
        self.table.inner += usize::from(inner.is_some());
        self.table.inner -= usize::from(had_inner);
        note_due(self.table.path(self.hash).sub, inner);
        // SAFETY: the segment is private.
        unsafe { self.seg.note_inner(self.spot, inner) };
    }

    /// Has another thread drop what left the node: values, which share by reference counts.
    pub fn discard<T: Send + 'static>(&mut self, garbage: Box<T>) {
        // How large it is its owner does not say.
        self.epoch.hand_over(garbage, 0);
    }

    /// What the table's keys are hashed under.
    pub fn seed(&self) -> Seed {
        self.table.seed()
    }

    /// The same entry, opened for a shorter time.
    #[inline]
    pub fn reborrow(&mut self) -> Opened<'_, N> {
        Opened {
            table: &mut *self.table,
            epoch: &mut *self.epoch,
            hash: self.hash,
            seg: self.seg,
            spot: self.spot,
        }
    }

    /// Removes the entry and keeps its node, or a copy if a frozen root reaches it.
    pub fn take(mut self) -> N {
        let node = self.raw();
        if !self.is_private() {
            let copy = N::path_copy(self.node());
            self.empty_slot();
            // SAFETY: the slot is empty now.
            unsafe { retire_node::<N>(self.epoch, node, Reached::FrozenAndCopied) };
            return copy;
        }
        self.empty_slot();
        // SAFETY: the node is private, and the slot is empty now.
        unsafe { N::from_raw(node) }
    }

    /// Removes the entry.
    pub fn remove(mut self) {
        let (node, reached) = (self.raw(), Reached::unless(self.is_private()));
        self.empty_slot();
        // SAFETY: the slot is empty now.
        unsafe { retire_node::<N>(self.epoch, node, reached) };
    }

    /// Empties the slot. What it pointed at is the caller's; the entry is not open any more.
    fn empty_slot(&mut self) {
        // SAFETY: the segment is private.
        let slot = unsafe { self.seg.take(self.spot) };
        self.table.len -= 1;
        self.table.volatile -= usize::from(slot.is_volatile());
        self.table.inner -= usize::from(slot.has_inner());
        self.table.slim(self.epoch, self.hash);
    }

    #[inline]
    fn raw(&self) -> NonNull<u8> {
        self.seg
            .slot(self.spot)
            .node()
            .expect("a used slot is not null")
    }

    /// Makes the slot point at `node`. What it pointed at before is the caller's.
    #[inline]
    fn store(&mut self, node: N) {
        let dues = Dues::of::<N>(node.by_ref());
        let old = self.seg.slot(self.spot);
        self.table.volatile += usize::from(dues.deadline.is_some());
        self.table.volatile -= usize::from(old.is_volatile());
        self.table.inner += usize::from(dues.inner.is_some());
        self.table.inner -= usize::from(old.has_inner());
        if let Some(due) = dues.earliest() {
            note_due(self.table.path(self.hash).sub, Some(due));
        }
        // SAFETY: the segment is private.
        unsafe { self.seg.replace(self.spot, node, self.epoch.is_frozen()) };
    }
}

/// Ends the process when a panic would leave a slot without an owner behind.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        std::process::abort();
    }
}
