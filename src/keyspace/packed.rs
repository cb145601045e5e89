//! Packed collections in entries: where their bytes go by their length, and how they change in
//! place.

use std::ops::Range;
use std::sync::Arc;

use super::entry::{Block, Payload, PayloadMut};
use super::shape::{Content, INLINE_BYTES_MAX};
use crate::ds::size_class::size_class;
use crate::value::NewValue;

/// Bytes that shrink to so few move back into the block: half of what fits, so that a collection
/// at the limit does not move to and fro.
const INLINE_AGAIN_BYTES: usize = INLINE_BYTES_MAX / 2;

/// A collection in the form for its length.
pub(super) fn place(value: NewValue<'_>) -> (Payload<'_>, Content) {
    match value {
        NewValue::Object(object) => (Payload::Object(Box::new(object)), Content::Object),
        NewValue::Packed(form, bytes) if bytes.len() <= INLINE_BYTES_MAX => {
            (Payload::Inline(bytes), form.into())
        }
        NewValue::Packed(form, bytes) => (Payload::Flat(Arc::new(bytes.to_vec())), form.into()),
    }
}

/// The entry with the bytes of `range` replaced by `with`. Its value must be packed.
#[inline]
pub(super) fn spliced(mut block: Block, range: Range<usize>, with: &[u8]) -> Block {
    let (content, deadline) = (block.entry().content(), block.entry().deadline());
    debug_assert!(content.packed().is_some());
    let old = block.entry().flat_bytes().expect("what is packed is bytes");
    let len = old.len() - range.len() + with.len();
    match block.payload_mut() {
        PayloadMut::Inline(_) if len <= INLINE_BYTES_MAX => block.spliced(range, with),
        PayloadMut::Inline(old) => {
            let mut flat = Vec::with_capacity(size_class(len));
            flat.extend_from_slice(&old[..range.start]);
            flat.extend_from_slice(with);
            flat.extend_from_slice(&old[range.end..]);
            block.with_payload(Payload::Flat(Arc::new(flat)), content, deadline)
        }
        PayloadMut::Flat(shared) => {
            let flat = Arc::make_mut(shared);
            if len > flat.capacity() {
                flat.reserve_exact(size_class(len) - flat.len());
            }
            flat.splice(range, with.iter().copied());
            if len > INLINE_AGAIN_BYTES {
                return block;
            }
            let few = std::mem::take(flat);
            block.with_payload(Payload::Inline(&few), content, deadline)
        }
        _ => unreachable!("what is packed is bytes"),
    }
}
