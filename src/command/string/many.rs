//! Strings under several keys at once.

use super::options::{Condition, Dialect, Expiry, Form, Options};
use super::store;
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::text;
use crate::keyspace::Deadline;
use crate::resp::request::{Arg, Request};
use crate::sys::clock::UnixMs;

/// MGET key [key …]
pub(in crate::command) fn mget(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.array(args.left());
    while args.left() > 0 {
        let key = args.key()?;
        if let Some(entry) = call.db.read(key) {
            match entry.value().string() {
                Ok(string) => text::reply(call.reply, string),
                Err(_) => call.reply.null(),
            }
            continue;
        }
        call.reply.null();
        call.missed(key);
    }
    Ok(())
}

/// MSET key value [key value …]
pub(in crate::command) fn mset(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    check_pairs(call, args)?;
    set_all(call, args)?;
    call.reply.ok();
    Ok(())
}

/// MSETNX key value [key value …]
pub(in crate::command) fn msetnx(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    check_pairs(call, args)?;
    if !all(call, args.clone(), args.left() / 2, Condition::Absent)? {
        call.reply.int(0);
        return Ok(());
    }
    set_all(call, args)?;
    call.reply.int(1);
    Ok(())
}

/// MSETEX numkeys key value [key value …] [NX | XX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
pub(in crate::command) fn msetex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let count = parse_int(args.bytes()?).and_then(|count| i32::try_from(count).ok());
    let count = count.and_then(|count| usize::try_from(count).ok());
    let count = count
        .filter(|&count| count > 0)
        .ok_or(CommandError::BAD_NUMKEYS)?;
    if args.left() / 2 < count {
        return Err(CommandError::SYNTAX);
    }
    let mut pairs = args.clone();
    for _ in 0..count * 2 {
        args.payload()?;
    }
    let options = Options::parse(args, Dialect::MSetEx)?;
    let deadline = options.expiry.deadline(call.name, call.db.wall_clock())?;
    if !all(call, pairs.clone(), count, options.condition)? {
        call.reply.int(0);
        return Ok(());
    }
    for _ in 0..count {
        let key = pairs.key()?;
        store(call, key, pairs.payload()?.into(), deadline);
        if matches!(options.expiry, Expiry::Time(_)) {
            call.changed(EventClass::GENERIC, "expire", key, 0);
        }
    }
    if let (Expiry::Time(time), Deadline::At(moment)) = (options.expiry, deadline)
        && time.form != Form::AtMilliseconds
    {
        propagate_until(call, args.request(), time.position, moment);
    }
    call.reply.int(1);
    Ok(())
}

/// Propagates `request` with the deadline at `position` said as a moment.
fn propagate_until(call: &mut Call<'_>, request: Request<'_>, position: usize, moment: UnixMs) {
    let mut digits = itoa::Buffer::new();
    let moment = digits.format(moment.0).as_bytes();
    let said = |(index, arg): (usize, Arg<'_>)| match index.checked_sub(position) {
        Some(0) => b"PXAT".to_vec(),
        Some(1) => moment.to_vec(),
        _ => arg.bytes().to_vec(),
    };
    call.effects.propagate(request.args().enumerate().map(said));
}

fn check_pairs(call: &Call<'_>, args: &Args<'_>) -> Result<(), CommandError> {
    if args.left().is_multiple_of(2) {
        Ok(())
    } else {
        Err(CommandError::wrong_arity(call.name))
    }
}

fn set_all(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    while args.left() > 0 {
        let key = args.key()?;
        store(call, key, args.payload()?.into(), Deadline::Never);
    }
    Ok(())
}

/// Whether the keys of `count` pairs are all as `condition` wants them.
fn all(
    call: &mut Call<'_>,
    mut pairs: Args<'_>,
    count: usize,
    condition: Condition<'_>,
) -> Result<bool, CommandError> {
    for _ in 0..count {
        let key = pairs.key()?;
        pairs.payload()?;
        if !super::allows(call, key, condition)? {
            return Ok(false);
        }
    }
    Ok(true)
}
