//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.

use super::AdminCall;
use crate::client::ClientFlags;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

pub(super) fn multi(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let flags = &mut server.clients[call.client].flags;
    if flags.contains(ClientFlags::IN_MULTI) {
        return Err(CommandError::MULTI_IN_MULTI);
    }
    flags.insert(ClientFlags::IN_MULTI);
    call.reply.ok();
    Ok(())
}

pub(super) fn exec(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = call.client;
    if !is_open(server, call) {
        return Err(CommandError::EXEC_WITHOUT_MULTI);
    }
    let is_stale = server.is_stale(key);
    let is_spoilt = server.clients[key].flags.contains(ClientFlags::SPOILT);
    let queued = server.end_transaction(key);
    if is_spoilt {
        return Err(CommandError::EXEC_ABORTED);
    }
    if is_stale {
        call.reply.null_array();
        return Ok(());
    }
    call.reply.array(queued.len());
    // The commands write where all commands write.
    std::mem::swap(call.reply, &mut server.clients[key].reply);
    server.run_queued(key, &queued);
    std::mem::swap(call.reply, &mut server.clients[key].reply);
    Ok(())
}

pub(super) fn discard(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if !is_open(server, call) {
        return Err(CommandError::DISCARD_WITHOUT_MULTI);
    }
    server.end_transaction(call.client);
    call.reply.ok();
    Ok(())
}

pub(super) fn watch(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if is_open(server, call) {
        return Err(CommandError::WATCH_IN_MULTI);
    }
    // What is stale stays so until EXEC, whatever else is watched.
    if !server.clients[call.client]
        .flags
        .contains(ClientFlags::STALE)
    {
        while args.left() > 0 {
            server.watch_key(call.client, args.key()?);
        }
    }
    call.reply.ok();
    Ok(())
}

pub(super) fn unwatch(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.unwatch(call.client);
    call.reply.ok();
    Ok(())
}

fn is_open(server: &Server, call: &AdminCall<'_>) -> bool {
    let flags = server.clients[call.client].flags;
    flags.contains(ClientFlags::IN_MULTI)
}
