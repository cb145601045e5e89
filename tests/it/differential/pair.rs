//! Two servers side by side, and one program played to both.

use std::fmt;

use super::differences::{self, Compare};
use super::generate::Dialect;
use super::listening::Listener;
use super::streams::timeless;
use crate::harness::client::{Address, Client, NoReply, encode};
use crate::harness::reply::{Reply, quoted};
use crate::harness::server::Server;
use crate::harness::target::Target;

/// A string as long as can be makes a payload that no request can hold.
const PAYLOAD_BYTES_MAX: usize = 500 << 20;

/// One command's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command(pub(super) Vec<Vec<u8>>);

impl Command {
    /// The command of these words.
    pub(super) fn of(line: &str) -> Command {
        let words = line.split(' ').map(|word| word.as_bytes().to_vec());
        Command(words.collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Resp2,
    Resp3,
}

/// Commands, and how they are sent.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) protocol: Protocol,
    /// Commands sent before the first reply is read.
    pub(super) pipeline: usize,
    pub(super) commands: Vec<Command>,
}

/// Where two servers part.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) command: String,
    pub(super) oracle: String,
    pub(super) subject: String,
}

impl Difference {
    /// The first word of the command, in lower case.
    pub(super) fn name(&self) -> String {
        let word = self.command.split(' ').next();
        word.unwrap_or_default().to_lowercase()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            command,
            oracle,
            subject,
        } = self;
        write!(f, "{command}\n    oracle: {oracle}\n      ours: {subject}")
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let plain = !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
            let plain = plain && !word.contains(&b'"') && word.len() < 64;
            f.write_str(if index == 0 { "" } else { " " })?;
            match plain {
                true => f.write_str(&String::from_utf8_lossy(word))?,
                false => f.write_str(&quoted(word))?,
            }
        }
        Ok(())
    }
}

/// One of the two.
struct Side {
    address: Address,
    client: Client,
    listener: Listener,
    _server: Option<Server>,
}

impl Side {
    fn start(target: &Target) -> Side {
        if let Target::Running(address) = target {
            return Side {
                address: address.clone(),
                client: Client::connect(address),
                listener: Listener::start(address),
                _server: None,
            };
        }
        let start = target.start().expect("it does not run yet");
        let server = start.start();
        Side {
            address: server.unix(),
            client: server.connect(),
            listener: Listener::start(&server.unix()),
            _server: Some(server),
        }
    }

    /// Nothing stored, and a new connection.
    fn begin(&mut self, protocol: Protocol) {
        self.client = Client::connect(&self.address);
        let unlimited = self.client.words("CONFIG SET maxmemory 0");
        assert!(!unlimited.is_error(), "{unlimited}");
        let flushed = self.client.call(&["FLUSHALL"]);
        assert!(!flushed.is_error(), "FLUSHALL: {flushed}");
        if protocol == Protocol::Resp3 {
            let hello = self.client.call(&["HELLO", "3"]);
            assert!(!hello.is_error(), "HELLO 3: {hello}");
        }
    }
}

pub(super) struct Pair {
    dialect: Dialect,
    oracle: Side,
    subject: Side,
    /// Commands that wait for EXEC: its reply holds theirs.
    queued: Vec<Command>,
    /// One took a command into a transaction that the other, being older, refused, or stored what
    /// the other refused: from there on they hold different things.
    parted: bool,
    /// A command of the latest batch was refused.
    refused: bool,
}

impl Pair {
    pub(super) fn start(oracle: &Target, subject: &Target, dialect: Dialect) -> Pair {
        Pair {
            dialect,
            oracle: Side::start(oracle),
            subject: Side::start(subject),
            queued: Vec::new(),
            parted: false,
            refused: false,
        }
    }

    pub(super) fn begin(&mut self, protocol: Protocol) {
        self.oracle.begin(protocol);
        self.subject.begin(protocol);
        for side in [&mut self.oracle, &mut self.subject] {
            side.listener.ask();
            side.listener.told();
        }
        self.queued.clear();
        self.parted = false;
    }

    /// Plays a program from its beginning; what both hold at the end must be the same too.
    pub(super) fn run(&mut self, program: &Program) -> Result<(), Difference> {
        self.begin(program.protocol);
        for batch in program.commands.chunks(program.pipeline) {
            self.step(batch)?;
            if self.parted {
                return Ok(());
            }
            self.compare_events(batch)?;
        }
        for line in ["DISCARD", "CONFIG SET maxmemory 0", "DEBUG DIGEST"] {
            self.step(&[Command::of(line)])?;
        }
        self.exchange()
    }

    /// What each told of the keys that these commands touched.
    fn compare_events(&mut self, batch: &[Command]) -> Result<(), Difference> {
        self.oracle.listener.ask();
        self.subject.listener.ask();
        let (dialect, refused) = (self.dialect, self.refused);
        let is_compared = |event: &String| differences::is_compared(dialect, refused, event);
        let mut oracle = self.oracle.listener.told();
        let mut subject = self.subject.listener.told();
        oracle.retain(is_compared);
        subject.retain(is_compared);
        if batch.iter().any(differences::is_told_unordered) {
            oracle.sort();
            subject.sort();
        }
        if oracle == subject {
            return Ok(());
        }
        let name = match batch {
            [command] => command.to_string(),
            _ => format!("of {} commands", batch.len()),
        };
        let same = oracle.iter().zip(&subject).take_while(|(a, b)| a == b);
        let same = same.count();
        Err(Difference {
            command: format!("events:{name}"),
            oracle: oracle[same..].join(", "),
            subject: subject[same..].join(", "),
        })
    }

    /// What a program left goes over as payloads of DUMP, both ways, and has the same digests then.
    fn exchange(&self) -> Result<(), Difference> {
        let mut oracle = Client::connect(&self.oracle.address);
        let mut subject = Client::connect(&self.subject.address);
        let Reply::Array(keys) = subject.call(&["KEYS", "*"]) else {
            return Ok(());
        };
        for key in keys.iter().filter_map(Reply::text) {
            let theirs = oracle.call(&[b"DUMP", key]);
            let ours = subject.call(&[b"DUMP", key]);
            // It may be due by now.
            let (Some(theirs), Some(ours)) = (theirs.text(), ours.text()) else {
                continue;
            };
            if theirs.len().max(ours.len()) > PAYLOAD_BYTES_MAX {
                continue;
            }
            for (command, payload, client) in [
                ("RESTORE here", theirs, &mut subject),
                ("RESTORE there", ours, &mut oracle),
            ] {
                let reply = client.call(&[b"RESTORE", key, b"0", payload, b"REPLACE"]);
                if reply.is_error() {
                    let payload = payload.escape_ascii();
                    return Err(Difference {
                        command: format!("{command} {} 0 {payload}", key.escape_ascii()),
                        oracle: "no error".into(),
                        subject: reply.to_string(),
                    });
                }
            }
            let digest = [&b"DEBUG"[..], b"DIGEST-VALUE", key];
            let (theirs, ours) = (oracle.call(&digest), subject.call(&digest));
            if theirs != ours {
                return Err(Difference {
                    command: format!(
                        "DEBUG DIGEST-VALUE {} behind DUMP, RESTORE",
                        key.escape_ascii()
                    ),
                    oracle: theirs.to_string(),
                    subject: ours.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Sends a pipeline to both and compares the replies one by one.
    pub(super) fn step(&mut self, batch: &[Command]) -> Result<(), Difference> {
        let bytes: Vec<u8> = batch
            .iter()
            .flat_map(|command| encode(&command.0))
            .collect();
        // Both get it before either answers: their clocks differ as little as can be. Where
        // sending fails, reading tells why.
        let _ = self.oracle.client.send_raw(&bytes);
        let _ = self.subject.client.send_raw(&bytes);
        // All replies are read, also behind a difference: nothing may still run when the next
        // program begins.
        let mut difference = None;
        self.refused = false;
        for command in batch {
            let oracle = self.oracle.client.read();
            let subject = self.subject.client.read();
            self.refused |= [&oracle, &subject]
                .iter()
                .any(|reply| reply.as_ref().is_ok_and(holds_error));
            let compared = difference.is_none() && !self.parted;
            if compared && !self.agree(command, &oracle, &subject) {
                difference = Some(Difference {
                    command: command.to_string(),
                    oracle: told(&oracle),
                    subject: told(&subject),
                });
            }
            if oracle.is_err() && subject.is_err() {
                break;
            }
        }
        difference.map_or(Ok(()), Err)
    }

    /// Whether the replies to `command` are the same; those in EXEC's are replies to others.
    fn agree(
        &mut self,
        command: &Command,
        oracle: &Result<Reply, NoReply>,
        subject: &Result<Reply, NoReply>,
    ) -> bool {
        let is_queued = |reply: &Result<Reply, NoReply>| matches!(reply, Ok(Reply::Simple(text)) if text == b"QUEUED");
        match (is_queued(oracle), is_queued(subject)) {
            (true, true) => {
                self.queued.push(command.clone());
                return true;
            }
            (false, false) => {}
            _ => self.parted = true,
        }
        let is = |name: &[u8]| command.0[0].eq_ignore_ascii_case(name);
        if is(b"EXEC") {
            let queued = std::mem::take(&mut self.queued);
            if let (Ok(Reply::Array(a)), Ok(Reply::Array(b))) = (oracle, subject)
                && a.len() == queued.len()
                && b.len() == queued.len()
            {
                let mut replies = queued.iter().zip(a.iter().zip(b));
                let mut parts = replies.clone();
                self.parted |= parts.any(|(command, (a, b))| differences::parts(command, a, b));
                return replies.all(|(command, (a, b))| same_reply(self.dialect, command, a, b));
            }
        } else if is(b"DISCARD") || is(b"RESET") {
            self.queued.clear();
        }
        if let (Ok(oracle), Ok(subject)) = (oracle, subject) {
            self.parted |= differences::parts(command, oracle, subject);
        }
        same(self.dialect, command, oracle, subject)
    }
}

fn same(
    dialect: Dialect,
    command: &Command,
    oracle: &Result<Reply, NoReply>,
    subject: &Result<Reply, NoReply>,
) -> bool {
    match (oracle, subject) {
        (Ok(oracle), Ok(subject)) => same_reply(dialect, command, oracle, subject),
        _ => oracle == subject,
    }
}

fn same_reply(dialect: Dialect, command: &Command, oracle: &Reply, subject: &Reply) -> bool {
    let same = match differences::comparison(command) {
        Compare::Exactly => oracle == subject,
        Compare::Unordered => sorted(oracle) == sorted(subject),
        Compare::Within(limit) => within(limit, oracle, subject),
        Compare::Kind if oracle.is_error() => oracle == subject,
        Compare::Timeless => timeless(oracle) == timeless(subject),
        Compare::Kind => std::mem::discriminant(oracle) == std::mem::discriminant(subject),
    };
    same || differences::is_meant(dialect, command, oracle, subject)
}

fn holds_error(reply: &Reply) -> bool {
    match reply {
        Reply::Array(items) => items.iter().any(holds_error),
        other => other.is_error(),
    }
}

/// Whether numbers, alone or in an array, are so close.
fn within(limit: u64, oracle: &Reply, subject: &Reply) -> bool {
    match (oracle, subject) {
        // Negative numbers say that there is no key or no deadline.
        (Reply::Int(a), Reply::Int(b)) if *a >= 0 && *b >= 0 => a.abs_diff(*b) <= limit,
        (Reply::Array(a), Reply::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).all(|(a, b)| within(limit, a, b))
        }
        _ => oracle == subject,
    }
}

/// The reply with its elements in order, also those one level down (SCAN).
fn sorted(reply: &Reply) -> Vec<String> {
    let (kind, items) = match reply {
        Reply::Array(items) => ("array", items),
        Reply::Set(items) => ("set", items),
        Reply::Map(pairs) => {
            let mut texts: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} {b}")).collect();
            texts.sort();
            texts.push("map".to_owned());
            return texts;
        }
        _ => return vec![reply.to_string()],
    };
    let mut texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Reply::Array(_) => sorted(item).join(" "),
            other => other.to_string(),
        })
        .collect();
    texts.sort();
    texts.push(kind.to_owned());
    texts
}

fn told(reply: &Result<Reply, NoReply>) -> String {
    const MAX: usize = 400;
    let text = match reply {
        Ok(reply) => reply.to_string(),
        Err(why) => format!("({why:?})"),
    };
    match text.char_indices().nth(MAX) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}
