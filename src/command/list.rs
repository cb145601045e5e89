//! Lists: elements pushed and popped at both ends, and reached by index.
//!
//! The commands by what they do: here those on the ends and those that read; in `edit` those that
//! change the inside, in `search` LPOS, in `transfer` those from list to list, in `first` those
//! that pop from the first of several lists that has something. The blocking ones stand with their
//! siblings.
//!
//! Each change to a list checks its form when Redis does (see `value::list`): before elements are
//! added, after elements left. A list without elements is removed.

mod edit;
mod first;
mod search;
mod transfer;

use std::ops::Range;

pub(super) use edit::{linsert, lrem, lset, ltrim};
pub(super) use first::{blmpop, blpop, brpop, lmpop};
pub(super) use search::lpos;
pub(super) use transfer::{blmove, brpoplpush, lmove, rpoplpush};

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::ds::listpack::Item;
use crate::keyspace::EntryMut;
use crate::resp::reply::Reply;
use crate::value::list::{self, Element, End, Limit, List, NewList};
use crate::value::{Home, WrongType};

/// LPUSH key element [element …]
pub(super) fn lpush(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    push(call, args, End::Head, Absent::Made)
}

/// RPUSH key element [element …]
pub(super) fn rpush(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    push(call, args, End::Tail, Absent::Made)
}

/// LPUSHX key element [element …]
pub(super) fn lpushx(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    push(call, args, End::Head, Absent::Left)
}

/// RPUSHX key element [element …]
pub(super) fn rpushx(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    push(call, args, End::Tail, Absent::Left)
}

/// What becomes of a key that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// It becomes a list.
    Made,
    /// Nothing.
    Left,
}

fn push(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    end: End,
    absent: Absent,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let request = args.request();
    let texts = (args.position()..request.len()).map(|index| request.bytes(index));
    let limit = limit(call);
    let len = match call.db.write(key) {
        Some(mut entry) => {
            list_of(&entry)?;
            list::push(&mut entry, end, texts, limit);
            list_of(&entry)?.len()
        }
        None if absent == Absent::Left => {
            call.reply.int(0);
            return Ok(());
        }
        None => {
            create(call, key, NewList::of(end, texts, limit));
            args.left()
        }
    };
    call.reply.count(len);
    call.changed(EventClass::LIST, push_event(end), key, args.left() as u64);
    Ok(())
}

/// LPOP key [count]
pub(super) fn lpop(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    pop(call, args, End::Head)
}

/// RPOP key [count]
pub(super) fn rpop(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    pop(call, args, End::Tail)
}

fn pop(call: &mut Call<'_>, args: &mut Args<'_>, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.left() > 1 {
        return Err(CommandError::wrong_arity(call.name));
    }
    if args.left() == 0 {
        if !pop_from(call, key, end, None)? {
            call.reply.null();
        }
        return Ok(());
    }
    let count = args
        .int()
        .ok()
        .and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(CommandError::NOT_POSITIVE)?;
    if !pop_from(call, key, end, Some(count))? {
        call.reply.null_array();
    }
    Ok(())
}

/// Pops and replies: one element by itself, or an array of a `count`. Whether there was a list.
fn pop_from(
    call: &mut Call<'_>,
    key: &[u8],
    end: End,
    count: Option<usize>,
) -> Result<bool, CommandError> {
    let limit = limit(call);
    let Some(mut entry) = call.db.write(key) else {
        return Ok(false);
    };
    let len = list_of(&entry)?.len();
    let popped = count.unwrap_or(1).min(len);
    if count.is_some() {
        call.reply.array(popped);
    }
    if popped == 0 {
        return Ok(true);
    }
    let reply = &mut *call.reply;
    let is_gone = popped == len;
    if is_gone {
        each_from(list_of(&entry)?, end, |element| {
            reply_element(reply, element)
        });
        entry.remove();
    } else {
        list::pop(&mut entry, end, popped, |element| {
            reply_element(reply, element);
        });
        list::shrink(&mut entry, limit);
    }
    call.changed(EventClass::LIST, pop_event(end), key, popped as u64);
    if is_gone {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
    Ok(true)
}

/// All elements, from one end to the other.
fn each_from(list: List<'_>, end: End, each: impl FnMut(Element<'_>)) {
    let all = 0..list.len();
    match end {
        End::Head => list.spans(all).flatten().for_each(each),
        End::Tail => list.spans_back(all).flat_map(Iterator::rev).for_each(each),
    }
}

/// LLEN key
pub(super) fn llen(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(entry) = call.db.read(key) else {
        call.reply.int(0);
        call.missed(key);
        return Ok(());
    };
    call.reply.count(entry.value().list()?.len());
    Ok(())
}

/// LINDEX key index
pub(super) fn lindex(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(entry) = call.db.read(key) else {
        call.reply.null();
        call.missed(key);
        return Ok(());
    };
    let list = entry.value().list()?;
    let index = position(args.int()?, list.len());
    match index.and_then(|index| list.get(index)) {
        Some(element) => reply_element(call.reply, element),
        None => call.reply.null(),
    }
    Ok(())
}

/// LRANGE key start stop
pub(super) fn lrange(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (start, stop) = (args.int()?, args.int()?);
    let Some(entry) = call.db.read(key) else {
        call.reply.array(0);
        call.missed(key);
        return Ok(());
    };
    let list = entry.value().list()?;
    let range = range(start, stop, list.len());
    let reply = &mut *call.reply;
    reply.array(range.len());
    for span in list.spans(range) {
        span.for_each(|element| reply_element(reply, element));
    }
    Ok(())
}

/// The limit of a packed list and of a chunk.
#[inline]
fn limit(call: &Call<'_>) -> Limit {
    Limit::of(&call.limits.thresholds)
}

#[inline]
fn list_of<'e>(entry: &'e EntryMut<'_>) -> Result<List<'e>, WrongType> {
    entry.value().list()
}

/// Gives `key`, which is not there, a list.
fn create(call: &mut Call<'_>, key: &[u8], list: NewList) {
    call.announce(key);
    list.give(|value| {
        call.db.create(key, value);
    });
}

#[inline]
fn reply_element(reply: &mut Reply, element: Element<'_>) {
    match element {
        Element::Item(Item::Bytes(bytes)) => reply.bulk(bytes),
        Element::Item(Item::Int(value)) => reply.bulk_int(value),
        Element::Large(text) => reply.bulk_shared(text, 0, text.len()),
    }
}

/// The position that `index`, which counts from the end if it is negative, means in a list of `len`
/// elements.
fn position(index: i64, len: usize) -> Option<usize> {
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    let position = match index {
        0.. => from_end,
        _ => len.checked_sub(from_end)?,
    };
    (position < len).then_some(position)
}

/// The positions from `start` to `stop`, both included, in a list of `len` elements. Unlike with
/// strings, nothing lies before the first.
fn range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let len_signed = i64::try_from(len).unwrap_or(i64::MAX);
    let absolute = |index: i64| match index {
        0.. => index,
        _ => index.saturating_add(len_signed),
    };
    let start = absolute(start).max(0);
    let stop = absolute(stop).min(len_signed - 1);
    match (usize::try_from(start), usize::try_from(stop)) {
        (Ok(start), Ok(stop)) if start <= stop => start..stop + 1,
        _ => 0..0,
    }
}

fn push_event(end: End) -> &'static str {
    match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    }
}

fn pop_event(end: End) -> &'static str {
    match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    }
}

/// The command that pops at `end`.
fn pop_command(end: End) -> &'static str {
    match end {
        End::Head => "LPOP",
        End::Tail => "RPOP",
    }
}

/// The next argument as an end: LEFT or RIGHT.
fn end(args: &mut Args<'_>) -> Result<End, CommandError> {
    if args.take_word("LEFT") {
        Ok(End::Head)
    } else if args.take_word("RIGHT") {
        Ok(End::Tail)
    } else {
        Err(CommandError::SYNTAX)
    }
}

#[cfg(test)]
mod tests;
