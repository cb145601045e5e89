//! Strings: an integer, bytes within the entry, a flat buffer, or a rope.
//!
//! | a text of | is kept as | OBJECT ENCODING |
//! |---|---|---|
//! | a canonical 64-bit integer | [`Str::Int`] | `int` |
//! | few bytes | [`Str::Inline`], in the entry | `embstr` up to 44 bytes, else `raw` |
//! | more, up to 256 KB | [`Str::Flat`], a buffer of its own | `raw` |
//! | more | [`Str::Rope`], chunks | `raw` |
//!
//! Where the line between the first two kinds of bytes runs is the keyspace's affair. Commands see
//! a [`Str`], and what does not care for the encoding its [`Text`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::ds::number::parse_int;
use crate::ds::rope::Rope;

/// The longest decimal form of an integer: 19 digits and a sign.
pub const INT_BYTES_MAX: usize = 20;

/// A longer text is kept in chunks.
pub const FLAT_BYTES_MAX: usize = 256 * 1024;

/// A string value, borrowed from the keyspace.
#[derive(Clone, Copy, Debug)]
pub enum Str<'a> {
    /// The decimal form of an integer.
    Int(i64),
    /// Bytes that stand in the entry itself.
    Inline(&'a [u8]),
    /// Bytes in a buffer of their own.
    Flat(&'a Arc<Vec<u8>>),
    /// Bytes in chunks.
    Rope(&'a Rope),
}

impl<'a> Str<'a> {
    /// The length in bytes of the string's text.
    pub fn len(self) -> usize {
        match self {
            Str::Int(value) => itoa::Buffer::new().format(value).len(),
            Str::Inline(bytes) => bytes.len(),
            Str::Flat(bytes) => bytes.len(),
            Str::Rope(rope) => rope.len(),
        }
    }

    /// Whether the text is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The integer the text is the canonical form of, whether it is kept as one or not.
    #[inline]
    pub fn int(self) -> Option<i64> {
        match self {
            Str::Int(value) => Some(value),
            Str::Inline(bytes) => parse_int(bytes),
            Str::Flat(bytes) => parse_int(bytes),
            Str::Rope(_) => None,
        }
    }

    /// The text in place; the digits of an integer are written into `digits`.
    pub fn text<'b>(self, digits: &'b mut itoa::Buffer) -> Text<'b>
    where
        'a: 'b,
    {
        match self {
            Str::Int(value) => Text::Slice(digits.format(value).as_bytes()),
            Str::Inline(bytes) => Text::Slice(bytes),
            Str::Flat(bytes) => Text::Slice(bytes),
            Str::Rope(rope) => Text::Rope(rope),
        }
    }

    /// The text as one slice, copied only where it does not stand so in memory.
    pub fn to_cow(self) -> Cow<'a, [u8]> {
        match self {
            Str::Int(value) => Cow::Owned(itoa::Buffer::new().format(value).into()),
            Str::Inline(bytes) => Cow::Borrowed(bytes),
            Str::Flat(bytes) => Cow::Borrowed(bytes),
            Str::Rope(rope) => Cow::Owned(rope.to_vec()),
        }
    }

    /// The string by itself, so that other keys can be opened beside it: what is large is shared,
    /// what is small copied.
    pub fn hold(self) -> Held {
        match self {
            Str::Int(value) => Held::Small(itoa::Buffer::new().format(value).into()),
            Str::Inline(bytes) => Held::Small(bytes.to_vec()),
            Str::Flat(bytes) => Held::Flat(Arc::clone(bytes)),
            Str::Rope(rope) => Held::Rope(rope.clone()),
        }
    }
}

/// The bytes of a string, in one piece or in chunks.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    Slice(&'a [u8]),
    Rope(&'a Rope),
}

impl<'a> Text<'a> {
    /// The length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Text::Slice(bytes) => bytes.len(),
            Text::Rope(rope) => rope.len(),
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The byte at `index`, if it is within the text.
    #[inline]
    pub fn byte(self, index: usize) -> Option<u8> {
        match self {
            Text::Slice(bytes) => bytes.get(index).copied(),
            Text::Rope(rope) => rope.byte(index),
        }
    }

    /// The bytes of `range`, which lies within the text, as slices in order.
    pub fn slices(self, range: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        let (slice, rope) = match self {
            Text::Slice(bytes) => (Some(&bytes[range.clone()]), None),
            Text::Rope(rope) => (None, Some(rope)),
        };
        let chunks = rope
            .into_iter()
            .flat_map(move |rope| rope.slices(range.clone()));
        slice.into_iter().chain(chunks)
    }

    /// Whether the two texts are the same bytes.
    pub fn equals(self, other: Text<'_>) -> bool {
        if self.len() != other.len() {
            return false;
        }
        let mut at = 0;
        self.slices(0..self.len()).all(|slice| {
            let range = at..at + slice.len();
            at = range.end;
            let mut rest = slice;
            other.slices(range).all(|theirs| {
                let (ours, behind) = rest.split_at(theirs.len());
                rest = behind;
                ours == theirs
            })
        })
    }
}

/// A string apart from the keyspace, as [`Str::hold`] gives it.
#[derive(Clone, Debug)]
pub enum Held {
    Small(Vec<u8>),
    Flat(Arc<Vec<u8>>),
    Rope(Rope),
}

impl Held {
    /// The bytes.
    pub fn text(&self) -> Text<'_> {
        match self {
            Held::Small(bytes) => Text::Slice(bytes),
            Held::Flat(bytes) => Text::Slice(bytes),
            Held::Rope(rope) => Text::Rope(rope),
        }
    }
}

/// A string on its way into the keyspace.
#[derive(Clone, Debug)]
pub enum NewStr<'a> {
    /// Stored as an integer.
    Int(i64),
    /// Stored as bytes, wherever their length puts them. `raw`: named so by OBJECT ENCODING
    /// however short they are, as after APPEND and SETRANGE.
    Bytes {
        bytes: &'a [u8],
        raw: bool,
    },
    Flat(Arc<Vec<u8>>),
    Rope(Rope),
}

impl<'a> From<&'a [u8]> for NewStr<'a> {
    /// As Redis encodes what a client stores: an integer where the text is its canonical form.
    #[inline]
    fn from(bytes: &'a [u8]) -> NewStr<'a> {
        if bytes.len() <= INT_BYTES_MAX
            && let Some(value) = parse_int(bytes)
        {
            return NewStr::Int(value);
        }
        NewStr::Bytes { bytes, raw: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ds::rope::CHUNK_BYTES;

    #[test]
    fn canonical_integers_are_stored_as_such() {
        for text in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            let new = NewStr::from(text.as_bytes());
            assert!(
                matches!(new, NewStr::Int(value) if value.to_string() == text),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "-0",
            "+1",
            "01",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
        ] {
            let new = NewStr::from(text.as_bytes());
            assert!(matches!(new, NewStr::Bytes { raw: false, .. }), "{text}");
        }
    }

    #[test]
    fn texts_compare_across_encodings() {
        let bytes: Vec<u8> = (0..CHUNK_BYTES * 2 + 9).map(|i| (i % 253) as u8).collect();
        let rope = Rope::from(&bytes[..]);
        let mut other = rope.clone();
        other.write_at(CHUNK_BYTES + 1, b"!");
        let (slice, rope, other) = (Text::Slice(&bytes), Text::Rope(&rope), Text::Rope(&other));
        for (left, right, same) in [
            (slice, rope, true),
            (rope, slice, true),
            (rope, rope, true),
            (rope, other, false),
            (slice, other, false),
            (slice, Text::Slice(&bytes[1..]), false),
            (Text::Slice(b""), Text::Rope(&Rope::new()), true),
        ] {
            assert_eq!(left.equals(right), same);
        }
        let mut digits = itoa::Buffer::new();
        assert!(Str::Int(-12).text(&mut digits).equals(Text::Slice(b"-12")));
        assert_eq!(Str::Int(-12).len(), 3);
        assert_eq!(Str::Inline(b"-12").int(), Some(-12));
    }
}
