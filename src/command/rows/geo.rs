//! The rows of the geo commands.

use crate::command::geo::*;
use crate::command::keyspec;
use crate::command::spec::*;

/// The places are read.
const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

/// What was found is written there.
const STORED: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

/// The same, in a command that only stores with the option.
const STORED_IF_ASKED: KeyFlags = STORED.union(KeyFlags::VARIABLE_FLAGS);

const UNIT: Arg = Arg::one_of(
    "unit",
    &[
        Arg::word("m", "M"),
        Arg::word("km", "KM"),
        Arg::word("ft", "FT"),
        Arg::word("mi", "MI"),
    ],
);
const WITH_COORD: Arg = Arg::word("withcoord", "WITHCOORD").optional();
const WITH_DIST: Arg = Arg::word("withdist", "WITHDIST").optional();
const WITH_HASH: Arg = Arg::word("withhash", "WITHHASH").optional();
const ANY: Arg = Arg::word("any", "ANY").optional();
const COUNT: Arg =
    Arg::block("count-block", &[Arg::integer("count").token("COUNT"), ANY]).optional();
const COUNT_ANY_SINCE: Arg = Arg::block(
    "count-block",
    &[Arg::integer("count").token("COUNT"), ANY.since("6.2.0")],
)
.optional();
const ORDER: Arg = Arg::one_of(
    "order",
    &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
)
.optional();
const STORE: Arg = Arg::one_of(
    "store",
    &[
        Arg::key("storekey", 1).token("STORE").display("key"),
        Arg::key("storedistkey", 2)
            .token("STOREDIST")
            .display("key"),
    ],
)
.optional();
const LONGITUDE: Arg = Arg::double("longitude");
const LATITUDE: Arg = Arg::double("latitude");

const FROM: Arg = Arg::one_of(
    "from",
    &[
        Arg::string("member").token("FROMMEMBER"),
        Arg::block("fromlonlat", &[LONGITUDE, LATITUDE]).token("FROMLONLAT"),
    ],
)
.optional();
const BY: Arg = Arg::one_of(
    "by",
    &[
        Arg::block("circle", &[Arg::double("radius").token("BYRADIUS"), UNIT]),
        Arg::block(
            "box",
            &[
                Arg::double("width").token("BYBOX"),
                Arg::double("height"),
                UNIT,
            ],
        ),
        Arg::block(
            "polygon",
            &[
                Arg::integer("num-vertices").token("BYPOLYGON"),
                Arg::block("vertices", &[LONGITUDE, LATITUDE]).multiple(),
            ],
        )
        .since("9.0.0"),
    ],
);

const RADIUS_COMPLEXITY: &str =
    "O(N+log(M)) for N members in the square around the circle and M members in all.";
const SEARCH_COMPLEXITY: &str =
    "O(N+log(M)) for N members in the cells that cover the shape and M members in all.";
const RADIUS_HISTORY: &[(&str, &str)] = &[
    ("6.2.0", "`COUNT` takes `ANY`."),
    ("7.0.0", "Units may be written in capitals."),
];
const SEARCH_HISTORY: &[(&str, &str)] = &[
    ("7.0.0", "Units may be written in capitals."),
    ("9.0.0", "Option `BYPOLYGON`."),
];

/// The key, and where STORE and STOREDIST of a command with options from `from` on have theirs.
const fn stored_by_option(from: i32) -> [KeySpec; 3] {
    [
        KeySpec::one(1, READ),
        KeySpec::new(
            Begin::Keyword {
                word: "STORE",
                from,
            },
            Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
            STORED_IF_ASKED,
        ),
        KeySpec::new(
            Begin::Keyword {
                word: "STOREDIST",
                from,
            },
            Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
            STORED_IF_ASKED,
        ),
    ]
}

pub(crate) static COMMANDS: &[Row<DataHandler>] = &[
    Row {
        spec: Spec {
            name: "geoadd",
            arity: -5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
            group: "geo",
            since: "3.2.0",
            summary: "Puts members with their places into a sorted set.",
            complexity: "O(log(N)) for each member, with N members in all.",
            history: &[("6.2.0", "Options `CH`, `NX` and `XX`.")],
            args: &[
                Arg::key("key", 0),
                Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
                    .optional()
                    .since("6.2.0"),
                Arg::word("change", "CH").optional().since("6.2.0"),
                Arg::block("data", &[LONGITUDE, LATITUDE, Arg::string("member")]).multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geoadd),
    },
    Row {
        spec: Spec {
            name: "geodist",
            arity: -4,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "3.2.0",
            summary: "Tells how far two members are apart.",
            args: &[
                Arg::key("key", 0),
                Arg::string("member1"),
                Arg::string("member2"),
                UNIT.optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geodist),
    },
    Row {
        spec: Spec {
            name: "geohash",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "3.2.0",
            summary: "Writes the places of members as standard geohashes of 11 characters.",
            complexity: "O(1) for each member.",
            args: &[
                Arg::key("key", 0),
                Arg::string("member").optional().multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geohash),
    },
    Row {
        spec: Spec {
            name: "geopos",
            arity: -2,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "3.2.0",
            summary: "Replies with the longitudes and latitudes of members.",
            complexity: "O(1) for each member.",
            args: &[
                Arg::key("key", 0),
                Arg::string("member").optional().multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geopos),
    },
    Row {
        spec: Spec {
            name: "georadius",
            arity: -6,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::GEO,
            keys: &stored_by_option(6),
            key_finder: Some(keyspec::georadius),
            group: "geo",
            since: "3.2.0",
            summary: "Finds the members within a radius around a place, or stores them.",
            complexity: RADIUS_COMPLEXITY,
            history: RADIUS_HISTORY,
            args: &[
                Arg::key("key", 0),
                LONGITUDE,
                LATITUDE,
                Arg::double("radius"),
                UNIT,
                WITH_COORD,
                WITH_DIST,
                WITH_HASH,
                COUNT_ANY_SINCE,
                ORDER,
                STORE,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(georadius),
    },
    Row {
        spec: Spec {
            name: "georadius_ro",
            arity: -6,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "3.2.10",
            summary: "Finds the members within a radius around a place.",
            complexity: RADIUS_COMPLEXITY,
            history: RADIUS_HISTORY,
            args: &[
                Arg::key("key", 0),
                LONGITUDE,
                LATITUDE,
                Arg::double("radius"),
                UNIT,
                WITH_COORD,
                WITH_DIST,
                WITH_HASH,
                COUNT_ANY_SINCE,
                ORDER,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(georadius_ro),
    },
    Row {
        spec: Spec {
            name: "georadiusbymember",
            arity: -5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::GEO,
            keys: &stored_by_option(5),
            key_finder: Some(keyspec::georadius),
            group: "geo",
            since: "3.2.0",
            summary: "Finds the members within a radius around one of them, or stores them.",
            complexity: RADIUS_COMPLEXITY,
            history: RADIUS_HISTORY,
            args: &[
                Arg::key("key", 0),
                Arg::string("member"),
                Arg::double("radius"),
                UNIT,
                WITH_COORD,
                WITH_DIST,
                WITH_HASH,
                COUNT,
                ORDER,
                STORE,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(georadiusbymember),
    },
    Row {
        spec: Spec {
            name: "georadiusbymember_ro",
            arity: -5,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "3.2.10",
            summary: "Finds the members within a radius around one of them.",
            complexity: RADIUS_COMPLEXITY,
            history: RADIUS_HISTORY,
            args: &[
                Arg::key("key", 0),
                Arg::string("member"),
                Arg::double("radius"),
                UNIT,
                WITH_COORD,
                WITH_DIST,
                WITH_HASH,
                COUNT,
                ORDER,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(georadiusbymember_ro),
    },
    Row {
        spec: Spec {
            name: "geosearch",
            arity: -7,
            flags: Flags::READONLY,
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, READ)],
            group: "geo",
            since: "6.2.0",
            summary: "Finds the members in a circle, a box or a polygon.",
            complexity: SEARCH_COMPLEXITY,
            history: SEARCH_HISTORY,
            args: &[
                Arg::key("key", 0),
                FROM,
                BY,
                ORDER,
                COUNT,
                WITH_COORD,
                WITH_DIST,
                WITH_HASH,
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geosearch),
    },
    Row {
        spec: Spec {
            name: "geosearchstore",
            arity: -8,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            acl: Acl::GEO,
            keys: &[KeySpec::one(1, STORED), KeySpec::one(2, READ)],
            group: "geo",
            since: "6.2.0",
            summary: "Stores the members in a circle, a box or a polygon as a sorted set.",
            complexity: SEARCH_COMPLEXITY,
            history: SEARCH_HISTORY,
            args: &[
                Arg::key("destination", 0),
                Arg::key("source", 1),
                FROM,
                BY,
                ORDER,
                COUNT,
                Arg::word("storedist", "STOREDIST").optional(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(geosearchstore),
    },
];
