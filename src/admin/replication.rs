//! MIGRATE, SYNC, PSYNC, REPLCONF: what goes to other servers.

use std::time::Duration;

use super::AdminCall;
use crate::client::Asked;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::persist::dump;
use crate::replication::migrate::Login;
use crate::server::Server;
use crate::server::migration::Wanted;

/// A timeout of 0 or less means so long.
const TIMEOUT_MS_DEFAULT: i64 = 1000;

/// What stands behind MIGRATE's timeout.
#[derive(Default)]
struct Options {
    copy: bool,
    replace: bool,
    login: Option<Login>,
    /// Instead of the one key.
    keys: Option<Vec<Box<[u8]>>>,
}

impl Options {
    fn parse(key: &[u8], args: &mut Args<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        while args.left() > 0 {
            if args.take_word("copy") {
                options.copy = true;
            } else if args.take_word("replace") {
                options.replace = true;
            } else if args.left() > 1 && args.take_word("auth") {
                let (user, password) = (None, args.bytes()?.to_vec());
                options.login = Some(Login { user, password });
            } else if args.left() > 2 && args.take_word("auth2") {
                let (user, password) = (Some(args.bytes()?.to_vec()), args.bytes()?.to_vec());
                options.login = Some(Login { user, password });
            } else if args.take_word("keys") {
                if !key.is_empty() {
                    return Err(CommandError::MIGRATE_KEYS);
                }
                let mut keys = Vec::new();
                while args.left() > 0 {
                    keys.push(args.key()?.into());
                }
                options.keys = Some(keys);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }
}

pub(super) fn migrate(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (host, port) = (args.bytes()?.to_vec(), args.bytes()?.to_vec());
    let key = args.key()?;
    let mut numbers = args.clone();
    args.bytes()?;
    args.bytes()?;
    let options = Options::parse(key, args)?;
    let (db, mut timeout_ms) = (numbers.int(), numbers.int()?);
    if server.in_transaction() {
        return Err(CommandError::MIGRATE_IN_MULTI);
    }
    if timeout_ms <= 0 {
        timeout_ms = TIMEOUT_MS_DEFAULT;
    }
    let wanted = Wanted {
        host,
        port,
        db: db?,
        timeout: Duration::from_millis(timeout_ms.unsigned_abs()),
        login: options.login,
        copy: options.copy,
        replace: options.replace,
        keys: options.keys.unwrap_or_else(|| vec![key.into()]),
    };
    if !server.migrate(call.client, wanted)? {
        call.reply.simple("NOKEY");
    }
    Ok(())
}

/// An address that a replica gives is no longer.
const ADDRESS_BYTES_MAX: usize = 255;

pub(super) fn replconf(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if !args.left().is_multiple_of(2) {
        return Err(CommandError::SYNTAX);
    }
    let asked = &mut server.clients[call.client].asked;
    while args.left() > 0 {
        let option = args.bytes()?;
        match option.to_ascii_lowercase().as_slice() {
            b"listening-port" => asked.port = u16::try_from(args.int()?).unwrap_or_default(),
            b"ip-address" => {
                let len = args.bytes()?.len();
                if len > ADDRESS_BYTES_MAX {
                    return Err(CommandError::replica_address_too_long(len));
                }
            }
            // What it understands; what is sent is what everybody does.
            b"capa" | b"version" => drop(args.bytes()?),
            // Nobody waits for a reply to these.
            b"ack" | b"getack" => return Ok(()),
            b"rdb-only" => match args.int()? {
                only @ (0 | 1) => asked.rdb_only = only == 1,
                _ => return Err(CommandError::NOT_ZERO_OR_ONE),
            },
            b"rdb-filter-only" => filter(asked, args.bytes()?)?,
            _ => return Err(CommandError::unknown_replconf(option)),
        }
    }
    call.reply.ok();
    Ok(())
}

/// Notes which parts of a snapshot are wanted; nothing but functions can be named.
fn filter(asked: &mut Asked, parts: &[u8]) -> Result<(), CommandError> {
    let parts = crate::ds::words::split(parts).map_err(|_| CommandError::NO_FILTER)?;
    (asked.filtered, asked.functions) = (true, false);
    for part in parts {
        if !part.eq_ignore_ascii_case(b"functions") {
            return Err(CommandError::unknown_filter(&part));
        }
        asked.functions = true;
    }
    Ok(())
}

pub(super) fn sync(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    begin(server, call, false)
}

pub(super) fn psync(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    args.bytes()?;
    args.int()?;
    begin(server, call, true)
}

/// Begins to send a snapshot, to whoever does not take it for the beginning of more.
fn begin(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    tells_history: bool,
) -> Result<(), CommandError> {
    let asked = server.clients[call.client].asked;
    let follows = asked.port != 0 || tells_history || asked.filtered && !asked.functions;
    if follows && !asked.rdb_only {
        return Err(CommandError::NO_REPLICAS);
    }
    if !call.reply.output.is_empty() {
        return Err(CommandError::SYNC_BEHIND_REPLIES);
    }
    if tells_history {
        let history = format!("FULLRESYNC {} 0", server.replication_id);
        call.reply.simple(&history);
    }
    if !asked.filtered {
        server.begin_sync(call.client, asked);
        return Ok(());
    }
    let mut about = server.about_snapshot(false);
    if !asked.functions {
        about.functions.clear();
    }
    let bytes = server.sync_bytes(call.client, &dump::functions_only(&about));
    call.reply.output.extend(&bytes);
    Ok(())
}
