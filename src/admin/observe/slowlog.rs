//! SLOWLOG and COMMANDLOG: the commands that took long, came large or answered large.

use super::super::{AdminCall, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::observe::slowlog::Reason;
use crate::server::Server;

type Reply = Result<(), CommandError>;

/// SLOWLOG GET without a count shows so many.
const COUNT_DEFAULT: usize = 10;

/// SLOWLOG GET [count]
pub(in crate::admin) fn get(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    if args.left() > 1 {
        return Err(call.wrong_subcommand(args));
    }
    let count = match args.left() {
        0 => COUNT_DEFAULT,
        _ => count(args)?,
    };
    show(server, call, Reason::Slow, count);
    Ok(())
}

/// SLOWLOG LEN
pub(in crate::admin) fn len(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    let noted = server.observing.noted(Reason::Slow);
    call.reply.count(noted.entries().len());
    Ok(())
}

/// SLOWLOG RESET
pub(in crate::admin) fn reset(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    server.observing.noted(Reason::Slow).clear();
    call.reply.ok();
    Ok(())
}

/// COMMANDLOG GET count reason
pub(in crate::admin) fn get_of(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let (count, reason) = (count(args)?, reason(args)?);
    show(server, call, reason, count);
    Ok(())
}

/// COMMANDLOG LEN reason
pub(in crate::admin) fn len_of(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let noted = server.observing.noted(reason(args)?);
    call.reply.count(noted.entries().len());
    Ok(())
}

/// COMMANDLOG RESET reason
pub(in crate::admin) fn reset_of(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    server.observing.noted(reason(args)?).clear();
    call.reply.ok();
    Ok(())
}

/// How many entries are wanted; -1: all.
fn count(args: &mut Args<'_>) -> Result<usize, CommandError> {
    match args.int() {
        Ok(-1) => Ok(usize::MAX),
        Ok(count @ 0..) => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
        _ => Err(CommandError::COUNT_BELOW_MINUS_ONE),
    }
}

fn reason(args: &mut Args<'_>) -> Result<Reason, CommandError> {
    Reason::parse(args.bytes()?).ok_or(CommandError::UNKNOWN_LOG)
}

/// The newest `count` entries.
fn show(server: &mut Server, call: &mut AdminCall<'_>, reason: Reason, count: usize) {
    let entries = server.observing.noted(reason).entries();
    let reply = &mut *call.reply;
    reply.array(entries.len().min(count));
    for (id, entry) in entries.take(count) {
        reply.array(6);
        reply.int(id.cast_signed());
        reply.int(entry.at);
        reply.int(entry.amount.cast_signed());
        reply.bulks(entry.arguments.iter());
        reply.bulk(entry.address.as_bytes());
        reply.bulk(&entry.name);
    }
}

pub(in crate::admin) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    help::write(call.reply, "SLOWLOG", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "GET [<count>]",
    "    The newest entries (10 unless told; -1: all). Each is an array of its number,",
    "    the time, the microseconds it took, its arguments, the client's address and",
    "    the client's name.",
    "LEN",
    "    How many entries there are.",
    "RESET",
    "    Forget them.",
];

pub(in crate::admin) fn help_of(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    help::write(call.reply, "COMMANDLOG", HELP_OF);
    Ok(())
}

const HELP_OF: &[&str] = &[
    "GET <count> <type>",
    "    The newest entries of a type: slow, large-request or large-reply (count -1: all).",
    "    Each is an array of its number, the time, the microseconds it took or the bytes",
    "    of its request or reply, its arguments, the client's address and the client's",
    "    name.",
    "LEN <type>",
    "    How many entries of that type there are.",
    "RESET <type>",
    "    Forget them.",
];
