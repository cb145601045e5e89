//! Users: rules by chance, and after each what both servers say of the user and let it do.
//!
//! Redis 7.0 shows the rules about commands in an order of its own, so of those it is what they
//! allow that is compared (ACL DRYRUN); Valkey shows them as they were given.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::generate::{Dialect, program};
use super::{pairs, seeds};
use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::verdict;

/// Users per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const USERS: u64 = 60;
/// Calls of ACL SETUSER for each.
const CALLS: usize = 12;
/// What is tried after each call.
const TRIES: usize = 6;
const FAILURES_MAX: usize = 5;

const RULES: &[&str] = &[
    "on",
    "off",
    "nopass",
    "resetpass",
    ">a",
    ">b",
    "<a",
    "<b",
    "#12",
    "reset",
    "~a*",
    "~b",
    "%R~a*",
    "%W~b",
    "%RW~c",
    "%wr~d",
    "%X~e",
    "%~e",
    "~*",
    "allkeys",
    "resetkeys",
    "&a*",
    "&b",
    "&*",
    "allchannels",
    "resetchannels",
    "+@all",
    "-@all",
    "allcommands",
    "nocommands",
    "+get",
    "-get",
    "+GET",
    "+set",
    "-set",
    "+mget",
    "+get|a",
    "+select|0",
    "-select|0",
    "+select|",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@string",
    "-@string",
    "+@dangerous",
    "-@fast",
    "+@nosuch",
    "+nosuch",
    "-nosuch",
    "+config",
    "-config",
    "+config|get",
    "-config|get",
    "+config|set",
    "+config|nosuch",
    "+config|get|x",
    "+object|encoding",
    "-object",
    "foo",
    "",
    "(+get ~z)",
    "(+@all -set ~b)",
    "(%R~y +@read allchannels)",
    ")",
    "()",
    "(on)",
    "clearselectors",
    "skip-sanitize-payload",
    "sanitize-payload",
];

/// Valkey 9.1 alone knows these, or reads them so: Redis 7.0 forgets a selector that another begins in.
const NEWER: &[&str] = &[
    "db=0",
    "db=1,2",
    "db=x",
    "db=",
    "alldbs",
    "resetdbs",
    "(+@all ~* db=0)",
    "(",
    "(%R~y +@read",
];

const REQUESTS: &[&str] = &[
    "get a1",
    "get b",
    "get z",
    "set a1 1",
    "set b 1",
    "set b 1 get",
    "mget a1 b z",
    "mset a1 1 d 1",
    "config get x",
    "config set x y",
    "object encoding a1",
    "select 0",
    "select 1",
    "copy a1 b",
    "rename b c",
    "exists b",
    "ttl b",
    "append b x",
    "del a1 d",
    "publish a1 x",
    "publish b x",
    "subscribe a b",
    "psubscribe a*",
    "ping",
    "multi",
    "auth x",
    "sort a1 store b",
    "keys *",
    "flushall",
    "zunionstore b 2 a1 c",
    "xread streams a1 b 0 0",
    "lmove a1 b left left",
    "get",
    "nosuch",
];

/// Without what the two are known to say differently: Valkey has no flag about payloads.
fn plain(reply: &Reply) -> String {
    let text = reply.to_string();
    let text = text.replace(" \"skip-sanitize-payload\"", "");
    let text = text.replace(" \"sanitize-payload\"", "");
    // Valkey says this always.
    let text = text.replace(" \"databases\" \"alldbs\"", "");
    // Redis 7.0 does not name the user.
    text.replace("This user has", "User u has")
}

/// What GETUSER says, field by field, as far as the oracle has the field.
fn shown(reply: &Reply, dialect: Dialect) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for pair in reply.elements().unwrap_or_default().chunks(2) {
        let name = pair[0].to_string();
        if (name.as_str(), pair[1].to_string().as_str()) == ("\"databases\"", "\"alldbs\"") {
            continue;
        }
        let in_redis = !matches!(name.as_str(), "\"commands\"" | "\"databases\"");
        match (name.as_str(), dialect) {
            ("\"selectors\"", Dialect::Redis70) => {
                let selectors = pair[1].elements().unwrap_or_default();
                let selectors: Vec<_> = selectors.iter().map(|one| shown(one, dialect)).collect();
                fields.insert(name, format!("{selectors:?}"));
            }
            _ if in_redis || dialect == Dialect::Valkey => {
                fields.insert(name, plain(&pair[1]));
            }
            _ => {}
        }
    }
    fields
}

fn split(line: &str) -> Vec<Vec<u8>> {
    line.split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

/// Of what there are keys and channels for in random programs.
const PATTERNS: &[&str] = &[
    "~*",
    "~a*",
    "~b",
    "~key:?",
    "~{tag}*",
    "~",
    "%R~*",
    "%R~a",
    "%R~c*",
    "%W~*",
    "%W~b",
    "%W~d",
    "%RW~a*",
    "&*",
    "&a*",
    "resetkeys",
];

#[test]
fn random_rules_make_the_same_user() {
    with_both(USERS, one_user);
}

#[test]
fn random_commands_are_allowed_to_the_same_user() {
    with_both(USERS, one_program);
}

/// Calls `play` for each of `count` seeds with a client of either server.
fn with_both(count: u64, play: impl Fn(u64, Dialect, &mut [Client; 2]) -> Result<(), String>) {
    let mut problems = Vec::new();
    for (oracle, subject, dialect) in pairs() {
        let servers = [&oracle, &subject]
            .map(|target| target.start().map(crate::harness::server::Start::start));
        let [Some(theirs), Some(ours)] = &servers else {
            continue;
        };
        let mut clients = [theirs.connect(), ours.connect()];
        for seed in seeds(count) {
            if let Err(problem) = play(seed, dialect, &mut clients) {
                problems.push(format!("seed {seed} ({dialect:?}): {problem}"));
            }
            if problems.len() >= FAILURES_MAX {
                break;
            }
        }
    }
    verdict(&problems);
}

fn one_user(seed: u64, dialect: Dialect, clients: &mut [Client; 2]) -> Result<(), String> {
    let mut rng = Rng::with_seed(seed);
    let mut said = Vec::new();
    let mut both = |words: &[Vec<u8>]| [0, 1].map(|side: usize| clients[side].call(words));
    both(&split("ACL DELUSER u"));
    both(&split("ACL SETUSER u on"));
    for _ in 0..CALLS {
        let mut words = split("ACL SETUSER u");
        for _ in 0..rng.usize(1..4) {
            let newer = dialect == Dialect::Valkey && rng.u8(..8) == 0;
            let rules = if newer { NEWER } else { RULES };
            let rule = rng.choice(rules).expect("some");
            // As a shell would split it.
            words.extend(match rule.is_empty() {
                true => vec![Vec::new()],
                false => split(rule),
            });
        }
        said.push(String::from_utf8_lossy(&words[3..].join(&b' ')).into_owned());
        let context = |what: &str, replies: [String; 2]| match replies[0] == replies[1] {
            true => Ok(()),
            false => Err(format!(
                "{what} behind {said:?}\n    oracle: {}\n      ours: {}",
                replies[0], replies[1]
            )),
        };
        context("ACL SETUSER", both(&words).map(|reply| plain(&reply)))?;
        let users = both(&split("ACL GETUSER u"));
        context(
            "ACL GETUSER",
            users.map(|user| format!("{:?}", shown(&user, dialect))),
        )?;
        for _ in 0..TRIES {
            let request = rng.choice(REQUESTS).expect("some");
            let words = split(&format!("ACL DRYRUN u {request}"));
            let text = format!("ACL DRYRUN u {request}");
            context(&text, both(&words).map(|reply| plain(&reply)))?;
        }
    }
    Ok(())
}

/// A user by chance, and what it may do of a program by chance.
fn one_program(seed: u64, dialect: Dialect, clients: &mut [Client; 2]) -> Result<(), String> {
    const COMMANDS: usize = 150;
    let mut rng = Rng::with_seed(seed);
    let mut both = |words: &[Vec<u8>]| [0, 1].map(|side: usize| clients[side].call(words));
    let mut rules = split("ACL SETUSER u reset on +@all");
    for _ in 0..rng.usize(1..5) {
        rules.push(rng.choice(PATTERNS).expect("some").as_bytes().to_vec());
    }
    if rng.bool() {
        let pattern = |rng: &mut Rng| *rng.choice(&PATTERNS[..13]).expect("some");
        let selector = format!("(+@all -@hash {} {})", pattern(&mut rng), pattern(&mut rng));
        rules.push(selector.into_bytes());
    }
    if rng.u8(..3) == 0 {
        let category = rng.choice(&["read", "write", "keyspace", "string", "slow"]);
        rules.push(format!("-@{}", category.expect("some")).into_bytes());
    }
    both(&split("ACL DELUSER u"));
    both(&rules);
    for command in program(seed, COMMANDS, dialect).commands {
        let mut words = split("ACL DRYRUN u");
        words.extend(command.0.iter().cloned());
        // Redis 7.0 does not know WITHSCORE.
        let is_newer = words.len() == 7 && words[3].to_ascii_lowercase().ends_with(b"rank");
        if is_newer && dialect == Dialect::Redis70 {
            continue;
        }
        // Redis writes a key up to its first zero byte.
        let plain = |reply: &Reply| {
            let text = plain(reply);
            let end = [r"\x00", "' key"]
                .iter()
                .filter_map(|end| text.find(end))
                .min();
            text[..end.unwrap_or(text.len())].to_owned()
        };
        let [theirs, ours] = both(&words).map(|reply| plain(&reply));
        if theirs != ours {
            let rules = String::from_utf8_lossy(&rules.join(&b' ')).into_owned();
            return Err(format!(
                "{rules}\n  ACL DRYRUN u {command}\n    oracle: {theirs}\n      ours: {ours}"
            ));
        }
    }
    Ok(())
}
