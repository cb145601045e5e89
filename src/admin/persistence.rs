//! SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: asking for what is otherwise done by itself. WAIT and
//! WAITAOF: waiting for what one did to be safe.

use super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::wait::{Timeout, Wait};
use crate::server::Server;
use crate::server::saving::{Begun, Cancelled};
use crate::value::Kind;

pub(super) fn save(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.await_flushed();
    if server.saving.under_way().0.is_some() {
        return Err(CommandError::SAVE_IN_PROGRESS);
    }
    // What is wrong stands in the log.
    server.save_now().map_err(|_| CommandError::FAILED)?;
    call.reply.ok();
    Ok(())
}

pub(super) fn bgsave(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut may_wait = false;
    if args.left() > 0 {
        if args.left() == 1 && args.take_word("schedule") {
            may_wait = true;
        } else if args.left() == 1 && args.take_word("cancel") {
            return cancel(server, call);
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    match server.begin_save(may_wait) {
        Begun::Started => call.reply.simple("Background saving started"),
        Begun::Scheduled => call.reply.simple("Background saving scheduled"),
        Begun::Already => return Err(CommandError::SAVE_IN_PROGRESS),
        Begun::Other => return Err(CommandError::REWRITE_IN_PROGRESS),
        Begun::Failed => return Err(CommandError::FAILED),
    }
    Ok(())
}

fn cancel(server: &mut Server, call: &mut AdminCall<'_>) -> Result<(), CommandError> {
    match server.cancel_save() {
        Cancelled::UnderWay => call.reply.simple("Background saving cancelled"),
        Cancelled::Scheduled => call.reply.simple("Scheduled background saving cancelled"),
        Cancelled::Nothing => return Err(CommandError::NO_SAVE),
    }
    Ok(())
}

pub(super) fn lastsave(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.int(server.saving.saved_at.seconds());
    Ok(())
}

pub(super) fn bgrewriteaof(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    match server.begin_rewrite() {
        Begun::Started => call
            .reply
            .simple("Background append only file rewriting started"),
        Begun::Scheduled => call
            .reply
            .simple("Background append only file rewriting scheduled"),
        Begun::Already | Begun::Other => return Err(CommandError::REWRITE_ALREADY),
        Begun::Failed => return Err(CommandError::REWRITE_FAILED),
    }
    Ok(())
}

/// There are no replicas: nobody has acknowledged anything.
const REPLICAS: i64 = 0;

/// WAIT for replicas: until so many have what the client did.
pub(super) fn wait(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let replicas = args.int()?;
    let timeout = args.timeout_ms(server.now.ms())?;
    if replicas <= REPLICAS || !call.may_wait {
        call.reply.int(REPLICAS);
    } else {
        begin_wait(server, timeout);
    }
    Ok(())
}

/// WAITAOF: until what the client did is on disk, here and at so many replicas.
pub(super) fn waitaof(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let here = args.int()?;
    if !(0..=1).contains(&here) {
        return Err(CommandError::NOT_ZERO_OR_ONE);
    }
    let replicas = args.int().map_err(|_| CommandError::NOT_POSITIVE)?;
    if replicas < 0 {
        return Err(CommandError::NOT_POSITIVE);
    }
    let timeout = args.timeout_ms(server.now.ms())?;
    if here > 0 && !server.config.appendonly {
        return Err(CommandError::WAITAOF_WITHOUT_LOG);
    }
    let synced = i64::from(server.is_on_disk(call.client));
    if (synced >= here && replicas <= REPLICAS) || !call.may_wait {
        call.reply.array(2);
        call.reply.int(synced);
        call.reply.int(REPLICAS);
        return Ok(());
    }
    begin_wait(server, timeout);
    if replicas <= REPLICAS {
        // Else only its time ends it.
        server.durable.awaiting.push(call.client);
    }
    Ok(())
}

fn begin_wait(server: &mut Server, timeout: Timeout) {
    let keys: [&[u8]; 0] = [];
    // For no key: no type matters.
    server.effects.wait = Some(Box::new(Wait::new(Kind::String, timeout, keys)));
}
