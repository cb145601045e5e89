//! What SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, WAIT and WAITAOF are.

use crate::admin::{AdminHandler, persistence};
use crate::command::spec::{Acl, Arg, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "save",
            arity: 1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::NO_ASYNC_LOADING)
                .union(Flags::NO_MULTI),
            group: "server",
            since: "1.0.0",
            summary: "Writes a snapshot of the data; clients wait.",
            complexity: "O(N) with N keys",
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::save),
    },
    Row {
        spec: Spec {
            name: "bgsave",
            arity: -1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::NO_ASYNC_LOADING),
            group: "server",
            since: "1.0.0",
            summary: "Writes a snapshot of the data in the background.",
            complexity: "O(1)",
            history: &[("3.2.2", "Takes SCHEDULE."), ("8.1.0", "Takes CANCEL.")],
            args: &[Arg::one_of(
                "operation",
                &[
                    Arg::word("schedule", "SCHEDULE").since("3.2.2"),
                    Arg::word("cancel", "CANCEL").since("8.1.0"),
                ],
            )
            .optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::bgsave),
    },
    Row {
        spec: Spec {
            name: "lastsave",
            arity: 1,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            acl: Acl::ADMIN.union(Acl::DANGEROUS),
            group: "server",
            since: "1.0.0",
            summary: "Tells when the last snapshot was written.",
            complexity: "O(1)",
            tips: &["nondeterministic_output"],
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::lastsave),
    },
    Row {
        spec: Spec {
            name: "bgrewriteaof",
            arity: 1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::NO_ASYNC_LOADING),
            group: "server",
            since: "1.0.0",
            summary: "Rewrites the log in the background.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::bgrewriteaof),
    },
    Row {
        spec: Spec {
            name: "wait",
            arity: 3,
            flags: Flags::BLOCKING,
            acl: Acl::CONNECTION,
            group: "generic",
            since: "3.0.0",
            summary: "Waits until replicas have what the client wrote.",
            complexity: "O(1)",
            tips: &["request_policy:all_shards", "response_policy:agg_min"],
            args: &[Arg::integer("numreplicas"), Arg::integer("timeout")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::wait),
    },
    Row {
        spec: Spec {
            name: "waitaof",
            arity: 4,
            flags: Flags::BLOCKING,
            acl: Acl::CONNECTION,
            group: "generic",
            since: "7.2.0",
            summary: "Waits until what the client wrote is on disk, here or at replicas.",
            complexity: "O(1)",
            tips: &["request_policy:all_shards", "response_policy:agg_min"],
            args: &[
                Arg::integer("numlocal"),
                Arg::integer("numreplicas"),
                Arg::integer("timeout"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(persistence::waitaof),
    },
];
