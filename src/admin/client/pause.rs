//! CLIENT PAUSE and CLIENT UNPAUSE: holding everybody back.

use super::super::AdminCall;
use crate::command::args::{Args, parse_int};
use crate::command::error::CommandError;
use crate::server::Server;
use crate::server::gate::{Pause, Paused};

/// A second pause never shortens the first; whether it holds back writes or everything, the
/// later one says.
pub(in crate::admin) fn pause(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() > 2 {
        return Err(call.wrong_subcommand(args));
    }
    let ms = args.bytes()?;
    let what = match args.peek().map(<[u8]>::to_ascii_lowercase).as_deref() {
        None | Some(b"all") => Paused::All,
        Some(b"write") => Paused::Writes,
        Some(_) => return Err(CommandError::PAUSE_MODE),
    };
    let ms = parse_int(ms).ok_or_else(|| CommandError::named_not_an_integer("timeout"))?;
    let ms = u64::try_from(ms).map_err(|_| CommandError::TIMEOUT_NEGATIVE)?;
    // The end must be a moment that Redis's clock can show; else no pause would end.
    let longest = i64::MAX.saturating_sub(server.now.unix.ms().0);
    if ms > u64::try_from(longest).unwrap_or(0) {
        return Err(CommandError::TIMEOUT_OUT_OF_RANGE);
    }
    let until = server.now.mono.plus_ms(ms);
    let until = server.pause.map_or(until, |pause| pause.until.max(until));
    server.pause = Some(Pause { until, what });
    call.reply.ok();
    Ok(())
}

pub(in crate::admin) fn unpause(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.unpause();
    call.reply.ok();
    Ok(())
}
