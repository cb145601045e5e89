//! What SLOWLOG, COMMANDLOG, LATENCY and MONITOR are.

use crate::admin::AdminHandler;
use crate::admin::observe::{latency, monitor, slowlog};
use crate::command::spec::{Arg, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "slowlog",
            arity: -2,
            group: "server",
            since: "2.2.12",
            summary: "Subcommands about commands that took long.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "get",
                    arity: -2,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "2.2.12",
                    summary: "Shows the newest entries of the slow log.",
                    complexity: "O(N) with N entries returned",
                    history: &[("4.0.0", "The client's address and name.")],
                    tips: &["request_policy:all_nodes", "nondeterministic_output"],
                    args: &[Arg::integer("count").optional()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::get),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "server",
                    since: "6.2.0",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::help),
            },
            Row {
                spec: Spec {
                    name: "len",
                    arity: 2,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "2.2.12",
                    summary: "Counts the entries of the slow log.",
                    complexity: "O(1)",
                    tips: &[
                        "request_policy:all_nodes",
                        "response_policy:agg_sum",
                        "nondeterministic_output",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::len),
            },
            Row {
                spec: Spec {
                    name: "reset",
                    arity: 2,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "2.2.12",
                    summary: "Empties the slow log.",
                    complexity: "O(N) with N entries",
                    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::reset),
            },
        ]),
    },
    Row {
        spec: Spec {
            name: "commandlog",
            arity: -2,
            group: "server",
            since: "8.1.0",
            summary: "Subcommands about commands that took long, came large or answered large.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "get",
                    arity: 4,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "8.1.0",
                    summary: "Shows the newest entries of one of the logs.",
                    complexity: "O(N) with N entries returned",
                    tips: &["request_policy:all_nodes", "nondeterministic_output"],
                    args: &[
                        Arg::integer("count"),
                        Arg::one_of(
                            "type",
                            &[
                                Arg::word("slow", "SLOW"),
                                Arg::word("large-request", "LARGE-REQUEST"),
                                Arg::word("large-reply", "LARGE-REPLY"),
                            ],
                        ),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::get_of),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "server",
                    since: "8.1.0",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::help_of),
            },
            Row {
                spec: Spec {
                    name: "len",
                    arity: 3,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "8.1.0",
                    summary: "Counts the entries of one of the logs.",
                    complexity: "O(1)",
                    tips: &[
                        "request_policy:all_nodes",
                        "response_policy:agg_sum",
                        "nondeterministic_output",
                    ],
                    args: &[Arg::one_of(
                        "type",
                        &[
                            Arg::word("slow", "SLOW"),
                            Arg::word("large-request", "LARGE-REQUEST"),
                            Arg::word("large-reply", "LARGE-REPLY"),
                        ],
                    )],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::len_of),
            },
            Row {
                spec: Spec {
                    name: "reset",
                    arity: 3,
                    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
                    group: "server",
                    since: "8.1.0",
                    summary: "Empties one of the logs.",
                    complexity: "O(N) with N entries",
                    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
                    args: &[Arg::one_of(
                        "type",
                        &[
                            Arg::word("slow", "SLOW"),
                            Arg::word("large-request", "LARGE-REQUEST"),
                            Arg::word("large-reply", "LARGE-REPLY"),
                        ],
                    )],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(slowlog::reset_of),
            },
        ]),
    },
    Row {
        spec: Spec {
            name: "latency",
            arity: -2,
            group: "server",
            since: "2.8.13",
            summary: "Subcommands about delays.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "doctor",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Says in words what the noted delays tell.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_nodes",
                        "response_policy:special",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::doctor),
            },
            Row {
                spec: Spec {
                    name: "graph",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Draws the delays of an event.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_nodes",
                        "response_policy:special",
                    ],
                    args: &[Arg::string("event")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::graph),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::help),
            },
            Row {
                spec: Spec {
                    name: "histogram",
                    arity: -2,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "7.0.0",
                    summary: "Shows how long commands took, cumulated by powers of two.",
                    complexity: "O(N) with N commands shown",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_nodes",
                        "response_policy:special",
                    ],
                    args: &[Arg::string("command").optional().multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::histogram),
            },
            Row {
                spec: Spec {
                    name: "history",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Lists the noted delays of an event.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_nodes",
                        "response_policy:special",
                    ],
                    args: &[Arg::string("event")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::history),
            },
            Row {
                spec: Spec {
                    name: "latest",
                    arity: 2,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Shows the last and the worst delay of every event.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_nodes",
                        "response_policy:special",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::latest),
            },
            Row {
                spec: Spec {
                    name: "reset",
                    arity: -2,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::LOADING)
                        .union(Flags::STALE),
                    group: "server",
                    since: "2.8.13",
                    summary: "Forgets the delays of some events, or of all.",
                    complexity: "O(1)",
                    tips: &["request_policy:all_nodes", "response_policy:agg_sum"],
                    args: &[Arg::string("event").optional().multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(latency::reset),
            },
        ]),
    },
    Row {
        spec: Spec {
            name: "monitor",
            arity: 1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::LOADING)
                .union(Flags::STALE),
            group: "server",
            since: "1.0.0",
            summary: "Shows this connection every command that the server executes.",
            complexity: "",
            ..Spec::DEFAULT
        },
        run: Run::Handler(monitor::monitor),
    },
];
