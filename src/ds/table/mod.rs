//! The segmented hash table: it grows a few cache lines at a time, can be frozen, and can be
//! scanned while it changes.
//!
//! A directory of two levels (`directory`) leads from the top bits of a hash to a segment
//! (`segment`) of up to 95 one-line buckets (`bucket`). A full segment grows by about 1.4, the
//! largest splits in two; buddies that became sparse merge. So the table's growth is spread over
//! its inserts: the worst one moves some 600 slots and a few KB of directory words. What a slot
//! points at is the owner's business ([`Node`]): the keyspace's entries, later the fields of a
//! hash.
//!
//! ```text
//! hash    63          16 15      0
//!         ├─ position ─┤ ├───────┤      position: directory, then home bucket
//!                              └ fingerprint
//! ```
//!
//! The *position*, the top 48 bits of the hash, orders everything: words of the directory, home
//! buckets in a segment. A scan's cursor is a position (48 bits, because JavaScript's numbers hold
//! 53), and returns the entries at home in the bucket there; the next cursor is where that bucket
//! ends. An entry that stays has one position whatever the table does between two calls, so none
//! is lost.
//!
//! **A lookup** reads the top word (hot), a word of a sub-directory (2 KB of them for 100,000
//! keys), one bucket and one entry: two cache misses where the table is large. It allocates
//! nothing and reads no header.
//!
//! **Memory**: a slot costs 64/7 bytes over the load, which moves between 58 and 87 %: some 12
//! bytes for each entry, and 1 % of headers and directory.
//!
//! **Changes** take the [`Epoch`] the table belongs to and keep its rules: sub-directory, segment
//! and node are copied, in this order, before what a frozen root reaches would be written. A
//! segment that is rebuilt anyway needs no copy first; only its FRESH marks are dropped on the
//! way. Entries are freed by dropping the node; memory of the table only here, by
//! [`Detached`] and by `Epoch::retire`.
//!
//! Unsafe code: slots and words are tagged raw pointers (8 bytes where an `Arc` and a separate
//! hash would take 16 or more), and private nodes are written in place while another thread reads
//! frozen ones. The tests run under Miri:
//! `MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --lib -- ds::table keyspace`,
//! some ten minutes.
#![expect(
    unsafe_code,
    reason = "raw versioned nodes; see the module's last paragraph"
)]

mod bucket;
#[cfg(test)]
mod check;
mod directory;
mod due;
mod frozen;
mod hash;
mod opened;
mod resize;
mod sample;
mod scan;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ptr::NonNull;

use self::directory::{SegWord, Sub, SubWord, index_of};
pub use self::due::Sweep;
pub use self::frozen::{Frozen, FrozenTable};
pub use self::hash::Seed;
pub use self::opened::Opened;
pub use self::sample::Among;
use self::segment::{Dues, Seg, Spot, capacity};
use super::epoch::Epoch;

/// The owner of what a slot points at.
///
/// # Safety
/// `into_raw` gives an address below 2^48, aligned to 8; `from_raw` and `borrow` undo it. The node
/// may be read by several threads through references, and dropped by any.
pub unsafe trait Node: Sized + Send + Sync + 'static {
    /// The node, to read.
    type Ref<'a>: Copy + Keyed<'a>;

    /// What of the node may be changed in place: neither its key nor its deadline.
    type Mut<'a>;

    fn into_raw(self) -> NonNull<u8>;

    /// The owner again.
    ///
    /// # Safety
    /// `raw` comes from `into_raw`, and is not used as an owner any more.
    unsafe fn from_raw(raw: NonNull<u8>) -> Self;

    /// What `raw` owns.
    ///
    /// # Safety
    /// `raw` comes from `into_raw`, and for `'a` the node is neither changed (but for what is
    /// atomic) nor dropped.
    unsafe fn borrow<'a>(raw: NonNull<u8>) -> Self::Ref<'a>;

    /// What `raw` owns, to change.
    ///
    /// # Safety
    /// `raw` comes from `into_raw`, and for `'a` nobody else uses the node.
    unsafe fn borrow_mut<'a>(raw: NonNull<u8>) -> Self::Mut<'a>;

    fn by_ref(&self) -> Self::Ref<'_>;

    /// The moment the node is due, if there is one.
    fn deadline(node: Self::Ref<'_>) -> Option<i64>;

    /// The moment something below the node is due, if anything there has a deadline. Where it
    /// changes other than by [`Opened::update`], [`Opened::note_inner_due`] must be told.
    fn inner_due(_node: Self::Ref<'_>) -> Option<i64> {
        None
    }

    /// An equal node that shares what lies below.
    fn path_copy(node: Self::Ref<'_>) -> Self;

    /// Whether dropping the node takes long enough to be another thread's work.
    fn is_heavy(node: Self::Ref<'_>) -> bool;

    /// Bytes that dropping the node frees, about. `below`: also what lies below it, which a copy
    /// made by [`Node::path_copy`] would share.
    fn held_bytes(_node: Self::Ref<'_>, _below: bool) -> usize {
        0
    }

    /// A digest of all that a frozen node must not change: key, value and deadline.
    fn digest(node: Self::Ref<'_>) -> u64;

    /// The hash of a key.
    #[inline]
    fn hash(seed: Seed, key: &[u8]) -> u64 {
        seed.hash(key)
    }
}

/// What has a key.
pub trait Keyed<'a> {
    fn key(self) -> &'a [u8];
}

/// A hash table of nodes. It is emptied by [`Table::detach`]; a table that is dropped otherwise
/// leaks its nodes.
pub struct Table<N> {
    /// 2^bits words.
    top: Vec<SubWord>,
    bits: u32,
    seed: Seed,
    len: usize,
    volatile: usize,
    /// Entries with something below that has a deadline.
    inner: usize,
    subs: usize,
    /// Sub-directories to which a single top word leads.
    deepest: usize,
    /// Memory of segments and sub-directories.
    bytes: usize,
    nodes: PhantomData<N>,
}

// SAFETY: the table owns its nodes, which are `Send` and `Sync`.
unsafe impl<N: Node> Send for Table<N> {}

/// A table's structure in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub top_words: usize,
    pub sub_directories: usize,
    pub segments: usize,
    /// Buckets of seven slots.
    pub buckets: usize,
    /// Segments by the bits of the hash that lead to them.
    pub depths: BTreeMap<u32, usize>,
}

/// A table's content on its way to be dropped.
pub struct Detached<N: Node>(Table<N>);

/// The way to a segment.
struct Path<N> {
    sub: Sub<N>,
    index: usize,
    word: SegWord,
}

impl<N: Node> Table<N> {
    /// An empty table, which takes no memory.
    pub fn new(seed: Seed) -> Table<N> {
        Table {
            top: Vec::new(),
            bits: 0,
            seed,
            len: 0,
            volatile: 0,
            inner: 0,
            subs: 0,
            deepest: 0,
            bytes: 0,
            nodes: PhantomData,
        }
    }

    /// The number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of entries with a deadline.
    #[inline]
    pub fn volatile(&self) -> usize {
        self.volatile
    }

    /// The number of entries with something below that has a deadline.
    #[inline]
    pub fn inner_volatile(&self) -> usize {
        self.inner
    }

    /// Bytes of memory the table takes beside its nodes.
    pub fn memory_bytes(&self) -> usize {
        self.bytes + self.top.capacity() * size_of::<SubWord>()
    }

    /// The structure in figures. Walks all segments.
    pub fn shape(&self) -> Shape {
        let mut shape = Shape {
            top_words: self.top.len(),
            sub_directories: self.subs,
            ..Shape::default()
        };
        for (_, seg) in self.subs().flat_map(Sub::segments) {
            shape.segments += 1;
            shape.buckets += seg.buckets();
            *shape.depths.entry(seg.header().depth).or_default() += 1;
        }
        shape
    }

    /// The hash of `key` in this table.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        N::hash(self.seed, key)
    }

    /// The hash of `key` in every table of this seed.
    #[inline]
    pub fn hash_under(seed: Seed, key: &[u8]) -> u64 {
        N::hash(seed, key)
    }

    /// The node of `key`.
    #[inline]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<N::Ref<'_>> {
        if self.top.is_empty() {
            return None;
        }
        let word = self.path(hash).word;
        let seg = word.seg::<N>();
        let spot = seg.find(hash, word.depth(), key)?;
        Some(self.node_at(seg, spot))
    }

    /// The node of `key`, unless it is due at `now`: then it is removed, after `due` saw it.
    #[inline]
    pub fn find_live(
        &mut self,
        epoch: &mut Epoch,
        hash: u64,
        key: &[u8],
        now: i64,
        due: impl FnOnce(N::Ref<'_>),
    ) -> Option<N::Ref<'_>> {
        if self.top.is_empty() {
            return None;
        }
        let word = self.path(hash).word;
        let seg = word.seg::<N>();
        let spot = seg.find(hash, word.depth(), key)?;
        if seg.slot(spot).is_volatile() && is_due::<N>(self.node_at(seg, spot), now) {
            due(self.node_at(seg, spot));
            self.remove(epoch, hash, key);
            return None;
        }
        Some(self.node_at(seg, spot))
    }

    /// What keys are hashed under.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Opens the entry of `key` for a change.
    #[inline]
    pub fn open<'a>(
        &'a mut self,
        epoch: &'a mut Epoch,
        hash: u64,
        key: &[u8],
    ) -> Option<Opened<'a, N>> {
        if self.top.is_empty() {
            return None;
        }
        let word = self.path(hash).word;
        let mut seg = word.seg::<N>();
        let spot = seg.find(hash, word.depth(), key)?;
        if epoch.is_frozen() {
            self.make_private(epoch, hash);
            seg = self.path(hash).word.seg();
        }
        Some(Opened {
            table: self,
            epoch,
            hash,
            seg,
            spot,
        })
    }

    /// Puts a node in whose key has no entry yet.
    pub fn insert(&mut self, epoch: &mut Epoch, hash: u64, node: N) {
        debug_assert!(self.find(hash, node.by_ref().key()).is_none());
        if self.top.is_empty() {
            self.plant(epoch);
        }
        let path = loop {
            let path = self.private_path(epoch, hash);
            let seg = path.word.seg::<N>();
            if (seg.header().len as usize) < capacity(seg.buckets()) {
                break path;
            }
            self.make_room(epoch, hash);
        };
        self.len += 1;
        let dues = Dues::of::<N>(node.by_ref());
        self.volatile += usize::from(dues.deadline.is_some());
        self.inner += usize::from(dues.inner.is_some());
        note_due(path.sub, dues.earliest());
        let seg = path.word.seg();
        // SAFETY: the path is private, the segment below its capacity.
        unsafe { seg.insert(hash, path.word.depth(), node, epoch.is_frozen()) };
    }

    /// Removes the entry of `key`; whether there was one.
    pub fn remove(&mut self, epoch: &mut Epoch, hash: u64, key: &[u8]) -> bool {
        match self.open(epoch, hash, key) {
            Some(entry) => {
                entry.remove();
                true
            }
            None => false,
        }
    }

    /// Takes everything out at once: a few pointers change hands. While something is frozen the
    /// content may be dropped only after that, so it goes to [`Epoch::discard`].
    pub fn detach(&mut self, epoch: &mut Epoch) {
        let content = std::mem::replace(self, Table::new(self.seed));
        if !content.top.is_empty() {
            let bytes = content.about_bytes();
            epoch.discard(Box::new(Detached(content)), bytes);
        }
    }

    /// Begins to load the bucket of `hash`.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        if !self.top.is_empty() {
            let word = self.path(hash).word;
            word.seg::<N>().prefetch_home(hash, word.depth());
        }
    }

    /// Begins to load what an insertion at `hash` will read and write.
    #[inline]
    pub fn prefetch_room(&self, hash: u64) {
        if !self.top.is_empty() {
            let word = self.path(hash).word;
            let seg = word.seg::<N>();
            seg.prefetch_header();
            seg.prefetch_home(hash, word.depth());
        }
    }

    /// Begins to load the entry of `hash`, whose bucket should have arrived.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        if !self.top.is_empty() {
            let word = self.path(hash).word;
            word.seg::<N>().prefetch_node(hash, word.depth());
        }
    }

    #[inline]
    fn node_at(&self, seg: Seg<N>, spot: Spot) -> N::Ref<'_> {
        self.borrowed(seg.slot(spot).node().expect("a used slot is not null"))
    }

    /// What a slot of this table points at.
    #[inline]
    fn borrowed(&self, node: NonNull<u8>) -> N::Ref<'_> {
        // SAFETY: the slot belongs to this table; a change of the entry borrows the table.
        unsafe { N::borrow(node) }
    }

    #[inline]
    fn path(&self, hash: u64) -> Path<N> {
        let sub = self.top[index_of(hash, 0, self.bits)].sub::<N>();
        let index = sub.index(hash);
        Path {
            sub,
            index,
            word: sub.word(index),
        }
    }

    /// The path to a segment that may be written.
    #[inline]
    fn private_path(&mut self, epoch: &mut Epoch, hash: u64) -> Path<N> {
        if epoch.is_frozen() {
            self.make_private(epoch, hash);
        }
        self.path(hash)
    }

    /// Makes sure that sub-directory and segment may be written.
    #[cold]
    fn make_private(&mut self, epoch: &mut Epoch, hash: u64) {
        self.private_sub(epoch, hash);
        self.copy_segment(epoch, hash);
    }

    /// Makes sure the sub-directory may be written.
    fn private_sub(&mut self, epoch: &mut Epoch, hash: u64) -> Sub<N> {
        let sub = self.path(hash).sub;
        if epoch.is_private(sub.header().version) {
            return sub;
        }
        let copy = sub.path_copy(epoch.version());
        self.replace_sub(epoch, hash, sub, copy);
        copy
    }

    fn copy_segment(&mut self, epoch: &mut Epoch, hash: u64) {
        let path = self.path(hash);
        let seg = path.word.seg::<N>();
        if !epoch.is_private(seg.header().version) {
            self.replace_seg(epoch, &path, seg.path_copy(epoch.version()));
        }
    }
}

impl<N: Node> Drop for Detached<N> {
    fn drop(&mut self) {
        for sub in self.0.subs() {
            for (_, seg) in sub.segments() {
                for spot in seg.spots() {
                    let node = seg.slot(spot).node().expect("a used slot is not null");
                    // SAFETY: the table owned its nodes; each is in one slot.
                    drop(unsafe { N::from_raw(node) });
                }
                // SAFETY: the nodes are dropped, and nobody else reaches the segment.
                unsafe { Seg::<N>::free(seg.as_raw()) };
            }
            // SAFETY: nobody else reaches the sub-directory.
            unsafe { Sub::<N>::free(sub.as_raw()) };
        }
    }
}

/// Moves the moment the sub-directory, which is private, is due forward to `due`.
#[inline]
fn note_due<N: Node>(sub: Sub<N>, due: Option<i64>) {
    if let Some(due) = due
        && due < sub.header().due
    {
        // SAFETY: callers hold a private path.
        unsafe { sub.header_mut() }.due = due;
    }
}

#[inline]
fn is_due<N: Node>(node: N::Ref<'_>, now: i64) -> bool {
    N::deadline(node).is_some_and(|deadline| deadline <= now)
}

/// Each sub-directory under `top` once.
fn subs_of<N: Node>(top: &[SubWord], bits: u32) -> impl Iterator<Item = Sub<N>> {
    let mut index = 0;
    std::iter::from_fn(move || {
        let sub = top.get(index)?.sub::<N>();
        index += 1 << (bits - sub.depth);
        Some(sub)
    })
}

/// Who else reaches a node that leaves the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    ByNobody,
    /// By a frozen root.
    Frozen,
    /// By a frozen root, and a copy stays that shares what lies below.
    FrozenAndCopied,
}

impl Reached {
    #[inline]
    fn unless(private: bool) -> Reached {
        match private {
            true => Reached::ByNobody,
            false => Reached::Frozen,
        }
    }
}

/// Frees a node: now if nobody reaches it and it is light.
///
/// # Safety
/// No slot of the live table points at `node` any more; `reached` tells whether a frozen root
/// does.
unsafe fn retire_node<N: Node>(epoch: &mut Epoch, node: NonNull<u8>, reached: Reached) {
    /// # Safety
    /// Nobody uses the node any more.
    unsafe fn free<N: Node>(at: NonNull<u8>) {
        // SAFETY: the contract.
        drop(unsafe { N::from_raw(at) });
    }
    // SAFETY: the node lives until it is freed below.
    let borrowed = unsafe { N::borrow(node) };
    if reached != Reached::ByNobody {
        let bytes = N::held_bytes(borrowed, reached == Reached::Frozen);
        // SAFETY: the contract.
        unsafe { epoch.keep(node, free::<N>, bytes) };
    } else if N::is_heavy(borrowed) {
        let bytes = N::held_bytes(borrowed, true);
        // SAFETY: nobody uses the node any more.
        epoch.hand_over(Box::new(unsafe { N::from_raw(node) }), bytes);
    } else {
        // SAFETY: nobody uses the node any more.
        unsafe { free::<N>(node) };
    }
}
