//! The rows of the bitmap commands.

use crate::command::bitmap::*;
use crate::command::keyspec;
use crate::command::spec::*;

/// The value is read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// The value is read and changed.
const CHANGED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "setbit",
            arity: 4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, CHANGED)],
            group: "bitmap",
            since: "2.2.0",
            summary: "Sets or clears one bit of the string at a key and replies with what it was.",
            complexity: "O(1)",
            args: &[
                Arg::key("key", 0),
                Arg::integer("offset"),
                Arg::integer("value"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(setbit),
    },
    Row {
        spec: Spec {
            name: "getbit",
            arity: 3,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, READ)],
            group: "bitmap",
            since: "2.2.0",
            summary: "Replies with one bit of the string at a key.",
            complexity: "O(1)",
            args: &[Arg::key("key", 0), Arg::integer("offset")],
            ..Spec::DEFAULT
        },
        run: Run::Handler(getbit),
    },
    Row {
        spec: Spec {
            name: "bitcount",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, READ)],
            group: "bitmap",
            since: "2.6.0",
            summary: "Counts the bits set in the string at a key, or in a range of it.",
            complexity: "O(N)",
            history: &[
                ("7.0.0", "Option `BYTE|BIT`."),
                ("8.0.0", "`end` may be left out and is then the last byte."),
            ],
            args: &[
                Arg::key("key", 0),
                Arg::block(
                    "range",
                    &[
                        Arg::integer("start"),
                        Arg::block(
                            "end-unit-block",
                            &[
                                Arg::integer("end"),
                                Arg::one_of(
                                    "unit",
                                    &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")],
                                )
                                .optional()
                                .since("7.0.0"),
                            ],
                        )
                        .optional(),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bitcount),
    },
    Row {
        spec: Spec {
            name: "bitpos",
            arity: -3,
            flags: Flags::READONLY,
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, READ)],
            group: "bitmap",
            since: "2.8.7",
            summary: "Finds the first bit that is set, or clear, in the string at a key or a range of it.",
            complexity: "O(N)",
            history: &[("7.0.0", "Option `BYTE|BIT`.")],
            args: &[
                Arg::key("key", 0),
                Arg::integer("bit"),
                Arg::block(
                    "range",
                    &[
                        Arg::integer("start"),
                        Arg::block(
                            "end-unit-block",
                            &[
                                Arg::integer("end"),
                                Arg::one_of(
                                    "unit",
                                    &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")],
                                )
                                .optional()
                                .since("7.0.0"),
                            ],
                        )
                        .optional(),
                    ],
                )
                .optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bitpos),
    },
    Row {
        spec: Spec {
            name: "bitop",
            arity: -4,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::BITMAP,
            keys: &[
                KeySpec::one(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
                KeySpec::range(3, -1, 1, READ),
            ],
            group: "bitmap",
            since: "2.6.0",
            summary: "Combines strings bit by bit and stores the result.",
            complexity: "O(N)",
            args: &[
                Arg::one_of(
                    "operation",
                    &[
                        Arg::word("and", "AND"),
                        Arg::word("or", "OR"),
                        Arg::word("xor", "XOR"),
                        Arg::word("not", "NOT"),
                    ],
                ),
                Arg::key("destkey", 0),
                Arg::key("key", 1).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bitop),
    },
    Row {
        spec: Spec {
            name: "bitfield",
            key_finder: Some(keyspec::bitfield),
            arity: -2,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, CHANGED.union(KeyFlags::VARIABLE_FLAGS))
                .notes("With GET alone the key is only read")],
            group: "bitmap",
            since: "3.2.0",
            summary: "Reads, sets and increments integers of any width within the string at a key.",
            complexity: "O(1) for each operation",
            args: &[
                Arg::key("key", 0),
                Arg::one_of(
                    "operation",
                    &[
                        Arg::block(
                            "get-block",
                            &[Arg::string("encoding"), Arg::integer("offset")],
                        )
                        .token("GET"),
                        Arg::block(
                            "write",
                            &[
                                Arg::one_of(
                                    "overflow-block",
                                    &[
                                        Arg::word("wrap", "WRAP"),
                                        Arg::word("sat", "SAT"),
                                        Arg::word("fail", "FAIL"),
                                    ],
                                )
                                .token("OVERFLOW")
                                .optional(),
                                Arg::one_of(
                                    "write-operation",
                                    &[
                                        Arg::block(
                                            "set-block",
                                            &[
                                                Arg::string("encoding"),
                                                Arg::integer("offset"),
                                                Arg::integer("value"),
                                            ],
                                        )
                                        .token("SET"),
                                        Arg::block(
                                            "incrby-block",
                                            &[
                                                Arg::string("encoding"),
                                                Arg::integer("offset"),
                                                Arg::integer("increment"),
                                            ],
                                        )
                                        .token("INCRBY"),
                                    ],
                                ),
                            ],
                        ),
                    ],
                )
                .optional()
                .multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bitfield),
    },
    Row {
        spec: Spec {
            name: "bitfield_ro",
            arity: -2,
            flags: Flags::READONLY.union(Flags::FAST),
            acl: Acl::BITMAP,
            keys: &[KeySpec::one(1, READ)],
            group: "bitmap",
            since: "6.0.0",
            summary: "Reads integers of any width within the string at a key.",
            complexity: "O(1) for each operation",
            args: &[
                Arg::key("key", 0),
                Arg::block(
                    "get-block",
                    &[Arg::string("encoding"), Arg::integer("offset")],
                )
                .token("GET")
                .optional()
                .multiple()
                .multiple_token(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(bitfield_ro),
    },
];
