//! Loading at the start, and again by DEBUG: who is answered what meanwhile, and what is there then.

use std::fs;
use std::path::{Path, PathBuf};

use super::crowds::{crowd, nothing_is_left};
use super::subject;
use crate::harness::client::Client;
use crate::harness::server::{Server, Start, fresh_dir};
use crate::harness::wait_until;

/// Each key takes so long that none is loaded before a test lets it go on.
const SLOW: [&str; 2] = ["--key-load-delay", "100000000"];

const LOADING: &str = "-LOADING Redis is loading the dataset in memory";

/// A directory that outlives its servers.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        Dir(fresh_dir())
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// A server that works here.
    fn server(&self, start: Start, args: &[&str]) -> Start {
        let dir = self.0.display().to_string();
        start.args(["--dir", &dir]).args(args)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Loading goes on, and ends.
fn let_load(client: &mut Client) {
    assert!(!client.words("CONFIG SET key-load-delay 0").is_error());
    wait_until("the end of loading", || {
        (info(client, "loading")? == "0").then_some(())
    });
}

/// One key of every type and form, and some more.
fn fill(client: &mut Client) {
    for line in [
        "SET string text",
        "SET number 12345",
        "SET volatile text PX 100000000",
        "RPUSH list a 1 b",
        "SADD numbers 1 2 3",
        "SADD set a b 3",
        "HSET hash a 1 b 2",
        "ZADD zset 1 a 2.5 b",
        "XADD stream 1-1 a 1",
        "XADD stream 2-1 a 2",
        "XGROUP CREATE stream group 0",
        "XREADGROUP GROUP group reader COUNT 1 STREAMS stream >",
        "PFADD counted a b c",
        "SELECT 3",
        "SET elsewhere 1",
        "SELECT 0",
        "DEBUG POPULATE 300 small 10",
        "DEBUG POPULATE 2 large 300000",
    ] {
        let reply = client.words(line);
        assert!(!reply.is_error(), "{line}: {reply}");
    }
    for index in 0..600 {
        let index = index.to_string();
        client.call(&["RPUSH", "long", &index.repeat(30)]);
        client.call(&["SADD", "large", &index, "x"]);
        client.call(&["HSET", "wide", &index, "value"]);
        client.call(&["ZADD", "ranked", &index, &index]);
    }
}

/// A directory with a snapshot of such keys.
fn saved() -> Option<Dir> {
    let start = subject()?;
    let dir = Dir::new();
    let server = dir.server(start, &[]).start();
    fill(&mut server.connect());
    server.connect().words("SAVE");
    end(server);
    Some(dir)
}

/// What must be the same before and after.
fn portrait(client: &mut Client) -> Vec<String> {
    let mut lines = vec![client.words("DEBUG DIGEST").to_string()];
    for key in [
        "string", "number", "list", "numbers", "set", "hash", "zset", "stream", "long", "large",
        "wide", "ranked", "large:0",
    ] {
        lines.push(client.call(&["OBJECT", "ENCODING", key]).to_string());
    }
    lines.push(client.words("PEXPIRETIME volatile").to_string());
    lines.push(client.words("XINFO STREAM stream FULL").to_string());
    lines
}

fn info(client: &mut Client, field: &str) -> Option<String> {
    let reply = client.words("INFO persistence");
    let text = String::from_utf8_lossy(reply.text().unwrap_or_default()).into_owned();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| *name == field)?;
    Some(value.to_owned())
}

fn connected(server: &Server) -> Client {
    wait_until("a server that listens", || {
        Client::try_connect(&server.unix()).ok()
    })
}

fn end(mut server: Server) {
    let mut client = server.connect();
    client.send(&["SHUTDOWN", "NOSAVE"]).unwrap();
    assert!(server.wait().success(), "{}", server.log());
}

/// Starts in `dir`, which holds something, and looks on while it is loaded; then it is as before.
fn check_start(dir: &Dir, args: &[&str], before: &[String]) {
    let Some(start) = subject() else { return };
    let server = dir.server(start, args).args(SLOW).spawn();
    let mut client = connected(&server);
    assert_eq!(info(&mut client, "loading").as_deref(), Some("1"));
    for line in [
        "PING",
        "GET string",
        "SET string x",
        "DBSIZE",
        "SAVE",
        "BGREWRITEAOF",
    ] {
        assert_eq!(client.words(line).to_string(), LOADING, "{line}");
    }
    for line in [
        "CONFIG SET dir /",
        "CONFIG SET appendonly no",
        "DEBUG RELOAD",
        "DEBUG LOADAOF",
    ] {
        assert_eq!(client.words(line).to_string(), LOADING, "{line}");
    }
    for line in [
        "SELECT 1",
        "SELECT 0",
        "ECHO a",
        "CLIENT ID",
        "CONFIG GET dir",
        "HELLO",
        "TIME",
    ] {
        assert!(!client.words(line).is_error(), "{line}");
    }
    assert!(
        client
            .words("NOSUCH")
            .to_string()
            .contains("unknown command")
    );
    assert!(client.words("GET").to_string().contains("wrong number"));
    let number = |field| {
        info(&mut connected(&server), field)
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    assert!(number("loading_total_bytes") > 1000.0);
    assert!(number("loading_loaded_bytes") < number("loading_total_bytes"));
    assert!(number("loading_loaded_perc") < 100.0);
    assert!(number("loading_start_time") > 1.7e9 && number("loading_eta_seconds") >= 0.0);
    assert_eq!(number("async_loading"), 0.0);

    let_load(&mut client);
    assert_eq!(info(&mut client, "loading_total_bytes"), None);
    server.await_log("ready to accept connections");
    assert_eq!(portrait(&mut client), before);
    assert_eq!(client.words("SET string y").to_string(), "+OK");
    end(server);
}

#[test]
fn a_snapshot_is_loaded_while_clients_are_answered() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let server = dir.server(start, &[]).start();
    let mut client = server.connect();
    fill(&mut client);
    let before = portrait(&mut client);
    assert_eq!(client.words("SAVE").to_string(), "+OK");
    end(server);
    check_start(&dir, &[], &before);
}

#[test]
fn a_log_is_loaded_while_clients_are_answered() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let log = ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"];
    let server = dir.server(start, &log).start();
    let mut client = server.connect();
    client.words("SET old 1");
    fill(&mut client);
    // POPULATE is not logged: the base holds what it made.
    client.words("BGREWRITEAOF");
    wait_until("the rewrite", || {
        (info(&mut client, "aof_rewrites")? == "1").then_some(())
    });
    for line in [
        "DEL old",
        "APPEND string more",
        "SELECT 5",
        "SET five 5",
        "SELECT 0",
    ] {
        assert!(!client.words(line).is_error(), "{line}");
    }
    for line in [
        "RPOPLPUSH list list",
        "SPOP large 20",
        "HDEL wide 3",
        "XADD stream * c d",
    ] {
        assert!(!client.words(line).is_error(), "{line}");
    }
    let before = portrait(&mut client);
    end(server);
    check_start(&dir, &log, &before);
}

#[test]
fn clients_may_vanish_while_data_is_loaded() {
    let Some(dir) = saved() else { return };
    let Some(start) = subject() else { return };
    let server = dir.server(start, &[]).tcp().args(SLOW).spawn();
    let mut client = connected(&server);
    for round in 0..3 {
        let mut crowd = crowd(&server.tcp());
        assert_eq!(client.words("GET string").to_string(), LOADING);
        match round {
            0 => crowd.into_iter().for_each(Client::reset),
            1 => crowd.iter_mut().for_each(Client::end_sending),
            _ => drop(crowd),
        }
        nothing_is_left(&mut client);
    }
    // Half of a connection is enough to hear that it loads.
    let mut half = server.connect();
    half.send(&["GET", "string"]).unwrap();
    half.end_sending();
    assert_eq!(half.read().unwrap().to_string(), LOADING);
    assert!(half.closes());
    let_load(&mut client);
    assert_eq!(client.words("GET string").to_string(), "\"text\"");
    end(server);
}

#[test]
fn the_end_may_come_while_data_is_loaded() {
    let Some(dir) = saved() else { return };
    let file = dir.path().join("dump.rdb");
    let before = fs::read(&file).unwrap();
    for how in ["SHUTDOWN", "SHUTDOWN SAVE", "TERM", "INT"] {
        let Some(start) = subject() else { return };
        let mut server = dir.server(start, &["--save", "1", "1"]).args(SLOW).spawn();
        let mut client = connected(&server);
        assert_eq!(info(&mut client, "loading").as_deref(), Some("1"));
        match how.split_once(' ') {
            _ if !how.starts_with("SHUTDOWN") => server.signal(how),
            words => {
                let words = words.map_or(vec![how], |(name, word)| vec![name, word]);
                client.send(&words).unwrap();
            }
        }
        assert!(server.wait().success(), "{how}: {}", server.log());
        assert!(!server.log().contains("ready to accept"), "{how}");
        assert_eq!(fs::read(&file).unwrap(), before, "{how}");
    }
}

#[test]
fn keys_past_their_deadline_are_not_loaded() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let server = dir.server(start, &[]).start();
    let mut client = server.connect();
    for line in [
        "DEBUG SET-ACTIVE-EXPIRE 0",
        "SET due 1 PX 1",
        "SET stays 1",
        "HSETEX gone PX 1 FIELDS 2 f 1 g 2",
        "HSETEX some PX 1 FIELDS 2 f 1 g 2",
        "HSET some h 3",
    ] {
        let reply = client.words(line);
        assert!(!reply.is_error(), "{line}: {reply}");
    }
    wait_until("the last deadline", || {
        let left = client.words("HEXISTS some g").to_string();
        (left == ":0").then_some(())
    });
    assert_eq!(client.words("SAVE").to_string(), "+OK");
    end(server);
    let Some(start) = subject() else { return };
    let server = dir.server(start, &[]).start();
    let mut client = server.connect();
    assert_eq!(
        info(&mut client, "rdb_last_load_keys_expired").as_deref(),
        Some("2")
    );
    assert_eq!(
        info(&mut client, "rdb_last_load_keys_loaded").as_deref(),
        Some("2")
    );
    assert_eq!(client.words("DBSIZE").to_string(), ":2");
    assert_eq!(client.words("HLEN some").to_string(), ":1");
}

/// Starts with a damaged file, which must be refused by name, place and reason.
fn check_refused(dir: &Dir, args: &[&str], file: &Path, words: &[&str]) {
    let Some(start) = subject() else { return };
    let before = fs::read(file).unwrap();
    let (status, log) = dir.server(start, args).refused();
    assert_eq!(status.code(), Some(1), "{log}");
    let name = file.file_name().unwrap().to_str().unwrap();
    for word in words.iter().chain([&name, &"at byte "]) {
        assert!(log.contains(word), "{word} is not in:\n{log}");
    }
    assert!(!log.contains("ready to accept"), "{log}");
    assert_eq!(fs::read(file).unwrap(), before, "it must stay as it is");
}

#[test]
fn a_damaged_snapshot_stops_the_start() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let server = dir.server(start, &["--rdbcompression", "no"]).start();
    let mut client = server.connect();
    client.words("DEBUG POPULATE 1000 key 1000");
    client.words("SAVE");
    end(server);
    let file = dir.path().join("dump.rdb");
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&file, flipped).unwrap();
    check_refused(&dir, &[], &file, &["checksum"]);
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    check_refused(&dir, &[], &file, &["ends"]);
}

#[test]
fn a_damaged_log_stops_the_start() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let log = ["--appendonly", "yes", "--appendfsync", "always"];
    let server = dir.server(start, &log).start();
    let mut client = server.connect();
    for index in 0..100 {
        client.call(&["SET", &index.to_string(), &"x".repeat(100)]);
    }
    end(server);
    let file = dir.path().join("appendonlydir/appendonly.aof.1.incr.aof");
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&file, flipped).unwrap();
    check_refused(&dir, &log, &file, &[]);
    // A command that nobody could have logged.
    let alien = [
        &whole[..],
        b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nDEL\r\n$1\r\nx\r\n",
    ]
    .concat();
    fs::write(&file, alien).unwrap();
    check_refused(&dir, &log, &file, &["ping"]);
}

#[test]
fn debug_loads_again_what_was_there() {
    let Some(start) = subject() else { return };
    let dir = Dir::new();
    let server = dir.server(start, &["--appendonly", "yes"]).start();
    let mut client = server.connect();
    let ok = |client: &mut Client, line: &str| {
        assert_eq!(client.words(line).to_string(), "+OK", "{line}");
    };
    fill(&mut client);
    let before = portrait(&mut client);
    ok(&mut client, "DEBUG RELOAD");
    assert_eq!(portrait(&mut client), before);
    assert_eq!(
        info(&mut client, "rdb_changes_since_last_save").as_deref(),
        Some("0")
    );
    // The log does not hold what POPULATE made.
    client.words("FLUSHALL");
    client.words("DEBUG SET-ACTIVE-EXPIRE 0");
    for line in [
        "SET a 1",
        "SET due 1 PX 1",
        "HSET h f v",
        "SELECT 2",
        "SET b 2",
        "SELECT 0",
    ] {
        client.words(line);
    }
    let digest = client.words("DEBUG DIGEST").to_string();
    ok(&mut client, "DEBUG LOADAOF");
    assert_eq!(client.words("DEBUG DIGEST").to_string(), digest);
    assert_eq!(
        info(&mut client, "rdb_changes_since_last_save").as_deref(),
        Some("0")
    );

    ok(&mut client, "SAVE");
    ok(&mut client, "SET c 3");
    ok(&mut client, "DEBUG RELOAD NOSAVE");
    assert_eq!(client.words("EXISTS a c").to_string(), ":1");
    ok(&mut client, "SET a changed");
    ok(&mut client, "SET c 3");
    let refused = client.words("DEBUG RELOAD NOSAVE NOFLUSH").to_string();
    assert_eq!(
        refused,
        "-ERR Error trying to load the RDB dump, check server logs"
    );
    ok(&mut client, "DEBUG RELOAD nosave NoFlush merge");
    assert_eq!(client.words("MGET a c").to_string(), r#"["1" "3"]"#);
    let refused = client.words("DEBUG RELOAD AGAIN").to_string();
    let wanted = "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
    assert_eq!(refused, wanted);
    fs::remove_file(dir.path().join("dump.rdb")).unwrap();
    assert!(client.words("DEBUG RELOAD NOSAVE").is_error());
    // Nothing was taken away for what cannot be loaded.
    assert_eq!(client.words("EXISTS a c").to_string(), ":2");

    let Some(start) = subject() else { return };
    let server = start.start();
    let mut client = server.connect();
    ok(&mut client, "SET a 1");
    assert!(client.words("DEBUG LOADAOF").is_error(), "there is no log");
    assert_eq!(client.words("EXISTS a").to_string(), ":1");
    // A rewrite makes a base even where nothing is logged.
    client.words("BGREWRITEAOF");
    wait_until("the rewrite", || {
        (info(&mut client, "aof_rewrites")? == "1").then_some(())
    });
    ok(&mut client, "SET b 1");
    ok(&mut client, "WATCH a");
    ok(&mut client, "DEBUG LOADAOF");
    assert_eq!(client.words("EXISTS a b").to_string(), ":1");
    ok(&mut client, "MULTI");
    assert_eq!(client.words("GET a").to_string(), "+QUEUED");
    assert_eq!(
        client.words("EXEC").to_string(),
        "*-1",
        "it was gone for a moment"
    );
}
