//! Values to bytes.
//!
//! A packed collection is written as it stands, in the frame its form has in the format; a large
//! one element by element. Adding a type? Also `decode`, and the table in `docs/PERSISTENCE.md`.

use super::output::{Drain, Output};
use super::{CHECKSUM, VERSION, VERSION_VALKEY, types};
use crate::ds::intset::IntSet;
use crate::ds::listpack::{Item, Listpack, Pack};
use crate::ds::number::DoubleText;
use crate::sys::clock::UnixMs;
use crate::value::hash::Hash;
use crate::value::list::{Element, List, Span};
use crate::value::set::Set;
use crate::value::zset::Zset;
use crate::value::{Str, Value};

/// What is no moment of the clock: a hash's fields are written whether or not they are due.
const BEFORE_ALL: UnixMs = UnixMs(i64::MIN);

/// The forms of an element in a list of nodes.
const NODE_PLAIN: u64 = 1;
const NODE_PACKED: u64 = 2;

/// Bytes of a listpack beside its entries: its length, its count, and the end.
const LISTPACK_FRAME_BYTES: usize = 7;
const LISTPACK_END: u8 = 0xff;

/// The number of the form that `value` is written in; `newest` as in [`Output::newest`].
pub fn type_of(value: Value<'_>, newest: bool) -> u8 {
    match value {
        Value::String(_) => types::STRING,
        Value::List(_) => types::LIST_QUICKLIST_2,
        Value::Set(Set::Ints(_)) => types::SET_INTSET,
        Value::Set(Set::Packed(_)) if newest => types::SET_LISTPACK,
        Value::Set(_) => types::SET,
        Value::Hash(Hash::Packed(_)) => types::HASH_LISTPACK,
        Value::Hash(Hash::Big(big)) if big.due().is_some() => types::HASH_2,
        Value::Hash(Hash::Big(_)) => types::HASH,
        Value::Zset(Zset::Packed(_)) => types::ZSET_LISTPACK,
        Value::Zset(Zset::Big(_)) => types::ZSET_2,
        Value::Stream(_) if newest => types::STREAM_3,
        Value::Stream(_) => types::STREAM_2,
    }
}

/// The version that knows the form of this number.
pub fn version_of(kind: u8) -> u16 {
    match kind {
        types::HASH_2 => VERSION_VALKEY,
        _ => VERSION,
    }
}

/// Writes `value` in the form that [`type_of`] tells.
pub fn value<D: Drain>(value: Value<'_>, out: &mut Output<D>) {
    match value {
        Value::String(text) => string(text, out),
        Value::List(list) => list_nodes(list, out),
        Value::Set(set) => members(set, out),
        Value::Hash(hash) => fields(hash, out),
        Value::Zset(zset) => scored(zset, out),
        Value::Stream(stream) => super::stream::encode(stream, out),
    }
}

/// The payload that DUMP gives: the value, the version, the checksum.
pub fn payload(held: Value<'_>) -> Vec<u8> {
    let kind = type_of(held, false);
    let mut out = Output::new(true);
    out.byte(kind);
    value(held, &mut out);
    let mut bytes = out.bytes;
    bytes.extend_from_slice(&version_of(kind).to_le_bytes());
    let checksum = CHECKSUM.checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn string<D: Drain>(text: Str<'_>, out: &mut Output<D>) {
    match text {
        Str::Int(integer) => out.int(integer),
        other => out.text(other.text(&mut itoa::Buffer::new())),
    }
}

/// A listpack of `count` entries in its frame.
pub(super) fn listpack<D: Drain>(entries: &[u8], count: usize, out: &mut Output<D>) {
    let len = LISTPACK_FRAME_BYTES + entries.len();
    let mut blob = Vec::with_capacity(len);
    blob.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    blob.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
    blob.extend_from_slice(entries);
    blob.push(LISTPACK_END);
    out.blob(&blob);
}

fn packed_listpack<D: Drain>(bytes: &[u8], out: &mut Output<D>) {
    let pack = Listpack::new(bytes);
    listpack(pack.entry_bytes(), pack.len(), out);
}

fn list_nodes<D: Drain>(list: List<'_>, out: &mut Output<D>) {
    let spans = || list.spans(0..list.len());
    out.count(spans().count());
    for span in spans() {
        if let Span::Large(Some(text)) = span {
            out.length(NODE_PLAIN);
            out.blob(text);
            continue;
        }
        let mut pack = Pack::new();
        for element in span {
            if let Element::Item(item) = element {
                pack.push_item(item);
            }
        }
        out.length(NODE_PACKED);
        listpack(pack.entries(), pack.len(), out);
        out.relieve();
    }
}

fn members<D: Drain>(set: Set<'_>, out: &mut Output<D>) {
    if let Set::Ints(bytes) = set {
        let ints = IntSet::new(bytes);
        let mut blob = Vec::with_capacity(8 + bytes.len());
        blob.extend_from_slice(&u32::from(bytes[0]).to_le_bytes());
        blob.extend_from_slice(&u32::try_from(ints.len()).unwrap_or(u32::MAX).to_le_bytes());
        blob.extend_from_slice(&bytes[1..]);
        return out.blob(&blob);
    }
    if let Set::Packed(bytes) = set
        && out.newest
    {
        return packed_listpack(bytes, out);
    }
    out.count(set.len());
    set.for_each(|item| {
        put_item(item, out);
        out.relieve();
    });
}

fn put_item<D: Drain>(item: Item<'_>, out: &mut Output<D>) {
    match item {
        Item::Int(integer) => out.int(integer),
        Item::Bytes(text) => out.string(text),
    }
}

fn fields<D: Drain>(hash: Hash<'_>, out: &mut Output<D>) {
    let big = match hash {
        Hash::Packed(bytes) => return packed_listpack(bytes, out),
        Hash::Big(big) => big,
    };
    let with_deadlines = big.due().is_some();
    out.count(big.len());
    hash.for_each(BEFORE_ALL, |pair| {
        string(pair.field, out);
        string(pair.value, out);
        if with_deadlines {
            let deadline = pair.deadline.map_or(-1, |deadline| deadline.0);
            out.u64(deadline.cast_unsigned());
        }
        out.relieve();
    });
}

fn scored<D: Drain>(zset: Zset<'_>, out: &mut Output<D>) {
    if let Zset::Packed(_) = zset {
        let mut pack = Pack::new();
        for (member, score) in zset.iter() {
            pack.push_item(member);
            pack.push(DoubleText::new(score).as_bytes());
        }
        return listpack(pack.entries(), pack.len(), out);
    }
    out.count(zset.len());
    for (member, score) in zset.iter() {
        put_item(member, out);
        out.double(score);
        out.relieve();
    }
}
