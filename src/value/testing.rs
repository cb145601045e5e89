//! For tests: a home for one collection without a keyspace.

use std::ops::Range;

use super::{Home, NewValue, Object, Packed, Value};
use crate::ds::table::Seed;

/// A collection by itself.
pub enum VecHome {
    Packed(Packed, Vec<u8>),
    Object(Object),
}

impl VecHome {
    /// A home of `value`.
    pub fn new(value: NewValue<'_>) -> VecHome {
        match value {
            NewValue::Packed(form, bytes) => VecHome::Packed(form, bytes.to_vec()),
            NewValue::Object(object) => VecHome::Object(object),
        }
    }

    /// The name OBJECT ENCODING would answer with.
    pub fn encoding(&self) -> &'static str {
        match self {
            VecHome::Packed(form, _) => form.encoding(),
            VecHome::Object(object) => object.encoding(),
        }
    }
}

impl Home for VecHome {
    fn value(&self) -> Value<'_> {
        match self {
            VecHome::Packed(form, bytes) => Value::packed(*form, bytes),
            VecHome::Object(object) => object.value(),
        }
    }

    fn packed(&self) -> Option<&[u8]> {
        match self {
            VecHome::Packed(_, bytes) => Some(bytes),
            VecHome::Object(_) => None,
        }
    }

    fn splice(&mut self, range: Range<usize>, with: &[u8]) {
        match self {
            VecHome::Packed(_, bytes) => drop(bytes.splice(range, with.iter().copied())),
            VecHome::Object(_) => panic!("only what is packed can be spliced"),
        }
    }

    fn object(&mut self) -> &mut Object {
        match self {
            VecHome::Packed(..) => panic!("packed, not an object"),
            VecHome::Object(object) => object,
        }
    }

    fn become_packed(&mut self, form: Packed, bytes: &[u8]) {
        *self = VecHome::Packed(form, bytes.to_vec());
    }

    fn become_object(&mut self, object: Object) {
        *self = VecHome::Object(object);
    }

    fn discard<T: Send + 'static>(&mut self, garbage: T) {
        drop(garbage);
    }

    fn seed(&self) -> Seed {
        Seed([1, 2])
    }
}
