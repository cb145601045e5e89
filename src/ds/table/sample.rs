//! Samples: some entries that lie together at a random place.
//!
//! The keys are hashed, so neighbours have nothing to do with each other: whoever wants a random
//! sample of entries may take them from one or two buckets. That costs a directory word, two or
//! three lines of buckets, and the entries themselves, which are loaded all at once.
//!
//! A sample of entries with a deadline does not look at those without: slots say which is which,
//! segments how many there are, and a sub-directory of 100,000 entries whether there may be any.

use fastrand::Rng;

use super::directory::CURSOR_BITS;
use super::scan::segment_range;
use super::segment::{NEVER, Seg};
use super::{Node, Path, Table};
use crate::ds::prefetch::prefetch;

/// Which entries count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    All,
    /// Those with a deadline.
    Volatile,
}

/// Entries loaded at once.
const AT_ONCE: usize = 16;

/// Entries by which all are judged.
const JUDGED: usize = 64;

/// Places looked at where one does not have enough entries.
const PLACES_MAX: usize = 4;

impl Among {
    fn count<N: Node>(self, seg: Seg<N>) -> usize {
        let header = seg.header();
        match self {
            Among::All => header.len as usize,
            Among::Volatile => header.volatile as usize,
        }
    }
}

impl<N: Node> Table<N> {
    /// The number of entries that count.
    #[inline]
    pub fn population(&self, among: Among) -> usize {
        match among {
            Among::All => self.len(),
            Among::Volatile => self.volatile(),
        }
    }

    /// Visits some entries from random places: at least one if there is one that counts, at most
    /// `count`; one may be visited twice.
    pub fn sample<'a>(
        &'a self,
        random: &mut Rng,
        among: Among,
        count: usize,
        mut visit: impl FnMut(N::Ref<'a>),
    ) {
        let population = self.population(among);
        let mut wanted = count.min(population);
        for _ in 0..PLACES_MAX {
            if wanted == 0 {
                return;
            }
            let Some(seg) = self.segment_near(random.u64(..), among) else {
                return;
            };
            wanted -= self.sample_of(seg, random, among, wanted, &mut visit);
            if among.count(seg) == population {
                // Another place would be this one again.
                return;
            }
        }
    }

    /// Bytes of the table and its entries, judged by a few of these.
    pub(super) fn about_bytes(&self) -> usize {
        let (mut entries, mut bytes) = (0, 0);
        let mut random = Rng::with_seed(self.len() as u64);
        self.sample(&mut random, Among::All, JUDGED, |node| {
            entries += 1;
            bytes += N::held_bytes(node, true);
        });
        self.memory_bytes() + self.len() * (bytes / entries.max(1))
    }

    /// Visits up to `wanted` entries of a segment, from a random bucket on; how many.
    fn sample_of<'a>(
        &'a self,
        seg: Seg<N>,
        random: &mut Rng,
        among: Among,
        wanted: usize,
        visit: &mut impl FnMut(N::Ref<'a>),
    ) -> usize {
        let first = random.usize(..seg.buckets());
        let buckets = (first..seg.buckets()).chain(0..first);
        let slots = buckets.flat_map(|index| {
            let bucket = seg.bucket(index);
            bucket.used().map(|slot| bucket.slots[slot])
        });
        let mut nodes = slots
            .filter(|slot| among == Among::All || slot.is_volatile())
            .filter_map(|slot| slot.node())
            .take(wanted);
        let mut visited = 0;
        loop {
            let mut loading = [None; AT_ONCE];
            for (place, node) in loading.iter_mut().zip(&mut nodes) {
                prefetch(node);
                *place = Some(node);
            }
            for node in loading.into_iter().flatten() {
                visit(self.borrowed(node));
                visited += 1;
            }
            if loading[AT_ONCE - 1].is_none() {
                return visited;
            }
        }
    }

    /// The segment where `hash` leads, or the next in which an entry counts.
    fn segment_near(&self, hash: u64, among: Among) -> Option<Seg<N>> {
        if self.population(among) == 0 {
            return None;
        }
        let near = self.path(hash).word.seg::<N>();
        if among.count(near) > 0 {
            return Some(near);
        }
        let start = hash >> (64 - CURSOR_BITS);
        self.segment_from(start, among)
            .or_else(|| self.segment_from(0, among))
    }

    /// The first segment at `position` or behind it in which an entry counts.
    fn segment_from(&self, mut position: u64, among: Among) -> Option<Seg<N>> {
        while position >> CURSOR_BITS == 0 {
            let Path { sub, index, .. } = self.path(position << (64 - CURSOR_BITS));
            let may_count = among == Among::All || sub.header().due != NEVER;
            if may_count {
                let first = sub.span(index).0;
                let counts = |&(at, seg): &(usize, Seg<N>)| at >= first && among.count(seg) > 0;
                if let Some((_, seg)) = sub.segments().find(counts) {
                    return Some(seg);
                }
            }
            position = segment_range(position, sub.depth).1;
        }
        None
    }
}
