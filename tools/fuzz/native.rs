//! Snapshots in our own format. An input is a plan for one: blocks with their contents, each with
//! what is wrong about it; [`sealed`] makes the file, whose checksums hold all the same, so what
//! stands behind the checksums is reached. It writes the format by itself, from its description.
//!
//! ```text
//! plan:   block <B> block <B> …
//! block:  kind, trick, keys, database, amount (a byte each), content
//! ```

use std::path::Path;

use crc::{CRC_64_XZ, Crc};

use ruddle::command::digest::Digest;
use ruddle::config::VersionCheck;
use ruddle::keyspace::{Deadline, Keyspace};
use ruddle::persist::load::{self, Batch, How, Item, NewValue, Record, Share};
use ruddle::persist::native;
use ruddle::persist::sim_disk::SimDisk;
use ruddle::persist::storage::{Mode, Storage};
use ruddle::value::string::NewStr;

use crate::files::{self, DATABASES, NOW, file, thresholds};
use crate::targets::{Target, about, signature};

pub(crate) const TARGETS: &[Target] = &[Target {
    name: "native",
    check: check_native,
    seeds: &[
        b"\x01\0\0\0\0\xfa\x01a\x01b<B>\x02\0\x02\0\0\x00\x01k\x03abc\x00\x01l\xc0\x7b",
        b"\x02\x01\x01\x01\0\x00\x01k\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<B>\x02\0\x01\0\0\x01\x01l\x01a",
        b"\x03\0\x01\0\0\x00\x01m\x10abcdefgh<B>\x04\0\0\0\0ijkl<B>\x05\0\0\0\0mnop",
        b"\x02\0\x02\0\0\xfc\0\0\0\0\0\0\0\x7f\x04\x01h\x01\x01f\x01v\xf8\x09\x05\x01z\x01\x01m\0\0\0\0\0\0\xf0\x3f",
        b"\x01\0\0\0\0\xf5\x01x<B>\x02\0\x01\0\0\x16\x01h\x01\x01f\x01v\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x02\0\x01\0\0\x14\x01q\x0a\x0a\0\0\0\x01\0\x81a\x02\xff<B>\xff\x03\0\0\x01",
    ],
    words: &[
        BLOCK, b"<B>\x01\0\0\0\0", b"<B>\x02\0\x01\0\0", b"<B>\x02\x01\x01\0\0", b"<B>\x02\x02\x01\0\x09",
        b"<B>\x03\0\x01\0\0", b"<B>\x04\0\0\0\0", b"<B>\x05\0\0\0\0", b"<B>\x06\0\0\0\0",
        b"<B>\xff\x01\0\0\x01", b"<B>\xff\x05\0\0\x01", b"\xfa\x01a\x01b", b"\xf5\x01x", b"\x00\x01q\x01r",
        b"\x01\x01q\x01r", b"\x03\x01q\x01r\x011", b"\x80\x7f\xff\xff\xff", b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xfc\0\0\0\0\0\0\0\x7f", b"\xc0\x01", b"\xf9\x05", b"\xf8\x01",
        b"\x14\x01q\x0a\x0a\0\0\0\x01\0\x81a\x02\xff", b"RBLK\x04\x03\x02\x01",
    ],
}];

/// Stands between blocks in a plan.
const BLOCK: &[u8] = b"<B>";

/// Instead of a kind: what follows is about the file's end.
const END: u8 = 0xff;

const ID: u32 = 0x0102_0304;

static CHECKSUM: Crc<u64> = Crc::<u64>::new(&CRC_64_XZ);

/// No batch of so small a file takes more.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What an entry of the index says of a block.
#[derive(Clone, Copy)]
struct Entry {
    at: u64,
    raw: u32,
    keys: u32,
    db: u32,
    kind: u32,
}

/// A file being made.
struct Sealing {
    file: Vec<u8>,
    entries: Vec<Entry>,
    /// What is added to the numbers of the trailer: index, blocks, keys, bytes, length, id.
    off: [u64; 6],
    /// What stands behind the entries of the index.
    excess: Vec<u8>,
    /// How much is missing in the end.
    cut: usize,
}

fn sealed(plan: &[u8]) -> Vec<u8> {
    let mut sealing = Sealing {
        file: with_checksum(&[
            b"RUDDLE\r\n",
            &1u32.to_le_bytes()[..],
            &ID.to_le_bytes(),
            &[0; 8],
        ]),
        entries: Vec::new(),
        off: [0; 6],
        excess: Vec::new(),
        cut: 0,
    };
    let mut rest = plan;
    loop {
        let end = rest.windows(BLOCK.len()).position(|some| some == BLOCK);
        sealing.put(&rest[..end.unwrap_or(rest.len())]);
        match end {
            None => return sealing.finish(),
            Some(end) => rest = &rest[end + BLOCK.len()..],
        }
    }
}

/// The parts one behind the other, and their checksum.
fn with_checksum(parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    let checksum = CHECKSUM.checksum(&bytes).to_le_bytes();
    [&bytes[..], &checksum].concat()
}

impl Sealing {
    /// Adds what a piece of the plan says.
    fn put(&mut self, piece: &[u8]) {
        let mut head = [0; 5];
        let count = piece.len().min(head.len());
        head[..count].copy_from_slice(&piece[..count]);
        let [kind, trick, keys, db, amount] = head;
        let content = &piece[count..];
        // Small, of either sign.
        let amount = i32::from(amount.cast_signed());
        if kind == END {
            return self.put_end(trick, amount, content);
        }
        let packed = lz4_flex::block::compress(content);
        let (packing, stored) = match trick {
            1 if packed.len() < content.len() => (1, &packed[..]),
            2 => (1, content),
            3 => (2, content),
            _ => (0, content),
        };
        let entry = Entry {
            at: self.file.len() as u64,
            raw: match trick {
                2 => (content.len() as u32).wrapping_mul(8),
                _ => content.len() as u32,
            },
            keys: keys.into(),
            db: db.into(),
            kind: kind.into(),
        };
        let (said, listed) = self.entries_with(trick, amount, entry);
        let stored_bytes = (stored.len() as u32).wrapping_add_signed(match trick {
            6 => amount,
            7 => -1 - stored.len() as i32,
            _ => 0,
        });
        let number =
            (self.entries.len() as u32).wrapping_add_signed(if trick == 10 { amount } else { 0 });
        let id = if trick == 11 { ID ^ 1 } else { ID };
        let mut header = b"RBLK".to_vec();
        header.extend(id.to_le_bytes());
        header.extend([kind, packing, 0, 0]);
        for number in [said.raw, stored_bytes, said.keys, said.db, number] {
            header.extend(number.to_le_bytes());
        }
        let checksum = CHECKSUM.checksum(&[&header[..], stored].concat());
        let checksum = if trick == 12 { !checksum } else { checksum };
        if trick != 20 {
            self.file.extend(header);
            self.file.extend(checksum.to_le_bytes());
            self.file.extend(stored);
        }
        self.entries.extend(listed);
    }

    /// What the block's header says, and what the index lists.
    fn entries_with(&self, trick: u8, amount: i32, right: Entry) -> (Entry, Vec<Entry>) {
        let add = |number: u32| number.wrapping_add_signed(amount);
        let mut said = right;
        match trick {
            2 | 4 => said.raw = add(said.raw),
            5 => said.raw = u32::MAX,
            8 => said.keys = u32::MAX,
            9 => said.db = u32::MAX,
            _ => {}
        }
        let mut listed = said;
        match trick {
            13 => listed.at = listed.at.wrapping_add_signed(amount.into()),
            14 => listed.raw = add(listed.raw),
            15 => listed.keys = add(listed.keys),
            16 => listed.db = add(listed.db),
            17 => listed.kind = add(listed.kind),
            21 => listed.at = u64::MAX,
            _ => {}
        }
        match trick {
            18 => (said, Vec::new()),
            19 => (said, vec![listed; 2]),
            // It changes places with the one before.
            22 => match self.entries.last() {
                Some(last) => (said, vec![listed, *last]),
                None => (said, vec![listed]),
            },
            _ => (said, vec![listed]),
        }
    }

    /// Notes what is wrong about the file's end.
    fn put_end(&mut self, trick: u8, amount: i32, content: &[u8]) {
        match (trick, self.off.get_mut(usize::from(trick))) {
            (_, Some(off)) => *off = off.wrapping_add_signed(amount.into()),
            (6, _) => self.excess.extend(content),
            (7, _) => self.cut = amount.unsigned_abs() as usize,
            (8, _) => self.file.extend(content),
            (9, _) => self.off[2] = u64::MAX,
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let mut index = Vec::new();
        for entry in &self.entries {
            index.extend(entry.at.to_le_bytes());
            for number in [entry.raw, entry.keys, entry.db, entry.kind] {
                index.extend(number.to_le_bytes());
            }
        }
        index.extend(&self.excess);
        let index_at = self.file.len() as u64;
        let blocks = self.entries.len() as u64;
        if !index.is_empty() {
            let bytes = (index.len() as u32).to_le_bytes();
            let zero = [0; 4];
            let number = (blocks as u32).to_le_bytes();
            let id = ID.to_le_bytes();
            let parts = [
                &b"RBLK"[..],
                &id,
                &[6, 0, 0, 0],
                &bytes,
                &bytes,
                &zero,
                &zero,
                &number,
            ];
            let header = parts.concat();
            let checksum = CHECKSUM.checksum(&[&header[..], &index].concat());
            self.file.extend(header);
            self.file.extend(checksum.to_le_bytes());
            self.file.extend(index);
        }
        let sum =
            |number: fn(&Entry) -> u32| self.entries.iter().map(|it| u64::from(number(it))).sum();
        let right = [
            index_at,
            blocks,
            sum(|entry| entry.keys),
            sum(|entry| entry.raw),
            self.file.len() as u64 + 64,
            ID.into(),
        ];
        let numbers = right.iter().zip(self.off);
        let numbers: Vec<u8> = numbers
            .flat_map(|(number, off)| number.wrapping_add(off).to_le_bytes())
            .collect();
        self.file.extend(with_checksum(&[&numbers]));
        self.file.extend(b"\r\nELDDUR");
        self.file.truncate(self.file.len().saturating_sub(self.cut));
        self.file
    }
}

/// What so many decoders have together, as a server loads it; or that it is refused.
pub(crate) fn decoded(bytes: &[u8], of: usize) -> Option<Keyspace> {
    let mut space = Keyspace::new(DATABASES, [1, 2]);
    let mut decoders = Vec::new();
    for index in 0..of {
        let how = How {
            until: None,
            thresholds: thresholds(),
            seed: space.view(0, NOW).seed(),
            check: true,
            versions: VersionCheck::Strict,
            share: Share { index, of },
        };
        decoders.push((load::open(file(bytes), how).ok()??, true));
    }
    while decoders.iter().any(|(_, more)| *more) {
        for (decoder, more) in decoders.iter_mut().filter(|(_, more)| *more) {
            let mut batch = Batch::default();
            *more = decoder.fill(&mut batch).ok()?;
            assert!(batch.bytes.capacity() <= BATCH_BYTES_MAX);
            for item in batch.items {
                if let Item::Key(record) = item {
                    put(&mut space, &batch.bytes, record)?;
                }
            }
        }
    }
    Some(space)
}

fn put(space: &mut Keyspace, bytes: &[u8], record: Record) -> Option<()> {
    if record.db >= DATABASES {
        return None;
    }
    let key = &bytes[record.key];
    let deadline = record.deadline.map_or(Deadline::Never, Deadline::At);
    let mut view = space.view(record.db, NOW);
    assert_eq!(view.hash(key), record.hash);
    match record.value {
        NewValue::Text(text) => view.set(key, NewStr::from(&bytes[text]), deadline),
        NewValue::Rope(rope) => view.set(key, NewStr::Rope(rope), deadline),
        NewValue::Collection(draft) => draft.give(|value| view.put_value(key, value, deadline)),
        NewValue::Empty => {}
    }
    Some(())
}

fn digest(space: &mut Keyspace) -> String {
    Digest::of_data_set(&mut space.view(0, NOW)).hex()
}

/// All readers have the same or refuse it, and what is good can be salvaged.
fn check_native(plan: &[u8]) -> u64 {
    let bytes = sealed(plan);
    let read = files::load(&bytes);
    let wanted = match read {
        Ok(mut space) => Ok((digest(&mut space), space)),
        Err(why) => Err(why),
    };
    let right = wanted.as_ref().ok().map(|(digest, _)| digest);
    for of in [1, 2] {
        let found = decoded(&bytes, of).map(|mut space| digest(&mut space));
        assert_eq!(found.as_ref(), right, "{of} decoders");
    }
    let salvaged = check_salvage(&bytes, right);
    match wanted {
        Ok((digest, mut space)) => {
            files::check_written(&mut space, &digest);
            signature((files::summary(&mut space), salvaged))
        }
        Err(why) => {
            // Without what it quotes.
            let words = why.split(|c: char| !c.is_alphabetic() && c != ' ');
            let words: Vec<&str> = words.filter(|word| word.len() > 3).collect();
            signature((words, salvaged))
        }
    }
}

/// What is salvaged is a file again; of a good one it is everything. About how many blocks.
fn check_salvage(bytes: &[u8], right: Option<&String>) -> Option<u8> {
    let disk = SimDisk::new(1);
    let path = Path::new("/salvaged");
    let mut to = disk.open(path, Mode::Create).expect("a new file");
    let Ok(salvaged) = native::salvage(&*file(bytes), &mut *to, 7) else {
        assert!(right.is_none(), "nothing can be salvaged of what is good");
        return None;
    };
    let found = disk.contents(path).expect("it was written");
    let snapshot = native::Snapshot::open(file(&found));
    assert!(
        matches!(snapshot, Ok(Some(_))),
        "what was salvaged is refused"
    );
    if let Some(right) = right {
        assert!(salvaged.lost.is_empty(), "{:?}", salvaged.lost);
        let again = files::load(&found).map(|mut space| digest(&mut space));
        assert_eq!(again.as_ref(), Ok(right));
    }
    Some(about(salvaged.blocks as usize))
}
