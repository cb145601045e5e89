//! An element from the end of one list to the end of another, or of the same.

use std::sync::Arc;

use super::{End, create, end, limit, list_of, pop_event, push_event, reply_element};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::wait::{Null, Wait};
use crate::ds::listpack::Item;
use crate::value::Kind;
use crate::value::list::{self, Element, NewList};

/// From where to where.
struct Move<'a> {
    source: &'a [u8],
    destination: &'a [u8],
    from: End,
    to: End,
}

/// LMOVE source destination LEFT|RIGHT LEFT|RIGHT
pub(in crate::command) fn lmove(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let moved = Move::parse(args)?;
    moved_or_null(call, &moved)
}

/// RPOPLPUSH source destination
pub(in crate::command) fn rpoplpush(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let moved = Move::from_tail_to_head(args)?;
    moved_or_null(call, &moved)
}

/// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout
pub(in crate::command) fn blmove(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let moved = Move::parse(args)?;
    if move_or_wait(call, args, &moved)? {
        let Move {
            source,
            destination,
            from,
            to,
        } = moved;
        let (from, to) = (end_word(from), end_word(to));
        let words: [&[u8]; 5] = [b"LMOVE", source, destination, from, to];
        call.effects.propagate(words);
    }
    Ok(())
}

/// BRPOPLPUSH source destination timeout
pub(in crate::command) fn brpoplpush(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let moved = Move::from_tail_to_head(args)?;
    if move_or_wait(call, args, &moved)? {
        let words: [&[u8]; 3] = [b"RPOPLPUSH", moved.source, moved.destination];
        call.effects.propagate(words);
    }
    Ok(())
}

impl<'a> Move<'a> {
    fn parse(args: &mut Args<'a>) -> Result<Move<'a>, CommandError> {
        Ok(Move {
            source: args.key()?,
            destination: args.key()?,
            from: end(args)?,
            to: end(args)?,
        })
    }

    fn from_tail_to_head(args: &mut Args<'a>) -> Result<Move<'a>, CommandError> {
        Ok(Move {
            source: args.key()?,
            destination: args.key()?,
            from: End::Tail,
            to: End::Head,
        })
    }
}

fn end_word(end: End) -> &'static [u8] {
    match end {
        End::Head => b"LEFT",
        End::Tail => b"RIGHT",
    }
}

fn moved_or_null(call: &mut Call<'_>, moved: &Move<'_>) -> Result<(), CommandError> {
    if !move_element(call, moved)? {
        call.reply.null();
    }
    Ok(())
}

/// Whether something was moved; if not, the caller waits.
fn move_or_wait(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    moved: &Move<'_>,
) -> Result<bool, CommandError> {
    let timeout = args.timeout(call.db.now())?;
    if move_element(call, moved)? {
        return Ok(true);
    }
    call.wait(Wait {
        null: Null::Bulk,
        ..Wait::new(Kind::List, timeout, [moved.source])
    });
    Ok(false)
}

/// An element that has left its list.
enum Moved {
    Int(i64),
    Text(Vec<u8>),
    Large(Arc<Vec<u8>>),
}

impl Moved {
    fn of(element: Element<'_>) -> Moved {
        match element {
            Element::Item(Item::Int(value)) => Moved::Int(value),
            Element::Item(Item::Bytes(text)) => Moved::Text(text.to_vec()),
            Element::Large(text) => Moved::Large(Arc::clone(text)),
        }
    }

    fn element(&self) -> Element<'_> {
        match self {
            Moved::Int(value) => Element::Item(Item::Int(*value)),
            Moved::Text(text) => Element::Item(Item::Bytes(text)),
            Moved::Large(text) => Element::Large(text),
        }
    }
}

/// Moves an element and replies with it; whether there was one.
fn move_element(call: &mut Call<'_>, moved: &Move<'_>) -> Result<bool, CommandError> {
    let Move {
        source,
        destination,
        from,
        to,
    } = *moved;
    let Some(entry) = call.db.peek(source) else {
        return Ok(false);
    };
    let len = entry.value().list()?.len();
    let is_within = source == destination;
    if !is_within && let Some(entry) = call.db.peek(destination) {
        entry.value().list()?;
    }
    let element = match is_within {
        true => rotate(call, moved, len)?,
        false => take(call, moved, len)?,
    };
    let Some(element) = element else {
        return Ok(false);
    };
    if !is_within {
        put(call, destination, to, &element)?;
    }
    reply_element(call.reply, element.element());
    call.changed(EventClass::LIST, push_event(to), destination, 1);
    call.changed(EventClass::LIST, pop_event(from), source, 0);
    if !is_within && len == 1 {
        call.changed(EventClass::GENERIC, "del", source, 0);
    }
    Ok(true)
}

/// Takes the element out of its list of `len`.
fn take(call: &mut Call<'_>, moved: &Move<'_>, len: usize) -> Result<Option<Moved>, CommandError> {
    let limit = limit(call);
    let Some(mut entry) = call.db.write(moved.source) else {
        return Ok(None);
    };
    let mut element = None;
    if len == 1 {
        element = list_of(&entry)?.get(0).map(Moved::of);
        entry.remove();
    } else {
        list::pop(&mut entry, moved.from, 1, |found| {
            element = Some(Moved::of(found));
        });
        list::shrink(&mut entry, limit);
    }
    Ok(element)
}

/// Moves the element from end to end of its list of `len`.
fn rotate(
    call: &mut Call<'_>,
    moved: &Move<'_>,
    len: usize,
) -> Result<Option<Moved>, CommandError> {
    let limit = limit(call);
    let Some(mut entry) = call.db.write(moved.source) else {
        return Ok(None);
    };
    if len == 1 || moved.from == moved.to {
        let at = match moved.from {
            End::Head => 0,
            End::Tail => len - 1,
        };
        return Ok(list_of(&entry)?.get(at).map(Moved::of));
    }
    let mut element = None;
    list::pop(&mut entry, moved.from, 1, |found| {
        element = Some(Moved::of(found));
    });
    if let Some(element) = &element {
        let mut digits = itoa::Buffer::new();
        let text = element.element().text(&mut digits);
        list::push(&mut entry, moved.to, std::iter::once(text), limit);
    }
    list::shrink(&mut entry, limit);
    Ok(element)
}

/// Pushes the element.
fn put(call: &mut Call<'_>, key: &[u8], end: End, element: &Moved) -> Result<(), CommandError> {
    let limit = limit(call);
    let mut digits = itoa::Buffer::new();
    let text = std::iter::once(element.element().text(&mut digits));
    match call.db.write(key) {
        Some(mut entry) => {
            list_of(&entry)?;
            list::push(&mut entry, end, text, limit);
        }
        None => create(call, key, NewList::of(end, text, limit)),
    }
    Ok(())
}
