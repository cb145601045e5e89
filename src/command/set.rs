//! Sets: members added, removed, asked for and moved; in `random` those drawn by lot, in `algebra`
//! sets made of sets.

mod algebra;
mod random;

pub(super) use algebra::{sdiff, sdiffstore, sinter, sintercard, sinterstore, sunion, sunionstore};
pub(super) use random::{spop, srandmember};

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::scan::{Bare, ElementScan};
use crate::keyspace::{Cause, Deadline};
use crate::resp::reply::Reply;
use crate::value::draft::Draft;
use crate::value::set::{self, Item, Needle, Set};

/// SADD key member [member …]
pub(super) fn sadd(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let limits = &call.limits.thresholds;
    let mut added = 0;
    if let Some(mut entry) = call.db.write(key) {
        if !matches!(entry.as_entry().value().set()?, Set::Big(_)) {
            set::expect(&mut entry, args.left(), limits);
        }
        while args.left() > 0 {
            added += u64::from(set::add(&mut entry, args.bytes()?, limits));
        }
    } else {
        let first = args.peek().ok_or(CommandError::SYNTAX)?;
        let mut draft = Draft::set_for(first, args.left(), limits, call.db.seed());
        while args.left() > 0 {
            added += u64::from(set::add(&mut draft, args.bytes()?, limits));
        }
        call.announce(key);
        draft.give(|value| call.db.put_value(key, value, Deadline::Never));
    }
    if added > 0 {
        call.changed(EventClass::SET, "sadd", key, added);
    }
    call.reply.int(added.cast_signed());
    Ok(())
}

/// SREM key member [member …]
pub(super) fn srem(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let mut removed = 0;
    let mut is_empty = false;
    if let Some(mut entry) = call.db.write(key) {
        entry.as_entry().value().set()?;
        while args.left() > 0 && !is_empty {
            if set::remove(&mut entry, args.bytes()?) {
                removed += 1;
                is_empty = entry.as_entry().value().set()?.is_empty();
            }
        }
    }
    if removed > 0 {
        call.changed(EventClass::SET, "srem", key, removed);
    }
    if is_empty {
        remove_empty(call, key);
    }
    call.reply.int(removed.cast_signed());
    Ok(())
}

/// Removes the key of a set that lost its last member.
fn remove_empty(call: &mut Call<'_>, key: &[u8]) {
    call.db.remove(key, Cause::Command);
    call.changed(EventClass::GENERIC, "del", key, 0);
}

/// SMOVE source destination member
pub(super) fn smove(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (from, to, member) = (args.key()?, args.key()?, args.bytes()?);
    let target = call.db.peek(to).map(|entry| entry.value().set().is_ok());
    let Some(mut entry) = call.db.write(from) else {
        call.reply.int(0);
        return Ok(());
    };
    let source = entry.as_entry().value().set()?;
    if target == Some(false) {
        return Err(CommandError::WRONG_TYPE);
    }
    if from == to {
        let found = source.contains(Needle::new(member));
        call.reply.int(i64::from(found));
        return Ok(());
    }
    if !set::remove(&mut entry, member) {
        call.reply.int(0);
        return Ok(());
    }
    let is_empty = entry.as_entry().value().set()?.is_empty();
    call.changed(EventClass::SET, "srem", from, 1);
    if is_empty {
        remove_empty(call, from);
    }
    if receive(call, to, target.is_some(), member) {
        call.changed(EventClass::SET, "sadd", to, 1);
    }
    call.reply.int(1);
    Ok(())
}

/// Adds `member` to the set at `key`, which is there or not; whether it was none before.
fn receive(call: &mut Call<'_>, key: &[u8], is_there: bool, member: &[u8]) -> bool {
    let limits = &call.limits.thresholds;
    if is_there && let Some(mut entry) = call.db.write(key) {
        return set::add(&mut entry, member, limits);
    }
    let mut draft = Draft::set_for(member, 1, limits, call.db.seed());
    set::add(&mut draft, member, limits);
    call.announce(key);
    draft.give(|value| call.db.put_value(key, value, Deadline::Never));
    true
}

/// SISMEMBER key member
pub(super) fn sismember(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    let found = ask(call, key, |set, _| set.contains(Needle::new(member)))?;
    call.reply.int(i64::from(found == Some(true)));
    Ok(())
}

/// SMISMEMBER key member [member …]
pub(super) fn smismember(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let count = args.left();
    let answered = ask(call, key, |set, reply| {
        reply.array(count);
        while let Ok(member) = args.bytes() {
            reply.int(i64::from(set.contains(Needle::new(member))));
        }
    })?;
    if answered.is_none() {
        call.reply.array(count);
        (0..count).for_each(|_| call.reply.int(0));
    }
    Ok(())
}

/// SCARD key
pub(super) fn scard(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let count = ask(call, args.key()?, |set, _| set.len())?;
    call.reply.count(count.unwrap_or(0));
    Ok(())
}

/// SMEMBERS key
pub(super) fn smembers(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    if ask(call, args.key()?, reply_members)?.is_none() {
        call.reply.set(0);
    }
    Ok(())
}

/// SSCAN key cursor [MATCH pattern] [COUNT count]
pub(super) fn sscan(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let cursor = args.cursor()?;
    let scan = ask(call, key, |set, reply| {
        let scan = ElementScan::parse(args, Bare::Never)?;
        reply.array(2);
        let deferred = reply.deferred();
        let mut found = 0;
        let next = set.scan(cursor, scan.count, |item| {
            if scan.lets(item.text(&mut itoa::Buffer::new())) {
                reply_item(reply, item);
                found += 1;
            }
        });
        reply.close_scan(deferred, next, found);
        Ok(())
    })?;
    scan.unwrap_or_else(|| {
        call.reply.empty_scan();
        Ok(())
    })
}

/// Looks up a set to read and asks it, with the reply at hand; notes a miss.
#[inline]
fn ask<R>(
    call: &mut Call<'_>,
    key: &[u8],
    question: impl FnOnce(Set<'_>, &mut Reply) -> R,
) -> Result<Option<R>, CommandError> {
    if let Some(entry) = call.db.read(key) {
        let set = entry.value().set()?;
        return Ok(Some(question(set, call.reply)));
    }
    call.missed(key);
    Ok(None)
}

/// All members, as a set.
fn reply_members(set: Set<'_>, reply: &mut Reply) {
    reply.set(set.len());
    set.for_each(|item| reply_item(reply, item));
}

/// A member as a bulk string.
#[inline]
fn reply_item(reply: &mut Reply, item: Item<'_>) {
    match item {
        Item::Int(integer) => reply.bulk_int(integer),
        Item::Bytes(text) => reply.bulk(text),
    }
}

#[cfg(test)]
mod tests;
