//! What CLUSTER, READONLY, READWRITE and ASKING are: known, and refused.

use crate::admin::{AdminHandler, alone};
use crate::command::spec::{Acl, Arg, Deprecated, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "cluster",
            arity: -2,
            group: "cluster",
            since: "3.0.0",
            summary: "Subcommands about a cluster, which this server is no part of.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "addslots",
                    arity: -3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Gives slots to this node.",
                    complexity: "O(N) with N slots",
                    args: &[Arg::integer("slot").multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "addslotsrange",
                    arity: -4,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "7.0.0",
                    summary: "Gives ranges of slots to this node.",
                    complexity: "O(N) with N slots",
                    args: &[Arg::block(
                        "range",
                        &[Arg::integer("start-slot"), Arg::integer("end-slot")],
                    )
                    .multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "bumpepoch",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Advances the epoch of the configuration.",
                    complexity: "O(1)",
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "cancelslotmigrations",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "9.0.0",
                    summary: "Calls off all migrations of slots.",
                    complexity: "O(N) with N slots",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "count-failure-reports",
                    arity: 3,
                    flags: Flags::ADMIN.union(Flags::STALE),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Counts the nodes that report a node as failed.",
                    complexity: "O(N) with N reports",
                    history: &[("9.0.0", "More forms.")],
                    tips: &["nondeterministic_output"],
                    args: &[Arg::string("node-id")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "countkeysinslot",
                    arity: 3,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Counts the keys of a slot.",
                    complexity: "O(1)",
                    args: &[Arg::integer("slot")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "delslots",
                    arity: -3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Takes slots from this node.",
                    complexity: "O(N) with N slots",
                    args: &[Arg::integer("slot").multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "delslotsrange",
                    arity: -4,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "7.0.0",
                    summary: "Takes ranges of slots from this node.",
                    complexity: "O(N) with N slots",
                    args: &[Arg::block(
                        "range",
                        &[Arg::integer("start-slot"), Arg::integer("end-slot")],
                    )
                    .multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "failover",
                    arity: -2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Makes this replica take over.",
                    complexity: "O(1)",
                    args: &[Arg::one_of(
                        "options",
                        &[
                            Arg::word("force", "FORCE"),
                            Arg::word("takeover", "TAKEOVER"),
                        ],
                    )
                    .optional()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "flushslot",
                    arity: -3,
                    flags: Flags::WRITE
                        .union(Flags::ADMIN)
                        .union(Flags::NO_ASYNC_LOADING),
                    acl: Acl::KEYSPACE,
                    group: "cluster",
                    since: "9.0.0",
                    summary: "Deletes the keys of a slot.",
                    complexity: "O(N)",
                    args: &[
                        Arg::integer("slot"),
                        Arg::one_of(
                            "flush-type",
                            &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")],
                        )
                        .optional(),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "flushslots",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Takes all slots from this node.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "forget",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Removes a node from the list of nodes.",
                    complexity: "O(1)",
                    args: &[Arg::string("node-id")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "getkeysinslot",
                    arity: 4,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Lists keys of a slot.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output"],
                    args: &[Arg::integer("slot"), Arg::integer("count")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "getslotmigrations",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "9.0.0",
                    summary: "Lists migrations of slots, under way and past.",
                    complexity: "O(N)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "cluster",
                    since: "5.0.0",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "info",
                    arity: 2,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Reports the state of this node.",
                    complexity: "O(1)",
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "keyslot",
                    arity: 3,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Tells the slot of a key.",
                    complexity: "O(N)",
                    args: &[Arg::string("key")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "links",
                    arity: 2,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "7.0.0",
                    summary: "Lists the connections between this node and the others.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "meet",
                    arity: -4,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Connects a node to the cluster.",
                    complexity: "O(1)",
                    history: &[("4.0.0", "Ids of nodes.")],
                    args: &[
                        Arg::string("ip"),
                        Arg::integer("port"),
                        Arg::integer("cluster-bus-port").optional().since("4.0.0"),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "migrateslots",
                    arity: -4,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "9.0.0",
                    summary: "Moves slots to another node.",
                    complexity: "O(N)",
                    args: &[Arg::block(
                        "migration-group",
                        &[
                            Arg::word("slotsrange-token", "SLOTSRANGE"),
                            Arg::block(
                                "range",
                                &[Arg::integer("start-slot"), Arg::integer("end-slot")],
                            )
                            .multiple(),
                            Arg::word("node-token", "NODE"),
                            Arg::string("node-id"),
                        ],
                    )
                    .multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "myid",
                    arity: 2,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Tells the id of this node.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "myshardid",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "cluster",
                    since: "7.2.0",
                    summary: "Tells the id of this node's shard.",
                    complexity: "O(1)",
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "nodes",
                    arity: 2,
                    flags: Flags::STALE,
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Lists the nodes as this one sees them.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "replicas",
                    arity: 3,
                    flags: Flags::ADMIN.union(Flags::STALE),
                    group: "cluster",
                    since: "5.0.0",
                    summary: "Lists the replicas of a node.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output"],
                    args: &[Arg::string("node-id")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "replicate",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Makes this node a replica of another.",
                    complexity: "O(1)",
                    args: &[Arg::string("node-id")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "reset",
                    arity: -2,
                    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::STALE),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Makes this node forget the cluster.",
                    complexity: "O(N)",
                    args: &[Arg::one_of(
                        "reset-type",
                        &[Arg::word("hard", "HARD"), Arg::word("soft", "SOFT")],
                    )
                    .optional()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "saveconfig",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Writes the state of this node to its file.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "set-config-epoch",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Sets the epoch of a new node.",
                    complexity: "O(1)",
                    args: &[Arg::integer("config-epoch")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "setslot",
                    arity: -4,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Binds a slot to a node.",
                    complexity: "O(1)",
                    args: &[
                        Arg::integer("slot"),
                        Arg::one_of(
                            "subcommand",
                            &[
                                Arg::string("importing")
                                    .token("IMPORTING")
                                    .display("node-id"),
                                Arg::string("migrating")
                                    .token("MIGRATING")
                                    .display("node-id"),
                                Arg::string("node").token("NODE").display("node-id"),
                                Arg::word("stable", "STABLE"),
                            ],
                        ),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "shards",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "cluster",
                    since: "7.0.0",
                    summary: "Lists slots and nodes by shard.",
                    complexity: "O(N)",
                    history: &[("9.1.0", "More about each.")],
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "slaves",
                    arity: 3,
                    flags: Flags::ADMIN.union(Flags::STALE),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Lists the replicas of a node.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output"],
                    deprecated: Some(Deprecated {
                        since: "5.0.0",
                        replaced_by: "`CLUSTER REPLICAS`",
                    }),
                    args: &[Arg::string("node-id")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "slot-stats",
                    arity: -4,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "cluster",
                    since: "8.0.0",
                    summary: "Reports what slots cost.",
                    complexity: "O(N)",
                    tips: &["nondeterministic_output", "request_policy:all_shards"],
                    args: &[Arg::one_of(
                        "filter",
                        &[
                            Arg::block(
                                "slotsrange",
                                &[Arg::integer("start-slot"), Arg::integer("end-slot")],
                            )
                            .token("SLOTSRANGE"),
                            Arg::block(
                                "orderby",
                                &[
                                    Arg::string("metric"),
                                    Arg::integer("limit").token("LIMIT").optional(),
                                    Arg::one_of(
                                        "order",
                                        &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
                                    )
                                    .optional(),
                                ],
                            )
                            .token("ORDERBY"),
                        ],
                    )],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "slots",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "cluster",
                    since: "3.0.0",
                    summary: "Lists the slots with their nodes.",
                    complexity: "O(N)",
                    history: &[
                        ("4.0.0", "Ids of nodes."),
                        ("7.0.0", "More about each."),
                        ("9.1.0", "More about each."),
                    ],
                    deprecated: Some(Deprecated {
                        since: "7.0.0",
                        replaced_by: "`CLUSTER SHARDS`",
                    }),
                    tips: &["nondeterministic_output"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
            Row {
                spec: Spec {
                    name: "syncslots",
                    arity: -3,
                    flags: Flags::ADMIN
                        .union(Flags::STALE)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "cluster",
                    since: "9.0.0",
                    summary: "Serves servers that move slots among themselves.",
                    complexity: "Depends on subcommand.",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::no_cluster),
            },
        ]),
    },
    Row {
        spec: Spec {
            name: "readonly",
            arity: 1,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            acl: Acl::CONNECTION,
            group: "cluster",
            since: "3.0.0",
            summary: "Lets this connection read from a replica of a cluster.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::no_cluster),
    },
    Row {
        spec: Spec {
            name: "readwrite",
            arity: 1,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            acl: Acl::CONNECTION,
            group: "cluster",
            since: "3.0.0",
            summary: "Ends that again.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::no_cluster),
    },
    Row {
        spec: Spec {
            name: "asking",
            arity: 1,
            flags: Flags::FAST,
            acl: Acl::CONNECTION,
            group: "cluster",
            since: "3.0.0",
            summary: "Lets the next command of this connection use a slot that is being imported.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::no_cluster),
    },
];
