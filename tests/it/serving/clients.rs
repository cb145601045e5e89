//! What clients do to each other, and to themselves.

use super::subject;
use crate::harness::client::{Client, NoReply, encode};
use crate::harness::reply::Reply;
use crate::harness::wait_until;

#[test]
fn a_password_that_is_taken_away_is_asked_of_nobody() {
    let Some(start) = subject() else { return };
    let server = start.args(["--requirepass", "secret"]).start();
    let mut waiting = server.connect();
    assert!(waiting.words("PING").is_error());
    let mut control = server.connect();
    assert_eq!(control.words("AUTH secret").to_string(), "+OK");
    let taken = control.call(&["CONFIG", "SET", "requirepass", ""]);
    assert_eq!(taken.to_string(), "+OK");
    assert_eq!(waiting.words("PING").to_string(), "+PONG");
}

#[test]
fn all_clients_of_a_unix_socket_share_its_address() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let list = control.words("CLIENT LIST").to_string();
    let address = list.split(' ').find_map(|word| word.strip_prefix("addr="));
    let address = address.unwrap().to_owned();
    let mut others = [server.connect(), server.connect(), server.connect()];
    for other in &mut others {
        assert_eq!(other.words("PING").to_string(), "+PONG");
    }
    let killed = control.call(&["CLIENT", "KILL", &address]);
    assert_eq!(killed.to_string(), "+OK");
    assert!(control.closes());
    assert!(others.iter_mut().all(Client::closes));
}

#[test]
fn who_wants_no_replies_is_not_told_of_a_protocol_error_either() {
    for mode in ["OFF", "SKIP"] {
        let Some(start) = subject() else { return };
        let server = start.start();
        let mut client = server.connect();
        client.send(&["CLIENT", "REPLY", mode]).unwrap();
        client.send_raw(b"*1\r\n+1\r\n").unwrap();
        // Some peers leave such a connection open.
        let left = client.read();
        assert!(
            matches!(left, Err(NoReply::Closed | NoReply::Timeout)),
            "{left:?}"
        );
    }
}

#[test]
fn a_last_reply_that_is_not_fetched_is_not_waited_for_longer_than_the_timeout() {
    let Some(start) = subject() else { return };
    let server = start.args(["--timeout", "1"]).start();
    let mut control = server.connect();
    assert_eq!(
        control
            .call(&["SET", "k", &"x".repeat(20_000_000)])
            .to_string(),
        "+OK"
    );
    let mut client = server.connect();
    let requests = [encode(&["GET", "k"]), encode(&["QUIT"])].concat();
    client.send_raw(&requests).unwrap();
    wait_until("it is served", || {
        let list = control.words("CLIENT LIST").to_string();
        list.contains("cmd=quit").then_some(())
    });
    wait_until("it is closed", || {
        let list = control.words("CLIENT LIST").to_string();
        (list.matches(" addr=").count() == 1).then_some(())
    });
}

/// One that keeps a window of requests under way never has everything, and for long.
#[test]
fn replies_that_were_sent_are_not_kept_while_others_wait() {
    const WINDOW: usize = 600;
    const REPLIES: usize = 12_000;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let value = "x".repeat(10_000);
    assert_eq!(control.call(&["SET", "k", &value]).to_string(), "+OK");
    let mut client = server.connect();
    let request = encode(&["GET", "k"]);
    client.send_raw(&request.repeat(WINDOW)).unwrap();
    for turn in 0..REPLIES {
        assert_eq!(client.read(), Ok(Reply::Bulk(value.clone().into_bytes())));
        client.send_raw(&request).unwrap();
        if turn % 1000 == 999 {
            let list = control.words("CLIENT LIST").to_string();
            let bytes = list.split([' ', '\n']).filter_map(|word| {
                let bytes = word.strip_prefix("tot-mem=")?;
                bytes.parse::<usize>().ok()
            });
            let most = bytes.max().unwrap();
            assert!(most < 40_000_000, "after {turn}: {most}");
        }
    }
}

#[test]
fn no_more_is_executed_for_a_client_over_its_limit() {
    let Some(start) = subject() else { return };
    let limit = ["--client-output-buffer-limit", "normal", "1mb", "0", "0"];
    let server = start.args(limit).start();
    let mut client = server.connect();
    let _ = client.send_raw(&b"COMMAND DOCS\r\n".repeat(4000));
    let log = wait_until("it is closed", || {
        let log = server.log();
        log.contains("output buffer limits").then_some(log)
    });
    let held = log.split("omem=").nth(1).unwrap_or_default();
    let held: String = held.chars().take_while(char::is_ascii_digit).collect();
    let held: usize = held.parse().unwrap();
    assert!(held < 8_000_000, "{held}");
}

#[test]
fn an_end_that_was_asked_for_cannot_be_called_off_behind_its_back() {
    let Some(start) = subject() else { return };
    let mut server = start.start();
    let mut client = server.connect();
    let requests = [
        encode(&["SHUTDOWN", "NOSAVE"]),
        encode(&["SHUTDOWN", "ABORT"]),
    ];
    client.send_raw(&requests.concat()).unwrap();
    assert!(server.wait().success());
}

#[test]
fn who_waits_for_the_end_of_a_pause_is_shown_as_blocked() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let (mut control, mut waiting) = (server.connect(), server.connect());
    assert_eq!(
        control.words("CLIENT PAUSE 100000 WRITE").to_string(),
        "+OK"
    );
    waiting.send(&["SET", "k", "v"]).unwrap();
    wait_until("it is blocked", || {
        let info = control.words("INFO clients").to_string();
        info.contains("blocked_clients:1").then_some(())
    });
    let list = control.words("CLIENT LIST").to_string();
    assert!(
        list.contains(" flags=bU ") || list.contains(" flags=b "),
        "{list}"
    );
    drop(waiting);
    wait_until("it is gone", || {
        let info = control.words("INFO clients").to_string();
        info.contains("blocked_clients:0").then_some(())
    });
}

#[test]
fn data_does_not_change_by_itself_during_a_pause() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut client = server.connect();
    assert_eq!(client.words("SET k v PX 100").to_string(), "+OK");
    assert_eq!(client.words("CLIENT PAUSE 100000 WRITE").to_string(), "+OK");
    assert_eq!(client.words("DBSIZE").to_string(), ":1");
    // A key that is due goes within a tenth of a second otherwise.
    let uptime = |client: &mut Client| {
        let info = client.words("INFO server").to_string();
        let uptime = info.split("uptime_in_seconds:").nth(1).unwrap();
        uptime[..uptime.find(|c: char| !c.is_ascii_digit()).unwrap()]
            .parse::<u64>()
            .unwrap()
    };
    let started = uptime(&mut client);
    wait_until("time passes", || {
        (uptime(&mut client) > started + 1).then_some(())
    });
    // It is not seen any more, but it is there.
    assert_eq!(client.words("GET k").to_string(), "$-1");
    assert_eq!(client.words("DBSIZE").to_string(), ":1");
    assert_eq!(client.words("CLIENT UNPAUSE").to_string(), "+OK");
    wait_until("it is gone", || {
        (client.words("DBSIZE").to_string() == ":0").then_some(())
    });
}

#[test]
fn a_silent_client_keeps_no_room_for_input() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let (mut control, mut client) = (server.connect(), server.connect());
    let request = encode(&["SET", "k", &"x".repeat(250_000)]);
    client.send_raw(&[&request[..], b"*"].concat()).unwrap();
    assert_eq!(client.read(), Ok(Reply::Simple(b"OK".to_vec())));
    wait_until("the room is given back", || {
        let list = control.words("CLIENT LIST").to_string();
        let one = list.split("id=").find(|line| line.contains("cmd=set"))?;
        let held = one.split("tot-mem=").nth(1)?.split(' ').next()?;
        (held.parse::<usize>().ok()? < 30_000).then_some(())
    });
    client.send_raw(b"1\r\n$4\r\nPING\r\n").unwrap();
    assert_eq!(client.read(), Ok(Reply::Simple(b"PONG".to_vec())));
}
