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

/// Sets `key`, which is not there, to the bytes of `rope` in raw encoding.
pub(super) fn set_raw(call: &mut Call<'_>, key: &[u8], rope: Rope) {
    if rope.len() > FLAT_BYTES_MAX {
        return call.db.set(key, NewStr::Rope(rope), Deadline::Never);
    }
    let bytes = &rope.to_vec()[..];
    call.db
        .set(key, NewStr::Bytes { bytes, raw: true }, Deadline::Never);
}
