//! DUMP and RESTORE: a value in Redis's own format, and back.

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::keyspace::{Cause, Deadline};
use crate::rdb::decode::{Checks, Context, Loaded};
use crate::rdb::{decode, encode};
use crate::sys::clock::UnixMs;

pub(super) fn dump(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    match call.db.read(key) {
        Some(entry) => {
            let payload = encode::payload(entry.value());
            call.reply.bulk(&payload);
        }
        None => {
            call.reply.null();
            call.missed(key);
        }
    }
    Ok(())
}

/// The options of RESTORE.
#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

impl Options {
    fn parse(args: &mut Args<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        while args.left() > 0 {
            let is_last = args.left() == 1;
            if args.take_word("replace") {
                options.replace = true;
            } else if args.take_word("absttl") {
                options.absolute = true;
            } else if !is_last && options.frequency.is_none() && args.take_word("idletime") {
                let seconds = u64::try_from(args.int()?);
                options.idle_seconds = Some(seconds.map_err(|_| CommandError::BAD_IDLETIME)?);
            } else if !is_last && options.idle_seconds.is_none() && args.take_word("freq") {
                let frequency = u8::try_from(args.int()?);
                options.frequency = Some(frequency.map_err(|_| CommandError::BAD_FREQ)?);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }
}

pub(super) fn restore(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let mut ttl = args.clone();
    args.bytes()?;
    let payload = args.bytes()?;
    let options = Options::parse(args)?;
    if !options.replace && call.db.peek(key).is_some() {
        return Err(CommandError::BUSY_KEY);
    }
    let ttl = ttl.int()?;
    if ttl < 0 {
        return Err(CommandError::BAD_RESTORE_TTL);
    }
    let context = Context {
        thresholds: &call.limits.thresholds,
        seed: call.db.seed(),
    };
    let checks = match call.limits.skip_checksums {
        true => Checks::Skipped,
        false => Checks::Made(call.limits.versions),
    };
    let loaded = decode::payload(payload, checks, context).map_err(|damage| match damage {
        None => CommandError::BAD_PAYLOAD,
        Some(_) => CommandError::BAD_FORMAT,
    })?;
    let now = call.db.now();
    let deadline = match ttl {
        0 => None,
        _ if options.absolute => Some(UnixMs(ttl)),
        _ => Some(UnixMs(call.db.wall_clock().0.saturating_add(ttl))),
    };
    if let Loaded::Empty = loaded {
        return Err(CommandError::BAD_FORMAT);
    }
    let replaced = call.db.remove(key, Cause::Command);
    call.reply.ok();
    if deadline.is_some_and(|deadline| deadline <= now) {
        // It would be gone before anybody saw it.
        if replaced {
            call.changed(EventClass::GENERIC, "del", key, 1);
            call.effects.propagate([b"DEL", key]);
        }
        return Ok(());
    }
    call.announce(key);
    put(call, key, loaded, deadline);
    if let Some(seconds) = options.idle_seconds {
        call.db.set_idle(key, seconds);
    }
    if let Some(frequency) = options.frequency {
        call.db.set_frequency(key, frequency);
    }
    call.changed(EventClass::GENERIC, "restore", key, 1);
    let moment = deadline.map_or(0, |deadline| deadline.0).to_string();
    call.effects.propagate([
        b"RESTORE",
        key,
        moment.as_bytes(),
        payload,
        b"REPLACE",
        b"ABSTTL",
    ]);
    Ok(())
}

fn put(call: &mut Call<'_>, key: &[u8], loaded: Loaded, deadline: Option<UnixMs>) {
    let deadline = deadline.map_or(Deadline::Never, Deadline::At);
    match loaded {
        Loaded::String(text) => call.db.set(key, text.stored(), deadline),
        Loaded::Collection(draft) => draft.give(|value| call.db.put_value(key, value, deadline)),
        Loaded::Empty => {}
    }
}

#[cfg(test)]
mod tests;
