//! `--restore-to`: the data as they were at a moment.

use std::fs;

use super::{Home, await_info, kill};
use crate::harness::client::encode;

/// A log without a base: what happened at which second.
fn log_of(changes: &[(i64, &str)]) -> Vec<u8> {
    let mut bytes = encode(&["SELECT", "0"]);
    for (second, line) in changes {
        let words: Vec<&str> = line.split(' ').collect();
        bytes.extend(format!("#TS:{second}\r\n").into_bytes());
        bytes.extend(encode(&words));
    }
    // The time stands before everything.
    let first = format!("#TS:{}\r\n", changes[0].0).into_bytes();
    [first, bytes].concat()
}

fn put_log(home: &Home, bytes: &[u8]) {
    let dir = home.path().join("appendonlydir");
    fs::create_dir(&dir).expect("the log's directory");
    fs::write(dir.join("appendonly.aof.1.incr.aof"), bytes).expect("the log");
    let manifest = "file appendonly.aof.1.incr.aof seq 1 type i\n";
    fs::write(dir.join("appendonly.aof.manifest"), manifest).expect("the manifest");
}

fn values(home: &Home, args: &[&str]) -> String {
    let server = home.server(args.iter().copied()).start();
    let values = server.connect().words("MGET a b c d");
    kill(server);
    values.to_string()
}

const CHANGES: &[(i64, &str)] = &[
    (1_700_000_000, "SET a 1"),
    (1_700_000_010, "SET b 2"),
    (1_700_000_010, "SET c 3"),
    (1_700_000_020, "SET a 4"),
];

#[test]
fn the_data_go_back_and_what_was_later_is_kept() {
    let home = Home::new();
    put_log(&home, &log_of(CHANGES));
    let to = ["--restore-to", "2023-11-14T22:13:35Z"];
    let server = home.server(to).start();
    server.await_log("Restored to 2023-11-14T22:13:35Z");
    let mut client = server.connect();
    assert_eq!(
        client.words("MGET a b c").to_string(),
        "[\"1\" \"2\" \"3\"]"
    );
    client.words("SET d 5");
    kill(server);
    // Started once more with the same words it goes on.
    assert_eq!(values(&home, &to), "[\"1\" \"2\" \"3\" \"5\"]");
    assert_eq!(values(&home, &[]), "[\"1\" \"2\" \"3\" \"5\"]");
    // Whoever went back too far goes to a later moment, even after rewrites.
    let server = home.server([]).start();
    let mut client = server.connect();
    for count in 1..=3 {
        client.words("BGREWRITEAOF");
        await_info(&mut client, "aof_rewrites", &count.to_string());
    }
    kill(server);
    let later = ["--restore-to", "1700000020"];
    assert_eq!(values(&home, &later), "[\"4\" \"2\" \"3\" $-1]");
    assert_eq!(
        values(&home, &["--restore-to", "1700000000"]),
        "[\"1\" $-1 $-1 $-1]"
    );
}

#[test]
fn it_is_refused_where_the_log_does_not_tell() {
    let home = Home::new();
    put_log(&home, &log_of(CHANGES)[16..]);
    let refused = |home: &Home, to: &str| {
        let (status, log) = home.server(["--restore-to", to]).refused();
        assert!(!status.success());
        log
    };
    assert!(refused(&home, "1700000000").contains("does not tell when"));
    assert!(refused(&home, "yesterday").contains("restore-to must be"));
    let server = home.server([]).start();
    let mut client = server.connect();
    client.words("CONFIG SET aof-keep-generations 0");
    client.words("BGREWRITEAOF");
    await_info(&mut client, "aof_rewrites", "1");
    kill(server);
    assert!(refused(&home, "1700000000").contains("the log reaches back to"));
    assert_eq!(values(&home, &[]), "[\"4\" \"2\" \"3\" $-1]");
}

/// A rewrite keeps what it replaces, and the moments in it.
#[test]
fn past_generations_are_gone_back_to() {
    let home = Home::new();
    put_log(&home, &log_of(CHANGES));
    let server = home.server([]).start();
    let mut client = server.connect();
    client.words("SET d 5");
    client.words("BGREWRITEAOF");
    await_info(&mut client, "aof_rewrites", "1");
    client.words("SET d 6");
    kill(server);
    assert_eq!(values(&home, &[]), "[\"4\" \"2\" \"3\" \"6\"]");
    let to = ["--restore-to", "1700000019"];
    assert_eq!(values(&home, &to), "[\"1\" \"2\" \"3\" $-1]");
}
