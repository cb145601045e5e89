//! MEMORY: what a key costs.

use super::super::{AdminCall, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

/// SAMPLES is checked and not needed: values know their size.
pub(in crate::admin) fn usage(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    while args.left() > 0 {
        if !args.take_word("samples") || args.int()? < 0 {
            return Err(CommandError::SYNTAX);
        }
    }
    let db = server.clients[call.client].db;
    let mut view = server.keyspace.view(db, server.now.ms());
    match view.memory_bytes(key) {
        Some(bytes) => call.reply.count(bytes),
        None => call.reply.null(),
    }
    Ok(())
}

pub(in crate::admin) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "MEMORY", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "USAGE <key> [SAMPLES <count>]",
    "    The bytes that <key> and its value take. Values made of others are judged by",
    "    <count> of those (default: 5; 0: all).",
];
