//! SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: asking for what is otherwise done by itself.

use super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;
use crate::server::saving::{Begun, Cancelled};

pub(super) fn save(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
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
