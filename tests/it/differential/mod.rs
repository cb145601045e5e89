//! Two servers get the same commands and must say the same: ours, and redis-server as the oracle.
//!
//! Two sources of commands: `tests/data/differential/*.txt`, written by hand, and a generator
//! that makes a program from a seed ([`generate`]). What differs is shrunk to the few commands
//! that show it, and printed with its seed. The differences that are meant to be stand in
//! [`differences`], each with its reason; there is no other tolerance but for what no two servers
//! can agree on (time that passes, the order of a hash table).

mod blocking;
mod differences;
mod families;
mod generate;
mod geo;
mod hashes;
mod hyperloglog;
mod listening;
mod lists;
mod memory;
mod pair;
mod pubsub;
mod sets;
mod several;
mod shrink;
mod sorting;
mod streams;
mod tracking;
mod transactions;
mod users;
mod values;
mod zsets;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::sync::Mutex;

use crate::harness::target::Target;
use crate::harness::{each_in_parallel, repository, verdict};
use crate::wire::words;
use generate::{Dialect, program};
use pair::{Command, Pair, Program, Protocol};

/// Programs per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const SEEDS: u64 = 200;
/// Differences shown at once.
const FAILURES_MAX: usize = 10;
/// Commands in one program.
const COMMANDS: usize = 250;
/// Handwritten commands.
const CORPUS: &str = "tests/data/differential";

/// The pairs to compare: our server (or the chosen one) with Redis, and with Valkey for what is
/// newer, if `RUDDLE_PEER_VALKEY` says how to start one.
fn pairs() -> Vec<(Target, Target, Dialect)> {
    let subject = Target::chosen();
    let mut pairs = vec![(Target::redis(), subject.clone(), Dialect::Redis70)];
    if let Ok(command) = env::var("RUDDLE_PEER_VALKEY") {
        pairs.push((Target::Command(command), subject, Dialect::Valkey));
    }
    pairs
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// What a run tries: `RUDDLE_DIFF_SEED` alone, or `RUDDLE_DIFF_SEEDS` (else `count`) from
/// `RUDDLE_DIFF_FIRST` on.
fn seeds(count: u64) -> Vec<u64> {
    if let Some(seed) = number("RUDDLE_DIFF_SEED") {
        return vec![seed];
    }
    let first = number("RUDDLE_DIFF_FIRST").unwrap_or(1);
    let count = number("RUDDLE_DIFF_SEEDS").unwrap_or(count);
    (first..first + count).collect()
}

/// Plays what `count` seeds make to both servers of every pair, on stages that `start` makes and
/// that are used again; `play` tells what differs. Ends when there is enough to look at.
fn play_seeds<S: Send>(
    count: u64,
    start: impl Fn(&Target, &Target) -> S + Sync,
    play: impl Fn(&mut S, u64, Dialect) -> Result<(), String> + Sync,
) {
    const SHOWN_MAX: usize = 3;
    let failures: Mutex<Vec<String>> = Mutex::default();
    for (oracle, subject, dialect) in pairs() {
        let idle: Mutex<Vec<S>> = Mutex::default();
        each_in_parallel(&seeds(count), |&seed| {
            if failures.lock().expect("no thread died").len() >= SHOWN_MAX {
                return;
            }
            let spare = idle.lock().expect("no thread died").pop();
            let mut stages = spare.unwrap_or_else(|| start(&oracle, &subject));
            if let Err(text) = play(&mut stages, seed, dialect) {
                let text = format!("seed {seed} ({dialect:?}):\n{text}");
                failures.lock().expect("no thread died").push(text);
            }
            idle.lock().expect("no thread died").push(stages);
        });
    }
    verdict(&failures.into_inner().expect("no thread died"));
}

#[test]
fn random_programs_get_the_same_replies() {
    play_programs(SEEDS, |seed, dialect| program(seed, COMMANDS, dialect));
}

/// Plays the programs that `count` seeds make to both servers of every pair; what differs is shrunk.
fn play_programs(count: u64, make: impl Fn(u64, Dialect) -> Program + Sync) {
    let mut problems = Vec::new();
    for (oracle, subject, dialect) in pairs() {
        let idle: Mutex<Vec<Pair>> = Mutex::default();
        // By the command that differs: one example of each is enough.
        let failures: Mutex<BTreeMap<String, String>> = Mutex::default();
        each_in_parallel(&seeds(count), |&seed| {
            let spare = idle.lock().expect("no thread died").pop();
            let mut pair = spare.unwrap_or_else(|| Pair::start(&oracle, &subject, dialect));
            let program = make(seed, dialect);
            if let Err(difference) = pair.run(&program) {
                let name = difference.name();
                let known = |failures: &BTreeMap<_, _>| {
                    failures.contains_key(&name) || failures.len() >= FAILURES_MAX
                };
                if known(&failures.lock().expect("no thread died")) {
                    return;
                }
                let shrunk = shrink::shrink(&mut pair, program, difference);
                let text = format!("seed {seed} ({dialect:?}):\n{shrunk}");
                let mut failures = failures.lock().expect("no thread died");
                failures.insert(name, text);
            }
            idle.lock().expect("no thread died").push(pair);
        });
        let failures = failures.into_inner().expect("no thread died");
        problems.extend(failures.into_values());
    }
    verdict(&problems);
}

#[test]
fn the_corpus_gets_the_same_replies() {
    let mut failures = Vec::new();
    for (oracle, subject, dialect) in pairs() {
        let mut pair = Pair::start(&oracle, &subject, dialect);
        for (at, commands) in corpus(dialect) {
            for protocol in [Protocol::Resp2, Protocol::Resp3] {
                // Every command for itself: one difference does not hide the next.
                pair.begin(protocol);
                for (line, command) in &commands {
                    if let Err(difference) = pair.step(std::slice::from_ref(command)) {
                        failures.push(format!("{at}:{line} ({dialect:?}): {difference}"));
                    }
                }
            }
        }
    }
    failures.dedup();
    failures.truncate(50);
    verdict(&failures);
}

/// Groups of commands with the file each stands in. `#` begins a comment; an empty line ends a
/// group (what is stored is gone). A group whose comment says `valkey` is for Valkey alone.
fn corpus(dialect: Dialect) -> Vec<(String, Vec<(usize, Command)>)> {
    let mut groups = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(repository(CORPUS))
        .expect("the corpus")
        .map(|entry| entry.expect("a directory's entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("a file").to_string_lossy();
        let newer = name.starts_with("valkey");
        if newer && dialect != Dialect::Valkey {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a readable corpus");
        let mut group = Vec::new();
        for (index, line) in source.lines().chain([""]).enumerate() {
            if line.trim().is_empty() && !group.is_empty() {
                groups.push((format!("{CORPUS}/{name}"), std::mem::take(&mut group)));
            }
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let args = words(line).unwrap_or_else(|why| panic!("{name}:{}: {why}", index + 1));
            group.push((index + 1, Command(args)));
        }
    }
    groups
}
