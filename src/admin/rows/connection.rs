//! What the commands of a single connection are: AUTH, HELLO, SELECT, PING and their like.

use crate::admin::{AdminHandler, connection};
use crate::command::secrets;
use crate::command::spec::{Acl, Arg, Databases, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "auth",
            arity: -2,
            flags: Flags::NOSCRIPT
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::FAST)
                .union(Flags::NO_AUTH)
                .union(Flags::ALLOW_BUSY),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "1.0.0",
            summary: "Authenticates the connection with a password, or as a user with one.",
            complexity: "O(N) with N passwords of the user",
            history: &[("6.0.0", "The user's name as a first argument.")],
            args: &[
                Arg::string("username").optional().since("6.0.0"),
                Arg::string("password"),
            ],
            secrets: Some(secrets::all),
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::auth),
    },
    Row {
        spec: Spec {
            name: "hello",
            arity: -1,
            flags: Flags::NOSCRIPT
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::FAST)
                .union(Flags::NO_AUTH)
                .union(Flags::ALLOW_BUSY),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "6.0.0",
            summary: "Chooses the protocol; optionally authenticates and names the connection. Replies with facts about the server.",
            complexity: "O(1)",
            history: &[("6.2.0", "Without arguments it only reports.")],
            args: &[Arg::block(
                "arguments",
                &[
                    Arg::integer("protover"),
                    Arg::block("auth", &[Arg::string("username"), Arg::string("password")])
                        .token("AUTH")
                        .optional(),
                    Arg::string("clientname").token("SETNAME").optional(),
                ],
            )
            .optional()],
            secrets: Some(secrets::hello),
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::hello),
    },
    Row {
        spec: Spec {
            name: "select",
            arity: 2,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "1.0.0",
            summary: "Chooses the database the connection works on.",
            complexity: "O(1)",
            args: &[Arg::integer("index")],
            databases: Databases::Selects,
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::select),
    },
    Row {
        spec: Spec {
            name: "ping",
            arity: -1,
            flags: Flags::FAST
                .union(Flags::WHEN_SUBSCRIBED)
                .union(Flags::ASKS_HEALTH),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "1.0.0",
            summary: "Answers PONG, or the message it was given.",
            complexity: "O(1)",
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            args: &[Arg::string("message").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::ping),
    },
    Row {
        spec: Spec {
            name: "echo",
            arity: 2,
            flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "1.0.0",
            summary: "Answers the message it was given.",
            complexity: "O(1)",
            args: &[Arg::string("message")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::echo),
    },
    Row {
        spec: Spec {
            name: "quit",
            arity: -1,
            flags: Flags::NOSCRIPT
                .union(Flags::WHEN_SUBSCRIBED)
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::FAST)
                .union(Flags::NO_AUTH)
                .union(Flags::ALLOW_BUSY)
                .union(Flags::NOT_QUEUED),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "1.0.0",
            summary: "Ends the connection once the replies due have been sent.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::quit),
    },
    Row {
        spec: Spec {
            name: "reset",
            arity: 1,
            flags: Flags::NOSCRIPT
                .union(Flags::WHEN_SUBSCRIBED)
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::FAST)
                .union(Flags::NO_AUTH)
                .union(Flags::ALLOW_BUSY)
                .union(Flags::NOT_QUEUED),
            acl: Acl::CONNECTION,
            group: "connection",
            since: "6.2.0",
            summary: "Puts the connection back into the state of a new one.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(connection::reset),
    },
];
