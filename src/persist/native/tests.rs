//! All types there and back, through both formats; files damaged at every byte; values larger than
//! a block; what can be salvaged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::*;
use crate::command::testing::Bench;
use crate::config::VersionCheck;
use crate::keyspace::{Deadline, Keyspace};
use crate::persist::dump::{self, About, AnyReader, Format, Item, Progress};
use crate::persist::load::{self, Batch, NewValue};
use crate::persist::sim_disk::SimDisk;
use crate::persist::storage::{File, Mode, Storage};
use crate::rdb::damage::Damage;
use crate::rdb::decode::{Context, Loaded};
use crate::rdb::output::Output;
use crate::rdb::{CHECKSUM, encode};
use crate::sys::clock::UnixMs;
use crate::value::string::NewStr;
use crate::value::{Str, Thresholds, Value};

const SEED: [u64; 2] = [1, 2];

/// A file of these bytes.
fn file_of(bytes: &[u8]) -> Box<dyn File> {
    let disk = SimDisk::new(1);
    let mut file = disk.open(Path::new("/f"), Mode::Create).unwrap();
    file.append_all(bytes).unwrap();
    file
}

fn bytes_of(file: &dyn File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_full_at(&mut bytes, 0).unwrap();
    bytes
}

fn about(format: Format) -> About {
    About {
        format,
        id: 0x1234_5678,
        aux: vec![(b"redis-ver".to_vec(), b"7.2".to_vec())],
        functions: vec![b"#!lua name=mylib".to_vec()],
        compress: true,
        checksum: true,
        paced: true,
        clocks_at: None,
        noted_second: None,
    }
}

/// The file of what is in `space`.
fn write(space: &mut Keyspace, about: &About) -> Vec<u8> {
    let mut file = file_of(b"");
    let frozen = space.freeze().unwrap();
    let progress = Progress::default();
    let written = dump::write(&frozen, &mut *file, about, &progress).unwrap();
    let keys: usize = frozen.sizes().map(|(keys, _)| keys).sum();
    assert_eq!(progress.keys_done.load(Ordering::Relaxed), keys as u64);
    space.finish(frozen);
    let bytes = bytes_of(&*file);
    assert_eq!(bytes.len() as u64, written);
    bytes
}

/// What a file holds.
struct Read {
    space: Keyspace,
    aux: Vec<(Vec<u8>, Vec<u8>)>,
    functions: Vec<Vec<u8>>,
}

fn read(bytes: &[u8]) -> Result<Option<Read>, Damage> {
    let Some(mut reader) = AnyReader::open(file_of(bytes), true)? else {
        return Ok(None);
    };
    let mut read = Read {
        space: Keyspace::new(16, SEED),
        aux: Vec::new(),
        functions: Vec::new(),
    };
    let thresholds = Thresholds::default();
    let context = Context {
        thresholds: &thresholds,
        seed: read.space.view(0, UnixMs(0)).seed(),
    };
    while let Some(item) = reader.next(context)? {
        match item {
            Item::Aux(name, text) => read.aux.push((name, text)),
            Item::Function(source) => read.functions.push(source),
            Item::Key(record) => put(&mut read.space, record),
        }
    }
    Ok(Some(read))
}

fn put(space: &mut Keyspace, record: dump::Record) {
    let deadline = record.deadline.map_or(Deadline::Never, Deadline::At);
    let mut db = space.view(record.db, UnixMs(0));
    match record.value {
        Loaded::String(text) => db.set(&record.key, text.stored(), deadline),
        Loaded::Collection(draft) => draft.give(|value| db.put_value(&record.key, value, deadline)),
        Loaded::Empty => panic!("a collection without elements"),
    }
}

/// The same by as many decoders as `of`, a batch from each in turn, as a server that loads reads.
fn load(bytes: &[u8], of: usize) -> Result<Option<Read>, Damage> {
    let mut read = Read {
        space: Keyspace::new(16, SEED),
        aux: Vec::new(),
        functions: Vec::new(),
    };
    let mut decoders = Vec::new();
    for index in 0..of {
        let how = load::How {
            until: None,
            thresholds: Thresholds::default(),
            seed: read.space.view(0, UnixMs(0)).seed(),
            check: true,
            versions: VersionCheck::Strict,
            share: load::Share { index, of },
        };
        let Some(decoder) = load::open(file_of(bytes), how)? else {
            return Ok(None);
        };
        decoders.push((decoder, true));
    }
    let mut at = 0;
    while decoders.iter().any(|(_, more)| *more) {
        for (decoder, more) in decoders.iter_mut().filter(|(_, more)| *more) {
            let mut batch = Batch::default();
            *more = decoder.fill(&mut batch)?;
            assert!(batch.read_bytes > at || !*more);
            at = batch.read_bytes;
            for item in batch.items {
                match item {
                    load::Item::Key(record) => take(&mut read.space, &batch.bytes, record),
                    load::Item::Aux(name, text) => read.aux.push((name, text)),
                    load::Item::Function(source) => read.functions.push(source),
                    load::Item::Size { .. } => {}
                }
            }
        }
    }
    assert_eq!(at, bytes.len() as u64);
    Ok(Some(read))
}

fn take(space: &mut Keyspace, bytes: &[u8], record: load::Record) {
    let mut db = space.view(record.db, UnixMs(0));
    let (key, deadline) = (&bytes[record.key], record.deadline);
    let is_new = match record.value {
        NewValue::Text(text) => db.add(key, NewStr::from(&bytes[text]), deadline),
        NewValue::Rope(rope) => db.add(key, NewStr::Rope(rope), deadline),
        NewValue::Collection(draft) => draft.give(|value| db.add_value(key, value, deadline)),
        NewValue::Empty => panic!("a collection without elements"),
    };
    assert!(is_new);
}

/// A value as far as anybody can tell: its deadline, its encoding, and all it holds.
#[derive(Debug, PartialEq, Eq)]
struct Content(Option<UnixMs>, &'static str, u64);

type Contents = BTreeMap<(usize, Vec<u8>), Content>;

fn contents(space: &mut Keyspace) -> Contents {
    let frozen = space.freeze().unwrap();
    let contents = frozen.iter().map(|found| {
        let entry = found.entry;
        let content = Content(entry.deadline(), entry.encoding(), sum(entry.value()));
        ((found.db, entry.key().to_vec()), content)
    });
    let contents = contents.collect();
    space.finish(frozen);
    contents
}

/// A checksum of all that is in a value. Where there is no order, that does not matter.
fn sum(value: Value<'_>) -> u64 {
    let mut sum = 0u64;
    let mut add = |what: &dyn std::fmt::Debug| {
        let text = format!("{what:?}");
        sum = sum.wrapping_add(CHECKSUM.checksum(text.as_bytes()));
    };
    match value {
        Value::Hash(hash) => hash.for_each(UnixMs(i64::MIN), |pair| {
            let text = |text: Str<'_>| text.to_cow().into_owned();
            add(&(text(pair.field), text(pair.value), pair.deadline));
        }),
        Value::List(list) => {
            for (index, element) in list.elements().enumerate() {
                add(&(index, element.text(&mut itoa::Buffer::new())));
            }
        }
        Value::Set(set) => set.for_each(|member| add(&member.to_vec())),
        other => {
            let mut out = Output::new(false);
            out.newest = true;
            encode::value(other, &mut out);
            return CHECKSUM.checksum(&out.bytes);
        }
    }
    sum
}

fn check_same(read: &mut Keyspace, wanted: &Contents) {
    let read = contents(read);
    for (key, content) in wanted {
        let (db, name) = (key.0, key.1[..key.1.len().min(30)].escape_ascii());
        assert_eq!(read.get(key), Some(content), "database {db}, {name}");
    }
    assert_eq!(read.len(), wanted.len());
}

fn run(bench: &mut Bench, line: &str) {
    let reply = bench.run(line);
    assert!(!reply.starts_with('-'), "{line}: {reply}");
}

/// Adds `count` elements, some dozens at a time.
fn add(bench: &mut Bench, line: &str, count: usize, each: impl Fn(usize) -> String) {
    for begin in (0..count).step_by(64) {
        let elements: Vec<String> = (begin..count.min(begin + 64)).map(&each).collect();
        run(bench, &format!("{line} {}", elements.join(" ")));
    }
}

/// A keyspace with values of all types and forms in two databases.
fn zoo(bench: &mut Bench) {
    for line in [
        "set int 12345",
        "set big 9223372036854775807",
        "set text some words",
        "set due later px 100000",
        "sadd ints 1 2 300",
        "sadd wide 1 9223372036854775807",
        "hset due-fields a 1 b 2 c 3",
        "hpexpire due-fields 50000 fields 1 b",
        "zadd scores 1 a -2.5 b inf c -0 d",
        "xadd stream 5-1 f v g w",
        "xadd stream 5-2 f v2 g w2",
        "xadd stream 6-0 other 1",
        "xdel stream 5-2",
        "xgroup create stream group 0",
        "xgroup createconsumer stream group idle",
        "xreadgroup group group active count 1 streams stream >",
        "xgroup create stream second $",
        "xadd empty 7-7 f v",
        "xdel empty 7-7",
    ] {
        run(bench, &line.replace("some words", "some-words"));
    }
    run(bench, &format!("set flat {}", "f".repeat(5000)));
    run(bench, &format!("set rope {}", "r".repeat(300_000)));
    for (name, count) in [("small", 5), ("large", 2000)] {
        add(bench, &format!("rpush list-{name}"), count, |i| {
            format!("e{i}")
        });
        add(bench, &format!("sadd set-{name}"), count, |i| {
            format!("m{i}")
        });
        add(bench, &format!("hset hash-{name}"), count, |i| {
            format!("f{i} v{i}")
        });
        add(bench, &format!("zadd zset-{name}"), count, |i| {
            format!("{}.5 z{i}", i % 97)
        });
        add(bench, &format!("hset timed-{name}"), count, |i| {
            format!("f{i} v{i}")
        });
        run(
            bench,
            &format!("hpexpireat timed-{name} 77777777 fields 2 f1 f3"),
        );
    }
    bench.db = 9;
    add(bench, "mset", 3000, |i| format!("key{i} value{i}"));
    bench.db = 0;
}

#[test]
fn everything_comes_back_from_either_format() {
    let mut bench = Bench::new();
    zoo(&mut bench);
    for format in [Format::Native, Format::Rdb] {
        for compress in [true, false] {
            let about = About {
                compress,
                ..about(format)
            };
            // What version 10 has no form for.
            if format == Format::Rdb {
                run(&mut bench, "xgroup delconsumer stream group idle");
            }
            let bytes = write(&mut bench.space, &about);
            let mut read = read(&bytes).unwrap().unwrap();
            assert_eq!(read.aux, about.aux);
            assert_eq!(read.functions, about.functions);
            let wanted = contents(&mut bench.space);
            check_same(&mut read.space, &wanted);
            for of in 1..=if format == Format::Native { 3 } else { 1 } {
                let mut loaded = load(&bytes, of).unwrap().unwrap();
                assert_eq!(loaded.aux, about.aux);
                assert_eq!(loaded.functions, about.functions);
                check_same(&mut loaded.space, &wanted);
            }
        }
    }
}

#[test]
fn what_has_nothing_is_a_file_too() {
    let mut bench = Bench::new();
    for format in [Format::Native, Format::Rdb] {
        let nothing = About {
            format,
            ..About::default()
        };
        let bytes = write(&mut bench.space, &nothing);
        let mut read = read(&bytes).unwrap().unwrap();
        assert!(read.aux.is_empty() && read.space.view(0, UnixMs(0)).is_empty());
    }
    for bytes in [&b""[..], b"RUDDL", b"*1\r\n$4\r\nPING\r\n"] {
        assert!(read(bytes).unwrap().is_none());
    }
}

/// A small file with blocks of every kind but chains.
fn small_file() -> Vec<u8> {
    let mut bench = Bench::new();
    run(&mut bench, "set a 1");
    run(&mut bench, "rpush l x y z");
    run(&mut bench, "set due 2 px 5");
    bench.db = 1;
    run(&mut bench, &format!("set long {}", "ab".repeat(200)));
    write(&mut bench.space, &about(Format::Native))
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let bytes = small_file();
    for at in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff, 0x20] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            match read(&damaged) {
                Err(_) => {}
                // It is not taken for a snapshot at all.
                Ok(None) => assert!(at < 8, "byte {at}"),
                Ok(Some(_)) => panic!("byte {at} changed by {change:#x} was not found"),
            }
            assert!(!matches!(load(&damaged, 1), Ok(Some(_))), "byte {at}");
            // It comes to an end without a panic.
            let _ = survey(&*file_of(&damaged));
        }
    }
}

#[test]
fn a_file_that_is_cut_or_grown_is_refused() {
    let bytes = small_file();
    for len in 0..bytes.len() {
        match read(&bytes[..len]) {
            Err(_) => {}
            Ok(read) => assert!(read.is_none() && len < 8, "cut at {len}"),
        }
        let _ = survey(&*file_of(&bytes[..len]));
    }
    assert!(read(&[&bytes[..], b"x"].concat()).is_err());
    assert!(read(&[&bytes[..], &bytes[..]].concat()).is_err());
}

#[test]
fn damage_is_named_by_block_and_place() {
    let mut bytes = small_file();
    let snapshot = Snapshot::open(file_of(&bytes)).unwrap().unwrap();
    let at = snapshot.index().entries[1].at;
    bytes[usize::try_from(at).unwrap() + 50] ^= 1;
    let error = read(&bytes).err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("at byte {at}: block 1: its checksum does not hold")
    );
}

/// Values of which each takes several blocks.
fn giants(bench: &mut Bench) {
    let noise = |len: usize| -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        (0..len).map(|_| random.u8(..)).collect()
    };
    let text = noise(3_000_000);
    bench.run_args(&[b"set", b"string", &text]);
    bench.run_args(&[b"set", &noise(900_000), b"a long key"]);
    bench.run_args(&[b"rpush", b"big-elements", &text, b"x", &text]);
    add(bench, "hset hash", 30_000, |i| format!("field{i} value{i}"));
    add(bench, "sadd set", 40_000, |i| format!("member{i}"));
    add(bench, "zadd zset", 30_000, |i| format!("{i} member{i}"));
    add(bench, "rpush list", 60_000, |i| format!("element{i}"));
    for i in 1..3000 {
        run(bench, &format!("xadd stream {i}-0 f {}", "v".repeat(200)));
    }
    add(bench, "mset", 3000, |i| {
        format!("small{i} {}", "s".repeat(i % 300))
    });
}

#[test]
fn values_larger_than_a_block_are_chains() {
    let mut bench = Bench::new();
    giants(&mut bench);
    let wanted = contents(&mut bench.space);
    for format in [Format::Native, Format::Rdb] {
        let bytes = write(&mut bench.space, &about(format));
        check_same(&mut read(&bytes).unwrap().unwrap().space, &wanted);
        check_same(&mut load(&bytes, 1).unwrap().unwrap().space, &wanted);
    }
    let bytes = write(&mut bench.space, &about(Format::Native));
    let snapshot = Snapshot::open(file_of(&bytes)).unwrap().unwrap();
    let entries = &snapshot.index().entries;
    let firsts = |kind: Kind| entries.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!((firsts(Kind::LongFirst), firsts(Kind::LongLast)), (8, 8));
    assert!(firsts(Kind::LongMiddle) > 20 && firsts(Kind::Records) > 1);
    let most = entries.iter().map(|entry| entry.raw_bytes).max().unwrap();
    assert!(most < 400_000, "a block of {most} bytes");

    // A chain with a hole is lost as a whole, and nothing else is.
    let middle = entries
        .iter()
        .position(|entry| entry.kind == Kind::LongMiddle);
    let middle = middle.unwrap();
    let mut damaged = bytes.clone();
    damaged[usize::try_from(entries[middle].at).unwrap() + 1000] ^= 4;
    check_salvage(&damaged, snapshot.totals().keys, 1);
    // The same without an index.
    let cut = damaged.len() - 10;
    check_salvage(&damaged[..cut], snapshot.totals().keys, 1);
}

/// Salvages what is in `damaged`, which lost so many of its keys.
fn check_salvage(damaged: &[u8], keys: u64, lost: u64) {
    let mut out = file_of(b"");
    let salvaged = salvage(&*file_of(damaged), &mut *out, 99).unwrap();
    assert_eq!(salvaged.keys, keys - lost, "{:?}", salvaged.lost);
    assert!(!salvaged.lost.is_empty() || lost == 0);
    let mut read = read(&bytes_of(&*out)).unwrap().unwrap();
    let found: usize = (0..16).map(|db| read.space.view(db, UnixMs(0)).len()).sum();
    assert_eq!(found as u64, keys - lost);
    assert_eq!(read.functions.len(), 1);
}

#[test]
fn what_is_good_is_salvaged() {
    let mut bench = Bench::new();
    for begin in (0..6000).step_by(500) {
        let value = "v".repeat(200);
        let pairs: Vec<String> = (begin..begin + 500)
            .map(|i| format!("key{i} {i}{value}"))
            .collect();
        run(&mut bench, &format!("mset {}", pairs.join(" ")));
    }
    let bytes = write(&mut bench.space, &about(Format::Native));
    let snapshot = Snapshot::open(file_of(&bytes)).unwrap().unwrap();
    let keys = snapshot.totals().keys;
    let third = snapshot.index().entries[3];
    let at = usize::try_from(third.at).unwrap();
    check_salvage(&bytes, keys, 0);
    for offset in [0, 20, 100] {
        let mut damaged = bytes.clone();
        damaged[at + offset] ^= 0x10;
        check_salvage(&damaged, keys, third.keys.into());
        // Without an index, without a head, without both.
        let cut = damaged.len() - 10;
        check_salvage(&damaged[..cut], keys, third.keys.into());
        damaged[3] ^= 1;
        check_salvage(&damaged, keys, third.keys.into());
        check_salvage(&damaged[..cut], keys, third.keys.into());
    }
    assert!(survey(&*file_of(b"nothing of the kind")).is_err());
    assert!(survey(&*file_of(&bytes[..20])).is_err());
}

#[test]
fn a_file_within_a_value_is_not_taken_for_blocks() {
    let inner = small_file();
    let mut bench = Bench::new();
    bench.run_args(&[b"set", b"backup", &inner]);
    let about = About {
        id: 42,
        compress: false,
        ..about(Format::Native)
    };
    let bytes = write(&mut bench.space, &about);
    let snapshot = Snapshot::open(file_of(&bytes)).unwrap().unwrap();
    let at = usize::try_from(snapshot.index().entries[1].at).unwrap();
    let mut damaged = bytes[..bytes.len() - 1].to_vec();
    damaged[at + 41] ^= 1;
    check_salvage(&damaged, 1, 1);
}

#[test]
fn who_cancels_has_no_file() {
    let mut bench = Bench::new();
    zoo(&mut bench);
    let frozen = bench.space.freeze().unwrap();
    let progress = Progress::default();
    progress.cancelled.store(true, Ordering::Relaxed);
    for format in [Format::Native, Format::Rdb] {
        let mut file = file_of(b"");
        let error = dump::write(&frozen, &mut *file, &about(format), &progress).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Interrupted);
    }
    bench.space.finish(frozen);
}
