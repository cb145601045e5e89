//! The log is switched off and on, and is rewritten.

use super::{Home, await_info, info, kill};
use crate::harness::client::Client;
use crate::harness::server::Start;

/// What a client did under a journal that is closed does not hold it up under the next.
#[test]
fn nobody_is_held_by_a_log_that_is_closed() {
    let home = Home::new();
    let server = home.server(["--appendfsync", "always"]).start();
    let mut client = server.connect();
    for index in 0..50 {
        assert!(!client.words(&format!("SET k {index}")).is_error());
    }
    assert!(!client.words("CONFIG SET appendonly no").is_error());
    assert_eq!(info(&mut client, "aof_enabled"), "0");
    assert!(!client.words("CONFIG SET appendonly yes").is_error());
    for index in 0..50 {
        assert!(!client.words(&format!("SET k {index}")).is_error());
    }
    await_info(&mut client, "aof_rewrites", "1");
    assert!(!client.words("SET k end").is_error());
    kill(server);
    let server = home.server([]).start();
    assert_eq!(server.connect().words("GET k").text(), Some(&b"end"[..]));
}

#[test]
fn a_log_that_is_switched_on_holds_what_was_there_before() {
    let home = Home::new();
    let dir = home.path().display().to_string();
    let server = Start::ruddle().args(["--dir", &dir]).start();
    let mut client = server.connect();
    client.words("SET before 1");
    client.words("CONFIG SET appendonly yes");
    assert_eq!(info(&mut client, "aof_enabled"), "1");
    client.words("SET meanwhile 2");
    await_info(&mut client, "aof_rewrites", "1");
    client.words("SET after 3");
    client.words("BGREWRITEAOF");
    client.words("INCR after");
    await_info(&mut client, "aof_rewrites", "2");
    client.words("INCR after");
    kill(server);
    let server = home.server([]).start();
    let values = server.connect().words("MGET before meanwhile after");
    assert_eq!(values.to_string(), "[\"1\" \"2\" \"5\"]");
}

#[test]
fn a_base_may_be_commands() {
    let home = Home::new();
    let args = ["--aof-use-rdb-preamble", "no", "--save", ""];
    let server = home.server(args).start();
    let mut client = server.connect();
    let numbers = |from: u32, to: u32| (from..to).map(|it| format!(" e{it}")).collect::<String>();
    for line in [
        format!("RPUSH list{}", numbers(0, 200)),
        format!("SADD set{}", numbers(0, 65)),
        "SADD ints 1 2 3".into(),
        format!("HSET hash{}", numbers(0, 400)),
        "HPEXPIREAT hash 4102444800000 FIELDS 2 e0 e2".into(),
        "ZADD zset 1.5 a -inf b 0.1 c".into(),
        format!("SET long {}", "x".repeat(700_000)),
        "PEXPIREAT long 4102444800001".into(),
        "XADD stream 5-1 f v g w".into(),
        "XADD stream 6-1 f v".into(),
        "XADD stream 7-1 f v".into(),
        "XDEL stream 7-1".into(),
        "XGROUP CREATE stream group 0".into(),
        "XREADGROUP GROUP group Ann STREAMS stream >".into(),
        "XGROUP CREATE empty group $ MKSTREAM".into(),
        "SELECT 3".into(),
        "SET there 1".into(),
    ] {
        let reply = client.words(&line);
        assert!(!reply.is_error(), "{line}: {reply}");
    }
    client.words("BGREWRITEAOF");
    await_info(&mut client, "aof_rewrites", "1");
    client.words("INCR there");
    let ask = |client: &mut Client| {
        let lines = [
            "DEBUG DIGEST",
            "HPEXPIRETIME hash FIELDS 3 e0 e2 e4",
            "PEXPIRETIME long",
            "XINFO STREAM stream",
            "XINFO GROUPS stream",
            "XPENDING stream group",
            "XINFO STREAM empty",
        ];
        client.words("SELECT 0");
        lines.map(|line| client.words(line).to_string())
    };
    let wanted = ask(&mut client);
    kill(server);
    let base = |ending: &str| {
        let mut files = std::fs::read_dir(home.path().join("appendonlydir")).unwrap();
        let ending = format!(".base{ending}");
        let path = files.find_map(|file| {
            let path = file.unwrap().path();
            path.to_string_lossy().ends_with(&ending).then_some(path)
        });
        std::fs::read(path.unwrap()).unwrap()
    };
    assert!(base(".aof").starts_with(b"#F:0,0,"));
    let server = home.server(args).start();
    let mut client = server.connect();
    assert_eq!(ask(&mut client), wanted);
    // The other way at run time.
    client.words("CONFIG SET aof-use-rdb-preamble yes");
    client.words("BGREWRITEAOF");
    await_info(&mut client, "aof_rewrites", "1");
    kill(server);
    assert!(base(".ruddle").starts_with(b"RUDDLE"));
    let server = home.server([]).start();
    assert_eq!(ask(&mut server.connect()), wanted);
}

/// As Redis does it, but Redis says nothing.
#[test]
fn a_snapshot_beside_a_new_log_is_not_loaded_and_that_is_told() {
    let home = Home::new();
    let dir = home.path().display().to_string();
    let server = Start::ruddle().args(["--dir", &dir]).start();
    let mut client = server.connect();
    client.words("SET k v");
    client.words("SAVE");
    drop(server);
    let server = home.server([]).start();
    assert_eq!(server.connect().words("DBSIZE").int(), Some(0));
    server.await_log("dump.rdb is NOT loaded");
}
