//! Readers of files: manifests, logs, snapshots, and the payloads of DUMP.
//!
//! What a checksum covers would hardly ever be read with random changes in it. So inputs stand
//! without one, and get theirs before they are read: see [`sealed_log`] and [`sealed_dump`].

use std::mem::discriminant;
use std::path::Path;

use ruddle::command::digest::Digest;
use ruddle::ds::table::Seed;
use ruddle::keyspace::{Deadline, Keyspace};
use ruddle::persist::dump::{self, About, AnyReader, Format, Item, Progress};
use ruddle::persist::flush::Header;
use ruddle::persist::log_reader::{LogReader, Next, Stop};
use ruddle::persist::manifest::Manifest;
use ruddle::persist::sim_disk::SimDisk;
use ruddle::persist::storage::{File, Mode, Storage};
use ruddle::rdb::CHECKSUM;
use ruddle::rdb::decode::{Context, Loaded};
use ruddle::sys::clock::UnixMs;
use ruddle::value::{Home, Thresholds};

use crate::native::decoded;
use crate::targets::{Target, about, signature};

pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "manifest",
        check: check_manifest,
        seeds: &[
            b"file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n",
            b"file \"a b\" seq 2 type h\nfile a.3.incr.aof seq 3 type i\n",
            b"# x\nx y file a seq 1 type b\n",
        ],
        words: &[
            b"file ", b" seq ", b" type ", b"b", b"h", b"i", b"\n", b"#", b"\"", b"\\x41", b"/",
            b"..", b".incr.aof", b"\nfile b seq 2 type i\n", b"\0",
        ],
    },
    Target {
        name: "log",
        check: check_log,
        seeds: &[
            b"<F>*1\r\n$4\r\nPING\r\n<F>#TS:1\r\n*2\r\n$1\r\na\r\n$0\r\n\r\n",
            b"*1\r\n$4\r\nPING\r\n#TS:12\r\n*1\r\n$1\r\nx\r\n",
            b"*1\r\n$1\r\nx\r\n<F><F>*1\r\n$1\r\ny\r\n",
        ],
        words: &[
            b"\r\n", b"*1\r\n", b"*0\r\n", b"*-1\r\n", b"$1\r\nx\r\n", b"$0\r\n\r\n", b"#", b"#\n",
            b"#TS:9\r\n", b"#F:", FLUSH, b"#F:0,0,0000000000000000\r\n", b"*1\r\n$1\r\nx\r\n",
            b"+OK\r\n", b"$-1\r\n", b"\0",
        ],
    },
    Target {
        name: "dump",
        check: check_dump,
        seeds: &[
            b"REDIS0010\xfa\x01a\x01b\xfe\x00\xfb\x02\x01\x00\x01k\x03abc\xfc\0\0\0\0\xff\x03\0\0\x00\x01l\xc0\x7b\xff",
            b"REDIS0011\xfe\x00\x04\x01h\x01\x01f\x01v\x05\x01z\x01\x01m\0\0\0\0\0\0\xf0\x3f\xff",
            b"REDIS0011\xfe\x00\x10\x01h\x0f\x0f\0\0\0\x02\0\x81a\x02\x81b\x02\xff\x0b\x01i\x0c\x02\0\0\0\x02\0\0\0\x01\0\x02\0\xff",
            b"REDIS0011\xfe\x00\x12\x01l\x02\x02\x0b\x0b\0\0\0\x01\0\x81a\x02\xff\x01\x03xyz\x11\x01z\x0e\x0e\0\0\0\x02\0\x81a\x02\x01\x01\xff\xff",
            b"VALKEY080\xfe\x00\x16\x01h\x01\x01f\x01v\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"REDIS0010\xfe\x00\x0f\x01s\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\x1d\x1d\0\0\0\x0a\0\x01\x01\0\x01\x01\x01\x81f\x02\0\x01\x02\x01\0\x01\0\x01\x81v\x02\x04\x01\xff\x01\x01\x01\0\xff",
        ],
        words: &[
            b"\xfe\x01", b"\xfb\x01\x00", b"\xfc\0\0\0\0\0\0\0\x7f", b"\xfd\0\0\0\x7f", b"\xf8\x01",
            b"\xf9\x05", b"\xf5\x01x", b"\xf7\x01", b"\xff", b"\xc0\x01", b"\xc1\x01\x01",
            b"\xc2\x01\0\0\0", b"\xc3\x04\x05\x01aa\x20\x00", b"\x80\0\0\0\x01", b"\x81\0\0\0\0\0\0\0\x01",
            b"\x40\x01", b"\x00\x01q\x01r", b"\x01\x01q\x01r", b"\x02\x01q\x01r", b"\x03\x01q\x01r\x011",
            b"\x0e\x01q\x01", b"\x13\x01q", b"\x14\x01q\x0a\x0a\0\0\0\x01\0\x81a\x02\xff", b"\x15\x01q",
            b"\x18\x01q", b"\x19\x01q",
        ],
    },
];

/// Stands in a log between what is by itself and what is a flush, by turns.
const FLUSH: &[u8] = b"<F>";

pub(crate) fn file(bytes: &[u8]) -> Box<dyn File> {
    let disk = SimDisk::new(1);
    disk.put(Path::new("/file"), bytes);
    disk.open(Path::new("/file"), Mode::Read)
        .expect("the file was just put there")
}

/// What is read is written, and read again as the same.
fn check_manifest(input: &[u8]) -> u64 {
    let manifest = match Manifest::parse(input) {
        Ok(manifest) => manifest,
        Err(error) => return signature(error.what),
    };
    let again = Manifest::parse(&manifest.to_bytes()).expect("what was written is read");
    assert_eq!(again, manifest);
    signature((
        manifest.base.is_some(),
        about(manifest.incrementals.len()),
        about(manifest.history.len()),
    ))
}

/// The log that an input stands for: every second piece is a flush.
fn sealed_log(input: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    let (mut rest, mut in_flush) = (input, false);
    loop {
        let end = rest.windows(FLUSH.len()).position(|some| some == FLUSH);
        let piece = &rest[..end.unwrap_or(rest.len())];
        if in_flush {
            let header = Header::of(piece, log.len() as u64);
            log.extend_from_slice(header.line().as_bytes());
        }
        log.extend_from_slice(piece);
        match end {
            None => return log,
            Some(end) => rest = &rest[end + FLUSH.len()..],
        }
        in_flush = !in_flush;
    }
}

/// What a log says, up to what is wrong, and whether that is within a flush.
#[derive(Default)]
struct LogRead {
    commands: Vec<Vec<Vec<u8>>>,
    times: Vec<i64>,
    stop: Option<Stop>,
    in_flush: bool,
}

fn read_log(bytes: &[u8]) -> LogRead {
    let mut read = LogRead::default();
    let mut reader = LogReader::new(file(bytes), 0).expect("its length is known");
    loop {
        match reader.next() {
            Ok(Next::Command(request)) => {
                let words = request.args().map(|arg| arg.bytes().to_vec());
                read.commands.push(words.collect());
            }
            Ok(Next::Time(seconds)) => read.times.push(seconds),
            Ok(Next::End) => {
                assert_eq!(reader.at(), bytes.len() as u64);
                return read;
            }
            Err(stop) => {
                read.in_flush = reader.flush_at().is_some();
                read.stop = Some(stop);
                return read;
            }
        }
    }
}

/// What stands before what is wrong is right, also after a cut there.
fn check_log(input: &[u8]) -> u64 {
    let log = sealed_log(input);
    let read = read_log(&log);
    let Some(stop) = &read.stop else {
        return signature((about(read.commands.len()), about(read.times.len())));
    };
    let good = usize::try_from(stop.good_bytes).expect("within the file");
    if !read.in_flush {
        let again = read_log(&log[..good]);
        assert!(again.stop.is_none(), "{:?}", again.stop);
        assert_eq!(again.commands, read.commands);
        assert_eq!(again.times, read.times);
    }
    let what = (discriminant(&stop.what), stop.torn, read.in_flush);
    signature((about(read.commands.len()), what))
}

/// A dump with its checksum, as the version asks for it.
fn sealed_dump(input: &[u8]) -> Vec<u8> {
    [input, &CHECKSUM.checksum(input).to_le_bytes()].concat()
}

/// Databases of which dumps may tell.
pub(crate) const DATABASES: usize = 4;

/// Before all deadlines.
pub(crate) const NOW: UnixMs = UnixMs(i64::MIN);

/// So low that both forms of a collection come up.
pub(crate) fn thresholds() -> Thresholds {
    Thresholds {
        hash_listpack_entries: 2,
        set_listpack_entries: 2,
        zset_listpack_entries: 2,
        ..Thresholds::default()
    }
}

/// What a snapshot holds, or what is wrong with it.
pub(crate) fn load(bytes: &[u8]) -> Result<Keyspace, String> {
    let context = Context {
        thresholds: &thresholds(),
        seed: Seed([1, 2]),
    };
    let mut space = Keyspace::new(DATABASES, [1, 2]);
    let reader = AnyReader::open(file(bytes), true).map_err(|damage| damage.what.to_string())?;
    let mut reader = reader.ok_or("no snapshot")?;
    while let Some(item) = reader
        .next(context)
        .map_err(|damage| damage.what.to_string())?
    {
        let Item::Key(record) = item else {
            continue;
        };
        if record.db >= DATABASES {
            return Err("database".into());
        }
        let deadline = record.deadline.map_or(Deadline::Never, Deadline::At);
        let mut view = space.view(record.db, NOW);
        match record.value {
            Loaded::String(text) => view.set(&record.key, text.stored(), deadline),
            Loaded::Collection(draft) => {
                assert_ne!(draft.encoding(), "");
                assert!(!matches!(draft.value(), ruddle::value::Value::String(_)));
                draft.give(|value| view.put_value(&record.key, value, deadline));
            }
            Loaded::Empty => {}
        }
    }
    Ok(space)
}

fn digest(space: &mut Keyspace) -> String {
    Digest::of_data_set(&mut space.view(0, NOW)).hex()
}

fn written(space: &mut Keyspace, format: Format) -> Vec<u8> {
    let disk = SimDisk::new(1);
    let path = Path::new("/dump");
    let mut out = disk.open(path, Mode::Create).expect("a new file");
    let frozen = space.freeze().expect("no other snapshot");
    let about_it = About {
        format,
        compress: true,
        checksum: true,
        ..About::default()
    };
    dump::write(&frozen, &mut *out, &about_it, &Progress::default()).expect("it is written");
    space.finish(frozen);
    disk.contents(path).expect("it was written")
}

/// A dump that is taken can be written, and holds the same when it is read again.
fn check_dump(input: &[u8]) -> u64 {
    let bytes = sealed_dump(input);
    let decoded = decoded(&bytes, 1).map(|mut space| digest(&mut space));
    let mut space = match load(&bytes) {
        Ok(space) => space,
        // Without what it quotes.
        Err(why) => {
            assert_eq!(decoded, None, "{why}");
            let end = why.find(|c: char| !c.is_alphabetic() && c != ' ');
            return signature(&why[..end.unwrap_or(why.len())]);
        }
    };
    let wanted = digest(&mut space);
    assert_eq!(decoded.as_ref(), Some(&wanted));
    check_written(&mut space, &wanted);
    signature(summary(&mut space))
}

/// What is written in either format is read again as the same.
pub(crate) fn check_written(space: &mut Keyspace, wanted: &str) {
    for format in [Format::Native, Format::Rdb] {
        let bytes = written(space, format);
        let mut again = load(&bytes).expect("what was written is read");
        assert_eq!(digest(&mut again), wanted, "{format:?}");
    }
}

/// What there is, in short.
pub(crate) fn summary(space: &mut Keyspace) -> (u8, usize, Option<&'static str>) {
    let keys: usize = (0..DATABASES).map(|db| space.table_stats(db).keys).sum();
    let kinds = kinds_of(space);
    (about(keys), kinds.len(), kinds.first().copied())
}

fn kinds_of(space: &mut Keyspace) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for db in 0..DATABASES {
        let mut view = space.view(db, NOW);
        view.for_each(|entry| kinds.push(entry.value().kind().name()));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
