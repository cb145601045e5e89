//! A segment: up to 95 buckets with the entries whose hashes share a prefix, and a header line.
//!
//! The number of buckets goes up in steps of about 1.4 that fill allocator size classes together
//! with the header. A segment with more than [`BUCKETS_MAX`] buckets exists only where equal hash
//! prefixes could not be split apart.
//!
//! A [`Seg`] is a bare handle, as the directory's words are: it says nothing of ownership. The
//! functions that write through it or free it are unsafe, and their callers keep the rules of
//! `ds::epoch`.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::bucket::{Bucket, FRESH, INNER, Place, SLOTS, Slot, VOLATILE, fingerprint, home_of};
use super::{Keyed, Node};
use crate::ds::prefetch::prefetch;
use crate::ds::same::same_bytes;

/// Buckets in a segment that can still be split.
pub(super) const BUCKETS_MAX: usize = 95;

/// Bucket counts a segment takes on: with the header 2, 3, 4, 6, 8 … 96 lines of 64 bytes, all of
/// them size classes of jemalloc.
const SIZES: [usize; 12] = [1, 2, 3, 5, 7, 11, 15, 23, 31, 47, 63, 95];

/// Buckets in the largest segment: what a directory word has bits for.
const OVERSIZE_MAX: usize = u16::MAX as usize;

/// Entries a segment of `buckets` takes before it grows: a single bucket is filled to the last
/// slot, more of them to 7/8.
#[inline]
pub(super) fn capacity(buckets: usize) -> usize {
    match buckets {
        1 => SLOTS,
        _ => buckets * SLOTS * 7 / 8,
    }
}

/// The bucket count for `len` entries with some room to grow.
pub(super) fn buckets_for(len: usize) -> usize {
    let wanted = len + len / 16 + 1;
    let size = SIZES.iter().copied().find(|&size| capacity(size) >= wanted);
    let size = size.unwrap_or_else(|| (wanted * 8).div_ceil(SLOTS * 7) * 3 / 2);
    assert!(
        size <= OVERSIZE_MAX,
        "half a million keys share a hash prefix"
    );
    size
}

/// What a segment knows of itself.
#[repr(C, align(64))]
pub(super) struct Header {
    /// The version it was made in.
    pub(super) version: u64,
    /// No entry needs to be looked at for its deadline before this moment.
    pub(super) due: i64,
    pub(super) len: u32,
    /// Entries with a deadline.
    pub(super) volatile: u32,
    buckets: u32,
    /// Bits of the hash that lead here.
    pub(super) depth: u32,
}

const _: () = assert!(size_of::<Header>() == LINE_BYTES);

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// No deadline at all.
pub(super) const NEVER: i64 = i64::MAX;

/// A bare handle to a segment of nodes `N`.
pub(super) struct Seg<N> {
    at: NonNull<Header>,
    buckets: usize,
    nodes: PhantomData<*const N>,
}

impl<N> Clone for Seg<N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Seg<N> {}

/// Where an entry stands in a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) bucket: usize,
    pub(super) slot: usize,
}

/// What becomes of FRESH marks when entries move to another segment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// Both segments are of the same version, or nothing is frozen.
    Carry,
    Clear,
}

impl<N: Node> Seg<N> {
    /// An empty segment.
    pub(super) fn new(buckets: usize, depth: u32, version: u64) -> Seg<N> {
        let layout = Self::layout(buckets);
        // SAFETY: the layout is not empty.
        let at = unsafe { alloc(layout) }.cast::<Header>();
        let Some(at) = NonNull::new(at) else {
            handle_alloc_error(layout)
        };
        let header = Header {
            version,
            due: NEVER,
            len: 0,
            volatile: 0,
            // At most OVERSIZE_MAX.
            buckets: buckets as u32,
            depth,
        };
        // SAFETY: the allocation is ours, aligned, and has room for the header.
        unsafe { at.write(header) };
        for index in 0..buckets {
            // SAFETY: the allocation has room for `buckets` lines behind the header line.
            unsafe { at.cast::<Bucket>().add(1 + index).write(Bucket::EMPTY) };
        }
        // SAFETY: just made with this count.
        unsafe { Seg::from_raw(at.cast(), buckets) }
    }

    /// The handle to a segment.
    ///
    /// # Safety
    /// `at` points at a live segment of nodes `N` with `buckets` buckets; the handle is used only
    /// while it lives.
    #[inline]
    pub(super) unsafe fn from_raw(at: NonNull<u8>, buckets: usize) -> Seg<N> {
        let at = at.cast::<Header>();
        Seg {
            at,
            buckets,
            nodes: PhantomData,
        }
    }

    #[inline]
    pub(super) fn as_raw(self) -> NonNull<u8> {
        self.at.cast()
    }

    fn layout(buckets: usize) -> Layout {
        let lines = (buckets + 1) * size_of::<Bucket>();
        Layout::from_size_align(lines, align_of::<Bucket>()).expect("at most 4 MB")
    }

    /// Bytes of memory the segment takes.
    pub(super) fn memory_bytes(self) -> usize {
        Self::layout(self.buckets).size()
    }

    #[inline]
    pub(super) fn buckets(self) -> usize {
        self.buckets
    }

    #[inline]
    pub(super) fn header<'a>(self) -> &'a Header {
        // SAFETY: the handle's contract; writes need a private segment and no such reference.
        unsafe { self.at.as_ref() }
    }

    /// The header to change.
    ///
    /// # Safety
    /// The segment is private, and no reference to its header is in use.
    #[inline]
    pub(super) unsafe fn header_mut<'a>(mut self) -> &'a mut Header {
        // SAFETY: the contract.
        unsafe { self.at.as_mut() }
    }

    #[inline]
    pub(super) fn bucket<'a>(self, index: usize) -> &'a Bucket {
        debug_assert!(index < self.buckets);
        // SAFETY: the handle's contract; `buckets` lines follow the header.
        unsafe { self.at.cast::<Bucket>().add(1 + index).as_ref() }
    }

    /// A bucket to change.
    ///
    /// # Safety
    /// The segment is private, and no reference to this bucket is in use.
    #[inline]
    unsafe fn bucket_mut<'a>(self, index: usize) -> &'a mut Bucket {
        debug_assert!(index < self.buckets);
        // SAFETY: the contract; `buckets` lines follow the header.
        unsafe { self.at.cast::<Bucket>().add(1 + index).as_mut() }
    }

    #[inline]
    pub(super) fn bucket_after(self, index: usize) -> usize {
        if index + 1 == self.buckets {
            0
        } else {
            index + 1
        }
    }

    #[inline]
    pub(super) fn home(self, hash: u64, depth: u32) -> usize {
        home_of(hash, depth, self.buckets)
    }

    #[inline]
    pub(super) fn slot(self, spot: Spot) -> Slot {
        self.bucket(spot.bucket).slots[spot.slot]
    }

    /// Searches `key`.
    #[inline]
    pub(super) fn find(self, hash: u64, depth: u32, key: &[u8]) -> Option<Spot> {
        let mut index = self.home(hash, depth);
        let tag = fingerprint(hash);
        for _ in 0..self.buckets {
            let bucket = self.bucket(index);
            for slot in bucket.matching(tag) {
                let node = bucket.slots[slot].node().expect("a used slot is not null");
                // SAFETY: slots of a live segment point at live nodes.
                if same_bytes(unsafe { N::borrow(node) }.key(), key) {
                    return Some(Spot {
                        bucket: index,
                        slot,
                    });
                }
            }
            if bucket.overflow() == 0 {
                return None;
            }
            index = self.bucket_after(index);
        }
        None
    }

    /// Begins to load the home bucket of `hash`.
    #[inline]
    pub(super) fn prefetch_home(self, hash: u64, depth: u32) {
        prefetch(NonNull::from(self.bucket(self.home(hash, depth))));
    }

    /// Begins to load the header.
    #[inline]
    pub(super) fn prefetch_header(self) {
        prefetch(self.at);
    }

    /// Begins to load the nodes that look like that of `hash` in its home bucket.
    #[inline]
    pub(super) fn prefetch_node(self, hash: u64, depth: u32) {
        let bucket = self.bucket(self.home(hash, depth));
        for slot in bucket.matching(fingerprint(hash)) {
            if let Some(node) = bucket.slots[slot].node() {
                prefetch(node);
                // Key and value often reach into the next line; it may lie behind the node.
                prefetch(NonNull::<u8>::without_provenance(
                    node.addr().saturating_add(LINE_BYTES),
                ));
            }
        }
    }

    /// Every used slot.
    pub(super) fn spots(self) -> impl Iterator<Item = Spot> {
        (0..self.buckets).flat_map(move |bucket| {
            let used = self.bucket(bucket).used();
            used.map(move |slot| Spot { bucket, slot })
        })
    }

    /// Puts an entry in, by its place.
    ///
    /// # Safety
    /// The segment is private and not full; the slot's node is handed over.
    unsafe fn put(self, slot: Slot, tag: u8) {
        let mut index = slot.place().home(self.buckets);
        loop {
            // SAFETY: the contract.
            let bucket = unsafe { self.bucket_mut(index) };
            if let Some(free) = bucket.matching(0).next() {
                bucket.fill(free, slot, tag);
                break;
            }
            bucket.count_overflow();
            index = self.bucket_after(index);
        }
        // SAFETY: the contract.
        let header = unsafe { self.header_mut() };
        header.len += 1;
        header.volatile += u32::from(slot.is_volatile());
    }

    /// Puts a new node in.
    ///
    /// # Safety
    /// The segment is private and below its capacity, and no entry has the node's key.
    pub(super) unsafe fn insert(self, hash: u64, depth: u32, node: N, fresh: bool) {
        debug_assert!((self.header().len as usize) < self.buckets * SLOTS);
        let dues = Dues::of::<N>(node.by_ref());
        let tags = dues.tags(fresh);
        let slot = Slot::new(node.into_raw(), Place::new(hash, depth), tags);
        // SAFETY: the contract.
        unsafe { self.put(slot, fingerprint(hash)) };
        // SAFETY: the contract.
        unsafe { self.note_due(dues.earliest()) };
    }

    /// Moves the moment the segment is due forward to `due`.
    ///
    /// # Safety
    /// The segment is private.
    #[inline]
    unsafe fn note_due(self, due: Option<i64>) {
        if let Some(due) = due {
            // SAFETY: the contract.
            let header = unsafe { self.header_mut() };
            header.due = header.due.min(due);
        }
    }

    /// Makes `node` what the slot points at; the old pointer is forgotten.
    ///
    /// # Safety
    /// The segment is private; the caller takes over what the slot pointed at.
    #[inline]
    pub(super) unsafe fn replace(self, spot: Spot, node: N, fresh: bool) {
        let old = self.slot(spot);
        let dues = Dues::of::<N>(node.by_ref());
        let slot = Slot::new(node.into_raw(), old.place(), dues.tags(fresh));
        if slot == old && dues.earliest().is_none() {
            return;
        }
        // SAFETY: the contract.
        unsafe { self.bucket_mut(spot.bucket).slots[spot.slot] = slot };
        // SAFETY: the contract.
        let header = unsafe { self.header_mut() };
        header.volatile -= u32::from(old.is_volatile());
        header.volatile += u32::from(slot.is_volatile());
        // SAFETY: the contract.
        unsafe { self.note_due(dues.earliest()) };
    }

    /// Marks the slot as what its node has become below, which is due first at the moment `inner`.
    ///
    /// # Safety
    /// The segment is private.
    pub(super) unsafe fn note_inner(self, spot: Spot, inner: Option<i64>) {
        let slot = self.slot(spot).with_inner(inner.is_some());
        // SAFETY: the contract.
        unsafe { self.bucket_mut(spot.bucket).slots[spot.slot] = slot };
        // SAFETY: the contract.
        unsafe { self.note_due(inner) };
    }

    /// Takes an entry out.
    ///
    /// # Safety
    /// The segment is private; the caller takes over what the slot pointed at.
    pub(super) unsafe fn take(self, spot: Spot) -> Slot {
        let slot = self.slot(spot);
        let mut index = slot.place().home(self.buckets);
        while index != spot.bucket {
            // SAFETY: the contract.
            unsafe { self.bucket_mut(index).uncount_overflow() };
            index = self.bucket_after(index);
        }
        // SAFETY: the contract.
        unsafe { self.bucket_mut(spot.bucket).clear(spot.slot) };
        // SAFETY: the contract.
        let header = unsafe { self.header_mut() };
        header.len -= 1;
        header.volatile -= u32::from(slot.is_volatile());
        slot
    }

    /// A copy of the segment in `version`, with no entry FRESH.
    pub(super) fn path_copy(self, version: u64) -> Seg<N> {
        let copy = Seg::new(self.buckets, self.header().depth, version);
        // SAFETY: the copy is new, hence private.
        let header = unsafe { copy.header_mut() };
        let old = self.header();
        (header.due, header.len, header.volatile) = (old.due, old.len, old.volatile);
        for index in 0..self.buckets {
            // SAFETY: the copy is new, hence private.
            let bucket = unsafe { copy.bucket_mut(index) };
            *bucket = *self.bucket(index);
            bucket.slots = bucket.slots.map(Slot::stale);
        }
        copy
    }

    /// Puts all entries of `self` into `into`, a new segment with room for them.
    pub(super) fn move_into(self, into: Seg<N>, marks: Marks) {
        self.distribute(marks, |slot| (into, slot.place()));
    }

    /// Puts the entries of `self`, one of two buddies, into their common parent.
    pub(super) fn merge_into(self, into: Seg<N>, half: usize, marks: Marks) {
        self.distribute(marks, |slot| (into, slot.place().merged(half)));
    }

    /// Puts the entries of `self` into its two halves.
    pub(super) fn split_into(self, halves: [Seg<N>; 2], marks: Marks, hash: impl Fn(&[u8]) -> u64) {
        let depth = self.header().depth + 1;
        self.distribute(marks, |slot| {
            let (half, place) = slot.place().split();
            let place = place.unwrap_or_else(|| {
                let node = slot.node().expect("a used slot is not null");
                // SAFETY: slots of a live segment point at live nodes.
                Place::new(hash(unsafe { N::borrow(node) }.key()), depth)
            });
            (halves[half], place)
        });
    }

    /// Entries in each half, were the segment split.
    pub(super) fn halves(self) -> [usize; 2] {
        let mut counts = [0; 2];
        for spot in self.spots() {
            counts[self.slot(spot).place().split().0] += 1;
        }
        counts
    }

    /// Puts each entry where `target` says. The targets are new segments with enough room; the
    /// nodes are theirs from now on, and `self` is only to be freed.
    fn distribute(self, marks: Marks, mut target: impl FnMut(Slot) -> (Seg<N>, Place)) {
        let due = self.header().due;
        for spot in self.spots() {
            let slot = match marks {
                Marks::Carry => self.slot(spot),
                Marks::Clear => self.slot(spot).stale(),
            };
            let (into, place) = target(slot);
            debug_assert!(into.at != self.at);
            let tag = self.bucket(spot.bucket).fingerprint(spot.slot);
            // SAFETY: the target is new, hence private, and has room.
            unsafe { into.put(slot.with_place(place), tag) };
            if slot.is_volatile() || slot.has_inner() {
                // SAFETY: as above.
                unsafe { into.note_due(Some(due)) };
            }
        }
    }

    /// Frees the segment's memory, not the nodes.
    ///
    /// # Safety
    /// `at` points at a segment of nodes `N` that nobody uses any more.
    pub(super) unsafe fn free(at: NonNull<u8>) {
        // SAFETY: the contract.
        let buckets = unsafe { at.cast::<Header>().as_ref() }.buckets;
        // SAFETY: the segment was allocated with this layout.
        unsafe { dealloc(at.as_ptr(), Self::layout(buckets as usize)) };
    }
}

/// When a node is due, and when something below it is.
#[derive(Clone, Copy)]
pub(super) struct Dues {
    pub(super) deadline: Option<i64>,
    pub(super) inner: Option<i64>,
}

impl Dues {
    #[inline]
    pub(super) fn of<N: Node>(node: N::Ref<'_>) -> Dues {
        Dues {
            deadline: N::deadline(node),
            inner: N::inner_due(node),
        }
    }

    /// The first of the two.
    #[inline]
    pub(super) fn earliest(self) -> Option<i64> {
        [self.deadline, self.inner].into_iter().flatten().min()
    }

    fn tags(self, fresh: bool) -> usize {
        let fresh = if fresh { FRESH } else { 0 };
        let volatile = if self.deadline.is_some() { VOLATILE } else { 0 };
        let inner = if self.inner.is_some() { INNER } else { 0 };
        fresh | volatile | inner
    }
}
