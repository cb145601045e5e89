//! Ways through a table: a cursor that survives changes, a fair random entry, and all entries.

use fastrand::Rng;

use super::bucket::{PLACE_BITS, home_of};
use super::directory::{CURSOR_BITS, DEPTH_MAX};
use super::segment::{Seg, Spot};
use super::{Node, Table, subs_of};

/// The hashes at a position begin here.
const POSITION_SHIFT: u32 = 64 - CURSOR_BITS;

/// A segment is taken at random in the share of hashes it covers, then accepted in proportion to
/// its density, up to this many times the average: 5 standard deviations of a segment's 200
/// entries lie below. (Only equal hash prefixes make denser ones; their entries are drawn less
/// often than is fair.)
const DENSITY_MAX: f64 = 1.5;

/// Random slots tried in a segment before its entries are counted off.
const SLOT_TRIES: u32 = 64;

impl<N: Node> Table<N> {
    /// Visits the entries at home in the bucket at `cursor`; the cursor of the next bucket, or 0
    /// at the end. Starting from 0 until 0 comes back, every entry that was there all the time is
    /// visited; some may be visited twice if the table changes in between.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(N::Ref<'a>)) -> u64 {
        if self.top.is_empty() || cursor >> CURSOR_BITS != 0 {
            return 0;
        }
        let hash = cursor << POSITION_SHIFT;
        let word = self.path(hash).word;
        let (seg, depth) = (word.seg::<N>(), word.depth());
        let home = home_of(hash, depth, seg.buckets());
        for spot in at_home(seg, home) {
            visit(self.node_at(seg, spot));
        }
        // The first place whose home comes later, in units of the position.
        let place = ((home as u64 + 1) << PLACE_BITS).div_ceil(seg.buckets() as u64);
        let (start, end) = segment_range(cursor, depth);
        let next = (start + (place << (DEPTH_MAX - depth))).min(end);
        if next >> CURSOR_BITS == 0 { next } else { 0 }
    }

    /// An entry, each as likely as any other.
    pub fn random(&self, random: &mut Rng) -> Option<N::Ref<'_>> {
        if self.is_empty() {
            return None;
        }
        let density_max = self.len as f64 * DENSITY_MAX;
        loop {
            let word = self.path(random.u64(..)).word;
            let seg = word.seg::<N>();
            let density = f64::from(seg.header().len) * (word.depth() as f64).exp2();
            if random.f64() * density_max < density {
                return Some(self.node_at(seg, random_spot(seg, random)));
            }
        }
    }

    /// All entries, in the order of a scan but for those that overflow.
    pub fn iter(&self) -> impl Iterator<Item = N::Ref<'_>> {
        let segs = subs_of::<N>(&self.top, self.bits).flat_map(|sub| sub.segments());
        segs.flat_map(move |(_, seg)| seg.spots().map(move |spot| self.node_at(seg, spot)))
    }
}

/// The entries whose home is the bucket `home`.
fn at_home<N: Node>(seg: Seg<N>, home: usize) -> impl Iterator<Item = Spot> {
    let mut next = Some(home);
    let mut left = seg.buckets();
    let buckets = std::iter::from_fn(move || {
        let index = next?;
        left -= 1;
        let more = seg.bucket(index).overflow() > 0 && left > 0;
        next = more.then(|| seg.bucket_after(index));
        Some(index)
    });
    buckets
        .flat_map(move |bucket| {
            seg.bucket(bucket)
                .used()
                .map(move |slot| Spot { bucket, slot })
        })
        .filter(move |&spot| seg.slot(spot).place().home(seg.buckets()) == home)
}

/// An entry of a segment that has some.
fn random_spot<N: Node>(seg: Seg<N>, random: &mut Rng) -> Spot {
    for _ in 0..SLOT_TRIES {
        let bucket = random.usize(..seg.buckets());
        let slot = random.usize(..super::bucket::SLOTS);
        if seg.bucket(bucket).fingerprint(slot) != 0 {
            return Spot { bucket, slot };
        }
    }
    let nth = random.usize(..seg.header().len as usize);
    seg.spots().nth(nth).expect("below the number of entries")
}

/// The positions of the segment of `depth` around `position`: from the first to behind the last.
pub(super) fn segment_range(position: u64, depth: u32) -> (u64, u64) {
    let shift = CURSOR_BITS - depth;
    let start = position >> shift << shift;
    (start, start + (1 << shift))
}
