//! Bitmaps: strings seen as rows of bits, the first of them the highest bit of the first byte.
//!
//! Here single bits; in `count` what is counted and searched in a range of them, in `op` whole
//! strings combined, in `field` integers of any width.

mod count;
mod field;
mod op;

pub(super) use count::{bitcount, bitpos};
pub(super) use field::{bitfield, bitfield_ro};
pub(super) use op::bitop;

use super::args::{Args, parse_int};
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::text;
use crate::ds::rope::Rope;

/// SETBIT key offset value
pub(super) fn setbit(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let offset = offset(call, args.bytes()?)?;
    let bit = match parse_int(args.bytes()?) {
        Some(bit @ (0 | 1)) => u8::try_from(bit).unwrap_or(0),
        _ => return Err(CommandError::BAD_BIT),
    };
    let (index, shift) = place(offset);
    let (old, grows) = if let Some(mut entry) = call.db.write(key) {
        let string = entry.as_entry().value().string()?;
        let old = string.text(&mut itoa::Buffer::new()).byte(index);
        let byte = old.unwrap_or(0) & !(1 << shift) | bit << shift;
        // Written even if it is the same: the encoding becomes raw in any case.
        entry.string().write_at(index, &[byte]);
        (old.unwrap_or(0) >> shift & 1, old.is_none())
    } else {
        call.announce(key);
        let mut rope = Rope::new();
        rope.write_at(index, &[bit << shift]);
        text::set_raw(call, key, rope);
        (0, true)
    };
    if grows || old != bit {
        call.changed(EventClass::STRING, "setbit", key, 1);
    }
    call.reply.int(i64::from(old));
    Ok(())
}

/// GETBIT key offset
pub(super) fn getbit(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (index, shift) = place(offset(call, args.bytes()?)?);
    if let Some(entry) = call.db.read(key) {
        let string = entry.value().string()?;
        let byte = string.text(&mut itoa::Buffer::new()).byte(index);
        call.reply.int(i64::from(byte.unwrap_or(0) >> shift & 1));
        return Ok(());
    }
    call.reply.int(0);
    call.missed(key);
    Ok(())
}

/// The bit offset that `text` says: one within the longest string there may be.
fn offset(call: &Call<'_>, text: &[u8]) -> Result<u64, CommandError> {
    let offset = parse_int(text).and_then(|offset| u64::try_from(offset).ok());
    check_offset(call, offset)
}

fn check_offset(call: &Call<'_>, offset: Option<u64>) -> Result<u64, CommandError> {
    let is_within = |offset: &u64| offset / 8 < call.limits.string_bytes_max as u64;
    offset.filter(is_within).ok_or(CommandError::BAD_BIT_OFFSET)
}

/// Where bit `offset` stands: in which byte, and how far above its lowest bit.
fn place(offset: u64) -> (usize, u32) {
    let index = usize::try_from(offset / 8).unwrap_or(usize::MAX);
    (index, 7 - (offset % 8) as u32)
}
