//! A collection too large to be packed: the roots of its trees, under one roof for the keyspace.

use std::hash::Hasher;

use super::Value;
use super::hash::{BigHash, Hash};
use super::list::{BigList, List};
use super::set::{BigSet, Set};
use super::stream::Stream;
use super::zset::{BigZset, Zset};
use crate::sys::clock::UnixMs;

/// A large collection. A clone shares everything below its root, and takes no time.
#[derive(Clone)]
pub enum Object {
    List(BigList),
    Set(BigSet),
    Hash(BigHash),
    Zset(BigZset),
    Stream(Stream),
}

impl Object {
    /// The value, to read.
    #[inline]
    pub fn value(&self) -> Value<'_> {
        match self {
            Object::List(list) => Value::List(List::Big(list)),
            Object::Set(set) => Value::Set(Set::Big(set)),
            Object::Hash(hash) => Value::Hash(Hash::Big(hash)),
            Object::Zset(zset) => Value::Zset(Zset::Big(zset)),
            Object::Stream(stream) => Value::Stream(stream),
        }
    }

    /// The name OBJECT ENCODING answers with.
    pub fn encoding(&self) -> &'static str {
        match self {
            Object::List(_) => "quicklist",
            Object::Set(_) | Object::Hash(_) => "hashtable",
            Object::Zset(_) => "skiplist",
            Object::Stream(_) => "stream",
        }
    }

    /// Bytes of memory below the root, those shared with others included.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Object::List(list) => list.memory_bytes(),
            Object::Set(set) => set.memory_bytes(),
            Object::Hash(hash) => hash.memory_bytes(),
            Object::Zset(zset) => zset.memory_bytes(),
            Object::Stream(stream) => stream.memory_bytes(),
        }
    }

    /// The same, estimated if there is much: takes microseconds.
    pub fn memory_estimate(&self) -> usize {
        match self {
            Object::List(list) => list.memory_estimate(),
            Object::Set(set) => set.memory_estimate(),
            Object::Hash(hash) => hash.memory_estimate(),
            Object::Zset(zset) => zset.memory_estimate(),
            Object::Stream(stream) => stream.memory_estimate(),
        }
    }

    /// Whether dropping it takes more than a few microseconds.
    #[inline]
    pub fn is_heavy(&self) -> bool {
        match self {
            Object::List(list) => list.is_heavy(),
            Object::Set(set) => set.is_heavy(),
            Object::Hash(hash) => hash.is_heavy(),
            Object::Zset(zset) => zset.is_heavy(),
            Object::Stream(stream) => stream.is_heavy(),
        }
    }

    /// The earliest deadline of an element.
    #[inline]
    pub fn due(&self) -> Option<UnixMs> {
        match self {
            Object::Hash(hash) => hash.due(),
            Object::List(_) | Object::Set(_) | Object::Zset(_) | Object::Stream(_) => None,
        }
    }

    /// Digests all that it holds, in whatever order it stands.
    pub fn digest(&self, hasher: &mut impl Hasher) {
        match self {
            Object::List(list) => list.digest(hasher),
            Object::Set(set) => set.digest(hasher),
            Object::Hash(hash) => hash.digest(hasher),
            Object::Zset(zset) => zset.digest(hasher),
            Object::Stream(stream) => stream.digest(hasher),
        }
    }
}
