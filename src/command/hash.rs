//! Hashes: fields and their values under one key.
//!
//! Here the commands on named fields and on all of them; in `count` arithmetic, in `walk` what
//! picks fields or goes through them in steps, in `deadline` the deadlines of fields, in `expiring`
//! the commands that read or write a field and its deadline at once.
//!
//! A field past its deadline is told as `hexpired` by whoever writes it anew, before that is told.

mod count;
mod deadline;
mod expiring;
mod walk;

pub(super) use count::{hincrby, hincrbyfloat};
pub(super) use deadline::{
    hexpire, hexpireat, hexpiretime, hpersist, hpexpire, hpexpireat, hpexpiretime, hpttl, httl,
};
pub(super) use expiring::{hgetex, hsetex};
pub(super) use walk::{hrandfield, hscan};

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::text;
use crate::ds::listpack;
use crate::keyspace::{EntryMut, View};
use crate::resp::reply::Reply;
use crate::value::hash::{Hash, HashMut, NewDeadline, Pair, Put};
use crate::value::{Home, NewValue, Packed, Str};

/// HSET key field value [field value …]
pub(super) fn hset(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let added = set_all(call, args)?;
    call.reply.count(added);
    Ok(())
}

/// HMSET key field value [field value …]
pub(super) fn hmset(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set_all(call, args)?;
    call.reply.ok();
    Ok(())
}

/// Sets the fields that the arguments name; how many are new.
fn set_all(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<usize, CommandError> {
    let key = args.key()?;
    let count = args.left() / 2;
    if !args.left().is_multiple_of(2) {
        return Err(CommandError::wrong_arity(call.name));
    }
    let (added, revived) = change(call, key, |hash| {
        hash.expect_fields(count);
        let (mut added, mut revived) = (0, 0);
        while args.left() > 0 {
            let (field, value) = (args.bytes()?, args.payload()?);
            let put = hash.put(field, value.into(), NewDeadline::Never);
            added += usize::from(put.is_new());
            revived += usize::from(put == Put::Revived);
        }
        Ok::<_, CommandError>((added, revived))
    })??;
    tell_expired(call, key, revived);
    call.changed(EventClass::HASH, "hset", key, count as u64);
    Ok(added)
}

/// HSETNX key field value
pub(super) fn hsetnx(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, field, value) = (args.key()?, args.bytes()?, args.payload()?);
    let now = call.db.now();
    let found = match call.db.peek(key) {
        Some(entry) => entry.value().hash()?.get(field, now).is_some(),
        None => false,
    };
    if !found {
        let put = change(call, key, |hash| {
            hash.put(field, value.into(), NewDeadline::Never)
        })?;
        tell_put(call, key, "hset", field, put, value.bytes());
    }
    call.reply.int(i64::from(!found));
    Ok(())
}

/// HGET key field
pub(super) fn hget(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let now = call.db.now();
    let Some(hash) = look(&mut call.db, key)? else {
        call.reply.null();
        call.missed(key);
        return Ok(());
    };
    reply_or_null(call.reply, hash.get(field, now));
    Ok(())
}

/// HMGET key field [field …]
pub(super) fn hmget(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let now = call.db.now();
    let hash = look(&mut call.db, key)?;
    call.reply.array(args.left());
    while args.left() > 0 {
        let field = args.bytes()?;
        reply_or_null(call.reply, hash.and_then(|hash| hash.get(field, now)));
    }
    if hash.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// HDEL key field [field …]
pub(super) fn hdel(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (now, thresholds) = (call.db.now(), &call.limits.thresholds);
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    entry.value().hash()?;
    let mut hash = HashMut::new(&mut entry, thresholds, now);
    let mut removed = 0;
    while args.left() > 0 && !hash.get().is_empty() {
        removed += u64::from(hash.remove(args.bytes()?));
    }
    let emptied = remove_if_empty(entry);
    if removed > 0 {
        call.changed(EventClass::HASH, "hdel", key, removed);
        tell_emptied(call, key, emptied);
    }
    call.reply.int(i64::try_from(removed).unwrap_or(i64::MAX));
    Ok(())
}

/// HGETDEL key FIELDS numfields field [field …]
pub(super) fn hgetdel(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    if !args.take_word("FIELDS") {
        return Err(CommandError::SYNTAX);
    }
    let count = field_count(args, 1)?;
    let (now, thresholds) = (call.db.now(), &call.limits.thresholds);
    let Some(mut entry) = call.db.write(key) else {
        call.reply.array(count);
        (0..count).for_each(|_| call.reply.null());
        return Ok(());
    };
    entry.value().hash()?;
    let mut hash = HashMut::new(&mut entry, thresholds, now);
    let mut removed = 0;
    call.reply.array(count);
    while args.left() > 0 {
        let field = args.bytes()?;
        match hash.get().get(field, now) {
            Some(value) => text::reply(call.reply, value),
            None => call.reply.null(),
        }
        removed += u64::from(hash.remove(field));
    }
    let emptied = remove_if_empty(entry);
    if removed > 0 {
        call.changed(EventClass::HASH, "hdel", key, removed);
        tell_emptied(call, key, emptied);
    }
    Ok(())
}

/// HLEN: fields past their deadline but not yet removed count, as keys do in DBSIZE.
pub(super) fn hlen(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let hash = look(&mut call.db, key)?;
    call.reply.count(hash.map_or(0, Hash::len));
    if hash.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// HSTRLEN key field
pub(super) fn hstrlen(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let now = call.db.now();
    let hash = look(&mut call.db, key)?;
    let value = hash.and_then(|hash| hash.get(field, now));
    call.reply.count(value.map_or(0, Str::len));
    if hash.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// HEXISTS key field
pub(super) fn hexists(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let now = call.db.now();
    let hash = look(&mut call.db, key)?;
    let value = hash.and_then(|hash| hash.get(field, now));
    call.reply.int(i64::from(value.is_some()));
    if hash.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// HKEYS key
pub(super) fn hkeys(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    all(call, args, |reply, pair| text::reply(reply, pair.field))
}

/// HVALS key
pub(super) fn hvals(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    all(call, args, |reply, pair| text::reply(reply, pair.value))
}

/// Replies with something of every field.
fn all(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    mut each: impl FnMut(&mut Reply, Pair<'_>),
) -> Result<(), CommandError> {
    let key = args.key()?;
    let now = call.db.now();
    let Some(hash) = look(&mut call.db, key)? else {
        call.reply.array(0);
        call.missed(key);
        return Ok(());
    };
    let reply = &mut *call.reply;
    if hash.has_due(now) {
        let deferred = reply.deferred();
        let mut count = 0;
        hash.for_each(now, |pair| {
            each(reply, pair);
            count += 1;
        });
        reply.close_array(deferred, count);
    } else {
        reply.array(hash.len());
        hash.for_each(now, |pair| each(reply, pair));
    }
    Ok(())
}

/// HGETALL key
pub(super) fn hgetall(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let now = call.db.now();
    let Some(hash) = look(&mut call.db, key)? else {
        call.reply.map(0);
        call.missed(key);
        return Ok(());
    };
    let reply = &mut *call.reply;
    let deferred = hash.has_due(now).then(|| reply.deferred());
    if deferred.is_none() {
        reply.map(hash.len());
    }
    let mut count = 0;
    hash.for_each(now, |pair| {
        text::reply(reply, pair.field);
        text::reply(reply, pair.value);
        count += 1;
    });
    if let Some(deferred) = deferred {
        reply.close_map(deferred, count);
    }
    Ok(())
}

/// The hash at `key`, for a command that reads.
#[inline]
fn look<'v>(db: &'v mut View<'_>, key: &[u8]) -> Result<Option<Hash<'v>>, CommandError> {
    match db.read(key) {
        Some(entry) => Ok(Some(entry.value().hash()?)),
        None => Ok(None),
    }
}

#[inline]
fn reply_or_null(reply: &mut Reply, value: Option<Str<'_>>) {
    match value {
        Some(value) => text::reply(reply, value),
        None => reply.null(),
    }
}

/// Changes the hash at `key`, a new one if there is none.
#[inline]
fn change<R>(
    call: &mut Call<'_>,
    key: &[u8],
    change: impl FnOnce(&mut HashMut<'_, EntryMut<'_>>) -> R,
) -> Result<R, CommandError> {
    let (now, thresholds) = (call.db.now(), &call.limits.thresholds);
    if let Some(mut entry) = call.db.write(key) {
        entry.value().hash()?;
        return Ok(change(&mut HashMut::new(&mut entry, thresholds, now)));
    }
    call.announce(key);
    let empty = NewValue::Packed(Packed::Hash, listpack::EMPTY);
    let mut entry = call.db.create(key, empty);
    Ok(change(&mut HashMut::new(&mut entry, thresholds, now)))
}

/// Removes the key of a hash without fields; whether it was one.
fn remove_if_empty(entry: EntryMut<'_>) -> bool {
    let is_empty = entry.value().hash().is_ok_and(Hash::is_empty);
    if is_empty {
        entry.remove();
    }
    is_empty
}

/// Notes that the key went with its last field, if it did.
fn tell_emptied(call: &mut Call<'_>, key: &[u8], emptied: bool) {
    if emptied {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
}

/// Notes that so many fields were past their deadline when they were put anew, if any were.
fn tell_expired(call: &mut Call<'_>, key: &[u8], fields: usize) {
    if fields > 0 {
        call.db.count_expired_fields(fields);
        call.changed(EventClass::HASH, "hexpired", key, 0);
    }
}

/// Notes that `event` put one field. A field past its deadline was none to us; whoever reads the
/// log may see it otherwise, and is told the value.
fn tell_put(
    call: &mut Call<'_>,
    key: &[u8],
    event: &'static str,
    field: &[u8],
    put: Put,
    value: &[u8],
) {
    if put == Put::Revived {
        tell_expired(call, key, 1);
        call.effects.propagate([b"HSET", key, field, value]);
    }
    call.changed(EventClass::HASH, event, key, 1);
}

/// The `numfields` that comes next, which must tell how many arguments follow, in fields of so
/// many arguments each.
fn field_count(args: &mut Args<'_>, each: usize) -> Result<usize, CommandError> {
    let count = args.int()?;
    let count = usize::try_from(count).ok().filter(|count| *count > 0);
    count
        .filter(|count| count.checked_mul(each) == Some(args.left()))
        .ok_or(CommandError::BAD_NUMFIELDS)
}

#[cfg(test)]
mod tests;
