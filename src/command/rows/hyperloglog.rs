//! The rows of the HyperLogLog commands.

use crate::command::hyperloglog::*;
use crate::command::spec::*;

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "pfadd",
            arity: -2,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::HYPERLOGLOG,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::INSERT))],
            group: "hyperloglog",
            since: "2.8.9",
            summary: "Notes elements in the HyperLogLog at a key; says whether its count may have changed.",
            complexity: "O(1) for each element.",
            args: &[
                Arg::key("key", 0),
                Arg::string("element").optional().multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pfadd),
    },
    Row {
        spec: Spec {
            name: "pfcount",
            arity: -2,
            flags: Flags::READONLY.union(Flags::MAY_REPLICATE),
            acl: Acl::HYPERLOGLOG,
            keys: &[
                KeySpec::range(1, -1, 1, KeyFlags::RW.union(KeyFlags::ACCESS))
                    .notes("RW because a new count is kept in the value, and that is propagated"),
            ],
            group: "hyperloglog",
            since: "2.8.9",
            summary: "Estimates how many distinct elements one or several HyperLogLogs have seen together.",
            complexity: "O(1) for one key, less still while nothing is added to it; O(N) for N keys, each taking much longer.",
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pfcount),
    },
    Row {
        spec: Spec {
            name: "pfmerge",
            arity: -2,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::HYPERLOGLOG,
            keys: &[
                KeySpec::one(
                    1,
                    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::INSERT),
                ),
                KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
            ],
            group: "hyperloglog",
            since: "2.8.9",
            summary: "Adds all that several HyperLogLogs have seen to one of them.",
            complexity: "O(N) for N HyperLogLogs, each taking its time.",
            args: &[
                Arg::key("destkey", 0),
                Arg::key("sourcekey", 1).optional().multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pfmerge),
    },
    Row {
        spec: Spec {
            name: "pfdebug",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::ADMIN),
            acl: Acl::HYPERLOGLOG,
            keys: &[KeySpec::one(2, KeyFlags::RW.union(KeyFlags::ACCESS))],
            group: "hyperloglog",
            since: "2.8.9",
            summary: "Shows the registers of a HyperLogLog and how they are kept.",
            complexity: "N/A",
            system: true,
            args: &[Arg::string("subcommand"), Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pfdebug),
    },
    Row {
        spec: Spec {
            name: "pfselftest",
            arity: 1,
            flags: Flags::ADMIN,
            acl: Acl::HYPERLOGLOG,
            group: "hyperloglog",
            since: "2.8.9",
            summary: "Checks that HyperLogLogs count as well as they should.",
            complexity: "N/A",
            system: true,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pfselftest),
    },
];
