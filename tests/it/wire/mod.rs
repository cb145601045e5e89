//! Wire transcripts: `tests/wire/*.resp`, what is sent and what must come back, to the byte's
//! kind, under RESP2 and RESP3. `docs/TESTING.md` has the format and shows how to write one.

mod pattern;
mod run;
mod transcript;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::client::{Address, Client};
use crate::harness::server::{Server, Start};
use crate::harness::target::{Target, peer_of};
use crate::harness::{each_in_parallel, repository, verdict};
use run::{Recorded, play};
use transcript::{Case, What};
pub(crate) use transcript::{Transcript, words};

/// Where transcripts are.
const TRANSCRIPTS: &str = "tests/wire";

/// Every transcript, or those whose name holds the text in `RUDDLE_WIRE`.
pub(crate) fn transcripts() -> Vec<Transcript> {
    let wanted = env::var("RUDDLE_WIRE").unwrap_or_default();
    let mut paths: Vec<PathBuf> = fs::read_dir(repository(TRANSCRIPTS))
        .expect("tests/wire")
        .map(|entry| entry.expect("a directory's entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "resp"))
        .filter(|path| path.to_string_lossy().contains(&wanted))
        .collect();
    paths.sort();
    let parse = |path: &PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy();
        let source = fs::read_to_string(path).expect("a readable transcript");
        let path = format!("{TRANSCRIPTS}/{name}");
        Transcript::parse(&path, &source).unwrap_or_else(|why| panic!("{why}"))
    };
    paths.iter().map(parse).collect()
}

#[test]
fn transcripts_hold() {
    check(&Target::chosen());
}

/// The oracle agrees: what the transcripts say is what redis-server says, where it knows it.
#[test]
fn transcripts_are_true_of_redis() {
    if env::var("RUDDLE_TEST_SERVER").is_err() {
        check(&Target::redis());
    }
}

fn check(target: &Target) {
    let transcripts = transcripts();
    let failures = Mutex::new(Vec::new());
    let played = AtomicUsize::new(0);
    each_in_parallel(&transcripts, |transcript| {
        let mut problems = Vec::new();
        let cases = play_file(transcript, target, &mut problems);
        played.fetch_add(cases, Ordering::Relaxed);
        failures.lock().expect("no thread died").extend(problems);
    });
    let mut failures = failures.into_inner().expect("no thread died");
    failures.sort();
    eprintln!("{} cases played", played.into_inner());
    verdict(&failures);
}

/// Plays one file; returns how many cases (times protocols) it had.
fn play_file(transcript: &Transcript, target: &Target, problems: &mut Vec<String>) -> usize {
    let mut shared: Option<Running> = None;
    let mut played = 0;
    for case in &transcript.cases {
        for &protocol in &case.protocols {
            // A file with a server of its own has a fresh one for each case.
            if shared.is_none() || transcript.server.is_some() {
                shared = Running::start(target, transcript.server.as_deref());
            }
            let Some(server) = &shared else {
                return played;
            };
            if !server.agrees(case) {
                continue;
            }
            server.flush();
            played += 1;
            if let (_, Err(failure)) = play(case, &server.address, protocol, false) {
                let path = &transcript.path;
                let (line, title) = (failure.line, &case.title);
                problems.push(format!(
                    "{path}:{line}: {title} [resp{protocol}]\n{}",
                    failure.text
                ));
            }
        }
    }
    played
}

/// A server that cases are played to.
struct Running {
    address: Address,
    /// `ruddle`, or the peer's name and version: `redis 7.0.15`.
    peer: String,
    _server: Option<Server>,
}

impl Running {
    /// The target's server with `args`; none if it runs already and would need arguments.
    fn start(target: &Target, args: Option<&[String]>) -> Option<Running> {
        let start = match target {
            Target::Running(_) if args.is_some() => return None,
            Target::Running(address) => {
                return Some(Running {
                    address: address.clone(),
                    peer: peer_of(address),
                    _server: None,
                });
            }
            other => other.start()?,
        };
        let server = start.args(args.unwrap_or_default()).start();
        let address = server.unix();
        let peer = match target {
            Target::Ruddle => "ruddle".into(),
            Target::Command(line) => match args {
                // It may want a password: the same program says who it is without one.
                Some(_) => peer_of(&Start::command(line).start().unix()),
                None => peer_of(&address),
            },
            Target::Running(_) => unreachable!("returned above"),
        };
        Some(Running {
            address,
            peer,
            _server: Some(server),
        })
    }

    /// Whether the case is true of this server.
    fn agrees(&self, case: &Case) -> bool {
        let named = |peers: &Vec<String>| peers.iter().any(|peer| self.peer.starts_with(peer));
        self.peer == "ruddle" || case.peers.as_ref().is_none_or(named)
    }

    /// Each case begins with nothing stored. Errors do not matter: a server that wants a password
    /// is fresh for each case.
    fn flush(&self) {
        if let Ok(mut client) = Client::try_connect(&self.address) {
            let _ = client.send(&["FLUSHALL"]).ok().and(client.read().ok());
        }
    }
}

/// Writes the replies of a real server where the transcripts chosen by `RUDDLE_WIRE` have `?`.
/// Runs only when asked to: `make record WIRE=name`.
#[test]
fn record() {
    if env::var("RUDDLE_RECORD").is_err() {
        return;
    }
    let target = Target::chosen();
    for transcript in transcripts() {
        let mut replies: BTreeMap<usize, Vec<(u8, String)>> = BTreeMap::new();
        for case in &transcript.cases {
            let asks = |case: &Case| {
                case.steps
                    .iter()
                    .any(|s| matches!(s.what, What::Unrecorded))
            };
            if !asks(case) {
                continue;
            }
            for &protocol in &case.protocols {
                let server = Running::start(&target, transcript.server.as_deref());
                let server = server.expect("a server with the file's arguments");
                if !server.agrees(case) {
                    continue;
                }
                server.flush();
                let (recorded, result) = play(case, &server.address, protocol, true);
                note(&mut replies, protocol, recorded);
                if let Err(why) = result {
                    eprintln!("{}:{}: {}", transcript.path, why.line, why.text);
                }
            }
        }
        write_down(&transcript.path, &replies);
    }
}

fn note(replies: &mut BTreeMap<usize, Vec<(u8, String)>>, protocol: u8, recorded: Recorded) {
    for (line, reply) in recorded {
        // What RESP2 makes of a RESP3 reply need not be written: the pattern knows it. So compare
        // with that, and keep RESP2's form only where it differs.
        let all = replies.entry(line).or_default();
        if protocol == 3
            && all
                .iter()
                .any(|(_, text)| *text == reply.clone().lowered().to_string())
        {
            all.clear();
            all.push((0, reply.to_string()));
        } else {
            all.push((protocol, reply.to_string()));
        }
    }
}

fn write_down(path: &str, replies: &BTreeMap<usize, Vec<(u8, String)>>) {
    let path = repository(path);
    let source = fs::read_to_string(&path).expect("a readable transcript");
    let mut text = String::new();
    for (index, line) in source.lines().enumerate() {
        match replies.get(&(index + 1)) {
            None => text.push_str(&format!("{line}\n")),
            Some(found) => {
                let connection = line.strip_suffix('?').unwrap_or_default();
                for (protocol, reply) in found {
                    let prefix = match (protocol, found.len()) {
                        (0, _) | (_, 1) => String::new(),
                        (protocol, _) => format!("resp{protocol}: "),
                    };
                    text.push_str(&format!("{connection}{prefix}{reply}\n"));
                }
            }
        }
    }
    fs::write(&path, text).expect("a writable transcript");
}
