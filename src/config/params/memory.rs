//! Parameters of memory, eviction, freeing and expiry.

use super::super::choices::MaxmemoryPolicy;
use super::super::value::{Kind, Reason, Value};
use super::{INT_MAX, Param, field};

const DEFRAG: &str = "the allocator's arenas are not defragmented";
const LAZY: &str = "large values are always freed by a thread of their own";

pub(super) const PARAMS: &[Param] = &[
    Param::new(
        "maxmemory",
        Kind::Memory,
        "0",
        "The most memory to use, in bytes or in percent of what the machine (or the process's \
         control group) has; 0: no limit.",
    )
    .at(field!(maxmemory)),
    Param::choice(
        "maxmemory-policy",
        MaxmemoryPolicy::WORDS,
        "noeviction",
        "What goes when memory is full: which keys, by which order, or nothing.",
    )
    .at(field!(maxmemory_policy)),
    Param::int(
        "maxmemory-samples",
        (1, INT_MAX),
        "5",
        "How many keys are looked at to find the one to evict.",
    )
    .at(field!(maxmemory_samples)),
    Param::int(
        "maxmemory-eviction-tenacity",
        (0, 100),
        "10",
        "How much time eviction may take in one turn, from little to without end.",
    )
    .at(field!(maxmemory_eviction_tenacity)),
    Param::int(
        "lfu-log-factor",
        (0, INT_MAX),
        "10",
        "How slowly the counter of accesses grows.",
    )
    .at(field!(lfu_log_factor)),
    Param::int(
        "lfu-decay-time",
        (0, INT_MAX),
        "1",
        "Minutes after which the counter of accesses shrinks.",
    )
    .at(field!(lfu_decay_time)),
    Param::int(
        "active-expire-effort",
        (1, 10),
        "1",
        "How hard the server looks for keys that are past their time.",
    )
    .at(field!(active_expire_effort)),
    Param::flag(
        "import-mode",
        "no",
        "Leave keys past their time alone, while another server's data is copied in.",
    )
    .at(field!(import_mode))
    .coming("replication"),
    Param::flag(
        "lazyfree-lazy-eviction",
        "no",
        "Free evicted values in the background.",
    )
    .no_effect(LAZY),
    Param::flag(
        "lazyfree-lazy-expire",
        "no",
        "Free expired values in the background.",
    )
    .no_effect(LAZY),
    Param::flag(
        "lazyfree-lazy-server-del",
        "no",
        "Free overwritten values in the background.",
    )
    .no_effect(LAZY),
    Param::flag(
        "lazyfree-lazy-user-del",
        "no",
        "Let DEL free in the background, as UNLINK.",
    )
    .no_effect(LAZY),
    Param::flag(
        "lazyfree-lazy-user-flush",
        "no",
        "Let FLUSHALL and FLUSHDB without SYNC or ASYNC free in the background.",
    )
    .no_effect(LAZY),
    Param::flag("activedefrag", "no", "Move values together in idle time.")
        .checked(no_defragmentation)
        .no_effect(DEFRAG),
    Param::bytes(
        "active-defrag-ignore-bytes",
        (1, i64::MAX as u64),
        "100mb",
        "Waste below which nothing is moved.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-threshold-lower",
        (0, 1000),
        "10",
        "Waste, in percent, to begin at.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-threshold-upper",
        (0, 1000),
        "100",
        "Waste, in percent, for full effort.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-cycle-min",
        (1, 99),
        "1",
        "The least effort, in percent of time.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-cycle-max",
        (1, 99),
        "25",
        "The most effort, in percent of time.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-cycle-us",
        (0, 100_000),
        "500",
        "Microseconds at a time.",
    )
    .no_effect(DEFRAG),
    Param::int(
        "active-defrag-max-scan-fields",
        (1, i64::MAX),
        "1000",
        "Elements from which on a value is moved in steps.",
    )
    .no_effect(DEFRAG),
];

fn no_defragmentation(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Flag(true) => {
            Err("Active defragmentation cannot be enabled: this server does not have it".into())
        }
        _ => Ok(()),
    }
}
