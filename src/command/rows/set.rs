//! The rows of the set commands.

use crate::command::set::*;
use crate::command::spec::*;

/// Members are read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// Members are read and removed.
const TAKEN: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

/// Replaced by a result.
const STORED: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "sadd",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::INSERT))],
            group: "set",
            since: "1.0.0",
            summary: "Adds members to a set, and the set if it is not there.",
            complexity: "O(1) per member.",
            history: &[("2.4.0", "Several members at once.")],
            args: &[Arg::key("key", 0), Arg::string("member").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sadd),
    },
    Row {
        spec: Spec {
            name: "scard",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "set",
            since: "1.0.0",
            summary: "Counts the members of a set.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(scard),
    },
    Row {
        spec: Spec {
            name: "sdiff",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::range(1, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Replies with the members of the first set that no other has.",
            complexity: "O(N), N the members of all sets.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sdiff),
    },
    Row {
        spec: Spec {
            name: "sdiffstore",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, STORED), KeySpec::range(2, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Stores the members of the first set that no other has.",
            complexity: "O(N), N the members of all sets.",
            args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sdiffstore),
    },
    Row {
        spec: Spec {
            name: "sinter",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::range(1, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Replies with the members that all sets share.",
            complexity: "O(N*M), N the members of the smallest set, M the number of sets.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sinter),
    },
    Row {
        spec: Spec {
            name: "sintercard",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::new(
                Begin::Index(1),
                Find::KeyNum {
                    count: 0,
                    first: 1,
                    step: 1,
                },
                READ,
            )],
            group: "set",
            since: "7.0.0",
            summary: "Counts the members that all sets share.",
            complexity: "O(N*M), N the members of the smallest set, M the number of sets.",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                Arg::integer("limit").token("LIMIT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sintercard),
    },
    Row {
        spec: Spec {
            name: "sinterstore",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, STORED), KeySpec::range(2, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Stores the members that all sets share.",
            complexity: "O(N*M), N the members of the smallest set, M the number of sets.",
            args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sinterstore),
    },
    Row {
        spec: Spec {
            name: "sismember",
            arity: 3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "set",
            since: "1.0.0",
            summary: "Tells whether a set has a member.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("member")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sismember),
    },
    Row {
        spec: Spec {
            name: "smembers",
            arity: 2,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::one(1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Replies with all members of a set.",
            complexity: "O(N), N the members.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(smembers),
    },
    Row {
        spec: Spec {
            name: "smismember",
            arity: -3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, READ)],
            group: "set",
            since: "6.2.0",
            summary: "Tells of each of several members whether a set has it.",
            complexity: "O(N), N the members asked for.",
            args: &[Arg::key("key", 0), Arg::string("member").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(smismember),
    },
    Row {
        spec: Spec {
            name: "smove",
            arity: 4,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[
                KeySpec::one(1, TAKEN),
                KeySpec::one(2, KeyFlags::RW.union(KeyFlags::INSERT)),
            ],
            group: "set",
            since: "1.0.0",
            summary: "Moves a member from one set to another.",
            complexity: "O(1)",
            args: &[
                Arg::key("source", 0),
                Arg::key("destination", 1),
                Arg::string("member"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(smove),
    },
    Row {
        spec: Spec {
            name: "spop",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, TAKEN)],
            group: "set",
            since: "1.0.0",
            summary: "Takes random members out of a set and replies with them. A set without members is removed.",
            complexity: "O(1) without a count, else O(N), N the count.",
            history: &[("3.2.0", "The `count` argument.")],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::integer("count").optional().since("3.2.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(spop),
    },
    Row {
        spec: Spec {
            name: "srandmember",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::one(1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Replies with random members of a set.",
            complexity: "O(1) without a count, else O(N), N the count's magnitude.",
            history: &[("2.6.0", "The `count` argument.")],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::integer("count").optional().since("2.6.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(srandmember),
    },
    Row {
        spec: Spec {
            name: "srem",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "set",
            since: "1.0.0",
            summary: "Removes members from a set. A set without members is removed.",
            complexity: "O(N), N the members named.",
            history: &[("2.4.0", "Several members at once.")],
            args: &[Arg::key("key", 0), Arg::string("member").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(srem),
    },
    Row {
        spec: Spec {
            name: "sscan",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::one(1, READ)],
            group: "set",
            since: "2.8.0",
            summary: "Steps through the members of a set.",
            complexity: "O(1) per call, O(N) for all N members.",
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::integer("cursor"),
                Arg::pattern("pattern").token("MATCH").optional(),
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sscan),
    },
    Row {
        spec: Spec {
            name: "sunion",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SET,
            keys: &[KeySpec::range(1, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Replies with the members that any of the sets has.",
            complexity: "O(N), N the members of all sets.",
            tips: &["nondeterministic_output_order"],
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sunion),
    },
    Row {
        spec: Spec {
            name: "sunionstore",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SET,
            keys: &[KeySpec::one(1, STORED), KeySpec::range(2, -1, 1, READ)],
            group: "set",
            since: "1.0.0",
            summary: "Stores the members that any of the sets has.",
            complexity: "O(N), N the members of all sets.",
            args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sunionstore),
    },
];
