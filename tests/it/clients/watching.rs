//! What redis-cli has for looking at a server: its scans for large and for hot keys, and the modes
//! that measure and show for ever, which are ended when they have shown enough.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::{run, server};
use crate::harness::PATIENCE;
use crate::harness::server::Server;

fn cli(server: &Server, args: &[&str]) -> String {
    let port = server.port().to_string();
    run(Command::new("redis-cli").args(["-p", &port]).args(args))
}

/// What redis-cli prints until `enough` of it came; then it is ended.
fn cli_until(server: &Server, args: &[&str], enough: impl Fn(&str) -> bool) -> String {
    let port = server.port().to_string();
    // Its output goes to a pipe: it would be kept back until there is a page of it.
    let mut child = Command::new("stdbuf")
        .args(["-o0", "redis-cli", "-p", &port])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("stdbuf and redis-cli");
    let mut out = child.stdout.take().expect("piped");
    let (give, chunks) = channel();
    let reader = thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = out.read(&mut chunk) {
            if give.send(chunk[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let started = Instant::now();
    let mut text = String::new();
    while !enough(&text) {
        let left = PATIENCE.saturating_sub(started.elapsed());
        let chunk = chunks.recv_timeout(left.max(Duration::from_millis(1)));
        let chunk =
            chunk.unwrap_or_else(|why| panic!("redis-cli {args:?}: {why}; so far:\n{text}"));
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    child.kill().expect("redis-cli is there");
    child.wait().expect("it ends");
    reader.join().expect("the reader ends with it");
    text
}

/// A server with a key of each type, the string much the largest.
fn filled() -> Option<Server> {
    let server = server()?;
    let mut client = server.connect();
    client.call(&["SET", "user:big", &"x".repeat(100_000)]);
    for line in [
        "SET user:1 a",
        "RPUSH list 1 2 3",
        "SADD set a b",
        "HSET hash a 1 b 2 c 3 d 4",
        "ZADD zset 1 a",
        "XADD stream * a 1",
        "DEBUG POPULATE 500 filler",
    ] {
        assert!(!client.words(line).is_error(), "{line}");
    }
    Some(server)
}

fn assert_holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}

#[test]
fn redis_cli_finds_large_keys() {
    let Some(server) = filled() else { return };
    let told = cli(&server, &["--bigkeys"]);
    assert_holds(
        &told,
        &[
            "Sampled 507 keys",
            "Biggest string found '\"user:big\"' has 100000 bytes",
            "Biggest   list found '\"list\"' has 3 items",
            "Biggest   hash found '\"hash\"' has 4 fields",
            "1 streams with 1 entries",
        ],
    );
    for samples in [&["--memkeys"][..], &["--memkeys-samples", "0"]] {
        let told = cli(&server, samples);
        assert_holds(
            &told,
            &[
                "Sampled 507 keys",
                "Biggest string found '\"user:big\"' has 1",
            ],
        );
    }
    let mut keys: Vec<String> = cli(&server, &["--scan", "--pattern", "user:*"])
        .lines()
        .map(str::to_owned)
        .collect();
    keys.sort();
    assert_eq!(keys, ["user:1", "user:big"]);
}

#[test]
fn redis_cli_finds_hot_keys() {
    let Some(server) = filled() else { return };
    let mut client = server.connect();
    client.words("CONFIG SET maxmemory-policy allkeys-lfu");
    // With the factor 0 each access counts.
    client.words("CONFIG SET lfu-log-factor 0");
    for _ in 0..100 {
        client.words("GET user:1");
    }
    let told = cli(&server, &["--hotkeys"]);
    let hottest = told.lines().find(|line| line.starts_with("hot key found"));
    let hottest = hottest.unwrap_or_else(|| panic!("no hot key in\n{told}"));
    assert!(hottest.contains("user:1"), "{told}");
}

#[test]
fn redis_cli_measures_latency() {
    let Some(server) = server() else { return };
    // Least, most and mean milliseconds, and how often it measured.
    let told = cli(&server, &["--latency", "-i", "0.2"]);
    let numbers: Vec<f64> = told
        .split_whitespace()
        .map(|word| word.parse().unwrap_or_else(|_| panic!("{told}")))
        .collect();
    assert!(numbers.len() == 4 && numbers[3] >= 1.0, "{told}");
    cli_until(&server, &["--latency-history", "-i", "0.1"], |text| {
        text.lines().count() > 2
    });
    let told = cli_until(&server, &["--latency-dist", "-i", "0.1"], |text| {
        text.matches("#").count() > 4
    });
    assert_holds(&told, &["From 0 to 100%"]);
    let told = cli(&server, &["--intrinsic-latency", "1"]);
    assert_holds(&told, &["total runs"]);
}

#[test]
fn redis_cli_shows_the_state() {
    let Some(server) = filled() else { return };
    let told = cli_until(&server, &["--stat", "-i", "0.05"], |text| {
        text.lines().count() > 6
    });
    assert_holds(
        &told,
        &[
            "keys",
            "mem",
            "clients",
            "blocked",
            "requests",
            "connections",
        ],
    );
    let row = told.lines().nth(3).unwrap_or_default();
    assert!(row.trim_start().starts_with("507 "), "{told}");
}
