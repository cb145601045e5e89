//! `--restore-to`: the data as they were at a moment.

use std::fs;

use super::{Home, await_info, kill};
use crate::harness::client::encode;

/// A log without a base: what happened at which second.
pub(super) fn log_of(changes: &[(i64, &str)]) -> Vec<u8> {
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

pub(super) fn put_log(home: &Home, bytes: &[u8]) {
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

pub(super) const CHANGES: &[(i64, &str)] = &[
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
    server.await_log("which is no longer needed");
    kill(server);
    let log = refused(&home, "1700000000");
    assert!(log.contains("the log reaches back to"), "{log}");
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

/// Files of a log, by name, and what the manifest says of each.
pub(super) fn put_files(home: &Home, files: &[(&str, &str, Vec<u8>)]) {
    let dir = home.path().join("appendonlydir");
    fs::create_dir(&dir).expect("the log's directory");
    let mut manifest = String::new();
    for (name, says, bytes) in files {
        fs::write(dir.join(name), bytes).expect("a file of the log");
        manifest += &format!("file {name} {says}\n");
    }
    fs::write(dir.join("appendonly.aof.manifest"), manifest).expect("the manifest");
}

/// A log of two generations, whose bases are commands.
pub(super) fn two_generations() -> [(&'static str, &'static str, Vec<u8>); 4] {
    [
        (
            "appendonly.aof.1.base.aof",
            "seq 1 type h generation 1 was b end continued",
            log_of(&[(1_700_000_000, "SET a 1")]),
        ),
        (
            "appendonly.aof.1.incr.aof",
            "seq 1 type h generation 1 was i end continued",
            log_of(&[(1_700_000_010, "SET b 2"), (1_700_000_019, "SET b 3")]),
        ),
        (
            "appendonly.aof.2.base.aof",
            "seq 2 type b",
            log_of(&[(1_700_000_020, "MSET a 1 b 3")]),
        ),
        (
            "appendonly.aof.2.incr.aof",
            "seq 2 type i",
            log_of(&[(1_700_000_030, "SET c 4"), (1_700_000_040, "SET d 5")]),
        ),
    ]
}

/// Bases that are commands tell when they were begun by the note they begin with.
#[test]
fn generations_whose_bases_are_commands_are_gone_back_to() {
    let files = two_generations();
    for (to, wanted) in [
        ("1700000000", "[\"1\" $-1 $-1 $-1]"),
        ("1700000010", "[\"1\" \"2\" $-1 $-1]"),
        ("1700000019", "[\"1\" \"3\" $-1 $-1]"),
        ("1700000029", "[\"1\" \"3\" $-1 $-1]"),
        ("1700000030", "[\"1\" \"3\" \"4\" $-1]"),
        ("1700000099", "[\"1\" \"3\" \"4\" \"5\"]"),
    ] {
        let home = Home::new();
        put_files(&home, &files);
        let args = ["--restore-to", to, "--aof-use-rdb-preamble", "no"];
        assert_eq!(values(&home, &args), wanted, "{to}");
        // The new base is commands, too, and one goes on from it to another moment.
        let base = home.path().join("appendonlydir/appendonly.aof.3.base.aof");
        let base = fs::read(&base).expect("the base of the restored log");
        assert!(base.starts_with(b"#"), "{to}: {}", base.escape_ascii());
        assert_eq!(values(&home, &[]), wanted, "{to}");
        let last = ["--restore-to", "1700000040", "--aof-use-rdb-preamble", "no"];
        let all = "[\"1\" \"3\" \"4\" \"5\"]";
        assert_eq!(values(&home, &last), all, "{to}");
    }
    let home = Home::new();
    put_files(&home, &files);
    let (status, log) = home.server(["--restore-to", "1699999999"]).refused();
    assert!(!status.success());
    assert!(
        log.contains("the log reaches back to 2023-11-14T22:13:20Z"),
        "{log}"
    );
}
