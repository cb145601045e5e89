//! What the subcommands of CLIENT are.

use crate::admin::{AdminHandler, client};
use crate::command::spec::{Acl, Arg, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[Row {
    spec: Spec {
        name: "client",
        arity: -2,
        group: "connection",
        since: "2.4.0",
        summary: "Subcommands about connections.",
        complexity: "Depends on subcommand.",
        ..Spec::DEFAULT
    },
    run: Run::Container(&[
        Row {
            spec: Spec {
                name: "caching",
                arity: 3,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.0.0",
                summary: "Says whether what the next command reads is tracked.",
                complexity: "O(1)",
                args: &[Arg::one_of(
                    "mode",
                    &[Arg::word("yes", "YES"), Arg::word("no", "NO")],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::tracking::caching),
        },
        Row {
            spec: Spec {
                name: "capa",
                arity: -3,
                flags: Flags::NOSCRIPT
                    .union(Flags::LOADING)
                    .union(Flags::STALE)
                    .union(Flags::ALLOW_BUSY),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "8.0.0",
                summary: "Declares what this client is able to handle.",
                complexity: "O(1)",
                args: &[Arg::string("capability").multiple()],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::capa),
        },
        Row {
            spec: Spec {
                name: "getname",
                arity: 2,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "2.6.9",
                summary: "Answers the connection's name.",
                complexity: "O(1)",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::getname),
        },
        Row {
            spec: Spec {
                name: "getredir",
                arity: 2,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.0.0",
                summary: "Answers who hears of what the connection tracks.",
                complexity: "O(1)",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::tracking::getredir),
        },
        Row {
            spec: Spec {
                name: "help",
                arity: 2,
                flags: Flags::LOADING.union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "5.0.0",
                summary: "Lists the subcommands.",
                complexity: "O(1)",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::help),
        },
        Row {
            spec: Spec {
                name: "id",
                arity: 2,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "5.0.0",
                summary: "Answers the connection's unique number.",
                complexity: "O(1)",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::id),
        },
        Row {
            spec: Spec {
                name: "info",
                arity: 2,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.2.0",
                summary: "Describes this connection.",
                complexity: "O(1)",
                tips: &["nondeterministic_output"],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::list::info),
        },
        Row {
            spec: Spec {
                name: "kill",
                arity: -3,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "2.4.0",
                summary: "Closes the connections that match.",
                complexity: "O(N) with N connections",
                history: &[
                    ("2.8.12", "The form with filters."),
                    ("2.8.12", "The filter ID."),
                    ("3.2.0", "TYPE master."),
                    ("5.0.0", "TYPE replica; slave still works."),
                    ("6.2.0", "The filter LADDR."),
                    ("8.0.0", "The filter MAXAGE."),
                    ("8.0.0", "TYPE primary; master still works."),
                    ("8.1.0", "Several ids after ID."),
                    (
                        "9.0.0",
                        "Filters by name, idle time, flags, library, database, capability and IP; every filter also as NOT-.",
                    ),
                ],
                args: &[Arg::one_of(
                    "filter",
                    &[
                        Arg::string("old-format")
                            .deprecated_since("2.8.12")
                            .display("ip:port"),
                        Arg::one_of(
                            "new-format",
                            &[
                                Arg::integer("client-id")
                                    .token("ID")
                                    .optional()
                                    .multiple()
                                    .since("2.8.12"),
                                Arg::one_of(
                                    "client-type",
                                    &[
                                        Arg::word("normal", "NORMAL"),
                                        Arg::word("master", "MASTER").since("3.2.0"),
                                        Arg::word("primary", "PRIMARY").since("8.0.0"),
                                        Arg::word("slave", "SLAVE"),
                                        Arg::word("replica", "REPLICA").since("5.0.0"),
                                        Arg::word("pubsub", "PUBSUB"),
                                    ],
                                )
                                .token("TYPE")
                                .optional()
                                .since("2.8.12"),
                                Arg::string("username").token("USER").optional(),
                                Arg::string("addr")
                                    .token("ADDR")
                                    .optional()
                                    .display("ip:port"),
                                Arg::string("laddr")
                                    .token("LADDR")
                                    .optional()
                                    .since("6.2.0")
                                    .display("ip:port"),
                                Arg::one_of(
                                    "skipme",
                                    &[Arg::word("yes", "YES"), Arg::word("no", "NO")],
                                )
                                .token("SKIPME")
                                .optional(),
                                Arg::integer("maxage")
                                    .token("MAXAGE")
                                    .optional()
                                    .since("8.0.0"),
                                Arg::string("name").token("NAME").optional().since("9.0.0"),
                                Arg::integer("idle").token("IDLE").optional().since("9.0.0"),
                                Arg::string("flags")
                                    .token("FLAGS")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("lib-name")
                                    .token("LIB-NAME")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("lib-ver")
                                    .token("LIB-VER")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::integer("db").token("DB").optional().since("9.0.0"),
                                Arg::string("capa").token("CAPA").optional().since("9.0.0"),
                                Arg::string("ip").token("IP").optional().since("9.0.0"),
                                Arg::one_of(
                                    "not-client-type",
                                    &[
                                        Arg::word("normal", "NORMAL"),
                                        Arg::word("master", "MASTER"),
                                        Arg::word("primary", "PRIMARY"),
                                        Arg::word("slave", "SLAVE"),
                                        Arg::word("replica", "REPLICA"),
                                        Arg::word("pubsub", "PUBSUB"),
                                    ],
                                )
                                .token("NOT-TYPE")
                                .optional()
                                .since("9.0.0"),
                                Arg::integer("not-client-id")
                                    .token("NOT-ID")
                                    .optional()
                                    .multiple()
                                    .since("9.0.0"),
                                Arg::string("not-username")
                                    .token("NOT-USER")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-addr")
                                    .token("NOT-ADDR")
                                    .optional()
                                    .since("9.0.0")
                                    .display("ip:port"),
                                Arg::string("not-laddr")
                                    .token("NOT-LADDR")
                                    .optional()
                                    .since("9.0.0")
                                    .display("ip:port"),
                                Arg::string("not-name")
                                    .token("NOT-NAME")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-flags")
                                    .token("NOT-FLAGS")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-lib-name")
                                    .token("NOT-LIB-NAME")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-lib-ver")
                                    .token("NOT-LIB-VER")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::integer("not-db")
                                    .token("NOT-DB")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-capa")
                                    .token("NOT-CAPA")
                                    .optional()
                                    .since("9.0.0"),
                                Arg::string("not-ip")
                                    .token("NOT-IP")
                                    .optional()
                                    .since("9.0.0"),
                            ],
                        )
                        .multiple(),
                    ],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::kill::kill),
        },
        Row {
            spec: Spec {
                name: "list",
                arity: -2,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "2.4.0",
                summary: "Describes the open connections, or those that match.",
                complexity: "O(N) with N connections",
                history: &[
                    ("2.8.12", "The field id."),
                    ("5.0.0", "The filter TYPE."),
                    ("6.0.0", "The field user."),
                    (
                        "6.2.0",
                        "The fields argv-mem, tot-mem, laddr and redir; the filter ID.",
                    ),
                    ("7.0.0", "The fields resp, multi-mem, rbs and rbp."),
                    ("7.0.3", "The field ssub."),
                    ("8.0.0", "TYPE primary; master still works."),
                    ("8.1.0", "The filters USER, ADDR, LADDR, SKIPME and MAXAGE."),
                    (
                        "9.0.0",
                        "Filters by name, idle time, flags, library, database, capability and IP; every filter also as NOT-.",
                    ),
                ],
                tips: &["nondeterministic_output"],
                args: &[
                    Arg::one_of(
                        "client-type",
                        &[
                            Arg::word("normal", "NORMAL"),
                            Arg::word("master", "MASTER"),
                            Arg::word("replica", "REPLICA"),
                            Arg::word("pubsub", "PUBSUB"),
                        ],
                    )
                    .token("TYPE")
                    .optional()
                    .since("5.0.0"),
                    Arg::integer("client-id")
                        .token("ID")
                        .optional()
                        .multiple()
                        .since("6.2.0"),
                    Arg::string("username")
                        .token("USER")
                        .optional()
                        .since("8.1.0"),
                    Arg::string("addr")
                        .token("ADDR")
                        .optional()
                        .since("8.1.0")
                        .display("ip:port"),
                    Arg::string("laddr")
                        .token("LADDR")
                        .optional()
                        .since("8.1.0")
                        .display("ip:port"),
                    Arg::one_of("skipme", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])
                        .token("SKIPME")
                        .optional()
                        .since("8.1.0"),
                    Arg::integer("maxage")
                        .token("MAXAGE")
                        .optional()
                        .since("8.1.0"),
                    Arg::string("name").token("NAME").optional().since("9.0.0"),
                    Arg::integer("idle").token("IDLE").optional().since("9.0.0"),
                    Arg::string("flags")
                        .token("FLAGS")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("lib-name")
                        .token("LIB-NAME")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("lib-ver")
                        .token("LIB-VER")
                        .optional()
                        .since("9.0.0"),
                    Arg::integer("db").token("DB").optional().since("9.0.0"),
                    Arg::string("capa").token("CAPA").optional().since("9.0.0"),
                    Arg::string("ip").token("IP").optional().since("9.0.0"),
                    Arg::one_of(
                        "not-client-type",
                        &[
                            Arg::word("normal", "NORMAL"),
                            Arg::word("master", "MASTER"),
                            Arg::word("replica", "REPLICA"),
                            Arg::word("pubsub", "PUBSUB"),
                        ],
                    )
                    .token("NOT-TYPE")
                    .optional()
                    .since("9.0.0"),
                    Arg::integer("not-client-id")
                        .token("NOT-ID")
                        .optional()
                        .multiple()
                        .since("9.0.0"),
                    Arg::string("not-username")
                        .token("NOT-USER")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-addr")
                        .token("NOT-ADDR")
                        .optional()
                        .since("9.0.0")
                        .display("ip:port"),
                    Arg::string("not-laddr")
                        .token("NOT-LADDR")
                        .optional()
                        .since("9.0.0")
                        .display("ip:port"),
                    Arg::string("not-name")
                        .token("NOT-NAME")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-flags")
                        .token("NOT-FLAGS")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-lib-name")
                        .token("NOT-LIB-NAME")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-lib-ver")
                        .token("NOT-LIB-VER")
                        .optional()
                        .since("9.0.0"),
                    Arg::integer("not-db")
                        .token("NOT-DB")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-capa")
                        .token("NOT-CAPA")
                        .optional()
                        .since("9.0.0"),
                    Arg::string("not-ip")
                        .token("NOT-IP")
                        .optional()
                        .since("9.0.0"),
                ],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::list::list),
        },
        Row {
            spec: Spec {
                name: "no-evict",
                arity: 3,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "7.0.0",
                summary: "Exempts the connection from eviction when clients take too much memory, or ends that.",
                complexity: "O(1)",
                args: &[Arg::one_of(
                    "enabled",
                    &[Arg::word("on", "ON"), Arg::word("off", "OFF")],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::no_evict),
        },
        Row {
            spec: Spec {
                name: "no-touch",
                arity: 3,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "7.2.0",
                summary: "Keeps the connection's accesses from counting as use of the keys, or ends that.",
                complexity: "O(1)",
                args: &[Arg::one_of(
                    "enabled",
                    &[Arg::word("on", "ON"), Arg::word("off", "OFF")],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::no_touch),
        },
        Row {
            spec: Spec {
                name: "pause",
                arity: -3,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "3.0.0",
                summary: "Holds back the commands of all clients, or those that write, for a while.",
                complexity: "O(1)",
                history: &[("6.2.0", "The modes WRITE and ALL.")],
                args: &[
                    Arg::integer("timeout"),
                    Arg::one_of(
                        "mode",
                        &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")],
                    )
                    .optional()
                    .since("6.2.0"),
                ],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::pause::pause),
        },
        Row {
            spec: Spec {
                name: "reply",
                arity: 3,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "3.2.0",
                summary: "Says whether the server replies to this connection.",
                complexity: "O(1)",
                args: &[Arg::one_of(
                    "action",
                    &[
                        Arg::word("on", "ON"),
                        Arg::word("off", "OFF"),
                        Arg::word("skip", "SKIP"),
                    ],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::reply),
        },
        Row {
            spec: Spec {
                name: "setinfo",
                arity: 4,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "7.2.0",
                summary: "Tells the server which client library is at work.",
                complexity: "O(1)",
                tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
                args: &[Arg::one_of(
                    "attr",
                    &[
                        Arg::string("libname").token("LIB-NAME"),
                        Arg::string("libver").token("LIB-VER"),
                    ],
                )],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::setinfo),
        },
        Row {
            spec: Spec {
                name: "setname",
                arity: 3,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "2.6.9",
                summary: "Names the connection.",
                complexity: "O(1)",
                tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
                args: &[Arg::string("connection-name")],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::settings::setname),
        },
        Row {
            spec: Spec {
                name: "tracking",
                arity: -3,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.0.0",
                summary: "Tells the connection, or another, when keys it has copies of change.",
                complexity: "O(1), and O(N) to find the client of REDIRECT among N.",
                args: &[
                    Arg::one_of("status", &[Arg::word("on", "ON"), Arg::word("off", "OFF")]),
                    Arg::integer("client-id").token("REDIRECT").optional(),
                    Arg::string("prefix")
                        .token("PREFIX")
                        .optional()
                        .multiple()
                        .multiple_token(),
                    Arg::word("bcast", "BCAST").optional(),
                    Arg::word("optin", "OPTIN").optional(),
                    Arg::word("optout", "OPTOUT").optional(),
                    Arg::word("noloop", "NOLOOP").optional(),
                ],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::tracking::tracking),
        },
        Row {
            spec: Spec {
                name: "trackinginfo",
                arity: 2,
                flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.2.0",
                summary: "Answers how the connection tracks.",
                complexity: "O(1)",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::tracking::trackinginfo),
        },
        Row {
            spec: Spec {
                name: "unblock",
                arity: -3,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "5.0.0",
                summary: "Wakes a client that waits in a blocking command.",
                complexity: "O(N) with N connections",
                args: &[
                    Arg::integer("client-id"),
                    Arg::one_of(
                        "unblock-type",
                        &[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")],
                    )
                    .optional(),
                ],
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::kill::unblock),
        },
        Row {
            spec: Spec {
                name: "unpause",
                arity: 2,
                flags: Flags::ADMIN
                    .union(Flags::NOSCRIPT)
                    .union(Flags::LOADING)
                    .union(Flags::STALE),
                acl: Acl::CONNECTION,
                group: "connection",
                since: "6.2.0",
                summary: "Ends a pause before its time.",
                complexity: "O(N) with N clients held back",
                ..Spec::DEFAULT
            },
            run: Run::Handler(client::pause::unpause),
        },
    ]),
}];
