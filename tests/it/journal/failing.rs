//! A log that cannot be written: here, because files may not grow.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Home, await_info, info, kill};
use crate::harness::client::Client;
use crate::harness::server::{Server, Start};
use crate::harness::wait_until;

/// A server whose files may have so many kilobytes; writing more fails and does not kill.
pub(super) fn cramped(home: &Home, kilobytes: u32, args: &[&str]) -> Server {
    let script = home.path().join("cramped");
    let text = format!(
        "#!/bin/bash\ntrap '' XFSZ\nulimit -S -f {kilobytes}\nexec {} \"$@\"\n",
        crate::harness::server::RUDDLE
    );
    std::fs::write(&script, text).expect("the script");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&script, executable).expect("an executable script");
    Start::command(&script.display().to_string())
        .args(["--dir", &home.path().display().to_string()])
        .args(["--appendonly", "yes"])
        .args(args)
        .start()
}

/// Files may grow again.
pub(super) fn relieve(server: &Server) {
    let pid = server.process_id().to_string();
    let status = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status();
    assert!(status.expect("prlimit").success());
}

#[test]
fn writes_are_refused_and_reads_go_on_until_it_can_be_written_again() {
    for policy in ["always", "everysec"] {
        let home = Home::new();
        let server = cramped(&home, 64, &["--appendfsync", policy]);
        let mut client = server.connect();
        let mut reader = server.connect();
        let value = "x".repeat(1000);
        let mut acknowledged = 0;
        // The reply of the one that failed is held until it is safe.
        let mut asked = 0;
        loop {
            client
                .send(&["SET", &format!("k{asked}"), &value])
                .expect("sent");
            asked += 1;
            let replied = wait_until("a reply, or a failure", || {
                match info(&mut reader, "aof_last_write_status").as_str() {
                    "ok" => client
                        .read_within(std::time::Duration::from_millis(5))
                        .ok()
                        .map(Some),
                    _ => Some(None),
                }
            });
            match replied {
                Some(reply) => assert!(!reply.is_error(), "{reply:?}"),
                None => break,
            }
            acknowledged += 1;
        }
        assert!(acknowledged > 10);
        let refusal = "MISCONF Errors writing to the AOF file: File too large";
        for refused in ["SET a b", "PING"] {
            let reply = reader.words(refused);
            assert_eq!(
                reply.text().map(String::from_utf8_lossy).as_deref(),
                Some(refusal)
            );
        }
        assert_eq!(reader.words("GET k0").text(), Some(value.as_bytes()));
        server.await_log("Error writing to the AOF file: File too large");
        relieve(&server);
        await_info(&mut reader, "aof_last_write_status", "ok");
        assert!(!client.read().expect("the reply that was held").is_error());
        assert!(!client.words("SET last 1").is_error());
        kill(server);
        let server = home.server([]).start();
        let mut client = server.connect();
        assert_eq!(
            client.words(&format!("EXISTS last k{}", asked - 1)).int(),
            Some(2)
        );
        assert_eq!(client.words("DBSIZE").int(), Some(asked + 1));
    }
}

/// In whatever way they go, and whatever they did: what was to be written is written.
#[test]
fn who_vanishes_while_a_reply_is_held_leaves_nothing() {
    let home = Home::new();
    let server = cramped(&home, 64, &["--appendfsync", "always"]);
    let mut reader = server.connect();
    let large = "x".repeat(100_000);
    let mut held: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    held[0].send(&["SET", "large", &large]).expect("sent");
    await_info(&mut reader, "aof_last_write_status", "err");
    // Who only reads what is not written yet waits, too.
    for (client, line) in held[1..]
        .iter_mut()
        .zip(["GET large", "MULTI", "SUBSCRIBE c"])
    {
        client
            .send(&line.split(' ').collect::<Vec<_>>())
            .expect("sent");
    }
    held[1].end_sending();
    drop(held);
    wait_until("they have gone", || {
        (reader.info_number("clients", "connected_clients") == 1).then_some(())
    });
    assert_eq!(reader.info_number("clients", "blocked_clients"), 0);
    assert_eq!(reader.info_number("stats", "pubsub_channels"), 0);
    relieve(&server);
    await_info(&mut reader, "aof_last_write_status", "ok");
    assert_eq!(reader.words("STRLEN large").int(), Some(100_000));
    assert!(!reader.words("SET k v").is_error());
    kill(server);
    let server = home.server([]).start();
    assert_eq!(server.connect().words("STRLEN large").int(), Some(100_000));
}

#[test]
fn who_waits_for_a_disk_that_stays_full_is_cut_off() {
    let home = Home::new();
    let server = cramped(&home, 16, &["--appendfsync", "everysec"]);
    let (mut client, mut other) = (server.connect(), server.connect());
    client
        .send(&["SET", "k", &"x".repeat(100_000)])
        .expect("sent");
    assert!(client.closes());
    server.await_log("clients are cut off");
    // Who did nothing of the kind is served.
    assert!(!other.words("GET k").is_error());
    assert!(other.words("SET k 1").is_error());
}

#[test]
fn a_server_does_not_end_while_its_log_is_not_written_unless_it_is_forced_to() {
    let home = Home::new();
    let mut server = cramped(&home, 16, &["--appendfsync", "everysec"]);
    let mut client = server.connect();
    let mut other = server.connect();
    client
        .send(&["SET", "k", &"x".repeat(100_000)])
        .expect("sent");
    await_info(&mut other, "aof_last_write_status", "err");
    for command in ["SHUTDOWN", "SHUTDOWN NOSAVE"] {
        let reply = other.words(command);
        let text = reply.text().map(String::from_utf8_lossy);
        assert_eq!(
            text.as_deref(),
            Some("ERR Errors trying to SHUTDOWN. Check logs.")
        );
    }
    server.signal("TERM");
    server.await_log("can't exit");
    assert!(!other.words("GET k").is_error());
    other.send(&["SHUTDOWN", "NOSAVE", "FORCE"]).expect("sent");
    server.wait();
    // Nobody was told that it was done.
    assert!(client.closes());
}
