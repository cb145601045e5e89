//! `aof-check` and `rdb-check` on files of both servers, beside the tools of Redis: all say the
//! same of what is good and what is bad.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{Dir, MAKERS};

const AOF_CHECK: &str = env!("CARGO_BIN_EXE_aof-check");
const RDB_CHECK: &str = env!("CARGO_BIN_EXE_rdb-check");
const INCREMENTAL: &str = "appendonlydir/appendonly.aof.1.incr.aof";
const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";

fn tool(program: &str, args: &[&str], path: &Path) -> Output {
    let output = Command::new(program)
        .args(args)
        .arg(path)
        .stdin(Stdio::null())
        .output();
    output.unwrap_or_else(|error| panic!("{program} (package redis-tools): {error}"))
}

/// What a tool prints on standard output, and its status.
fn said(program: &str, args: &[&str], path: &Path) -> (String, i32) {
    let output = tool(program, args, path);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.code().expect("a status"))
}

/// The status that our tool has, which that of Redis agrees with.
fn agreed(ours: &str, theirs: &str, path: &Path) -> i32 {
    let (text, status) = said(ours, &[], path);
    let (their_text, their_status) = said(theirs, &[], path);
    assert_eq!(
        status == 0,
        their_status == 0,
        "{}:\n{text}\n{their_text}",
        path.display()
    );
    status
}

#[test]
fn snapshots_are_judged_as_redis_does() {
    for maker in MAKERS {
        let dir = Dir::new();
        let Some(()) = maker.make(&dir, &[], &["SAVE"]) else {
            return;
        };
        let bytes = dir.read("dump.rdb");
        let path = dir.0.join("dump.rdb");
        assert_eq!(agreed(RDB_CHECK, "redis-check-rdb", &path), 0);
        let (json, _) = said(RDB_CHECK, &["--json", "--biggest", "2"], &path);
        for part in [
            r#""result":"fine""#,
            r#""checksum":"holds""#,
            r#""keys":{"keys":16,"with_deadline":1,"expired":0,"#,
            r#"{"type":"set","encoding":"intset","keys":1,"elements":3,"#,
        ] {
            assert!(json.contains(part), "{part} is not in {json}");
        }
        let (lines, _) = said(RDB_CHECK, &["--print=json"], &path);
        assert_eq!(lines.lines().count(), 16, "{lines}");
        assert!(lines.contains(r#""value":[["a",1],["b",2.5]]"#), "{lines}");
        let (text, _) = said(RDB_CHECK, &["--print"], &path);
        assert!(text.contains("\n    2.5 \"b\"\n"), "{text}");
        for len in [
            0,
            8,
            9,
            50,
            bytes.len() / 2,
            bytes.len() - 9,
            bytes.len() - 1,
        ] {
            let path = dir.write("cut.rdb", &bytes[..len]);
            assert_eq!(agreed(RDB_CHECK, "redis-check-rdb", &path), 1, "{len}");
        }
        for at in [0, 100, bytes.len() / 2, bytes.len() - 4] {
            let mut changed = bytes.clone();
            changed[at] ^= 0x11;
            let path = dir.write("changed.rdb", &changed);
            assert_eq!(agreed(RDB_CHECK, "redis-check-rdb", &path), 1, "{at}");
        }
        assert_eq!(said(RDB_CHECK, &[], &dir.0.join("none")).1, 2);
        assert_eq!(said(RDB_CHECK, &["--nosuch"], &path).1, 2);
    }
}

#[test]
fn the_good_blocks_of_a_damaged_snapshot_are_saved() {
    let dir = Dir::new();
    let native = ["--snapshot-format", "native"];
    let end = [
        "FLUSHALL",
        "SELECT 0",
        "DEBUG POPULATE 4000 key 300",
        "SAVE",
    ];
    let Some(()) = super::Maker::Ours.make(&dir, &native, &end) else {
        return;
    };
    let mut bytes = dir.read("dump.rdb");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let path = dir.write("damaged.rdb", &bytes);
    let (text, status) = said(RDB_CHECK, &[], &path);
    assert!(status == 1 && text.contains("block "), "{status}: {text}");
    let saved = dir.0.join("saved.rdb");
    tool(
        RDB_CHECK,
        &["--salvage", &saved.display().to_string()],
        &path,
    );
    let (text, status) = said(RDB_CHECK, &[], &saved);
    assert_eq!(status, 0, "{text}");
    assert_eq!(dir.read("damaged.rdb"), bytes, "it is not changed");
    let Some(server) = super::Maker::Ours.start(&dir.0, &["--dbfilename", "saved.rdb"]) else {
        return;
    };
    let keys = server.connect().words("DBSIZE").to_string();
    let keys: u32 = keys.trim_start_matches(':').parse().expect("a number");
    assert!((1000..4000).contains(&keys), "{keys} keys");
}

#[test]
fn logs_are_judged_as_redis_does() {
    for maker in MAKERS {
        let dir = Dir::new();
        let Some(()) = maker.make(&dir, &["--appendonly", "yes"], &[]) else {
            return;
        };
        let bytes = dir.read(INCREMENTAL);
        let manifest = dir.0.join(MANIFEST);
        assert_eq!(agreed(AOF_CHECK, "redis-check-aof", &manifest), 0);
        assert_eq!(said(AOF_CHECK, &[], &dir.0).1, 0);
        assert_eq!(said(AOF_CHECK, &["-q"], &dir.0), (String::new(), 0));
        for len in [1, 20, bytes.len() / 2, bytes.len() - 1] {
            dir.write(INCREMENTAL, &bytes[..len]);
            let (text, _) = said(AOF_CHECK, &[], &manifest);
            let is_told = text.contains("torn: ") && text.contains(" at byte ");
            assert!(is_told, "{len}: {text}");
            // To Redis a note may end anywhere.
            let line = bytes[..len].rsplit(|byte| *byte == b'\n').next();
            if line.is_none_or(|line| !line.starts_with(b"#")) {
                assert_eq!(agreed(AOF_CHECK, "redis-check-aof", &manifest), 1, "{len}");
            }
        }
        dir.write(INCREMENTAL, &bytes[..bytes.len() - 1]);
        let (text, status) = said(AOF_CHECK, &["--json"], &manifest);
        assert!(status == 1 && text.contains(r#""result":"torn""#), "{text}");
        // Nobody can be asked here.
        let output = tool(AOF_CHECK, &["--fix"], &manifest);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1) && errors.contains("--yes"),
            "{errors}"
        );
        assert_eq!(dir.read(INCREMENTAL).len(), bytes.len() - 1);
        let (text, status) = said(AOF_CHECK, &["--fix", "--yes"], &manifest);
        assert!(status == 0 && text.ends_with("Result: fine\n"), "{text}");
        assert_eq!(agreed(AOF_CHECK, "redis-check-aof", &manifest), 0);
        let kept = dir.read(INCREMENTAL);
        let names = std::fs::read_dir(dir.0.join("appendonlydir")).expect("the log");
        let copy = names
            .map(|entry| entry.expect("a file").path())
            .find(|path| path.to_string_lossy().contains(".cut-"));
        let copy = std::fs::read(copy.expect("a copy")).expect("the copy");
        assert_eq!([kept, copy].concat(), bytes[..bytes.len() - 1]);
        assert_eq!(said(AOF_CHECK, &[], Path::new("/none")).1, 2);
        assert_eq!(said(AOF_CHECK, &["--to-timestamp", "soon"], &manifest).1, 2);
    }
}

/// A log cut at a time is one that both servers take.
#[test]
fn a_log_is_cut_at_a_time_as_redis_does() {
    let dir = Dir::new();
    let set = |key: &str| format!("*3\r\n$3\r\nSET\r\n$1\r\n{key}\r\n$1\r\n1\r\n");
    let bytes = format!("#TS:100\r\n{}#TS:200\r\n{}", set("a"), set("b"));
    let ours = dir.write("ours.aof", bytes.as_bytes());
    let theirs = dir.write("theirs.aof", bytes.as_bytes());
    let (text, status) = said(AOF_CHECK, &["--yes", "--to-timestamp", "150"], &ours);
    assert_eq!(status, 0, "{text}");
    let (text, status) = said(
        "redis-check-aof",
        &["--truncate-to-timestamp", "150"],
        &theirs,
    );
    assert_eq!(status, 0, "{text}");
    assert_eq!(dir.read("ours.aof"), dir.read("theirs.aof"));
    for until in ["99", "1970-01-01"] {
        let (_, status) = said(AOF_CHECK, &["--yes", "--to-timestamp", until], &ours);
        assert_eq!(status, 1, "{until}");
    }
    let (_, status) = said(
        "redis-check-aof",
        &["--truncate-to-timestamp", "99"],
        &theirs,
    );
    assert_eq!(status, 1);
}
