//! Strings between arguments, values and replies: without a copy where they are large.

use std::ops::Range;

use super::call::Call;
use super::error::CommandError;
use crate::ds::rope::Rope;
use crate::keyspace::Deadline;
use crate::resp::reply::Reply;
use crate::resp::request::Arg;
use crate::value::Str;
use crate::value::string::{FLAT_BYTES_MAX, NewStr, Text};

impl<'a> From<Arg<'a>> for NewStr<'a> {
    /// The argument as a value: the rope of a large one as it stands.
    #[inline]
    fn from(arg: Arg<'a>) -> NewStr<'a> {
        match arg {
            Arg::Bytes(bytes) => NewStr::from(bytes),
            Arg::Large(_) => arg
                .rope()
                .map_or(NewStr::from(arg.bytes()), |rope| NewStr::Rope(rope.clone())),
        }
    }
}

impl<'a> From<Arg<'a>> for Text<'a> {
    fn from(arg: Arg<'a>) -> Text<'a> {
        arg.rope().map_or(Text::Slice(arg.bytes()), Text::Rope)
    }
}

impl<'a> Arg<'a> {
    /// The argument's bytes, as slices in order.
    pub(super) fn slices(self) -> impl Iterator<Item = &'a [u8]> {
        let text = Text::from(self);
        text.slices(0..text.len())
    }
}

/// Replies with the string.
#[inline]
pub(super) fn reply(reply: &mut Reply, string: Str<'_>) {
    match string {
        Str::Int(value) => reply.bulk_int(value),
        Str::Inline(bytes) => reply.bulk(bytes),
        Str::Flat(bytes) => reply.bulk_shared(bytes, 0, bytes.len()),
        Str::Rope(_) => reply_range(reply, string, 0..string.len()),
    }
}

/// Replies with the bytes of `range`, which lies within the string.
pub(super) fn reply_range(reply: &mut Reply, string: Str<'_>, range: Range<usize>) {
    match string {
        Str::Int(value) => reply.bulk(&itoa::Buffer::new().format(value).as_bytes()[range]),
        Str::Inline(bytes) => reply.bulk(&bytes[range]),
        Str::Flat(bytes) => reply.bulk_shared(bytes, range.start, range.end),
        Str::Rope(rope) => reply.bulk_with(range.len(), |output| {
            for (chunk, from, to) in rope.chunks(range) {
                output.share(chunk, from, to);
            }
        }),
    }
}

/// Whether the string's text is the argument.
pub(super) fn equals(string: Str<'_>, arg: Arg<'_>) -> bool {
    string.text(&mut itoa::Buffer::new()).equals(arg.into())
}

/// Refuses a string of `len` bytes with `more` behind them, if it would be too long.
#[inline]
pub(super) fn check_length(call: &Call<'_>, len: usize, more: usize) -> Result<(), CommandError> {
    match len.checked_add(more) {
        Some(sum) if sum <= call.limits.string_bytes_max => Ok(()),
        _ => Err(CommandError::TOO_LONG),
    }
}

/// Sets `key` to the bytes of `rope`, in raw encoding and without a deadline.
pub(super) fn set_raw(call: &mut Call<'_>, key: &[u8], rope: Rope) {
    if rope.len() > FLAT_BYTES_MAX {
        return call.db.set(key, NewStr::Rope(rope), Deadline::Never);
    }
    let bytes = &rope.to_vec()[..];
    call.db
        .set(key, NewStr::Bytes { bytes, raw: true }, Deadline::Never);
}

/// The range from `start` to `end`, both inclusive, of `len` units, where a negative index counts
/// from the end. An index before the first unit stands for the first one, even as the end, but
/// nothing lies between two negative indices in the wrong order.
pub(super) fn within(start: i64, end: i64, len: u64) -> Range<u64> {
    if start < 0 && end < 0 && start > end {
        return 0..0;
    }
    within_clamped(start, end, len)
}

/// [`within`], except that two negative indices before the first unit stand for the first one in
/// any order.
pub(super) fn within_clamped(start: i64, end: i64, len: u64) -> Range<u64> {
    let len_signed = i64::try_from(len).unwrap_or(i64::MAX);
    let clamp = |index: i64| {
        let index = if index < 0 {
            index.saturating_add(len_signed)
        } else {
            index
        };
        index.max(0).unsigned_abs()
    };
    let start = clamp(start);
    let end = clamp(end).saturating_add(1).min(len);
    if start >= end { 0..0 } else { start..end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_from_both_ends() {
        for (start, end, len, want) in [
            (0, -1, 5, 0..5),
            (1, 2, 5, 1..3),
            (-3, -2, 5, 2..4),
            (-2, -3, 5, 0..0),
            (3, 1, 5, 0..0),
            (5, 9, 5, 0..0),
            (-9, 1, 5, 0..2),
            // Both before the first byte: the first byte, as in Redis.
            (-9, -8, 5, 0..1),
            (i64::MIN, i64::MIN, 5, 0..1),
            (i64::MIN, i64::MAX, 5, 0..5),
            (i64::MAX, i64::MAX, 5, 0..0),
            (0, -1, 0, 0..0),
        ] {
            assert_eq!(within(start, end, len), want, "{start} {end} of {len}");
        }
    }
}
