//! DUMP on one side, RESTORE on the other.

use super::samples::{Form, Sample, samples};
use super::{WAYS, bytes, digest_of, pipeline};
use crate::harness::client::Client;
use crate::harness::verdict;

#[test]
fn payloads_of_every_value_go_both_ways() {
    let mut problems = Vec::new();
    for (from, to) in WAYS {
        let (Some(source), Some(target)) = (from.start(), to.start()) else {
            return;
        };
        let (source, target) = (source.start(), target.start());
        let (mut source, mut target) = (source.connect(), target.connect());
        for sample in samples() {
            pipeline(&mut source, &sample.commands);
            if let Err(problem) = goes_over(&sample, &mut source, &mut target) {
                problems.push(format!("{from:?} to {to:?}: {}: {problem}", sample.key));
            }
        }
    }
    verdict(&problems);
}

fn goes_over(sample: &Sample, source: &mut Client, target: &mut Client) -> Result<(), String> {
    let key = &sample.key;
    let restore = |client: &mut Client, payload: &[u8]| {
        let reply = client.call(&[b"RESTORE", key.as_bytes(), b"0", payload, b"REPLACE"]);
        (!reply.is_error()).then_some(()).ok_or(format!("{reply}"))
    };
    let there = source.words(&format!("DUMP {key}"));
    restore(target, bytes(&there))?;
    let wanted = digest_of(source, key);
    let found = digest_of(target, key);
    if found != wanted {
        return Err(format!("{wanted} is {found}"));
    }
    let encoding = |client: &mut Client| client.words(&format!("OBJECT ENCODING {key}"));
    let (one, other) = (encoding(source), encoding(target));
    if one != other && sample.form != Form::Value {
        return Err(format!("{one} is {other}"));
    }
    let back = target.words(&format!("DUMP {key}"));
    if back != there && sample.form == Form::Bytes && !may_be_compressed(bytes(&there)) {
        let texts = [&there, &back].map(|reply| bytes(reply).escape_ascii().to_string());
        return Err(texts.join("\nis "));
    }
    restore(source, bytes(&back))?;
    let found = digest_of(source, key);
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{wanted} is {found} when it is back")),
    }
}

/// Compressors choose what they refer back to: the bytes need not be the same.
fn may_be_compressed(payload: &[u8]) -> bool {
    const COMPRESSED: u8 = 0xc3;
    payload.contains(&COMPRESSED)
}

#[test]
fn payloads_keep_deadlines_and_use() {
    for (from, to) in WAYS {
        let args = ["--maxmemory-policy", "allkeys-lfu"];
        let (Some(source), Some(target)) = (from.start(), to.start()) else {
            return;
        };
        let (source, target) = (source.start(), target.args(args).start());
        let (mut source, mut target) = (source.connect(), target.connect());
        source.words("RPUSH k a b");
        let payload = source.words("DUMP k");
        let mut restore = |key: &str, ttl: &str, options: &str| {
            let head = [b"RESTORE", key.as_bytes(), ttl.as_bytes(), bytes(&payload)];
            let options = options.split(' ').filter(|word| !word.is_empty());
            let options = options.map(str::as_bytes);
            let command: Vec<&[u8]> = head.into_iter().chain(options).collect();
            target.call(&command).to_string()
        };
        let year_2100 = "4102444800000";
        assert_eq!(restore("k", "0", ""), "+OK");
        assert!(restore("k", "0", "").starts_with("-BUSYKEY"));
        assert_eq!(restore("k", year_2100, "ABSTTL REPLACE FREQ 77"), "+OK");
        assert_eq!(restore("passed", "1000", "ABSTTL"), "+OK");
        assert_eq!(restore("soon", "1000000", ""), "+OK");
        let mut says = |line: &str| target.words(line).to_string();
        assert_eq!(says("OBJECT FREQ k"), ":77");
        assert_eq!(says("PEXPIRETIME k"), format!(":{year_2100}"));
        assert_eq!(says("EXISTS passed"), ":0");
        assert_eq!(
            says("TTL soon").len(),
            ":1000".len(),
            "{}",
            says("TTL soon")
        );
        assert_eq!(says("LRANGE k 0 -1"), r#"["a" "b"]"#);
        says("CONFIG SET maxmemory-policy allkeys-lru");
        let command = [
            b"RESTORE",
            &b"idle"[..],
            b"0",
            bytes(&payload),
            b"IDLETIME",
            b"5000",
        ];
        assert_eq!(target.call(&command).to_string(), "+OK");
        let idle = target.words("OBJECT IDLETIME idle").to_string();
        assert!(idle.starts_with(":50"), "{idle}");
    }
}

#[test]
fn a_payload_that_was_changed_is_refused() {
    for (from, to) in WAYS {
        let (Some(source), Some(target)) = (from.start(), to.start()) else {
            return;
        };
        let (source, target) = (source.start(), target.start());
        let (mut source, mut target) = (source.connect(), target.connect());
        source.words("ZADD k 1 a 2.5 b");
        let payload = bytes(&source.words("DUMP k")).to_vec();
        let refused = "-ERR DUMP payload version or checksum are wrong";
        for at in 0..payload.len() {
            let mut damaged = payload.clone();
            damaged[at] ^= 1 << (at % 8);
            for payload in [&damaged[..], &payload[..at]] {
                let reply = target.call(&[b"RESTORE", b"k".as_slice(), b"0", payload]);
                assert_eq!(reply.to_string(), refused, "{from:?} to {to:?} at {at}");
            }
        }
        assert_eq!(target.words("DBSIZE").to_string(), ":0");
    }
}
