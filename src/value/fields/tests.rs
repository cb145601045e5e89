//! Fields against a naive twin: the same changes to both, and to what was cloned before them.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::leaf::{BYTES_MAX, ENTRIES_MAX, INLINE_BYTES_MAX};
use super::*;
use crate::ds::rope::Rope;

/// Under this seed hashes have few bits, and many fields share one.
pub(super) const COLLIDING: Seed = Seed([7, 7]);
pub(super) const COLLIDING_BITS: u64 = 0xf << 60 | 0x3 << 20;

const SEEDS: [Seed; 2] = [Seed([1, 2]), COLLIDING];

type Twin = BTreeMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

/// Everything that can be asked agrees.
fn check(fields: &Fields, twin: &Twin, random: &mut Rng) {
    assert_eq!(fields.len(), twin.len());
    assert_eq!(fields.is_empty(), twin.is_empty());
    let told = |item: Item<'_>| {
        let value = (
            item.value.to_cow().into_owned(),
            item.deadline.map(|ms| ms.0),
        );
        (item.field.to_vec(), value)
    };
    let all: Twin = fields.iter().map(told).collect();
    assert_eq!(&all, twin);
    assert_eq!(fields.iter().count(), twin.len());
    let due = twin.values().filter_map(|(_, deadline)| *deadline).min();
    assert_eq!(fields.due().map(|ms| ms.0), due);
    for _ in 0..twin.len().min(20) {
        let rank = random.usize(..twin.len());
        let item = fields.at(rank);
        assert_eq!(told(fields.iter_from(rank).next().unwrap()), told(item));
        assert!(fields.contains(item.field));
        assert_eq!(told(fields.get(item.field).unwrap()), told(item));
    }
    for count in [1, 7, 10_000] {
        let mut cursor = 0;
        let mut scanned = Vec::new();
        loop {
            let before = scanned.len();
            cursor = fields.scan(cursor, count, |item| scanned.push(item.field.to_vec()));
            assert!(scanned.len() >= before + count || cursor == 0);
            assert!(cursor < 1 << 48);
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(scanned.len(), twin.len(), "each once");
        scanned.sort();
        assert!(scanned.iter().eq(twin.keys()));
    }
}

/// A field or value of a length around every limit.
fn text(random: &mut Rng, keys: u32, long: bool) -> Vec<u8> {
    let mut text = random.u32(..keys).to_string().into_bytes();
    let len = match random.u32(..if long { 40 } else { 30 }) {
        0 => random.usize(40..60),
        1 => random.usize(200..300),
        30 => INLINE_BYTES_MAX - 1 + random.usize(..3),
        31 => BYTES_MAX + random.usize(..100),
        _ => text.len(),
    };
    let letter = random.alphanumeric() as u8;
    text.resize(len.max(text.len()), letter);
    text
}

fn change(fields: &mut Fields, twin: &mut Twin, random: &mut Rng, keys: u32) {
    let long = fields.seed().0 != COLLIDING.0;
    // A field is the same whenever its number is: its length follows from it.
    let number = random.u32(..keys);
    let field = text(&mut Rng::with_seed(number.into()), keys, long);
    let value = if random.u32(..8) == 0 {
        Vec::new()
    } else {
        text(random, 1000, long)
    };
    let deadline = (random.u32(..4) == 0).then(|| random.i64(1..100_000));
    match random.u32(..10) {
        0..6 => {
            let before = fields.put(&field, Text::Slice(&value), deadline.map(UnixMs));
            let old = twin.insert(field, (value, deadline));
            let old = old.map_or(Before::Absent, |(_, ms)| Before::Present(ms.map(UnixMs)));
            assert_eq!(before, old);
        }
        6..8 => assert_eq!(fields.remove(&field), twin.remove(&field).is_some()),
        8 => {
            let found = fields.set_deadline(&field, deadline.map(UnixMs));
            assert_eq!(found, twin.contains_key(&field));
            if let Some((_, old)) = twin.get_mut(&field) {
                *old = deadline;
            }
        }
        _ if fields.is_empty() => {}
        _ => {
            let rank = random.usize(..fields.len());
            twin.remove(fields.at(rank).field).unwrap();
            fields.remove_at(rank);
        }
    }
}

#[test]
fn fields_do_what_their_twin_does() {
    for seed in SEEDS {
        for (round, keys) in [(0, 10), (1, 300), (2, 3000), (3, 300)] {
            let random = &mut Rng::with_seed(round);
            let (mut fields, mut twin) = (Fields::new(seed), Twin::new());
            let mut frozen = None;
            for step in 0..if keys > 1000 { 20_000 } else { 4_000 } {
                if step % 1000 == 500 {
                    frozen = Some((fields.clone(), twin.clone()));
                }
                change(&mut fields, &mut twin, random, keys);
                if step % 1000 == 999 {
                    check(&fields, &twin, random);
                    if let Some((fields, twin)) = &frozen {
                        check(fields, twin, random);
                    }
                }
            }
            // Down to nothing, and up again.
            let all: Vec<Vec<u8>> = twin.keys().cloned().collect();
            for (index, field) in all.iter().enumerate() {
                assert!(fields.remove(field));
                twin.remove(field);
                if index % 500 == 0 {
                    check(&fields, &twin, random);
                }
            }
            check(&fields, &twin, random);
            assert!(fields.insert(b"again", b"", None));
        }
    }
}

#[test]
fn what_is_due_goes_and_nothing_else() {
    let mut fields = Fields::new(Seed([1, 2]));
    for number in 0..2000i64 {
        let deadline = (number % 2 == 0).then_some(UnixMs(number));
        fields.insert(number.to_string().as_bytes(), b"value", deadline);
    }
    for now in [0, 500, 1999] {
        let mut gone = Vec::new();
        while fields.remove_due(UnixMs(now), |item| gone.push(item.deadline.unwrap().0)) {}
        assert!(gone.iter().all(|ms| *ms <= now));
        let left = 1000 - (now / 2 + 1);
        assert_eq!(fields.len() as i64, 1000 + left);
        assert_eq!(fields.due(), (left > 0).then_some(UnixMs(now / 2 * 2 + 2)));
    }
}

#[test]
fn large_values_are_shared_and_very_large_ones_ropes() {
    let mut fields = Fields::new(Seed([1, 2]));
    let flat = vec![b'f'; INLINE_BYTES_MAX + 1];
    let rope = Rope::from(&vec![b'r'; 300_000][..]);
    fields.insert(b"inside", &flat[1..], None);
    fields.insert(b"flat", &flat, None);
    fields.put(b"rope", Text::Rope(&rope), Some(UnixMs(5)));
    fields.insert(&flat, &flat, None);
    let copy = fields.clone();
    fields.set_deadline(b"flat", Some(UnixMs(9)));
    fields.insert(b"rope", b"short", None);
    let kind = |fields: &Fields, field: &[u8]| match fields.get(field).unwrap().value {
        Str::Int(_) => "int",
        Str::Inline(_) => "inline",
        Str::Flat(_) => "flat",
        Str::Rope(_) => "rope",
    };
    assert_eq!(kind(&fields, b"inside"), "inline");
    assert_eq!(kind(&fields, b"flat"), "flat");
    assert_eq!(kind(&fields, b"rope"), "inline");
    assert_eq!(kind(&fields, &flat), "flat");
    assert_eq!(kind(&copy, b"rope"), "rope");
    assert_eq!(copy.get(b"rope").unwrap().value.len(), 300_000);
    let (Str::Flat(one), Str::Flat(other)) = (
        copy.get(b"flat").unwrap().value,
        fields.get(b"flat").unwrap().value,
    ) else {
        panic!("both outside");
    };
    assert!(std::sync::Arc::ptr_eq(one, other));
}

#[test]
fn a_field_costs_little_more_than_its_bytes() {
    let mut fields = Fields::new(Seed([1, 2]));
    let count = 50_000;
    for number in 0..count {
        fields.insert(format!("field:{number:010}").as_bytes(), &[b'v'; 16], None);
    }
    let each = fields.memory_bytes() as f64 / f64::from(count);
    assert!((32.0..43.0).contains(&each), "{each} bytes for 32");
    // Split leaves are half full in the worst case, and never more than full.
    let leaves = fields.tree.leaf_count();
    assert!(
        leaves <= count as usize / (BYTES_MAX / 36 / 2 - 2),
        "{leaves}"
    );
    assert!(leaves >= count as usize / ENTRIES_MAX, "{leaves}");
}

#[test]
fn the_digest_knows_content_only() {
    let digest = |fields: &Fields| {
        let mut hasher = SipHasher13::new();
        fields.digest(&mut hasher);
        hasher.finish()
    };
    let (mut up, mut down) = (Fields::new(Seed([1, 2])), Fields::new(Seed([3, 4])));
    for number in 0..1000 {
        up.insert(format!("{number}").as_bytes(), b"v", None);
        down.insert(format!("{}", 999 - number).as_bytes(), b"v", None);
    }
    assert_eq!(digest(&up), digest(&down));
    let before = digest(&up);
    up.set_deadline(b"5", Some(UnixMs(1)));
    assert_ne!(digest(&up), before);
    down.insert(b"5", b"w", None);
    assert_ne!(digest(&down), before);
}
