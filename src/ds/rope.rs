//! A long string as a tree of shared chunks: cheap to clone, cheap to change in place.
//!
//! A flat string of 512 MB takes 60 ms to copy and as long to grow; no command may cost that. A
//! rope holds its bytes in chunks of [`CHUNK_BYTES`], and the chunks in groups of
//! [`GROUP_CHUNKS`]; both are shared by reference count, so a clone of 512 MB counts 128
//! references up and a write copies only the shared group and chunk on its path.
//!
//! ```text
//! groups   [ Arc ──┐  Arc  Arc ]                     4 MB of text each, but the last
//!                  └▶ [ Arc ──┐  Arc … ]             64 chunks, but in the last group
//!                             └▶ Vec of 65536 bytes  full, but the last chunk
//! ```
//!
//! Because only the last of each level may be short, position `i` is found by division. A gap
//! that a write leaves behind the end is filled with one chunk of zeros, shared as often as
//! needed: SETRANGE at 512 MB of an empty key allocates some 130 KB.

use std::ops::Range;
use std::sync::Arc;

/// Bytes in every chunk but the last, which holds at least one.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks in every group but the last.
const GROUP_CHUNKS: usize = 64;

const GROUP_BYTES: usize = GROUP_CHUNKS * CHUNK_BYTES;

/// A shared run of bytes: the unit in which a rope is copied, shared and replied.
pub type Chunk = Arc<Vec<u8>>;

type Group = Vec<Chunk>;

/// A long string of bytes.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    groups: Vec<Arc<Group>>,
    len: usize,
}

impl Rope {
    /// An empty rope.
    pub fn new() -> Rope {
        Rope::default()
    }

    /// The length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The byte at `index`, if it is within the rope.
    #[inline]
    pub fn byte(&self, index: usize) -> Option<u8> {
        if index >= self.len {
            return None;
        }
        let chunk = &self.groups[index / GROUP_BYTES][index % GROUP_BYTES / CHUNK_BYTES];
        Some(chunk[index % CHUNK_BYTES])
    }

    /// The bytes of `range` in order, as pieces `chunk[from..to]`, for whoever wants to share
    /// them. The range must lie within the rope.
    pub fn chunks(&self, range: Range<usize>) -> impl Iterator<Item = (&Chunk, usize, usize)> {
        assert!(range.start <= range.end && range.end <= self.len);
        let first = range.start / CHUNK_BYTES;
        let count = match range.is_empty() {
            true => 0,
            false => range.end.div_ceil(CHUNK_BYTES) - first,
        };
        (first..first + count).map(move |index| {
            let at = index * CHUNK_BYTES;
            let from = range.start.saturating_sub(at);
            let to = (range.end - at).min(CHUNK_BYTES);
            let chunk = &self.groups[index / GROUP_CHUNKS][index % GROUP_CHUNKS];
            (chunk, from, to)
        })
    }

    /// The bytes of `range` in order, as slices. The range must lie within the rope.
    pub fn slices(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        self.chunks(range).map(|(chunk, from, to)| &chunk[from..to])
    }

    /// Calls `each` with every slice of `range`, in order.
    pub fn for_each(&self, range: Range<usize>, each: impl FnMut(&[u8])) {
        self.slices(range).for_each(each);
    }

    /// All bytes in one vector.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        self.for_each(0..self.len, |slice| bytes.extend_from_slice(slice));
        bytes
    }

    /// Bytes of memory held, those shared with other ropes included and each mention counted.
    pub fn memory_bytes(&self) -> usize {
        let chunk_bytes = |chunk: &Chunk| chunk.capacity() + size_of::<Vec<u8>>() + ARC_BYTES;
        let group_bytes = |group: &Arc<Group>| {
            let chunks: usize = group.iter().map(chunk_bytes).sum();
            chunks + group.capacity() * size_of::<Chunk>() + size_of::<Group>() + ARC_BYTES
        };
        let groups: usize = self.groups.iter().map(group_bytes).sum();
        groups + self.groups.capacity() * size_of::<Arc<Group>>()
    }

    /// Appends `bytes`.
    pub fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = self.len % CHUNK_BYTES;
            let taken = bytes.len().min(CHUNK_BYTES - used);
            let (head, tail) = bytes.split_at(taken);
            if used == 0 {
                let mut chunk = Vec::with_capacity(room_for(taken));
                chunk.extend_from_slice(head);
                self.push_chunk(Arc::new(chunk));
            } else {
                let chunk = self.chunk_mut(self.len / CHUNK_BYTES, taken);
                chunk.extend_from_slice(head);
                self.len += taken;
            }
            bytes = tail;
        }
    }

    /// Appends `bytes`, which become a chunk as they stand if that is possible: the rope ends on
    /// a full chunk, and they fill exactly one.
    pub fn append_vec(&mut self, bytes: Vec<u8>) {
        if self.len.is_multiple_of(CHUNK_BYTES) && bytes.len() == CHUNK_BYTES {
            self.push_chunk(Arc::new(bytes));
        } else {
            self.append(&bytes);
        }
    }

    /// Appends `count` zeros.
    pub fn append_zeros(&mut self, count: usize) {
        let end = self.len + count;
        if !self.len.is_multiple_of(CHUNK_BYTES) {
            let taken = count.min(CHUNK_BYTES - self.len % CHUNK_BYTES);
            let chunk = self.chunk_mut(self.len / CHUNK_BYTES, taken);
            chunk.resize(chunk.len() + taken, 0);
            self.len += taken;
        }
        if end - self.len >= CHUNK_BYTES {
            let zeros = Arc::new(vec![0; CHUNK_BYTES]);
            while end - self.len >= CHUNK_BYTES && !self.len.is_multiple_of(GROUP_BYTES) {
                self.push_chunk(Arc::clone(&zeros));
            }
            if end - self.len >= GROUP_BYTES {
                let group = Arc::new(vec![Arc::clone(&zeros); GROUP_CHUNKS]);
                while end - self.len >= GROUP_BYTES {
                    self.groups.push(Arc::clone(&group));
                    self.len += GROUP_BYTES;
                }
            }
            while end - self.len >= CHUNK_BYTES {
                self.push_chunk(Arc::clone(&zeros));
            }
        }
        if end > self.len {
            self.push_chunk(Arc::new(vec![0; end - self.len]));
        }
    }

    /// Overwrites the bytes from `offset` on with `bytes`, and appends what reaches beyond the
    /// end; a gap before `offset` is filled with zeros.
    pub fn write_at(&mut self, offset: usize, mut bytes: &[u8]) {
        if offset > self.len {
            self.append_zeros(offset - self.len);
        }
        let mut at = offset;
        while at < self.len && !bytes.is_empty() {
            let from = at % CHUNK_BYTES;
            let taken = bytes.len().min(CHUNK_BYTES - from).min(self.len - at);
            let (head, tail) = bytes.split_at(taken);
            self.chunk_mut(at / CHUNK_BYTES, 0)[from..from + taken].copy_from_slice(head);
            at += taken;
            bytes = tail;
        }
        self.append(bytes);
    }

    /// Appends a chunk behind full ones. It is the last, or full.
    fn push_chunk(&mut self, chunk: Chunk) {
        debug_assert!(self.len.is_multiple_of(CHUNK_BYTES));
        debug_assert!((1..=CHUNK_BYTES).contains(&chunk.len()));
        if self.len.is_multiple_of(GROUP_BYTES) {
            self.groups.push(Arc::new(Vec::new()));
        }
        self.len += chunk.len();
        let last = self
            .groups
            .last_mut()
            .expect("there is one, or was made above");
        Arc::make_mut(last).push(chunk);
    }

    /// Chunk `index`, which exists, to change and to extend by `more` bytes; copied if shared.
    fn chunk_mut(&mut self, index: usize, more: usize) -> &mut Vec<u8> {
        let group = Arc::make_mut(&mut self.groups[index / GROUP_CHUNKS]);
        let chunk = &mut group[index % GROUP_CHUNKS];
        let len = chunk.len() + more;
        if Arc::get_mut(chunk).is_none() {
            let mut copy = Vec::with_capacity(room_for(len));
            copy.extend_from_slice(chunk);
            *chunk = Arc::new(copy);
        }
        let bytes = Arc::make_mut(chunk);
        if len > bytes.capacity() {
            bytes.reserve_exact(room_for(len) - bytes.len());
        }
        bytes
    }
}

impl From<&[u8]> for Rope {
    fn from(bytes: &[u8]) -> Rope {
        let mut rope = Rope::new();
        rope.append(bytes);
        rope
    }
}

/// What the two counts of an `Arc` take before its value.
const ARC_BYTES: usize = 2 * size_of::<usize>();

/// The capacity of a last chunk of `len` bytes: doubling, but never beyond a full chunk.
fn room_for(len: usize) -> usize {
    len.next_power_of_two().min(CHUNK_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every invariant the module doc names, and the text itself.
    fn check(rope: &Rope, model: &[u8]) {
        assert_eq!(rope.len(), model.len());
        assert!(rope.to_vec() == model, "text differs");
        let chunks: Vec<&Chunk> = rope.groups.iter().flat_map(|group| group.iter()).collect();
        assert_eq!(chunks.len(), model.len().div_ceil(CHUNK_BYTES));
        for (index, chunk) in chunks.iter().enumerate() {
            let want = (model.len() - index * CHUNK_BYTES).min(CHUNK_BYTES);
            assert_eq!(chunk.len(), want, "chunk {index}");
            assert!(chunk.capacity() <= CHUNK_BYTES);
        }
        for (index, group) in rope.groups.iter().enumerate() {
            let want = (chunks.len() - index * GROUP_CHUNKS).min(GROUP_CHUNKS);
            assert_eq!(group.len(), want, "group {index}");
        }
    }

    fn write_model(model: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if model.len() < end {
            model.resize(end, 0);
        }
        model[offset..end].copy_from_slice(bytes);
    }

    /// Lengths around every boundary of the structure.
    fn some_len(random: &mut fastrand::Rng) -> usize {
        let near = [0, 1, 100, CHUNK_BYTES, 2 * CHUNK_BYTES, 200_000];
        let len = near[random.usize(..near.len())] + random.usize(..5);
        len.saturating_sub(2)
    }

    #[test]
    fn agrees_with_a_vector_and_leaves_clones_alone() {
        for seed in 0..30 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut rope, mut model) = (Rope::new(), Vec::new());
            let mut clones: Vec<(Rope, Vec<u8>)> = Vec::new();
            for _ in 0..40 {
                let len = some_len(&mut random);
                let bytes: Vec<u8> = (0..len).map(|_| random.u8(..)).collect();
                match random.u8(..10) {
                    0..3 => {
                        rope.append(&bytes);
                        model.extend_from_slice(&bytes);
                    }
                    3..7 => {
                        let offset = random.usize(..=model.len() + 1);
                        rope.write_at(offset, &bytes);
                        write_model(&mut model, offset, &bytes);
                    }
                    7 => {
                        let offset = model.len() + some_len(&mut random) * 3;
                        rope.write_at(offset, &bytes);
                        write_model(&mut model, offset, &bytes);
                    }
                    8 => {
                        rope.append_vec(bytes.clone());
                        model.extend_from_slice(&bytes);
                    }
                    _ => clones.push((rope.clone(), model.clone())),
                }
                if model.len() > 3_000_000 {
                    break;
                }
            }
            check(&rope, &model);
            for _ in 0..50 {
                let to = random.usize(..=model.len());
                let from = random.usize(..=to);
                assert!(rope.slices(from..to).collect::<Vec<_>>().concat() == model[from..to]);
                assert_eq!(rope.byte(to), model.get(to).copied());
            }
            for (clone, model) in &clones {
                check(clone, model);
            }
        }
    }

    #[test]
    fn ranges_at_every_boundary() {
        let model: Vec<u8> = (0..3 * CHUNK_BYTES + 7).map(|i| (i % 251) as u8).collect();
        let rope = Rope::from(&model[..]);
        let mut bounds = vec![0, model.len(), model.len() - 1];
        for edge in [CHUNK_BYTES, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES] {
            bounds.extend([edge - 1, edge, edge + 1]);
        }
        for &from in &bounds {
            for &to in bounds.iter().filter(|&&to| to >= from) {
                let pieces: Vec<_> = rope.slices(from..to).collect();
                assert!(pieces.concat() == model[from..to], "{from}..{to}");
                assert!(pieces.iter().all(|piece| !piece.is_empty()), "{from}..{to}");
            }
        }
    }

    #[test]
    fn zeros_are_shared_across_groups() {
        let mut rope = Rope::new();
        rope.append(b"head");
        rope.write_at(512 * 1024 * 1024 - 1, b"x");
        assert_eq!(rope.len(), 512 * 1024 * 1024);
        assert_eq!(rope.groups.len(), 128);
        // Groups 2 to 127 are one group, and its chunks one chunk.
        assert!(Arc::ptr_eq(&rope.groups[1], &rope.groups[126]));
        assert!(Arc::ptr_eq(&rope.groups[1][0], &rope.groups[127][0]));
        let copy = rope.clone();
        rope.write_at(GROUP_BYTES * 3 + 5, b"middle");
        assert_eq!(rope.byte(GROUP_BYTES * 3 + 5), Some(b'm'));
        assert_eq!(rope.byte(GROUP_BYTES * 4 + 5), Some(0));
        assert_eq!(copy.byte(GROUP_BYTES * 3 + 5), Some(0));
        assert_eq!(copy.byte(copy.len() - 1), Some(b'x'));
        assert_eq!(copy.byte(copy.len()), None);
    }
}
