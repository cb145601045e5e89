//! The whole server in a simulated world: its disk, its clock, its clients and its threads are a
//! test's, and everything that happens follows from one number, the seed.
//!
//! A run is several lives of a server on one disk ([`world`]): clients send programs by chance
//! ([`program`]), the power fails or the process is killed in the middle of anything, and what the
//! next server finds must be a moment of the history ([`history`]), not older than promised. What
//! the history is the server itself notes, by hooks that only tests have ([`witness`]).
//!
//! `RUDDLE_SIM_SEEDS` is how many seeds each test tries, `RUDDLE_SIM_FIRST` the first of them;
//! `RUDDLE_SIM_SEED=n` replays one and tells what happens.

mod history;
mod peer;
mod plan;
mod program;
mod receiver;
mod scripts;
mod start;
pub(super) mod witness;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use self::plan::Plan;
use self::world::World;
use super::table::CommandTable;
use crate::config::AppendFsync;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// The commands: one table for all servers of all tests, as it takes a while to make.
pub(super) fn table() -> Arc<CommandTable> {
    static TABLE: OnceLock<Arc<CommandTable>> = OnceLock::new();
    Arc::clone(TABLE.get_or_init(CommandTable::new))
}

/// Runs a plan; a digest of all that happened.
fn run(plan: Plan, explains: bool) -> Result<u64, String> {
    let mut world = World::new(plan, table(), explains);
    let result = catch_unwind(AssertUnwindSafe(|| world.run()));
    let result = result.unwrap_or_else(|_| Err("the server panicked".into()));
    for line in &world.tale {
        println!("{line}");
    }
    result.map(|()| world.trace)
}

/// Tries as many seeds as the environment says, else `count`.
fn try_all(count: u64, plan: impl Fn(u64) -> Plan) {
    if let Some(seed) = variable("RUDDLE_SIM_SEED") {
        if let Err(what) = run(plan(seed), true) {
            panic!("seed {seed}: {what}");
        }
        return;
    }
    let first = variable("RUDDLE_SIM_FIRST").unwrap_or(0);
    let count = variable("RUDDLE_SIM_SEEDS").unwrap_or(count);
    let failed = (first..first + count).filter(|seed| run(plan(*seed), false).is_err());
    let failed: Vec<u64> = failed.collect();
    if let Some(seed) = failed.first() {
        // Once more, to tell what differs.
        let what = run(plan(*seed), true).err().unwrap_or_default();
        panic!(
            "RUDDLE_SIM_SEED={seed}: {what}\n{} of {count} seeds fail: {:?}",
            failed.len(),
            &failed[..failed.len().min(20)]
        );
    }
}

fn policy_of(seed: u64) -> AppendFsync {
    match seed % 4 {
        0..=1 => AppendFsync::Always,
        2 => AppendFsync::EverySecond,
        _ => AppendFsync::No,
    }
}

#[test]
fn always_loses_nothing_acknowledged() {
    try_all(250, |seed| Plan::new(seed).logged(AppendFsync::Always));
}

#[test]
fn everysec_loses_what_two_syncs_have_not_come_to() {
    try_all(250, |seed| {
        Plan::new(seed).logged(AppendFsync::EverySecond).rewritten()
    });
}

#[test]
fn always_rewritten() {
    try_all(250, |seed| {
        Plan::new(seed).logged(AppendFsync::Always).rewritten()
    });
}

#[test]
fn without_syncs_a_kill_loses_nothing() {
    try_all(250, |seed| {
        Plan::new(seed).logged(AppendFsync::No).rewritten().saved()
    });
}

#[test]
fn a_snapshot_is_that_of_one_moment() {
    try_all(250, |seed| Plan::new(seed).saved());
}

#[test]
fn an_ill_disk_breaks_no_snapshot() {
    try_all(250, |seed| Plan::new(seed).saved().ill());
}

#[test]
fn an_ill_disk_breaks_no_promise() {
    try_all(250, |seed| {
        let policy = policy_of(seed);
        Plan::new(seed).logged(policy).rewritten().saved().ill()
    });
}

#[test]
fn policies_may_change_while_it_runs() {
    try_all(250, |seed| {
        let policy = policy_of(seed);
        Plan::new(seed)
            .logged(policy)
            .rewritten()
            .saved()
            .switched()
    });
}

#[test]
fn policies_may_change_on_an_ill_disk() {
    try_all(250, |seed| {
        let policy = policy_of(seed);
        Plan::new(seed)
            .logged(policy)
            .rewritten()
            .saved()
            .switched()
            .ill()
    });
}

#[test]
fn a_restore_is_whole_or_none() {
    try_all(250, |seed| {
        let policy = policy_of(seed);
        Plan::new(seed).logged(policy).rewritten().restored()
    });
}

#[test]
fn a_restore_on_an_ill_disk_is_whole_or_none() {
    try_all(250, |seed| {
        let policy = policy_of(seed);
        Plan::new(seed).logged(policy).rewritten().restored().ill()
    });
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        let plan = || Plan::new(seed).logged(AppendFsync::Always).rewritten();
        assert_eq!(run(plan(), false), run(plan(), true), "seed {seed}");
    }
}
