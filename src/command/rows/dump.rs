//! Rows of DUMP and RESTORE.

use crate::command::dump;
use crate::command::spec::{Acl, Arg, DataHandler, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "dump",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::KEYSPACE,
            keys: &[KeySpec::one(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
            since: "2.6.0",
            summary: "Gives a value in a form that RESTORE reads.",
            complexity: "O(N) with the size of the value.",
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(dump::dump),
    },
    Row {
        spec: Spec {
            name: "restore",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
            keys: &[KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
            since: "2.6.0",
            summary: "Makes a key of what DUMP gave.",
            complexity: "O(N) with the size of the value; O(N*log(N)) for sorted sets.",
            history: &[
                ("3.0.0", "Takes REPLACE."),
                ("5.0.0", "Takes ABSTTL."),
                ("5.0.0", "Takes IDLETIME and FREQ."),
            ],
            args: &[
                Arg::key("key", 0),
                Arg::integer("ttl"),
                Arg::string("serialized-value"),
                Arg::word("replace", "REPLACE").optional().since("3.0.0"),
                Arg::word("absttl", "ABSTTL").optional().since("5.0.0"),
                Arg::integer("seconds")
                    .token("IDLETIME")
                    .optional()
                    .since("5.0.0"),
                Arg::integer("frequency")
                    .token("FREQ")
                    .optional()
                    .since("5.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(dump::restore),
    },
];
