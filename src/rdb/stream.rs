//! Streams: nodes as listpacks, then what the stream knows of its past, then its groups.
//!
//! ```text
//! nodes:    count │ (id as 16 bytes, big-endian; listpack)…
//! listpack: live · deleted · fields · names … · 0 │ entries: flags · ms · seq · [fields · …] values … · words
//! past:     entries │ last id │ first id │ greatest deleted id │ entries ever added
//! groups:   count │ (name │ last id │ entries read │ pending │ consumers)…
//! ```

use super::damage::Damage;
use super::decode::{Context, Loaded};
use super::encode::listpack;
use super::input::{Input, Source};
use super::output::{Drain, Output};
use super::{packed, types};
use crate::ds::listpack::{Entries, Item, Pack};
use crate::value::Object;
use crate::value::draft::Draft;
use crate::value::group::{Group, Pending};
use crate::value::stream::{Marks, Stream, StreamId};

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;

pub(super) fn encode<D: Drain>(stream: &Stream, out: &mut Output<D>) {
    out.count(stream.node_count());
    for node in stream.nodes() {
        let (master, counts, rest) = node.redis_form();
        out.blob(&master.to_bytes());
        let mut pack = Pack::new();
        for count in counts {
            pack.push_item(Item::Int(count));
        }
        let count = pack.len() + Entries::new(rest, 0, rest.len()).count();
        listpack(&[pack.entries(), rest].concat(), count, out);
        out.relieve();
    }
    let marks = stream.marks();
    out.count(stream.len());
    id(marks.last_id, out);
    id(stream.first().map_or(StreamId::MIN, |entry| entry.id), out);
    id(marks.max_deleted_id, out);
    out.length(marks.entries_added);
    out.count(stream.groups().len());
    for (name, group) in stream.groups().iter() {
        out.string(name);
        encode_group(group, out);
    }
}

fn id<D: Drain>(id: StreamId, out: &mut Output<D>) {
    out.length(id.ms);
    out.length(id.seq);
}

fn encode_group<D: Drain>(group: &Group, out: &mut Output<D>) {
    id(group.last_id, out);
    out.length(group.entries_read.unwrap_or(-1).cast_unsigned());
    out.count(group.pending().len());
    for (id, pending) in group.pending().iter() {
        out.bytes.extend_from_slice(&id.to_bytes());
        out.u64(pending.delivered_at.cast_unsigned());
        out.length(pending.deliveries.cast_unsigned());
        out.relieve();
    }
    out.count(group.consumers().len());
    for (name, consumer) in group.consumers().iter() {
        out.string(name);
        out.u64(consumer.seen_at.cast_unsigned());
        if out.newest {
            out.u64(consumer.active_at.unwrap_or(-1).cast_unsigned());
        }
        out.count(consumer.pending_len());
        for id in consumer.pending(StreamId::MIN..=StreamId::MAX) {
            out.bytes.extend_from_slice(&id.to_bytes());
            out.relieve();
        }
    }
}

pub(super) fn decode<S: Source>(
    kind: u8,
    input: &mut Input<S>,
    context: Context<'_>,
) -> Result<Loaded, Damage> {
    let mut stream = Stream::new();
    let mut last = None;
    for _ in 0..input.count()? {
        decode_node(input, &mut stream, &mut last)?;
    }
    if input.length()? != stream.len() as u64 {
        return Err(input.damage("a stream of another length than it says"));
    }
    let mut marks = Marks {
        last_id: decode_id(input)?,
        first_id: stream.first().map_or(StreamId::MIN, |entry| entry.id),
        max_deleted_id: StreamId::MIN,
        entries_added: stream.len() as u64,
    };
    if kind != types::STREAM {
        // The first id is known from the entries.
        decode_id(input)?;
        marks.max_deleted_id = decode_id(input)?;
        marks.entries_added = input.length()?;
    }
    if last.is_some_and(|last| marks.last_id < last) {
        return Err(input.damage("a stream whose last id is below an entry's"));
    }
    stream.set_marks(marks);
    for _ in 0..input.count()? {
        decode_group(kind, input, &mut stream)?;
    }
    let draft = Draft::object(Object::Stream(stream), context.seed);
    Ok(Loaded::Collection(draft))
}

fn decode_id<S: Source>(input: &mut Input<S>) -> Result<StreamId, Damage> {
    Ok(StreamId::new(input.length()?, input.length()?))
}

fn raw_id<S: Source>(input: &mut Input<S>) -> Result<StreamId, Damage> {
    let bytes = input.bytes(16)?;
    let (ms, seq) = bytes.split_at(8);
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    Ok(StreamId::new(number(ms), number(seq)))
}

/// The next item of a listpack, which must be a number.
fn number<'a>(items: &mut impl Iterator<Item = Item<'a>>) -> Option<i64> {
    match items.next() {
        Some(Item::Int(number)) => Some(number),
        _ => None,
    }
}

fn decode_node<S: Source>(
    input: &mut Input<S>,
    stream: &mut Stream,
    last: &mut Option<StreamId>,
) -> Result<(), Damage> {
    let mut text = Vec::new();
    input.string(&mut text)?;
    let mut key = Input::new(&text[..]);
    let master = raw_id(&mut key)?;
    if text.len() != 16 {
        return Err(input.damage("the id of a stream's node is none"));
    }
    input.string(&mut text)?;
    let kept = packed::listpack(&text);
    let kept = kept.map_err(|_| input.damage("a node of a stream is no listpack"))?;
    read_node(&kept, master, stream, last)
        .ok_or_else(|| input.damage("a node of a stream that is none"))
}

/// Adds the entries of a node to the stream; `None` if it is not well formed.
fn read_node(
    kept: &[u8],
    master: StreamId,
    stream: &mut Stream,
    last: &mut Option<StreamId>,
) -> Option<()> {
    let mut items = packed::items(kept);
    let items = &mut items;
    let live = usize::try_from(number(items)?).ok()?;
    let deleted = usize::try_from(number(items)?).ok()?;
    let count = usize::try_from(number(items)?).ok()?;
    let mut fields = Vec::new();
    for _ in 0..count {
        fields.push(items.next()?.to_vec());
    }
    if number(items)? != 0 {
        return None;
    }
    let (mut read, mut gone) = (0, Vec::new());
    let mut is_first = true;
    while let Some(flags) = items.next() {
        let Item::Int(flags) = flags else {
            return None;
        };
        let ms = master.ms.wrapping_add(number(items)?.cast_unsigned());
        let seq = master.seq.wrapping_add(number(items)?.cast_unsigned());
        let id = StreamId::new(ms, seq);
        if last.is_some_and(|last| id <= last) || id == StreamId::MIN {
            return None;
        }
        *last = Some(id);
        let mut pairs = Vec::new();
        if flags & SAME_FIELDS != 0 {
            for field in &fields {
                pairs.push((field.clone(), items.next()?.to_vec()));
            }
        } else {
            for _ in 0..usize::try_from(number(items)?).ok()? {
                pairs.push((items.next()?.to_vec(), items.next()?.to_vec()));
            }
        }
        number(items)?;
        let borrowed = pairs.iter().map(|(field, value)| (&field[..], &value[..]));
        if pairs.is_empty() {
            return None;
        }
        stream.append_to_node(id, borrowed, is_first);
        is_first = false;
        read += 1;
        if flags & DELETED != 0 {
            gone.push(id);
        }
    }
    if read != live + deleted || gone.len() != deleted {
        return None;
    }
    for id in gone {
        stream.delete(id);
    }
    Some(())
}

fn decode_group<S: Source>(
    kind: u8,
    input: &mut Input<S>,
    stream: &mut Stream,
) -> Result<(), Damage> {
    let mut name = Vec::new();
    input.string(&mut name)?;
    let last_id = decode_id(input)?;
    let entries_read = match kind {
        types::STREAM => stream.entries_read_at(last_id),
        _ => Some(input.length()?.cast_signed()).filter(|read| *read != -1),
    };
    let mut group = Group::new(last_id, entries_read);
    let mut pending = Vec::new();
    for _ in 0..input.count()? {
        let id = raw_id(input)?;
        pending.push((
            id,
            input.u64()?.cast_signed(),
            input.length()?.cast_signed(),
        ));
    }
    if !pending.is_sorted_by(|(one, ..), (next, ..)| one < next) {
        return Err(input.damage("pending entries that are not in order"));
    }
    let mut held = 0;
    for _ in 0..input.count()? {
        held += decode_consumer(kind, input, &mut group, &pending)?;
    }
    if held != pending.len() {
        return Err(input.damage("a pending entry that is nobody's"));
    }
    match stream.create_group(&name, group) {
        true => Ok(()),
        false => Err(input.damage("a group that is there twice")),
    }
}

/// Reads a consumer; how many entries are pending for it.
fn decode_consumer<S: Source>(
    kind: u8,
    input: &mut Input<S>,
    group: &mut Group,
    pending: &[(StreamId, i64, i64)],
) -> Result<usize, Damage> {
    let mut name = Vec::new();
    input.string(&mut name)?;
    let seen_at = input.u64()?.cast_signed();
    if !group.create_consumer(&name, seen_at) {
        return Err(input.damage("a consumer that is there twice"));
    }
    let active_at = match kind {
        types::STREAM_3 => input.u64()?.cast_signed(),
        _ => seen_at,
    };
    if active_at != -1 {
        group.note_active(&name, active_at);
    }
    let (consumer, _) = group.see_consumer(&name, seen_at);
    let count = input.count()?;
    for _ in 0..count {
        let id = raw_id(input)?;
        let found = pending.binary_search_by_key(&id, |(id, ..)| *id);
        let Some((_, delivered_at, deliveries)) = found.ok().map(|index| pending[index]) else {
            return Err(input.damage("a consumer's entry that is not pending"));
        };
        let held = Pending {
            consumer: consumer.clone(),
            delivered_at,
            deliveries,
        };
        if group.pending().get(&id).is_some() {
            return Err(input.damage("a pending entry that is two consumers'"));
        }
        group.assign(id, held);
    }
    Ok(count)
}
