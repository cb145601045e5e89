//! Many clients at once, what they may hold together, and clients that vanish in whatever state they
//! are: nothing of them may stay.

use super::subject;
use crate::harness::client::{Address, Client, NoReply, encode};
use crate::harness::reply::Reply;
use crate::harness::wait_until;

/// The beginning of a SET whose value does not come to its end.
fn unfinished(bytes: usize) -> Vec<u8> {
    let mut request = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000000\r\n".to_vec();
    request.resize(request.len() + bytes, b'x');
    request
}

fn evicted(control: &mut Client) -> u64 {
    control.info_number("stats", "evicted_clients")
}

#[test]
fn the_largest_client_goes_when_all_hold_too_much() {
    let Some(start) = subject() else { return };
    let limit = ["--maxmemory-clients", "20mb"];
    let server = start.args(limit).start();
    let mut control = server.connect();
    let mut clients: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    // 5 and 12 MB are allowed together; not with another 6.
    for (client, megabytes) in clients.iter_mut().zip([5, 12]) {
        client.send_raw(&unfinished(megabytes << 20)).unwrap();
    }
    wait_until("both have arrived", || {
        let list = control.words("CLIENT LIST").to_string();
        let bytes = list.split([' ', '\n']).filter_map(|word| {
            let bytes = word.strip_prefix("tot-mem=")?;
            bytes.parse::<usize>().ok()
        });
        (bytes.sum::<usize>() > 17 << 20).then_some(())
    });
    assert_eq!(evicted(&mut control), 0);
    clients[2].send_some(&unfinished(6 << 20));
    wait_until("one has gone", || {
        (evicted(&mut control) == 1).then_some(())
    });
    assert!(clients[1].closes());
    assert_eq!(control.words("PING").to_string(), "+PONG");
    // The others are still there.
    assert_eq!(control.info_number("clients", "connected_clients"), 3);
}

#[test]
fn who_must_not_be_evicted_stays_and_counts() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let (mut control, mut spared) = (server.connect(), server.connect());
    for client in [&mut control, &mut spared] {
        assert_eq!(client.words("CLIENT NO-EVICT ON").to_string(), "+OK");
    }
    spared.send_raw(&unfinished(8 << 20)).unwrap();
    let mut small = server.connect();
    assert_eq!(small.words("PING").to_string(), "+PONG");
    wait_until("it has arrived", || {
        let list = control.words("CLIENT LIST").to_string();
        list.contains(" argv-mem=8").then_some(())
    });
    // The limit comes later, and is a share of another.
    assert_eq!(
        control
            .words("CONFIG SET maxmemory 100mb maxmemory-clients 5%")
            .to_string(),
        "+OK"
    );
    assert!(small.closes());
    wait_until("nobody else", || (evicted(&mut control) == 1).then_some(()));
    assert_eq!(control.info_number("clients", "connected_clients"), 2);
    assert_eq!(
        control.words("CONFIG SET maxmemory-clients 0").to_string(),
        "+OK"
    );
    let mut other = server.connect();
    assert_eq!(other.words("PING").to_string(), "+PONG");
}

#[test]
fn output_that_is_not_fetched_counts() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxmemory-clients", "10mb"]).start();
    let mut control = server.connect();
    let value = "x".repeat(1 << 20);
    assert_eq!(control.call(&["SET", "k", &value]).to_string(), "+OK");
    let mut reader = server.connect();
    reader.send_raw(&encode(&["GET", "k"]).repeat(20)).unwrap();
    wait_until("it is gone", || (evicted(&mut control) == 1).then_some(()));
    let mut left = Ok(Reply::Int(0));
    while left.is_ok() {
        left = reader.read();
    }
    assert_eq!(left, Err(NoReply::Closed));
}

/// What a client sends before it vanishes, and whether its replies are read first.
const STATES: &[(&str, &[&str])] = &[
    ("in a transaction", &["WATCH a b", "MULTI", "SET a 1"]),
    ("spoilt", &["MULTI", "NOSUCH", "SET a 1"]),
    ("waiting", &["BLPOP none 0"]),
    ("waiting for a while", &["BLPOP none other 100"]),
    ("waiting for a stream", &["XREAD BLOCK 0 STREAMS none $"]),
    ("waiting for replicas", &["WAIT 1 0"]),
    ("waiting in vain", &["MULTI", "BLPOP none 0", "EXEC"]),
    ("subscribed", &["SUBSCRIBE c d", "PSUBSCRIBE c* d*"]),
    ("subscribed to a shard", &["SSUBSCRIBE s"]),
    ("tracking", &["HELLO 3", "CLIENT TRACKING ON", "MGET a b c"]),
    (
        "broadcasting",
        &["HELLO 3", "CLIENT TRACKING ON BCAST PREFIX a PREFIX b"],
    ),
    (
        "choosing",
        &["CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES"],
    ),
    ("watching", &["WATCH a b c"]),
    ("monitoring", &["MONITOR"]),
    ("silent", &["CLIENT REPLY OFF", "SET a 1"]),
    ("skipping", &["CLIENT REPLY SKIP"]),
    ("leaving", &["SET a 1", "QUIT"]),
    (
        "with much to read",
        &["GET large", "GET large", "GET large"],
    ),
];

/// What there is in INFO of clients and of what they left behind.
const TRACES: &[(&str, &str, u64)] = &[
    ("clients", "connected_clients", 1),
    ("clients", "blocked_clients", 0),
    ("clients", "tracking_clients", 0),
    ("clients", "pubsub_clients", 0),
    ("clients", "watching_clients", 0),
    ("clients", "clients_in_timeout_table", 0),
    ("clients", "total_watched_keys", 0),
    ("clients", "total_blocking_keys", 0),
    ("stats", "tracking_total_keys", 0),
    ("stats", "tracking_total_items", 0),
    ("stats", "tracking_total_prefixes", 0),
    ("stats", "pubsub_channels", 0),
    ("stats", "pubsub_patterns", 0),
    ("stats", "pubsubshard_channels", 0),
];

pub(super) fn nothing_is_left(control: &mut Client) {
    for (section, field, wanted) in TRACES {
        wait_until(&format!("{field} to be {wanted}"), || {
            (control.info_number(section, field) == *wanted).then_some(())
        });
    }
}

/// Clients in every state, and some that stop in the middle of a request.
pub(super) fn crowd(address: &Address) -> Vec<Client> {
    let states = STATES.iter().map(|(_, lines)| {
        let words = |line: &&str| encode(&line.split(' ').collect::<Vec<_>>());
        lines.iter().flat_map(words).collect::<Vec<u8>>()
    });
    let pieces = [&b"*3\r\n$3\r\nSE"[..], b"GE", b"*1000\r\n$1\r\nx\r\n", b"*"];
    let pieces = pieces.iter().map(|piece| piece.to_vec());
    let large = [unfinished(100_000), unfinished(1_000_000)];
    let mut clients = Vec::new();
    for bytes in states.chain(pieces).chain(large) {
        let mut client = Client::connect(address);
        client.send_raw(&bytes).unwrap();
        clients.push(client);
    }
    clients
}

#[test]
fn whoever_vanishes_leaves_nothing_behind() {
    const ROUNDS: usize = 6;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let large = "x".repeat(3 << 20);
    assert_eq!(control.call(&["SET", "large", &large]).to_string(), "+OK");
    let mut held = Vec::new();
    for round in 0..ROUNDS {
        let mut clients = crowd(&server.unix());
        wait_until("all wait who do", || {
            (control.info_number("clients", "blocked_clients") >= 4).then_some(())
        });
        if round % 2 == 1 {
            // Half of the connection goes first.
            for client in &mut clients {
                client.end_sending();
            }
        }
        if round % 3 == 2 {
            // Somebody does what concerns them while they go.
            for line in ["SET a 2", "PUBLISH c m", "FLUSHALL", "RPUSH none 1 2 3"] {
                assert!(!control.words(line).is_error());
            }
            assert_eq!(control.call(&["SET", "large", &large]).to_string(), "+OK");
        }
        drop(clients);
        nothing_is_left(&mut control);
        let _ = control.words("DEL a none");
        held.push(control.info_number("memory", "used_memory"));
    }
    // Buffers are kept for the next ones, but no more with each round.
    let growth = held[ROUNDS - 1].saturating_sub(held[1]);
    assert!(growth < 300_000, "used_memory after each round: {held:?}");
}

#[test]
fn whoever_waits_for_the_end_of_a_pause_can_vanish() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    // A pause of all ends by itself: nobody else could end it.
    for (mode, ms) in [("WRITE", 100_000), ("ALL", 300)] {
        let mut clients: Vec<Client> = (0..20).map(|_| server.connect()).collect();
        let pause = format!("CLIENT PAUSE {ms} {mode}");
        assert_eq!(control.words(&pause).to_string(), "+OK");
        for client in &mut clients {
            client.send(&["SET", "k", "v"]).unwrap();
            client.send(&["PING"]).unwrap();
        }
        if mode == "WRITE" {
            wait_until("they wait", || {
                let waiting = control.info_number("clients", "blocked_clients");
                (waiting == 20).then_some(())
            });
        }
        clients.truncate(10);
        if mode == "WRITE" {
            assert_eq!(control.words("CLIENT UNPAUSE").to_string(), "+OK");
        }
        for client in &mut clients {
            assert_eq!(client.read(), Ok(Reply::Simple(b"OK".to_vec())));
            assert_eq!(client.read(), Ok(Reply::Simple(b"PONG".to_vec())));
        }
        drop(clients);
        nothing_is_left(&mut control);
    }
}
