//! TIME: the time of day as the server sees it.

use super::super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

/// Seconds, and microseconds into the second, of the moment the command began.
pub(in crate::admin) fn time(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let us = server.now.unix.0;
    call.reply.array(2);
    call.reply.bulk_int(us.div_euclid(1_000_000));
    call.reply.bulk_int(us.rem_euclid(1_000_000));
    Ok(())
}
