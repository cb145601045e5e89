//! Streams: what commands do with entries by their ids.
//!
//! Here those that read, remove and set; in `add` those that add and trim, in `read` XREAD and
//! XREADGROUP, in `group` and `pending` what concerns groups, in `info` XINFO.

mod add;
mod group;
mod info;
mod pending;
mod read;

pub(super) use add::{xadd, xtrim};
pub(super) use group::{
    xack, xgroup_create, xgroup_createconsumer, xgroup_delconsumer, xgroup_destroy, xgroup_help,
    xgroup_setid,
};
pub(super) use info::{xinfo_consumers, xinfo_groups, xinfo_help, xinfo_stream};
pub(super) use pending::{xautoclaim, xclaim, xpending};
pub(super) use read::{xread, xreadgroup};

use std::ops::RangeInclusive;

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::ds::listpack::Item;
use crate::keyspace::View;
use crate::resp::reply::Reply;
use crate::value::stream::{Entry, Stream, StreamId};

/// XLEN key
pub(super) fn xlen(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(stream) = read_stream(&mut call.db, key)? else {
        call.reply.int(0);
        call.missed(key);
        return Ok(());
    };
    call.reply.count(stream.len());
    Ok(())
}

/// XRANGE key start end [COUNT count]
pub(super) fn xrange(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let start = range_start(args.bytes()?)?;
    let end = range_end(args.bytes()?)?;
    range(call, args, key, start..=end, Order::Rising)
}

/// XREVRANGE key end start [COUNT count]
pub(super) fn xrevrange(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (end, start) = (args.bytes()?, args.bytes()?);
    let start = range_start(start)?;
    let end = range_end(end)?;
    range(call, args, key, start..=end, Order::Falling)
}

/// Which way entries are told.
enum Order {
    Rising,
    Falling,
}

fn range(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    key: &[u8],
    ids: RangeInclusive<StreamId>,
    order: Order,
) -> Result<(), CommandError> {
    let mut count = None;
    while args.left() > 0 {
        if args.left() < 2 || !args.take_word("count") {
            return Err(CommandError::SYNTAX);
        }
        count = Some(args.int()?.max(0));
    }
    let Some(stream) = read_stream(&mut call.db, key)? else {
        call.reply.array(0);
        call.missed(key);
        return Ok(());
    };
    let (start, end) = ids.into_inner();
    let count = count.map_or(usize::MAX, as_count);
    match order {
        _ if count == 0 => call.reply.null_array(),
        Order::Rising => {
            reply_entries(call.reply, stream.range(start, end).take(count));
        }
        Order::Falling => {
            reply_entries(call.reply, stream.range_back(start, end).take(count));
        }
    }
    Ok(())
}

/// XDEL key id [id ...]
pub(super) fn xdel(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    entry.as_entry().value().stream()?;
    let ids = ids(args)?;
    let stream = Stream::of(&mut entry)?;
    let removed = ids.into_iter().filter(|id| stream.delete(*id)).count();
    call.reply.count(removed);
    if removed > 0 {
        call.changed(EventClass::STREAM, "xdel", key, removed as u64);
    }
    Ok(())
}

/// XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]
pub(super) fn xsetid(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let last_id = id(args.bytes()?)?;
    let mut entries_added = None;
    let mut max_deleted_id = StreamId::MIN;
    while args.left() > 0 {
        if args.left() > 1 && args.take_word("entriesadded") {
            let added = u64::try_from(args.int()?);
            entries_added = Some(added.map_err(|_| CommandError::NEGATIVE_ENTRIES_ADDED)?);
        } else if args.left() > 1 && args.take_word("maxdeletedid") {
            max_deleted_id = id(args.bytes()?)?;
            if last_id < max_deleted_id {
                return Err(CommandError::XSETID_BELOW_GIVEN_DELETED);
            }
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    let Some(mut entry) = call.db.write(key) else {
        return Err(CommandError::NO_SUCH_KEY);
    };
    let stream = entry.as_entry().value().stream()?;
    let mut marks = stream.marks();
    if last_id < marks.max_deleted_id {
        return Err(CommandError::XSETID_BELOW_DELETED);
    }
    if let Some(last) = stream.last() {
        if last_id < last.id {
            return Err(CommandError::XSETID_BELOW_TOP);
        }
        if entries_added.is_some_and(|added| added < stream.len() as u64) {
            return Err(CommandError::XSETID_FEWER_ADDED);
        }
    }
    marks.last_id = last_id;
    marks.entries_added = entries_added.unwrap_or(marks.entries_added);
    if max_deleted_id != StreamId::MIN {
        marks.max_deleted_id = max_deleted_id;
    }
    Stream::of(&mut entry)?.set_marks(marks);
    call.reply.ok();
    call.changed(EventClass::STREAM, "xsetid", key, 1);
    Ok(())
}

/// The stream of `key`, to read.
#[inline]
fn read_stream<'v>(db: &'v mut View<'_>, key: &[u8]) -> Result<Option<&'v Stream>, CommandError> {
    match db.read(key) {
        Some(entry) => Ok(Some(entry.value().stream()?)),
        None => Ok(None),
    }
}

/// An id in full, or without its second number, which then is 0.
fn id(text: &[u8]) -> Result<StreamId, CommandError> {
    StreamId::parse_strict(text, 0).ok_or(CommandError::INVALID_STREAM_ID)
}

/// All arguments left, as ids.
fn ids(args: &mut Args<'_>) -> Result<Vec<StreamId>, CommandError> {
    let mut ids = Vec::with_capacity(args.left());
    while args.left() > 0 {
        ids.push(id(args.bytes()?)?);
    }
    Ok(ids)
}

/// Where a range starts: an id or `-`; behind an id after `(`.
fn range_start(text: &[u8]) -> Result<StreamId, CommandError> {
    match bound(text, 0)? {
        (id, Bound::Included) => Ok(id),
        (id, Bound::Excluded) => id.next().ok_or(CommandError::INVALID_RANGE_START),
    }
}

/// Where a range ends: an id or `+`; before an id after `(`.
fn range_end(text: &[u8]) -> Result<StreamId, CommandError> {
    match bound(text, u64::MAX)? {
        (id, Bound::Included) => Ok(id),
        (id, Bound::Excluded) => id.previous().ok_or(CommandError::INVALID_RANGE_END),
    }
}

/// Whether the end of a range belongs to it.
enum Bound {
    Included,
    Excluded,
}

fn bound(text: &[u8], seq_missing: u64) -> Result<(StreamId, Bound), CommandError> {
    let read = match text {
        [b'(', rest @ ..] if !rest.is_empty() => {
            (StreamId::parse_strict(rest, seq_missing), Bound::Excluded)
        }
        _ => (StreamId::parse(text, seq_missing), Bound::Included),
    };
    match read {
        (Some(id), bound) => Ok((id, bound)),
        (None, _) => Err(CommandError::INVALID_STREAM_ID),
    }
}

/// A count that is not negative.
fn as_count(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Replies with an id.
#[inline]
fn reply_id(reply: &mut Reply, id: StreamId) {
    reply.bulk(id.text().as_ref());
}

/// Replies with an entry: its id, and its fields and values.
#[inline]
fn reply_entry(reply: &mut Reply, entry: &Entry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply.array(2 * entry.len());
    for word in entry.words() {
        match word {
            Item::Bytes(bytes) => reply.bulk(bytes),
            Item::Int(value) => reply.bulk_int(value),
        }
    }
}

/// Replies with an array of entries; how many there were.
fn reply_entries<'a>(reply: &mut Reply, entries: impl Iterator<Item = Entry<'a>>) -> usize {
    let array = reply.deferred();
    let mut count = 0;
    for entry in entries {
        reply_entry(reply, &entry);
        count += 1;
    }
    reply.close_array(array, count);
    count
}

#[cfg(test)]
mod tests;
