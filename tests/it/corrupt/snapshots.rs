//! Snapshots, changed and cut, as loading reads them.

use ruddle::ds::table::Seed;
use ruddle::keyspace::Keyspace;
use ruddle::persist::dump::{AnyReader, Item};
use ruddle::rdb::decode::Context;
use ruddle::value::Thresholds;

use super::{DATABASES, Dir, Maker, digest, each_changed, file, keyspace, put};
use crate::harness::{each_in_parallel, repository};

/// The digest of what a snapshot holds, or what is wrong with it.
fn load(bytes: &[u8], check: bool) -> Result<String, String> {
    space_of(bytes, check).map(|mut space| digest(&mut space))
}

/// What a snapshot holds, or what is wrong with it.
pub(super) fn space_of(bytes: &[u8], check: bool) -> Result<Keyspace, String> {
    let thresholds = Thresholds::default();
    let context = Context {
        thresholds: &thresholds,
        seed: Seed([1, 2]),
    };
    let mut space = keyspace();
    let reader = AnyReader::open(file(bytes), check).map_err(|damage| damage.to_string())?;
    let mut reader = reader.ok_or("no snapshot")?;
    loop {
        match reader.next(context).map_err(|damage| damage.to_string())? {
            None => return Ok(space),
            Some(Item::Key(record)) if record.db >= DATABASES => {
                return Err("a database that is not there".into());
            }
            Some(Item::Key(record)) => {
                put(
                    &mut space,
                    record.db,
                    &record.key,
                    record.value,
                    record.deadline,
                );
            }
            Some(Item::Aux(..) | Item::Function(_)) => {}
        }
    }
}

/// Changes and cuts a snapshot. One without a checksum may become other data.
fn check(name: &str, bytes: &[u8], has_checksum: bool) {
    let wanted = load(bytes, true).unwrap_or_else(|why| panic!("{name}: {why}"));
    each_changed(bytes, |at, change, changed| {
        if let Ok(found) = load(changed, true) {
            let is_right = !has_checksum || found == wanted;
            assert!(is_right, "{name}: byte {at} ^ {change} is not seen");
        }
        // Without the checksum it may be other data, but comes to an end.
        if change != 0xff {
            let _ = load(changed, false);
        }
    });
    for len in 0..bytes.len() {
        let Err(why) = load(&bytes[..len], true) else {
            panic!("{name}: the end behind byte {len} is not missed");
        };
        let is_placed = why == "no snapshot" || why.starts_with("at byte ");
        assert!(is_placed, "{name}: cut at {len}: {why}");
    }
}

#[test]
fn a_changed_or_cut_snapshot_is_refused() {
    let native: &[&str] = &["--snapshot-format", "native"];
    let all = [
        (Maker::Ours, &[][..]),
        (Maker::Redis, &[]),
        (Maker::Ours, native),
    ];
    each_in_parallel(&all, |(maker, args)| {
        let dir = Dir::new();
        if maker.make(&dir, args, &["SAVE"]).is_some() {
            let name = format!("{maker:?} {args:?}");
            check(&name, &dir.read("dump.rdb"), true);
        }
    });
}

/// Forms that no server here writes: ziplists, zipmaps, scores as text, other deadlines of fields.
#[test]
fn a_changed_or_cut_snapshot_of_another_age_is_refused() {
    /// Small enough for every byte.
    const BYTES_MAX: usize = 3000;
    let dir = std::fs::read_dir(repository("tests/data/rdb")).expect("kept files");
    let paths: Vec<_> = dir.map(|entry| entry.expect("a file").path()).collect();
    each_in_parallel(&paths, |path| {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let bytes = std::fs::read(path).expect("a kept file");
        let is_refused = load(&bytes, true).is_err();
        if bytes.len() > BYTES_MAX || is_refused {
            return;
        }
        // Versions 1 to 4 have no checksum.
        let number: u32 = String::from_utf8_lossy(&bytes[5..9]).parse().unwrap_or(80);
        check(&name, &bytes, number >= 5 && !bytes.ends_with(&[0; 8]));
    });
}
