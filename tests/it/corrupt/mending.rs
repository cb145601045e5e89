//! What the tools make of a damaged file: of a log its beginning, of a snapshot its good blocks,
//! and never anything that was not written.

use std::collections::BTreeMap;
use std::path::Path;

use ruddle::check::Verdict;
use ruddle::check::mend::{apply, to_good};
use ruddle::persist::native;
use ruddle::persist::sim_disk::SimDisk;
use ruddle::persist::storage::{Mode, Storage};
use ruddle::rdb::encode;

use super::logs::{INCREMENTAL, commands, look, make};
use super::snapshots::space_of;
use super::{DATABASES, Dir, MAKERS, Maker, NOW, each_changed, file};
use crate::harness::each_in_parallel;

const NAME: &str = "appendonly.aof.1.incr.aof";

/// A disk with a log of this one file.
fn disk_of(bytes: &[u8]) -> SimDisk {
    let disk = SimDisk::new(1);
    disk.create_dir(Path::new("/log")).expect("a directory");
    let manifest = format!("file {NAME} seq 1 type i\n");
    disk.put(
        Path::new("/log/appendonly.aof.manifest"),
        manifest.as_bytes(),
    );
    disk.put(&Path::new("/log").join(NAME), bytes);
    disk
}

/// What `aof-check` says, and what is left after `aof-check --fix`, if it would do that.
fn fixed(bytes: &[u8]) -> (Verdict, Option<Vec<u8>>) {
    let disk = disk_of(bytes);
    let look = || look(&disk).expect("a log that can be read");
    let found = look();
    let Ok(Some(cut)) = to_good(&found) else {
        return (found.verdict(), None);
    };
    let copy = apply(&disk, &cut, 1).expect("it can be cut");
    let copied = disk.contents(&copy).expect("the copy");
    let from = usize::try_from(cut.from()).expect("a small file");
    assert_eq!(copied, &bytes[from..], "what goes is kept");
    assert_eq!(look().verdict(), Verdict::Fine, "it is good then");
    (
        found.verdict(),
        disk.contents(&Path::new("/log").join(NAME)),
    )
}

#[test]
fn a_mended_log_is_the_beginning_of_what_was_written() {
    each_in_parallel(&MAKERS, |maker| {
        let Some(dir) = make(*maker, &[]) else { return };
        let bytes = dir.read(INCREMENTAL);
        let (wanted, _) = commands(&bytes);
        let wanted: Vec<_> = wanted.into_iter().map(|(words, _)| words).collect();
        let check = |name: &str, changed: &[u8], right: usize| {
            let (verdict, left) = fixed(changed);
            let left = match (verdict, left) {
                (Verdict::Fine, _) => changed.to_vec(),
                (_, Some(left)) => left,
                (_, None) => return,
            };
            let (found, stop) = commands(&left);
            assert!(stop.is_none(), "{maker:?}: {name}: {stop:?}");
            let found: Vec<_> = found.into_iter().map(|(words, _)| words).collect();
            let same = found
                .iter()
                .zip(&wanted)
                .take_while(|(one, other)| one == other);
            let same = same.count();
            assert!(same >= right.min(found.len()), "{maker:?}: {name}: {same}");
            // Without checksums what is changed may be read as something else.
            assert!(
                same == found.len() || *maker == Maker::Redis,
                "{maker:?}: {name}"
            );
        };
        let ends: Vec<usize> = commands(&bytes).0.into_iter().map(|(_, end)| end).collect();
        let before = |at: usize| ends.iter().take_while(|end| **end <= at).count();
        each_changed(&bytes, |at, change, changed| {
            check(&format!("byte {at} ^ {change}"), changed, before(at));
        });
        for len in 0..bytes.len() {
            check(&format!("cut at {len}"), &bytes[..len], before(len));
        }
    });
}

/// Every key of a snapshot with the payload of its value and its deadline.
type Contents = BTreeMap<(usize, Vec<u8>), (Vec<u8>, Option<i64>)>;

fn contents(bytes: &[u8]) -> Result<Contents, String> {
    let mut space = space_of(bytes, true)?;
    let mut found = Contents::new();
    for db in 0..DATABASES {
        let mut view = space.view(db, NOW);
        view.for_each(|entry| {
            let deadline = entry.deadline().map(|deadline| deadline.0);
            let value = encode::payload(entry.value());
            found.insert((db, entry.key().to_vec()), (value, deadline));
        });
    }
    Ok(found)
}

#[test]
fn what_is_salvaged_of_a_snapshot_was_in_it() {
    let native = ["--snapshot-format", "native"];
    let dir = Dir::new();
    let Some(()) = Maker::Ours.make(&dir, &native, &["SAVE"]) else {
        return;
    };
    let bytes = dir.read("dump.rdb");
    let wanted = contents(&bytes).expect("a good file");
    let check = |name: &str, changed: &[u8]| {
        let disk = SimDisk::new(1);
        let path = Path::new("/salvaged");
        let mut to = disk.open(path, Mode::Create).expect("a new file");
        let Ok(salvaged) = native::salvage(&*file(changed), &mut *to, 7) else {
            return 0;
        };
        let found = disk.contents(path).expect("the salvaged file");
        let found = contents(&found).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(found.len() as u64, salvaged.keys, "{name}");
        for (key, value) in &found {
            assert_eq!(wanted.get(key), Some(value), "{name}");
        }
        assert!(!salvaged.lost.is_empty(), "{name}: nothing is missed");
        found.len()
    };
    let most = std::cell::Cell::new(0);
    each_changed(&bytes, |at, change, changed| {
        let found = check(&format!("byte {at} ^ {change}"), changed);
        most.set(most.get().max(found));
    });
    // A byte of head, index or end costs no key.
    assert_eq!(most.get(), wanted.len());
    for len in 0..bytes.len() {
        check(&format!("cut at {len}"), &bytes[..len]);
    }
}
