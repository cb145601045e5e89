//! A thousand clients and ten thousand, in every state at once; half of them vanish at once.

use super::crowds::nothing_is_left;
use super::limits::room_for;
use super::subject;
use crate::harness::client::{Client, encode};
use crate::harness::reply::Reply;
use crate::harness::server::Server;
use crate::harness::wait_until;

/// What client `number` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connected,
    Subscribed,
    Waiting,
    InMulti,
    Tracking,
}

const STATES: [State; 5] = [
    State::Connected,
    State::Subscribed,
    State::Waiting,
    State::InMulti,
    State::Tracking,
];

/// Different keys that are watched and tracked.
const KEYS: usize = 100;

fn key(number: usize) -> String {
    format!("key:{}", number % KEYS)
}

impl State {
    fn of(number: usize) -> State {
        // Each key has clients in all states.
        STATES[number / KEYS % STATES.len()]
    }

    fn requests(self, number: usize) -> Vec<Vec<u8>> {
        let key = key(number);
        match self {
            State::Connected => vec![encode(&["PING"])],
            State::Subscribed => vec![
                encode(&["SUBSCRIBE", "news"]),
                encode(&["PSUBSCRIBE", &format!("own:{number}:*")]),
            ],
            State::Waiting => vec![encode(&["BLPOP", "none", "queue", "0"])],
            State::InMulti => vec![
                encode(&["WATCH", &key]),
                encode(&["MULTI"]),
                encode(&["INCR", "count"]),
            ],
            State::Tracking => vec![
                encode(&["HELLO", "3"]),
                encode(&["CLIENT", "TRACKING", "ON"]),
                encode(&["GET", &key]),
            ],
        }
    }
}

struct Crowd {
    clients: Vec<(usize, Client)>,
}

impl Crowd {
    /// Everybody sends before anybody reads.
    fn come(server: &Server, count: usize) -> Crowd {
        let clients = (0..count).map(|number| (number, server.connect()));
        let mut clients: Vec<_> = clients.collect();
        for (number, client) in &mut clients {
            let requests = State::of(*number).requests(*number);
            client.send_raw(&requests.concat()).expect("sent");
        }
        for (number, client) in &mut clients {
            let state = State::of(*number);
            let replies = state.requests(*number).len();
            for _ in 0..if state == State::Waiting { 0 } else { replies } {
                let reply = client.read().expect("a reply");
                assert!(!reply.is_error(), "{state:?}: {reply}");
            }
        }
        Crowd { clients }
    }

    fn in_state(&mut self, state: State) -> impl Iterator<Item = &mut (usize, Client)> {
        let clients = self.clients.iter_mut();
        clients.filter(move |(number, _)| State::of(*number) == state)
    }

    fn count(&self, state: State) -> u64 {
        let numbers = self.clients.iter().map(|(number, _)| *number);
        numbers.filter(|number| State::of(*number) == state).count() as u64
    }

    /// What INFO and CLIENT LIST say is true.
    fn is_counted(&self, control: &mut Client) {
        let all = self.clients.len() as u64 + 1;
        let count = |state| self.count(state);
        let fields = [
            ("clients", "connected_clients", all),
            ("clients", "pubsub_clients", count(State::Subscribed)),
            ("stats", "pubsub_patterns", count(State::Subscribed)),
            ("clients", "blocked_clients", count(State::Waiting)),
            ("clients", "watching_clients", count(State::InMulti)),
            ("clients", "tracking_clients", count(State::Tracking)),
        ];
        for (section, field, wanted) in fields {
            wait_until(&format!("{field} to be {wanted}"), || {
                (control.info_number(section, field) == wanted).then_some(())
            });
        }
        let list = control.words("CLIENT LIST");
        let list = String::from_utf8_lossy(list.text().expect("a text"));
        let flags = list.lines().filter_map(|line| {
            let (_, rest) = line.split_once(" flags=")?;
            rest.split(' ').next()
        });
        let flags: Vec<&str> = flags.collect();
        assert_eq!(flags.len() as u64, all);
        for (flag, state) in [
            ('P', State::Subscribed),
            ('b', State::Waiting),
            ('x', State::InMulti),
            ('t', State::Tracking),
        ] {
            let those = flags.iter().filter(|flags| flags.contains(flag));
            assert_eq!(those.count() as u64, count(state), "flag {flag}");
        }
    }

    /// Everybody gets what is theirs, and nothing else; how many transactions were executed.
    fn is_served(&mut self, control: &mut Client) -> u64 {
        let subscribed = self.count(State::Subscribed).cast_signed();
        assert_eq!(control.words("PUBLISH news x"), Reply::Int(subscribed));
        // One key of all changes: who watches it does nothing, who tracks it hears of it.
        assert_eq!(control.words("SET key:7 new").to_string(), "+OK");
        let waiting = self.count(State::Waiting);
        let items = (0..waiting).map(|item| item.to_string());
        let push: Vec<String> = ["RPUSH".into(), "queue".into()]
            .into_iter()
            .chain(items)
            .collect();
        assert_eq!(control.call(&push), Reply::Int(waiting.cast_signed()));
        assert_eq!(control.words("EXISTS queue").to_string(), ":0");
        let mut items = Vec::new();
        for (_, client) in self.in_state(State::Waiting) {
            let reply = client.read().expect("an item");
            let item = reply
                .elements()
                .and_then(|items| items[1].text())
                .expect("an item");
            items.push(
                String::from_utf8_lossy(item)
                    .parse::<u64>()
                    .expect("a number"),
            );
        }
        items.sort_unstable();
        assert_eq!(items, (0..waiting).collect::<Vec<_>>());
        for (_, client) in self.in_state(State::Subscribed) {
            assert_eq!(
                client.read().expect("a message").to_string(),
                r#"["message" "news" "x"]"#
            );
        }
        let mut executed = 0;
        for (number, client) in self.in_state(State::InMulti) {
            let reply = client.words("EXEC");
            let is_stale = key(*number) == "key:7";
            assert_eq!(reply == Reply::NullArray, is_stale, "{reply}");
            executed += u64::from(!is_stale);
        }
        for (number, client) in self.in_state(State::Tracking) {
            if key(*number) == "key:7" {
                let push = client.read().expect("an invalidation").to_string();
                assert_eq!(push, r#">["invalidate" ["key:7"]]"#);
            }
        }
        for state in [State::Connected, State::Tracking] {
            for (_, client) in self.in_state(state) {
                assert_eq!(client.words("PING").to_string(), "+PONG");
            }
        }
        executed
    }
}

fn load(count: usize) {
    let Some(start) = subject() else { return };
    let (count, _alone) = room_for(count);
    let clients_max = (count + 100).to_string();
    let server = start.args(["--maxclients", &clients_max]).start();
    let mut control = server.connect();
    let mut executed = 0;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut crowd = Crowd::come(&server, count);
        crowd.is_counted(&mut control);
        let mut is_left = false;
        crowd.clients.retain(|_| {
            is_left = !is_left;
            is_left
        });
        crowd.is_counted(&mut control);
        executed += crowd.is_served(&mut control);
        // What the others had queued was never executed.
        let counted = control.words("GET count");
        assert_eq!(counted.text(), Some(executed.to_string().as_bytes()));
        drop(crowd);
        nothing_is_left(&mut control);
        held.push(control.info_number("memory", "used_memory"));
    }
    // Room for as many clients may be kept for the next ones, but no more with each crowd.
    let growth = held[2].saturating_sub(held[1]);
    eprintln!("{count} clients: used_memory after each crowd: {held:?}");
    assert!(growth < 200_000 + 20 * count as u64, "{held:?}");
    let each = control.info_number("memory", "mem_clients_normal");
    assert!(each < 100_000, "mem_clients_normal: {each}");
}

#[test]
fn a_thousand_clients_half_of_which_vanish() {
    load(1000);
}

#[test]
fn ten_thousand_clients_half_of_which_vanish() {
    load(10_000);
}

/// Connections that are let in, of so many that try.
fn let_in(server: &Server, tries: usize) -> Vec<Client> {
    let tried = (0..tries).map(|_| {
        let mut client = server.connect();
        // It may be closed before this is sent.
        let _ = client.send(&["PING"]);
        match client.read() {
            Ok(Reply::Error(text)) => {
                assert_eq!(text, b"ERR max number of clients reached");
                assert!(client.closes());
                None
            }
            reply => {
                assert_eq!(reply, Ok(Reply::Simple(b"PONG".to_vec())));
                Some(client)
            }
        }
    });
    tried.flatten().collect()
}

#[test]
fn the_greatest_number_of_clients_is_raised_and_lowered() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxclients", "20"]).start();
    let mut control = server.connect();
    let alone = |control: &mut Client| {
        wait_until("nobody else", || {
            (control.info_number("clients", "connected_clients") == 1).then_some(())
        });
    };
    alone(&mut control);
    let mut clients = let_in(&server, 30);
    assert_eq!(clients.len(), 19);
    assert_eq!(control.info_number("stats", "rejected_connections"), 11);
    let set = |control: &mut Client, most: &str| {
        let set = control.call(&["CONFIG", "SET", "maxclients", most]);
        assert_eq!(set.to_string(), "+OK");
        assert_eq!(
            control.info_number("clients", "maxclients").to_string(),
            most
        );
    };
    // Lowered: who is there stays, in whatever state, and nobody comes.
    for request in [&["BLPOP", "k", "0"][..], &["SUBSCRIBE", "c"], &["MULTI"]] {
        clients[0].send(request).expect("sent");
        clients.rotate_left(1);
    }
    set(&mut control, "5");
    assert!(let_in(&server, 5).is_empty());
    assert_eq!(control.words("PUBLISH c m").to_string(), ":1");
    assert_eq!(control.words("RPUSH k v").to_string(), ":1");
    let last = clients.len() - 3;
    assert_eq!(
        clients[last].read().expect("an item").to_string(),
        r#"["k" "v"]"#
    );
    for client in &mut clients[..last] {
        assert_eq!(client.words("PING").to_string(), "+PONG");
    }
    // As soon as there are fewer, others come; not before.
    clients.truncate(4);
    wait_until("those have gone", || {
        (control.info_number("clients", "connected_clients") == 5).then_some(())
    });
    assert!(let_in(&server, 2).is_empty());
    clients.pop();
    wait_until("one more has gone", || {
        (control.info_number("clients", "connected_clients") == 4).then_some(())
    });
    assert_eq!(let_in(&server, 2).len(), 1);
    // Raised beyond what it was started with.
    set(&mut control, "450");
    drop(clients);
    alone(&mut control);
    assert_eq!(let_in(&server, 460).len(), 449);
    alone(&mut control);
    for wrong in ["0", "-1", "4294967296", "many"] {
        assert!(
            control
                .call(&["CONFIG", "SET", "maxclients", wrong])
                .is_error()
        );
    }
    assert_eq!(control.info_number("clients", "maxclients"), 450);
}
