//! Connections that break, end halfway or stop in the middle of a request, in whatever state their
//! clients are: nothing of them stays, and the others are served meanwhile.

use super::crowds::{crowd, nothing_is_left};
use super::subject;
use crate::harness::client::{Client, NoReply, encode};
use crate::harness::server::Server;
use crate::harness::wait_until;

/// How a connection ends.
const ENDS: [fn(Client); 3] = [drop, |mut client| client.end_sending(), Client::reset];

fn requests(lines: &[&str]) -> Vec<u8> {
    let words = |line: &&str| encode(&line.split(' ').collect::<Vec<_>>());
    lines.iter().flat_map(words).collect()
}

/// A client that has sent these lines.
fn who_sent(server: &Server, lines: &[&str]) -> Client {
    let mut client = Client::connect(&server.tcp());
    client.send_raw(&requests(lines)).expect("sent");
    client
}

/// Somebody else is served as if nothing were.
fn is_served(other: &mut Client) {
    assert_eq!(other.words("SET other 1").to_string(), "+OK");
    assert_eq!(other.words("GET other").to_string(), "\"1\"");
    assert_eq!(other.words("PUBLISH other x").to_string(), ":0");
    assert_eq!(other.words("DEL other").to_string(), ":1");
}

/// All replies until the connection is closed.
fn until_closed(client: &mut Client) -> Vec<String> {
    let mut replies = Vec::new();
    loop {
        match client.read() {
            Ok(reply) => replies.push(reply.to_string()),
            Err(why) => {
                assert_eq!(why, NoReply::Closed, "behind {replies:?}");
                return replies;
            }
        }
    }
}

#[test]
fn whoever_breaks_off_leaves_nothing_behind() {
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    let large = "x".repeat(3 << 20);
    assert_eq!(control.call(&["SET", "large", &large]).to_string(), "+OK");
    for _ in 0..4 {
        let clients = crowd(&server.tcp());
        wait_until("all wait who do", || {
            (control.info_number("clients", "blocked_clients") >= 4).then_some(())
        });
        is_served(&mut control);
        clients.into_iter().for_each(Client::reset);
        is_served(&mut control);
        nothing_is_left(&mut control);
    }
}

#[test]
fn whoever_vanishes_before_he_has_said_who_he_is_leaves_nothing() {
    let Some(start) = subject() else { return };
    let server = start.tcp().args(["--requirepass", "secret"]).start();
    let mut control = server.connect();
    assert_eq!(control.words("AUTH secret").to_string(), "+OK");
    for end in ENDS {
        let mut clients = Vec::new();
        for lines in [
            &[][..],
            &["PING"],
            &["AUTH wrong"],
            &["HELLO 3"],
            &["HELLO 3 AUTH default wrong", "MULTI", "SUBSCRIBE a"],
            &["AUTH secret", "RESET", "BLPOP none 0"],
            &["AUTH secret", "BLPOP none 0"],
            &["AUTH secret", "CLIENT TRACKING ON", "GET a"],
        ] {
            let mut client = who_sent(&server, lines);
            client
                .send_raw(b"*2\r\n$4\r\nAUTH\r\n$6\r\nsec")
                .expect("sent");
            clients.push(client);
        }
        wait_until("one waits", || {
            (control.info_number("clients", "blocked_clients") == 1).then_some(())
        });
        is_served(&mut control);
        clients.into_iter().for_each(end);
        nothing_is_left(&mut control);
    }
}

#[test]
fn either_end_of_a_redirection_may_vanish() {
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    for end in ENDS {
        let mut target = who_sent(&server, &["SUBSCRIBE __redis__:invalidate"]);
        assert!(!target.read().expect("a reply").is_error());
        let mut other = who_sent(&server, &["HELLO 3"]);
        assert!(!other.read().expect("a reply").is_error());
        let list = control.words("CLIENT LIST").to_string();
        let of_target = list
            .split("id=")
            .find(|line| line.contains("sub=1"))
            .expect("its line");
        let (id, _) = of_target.split_once(' ').expect("its id");
        for line in [
            &format!("CLIENT TRACKING ON REDIRECT {id}"),
            "GET a",
            "GET b",
        ] {
            assert!(!other.words(line).is_error());
        }
        assert_eq!(control.words("SET a 1").to_string(), "+OK");
        let told = r#"["message" "__redis__:invalidate" ["a"]]"#;
        assert_eq!(target.read().expect("an invalidation").to_string(), told);
        // The target goes: who redirects hears of it as soon as there is something to say.
        end(target);
        wait_until("it is gone", || {
            (control.info_number("clients", "connected_clients") == 2).then_some(())
        });
        assert_eq!(control.words("SET b 1").to_string(), "+OK");
        let broken = format!(r#">["tracking-redir-broken" :{id}]"#);
        assert_eq!(other.read().expect("a push").to_string(), broken);
        let info = other.words("CLIENT TRACKINGINFO").to_string();
        assert!(info.contains("broken_redirect"), "{info}");
        is_served(&mut control);
        end(other);
        nothing_is_left(&mut control);
    }
}

#[test]
fn who_ends_his_half_gets_the_replies_to_what_he_has_sent() {
    const COUNT: usize = 1000;
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    let mut client = who_sent(&server, &["PING"; COUNT]);
    client.end_sending();
    assert_eq!(until_closed(&mut client), vec!["+PONG"; COUNT]);
    nothing_is_left(&mut control);
}

#[test]
fn a_transaction_ends_with_the_half_that_could_execute_it() {
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    let lines = ["WATCH k", "MULTI", "SET k 1", "BLPOP none 0"];
    let mut client = who_sent(&server, &lines);
    client.end_sending();
    assert_eq!(
        until_closed(&mut client),
        ["+OK", "+OK", "+QUEUED", "+QUEUED"]
    );
    assert_eq!(control.words("EXISTS k").to_string(), ":0");
    nothing_is_left(&mut control);
}

/// What is no request ends the connection as soon as it is its turn, and nothing else.
#[test]
fn what_came_before_a_protocol_error_is_done() {
    const ERROR: &str = "-ERR Protocol error: invalid multibulk length";
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    for (lines, replies) in [
        (&["SET done 1", "PING"][..], &["+OK", "+PONG"][..]),
        (&["MULTI", "SET undone 1"], &["+OK", "+QUEUED"]),
        (
            &["WATCH a", "MULTI", "NOSUCH"],
            &["+OK", "+OK", r#"-"ERR unknown command"#],
        ),
        (&["SUBSCRIBE c"], &[r#"["subscribe" "c" :1]"#]),
        (&["CLIENT TRACKING ON", "GET a"], &["+OK", "$-1"]),
        (&["CLIENT REPLY SKIP", "SET silent 1", "PING"], &["+PONG"]),
        (&["MONITOR"], &["+OK"]),
    ] {
        let mut client = who_sent(&server, lines);
        client.send_raw(b"*x\r\nSET never 1\r\n").expect("sent");
        let told = until_closed(&mut client);
        assert_eq!(told.len(), replies.len() + 1, "{lines:?}: {told:?}");
        for (told, wanted) in told.iter().zip(replies.iter().chain([&ERROR])) {
            assert!(told.starts_with(wanted), "{lines:?}: {told}");
        }
        nothing_is_left(&mut control);
    }
    // Who waits hears of it when he waits no more.
    let mut client = who_sent(&server, &["BLPOP k 0"]);
    client.send_raw(b"*x\r\n").expect("sent");
    wait_until("it waits", || {
        (control.info_number("clients", "blocked_clients") == 1).then_some(())
    });
    assert_eq!(control.words("RPUSH k v").to_string(), ":1");
    assert_eq!(until_closed(&mut client), [r#"["k" "v"]"#, ERROR]);
    let there = control.words("EXISTS done silent undone never k");
    assert_eq!(there.to_string(), ":2");
    nothing_is_left(&mut control);
}

/// Requests that never end cost what they hold, and nobody else anything.
#[test]
fn requests_that_never_end_hold_up_nobody() {
    const EACH: usize = 100;
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    let pieces: [&[u8]; 6] = [
        b"*",
        b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nxxx",
        b"*1000000\r\n$1\r\nx\r\n",
        b"GET",
        b"SET k \"unfinished",
        &[b'x'; 60_000],
    ];
    let mut clients = Vec::new();
    for index in 0..pieces.len() * EACH {
        let mut client = Client::connect(&server.tcp());
        client.send_raw(pieces[index % pieces.len()]).expect("sent");
        clients.push(client);
    }
    wait_until("all have arrived", || {
        let list = control.words("CLIENT LIST").to_string();
        (list.matches("qbuf=60000").count() == EACH).then_some(())
    });
    is_served(&mut control);
    let held = control.info_number("memory", "mem_clients_normal");
    assert!(held > 60_000 * EACH as u64 && held < 30_000_000, "{held}");
    // They end as idle ones do.
    assert_eq!(control.words("CONFIG SET timeout 1").to_string(), "+OK");
    for client in &mut clients {
        wait_until("it is closed", || {
            // Who watches is not idle.
            is_served(&mut control);
            let limit = std::time::Duration::from_millis(100);
            (client.read_within(limit) == Err(NoReply::Closed)).then_some(())
        });
    }
    nothing_is_left(&mut control);
    let held = control.info_number("memory", "mem_clients_normal");
    assert!(held < 100_000, "{held}");
}

/// Nobody reads what SYNC sends, and then the connection is gone.
#[test]
fn a_replica_that_vanishes_leaves_nothing() {
    let Some(start) = subject() else { return };
    let server = start.tcp().start();
    let mut control = server.connect();
    control.words("DEBUG POPULATE 20000 key 1000");
    for (end, line) in ENDS.into_iter().zip(["SYNC", "PSYNC ? -1", "SYNC"]) {
        let mut client = who_sent(&server, &[line]);
        // Its first bytes, not all of it.
        let _ = client.read_within(std::time::Duration::from_millis(1));
        is_served(&mut control);
        end(client);
        nothing_is_left(&mut control);
        wait_until("no replica", || {
            (control.info_number("replication", "connected_slaves") == 0).then_some(())
        });
    }
}
