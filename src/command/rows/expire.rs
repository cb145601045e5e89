//! Rows of the commands on deadlines.

use crate::command::expire;
use crate::command::spec::{Acl, Arg, DataHandler, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "expire",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            summary: "Lets a key expire after a number of seconds.",
            history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::integer("seconds"),
                Arg::one_of(
                    "condition",
                    &[
                        Arg::word("nx", "NX"),
                        Arg::word("xx", "XX"),
                        Arg::word("gt", "GT"),
                        Arg::word("lt", "LT"),
                    ],
                )
                .optional()
                .since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::expire),
    },
    Row {
        spec: Spec {
            name: "expireat",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            since: "1.2.0",
            summary: "Lets a key expire at a Unix time in seconds.",
            history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::unix_time("unix-time-seconds"),
                Arg::one_of(
                    "condition",
                    &[
                        Arg::word("nx", "NX"),
                        Arg::word("xx", "XX"),
                        Arg::word("gt", "GT"),
                        Arg::word("lt", "LT"),
                    ],
                )
                .optional()
                .since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::expireat),
    },
    Row {
        spec: Spec {
            name: "expiretime",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            since: "7.0.0",
            summary: "Tells the Unix time in seconds at which a key expires.",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::expiretime),
    },
    Row {
        spec: Spec {
            name: "persist",
            arity: 2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            since: "2.2.0",
            summary: "Takes the expiry off a key.",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::persist),
    },
    Row {
        spec: Spec {
            name: "pexpire",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            since: "2.6.0",
            summary: "Lets a key expire after a number of milliseconds.",
            history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::integer("milliseconds"),
                Arg::one_of(
                    "condition",
                    &[
                        Arg::word("nx", "NX"),
                        Arg::word("xx", "XX"),
                        Arg::word("gt", "GT"),
                        Arg::word("lt", "LT"),
                    ],
                )
                .optional()
                .since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::pexpire),
    },
    Row {
        spec: Spec {
            name: "pexpireat",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            since: "2.6.0",
            summary: "Lets a key expire at a Unix time in milliseconds.",
            history: &[("7.0.0", "Conditions `NX`, `XX`, `GT` and `LT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::unix_time("unix-time-milliseconds"),
                Arg::one_of(
                    "condition",
                    &[
                        Arg::word("nx", "NX"),
                        Arg::word("xx", "XX"),
                        Arg::word("gt", "GT"),
                        Arg::word("lt", "LT"),
                    ],
                )
                .optional()
                .since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::pexpireat),
    },
    Row {
        spec: Spec {
            name: "pexpiretime",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            since: "7.0.0",
            summary: "Tells the Unix time in milliseconds at which a key expires.",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::pexpiretime),
    },
    Row {
        spec: Spec {
            name: "pttl",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            since: "2.6.0",
            summary: "Tells how many milliseconds a key has left.",
            history: &[("2.8.0", "A key that does not exist answers -2.")],
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::pttl),
    },
    Row {
        spec: Spec {
            name: "ttl",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            summary: "Tells how many seconds a key has left.",
            history: &[("2.8.0", "A key that does not exist answers -2.")],
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(expire::ttl),
    },
];
