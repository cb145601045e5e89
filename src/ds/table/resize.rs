//! Growing and shrinking: segments change their size, split and merge; so do sub-directories and
//! the top.
//!
//! Every function leaves the table whole. What is replaced goes through `Epoch::retire`; a segment
//! that is rebuilt is read only, so it needs no private copy first, but the sub-directory that
//! points at it does.

use super::directory::{DEPTH_MAX, SUB_BITS_MAX, SegWord, Sub, SubWord, index_of};
use super::segment::{BUCKETS_MAX, Marks, Seg, buckets_for, capacity};
use super::{Node, Path, Table, subs_of};
use crate::ds::epoch::Epoch;

/// Top words that may be spent on equal prefixes, for each sub-directory.
const TOP_WORDS_PER_SUB: usize = 16;
const TOP_WORDS_MIN: usize = 1024;

/// Two buddies of together so many entries become one.
const MERGED_LEN_MAX: usize = BUCKETS_MAX * 7 * 7 / 8 / 2;

/// The largest buddies that become one sub-directory.
const MERGED_SUB_BITS_MAX: u32 = SUB_BITS_MAX - 2;

impl<N: Node> Table<N> {
    /// The first segment.
    pub(super) fn plant(&mut self, epoch: &Epoch) {
        let seg = Seg::<N>::new(1, 0, epoch.version());
        let sub = Sub::<N>::new(0, 0, epoch.version(), |_| SegWord::new(seg, 0));
        self.bytes += seg.memory_bytes() + sub.memory_bytes();
        self.top = vec![SubWord::new(sub)];
        (self.bits, self.subs, self.deepest) = (0, 1, 1);
    }

    /// Gives the full segment of `hash` more room: a larger one, or two.
    pub(super) fn make_room(&mut self, epoch: &mut Epoch, hash: u64) {
        let sub = self.private_sub(epoch, hash);
        let path = self.path(hash);
        let seg = path.word.seg::<N>();
        let depth = path.word.depth();
        if seg.buckets() >= BUCKETS_MAX && depth < DEPTH_MAX {
            if depth < sub.depth + sub.bits {
                self.split(epoch, &path);
                return;
            }
            if self.deepen(epoch, hash) {
                return;
            }
            // Equal prefixes: no directory is worth telling them apart.
        }
        self.rebuild(epoch, &path, buckets_for(capacity(seg.buckets())));
    }

    /// Moves the entries of a segment into one of `buckets`. The sub-directory is private.
    fn rebuild(&mut self, epoch: &mut Epoch, path: &Path<N>, buckets: usize) {
        let old = path.word.seg::<N>();
        let new = Seg::new(buckets, path.word.depth(), epoch.version());
        old.move_into(new, marks(epoch, old));
        self.replace_seg(epoch, path, new);
    }

    /// Splits a segment to which several words lead. The sub-directory is private.
    fn split(&mut self, epoch: &mut Epoch, path: &Path<N>) {
        let old = path.word.seg::<N>();
        let depth = path.word.depth() + 1;
        // By real counts: a half sized by hope can be full before it is filled.
        let halves = old
            .halves()
            .map(|len| Seg::new(buckets_for(len), depth, epoch.version()));
        let seed = self.seed;
        old.split_into(halves, marks(epoch, old), |key| N::hash(seed, key));
        let (first, count) = path.sub.span(path.index);
        for (half, &seg) in halves.iter().enumerate() {
            // SAFETY: the sub-directory is private.
            unsafe { path.sub.point(first + half * count / 2, count / 2, seg) };
            self.bytes += seg.memory_bytes();
        }
        if count == 2 {
            // SAFETY: as above.
            unsafe { path.sub.header_mut() }.deepest += 2;
        }
        self.retire_seg(epoch, old);
    }

    /// Doubles the words by which the segment of `hash` can be told from its neighbours; whether
    /// that is worth it. The sub-directory is private.
    fn deepen(&mut self, epoch: &mut Epoch, hash: u64) -> bool {
        let sub = self.path(hash).sub;
        let version = epoch.version();
        if sub.bits < SUB_BITS_MAX {
            self.replace_sub(epoch, hash, sub, sub.resized(sub.bits + 1, version));
            return true;
        }
        if sub.depth == self.bits {
            if self.top.len() >= TOP_WORDS_MIN.max(self.subs * TOP_WORDS_PER_SUB) {
                return false;
            }
            self.top = self.top.iter().flat_map(|&word| [word, word]).collect();
            self.bits += 1;
            self.deepest = 0;
        }
        let (first, count) = self.top_span(hash, sub.depth);
        for half in 0..2 {
            let new = sub.half(half, version);
            self.bytes += new.memory_bytes();
            let from = first + half * count / 2;
            self.top[from..from + count / 2].fill(SubWord::new(new));
        }
        self.subs += 1;
        self.deepest += if count == 2 { 2 } else { 0 };
        self.retire_sub(epoch, sub);
        true
    }

    /// After a removal: shrinks the segment of `hash`, merges it with its buddy, and what leads
    /// to them, if they became sparse. The path is private.
    pub(super) fn slim(&mut self, epoch: &mut Epoch, hash: u64) {
        if self.len == 0 {
            self.uproot(epoch);
            return;
        }
        let path = self.path(hash);
        let seg = path.word.seg::<N>();
        let len = seg.header().len as usize;
        // Looking at the buddy costs a cache miss: not every time.
        if len.is_multiple_of(8) && len <= MERGED_LEN_MAX / 2 && path.word.depth() > 0 {
            while self.merge(epoch, hash) {}
        } else if seg.buckets() > 1 && len * 4 < capacity(seg.buckets()) {
            self.rebuild(epoch, &path, buckets_for(len + len / 2));
        }
    }

    /// Merges the segment of `hash` with its buddy, if together they are small.
    fn merge(&mut self, epoch: &mut Epoch, hash: u64) -> bool {
        let path = self.path(hash);
        let depth = path.word.depth();
        if depth == path.sub.depth {
            return depth > 0 && self.merge_subs(epoch, hash);
        }
        let (first, count) = path.sub.span(path.index);
        let low = first & !count;
        let words = [path.sub.word(low), path.sub.word(low + count)];
        let segs = words.map(|word| word.seg::<N>());
        let len = segs
            .iter()
            .map(|seg| seg.header().len as usize)
            .sum::<usize>();
        if words.iter().any(|word| word.depth() != depth) || len > MERGED_LEN_MAX {
            return false;
        }
        let parent = Seg::new(buckets_for(len), depth - 1, epoch.version());
        for (half, seg) in segs.into_iter().enumerate() {
            seg.merge_into(parent, half, marks(epoch, seg));
            self.retire_seg(epoch, seg);
        }
        self.bytes += parent.memory_bytes();
        // SAFETY: the sub-directory is private.
        unsafe { path.sub.point(low, count * 2, parent) };
        if count == 1 {
            // SAFETY: as above.
            unsafe { path.sub.header_mut() }.deepest -= 2;
            self.halve_sub(epoch, hash);
        }
        true
    }

    /// Halves the sub-directory of `hash` as often as no segment needs the last bit.
    fn halve_sub(&mut self, epoch: &mut Epoch, hash: u64) {
        let mut sub = self.path(hash).sub;
        while sub.bits > 0 && sub.header().deepest == 0 {
            let half = sub.resized(sub.bits - 1, epoch.version());
            self.replace_sub(epoch, hash, sub, half);
            sub = half;
        }
    }

    /// Joins the sub-directory of `hash` with its buddy, if both are small.
    fn merge_subs(&mut self, epoch: &mut Epoch, hash: u64) -> bool {
        let sub = self.path(hash).sub;
        let (first, count) = self.top_span(hash, sub.depth);
        let low = first & !count;
        let [low_sub, high_sub] = [low, low + count].map(|at| self.top[at].sub::<N>());
        let fits = |sub: Sub<N>| sub.bits <= MERGED_SUB_BITS_MAX;
        if low_sub.depth != high_sub.depth || !fits(low_sub) || !fits(high_sub) {
            return false;
        }
        let joined = Sub::joined(low_sub, high_sub, epoch.version());
        self.bytes += joined.memory_bytes();
        self.top[low..low + 2 * count].fill(SubWord::new(joined));
        self.subs -= 1;
        self.retire_sub(epoch, low_sub);
        self.retire_sub(epoch, high_sub);
        if count == 1 {
            self.deepest -= 2;
        }
        while self.bits > 0 && self.deepest == 0 {
            self.top = self.top.iter().copied().step_by(2).collect();
            self.bits -= 1;
            let deep = |index: &usize| self.top[*index].sub::<N>().depth == self.bits;
            self.deepest = (0..self.top.len()).filter(deep).count();
        }
        true
    }

    /// Frees the segments of an empty table.
    pub(super) fn uproot(&mut self, epoch: &mut Epoch) {
        let content = std::mem::replace(self, Table::new(self.seed));
        for sub in content.subs() {
            for (_, seg) in sub.segments() {
                self.retire_seg(epoch, seg);
            }
            self.retire_sub(epoch, sub);
        }
        self.bytes = 0;
    }

    /// Each sub-directory once.
    pub(super) fn subs(&self) -> impl Iterator<Item = Sub<N>> {
        subs_of(&self.top, self.bits)
    }

    /// The top words that lead to the sub-directory of `depth` for `hash`.
    fn top_span(&self, hash: u64, depth: u32) -> (usize, usize) {
        let shift = self.bits - depth;
        (index_of(hash, 0, depth) << shift, 1 << shift)
    }

    /// Puts `new` in the place of `old`, which leads to the same segments.
    pub(super) fn replace_sub(&mut self, epoch: &mut Epoch, hash: u64, old: Sub<N>, new: Sub<N>) {
        let (first, count) = self.top_span(hash, old.depth);
        self.top[first..first + count].fill(SubWord::new(new));
        self.bytes += new.memory_bytes();
        self.retire_sub(epoch, old);
    }

    /// Puts `new` in the place of the path's segment. The sub-directory is private.
    pub(super) fn replace_seg(&mut self, epoch: &mut Epoch, path: &Path<N>, new: Seg<N>) {
        let (first, count) = path.sub.span(path.index);
        // SAFETY: the sub-directory is private.
        unsafe { path.sub.point(first, count, new) };
        self.bytes += new.memory_bytes();
        self.retire_seg(epoch, path.word.seg());
    }

    fn retire_seg(&mut self, epoch: &mut Epoch, seg: Seg<N>) {
        self.bytes = self.bytes.wrapping_sub(seg.memory_bytes());
        let private = epoch.is_private(seg.header().version);
        // SAFETY: no word leads there any more; its nodes have moved.
        unsafe { epoch.retire(seg.as_raw(), Seg::<N>::free, private, seg.memory_bytes()) };
    }

    fn retire_sub(&mut self, epoch: &mut Epoch, sub: Sub<N>) {
        self.bytes = self.bytes.wrapping_sub(sub.memory_bytes());
        let private = epoch.is_private(sub.header().version);
        // SAFETY: no word leads there any more; its segments have moved.
        unsafe { epoch.retire(sub.as_raw(), Sub::<N>::free, private, sub.memory_bytes()) };
    }
}

/// What becomes of FRESH marks when the entries of `seg` move into a segment made now.
fn marks<N: Node>(epoch: &Epoch, seg: Seg<N>) -> Marks {
    match epoch.is_private(seg.header().version) {
        true => Marks::Carry,
        false => Marks::Clear,
    }
}
