//! The listpack against a vector of texts, and against bytes that are none.

use fastrand::Rng;

use super::*;

/// Texts at which the encoding changes.
fn edges() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = vec![b"".into(), b"a".into(), b"-".into(), b"-0".into()];
    for text in ["01", "+1", " 1", "1.0", "9223372036854775808", "\u{fc}"] {
        texts.push(text.into());
    }
    for bits in [0, 7, 12, 13, 15, 16, 23, 24, 31, 32, 62, 63] {
        for add in [-1, 0, 1] {
            let bound = (1i128 << bits) + add;
            texts.push(bound.to_string().into());
            texts.push((-bound).to_string().into());
        }
    }
    for len in [
        62, 63, 64, 65, 124, 125, 126, 127, 4094, 4095, 4096, 16377, 16378, 16379,
    ] {
        texts.push(vec![b'x'; len]);
    }
    texts.push(vec![0xff; 2_097_151]);
    texts
}

fn text_of(item: Item<'_>) -> Vec<u8> {
    item.to_vec()
}

fn build(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut pack = Pack::of(texts.iter().map(Vec::as_slice));
    pack.listpack().to_vec()
}

#[test]
fn every_form_reads_back_both_ways() {
    for text in edges() {
        let bytes = build(&[b"before".into(), text.clone(), b"7".into()]);
        assert_eq!(validate(&bytes), Ok(3));
        let pack = Listpack::new(&bytes);
        let forwards: Vec<_> = pack.items().map(text_of).collect();
        assert_eq!(forwards, [b"before".into(), text.clone(), b"7".to_vec()]);
        let backwards: Vec<_> = pack.items().rev().map(text_of).collect();
        assert_eq!(backwards, [b"7".into(), text.clone(), b"before".to_vec()]);
        let item = Item::of(&text);
        let entry = pack.get(1).unwrap();
        assert_eq!(entry.item, item);
        assert_eq!(entry.end - entry.start, encoded_len(item));
        let (index, found) = pack.find(Needle::new(&text), 1).unwrap();
        assert_eq!((index, found.start), (1, entry.start));
    }
}

#[test]
fn bytes_are_those_of_redis() {
    let cases: &[(&[u8], &[u8])] = &[
        (b"0", &[0x00, 1]),
        (b"127", &[0x7f, 1]),
        (b"128", &[0xc0, 0x80, 2]),
        (b"-1", &[0xdf, 0xff, 2]),
        (b"4095", &[0xcf, 0xff, 2]),
        (b"-4096", &[0xd0, 0x00, 2]),
        (b"4096", &[0xf1, 0x00, 0x10, 3]),
        (b"-32769", &[0xf2, 0xff, 0x7f, 0xff, 4]),
        (b"8388608", &[0xf3, 0, 0, 0x80, 0, 5]),
        (b"2147483648", &[0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9]),
        (b"", &[0x80, 1]),
        (b"ab", &[0x82, b'a', b'b', 3]),
    ];
    for (text, entry) in cases {
        let pack = Pack::of([*text]);
        assert_eq!(pack.entries(), *entry, "{}", text.escape_ascii());
    }
    let long = Pack::of([&[b'x'; 200][..]]);
    assert_eq!(long.entries()[..2], [0xe0, 200]);
    assert_eq!(long.entries()[202..], [0x01, 0x80 | 74]);
    let longer = Pack::of([&[b'x'; 16378][..]]);
    assert_eq!(longer.entries()[..5], [0xf0, 0xfa, 0x3f, 0, 0]);
    assert_eq!(longer.entries()[16383..], [0x00, 0xff, 0xff]);
}

fn some_text(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(..8) {
        0 => rng.i64(..).to_string().into(),
        1 => rng.i32(-5000..5000).to_string().into(),
        2 => vec![b'y'; rng.usize(..200)],
        3 => vec![b'z'; rng.usize(4000..4200)],
        _ => rng.u8(..40).to_string().into(),
    }
}

/// Random edits against the same on a vector of texts.
#[test]
fn edits_are_those_of_a_vector() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut bytes = EMPTY.to_vec();
        let mut model: Vec<Vec<u8>> = Vec::new();
        for _ in 0..100 {
            let new: Vec<_> = (0..rng.usize(..4)).map(|_| some_text(&mut rng)).collect();
            let mut pack = Pack::of(new.iter().map(Vec::as_slice));
            let at = rng.usize(..=model.len());
            match rng.u32(..4) {
                0 => {
                    append(&mut bytes, &mut pack);
                    model.extend(new);
                }
                1 => {
                    prepend(&mut bytes, &mut pack);
                    model.splice(0..0, new);
                }
                _ => {
                    let count = rng.usize(..=(model.len() - at).min(5));
                    let list = Listpack::new(&bytes);
                    let range = list.offset(at).unwrap()..list.offset(at + count).unwrap();
                    splice(&mut bytes, range, count, &mut pack);
                    model.splice(at..at + count, new);
                }
            }
            assert_eq!(validate(&bytes), Ok(model.len()), "seed {seed}");
            let list = Listpack::new(&bytes);
            assert_eq!(list.len(), model.len());
            assert_eq!(list.is_empty(), model.is_empty());
            let all: Vec<_> = list.items().map(text_of).collect();
            assert_eq!(all, model, "seed {seed}");
            assert!(
                list.items()
                    .rev()
                    .map(text_of)
                    .eq(model.iter().rev().cloned())
            );
            let needle = some_text(&mut rng);
            for step in [1, 2, 3] {
                let want = (0..model.len()).step_by(step).find(|&i| model[i] == needle);
                let got = list.find(Needle::new(&needle), step);
                assert_eq!(got.map(|(index, _)| index), want);
            }
        }
    }
}

#[test]
fn more_than_the_count_can_say_are_counted() {
    let count = usize::from(COUNT_UNKNOWN);
    let texts: Vec<Vec<u8>> = (0..count + 1).map(|i| i.to_string().into()).collect();
    let mut bytes = build(&texts);
    assert_eq!(bytes[..START], [0xff, 0xff]);
    assert_eq!(validate(&bytes), Ok(count + 1));
    assert_eq!(Listpack::new(&bytes).len(), count + 1);
    let start = Listpack::new(&bytes).offset(count - 1).unwrap();
    assert_eq!(Listpack::new(&bytes).offset(count + 2), None);
    let end = bytes.len();
    remove(&mut bytes, start..end, 2);
    assert_eq!(bytes[..START], [0xfe, 0xff]);
    assert_eq!(validate(&bytes), Ok(count - 1));
}

/// Damaged bytes are refused, or else can be read to their end both ways.
#[test]
fn damaged_bytes_are_refused_or_readable() {
    let mut refused = 0;
    for seed in 0..20_000 {
        let mut rng = Rng::with_seed(seed);
        let texts: Vec<_> = (0..rng.usize(..6)).map(|_| some_text(&mut rng)).collect();
        let mut bytes = build(&texts);
        for _ in 0..rng.usize(1..4) {
            if bytes.is_empty() {
                break;
            }
            let at = rng.usize(..bytes.len());
            match rng.u32(..4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, rng.u8(..)),
                2 => bytes[at] ^= 1 << rng.u32(..8),
                _ => bytes[at] = rng.u8(..),
            }
        }
        let Ok(count) = validate(&bytes) else {
            refused += 1;
            continue;
        };
        let list = Listpack::new(&bytes);
        let forwards: Vec<_> = list.items().collect();
        let mut backwards: Vec<_> = list.items().rev().collect();
        backwards.reverse();
        assert_eq!(forwards.len(), count, "seed {seed}");
        assert_eq!(forwards, backwards, "seed {seed}");
    }
    assert!(refused > 10_000, "{refused}");
}

#[test]
fn no_listpack_is_taken_for_one() {
    let cases: &[&[u8]] = &[
        &[],
        &[0],
        &[1, 0],
        &[0, 0, 0x01, 1],
        &[1, 0, 0x01, 2],
        &[1, 0, 0x01],
        &[1, 0, 0xff],
        &[1, 0, 0xf5, 1],
        &[1, 0, 0x85, b'a', 6],
        &[1, 0, 0xf0, 0xff, 0xff, 0xff, 0xff, 5],
        &[0xff, 0xff, 0x01, 1],
    ];
    for bytes in cases {
        assert_eq!(validate(bytes), Err(Malformed), "{bytes:?}");
    }
}
