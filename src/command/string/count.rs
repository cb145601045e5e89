//! Arithmetic on strings that are numbers.

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::ds::extended::Extended;
use crate::keyspace::Deadline;
use crate::value::Str;
use crate::value::string::NewStr;

/// INCR key
pub(in crate::command) fn incr(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    add(call, key, 1)
}

/// DECR key
pub(in crate::command) fn decr(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    add(call, key, -1)
}

/// INCRBY key increment
pub(in crate::command) fn incrby(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let increment = args.int()?;
    add(call, key, increment)
}

/// DECRBY key decrement
pub(in crate::command) fn decrby(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let decrement = args.int()?;
    let negated = decrement.checked_neg();
    add(
        call,
        key,
        negated.ok_or(CommandError::DECREMENT_WOULD_OVERFLOW)?,
    )
}

fn add(call: &mut Call<'_>, key: &[u8], increment: i64) -> Result<(), CommandError> {
    let sum = if let Some(mut entry) = call.db.write(key) {
        let old = entry.as_entry().value().string()?.int();
        let old = old.ok_or(CommandError::NOT_AN_INTEGER)?;
        let sum = old.checked_add(increment);
        let sum = sum.ok_or(CommandError::WOULD_OVERFLOW)?;
        entry.set(NewStr::Int(sum));
        sum
    } else {
        call.announce(key);
        call.db.set(key, NewStr::Int(increment), Deadline::Never);
        increment
    };
    call.changed(EventClass::STRING, "incrby", key, 1);
    call.reply.int(sum);
    Ok(())
}

/// INCRBYFLOAT key increment
pub(in crate::command) fn incrbyfloat(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let increment = args.bytes()?;
    let old = match call.db.peek(key) {
        Some(entry) => number(entry.value().string()?)?,
        None => Extended::from(0),
    };
    let increment = Extended::parse(increment).ok_or(CommandError::NOT_A_FLOAT)?;
    let sum = old.plus(increment).ok_or(CommandError::NOT_FINITE)?;
    let sum = sum.to_text();
    // Never encoded as an integer, even where it is one.
    let value = NewStr::Bytes {
        bytes: &sum,
        raw: false,
    };
    if let Some(mut entry) = call.db.write(key) {
        entry.set(value);
    } else {
        call.announce(key);
        call.db.set(key, value, Deadline::Never);
    }
    call.changed(EventClass::STRING, "incrbyfloat", key, 1);
    // The sum, not the increment: another machine might add otherwise.
    call.effects.propagate([b"SET", key, &sum, b"KEEPTTL"]);
    call.reply.bulk(&sum);
    Ok(())
}

fn number(string: Str<'_>) -> Result<Extended, CommandError> {
    let number = match string {
        Str::Int(value) => Some(Extended::from(value)),
        Str::Inline(bytes) => Extended::parse(bytes),
        Str::Flat(bytes) => Extended::parse(bytes),
        // No number is that long.
        Str::Rope(_) => None,
    };
    number.ok_or(CommandError::NOT_A_FLOAT)
}
