//! DEBUG's subcommands that end the server: in a crash, or by starting it anew.

use std::alloc::{Layout, handle_alloc_error};
use std::time::Duration;

use super::super::{AdminCall, config};
use super::leading_int;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::rewrite::Scope;
use crate::server::Server;
use crate::server::shutdown::{Save, Shutdown};
use crate::sys::restart;

type Reply = Result<(), CommandError>;

pub(super) fn assertion(_: &mut Server, _: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    panic!("an assertion failed because DEBUG ASSERT asked for that");
}

pub(super) fn panic(_: &mut Server, _: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    panic!("DEBUG PANIC asked for that");
}

pub(super) fn segfault(_: &mut Server, _: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    log::error!("DEBUG SEGFAULT ends the process by SIGSEGV.");
    restart::violate_memory().map_err(|_| CommandError::FAILED)
}

/// What happens where the system has no memory left.
pub(super) fn out_of_memory(_: &mut Server, _: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    const BYTES: usize = usize::MAX / 4;
    log::error!("DEBUG OOM: out of memory allocating {BYTES} bytes.");
    match Layout::array::<u8>(BYTES) {
        Ok(layout) => handle_alloc_error(layout),
        Err(_) => Err(CommandError::FAILED),
    }
}

/// Ends in order, then begins anew: the data are saved, and the configuration.
pub(super) fn restart(server: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    let delay = delay(args)?;
    if server.config_file.is_some()
        && let Err(error) = config::rewrite_with(server, call, Scope::Needed)
    {
        return Err(error);
    }
    let orderly = Shutdown {
        save: Save::Configured,
        now: false,
        force: false,
        by: None,
    };
    if !server.save_before_end(orderly) {
        return Err(CommandError::RESTART_FAILED);
    }
    begin_anew(server, delay)
}

/// Begins anew with nothing but what is on disk already.
pub(super) fn crash_and_recover(
    server: &mut Server,
    _: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let delay = delay(args)?;
    begin_anew(server, delay)
}

fn delay(args: &mut Args<'_>) -> Result<Duration, CommandError> {
    let ms = match args.left() {
        0 => 0,
        _ => leading_int(args.bytes()?),
    };
    Ok(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// Returns only if it fails.
fn begin_anew(server: &Server, delay: Duration) -> Reply {
    std::thread::sleep(delay);
    let error = restart::replace_process(server.config_file.as_deref());
    log::warn!("The server cannot be started anew: {error}");
    Err(CommandError::RESTART_FAILED)
}
