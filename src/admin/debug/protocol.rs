//! DEBUG PROTOCOL: one reply of each kind.

use super::super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::resp::reply::{Protocol, Reply};
use crate::server::Server;

pub(super) fn protocol(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let reply = &mut *call.reply;
    match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.int(12_345),
        b"double" => reply.double_text("3.141"),
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            numbers(reply);
        }
        b"set" => {
            reply.set(3);
            numbers(reply);
        }
        b"map" => {
            reply.map(3);
            for n in 0..3 {
                reply.int(n);
                reply.boolean(n == 1);
            }
        }
        b"attrib" => attribute(reply),
        b"push" => push(reply)?,
        b"verbatim" => reply.verbatim(b"txt", b"This is a verbatim\nstring"),
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        _ => return Err(CommandError::NO_SUCH_REPLY_TYPE),
    }
    Ok(())
}

fn numbers(reply: &mut Reply) {
    for n in 0..3 {
        reply.int(n);
    }
}

fn attribute(reply: &mut Reply) {
    if reply.protocol == Protocol::Resp3 {
        reply.attribute(1);
        reply.bulk(b"key-popularity");
        reply.array(2);
        reply.bulk(b"key:123");
        reply.int(90);
    }
    reply.bulk(b"Some real reply following the attribute");
}

/// A client takes the message out of the stream wherever it stands; the reply still has to come.
fn push(reply: &mut Reply) -> Result<(), CommandError> {
    if reply.protocol == Protocol::Resp2 {
        return Err(CommandError::NOT_IN_RESP2);
    }
    reply.push(2);
    reply.bulk(b"server-cpu-usage");
    reply.int(42);
    reply.bulk(b"Some real reply following the push reply");
    Ok(())
}
