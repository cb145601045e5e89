//! CLIENT LIST and CLIENT INFO.

use std::fmt::Write;

use super::super::AdminCall;
use super::filter::Purpose;
use super::kill::{matching, parse_filter};
use super::portrait::{Class, Memory, Portrait};
use super::tracking::redirection;
use crate::client::slab::ClientKey;
use crate::client::subscriptions::Kind;
use crate::client::tracking::{Mode, Tracked};
use crate::client::{Activity, Client, ClientFlags};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::ClientClass;
use crate::net::transport::Peer;
use crate::resp::reply::Reply;
use crate::server::Server;

pub(in crate::admin) fn list(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let filter = parse_filter(server, args, Purpose::List)?;
    let mut text = String::new();
    for key in matching(server, call, &filter) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", portrait(server, call, key));
    }
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

pub(in crate::admin) fn info(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let line = format!("{}\n", portrait(server, call, call.client));
    call.reply.verbatim(b"txt", line.as_bytes());
    Ok(())
}

/// The line of CLIENT LIST about a client whose reply is here.
pub(crate) fn client_line(server: &Server, key: ClientKey, reply: &Reply) -> String {
    portrait_of(server, key, reply).to_string()
}

/// What there is to say about a client.
pub(super) fn portrait<'a>(
    server: &'a Server,
    call: &AdminCall<'_>,
    key: ClientKey,
) -> Portrait<'a> {
    // The one that asks lent its reply to the call.
    if key == call.client {
        return portrait_of(server, key, call.reply);
    }
    portrait_of(server, key, &server.clients[key].reply)
}

fn portrait_of<'a>(server: &'a Server, key: ClientKey, reply: &Reply) -> Portrait<'a> {
    let client = &server.clients[key];
    let command = client.last_command.and_then(|id| server.table.by_index(id));
    let local = match (&client.peer, client.transport.local()) {
        (Peer::Unix(_), _) => client.peer.to_string(),
        (Peer::Tcp(_), Some(local)) => local.to_string(),
        (Peer::Tcp(_), None) => String::new(),
    };
    let seconds_since = |then| server.now.mono.since(then) / 1_000_000_000;
    Portrait {
        id: client.id,
        address: client.peer.to_string(),
        local_address: local,
        fd: client.transport.fd(),
        class: match client.class() {
            ClientClass::Normal => Class::Normal,
            ClientClass::Replica => Class::Replica,
            ClientClass::PubSub => Class::Pubsub,
        },
        user: server.acl.user(client.user).name(),
        name: &client.names.name,
        library: &client.names.library,
        library_version: &client.names.library_version,
        age_s: seconds_since(client.times.connected_mono),
        idle_s: seconds_since(client.times.active),
        flags: letters(client),
        capabilities: if client.flags.contains(ClientFlags::REDIRECT) {
            "r"
        } else {
            ""
        },
        db: client.db,
        subscriptions: [Kind::Channel, Kind::Pattern, Kind::Shard]
            .map(|kind| client.subscription_count(kind)),
        queued: client.queued(),
        watched: client.watched().len(),
        events: if reply.output.is_empty() { "r" } else { "rw" },
        command: command.map_or("NULL", |command| &*command.name),
        protocol: reply.protocol.number(),
        redirect: redirection(client.tracked.as_deref()),
        memory: Memory {
            input: client.pending.len(),
            input_free: client.pending.capacity() - client.pending.len(),
            arguments: client.parser.memory_bytes(),
            output_room: reply.output.memory_bytes(),
            output: reply.output.len(),
            output_pieces: reply.output.inset_count(),
            transaction: client.transaction_bytes(),
            total: client.memory_bytes() - client.reply.output.memory_bytes()
                + reply.output.memory_bytes(),
        },
        input_bytes: client.traffic.input_bytes,
        output_bytes: client.traffic.output_bytes,
        commands: client.traffic.commands,
    }
}

/// The field `flags`.
fn letters(client: &Client) -> String {
    let tracked = |is: fn(&Tracked) -> bool| client.tracked.as_deref().is_some_and(is);
    let is_unix = matches!(client.peer, Peer::Unix(_));
    let letters: String = [
        (client.flags.contains(ClientFlags::MONITOR), 'O'),
        (client.subscriptions.is_some(), 'P'),
        (client.flags.contains(ClientFlags::IN_MULTI), 'x'),
        (
            matches!(client.activity, Activity::Paused | Activity::Blocked),
            'b',
        ),
        (client.tracked.is_some(), 't'),
        (tracked(|it| it.is_broken), 'R'),
        (tracked(|it| it.mode == Mode::Broadcast), 'B'),
        (client.flags.contains(ClientFlags::STALE), 'd'),
        (client.is_closing(), 'c'),
        (is_unix, 'U'),
        (client.flags.contains(ClientFlags::NO_EVICT), 'e'),
        (client.flags.contains(ClientFlags::NO_TOUCH), 'T'),
    ]
    .into_iter()
    .filter_map(|(shown, letter)| shown.then_some(letter))
    .collect();
    if letters.is_empty() {
        "N".into()
    } else {
        letters
    }
}
