//! Rows of the commands on whole keys.

use crate::command::spec::{
    Acl, Arg, DataHandler, Databases, Flags, KeyFlags, KeySpec, Row, Run, Spec,
};
use crate::command::{keys, scan};

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "copy",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::KEYSPACE,
            keys: &[
                KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
                KeySpec::one(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
            ],
            since: "6.2.0",
            summary: "Copies the value and expiry of a key to another key, in this database or another.",
            complexity: "O(1) for strings; for collections up to O(N), N being the elements copied.",
            args: &[
                Arg::key("source", 0),
                Arg::key("destination", 1),
                Arg::integer("destination-db").token("DB").optional(),
                Arg::word("replace", "REPLACE").optional(),
            ],
            databases: Databases::Option,
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::copy),
    },
    Row {
        spec: Spec {
            name: "dbsize",
            arity: 1,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            group: "server",
            summary: "Counts the keys of the database.",
            tips: &["request_policy:all_shards", "response_policy:agg_sum"],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::dbsize),
    },
    Row {
        spec: Spec {
            name: "del",
            arity: -2,
            flags: Flags::WRITE,
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::range(
                1,
                -1,
                1,
                KeyFlags::RM.union(KeyFlags::DELETE),
            )],
            summary: "Removes keys.",
            complexity: "O(N) for N keys; memory of large values is given back in the background.",
            tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::del),
    },
    Row {
        spec: Spec {
            name: "exists",
            arity: -2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
            summary: "Counts how many of the keys exist; a key named twice counts twice.",
            complexity: "O(N) for N keys.",
            history: &[("3.0.3", "Takes more than one key.")],
            tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::exists),
    },
    Row {
        spec: Spec {
            name: "flushall",
            arity: -1,
            flags: Flags::WRITE,
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            group: "server",
            summary: "Removes all keys of all databases.",
            complexity: "O(1); freeing N keys is O(N) on another thread, or right away with SYNC.",
            history: &[
                ("4.0.0", "The `ASYNC` mode."),
                ("6.2.0", "The `SYNC` mode."),
            ],
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            args: &[Arg::one_of(
                "flush-type",
                &[
                    Arg::word("async", "ASYNC").since("4.0.0"),
                    Arg::word("sync", "SYNC").since("6.2.0"),
                ],
            )
            .optional()],
            databases: Databases::All,
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::flushall),
    },
    Row {
        spec: Spec {
            name: "flushdb",
            arity: -1,
            flags: Flags::WRITE,
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            group: "server",
            summary: "Removes all keys of the database.",
            complexity: "O(1); freeing N keys is O(N) on another thread, or right away with SYNC.",
            history: &[
                ("4.0.0", "The `ASYNC` mode."),
                ("6.2.0", "The `SYNC` mode."),
            ],
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            args: &[Arg::one_of(
                "flush-type",
                &[
                    Arg::word("async", "ASYNC").since("4.0.0"),
                    Arg::word("sync", "SYNC").since("6.2.0"),
                ],
            )
            .optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::flushdb),
    },
    Row {
        spec: Spec {
            name: "keys",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            summary: "Lists the keys that match a pattern, all in one reply.",
            complexity: "O(N) for N keys in the database; O(1) for a pattern without wildcards.",
            tips: &["request_policy:all_shards", "nondeterministic_output_order"],
            args: &[Arg::pattern("pattern")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(scan::keys),
    },
    Row {
        spec: Spec {
            name: "move",
            arity: 3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(
                1,
                KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
            )],
            summary: "Moves a key to another database.",
            args: &[Arg::key("key", 0), Arg::integer("db")],
            databases: Databases::Target,
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::move_key),
    },
    Row {
        spec: Spec {
            name: "randomkey",
            arity: 1,
            flags: Flags::READONLY,
            acl: Acl::KEYSPACE,
            summary: "Picks a random key.",
            tips: &[
                "request_policy:all_shards",
                "response_policy:special",
                "nondeterministic_output",
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::randomkey),
    },
    Row {
        spec: Spec {
            name: "rename",
            arity: 3,
            flags: Flags::WRITE,
            acl: Acl::KEYSPACE,
            keys: &[
                KeySpec::one(
                    1,
                    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
                ),
                KeySpec::one(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
            ],
            summary: "Gives a key another name, replacing what had it.",
            args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::rename),
    },
    Row {
        spec: Spec {
            name: "renamenx",
            arity: 3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[
                KeySpec::one(
                    1,
                    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
                ),
                KeySpec::one(2, KeyFlags::OW.union(KeyFlags::INSERT)),
            ],
            summary: "Gives a key another name unless that is taken.",
            history: &[("3.2.0", "The same name twice is no error any more.")],
            args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::renamenx),
    },
    Row {
        spec: Spec {
            name: "scan",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::KEYSPACE,
            since: "2.8.0",
            summary: "Walks over the keys of the database, a few per call.",
            complexity: "O(1) per call; O(N) for a whole walk over N keys.",
            history: &[("6.0.0", "The `TYPE` filter.")],
            tips: &[
                "nondeterministic_output",
                "request_policy:special",
                "response_policy:special",
            ],
            args: &[
                Arg::integer("cursor"),
                Arg::pattern("pattern").token("MATCH").optional(),
                Arg::integer("count").token("COUNT").optional(),
                Arg::string("type").token("TYPE").optional().since("6.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(scan::scan),
    },
    Row {
        spec: Spec {
            name: "swapdb",
            arity: 3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            group: "server",
            since: "4.0.0",
            summary: "Swaps the contents of two databases.",
            complexity: "O(1), and O(N) for N clients that watch keys in them.",
            args: &[Arg::integer("index1"), Arg::integer("index2")],
            databases: Databases::Swaps,
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::swapdb),
    },
    Row {
        spec: Spec {
            name: "touch",
            arity: -2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
            since: "3.2.1",
            summary: "Marks keys as used just now, and counts those that exist.",
            complexity: "O(N) for N keys.",
            tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::touch),
    },
    Row {
        spec: Spec {
            name: "type",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            summary: "Names the type of a value.",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::kind),
    },
    Row {
        spec: Spec {
            name: "unlink",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::range(
                1,
                -1,
                1,
                KeyFlags::RM.union(KeyFlags::DELETE),
            )],
            since: "4.0.0",
            summary: "Removes keys and frees their memory in the background.",
            complexity: "O(1) per key; freeing happens on another thread.",
            tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(keys::unlink),
    },
];
