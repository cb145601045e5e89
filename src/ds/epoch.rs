//! Versions of shared nodes: what a frozen root still reads is neither written nor freed.
//!
//! One owner changes a structure of raw nodes in place. Now and then it *freezes* it: the version
//! goes up by one, and another thread may read everything reachable from a copy of the root as it
//! stood at that moment, until the copy is given back. The owner goes on meanwhile under three
//! rules, which the structures (`ds::table`) keep:
//!
//! 1. A node is written only if it is *private*: nothing is frozen, or the node carries the
//!    current version (it was made since). Any other node on the path to a change is copied first
//!    and the copy written, parents before children, so that a private node has only private
//!    ancestors and no frozen root can reach it.
//! 2. A node leaves through [`Epoch::retire`]: freed at once if private, else kept in *limbo*
//!    until the frozen root came back.
//! 3. The live structure owns its live nodes, limbo owns replaced nodes; nothing is in both.
//!
//! Limbo is a [`Garbage`]: a bag in chunks (doubling one large vector shows as a pause), which a
//! worker thread drops. Big values that leave at other times travel in one, too.

#![expect(unsafe_code, reason = "garbage is of any type; `free` knows which")]

use std::ptr::NonNull;
use std::sync::Arc;

/// Things in one chunk of garbage.
const CHUNK_ITEMS: usize = 1024;

/// Something to free: what it is only `free` knows.
struct Retired {
    at: NonNull<u8>,
    free: unsafe fn(NonNull<u8>),
}

/// Owned things that only wait to be dropped, on whatever thread.
#[derive(Default)]
#[must_use = "dropping garbage frees it here and now"]
pub struct Garbage {
    chunks: Vec<Vec<Retired>>,
    /// What its owners say of its size.
    bytes: usize,
}

// SAFETY: the bag owns what it holds, and `Garbage::push` admits only what any thread may free.
unsafe impl Send for Garbage {}

impl Garbage {
    /// Whether there is nothing to drop.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The number of things to drop; a detached structure counts as one.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// Bytes that dropping it frees, about, as far as anyone has said.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts `value` of some `bytes` in.
    pub fn put<T: Send + 'static>(&mut self, value: Box<T>, bytes: usize) {
        unsafe fn drop_box<T>(at: NonNull<u8>) {
            // SAFETY: `put` made the pointer from a box of this type, and gave it up.
            drop(unsafe { Box::from_raw(at.cast::<T>().as_ptr()) });
        }
        let at = NonNull::from(Box::leak(value)).cast();
        // SAFETY: the box is ours, `T` may be dropped by any thread, `drop_box` by any once.
        unsafe { self.push(at, drop_box::<T>, bytes) };
    }

    /// Puts in something of some `bytes` that `free` frees.
    ///
    /// # Safety
    /// `free(at)` must be sound once, later, on any thread.
    pub(super) unsafe fn push(
        &mut self,
        at: NonNull<u8>,
        free: unsafe fn(NonNull<u8>),
        bytes: usize,
    ) {
        self.bytes += bytes;
        let retired = Retired { at, free };
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_ITEMS => chunk.push(retired),
            _ => {
                // The first chunk grows as it needs to: most bags hold one thing.
                let room = if self.chunks.is_empty() {
                    4
                } else {
                    CHUNK_ITEMS
                };
                let mut chunk = Vec::with_capacity(room);
                chunk.push(retired);
                self.chunks.push(chunk);
            }
        }
    }

    /// Puts in all that `other` holds.
    pub fn append(&mut self, mut other: Garbage) {
        self.chunks.append(&mut other.chunks);
        self.bytes += other.bytes;
    }
}

impl Drop for Garbage {
    fn drop(&mut self) {
        for retired in self.chunks.drain(..).flatten() {
            // SAFETY: the contract of `push`; `drain` hands each out once.
            unsafe { (retired.free)(retired.at) };
        }
    }
}

/// The right to read what was frozen: while it exists nothing reachable then is written or freed.
#[derive(Debug)]
#[must_use = "what is frozen costs copies until the ticket comes back"]
pub struct Ticket(Arc<()>);

/// The version of a structure, and what waits for a frozen root to come back.
#[derive(Default)]
pub struct Epoch {
    version: u64,
    frozen: Option<Arc<()>>,
    limbo: Garbage,
    garbage: Garbage,
}

impl Epoch {
    /// The current version: nodes made now carry it.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether a frozen root is out.
    #[inline]
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Whether a node of `version` may be written and freed.
    #[inline]
    pub fn is_private(&self, version: u64) -> bool {
        debug_assert!(version <= self.version);
        version == self.version || self.frozen.is_none()
    }

    /// Begins a new version; the old one stays as it is while the ticket is out. One at a time:
    /// `None` while another ticket is out.
    pub fn freeze(&mut self) -> Option<Ticket> {
        self.reclaim();
        if self.frozen.is_some() {
            return None;
        }
        self.version += 1;
        let token = Arc::new(());
        self.frozen = Some(Arc::clone(&token));
        Some(Ticket(token))
    }

    /// Takes the ticket back; what waited for it is garbage now.
    pub fn finish(&mut self, ticket: Ticket) {
        let frozen = self.frozen.take();
        let ours = frozen.is_some_and(|token| Arc::ptr_eq(&token, &ticket.0));
        assert!(ours, "a ticket comes back to the epoch that gave it");
        self.empty_limbo();
    }

    /// Ends the frozen version if its ticket was dropped instead of given back.
    pub fn reclaim(&mut self) {
        // `get_mut` synchronises with the drop of the ticket on its thread.
        if self
            .frozen
            .as_mut()
            .is_some_and(|token| Arc::get_mut(token).is_some())
        {
            self.frozen = None;
            self.empty_limbo();
        }
    }

    /// Makes garbage of what waited.
    fn empty_limbo(&mut self) {
        self.garbage.append(std::mem::take(&mut self.limbo));
    }

    /// Frees a node of some `bytes`, now if it is private, else when the frozen root came back.
    ///
    /// # Safety
    /// The live structure must not reach the node any more; `free(at)` must be sound once, on any
    /// thread; `private` must be true only if no frozen root reaches the node.
    #[inline]
    pub(super) unsafe fn retire(
        &mut self,
        at: NonNull<u8>,
        free: unsafe fn(NonNull<u8>),
        private: bool,
        bytes: usize,
    ) {
        if private || self.frozen.is_none() {
            // SAFETY: nobody else reaches the node.
            unsafe { free(at) };
        } else {
            // SAFETY: the contract is the same.
            unsafe { self.keep(at, free, bytes) };
        }
    }

    /// Keeps a node of some `bytes` until the frozen root comes back, which reaches it.
    ///
    /// # Safety
    /// The live structure must not reach the node any more; `free(at)` must be sound once, on any
    /// thread.
    pub(super) unsafe fn keep(
        &mut self,
        at: NonNull<u8>,
        free: unsafe fn(NonNull<u8>),
        bytes: usize,
    ) {
        debug_assert!(self.is_frozen());
        // SAFETY: the contract is the same.
        unsafe { self.limbo.push(at, free, bytes) };
    }

    /// Gives a structure of some `bytes` to the reaper: to the limbo while something is frozen, for
    /// it may hold nodes that a frozen root reaches.
    pub fn discard<T: Send + 'static>(&mut self, value: Box<T>, bytes: usize) {
        match self.frozen {
            Some(_) => self.limbo.put(value, bytes),
            None => self.garbage.put(value, bytes),
        }
    }

    /// Gives to the reaper what no frozen root reaches but by reference counts.
    pub fn hand_over<T: Send + 'static>(&mut self, value: Box<T>, bytes: usize) {
        self.garbage.put(value, bytes);
    }

    /// What is ready to be dropped, for a worker thread.
    pub fn take_garbage(&mut self) -> Garbage {
        std::mem::take(&mut self.garbage)
    }

    /// Whether something is ready to be dropped.
    #[inline]
    pub fn has_garbage(&self) -> bool {
        !self.garbage.is_empty()
    }

    /// Bytes, about, that will be free when the frozen root comes back.
    #[inline]
    pub fn kept_bytes(&self) -> usize {
        self.limbo.bytes()
    }

    /// Things waiting for the frozen root to come back.
    pub fn limbo_len(&self) -> usize {
        self.limbo.len()
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        self.reclaim();
        if self.frozen.is_some() {
            // Another thread still reads: what it may reach is leaked, not freed under it.
            std::mem::forget(std::mem::take(&mut self.limbo));
        }
    }
}
