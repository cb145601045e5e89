//! The keyspace as commands use it.

use super::*;
use crate::sys::clock::UnixMs;
use crate::value::Value;
use crate::value::string::NewStr;

const NOW: UnixMs = UnixMs(1_000_000);

fn keyspace() -> Keyspace {
    Keyspace::new(2, [1, 2])
}

fn bytes(bytes: &[u8]) -> NewStr<'_> {
    NewStr::Bytes { bytes, raw: false }
}

fn text(entry: Entry<'_>) -> Vec<u8> {
    let Value::String(text) = entry.value();
    text.to_cow().into_owned()
}

#[test]
fn strings_of_every_length_come_back() {
    let mut space = keyspace();
    let mut db = space.view(0, NOW);
    let lengths = [
        0, 1, 16, 44, 45, 100, 4096, 4097, 70_000, 262_144, 262_145, 600_000,
    ];
    for (from, first) in lengths.into_iter().enumerate() {
        for second in lengths {
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
