//! Data goes to redis-server and comes from it without loss: payloads of DUMP, snapshots, logs.
//!
//! What is in [`samples`] is made on one side by commands, moves to the other, and must have the
//! same digest (DEBUG DIGEST, DEBUG DIGEST-VALUE) there. Files that no server writes any more, or that
//! only newer ones write, lie in `tests/data/rdb` ([`kept`]).

mod files;
mod kept;
mod logs;
mod migrate;
mod payloads;
mod samples;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::server::{Server, Start, fresh_dir};
use crate::harness::target::Target;

/// The two sides. `RUDDLE_TEST_SERVER` puts another server in the place of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ours,
    Theirs,
}

/// Both ways.
const WAYS: [(Side, Side); 2] = [(Side::Ours, Side::Theirs), (Side::Theirs, Side::Ours)];

impl Side {
    /// How to start its server; none: ours is one that somebody else started.
    fn start(self) -> Option<Start> {
        match self {
            Side::Ours => {
                let start = Target::chosen().start()?;
                Some(start.args(["--snapshot-format", "rdb"]))
            }
            Side::Theirs => Some(Start::redis()),
        }
    }

    /// Its server, working in `dir`.
    fn start_in(self, dir: &Path, args: &[&str]) -> Option<Server> {
        let dir = dir.display().to_string();
        let start = self.start()?.args(["--dir", &dir]).args(args);
        Some(start.start())
    }
}

/// A directory that is removed in the end, if the test got there.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        Dir(fresh_dir())
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // What is left there is small.
            drop(std::fs::remove_dir_all(&self.0));
        }
    }
}

/// The digests and deadlines of all keys, by database and key; under no key, of everything.
fn contents(client: &mut Client) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let everything = client.words("DEBUG DIGEST").to_string();
    found.insert(String::new(), everything);
    for db in 0..16 {
        client.words(&format!("SELECT {db}"));
        let Reply::Array(keys) = client.words("KEYS *") else {
            panic!("no keys");
        };
        for key in &keys {
            let call = |client: &mut Client, words: &[&str]| {
                let words = words.iter().map(|word| word.as_bytes());
                let command: Vec<&[u8]> = words.chain([bytes(key)]).collect();
                client.call(&command).to_string()
            };
            let digest = call(client, &["DEBUG", "DIGEST-VALUE"]);
            let deadline = call(client, &["PEXPIRETIME"]);
            let name = format!("{db}:{}", bytes(key).escape_ascii());
            found.insert(name, format!("{digest}, due {deadline}"));
        }
    }
    client.words("SELECT 0");
    found
}

/// What is not the same.
fn differences(wanted: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<String> {
    let keys: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    let differing = keys
        .into_iter()
        .filter(|key| wanted.get(*key) != found.get(*key));
    let tell = |key: &String| format!("{key}: {:?} is {:?}", wanted.get(key), found.get(key));
    differing.map(tell).collect()
}

/// The digest of the value of `key`.
fn digest_of(client: &mut Client, key: &str) -> String {
    client
        .words(&format!("DEBUG DIGEST-VALUE {key}"))
        .to_string()
}

/// The text of a reply that must be one.
fn bytes(reply: &Reply) -> &[u8] {
    let text = reply.text().filter(|_| !reply.is_error());
    text.unwrap_or_else(|| panic!("no text: {reply}"))
}

/// Sends many commands at once; the first error fails the test.
fn pipeline(client: &mut Client, commands: &[Vec<Vec<u8>>]) {
    // Within what the sockets hold on the way back.
    for some in commands.chunks(500) {
        for command in some {
            client.send(command).expect("a server that takes it");
        }
        for command in some {
            let reply = client.read().expect("a reply");
            let name = || String::from_utf8_lossy(&command[0]).into_owned();
            assert!(!reply.is_error(), "{}: {reply}", name());
        }
    }
}

/// Ends a server as its operator would.
fn shut_down(mut server: Server) {
    let mut client = server.connect();
    client.send(&["SHUTDOWN"]).expect("SHUTDOWN is sent");
    let status = server.wait();
    assert!(status.success(), "{status}\n{}", server.log());
}

/// What a tool of Redis prints about files that it must accept.
fn accepted(tool: &str, path: &Path) -> String {
    let output = Command::new(tool).arg(path).output();
    let output = output.unwrap_or_else(|error| panic!("{tool} (package redis-tools): {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{tool} {}:\n{text}",
        path.display()
    );
    text
}
