//! Walks a whole table and asserts every invariant of its structure.

use super::bucket::{fingerprint, home_of};
use super::directory::{DEPTH_MAX, SUB_BITS_MAX, Sub, index_of};
use super::segment::{Seg, Spot};
use super::{Keyed, Node, Table, subs_of};
use crate::ds::epoch::Epoch;

impl<N: Node> Table<N> {
    /// Asserts that the structure is sound.
    pub(super) fn check(&self, epoch: &Epoch) {
        if self.top.is_empty() {
            assert_eq!((self.len, self.volatile, self.bytes), (0, 0, 0));
            return;
        }
        assert_eq!(self.top.len(), 1 << self.bits);
        let (mut len, mut volatile, mut bytes, mut deepest) = (0, 0, 0, 0);
        let mut prefix = 0;
        let subs: Vec<_> = subs_of::<N>(&self.top, self.bits).collect();
        for sub in &subs {
            let span = 1 << (self.bits - sub.depth);
            let words = &self.top[prefix..prefix + span];
            assert!(
                words
                    .iter()
                    .all(|word| word.sub::<N>().as_raw() == sub.as_raw())
            );
            assert!(sub.bits <= SUB_BITS_MAX && sub.depth <= self.bits);
            assert!(sub.header().version <= epoch.version());
            deepest += usize::from(sub.depth == self.bits);
            let prefix_bits = (prefix as u64) << (63 - self.bits) << 1;
            let (sub_len, sub_volatile, sub_bytes) = self.check_sub(*sub, prefix_bits, epoch);
            (len, volatile) = (len + sub_len, volatile + sub_volatile);
            bytes += sub_bytes + sub.memory_bytes();
            prefix += span;
        }
        assert_eq!(
            (self.len, self.volatile, self.bytes),
            (len, volatile, bytes)
        );
        assert_eq!((self.subs, self.deepest), (subs.len(), deepest));
    }

    fn check_sub(&self, sub: Sub<N>, prefix: u64, epoch: &Epoch) -> (usize, usize, usize) {
        let (mut len, mut volatile, mut bytes, mut deepest) = (0, 0, 0, 0);
        for (first, seg) in sub.segments() {
            let (start, count) = sub.span(first);
            assert_eq!(start, first);
            let same = |index| sub.word(index).seg::<N>().as_raw() == seg.as_raw();
            assert!((first..first + count).all(same));
            let depth = sub.word(first).depth();
            assert_eq!(depth, seg.header().depth);
            assert!(depth >= sub.depth && depth <= DEPTH_MAX);
            assert!(seg.header().version <= epoch.version());
            if epoch.is_frozen() && seg.header().version == epoch.version() {
                // A private node has private ancestors only.
                assert_eq!(sub.header().version, epoch.version());
            }
            assert!(seg.header().volatile == 0 || sub.header().due <= seg.header().due);
            deepest += u32::from(count == 1);
            len += seg.header().len as usize;
            volatile += seg.header().volatile as usize;
            bytes += seg.memory_bytes();
            let shift = 63 - sub.depth - sub.bits;
            self.check_segment(seg, prefix | (first as u64) << shift << 1, depth);
        }
        assert_eq!(sub.header().deepest, deepest);
        (len, volatile, bytes)
    }

    fn check_segment(&self, seg: Seg<N>, prefix: u64, depth: u32) {
        let mut passed = vec![0u64; seg.buckets()];
        let (mut len, mut volatile) = (0, 0);
        for spot @ Spot { bucket, slot } in seg.spots() {
            let word = seg.slot(spot);
            let node = self.node_at(seg, spot);
            let hash = N::hash(self.seed, node.key());
            assert_eq!(index_of(hash, 0, depth), index_of(prefix, 0, depth));
            let home = home_of(hash, depth, seg.buckets());
            assert_eq!(word.place().home(seg.buckets()), home);
            assert_eq!(seg.bucket(bucket).fingerprint(slot), fingerprint(hash));
            assert_eq!(word.is_volatile(), N::deadline(node).is_some());
            assert_eq!(word.has_inner(), N::inner_due(node).is_some());
            let found = seg
                .find(hash, depth, node.key())
                .expect("every entry is found");
            assert_eq!((found.bucket, found.slot), (bucket, slot));
            let mut index = home;
            while index != bucket {
                passed[index] += 1;
                index = seg.bucket_after(index);
            }
            len += 1;
            volatile += u32::from(word.is_volatile());
        }
        assert_eq!((seg.header().len, seg.header().volatile), (len, volatile));
        for (index, &passed) in passed.iter().enumerate() {
            let bucket = seg.bucket(index);
            assert!(bucket.overflow() == passed || bucket.overflow() == 255);
        }
    }
}
