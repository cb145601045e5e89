//! `maxmemory` from outside: the limit holds, what leaves is no more than must, and nobody waits
//! for it.

use std::time::{Duration, Instant};

use super::subject;
use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::server::Start;
use crate::harness::wait_until;

/// What a command takes beside its value: buffers for request and reply, growing tables, the text
/// of the INFO that tells.
const SLACK_BYTES: usize = 64 << 10;

/// A number of INFO.
fn number(client: &mut Client, section: &str, field: &str) -> usize {
    usize::try_from(client.info_number(section, field)).expect("a size")
}

fn used(client: &mut Client) -> usize {
    number(client, "memory", "used_memory")
}

fn set(client: &mut Client, parameter: &str, value: &str) {
    let reply = client.call(&["CONFIG", "SET", parameter, value]);
    assert_eq!(reply, Reply::Simple(b"OK".to_vec()), "{parameter} {value}");
}

fn size(client: &mut Client) -> i64 {
    client.words("DBSIZE").int().expect("a number")
}

/// Sets the limit so far above what is used now.
fn limit(client: &mut Client, above: usize) -> usize {
    let limit = used(client) + above;
    set(client, "maxmemory", &limit.to_string());
    limit
}

/// Keys `{prefix}0` … of strings of `bytes`, pipelined.
fn fill(client: &mut Client, prefix: &str, keys: usize, bytes: usize) {
    let value = "x".repeat(bytes);
    for first in (0..keys).step_by(100) {
        let batch = first..keys.min(first + 100);
        for key in batch.clone() {
            let key = format!("{prefix}{key}");
            client.send(&["SET", &key, &value]).expect("sent");
        }
        for _ in batch {
            assert!(!client.read().expect("a reply").is_error());
        }
    }
}

#[test]
fn memory_is_never_over_the_limit_by_more_than_a_command_needs() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut client = server.connect();
    let mut random = fastrand::Rng::with_seed(5);
    for policy in [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-ttl",
        "volatile-lru",
    ] {
        set(&mut client, "maxmemory", "0");
        client.words("FLUSHALL SYNC");
        set(&mut client, "maxmemory-policy", policy);
        let limit = limit(&mut client, 4 << 20);
        for index in 0..1500 {
            let bytes = if index % 100 == 99 {
                200_000
            } else {
                random.usize(..8000)
            };
            let (key, value) = (format!("key{index}"), "x".repeat(bytes));
            let reply = match index % 3 {
                0 => client.call(&["HSET", "hash", &key, &value[..bytes.min(50)]]),
                _ => client.call(&["SET", &key, &value, "EX", "1000"]),
            };
            assert!(!reply.is_error(), "{policy}: {reply:?}");
            let used = used(&mut client);
            let most = limit + bytes + SLACK_BYTES;
            assert!(used <= most, "{policy}: {used} used of {limit}");
        }
        let evicted = number(&mut client, "stats", "evicted_keys");
        assert!(evicted > 100, "{policy}: {evicted}");
        // No more than must: the limit is made use of.
        let used = used(&mut client);
        assert!(used + 300_000 > limit, "{policy}: {used} used of {limit}");
    }
}

#[test]
fn as_many_small_keys_leave_as_must() {
    let Some(start) = subject() else { return };
    let server = start
        .args(["--maxmemory-policy", "allkeys-random"])
        .args(["--maxmemory-eviction-tenacity", "100"])
        .start();
    let mut client = server.connect();
    fill(&mut client, "key", 20_000, 1);
    let before = used(&mut client);
    set(
        &mut client,
        "maxmemory",
        &(before - SLACK_BYTES).to_string(),
    );
    client.words("PING");
    // Each takes some 32 bytes, and its name is kept until it is told that the key has left.
    let left = size(&mut client);
    assert!(left > 10_000, "{left} keys are left");
}

#[test]
fn what_is_told_of_keys_that_leave_makes_no_others_leave() {
    let Some(start) = subject() else { return };
    let server = start
        .args(["--maxmemory-policy", "allkeys-lru"])
        .args(["--maxmemory-eviction-tenacity", "100"])
        .start();
    let mut client = server.connect();
    let mut trackers: Vec<Client> = (0..10).map(|_| server.connect()).collect();
    for tracker in &mut trackers {
        tracker.words("HELLO 3");
        tracker.words("CLIENT TRACKING ON");
    }
    let name = |index: usize| format!("{index}{}", "x".repeat(1000));
    for index in 0..300 {
        client.call(&["SET", &name(index), "x"]);
        for tracker in &mut trackers {
            tracker.call(&["GET", &name(index)]);
        }
    }
    let lower = used(&mut client) - 40_000;
    set(&mut client, "maxmemory", &lower.to_string());
    // About 40 keys leave, and ten hear of each: ten times what became free.
    client.words("PING");
    let left = size(&mut client);
    assert!((200..=300).contains(&left), "{left} keys are left");
}

#[test]
fn what_is_freed_by_another_thread_is_not_freed_twice() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxmemory-policy", "allkeys-lru"]).start();
    let mut client = server.connect();
    const EACH: usize = 2 << 20;
    const FIT: usize = 10;
    let limit = limit(&mut client, FIT * EACH + EACH / 2);
    for index in 0..4 * FIT {
        let key = format!("large{index}");
        // Its length makes the string, of chunks that the reaper frees.
        let offset = (EACH - 1).to_string();
        let reply = client.call(&["SETRANGE", &key, &offset, "x"]);
        assert_eq!(reply.int(), Some(EACH as i64));
        client.words("PING");
        wait_until("memory within the limit", || {
            (used(&mut client) <= limit + SLACK_BYTES).then_some(())
        });
        if index >= FIT {
            let left = size(&mut client);
            assert!(left + 2 >= FIT as i64, "{left} of {FIT} are left");
        }
    }
}

#[test]
fn a_lower_limit_is_reached_by_and_by_and_nobody_waits_for_it() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxmemory-policy", "allkeys-random"]).start();
    let mut client = server.connect();
    let empty = used(&mut client);
    fill(&mut client, "key", 20_000, 500);
    let full = used(&mut client);
    let lower = empty + (full - empty) / 4;
    set(&mut client, "maxmemory", &lower.to_string());
    // Commands go on meanwhile, and what they take is made free.
    let mut turns = 0;
    wait_until("memory within the limit", || {
        turns += 1;
        (used(&mut client) <= lower + SLACK_BYTES).then_some(())
    });
    let left = size(&mut client);
    assert!((3000..6500).contains(&left), "{left}");
    // What the questions themselves take may cost some more keys.
    let evicted = number(&mut client, "stats", "evicted_keys");
    let now_left = size(&mut client);
    let then_left = 20_000 - i64::try_from(evicted).expect("a count");
    assert!((now_left..=left).contains(&then_left), "{then_left}");
    let exceeded = number(&mut client, "stats", "current_eviction_exceeded_time");
    assert_eq!(exceeded, 0);
}

#[test]
fn without_a_command_a_lower_limit_is_reached_too() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxmemory-policy", "allkeys-lru"]).start();
    let mut client = server.connect();
    fill(&mut client, "key", 10_000, 500);
    let mut watcher = server.connect();
    let lower = used(&mut client) / 2;
    set(&mut client, "maxmemory", &lower.to_string());
    // Nobody asks for anything for a while.
    let quiet = Instant::now();
    let silent = watcher.read_within(Duration::from_millis(300));
    assert!(silent.is_err() && quiet.elapsed() >= Duration::from_millis(300));
    assert!(used(&mut watcher) <= lower + SLACK_BYTES);
}

/// Begins a BGSAVE that takes minutes, unless it is cancelled.
fn begin_snapshot(client: &mut Client) {
    set(client, "rdb-key-save-delay", "100000");
    assert!(!client.words("BGSAVE").is_error());
}

fn is_saving(client: &mut Client) -> bool {
    number(client, "persistence", "rdb_bgsave_in_progress") != 0
}

#[test]
fn while_a_snapshot_is_read_not_everything_leaves() {
    let server = Start::ruddle()
        .args(["--maxmemory-policy", "allkeys-lru"])
        .start();
    let mut client = server.connect();
    fill(&mut client, "old", 5000, 500);
    let limit = limit(&mut client, 100_000);
    begin_snapshot(&mut client);
    // Twice what there is room for: most of the old ones leave, and their memory stays.
    fill(&mut client, "new", 10_000, 500);
    assert!(used(&mut client) > limit + 1_000_000);
    let kept = number(&mut client, "memory", "mem_not_counted_for_evict");
    assert!(used(&mut client) - kept <= limit + SLACK_BYTES);
    let left = size(&mut client);
    assert!((4500..5300).contains(&left), "{left} keys are left");
    assert!(is_saving(&mut client));
    assert!(!client.words("BGSAVE CANCEL").is_error());
    wait_until("the end of the snapshot", || {
        (!is_saving(&mut client)).then_some(())
    });
    wait_until("memory within the limit", || {
        (used(&mut client) <= limit + SLACK_BYTES).then_some(())
    });
    // What was freed counts: only what the writer's buffers took at its end, for a moment, has left.
    let (before, left) = (left, size(&mut client));
    assert!(left > before / 4, "{left} of {before} keys are left");
}

#[test]
fn a_flush_while_a_snapshot_is_read_leaves_what_comes_after_it() {
    let server = Start::ruddle()
        .args(["--maxmemory-policy", "allkeys-lru"])
        .start();
    let mut client = server.connect();
    fill(&mut client, "old", 5000, 500);
    limit(&mut client, 100_000);
    begin_snapshot(&mut client);
    assert!(!client.words("FLUSHDB").is_error());
    fill(&mut client, "new", 1000, 500);
    assert_eq!(size(&mut client), 1000);
    assert!(is_saving(&mut client));
}
