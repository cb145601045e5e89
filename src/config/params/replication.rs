//! Parameters of replication.

use super::super::value::{Kind, Words};
use super::{INT_MAX, PORT_MAX, Param, field};

const PART: &str = "replication";

const DISKLESS_LOAD: Words = &[
    ("disabled", 0),
    ("on-empty-db", 1),
    ("swapdb", 2),
    ("flush-before-load", 3),
];
const ON_ERROR: Words = &[("ignore", 0), ("panic", 1), ("panic-on-replicas", 2)];

pub(super) const PARAMS: &[Param] = &[
    Param::new(
        "replicaof",
        Kind::Primary,
        "no one",
        "The primary this server replicates.",
    )
    .alias(&["slaveof"])
    .restart()
    .coming(PART),
    Param::optional("masterauth", "The password for the primary.")
        .alias(&["primaryauth"])
        .secret()
        .coming(PART),
    Param::optional("masteruser", "The user for the primary.")
        .alias(&["primaryuser"])
        .secret()
        .coming(PART),
    Param::flag(
        "replica-serve-stale-data",
        "yes",
        "Answer while the primary is out of reach.",
    )
    .alias(&["slave-serve-stale-data"])
    .coming(PART),
    Param::flag("replica-read-only", "yes", "Refuse writes on a replica.")
        .alias(&["slave-read-only"])
        .coming(PART),
    Param::int(
        "replica-priority",
        (0, INT_MAX),
        "100",
        "Which replica takes over first; 0: never.",
    )
    .alias(&["slave-priority"])
    .coming(PART),
    Param::flag(
        "replica-announced",
        "yes",
        "Whether to tell of this replica.",
    )
    .coming(PART),
    Param::optional("replica-announce-ip", "The address to tell the primary.")
        .alias(&["slave-announce-ip"])
        .coming(PART),
    Param::int(
        "replica-announce-port",
        (0, PORT_MAX),
        "0",
        "The port to tell the primary.",
    )
    .alias(&["slave-announce-port"])
    .coming(PART),
    Param::flag(
        "replica-ignore-maxmemory",
        "yes",
        "Let the primary alone evict.",
    )
    .alias(&["slave-ignore-maxmemory"])
    .coming(PART),
    Param::flag(
        "replica-ignore-disk-write-errors",
        "no",
        "Let a replica go on when its log cannot be written.",
    )
    .coming(PART),
    Param::flag(
        "replica-lazy-flush",
        "no",
        "Drop old data in the background before a full sync.",
    )
    .alias(&["slave-lazy-flush"])
    .no_effect("old data is always dropped by a thread of its own"),
    Param::int(
        "min-replicas-to-write",
        (0, INT_MAX),
        "0",
        "Replicas without which no write is taken.",
    )
    .alias(&["min-slaves-to-write"])
    .at(field!(min_replicas_to_write)),
    Param::int(
        "min-replicas-max-lag",
        (0, INT_MAX),
        "10",
        "Seconds of silence a replica may have.",
    )
    .alias(&["min-slaves-max-lag"])
    .at(field!(min_replicas_max_lag)),
    Param::bytes(
        "repl-backlog-size",
        (1, i64::MAX as u64),
        "1mb",
        "How much of the stream is kept for replicas that come back.",
    )
    .coming(PART),
    Param::int(
        "repl-backlog-ttl",
        (0, i64::MAX),
        "3600",
        "Seconds without replicas after which that is freed; 0: never.",
    )
    .coming(PART),
    Param::int(
        "repl-timeout",
        (1, INT_MAX),
        "60",
        "Seconds of silence that end a link.",
    )
    .at(super::field!(repl_timeout)),
    Param::int(
        "repl-ping-replica-period",
        (1, INT_MAX),
        "10",
        "Seconds between pings to replicas.",
    )
    .alias(&["repl-ping-slave-period"])
    .coming(PART),
    Param::flag(
        "repl-disable-tcp-nodelay",
        "no",
        "Save packets rather than time on the link.",
    )
    .coming(PART),
    Param::flag(
        "repl-diskless-sync",
        "yes",
        "Send a snapshot without writing it to disk first.",
    )
    .coming(PART),
    Param::int(
        "repl-diskless-sync-delay",
        (0, INT_MAX),
        "5",
        "Seconds to wait for more replicas before such a sync.",
    )
    .coming(PART),
    Param::int(
        "repl-diskless-sync-max-replicas",
        (0, INT_MAX),
        "0",
        "Replicas after which it is not waited for more; 0: waited in any case.",
    )
    .coming(PART),
    Param::choice(
        "repl-diskless-load",
        DISKLESS_LOAD,
        "disabled",
        "How a replica loads what comes over the link without a file.",
    )
    .coming(PART),
    Param::flag("repl-mptcp", "no", "Use Multipath TCP on the link.")
        .restart()
        .no_effect("links speak plain TCP"),
    Param::flag(
        "dual-channel-replication-enabled",
        "no",
        "Use a second link for full syncs.",
    )
    .coming(PART),
    Param::choice(
        "propagation-error-behavior",
        ON_ERROR,
        "ignore",
        "What to do when a command that came over the link or from the log fails.",
    )
    .coming(PART),
];
