//! Clients that wait for keys: many of them, for long, and some that do not wait any longer.

use std::time::{Duration, Instant};

use super::subject;
use crate::harness::client::{Client, encode};
use crate::harness::server::Server;
use crate::harness::wait_until;

/// Waits until the server counts so many blocked clients.
fn await_blocked(control: &mut Client, count: usize) {
    wait_until("clients that wait", || {
        (control.info_number("clients", "blocked_clients") == count as u64).then_some(())
    });
}

/// A new client that waits for `k`, behind `before` others.
fn waiting(server: &Server, control: &mut Client, before: usize) -> Client {
    let mut client = server.connect();
    client.send(&["BLPOP", "k", "0"]).unwrap();
    await_blocked(control, before + 1);
    client
}

#[test]
fn a_thousand_are_served_in_order_of_arrival() {
    const CLIENTS: usize = 1000;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send(&["BLPOP", "other", "k", "0"]).unwrap();
        // Now and then only: the order in which the server reads is that in which it was sent.
        if index % 100 == 99 {
            await_blocked(&mut control, index + 1);
        }
    }
    let mut push = vec!["RPUSH".to_owned(), "k".to_owned()];
    push.extend((0..CLIENTS).map(|item| item.to_string()));
    assert_eq!(control.call(&push).to_string(), format!(":{CLIENTS}"));
    let mut items = Vec::new();
    for client in &mut clients {
        let reply = client.read().unwrap().to_string();
        let item = reply.rsplit('"').nth(1).unwrap();
        items.push(item.parse::<usize>().unwrap());
    }
    assert_eq!(control.words("EXISTS k other").to_string(), ":0");
    // Within a hundred, another may have been read first.
    for (hundred, items) in items.chunks(100).enumerate() {
        let mut items = items.to_vec();
        items.sort_unstable();
        let expected: Vec<usize> = (hundred * 100..(hundred + 1) * 100).collect();
        assert_eq!(items, expected);
    }
}

/// Redis may give it away.
#[test]
fn nothing_is_lost_to_who_has_gone() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    for _ in 0..300 {
        let mut client = waiting(&server, &mut control, 0);
        // Not by `drop` alone: a child of another test may hold the socket for a moment.
        client.end_sending();
        drop(client);
        assert_eq!(control.words("RPUSH k v").to_string(), ":1");
        assert_eq!(control.words("LPOP k").to_string(), r#""v""#);
        await_blocked(&mut control, 0);
    }
}

/// Whatever it sent before it left.
#[test]
fn who_sends_no_more_waits_no_more() {
    for request in [
        encode(&["PING"]),
        encode(&["ECHO", &"x".repeat(60_000)]).repeat(100),
    ] {
        let Some(start) = subject() else { return };
        let server = start.start();
        let mut control = server.connect();
        let mut client = waiting(&server, &mut control, 0);
        let mut next = waiting(&server, &mut control, 1);
        // What does not fit into the socket's buffers is not read while it waits.
        client.send_some(&request);
        client.end_sending();
        await_blocked(&mut control, 1);
        assert_eq!(control.words("RPUSH k v").to_string(), ":1");
        assert_eq!(next.read().unwrap().to_string(), r#"["k" "v"]"#);
        assert!(client.closes());
    }
}

#[test]
fn the_end_right_behind_a_blocking_command_is_seen() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    for _ in 0..50 {
        let mut client = server.connect();
        let requests = [encode(&["PING"]), encode(&["BLPOP", "k", "0"])].concat();
        client.send_raw(&requests).unwrap();
        client.end_sending();
        assert_eq!(client.read().unwrap().to_string(), "+PONG");
        assert!(client.closes());
        assert_eq!(control.words("RPUSH k v").to_string(), ":1");
        assert_eq!(control.words("DEL k").to_string(), ":1");
    }
    await_blocked(&mut control, 0);
}

#[test]
fn no_timeout_but_its_own_ends_a_wait() {
    let Some(start) = subject() else { return };
    let server = start.args(["--timeout", "1"]).start();
    let mut control = server.connect();
    let mut client = waiting(&server, &mut control, 0);
    let mut idle = server.connect();
    wait_until("an idle client is closed", || {
        assert_eq!(control.info_number("clients", "blocked_clients"), 1);
        let closed = control.info_number("clients", "connected_clients") == 2;
        closed.then_some(())
    });
    assert!(idle.closes());
    assert_eq!(control.words("RPUSH k v").to_string(), ":1");
    assert_eq!(client.read().unwrap().to_string(), r#"["k" "v"]"#);
}

#[test]
fn a_timeout_comes_neither_early_nor_by_asking_often() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut client = server.connect();
    for (timeout, ms) in [("0.03", 30), ("0.0301", 31), ("0.001", 1), ("0.3", 300)] {
        let cycles = || server.connect().info_number("stats", "eventloop_cycles");
        let is_counted = {
            let info = control.words("INFO stats").to_string();
            info.contains("eventloop_cycles")
        };
        let before = if is_counted { cycles() } else { 0 };
        let started = Instant::now();
        client.send(&["BLPOP", "k", timeout]).unwrap();
        assert_eq!(client.read().unwrap().to_string(), "*-1");
        let elapsed = started.elapsed();
        assert!(
            elapsed >= Duration::from_millis(ms),
            "{timeout}: {elapsed:?}"
        );
        if is_counted {
            let turns = cycles() - before;
            // Ten a second by themselves, some for the connections.
            let most = 20 + elapsed.as_millis() as u64 / 20;
            assert!(turns <= most, "{turns} in {elapsed:?}");
        }
    }
}

#[test]
fn waits_end_in_the_order_of_their_timeouts() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut clients: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        let timeout = format!("0.{:03}", 200 + (index * 7) % 100);
        client.send(&["BLPOP", "k", &timeout]).unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.read().unwrap().to_string(), "*-1");
    }
    await_blocked(&mut control, 0);
    assert_eq!(control.words("RPUSH k v").to_string(), ":1");
    assert_eq!(control.words("LLEN k").to_string(), ":1");
}

#[test]
fn one_can_wait_for_ten_thousand_keys() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut request = vec!["BLPOP".to_owned()];
    request.extend((0..10_000).map(|key| format!("key{key}")));
    request.push("0".to_owned());
    let mut clients = [server.connect(), server.connect()];
    for (before, client) in clients.iter_mut().enumerate() {
        client.send(&request).unwrap();
        await_blocked(&mut control, before + 1);
    }
    assert_eq!(control.words("RPUSH key9999 a b").to_string(), ":2");
    assert_eq!(clients[0].read().unwrap().to_string(), r#"["key9999" "a"]"#);
    assert_eq!(clients[1].read().unwrap().to_string(), r#"["key9999" "b"]"#);
    // Nobody stands in the other queues any more.
    assert_eq!(control.words("RPUSH key0 c").to_string(), ":1");
    assert_eq!(control.words("LLEN key0").to_string(), ":1");
}

#[test]
fn those_who_wait_do_not_hold_up_the_end() {
    let Some(start) = subject() else { return };
    let mut server = start.start();
    let mut control = server.connect();
    let mut client = waiting(&server, &mut control, 0);
    control.send(&["SHUTDOWN", "NOSAVE"]).unwrap();
    assert!(server.wait().success());
    assert!(client.closes());
}

/// A chain of moves as long as there are clients, set off by one push: no recursion.
#[test]
fn a_chain_of_a_thousand_moves() {
    const CLIENTS: usize = 1000;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        let (from, to) = (format!("k{index}"), format!("k{}", index + 1));
        let request = ["BLMOVE", &from, &to, "LEFT", "RIGHT", "0"];
        client.send(&request).unwrap();
    }
    await_blocked(&mut control, CLIENTS);
    assert_eq!(control.words("RPUSH k0 x").to_string(), ":1");
    for client in &mut clients {
        assert_eq!(client.read().unwrap().to_string(), r#""x""#);
    }
    let last = format!("LRANGE k{CLIENTS} 0 -1");
    assert_eq!(control.words(&last).to_string(), r#"["x"]"#);
    assert_eq!(control.words("DBSIZE").to_string(), ":1");
}
