//! Logs made of whole, torn and damaged files: what is found, and what is left after a cut.

use std::path::{Path, PathBuf};

use super::log::{Found, Role, Settings, Target, Unusable, examine, find};
use super::mend::{self, Cut};
use super::report::log as report;
use super::salvage::{Unsaved, salvage};
use super::{Unwatched, Verdict, snapshot};
use crate::keyspace::{Deadline, Keyspace};
use crate::persist::dump::{self, About, Progress};
use crate::persist::flush::Header;
use crate::persist::sim_disk::SimDisk;
use crate::persist::storage::{Mode, Storage};
use crate::rdb::damage::Damage;
use crate::sys::clock::UnixMs;
use crate::value::string::NewStr;

const DIR: &str = "/log";
const MANIFEST: &str = "/log/a.manifest";

/// A snapshot of the key `k` without a checksum.
const BASE: &[u8] = b"REDIS0010\xfe\x00\x00\x01k\x01v\xff\0\0\0\0\0\0\0\0";

fn command(words: &[&str]) -> Vec<u8> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    text.into_bytes()
}

fn set(key: &str) -> Vec<u8> {
    command(&["SET", key, "1"])
}

/// A flush whose predecessors are on disk.
fn flush(at: usize, commands: &[u8]) -> Vec<u8> {
    let header = Header::of(commands, at as u64);
    [header.line().as_bytes(), commands].concat()
}

/// Flushes, one after the other.
fn flushes(all: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for commands in all {
        let flush = flush(bytes.len(), commands);
        bytes.extend(flush);
    }
    bytes
}

/// A disk with a log: the base, then these incrementals.
fn disk(incrementals: &[&[u8]]) -> SimDisk {
    let disk = SimDisk::new(1);
    disk.create_dir(Path::new(DIR)).unwrap();
    let mut manifest = String::from("file a.1.base.rdb seq 1 type b\n");
    put(&disk, "a.1.base.rdb", BASE);
    for (number, bytes) in (1..).zip(incrementals) {
        let name = format!("a.{number}.incr.aof");
        put(&disk, &name, bytes);
        manifest.push_str(&format!("file {name} seq {number} type i\n"));
    }
    put(&disk, "a.manifest", manifest.as_bytes());
    disk
}

fn put(disk: &SimDisk, name: &str, bytes: &[u8]) {
    disk.put(&Path::new(DIR).join(name), bytes);
}

fn read(disk: &SimDisk, path: &Path) -> Vec<u8> {
    let file = disk.open(path, Mode::Read).unwrap();
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_full_at(&mut bytes, 0).unwrap();
    bytes
}

fn check_at(disk: &SimDisk, path: &str, until: Option<i64>) -> Found {
    let settings = Settings {
        snapshot: snapshot::Settings {
            now: UnixMs(0),
            biggest: 3,
        },
        until,
        refusal: &|request| (request.bytes(0) == b"JSON.SET").then(|| "no such command".into()),
    };
    let target = find(disk, Path::new(path)).unwrap();
    examine(disk, target, &settings, &mut Unwatched).unwrap()
}

fn check(disk: &SimDisk) -> Found {
    check_at(disk, DIR, None)
}

/// What is wrong first: the verdict, the file's number, the byte, and where it could be cut.
fn fault(found: &Found) -> (Verdict, usize, u64, Option<u64>) {
    let index = found.files.iter().position(|file| file.fault.is_some());
    let index = index.expect("a fault");
    let fault = found.files[index].fault.as_ref().unwrap();
    (fault.verdict, index, fault.at, fault.good_bytes)
}

/// Cuts, and checks that nothing is wrong any more; what the file holds now, and the copy.
fn cut(disk: &SimDisk, cut: &Cut) -> (Vec<u8>, Vec<u8>) {
    let copy = mend::apply(disk, cut, 77).unwrap();
    assert_eq!(check(disk).verdict(), Verdict::Fine);
    // The name is taken now.
    assert!(mend::apply(disk, cut, 77).is_err());
    (read(disk, &cut.path), read(disk, &copy))
}

#[test]
fn a_log_that_is_fine_is_counted() {
    let transaction = [command(&["MULTI"]), set("b"), set("c"), command(&["exec"])].concat();
    let times = [b"#TS:100\r\n".to_vec(), set("d")].concat();
    let disk = disk(&[
        &flushes(&[b"", &set("a"), &transaction]),
        &[flushes(&[&times]), b"#TS:90\r\n".to_vec(), set("e")].concat(),
    ]);
    put(&disk, "old", b"");
    let found = check(&disk);
    assert_eq!(found.verdict(), Verdict::Fine);
    let totals = report::totals(&found);
    assert_eq!((totals.files, totals.keys, totals.commands), (4, 1, 7));
    assert_eq!((totals.transactions, totals.flushes), (1, 4));
    assert_eq!(found.files[3].times, Some((100, 90)));
    assert_eq!(found.strangers, [PathBuf::from("/log/old")]);
    assert_eq!(mend::to_good(&found), Ok(None));
    let text = report::text(&found);
    assert!(text.ends_with("Result: fine\n"), "{text}");
    let json = report::json(&found, None);
    assert!(json.contains(r#""result":"fine""#), "{json}");
    // Its parts can be checked by themselves.
    let alone = check_at(&disk, "/log/a.1.incr.aof", None);
    assert_eq!(alone.files[0].role, Role::Single);
    assert_eq!((alone.verdict(), alone.last), (Verdict::Fine, None));
    assert_eq!(check_at(&disk, MANIFEST, None).files.len(), 4);
}

#[test]
fn a_torn_end_can_be_cut() {
    let good = flushes(&[&set("a"), &set("b")]);
    let end = flush(good.len(), &set("c"));
    for torn in 1..end.len() {
        let bytes = [&good[..], &end[..torn]].concat();
        let disk = disk(&[&flushes(&[&set("x")]), &bytes, &flushes(&[b""])]);
        let found = check(&disk);
        let at = good.len() as u64;
        assert_eq!(fault(&found), (Verdict::Torn, 3, at, Some(at)), "{torn}");
        let text = report::text(&found);
        let line = format!("torn: /log/a.2.incr.aof at byte {at}: ");
        assert!(text.contains(&line), "{text}");
        let to_good = mend::to_good(&found).unwrap().unwrap();
        assert_eq!(cut(&disk, &to_good), (good.clone(), end[..torn].to_vec()));
    }
}

#[test]
fn what_others_build_on_is_not_cut() {
    let good = flushes(&[&set("a"), &set("b")]);
    let torn = &good[..good.len() - 1];
    let disk = disk(&[torn, &flushes(&[b"", &set("x")])]);
    let found = check(&disk);
    let at = flushes(&[&set("a")]).len() as u64;
    assert_eq!(fault(&found), (Verdict::Damaged, 2, at, Some(at)));
    let refusal = mend::to_good(&found).unwrap_err();
    assert!(refusal.contains("not the last file"), "{refusal}");
    // Nor when it is named alone.
    let found = check_at(&disk, "/log/a.1.incr.aof", None);
    assert_eq!(found.verdict(), Verdict::Torn);
    assert!(mend::to_good(&found).is_err());
    // The last one may be named alone; and one that belongs to nothing.
    put(&disk, "a.2.incr.aof", torn);
    put(&disk, "loose.aof", torn);
    for name in ["/log/a.2.incr.aof", "/log/loose.aof"] {
        let found = check_at(&disk, name, None);
        assert_eq!(mend::to_good(&found).unwrap().unwrap().at, at, "{name}");
    }
}

#[test]
fn damage_is_told_with_what_stands_behind() {
    let mut bytes = flushes(&[&set("a"), &set("b"), &set("c"), &set("d")]);
    let second = flushes(&[&set("a")]).len();
    bytes[second + 40] ^= 1;
    let disk = disk(&[&bytes]);
    let found = check(&disk);
    let at = second as u64;
    assert_eq!(fault(&found), (Verdict::Damaged, 2, at, Some(at)));
    let to_good = mend::to_good(&found).unwrap().unwrap();
    assert_eq!(to_good.lost.flushes, 2);
    let text = report::text(&found) + &report::cut_text(&to_good);
    assert!(text.contains("2 whole checked flushes"), "{text}");
    assert!(report::json(&found, None).contains(r#""flushes_behind":2"#));
    assert_eq!(
        cut(&disk, &to_good),
        (bytes[..second].into(), bytes[second..].into())
    );
}

#[test]
fn transactions_end_or_are_cut_as_a_whole() {
    let open = [set("a"), command(&["MULTI"]), set("b")].concat();
    let at = set("a").len() as u64;
    let disk = disk(&[&open]);
    let found = check(&disk);
    assert_eq!(fault(&found), (Verdict::Torn, 2, at, Some(at)));
    let to_good = mend::to_good(&found).unwrap().unwrap();
    assert_eq!(cut(&disk, &to_good).0, set("a"));
    for (bad, at) in [
        ([set("a"), command(&["EXEC"])].concat(), at),
        (
            [open.clone(), command(&["MULTI"])].concat(),
            open.len() as u64,
        ),
    ] {
        put(&disk, "a.1.incr.aof", &bad);
        let (verdict, _, found_at, good) = fault(&check(&disk));
        assert_eq!((verdict, found_at), (Verdict::Damaged, at));
        assert_eq!(good, Some(set("a").len() as u64));
    }
    put(
        &disk,
        "a.1.incr.aof",
        &[set("a"), command(&["JSON.SET"])].concat(),
    );
    assert_eq!(fault(&check(&disk)).0, Verdict::Refused);
}

#[test]
fn a_log_is_cut_at_a_time() {
    let at = |time: i64, key| [format!("#TS:{time}\r\n").into_bytes(), set(key)].concat();
    let first = flushes(&[b"", &at(100, "a"), &[at(101, "b"), at(102, "c")].concat()]);
    let bytes = [&first[..], &flush(first.len(), &at(103, "d"))].concat();
    let disk = disk(&[&flushes(&[&at(99, "z")]), &bytes]);
    let to_time = |until| mend::to_time(&check_at(&disk, DIR, Some(until)), until);
    assert_eq!(to_time(103), Ok(None));
    assert!(to_time(99).unwrap_err().contains("nothing from before"));
    assert!(to_time(98).unwrap_err().contains("--restore-to"));
    let later = to_time(102).unwrap().unwrap();
    assert_eq!(
        (later.at, later.flush_at),
        (bytes.len() as u64 - later.bytes(), Some(first.len() as u64))
    );
    assert_eq!(cut(&disk, &later).0, first);
    // Through a flush: what is left of it has a checksum of its own.
    let within = mend::to_time(&check_at(&disk, DIR, Some(101)), 101);
    let (left, copy) = cut(&disk, &within.unwrap().unwrap());
    let begin = flushes(&[b"", &at(100, "a")]);
    assert_eq!(
        left,
        [&begin[..], &flush(begin.len(), &at(101, "b"))].concat()
    );
    assert_eq!(copy, first[begin.len()..]);
    let found = check(&disk);
    assert_eq!(
        (found.files[3].commands, found.files[3].checked.flushes),
        (2, 3)
    );
    put(&disk, "a.2.incr.aof", &set("a"));
    put(&disk, "a.1.incr.aof", &set("a"));
    assert!(
        mend::to_time(&check_at(&disk, DIR, Some(1)), 1)
            .unwrap_err()
            .contains("no times")
    );
}

#[test]
fn what_cannot_be_cut_is_told() {
    let disk = disk(&[&flushes(&[&set("a")])]);
    disk.remove(Path::new("/log/a.1.incr.aof")).unwrap();
    assert_eq!(fault(&check(&disk)), (Verdict::Damaged, 2, 0, None));
    put(&disk, "a.1.incr.aof", b"");
    assert_eq!(check(&disk).verdict(), Verdict::Fine);
    put(&disk, "a.1.base.rdb", &BASE[..BASE.len() - 9]);
    let found = check(&disk);
    assert_eq!(
        fault(&found),
        (Verdict::Damaged, 1, BASE.len() as u64 - 9, None)
    );
    assert!(mend::to_good(&found).is_err());
    let text = report::text(&found);
    assert!(
        text.contains("it ends too early") && text.contains("rdb-check"),
        "{text}"
    );
    put(&disk, "a.1.base.rdb", b"REDIS0099 and so on");
    assert_eq!(fault(&check(&disk)), (Verdict::Refused, 1, 0, None));
    put(
        &disk,
        "a.manifest",
        b"file a seq 1 type b\nfile b seq x type i\n",
    );
    let found = check(&disk);
    assert_eq!(fault(&found), (Verdict::Damaged, 0, 20, None));
    assert!(report::text(&found).contains("line 2: "));
    let missing = find(&disk, Path::new("/log/none"));
    assert!(matches!(missing, Err(Unusable::Io(..))));
    put(&disk, "b.manifest", b"");
    assert!(matches!(
        find(&disk, Path::new(DIR)),
        Err(Unusable::Manifests(..))
    ));
    disk.create_dir(Path::new("/empty")).unwrap();
    assert!(matches!(
        find(&disk, Path::new("/empty")),
        Err(Unusable::NoManifest(_))
    ));
}

#[test]
fn an_old_log_of_one_file_begins_with_a_snapshot_or_not() {
    let disk = disk(&[]);
    let both = [BASE, &set("a"), b"*1\r\n$3\r\nDE"].concat();
    for (bytes, keys) in [(&both[..], 1), (&both[BASE.len()..], 0)] {
        put(&disk, "appendonly.aof", bytes);
        let found = check_at(&disk, "/log/appendonly.aof", None);
        assert_eq!(
            found.target,
            Target::File("/log/appendonly.aof".into(), None)
        );
        let totals = report::totals(&found);
        assert_eq!((totals.keys, totals.commands), (keys, 1));
        let good = (bytes.len() - 10) as u64;
        assert_eq!(fault(&found), (Verdict::Torn, 0, good, Some(good)));
        assert_eq!(cut_of(&found).at, good);
    }
}

fn cut_of(found: &Found) -> Cut {
    mend::to_good(found).unwrap().expect("a cut")
}

/// A snapshot in our format: two databases, and a block for each.
fn native_snapshot() -> Vec<u8> {
    let mut space = Keyspace::new(2, [1, 2]);
    for (db, key) in [(0, "a"), (0, "b"), (1, "c")] {
        let text = NewStr::from(&b"some text"[..]);
        let deadline = Deadline::Never;
        let mut view = space.view(db, UnixMs(1));
        view.set(key.as_bytes(), text, deadline);
    }
    let disk = SimDisk::new(1);
    let path = Path::new("/dump");
    let mut file = disk.open(path, Mode::Create).unwrap();
    let about = About {
        id: 5,
        compress: true,
        ..About::default()
    };
    let frozen = space.freeze().unwrap();
    dump::write(&frozen, &mut *file, &about, &Progress::default()).unwrap();
    space.finish(frozen);
    disk.contents(path).unwrap()
}

fn judge(bytes: &[u8]) -> Option<Result<snapshot::Found, Damage>> {
    let disk = SimDisk::new(1);
    disk.put(Path::new("/dump"), bytes);
    let file = disk.open(Path::new("/dump"), Mode::Read).unwrap();
    let settings = snapshot::Settings {
        now: UnixMs(0),
        biggest: 2,
    };
    snapshot::examine(file, &settings, &mut Unwatched).unwrap()
}

#[test]
fn a_base_may_be_in_our_format() {
    let disk = disk(&[&flushes(&[&set("x")])]);
    let bytes = native_snapshot();
    put(&disk, "a.1.base.rdb", &bytes);
    let found = check(&disk);
    assert_eq!(found.verdict(), Verdict::Fine, "{}", report::text(&found));
    let totals = report::totals(&found);
    assert_eq!((totals.keys, totals.commands), (3, 1));
    put(&disk, "a.1.base.rdb", &bytes[..bytes.len() - 1]);
    let found = check(&disk);
    assert_eq!(found.verdict(), Verdict::Damaged);
    assert!(mend::to_good(&found).is_err());
}

#[test]
fn no_change_in_a_snapshot_of_ours_is_missed() {
    let bytes = native_snapshot();
    let found = judge(&bytes).unwrap().unwrap();
    assert_eq!(found.verdict(), Verdict::Fine);
    assert_eq!(found.tally.total().keys, 3);
    let text = super::report::snapshot::text(Path::new("/dump"), Ok(&found));
    assert!(
        text.contains("Ruddle snapshot") && text.ends_with("Result: fine\n"),
        "{text}"
    );
    for at in 0..bytes.len() {
        for change in [1 << (at % 8), 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let verdict = match judge(&bytes) {
                None => Verdict::Refused,
                Some(found) => super::report::snapshot::verdict(found.as_ref()),
            };
            assert!(verdict > Verdict::Torn, "byte {at} ^ {change}");
        }
        let cut = judge(&bytes[..at]);
        let is_fine = cut
            .is_some_and(|found| super::report::snapshot::verdict(found.as_ref()) == Verdict::Fine);
        assert!(!is_fine, "cut at {at}");
    }
}

#[test]
fn the_good_blocks_of_a_damaged_snapshot_are_saved() {
    let bytes = native_snapshot();
    let disk = SimDisk::new(1);
    let (from, to) = (Path::new("/dump"), Path::new("/new"));
    let mut saved = Vec::new();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        disk.put(from, &bytes);
        match salvage(&disk, from, to, 9) {
            Ok(salvaged) => saved.push(salvaged.keys),
            Err(unsaved) => panic!("byte {at}: {unsaved}"),
        }
        let text = disk.contents(to).unwrap();
        let found = judge(&text).unwrap().unwrap();
        assert_eq!(found.verdict(), Verdict::Fine);
        assert_eq!(found.tally.total().keys, saved[at]);
        assert!(matches!(
            salvage(&disk, from, to, 9),
            Err(Unsaved::Taken(_))
        ));
        disk.remove(to).unwrap();
    }
    saved.sort_unstable();
    saved.dedup();
    // A block at the most is lost.
    assert_eq!(saved, [1, 2, 3]);
    disk.put(from, BASE);
    assert!(matches!(salvage(&disk, from, to, 9), Err(Unsaved::Rdb(_))));
    disk.put(from, b"nothing of it");
    assert!(matches!(
        salvage(&disk, from, to, 9),
        Err(Unsaved::Nothing(..))
    ));
    assert!(disk.contents(to).is_none());
}
