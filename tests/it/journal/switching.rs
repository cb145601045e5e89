//! The log is switched off and on, and is rewritten.

use super::{Home, await_info, info, kill};
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
