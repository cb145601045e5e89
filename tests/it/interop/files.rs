//! A snapshot written on one side is read on the other.

use std::fs;

use super::samples::everything;
use super::{Dir, WAYS, accepted, contents, differences, pipeline};

#[test]
fn snapshots_go_both_ways() {
    for compression in ["yes", "no"] {
        for (from, to) in WAYS {
            let dir = Dir::new();
            let args = ["--rdbcompression", compression];
            let Some(server) = from.start_in(&dir.0, &args) else {
                return;
            };
            let mut client = server.connect();
            pipeline(&mut client, &everything());
            assert_eq!(client.words("SAVE").to_string(), "+OK");
            let wanted = contents(&mut client);
            drop(server);
            let said = accepted("redis-check-rdb", &dir.join("dump.rdb"));
            assert!(said.contains("RDB looks OK"), "{said}");

            let Some(server) = to.start_in(&dir.0, &[]) else {
                return;
            };
            let mut client = server.connect();
            let problems = differences(&wanted, &contents(&mut client));
            assert!(problems.is_empty(), "{from:?} to {to:?}: {problems:#?}");
            // And what came from there is written again.
            assert_eq!(client.words("SAVE").to_string(), "+OK");
            let said = accepted("redis-check-rdb", &dir.join("dump.rdb"));
            assert!(said.contains("RDB looks OK"), "{said}");
        }
    }
}

#[test]
fn a_snapshot_without_checksum_goes_both_ways() {
    for (from, to) in WAYS {
        let dir = Dir::new();
        let Some(server) = from.start_in(&dir.0, &["--rdbchecksum", "no"]) else {
            return;
        };
        let mut client = server.connect();
        client.words("SET k v");
        assert_eq!(client.words("SAVE").to_string(), "+OK");
        let file = fs::read(dir.join("dump.rdb")).unwrap();
        assert!(file.ends_with(&[0; 8]), "{}", file.escape_ascii());
        let Some(server) = to.start_in(&dir.0, &[]) else {
            return;
        };
        assert_eq!(server.connect().words("GET k").to_string(), r#""v""#);
    }
}
