//! Strings: an integer, bytes within the entry, a flat buffer, or a rope.

use std::borrow::Cow;
use std::sync::Arc;

use crate::ds::rope::Rope;

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

    /// The text as one slice, copied only where it does not stand so in memory.
    pub fn to_cow(self) -> Cow<'a, [u8]> {
        match self {
            Str::Int(value) => Cow::Owned(itoa::Buffer::new().format(value).into()),
            Str::Inline(bytes) => Cow::Borrowed(bytes),
            Str::Flat(bytes) => Cow::Borrowed(bytes),
            Str::Rope(rope) => Cow::Owned(rope.to_vec()),
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
