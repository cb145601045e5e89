//! One cache line of a segment: seven slots, their fingerprints, and how many went past.
//!
//! ```text
//! bytes   0      8      …      56                  63
//!         slot 0 slot 1 … slot 6 · 7 fingerprints · overflow
//! ```
//!
//! A *fingerprint* is the low byte of the entry's hash, never 0: 0 marks an empty slot. The
//! *overflow* counts entries at home in this bucket or before it that had to go past it: a search
//! ends where it is 0. It sticks at 255, which only equal hashes reach.
//!
//! A *slot* packs the node's address with what the table must know without going there:
//!
//! ```text
//! bits   63 … 49   48 … place marker     47 … 3    2      1         0
//!        place ─┴─ 1 ─┴─ 0 0             address   INNER  VOLATILE  FRESH
//! ```
//!
//! The *place* is where the hash stands within the segment: the bits of the hash behind those that
//! lead to the segment, as many as fit, then a 1, then zeros. [`PLACE_BITS`] of them choose the
//! home bucket, so a segment grows, splits and merges without reading its entries: a split takes
//! the first bit off, a merge puts it back, and only every fourth split of an entry has to hash
//! its key again. (Without this, growing by a factor of 1.4 read each entry's cache line again.)

use std::ptr::NonNull;

/// Slots in a bucket.
pub(super) const SLOTS: usize = 7;

/// Bits of a place that choose the home bucket.
pub(super) const PLACE_BITS: u32 = 12;

/// The node was made in the segment's version. Means something only in a private segment.
pub(super) const FRESH: usize = 1;

/// The node has a deadline.
pub(super) const VOLATILE: usize = 2;

/// Something below the node has a deadline.
pub(super) const INNER: usize = 4;

const ADDRESS: usize = 0x0000_ffff_ffff_fff8;
const PLACE_SHIFT: u32 = 48;

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const SLOT_HIGHS: u64 = 0x0080_8080_8080_8080;
const OVERFLOW_SHIFT: u32 = 56;
const OVERFLOW_MAX: u64 = 255;

/// A slot's content: a tagged address, or null.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Slot(*mut u8);

impl Slot {
    pub(super) const EMPTY: Slot = Slot(std::ptr::null_mut());

    /// A slot that points at `node`.
    #[inline]
    pub(super) fn new(node: NonNull<u8>, place: Place, tags: usize) -> Slot {
        let address = node.as_ptr().addr();
        // User space ends below 2^47 (2^48 on ARM) unless a program asks for more.
        assert!(
            address & !ADDRESS == 0,
            "an address has 48 bits and is aligned to 8"
        );
        debug_assert!(tags & !(FRESH | VOLATILE | INNER) == 0);
        let bits = usize::from(place.0) << PLACE_SHIFT | tags;
        Slot(node.as_ptr().map_addr(|address| address | bits))
    }

    #[inline]
    pub(super) fn node(self) -> Option<NonNull<u8>> {
        NonNull::new(self.0.map_addr(|bits| bits & ADDRESS))
    }

    #[inline]
    pub(super) fn is_fresh(self) -> bool {
        self.0.addr() & FRESH != 0
    }

    #[inline]
    pub(super) fn is_volatile(self) -> bool {
        self.0.addr() & VOLATILE != 0
    }

    #[inline]
    pub(super) fn has_inner(self) -> bool {
        self.0.addr() & INNER != 0
    }

    /// The same, with or without something below that has a deadline.
    #[inline]
    pub(super) fn with_inner(self, inner: bool) -> Slot {
        let tag = if inner { INNER } else { 0 };
        Slot(self.0.map_addr(|bits| bits & !INNER | tag))
    }

    /// The same without the mark of having been made in the segment's version.
    #[inline]
    pub(super) fn stale(self) -> Slot {
        Slot(self.0.map_addr(|bits| bits & !FRESH))
    }

    #[inline]
    pub(super) fn place(self) -> Place {
        // The shift leaves 16 bits.
        Place((self.0.addr() >> PLACE_SHIFT) as u16)
    }

    #[inline]
    pub(super) fn with_place(self, place: Place) -> Slot {
        let bits = usize::from(place.0) << PLACE_SHIFT;
        Slot(self.0.map_addr(|old| old & ((1 << PLACE_SHIFT) - 1) | bits))
    }
}

/// Where a hash stands within its segment, to some precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u16);

impl Place {
    /// The place of `hash` in a segment of `depth`, to the full precision of 15 bits.
    #[inline]
    pub(super) fn new(hash: u64, depth: u32) -> Place {
        Place(((hash << depth) >> 48) as u16 | 1)
    }

    /// The home bucket among `count`.
    #[inline]
    pub(super) fn home(self, count: usize) -> usize {
        ((usize::from(self.0) >> (16 - PLACE_BITS)) * count) >> PLACE_BITS
    }

    /// The half of the segment the place is in, and the place within that half, if it is still
    /// known well enough.
    #[inline]
    pub(super) fn split(self) -> (usize, Option<Place>) {
        let place = Place(self.0 << 1);
        let known = place.0.trailing_zeros() < 16 - PLACE_BITS;
        (usize::from(self.0 >> 15), known.then_some(place))
    }

    /// The place in the segment of which this one was `half`.
    #[inline]
    pub(super) fn merged(self, half: usize) -> Place {
        debug_assert!(half < 2);
        // At full precision the last bit known gives way to the marker.
        Place((half as u16) << 15 | self.0 >> 1 | self.0 & 1)
    }
}

/// The home bucket of `hash` among `count` in a segment of `depth`.
#[inline]
pub(super) fn home_of(hash: u64, depth: u32, count: usize) -> usize {
    // PLACE_BITS bits are left: no loss.
    (((hash << depth) >> (64 - PLACE_BITS)) as usize * count) >> PLACE_BITS
}

/// The byte that stands for `hash` in a bucket.
#[inline]
pub(super) fn fingerprint(hash: u64) -> u8 {
    let low = hash as u8;
    low + u8::from(low == 0)
}

/// Seven slots and what is known about them.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket {
    pub(super) slots: [Slot; SLOTS],
    /// The fingerprints in the low seven bytes, the overflow in the high one.
    tags: u64,
}

impl Bucket {
    pub(super) const EMPTY: Bucket = Bucket {
        slots: [Slot::EMPTY; SLOTS],
        tags: 0,
    };

    /// The slots with `fingerprint`; 0 finds the empty ones.
    #[inline]
    pub(super) fn matching(&self, fingerprint: u8) -> Matches {
        let differing = self.tags ^ (ONES * u64::from(fingerprint));
        // The high bit of a byte is set in the sum unless its low seven bits are zero; no carry
        // leaves a byte, so the match is exact.
        let nonzero = ((differing & LOW_SEVEN) + LOW_SEVEN) | differing;
        Matches(!nonzero & SLOT_HIGHS)
    }

    /// The slots in use.
    #[inline]
    pub(super) fn used(&self) -> Matches {
        Matches(!self.matching(0).0 & SLOT_HIGHS)
    }

    /// How many entries went past this bucket, up to 255.
    #[inline]
    pub(super) fn overflow(&self) -> u64 {
        self.tags >> OVERFLOW_SHIFT
    }

    #[inline]
    pub(super) fn count_overflow(&mut self) {
        if self.overflow() < OVERFLOW_MAX {
            self.tags += 1 << OVERFLOW_SHIFT;
        }
    }

    #[inline]
    pub(super) fn uncount_overflow(&mut self) {
        debug_assert!(self.overflow() > 0);
        if self.overflow() < OVERFLOW_MAX {
            self.tags -= 1 << OVERFLOW_SHIFT;
        }
    }

    #[inline]
    pub(super) fn fingerprint(&self, slot: usize) -> u8 {
        debug_assert!(slot < SLOTS);
        (self.tags >> (slot * 8)) as u8
    }

    #[inline]
    pub(super) fn fill(&mut self, index: usize, slot: Slot, fingerprint: u8) {
        debug_assert!(self.fingerprint(index) == 0 && fingerprint != 0);
        self.slots[index] = slot;
        self.tags |= u64::from(fingerprint) << (index * 8);
    }

    #[inline]
    pub(super) fn clear(&mut self, index: usize) {
        debug_assert!(self.fingerprint(index) != 0);
        self.slots[index] = Slot::EMPTY;
        self.tags &= !(0xff << (index * 8));
    }
}

/// Slots of one bucket, in order.
#[derive(Clone, Copy)]
pub(super) struct Matches(u64);

impl Iterator for Matches {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let index = self.0.trailing_zeros() / 8;
        self.0 &= self.0 - 1;
        Some(index as usize)
    }
}

const _: () = assert!(size_of::<Bucket>() == 64);
