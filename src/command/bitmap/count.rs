//! Bits counted and searched in a range of a string.

use std::ops::Range;

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::command::text;
use crate::ds::bits;
use crate::value::string::Text;

/// BITCOUNT key [start [end [BYTE | BIT]]]
pub(in crate::command) fn bitcount(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let bounds = Bounds::parse(args)?;
    if let Some(entry) = call.db.read(key) {
        let mut digits = itoa::Buffer::new();
        let string = entry.value().string()?.text(&mut digits);
        let count = count(string, bounds.bits(string.len(), text::within));
        call.reply.int(i64::try_from(count).unwrap_or(i64::MAX));
        return Ok(());
    }
    call.reply.int(0);
    call.missed(key);
    Ok(())
}

/// BITPOS key bit [start [end [BYTE | BIT]]]
pub(in crate::command) fn bitpos(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let bit = match args.int()? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::NOT_A_BIT),
    };
    let bounds = Bounds::parse(args)?;
    if let Some(entry) = call.db.read(key) {
        let mut digits = itoa::Buffer::new();
        let string = entry.value().string()?.text(&mut digits);
        let range = bounds.bits(string.len(), text::within_clamped);
        let position = match find(string, range.clone(), bit) {
            Some(position) => i64::try_from(position).unwrap_or(i64::MAX),
            // With no end given, the string counts as followed by zeros.
            None if !bit && !bounds.has_end && !range.is_empty() => {
                i64::try_from(range.end).unwrap_or(i64::MAX)
            }
            None => -1,
        };
        call.reply.int(position);
        return Ok(());
    }
    // A missing key is nothing but zeros.
    call.reply.int(if bit { -1 } else { 0 });
    call.missed(key);
    Ok(())
}

/// The range asked for, both ends inclusive and negative ones counted from the end.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    start: i64,
    end: i64,
    has_end: bool,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Byte,
    Bit,
}

impl Bounds {
    /// Reads all arguments left.
    fn parse(args: &mut Args<'_>) -> Result<Bounds, CommandError> {
        let mut bounds = Bounds {
            start: 0,
            end: -1,
            has_end: false,
            unit: Unit::Byte,
        };
        if args.left() > 0 {
            bounds.start = args.int()?;
        }
        if args.left() > 1 {
            // Redis looks at the unit before the end.
            let mut behind = args.clone();
            behind.payload()?;
            if behind.take_word("bit") {
                bounds.unit = Unit::Bit;
            } else if !behind.take_word("byte") {
                return Err(CommandError::SYNTAX);
            }
            behind.end()?;
        }
        if args.left() > 0 {
            bounds.has_end = true;
            bounds.end = args.int()?;
        }
        Ok(bounds)
    }

    /// The range of bits of a string of `len` bytes, by the rule `within` for its units.
    fn bits(self, len: usize, within: fn(i64, i64, u64) -> Range<u64>) -> Range<u64> {
        let unit = match self.unit {
            Unit::Byte => 8,
            Unit::Bit => 1,
        };
        let range = within(self.start, self.end, len as u64 * 8 / unit);
        range.start * unit..range.end * unit
    }
}

/// The bytes that hold the bits of `range`, and how many bits of the first and of the last of them
/// lie before and behind it.
fn bytes_of(range: &Range<u64>) -> (Range<usize>, u32, u32) {
    let index = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX);
    let bytes = index(range.start / 8)..index(range.end.div_ceil(8));
    let before = (range.start % 8) as u32;
    let behind = (range.end.next_multiple_of(8) - range.end) as u32;
    (bytes, before, behind)
}

/// The number of bits set in `range`.
fn count(text: Text<'_>, range: Range<u64>) -> u64 {
    if range.is_empty() {
        return 0;
    }
    let (bytes, before, behind) = bytes_of(&range);
    let edge = |index: usize| u64::from(text.byte(index).unwrap_or(0));
    let outside = (edge(bytes.start) >> (8 - before)).count_ones()
        + (edge(bytes.end - 1) & ((1 << behind) - 1)).count_ones();
    let all: u64 = text.slices(bytes).map(bits::count_ones).sum();
    all - u64::from(outside)
}

/// The position of the first bit in `range` that is `bit`.
fn find(text: Text<'_>, range: Range<u64>, bit: bool) -> Option<u64> {
    if range.is_empty() {
        return None;
    }
    let (bytes, before, _) = bytes_of(&range);
    let skip = if bit { 0 } else { 0xff };
    // The first byte by itself, with what lies before the range filled in.
    let first = (text.byte(bytes.start)? ^ skip) & (0xff >> before);
    let mut at = bytes.start;
    let mut found = (first != 0).then_some((at, first));
    at += 1;
    if found.is_none() {
        for slice in text.slices(at..bytes.end) {
            if let Some(index) = bits::find_other(slice, skip) {
                found = Some((at + index, slice[index] ^ skip));
                break;
            }
            at += slice.len();
        }
    }
    let (index, byte) = found?;
    let position = index as u64 * 8 + u64::from(byte.leading_zeros());
    (position < range.end).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ds::rope::{CHUNK_BYTES, Rope};

    /// Every range of a short string, and ranges at the edges of a rope's chunks.
    #[test]
    fn counts_and_finds_like_bit_by_bit() {
        let mut random = fastrand::Rng::with_seed(11);
        for fill in [0, 0xff, 0x10, 0xef] {
            let bytes: Vec<u8> = (0..11)
                .map(|_| {
                    if random.u8(..4) == 0 {
                        random.u8(..)
                    } else {
                        fill
                    }
                })
                .collect();
            check(Text::Slice(&bytes), &bytes, (0..=88).collect());
        }
        for fill in [0, 0xff] {
            let mut bytes = vec![fill; CHUNK_BYTES * 2 + 5];
            let edge = CHUNK_BYTES as u64 * 8;
            bytes[CHUNK_BYTES] ^= 0x18;
            let bounds = vec![
                0,
                1,
                edge - 1,
                edge,
                edge + 3,
                edge + 4,
                edge + 5,
                edge * 2,
                edge * 2 + 40,
            ];
            check(Text::Rope(&Rope::from(&bytes[..])), &bytes, bounds);
        }
    }

    fn check(text: Text<'_>, bytes: &[u8], bounds: Vec<u64>) {
        let bit = |at: u64| bytes[at as usize / 8] >> (7 - at % 8) & 1 == 1;
        for &from in &bounds {
            for &to in bounds.iter().filter(|&&to| to >= from) {
                let naive = (from..to).filter(|&at| bit(at)).count();
                assert_eq!(count(text, from..to), naive as u64, "{from}..{to}");
                for wanted in [false, true] {
                    let naive = (from..to).find(|&at| bit(at) == wanted);
                    assert_eq!(find(text, from..to, wanted), naive, "{from}..{to} {wanted}");
                }
            }
        }
    }
}
