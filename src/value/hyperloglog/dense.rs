//! Dense registers: 6 bits each, from the lowest bit of the first byte on, 12 KB in all.
//!
//! ```text
//! byte 0     1         2
//! 11000000  22221111  33333322      the bits of registers 0, 1, 2, 3
//! ```
//!
//! Four registers take three bytes, so none lies in more than two.

use super::{Fault, HEADER_BYTES, Histogram, REGISTERS, Registers};

const BITS: usize = 6;
const MASK: u16 = (1 << BITS) - 1;

/// The bytes of all registers.
pub(super) const BYTES: usize = REGISTERS * BITS / 8;

/// The ranks of four registers.
#[inline]
fn unpack([a, b, c]: [u8; 3]) -> [u8; 4] {
    let bits = u32::from_le_bytes([a, b, c, 0]);
    [0, 6, 12, 18].map(|shift| (bits >> shift) as u8 & MASK as u8)
}

/// The bytes of four registers.
fn pack(ranks: [u8; 4]) -> [u8; 3] {
    let bits = ranks
        .iter()
        .rev()
        .fold(0, |bits, rank| bits << BITS | u32::from(*rank));
    let [a, b, c, _] = bits.to_le_bytes();
    [a, b, c]
}

/// Where register `register` begins: in which byte of the body, and at which bit of it.
fn position(register: usize) -> (usize, usize) {
    (register * BITS / 8, register * BITS % 8)
}

/// The two bytes a register lies in; behind the last one a zero is read.
fn window(body: &[u8], at: usize) -> u16 {
    let byte = |at: usize| body.get(at).copied().unwrap_or(0);
    u16::from_le_bytes([byte(at), byte(at + 1)])
}

/// What raises `register` of a dense HyperLogLog to `rank`: two bytes and where they go. None if it
/// is as high.
#[inline]
pub fn raised(hll: &[u8], register: usize, rank: u8) -> Option<(usize, [u8; 2])> {
    let body = hll.get(HEADER_BYTES..)?;
    let (at, shift) = position(register);
    let old = window(body, at);
    if old >> shift & MASK >= u16::from(rank) {
        return None;
    }
    let new = old & !(MASK << shift) | u16::from(rank) << shift;
    let [first, second] = new.to_le_bytes();
    // The last register ends with its byte: what is written then begins one byte earlier.
    match at + 1 < body.len() {
        true => Some((HEADER_BYTES + at, [first, second])),
        false => Some((HEADER_BYTES + at - 1, [body[at - 1], first])),
    }
}

/// Writes all registers behind `header`.
pub(super) fn from_registers(header: &[u8], registers: &Registers) -> Vec<u8> {
    let mut hll = Vec::with_capacity(header.len() + BYTES);
    hll.extend_from_slice(header);
    let (fours, _) = registers.as_chunks::<4>();
    for four in fours {
        hll.extend_from_slice(&pack(*four));
    }
    hll
}

/// How many registers have each rank.
pub(super) fn histogram(body: &[u8]) -> Histogram {
    let mut histogram = Histogram::new();
    let (threes, _) = body.as_chunks::<3>();
    for three in threes {
        for rank in unpack(*three) {
            histogram.add(rank, 1);
        }
    }
    histogram
}

/// Raises `registers` to those in `body`.
pub(super) fn merge_into(body: &[u8], registers: &mut Registers) {
    let (threes, _) = body.as_chunks::<3>();
    let (fours, _) = registers.as_chunks_mut::<4>();
    for (three, four) in threes.iter().zip(fours) {
        for (register, rank) in four.iter_mut().zip(unpack(*three)) {
            *register = (*register).max(rank);
        }
    }
}

/// Checks that all a register can hold comes back, beside others that stay; for PFSELFTEST.
pub(super) fn check(mut ranks: impl FnMut() -> u8) -> Result<(), Fault> {
    let mut hll = vec![0; HEADER_BYTES + BYTES];
    let mut twin: Registers = [0; REGISTERS];
    for round in 0..4 * REGISTERS {
        let register = round % REGISTERS;
        let rank = ranks() & MASK as u8;
        let higher = raised(&hll, register, rank);
        if higher.is_some() != (rank > twin[register]) {
            return Err(Fault::Corrupt);
        }
        if let Some((at, bytes)) = higher {
            hll[at..at + 2].copy_from_slice(&bytes);
        }
        twin[register] = twin[register].max(rank);
    }
    let mut read = [0; REGISTERS];
    merge_into(&hll[HEADER_BYTES..], &mut read);
    let same = read == twin && from_registers(&[0; HEADER_BYTES], &twin) == hll;
    same.then_some(()).ok_or(Fault::Corrupt)
}
