//! SYNC: `redis-cli --rdb` gets a snapshot of all data that Redis reads; a replica gets none.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::samples::everything;
use super::{Dir, Side, accepted, contents, differences, pipeline};
use crate::harness::client::encode;
use crate::harness::server::{Server, Start};
use crate::harness::{PATIENCE, wait_until};

fn start(args: &[&str]) -> Option<Server> {
    let start = Side::Ours.start()?.tcp();
    // What is sent is Redis's format, whatever is kept.
    let native = ["--snapshot-format", "native"];
    Some(start.args(native).args(args).start())
}

/// Runs redis-cli towards a server.
fn redis_cli(server: &Server, args: &[&str]) -> Output {
    let mut command = Command::new("redis-cli");
    let command = command.args(["-p", &server.port().to_string()]).args(args);
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("redis-cli (package redis-tools): {error}"))
}

/// What redis-cli fetches with this option.
fn fetch(server: &Server, option: &str, path: &Path) {
    let output = redis_cli(server, &[option, &path.display().to_string()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let said = accepted("redis-check-rdb", path);
    assert!(said.contains("RDB looks OK"), "{said}");
}

#[test]
fn redis_cli_fetches_all_data() {
    let dir = Dir::new();
    let Some(server) = start(&[]) else { return };
    let mut client = server.connect();
    pipeline(&mut client, &everything());
    let wanted = contents(&mut client);
    fetch(&server, "--rdb", &dir.join("dump.rdb"));
    let redis = Side::Theirs.start_in(&dir.0, &[]).unwrap();
    let problems = differences(&wanted, &contents(&mut redis.connect()));
    assert!(problems.is_empty(), "{problems:#?}");
    let info = client.words("INFO").to_string();
    // It was no save of the server's own, and nothing is left of it.
    assert!(
        info.contains("sync_full:1") && info.contains("rdb_saves:0"),
        "{info}"
    );
    let left = fs::read_dir(server.dir()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let temporary = |name: &&std::ffi::OsString| name.to_string_lossy().starts_with("temp");
    assert!(!left.iter().any(|name| temporary(&name)), "{left:?}");
}

#[test]
fn redis_cli_fetches_functions_alone() {
    let dir = Dir::new();
    let data = Dir::new();
    let kept = crate::harness::repository("tests/data/rdb/redis-7.0.rdb");
    fs::copy(kept, data.join("dump.rdb")).unwrap();
    let path = data.0.display().to_string();
    let Some(server) = start(&["--dir", &path]) else {
        return;
    };
    fetch(&server, "--functions-rdb", &dir.join("dump.rdb"));
    let redis = Side::Theirs.start_in(&dir.0, &[]).unwrap();
    let mut client = redis.connect();
    assert_eq!(client.words("DBSIZE").to_string(), ":0");
    assert_eq!(client.words("FCALL f 0").to_string(), ":1");
}

/// A receiver in the hands of the test.
struct Receiver(TcpStream);

impl Receiver {
    fn new(server: &Server) -> Receiver {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Receiver(stream)
    }

    fn send(&mut self, words: &[&str]) {
        self.0.write_all(&encode(words)).unwrap();
    }

    /// A line; signs of life before it are passed over.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            match byte[0] {
                b'\n' if line.is_empty() => {}
                b'\n' => return String::from_utf8_lossy(&line).trim_end().to_owned(),
                byte => line.push(byte),
            }
        }
    }

    /// The snapshot that follows.
    fn snapshot(&mut self) -> Vec<u8> {
        let len: usize = self.line()[1..].parse().unwrap();
        let mut bytes = vec![0; len];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn ends(&mut self) -> bool {
        self.0.read(&mut [0]).is_ok_and(|count| count == 0)
    }
}

/// Half a megabyte in each of some keys, which compress badly.
fn fill(server: &Server, keys: u64) {
    let mut client = server.connect();
    for key in 0..keys {
        let mut random = fastrand::Rng::with_seed(key);
        let value: Vec<u8> = (0..500_000).map(|_| random.u8(..)).collect();
        client.call(&[b"SET", format!("k{key}").as_bytes(), &value]);
    }
}

#[test]
fn receivers_are_served_side_by_side_and_hold_up_nobody() {
    let Some(server) = start(&[]) else { return };
    fill(&server, 60);
    let mut receivers: Vec<_> = (0..3).map(|_| Receiver::new(&server)).collect();
    for receiver in &mut receivers {
        receiver.send(&["REPLCONF", "rdb-only", "1"]);
        assert_eq!(receiver.line(), "+OK");
        receiver.send(&["PSYNC", "?", "-1"]);
        assert!(receiver.line().starts_with("+FULLRESYNC "));
    }
    // The first one's snapshot has begun: what changes now does not show in it. Those who ask while
    // it is written get a later one. One takes nothing, and then goes.
    let mut client = server.connect();
    assert_eq!(client.words("FLUSHALL").to_string(), "+OK");
    assert_eq!(client.words("SET new value").to_string(), "+OK");
    drop(receivers.remove(1));
    let mut sizes = Vec::new();
    for receiver in &mut receivers {
        let dir = Dir::new();
        fs::write(dir.join("dump.rdb"), receiver.snapshot()).unwrap();
        accepted("redis-check-rdb", &dir.join("dump.rdb"));
        let redis = Side::Theirs.start_in(&dir.0, &[]).unwrap();
        sizes.push(redis.connect().words("DBSIZE").to_string());
    }
    assert_eq!(sizes[0], ":60");
    assert!([":60", ":1"].contains(&&*sizes[1]), "{sizes:?}");
    let info = client.words("INFO memory").to_string();
    let used = info.split("used_memory:").nth(1).unwrap();
    let used: u64 = used
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(used < 20_000_000, "{used} bytes are held");
}

#[test]
fn a_snapshot_under_way_is_waited_for() {
    let Some(server) = start(&[]) else { return };
    fill(&server, 40);
    let mut client = server.connect();
    let mut receiver = Receiver::new(&server);
    client.words("BGSAVE");
    // As an older redis-cli does: it is closed behind the data.
    receiver.0.write_all(b"SYNC\r\n").unwrap();
    assert!(receiver.snapshot().starts_with(b"REDIS"));
    assert!(receiver.ends());
    wait_until("the save", || {
        let info = client.words("INFO persistence").to_string();
        info.contains("rdb_saves:1").then_some(())
    });
    assert!(server.dir().join("dump.rdb").exists());
}

#[test]
fn a_replica_is_refused_and_says_why() {
    let Some(server) = start(&[]) else { return };
    server.connect().words("SET k v");
    let replicaof = format!("127.0.0.1 {}", server.port());
    let replica = Start::redis().args(["--replicaof", &replicaof]).start();
    replica.await_log("replicas cannot follow this server yet");
    let info = replica.connect().words("INFO replication").to_string();
    assert!(info.contains("master_link_status:down"), "{info}");
    assert_eq!(replica.connect().words("DBSIZE").to_string(), ":0");
    let output = redis_cli(&server, &["--replica"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("replicas cannot follow"), "{said}");
}
