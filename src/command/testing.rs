//! For tests: commands as lines of text against a keyspace of their own, without a server.

use super::args::Args;
use super::call::{Call, Limits};
use super::effects::{Effects, EventClass, Propagation};
use super::spec::{DataHandler, Row, Run};
use crate::keyspace::Keyspace;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::OwnedRequest;
use crate::sys::clock::UnixMs;

/// A keyspace and what its last command did.
pub(super) struct Bench {
    pub(super) space: Keyspace,
    pub(super) now: UnixMs,
    pub(super) protocol: Protocol,
    pub(super) limits: Limits,
    pub(super) effects: Effects,
    random: fastrand::Rng,
}

impl Bench {
    /// An empty keyspace whose every event and change is heard.
    pub(super) fn new() -> Bench {
        let effects = Effects {
            listened: EventClass::all(),
            propagated: true,
            ..Effects::default()
        };
        Bench {
            space: Keyspace::new(16, [1, 2]),
            now: UnixMs(1_000_000),
            protocol: Protocol::Resp2,
            limits: Limits {
                string_bytes_max: 512 * 1024 * 1024,
            },
            effects,
            random: fastrand::Rng::with_seed(1),
        }
    }

    /// The reply to `line`, words between blanks, as text with its line breaks as `|`.
    pub(super) fn run(&mut self, line: &str) -> String {
        let reply = self.run_args(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>());
        String::from_utf8_lossy(&reply)
            .trim_end()
            .replace("\r\n", "|")
    }

    /// The reply to a command of these arguments.
    pub(super) fn run_args(&mut self, args: &[&[u8]]) -> Vec<u8> {
        let owned = OwnedRequest::new(args);
        let name = String::from_utf8_lossy(args[0]).to_ascii_lowercase();
        let row = find(&name).unwrap_or_else(|| panic!("no command {name}"));
        let Run::Handler(handler) = row.run else {
            panic!("{name} has subcommands");
        };
        let mut reply = Reply::new(self.protocol);
        if !row.spec.accepts(args.len()) {
            return b"arity".into();
        }
        self.effects.clear();
        let mut call = Call {
            db: self.space.view(0, self.now),
            reply: &mut reply,
            effects: &mut self.effects,
            random: &mut self.random,
            limits: &self.limits,
            name: row.spec.name,
        };
        if let Err(error) = handler(&mut call, &mut Args::new(owned.request(), 1)) {
            reply.error(error.text());
        }
        reply.output.to_vec()
    }

    /// The last command's events, each `name key`.
    pub(super) fn events(&self) -> Vec<String> {
        let events = self.effects.events.iter();
        events
            .map(|event| format!("{} {}", event.name, String::from_utf8_lossy(&event.key)))
            .collect()
    }

    /// What the last command tells the log: itself, or other commands.
    pub(super) fn propagated(&self) -> Vec<String> {
        let Propagation::Instead(requests) = &self.effects.propagation else {
            return vec!["verbatim".into()];
        };
        let line = |request: &OwnedRequest| {
            let words = request.request().args();
            words
                .map(|arg| String::from_utf8_lossy(arg.bytes()).into_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        requests.iter().map(line).collect()
    }
}

fn find(name: &str) -> Option<&'static Row<DataHandler>> {
    super::FAMILIES
        .iter()
        .flat_map(|family| family.iter())
        .find(|row| row.spec.name == name)
}
