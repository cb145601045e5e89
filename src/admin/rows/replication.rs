//! What MIGRATE, SYNC, PSYNC and REPLCONF are.

use crate::admin::{AdminHandler, replication};
use crate::command::spec::{Acl, Arg, Begin, Find, Flags, KeyFlags, KeySpec, Row, Run, Spec};

const MOVED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

const ASKING: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::NO_ASYNC_LOADING)
    .union(Flags::NO_MULTI);

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "migrate",
            arity: -6,
            flags: Flags::WRITE,
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            keys: &[
                KeySpec::one(3, MOVED),
                KeySpec::new(
                    Begin::Keyword {
                        word: "KEYS",
                        from: -2,
                    },
                    Find::Range {
                        last: -1,
                        step: 1,
                        limit: 0,
                    },
                    MOVED.union(KeyFlags::INCOMPLETE),
                ),
            ],
            key_finder: Some(crate::command::keyspec::migrate),
            secrets: Some(crate::command::secrets::migrate),
            group: "generic",
            since: "2.6.0",
            summary: "Moves keys to another server.",
            complexity: "O(N) with N the size of the values",
            history: &[
                ("3.0.0", "Takes COPY and REPLACE."),
                ("3.0.6", "Takes KEYS."),
                ("4.0.7", "Takes AUTH."),
                ("6.0.0", "Takes AUTH2."),
            ],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::string("host"),
                Arg::integer("port"),
                Arg::one_of(
                    "key-selector",
                    &[Arg::key("key", 0), Arg::word("empty-string", "")],
                ),
                Arg::integer("destination-db"),
                Arg::integer("timeout"),
                Arg::word("copy", "COPY").optional().since("3.0.0"),
                Arg::word("replace", "REPLACE").optional().since("3.0.0"),
                Arg::one_of(
                    "authentication",
                    &[
                        Arg::string("auth")
                            .token("AUTH")
                            .since("4.0.7")
                            .display("password"),
                        Arg::block("auth2", &[Arg::string("username"), Arg::string("password")])
                            .token("AUTH2")
                            .since("6.0.0"),
                    ],
                )
                .optional(),
                Arg::key("keys", 1)
                    .token("KEYS")
                    .optional()
                    .multiple()
                    .since("3.0.6")
                    .display("key"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(replication::migrate),
    },
    Row {
        spec: Spec {
            name: "sync",
            arity: 1,
            flags: ASKING,
            group: "server",
            since: "1.0.0",
            summary: "Sends a snapshot of the data.",
            ..Spec::DEFAULT
        },
        run: Run::Handler(replication::sync),
    },
    Row {
        spec: Spec {
            name: "psync",
            arity: -3,
            flags: ASKING,
            group: "server",
            since: "2.8.0",
            summary: "Sends a snapshot of the data, and says which history it belongs to.",
            args: &[Arg::string("replicationid"), Arg::integer("offset")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(replication::psync),
    },
    Row {
        spec: Spec {
            name: "replconf",
            arity: -1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::ALLOW_BUSY),
            group: "server",
            since: "3.0.0",
            summary: "Says what a replica wants and understands.",
            system: true,
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(replication::replconf),
    },
];
