//! Payloads of DUMP, changed, with a checksum that holds again: what is taken is a value as good
//! as any other.

use ruddle::config::VersionCheck;
use ruddle::ds::table::Seed;
use ruddle::rdb::decode::{self, Checks, Context};
use ruddle::rdb::{CHECKSUM, encode};
use ruddle::value::Thresholds;

use super::{COMMANDS, Dir, MAKERS, NOW, digest, each_changed, keyspace, put, run};
use crate::harness::each_in_parallel;
use crate::harness::reply::Reply;

/// The digest of a value, and its payload as it is written here.
fn load(payload: &[u8]) -> Option<(String, Vec<u8>)> {
    let thresholds = Thresholds::default();
    let context = Context {
        thresholds: &thresholds,
        seed: Seed([1, 2]),
    };
    let loaded = decode::payload(payload, Checks::Made(VersionCheck::Strict), context).ok()?;
    let mut space = keyspace();
    put(&mut space, 0, b"key", loaded, None);
    let digest = digest(&mut space);
    let mut view = space.view(0, NOW);
    let entry = view.peek(b"key")?;
    Some((digest, encode::payload(entry.value())))
}

/// `payload` with the checksum that fits it.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let body = &payload[..payload.len() - 8];
    [body, &CHECKSUM.checksum(body).to_le_bytes()].concat()
}

#[test]
fn what_is_restored_is_whole() {
    each_in_parallel(&MAKERS, |maker| {
        let dir = Dir::new();
        let Some(server) = maker.start(&dir.0, &[]) else {
            return;
        };
        let mut client = server.connect();
        let mut keys = Vec::new();
        for command in COMMANDS {
            run(&mut client, command);
            keys.extend(command.split(' ').nth(1));
        }
        run(&mut client, "SELECT 0");
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let reply = client.words(&format!("DUMP {key}"));
            let (Reply::Bulk(_), Some(payload)) = (&reply, reply.text()) else {
                continue;
            };
            assert!(load(payload).is_some(), "{maker:?}: {key}");
            each_changed(payload, |at, change, changed| {
                assert!(
                    load(changed).is_none(),
                    "{maker:?}: {key}: byte {at} ^ {change}"
                );
                let Some((digest, again)) = load(&sealed(changed)) else {
                    return;
                };
                // Read back, it is the same value.
                let (found, _) = load(&again).unwrap_or_else(|| {
                    panic!("{maker:?}: {key}: byte {at} ^ {change}: what was taken is refused")
                });
                assert_eq!(found, digest, "{maker:?}: {key}: byte {at} ^ {change}");
            });
            for len in 0..payload.len() {
                assert!(load(&payload[..len]).is_none(), "{key}: {len}");
                let cut = [&payload[..len], &payload[payload.len() - 10..]].concat();
                if len < payload.len() - 10 {
                    let _ = load(&sealed(&cut));
                }
            }
        }
    });
}
