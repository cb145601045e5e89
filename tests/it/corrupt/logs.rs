//! Logs and manifests, changed and cut, as a start reads them.

use std::path::Path;

use ruddle::check::log::{Found, Settings, examine, find};
use ruddle::check::{Unwatched, Verdict, snapshot};
use ruddle::persist::log_reader::{LogReader, Next, Stop};
use ruddle::persist::manifest::Manifest;
use ruddle::persist::sim_disk::SimDisk;
use ruddle::persist::storage::Storage;

use super::{Dir, MAKERS, Maker, NOW, each_changed, file};
use crate::harness::each_in_parallel;

pub(super) const INCREMENTAL: &str = "appendonlydir/appendonly.aof.1.incr.aof";
const MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";

/// A log, made with `args`.
pub(super) fn make(maker: Maker, args: &[&str]) -> Option<Dir> {
    let dir = Dir::new();
    let args = [&["--appendonly", "yes"], args].concat();
    maker.make(&dir, &args, &[])?;
    Some(dir)
}

/// The words of a command, and where it ends in the file.
pub(super) type Placed = (Vec<Vec<u8>>, usize);

/// The commands of a file up to what is wrong.
pub(super) fn commands(bytes: &[u8]) -> (Vec<Placed>, Option<Stop>) {
    let mut reader = LogReader::new(file(bytes), 0).expect("a reader");
    let mut found = Vec::new();
    loop {
        let words: Vec<Vec<u8>> = match reader.next() {
            Ok(Next::Command(request)) => request.args().map(|arg| arg.bytes().to_vec()).collect(),
            Ok(Next::Time(_)) => continue,
            Ok(Next::End) => return (found, None),
            Err(stop) => return (found, Some(stop)),
        };
        let end = usize::try_from(reader.at()).expect("a small file");
        found.push((words, end));
    }
}

#[test]
fn a_log_is_read_up_to_what_is_wrong() {
    each_in_parallel(&MAKERS, |maker| {
        let Some(dir) = make(*maker, &[]) else { return };
        let bytes = dir.read(INCREMENTAL);
        let (wanted, stop) = commands(&bytes);
        assert!(stop.is_none() && wanted.len() > 15, "{maker:?}: {stop:?}");
        for len in 0..bytes.len() {
            let (found, stop) = commands(&bytes[..len]);
            assert!(wanted.starts_with(&found), "{maker:?}: cut at {len}");
            match stop {
                Some(stop) => assert!(stop.torn, "{maker:?}: cut at {len}: {stop}"),
                // Nothing but notes may be missing then.
                None => assert!(wanted.get(found.len()).is_none_or(|(_, end)| *end > len)),
            }
        }
        each_changed(&bytes, |at, change, changed| {
            let (found, stop) = commands(changed);
            if *maker == Maker::Redis {
                // No checksum: what is before the change is right.
                let before = wanted.iter().take_while(|(_, end)| *end <= at).count();
                assert!(found.len() >= before && found[..before] == wanted[..before]);
                return;
            }
            assert!(wanted.starts_with(&found), "byte {at} ^ {change}");
            assert!(
                stop.is_some() || found.len() == wanted.len(),
                "byte {at} ^ {change}"
            );
        });
    });
}

/// What `aof-check` finds in the log on `disk`, if there is one.
pub(super) fn look(disk: &SimDisk) -> Option<Found> {
    let settings = Settings {
        snapshot: snapshot::Settings {
            now: NOW,
            biggest: 0,
        },
        until: None,
        refusal: &|_| None,
    };
    let target = find(disk, Path::new("/log")).ok()?;
    examine(disk, target, &settings, &mut Unwatched).ok()
}

/// What a start would make of the log on `disk`.
fn verdict(disk: &SimDisk) -> Verdict {
    look(disk).map_or(Verdict::Damaged, |found| found.verdict())
}

#[test]
fn a_manifest_is_read_as_written_or_refused() {
    for maker in MAKERS {
        // Base, incremental and history.
        let Some(dir) = make(maker, &["--save", ""]) else {
            return;
        };
        let disk = SimDisk::new(1);
        disk.create_dir(Path::new("/log")).expect("a directory");
        for entry in std::fs::read_dir(dir.0.join("appendonlydir")).expect("the log") {
            let path = entry.expect("a file").path();
            let name = Path::new("/log").join(path.file_name().expect("a name"));
            disk.put(&name, &std::fs::read(&path).expect("its content"));
        }
        let name = Path::new("/log/appendonly.aof.manifest");
        let bytes = dir.read(MANIFEST);
        let wanted = Manifest::parse(&bytes).expect("a manifest");
        assert_eq!(verdict(&disk), Verdict::Fine);
        each_changed(&bytes, |at, change, changed| {
            disk.put(name, changed);
            let Ok(found) = Manifest::parse(changed) else {
                assert_eq!(verdict(&disk), Verdict::Damaged, "byte {at} ^ {change}");
                return;
            };
            if verdict(&disk) == Verdict::Fine {
                // Of Redis's nothing tells the number of a file.
                let names = |manifest: &Manifest| {
                    let parts = manifest.base.iter().chain(&manifest.incrementals);
                    parts.map(|part| part.name.clone()).collect::<Vec<_>>()
                };
                assert_eq!(
                    names(&found),
                    names(&wanted),
                    "{maker:?}: byte {at} ^ {change}"
                );
            }
        });
        for len in 0..bytes.len() {
            disk.put(name, &bytes[..len]);
            if let Ok(found) = Manifest::parse(&bytes[..len]) {
                assert!(found.incrementals.len() < wanted.incrementals.len());
            }
        }
    }
}
