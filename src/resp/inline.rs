//! Inline commands: a line of words, as somebody types it into a plain TCP connection.

use super::parser::ProtocolError;
use super::request::Span;
use crate::ds::words;

/// The longest line, its line feed not counted; also the longest line of a length.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// The end of the line that `rest` begins with: the index of its line feed, or `None` when that
/// is still to come.
pub(super) fn line_end(rest: &[u8]) -> Result<Option<usize>, ProtocolError> {
    let window = &rest[..rest.len().min(LINE_BYTES_MAX + 1)];
    match memchr::memchr(b'\n', window) {
        None if rest.len() > LINE_BYTES_MAX => Err(ProtocolError::InlineTooLong),
        end => Ok(end),
    }
}

/// Splits `line` into arguments. Their unquoted bytes are appended to `bytes`, where `spans`
/// locates them.
pub(super) fn split(
    line: &[u8],
    bytes: &mut Vec<u8>,
    spans: &mut Vec<Span>,
) -> Result<(), ProtocolError> {
    words::split_into(line, bytes, |word| {
        spans.push(Span::small(word.start, word.len()));
    })
    .map_err(|words::Unbalanced| ProtocolError::UnbalancedQuotes)
}
