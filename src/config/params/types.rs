//! Parameters of the types' encodings, of scripts and functions.

use super::{INT_MAX, INT_MIN, Param, field};

const I64_MAX: u64 = i64::MAX as u64;

pub(super) const PARAMS: &[Param] = &[
    Param::int(
        "hash-max-listpack-entries",
        (0, i64::MAX),
        "512",
        "The most fields of a hash that is kept as one block.",
    )
    .alias(&["hash-max-ziplist-entries"])
    .at(field!(hash_max_listpack_entries)),
    Param::bytes(
        "hash-max-listpack-value",
        (0, I64_MAX),
        "64",
        "The longest field or value in such a hash.",
    )
    .alias(&["hash-max-ziplist-value"])
    .at(field!(hash_max_listpack_value)),
    Param::int(
        "list-max-listpack-size",
        (INT_MIN, INT_MAX),
        "-2",
        "The size of a list's chunks: so many elements, or 4 to 64 KB for -1 to -5.",
    )
    .alias(&["list-max-ziplist-size"])
    .at(field!(list_max_listpack_size)),
    Param::int(
        "list-compress-depth",
        (0, INT_MAX),
        "0",
        "How many chunks at a list's ends stay uncompressed; 0: all.",
    )
    .no_effect("lists are not compressed in memory"),
    Param::int(
        "set-max-intset-entries",
        (0, i64::MAX),
        "512",
        "The most members of a set of integers that is kept as one block.",
    )
    .at(field!(set_max_intset_entries)),
    Param::int(
        "set-max-listpack-entries",
        (0, i64::MAX),
        "128",
        "The most members of another set that is kept as one block.",
    )
    .at(field!(set_max_listpack_entries)),
    Param::bytes(
        "set-max-listpack-value",
        (0, I64_MAX),
        "64",
        "The longest member of such a set.",
    )
    .at(field!(set_max_listpack_value)),
    Param::int(
        "zset-max-listpack-entries",
        (0, i64::MAX),
        "128",
        "The most members of a sorted set that is kept as one block.",
    )
    .alias(&["zset-max-ziplist-entries"])
    .at(field!(zset_max_listpack_entries)),
    Param::bytes(
        "zset-max-listpack-value",
        (0, I64_MAX),
        "64",
        "The longest member of such a sorted set.",
    )
    .alias(&["zset-max-ziplist-value"])
    .at(field!(zset_max_listpack_value)),
    Param::bytes(
        "hll-sparse-max-bytes",
        (0, I64_MAX),
        "3000",
        "The largest HyperLogLog in its sparse form.",
    )
    .at(field!(hll_sparse_max_bytes)),
    Param::bytes(
        "stream-node-max-bytes",
        (0, I64_MAX),
        "4096",
        "The most bytes in a stream's chunk.",
    )
    .at(field!(stream_node_max_bytes)),
    Param::int(
        "stream-node-max-entries",
        (0, i64::MAX),
        "100",
        "The most entries in a stream's chunk.",
    )
    .at(field!(stream_node_max_entries)),
    Param::int(
        "busy-reply-threshold",
        (0, i64::MAX),
        "5000",
        "Milliseconds after which a running script lets others be told that it is busy.",
    )
    .alias(&["lua-time-limit"])
    .at(field!(busy_reply_threshold))
    .coming("scripting"),
    Param::flag(
        "lua-enable-deprecated-api",
        "no",
        "Let scripts use what Lua has outgrown.",
    )
    .hidden()
    .restart()
    .coming("scripting"),
    Param::flag(
        "lua-enable-insecure-api",
        "no",
        "Let scripts use what can do harm.",
    )
    .hidden()
    .protected()
    .coming("scripting"),
    Param::flag(
        "extended-redis-compatibility",
        "no",
        "Name the server Redis where Valkey would name itself.",
    )
    .no_effect("names that clients look at are Redis's anyway"),
];
