//! A collection that is being made, and not yet a key's.

use std::ops::Range;

use super::{Home, NewValue, Object, Packed, Value};
use crate::ds::listpack::Buffer;
use crate::ds::table::Seed;
use crate::sys::clock::UnixMs;

/// A collection by itself: a home without a key. What is true of changes to a key's value is true
/// of these, so that a value made here has the form it would have there.
pub struct Draft {
    seed: Seed,
    form: Form,
}

enum Form {
    Packed(Packed, Vec<u8>),
    Object(Object),
}

impl Draft {
    /// A draft that begins as `value`.
    pub fn new(value: NewValue<'_>, seed: Seed) -> Draft {
        match value {
            NewValue::Packed(form, bytes) => Draft::packed(form, bytes, seed),
            NewValue::Object(object) => Draft::object(object, seed),
        }
    }

    /// A draft that begins as these bytes.
    pub fn packed(form: Packed, bytes: impl Into<Vec<u8>>, seed: Seed) -> Draft {
        let form = Form::Packed(form, bytes.into());
        Draft { seed, form }
    }

    /// A draft that begins as this object.
    pub fn object(object: Object, seed: Seed) -> Draft {
        let form = Form::Object(object);
        Draft { seed, form }
    }

    /// The name OBJECT ENCODING would answer with.
    pub fn encoding(&self) -> &'static str {
        match &self.form {
            Form::Packed(form, _) => form.encoding(),
            Form::Object(object) => object.encoding(),
        }
    }

    /// Removes the fields of a hash that are due at `now`; whether the hash has none left.
    pub fn remove_due(&mut self, now: UnixMs) -> bool {
        let Form::Object(Object::Hash(hash)) = &mut self.form else {
            // Packed, no field has a deadline.
            return false;
        };
        while hash.remove_due(now, |_| ()) {}
        hash.is_empty()
    }

    /// Hands the value over to a key.
    pub fn give<R>(self, take: impl FnOnce(NewValue<'_>) -> R) -> R {
        match self.form {
            Form::Packed(form, bytes) => take(NewValue::Packed(form, &bytes)),
            Form::Object(object) => take(NewValue::Object(object)),
        }
    }
}

impl Home for Draft {
    fn value(&self) -> Value<'_> {
        match &self.form {
            Form::Packed(form, bytes) => Value::packed(*form, bytes),
            Form::Object(object) => object.value(),
        }
    }

    fn packed(&self) -> Option<&[u8]> {
        match &self.form {
            Form::Packed(_, bytes) => Some(bytes),
            Form::Object(_) => None,
        }
    }

    fn splice(&mut self, range: Range<usize>, with: &[u8]) {
        match &mut self.form {
            Form::Packed(_, bytes) => Buffer::splice(bytes, range, with),
            Form::Object(_) => unreachable!("only what is packed is spliced"),
        }
    }

    fn object(&mut self) -> &mut Object {
        match &mut self.form {
            Form::Packed(..) => unreachable!("the caller saw an object"),
            Form::Object(object) => object,
        }
    }

    fn become_packed(&mut self, form: Packed, bytes: &[u8]) {
        self.form = Form::Packed(form, bytes.to_vec());
    }

    fn become_object(&mut self, object: Object) {
        self.form = Form::Object(object);
    }

    fn discard<T: Send + 'static>(&mut self, garbage: T) {
        drop(garbage);
    }

    fn seed(&self) -> Seed {
        self.seed
    }
}
