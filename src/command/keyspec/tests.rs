//! Keys are found where each specification says.

use super::*;
use crate::resp::request::OwnedRequest;

const RO: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);
const OW: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

fn keys_of(keys: &'static [KeySpec], line: &str) -> Vec<usize> {
    let spec = Spec {
        keys,
        ..Spec::DEFAULT
    };
    let request = OwnedRequest::new(line.split(' '));
    let mut found = Vec::new();
    find(&spec, request.request(), &mut found);
    found.iter().map(|key| key.index).collect()
}

const MSET: &[KeySpec] = &[KeySpec::range(1, -1, 2, OW)];
const ZUNIONSTORE: &[KeySpec] = &[
    KeySpec::one(1, OW),
    KeySpec::new(
        Begin::Index(2),
        Find::KeyNum {
            count: 0,
            first: 1,
            step: 1,
        },
        RO,
    ),
];
const MSETEX: &[KeySpec] = &[KeySpec::new(
    Begin::Index(1),
    Find::KeyNum {
        count: 0,
        first: 1,
        step: 2,
    },
    OW,
)];
const XREAD: &[KeySpec] = &[KeySpec::new(
    Begin::Keyword {
        word: "STREAMS",
        from: 1,
    },
    Find::Range {
        last: -1,
        step: 1,
        limit: 2,
    },
    RO,
)];
const MIGRATE: &[KeySpec] = &[KeySpec::new(
    Begin::Keyword {
        word: "KEYS",
        from: -2,
    },
    Find::Range {
        last: -1,
        step: 1,
        limit: 0,
    },
    RO,
)];

#[test]
fn keys_stand_where_the_specifications_say() {
    let cases: &[(&'static [KeySpec], &str, &[usize])] = &[
        (MSET, "mset a 1 b 2", &[1, 3]),
        (MSET, "mset a 1 b", &[1, 3]),
        (ZUNIONSTORE, "zunionstore d 2 a b weights 1 2", &[1, 3, 4]),
        // A count that promises too much, too little or nothing at all spoils all keys.
        (ZUNIONSTORE, "zunionstore d 7 a b", &[]),
        (ZUNIONSTORE, "zunionstore d 0 a b", &[]),
        (ZUNIONSTORE, "zunionstore d -1 a b", &[]),
        (ZUNIONSTORE, "zunionstore d 9223372036854775807 a b", &[]),
        (ZUNIONSTORE, "zunionstore d x a b", &[]),
        (ZUNIONSTORE, "zunionstore d", &[]),
        // The count is of keys, though values stand between them.
        (MSETEX, "msetex 2 a 1 b 2 ex 10", &[2, 4]),
        (MSETEX, "msetex 1 a 1 b 2", &[2]),
        (MSETEX, "msetex 3 a 1 b 2", &[]),
        (MSETEX, "msetex 4611686018427387905 a 1 b 2", &[]),
        (XREAD, "xread count 1 streams a b 0 0", &[4, 5]),
        (XREAD, "xread streams streams streams", &[2]),
        (XREAD, "xread count 1 a 0", &[]),
        (XREAD, "xread a b streams", &[]),
        (MIGRATE, "migrate h p x 0 10 keys a b", &[7, 8]),
        (MIGRATE, "migrate h p x 0 10 a b", &[]),
    ];
    for (specs, line, wanted) in cases {
        assert_eq!(keys_of(specs, line), *wanted, "{line}");
    }
}

type Specs = &'static [KeySpec];
const BITOP: Specs = &[KeySpec::one(2, OW), KeySpec::range(3, -1, 1, RO)];
const NEIGHBOURS: Specs = &[KeySpec::one(1, RO), KeySpec::one(2, OW)];
const APART: Specs = &[KeySpec::one(1, RO), KeySpec::one(3, OW)];

#[test]
fn the_old_range_is_the_leading_consecutive_keys() {
    let cases: [(Specs, (i64, i64, i64, bool)); 7] = [
        (&[], (0, 0, 0, false)),
        (MSET, (1, -1, 2, false)),
        (ZUNIONSTORE, (1, 1, 1, true)),
        (XREAD, (0, 0, 0, true)),
        (BITOP, (2, -1, 1, false)),
        (NEIGHBOURS, (1, 2, 1, false)),
        (APART, (1, 1, 1, true)),
    ];
    for (keys, wanted) in cases {
        let spec = Spec {
            keys,
            ..Spec::DEFAULT
        };
        let found = range(&spec);
        let found = (found.first, found.last, found.step, found.incomplete);
        assert_eq!(found, wanted, "{keys:?}");
    }
}

#[test]
fn flags_that_vary_come_from_the_options() {
    const RW: KeyFlags = RO
        .union(OW)
        .difference(KeyFlags::RO.union(KeyFlags::OW))
        .union(KeyFlags::RW);
    let cases: &[(KeyFinder, &str, KeyFlags)] = &[
        (set, "set k v", OW),
        (set, "set k get", OW),
        (set, "set k v nx GET", RW),
        (bitfield, "bitfield k get u8 0", RO),
        (bitfield, "bitfield k overflow wrap get u8 0", RO),
        (bitfield, "bitfield k get u8 0 set u8 0 1", RW),
        (bitfield, "bitfield k get u8", RW),
    ];
    for (finder, line, flags) in cases {
        let request = OwnedRequest::new(line.split(' '));
        let mut found = Vec::new();
        finder(request.request(), &mut found);
        let wanted = FoundKey {
            index: 1,
            flags: *flags,
        };
        assert_eq!(found, [wanted], "{line}");
    }
}

#[test]
fn georadius_stores_under_the_last_key() {
    for (line, indices) in [
        ("GEORADIUS k 1 2 3 km", vec![1]),
        ("GEORADIUS k 1 2 3 km STORE a storedist b", vec![1, 9]),
        ("GEORADIUS k 1 2 3 km STORE STORE STORE", vec![1, 7]),
        ("GEORADIUSBYMEMBER k m 3 km storedist a", vec![1, 6]),
        ("GEORADIUSBYMEMBER k STORE 3 km", vec![1]),
    ] {
        let request = OwnedRequest::new(line.split(' '));
        let mut found = Vec::new();
        georadius(request.request(), &mut found);
        let found: Vec<usize> = found.iter().map(|key| key.index).collect();
        assert_eq!(found, indices, "{line}");
    }
}
