//! LZF, the compression of single strings.
//!
//! A stream of items, told apart by the upper three bits of their first byte:
//!
//! ```text
//! 000lllll  l+1 bytes                literal bytes, 1 to 32 of them
//! llloooooo oooooooo                 l+2 bytes from o+1 bytes before, l from 1 to 6
//! 111ooooo  llllllll oooooooo        l+9 bytes from o+1 bytes before
//! ```
//!
//! The compressor is made for many short strings: the table of places seen is not cleared between
//! two of them. Places count on from string to string, so one of an earlier string is known by
//! being below where this one began. What does not match is stepped over faster and faster, and
//! what cannot get shorter is given up when it has not.

/// A match has at least so many bytes.
const MATCH_MIN: usize = 3;
/// And at most so many.
const MATCH_MAX: usize = 264;
const DISTANCE_MAX: usize = 1 << 13;
const LITERALS_MAX: usize = 32;
const TABLE_BITS: u32 = 12;
/// So many misses make the steps one longer.
const MISSES_BITS: usize = 5;
/// A longer string is not taken: places are counted in 32 bits.
pub(super) const BYTES_MAX: usize = 1 << 30;

/// Compresses strings one by one.
#[derive(Clone, Debug)]
pub(super) struct Compressor {
    /// By hash, the place last seen of three bytes.
    table: Vec<u32>,
    /// Where the current string begins; 0 is before all of them.
    base: u32,
}

impl Default for Compressor {
    fn default() -> Compressor {
        Compressor {
            table: Vec::new(),
            base: 1,
        }
    }
}

impl Compressor {
    /// Appends `bytes` to `out` compressed, if that is shorter by more than `gain_min` bytes;
    /// whether it is. Else `out` is as it was.
    pub(super) fn compress(&mut self, bytes: &[u8], gain_min: usize, out: &mut Vec<u8>) -> bool {
        let Some(room) = bytes.len().checked_sub(gain_min + 1) else {
            return false;
        };
        if bytes.len() > BYTES_MAX {
            return false;
        }
        let base = self.begin(bytes.len());
        let from = out.len();
        // First byte not written yet, and the one looked at.
        let (mut literals, mut at, mut misses) = (0, 0, 0);
        while at + MATCH_MIN < bytes.len() {
            let slot = &mut self.table[hash(bytes, at)];
            let seen = std::mem::replace(slot, base + at as u32);
            let matched = match seen.checked_sub(base).map(|seen| seen as usize) {
                Some(seen) if at - seen <= DISTANCE_MAX => common(bytes, seen, at),
                _ => 0,
            };
            if matched < MATCH_MIN {
                misses += 1;
                at += 1 + (misses >> MISSES_BITS);
                continue;
            }
            put_literals(&bytes[literals..at], out);
            put_match(matched, at - (seen - base) as usize, out);
            at += matched;
            (literals, misses) = (at, 0);
            if out.len() - from > room {
                break;
            }
        }
        put_literals(&bytes[literals..], out);
        let shorter = out.len() - from <= room;
        if !shorter {
            out.truncate(from);
        }
        shorter
    }

    /// Where the places of a string of `len` bytes begin.
    fn begin(&mut self, len: usize) -> u32 {
        let end = self.base.checked_add(len as u32 + 1);
        if self.table.is_empty() || end.is_none() {
            self.table.clear();
            self.table.resize(1 << TABLE_BITS, 0);
            self.base = 1;
        }
        let begin = self.base;
        self.base += len as u32 + 1;
        begin
    }
}

/// Of the three bytes at `at`.
fn hash(bytes: &[u8], at: usize) -> usize {
    // The odd number nearest to 2^32 / the golden ratio.
    const FACTOR: u32 = 0x9e37_79b1;
    let three = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]);
    (three.wrapping_mul(FACTOR) >> (u32::BITS - TABLE_BITS)) as usize
}

/// How many bytes at `seen` are those at `at`, behind it.
fn common(bytes: &[u8], seen: usize, at: usize) -> usize {
    let ahead = &bytes[at..bytes.len().min(at + MATCH_MAX)];
    let pairs = bytes[seen..].iter().zip(ahead);
    pairs.take_while(|(a, b)| a == b).count()
}

fn put_literals(literals: &[u8], out: &mut Vec<u8>) {
    for run in literals.chunks(LITERALS_MAX) {
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
}

fn put_match(length: usize, distance: usize, out: &mut Vec<u8>) {
    debug_assert!((MATCH_MIN..=MATCH_MAX).contains(&length));
    debug_assert!((1..=DISTANCE_MAX).contains(&distance));
    let (length, offset) = (length - 2, distance - 1);
    let [high, low] = (offset as u16).to_be_bytes();
    if length < 7 {
        out.push((length as u8) << 5 | high);
    } else {
        out.push(7 << 5 | high);
        out.push((length - 7) as u8);
    }
    out.push(low);
}

/// Appends what `bytes` hold to `out`: `length` bytes. `None` if they do not hold that; then some
/// of it may have been appended.
pub(super) fn decompress(mut bytes: &[u8], length: usize, out: &mut Vec<u8>) -> Option<()> {
    let from = out.len();
    out.reserve_exact(length);
    while let Some((&first, rest)) = bytes.split_first() {
        bytes = rest;
        let room = length - (out.len() - from);
        let short = usize::from(first >> 5);
        if short == 0 {
            let (run, rest) = bytes.split_at_checked(usize::from(first) + 1)?;
            bytes = rest;
            if run.len() > room {
                return None;
            }
            out.extend_from_slice(run);
            continue;
        }
        let mut matched = short + 2;
        if short == 7 {
            let (&more, rest) = bytes.split_first()?;
            matched += usize::from(more);
            bytes = rest;
        }
        let (&low, rest) = bytes.split_first()?;
        bytes = rest;
        let distance = (usize::from(first & 0x1f) << 8 | usize::from(low)) + 1;
        if matched > room || distance > out.len() - from {
            return None;
        }
        let begin = out.len() - distance;
        if distance >= matched {
            out.extend_from_within(begin..begin + matched);
        } else {
            // It reaches into what it makes: the last `distance` bytes over and over.
            for at in begin..begin + matched {
                out.push(out[at]);
            }
        }
    }
    (out.len() - from == length).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(compressor: &mut Compressor, bytes: &[u8]) -> Option<usize> {
        let mut out = b"before".to_vec();
        if !compressor.compress(bytes, 0, &mut out) {
            assert_eq!(out, b"before");
            return None;
        }
        let compressed = &out[6..];
        assert!(compressed.len() < bytes.len());
        let mut plain = b"x".to_vec();
        decompress(compressed, bytes.len(), &mut plain).expect("what was compressed");
        assert_eq!(&plain[1..], bytes);
        // Nor is it taken for anything else, or anything else for it.
        for wrong in [0, bytes.len() - 1, bytes.len() + 1] {
            assert_eq!(decompress(compressed, wrong, &mut Vec::new()), None);
        }
        for cut in 0..compressed.len().min(100) {
            assert_eq!(
                decompress(&compressed[..cut], bytes.len(), &mut Vec::new()),
                None
            );
        }
        Some(compressed.len())
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut compressor = Compressor::default();
        for round in 0..3000 {
            let letters = 1 + rng.u8(..=255) % 16;
            let bytes: Vec<u8> = match rng.u8(..3) {
                0 => (0..rng.usize(..600)).map(|_| rng.u8(..letters)).collect(),
                1 => vec![b'x'; rng.usize(..3000)],
                _ => {
                    let word: Vec<u8> = (0..rng.usize(1..40)).map(|_| rng.u8(..)).collect();
                    word.repeat(rng.usize(1..500))
                }
            };
            if round % 500 == 0 {
                compressor.base = u32::MAX - rng.u32(..5000);
            }
            check(&mut compressor, &bytes);
        }
    }

    #[test]
    fn what_repeats_gets_short_and_chance_does_not() {
        let mut compressor = Compressor::default();
        assert!(check(&mut compressor, &[7; 100_000]).is_some_and(|len| len < 1200));
        assert!(check(&mut compressor, &b"hello world, ".repeat(8)).is_some_and(|len| len < 30));
        let mut rng = fastrand::Rng::with_seed(4);
        let chance: Vec<u8> = (0..10_000).map(|_| rng.u8(..)).collect();
        assert_eq!(check(&mut compressor, &chance), None);
        // The same again is far behind, and yet nothing of this string.
        assert_eq!(check(&mut compressor, &chance), None);
        for short in [&b""[..], b"a", b"aa", b"aaa"] {
            assert_eq!(check(&mut compressor, short), None);
        }
    }

    #[test]
    fn a_gain_can_be_asked_for() {
        let bytes = [1; 100];
        let mut compressor = Compressor::default();
        let mut out = Vec::new();
        assert!(compressor.compress(&bytes, 0, &mut out));
        let gain = bytes.len() - out.len();
        assert!(compressor.compress(&bytes, gain - 1, &mut out));
        assert!(!compressor.compress(&bytes, gain, &mut out));
        assert!(!compressor.compress(&bytes, 200, &mut out));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..rng.usize(..40)).map(|_| rng.u8(..)).collect();
            let length = rng.usize(..300);
            let mut out = Vec::new();
            if decompress(&bytes, length, &mut out).is_some() {
                assert_eq!(out.len(), length);
            }
        }
        // A match before anything is there.
        assert_eq!(decompress(&[0x20, 0], 3, &mut Vec::new()), None);
    }
}
