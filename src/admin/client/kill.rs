//! CLIENT KILL and CLIENT UNBLOCK: closing and waking clients.

use super::super::{AdminCall, database_count};
use super::filter::{Filter, Known, Purpose};
use super::list::portrait;
use crate::client::slab::ClientKey;
use crate::client::{Client, CloseReason};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;
use crate::server::wake::WaitEnd;

pub(in crate::admin) fn kill(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() == 1 {
        return kill_address(server, call, args);
    }
    let filter = parse_filter(server, args, Purpose::Kill)?;
    let doomed: Vec<ClientKey> = matching(server, call, &filter);
    for key in &doomed {
        close(server, call, *key);
    }
    call.reply.count(doomed.len());
    Ok(())
}

/// The old form: one address, and an answer that says whether there was such a client. Clients of
/// a Unix socket share its address: all of them are meant.
fn kill_address(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let address = args.bytes()?;
    let is_meant = |key: &ClientKey| {
        let client = &server.clients[*key];
        !client.is_cut_off() && client.peer.to_string().as_bytes() == address
    };
    let mut doomed = server.clients.keys_by_id();
    doomed.retain(is_meant);
    if doomed.is_empty() {
        return Err(CommandError::NO_SUCH_CLIENT);
    }
    for key in doomed {
        close(server, call, key);
    }
    call.reply.ok();
    Ok(())
}

/// The one that asks still gets its answer.
fn close(server: &mut Server, call: &AdminCall<'_>, key: ClientKey) {
    let reason = if key == call.client {
        CloseReason::AfterReply
    } else {
        CloseReason::CutOff
    };
    server.close(key, reason);
}

/// The filters in `args`.
pub(super) fn parse_filter(
    server: &Server,
    args: &mut Args<'_>,
    purpose: Purpose,
) -> Result<Filter, CommandError> {
    let known = Known {
        databases: database_count(server),
        is_user: &|user| server.acl.find(user).is_some(),
    };
    Filter::parse(args, purpose, &known)
}

/// The clients `filter` means, in order of arrival.
pub(super) fn matching(server: &Server, call: &AdminCall<'_>, filter: &Filter) -> Vec<ClientKey> {
    let is_meant = |key: &ClientKey| {
        let spared = filter.skip_me && *key == call.client;
        !spared
            && !server.clients[*key].is_cut_off()
            && filter.matches(&portrait(server, call, *key))
    };
    let mut keys = server.clients.keys_by_id();
    keys.retain(is_meant);
    keys
}

/// CLIENT UNBLOCK: 1 if the client waited for a key; one that waits for the end of a pause is left
/// alone.
pub(in crate::admin) fn unblock(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() > 2 {
        return Err(call.wrong_subcommand(args));
    }
    let id = args.int()?;
    let end = match args.peek().map(<[u8]>::to_ascii_lowercase).as_deref() {
        None | Some(b"timeout") => WaitEnd::TimedOut,
        Some(b"error") => WaitEnd::Unblocked,
        Some(_) => return Err(CommandError::UNBLOCK_REASON),
    };
    let is_meant = |client: &Client| i64::try_from(client.id) == Ok(id);
    let mut clients = server.clients.iter();
    let key = clients.find_map(|(key, client)| is_meant(client).then_some(key));
    drop(clients);
    let unblocked = key.is_some_and(|key| server.end_wait(key, end));
    call.reply.int(i64::from(unblocked));
    Ok(())
}
