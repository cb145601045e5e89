//! The pieces requests are made of: counts, lengths, arguments; and what may be wrong with them.
//!
//! Lines end in CR LF, strictly (as in Valkey 9; Redis 7 takes any byte for the LF).

use std::fmt;

use super::inline::LINE_BYTES_MAX;
use super::request::LARGE_ARGUMENT_BYTES;
use crate::ds::number::parse_int;

/// Arguments of one request, at most. Redis 7 and Valkey 9 accept as many (Redis 6: 1,048,576).
pub const ARGUMENT_COUNT_MAX: usize = i32::MAX as usize;

/// The same for a client that has yet to authenticate.
pub const UNAUTHENTICATED_ARGUMENT_COUNT_MAX: usize = 10;

/// The longest argument of a client that has yet to authenticate.
pub const UNAUTHENTICATED_ARGUMENT_BYTES_MAX: usize = 16 * 1024;

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest argument (`proto-max-bulk-len`).
    pub bulk_bytes_max: usize,
    /// Whether the client may be trusted with more than a login takes.
    pub authenticated: bool,
}

/// The peer does not speak the protocol: reply with [`ProtocolError::text`] and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    CountTooLong,
    CountInvalid,
    CountUnauthenticated,
    LengthTooLong,
    LengthInvalid,
    LengthUnauthenticated,
    /// Something else than `$` where a bulk string is due.
    NotBulk(u8),
    NotCrLf,
    InlineTooLong,
    UnbalancedQuotes,
}

impl ProtocolError {
    /// The error reply's text. It may quote a byte that is no text.
    pub fn text(self) -> Vec<u8> {
        let mut text = format!("ERR Protocol error: {}", self.reason()).into_bytes();
        if let ProtocolError::NotBulk(byte) = self {
            text.extend([byte, b'\'']);
        }
        text
    }

    fn reason(self) -> &'static str {
        match self {
            ProtocolError::CountTooLong => "too big mbulk count string",
            ProtocolError::CountInvalid => "invalid multibulk length",
            ProtocolError::CountUnauthenticated => "unauthenticated multibulk length",
            ProtocolError::LengthTooLong => "too big bulk count string",
            ProtocolError::LengthInvalid => "invalid bulk length",
            ProtocolError::LengthUnauthenticated => "unauthenticated bulk length",
            ProtocolError::NotBulk(_) => "expected '$', got '",
            ProtocolError::NotCrLf => "invalid CRLF in request",
            ProtocolError::InlineTooLong => "too big inline request",
            ProtocolError::UnbalancedQuotes => "unbalanced quotes in request",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match self {
            ProtocolError::NotBulk(byte) => write!(f, "{}'", byte.escape_ascii()),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// What stands where an argument is due.
pub(super) enum Bulk {
    /// The argument, all of it.
    Whole { at: usize, len: usize },
    /// The header of a large argument; its bytes begin at `at`.
    Large { at: usize, len: usize },
    /// Too little to say; what is known to be missing.
    Starved(usize),
}

/// The count of a request's arguments (0 for "none" in any form), and where they begin.
#[inline]
pub(super) fn count(
    buf: &[u8],
    at: usize,
    limits: &Limits,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    if let Some((count, next)) = short_integer(buf, at + 1)
        && count <= UNAUTHENTICATED_ARGUMENT_COUNT_MAX
    {
        return Ok(Some((count, next)));
    }
    count_slowly(buf, at, limits)
}

fn count_slowly(
    buf: &[u8],
    at: usize,
    limits: &Limits,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    let Some(line) = line(&buf[at..], ProtocolError::CountTooLong)? else {
        return Ok(None);
    };
    let count = parse_int(&line[1..])
        .map(|count| usize::try_from(count).unwrap_or(0))
        .filter(|count| *count <= ARGUMENT_COUNT_MAX)
        .ok_or(ProtocolError::CountInvalid)?;
    if count > UNAUTHENTICATED_ARGUMENT_COUNT_MAX && !limits.authenticated {
        return Err(ProtocolError::CountUnauthenticated);
    }
    let next = at + line.len();
    if !is_crlf(buf, next) {
        return Err(ProtocolError::NotCrLf);
    }
    Ok(Some((count, next + CRLF.len())))
}

/// The argument at `at` (from where on, and its length), if its length has up to three digits and
/// all of it is in sight: nearly always. One look at eight bytes tells.
#[inline]
pub(super) fn short_bulk(buf: &[u8], at: usize, limits: &Limits) -> Option<(usize, usize)> {
    let head = u64::from_le_bytes(*buf.get(at..)?.first_chunk()?);
    let ends_at = |place: u32| (head >> (8 * place)) as u16 == u16::from_le_bytes(*CRLF);
    let digit = |place: u32| ((head >> (8 * place)) as u8).wrapping_sub(b'0');
    let (first, second, third) = (digit(1), digit(2), digit(3));
    let (len, header) = if ends_at(3) && second <= 9 {
        (usize::from(first) * 10 + usize::from(second), 5)
    } else if ends_at(2) {
        (usize::from(first), 4)
    } else if ends_at(4) && second <= 9 && third <= 9 {
        let tens = usize::from(first) * 10 + usize::from(second);
        (tens * 10 + usize::from(third), 6)
    } else {
        return None;
    };
    // A length of several digits does not begin with a zero.
    if head as u8 != b'$' || first > 9 || first == 0 && header > 4 {
        return None;
    }
    let from = at + header;
    let end = u16::from_le_bytes(*buf.get(from + len..)?.first_chunk()?);
    let is_whole = end == u16::from_le_bytes(*CRLF) && len <= limits.bulk_bytes_max;
    is_whole.then_some((from, len))
}

/// The argument at `at`, in any form.
pub(super) fn bulk(buf: &[u8], at: usize, limits: &Limits) -> Result<Bulk, ProtocolError> {
    let Some(line) = line(&buf[at..], ProtocolError::LengthTooLong)? else {
        return Ok(Bulk::Starved(0));
    };
    if line.first() != Some(&b'$') {
        let got = line.first().copied().unwrap_or(b'\r');
        return Err(ProtocolError::NotBulk(got));
    }
    let len = parse_int(&line[1..])
        .and_then(|len| usize::try_from(len).ok())
        .filter(|len| *len <= limits.bulk_bytes_max)
        .ok_or(ProtocolError::LengthInvalid)?;
    if len > UNAUTHENTICATED_ARGUMENT_BYTES_MAX && !limits.authenticated {
        return Err(ProtocolError::LengthUnauthenticated);
    }
    let line_end = at + line.len();
    if !is_crlf(buf, line_end) {
        return Err(ProtocolError::NotCrLf);
    }
    let from = line_end + CRLF.len();
    if len >= LARGE_ARGUMENT_BYTES {
        return Ok(Bulk::Large { at: from, len });
    }
    let whole = len + CRLF.len();
    let here = buf.len() - from;
    if here < whole {
        return Ok(Bulk::Starved(whole - here));
    }
    if !is_crlf(buf, from + len) {
        return Err(ProtocolError::NotCrLf);
    }
    Ok(Bulk::Whole { at: from, len })
}

/// The line that `rest` begins with, up to its CR; `None` when that, or the byte behind it,
/// is still to come. It is `too_long` for an error when it cannot become a length any more.
fn line(rest: &[u8], too_long: ProtocolError) -> Result<Option<&[u8]>, ProtocolError> {
    // Scanning a long line anew for each piece of it is bounded by its limit: 2 µs.
    let window = &rest[..rest.len().min(LINE_BYTES_MAX + 1)];
    match memchr::memchr(b'\r', window) {
        Some(end) if end + 1 < rest.len() => Ok(Some(&rest[..end])),
        None if rest.len() > LINE_BYTES_MAX => Err(too_long),
        _ => Ok(None),
    }
}

pub(super) const CRLF: &[u8; 2] = b"\r\n";

#[inline]
pub(super) fn is_crlf(buf: &[u8], at: usize) -> bool {
    buf.get(at..at + CRLF.len()) == Some(CRLF)
}

/// The number of one or two digits and a line end that `buf[at..]` begins with, and where that
/// ends: the form of nearly every count and length. `None` for any other.
#[inline]
fn short_integer(buf: &[u8], at: usize) -> Option<(usize, usize)> {
    let word: [u8; 4] = *buf.get(at..)?.first_chunk()?;
    let first = word[0].wrapping_sub(b'0');
    if first > 9 {
        return None;
    }
    if [word[1], word[2]] == *CRLF {
        return Some((usize::from(first), at + 3));
    }
    let second = word[1].wrapping_sub(b'0');
    if second > 9 || first == 0 || [word[2], word[3]] != *CRLF {
        return None;
    }
    Some((usize::from(first) * 10 + usize::from(second), at + 4))
}
