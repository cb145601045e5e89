//! Commands on the connection they come through: AUTH, HELLO, SELECT, PING, ECHO, QUIT, RESET.

use super::client::settings::checked_name;
use super::{AdminCall, client_line, database_count};
use crate::acl::DEFAULT_NAME;
use crate::acl::log::{Context, Reason, Refusal};
use crate::client::{ClientFlags, CloseReason, ReplyMode};
use crate::command::args::{Args, parse_int};
use crate::command::error::CommandError;
use crate::resp::reply::{Protocol, Reply};
use crate::server::{REDIS_VERSION, Server};

pub(super) fn auth(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let first = args.bytes()?;
    if args.left() == 0 && server.acl.default_user().needs_no_password() {
        return Err(CommandError::NO_PASSWORD_CONFIGURED);
    }
    let (user, password) = match args.left() {
        0 => (DEFAULT_NAME, first),
        _ => (first, args.bytes()?),
    };
    args.end()?;
    authenticate(server, call, args, user, password)?;
    call.reply.ok();
    Ok(())
}

/// Lets the client in as `user`, if the password is right.
fn authenticate(
    server: &mut Server,
    call: &AdminCall<'_>,
    args: &Args<'_>,
    user: &[u8],
    password: &[u8],
) -> Result<(), CommandError> {
    if let Some(id) = server.acl.authenticate(user, password) {
        server.log_in(call.client, id);
        return Ok(());
    }
    server.metrics.denied_auth += 1;
    let context = match server.in_transaction() {
        true => Context::Multi,
        false => Context::TopLevel,
    };
    let refusal = Refusal {
        reason: Reason::Auth,
        context,
        object: args.request().bytes(0).into(),
        user: user.into(),
    };
    let line = client_line(server, call.client, call.reply);
    server.note_refusal(refusal, line);
    Err(CommandError::WRONG_PASS)
}

pub(super) fn hello(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let asked = Greeting::parse(args)?;
    if let Some((user, password)) = asked.credentials {
        authenticate(server, call, args, user, password)?;
    }
    let client = &mut server.clients[call.client];
    if !client.is_authenticated() {
        return Err(CommandError::HELLO_WITHOUT_AUTH);
    }
    if let Some(name) = asked.name {
        client.names.name = name.into();
    }
    if let Some(protocol) = asked.protocol {
        call.reply.protocol = protocol;
    }
    let id = client.id;
    greet(call.reply, id);
    Ok(())
}

/// What HELLO is asked for.
#[derive(Default)]
struct Greeting<'a> {
    protocol: Option<Protocol>,
    credentials: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

impl<'a> Greeting<'a> {
    /// Everything is checked before anything is done.
    fn parse(args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut greeting = Greeting::default();
        if args.left() == 0 {
            return Ok(greeting);
        }
        greeting.protocol = Some(match parse_int(args.bytes()?) {
            Some(2) => Protocol::Resp2,
            Some(3) => Protocol::Resp3,
            Some(_) => return Err(CommandError::NO_SUCH_PROTOCOL),
            None => return Err(CommandError::named_not_an_integer("Protocol version")),
        });
        while let Some(word) = args.peek() {
            if args.left() > 2 && args.take_word("auth") {
                greeting.credentials = Some((args.bytes()?, args.bytes()?));
            } else if args.left() > 1 && args.take_word("setname") {
                greeting.name = Some(checked_name(args.bytes()?, "Client names")?);
            } else {
                let before = "ERR Syntax error in HELLO option '";
                return Err(CommandError::quoting_bytes(before, word, "'"));
            }
        }
        Ok(greeting)
    }
}

/// The reply of HELLO. The server calls itself `redis`: clients decide by it what to expect.
fn greet(reply: &mut Reply, id: u64) {
    reply.map(7);
    for (field, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"proto");
    reply.int(reply.protocol.number());
    reply.bulk(b"id");
    reply.int(id.cast_signed());
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
}

pub(super) fn select(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let index = args.int()?;
    args.end()?;
    let index = i32::try_from(index).map_err(|_| CommandError::NOT_AN_I32)?;
    let db = usize::try_from(index).map_err(|_| CommandError::DB_OUT_OF_RANGE)?;
    if db >= database_count(server) {
        return Err(CommandError::DB_OUT_OF_RANGE);
    }
    server.clients[call.client].db = db;
    call.reply.ok();
    Ok(())
}

pub(super) fn ping(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() > 1 {
        return Err(CommandError::wrong_arity(call.name));
    }
    if server.clients[call.client].subscriptions.is_some() && call.reply.protocol == Protocol::Resp2
    {
        // Told from the messages by being an array like them.
        call.reply.array(2);
        call.reply.bulk(b"pong");
        call.reply.bulk(args.peek().unwrap_or_default());
        return Ok(());
    }
    match args.left() {
        0 => call.reply.simple("PONG"),
        _ => call.reply.bulk(args.bytes()?),
    }
    Ok(())
}

pub(super) fn echo(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.bulk(args.bytes()?);
    Ok(())
}

pub(super) fn quit(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.ok();
    server.close(call.client, CloseReason::AfterReply);
    Ok(())
}

/// Everything a client can change about its connection is as it was on arrival. Only what its
/// library called itself stays: it is still the same library.
pub(super) fn reset(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.end_transaction(call.client);
    server.end_monitoring(call.client);
    server.untrack(call.client);
    server.unsubscribe_all(call.client);
    let client = &mut server.clients[call.client];
    client.db = 0;
    client.reply_mode = ReplyMode::On;
    client.names.name = Box::default();
    let set = ClientFlags::NO_EVICT | ClientFlags::NO_TOUCH;
    client.flags.remove(set);
    server.log_out(call.client);
    call.reply.protocol = Protocol::Resp2;
    call.reply.simple("RESET");
    Ok(())
}
