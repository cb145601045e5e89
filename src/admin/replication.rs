//! MIGRATE: what goes to other servers.

use std::time::Duration;

use super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
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
    if timeout_ms <= 0 {
        timeout_ms = TIMEOUT_MS_DEFAULT;
    }
    if server.in_transaction() {
        // It waits for somebody else, and a transaction does not.
        return Err(CommandError::NOT_IN_MULTI);
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
