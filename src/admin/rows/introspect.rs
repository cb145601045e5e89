//! What the commands are that tell about the server: COMMAND, INFO, TIME, LOLWUT, MEMORY.

use crate::admin::{
    AdminHandler,
    introspect::{command, info, lolwut, memory, time},
};
use crate::command::spec::{Acl, Arg, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "command",
            arity: -1,
            flags: Flags::LOADING.union(Flags::STALE),
            acl: Acl::CONNECTION,
            group: "server",
            since: "2.8.13",
            summary: "Describes all commands.",
            complexity: "O(N) with N commands",
            tips: &["nondeterministic_output_order"],
            ..Spec::DEFAULT
        },
        run: Run::Both(
            command::all,
            &[
                Row {
                    spec: Spec {
                        name: "count",
                        arity: 2,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "2.8.13",
                        summary: "Counts the commands.",
                        complexity: "O(1)",
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::count),
                },
                Row {
                    spec: Spec {
                        name: "docs",
                        arity: -2,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "7.0.0",
                        summary: "Describes commands for people: syntax, purpose, history.",
                        complexity: "O(N) with N commands named",
                        tips: &["nondeterministic_output_order"],
                        args: &[Arg::string("command-name").optional().multiple()],
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::docs),
                },
                Row {
                    spec: Spec {
                        name: "getkeys",
                        arity: -3,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "2.8.13",
                        summary: "Picks the keys out of a complete command.",
                        complexity: "O(N) with N arguments of the command",
                        args: &[
                            Arg::string("command"),
                            Arg::string("arg").optional().multiple(),
                        ],
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::getkeys),
                },
                Row {
                    spec: Spec {
                        name: "getkeysandflags",
                        arity: -3,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "7.0.0",
                        summary: "Picks the keys out of a complete command and says what it does with each.",
                        complexity: "O(N) with N arguments of the command",
                        args: &[
                            Arg::string("command"),
                            Arg::string("arg").optional().multiple(),
                        ],
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::getkeysandflags),
                },
                Row {
                    spec: Spec {
                        name: "help",
                        arity: 2,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "5.0.0",
                        summary: "Lists the subcommands.",
                        complexity: "O(1)",
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::help),
                },
                Row {
                    spec: Spec {
                        name: "info",
                        arity: -2,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "2.8.13",
                        summary: "Describes commands for programs: arity, flags, key positions.",
                        complexity: "O(N) with N commands named",
                        history: &[("7.0.0", "Without names it describes all commands.")],
                        tips: &["nondeterministic_output_order"],
                        args: &[Arg::string("command-name").optional().multiple()],
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::info),
                },
                Row {
                    spec: Spec {
                        name: "list",
                        arity: -2,
                        flags: Flags::LOADING.union(Flags::STALE),
                        acl: Acl::CONNECTION,
                        group: "server",
                        since: "7.0.0",
                        summary: "Lists the names of all commands, or of those that pass a filter.",
                        complexity: "O(N) with N commands",
                        tips: &["nondeterministic_output_order"],
                        args: &[Arg::one_of(
                            "filterby",
                            &[
                                Arg::string("module-name").token("MODULE"),
                                Arg::string("category").token("ACLCAT"),
                                Arg::pattern("pattern").token("PATTERN"),
                            ],
                        )
                        .token("FILTERBY")
                        .optional()],
                        ..Spec::DEFAULT
                    },
                    run: Run::Handler(command::list),
                },
            ],
        ),
    },
    Row {
        spec: Spec {
            name: "time",
            arity: 1,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            group: "server",
            since: "2.6.0",
            summary: "Answers the server's time of day.",
            complexity: "O(1)",
            tips: &["nondeterministic_output"],
            ..Spec::DEFAULT
        },
        run: Run::Handler(time::time),
    },
    Row {
        spec: Spec {
            name: "lolwut",
            arity: -1,
            flags: Flags::READONLY.union(Flags::FAST),
            group: "server",
            since: "5.0.0",
            summary: "Draws a picture by chance and names the server's version.",
            complexity: "",
            args: &[Arg::integer("version").token("VERSION").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lolwut::lolwut),
    },
    Row {
        spec: Spec {
            name: "info",
            arity: -1,
            flags: Flags::LOADING.union(Flags::STALE),
            acl: Acl::DANGEROUS,
            group: "server",
            since: "1.0.0",
            summary: "Reports the server's state and counters, by section.",
            complexity: "O(1)",
            history: &[("7.0.0", "Several sections in one call.")],
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            args: &[Arg::string("section").optional().multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(info::info),
    },
    Row {
        spec: Spec {
            name: "memory",
            arity: -2,
            group: "server",
            since: "4.0.0",
            summary: "Subcommands about memory.",
            complexity: "Depends on subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "doctor",
                    arity: 2,
                    group: "server",
                    since: "4.0.0",
                    summary: "Tells what is conspicuous of the memory.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_shards",
                        "response_policy:special",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::doctor),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "server",
                    since: "4.0.0",
                    summary: "Lists the subcommands.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::help),
            },
            Row {
                spec: Spec {
                    name: "malloc-stats",
                    arity: 2,
                    flags: Flags::LOADING,
                    group: "server",
                    since: "4.0.0",
                    summary: "Shows what the allocator knows of itself.",
                    complexity: "Grows with the memory allocated.",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_shards",
                        "response_policy:special",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::malloc_stats),
            },
            Row {
                spec: Spec {
                    name: "purge",
                    arity: 2,
                    flags: Flags::LOADING,
                    group: "server",
                    since: "4.0.0",
                    summary: "Gives free memory back to the system.",
                    complexity: "O(1); another thread does it.",
                    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::purge),
            },
            Row {
                spec: Spec {
                    name: "stats",
                    arity: 2,
                    group: "server",
                    since: "4.0.0",
                    summary: "Tells where the memory goes.",
                    complexity: "O(1)",
                    tips: &[
                        "nondeterministic_output",
                        "request_policy:all_shards",
                        "response_policy:special",
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::stats),
            },
            Row {
                spec: Spec {
                    name: "usage",
                    arity: -3,
                    flags: Flags::READONLY,
                    keys: &[KeySpec::one(2, KeyFlags::RO)],
                    group: "server",
                    since: "4.0.0",
                    summary: "Estimates the bytes a key and its value take.",
                    complexity: "O(N) with N samples",
                    args: &[
                        Arg::key("key", 0),
                        Arg::integer("count").token("SAMPLES").optional(),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(memory::usage),
            },
        ]),
    },
];
