//! Bits in runs of bytes: counted, searched and combined as fast as memory gives them.
//!
//! Bit 0 is the highest bit of the first byte, as everywhere in Redis. All loops go over blocks
//! of whole words without branches, so that the compiler makes vector code of them; the bits that
//! share a byte with a range's ends are treated apart.

/// The number of bits set in `bytes`.
///
/// Carry-save adders (Harley and Seal; see Warren, "Hacker's Delight") add up 16 words bit by bit
/// before anything is counted: one population count per 128 bytes instead of 16, which matters
/// where the instruction for it may not be assumed. Four such sums run side by side.
pub fn count_ones(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
    let mut sixteens = 0;
    let (mut ones, mut twos, mut fours, mut eights) =
        ([0; LANES], [0; LANES], [0; LANES], [0; LANES]);
    for block in blocks {
        let row = |index: usize| lanes(&block[index * ROW_BYTES..(index + 1) * ROW_BYTES]);
        let mut eight = [[0; LANES]; 2];
        for (half, eight) in eight.iter_mut().enumerate() {
            let mut four = [[0; LANES]; 2];
            for (quarter, four) in four.iter_mut().enumerate() {
                let at = half * 8 + quarter * 4;
                let first = add(&mut ones, row(at), row(at + 1));
                let second = add(&mut ones, row(at + 2), row(at + 3));
                *four = add(&mut twos, first, second);
            }
            *eight = add(&mut fours, four[0], four[1]);
        }
        sixteens += population(add(&mut eights, eight[0], eight[1]));
    }
    let sums = 16 * sixteens
        + 8 * population(eights)
        + 4 * population(fours)
        + 2 * population(twos)
        + population(ones);
    let (words, rest) = rest.as_chunks::<8>();
    let words: u64 = words
        .iter()
        .map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()))
        .sum();
    let rest: u64 = rest.iter().map(|byte| u64::from(byte.count_ones())).sum();
    sums + words + rest
}

/// Words added side by side.
const LANES: usize = 4;
const ROW_BYTES: usize = LANES * size_of::<u64>();
const BLOCK_BYTES: usize = 16 * ROW_BYTES;

type Lanes = [u64; LANES];

#[inline(always)]
fn lanes(row: &[u8]) -> Lanes {
    let (words, _) = row.as_chunks::<8>();
    std::array::from_fn(|lane| u64::from_ne_bytes(words[lane]))
}

/// A full adder for every bit: the sum's low bits into `sum`, its carries returned.
#[inline(always)]
fn add(sum: &mut Lanes, first: Lanes, second: Lanes) -> Lanes {
    std::array::from_fn(|lane| {
        let half = sum[lane] ^ first[lane];
        let carry = (sum[lane] & first[lane]) | (half & second[lane]);
        sum[lane] = half ^ second[lane];
        carry
    })
}

#[inline(always)]
fn population(lanes: Lanes) -> u64 {
    lanes.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The index of the first byte that is not `byte`.
pub fn find_other(bytes: &[u8], byte: u8) -> Option<usize> {
    const STRIDE: usize = 64;
    let (blocks, rest) = bytes.as_chunks::<STRIDE>();
    let differs = |block: &[u8]| block.iter().fold(0, |sum, other| sum | (other ^ byte)) != 0;
    let from = match blocks.iter().position(|block| differs(block)) {
        Some(index) => index * STRIDE,
        None => bytes.len() - rest.len(),
    };
    let other = bytes[from..].iter().position(|other| *other != byte);
    other.map(|index| from + index)
}

/// How two operands become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    And,
    Or,
    Xor,
}

/// `target` becomes `target` op `other`, byte by byte; an operand that is shorter than the other
/// counts as padded with zeros, but `target` does not grow.
pub fn combine(op: Op, target: &mut [u8], other: &[u8]) {
    let shared = target.len().min(other.len());
    let (head, tail) = target.split_at_mut(shared);
    let pairs = head.iter_mut().zip(other);
    match op {
        Op::And => {
            pairs.for_each(|(target, other)| *target &= other);
            tail.fill(0);
        }
        Op::Or => pairs.for_each(|(target, other)| *target |= other),
        Op::Xor => pairs.for_each(|(target, other)| *target ^= other),
    }
}

/// Inverts every bit.
pub fn invert(bytes: &mut [u8]) {
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_at_every_length_and_alignment() {
        let mut random = fastrand::Rng::with_seed(3);
        let bytes: Vec<u8> = (0..3 * BLOCK_BYTES + 77).map(|_| random.u8(..)).collect();
        for from in [0, 1, 7, 8, 63] {
            for to in (from..bytes.len()).step_by(13).chain([bytes.len()]) {
                let naive: u32 = bytes[from..to].iter().map(|byte| byte.count_ones()).sum();
                assert_eq!(
                    count_ones(&bytes[from..to]),
                    u64::from(naive),
                    "{from}..{to}"
                );
            }
        }
        assert_eq!(count_ones(&[0xff; 100_003]), 800_024);
    }

    #[test]
    fn finds_the_first_other_byte() {
        for len in [0, 1, 63, 64, 65, 200, 1000] {
            let mut bytes = vec![0xff; len];
            assert_eq!(find_other(&bytes, 0xff), None);
            for at in (0..len).rev() {
                bytes[at] = 0x7f;
                assert_eq!(find_other(&bytes, 0xff), Some(at), "{len}");
            }
        }
    }

    #[test]
    fn combines_operands_of_any_length() {
        let cases: [(Op, &[u8]); 3] = [
            (Op::And, &[0b1000, 0, 0]),
            (Op::Or, &[0b1110, 0xff, 5]),
            (Op::Xor, &[0b0110, 0xff, 5]),
        ];
        for (op, want) in cases {
            let mut target = [0b1100, 0xff, 5];
            combine(op, &mut target, &[0b1010, 0]);
            assert_eq!(target, want, "{op:?}");
            let mut short = [0b1100];
            combine(op, &mut short, &[0b1010, 0xff]);
            assert_eq!(short[0], want[0], "{op:?}");
        }
        let mut bytes = [0, 0xf0, 0xff];
        invert(&mut bytes);
        assert_eq!(bytes, [0xff, 0x0f, 0]);
    }
}
