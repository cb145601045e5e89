//! MONITOR: a connection that is shown every command.

use super::super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

/// Who monitors already hears nothing of it: the lines go on.
pub(in crate::admin) fn monitor(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if !call.may_wait {
        return Err(CommandError::MONITOR_WITHIN_EXEC);
    }
    if server.begin_monitoring(call.client) {
        call.reply.ok();
    }
    Ok(())
}
