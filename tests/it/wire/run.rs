//! Plays one case of a transcript to a server and compares what comes back; or writes it down.

use std::collections::{HashMap, VecDeque};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::pattern::{Names, Pattern};
use super::transcript::{Case, Step, What, words};
use crate::harness::PATIENCE;
use crate::harness::client::{Address, Client, NoReply};
use crate::harness::reply::{Reply, quoted};

/// A line of a transcript that did not hold.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) line: usize,
    pub(super) text: String,
}

/// What the lines `?` stand for: the line's number and the reply.
pub(super) type Recorded = Vec<(usize, Reply)>;

/// One connection of a case.
struct Peer {
    client: Client,
    protocol: u8,
    /// The protocol that a HELLO (or RESET) sent but not answered yet will lead to.
    asked: Option<u8>,
    /// Commands sent and not yet answered, for messages.
    sent: VecDeque<String>,
    over: bool,
}

struct Player<'a> {
    address: &'a Address,
    protocol: u8,
    peers: HashMap<String, Peer>,
    names: Names,
    recording: bool,
    recorded: Recorded,
}

/// Plays `case` under `protocol`; while recording, `?` takes any reply and notes it.
pub(super) fn play(
    case: &Case,
    address: &Address,
    protocol: u8,
    recording: bool,
) -> (Recorded, Result<(), Failure>) {
    let mut player = Player {
        address,
        protocol,
        peers: HashMap::new(),
        names: Names::new(),
        recording,
        recorded: Recorded::new(),
    };
    let result = player.play(case);
    (player.recorded, result)
}

impl Player<'_> {
    fn play(&mut self, case: &Case) -> Result<(), Failure> {
        let mut line = case.line;
        for step in &case.steps {
            line = step.line;
            self.step(step).map_err(|text| Failure { line, text })?;
        }
        self.nothing_left().map_err(|text| Failure { line, text })
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.what {
            What::Send(line) => {
                let args = words(&self.named(line)?)?;
                let peer = self.peer(&step.connection)?;
                peer.note(&args, line);
                // A server that refuses a connection may have closed it: reading will tell.
                let _ = peer.client.send(&args);
                Ok(())
            }
            What::Raw(line) => {
                let bytes = words(&self.named(line)?)?.concat();
                let _ = self.peer(&step.connection)?.client.send_raw(&bytes);
                Ok(())
            }
            What::Expect(Some(protocol), _) if *protocol != self.protocol => Ok(()),
            What::Expect(_, source) => {
                let pattern = Pattern::parse(&self.named(source)?)?;
                let (reply, sent) = self.read(&step.connection)?;
                self.compare(&step.connection, pattern, source, &reply, &sent)
            }
            What::Unrecorded if self.recording => {
                let (reply, _) = self.read(&step.connection)?;
                self.recorded.push((step.line, reply));
                Ok(())
            }
            What::Unrecorded => Err("`?` is for recording: see docs/TESTING.md".into()),
            What::Until(line, source) => self.until(&step.connection, line, source),
            What::Closed => {
                let peer = self.peer(&step.connection)?;
                peer.over = true;
                match peer.client.read() {
                    Err(NoReply::Closed) => Ok(()),
                    other => Err(format!("expected: closed\n     got: {}", told(&other))),
                }
            }
            What::Close => {
                self.peers.remove(&step.connection);
                Ok(())
            }
            What::Blocked => self.blocked(&step.connection),
        }
    }

    fn compare(
        &mut self,
        connection: &str,
        pattern: Pattern,
        source: &str,
        reply: &Reply,
        sent: &str,
    ) -> Result<(), String> {
        let protocol = self.peer(connection)?.protocol;
        let pattern = match protocol {
            2 => pattern.lowered(),
            _ => pattern,
        };
        match pattern.fits(reply, &mut self.names) {
            true => Ok(()),
            false => Err(format!(
                "{sent}\nexpected: {source}\n     got: {} (RESP{protocol})",
                shortened(&reply.to_string()),
            )),
        }
    }

    fn until(&mut self, connection: &str, line: &str, source: &str) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let args = words(&self.named(line)?)?;
            let pattern = Pattern::parse(&self.named(source)?)?;
            let peer = self.peer(connection)?;
            peer.note(&args, line);
            let _ = peer.client.send(&args);
            let (reply, sent) = self.read(connection)?;
            let result = self.compare(connection, pattern, source, &reply, &sent);
            if result.is_ok() || started.elapsed() > PATIENCE {
                return result;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// Waits until the server counts one blocked client more than the connections that this case
    /// knows to be blocked already.
    fn blocked(&mut self, connection: &str) -> Result<(), String> {
        let id = connection.to_owned();
        let started = Instant::now();
        let mut control = Client::connect(self.address);
        loop {
            let info = control.call(&["INFO", "clients"]);
            let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
            let count = text
                .lines()
                .find_map(|line| line.strip_prefix("blocked_clients:"));
            let waiting = self.peers.values().filter(|p| !p.sent.is_empty()).count();
            if count.and_then(|count| count.trim().parse().ok()) == Some(waiting) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("connection {id:?} is not blocked: {count:?} are"));
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// The next reply on a connection and what it answers.
    fn read(&mut self, connection: &str) -> Result<(Reply, String), String> {
        let peer = self.peer(connection)?;
        let reply = peer.client.read();
        let is_push = matches!(reply, Ok(Reply::Push(_)));
        let sent = match is_push {
            true => String::new(),
            false => peer.sent.pop_front().unwrap_or_default(),
        };
        if let Some(protocol) = peer.asked.take()
            && !matches!(reply, Ok(Reply::Error(_)))
        {
            peer.protocol = protocol;
        }
        match reply {
            Ok(reply) => Ok((reply, sent)),
            error => Err(format!("{sent}\n     got: {}", told(&error))),
        }
    }

    fn peer(&mut self, name: &str) -> Result<&mut Peer, String> {
        if !self.peers.contains_key(name) {
            let mut peer = Peer {
                client: Client::try_connect(self.address).map_err(|error| error.to_string())?,
                protocol: 2,
                asked: None,
                sent: VecDeque::new(),
                over: false,
            };
            if self.protocol == 3 {
                let reply = peer.client.call(&["HELLO", "3"]);
                if reply.is_error() {
                    return Err(format!("HELLO 3: {reply}"));
                }
                peer.protocol = 3;
            }
            self.peers.insert(name.to_owned(), peer);
        }
        Ok(self.peers.get_mut(name).expect("it was just put there"))
    }

    /// A case that expects too few replies fails too: every connection that is still open answers
    /// a last PING with nothing before it.
    fn nothing_left(&mut self) -> Result<(), String> {
        const LAST: &[u8] = b"the-end-of-the-case";
        for (name, peer) in &mut self.peers {
            // Commands that wait for a reply, or were never to get one, are the case's own affair.
            if peer.over || !peer.sent.is_empty() {
                continue;
            }
            let _ = peer.client.send(&[b"PING".as_slice(), LAST]);
            let reply = peer.client.read();
            let fits = match &reply {
                Ok(Reply::Bulk(text)) => text == LAST,
                // A subscribed RESP2 connection answers in its own way; some may not ask at all.
                Ok(Reply::Array(items)) => items.last() == Some(&Reply::Bulk(LAST.to_vec())),
                Ok(Reply::Error(text)) => text.starts_with(b"NOAUTH"),
                _ => false,
            };
            if !fits {
                let got = told(&reply);
                return Err(format!("a reply too many on connection {name:?}: {got}"));
            }
        }
        Ok(())
    }

    /// The line with `$(name)`, `$(unix+100)` and `$(unixms-5)` replaced.
    fn named(&self, line: &str) -> Result<String, String> {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("$(") {
            let (name, after) = after.split_once(')').ok_or("`$(` without `)`")?;
            text.push_str(before);
            text.push_str(&self.value(name)?);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn value(&self, name: &str) -> Result<String, String> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.map_err(|error| error.to_string())?;
        let (base, offset) = match name.find(['+', '-']) {
            Some(at) => (&name[..at], name[at..].parse::<i128>()),
            None => (name, Ok(0)),
        };
        let offset = offset.map_err(|_| format!("no offset: $({name})"))?;
        let number = |value: u128| value.cast_signed() + offset;
        match base {
            "unix" => Ok(number(since.as_secs().into()).to_string()),
            "unixms" => Ok(number(since.as_millis()).to_string()),
            _ => {
                let value = self
                    .names
                    .get(base)
                    .ok_or(format!("$({base}) is not set"))?;
                let text = String::from_utf8_lossy(value).into_owned();
                match (offset, text.parse::<i128>()) {
                    (0, _) => Ok(text),
                    (_, Ok(value)) => Ok((value + offset).to_string()),
                    (_, Err(_)) => Err(format!("$({name}): {text:?} is no number")),
                }
            }
        }
    }
}

impl Peer {
    fn note(&mut self, args: &[Vec<u8>], line: &str) {
        let lower = |index: usize| args.get(index).map(|arg| arg.to_ascii_lowercase());
        match (lower(0).as_deref(), lower(1).as_deref()) {
            (Some(b"hello"), Some(b"2")) | (Some(b"reset"), None) => self.asked = Some(2),
            (Some(b"hello"), Some(b"3")) => self.asked = Some(3),
            _ => {}
        }
        self.sent.push_back(shortened(line));
    }
}

fn told(reply: &Result<Reply, NoReply>) -> String {
    match reply {
        Ok(reply) => shortened(&reply.to_string()),
        Err(NoReply::Closed) => "closed".into(),
        Err(NoReply::Timeout) => "nothing in time".into(),
        Err(NoReply::NotResp(text)) => format!("not RESP: {}", quoted(text.as_bytes())),
    }
}

fn shortened(text: &str) -> String {
    const MAX: usize = 2000;
    match text.char_indices().nth(MAX) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}
