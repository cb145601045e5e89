//! Values: what a key can hold, seen from outside its encoding.
//!
//! A collection has one of two forms. *Packed*, it is plain bytes kept like a string's, in the
//! entry itself while they are few (`ds::listpack`, `ds::intset`); grown beyond its thresholds, it
//! is an [`Object`]: a structure of shared nodes (`ds::tree`) that is cloned in no time and copied
//! by path. Which of the two, and when one becomes the other, is hidden in the type's module:
//! commands see a read handle ([`Value::list`] …) or change the value through a [`Home`].
//!
//! Adding a type? [`Kind`], [`Value`], [`Object`], and `command::digest`.

pub mod draft;
pub mod fields;
pub mod geo;
pub mod group;
pub mod hash;
pub mod held;
pub mod hyperloglog;
pub mod list;
pub mod object;
pub mod set;
pub mod stream;
pub mod string;
#[cfg(test)]
pub mod testing;
pub mod zset;

use std::ops::Range;

use self::hash::Hash;
use self::list::List;
pub use self::object::Object;
use self::set::Set;
use self::stream::Stream;
pub use self::string::Str;
use self::zset::Zset;
use crate::ds::listpack::Buffer;
use crate::ds::table::Seed;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    String,
    List,
    Set,
    Zset,
    Hash,
    Stream,
}

impl Kind {
    /// The name TYPE answers with.
    pub fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::Zset => "zset",
            Kind::Hash => "hash",
            Kind::Stream => "stream",
        }
    }
}

/// A value of another type than the command works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// A value, borrowed from the keyspace.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    String(Str<'a>),
    List(List<'a>),
    Set(Set<'a>),
    Hash(Hash<'a>),
    Zset(Zset<'a>),
    Stream(&'a Stream),
}

impl<'a> Value<'a> {
    /// A packed collection.
    #[inline]
    pub fn packed(form: Packed, bytes: &'a [u8]) -> Value<'a> {
        match form {
            Packed::List => Value::List(List::Packed(bytes)),
            Packed::Ints => Value::Set(Set::Ints(bytes)),
            Packed::Set => Value::Set(Set::Packed(bytes)),
            Packed::Hash => Value::Hash(Hash::Packed(bytes)),
            Packed::Zset => Value::Zset(Zset::Packed(bytes)),
        }
    }

    /// The value's type.
    pub fn kind(self) -> Kind {
        match self {
            Value::String(_) => Kind::String,
            Value::List(_) => Kind::List,
            Value::Set(_) => Kind::Set,
            Value::Hash(_) => Kind::Hash,
            Value::Zset(_) => Kind::Zset,
            Value::Stream(_) => Kind::Stream,
        }
    }

    /// The value as a string.
    #[inline]
    pub fn string(self) -> Result<Str<'a>, WrongType> {
        match self {
            Value::String(string) => Ok(string),
            _ => Err(WrongType),
        }
    }

    /// The value as a list.
    #[inline]
    pub fn list(self) -> Result<List<'a>, WrongType> {
        match self {
            Value::List(list) => Ok(list),
            _ => Err(WrongType),
        }
    }

    /// The value as a set.
    #[inline]
    pub fn set(self) -> Result<Set<'a>, WrongType> {
        match self {
            Value::Set(set) => Ok(set),
            _ => Err(WrongType),
        }
    }

    /// The value as a hash.
    #[inline]
    pub fn hash(self) -> Result<Hash<'a>, WrongType> {
        match self {
            Value::Hash(hash) => Ok(hash),
            _ => Err(WrongType),
        }
    }

    /// The value as a sorted set.
    #[inline]
    pub fn zset(self) -> Result<Zset<'a>, WrongType> {
        match self {
            Value::Zset(zset) => Ok(zset),
            _ => Err(WrongType),
        }
    }

    /// The value as a stream.
    #[inline]
    pub fn stream(self) -> Result<&'a Stream, WrongType> {
        match self {
            Value::Stream(stream) => Ok(stream),
            _ => Err(WrongType),
        }
    }
}

/// What the bytes of a packed collection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// `ds::listpack`: the elements.
    List,
    /// `ds::intset`.
    Ints,
    /// `ds::listpack`: the members.
    Set,
    /// `ds::listpack`: field, value, field, value.
    Hash,
    /// `ds::listpack`: member, score, member, score, in order.
    Zset,
}

impl Packed {
    /// The name OBJECT ENCODING answers with.
    pub fn encoding(self) -> &'static str {
        match self {
            Packed::Ints => "intset",
            Packed::List | Packed::Set | Packed::Hash | Packed::Zset => "listpack",
        }
    }
}

/// A collection on its way into the keyspace.
pub enum NewValue<'a> {
    Packed(Packed, &'a [u8]),
    Object(Object),
}

/// Where a collection lives, open for a change: an entry of the keyspace.
pub trait Home {
    /// The value as it stands.
    fn value(&self) -> Value<'_>;

    /// The bytes of the value, if it is packed.
    fn packed(&self) -> Option<&[u8]>;

    /// Replaces the bytes of `range` by `with`. The value must be packed.
    fn splice(&mut self, range: Range<usize>, with: &[u8]);

    /// The object, to change; what a snapshot still reads was copied. The value must be one.
    fn object(&mut self) -> &mut Object;

    /// Gives the value another form.
    fn become_packed(&mut self, form: Packed, bytes: &[u8]);

    /// Gives the value another form.
    fn become_object(&mut self, object: Object);

    /// Has another thread drop what left the value.
    fn discard<T: Send + 'static>(&mut self, garbage: T);

    /// What the members of a new object are hashed under.
    fn seed(&self) -> Seed;

    /// The earliest deadline below the object is another one now. A home that is no entry of the
    /// keyspace need not know.
    fn due_changed(&mut self) {}
}

/// A packed collection in its home is bytes to edit.
impl<H: Home> Buffer for H {
    fn bytes(&self) -> &[u8] {
        self.packed().expect("the value is packed")
    }

    fn splice(&mut self, range: Range<usize>, with: &[u8]) {
        Home::splice(self, range, with);
    }
}

/// Up to where collections stay packed, and how large the chunks of larger ones are: the
/// parameters of the configuration, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Elements if positive; -1 to -5: 4 to 64 KB.
    pub list_listpack_size: i32,
    /// A longer element of a large list has a chunk to itself. Not a parameter: DEBUG sets it.
    pub list_alone_bytes: usize,
    pub set_intset_entries: usize,
    pub set_listpack_entries: usize,
    pub set_listpack_value: usize,
    pub hash_listpack_entries: usize,
    pub hash_listpack_value: usize,
    pub zset_listpack_entries: usize,
    pub zset_listpack_value: usize,
    pub stream_node_bytes: usize,
    pub stream_node_entries: usize,
    pub hll_sparse_bytes: usize,
}

/// Elements of large lists are bounded by the size of a chunk alone.
pub const LIST_ALONE_BYTES: usize = usize::MAX;

impl Default for Thresholds {
    /// As the configuration has them if nobody says otherwise.
    fn default() -> Thresholds {
        Thresholds {
            list_listpack_size: -2,
            list_alone_bytes: LIST_ALONE_BYTES,
            set_intset_entries: 512,
            set_listpack_entries: 128,
            set_listpack_value: 64,
            hash_listpack_entries: 512,
            hash_listpack_value: 64,
            zset_listpack_entries: 128,
            zset_listpack_value: 64,
            stream_node_bytes: 4096,
            stream_node_entries: 100,
            hll_sparse_bytes: 3000,
        }
    }
}
