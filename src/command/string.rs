//! Strings: one value per key, read and set whole or in part, and counted with.
//!
//! The commands by what they do: here those on a whole value under one key; in `many` those on
//! several keys, in `range` those on part of a value, in `count` arithmetic, in `lcs` the one
//! algorithm.

mod count;
mod lcs;
mod many;
mod options;
mod range;

pub(super) use count::{decr, decrby, incr, incrby, incrbyfloat};
pub(super) use lcs::lcs;
pub(super) use many::{mget, mset, msetex, msetnx};
pub(super) use range::{append, getrange, setrange, strlen};

use self::options::{Condition, Dialect, Expiry, Form, Options, moment};
use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::text;
use crate::keyspace::{Cause, Deadline};
use crate::resp::request::Arg;
use crate::value::string::NewStr;

/// GET key
pub(super) fn get(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    reply_value(call, key)?;
    Ok(())
}

/// SET key value [NX | XX | IFEQ value] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
pub(super) fn set(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let value = args.payload()?;
    if args.left() == 0 {
        store(call, key, value.into(), Deadline::Never);
        call.reply.ok();
        return Ok(());
    }
    let options = Options::parse(args, Dialect::Set)?;
    let deadline = options.expiry.deadline(call.name, call.db.wall_clock())?;
    if options.get {
        reply_value(call, key)?;
    }
    let allowed = allows(call, key, options.condition)?;
    if allowed {
        match options.expiry {
            Expiry::Time(time) => set_until(call, key, value, deadline, time.form),
            _ => store(call, key, value.into(), deadline),
        }
    }
    match (options.get, allowed) {
        (true, _) => {}
        (false, true) => call.reply.ok(),
        (false, false) => call.reply.null(),
    }
    Ok(())
}

/// SETNX key value
pub(super) fn setnx(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let value = args.payload()?;
    let allowed = allows(call, key, Condition::Absent)?;
    if allowed {
        store(call, key, value.into(), Deadline::Never);
    }
    call.reply.int(i64::from(allowed));
    Ok(())
}

/// SETEX key seconds value
pub(super) fn setex(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set_for(call, args, Form::Seconds)
}

/// PSETEX key milliseconds value
pub(super) fn psetex(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set_for(call, args, Form::Milliseconds)
}

fn set_for(call: &mut Call<'_>, args: &mut Args<'_>, form: Form) -> Result<(), CommandError> {
    let key = args.key()?;
    let ttl = args.int()?;
    let value = args.payload()?;
    let deadline = moment(form, ttl, call.db.wall_clock());
    let deadline = deadline.ok_or_else(|| CommandError::invalid_expire(call.name))?;
    set_until(call, key, value, Deadline::At(deadline), form);
    call.reply.ok();
    Ok(())
}

/// GETSET key value
pub(super) fn getset(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let value = args.payload()?;
    reply_value(call, key)?;
    store(call, key, value.into(), Deadline::Never);
    Ok(())
}

/// GETDEL key
pub(super) fn getdel(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    if reply_value(call, key)? {
        call.db.remove(key, Cause::Command);
        call.changed(EventClass::GENERIC, "del", key, 1);
        call.effects.propagate([b"DEL", key]);
    }
    Ok(())
}

/// DELIFEQ key value
pub(super) fn delifeq(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let wanted = args.payload()?;
    let found = allows(call, key, Condition::Equals(wanted))?;
    if found {
        call.db.remove(key, Cause::Command);
        call.changed(EventClass::GENERIC, "del", key, 1);
        call.effects.propagate([b"DEL", key]);
    }
    call.reply.int(i64::from(found));
    Ok(())
}

/// GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]
pub(super) fn getex(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = Options::parse(args, Dialect::GetEx)?;
    let (now, wall_clock) = (call.db.now(), call.db.wall_clock());
    let Some(entry) = call.db.read(key) else {
        call.reply.null();
        call.missed(key);
        return Ok(());
    };
    // The key first, then the deadline: so Redis finds what is wrong.
    let string = entry.value().string()?;
    let deadline = options.expiry.deadline(call.name, wall_clock)?;
    let had_deadline = entry.deadline().is_some();
    text::reply(call.reply, string);
    match (options.expiry, deadline) {
        (Expiry::Time(_), Deadline::At(moment)) if moment <= now => {
            // As EXPIREAT does it.
            call.db.remove(key, Cause::Command);
            call.changed(EventClass::GENERIC, "del", key, 1);
            call.effects.propagate([b"DEL", key]);
        }
        (Expiry::Time(_), Deadline::At(moment)) => {
            call.db.set_deadline(key, Some(moment));
            call.changed(EventClass::GENERIC, "expire", key, 1);
            let mut digits = itoa::Buffer::new();
            let moment = digits.format(moment.0).as_bytes();
            call.effects.propagate([b"PEXPIREAT", key, moment]);
        }
        (Expiry::Persist, _) if had_deadline => {
            call.db.set_deadline(key, None);
            call.changed(EventClass::GENERIC, "persist", key, 1);
            call.effects.propagate([b"PERSIST", key]);
        }
        _ => {}
    }
    Ok(())
}

/// Replies with the value of `key`, or with null; whether it is there.
#[inline]
fn reply_value(call: &mut Call<'_>, key: &[u8]) -> Result<bool, CommandError> {
    if let Some(entry) = call.db.read(key) {
        text::reply(call.reply, entry.value().string()?);
        return Ok(true);
    }
    call.reply.null();
    call.missed(key);
    Ok(false)
}

/// Whether `key` is as `condition` wants it.
fn allows(call: &mut Call<'_>, key: &[u8], condition: Condition<'_>) -> Result<bool, CommandError> {
    let found = match condition {
        Condition::Always => return Ok(true),
        _ => call.db.peek(key),
    };
    match (condition, found) {
        (Condition::Always, _) => Ok(true),
        (Condition::Absent, found) => Ok(found.is_none()),
        (Condition::Present, found) => Ok(found.is_some()),
        (Condition::Equals(wanted), Some(entry)) => {
            Ok(text::equals(entry.value().string()?, wanted))
        }
        (Condition::Equals(_), None) => Ok(false),
    }
}

/// Sets `key` and notes it.
#[inline]
fn store(call: &mut Call<'_>, key: &[u8], value: NewStr<'_>, deadline: Deadline) {
    call.announce(key);
    call.db.set(key, value, deadline);
    call.changed(EventClass::STRING, "set", key, 1);
}

/// Sets `key` with a deadline, which may have passed.
fn set_until(call: &mut Call<'_>, key: &[u8], value: Arg<'_>, deadline: Deadline, form: Form) {
    let Deadline::At(moment) = deadline else {
        return store(call, key, value.into(), deadline);
    };
    if moment <= call.db.now() {
        // The new value would be gone at once; the old one goes in its stead.
        if call.db.peek(key).is_some() {
            expire(call, key);
        }
        return;
    }
    store(call, key, value.into(), deadline);
    call.changed(EventClass::GENERIC, "expire", key, 0);
    if form != Form::AtMilliseconds && call.effects.propagated {
        let mut digits = itoa::Buffer::new();
        let moment = digits.format(moment.0).as_bytes();
        call.effects
            .propagate([b"SET", key, value.bytes(), b"PXAT", moment]);
    }
}

/// Removes `key`, which is there, because a command gave it a deadline that has passed.
fn expire(call: &mut Call<'_>, key: &[u8]) {
    call.db.remove(key, Cause::Command);
    call.db.count_expired();
    call.changed(EventClass::EXPIRED, "expired", key, 1);
    call.effects.propagate([b"DEL", key]);
}

#[cfg(test)]
mod tests;
