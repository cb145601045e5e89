//! A value by itself, for another thread to read: the key may change or go meanwhile.

use std::sync::Arc;

use super::draft::Draft;
use super::hash::Hash;
use super::list::List;
use super::set::Set;
use super::string::Str;
use super::zset::Zset;
use super::{Home, Object, Packed, Value};
use crate::ds::rope::Rope;
use crate::ds::table::Seed;

/// A value that is no key's. Making one takes no time that grows with the value: what is large is
/// shared until one of the two changes.
pub enum Held {
    Int(i64),
    Text(Arc<Vec<u8>>),
    Rope(Rope),
    Collection(Draft),
}

impl Held {
    /// Holds `value`, which was made under `seed`.
    pub fn new(value: Value<'_>, seed: Seed) -> Held {
        let packed = |form, bytes: &[u8]| Held::Collection(Draft::packed(form, bytes, seed));
        let object = |object| Held::Collection(Draft::object(object, seed));
        match value {
            Value::String(Str::Int(integer)) => Held::Int(integer),
            Value::String(Str::Inline(bytes)) => Held::Text(Arc::new(bytes.to_vec())),
            Value::String(Str::Flat(bytes)) => Held::Text(Arc::clone(bytes)),
            Value::String(Str::Rope(rope)) => Held::Rope(rope.clone()),
            Value::List(List::Packed(bytes)) => packed(Packed::List, bytes),
            Value::List(List::Big(big)) => object(Object::List(big.clone())),
            Value::Set(Set::Ints(bytes)) => packed(Packed::Ints, bytes),
            Value::Set(Set::Packed(bytes)) => packed(Packed::Set, bytes),
            Value::Set(Set::Big(big)) => object(Object::Set(big.clone())),
            Value::Hash(Hash::Packed(bytes)) => packed(Packed::Hash, bytes),
            Value::Hash(Hash::Big(big)) => object(Object::Hash(big.clone())),
            Value::Zset(Zset::Packed(bytes)) => packed(Packed::Zset, bytes),
            Value::Zset(Zset::Big(big)) => object(Object::Zset(big.clone())),
            Value::Stream(stream) => object(Object::Stream(stream.clone())),
        }
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        match self {
            Held::Int(integer) => Value::String(Str::Int(*integer)),
            Held::Text(bytes) => Value::String(Str::Flat(bytes)),
            Held::Rope(rope) => Value::String(Str::Rope(rope)),
            Held::Collection(draft) => draft.value(),
        }
    }
}
