//! The rows of the stream commands.

use crate::command::spec::*;
use crate::command::stream::*;

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "xadd",
            arity: -5,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))
                .notes("An UPDATE, for it may trim.")],
            group: "stream",
            since: "5.0.0",
            summary: "Adds an entry to a stream.",
            complexity: "O(1), or O(log N) with trimming, and the entries removed are freed elsewhere.",
            history: &[
                ("6.2.0", "Options `NOMKSTREAM`, `MINID` and `LIMIT`."),
                ("7.0.0", "Ids of the form `<ms>-*`."),
            ],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::word("nomkstream", "NOMKSTREAM")
                    .optional()
                    .since("6.2.0"),
                Arg::block(
                    "trim",
                    &[
                        Arg::one_of(
                            "strategy",
                            &[
                                Arg::word("maxlen", "MAXLEN"),
                                Arg::word("minid", "MINID").since("6.2.0"),
                            ],
                        ),
                        Arg::one_of(
                            "operator",
                            &[Arg::word("equal", "="), Arg::word("approximately", "~")],
                        )
                        .optional(),
                        Arg::string("threshold"),
                        Arg::integer("count")
                            .token("LIMIT")
                            .optional()
                            .since("6.2.0"),
                    ],
                )
                .optional(),
                Arg::one_of(
                    "id-selector",
                    &[Arg::word("auto-id", "*"), Arg::string("id")],
                ),
                Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xadd),
    },
    Row {
        spec: Spec {
            name: "xlen",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "stream",
            since: "5.0.0",
            summary: "Counts the entries of a stream.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xlen),
    },
    Row {
        spec: Spec {
            name: "xrange",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            group: "stream",
            since: "5.0.0",
            summary: "Replies with the entries between two ids, in order.",
            complexity: "O(log N + M), with M entries replied.",
            history: &[("6.2.0", "Ends that are excluded.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("start"),
                Arg::string("end"),
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xrange),
    },
    Row {
        spec: Spec {
            name: "xrevrange",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            group: "stream",
            since: "5.0.0",
            summary: "Replies with the entries between two ids, the last one first.",
            complexity: "O(log N + M), with M entries replied.",
            history: &[("6.2.0", "Ends that are excluded.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("end"),
                Arg::string("start"),
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xrevrange),
    },
    Row {
        spec: Spec {
            name: "xread",
            arity: -4,
            flags: Flags::READONLY.union(Flags::BLOCKING),
            acl: Acl::STREAM,
            keys: &[KeySpec::new(
                Begin::Keyword {
                    word: "STREAMS",
                    from: 1,
                },
                Find::Range {
                    last: -1,
                    step: 1,
                    limit: 2,
                },
                KeyFlags::RO.union(KeyFlags::ACCESS),
            )],
            group: "stream",
            since: "5.0.0",
            summary: "Replies with what streams have behind given ids, or waits for it.",
            complexity: "O(log N + M) for each stream, with M entries replied.",
            args: &[
                Arg::integer("count").token("COUNT").optional(),
                Arg::integer("milliseconds").token("BLOCK").optional(),
                Arg::block(
                    "streams",
                    &[Arg::key("key", 0).multiple(), Arg::string("id").multiple()],
                )
                .token("STREAMS"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xread),
    },
    Row {
        spec: Spec {
            name: "xreadgroup",
            arity: -7,
            flags: Flags::WRITE.union(Flags::BLOCKING),
            acl: Acl::STREAM,
            keys: &[KeySpec::new(
                Begin::Keyword {
                    word: "STREAMS",
                    from: 4,
                },
                Find::Range {
                    last: -1,
                    step: 1,
                    limit: 2,
                },
                KeyFlags::RO.union(KeyFlags::ACCESS),
            )],
            group: "stream",
            since: "5.0.0",
            summary: "Replies with what is new to a group, or pending for one of its consumers, or waits for it.",
            complexity: "O(log N + M log P) for each stream, with M entries replied and P pending.",
            args: &[
                Arg::block(
                    "group-block",
                    &[Arg::string("group"), Arg::string("consumer")],
                )
                .token("GROUP"),
                Arg::integer("count").token("COUNT").optional(),
                Arg::integer("milliseconds").token("BLOCK").optional(),
                Arg::word("noack", "NOACK").optional(),
                Arg::block(
                    "streams",
                    &[Arg::key("key", 0).multiple(), Arg::string("id").multiple()],
                )
                .token("STREAMS"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xreadgroup),
    },
    Row {
        spec: Spec {
            name: "xack",
            arity: -4,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "stream",
            since: "5.0.0",
            summary: "Tells a group that entries are done with: they are pending no more.",
            complexity: "O(log N) for each id.",
            args: &[
                Arg::key("key", 0),
                Arg::string("group"),
                Arg::string("id").multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xack),
    },
    Row {
        spec: Spec {
            name: "xclaim",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "stream",
            since: "5.0.0",
            summary: "Gives pending entries to another consumer of the group.",
            complexity: "O(log N) for each id.",
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::string("group"),
                Arg::string("consumer"),
                Arg::string("min-idle-time"),
                Arg::string("id").multiple(),
                Arg::integer("ms").token("IDLE").optional(),
                Arg::unix_time("unix-time-milliseconds")
                    .token("TIME")
                    .optional(),
                Arg::integer("count").token("RETRYCOUNT").optional(),
                Arg::word("force", "FORCE").optional(),
                Arg::word("justid", "JUSTID").optional(),
                Arg::string("lastid").token("LASTID").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xclaim),
    },
    Row {
        spec: Spec {
            name: "xautoclaim",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "stream",
            since: "6.2.0",
            summary: "Gives entries that have been pending for long to another consumer of the group.",
            complexity: "O(log N) for each entry claimed.",
            history: &[(
                "7.0.0",
                "The reply's last part: entries found pending that the stream has no more.",
            )],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::string("group"),
                Arg::string("consumer"),
                Arg::string("min-idle-time"),
                Arg::string("start"),
                Arg::integer("count").token("COUNT").optional(),
                Arg::word("justid", "JUSTID").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xautoclaim),
    },
    Row {
        spec: Spec {
            name: "xpending",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            group: "stream",
            since: "5.0.0",
            summary: "Shows what was delivered to consumers of a group and is not done with.",
            complexity: "O(C) for the summary, with C consumers; O(log N + M) else, with M entries looked at.",
            history: &[("6.2.0", "Option `IDLE`, and ends that are excluded.")],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::string("group"),
                Arg::block(
                    "filters",
                    &[
                        Arg::integer("min-idle-time")
                            .token("IDLE")
                            .optional()
                            .since("6.2.0"),
                        Arg::string("start"),
                        Arg::string("end"),
                        Arg::integer("count"),
                        Arg::string("consumer").optional(),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xpending),
    },
    Row {
        spec: Spec {
            name: "xdel",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "stream",
            since: "5.0.0",
            summary: "Removes entries from a stream.",
            complexity: "O(log N) for each id.",
            args: &[Arg::key("key", 0), Arg::string("id").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xdel),
    },
    Row {
        spec: Spec {
            name: "xtrim",
            arity: -4,
            flags: Flags::WRITE,
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "stream",
            since: "5.0.0",
            summary: "Removes the oldest entries of a stream.",
            complexity: "O(log N), and the entries removed are freed elsewhere.",
            history: &[("6.2.0", "Options `MINID` and `LIMIT`.")],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::block(
                    "trim",
                    &[
                        Arg::one_of(
                            "strategy",
                            &[
                                Arg::word("maxlen", "MAXLEN"),
                                Arg::word("minid", "MINID").since("6.2.0"),
                            ],
                        ),
                        Arg::one_of(
                            "operator",
                            &[Arg::word("equal", "="), Arg::word("approximately", "~")],
                        )
                        .optional(),
                        Arg::string("threshold"),
                        Arg::integer("count")
                            .token("LIMIT")
                            .optional()
                            .since("6.2.0"),
                    ],
                ),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xtrim),
    },
    Row {
        spec: Spec {
            name: "xsetid",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STREAM,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "stream",
            since: "5.0.0",
            summary: "Sets the last id of a stream, for the server's own use.",
            complexity: "O(1)",
            history: &[("7.0.0", "Options `ENTRIESADDED` and `MAXDELETEDID`.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("last-id"),
                Arg::integer("entries-added")
                    .token("ENTRIESADDED")
                    .optional()
                    .since("7.0.0"),
                Arg::string("max-deleted-id")
                    .token("MAXDELETEDID")
                    .optional()
                    .since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(xsetid),
    },
    Row {
        spec: Spec {
            name: "xgroup",
            arity: -2,
            group: "stream",
            since: "5.0.0",
            summary: "Makes, changes and removes groups and their consumers.",
            complexity: "That of the subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "create",
                    arity: -5,
                    flags: Flags::WRITE.union(Flags::DENYOOM),
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::INSERT))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Makes a group.",
                    complexity: "O(1)",
                    history: &[("7.0.0", "Option `ENTRIESREAD`.")],
                    args: &[
                        Arg::key("key", 0),
                        Arg::string("group"),
                        Arg::one_of(
                            "id-selector",
                            &[Arg::string("id"), Arg::word("new-id", "$")],
                        ),
                        Arg::word("mkstream", "MKSTREAM").optional(),
                        Arg::integer("entriesread")
                            .token("ENTRIESREAD")
                            .optional()
                            .display("entries-read"),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_create),
            },
            Row {
                spec: Spec {
                    name: "createconsumer",
                    arity: 5,
                    flags: Flags::WRITE.union(Flags::DENYOOM),
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::INSERT))],
                    group: "stream",
                    since: "6.2.0",
                    summary: "Makes a consumer of a group.",
                    complexity: "O(1)",
                    args: &[
                        Arg::key("key", 0),
                        Arg::string("group"),
                        Arg::string("consumer"),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_createconsumer),
            },
            Row {
                spec: Spec {
                    name: "delconsumer",
                    arity: 5,
                    flags: Flags::WRITE,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::DELETE))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Removes a consumer of a group.",
                    complexity: "O(M log N), with M entries pending for the consumer.",
                    args: &[
                        Arg::key("key", 0),
                        Arg::string("group"),
                        Arg::string("consumer"),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_delconsumer),
            },
            Row {
                spec: Spec {
                    name: "destroy",
                    arity: 4,
                    flags: Flags::WRITE,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::DELETE))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Removes a group.",
                    complexity: "O(log N), and what was pending is freed elsewhere.",
                    args: &[Arg::key("key", 0), Arg::string("group")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_destroy),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    acl: Acl::STREAM,
                    group: "stream",
                    since: "5.0.0",
                    summary: "Prints what the subcommands are.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_help),
            },
            Row {
                spec: Spec {
                    name: "setid",
                    arity: -5,
                    flags: Flags::WRITE,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::UPDATE))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Sets the id behind which a group reads on.",
                    complexity: "O(1)",
                    history: &[("7.0.0", "Option `ENTRIESREAD`.")],
                    args: &[
                        Arg::key("key", 0),
                        Arg::string("group"),
                        Arg::one_of(
                            "id-selector",
                            &[Arg::string("id"), Arg::word("new-id", "$")],
                        ),
                        Arg::integer("entriesread")
                            .token("ENTRIESREAD")
                            .optional()
                            .display("entries-read"),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xgroup_setid),
            },
        ]),
    },
    Row {
        spec: Spec {
            name: "xinfo",
            arity: -2,
            group: "stream",
            since: "5.0.0",
            summary: "Tells about streams and their groups.",
            complexity: "That of the subcommand.",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "consumers",
                    arity: 4,
                    flags: Flags::READONLY,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Lists the consumers of a group.",
                    complexity: "O(N) with N consumers.",
                    history: &[(
                        "7.2.0",
                        "Field `inactive`; `idle` counts from the last attempt.",
                    )],
                    tips: &["nondeterministic_output"],
                    args: &[Arg::key("key", 0), Arg::string("group")],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xinfo_consumers),
            },
            Row {
                spec: Spec {
                    name: "groups",
                    arity: 3,
                    flags: Flags::READONLY,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Lists the groups of a stream.",
                    complexity: "O(N) with N groups.",
                    history: &[("7.0.0", "Fields `entries-read` and `lag`.")],
                    args: &[Arg::key("key", 0)],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xinfo_groups),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    acl: Acl::STREAM,
                    group: "stream",
                    since: "5.0.0",
                    summary: "Prints what the subcommands are.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xinfo_help),
            },
            Row {
                spec: Spec {
                    name: "stream",
                    arity: -3,
                    flags: Flags::READONLY,
                    acl: Acl::STREAM,
                    keys: &[KeySpec::one(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
                    group: "stream",
                    since: "5.0.0",
                    summary: "Tells about a stream.",
                    complexity: "O(N) with N nodes of some hundred entries each; with FULL also what is replied.",
                    history: &[
                        ("6.0.0", "Option `FULL`."),
                        (
                            "7.0.0",
                            "Fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`.",
                        ),
                        (
                            "7.2.0",
                            "Field `active-time`; `seen-time` is the last attempt.",
                        ),
                    ],
                    args: &[
                        Arg::key("key", 0),
                        Arg::block(
                            "full-block",
                            &[
                                Arg::word("full", "FULL"),
                                Arg::integer("count").token("COUNT").optional(),
                            ],
                        )
                        .optional(),
                    ],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(xinfo_stream),
            },
        ]),
    },
];
