//! ACL LOG: what was refused.

use crate::acl::log::Entry;
use crate::admin::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

/// Entries shown if nobody says how many.
const SHOWN: usize = 10;

/// ACL LOG [count | RESET]
pub(in crate::admin) fn log(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() > 1 {
        return Err(call.wrong_subcommand(args));
    }
    if args.take_word("reset") {
        server.acl.log.clear();
        call.reply.ok();
        return Ok(());
    }
    let count = match args.left() {
        0 => SHOWN,
        _ => usize::try_from(args.int()?).unwrap_or(0),
    };
    let now = server.now.ms().0;
    let entries = server.acl.log.latest(count);
    call.reply.array(entries.len());
    for entry in entries {
        show(call, entry, now);
    }
    Ok(())
}

fn show(call: &mut AdminCall<'_>, entry: &Entry, now_ms: i64) {
    let reply = &mut *call.reply;
    let refusal = &entry.refusal;
    reply.map(10);
    reply.bulk(b"count");
    reply.int(entry.count.cast_signed());
    let texts: [(&str, &[u8]); 4] = [
        ("reason", refusal.reason.name().as_bytes()),
        ("context", refusal.context.name().as_bytes()),
        ("object", &refusal.object),
        ("username", &refusal.user),
    ];
    for (name, text) in texts {
        reply.bulk(name.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    let age_ms = (now_ms - entry.updated.0).max(0);
    reply.double(age_ms as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(entry.client.as_bytes());
    reply.bulk(b"entry-id");
    reply.int(entry.id.cast_signed());
    reply.bulk(b"timestamp-created");
    reply.int(entry.created.0);
    reply.bulk(b"timestamp-last-updated");
    reply.int(entry.updated.0);
}
