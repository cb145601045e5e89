//! CLIENT TRACKING and what belongs to it: a client that keeps copies says of which keys it wants
//! to hear, and how.

use super::super::AdminCall;
use crate::client::tracking::{Mode, Redirect, Tracked};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

pub(in crate::admin) fn tracking(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let on = args.bytes()?.to_ascii_lowercase();
    let wanted = Wanted::parse(server, args)?;
    match on.as_slice() {
        b"on" => {
            let before = server.clients[call.client].tracked.as_deref();
            let tracked = wanted.check(before)?;
            server.track(call.client, tracked);
        }
        b"off" => server.untrack(call.client),
        _ => return Err(CommandError::SYNTAX),
    }
    call.reply.ok();
    Ok(())
}

/// The options of CLIENT TRACKING.
#[derive(Default)]
struct Wanted<'a> {
    redirect: Option<Redirect>,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    no_loop: bool,
    prefixes: Vec<&'a [u8]>,
}

impl<'a> Wanted<'a> {
    fn parse(server: &Server, args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut wanted = Wanted::default();
        while args.left() > 0 {
            if args.left() > 1 && args.take_word("redirect") {
                if wanted.redirect.is_some() {
                    return Err(CommandError::REDIRECT_TWICE);
                }
                let id = u64::try_from(args.int()?).unwrap_or(0);
                let to = server.clients.key_of_id(id);
                let to = to.ok_or(CommandError::REDIRECT_TO_NOBODY)?;
                wanted.redirect = Some(Redirect { id, to });
            } else if args.left() > 1 && args.take_word("prefix") {
                wanted.prefixes.push(args.bytes()?);
            } else if args.take_word("bcast") {
                wanted.broadcast = true;
            } else if args.take_word("optin") {
                wanted.opt_in = true;
            } else if args.take_word("optout") {
                wanted.opt_out = true;
            } else if args.take_word("noloop") {
                wanted.no_loop = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(wanted)
    }

    /// Whether the options go together, and with what the client said before.
    fn check(&self, before: Option<&Tracked>) -> Result<Tracked, CommandError> {
        if !self.broadcast && !self.prefixes.is_empty() {
            return Err(CommandError::PREFIX_WITHOUT_BCAST);
        }
        let mode_before = before.map(|tracked| tracked.mode);
        if mode_before.is_some_and(|mode| (mode == Mode::Broadcast) != self.broadcast) {
            return Err(CommandError::BCAST_SWITCHED);
        }
        if self.broadcast && (self.opt_in || self.opt_out) {
            return Err(CommandError::BCAST_WITH_OPT);
        }
        let mode = match (self.opt_in, self.opt_out) {
            (true, true) => return Err(CommandError::OPTIN_AND_OPTOUT),
            (true, false) => Mode::OptIn,
            (false, true) => Mode::OptOut,
            (false, false) if self.broadcast => Mode::Broadcast,
            (false, false) => Mode::Reads,
        };
        let modes = (mode_before, mode);
        if let (Some(Mode::OptIn), Mode::OptOut) | (Some(Mode::OptOut), Mode::OptIn) = modes {
            return Err(CommandError::OPT_SWITCHED);
        }
        let mut tracked = Tracked {
            mode,
            no_loop: self.no_loop,
            redirect: self.redirect,
            ..Tracked::default()
        };
        if self.broadcast {
            self.check_prefixes(before)?;
            tracked.prefixes = self.prefixes.iter().map(|it| Box::from(*it)).collect();
            if self.prefixes.is_empty() {
                tracked.prefixes.insert(Box::default());
            }
        }
        Ok(tracked)
    }

    /// A key may not stand below two prefixes of one client: it would hear of it twice.
    fn check_prefixes(&self, before: Option<&Tracked>) -> Result<(), CommandError> {
        let overlap = |one: &[u8], other: &[u8]| one.starts_with(other) || other.starts_with(one);
        for (index, prefix) in self.prefixes.iter().enumerate() {
            let mut had = before.iter().flat_map(|tracked| &tracked.prefixes);
            if let Some(other) = had.find(|other| overlap(prefix, other)) {
                return Err(CommandError::prefix_overlaps(prefix, "an existing", other));
            }
            let mut given = self.prefixes[index + 1..].iter();
            if let Some(other) = given.find(|other| overlap(prefix, other)) {
                let which = "another provided";
                return Err(CommandError::prefix_overlaps(prefix, which, other));
            }
        }
        Ok(())
    }
}

pub(in crate::admin) fn caching(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let Some(tracked) = &mut server.clients[call.client].tracked else {
        return Err(CommandError::CACHING_WITHOUT_TRACKING);
    };
    let (mode, refusal) = match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"yes" => (Mode::OptIn, CommandError::CACHING_YES_WITHOUT_OPTIN),
        b"no" => (Mode::OptOut, CommandError::CACHING_NO_WITHOUT_OPTOUT),
        _ => return Err(CommandError::SYNTAX),
    };
    if tracked.mode != mode {
        return Err(refusal);
    }
    tracked.caching = true;
    call.reply.ok();
    Ok(())
}

pub(in crate::admin) fn getredir(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let client = &server.clients[call.client];
    call.reply.int(redirection(client.tracked.as_deref()));
    Ok(())
}

/// Who hears in a client's place, as a number: 0, nobody; -1, it does not track.
pub(super) fn redirection(tracked: Option<&Tracked>) -> i64 {
    tracked.map_or(-1, |tracked| {
        tracked.redirect.map_or(0, |to| to.id.cast_signed())
    })
}

pub(in crate::admin) fn trackinginfo(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let tracked = server.clients[call.client].tracked.as_deref();
    let flags = flags(tracked);
    let reply = &mut *call.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    for flag in flags {
        reply.bulk(flag.as_bytes());
    }
    reply.bulk(b"redirect");
    reply.int(redirection(tracked));
    reply.bulk(b"prefixes");
    match tracked {
        Some(tracked) => reply.bulks(tracked.prefixes.iter()),
        None => reply.array(0),
    }
    Ok(())
}

fn flags(tracked: Option<&Tracked>) -> Vec<&'static str> {
    let Some(tracked) = tracked else {
        return vec!["off"];
    };
    let mut flags = vec!["on"];
    match tracked.mode {
        Mode::Reads => {}
        Mode::Broadcast => flags.push("bcast"),
        Mode::OptIn => {
            flags.push("optin");
            flags.extend(tracked.caching.then_some("caching-yes"));
        }
        Mode::OptOut => {
            flags.push("optout");
            flags.extend(tracked.caching.then_some("caching-no"));
        }
    }
    if tracked.no_loop {
        flags.push("noloop");
    }
    if tracked.is_broken {
        flags.push("broken_redirect");
    }
    flags
}
