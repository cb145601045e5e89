//! Messages: whatever several connections subscribe to, publish and ask, both servers must send
//! each of them the same, in the same order.
//!
//! After each act every connection asks for a mark, and all that comes before it is compared; so is
//! what CLIENT LIST says of everybody. What no two servers can agree on is brought into an order:
//! which of several patterns comes first, which subscription ends first where all do.

use super::generate::{Dialect, Words};
use super::pair::Command;
use super::play_seeds;
use super::several::{Act, Stage, shrink, start};
use super::values::Values;
use crate::harness::client::NoReply;
use crate::harness::reply::Reply;
use crate::harness::wait_until;

/// Plans per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const PLANS: u64 = 60;
const ACTS: usize = 150;
const CONNECTIONS: usize = 4;
/// One more connection, which asks for CLIENT LIST.
const CONTROL: usize = CONNECTIONS;
/// Stands for a connection that closes and comes anew.
const LEAVE: &[u8] = b"(leaves)";

const CHANNELS: &[&str] = &["a", "b", "ab", "news", "", "[", "a*"];
const PATTERNS: &[&str] = &[
    "*", "a*", "?", "[ab]", "news", "", "a\\*", "[", "n?ws", "*b",
];

#[test]
fn the_same_is_sent_to_the_same() {
    play_seeds(PLANS, start, |stages, seed, dialect| {
        let plan = plan(seed, dialect);
        let run = |stages: &mut [Stage; 2], plan: &[Act]| run(stages, plan, dialect);
        run(stages, &plan).map_err(|told| shrink(stages, plan, told, run))
    });
}

fn plan(seed: u64, dialect: Dialect) -> Vec<Act> {
    let mut v = Values {
        rng: fastrand::Rng::with_seed(seed),
    };
    let mut in_multi = [false; CONNECTIONS];
    let mut plan = Vec::new();
    for _ in 0..ACTS {
        let connection = v.rng.usize(..CONNECTIONS);
        let Words(words) = match in_multi[connection] && v.once_in(3) {
            true => Words::new(v.one_of(&["EXEC", "EXEC", "DISCARD"])),
            false => command(&mut v),
        };
        match words[0].as_slice() {
            b"MULTI" if in_multi[connection] && dialect == Dialect::Valkey => continue,
            b"MULTI" => in_multi[connection] = true,
            b"EXEC" | b"DISCARD" | b"RESET" | LEAVE => in_multi[connection] = false,
            b"WATCH" if in_multi[connection] && dialect == Dialect::Valkey => continue,
            // Redis 7.0 sends what one hears of oneself in the middle of the reply to EXEC.
            b"PUBLISH" | b"SPUBLISH" if in_multi[connection] && dialect == Dialect::Redis70 => {
                continue;
            }
            _ => {}
        }
        let command = Command(words);
        plan.push(Act {
            connection,
            command,
        });
    }
    plan
}

fn command(v: &mut Values) -> Words {
    let most = v.rng.usize(1..4);
    let some = |v: &mut Values, of: &[&str], least: usize| {
        let count = v.rng.usize(least..=most.max(least));
        let names = (0..count).map(|_| v.one_of(of).as_bytes().to_vec());
        names.collect::<Vec<_>>()
    };
    match v.rng.u32(..40) {
        0..6 => Words::new("SUBSCRIBE").args(some(v, CHANNELS, 1)),
        6..9 => Words::new("PSUBSCRIBE").args(some(v, PATTERNS, 1)),
        9..11 => Words::new("SSUBSCRIBE").args(some(v, CHANNELS, 1)),
        11..13 => Words::new("UNSUBSCRIBE").args(some(v, CHANNELS, 0)),
        13..15 => Words::new("PUNSUBSCRIBE").args(some(v, PATTERNS, 0)),
        15 => Words::new("SUNSUBSCRIBE").args(some(v, CHANNELS, 0)),
        16..22 => Words::new("PUBLISH")
            .arg(v.one_of(CHANNELS))
            .arg(v.value_of_few_bytes()),
        22..24 => Words::new("SPUBLISH")
            .arg(v.one_of(CHANNELS))
            .arg(v.value_of_few_bytes()),
        24..26 => Words::new(v.one_of(&[
            "PUBSUB CHANNELS",
            "PUBSUB SHARDCHANNELS",
            "PUBSUB NUMPAT",
            "PUBSUB NUMSUB",
            "PUBSUB SHARDNUMSUB",
        ])),
        26 => Words::new(v.one_of(&["PUBSUB CHANNELS", "PUBSUB SHARDCHANNELS"]))
            .arg(v.one_of(PATTERNS)),
        27 => Words::new(v.one_of(&["PUBSUB NUMSUB", "PUBSUB SHARDNUMSUB"]))
            .args(some(v, CHANNELS, 1)),
        28..31 => Words::new(v.one_of(&["HELLO 2", "HELLO 3", "HELLO 3", "HELLO 4"])),
        31..33 => Words::new("MULTI"),
        33 => Words::new(v.one_of(&["EXEC", "DISCARD", "WATCH k", "UNWATCH"])),
        34 => Words::new("RESET"),
        35 => Words::new(v.one_of(&["PING", "PING x", "PING x y", "ECHO x", "GET k"])),
        36 => Words::new("SET k").arg(v.value_of_few_bytes()),
        37 => Words::new(v.one_of(&[
            "SUBSCRIBE",
            "PUBLISH a",
            "SSUBSCRIBE",
            "PUBSUB",
            "PUBSUB NOSUCH",
            "PUBSUB NUMPAT x",
            "PUBSUB CHANNELS a b",
            "NOSUCH",
        ])),
        38 => Words::new(v.one_of(&["CLIENT GETNAME", "SELECT 1"])),
        _ => Words(vec![LEAVE.to_vec()]),
    }
}

/// Plays a plan to both; what they did up to where they part.
fn run(stages: &mut [Stage; 2], plan: &[Act], dialect: Dialect) -> Result<(), String> {
    for stage in stages.iter_mut() {
        stage.begin(CONNECTIONS + 1);
    }
    let mut shown = String::new();
    for act in plan {
        let [theirs, ours] = stages.each_mut().map(|stage| told(stage, act, dialect));
        shown.push_str(&format!("  {act}\n"));
        // Valkey refuses MULTI and WATCH there in other words, and that spoils the transaction.
        if theirs[act.connection].contains("not allowed inside a transaction") {
            return Ok(());
        }
        if theirs != ours {
            let differing = theirs.iter().zip(&ours).filter(|(a, b)| a != b);
            let (theirs, ours): (Vec<_>, Vec<_>) = differing.unzip();
            shown.push_str(&format!("    oracle: {theirs:#?}\n      ours: {ours:#?}\n"));
            return Err(shown);
        }
    }
    Ok(())
}

/// What an act makes the server send: a line for each connection, and one of its state.
fn told(stage: &mut Stage, act: &Act, dialect: Dialect) -> Vec<String> {
    let leaves = act.command.0[0] == LEAVE;
    if leaves {
        leave(stage, act.connection);
    } else {
        let client = &mut stage.connections[act.connection].client;
        // Where sending fails, reading tells why.
        let _ = client.send(&act.command.0);
    }
    let mut lines = Vec::new();
    for connection in 0..CONNECTIONS {
        let acts = connection == act.connection && !leaves;
        let replies = until_mark(stage, connection, acts);
        let texts = replies.map(|replies| in_order(replies, dialect));
        lines.push(format!("{connection}< {texts:?}"));
    }
    lines.extend(states(stage, dialect));
    lines
}

fn leave(stage: &mut Stage, connection: usize) {
    let new = stage.connect();
    let old = std::mem::replace(&mut stage.connections[connection], new);
    drop(old.client);
    let gone = format!("id={} ", old.id);
    let control = &mut stage.connections[CONTROL].client;
    wait_until("it is gone", || {
        let list = control.words("CLIENT LIST").to_string();
        (!list.contains(&gone)).then_some(())
    });
}

/// All that comes before the mark. Between MULTI and EXEC the mark is queued.
fn until_mark(stage: &mut Stage, connection: usize, acts: bool) -> Result<Vec<Reply>, NoReply> {
    const MARK: &[u8] = b"(mark)";
    let client = &mut stage.connections[connection].client;
    let _ = client.send(&[b"PING", MARK]);
    let queued = Reply::Simple(b"QUEUED".to_vec());
    let mut replies = Vec::new();
    loop {
        let reply = client.read()?;
        let is_reply = |reply: &Reply| !matches!(reply, Reply::Push(_));
        let answered = !acts || replies.iter().any(is_reply);
        let items = reply.elements().unwrap_or_default();
        let is_mark = reply.text() == Some(MARK)
            || matches!(items, [pong, mark] if pong.text() == Some(b"pong") && mark.text() == Some(MARK));
        if is_mark || (reply == queued && answered) {
            return Ok(replies);
        }
        replies.push(reply);
    }
}

/// The replies as text, in an order that does not depend on hash tables.
fn in_order(mut replies: Vec<Reply>, dialect: Dialect) -> Vec<String> {
    let mut names = Vec::new();
    for reply in &mut replies {
        each_ending(reply, &mut |name| names.push(name.clone()));
    }
    names.sort_by_key(Reply::to_string);
    let mut names = names.into_iter();
    for reply in &mut replies {
        each_ending(reply, &mut |name| {
            *name = names.next().expect("as many as before");
        });
    }
    replies.iter_mut().for_each(sort_channels);
    if dialect == Dialect::Redis70 {
        // What one hears of what one does comes before the reply in 7.0, and behind it in 7.2.
        replies.sort_by_key(|reply| !matches!(reply, Reply::Push(_)));
    }
    let is_of_pattern = |text: &String| text.contains("[\"pmessage\"");
    let mut texts: Vec<String> = replies.iter().map(shown).collect();
    for run in texts.chunk_by_mut(|a, b| is_of_pattern(a) && is_of_pattern(b)) {
        run.sort();
    }
    texts
}

/// PUBSUB CHANNELS has no order, also as one of EXEC's replies.
fn sort_channels(reply: &mut Reply) {
    let Reply::Array(items) = reply else { return };
    let is_name = |item: &Reply| item.text().is_some_and(|text| !text.ends_with(b"message"));
    match items.iter().all(is_name) {
        true => items.sort_by_key(Reply::to_string),
        false => items.iter_mut().for_each(sort_channels),
    }
}

/// As text; of what HELLO tells, what does not depend on the server.
fn shown(reply: &Reply) -> String {
    let text = reply.to_string();
    match text.split_once("\"proto\"") {
        Some((_, told)) => format!("{:.1} {:.3}", text, told),
        None => text,
    }
}

/// Calls `with` for each name of a subscription that ends.
fn each_ending(reply: &mut Reply, with: &mut dyn FnMut(&mut Reply)) {
    let (Reply::Array(items) | Reply::Push(items)) = reply else {
        return;
    };
    if let [kind, name, Reply::Int(_)] = &mut items[..]
        && kind
            .text()
            .is_some_and(|kind| kind.ends_with(b"unsubscribe"))
    {
        return with(name);
    }
    for item in items {
        each_ending(item, with);
    }
}

/// What CLIENT LIST says of everybody.
fn states(stage: &mut Stage, dialect: Dialect) -> Vec<String> {
    let control = &mut stage.connections[CONTROL].client;
    let list = control.words("CLIENT LIST");
    let list = String::from_utf8_lossy(list.text().unwrap_or_default()).into_owned();
    let ids: Vec<_> = stage
        .connections
        .iter()
        .map(|each| each.id.clone())
        .collect();
    let mut lines = Vec::new();
    for (number, id) in ids[..CONNECTIONS].iter().enumerate() {
        let of = format!("id={id} ");
        let line = list.lines().find(|line| line.starts_with(&of));
        // Valkey drops what was queued as soon as it is in vain.
        let other = match dialect {
            Dialect::Redis70 => "multi=",
            Dialect::Valkey => "watch=",
        };
        let fields = ["flags=", "db=", "sub=", "psub=", "ssub=", "resp=", other];
        let is_compared = |word: &&str| fields.iter().any(|field| word.starts_with(field));
        let line = line.unwrap_or_default();
        let words = line.split(' ');
        let words = words.filter(is_compared);
        lines.push(format!("{number}: {}", words.collect::<Vec<_>>().join(" ")));
    }
    lines
}
