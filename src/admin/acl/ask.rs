//! ACL's questions: WHOAMI, CAT, DRYRUN, GENPASS.

use crate::acl::Denied;
use crate::admin::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::spec::Acl;
use crate::resp::request::OwnedRequest;
use crate::server::Server;
use crate::sys::entropy;

type Reply = Result<(), CommandError>;

/// ACL WHOAMI
pub(in crate::admin) fn whoami(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    let user = server.clients[call.client].user;
    call.reply.bulk(server.acl.user(user).name());
    Ok(())
}

/// ACL CAT [category]
pub(in crate::admin) fn cat(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    if args.left() > 1 {
        return Err(call.wrong_subcommand(args));
    }
    let Some(name) = args.peek() else {
        let names: Vec<&str> = Acl::all().names().map(|name| &name[1..]).collect();
        call.reply.bulks(names.into_iter());
        return Ok(());
    };
    let category = Acl::named(name)
        .ok_or_else(|| CommandError::quoting_bytes("ERR Unknown category '", name, "'"))?;
    let commands = server.table.iter();
    let in_it = commands.filter(|command| command.spec.categories().intersects(category));
    let names: Vec<&[u8]> = in_it.map(|command| command.name.as_bytes()).collect();
    call.reply.bulks(names.into_iter());
    Ok(())
}

/// ACL DRYRUN user command [argument …]
pub(in crate::admin) fn dryrun(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let name = args.bytes()?;
    let id = server.acl.find(name);
    let id = id.ok_or_else(|| CommandError::quoting_bytes("ERR User '", name, "' not found"))?;
    let mut request = OwnedRequest::default();
    while args.left() > 0 {
        request.push(args.bytes()?);
    }
    let request = request.request();
    let Some(command) = server.table.lookup(request) else {
        let (before, after) = ("ERR Command '", "' not found");
        return Err(CommandError::quoting_bytes(before, request.bytes(0), after));
    };
    if !command.spec.accepts(request.len()) {
        return Err(CommandError::wrong_arity(&command.name));
    }
    let asked = server.asked(command, request, server.clients[call.client].db);
    let user = server.acl.user(id);
    let denied = match user.check(&asked, &mut Vec::new()) {
        Ok(()) => {
            call.reply.ok();
            return Ok(());
        }
        Err(denied) => denied,
    };
    let object = match denied {
        Denied::Command => command.name.as_bytes(),
        _ => request.bytes(denied.argument().unwrap_or(0)),
    };
    let (what, after) = match denied {
        Denied::Command => (" has no permissions to run the '", "' command"),
        Denied::Key(_) => (" has no permissions to access the '", "' key"),
        Denied::Channel(_) => (" has no permissions to access the '", "' channel"),
        Denied::Database(_) => (" has no permissions to access database ", ""),
    };
    let parts = [
        b"User ",
        user.name(),
        what.as_bytes(),
        object,
        after.as_bytes(),
    ];
    call.reply.bulk(&parts.concat());
    Ok(())
}

/// Bits of a password, if nothing else is asked for, and at most.
const BITS: i64 = 256;
const BITS_MAX: i64 = 4096;

/// ACL GENPASS [bits]
pub(in crate::admin) fn genpass(
    _: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    if args.left() > 1 {
        return Err(call.wrong_subcommand(args));
    }
    let bits = match args.left() {
        0 => BITS,
        _ => args.int()?,
    };
    if !(1..=BITS_MAX).contains(&bits) {
        return Err(CommandError::GENPASS_BITS);
    }
    let digits = usize::try_from(bits).unwrap_or(0).div_ceil(4);
    let mut bytes = vec![0; digits.div_ceil(2)];
    entropy::fill(&mut bytes).map_err(|error| {
        log::warn!("The system gives no random bytes: {error}");
        CommandError::FAILED
    })?;
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    call.reply.bulk(text.as_bytes());
    Ok(())
}
