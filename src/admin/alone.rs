//! What a server answers that is alone: no replicas, no primary, no cluster, no modules.
//!
//! ROLE, REPLICAOF, FAILOVER; CLUSTER, READONLY, READWRITE, ASKING; MODULE.

use super::{AdminCall, help};
use crate::client::ClientFlags;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::choices::Permission;
use crate::server::Server;

type Reply = Result<(), CommandError>;

/// A primary at offset 0, followed by nobody.
pub(super) fn role(_: &mut Server, call: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    call.reply.array(3);
    call.reply.bulk(b"master");
    call.reply.int(0);
    call.reply.array(0);
    Ok(())
}

/// REPLICAOF and SLAVEOF: NO ONE is what it is already.
pub(super) fn replicaof(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let (host, port) = (args.bytes()?, args.bytes()?);
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        call.reply.ok();
        return Ok(());
    }
    if server.clients[call.client]
        .flags
        .contains(ClientFlags::MONITOR)
    {
        return Err(CommandError::NOT_AS_REPLICA);
    }
    let port = crate::command::args::parse_int(port).and_then(|port| u16::try_from(port).ok());
    match port {
        None => Err(CommandError::INVALID_PRIMARY_PORT),
        Some(_) => Err(CommandError::NO_PRIMARY),
    }
}

/// FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]
pub(super) fn failover(_: &mut Server, _: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    if args.left() == 1 && args.take_word("abort") {
        return Err(CommandError::NO_FAILOVER);
    }
    let (mut timed, mut targeted, mut forced) = (false, false, false);
    while args.left() > 0 {
        if !timed && args.left() > 1 && args.take_word("timeout") {
            if args.int()? <= 0 {
                return Err(CommandError::FAILOVER_TIMEOUT);
            }
            timed = true;
        } else if !targeted && args.left() > 2 && args.take_word("to") {
            args.bytes()?;
            args.int()?;
            targeted = true;
        } else if !forced && args.take_word("force") {
            forced = true;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Err(CommandError::FAILOVER_NEEDS_REPLICAS)
}

/// Everything that is about a cluster.
pub(super) fn no_cluster(_: &mut Server, _: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    Err(CommandError::NO_CLUSTER)
}

/// MODULE LIST
pub(super) fn module_list(_: &mut Server, call: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    call.reply.array(0);
    Ok(())
}

/// MODULE LOAD, MODULE LOADEX
pub(super) fn module_load(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    check_modules_allowed(server, call)?;
    let path = String::from_utf8_lossy(args.bytes()?);
    log::warn!("Module {path} not loaded: modules are not supported");
    Err(CommandError::MODULE_NOT_LOADED)
}

/// MODULE UNLOAD
pub(super) fn module_unload(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _: &mut Args<'_>,
) -> Reply {
    check_modules_allowed(server, call)?;
    Err(CommandError::NO_SUCH_MODULE)
}

fn check_modules_allowed(server: &Server, call: &AdminCall<'_>) -> Reply {
    let is_allowed = match server.config.enable_module_command {
        Permission::No => false,
        Permission::Yes => true,
        Permission::Local => server.clients[call.client].peer.is_local(),
    };
    match is_allowed {
        true => Ok(()),
        false => Err(CommandError::MODULE_NOT_ALLOWED),
    }
}

pub(super) fn module_help(_: &mut Server, call: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    help::write(call.reply, "MODULE", MODULE_HELP);
    Ok(())
}

const MODULE_HELP: &[&str] = &[
    "LIST",
    "    The modules loaded: none, as this server has no modules.",
    "LOAD <path> [<arg> ...]",
    "LOADEX <path> [CONFIG <name> <value> ...] [ARGS <arg> ...]",
    "UNLOAD <name>",
    "    Refused.",
];
