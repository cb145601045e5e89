//! Taking members from either end: of one set, or of the first of several that is there.

use super::{Elements, Shape};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::mpop::{self, Pop, Popped};
use crate::command::wait::Wait;
use crate::resp::reply::{Protocol, Reply};
use crate::value::Kind;
use crate::value::zset::{self, Order};

/// Which end members are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

impl End {
    fn event(self) -> &'static str {
        match self {
            End::Min => "zpopmin",
            End::Max => "zpopmax",
        }
    }

    /// The way from that end.
    fn order(self) -> Order {
        match self {
            End::Min => Order::Forward,
            End::Max => Order::Back,
        }
    }

    /// The command that the log is told.
    fn command(self) -> &'static [u8] {
        match self {
            End::Min => b"ZPOPMIN",
            End::Max => b"ZPOPMAX",
        }
    }
}

/// ZPOPMIN key [count]
pub(in crate::command) fn zpopmin(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop(call, args, End::Min)
}

/// ZPOPMAX key [count]
pub(in crate::command) fn zpopmax(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop(call, args, End::Max)
}

fn pop(call: &mut Call<'_>, args: &mut Args<'_>, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.left() > 1 {
        return Err(CommandError::SYNTAX);
    }
    let mut count = None;
    if args.left() == 1 {
        let number = args
            .int()
            .ok()
            .and_then(|count| usize::try_from(count).ok());
        count = Some(number.ok_or(CommandError::NOT_POSITIVE)?);
    }
    let shape = match (count, call.reply.protocol) {
        (Some(_), Protocol::Resp3) => Shape::Nested,
        _ => Shape::Flat,
    };
    let head = |reply: &mut Reply, count| match shape {
        Shape::Flat => reply.array(2 * count),
        _ => reply.array(count),
    };
    if take(call, key, end, count.unwrap_or(1), shape, head)?.is_none() {
        call.reply.array(0);
    }
    Ok(())
}

/// Takes at most `count` members out of the set at `key`, if there is one, and replies with them
/// behind what `head` writes for as many as there are; their number.
fn take(
    call: &mut Call<'_>,
    key: &[u8],
    end: End,
    count: usize,
    shape: Shape,
    head: impl FnOnce(&mut Reply, usize),
) -> Result<Option<usize>, CommandError> {
    let Some(mut entry) = call.db.write(key) else {
        return Ok(None);
    };
    let zset = entry.as_entry().value().zset()?;
    let len = zset.len();
    let count = count.min(len);
    head(call.reply, count);
    if count == 0 {
        return Ok(Some(0));
    }
    let mut elements = Elements::behind_header(call.reply, shape);
    let ranks = match end {
        End::Min => 0..count,
        End::Max => len - count..len,
    };
    elements.extend(zset.walk(ranks.clone(), end.order()));
    let is_gone = count == len;
    if is_gone {
        entry.remove();
    } else {
        zset::remove_ranks(&mut entry, ranks);
    }
    call.changed(EventClass::ZSET, end.event(), key, count as u64);
    if is_gone {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
    Ok(Some(count))
}

/// BZPOPMIN key [key …] timeout
pub(in crate::command) fn bzpopmin(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop_or_wait(call, args, End::Min)
}

/// BZPOPMAX key [key …] timeout
pub(in crate::command) fn bzpopmax(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop_or_wait(call, args, End::Max)
}

fn pop_or_wait(call: &mut Call<'_>, args: &mut Args<'_>, end: End) -> Result<(), CommandError> {
    let mut keys = Vec::with_capacity(args.left() - 1);
    while args.left() > 1 {
        keys.push(args.key()?);
    }
    let timeout = args.timeout(call.db.now())?;
    for &key in &keys {
        let head = |reply: &mut Reply, _| {
            reply.array(3);
            reply.bulk(key);
        };
        if take(call, key, end, 1, Shape::Flat, head)?.is_some() {
            call.effects.propagate([end.command(), key]);
            return Ok(());
        }
    }
    call.wait(Wait::new(Kind::Zset, timeout, keys));
    Ok(())
}

/// ZMPOP numkeys key [key …] MIN|MAX [COUNT count]
pub(in crate::command) fn zmpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    mpop::pop::<Zsets>(call, args)
}

/// BZMPOP timeout numkeys key [key …] MIN|MAX [COUNT count]
pub(in crate::command) fn bzmpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    mpop::pop_or_wait::<Zsets>(call, args)
}

struct Zsets;

impl Popped for Zsets {
    type End = End;

    const KIND: Kind = Kind::Zset;

    fn end(args: &mut Args<'_>) -> Result<End, CommandError> {
        match args.take_word("MIN") {
            true => Ok(End::Min),
            false if args.take_word("MAX") => Ok(End::Max),
            false => Err(CommandError::SYNTAX),
        }
    }

    fn pop_first(call: &mut Call<'_>, pop: &Pop<'_, End>) -> Result<bool, CommandError> {
        for &key in &pop.keys {
            let head = |reply: &mut Reply, count| {
                reply.array(2);
                reply.bulk(key);
                reply.array(count);
            };
            if let Some(count) = take(call, key, pop.end, pop.count, Shape::Nested, head)? {
                let mut digits = itoa::Buffer::new();
                let count = digits.format(count).as_bytes();
                call.effects.propagate([pop.end.command(), key, count]);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
