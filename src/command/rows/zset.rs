//! The rows of the sorted set commands.

use crate::command::spec::*;
use crate::command::zset::*;

/// The value is read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// Members are taken out and told.
const TAKEN: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

/// Reading takes no longer than a descent.
const QUICK_LOOK: Flags = Flags::READONLY.union(Flags::FAST);

/// As many keys as the first argument says.
const COUNTED: Find = Find::KeyNum {
    count: 0,
    first: 1,
    step: 1,
};

const WEIGHTS: Arg = Arg::integer("weight")
    .token("WEIGHTS")
    .optional()
    .multiple();

const AGGREGATE: Arg = Arg::one_of(
    "aggregate",
    &[
        Arg::word("sum", "SUM"),
        Arg::word("min", "MIN"),
        Arg::word("max", "MAX"),
    ],
)
.token("AGGREGATE")
.optional();

const LIMIT: Arg = Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
    .token("LIMIT")
    .optional();

/// Which end members are taken from.
const END: Arg = Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]);

const SORT_BY: Arg = Arg::one_of(
    "sortby",
    &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")],
)
.optional();

const WITH_SCORES: Arg = Arg::word("withscores", "WITHSCORES").optional();

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "bzmpop",
            arity: -5,
            flags: Flags::WRITE.union(Flags::BLOCKING),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(2), COUNTED, TAKEN)],
            group: "sorted-set",
            since: "7.0.0",
            summary: "Takes members with the lowest or highest scores from the first sorted set that is not empty, and waits for one.",
            complexity: "O(K+M*log(N)), K being the number of keys, N the size of the sorted set and M the number of members taken",
            args: &[
                Arg::double("timeout"),
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                END,
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bzmpop),
    },
    Row {
        spec: Spec {
            name: "bzpopmax",
            arity: -3,
            flags: Flags::WRITE.union(Flags::BLOCKING).union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::range(1, -2, 1, TAKEN)],
            group: "sorted-set",
            since: "5.0.0",
            summary: "Takes the member with the highest score from the first sorted set that is not empty, and waits for one.",
            complexity: "O(log(N)), N being the size of the sorted set",
            history: &[("6.0.0", "The timeout is a double.")],
            args: &[Arg::key("key", 0).multiple(), Arg::double("timeout")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bzpopmax),
    },
    Row {
        spec: Spec {
            name: "bzpopmin",
            arity: -3,
            flags: Flags::WRITE.union(Flags::BLOCKING).union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::range(1, -2, 1, TAKEN)],
            group: "sorted-set",
            since: "5.0.0",
            summary: "Takes the member with the lowest score from the first sorted set that is not empty, and waits for one.",
            complexity: "O(log(N)), N being the size of the sorted set",
            history: &[("6.0.0", "The timeout is a double.")],
            args: &[Arg::key("key", 0).multiple(), Arg::double("timeout")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bzpopmin),
    },
    Row {
        spec: Spec {
            name: "zadd",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Adds members with their scores to a sorted set, or changes the scores of those that are there.",
            complexity: "O(log(N)) for each member, N being the size of the sorted set",
            history: &[
                ("2.4.0", "Several members."),
                ("3.0.2", "Options `NX`, `XX`, `CH` and `INCR`."),
                ("6.2.0", "Options `GT` and `LT`."),
            ],
            args: &[
                Arg::key("key", 0),
                Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
                    .optional()
                    .since("3.0.2"),
                Arg::one_of(
                    "comparison",
                    &[Arg::word("gt", "GT"), Arg::word("lt", "LT")],
                )
                .optional()
                .since("6.2.0"),
                Arg::word("change", "CH").optional().since("3.0.2"),
                Arg::word("increment", "INCR").optional().since("3.0.2"),
                Arg::block("data", &[Arg::double("score"), Arg::string("member")]).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zadd),
    },
    Row {
        spec: Spec {
            name: "zcard",
            arity: 2,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RO)],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Counts the members of a sorted set.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0)],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zcard),
    },
    Row {
        spec: Spec {
            name: "zcount",
            arity: 4,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Counts the members whose scores lie within a range.",
            complexity: "O(log(N)), N being the size of the sorted set",
            args: &[Arg::key("key", 0), Arg::double("min"), Arg::double("max")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zcount),
    },
    Row {
        spec: Spec {
            name: "zdiff",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(1), COUNTED, READ)],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Replies with the members of the first sorted set that none of the others has.",
            complexity: "O(L+(N-K)*log(N)), L being the size of all sets together, N that of the first and K that of the result",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                WITH_SCORES,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zdiff),
    },
    Row {
        spec: Spec {
            name: "zdiffstore",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SORTEDSET,
            keys: &[
                KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
                KeySpec::new(Begin::Index(2), COUNTED, READ),
            ],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Stores the members of the first sorted set that none of the others has.",
            complexity: "O(L+(N-K)*log(N)), L being the size of all sets together, N that of the first and K that of the result",
            args: &[
                Arg::key("destination", 0),
                Arg::integer("numkeys"),
                Arg::key("key", 1).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zdiffstore),
    },
    Row {
        spec: Spec {
            name: "zincrby",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(
                1,
                KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
            )],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Adds to the score of a member, which is made if missing.",
            complexity: "O(log(N)), N being the size of the sorted set",
            args: &[
                Arg::key("key", 0),
                Arg::integer("increment"),
                Arg::string("member"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zincrby),
    },
    Row {
        spec: Spec {
            name: "zinter",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(1), COUNTED, READ)],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Replies with the members that all of several sorted sets have.",
            complexity: "O(N*K+M*log(M)), N being the size of the smallest set, K the number of sets and M the size of the result",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                WEIGHTS,
                AGGREGATE,
                WITH_SCORES,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zinter),
    },
    Row {
        spec: Spec {
            name: "zintercard",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(1), COUNTED, READ)],
            group: "sorted-set",
            since: "7.0.0",
            summary: "Counts the members that all of several sorted sets have, up to a limit.",
            complexity: "O(N*K), N being the size of the smallest set and K the number of sets",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                Arg::integer("limit").token("LIMIT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zintercard),
    },
    Row {
        spec: Spec {
            name: "zinterstore",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SORTEDSET,
            keys: &[
                KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
                KeySpec::new(Begin::Index(2), COUNTED, READ),
            ],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Stores the members that all of several sorted sets have.",
            complexity: "O(N*K+M*log(M)), N being the size of the smallest set, K the number of sets and M the size of the result",
            args: &[
                Arg::key("destination", 0),
                Arg::integer("numkeys"),
                Arg::key("key", 1).multiple(),
                WEIGHTS,
                AGGREGATE,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zinterstore),
    },
    Row {
        spec: Spec {
            name: "zlexcount",
            arity: 4,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.8.9",
            summary: "Counts the members within a range by bytes, all scores being the same.",
            complexity: "O(log(N)), N being the size of the sorted set",
            args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zlexcount),
    },
    Row {
        spec: Spec {
            name: "zmpop",
            arity: -4,
            flags: Flags::WRITE,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(1), COUNTED, TAKEN)],
            group: "sorted-set",
            since: "7.0.0",
            summary: "Takes members with the lowest or highest scores from the first sorted set that is not empty.",
            complexity: "O(K+M*log(N)), K being the number of keys, N the size of the sorted set and M the number of members taken",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                END,
                Arg::integer("count").token("COUNT").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zmpop),
    },
    Row {
        spec: Spec {
            name: "zmscore",
            arity: -3,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Replies with the scores of several members.",
            complexity: "O(N), N being the number of members asked for",
            args: &[Arg::key("key", 0), Arg::string("member").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zmscore),
    },
    Row {
        spec: Spec {
            name: "zpopmax",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, TAKEN)],
            group: "sorted-set",
            since: "5.0.0",
            summary: "Takes the members with the highest scores from a sorted set.",
            complexity: "O(M*log(N)), N being the size of the sorted set and M the number of members taken",
            args: &[Arg::key("key", 0), Arg::integer("count").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zpopmax),
    },
    Row {
        spec: Spec {
            name: "zpopmin",
            arity: -2,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, TAKEN)],
            group: "sorted-set",
            since: "5.0.0",
            summary: "Takes the members with the lowest scores from a sorted set.",
            complexity: "O(M*log(N)), N being the size of the sorted set and M the number of members taken",
            args: &[Arg::key("key", 0), Arg::integer("count").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zpopmin),
    },
    Row {
        spec: Spec {
            name: "zrandmember",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Replies with members of a sorted set picked at random.",
            complexity: "O(N), N being the number of members in the reply",
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::block("options", &[Arg::integer("count"), WITH_SCORES]).optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrandmember),
    },
    Row {
        spec: Spec {
            name: "zrange",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Replies with the members within a range of ranks, of scores or of bytes.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members in the reply",
            history: &[("6.2.0", "Options `BYSCORE`, `BYLEX`, `REV` and `LIMIT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("start"),
                Arg::string("stop"),
                SORT_BY.since("6.2.0"),
                Arg::word("rev", "REV").optional().since("6.2.0"),
                LIMIT.since("6.2.0"),
                WITH_SCORES,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrange),
    },
    Row {
        spec: Spec {
            name: "zrangebylex",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.8.9",
            summary: "Replies with the members within a range by bytes, all scores being the same.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members passed over and in the reply",
            args: &[
                Arg::key("key", 0),
                Arg::string("min"),
                Arg::string("max"),
                LIMIT,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrangebylex),
    },
    Row {
        spec: Spec {
            name: "zrangebyscore",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "1.0.5",
            summary: "Replies with the members whose scores lie within a range, the lowest first.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members passed over and in the reply",
            history: &[("2.0.0", "Option `WITHSCORES`.")],
            args: &[
                Arg::key("key", 0),
                Arg::double("min"),
                Arg::double("max"),
                WITH_SCORES.since("2.0.0"),
                LIMIT,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrangebyscore),
    },
    Row {
        spec: Spec {
            name: "zrangestore",
            arity: -5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SORTEDSET,
            keys: &[
                KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
                KeySpec::one(2, READ),
            ],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Stores the members within a range of ranks, of scores or of bytes.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members stored",
            args: &[
                Arg::key("dst", 0),
                Arg::key("src", 1),
                Arg::string("min"),
                Arg::string("max"),
                SORT_BY,
                Arg::word("rev", "REV").optional(),
                LIMIT,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrangestore),
    },
    Row {
        spec: Spec {
            name: "zrank",
            arity: -3,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Tells the rank of a member by score, the lowest being 0.",
            complexity: "O(log(N)), N being the size of the sorted set",
            history: &[("7.2.0", "Option `WITHSCORE`.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("member"),
                Arg::word("withscore", "WITHSCORE").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrank),
    },
    Row {
        spec: Spec {
            name: "zrem",
            arity: -3,
            flags: Flags::WRITE.union(Flags::FAST),
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Removes members from a sorted set, and the key with the last of them.",
            complexity: "O(M*log(N)), N being the size of the sorted set and M the number of members given",
            history: &[("2.4.0", "Several members.")],
            args: &[Arg::key("key", 0), Arg::string("member").multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrem),
    },
    Row {
        spec: Spec {
            name: "zremrangebylex",
            arity: 4,
            flags: Flags::WRITE,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "sorted-set",
            since: "2.8.9",
            summary: "Removes the members within a range by bytes, all scores being the same.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
            args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zremrangebylex),
    },
    Row {
        spec: Spec {
            name: "zremrangebyrank",
            arity: 4,
            flags: Flags::WRITE,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Removes the members within a range of ranks.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("stop"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zremrangebyrank),
    },
    Row {
        spec: Spec {
            name: "zremrangebyscore",
            arity: 4,
            flags: Flags::WRITE,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::DELETE))],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Removes the members whose scores lie within a range.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
            args: &[Arg::key("key", 0), Arg::double("min"), Arg::double("max")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zremrangebyscore),
    },
    Row {
        spec: Spec {
            name: "zrevrange",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Replies with the members within a range of ranks, counted from the highest score down.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members in the reply",
            args: &[
                Arg::key("key", 0),
                Arg::integer("start"),
                Arg::integer("stop"),
                WITH_SCORES,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrevrange),
    },
    Row {
        spec: Spec {
            name: "zrevrangebylex",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.8.9",
            summary: "Replies with the members within a range by bytes, the last first, all scores being the same.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members passed over and in the reply",
            args: &[
                Arg::key("key", 0),
                Arg::string("max"),
                Arg::string("min"),
                LIMIT,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrevrangebylex),
    },
    Row {
        spec: Spec {
            name: "zrevrangebyscore",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.2.0",
            summary: "Replies with the members whose scores lie within a range, the highest first.",
            complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members passed over and in the reply",
            history: &[("2.1.6", "The ends of the range may be excluded.")],
            args: &[
                Arg::key("key", 0),
                Arg::double("max"),
                Arg::double("min"),
                WITH_SCORES,
                LIMIT,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrevrangebyscore),
    },
    Row {
        spec: Spec {
            name: "zrevrank",
            arity: -3,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Tells the rank of a member by score, the highest being 0.",
            complexity: "O(log(N)), N being the size of the sorted set",
            history: &[("7.2.0", "Option `WITHSCORE`.")],
            args: &[
                Arg::key("key", 0),
                Arg::string("member"),
                Arg::word("withscore", "WITHSCORE").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zrevrank),
    },
    Row {
        spec: Spec {
            name: "zscan",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "2.8.0",
            summary: "Walks over the members of a sorted set in bounded steps.",
            complexity: "O(1) for each call, O(N) for a whole walk, N being the size of the sorted set",
            history: &[("8.0.0", "Option `NOSCORES`.")],
            tips: &["nondeterministic_output"],
            args: &[
                Arg::key("key", 0),
                Arg::integer("cursor"),
                Arg::pattern("pattern").token("MATCH").optional(),
                Arg::integer("count").token("COUNT").optional(),
                Arg::word("noscores", "NOSCORES").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zscan),
    },
    Row {
        spec: Spec {
            name: "zscore",
            arity: 3,
            flags: QUICK_LOOK,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::one(1, READ)],
            group: "sorted-set",
            since: "1.2.0",
            summary: "Replies with the score of a member.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::string("member")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zscore),
    },
    Row {
        spec: Spec {
            name: "zunion",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::SORTEDSET,
            keys: &[KeySpec::new(Begin::Index(1), COUNTED, READ)],
            group: "sorted-set",
            since: "6.2.0",
            summary: "Replies with the members that any of several sorted sets has.",
            complexity: "O(N+M*log(M)), N being the size of all sets together and M the size of the result",
            args: &[
                Arg::integer("numkeys"),
                Arg::key("key", 0).multiple(),
                WEIGHTS,
                AGGREGATE,
                WITH_SCORES,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zunion),
    },
    Row {
        spec: Spec {
            name: "zunionstore",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SORTEDSET,
            keys: &[
                KeySpec::one(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
                KeySpec::new(Begin::Index(2), COUNTED, READ),
            ],
            group: "sorted-set",
            since: "2.0.0",
            summary: "Stores the members that any of several sorted sets has.",
            complexity: "O(N+M*log(M)), N being the size of all sets together and M the size of the result",
            args: &[
                Arg::key("destination", 0),
                Arg::integer("numkeys"),
                Arg::key("key", 1).multiple(),
                WEIGHTS,
                AGGREGATE,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(zunionstore),
    },
];
