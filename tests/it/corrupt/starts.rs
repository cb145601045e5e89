//! A server that finds damaged files at its start.

use std::fs;
use std::path::Path;

use super::{Dir, Maker, run};
use crate::harness::server::{Server, Start};
use crate::harness::target::Target;

const INCREMENTAL: &str = "appendonlydir/appendonly.aof.1.incr.aof";
const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";

fn ours(dir: &Dir, args: &[&str]) -> Option<Start> {
    let dir = dir.0.display().to_string();
    Some(Target::chosen().start()?.args(["--dir", &dir]).args(args))
}

/// It must not start, and say why, with the file and the place.
fn refused(dir: &Dir, args: &[&str], file: &str, parts: &[&str]) {
    let Some(start) = ours(dir, args) else { return };
    let (status, log) = start.refused();
    assert_eq!(status.code(), Some(1), "{log}");
    let name = Path::new(file).file_name().expect("a name").display();
    let name = name.to_string();
    let line = log.lines().find(|line| line.contains(&name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{log}"));
    for part in parts {
        assert!(line.contains(part), "{part:?} is not in {line}");
    }
}

fn started(dir: &Dir, args: &[&str]) -> Option<Server> {
    Some(ours(dir, args)?.start())
}

fn reply(server: &Server, command: &str) -> String {
    server.connect().words(command).to_string()
}

#[test]
fn a_damaged_snapshot_stops_the_start() {
    let dir = Dir::new();
    let Some(()) = Maker::Ours.make(&dir, &[], &["SAVE"]) else {
        return;
    };
    let bytes = dir.read("dump.rdb");
    let mut changed = bytes.clone();
    let at = bytes
        .windows(6)
        .position(|some| some == b"12345\0" || some == b"\x04text\x03");
    changed[at.expect("a key") + 5] ^= 0xff;
    dir.write("dump.rdb", &changed);
    refused(&dir, &[], "dump.rdb", &["at byte "]);
    dir.write("dump.rdb", &bytes[..bytes.len() / 2]);
    refused(&dir, &[], "dump.rdb", &["at byte ", "too early"]);
    // Only the checksum is wrong: it counts if it is wanted.
    changed = bytes.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    dir.write("dump.rdb", &changed);
    refused(&dir, &[], "dump.rdb", &["at byte ", "checksum"]);
    let Some(server) = started(&dir, &["--rdbchecksum", "no"]) else {
        return;
    };
    assert_eq!(reply(&server, "GET text"), r#""abc""#);
}

/// Wherever a byte is changed or the file ends.
#[test]
fn a_damaged_snapshot_of_our_own_stops_the_start() {
    let dir = Dir::new();
    let native = ["--snapshot-format", "native"];
    let Some(()) = Maker::Ours.make(&dir, &native, &["SAVE"]) else {
        return;
    };
    let bytes = dir.read("dump.rdb");
    let in_block = bytes.len() / 2;
    for at in (0..bytes.len()).step_by(bytes.len() / 16).chain([in_block]) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        dir.write("dump.rdb", &changed);
        // Without its first bytes it is no snapshot at all.
        let parts: &[&str] = match at {
            0 => &[],
            _ if at == in_block => &["at byte ", "block ", "checksum"],
            _ => &["at byte "],
        };
        refused(&dir, &[], "dump.rdb", parts);
        assert_eq!(dir.read("dump.rdb"), changed, "nothing was changed");
    }
    for len in [20, 100, in_block, bytes.len() - 1] {
        dir.write("dump.rdb", &bytes[..len]);
        refused(&dir, &[], "dump.rdb", &["at byte "]);
    }
    dir.write("dump.rdb", &bytes);
    let Some(server) = started(&dir, &[]) else {
        return;
    };
    assert_eq!(reply(&server, "GET text"), r#""abc""#);
}

/// What a killed process left unfinished goes; what has another name, or may be written, stays.
#[test]
fn unfinished_files_of_the_dead_are_removed() {
    let dir = Dir::new();
    fs::create_dir(dir.0.join("appendonlydir")).expect("a directory");
    // No process has so high a number.
    let gone = [
        "temp-999999999.rdb",
        "appendonlydir/temp-rewriteaof-999999999.aof",
    ];
    let alive = format!("temp-{}.rdb", std::process::id());
    let kept = [alive.as_str(), "temp-999999999.rdb.copy", "temp-mine.rdb"];
    for name in gone.iter().chain(&kept) {
        dir.write(name, b"unfinished");
    }
    let Some(server) = started(&dir, &["--appendonly", "yes"]) else {
        return;
    };
    for name in gone {
        assert!(!dir.0.join(name).exists(), "{name}");
        server.await_log(name);
    }
    for name in kept {
        assert!(dir.0.join(name).exists(), "{name}");
    }
}

#[test]
fn a_torn_log_is_cut_if_that_is_allowed() {
    for maker in super::MAKERS {
        let dir = Dir::new();
        let log = ["--appendonly", "yes"];
        let Some(()) = maker.make(&dir, &log, &["SET last 1"]) else {
            return;
        };
        let bytes = dir.read(INCREMENTAL);
        dir.write(INCREMENTAL, &bytes[..bytes.len() - 3]);
        let no = ["--appendonly", "yes", "--aof-load-truncated", "no"];
        refused(&dir, &no, INCREMENTAL, &["byte "]);
        assert_eq!(
            dir.read(INCREMENTAL).len(),
            bytes.len() - 3,
            "nothing was changed"
        );
        let Some(server) = started(&dir, &log) else {
            return;
        };
        assert_eq!(reply(&server, "GET last"), "$-1");
        assert_eq!(reply(&server, "GET integer"), r#""12345""#);
        server.await_log("it is cut to");
    }
}

#[test]
fn a_log_damaged_in_the_middle_stops_the_start() {
    let dir = Dir::new();
    let log = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(()) = Maker::Ours.make(&dir, &log, &[]) else {
        return;
    };
    let mut bytes = dir.read(INCREMENTAL);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    dir.write(INCREMENTAL, &bytes);
    refused(&dir, &log, INCREMENTAL, &["byte ", "checksum", "aof-check"]);
    assert_eq!(dir.read(INCREMENTAL), bytes, "nothing was changed");
    dir.write(MANIFEST, b"file appendonly.aof.1.incr.aof seq one type i\n");
    refused(&dir, &log, MANIFEST, &["line 1"]);
    dir.write(MANIFEST, b"file appendonly.aof.7.incr.aof seq 7 type i\n");
    refused(&dir, &log, "appendonly.aof.7.incr.aof", &[]);
}

/// What stands before a transaction without end was acknowledged.
#[test]
fn a_transaction_without_end_is_cut_off_and_nothing_before() {
    let dir = Dir::new();
    fs::create_dir(dir.0.join("appendonlydir")).expect("a directory");
    dir.write(MANIFEST, b"file appendonly.aof.1.incr.aof seq 1 type i\n");
    let whole =
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n";
    let open = b"*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n";
    for torn in [0, 3] {
        let bytes = [&whole[..], &open[..open.len() - torn]].concat();
        dir.write(INCREMENTAL, &bytes);
        for _ in 0..2 {
            // The second time from what the first has left.
            let Some(server) = started(&dir, &["--appendonly", "yes"]) else {
                return;
            };
            assert_eq!(reply(&server, "MGET a b"), r#"["1" "2"]"#);
        }
        assert!(dir.read(INCREMENTAL).starts_with(whole));
    }
}

/// A refused command is named with its own place.
#[test]
fn a_command_that_is_not_there_stops_the_start() {
    let dir = Dir::new();
    fs::create_dir(dir.0.join("appendonlydir")).expect("a directory");
    dir.write(MANIFEST, b"file appendonly.aof.1.incr.aof seq 1 type i\n");
    let first = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    let bytes = [&first[..], b"*1\r\n$5\r\nNOSUC\r\n"].concat();
    dir.write(INCREMENTAL, &bytes);
    let place = format!("at byte {}", first.len());
    refused(
        &dir,
        &["--appendonly", "yes"],
        INCREMENTAL,
        &[&place, "NOSUC"],
    );
}

#[test]
fn damaged_payloads_are_refused_and_harm_nobody() {
    for sanitize in ["yes", "no"] {
        let dir = Dir::new();
        let Some(server) = Maker::Ours.start(&dir.0, &["--sanitize-dump-payload", sanitize]) else {
            return;
        };
        let mut client = server.connect();
        run(&mut client, "ZADD key 1 a 2 b 3 c 4 d");
        let dumped = client.words("DUMP key");
        let payload = dumped.text().expect("a payload");
        for at in 0..payload.len() {
            let mut changed = payload.to_vec();
            changed[at] ^= 0x11;
            let reply = client.call(&[&b"RESTORE"[..], b"other", b"0", &changed]);
            let wanted = "-ERR DUMP payload version or checksum are wrong";
            assert_eq!(reply.to_string(), wanted, "byte {at}");
        }
        // The checksum holds, the value does not.
        let mut sealed = payload[..payload.len() - 8].to_vec();
        sealed[2] ^= 0x40;
        sealed.extend(ruddle::rdb::CHECKSUM.checksum(&sealed).to_le_bytes());
        let reply = client.call(&[&b"RESTORE"[..], b"other", b"0", &sealed]);
        assert_eq!(reply.to_string(), "-ERR Bad data format");
        assert_eq!(client.words("EXISTS other").to_string(), ":0");
    }
}
