//! Commands that wait: several connections, so that the order of service shows.
//!
//! A plan is a list of acts. Some connections send commands that may wait, one connection changes
//! the data, and after each act everybody's state is known: CLIENT LIST tells who waits, and who
//! does not any more has a reply to be read. Both servers must agree on who waits and on every
//! reply. Nothing sleeps and no timeout ends by itself.

use std::fmt;
use std::time::Duration;

use super::generate::{Dialect, Words};
use super::pair::{Command, Protocol};
use super::play_seeds;
use super::several::running;
use super::values::Values;
use crate::harness::client::{Address, Client, NoReply};
use crate::harness::reply::Reply;
use crate::harness::server::Server;
use crate::harness::target::Target;
use crate::harness::wait_until;

/// Plans per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const PLANS: u64 = 60;
const ACTS: usize = 80;
/// Connections whose commands may wait.
const WAITERS: usize = 4;

/// One act.
#[derive(Clone, Debug)]
enum Act {
    /// A waiter that is free sends a command that may wait.
    Wait(usize, Command),
    /// The other connection sends a command.
    Do(Command),
    /// A waiter is unblocked (TIMEOUT or ERROR).
    Unblock(usize, &'static str),
    /// A waiter goes, and another comes for it.
    Leave(usize),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Wait(waiter, command) => write!(f, "{waiter}> {command}"),
            Act::Do(command) => write!(f, " > {command}"),
            Act::Unblock(waiter, how) => write!(f, " > CLIENT UNBLOCK (id of {waiter}) {how}"),
            Act::Leave(waiter) => write!(f, "{waiter}: leaves"),
        }
    }
}

#[derive(Clone, Debug)]
struct Plan {
    protocol: Protocol,
    acts: Vec<Act>,
}

#[test]
fn those_who_wait_are_served_alike() {
    play_seeds(PLANS, Stages::start, |stages, seed, dialect| {
        let plan = plan(seed, dialect);
        stages.run(&plan).map_err(|told| stages.shrink(plan, told))
    });
}

/// The plan of `seed`.
fn plan(seed: u64, dialect: Dialect) -> Plan {
    let mut values = Values {
        rng: fastrand::Rng::with_seed(seed),
    };
    let v = &mut values;
    let protocol = v.one_of(&[Protocol::Resp2, Protocol::Resp3]);
    // Redis 7.0 takes from the key that came and does not look at the command's others: where
    // these can have changed too, it differs.
    let moves = dialect == Dialect::Valkey || v.once_in(2);
    let mix = Mix {
        dialect,
        moves,
        only: (!moves).then(|| v.one_of(&[Kind::List, Kind::List, Kind::Zset, Kind::Stream])),
    };
    let act = |v: &mut Values| match v.rng.u32(..20) {
        0..8 => Act::Wait(v.rng.usize(..WAITERS), mix.waiting(v)),
        8..18 => Act::Do(mix.doing(v)),
        18 => Act::Unblock(v.rng.usize(..WAITERS), v.one_of(&["TIMEOUT", "ERROR"])),
        _ => Act::Leave(v.rng.usize(..WAITERS)),
    };
    Plan {
        protocol,
        acts: (0..ACTS).map(|_| act(v)).collect(),
    }
}

/// What a plan is made of.
struct Mix {
    dialect: Dialect,
    /// Whether waiters move items on.
    moves: bool,
    /// The one type there is, if there is only one.
    only: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Zset,
    Stream,
}

impl Mix {
    /// A command that may wait.
    fn waiting(&self, v: &mut Values) -> Command {
        let words = match self.kind(v) {
            Kind::List => self.waiting_for_list(v),
            Kind::Zset => self.waiting_for_zset(v),
            Kind::Stream => self.waiting_for_stream(v),
        };
        Command(words.0)
    }

    fn kind(&self, v: &mut Values) -> Kind {
        self.only.unwrap_or_else(|| match v.rng.u32(..10) {
            0..6 => Kind::List,
            6..8 => Kind::Zset,
            _ => Kind::Stream,
        })
    }

    fn waiting_for_list(&self, v: &mut Values) -> Words {
        let end = |v: &mut Values| v.one_of(&["LEFT", "RIGHT"]);
        match v.rng.u32(..8) {
            0..2 if self.moves => Words::new("BLMOVE")
                .arg(key(v))
                .arg(key(v))
                .arg(end(v))
                .arg(end(v))
                .arg("0"),
            2 if self.moves => Words::new("BRPOPLPUSH").arg(key(v)).arg(key(v)).arg("0"),
            0..5 => {
                let name = v.one_of(&["BLPOP", "BRPOP"]);
                Words::new(name).args(self.keys(v)).arg("0")
            }
            _ => {
                let keys = self.keys(v);
                let count = (1 + v.rng.u32(..3)).to_string();
                Words::new("BLMPOP 0")
                    .arg(keys.len().to_string())
                    .args(keys)
                    .arg(end(v))
                    .arg("COUNT")
                    .arg(count)
            }
        }
    }

    fn waiting_for_zset(&self, v: &mut Values) -> Words {
        let keys = self.keys(v);
        if v.once_in(2) {
            let name = v.one_of(&["BZPOPMIN", "BZPOPMAX"]);
            return Words::new(name).args(keys).arg("0");
        }
        let count = (1 + v.rng.u32(..3)).to_string();
        Words::new("BZMPOP 0")
            .arg(keys.len().to_string())
            .args(keys)
            .arg(v.one_of(&["MIN", "MAX"]))
            .arg("COUNT")
            .arg(count)
    }

    fn waiting_for_stream(&self, v: &mut Values) -> Words {
        // Redis 7.0 tells in its own way, or not at all, that a group is gone.
        if self.dialect == Dialect::Valkey && !v.once_in(3) {
            let keys = self.keys(v);
            let ids = vec![b">".to_vec(); keys.len()];
            return Words::new("XREADGROUP GROUP g")
                .arg(v.one_of(&["one", "two"]))
                .args(v.once_in(3).then(|| b"NOACK".to_vec()))
                .arg("BLOCK")
                .arg("0")
                .arg("STREAMS")
                .args(keys)
                .args(ids);
        }
        let mut keys = self.keys(v);
        if self.dialect == Dialect::Redis70 {
            keys.truncate(1);
        }
        let ids: Vec<Vec<u8>> = keys
            .iter()
            .map(|_| v.one_of(&["$", "0", "50"]).as_bytes().to_vec())
            .collect();
        Words::new("XREAD BLOCK 0 STREAMS").args(keys).args(ids)
    }

    fn keys(&self, v: &mut Values) -> Vec<Vec<u8>> {
        let several = self.dialect == Dialect::Valkey || !self.moves;
        let count = if several { 1 + v.rng.usize(..3) } else { 1 };
        (0..count).map(|_| key(v).into_bytes()).collect()
    }

    /// A command that may serve somebody.
    fn doing(&self, v: &mut Values) -> Command {
        let words = match self.kind(v) {
            Kind::List => self.doing_with_lists(v),
            Kind::Zset => doing_with_zsets(v),
            Kind::Stream => doing_with_streams(v),
        };
        Command(words.0)
    }

    fn doing_with_lists(&self, v: &mut Values) -> Words {
        let (key, other) = (key(v), key(v));
        match v.rng.u32(..20) {
            0..9 => {
                let count = 1 + v.rng.usize(..3);
                let items = (0..count).map(|_| v.rng.u32(..100).to_string().into_bytes());
                let items: Vec<Vec<u8>> = items.collect();
                let name = v.one_of(&["RPUSH", "LPUSH", "RPUSH", "LPUSH", "RPUSHX"]);
                Words::new(name).arg(key).args(items)
            }
            9 => Words::new(v.one_of(&["DEL", "UNLINK", "LPOP", "RPOP"])).arg(key),
            10 => Words::new(v.one_of(&["RENAME", "RENAMENX"]))
                .arg(key)
                .arg(other),
            11 => Words::new("COPY").arg(key).arg(other).arg("REPLACE"),
            12 => Words::new("COPY").arg(key).arg(other).arg("DB").arg("1"),
            13 => Words::new("MOVE").arg(key).arg("1"),
            14 if self.swaps() => Words::new("SWAPDB 0 1"),
            15 if self.dialect == Dialect::Valkey || self.moves => {
                Words::new("SET").arg(key).arg("string")
            }
            16 => Words::new("EXPIRE").arg(key).arg(v.one_of(&["-1", "1000"])),
            17 => Words::new("LMOVE")
                .arg(key)
                .arg(other)
                .arg("LEFT")
                .arg("RIGHT"),
            18 if v.once_in(3) => Words::new("FLUSHDB"),
            _ => Words::new("LRANGE").arg(key).arg("0").arg("-1"),
        }
    }

    /// Which of the keys that come by this is looked at first depends on a hash table.
    fn swaps(&self) -> bool {
        self.dialect == Dialect::Valkey && !self.moves
    }
}

fn doing_with_zsets(v: &mut Values) -> Words {
    let (key, other) = (key(v), key(v));
    match v.rng.u32(..6) {
        0..4 => {
            let mut words = Words::new("ZADD").arg(key);
            for _ in 0..1 + v.rng.u32(..3) {
                let score = v.rng.u32(..10).to_string();
                words = words.arg(score).arg(v.one_of(&["m", "n", "o", "p"]));
            }
            words
        }
        // Not over a value of another type: Redis lets those wait on who could be served then.
        4 => Words::new("RENAMENX").arg(other).arg(key),
        _ => Words::new(v.one_of(&["DEL", "ZPOPMIN"])).arg(key),
    }
}

fn doing_with_streams(v: &mut Values) -> Words {
    let key = key(v);
    match v.rng.u32(..8) {
        0..5 => {
            let id = v.one_of(&["1-*", "40-*", "51-*", "60-*", "70-1"]);
            Words::new("XADD").arg(key).arg(id).arg("f").arg("v")
        }
        5..7 => Words::new("XGROUP CREATE")
            .arg(key)
            .arg("g")
            .arg(v.one_of(&["$", "0"]))
            .arg("MKSTREAM"),
        _ => Words::new("XGROUP DESTROY").arg(key).arg("g"),
    }
}

fn key(v: &mut Values) -> String {
    v.one_of(&["a", "b", "c", "d"]).to_owned()
}

/// One server and everybody connected to it.
struct Stage {
    address: Address,
    _server: Option<Server>,
    control: Client,
    actor: Client,
    waiters: Vec<Waiter>,
}

struct Waiter {
    client: Client,
    id: String,
    waits: bool,
}

impl Stage {
    fn start(target: &Target) -> Stage {
        let (address, server) = running(target);
        Stage {
            control: Client::connect(&address),
            actor: Client::connect(&address),
            waiters: Vec::new(),
            address,
            _server: server,
        }
    }

    /// New connections, and nothing stored.
    fn begin(&mut self, protocol: Protocol) {
        self.waiters.clear();
        wait_until("nobody who waits", || {
            let info = self.control.call(&["INFO", "clients"]).to_string();
            info.contains("blocked_clients:0").then_some(())
        });
        assert_eq!(self.control.call(&["FLUSHALL"]).to_string(), "+OK");
        self.actor = connect(&self.address, protocol);
        let waiters = (0..WAITERS).map(|_| Waiter::new(&self.address, protocol));
        self.waiters = waiters.collect();
    }

    /// What an act leads to, as text: its reply, and the replies of those who waited.
    fn act(&mut self, act: &Act, protocol: Protocol) -> String {
        let mut told = Vec::new();
        match act {
            Act::Wait(waiter, command) if !self.waiters[*waiter].waits => {
                let _ = self.waiters[*waiter].client.send(&command.0);
                told.extend(self.await_waiter(*waiter));
            }
            Act::Wait(..) => {}
            Act::Do(command) => told.push(self.actor.call(&command.0).to_string()),
            Act::Unblock(waiter, how) => {
                let id = self.waiters[*waiter].id.clone();
                let reply = self.actor.call(&["CLIENT", "UNBLOCK", &id, how]);
                told.push(reply.to_string());
            }
            Act::Leave(waiter) => {
                let new = Waiter::new(&self.address, protocol);
                let old = std::mem::replace(&mut self.waiters[*waiter], new);
                drop(old.client);
                wait_until("it is gone", || (!self.is_known(&old.id)).then_some(()));
            }
        }
        told.extend(self.settle());
        told.join("\n            ")
    }

    /// Waits until a waiter's command has replied or waits; the reply.
    fn await_waiter(&mut self, waiter: usize) -> Option<String> {
        wait_until("a command's reply or wait", || {
            if self.waiting_ids().contains(&self.waiters[waiter].id) {
                self.waiters[waiter].waits = true;
                return Some(None);
            }
            let client = &mut self.waiters[waiter].client;
            match client.read_within(Duration::from_millis(2)) {
                Err(NoReply::Timeout) => None,
                reply => Some(Some(shown(waiter, &reply))),
            }
        })
    }

    /// Reads the replies of those who do not wait any more.
    fn settle(&mut self) -> Vec<String> {
        let ids = self.waiting_ids();
        let mut told = Vec::new();
        for (index, waiter) in self.waiters.iter_mut().enumerate() {
            if waiter.waits && !ids.contains(&waiter.id) {
                waiter.waits = false;
                told.push(shown(index, &waiter.client.read()));
            }
        }
        told
    }

    fn client_list(&mut self) -> String {
        let list = self.control.call(&["CLIENT", "LIST"]);
        String::from_utf8_lossy(list.text().unwrap_or_default()).into_owned()
    }

    /// The ids of all clients that wait.
    fn waiting_ids(&mut self) -> Vec<String> {
        let list = self.client_list();
        let field = |line: &str, name: &str| {
            let mut words = line.split(' ');
            let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().to_owned()
        };
        list.lines()
            .filter(|line| field(line, "flags").contains('b'))
            .map(|line| field(line, "id"))
            .collect()
    }

    fn is_known(&mut self, id: &str) -> bool {
        let list = self.client_list();
        list.lines()
            .any(|line| line.starts_with(&format!("id={id} ")))
    }
}

impl Waiter {
    fn new(address: &Address, protocol: Protocol) -> Waiter {
        let mut client = connect(address, protocol);
        let Reply::Int(id) = client.words("CLIENT ID") else {
            panic!("CLIENT ID");
        };
        Waiter {
            client,
            id: id.to_string(),
            waits: false,
        }
    }
}

fn connect(address: &Address, protocol: Protocol) -> Client {
    let mut client = Client::connect(address);
    if protocol == Protocol::Resp3 {
        assert!(!client.words("HELLO 3").is_error());
    }
    client
}

fn shown(waiter: usize, reply: &Result<Reply, NoReply>) -> String {
    match reply {
        Ok(reply) => format!("{waiter}< {reply}"),
        Err(why) => format!("{waiter}< ({why:?})"),
    }
}

/// The two servers.
struct Stages {
    oracle: Stage,
    subject: Stage,
}

impl Stages {
    fn start(oracle: &Target, subject: &Target) -> Stages {
        Stages {
            oracle: Stage::start(oracle),
            subject: Stage::start(subject),
        }
    }

    /// Plays a plan to both; what they did up to where they part.
    fn run(&mut self, plan: &Plan) -> Result<(), String> {
        self.oracle.begin(plan.protocol);
        self.subject.begin(plan.protocol);
        let mut told = String::new();
        let digest = Act::Do(Command(vec![b"DEBUG".to_vec(), b"DIGEST".to_vec()]));
        for act in plan.acts.iter().chain([&digest]) {
            let oracle = self.oracle.act(act, plan.protocol);
            let subject = self.subject.act(act, plan.protocol);
            told.push_str(&format!("  {act}\n"));
            if oracle != subject {
                told.push_str(&format!("    oracle: {oracle}\n      ours: {subject}\n"));
                return Err(told);
            }
            if !oracle.is_empty() {
                told.push_str(&format!("            {oracle}\n"));
            }
        }
        Ok(())
    }

    /// The plan without the acts it does not need to show a difference.
    fn shrink(&mut self, mut plan: Plan, mut told: String) -> String {
        let mut at = plan.acts.len();
        while at > 0 {
            at -= 1;
            let mut without = plan.clone();
            without.acts.remove(at);
            if let Err(shorter) = self.run(&without) {
                (plan, told) = (without, shorter);
                at = at.min(plan.acts.len());
            }
        }
        format!("{:?}\n{told}", plan.protocol)
    }
}
