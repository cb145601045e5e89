//! What people use: redis-cli, redis-benchmark, and client libraries with their defaults. Each
//! connects as it likes (HELLO 3, CLIENT SETINFO) and does a bit of everything.
//!
//! `make test` installs the libraries below `target/test-tools`; without them the tests that need
//! them say so and pass, unless `RUDDLE_TEST_TOOLS` (set by `make test`) says that they are there.

mod together;
mod watching;

use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use redis::{Commands, ConnectionLike};

use crate::harness::repository;
use crate::harness::server::Server;
use crate::harness::target::Target;

/// The server with a TCP port: libraries know no other way by default.
fn server() -> Option<Server> {
    Some(Target::chosen().start()?.tcp().start())
}

/// A file that `make test` installed.
fn tool(path: &str) -> Option<PathBuf> {
    let given = env::var_os("RUDDLE_TEST_TOOLS").map(PathBuf::from);
    let known = given.is_some();
    let path = given
        .unwrap_or_else(|| repository("target/test-tools"))
        .join(path);
    // Relative to where `make` runs.
    let path = repository("").join(path);
    if !path.exists() {
        assert!(!known, "{} is missing: run `make clients`", path.display());
        eprintln!("{} is missing (`make clients`): not tested", path.display());
        return None;
    }
    Some(path)
}

fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    checked(&format!("{command:?}"), &output)
}

fn checked(command: &str, output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command}: {}\n{out}\n{errors}",
        output.status
    );
    out
}

#[test]
fn redis_py() {
    let (Some(server), Some(python)) = (server(), tool("python/bin/python")) else {
        return;
    };
    let port = server.port().to_string();
    let script = repository("tests/clients/smoke.py");
    let told = run(Command::new(python).arg(script).arg(port));
    assert!(told.starts_with("redis-py "), "{told}");
}

#[test]
fn node_redis() {
    let (Some(server), Some(modules)) = (server(), tool("node/node_modules")) else {
        return;
    };
    let port = server.port().to_string();
    let script = repository("tests/clients/smoke.js");
    let mut node = Command::new("node");
    let told = run(node.arg(script).arg(port).env("NODE_PATH", modules));
    assert!(told.starts_with("node-redis "), "{told}");
}

#[test]
fn the_redis_crate() {
    let Some(server) = server() else { return };
    for protocol in ["", "?protocol=resp3"] {
        let url = format!("redis://127.0.0.1:{}/{protocol}", server.port());
        let client = redis::Client::open(url).unwrap();
        let mut connection = client.get_connection().unwrap();
        assert!(connection.check_connection());
        let _: () = redis::cmd("FLUSHALL").query(&mut connection).unwrap();
        let _: () = connection.set("key", "value").unwrap();
        assert_eq!(connection.get::<_, String>("key").unwrap(), "value");
        assert_eq!(connection.get::<_, Option<String>>("none").unwrap(), None);
        assert_eq!(connection.incr::<_, _, i64>("count", 5).unwrap(), 5);
        assert!(connection.expire::<_, bool>("key", 100).unwrap());
        let many: Vec<Option<String>> = connection.mget(&["key", "none"]).unwrap();
        assert_eq!(many, [Some("value".to_owned()), None]);
        let mut pipe = redis::pipe();
        for index in 0..1000 {
            pipe.set(format!("n:{index}"), index).ignore();
        }
        let _: () = pipe.query(&mut connection).unwrap();
        let found: BTreeSet<String> = connection
            .scan_match("n:*")
            .unwrap()
            .collect::<redis::RedisResult<_>>()
            .unwrap();
        assert_eq!(found.len(), 1000);
        let error = connection.incr::<_, _, i64>("key", 1).unwrap_err();
        assert!(error.to_string().contains("not an integer"), "{error}");
    }
}

#[test]
fn redis_cli() {
    let Some(server) = server() else { return };
    let port = server.port().to_string();
    let cli = |args: &[&str]| run(Command::new("redis-cli").args(["-p", &port]).args(args));
    assert_eq!(cli(&["ping"]), "PONG\n");
    assert_eq!(cli(&["set", "key", "a value"]), "OK\n");
    assert_eq!(cli(&["get", "key"]), "a value\n");
    assert_eq!(cli(&["-n", "3", "dbsize"]), "0\n");
    assert_eq!(cli(&["-3", "get", "none"]), "\n");
    assert_eq!(
        cli(&["--json", "-3", "mget", "key", "none"]),
        "[\"a value\",null]\n"
    );
    assert_eq!(cli(&["-r", "3", "incr", "count"]), "1\n2\n3\n");
    let keys = cli(&["--scan"]);
    assert_eq!(
        keys.lines().collect::<BTreeSet<_>>(),
        BTreeSet::from(["count", "key"])
    );
    assert!(cli(&["info", "server"]).contains("redis_version:"));
    assert!(cli(&["--bigkeys"]).contains("Biggest string found"));

    // Mass insertion: inline commands, and an ECHO that says when all is done.
    let mut pipe = Command::new("redis-cli")
        .args(["-p", &port, "--pipe"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = (0..5000).map(|i| format!("SET key:{i} {i}\r\n")).collect();
    pipe.stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let told = checked("redis-cli --pipe", &pipe.wait_with_output().unwrap());
    assert!(told.contains("errors: 0, replies: 5000"), "{told}");
}

#[test]
fn redis_benchmark() {
    let Some(server) = server() else { return };
    let port = server.port().to_string();
    for protocol in [&[][..], &["-3"]] {
        let told = run(Command::new("redis-benchmark")
            .args([
                "-p", &port, "-q", "-n", "20000", "-P", "16", "-r", "1000000",
            ])
            .args(["-t", "ping,set,get,incr,mset"])
            .args(protocol));
        for test in [
            "PING_INLINE",
            "PING_MBULK",
            "SET",
            "GET",
            "INCR",
            "MSET (10 keys)",
        ] {
            assert!(told.contains(&format!("{test}: ")), "{test} in\n{told}");
        }
        assert!(!told.to_lowercase().contains("error"), "{told}");
    }
}
