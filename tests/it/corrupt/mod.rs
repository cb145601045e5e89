//! Files that lost bytes or hold others: whoever reads them says so, or has what was written.
//!
//! Small files with every type and encoding are made by both servers. Then each byte is changed in
//! several ways, and the file is cut at each length. What is read must be the data that was
//! written, or the beginning of it that was; or it is refused with the place. Never a panic, and
//! never other data where there is a checksum. Most of it runs on the library, without a server;
//! [`starts`] asks a few of the same questions of a server that starts, and [`tools`] asks
//! `aof-check` and `rdb-check`, and Redis's tools beside them.
//!
//! `RUDDLE_CORRUPT_ALL=1` changes each byte in all the ways there are of changing a bit, and more.

mod logs;
mod mending;
mod payloads;
mod snapshots;
mod starts;
mod tools;

use std::path::{Path, PathBuf};

use ruddle::command::digest::Digest;
use ruddle::keyspace::{Deadline, Keyspace};
use ruddle::persist::sim_disk::SimDisk;
use ruddle::persist::storage::{File, Mode, Storage};
use ruddle::rdb::decode::Loaded;
use ruddle::sys::clock::UnixMs;

use crate::harness::client::Client;
use crate::harness::server::{Server, Start, fresh_dir};
use crate::harness::target::Target;

/// Thresholds so low that few elements make a large collection.
const LOW: &[&str] = &[
    "--list-max-listpack-size",
    "3",
    "--set-max-intset-entries",
    "3",
    "--hash-max-listpack-entries",
    "3",
    "--zset-max-listpack-entries",
    "3",
    "--stream-node-max-entries",
    "2",
    "--aof-timestamp-enabled",
    "yes",
];

/// Makes our server write snapshots in Redis's format.
const RDB: &[&str] = &["--snapshot-format", "rdb"];

/// Every type, packed and large, with deadlines, in two databases.
const COMMANDS: &[&str] = &[
    "SET integer 12345",
    "SET text abc",
    "SET long aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbb",
    "SET due v PXAT 4102444800000",
    "RPUSH list a 1",
    "RPUSH lists a b c d e 6",
    "SADD ints 1 2 300",
    "SADD set a b",
    "SADD sets 1 2 3 4 x",
    "HSET hash f v g 2",
    "HSET hashes a 1 b 2 c 3 d 4",
    "ZADD zset 1 a 2.5 b",
    "ZADD zsets 1 a 2.5 b -3 c inf d",
    "XADD stream 1-1 f v",
    "XADD stream 2-1 f w",
    "XADD stream 3-1 f v g w",
    "XDEL stream 2-1",
    "XGROUP CREATE stream group 0",
    "XREADGROUP GROUP group reader COUNT 1 STREAMS stream >",
    "SELECT 1",
    "SET text other",
    "PFADD hll a b",
];

/// The ways in which the byte at `at` is changed: one bit, another from byte to byte, and all.
fn changes(at: usize) -> Vec<u8> {
    match std::env::var_os("RUDDLE_CORRUPT_ALL") {
        Some(_) => (0..8).map(|bit| 1 << bit).chain([0x55, 0xff]).collect(),
        None => vec![1 << (at % 8), 0xff],
    }
}

/// Every way to change one byte of `bytes`.
fn each_changed(bytes: &[u8], visit: impl Fn(usize, u8, &[u8])) {
    let mut changed = bytes.to_vec();
    for at in 0..bytes.len() {
        for change in changes(at) {
            changed[at] ^= change;
            visit(at, change, &changed);
            changed[at] ^= change;
        }
    }
}

/// Who makes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Ours,
    Redis,
}

const MAKERS: [Maker; 2] = [Maker::Ours, Maker::Redis];

impl Maker {
    /// Its server in `dir`; none if ours is not ours to start.
    fn start(self, dir: &Path, args: &[&str]) -> Option<Server> {
        let start = match self {
            Maker::Ours => Target::chosen().start()?.args(RDB),
            Maker::Redis => Start::redis(),
        };
        let dir = dir.display().to_string();
        Some(start.args(["--dir", &dir]).args(LOW).args(args).start())
    }

    /// Does all of [`COMMANDS`] in `dir`, then what `end` says.
    fn make(self, dir: &Dir, args: &[&str], end: &[&str]) -> Option<()> {
        let mut server = self.start(&dir.0, args)?;
        let mut client = server.connect();
        for command in COMMANDS.iter().chain(end) {
            run(&mut client, command);
        }
        client
            .send(&["SHUTDOWN", "NOSAVE"])
            .expect("SHUTDOWN is sent");
        assert!(server.wait().success(), "{}", server.log());
        Some(())
    }
}

fn run(client: &mut Client, command: &str) {
    let reply = client.words(command);
    assert!(!reply.is_error(), "{command}: {reply}");
}

/// A directory that is removed in the end, if the test got there.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        Dir(fresh_dir())
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.0.join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
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

/// `bytes` as a file.
fn file(bytes: &[u8]) -> Box<dyn File> {
    let disk = SimDisk::new(1);
    disk.put(Path::new("/file"), bytes);
    disk.open(Path::new("/file"), Mode::Read).expect("the file")
}

/// As many as [`COMMANDS`] need.
const DATABASES: usize = 2;

/// An empty keyspace.
fn keyspace() -> Keyspace {
    Keyspace::new(DATABASES, [1, 2])
}

/// Long before all deadlines here.
const NOW: UnixMs = UnixMs(1_000_000);

fn put(space: &mut Keyspace, db: usize, key: &[u8], loaded: Loaded, deadline: Option<UnixMs>) {
    let deadline = deadline.map_or(Deadline::Never, Deadline::At);
    let mut view = space.view(db, NOW);
    match loaded {
        Loaded::String(text) => view.set(key, text.stored(), deadline),
        Loaded::Collection(draft) => draft.give(|value| view.put_value(key, value, deadline)),
        Loaded::Empty => {}
    }
}

fn digest(space: &mut Keyspace) -> String {
    Digest::of_data_set(&mut space.view(0, NOW)).hex()
}
