//! Values: what a key can hold, seen from outside its encoding.

pub mod string;

pub use string::Str;

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
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    String(Str<'a>),
}

impl<'a> Value<'a> {
    /// The value's type.
    pub fn kind(self) -> Kind {
        match self {
            Value::String(_) => Kind::String,
        }
    }

    /// The value as a string.
    #[inline]
    pub fn string(self) -> Result<Str<'a>, WrongType> {
        match self {
            Value::String(string) => Ok(string),
        }
    }
}
