//! What ROLE, REPLICAOF, FAILOVER and MODULE are.

use crate::admin::{AdminHandler, alone};
use crate::command::spec::{Acl, Arg, Deprecated, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "role",
            arity: 1,
            flags: Flags::NOSCRIPT
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::FAST),
            acl: Acl::ADMIN.union(Acl::DANGEROUS),
            group: "server",
            since: "2.8.12",
            summary: "Tells whether the server is a primary or a replica, and who follows it.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::role),
    },
    Row {
        spec: Spec {
            name: "replicaof",
            arity: 3,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::STALE)
                .union(Flags::NO_ASYNC_LOADING),
            group: "server",
            since: "5.0.0",
            summary: "Makes the server a replica of another; NO ONE: a primary.",
            complexity: "O(1)",
            args: &[Arg::one_of(
                "args",
                &[
                    Arg::block("host-port", &[Arg::string("host"), Arg::integer("port")]),
                    Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
                ],
            )],
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::replicaof),
    },
    Row {
        spec: Spec {
            name: "slaveof",
            arity: 3,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::STALE)
                .union(Flags::NO_ASYNC_LOADING),
            group: "server",
            since: "1.0.0",
            summary: "Makes the server a replica of another; NO ONE: a primary.",
            complexity: "O(1)",
            deprecated: Some(Deprecated {
                since: "5.0.0",
                replaced_by: "`REPLICAOF`",
            }),
            args: &[Arg::one_of(
                "args",
                &[
                    Arg::block("host-port", &[Arg::string("host"), Arg::integer("port")]),
                    Arg::block("no-one", &[Arg::word("no", "NO"), Arg::word("one", "ONE")]),
                ],
            )],
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::replicaof),
    },
    Row {
        spec: Spec {
            name: "failover",
            arity: -1,
            flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::STALE),
            group: "server",
            since: "6.2.0",
            summary: "Hands the part of the primary to a replica.",
            complexity: "O(1)",
            args: &[
                Arg::block(
                    "target",
                    &[
                        Arg::string("host"),
                        Arg::integer("port"),
                        Arg::word("force", "FORCE").optional(),
                    ],
                )
                .token("TO")
                .optional(),
                Arg::word("abort", "ABORT").optional(),
                Arg::integer("milliseconds").token("TIMEOUT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(alone::failover),
    },
    Row {
        spec: Spec {
            name: "module",
            arity: -2,
            group: "server",
            since: "4.0.0",
            summary: "Subcommands about modules, which this server has not.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "server",
                    since: "5.0.0",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::module_help),
            },
            Row {
                spec: Spec {
                    name: "list",
                    arity: 2,
                    flags: Flags::ADMIN.union(Flags::NOSCRIPT),
                    group: "server",
                    since: "4.0.0",
                    summary: "Lists the modules loaded: none.",
                    complexity: "O(N) with N modules",
                    tips: &["nondeterministic_output_order"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::module_list),
            },
            Row {
                spec: Spec {
                    name: "load",
                    arity: -3,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "server",
                    since: "4.0.0",
                    summary: "Is refused: there are no modules.",
                    complexity: "O(1)",
                    args: &[
                        Arg::string("path"),
                        Arg::string("arg").optional().multiple(),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::module_load),
            },
            Row {
                spec: Spec {
                    name: "loadex",
                    arity: -3,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "server",
                    since: "7.0.0",
                    summary: "Is refused: there are no modules.",
                    complexity: "O(1)",
                    args: &[
                        Arg::string("path"),
                        Arg::block("configs", &[Arg::string("name"), Arg::string("value")])
                            .token("CONFIG")
                            .optional()
                            .multiple()
                            .multiple_token(),
                        Arg::block("args", &[Arg::string("arg")])
                            .token("ARGS")
                            .optional()
                            .multiple(),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::module_load),
            },
            Row {
                spec: Spec {
                    name: "unload",
                    arity: 3,
                    flags: Flags::ADMIN
                        .union(Flags::NOSCRIPT)
                        .union(Flags::NO_ASYNC_LOADING),
                    group: "server",
                    since: "4.0.0",
                    summary: "Is refused: there are no modules.",
                    complexity: "O(1)",
                    args: &[Arg::string("name")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(alone::module_unload),
            },
        ]),
    },
];
