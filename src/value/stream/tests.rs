//! The stream against a `BTreeMap`, and its nodes against what Redis's are known to be.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;

type Fields = Vec<(Vec<u8>, Vec<u8>)>;
type Model = BTreeMap<StreamId, Fields>;

const ANY: NodeLimits = NodeLimits {
    bytes: 4096,
    entries: 100,
};

fn append(stream: &mut Stream, id: StreamId, fields: &Fields, limits: NodeLimits) {
    let pairs = fields.iter().map(|(field, value)| (&field[..], &value[..]));
    stream.append(id, pairs, limits);
}

fn fields_of(entry: &Entry<'_>) -> Fields {
    let words: Vec<Vec<u8>> = entry.words().map(Item::to_vec).collect();
    assert_eq!(words.len(), 2 * entry.len());
    words
        .chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

fn check(stream: &Stream, model: &Model, rng: &mut Rng, seed: u64) {
    assert_eq!(stream.len(), model.len(), "seed {seed}");
    assert_eq!(stream.is_empty(), model.is_empty());
    let first = model.first_key_value().map(|(id, _)| *id);
    assert_eq!(stream.first().map(|entry| entry.id), first);
    assert_eq!(
        stream.marks().first_id,
        first.unwrap_or_default(),
        "seed {seed}"
    );
    let last = model.last_key_value().map(|(id, _)| *id);
    assert_eq!(stream.last().map(|entry| entry.id), last);
    let (a, b) = (some_id(rng), some_id(rng));
    for (start, end) in [(StreamId::MIN, StreamId::MAX), (a.min(b), a.max(b))] {
        let wanted = || model.range(start..=end);
        let all: Vec<_> = stream.range(start, end).collect();
        assert!(
            all.iter()
                .map(|entry| entry.id)
                .eq(wanted().map(|(id, _)| *id))
        );
        assert!(
            all.iter()
                .map(fields_of)
                .eq(wanted().map(|(_, fields)| fields.clone()))
        );
        let back = stream.range_back(start, end).map(|entry| entry.id);
        assert!(back.eq(wanted().rev().map(|(id, _)| *id)), "seed {seed}");
    }
    let got = stream.get(a).map(|entry| fields_of(&entry));
    assert_eq!(got.as_ref(), model.get(&a), "seed {seed}");
}

fn some_id(rng: &mut Rng) -> StreamId {
    StreamId::new(rng.u64(..400), rng.u64(..3))
}

fn some_fields(rng: &mut Rng) -> Fields {
    let text = |rng: &mut Rng| match rng.u32(..6) {
        0 => rng.i64(..).to_string().into_bytes(),
        1 => vec![b'x'; rng.usize(..300)],
        _ => rng.u8(..50).to_string().into_bytes(),
    };
    if rng.bool() {
        let value = text(rng);
        return vec![(b"sensor".to_vec(), value), (b"7".to_vec(), b"".to_vec())];
    }
    (0..rng.usize(1..5))
        .map(|_| (text(rng), text(rng)))
        .collect()
}

/// Random changes, with clones that must stay as they were.
#[test]
fn a_stream_is_an_ordered_map() {
    for seed in 0..150 {
        let mut rng = Rng::with_seed(seed);
        let limits = NodeLimits {
            bytes: [0, 100, 500, 4096][rng.usize(..4)],
            entries: [0, 1, 3, 100][rng.usize(..4)],
        };
        let mut stream = Stream::new();
        let mut model = Model::new();
        let mut frozen = Vec::new();
        for step in 0..400 {
            match rng.u32(..20) {
                0..12 => {
                    let last = stream.marks().last_id;
                    let id = StreamId::new(last.ms + rng.u64(..2), last.seq + 1);
                    let fields = some_fields(&mut rng);
                    append(&mut stream, id, &fields, limits);
                    model.insert(id, fields);
                }
                12..16 => {
                    let known = model.keys().nth(rng.usize(..model.len().max(1))).copied();
                    let id = known.unwrap_or_else(|| some_id(&mut rng));
                    assert_eq!(stream.delete(id), model.remove(&id).is_some());
                    assert!(!stream.delete(id));
                }
                16 => trim_exactly(&mut stream, &mut model, &mut rng),
                17 => trim_nodes(&mut stream, &mut model, &mut rng),
                18 if step % 10 == 0 => frozen.push((stream.clone(), model.clone())),
                _ => check(&stream, &model, &mut rng, seed),
            }
        }
        frozen.push((stream, model));
        for (stream, model) in frozen {
            check(&stream, &model, &mut rng, seed);
        }
    }
}

fn trim_exactly(stream: &mut Stream, model: &mut Model, rng: &mut Rng) {
    let before = model.len();
    let trim = if rng.bool() {
        let max = rng.usize(..60);
        while model.len() > max {
            model.pop_first();
        }
        Trim::MaxLen(max as u64)
    } else {
        let known = model.keys().nth(rng.usize(..model.len().max(1)));
        let min = known.copied().unwrap_or_else(|| some_id(rng));
        *model = model.split_off(&min);
        Trim::MinId(min)
    };
    assert_eq!(stream.trim(trim, None).count, before - model.len());
}

/// Only whole nodes go, never more than an exact trim takes, and no node that could go stays.
fn trim_nodes(stream: &mut Stream, model: &mut Model, rng: &mut Rng) {
    let limit = [usize::MAX, 20][rng.usize(..2)];
    let max = rng.usize(..60);
    let nodes = stream.node_count();
    let trimmed = stream.trim(Trim::MaxLen(max as u64), Some(limit));
    assert!(trimmed.count <= model.len().saturating_sub(max).min(limit));
    assert_eq!(trimmed.count > 0, stream.node_count() < nodes);
    for _ in 0..trimmed.count {
        model.pop_first();
    }
}

/// Nodes end where those of redis-server 7.0.15 end: `XADD s 1-n f <13 x>`, `XINFO STREAM s`.
#[test]
fn nodes_are_as_large_as_those_of_redis() {
    let cases = [
        (100, 4096, 1000, 10),
        (0, 4096, 1000, 6),
        (100, 128, 1000, 200),
        (0, 0, 1000, 1),
        (7, 0, 1000, 143),
    ];
    for (entries, bytes, count, nodes) in cases {
        let mut stream = Stream::new();
        let fields = vec![(b"f".to_vec(), vec![b'x'; 13])];
        for seq in 1..=count {
            append(
                &mut stream,
                StreamId::new(1, seq),
                &fields,
                NodeLimits { bytes, entries },
            );
        }
        assert_eq!(
            stream.node_count(),
            nodes,
            "{entries} entries, {bytes} bytes"
        );
    }
}

#[test]
fn ids_to_be_rise() {
    let mut stream = Stream::new();
    let id = StreamId::new;
    let next = |stream: &Stream, wish| stream.next_id(wish, 1000);
    assert_eq!(next(&stream, NewId::Now), Ok(id(1000, 0)));
    assert_eq!(next(&stream, NewId::Within(0)), Ok(id(0, 1)));
    assert_eq!(
        next(&stream, NewId::Exactly(id(0, 0))),
        Err(AppendError::NotAbove)
    );
    append(&mut stream, id(1000, u64::MAX), &vec![], ANY);
    assert_eq!(next(&stream, NewId::Now), Ok(id(1001, 0)));
    assert_eq!(
        next(&stream, NewId::Within(1000)),
        Err(AppendError::NotAbove)
    );
    assert_eq!(next(&stream, NewId::Within(1001)), Ok(id(1001, 0)));
    assert_eq!(
        next(&stream, NewId::Exactly(id(1000, 5))),
        Err(AppendError::NotAbove)
    );
    append(&mut stream, StreamId::MAX, &vec![], ANY);
    assert_eq!(next(&stream, NewId::Now), Err(AppendError::Exhausted));
}
