//! kill -9, again and again, while several connections write.
//!
//! Every connection has keys of its own and a history that its number of commands determines, so
//! what is found afterwards must be what some number of them left: not fewer than were
//! acknowledged, not more than were sent.
//!
//! | | |
//! |---|---|
//! | `RUDDLE_KILL_ROUNDS=500` | so many rounds instead of a few |
//! | `RUDDLE_KILL_SEED=7` | other chances |

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Home;
use crate::harness::client::{Client, encode};
use crate::harness::reply::Reply;
use crate::harness::server::Server;
use crate::harness::wait_until;

const CONNECTIONS: usize = 4;

/// Commands sent together, at most.
const PIPELINE_MAX: u64 = 8;

/// What happens beside the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nothing,
    Rewrites,
    Saves,
    /// The log is switched off and on.
    Switching,
}

/// How far the connections are.
#[derive(Default)]
struct Tally {
    sent: [AtomicU64; CONNECTIONS],
    acknowledged: [AtomicU64; CONNECTIONS],
    /// What was acknowledged when the log was switched off; until it is complete again no more is
    /// promised.
    promised: Mutex<Option<[u64; CONNECTIONS]>>,
    ending: AtomicBool,
}

impl Tally {
    fn acknowledged(&self) -> [u64; CONNECTIONS] {
        std::array::from_fn(|index| self.acknowledged[index].load(Ordering::SeqCst))
    }
}

/// The `n`th command of a connection.
fn command(connection: usize, n: u64) -> Vec<String> {
    let key = |name: &str| format!("{name}:{connection}");
    match n % 6 {
        0 => vec!["RPUSH".into(), key("list"), n.to_string()],
        1 => vec!["SET".into(), key(&format!("s{}", n % 16)), n.to_string()],
        2 => vec![
            "HSET".into(),
            key("hash"),
            (n % 32).to_string(),
            n.to_string(),
        ],
        3 => vec!["INCR".into(), key("counter")],
        4 => vec!["APPEND".into(), key("text"), format!("{n},")],
        // Logged as something else, and as two commands at once.
        _ => vec![
            "SET".into(),
            key("due"),
            n.to_string(),
            "EX".into(),
            "3600".into(),
        ],
    }
}

/// What `count` commands of a connection leave.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    list: Vec<String>,
    strings: BTreeMap<String, String>,
    hash: BTreeMap<String, String>,
}

impl State {
    fn after(connection: usize, count: u64) -> State {
        let mut state = State::default();
        let mut counter = 0;
        let mut text = String::new();
        for n in 0..count {
            match &command(connection, n)[..] {
                [name, _, value] if name == "RPUSH" => state.list.push(value.clone()),
                [name, key, field, value] if name == "HSET" => {
                    assert_eq!(*key, format!("hash:{connection}"));
                    state.hash.insert(field.clone(), value.clone());
                }
                [name, key] if name == "INCR" => {
                    counter += 1;
                    state.strings.insert(key.clone(), counter.to_string());
                }
                [name, key, value] if name == "APPEND" => {
                    text.push_str(value);
                    state.strings.insert(key.clone(), text.clone());
                }
                [_, key, value, ..] => drop(state.strings.insert(key.clone(), value.clone())),
                other => panic!("{other:?}"),
            }
        }
        state
    }

    fn found(client: &mut Client, connection: usize) -> State {
        let mut state = State::default();
        let texts = |reply: Reply| -> Vec<Option<String>> {
            let items = reply.elements().expect("an array").iter();
            let text = |item: &Reply| Some(String::from_utf8_lossy(item.text()?).into_owned());
            items.map(text).collect()
        };
        let list = client.words(&format!("LRANGE list:{connection} 0 -1"));
        state.list = texts(list).into_iter().flatten().collect();
        let hash = texts(client.words(&format!("HGETALL hash:{connection}")));
        let mut words = hash.into_iter().flatten();
        while let (Some(field), Some(value)) = (words.next(), words.next()) {
            state.hash.insert(field, value);
        }
        let names = (0..16).map(|index| format!("s{index}"));
        let names = names.chain(["counter", "text", "due"].map(str::to_owned));
        let keys: Vec<String> = names.map(|name| format!("{name}:{connection}")).collect();
        let values = texts(client.words(&format!("MGET {}", keys.join(" "))));
        for (key, value) in keys.into_iter().zip(values) {
            if let Some(value) = value {
                state.strings.insert(key, value);
            }
        }
        state
    }
}

/// Sends commands from number `from` on until the server is gone.
fn load(mut client: Client, connection: usize, tally: &Tally, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let first = tally.sent[connection].load(Ordering::SeqCst);
        let count = random.u64(1..=PIPELINE_MAX);
        let commands = (first..first + count).map(|n| encode(&command(connection, n)));
        let bytes = commands.collect::<Vec<_>>().concat();
        tally.sent[connection].fetch_add(count, Ordering::SeqCst);
        if client.send_raw(&bytes).is_err() {
            return;
        }
        for _ in 0..count {
            let Ok(reply) = client.read() else {
                return;
            };
            assert!(!reply.is_error(), "{reply:?}");
            tally.acknowledged[connection].fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Does beside the load what is to be done, until the end.
fn disturb(mut client: Client, beside: Beside, tally: &Tally) -> Option<()> {
    while !tally.ending.load(Ordering::SeqCst) {
        let mut ask = |line: &str| {
            client.send(&line.split(' ').collect::<Vec<_>>()).ok()?;
            client.read().ok()
        };
        match beside {
            Beside::Nothing => return Some(()),
            Beside::Rewrites => drop(ask("BGREWRITEAOF")?),
            Beside::Saves => drop(ask("BGSAVE")?),
            Beside::Switching => {
                let before = tally.acknowledged();
                *tally.promised.lock().unwrap() = Some(before);
                assert!(!ask("CONFIG SET appendonly no")?.is_error());
                let text = ask("INFO persistence")?;
                let done = rewrites(&text)?;
                assert!(!ask("CONFIG SET appendonly yes")?.is_error());
                while rewrites(&ask("INFO persistence")?)? == done {}
                *tally.promised.lock().unwrap() = None;
            }
        }
        ask("PING")?;
    }
    Some(())
}

fn rewrites(info: &Reply) -> Option<u64> {
    let text = String::from_utf8_lossy(info.text()?).into_owned();
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("aof_rewrites:")?.parse().ok())
}

/// One life of a server; what of each connection's history must be there afterwards, at least.
fn live(server: Server, beside: Beside, tally: &Tally, seed: u64) -> [u64; CONNECTIONS] {
    let mut random = fastrand::Rng::with_seed(seed);
    let start = tally.acknowledged();
    let wanted = start.iter().sum::<u64>() + random.u64(20..1500);
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let client = server.connect();
            let seed = random.u64(..);
            scope.spawn(move || load(client, connection, tally, seed));
        }
        let client = server.connect();
        scope.spawn(move || disturb(client, beside, tally));
        wait_until("enough replies", || {
            (tally.acknowledged().iter().sum::<u64>() >= wanted).then_some(())
        });
        // What was promised before is promised at the moment of the kill.
        let promised = tally.promised.lock().unwrap().take();
        let promised = promised.unwrap_or_else(|| tally.acknowledged());
        tally.ending.store(true, Ordering::SeqCst);
        super::kill(server);
        promised
    })
}

/// Plays rounds with one policy; `is_strict`: a killed process loses nothing at all, else what the
/// second before it wrote.
fn play(policy: &str, is_strict: bool, besides: &[Beside], rounds: u64) {
    let seed = std::env::var("RUDDLE_KILL_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let home = Home::new();
    let mut counts = [0; CONNECTIONS];
    for round in 0..rounds {
        let seed = seed + round;
        let beside = besides[round as usize % besides.len()];
        let server = home.server(["--appendfsync", policy]).start();
        let tally = Tally::default();
        for (connection, count) in counts.iter().enumerate() {
            tally.sent[connection].store(*count, Ordering::SeqCst);
            tally.acknowledged[connection].store(*count, Ordering::SeqCst);
        }
        let promised = live(server, beside, &tally, seed);
        let server = home.server(["--appendfsync", policy]).start();
        let mut client = server.connect();
        for connection in 0..CONNECTIONS {
            let least = if is_strict {
                promised[connection]
            } else {
                counts[connection]
            };
            let most = tally.sent[connection].load(Ordering::SeqCst);
            let found = State::found(&mut client, connection);
            let fits = |count: &u64| State::after(connection, *count) == found;
            counts[connection] = (least..=most).find(fits).unwrap_or_else(|| {
                let any = (0..=most).find(fits);
                panic!(
                    "{policy}, {beside:?}, round {round}, seed {seed}: connection {connection} \
                     has {any:?}, not {least} to {most}\n{}",
                    server.log()
                )
            });
        }
        super::kill(server);
    }
}

fn rounds(usual: u64) -> u64 {
    std::env::var("RUDDLE_KILL_ROUNDS").map_or(usual, |text| text.parse().expect("a number"))
}

#[test]
fn always_loses_nothing() {
    let besides = [
        Beside::Rewrites,
        Beside::Nothing,
        Beside::Switching,
        Beside::Saves,
        Beside::Rewrites,
        Beside::Switching,
    ];
    play("always", true, &besides, rounds(6));
}

#[test]
fn without_syncs_a_killed_process_loses_nothing() {
    play("no", true, &[Beside::Nothing], rounds(2));
}

#[test]
fn everysec_loses_no_more_than_what_was_on_its_way() {
    let besides = [Beside::Rewrites, Beside::Nothing, Beside::Saves];
    play("everysec", false, &besides, rounds(3));
}
