//! SHUTDOWN: how a client ends the server, or calls that off.

use super::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;
use crate::server::shutdown::{Save, Shutdown};

/// There is no reply when it succeeds: the connection ends with the server.
pub(super) fn shutdown(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() == 1 && args.take_word("abort") {
        // Nothing holds up an end that was asked for: there is none to call off. One asked for in
        // this turn will come, and its reply with it, which is the end of the connection.
        return Err(CommandError::NO_SHUTDOWN);
    }
    let asked = parse(args)?;
    if let Some(busy) = server.busy
        && asked.save != Save::Never
    {
        return Err(busy.refusal());
    }
    if !server.save_before_end(asked) {
        return Err(CommandError::SHUTDOWN_FAILED);
    }
    server.shutdown = Some(Shutdown {
        save: Save::Never,
        by: Some(call.client),
        ..asked
    });
    Ok(())
}

/// SAFE and FAILOVER are about the other servers of a cluster: without them there is nobody to
/// spare and nobody to hand over to.
fn parse(args: &mut Args<'_>) -> Result<Shutdown, CommandError> {
    let mut shutdown = Shutdown {
        save: Save::Configured,
        now: false,
        force: false,
        by: None,
    };
    while args.left() > 0 {
        if shutdown.save != Save::Always && args.take_word("nosave") {
            shutdown.save = Save::Never;
        } else if shutdown.save != Save::Never && args.take_word("save") {
            shutdown.save = Save::Always;
        } else if args.take_word("now") {
            shutdown.now = true;
        } else if args.take_word("force") {
            shutdown.force = true;
        } else if !args.take_word("safe") && !args.take_word("failover") {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(shutdown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedRequest;

    #[test]
    fn words_may_stand_in_any_order_but_not_contradict_each_other() {
        let cases = [
            ("", Some((Save::Configured, false, false))),
            ("nosave", Some((Save::Never, false, false))),
            ("now SAVE force", Some((Save::Always, true, true))),
            ("safe failover now", Some((Save::Configured, true, false))),
            ("save nosave", None),
            ("nosave save", None),
            ("abort now", None),
            ("foo", None),
        ];
        for (line, wanted) in cases {
            let request = OwnedRequest::new(line.split_ascii_whitespace());
            let parsed = parse(&mut Args::new(request.request(), 0)).ok();
            let parsed = parsed.map(|it| (it.save, it.now, it.force));
            assert_eq!(parsed, wanted, "{line}");
        }
    }
}
