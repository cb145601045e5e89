//! Hashes in both forms against a naive twin.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;
use crate::value::draft::Draft;
use crate::value::string::Text;
use crate::value::testing;
use crate::value::{Home, NewValue, Object, Packed, Thresholds};

const NOW: UnixMs = UnixMs(1000);

type Twin = BTreeMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

fn empty() -> Draft {
    testing::home(NewValue::Packed(Packed::Hash, listpack::EMPTY))
}

fn read(home: &Draft) -> Hash<'_> {
    home.value().hash().expect("it is one")
}

fn bytes(text: Str<'_>) -> Vec<u8> {
    text.to_cow().into_owned()
}

fn check(home: &Draft, twin: &Twin, random: &mut Rng) {
    let hash = read(home);
    let told = |pair: Pair<'_>| {
        let value = (bytes(pair.value), pair.deadline.map(|ms| ms.0));
        (bytes(pair.field), value)
    };
    let live = |deadline: &Option<i64>| deadline.is_none_or(|ms| ms > NOW.0);
    let mut wanted = twin.clone();
    wanted.retain(|_, (_, deadline)| live(deadline));
    assert_eq!(hash.len(), twin.len());
    assert_eq!(hash.has_due(NOW), wanted.len() < twin.len());
    let mut all = Twin::new();
    hash.for_each(NOW, |pair| all.extend([told(pair)]));
    assert_eq!(all, wanted);
    let mut scanned = Twin::new();
    let mut cursor = 0;
    loop {
        cursor = hash.scan(cursor, 5, NOW, |pair| scanned.extend([told(pair)]));
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(scanned, wanted);
    if !twin.is_empty() {
        let rank = random.usize(..twin.len());
        if let Some(pair) = hash.at(rank, NOW) {
            let (field, value) = told(pair);
            assert_eq!(wanted.get(&field), Some(&value));
            assert_eq!(hash.get(&field, NOW).map(bytes), Some(value.0));
        }
    }
}

#[test]
fn a_hash_does_what_its_twin_does() {
    for round in 0..60 {
        let random = &mut Rng::with_seed(round);
        let thresholds = Thresholds {
            hash_listpack_entries: [8, 64, 512][round as usize % 3],
            hash_listpack_value: 64,
            ..Thresholds::default()
        };
        let (mut home, mut twin) = (empty(), Twin::new());
        let keys = [6, 100, 2000][round as usize / 3 % 3];
        let deadlines = round % 2 == 0;
        for step in 0..1500 {
            let mut hash = HashMut::new(&mut home, &thresholds, NOW);
            let number = random.u32(..keys);
            let field = match number % 5 {
                0 => number.to_string().into_bytes(),
                _ => format!("field-{number}").into_bytes(),
            };
            let value = match random.u32(..50) {
                0 => vec![b'v'; 64],
                1 if keys == 2000 => vec![b'v'; 65],
                _ => random.i32(..).to_string().into_bytes(),
            };
            let old = twin.get(&field).cloned();
            let live = old
                .as_ref()
                .is_some_and(|(_, deadline)| deadline.is_none_or(|ms| ms > NOW.0));
            match random.u32(..10) {
                0..6 => {
                    let deadline = match random.u32(..if deadlines { 6 } else { 4 }) {
                        0 => NewDeadline::Keep,
                        4 => NewDeadline::At(UnixMs(random.i64(1..2000))),
                        _ => NewDeadline::Never,
                    };
                    let put = hash.put(&field, Text::Slice(&value), deadline);
                    let wanted = match &old {
                        None => Put::Added,
                        Some(_) if live => Put::Replaced,
                        Some(_) => Put::Revived,
                    };
                    assert_eq!((put, put.is_new()), (wanted, !live));
                    let deadline = match deadline {
                        NewDeadline::Never => None,
                        NewDeadline::Keep => old.and_then(|(_, old)| old).filter(|_| live),
                        NewDeadline::At(ms) => Some(ms.0),
                    };
                    twin.insert(field, (value, deadline));
                }
                6..8 => {
                    assert_eq!(hash.remove(&field), live);
                    if live {
                        twin.remove(&field);
                    }
                }
                _ => {
                    let fate = hash.fate(&field);
                    assert_eq!(fate == Fate::Absent, !live);
                    if live {
                        let deadline = (deadlines && random.bool()).then_some(1500);
                        hash.set_deadline(&field, deadline.map(UnixMs));
                        if let Some((_, old)) = twin.get_mut(&field) {
                            *old = deadline;
                        }
                    }
                }
            }
            if step % 100 == 99 {
                check(&home, &twin, random);
            }
        }
        check(&home, &twin, random);
    }
}

#[test]
fn it_becomes_big_where_redis_does() {
    let thresholds = Thresholds {
        hash_listpack_entries: 3,
        hash_listpack_value: 5,
        ..Thresholds::default()
    };
    let put = |home: &mut Draft, field: &str, value: &str| {
        let mut hash = HashMut::new(home, &thresholds, NOW);
        hash.put(
            field.as_bytes(),
            Text::Slice(value.as_bytes()),
            NewDeadline::Never,
        );
        home.encoding()
    };
    let mut home = empty();
    for (field, value, encoding) in [
        ("a", "12345", "listpack"),
        ("b", "1", "listpack"),
        ("12345", "", "listpack"),
        ("a", "2", "listpack"),
        ("d", "", "hashtable"),
    ] {
        assert_eq!(put(&mut home, field, value), encoding, "{field} {value}");
    }
    assert_eq!(put(&mut empty(), "a", "123456"), "hashtable");
    assert_eq!(put(&mut empty(), "123456", ""), "hashtable");

    let mut home = empty();
    put(&mut home, "a", "1");
    let mut hash = HashMut::new(&mut home, &thresholds, NOW);
    hash.set_deadline(b"a", None);
    hash.expect_fields(3);
    assert_eq!(home.encoding(), "listpack");
    HashMut::new(&mut home, &thresholds, NOW).set_deadline(b"a", Some(UnixMs(2000)));
    assert_eq!(home.encoding(), "hashtable");

    let mut home = empty();
    HashMut::new(&mut home, &thresholds, NOW).expect_fields(4);
    assert_eq!(home.encoding(), "hashtable");
}

#[test]
fn what_is_due_leaves_the_big_hash() {
    let mut home = empty();
    let thresholds = Thresholds::default();
    for number in 0..100i64 {
        let mut hash = HashMut::new(&mut home, &thresholds, NOW);
        let deadline = NewDeadline::At(UnixMs(1001 + number));
        hash.put(number.to_string().as_bytes(), Text::Slice(b"v"), deadline);
    }
    let Object::Hash(big) = home.object() else {
        panic!("a hash");
    };
    let mut gone = Vec::new();
    while big.remove_due(UnixMs(1050), |field| gone.push(field.to_vec())) {}
    assert_eq!((gone.len(), big.len()), (50, 50));
    assert_eq!(big.due(), Some(UnixMs(1051)));
}
