//! SUBSCRIBE and its relatives, PUBLISH, SPUBLISH, PUBSUB.

use super::{AdminCall, help};
use crate::client::ReplyMode;
use crate::client::subscriptions::Kind;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::ds::glob::{Case, Glob};
use crate::resp::reply::Reply;
use crate::server::Server;
use crate::server::push::Encoded;

pub(super) fn subscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    enter(server, call, args, Kind::Channel)
}

pub(super) fn psubscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    enter(server, call, args, Kind::Pattern)
}

pub(super) fn ssubscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if !call.may_wait {
        return Err(CommandError::SSUBSCRIBE_WITHIN_EXEC);
    }
    enter(server, call, args, Kind::Shard)
}

pub(super) fn unsubscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    leave(server, call, args, Kind::Channel)
}

pub(super) fn punsubscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    leave(server, call, args, Kind::Pattern)
}

pub(super) fn sunsubscribe(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    leave(server, call, args, Kind::Shard)
}

fn enter(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
    kind: Kind,
) -> Result<(), CommandError> {
    while args.left() > 0 {
        let name = args.bytes()?;
        let Server {
            pubsub, clients, ..
        } = server;
        pubsub.enter(clients, call.client, kind, name);
        confirm(server, call, call.name, kind, Some(name));
    }
    server.follow_listening();
    Ok(())
}

/// Without names: everything of this kind.
fn leave(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
    kind: Kind,
) -> Result<(), CommandError> {
    if args.left() == 0 {
        let names = server.pubsub.names_of(&server.clients, call.client, kind);
        for name in &names {
            leave_one(server, call, kind, name);
        }
        if names.is_empty() {
            confirm(server, call, call.name, kind, None);
        }
    }
    while args.left() > 0 {
        leave_one(server, call, kind, args.bytes()?);
    }
    server.follow_listening();
    Ok(())
}

/// Whether there was a subscription or not, the client is told that there is none.
fn leave_one(server: &mut Server, call: &mut AdminCall<'_>, kind: Kind, name: &[u8]) {
    let Server {
        pubsub, clients, ..
    } = server;
    pubsub.leave(clients, call.client, kind, name);
    confirm(server, call, call.name, kind, Some(name));
}

/// One message for each name, with how many subscriptions there are now: channels and patterns are
/// counted together, shard channels by themselves. They are messages, not replies: CLIENT REPLY
/// does not concern them.
fn confirm(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    word: &str,
    kind: Kind,
    name: Option<&[u8]>,
) {
    let client = &server.clients[call.client];
    let count = match kind {
        Kind::Shard => client.subscription_count(Kind::Shard),
        Kind::Channel | Kind::Pattern => {
            client.subscription_count(Kind::Channel) + client.subscription_count(Kind::Pattern)
        }
    };
    let write = |reply: &mut Reply| {
        reply.push(3);
        reply.bulk(word.as_bytes());
        match name {
            Some(name) => reply.bulk(name),
            None => reply.null(),
        }
        reply.count(count);
    };
    match client.reply_mode {
        ReplyMode::On => write(call.reply),
        _ => server.push_to(call.client, &mut Encoded::new(&write)),
    }
}

pub(super) fn publish(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (channel, message) = (args.bytes()?, args.bytes()?);
    let count = server.publish(channel, message);
    call.reply.count(count);
    Ok(())
}

pub(super) fn spublish(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (channel, message) = (args.bytes()?, args.bytes()?);
    let count = server.publish_to_shard(channel, message);
    call.reply.count(count);
    Ok(())
}

pub(super) fn pubsub_channels(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    names(server, call, args, Kind::Channel)
}

pub(super) fn pubsub_shardchannels(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    names(server, call, args, Kind::Shard)
}

fn names(
    server: &Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
    kind: Kind,
) -> Result<(), CommandError> {
    if args.left() > 1 {
        return Err(call.wrong_subcommand(args));
    }
    let glob = args
        .peek()
        .map(|pattern| Glob::new(pattern, Case::Sensitive));
    let header = call.reply.deferred();
    let mut count = 0;
    for name in server.pubsub.names(kind) {
        if glob.as_ref().is_none_or(|glob| glob.matches(name)) {
            call.reply.bulk(name);
            count += 1;
        }
    }
    call.reply.close_array(header, count);
    Ok(())
}

pub(super) fn pubsub_numsub(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    member_counts(server, call, args, Kind::Channel)
}

pub(super) fn pubsub_shardnumsub(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    member_counts(server, call, args, Kind::Shard)
}

fn member_counts(
    server: &Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
    kind: Kind,
) -> Result<(), CommandError> {
    call.reply.array(args.left() * 2);
    while args.left() > 0 {
        let name = args.bytes()?;
        call.reply.bulk(name);
        call.reply.count(server.pubsub.member_count(kind, name));
    }
    Ok(())
}

pub(super) fn pubsub_numpat(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.count(server.pubsub.count(Kind::Pattern));
    Ok(())
}

pub(super) fn pubsub_help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "PUBSUB", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Channels with subscribers, or those of them that match <pattern>.",
    "NUMPAT",
    "    How many patterns have subscribers.",
    "NUMSUB [<channel> ...]",
    "    How many clients are subscribed to each channel, those of patterns not counted.",
    "SHARDCHANNELS [<pattern>]",
    "    Shard channels with subscribers, or those of them that match <pattern>.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    How many clients are subscribed to each shard channel.",
];
