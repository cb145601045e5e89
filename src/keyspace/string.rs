//! Strings in entries: where their bytes go by their length, and how they change in place.

use std::sync::Arc;

use super::entry::{Block, Payload, PayloadMut};
use super::shape::{Content, INLINE_BYTES_MAX};
use crate::ds::rope::Rope;
use crate::ds::table::Opened;
use crate::value::string::NewStr;
use crate::value::{Str, Value};

/// The longest string in one buffer; a longer one is a rope. A write to a shared buffer copies it:
/// this much takes some 15 µs.
const FLAT_BYTES_MAX: usize = 256 * 1024;

const OUTSIDE_BYTES_MIN: usize = INLINE_BYTES_MAX + 1;

/// `value` in the form for its length, and whether it is to be called `raw`. `kept` holds bytes
/// that have to be copied together first.
#[inline]
pub(super) fn place<'a>(value: NewStr<'a>, kept: &'a mut Vec<u8>) -> (Payload<'a>, Content) {
    let (payload, raw) = match value {
        NewStr::Int(value) => (Payload::Int(value), false),
        NewStr::Bytes { bytes, raw } if bytes.len() <= INLINE_BYTES_MAX => {
            (Payload::Inline(bytes), raw)
        }
        NewStr::Bytes { bytes, raw } => (outside(bytes), raw),
        NewStr::Flat(bytes) => (place_flat(bytes, kept), true),
        NewStr::Rope(rope) => (place_rope(rope, kept), true),
    };
    (payload, Content::text(raw))
}

fn place_flat(bytes: Arc<Vec<u8>>, kept: &mut Vec<u8>) -> Payload<'_> {
    match bytes.len() {
        0..=INLINE_BYTES_MAX => {
            kept.extend_from_slice(&bytes);
            Payload::Inline(kept)
        }
        OUTSIDE_BYTES_MIN..=FLAT_BYTES_MAX => Payload::Flat(bytes),
        _ => outside(&bytes),
    }
}

fn place_rope(rope: Rope, kept: &mut Vec<u8>) -> Payload<'_> {
    match rope.len() {
        0..=INLINE_BYTES_MAX => {
            *kept = rope.to_vec();
            Payload::Inline(kept)
        }
        OUTSIDE_BYTES_MIN..=FLAT_BYTES_MAX => Payload::Flat(Arc::new(rope.to_vec())),
        _ => Payload::Rope(Box::new(rope)),
    }
}

/// Bytes too long for the entry.
fn outside(bytes: &[u8]) -> Payload<'static> {
    if bytes.len() <= FLAT_BYTES_MAX {
        return Payload::Flat(Arc::new(bytes.to_vec()));
    }
    let mut rope = Rope::new();
    rope.append(bytes);
    Payload::Rope(Box::new(rope))
}

/// A string to change in place.
pub struct StringMut<'a> {
    opened: Opened<'a, Block>,
}

impl<'a> StringMut<'a> {
    #[inline]
    pub(super) fn new(opened: Opened<'a, Block>) -> StringMut<'a> {
        StringMut { opened }
    }

    /// The string, to read.
    pub fn get(&self) -> Str<'_> {
        match self.opened.node().value() {
            Value::String(text) => text,
            _ => unreachable!("opened as a string"),
        }
    }

    /// Appends `bytes`; the encoding becomes raw. The new length.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let at = self.get().len();
        self.write_at(at, bytes);
        at + bytes.len()
    }

    /// Overwrites the bytes from `offset` on; a gap before them is filled with zeros, the encoding
    /// becomes raw.
    pub fn write_at(&mut self, offset: usize, bytes: &[u8]) {
        self.opened.update(|block| {
            let mut block = as_bytes(block, offset + bytes.len());
            match block.payload_mut() {
                PayloadMut::Inline(text) => {
                    text[offset..offset + bytes.len()].copy_from_slice(bytes);
                }
                PayloadMut::Flat(shared) => write_flat(Arc::make_mut(shared), offset, bytes),
                PayloadMut::Rope(rope) => rope.write_at(offset, bytes),
                PayloadMut::Int | PayloadMut::Object => unreachable!("just made bytes"),
            }
            block.set_raw();
            (block, ())
        });
    }
}

/// The entry with its string in a form that can be `end` bytes long; an inline one is, at least.
fn as_bytes(block: Block, end: usize) -> Block {
    let deadline = block.entry().deadline();
    let Value::String(text) = block.entry().value() else {
        unreachable!("opened as a string")
    };
    let len = text.len().max(end);
    match text {
        Str::Int(_) => {
            let mut digits = itoa::Buffer::new();
            let Str::Int(value) = text else { return block };
            let payload = Payload::Inline(digits.format(value).as_bytes());
            as_bytes(block.with_payload(payload, Content::RawText, deadline), end)
        }
        Str::Inline(_) if len <= INLINE_BYTES_MAX => block.resized(len),
        Str::Inline(bytes) if len <= FLAT_BYTES_MAX => {
            let mut flat = Vec::with_capacity(len);
            flat.extend_from_slice(bytes);
            block.with_payload(Payload::Flat(Arc::new(flat)), Content::RawText, deadline)
        }
        Str::Flat(_) if len <= FLAT_BYTES_MAX => block,
        Str::Inline(_) | Str::Flat(_) => {
            let mut rope = Rope::new();
            rope.append(&text.to_cow());
            block.with_payload(Payload::Rope(Box::new(rope)), Content::RawText, deadline)
        }
        Str::Rope(_) => block,
    }
}

fn write_flat(flat: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if flat.len() < offset {
        flat.resize(offset, 0);
    }
    let over = bytes.len().min(flat.len() - offset);
    let (inside, behind) = bytes.split_at(over);
    flat[offset..offset + over].copy_from_slice(inside);
    flat.extend_from_slice(behind);
}
