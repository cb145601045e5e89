//! The rows of SORT.

use crate::command::keyspec;
use crate::command::sort::*;
use crate::command::spec::*;

/// Elements, weights and what is got are read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

const BY: Arg = Arg {
    key_spec: Some(1),
    ..Arg::pattern("by-pattern")
        .token("BY")
        .optional()
        .display("pattern")
};

const GET: Arg = Arg {
    key_spec: Some(1),
    ..Arg::pattern("get-pattern")
        .token("GET")
        .optional()
        .multiple()
        .multiple_token()
        .display("pattern")
};

/// Replaced by a result.
const STORED: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "sort",
            key_finder: Some(keyspec::sort),
            arity: -2,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::SET
                .union(Acl::SORTEDSET)
                .union(Acl::LIST)
                .union(Acl::DANGEROUS),
            keys: &[
                KeySpec::one(1, READ),
                KeySpec::new(Begin::Unknown, Find::Unknown, READ)
                    .notes("BY and GET name keys by the elements, so they are not known before"),
                KeySpec::new(Begin::Unknown, Find::Unknown, STORED)
                    .notes("STORE may stand anywhere among the options"),
            ],
            group: "generic",
            since: "1.0.0",
            summary: "Sorts a list, set or sorted set; replies with or stores its elements, or what \
                belongs to them.",
            complexity: "O(N+M*log(M)), N the elements, M the replies; O(N) if nothing is sorted.",
            args: &[
                Arg::key("key", 0),
                BY,
                Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
                    .token("LIMIT")
                    .optional(),
                GET,
                Arg::one_of(
                    "order",
                    &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
                )
                .optional(),
                Arg::word("sorting", "ALPHA").optional(),
                Arg::key("destination", 2).token("STORE").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sort),
    },
    Row {
        spec: Spec {
            name: "sort_ro",
            key_finder: Some(keyspec::sort_ro),
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::SET
                .union(Acl::SORTEDSET)
                .union(Acl::LIST)
                .union(Acl::DANGEROUS),
            keys: &[
                KeySpec::one(1, READ),
                KeySpec::new(Begin::Unknown, Find::Unknown, READ)
                    .notes("BY and GET name keys by the elements, so they are not known before"),
            ],
            group: "generic",
            since: "7.0.0",
            summary: "Sorts a list, set or sorted set; replies with its elements or what belongs to \
                      them.",
            complexity: "O(N+M*log(M)), N the elements, M the replies; O(N) if nothing is sorted.",
            args: &[
                Arg::key("key", 0),
                BY,
                Arg::block("limit", &[Arg::integer("offset"), Arg::integer("count")])
                    .token("LIMIT")
                    .optional(),
                GET,
                Arg::one_of(
                    "order",
                    &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
                )
                .optional(),
                Arg::word("sorting", "ALPHA").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(sort_ro),
    },
];
