//! Arithmetic on values that are numbers. A field's deadline stays.

use super::{change, tell_put};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::ds::extended::Extended;
use crate::value::Str;
use crate::value::hash::{NewDeadline, Put};
use crate::value::string::Text;

/// HINCRBY key field increment
pub(in crate::command) fn hincrby(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let increment = args.int()?;
    let old = value(call, key, field, |value| {
        value.int().ok_or(CommandError::HASH_VALUE_NOT_AN_INTEGER)
    })?;
    let sum = old.unwrap_or(0).checked_add(increment);
    let sum = sum.ok_or(CommandError::WOULD_OVERFLOW)?;
    let mut digits = itoa::Buffer::new();
    let text = digits.format(sum).as_bytes();
    let put = change(call, key, |hash| {
        hash.put(field, Text::Slice(text), NewDeadline::Keep)
    })?;
    tell_put(call, key, "hincrby", field, put, text);
    call.reply.int(sum);
    Ok(())
}

/// HINCRBYFLOAT key field increment
pub(in crate::command) fn hincrbyfloat(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let increment = Extended::parse(args.bytes()?).ok_or(CommandError::NOT_A_FLOAT)?;
    if increment.is_infinite() {
        return Err(CommandError::NAN_OR_INFINITY);
    }
    let old = value(call, key, field, |value| {
        number(value).ok_or(CommandError::HASH_VALUE_NOT_A_FLOAT)
    })?;
    let sum = old.unwrap_or(Extended::from(0)).plus(increment);
    let sum = sum.ok_or(CommandError::NOT_FINITE)?.to_text();
    let put = change(call, key, |hash| {
        hash.put(field, Text::Slice(&sum), NewDeadline::Keep)
    })?;
    tell_put(call, key, "hincrbyfloat", field, put, &sum);
    if put != Put::Revived {
        // The sum, not the increment: another machine might add otherwise.
        call.effects.propagate([
            b"HSETEX".as_slice(),
            key,
            b"KEEPTTL",
            b"FIELDS",
            b"1",
            field,
            &sum,
        ]);
    }
    call.reply.bulk(&sum);
    Ok(())
}

/// What `read` makes of the value of `field`, if it is there.
fn value<R>(
    call: &mut Call<'_>,
    key: &[u8],
    field: &[u8],
    read: impl FnOnce(Str<'_>) -> Result<R, CommandError>,
) -> Result<Option<R>, CommandError> {
    let now = call.db.now();
    let Some(entry) = call.db.peek(key) else {
        return Ok(None);
    };
    let value = entry.value().hash()?.get(field, now);
    value.map(read).transpose()
}

fn number(value: Str<'_>) -> Option<Extended> {
    match value {
        Str::Int(value) => Some(Extended::from(value)),
        Str::Inline(bytes) => Extended::parse(bytes),
        Str::Flat(bytes) => Extended::parse(bytes),
        // No number is that long.
        Str::Rope(_) => None,
    }
}
