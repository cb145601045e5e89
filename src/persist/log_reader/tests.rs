//! The reader on whole, cut and damaged files.

use std::path::Path;

use super::super::sim_disk::SimDisk;
use super::super::storage::{Mode, Storage};
use super::*;
use crate::resp::request::OwnedRequest;

fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn set(index: usize, len: usize) -> Vec<u8> {
    let value = vec![b'a' + (index % 26) as u8; len];
    command(&[b"SET", format!("key:{index}").as_bytes(), &value])
}

fn flush(commands: &[u8], synced: usize) -> Vec<u8> {
    let header = Header::of(commands, synced as u64);
    [header.line().as_bytes(), commands].concat()
}

/// Reads `bytes` to their end or to what is wrong: the keys set, the times, the stop.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<i64>, Option<Stop>) {
    let disk = SimDisk::new(1);
    disk.put(Path::new("/log"), bytes);
    let file = disk.open(Path::new("/log"), Mode::Read).unwrap();
    let mut reader = LogReader::new(file, 0).unwrap();
    let (mut keys, mut times) = (Vec::new(), Vec::new());
    loop {
        match reader.next() {
            Ok(Next::Command(request)) => {
                assert_eq!(request.bytes(0), b"SET");
                let key = String::from_utf8(request.bytes(1).to_vec()).unwrap();
                let index: usize = key[4..].parse().unwrap();
                let expected = OwnedRequest::new([
                    b"SET".to_vec(),
                    key.clone().into(),
                    vec![b'a' + (index % 26) as u8; request.bytes(2).len()],
                ]);
                assert!(request.bytes(2) == expected.request().bytes(2), "{key}");
                keys.push(key);
            }
            Ok(Next::Time(seconds)) => times.push(seconds),
            Ok(Next::End) => {
                assert_eq!(reader.at(), bytes.len() as u64);
                return (keys, times, None);
            }
            Err(stop) => return (keys, times, Some(stop)),
        }
    }
}

fn keys(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| format!("key:{index}")).collect()
}

/// Flushes of one to three commands; the file, where each flush begins, and its first command.
fn sample(lens: &[usize], synced: impl Fn(&[usize]) -> usize) -> (Vec<u8>, Vec<usize>, Vec<usize>) {
    let (mut bytes, mut begins, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
    let mut index = 0;
    for (number, len) in lens.iter().enumerate() {
        begins.push(bytes.len());
        firsts.push(index);
        let mut commands = Vec::new();
        for _ in 0..=number % 3 {
            commands.extend(set(index, *len));
            index += 1;
        }
        bytes.extend(flush(&commands, synced(&begins)));
    }
    begins.push(bytes.len());
    firsts.push(index);
    (bytes, begins, firsts)
}

#[test]
fn logs_of_both_kinds_are_read() {
    let (ours, _, firsts) = sample(&[3, 300_000, 0, 100, 700_000, 5], |_| 0);
    let count = *firsts.last().unwrap();
    let (found, _, stop) = read(&ours);
    assert!(stop.is_none(), "{stop:?}");
    assert_eq!(found, keys(0..count));
    let mut mixed = b"#TS:123\r\n".to_vec();
    mixed.extend(set(0, 10));
    mixed.extend(b"# whatever\n");
    mixed.extend(set(1, 600_000));
    mixed.extend(flush(&[&b"#TS:124\r\n"[..], &set(2, 1)].concat(), 0));
    mixed.extend(set(3, 1));
    let (found, times, stop) = read(&mixed);
    assert!(stop.is_none(), "{stop:?}");
    assert_eq!((found, times), (keys(0..4), vec![123, 124]));
    assert!(read(b"").2.is_none());
}

#[test]
fn a_file_cut_anywhere_ends_at_a_whole_flush() {
    let (bytes, begins, firsts) = sample(&[3, 0, 100, 1000, 7], |begins| begins[begins.len() - 1]);
    for len in 0..bytes.len() {
        let (found, _, stop) = read(&bytes[..len]);
        let whole = begins.iter().rposition(|begin| *begin <= len).unwrap();
        assert_eq!(found, keys(0..firsts[whole]), "cut at {len}");
        match stop {
            None => assert_eq!(begins[whole], len),
            Some(stop) => {
                assert!(stop.torn, "cut at {len}: {stop}");
                assert_eq!(stop.good_bytes, begins[whole] as u64);
            }
        }
    }
}

#[test]
fn no_changed_byte_is_taken_for_right() {
    // Every flush was synced before the next.
    let (bytes, begins, firsts) = sample(&[3, 0, 40, 200, 7], |begins| begins[begins.len() - 1]);
    let last = begins[begins.len() - 2];
    for at in 0..bytes.len() {
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let (found, _, stop) = read(&bytes);
            let hit = begins.iter().rposition(|begin| *begin <= at).unwrap();
            if at == 1 || at == 2 {
                // The line is any note now, and the file Redis's so far.
                assert_eq!(found, keys(0..*firsts.last().unwrap()));
                continue;
            }
            let stop = stop.unwrap_or_else(|| panic!("byte {at} ^ {change}"));
            assert_eq!(found, keys(0..firsts[hit]), "byte {at} ^ {change}");
            assert_eq!(stop.good_bytes, begins[hit] as u64);
            // The first line may have lost what tells that the file is ours.
            let known = hit > 0 || !matches!(stop.what, What::Format(_));
            assert_eq!(
                stop.torn,
                at >= last && known,
                "byte {at} ^ {change}: {stop}"
            );
        }
    }
}

#[test]
fn a_hole_before_unsynced_flushes_is_the_end_of_a_crash() {
    for (synced_count, torn) in [(2, true), (3, false)] {
        let synced = |begins: &[usize]| begins[(begins.len() - 1).min(synced_count)];
        let (mut bytes, begins, firsts) = sample(&[3, 100, 600, 600, 9], synced);
        // The third flush is zeros where it was not synced, or damaged where it was.
        bytes[begins[2] + 100..begins[3] - 10].fill(0);
        let (found, _, stop) = read(&bytes);
        let stop = stop.unwrap();
        assert_eq!(found, keys(0..firsts[2]));
        assert_eq!((stop.torn, stop.good_bytes), (torn, begins[2] as u64));
    }
}

#[test]
fn a_flush_torn_at_its_first_bytes_is_no_note() {
    let (bytes, begins, firsts) = sample(&[3, 100, 9, 9], |_| 0);
    for kept in 0..5 {
        let mut bytes = bytes.clone();
        bytes[begins[2] + kept..begins[3]].fill(0);
        let (found, _, stop) = read(&bytes);
        let stop = stop.unwrap();
        assert_eq!(found, keys(0..firsts[2]), "{kept} bytes");
        assert_eq!((stop.torn, stop.good_bytes), (true, begins[2] as u64));
    }
}

#[test]
fn a_log_of_redis_is_read_by_its_rules() {
    let whole = [set(0, 5), set(1, 5), set(2, 5)].concat();
    for len in set(0, 5).len() * 2 + 1..whole.len() {
        let (found, _, stop) = read(&whole[..len]);
        let stop = stop.unwrap_or_else(|| panic!("{len}"));
        assert_eq!(found, keys(0..2));
        assert!(
            stop.torn && matches!(stop.what, What::Ended),
            "{len}: {stop}"
        );
    }
    for bad in [
        "SET a b\r\n",
        "*0\r\n",
        "*-1\r\n",
        "*1\r\n+PING\r\n",
        "\0\0\0",
        "*x\r\n",
    ] {
        let bytes = [&set(0, 5), bad.as_bytes(), &set(1, 5)].concat();
        let (found, _, stop) = read(&bytes);
        let stop = stop.unwrap();
        assert_eq!(found, keys(0..1), "{bad:?}");
        assert!(
            !stop.torn && matches!(stop.what, What::Format(_)),
            "{bad:?}"
        );
    }
    let note = [b"#".to_vec(), vec![b'x'; 2000]].concat();
    assert!(matches!(read(&note).2.unwrap().what, What::Format(_)));
}

#[test]
fn reading_may_fail() {
    let disk = SimDisk::new(1);
    disk.put(Path::new("/log"), &set(0, 5));
    let file = disk.open(Path::new("/log"), Mode::Read).unwrap();
    let mut reader = LogReader::new(file, 0).unwrap();
    disk.plan(disk.operations(), super::super::sim_disk::Fault::Io);
    let stop = reader.next().unwrap_err();
    assert!(!stop.torn && matches!(stop.what, What::Io(_)));
}

#[test]
fn what_stands_behind_damage_is_counted() {
    let lens = [3, 100, 300_000, 0, 9, 700_000, 5];
    let (mut bytes, begins, _) = sample(&lens, |begins| begins[begins.len() - 1]);
    bytes[begins[2] + 40] ^= 1;
    let disk = SimDisk::new(1);
    disk.put(Path::new("/log"), &bytes);
    let mut reader = LogReader::new(disk.open(Path::new("/log"), Mode::Read).unwrap(), 0).unwrap();
    let (mut commands, mut flushes) = (0, Vec::new());
    let stop = loop {
        let in_flush = match reader.next() {
            Ok(Next::Command(_)) => true,
            Ok(_) => false,
            Err(stop) => break stop,
        };
        commands += usize::from(in_flush);
        flushes.extend(reader.flush_at());
    };
    assert_eq!(commands, flushes.len());
    flushes.dedup();
    assert_eq!(flushes, [begins[0] as u64, begins[1] as u64]);
    assert_eq!(reader.checked().flushes, 2);
    let behind = reader.survey(stop.good_bytes);
    assert_eq!(behind.flushes, 4);
    let last = bytes.len() - begins[3];
    assert!(behind.bytes > last as u64 - 4 * LINE_BYTES_MAX as u64 && behind.bytes < last as u64);
}
