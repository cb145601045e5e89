//! The rows of the list commands.

use crate::command::list::*;
use crate::command::spec::*;

/// Elements are read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// Elements are added.
const PUSHED: KeyFlags = KeyFlags::RW.union(KeyFlags::INSERT);

/// Elements are taken, and replied with.
const POPPED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "lpush",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, PUSHED)],
            group: "list",
            since: "1.0.0",
            summary: "Adds elements at the head of a list, one after the other; without a key, of a new one.",
            complexity: "O(N) for N elements",
            history: &[("2.4.0", "Several elements.")],
            args: &[Arg::key("key", 0), Arg::string("element").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lpush),
    },
    Row {
        spec: Spec {
            name: "rpush",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, PUSHED)],
            group: "list",
            since: "1.0.0",
            summary: "Adds elements at the tail of a list, one after the other; without a key, of a new one.",
            complexity: "O(N) for N elements",
            history: &[("2.4.0", "Several elements.")],
            args: &[Arg::key("key", 0), Arg::string("element").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(rpush),
    },
    Row {
        spec: Spec {
            name: "lpushx",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, PUSHED)],
            group: "list",
            since: "2.2.0",
            summary: "Adds elements at the head of a list that is there already.",
            complexity: "O(N) for N elements",
            history: &[("4.0.0", "Several elements.")],
            args: &[Arg::key("key", 0), Arg::string("element").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lpushx),
    },
    Row {
        spec: Spec {
            name: "rpushx",
            arity: -3,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, PUSHED)],
            group: "list",
            since: "2.2.0",
            summary: "Adds elements at the tail of a list that is there already.",
            complexity: "O(N) for N elements",
            history: &[("4.0.0", "Several elements.")],
            args: &[Arg::key("key", 0), Arg::string("element").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(rpushx),
    },
    Row {
        spec: Spec {
            name: "lpop",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED)],
            group: "list",
            since: "1.0.0",
            summary: "Takes elements from the head of a list, and replies with them.",
            complexity: "O(N) for N elements",
            history: &[("6.2.0", "Argument `count`.")],
            args: &[
                Arg::key("key", 0),
                Arg::integer("count").optional().since("6.2.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lpop),
    },
    Row {
        spec: Spec {
            name: "rpop",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED)],
            group: "list",
            since: "1.0.0",
            summary: "Takes elements from the tail of a list, and replies with them.",
            complexity: "O(N) for N elements",
            history: &[("6.2.0", "Argument `count`.")],
            args: &[
                Arg::key("key", 0),
                Arg::integer("count").optional().since("6.2.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(rpop),
    },
    Row {
        spec: Spec {
            name: "llen",
            arity: 2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "list",
            since: "1.0.0",
            summary: "Counts the elements of a list.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(llen),
    },
    Row {
        spec: Spec {
            name: "lindex",
            arity: 3,
            flags: Flags::READONLY,
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, READ)],
            group: "list",
            since: "1.0.0",
            summary: "Replies with the element at an index.",
            complexity: "O(log N) to find its chunk of the list, O(C) for the C elements in there",
            args: &[Arg::key("key", 0), Arg::integer("index")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lindex),
    },
    Row {
        spec: Spec {
            name: "lset",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "list",
            since: "1.0.0",
            summary: "Puts another element in the place of the one at an index.",
            complexity: "O(log N) to find its chunk of the list, O(C) for the C elements in there",
            args: &[
                Arg::key("key", 0),
                Arg::integer("index"),
                Arg::string("element"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lset),
    },
    Row {
        spec: Spec {
            name: "linsert",
            arity: 5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, PUSHED)],
            group: "list",
            since: "2.2.0",
            summary: "Puts an element before or behind the first that equals the pivot.",
            complexity: "O(N) for N elements up to the pivot",
            args: &[
                Arg::key("key", 0),
                Arg::one_of(
                    "where",
                    &[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")],
                ),
                Arg::string("pivot"),
                Arg::string("element"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(linsert),
    },
    Row {
        spec: Spec {
            name: "lrange",
            arity: 4,
            flags: Flags::READONLY,
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, READ)],
            group: "list",
            since: "1.0.0",
            summary: "Replies with the elements from one index to another.",
            complexity: "O(log S) to the start, S elements away, and O(N) for N elements replied with",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("stop"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lrange),
    },
    Row {
        spec: Spec {
            name: "lrem",
            arity: 4,
            flags: Flags::WRITE,
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "list",
            since: "1.0.0",
            summary: "Takes out elements equal to a given one: all, or a number of them from either end.",
            complexity: "O(N) for a list of N elements",
            args: &[
                Arg::key("key", 0),
                Arg::integer("count"),
                Arg::string("element"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lrem),
    },
    Row {
        spec: Spec {
            name: "ltrim",
            arity: 4,
            flags: Flags::WRITE,
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "list",
            since: "1.0.0",
            summary: "Keeps only the elements from one index to another.",
            complexity: "O(log N) for a list of N elements; what goes is freed in the background",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("stop"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(ltrim),
    },
    Row {
        spec: Spec {
            name: "lpos",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, READ)],
            group: "list",
            since: "6.0.6",
            summary: "Tells at which indexes elements equal to a given one stand.",
            complexity: "O(N) for N elements looked at",
            args: &[
                Arg::key("key", 0),
                Arg::string("element"),
                Arg::integer("rank").token("RANK").optional(),
                Arg::integer("num-matches").token("COUNT").optional(),
                Arg::integer("len").token("MAXLEN").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lpos),
    },
    Row {
        spec: Spec {
            name: "lmove",
            arity: 5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)],
            group: "list",
            since: "6.2.0",
            summary: "Takes an element from an end of one list and adds it at an end of another, or of the same.",
            complexity: "O(1)",
            args: &[
                Arg::key("source", 0),
                Arg::key("destination", 1),
                Arg::one_of(
                    "wherefrom",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
                Arg::one_of(
                    "whereto",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lmove),
    },
    Row {
        spec: Spec {
            name: "rpoplpush",
            arity: 3,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)],
            group: "list",
            since: "1.2.0",
            summary: "Takes the element at the tail of one list and adds it at the head of another, or of the same.",
            complexity: "O(1)",
            args: &[Arg::key("source", 0), Arg::key("destination", 1)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(rpoplpush),
    },
    Row {
        spec: Spec {
            name: "lmpop",
            arity: -4,
            flags: Flags::WRITE,
            acl: Acl::LIST,
            keys: &[KeySpec::new(
                Begin::Index(1),
                Find::KeyNum {
                    count: 0,
                    first: 1,
                    step: 1,
                },
                POPPED,
            )],
            group: "list",
            since: "7.0.0",
            summary: "Takes elements from an end of the first of several lists that is there.",
            complexity: "O(K+N) for K keys and N elements",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                Arg::one_of(
                    "where",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lmpop),
    },
    Row {
        spec: Spec {
            name: "blpop",
            arity: -3,
            flags: Flags::WRITE.union(Flags::BLOCKING),
            acl: Acl::LIST,
            keys: &[KeySpec::range(1, -2, 1, POPPED)],
            group: "list",
            since: "2.0.0",
            summary: "Takes the element at the head of the first of several lists that is there; waits for one.",
            complexity: "O(K) for K keys",
            history: &[("6.0.0", "`timeout` may be a fraction.")],
            args: &[Arg::key("key", 0).multiple(), Arg::double("timeout")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(blpop),
    },
    Row {
        spec: Spec {
            name: "brpop",
            arity: -3,
            flags: Flags::WRITE.union(Flags::BLOCKING),
            acl: Acl::LIST,
            keys: &[KeySpec::range(1, -2, 1, POPPED)],
            group: "list",
            since: "2.0.0",
            summary: "Takes the element at the tail of the first of several lists that is there; waits for one.",
            complexity: "O(K) for K keys",
            history: &[("6.0.0", "`timeout` may be a fraction.")],
            args: &[Arg::key("key", 0).multiple(), Arg::double("timeout")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(brpop),
    },
    Row {
        spec: Spec {
            name: "blmove",
            arity: 6,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::BLOCKING),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)],
            group: "list",
            since: "6.2.0",
            summary: "Moves an element as LMOVE does; waits for one.",
            complexity: "O(1)",
            args: &[
                Arg::key("source", 0),
                Arg::key("destination", 1),
                Arg::one_of(
                    "wherefrom",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
                Arg::one_of(
                    "whereto",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
                Arg::double("timeout"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(blmove),
    },
    Row {
        spec: Spec {
            name: "brpoplpush",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::BLOCKING),
            acl: Acl::LIST,
            keys: &[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)],
            group: "list",
            since: "2.2.0",
            summary: "Moves an element as RPOPLPUSH does; waits for one.",
            complexity: "O(1)",
            history: &[("6.0.0", "`timeout` may be a fraction.")],
            args: &[
                Arg::key("source", 0),
                Arg::key("destination", 1),
                Arg::double("timeout"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(brpoplpush),
    },
    Row {
        spec: Spec {
            name: "blmpop",
            arity: -5,
            flags: Flags::WRITE.union(Flags::BLOCKING),
            acl: Acl::LIST,
            keys: &[KeySpec::new(
                Begin::Index(2),
                Find::KeyNum {
                    count: 0,
                    first: 1,
                    step: 1,
                },
                POPPED,
            )],
            group: "list",
            since: "7.0.0",
            summary: "Takes elements from an end of the first of several lists that is there; waits for one.",
            complexity: "O(K+N) for K keys and N elements",
            args: &[
                Arg::double("timeout"),
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                Arg::one_of(
                    "where",
                    &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")],
                ),
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(blmpop),
    },
];
