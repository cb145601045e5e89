//! The rows of the hash commands.

use crate::command::hash::*;
use crate::command::spec::*;

/// Values are read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// Fields are changed.
const CHANGED: KeyFlags = KeyFlags::RW.union(KeyFlags::UPDATE);

/// Values are read, and fields changed.
const READ_AND_CHANGED: KeyFlags = CHANGED.union(KeyFlags::ACCESS);

/// On what deadline a new one is set.
const CONDITION: Arg = Arg::one_of(
    "condition",
    &[
        Arg::word("nx", "NX"),
        Arg::word("xx", "XX"),
        Arg::word("gt", "GT"),
        Arg::word("lt", "LT"),
    ],
);

/// How many fields, and which.
const FIELDS: Arg = Arg::block(
    "fields",
    &[Arg::integer("numfields"), Arg::string("field").multiple()],
)
.token("FIELDS");

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "hdel",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "hash",
            since: "2.0.0",
            summary: "Removes fields of a hash, and the hash with its last field.",
            complexity: "O(1) per field.",
            history: &[("2.4.0", "Several fields at once.")],
            args: &[Arg::key("key", 0), Arg::string("field").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hdel),
    },
    Row {
        spec: Spec {
            name: "hexists",
            arity: 3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "hash",
            since: "2.0.0",
            summary: "Tells whether a hash has a field.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("field")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hexists),
    },
    Row {
        spec: Spec {
            name: "hexpire",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Lets fields of a hash expire after a number of seconds.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::integer("seconds"),
                CONDITION.optional(),
                FIELDS,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hexpire),
    },
    Row {
        spec: Spec {
            name: "hexpireat",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Lets fields of a hash expire at a Unix time in seconds.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::integer("unix-time-seconds"),
                CONDITION.optional().since("9.0.0"),
                FIELDS,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hexpireat),
    },
    Row {
        spec: Spec {
            name: "hexpiretime",
            arity: -5,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "9.0.0",
            summary: "Tells when fields of a hash expire, as Unix times in seconds.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hexpiretime),
    },
    Row {
        spec: Spec {
            name: "hget",
            arity: 3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.0.0",
            summary: "Replies with the value of a field.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("field")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hget),
    },
    Row {
        spec: Spec {
            name: "hgetall",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.0.0",
            summary: "Replies with all fields of a hash and their values.",
            complexity: "O(N), N the fields.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hgetall),
    },
    Row {
        spec: Spec {
            name: "hgetdel",
            arity: -5,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(
                1,
                KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
            )],
            group: "hash",
            since: "9.1.0",
            summary: "Replies with the values of fields and removes these.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hgetdel),
    },
    Row {
        spec: Spec {
            name: "hgetex",
            arity: -5,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ_AND_CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Replies with the values of fields and sets or removes their deadlines.",
            complexity: "O(1) per field.",
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
                FIELDS,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hgetex),
    },
    Row {
        spec: Spec {
            name: "hincrby",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ_AND_CHANGED)],
            group: "hash",
            since: "2.0.0",
            summary: "Adds to the integer that a field's value is, 0 if it is not there.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::string("field"),
                Arg::integer("increment"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hincrby),
    },
    Row {
        spec: Spec {
            name: "hincrbyfloat",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ_AND_CHANGED)],
            group: "hash",
            since: "2.6.0",
            summary: "Adds to the number that a field's value is, 0 if it is not there.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::string("field"),
                Arg::double("increment"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hincrbyfloat),
    },
    Row {
        spec: Spec {
            name: "hkeys",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.0.0",
            summary: "Replies with the names of all fields.",
            complexity: "O(N), N the fields.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hkeys),
    },
    Row {
        spec: Spec {
            name: "hlen",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "hash",
            since: "2.0.0",
            summary: "Counts the fields of a hash.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hlen),
    },
    Row {
        spec: Spec {
            name: "hmget",
            arity: -3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.0.0",
            summary: "Replies with the values of several fields.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), Arg::string("field").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hmget),
    },
    Row {
        spec: Spec {
            name: "hmset",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "2.0.0",
            summary: "Sets fields of a hash.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hmset),
    },
    Row {
        spec: Spec {
            name: "hpersist",
            arity: -5,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Takes the deadlines of fields away.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hpersist),
    },
    Row {
        spec: Spec {
            name: "hpexpire",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Lets fields of a hash expire after a number of milliseconds.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::integer("milliseconds"),
                CONDITION.optional().since("9.0.0"),
                FIELDS,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hpexpire),
    },
    Row {
        spec: Spec {
            name: "hpexpireat",
            arity: -6,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "9.0.0",
            summary: "Lets fields of a hash expire at a Unix time in milliseconds.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::integer("unix-time-milliseconds"),
                CONDITION.optional().since("9.0.0"),
                FIELDS,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hpexpireat),
    },
    Row {
        spec: Spec {
            name: "hpexpiretime",
            arity: -5,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "9.0.0",
            summary: "Tells when fields of a hash expire, as Unix times in milliseconds.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hpexpiretime),
    },
    Row {
        spec: Spec {
            name: "hpttl",
            arity: -5,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "9.0.0",
            summary: "Tells how many milliseconds fields have left.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hpttl),
    },
    Row {
        spec: Spec {
            name: "hrandfield",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "6.2.0",
            summary: "Replies with fields picked at random.",
            complexity: "O(N), N the fields in the reply.",
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::block(
                    "options",
                    &[
                        Arg::integer("count"),
                        Arg::word("withvalues", "WITHVALUES").optional(),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hrandfield),
    },
    Row {
        spec: Spec {
            name: "hscan",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.8.0",
            summary: "Goes through the fields of a hash in steps.",
            complexity: "O(1) per step, O(N) in all, N the fields.",
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::integer("cursor"),
                Arg::pattern("pattern").token("MATCH").optional(),
                Arg::integer("count").token("COUNT").optional(),
                Arg::word("novalues", "NOVALUES").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hscan),
    },
    Row {
        spec: Spec {
            name: "hset",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "hash",
            since: "2.0.0",
            summary: "Sets fields of a hash, and makes the hash if it is not there.",
            complexity: "O(1) per field.",
            history: &[("4.0.0", "Several fields at once.")],
            args: &[
                Arg::key("key", 0),
                Arg::block("data", &[Arg::string("field"), Arg::string("value")]).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hset),
    },
    Row {
        spec: Spec {
            name: "hsetex",
            arity: -6,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::INSERT))],
            group: "hash",
            since: "9.0.0",
            summary: "Sets fields of a hash together with their deadlines.",
            complexity: "O(1) per field.",
            args: &[
                Arg::key("key", 0),
                Arg::one_of(
                    "key-condition",
                    &[Arg::word("nx", "NX"), Arg::word("xx", "XX")],
                )
                .optional(),
                Arg::one_of(
                    "fields-condition",
                    &[Arg::word("fnx", "FNX"), Arg::word("fxx", "FXX")],
                )
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
                Arg::block(
                    "fields",
                    &[
                        Arg::integer("numfields"),
                        Arg::block("data", &[Arg::string("field"), Arg::string("value")])
                            .multiple(),
                    ],
                )
                .token("FIELDS"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hsetex),
    },
    Row {
        spec: Spec {
            name: "hsetnx",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::INSERT))],
            group: "hash",
            since: "2.0.0",
            summary: "Sets a field of a hash if it is not there.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::string("field"),
                Arg::string("value"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hsetnx),
    },
    Row {
        spec: Spec {
            name: "hstrlen",
            arity: 3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "hash",
            since: "3.2.0",
            summary: "Tells the length of a field's value.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("field")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hstrlen),
    },
    Row {
        spec: Spec {
            name: "httl",
            arity: -5,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "9.0.0",
            summary: "Tells how many seconds fields have left.",
            complexity: "O(1) per field.",
            args: &[Arg::key("key", 0), FIELDS],
            ..Spec::DEFAULT
        },
        run: Run::Handler(httl),
    },
    Row {
        spec: Spec {
            name: "hvals",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::HASH,
            keys: &[KeySpec::one(1, READ)],
            group: "hash",
            since: "2.0.0",
            summary: "Replies with the values of all fields.",
            complexity: "O(N), N the fields.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(hvals),
    },
];
