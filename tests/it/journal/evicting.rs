//! Keys that are evicted leave the log too, and leave although it cannot be written.

use super::failing::{cramped, relieve};
use super::{Home, await_info, info, kill};
use crate::harness::client::Client;

fn fill(client: &mut Client, keys: usize) {
    let value = "x".repeat(500);
    for first in (0..keys).step_by(100) {
        for key in first..first + 100 {
            client
                .send(&["SET", &format!("key{key}"), &value])
                .expect("sent");
        }
        for _ in 0..100 {
            assert!(!client.read().expect("a reply").is_error());
        }
    }
}

fn limit_to_now(client: &mut Client) {
    let text = client.words("INFO memory");
    let text = String::from_utf8_lossy(text.text().expect("text")).into_owned();
    let mut lines = text.lines();
    let used = lines.find_map(|line| line.strip_prefix("used_memory:"));
    let used = used.expect("used_memory").to_owned();
    let set = client.call(&["CONFIG", "SET", "maxmemory", &used]);
    assert!(!set.is_error(), "{set:?}");
}

#[test]
fn what_was_evicted_does_not_come_back() {
    let home = Home::new();
    let server = home
        .server(["--maxmemory-policy", "allkeys-lru", "--appendfsync", "no"])
        .start();
    let mut client = server.connect();
    fill(&mut client, 1000);
    limit_to_now(&mut client);
    fill(&mut client, 4000);
    // Else more may leave between the two questions.
    assert!(!client.words("CONFIG SET maxmemory 0").is_error());
    let (size, digest) = (client.words("DBSIZE"), client.words("DEBUG DIGEST"));
    assert!(size.int().is_some_and(|keys| keys < 1500), "{size:?}");
    kill(server);
    let server = home.server([]).start();
    let mut client = server.connect();
    assert_eq!(client.words("DBSIZE"), size);
    assert_eq!(client.words("DEBUG DIGEST"), digest);
}

#[test]
fn a_log_that_fails_keeps_no_key_from_leaving() {
    let home = Home::new();
    let args = [
        "--maxmemory-policy",
        "allkeys-random",
        "--appendfsync",
        "everysec",
    ];
    let server = cramped(&home, 64, &args);
    let mut client = server.connect();
    let mut control = server.connect();
    let value = "x".repeat(1000);
    for key in 0..100 {
        client
            .send(&["SET", &format!("k{key}"), &value])
            .expect("sent");
    }
    await_info(&mut control, "aof_last_write_status", "err");
    let before = control.words("DBSIZE").int().expect("a number");
    assert!(!control.words("CONFIG SET maxmemory 1").is_error());
    assert_eq!(control.words("DBSIZE").int(), Some(0), "of {before}");
    // Both refusals would be right; that of memory comes first, as in Redis.
    let refused = control.words("SET a b");
    assert!(refused.text().is_some_and(|text| text.starts_with(b"OOM ")));
    assert!(!control.words("CONFIG SET maxmemory 0").is_error());
    relieve(&server);
    await_info(&mut control, "aof_last_write_status", "ok");
    assert_eq!(info(&mut control, "aof_last_write_status"), "ok");
    let digest = control.words("DEBUG DIGEST");
    kill(server);
    let server = home.server([]).start();
    assert_eq!(server.connect().words("DEBUG DIGEST"), digest);
}
