//! DEBUG's subcommands on files: data saved and loaded again, log replayed.
//!
//! Tests of all kinds call them to see that what goes to disk comes back the same. The whole server
//! waits meanwhile.

use super::super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;
use crate::server::loading::{Reload, ReloadError};

pub(super) fn reload(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut how = Reload {
        save: true,
        flush: true,
        merge: false,
    };
    while args.left() > 0 {
        if args.take_word("merge") {
            how.merge = true;
        } else if args.take_word("noflush") {
            how.flush = false;
        } else if args.take_word("nosave") {
            how.save = false;
        } else {
            return Err(CommandError::BAD_RELOAD);
        }
    }
    match server.reload(how) {
        Ok(()) => {
            log::warn!("DB reloaded by DEBUG RELOAD");
            call.reply.ok();
            Ok(())
        }
        // It is told in the log.
        Err(ReloadError::Save(_)) => Err(CommandError::FAILED),
        Err(ReloadError::Load(error)) => {
            log::warn!("{error}");
            Err(CommandError::RELOAD_FAILED)
        }
    }
}

pub(super) fn load_log(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    match server.reload_log() {
        Ok(()) => {
            log::warn!("Append Only File loaded by DEBUG LOADAOF");
            call.reply.ok();
            Ok(())
        }
        Err(error) => {
            log::warn!("{error}");
            Err(CommandError::RELOAD_LOG_FAILED)
        }
    }
}
