//! CLIENT's subcommands on the client that sends them: its names, its flags, its replies.

use super::super::AdminCall;
use crate::client::{ClientFlags, ReplyMode};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

pub(in crate::admin) fn id(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let id = server.clients[call.client].id;
    call.reply.int(id.cast_signed());
    Ok(())
}

pub(in crate::admin) fn getname(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    match &*server.clients[call.client].names.name {
        b"" => call.reply.null(),
        name => call.reply.bulk(name),
    }
    Ok(())
}

pub(in crate::admin) fn setname(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let name = checked_name(args.bytes()?, "Client names")?;
    server.clients[call.client].names.name = name.into();
    call.reply.ok();
    Ok(())
}

pub(in crate::admin) fn setinfo(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let option = args.bytes()?;
    let value = args.bytes()?;
    let names = &mut server.clients[call.client].names;
    let place = match option.to_ascii_lowercase().as_slice() {
        b"lib-name" => &mut names.library,
        b"lib-ver" => &mut names.library_version,
        _ => {
            let before = "ERR Unrecognized option '";
            return Err(CommandError::quoting_bytes(before, option, "'"));
        }
    };
    let what = String::from_utf8_lossy(option);
    *place = checked_name(value, &what)?.into();
    call.reply.ok();
    Ok(())
}

/// `name`, if it can stand in a line of CLIENT LIST: printable ASCII without blanks.
pub(in crate::admin) fn checked_name<'a>(
    name: &'a [u8],
    what: &str,
) -> Result<&'a [u8], CommandError> {
    if name.iter().all(u8::is_ascii_graphic) {
        return Ok(name);
    }
    let reason = "cannot contain spaces, newlines or special characters.";
    Err(CommandError::quoting(format!("ERR {what} {reason}")))
}

pub(in crate::admin) fn no_evict(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    switch(server, call, args, ClientFlags::NO_EVICT)
}

pub(in crate::admin) fn no_touch(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    switch(server, call, args, ClientFlags::NO_TOUCH)
}

fn switch(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
    flag: ClientFlags,
) -> Result<(), CommandError> {
    let on = match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"on" => true,
        b"off" => false,
        _ => return Err(CommandError::SYNTAX),
    };
    server.clients[call.client].flags.set(flag, on);
    call.reply.ok();
    Ok(())
}

/// ON is answered; OFF and SKIP are not, that being what they ask for.
pub(in crate::admin) fn reply(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mode = &mut server.clients[call.client].reply_mode;
    match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"on" => {
            *mode = ReplyMode::On;
            call.reply.ok();
        }
        b"off" => *mode = ReplyMode::Off,
        b"skip" if *mode != ReplyMode::Off => *mode = ReplyMode::SkipNext,
        b"skip" => {}
        _ => return Err(CommandError::SYNTAX),
    }
    Ok(())
}

/// Capabilities this server has no use for are not refused: a newer client may claim them.
pub(in crate::admin) fn capa(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    while args.left() > 0 {
        if args.bytes()?.eq_ignore_ascii_case(b"redirect") {
            server.clients[call.client]
                .flags
                .insert(ClientFlags::REDIRECT);
        }
    }
    call.reply.ok();
    Ok(())
}
