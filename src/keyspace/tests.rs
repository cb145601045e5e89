//! The keyspace as commands use it.

use super::*;
use crate::sys::clock::UnixMs;
use crate::value::fields::Fields;
use crate::value::hash::BigHash;
use crate::value::list::List;
use crate::value::string::NewStr;
use crate::value::{Home, NewValue, Object, Packed, Value};

const NOW: UnixMs = UnixMs(1_000_000);

fn keyspace() -> Keyspace {
    Keyspace::new(2, [1, 2])
}

fn bytes(bytes: &[u8]) -> NewStr<'_> {
    NewStr::Bytes { bytes, raw: false }
}

fn text(entry: Entry<'_>) -> Vec<u8> {
    let text = entry.value().string().expect("a string");
    text.to_cow().into_owned()
}

#[test]
fn strings_of_every_length_come_back() {
    let mut space = keyspace();
    let mut db = space.view(0, NOW);
    let lengths = [
        0, 1, 16, 44, 45, 100, 4095, 4096, 4097, 70_000, 262_144, 262_145, 600_000,
    ];
    // Miri takes minutes for what is large.
    let few = if cfg!(miri) { 8 } else { lengths.len() };
    let lengths = &lengths[..few];
    for (from, &first) in lengths.iter().enumerate() {
        for &second in lengths {
            let key = vec![b'k'; from * 3];
            let value: Vec<u8> = (0..first).map(|i| i as u8).collect();
            db.set(&key, bytes(&value), Deadline::Never);
            assert!(text(db.read(&key).unwrap()) == value);
            let value: Vec<u8> = (0..second).map(|i| (i * 7) as u8).collect();
            db.set(&key, bytes(&value), Deadline::Keep);
            assert!(text(db.read(&key).unwrap()) == value);
            db.set(&key, NewStr::Int(-5), Deadline::At(UnixMs(NOW.0 + 1)));
            assert_eq!(text(db.read(&key).unwrap()), b"-5");
            assert_eq!(db.read(&key).unwrap().encoding(), "int");
            assert_eq!(db.read(&key).unwrap().deadline(), Some(UnixMs(NOW.0 + 1)));
        }
    }
}

#[test]
fn a_string_changes_in_place_like_a_vector() {
    let mut space = keyspace();
    let mut db = space.view(0, NOW);
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..if cfg!(miri) { 2 } else { 40 } {
        let mut twin = b"12".to_vec();
        db.set(b"key", NewStr::Int(12), Deadline::Never);
        for _ in 0..40 {
            let most = 1 << random.u32(..if round % 2 == 0 { 8 } else { 17 });
            let piece: Vec<u8> = (0..random.usize(1..=most)).map(|_| random.u8(..)).collect();
            let gap = if random.u8(..) < 20 {
                random.usize(..most)
            } else {
                0
            };
            let offset = random.usize(..=twin.len()) + gap;
            let end = offset + piece.len();
            twin.resize(twin.len().max(end), 0);
            twin[offset..end].copy_from_slice(&piece);
            db.write(b"key").unwrap().string().write_at(offset, &piece);
            let entry = db.peek(b"key").unwrap();
            assert!(text(entry) == twin);
            assert_eq!(entry.encoding(), "raw");
        }
        let len = db.write(b"key").unwrap().string().append(b"more");
        assert_eq!(len, twin.len() + 4);
    }
}

#[test]
fn a_key_past_its_deadline_is_gone_and_noted() {
    let mut space = keyspace();
    let long_key = vec![b'x'; 70_000];
    let keys = [&b"read"[..], b"write", b"remove", b"set", &long_key];
    let mut db = space.view(1, NOW);
    for key in keys {
        db.set(key, bytes(b"value"), Deadline::At(UnixMs(NOW.0 + 10)));
        assert_eq!(db.peek(key).unwrap().key(), key);
    }
    let mut db = space.view(1, UnixMs(NOW.0 + 10));
    assert!(db.read(b"read").is_none());
    assert!(db.write(b"write").is_none());
    assert!(!db.remove(b"remove", Cause::Command));
    db.set(b"set", bytes(b"new"), Deadline::Keep);
    assert_eq!(db.peek(b"set").unwrap().deadline(), None);
    assert!(!db.set_deadline(&long_key, None));
    assert_eq!(db.len(), 1);
    let departures = space.take_departures();
    assert!(
        departures
            .iter()
            .all(|left| left.db == 1 && left.cause == Cause::Expired)
    );
    let left: Vec<&[u8]> = departures.iter().map(|left| &*left.key).collect();
    assert_eq!(left, keys);
    assert_eq!(space.stats().expired, 5);
    assert_eq!((space.stats().hits, space.stats().misses), (0, 1));
}

#[test]
fn keys_move_with_value_and_deadline() {
    let mut space = keyspace();
    let rope = vec![7; 300_000];
    for value in [&b"short"[..], &rope, &rope[..5000]] {
        let deadline = Some(UnixMs(NOW.0 + 99));
        let mut db = space.view(0, NOW);
        db.set(b"a", bytes(value), Deadline::At(UnixMs(NOW.0 + 99)));
        db.set(b"b", bytes(b"old"), Deadline::Never);
        assert!(db.rename(b"a", b"b") && !db.rename(b"a", b"b"));
        let entry = db.peek(b"b").unwrap();
        assert!((text(entry) == value) && entry.deadline() == deadline && entry.key() == b"b");
        assert!(db.copy(b"b", 1, b"c") && db.move_to(b"b", 1));
        assert_eq!((db.len(), db.other(1).len()), (0, 2));
        db.swap(0, 1);
        for key in [b"b", b"c"] {
            let entry = db.peek(key).unwrap();
            assert!(text(entry) == value && entry.deadline() == deadline);
        }
        db.write(b"c").unwrap().string().append(b"!");
        assert!(text(db.peek(b"b").unwrap()) == value, "a copy is a copy");
        assert_eq!(db.clear(Flush::Behind), 2);
        assert!(db.is_empty());
        drop(space.take_garbage());
    }
}

#[test]
fn due_keys_leave_in_a_cycle() {
    let mut space = keyspace();
    let count = if cfg!(miri) { 100 } else { 20_000 };
    let mut db = space.view(0, NOW);
    for number in 0..count {
        let ttl = if number % 10 == 0 { 5 } else { 1_000_000 };
        let deadline = Deadline::At(UnixMs(NOW.0 + ttl));
        db.set(number.to_string().as_bytes(), bytes(b"v"), deadline);
    }
    let early = space.expire_cycle(UnixMs(NOW.0 + 4), 1, || true);
    assert_eq!(
        early,
        ExpireReport::default(),
        "nothing is looked at before it is due"
    );
    let mut slices = 0;
    loop {
        slices += 1;
        if !space.expire_cycle(UnixMs(NOW.0 + 5), 1, || false).cut {
            break;
        }
    }
    assert!(slices > 1 || cfg!(miri));
    assert_eq!(space.take_departures().len(), count / 10);
    let stats = space.table_stats(0);
    assert_eq!(
        (stats.keys, stats.volatile),
        (count - count / 10, count - count / 10)
    );
    assert!(stats.ttl_mean_ms.abs_diff(1_000_000) < 300_000, "{stats:?}");
    let late = space.expire_cycle(UnixMs(NOW.0 + 1000), 1, || true);
    assert_eq!(late.looked, 0, "and nothing again");
}

/// A hash whose fields, numbers, expire so many milliseconds from now.
fn put_hash(db: &mut View<'_>, key: &[u8], ttls: impl Iterator<Item = i64>) {
    let mut fields = Fields::new(db.seed());
    for ttl in ttls {
        let deadline = Some(UnixMs(NOW.0 + ttl));
        fields.insert(ttl.to_string().as_bytes(), b"value", deadline);
    }
    let hash = NewValue::Object(Object::Hash(BigHash::new(fields)));
    db.put_value(key, hash, Deadline::Never);
}

#[test]
fn due_fields_leave_in_a_cycle() {
    for frozen in [false, true] {
        let mut space = keyspace();
        let count = if cfg!(miri) { 30 } else { 1000 };
        let mut db = space.view(0, NOW);
        for number in 0..count {
            let key = number.to_string().into_bytes();
            match number % 10 {
                0 => put_hash(&mut db, &key, 1..50),
                1 => put_hash(&mut db, &key, 100..150),
                _ => db.set(&key, bytes(b"v"), Deadline::Never),
            }
        }
        db.rename(b"0", b"renamed");
        db.copy(b"1", 1, b"copied");
        db.move_to(b"11", 1);
        db.remove(b"21", Cause::Command);
        assert_eq!(space.table_stats(0).with_volatile_fields, count / 5 - 2);
        let snapshot = frozen.then(|| space.freeze().unwrap());
        let digest = snapshot.as_ref().map(FrozenKeyspace::digest);
        let early = space.expire_cycle(NOW, 1, || true);
        assert_eq!(early, ExpireReport::default());

        let mut slices = 0;
        while space.expire_cycle(UnixMs(NOW.0 + 120), 1, || false).cut {
            slices += 1;
        }
        assert!(slices > 1);
        let gone = space.take_fields_gone();
        let of = |db: usize, key: &[u8]| {
            let gone = gone
                .iter()
                .filter(|gone| gone.db == db && *gone.key == *key);
            gone.fold((0, false), |(fields, emptied), gone| {
                (fields + gone.fields.len(), emptied | gone.emptied)
            })
        };
        assert_eq!(of(0, b"renamed"), (49, true));
        assert_eq!(of(1, b"copied"), (21, false));
        assert_eq!(of(1, b"11"), (21, false));
        assert_eq!((of(0, b"0"), of(0, b"21")), ((0, false), (0, false)));
        assert_eq!(space.table_stats(0).with_volatile_fields, count / 10 - 2);
        let late = space.expire_cycle(UnixMs(NOW.0 + 1000), 1, || true);
        assert_eq!(late.fields, 29 * (count / 10));
        for db in 0..2 {
            assert_eq!(space.table_stats(db).with_volatile_fields, 0);
        }
        assert_eq!(space.table_stats(0).keys, count - count / 5);
        if let Some(snapshot) = snapshot {
            assert_eq!(Some(snapshot.digest()), digest, "as it was at its start");
            space.finish(snapshot);
        }
    }
}

/// The lengths a random string takes: all encodings, few of the large ones.
fn random_len(random: &mut fastrand::Rng) -> usize {
    match random.u32(..100) {
        0..70 => random.usize(..100),
        70..95 => random.usize(..5000),
        95..99 => random.usize(..20_000),
        _ => random.usize(..300_000),
    }
}

/// One random command.
fn change(space: &mut Keyspace, random: &mut fastrand::Rng, now: UnixMs) {
    let key = format!("key:{}", random.u32(..200)).into_bytes();
    let other = format!("key:{}", random.u32(..200)).into_bytes();
    let mut db = space.view(random.usize(..2), now);
    let value: Vec<u8> = vec![random.u8(..); random_len(random)];
    match random.u32(..40) {
        0..14 => {
            let deadline = match random.u32(..3) {
                0 => Deadline::Keep,
                1 => Deadline::Never,
                _ => Deadline::At(UnixMs(now.0 + random.i64(1..5000))),
            };
            db.set(&key, bytes(&value), deadline);
        }
        14..16 => db.set(&key, NewStr::Int(random.i64(..)), Deadline::Keep),
        16..24 => {
            if let Some(mut entry) = db.write(&key) {
                let offset = random.usize(..=entry.as_entry().memory_bytes());
                entry
                    .string()
                    .write_at(offset.min(400_000), &value[..value.len().min(300)]);
            }
        }
        24..28 => drop(db.remove(&key, Cause::Command)),
        28..31 => drop(db.rename(&key, &other)),
        31..33 => drop(db.copy(&key, random.usize(..2), &other)),
        33..34 => drop(db.move_to(&key, random.usize(..2))),
        34..36 => drop(db.set_deadline(&key, Some(UnixMs(now.0 + random.i64(1..2000))))),
        36..38 => drop(db.set_deadline(&key, None)),
        38 => _ = db.read(&key),
        _ if random.u32(..100) == 0 => drop(db.clear(Flush::Behind)),
        _ if random.u32(..20) == 0 => db.swap(0, 1),
        _ => drop(space.expire_cycle(now, 1, || true)),
    }
}

#[test]
fn a_snapshot_shows_the_keyspace_of_its_start() {
    let mut space = keyspace();
    let mut random = fastrand::Rng::with_seed(11);
    let (rounds, steps) = if cfg!(miri) { (2, 40) } else { (20, 3000) };
    let mut now = NOW;
    for round in 0..rounds {
        for policy in [
            AccessPolicy::Lru,
            AccessPolicy::Lfu {
                log_factor: 10,
                decay_minutes: 1,
            },
        ] {
            space.set_policy(policy);
            for _ in 0..steps / 2 {
                change(&mut space, &mut random, now);
                now.0 += random.i64(0..3);
            }
        }
        let expected = digests(&mut space, now);
        let frozen = space.freeze().expect("no other snapshot");
        let reader = std::thread::spawn(move || {
            let mut digests = [0u64; 2];
            for FrozenEntry { db, entry } in frozen.iter() {
                digests[db] = digests[db].wrapping_add(digest(entry));
            }
            (digests, frozen)
        });
        for _ in 0..steps {
            change(&mut space, &mut random, now);
            now.0 += random.i64(0..3);
        }
        let (found, frozen) = reader.join().expect("the reader does not panic");
        assert_eq!(found, expected, "round {round}");
        space.finish(frozen);
        drop(space.take_garbage());
        drop(space.take_departures());
    }
}

fn digests(space: &mut Keyspace, now: UnixMs) -> [u64; 2] {
    [0, 1].map(|index| {
        let mut sum = 0u64;
        space
            .view(index, now)
            .for_each(|entry| sum = sum.wrapping_add(digest(entry)));
        sum
    })
}

fn digest(entry: Entry<'_>) -> u64 {
    <entry::Block as crate::ds::table::Node>::digest(entry)
}

#[test]
fn clocks_tell_idleness_and_frequency() {
    let mut space = keyspace();
    space
        .view(0, NOW)
        .set(b"key", bytes(b"value"), Deadline::Never);
    let later = UnixMs(NOW.0 + 90_000);
    assert_eq!(space.view(0, later).idle_seconds(b"key"), Some(90));
    space.view(0, later).without_touch().read(b"key");
    assert_eq!(space.view(0, later).idle_seconds(b"key"), Some(90));
    space.view(0, later).read(b"key");
    assert_eq!(space.view(0, later).idle_seconds(b"key"), Some(0));
    space.view(0, later).set_idle(b"key", 3600);
    assert_eq!(space.view(0, later).idle_seconds(b"key"), Some(3600));

    let policy = |log_factor| AccessPolicy::Lfu {
        log_factor,
        decay_minutes: 2,
    };
    space.set_policy(policy(0));
    space.view(0, later).set_frequency(b"key", 100);
    assert_eq!(space.view(0, later).frequency(b"key"), Some(100));
    for _ in 0..200 {
        space.view(0, later).read(b"key");
    }
    assert_eq!(space.view(0, later).frequency(b"key"), Some(255));
    let much_later = UnixMs(later.0 + 20 * 60_000);
    assert_eq!(space.view(0, much_later).frequency(b"key"), Some(245));
    space.set_policy(policy(10));
    space
        .view(0, much_later)
        .set(b"new", bytes(b""), Deadline::Never);
    assert_eq!(space.view(0, much_later).frequency(b"new"), Some(5));
    for _ in 0..1000 {
        space.view(0, much_later).read(b"new");
    }
    let count = space.view(0, much_later).frequency(b"new").unwrap();
    assert!(
        (10..30).contains(&count),
        "{count}: about 18 after 1,000 accesses"
    );
    assert_eq!(space.view(0, much_later).frequency(b"missing"), None);
}

#[test]
fn memory_is_counted_in_size_classes() {
    let mut space = keyspace();
    let mut db = space.view(0, NOW);
    for (len, block) in [(16, 48), (24, 48), (25, 64), (100, 128), (4095, 5120)] {
        db.set(b"sixteen bytes ok", bytes(&vec![0; len]), Deadline::Never);
        assert_eq!(db.peek(b"sixteen bytes ok").unwrap().memory_bytes(), block);
    }
    let deadline = Deadline::At(UnixMs(NOW.0 + 1));
    for (len, block) in [(16, 48), (20, 48), (21, 64), (100, 128), (101, 160)] {
        db.set(b"sixteen bytes ok", bytes(&vec![0; len]), deadline);
        assert_eq!(db.peek(b"sixteen bytes ok").unwrap().memory_bytes(), block);
    }
    assert!(db.memory_bytes(b"sixteen bytes ok").unwrap() > 160);
}

#[test]
fn packed_bytes_are_spliced_like_a_vector_while_frozen_and_not() {
    let mut space = keyspace();
    let mut random = fastrand::Rng::with_seed(11);
    let mut twin: Vec<u8> = Vec::new();
    let form = NewValue::Packed(Packed::List, b"");
    let mut db = space.view(0, NOW);
    assert_eq!(db.create(b"key", form).as_entry().encoding(), "listpack");
    let mut frozen: Option<(FrozenKeyspace, u64)> = None;
    for step in 0..if cfg!(miri) { 40 } else { 2000 } {
        let most = if step % 100 < 50 { 400 } else { 20 };
        let start = random.usize(..=twin.len());
        let most_gone = if most == 20 { 400 } else { 20 };
        let end = random.usize(start..=twin.len().min(start + most_gone));
        let with: Vec<u8> = (0..random.usize(..most)).map(|_| random.u8(..)).collect();
        twin.splice(start..end, with.iter().copied());
        let mut db = space.view(0, NOW);
        let mut entry = db.write(b"key").expect("the key is there");
        entry.splice(start..end, &with);
        let Value::List(List::Packed(bytes)) = entry.value() else {
            panic!("a packed list");
        };
        assert!(bytes == twin, "step {step}");
        if step % 37 == 0 {
            if let Some((frozen, digest)) = frozen.take() {
                assert_eq!(frozen.digest(), digest);
                space.finish(frozen);
            }
            let next = space.freeze().expect("the last one is finished");
            let digest = next.digest();
            frozen = Some((next, digest));
        }
    }
}
