//! The rows of the string commands.

use crate::command::keyspec;
use crate::command::spec::*;
use crate::command::string::*;

/// The value is read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// The value is read and changed.
const CHANGED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "get",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, READ)],
            group: "string",
            since: "1.0.0",
            summary: "Replies with the string at a key.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(get),
    },
    Row {
        spec: Spec {
            name: "set",
            key_finder: Some(keyspec::set),
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED.union(KeyFlags::VARIABLE_FLAGS))
                .notes("With GET the old value is read; else the key is only overwritten")],
            group: "string",
            since: "1.0.0",
            summary: "Sets a key to a string, whatever it held before; on request only under a condition, with a deadline, or replying with the old string.",
            complexity: "O(1)",
            history: &[
                ("2.6.12", "Options `EX`, `PX`, `NX` and `XX`."),
                ("6.0.0", "Option `KEEPTTL`."),
                ("6.2.0", "Options `GET`, `EXAT` and `PXAT`."),
                ("7.0.0", "`NX` and `GET` go together."),
                ("8.1.0", "Option `IFEQ`."),
            ],
            args: &[
                Arg::key("key", 0),
                Arg::string("value"),
                Arg::one_of(
                    "condition",
                    &[
                        Arg::word("nx", "NX").since("2.6.12"),
                        Arg::word("xx", "XX").since("2.6.12"),
                        Arg::string("comparison-value").token("IFEQ").since("8.1.0"),
                    ],
                )
                .optional(),
                Arg::word("get", "GET").optional().since("6.2.0"),
                Arg::one_of(
                    "expiration",
                    &[
                        Arg::integer("seconds").token("EX").since("2.6.12"),
                        Arg::integer("milliseconds").token("PX").since("2.6.12"),
                        Arg::unix_time("unix-time-seconds")
                            .token("EXAT")
                            .since("6.2.0"),
                        Arg::unix_time("unix-time-milliseconds")
                            .token("PXAT")
                            .since("6.2.0"),
                        Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(set),
    },
    Row {
        spec: Spec {
            name: "setnx",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::OW.union(KeyFlags::INSERT))],
            group: "string",
            since: "1.0.0",
            summary: "Sets a key to a string if the key does not exist.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("value")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(setnx),
    },
    Row {
        spec: Spec {
            name: "setex",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
            group: "string",
            since: "2.0.0",
            summary: "Sets a key to a string and its time to live in seconds.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::integer("seconds"),
                Arg::string("value"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(setex),
    },
    Row {
        spec: Spec {
            name: "psetex",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
            group: "string",
            since: "2.6.0",
            summary: "Sets a key to a string and its time to live in milliseconds.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::integer("milliseconds"),
                Arg::string("value"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(psetex),
    },
    Row {
        spec: Spec {
            name: "getset",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "1.0.0",
            summary: "Sets a key to a string and replies with the one it held.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("value")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getset),
    },
    Row {
        spec: Spec {
            name: "getdel",
            arity: 2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(
                1,
                KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
            )],
            group: "string",
            since: "6.2.0",
            summary: "Replies with the string at a key and removes the key.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getdel),
    },
    Row {
        spec: Spec {
            name: "getex",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)
                .notes("RW and UPDATE because it changes the TTL" /* REWORD */)],
            group: "string",
            since: "6.2.0",
            summary: "Replies with the string at a key and sets or removes its deadline.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::one_of(
                    "expiration",
                    &[
                        Arg::integer("seconds").token("EX"),
                        Arg::integer("milliseconds").token("PX"),
                        Arg::unix_time("unix-time-seconds").token("EXAT"),
                        Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                        Arg::word("persist", "PERSIST"),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getex),
    },
    Row {
        spec: Spec {
            name: "delifeq",
            arity: 3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::RM.union(KeyFlags::DELETE))],
            group: "string",
            since: "9.0.0",
            summary: "Removes a key if it holds the given string.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("value")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(delifeq),
    },
    Row {
        spec: Spec {
            name: "mset",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::range(
                1,
                -1,
                2,
                KeyFlags::OW.union(KeyFlags::UPDATE),
            )],
            group: "string",
            since: "1.0.1",
            summary: "Sets several keys to strings, all in one step.",
            complexity: "O(N), N being the number of keys",
            tips: &[
                "request_policy:multi_shard",
                "response_policy:all_succeeded",
            ],
            args: &[Arg::block("data", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(mset),
    },
    Row {
        spec: Spec {
            name: "msetnx",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::range(
                1,
                -1,
                2,
                KeyFlags::OW.union(KeyFlags::INSERT),
            )],
            group: "string",
            since: "1.0.1",
            summary: "Sets several keys to strings if none of them exists.",
            complexity: "O(N), N being the number of keys",
            args: &[Arg::block("data", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(msetnx),
    },
    Row {
        spec: Spec {
            name: "msetex",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::new(
                Begin::Index(1),
                Find::KeyNum {
                    count: 0,
                    first: 1,
                    step: 2,
                },
                KeyFlags::OW.union(KeyFlags::UPDATE),
            )],
            group: "string",
            since: "9.1.0",
            summary: "Sets several keys to strings in one step, on request under a condition and with one deadline for all.",
            complexity: "O(N), N being the number of keys",
            tips: &[
                "request_policy:multi_shard",
                "response_policy:all_succeeded",
            ],
            args: &[
                Arg::integer("numkeys"),
                Arg::block("data", &[Arg::key("key", 0), Arg::string("value")]).multiple(),
                Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
                    .optional(),
                Arg::one_of(
                    "expiration",
                    &[
                        Arg::integer("seconds").token("EX"),
                        Arg::integer("milliseconds").token("PX"),
                        Arg::unix_time("unix-time-seconds").token("EXAT"),
                        Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                        Arg::word("keepttl", "KEEPTTL"),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(msetex),
    },
    Row {
        spec: Spec {
            name: "mget",
            arity: -2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::range(1, -1, 1, READ)],
            group: "string",
            since: "1.0.0",
            summary: "Replies with the strings at several keys.",
            complexity: "O(N), N being the number of keys",
            tips: &["request_policy:multi_shard"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(mget),
    },
    Row {
        spec: Spec {
            name: "append",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::INSERT))],
            group: "string",
            since: "2.0.0",
            summary: "Adds bytes to the end of the string at a key, which is made if missing.",
            complexity: "O(N), N being the length of what is added",
            args: &[Arg::key("key", 0), Arg::string("value")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(append),
    },
    Row {
        spec: Spec {
            name: "strlen",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "string",
            since: "2.2.0",
            summary: "Replies with the length in bytes of the string at a key.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(strlen),
    },
    Row {
        spec: Spec {
            name: "setrange",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "string",
            since: "2.2.0",
            summary: "Overwrites bytes of the string at a key from an offset on, with zeros in a gap before it.",
            complexity: "O(N), N being the length of what is written",
            args: &[
                Arg::key("key", 0),
                Arg::integer("offset"),
                Arg::string("value"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(setrange),
    },
    Row {
        spec: Spec {
            name: "getrange",
            arity: 4,
            flags: Flags::READONLY,
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, READ)],
            group: "string",
            since: "2.4.0",
            summary: "Replies with a range of the bytes of the string at a key.",
            complexity: "O(N), N being the length of the range",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("end"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getrange),
    },
    Row {
        spec: Spec {
            name: "substr",
            arity: 4,
            flags: Flags::READONLY,
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, READ)],
            group: "string",
            since: "1.0.0",
            summary: "Replies with a range of the bytes of the string at a key.",
            complexity: "O(N), N being the length of the range",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("end"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getrange),
    },
    Row {
        spec: Spec {
            name: "incr",
            arity: 2,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "1.0.0",
            summary: "Adds one to the integer at a key, a missing one counting as 0.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(incr),
    },
    Row {
        spec: Spec {
            name: "decr",
            arity: 2,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "1.0.0",
            summary: "Subtracts one from the integer at a key, a missing one counting as 0.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(decr),
    },
    Row {
        spec: Spec {
            name: "incrby",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "1.0.0",
            summary: "Adds to the integer at a key, a missing one counting as 0.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::integer("increment")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(incrby),
    },
    Row {
        spec: Spec {
            name: "decrby",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "1.0.0",
            summary: "Subtracts from the integer at a key, a missing one counting as 0.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::integer("decrement")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(decrby),
    },
    Row {
        spec: Spec {
            name: "incrbyfloat",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::STRING,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "string",
            since: "2.6.0",
            summary: "Adds to the floating-point number at a key, a missing one counting as 0.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::double("increment")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(incrbyfloat),
    },
    Row {
        spec: Spec {
            name: "lcs",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::STRING,
            keys: &[KeySpec::range(1, 1, 1, READ)],
            group: "string",
            since: "7.0.0",
            summary: "Finds the longest common subsequence of two strings.",
            complexity: "O(N*M), N and M being the lengths of the strings",
            args: &[
                Arg::key("key1", 0),
                Arg::key("key2", 0),
                Arg::word("len", "LEN").optional(),
                Arg::word("idx", "IDX").optional(),
                Arg::integer("min-match-len")
                    .token("MINMATCHLEN")
                    .optional(),
                Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lcs),
    },
];
