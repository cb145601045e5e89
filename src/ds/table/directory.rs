//! The way from a hash to its segment: a top array of words, each leading to a sub-directory of
//! at most 1024 words, each leading to a segment.
//!
//! ```text
//! hash   ▏ top bits ▏ sub bits ▏ place in the segment …        ▏ fingerprint ▏
//!
//! top    [ sub, depth 2 ][ same ][ sub, depth 3 ][ sub, depth 3 ][ … ]            2^3 words
//!            │
//!            ▼
//! sub    [ seg, 95, depth 4 ][ seg, 47, depth 3 ][ same ][ … ]                    2^2 words
//! ```
//!
//! A word packs a pointer with what a lookup needs next, so that no header is read on the way: the
//! depth and bits of a sub-directory, the depth and bucket count of a segment. Sub-directories
//! are nodes with a version, path-copied like segments: to freeze a table only the top words are
//! copied. Each level doubles on its own, by at most 8 KB for a sub-directory; the top has a word
//! for some 100,000 keys.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::Node;
use super::segment::{NEVER, Seg};

/// Bits of the hash that one sub-directory resolves at most.
pub(super) const SUB_BITS_MAX: u32 = 10;

/// The deepest segment: position and home bucket lie within the top 48 bits of the hash.
pub(super) const DEPTH_MAX: u32 = 36;

/// Bits of the hash that a scan's cursor holds.
pub(super) const CURSOR_BITS: u32 = 48;

const ADDRESS: usize = 0x0000_ffff_ffff_ffff;
const HIGH_SHIFT: u32 = 48;
const BITS_SHIFT: u32 = 56;
const SEG_DEPTH: usize = 63;

/// The word that `bits` bits of `hash` behind the first `depth` select.
#[inline]
pub(super) fn index_of(hash: u64, depth: u32, bits: u32) -> usize {
    // In two steps, for `bits` may be 0.
    (((hash << depth) >> 1) >> (63 - bits)) as usize
}

/// A directory word that leads to a segment.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct SegWord(*mut u8);

impl SegWord {
    pub(super) fn new<N: Node>(seg: Seg<N>, depth: u32) -> SegWord {
        let raw = seg.as_raw().as_ptr();
        assert!(raw.addr() & !ADDRESS == 0 && raw.addr() & SEG_DEPTH == 0);
        debug_assert!(depth <= DEPTH_MAX && depth == seg.header().depth);
        SegWord(raw.map_addr(|at| at | seg.buckets() << HIGH_SHIFT | depth as usize))
    }

    #[inline]
    pub(super) fn depth(self) -> u32 {
        (self.0.addr() & SEG_DEPTH) as u32
    }

    #[inline]
    pub(super) fn seg<N: Node>(self) -> Seg<N> {
        let at = self.0.map_addr(|at| at & ADDRESS & !SEG_DEPTH);
        let at = NonNull::new(at).expect("a directory word is never null");
        // SAFETY: words are made of live segments of the directory's nodes only, and the
        // directory drops a word before its segment is freed.
        unsafe { Seg::from_raw(at, self.0.addr() >> HIGH_SHIFT) }
    }
}

/// A top word, which leads to a sub-directory.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct SubWord(*mut u8);

impl SubWord {
    pub(super) fn new<N: Node>(sub: Sub<N>) -> SubWord {
        let raw = sub.as_raw().as_ptr();
        assert!(raw.addr() & !ADDRESS == 0);
        let high = (sub.depth as usize) << HIGH_SHIFT | (sub.bits as usize) << BITS_SHIFT;
        SubWord(raw.map_addr(|at| at | high))
    }

    #[inline]
    pub(super) fn sub<N: Node>(self) -> Sub<N> {
        let at = self.0.map_addr(|at| at & ADDRESS);
        let at = NonNull::new(at).expect("a directory word is never null");
        let high = self.0.addr() >> HIGH_SHIFT;
        Sub {
            at: at.cast(),
            depth: (high & 0xff) as u32,
            bits: (high >> (BITS_SHIFT - HIGH_SHIFT)) as u32,
            nodes: PhantomData,
        }
    }
}

/// What a sub-directory knows of itself.
#[repr(C)]
pub(super) struct SubHeader {
    /// The version it was made in.
    pub(super) version: u64,
    /// No entry below needs to be looked at for its deadline before this moment.
    pub(super) due: i64,
    bits: u32,
    /// Segments to which a single word leads; without any, half of the words are enough.
    pub(super) deepest: u32,
}

/// A bare handle to a sub-directory; like [`Seg`] it says nothing of ownership.
pub(super) struct Sub<N> {
    at: NonNull<SubHeader>,
    /// Bits of the hash that lead here.
    pub(super) depth: u32,
    /// Bits of the hash that select a word here.
    pub(super) bits: u32,
    nodes: PhantomData<*const N>,
}

impl<N> Clone for Sub<N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Sub<N> {}

impl<N: Node> Sub<N> {
    /// A sub-directory with the words that `word` makes.
    pub(super) fn new(
        depth: u32,
        bits: u32,
        version: u64,
        word: impl Fn(usize) -> SegWord,
    ) -> Sub<N> {
        debug_assert!(bits <= SUB_BITS_MAX);
        let layout = Self::layout(bits);
        // SAFETY: the layout is not empty.
        let at = unsafe { alloc(layout) }.cast::<SubHeader>();
        let Some(at) = NonNull::new(at) else {
            handle_alloc_error(layout)
        };
        let header = SubHeader {
            version,
            due: NEVER,
            bits,
            deepest: 0,
        };
        // SAFETY: the allocation is ours, aligned, and has room for the header.
        unsafe { at.write(header) };
        let sub = Sub {
            at,
            depth,
            bits,
            nodes: PhantomData,
        };
        for index in 0..sub.len() {
            // SAFETY: the allocation has room for 2^bits words behind the header.
            unsafe { sub.words_at().add(index).write(word(index)) };
        }
        sub.count_deepest();
        sub
    }

    #[inline]
    pub(super) fn as_raw(self) -> NonNull<u8> {
        self.at.cast()
    }

    fn layout(bits: u32) -> Layout {
        let bytes = size_of::<SubHeader>() + (size_of::<SegWord>() << bits);
        Layout::from_size_align(bytes, align_of::<SubHeader>()).expect("some 8 KB")
    }

    pub(super) fn memory_bytes(self) -> usize {
        Self::layout(self.bits).size()
    }

    /// The number of words.
    #[inline]
    pub(super) fn len(self) -> usize {
        1 << self.bits
    }

    #[inline]
    fn words_at(self) -> NonNull<SegWord> {
        // SAFETY: the words follow the header in the same allocation.
        unsafe { self.at.add(1).cast() }
    }

    #[inline]
    pub(super) fn header<'a>(self) -> &'a SubHeader {
        // SAFETY: handles come from words of live sub-directories; writes need a private one and
        // no such reference.
        unsafe { self.at.as_ref() }
    }

    /// The header to change.
    ///
    /// # Safety
    /// The sub-directory is private, and no reference to its header is in use.
    #[inline]
    pub(super) unsafe fn header_mut<'a>(mut self) -> &'a mut SubHeader {
        // SAFETY: the contract.
        unsafe { self.at.as_mut() }
    }

    #[inline]
    pub(super) fn word(self, index: usize) -> SegWord {
        debug_assert!(index < self.len());
        // SAFETY: the index is within the words.
        unsafe { self.words_at().add(index).read() }
    }

    #[inline]
    pub(super) fn index(self, hash: u64) -> usize {
        index_of(hash, self.depth, self.bits)
    }

    /// The first of the words that lead where the word at `index` leads, and their number.
    pub(super) fn span(self, index: usize) -> (usize, usize) {
        let count = 1 << (self.depth + self.bits - self.word(index).depth());
        (index & !(count - 1), count)
    }

    /// Makes `count` words from `first` on lead to `seg`.
    ///
    /// # Safety
    /// The sub-directory is private.
    pub(super) unsafe fn point(self, first: usize, count: usize, seg: Seg<N>) {
        debug_assert!(first + count <= self.len());
        let depth = seg.header().depth;
        let word = SegWord::new(seg, depth);
        for index in first..first + count {
            // SAFETY: the index is within the words, the sub-directory private.
            unsafe { self.words_at().add(index).write(word) };
        }
    }

    /// Each segment once, with the index of its first word.
    pub(super) fn segments(self) -> impl Iterator<Item = (usize, Seg<N>)> {
        let mut index = 0;
        std::iter::from_fn(move || {
            if index == self.len() {
                return None;
            }
            let first = index;
            index += self.span(first).1;
            Some((first, self.word(first).seg()))
        })
    }

    /// Counts the segments to which a single word leads. For a new sub-directory.
    fn count_deepest(self) {
        let depth = self.depth + self.bits;
        let deep = |index: &usize| self.word(*index).depth() == depth;
        let deepest = (0..self.len()).filter(deep).count();
        // SAFETY: new, hence private. At most 1024.
        unsafe { self.header_mut() }.deepest = deepest as u32;
    }

    /// The same with another number of bits, at the same depth; may halve only where no segment
    /// is deepest.
    pub(super) fn resized(self, bits: u32, version: u64) -> Sub<N> {
        let new = Sub::new(self.depth, bits, version, |index| match bits > self.bits {
            true => self.word(index >> (bits - self.bits)),
            false => self.word(index << (self.bits - bits)),
        });
        new.inherit_due(self.header().due);
        new
    }

    /// A copy in `version`.
    pub(super) fn path_copy(self, version: u64) -> Sub<N> {
        self.resized(self.bits, version)
    }

    /// One half of the words, a level deeper.
    pub(super) fn half(self, half: usize, version: u64) -> Sub<N> {
        debug_assert!(self.bits > 0 && half < 2);
        let first = half << (self.bits - 1);
        let word = |index: usize| self.word(first + index);
        let new = Sub::new(self.depth + 1, self.bits - 1, version, word);
        new.inherit_due(self.header().due);
        new
    }

    /// Both buddies in one, a level higher.
    pub(super) fn joined(low: Sub<N>, high: Sub<N>, version: u64) -> Sub<N> {
        debug_assert!(low.depth == high.depth);
        let bits = low.bits.max(high.bits);
        let new = Sub::new(low.depth - 1, bits + 1, version, |index| {
            let (side, index) = (index >> bits, index & ((1 << bits) - 1));
            let sub = if side == 0 { low } else { high };
            sub.word(index >> (bits - sub.bits))
        });
        new.inherit_due(low.header().due.min(high.header().due));
        new
    }

    fn inherit_due(self, due: i64) {
        // SAFETY: new, hence private.
        unsafe { self.header_mut() }.due = due;
    }

    /// Frees the sub-directory's memory, not the segments.
    ///
    /// # Safety
    /// `at` points at a sub-directory that nobody uses any more.
    pub(super) unsafe fn free(at: NonNull<u8>) {
        // SAFETY: the contract.
        let bits = unsafe { at.cast::<SubHeader>().as_ref() }.bits;
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(at.as_ptr(), Self::layout(bits)) };
    }
}
