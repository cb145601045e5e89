//! For tests: commands as lines of text against a keyspace of their own, without a server.

use super::args::Args;
use super::call::{Call, Limits};
use super::effects::{Effects, Event, EventClass, Propagation};
use super::error::CommandError;
use super::spec::{DataHandler, Row, Run};
use crate::config::VersionCheck;
use crate::keyspace::Keyspace;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::{OwnedRequest, Request};
use crate::sys::clock::UnixMs;
use crate::value::Thresholds;

/// A keyspace and what its last command did.
pub(crate) struct Bench {
    pub(crate) space: Keyspace,
    pub(crate) now: UnixMs,
    /// The number of the database that commands run on.
    pub(crate) db: usize,
    pub(crate) protocol: Protocol,
    pub(crate) limits: Limits,
    pub(crate) effects: Effects,
    /// Whether commands may wait; then `effects.wait` says for what the last one does.
    pub(crate) may_wait: bool,
    random: fastrand::Rng,
}

impl Bench {
    /// An empty keyspace whose every event and change is heard.
    pub(crate) fn new() -> Bench {
        let effects = Effects {
            listened: EventClass::all(),
            propagated: true,
            ..Effects::default()
        };
        Bench {
            space: Keyspace::new(16, [1, 2]),
            now: UnixMs(1_000_000),
            db: 0,
            protocol: Protocol::Resp2,
            limits: Limits {
                skip_checksums: false,
                string_bytes_max: 512 * 1024 * 1024,
                reply_bytes_max: usize::MAX,
                lfu: false,
                thresholds: Thresholds::default(),
                versions: VersionCheck::Strict,
            },
            effects,
            may_wait: true,
            random: fastrand::Rng::with_seed(1),
        }
    }

    /// The reply to `line`, words between blanks, as text with its line breaks as `|`.
    pub(crate) fn run(&mut self, line: &str) -> String {
        let reply = self.run_args(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>());
        String::from_utf8_lossy(&reply)
            .trim_end()
            .replace("\r\n", "|")
    }

    /// The reply to a command of these arguments.
    pub(crate) fn run_args(&mut self, args: &[&[u8]]) -> Vec<u8> {
        let owned = OwnedRequest::new(args);
        let mut reply = Reply::new(self.protocol);
        self.effects.clear();
        if let Err(error) = self.execute(owned.request(), &mut reply) {
            reply.error(error.text());
        }
        reply.output.to_vec()
    }

    /// What dispatch does, as far as a handler can tell.
    fn execute(&mut self, request: Request<'_>, reply: &mut Reply) -> Result<(), CommandError> {
        let word = |index| String::from_utf8_lossy(request.bytes(index)).to_ascii_lowercase();
        let mut name = word(0);
        let mut row = find(&name).unwrap_or_else(|| panic!("no command {name}"));
        let mut next = 1;
        if let Run::Container(subcommands) = row.run
            && request.len() > 1
        {
            let sub = subcommands.iter().find(|row| row.spec.name == word(1));
            row = sub.unwrap_or_else(|| panic!("no subcommand of {name}"));
            name = format!("{name}|{}", row.spec.name);
            next = 2;
        }
        let Run::Handler(handler) = row.run else {
            panic!("{name} needs a subcommand");
        };
        if !row.spec.accepts(request.len()) {
            return Err(CommandError::wrong_arity(&name));
        }
        let mut call = Call {
            db: self.space.view(self.db, self.now),
            reply,
            effects: &mut self.effects,
            random: &mut self.random,
            limits: &self.limits,
            may_wait: self.may_wait,
            reads_all_keys: true,
            name: name.leak(),
        };
        handler(&mut call, &mut Args::new(request, next))
    }

    /// The last command's events, each `name key`.
    pub(crate) fn events(&self) -> Vec<String> {
        let events = self.effects.events.iter();
        events
            .map(|event| format!("{} {}", event.name, String::from_utf8_lossy(&event.key)))
            .collect()
    }

    /// The last command's events in one line, each `name@db:key`.
    pub(crate) fn events_line(&self) -> String {
        let event = |event: &Event| {
            let key = String::from_utf8_lossy(&event.key);
            format!("{}@{}:{key}", event.name, event.db)
        };
        let events: Vec<String> = self.effects.events.iter().map(event).collect();
        events.join(" ")
    }

    /// What the last command tells the log, in one line; empty if it changed nothing.
    pub(crate) fn log_line(&self) -> String {
        match self.effects.changes {
            0 => String::new(),
            _ => self.propagated().join("; "),
        }
    }

    /// What the last command tells the log: itself, or other commands.
    pub(crate) fn propagated(&self) -> Vec<String> {
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
