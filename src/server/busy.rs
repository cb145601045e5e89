//! One piece of work that takes long, while others are told so instead of waiting: BUSY.
//!
//! A script (when there are scripts) stops the loop up to `busy-reply-threshold`; from then on the
//! loop makes turns again, with [`Server::busy`] set: nothing may change the data, or read them half
//! changed, but commands whose rows say ALLOW_BUSY are served, so that somebody can end it. DEBUG BUSY
//! shows that without a script.

use super::Server;
use crate::command::error::CommandError;
use crate::command::spec::Flags;
use crate::sys::clock::MonoNs;

/// What goes on.
#[derive(Clone, Copy, Debug)]
pub struct Busy {
    pub with: Work,
    /// When it ends by itself, if that is known.
    pub until: Option<MonoNs>,
}

/// Who keeps the server busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Script,
    Function,
}

impl Busy {
    /// What others are told.
    pub fn refusal(self) -> CommandError {
        match self.with {
            Work::Script => CommandError::BUSY_SCRIPT,
            Work::Function => CommandError::BUSY_FUNCTION,
        }
    }
}

impl Server {
    /// Why a command with these flags has to wait for the end of what goes on.
    #[cold]
    pub(super) fn busy_refusal(&self, flags: Flags) -> Option<CommandError> {
        let busy = self.busy?;
        let allowed = flags.contains(Flags::ALLOW_BUSY);
        (!allowed).then(|| busy.refusal())
    }

    /// Ends what goes on if its time is up.
    pub(super) fn tend_busy(&mut self) {
        let until = self.busy.and_then(|busy| busy.until);
        if until.is_some_and(|until| until <= self.now.mono) {
            self.busy = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{execute, server_with, written};
    use crate::config::choices::Permission;

    const SCRIPT: &str =
        "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    const FUNCTION: &str =
        "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
    const ABORTED: &str = "-EXECABORT Transaction discarded because of: BUSY ";

    /// Two clients send commands; each takes a millisecond, and its reply begins as it says.
    #[test]
    fn others_are_refused_unless_it_may_help() {
        let (mut server, keys, _peers) = server_with(2);
        server.config.enable_debug_command = Permission::Yes;
        server.config.busy_reply_threshold = 100;
        let mut play = |lines: &[(usize, &str, &str)]| {
            for (client, line, wanted) in lines {
                let key = keys[*client];
                let before = written(&server, key).len();
                execute(&mut server, key, &line.split(' ').collect::<Vec<_>>());
                let reply = written(&server, key).split_off(before);
                assert!(reply.starts_with(wanted), "{line}: {reply}");
                server.clock.advance_us(1000);
                server.read_clock();
                server.tend_busy();
            }
        };
        play(&[
            (0, "SET k v", "+OK"),
            (1, "MULTI", "+OK"),
            (1, "SET k w", "+QUEUED"),
            // It stands still for 100 ms; then others are told, for 15 ms.
            (0, "DEBUG BUSY 115", "+OK"),
            (0, "GET k", SCRIPT),
            (0, "PING", SCRIPT),
            (0, "NOSUCH", "-ERR unknown command"),
            (0, "GET", "-ERR wrong number of arguments"),
            (0, "WATCH k", "+OK"),
            (0, "UNWATCH", "+OK"),
            (
                0,
                "AUTH x",
                "-ERR AUTH <password> called without any password",
            ),
            (0, "SHUTDOWN", SCRIPT),
            (0, "MULTI", "+OK"),
            (0, "DISCARD", "+OK"),
            (1, "SET k x", SCRIPT),
            (1, "EXEC", ABORTED),
            (0, "RESET", "+RESET"),
            (0, "PING", SCRIPT),
            (0, "GET k", "$1\r\nv"),
            (0, "DEBUG BUSY 101 FUNCTION", "+OK"),
            (0, "GET k", "$1"),
            (0, "DEBUG BUSY 102 FUNCTION", "+OK"),
            (0, "GET k", FUNCTION),
            (0, "GET k", "$1"),
        ]);
        // No bound: the whole time nobody is served.
        server.config.busy_reply_threshold = 0;
        let before = server.clock.mono();
        execute(&mut server, keys[0], &["DEBUG", "BUSY", "7000"]);
        assert_eq!(server.clock.mono().since(before), 7_000_000_000);
        assert!(server.busy.is_none());
    }
}
