//! What FLUSHALL means for snapshots: those of the data before are of no use, and where there are
//! save points the empty data are saved at once, without anybody waiting for it.

use std::fs;
use std::path::PathBuf;

use super::subject;
use crate::harness::client::Client;
use crate::harness::server::{Server, fresh_dir};
use crate::harness::wait_until;

/// A server in a directory of its own, with a save point that is far off, or none; and the file.
fn start(save: &str) -> Option<(Server, Client, PathBuf)> {
    let dir = fresh_dir();
    let place = dir.display().to_string();
    let server = subject()?.args(["--dir", &place, "--save", save]).start();
    let mut client = server.connect();
    for line in ["SET a 1", "SET b 2", "SELECT 1", "SET c 3", "SELECT 0"] {
        assert_eq!(client.words(line).to_string(), "+OK");
    }
    Some((server, client, dir.join("dump.rdb")))
}

fn info(client: &mut Client, field: &str) -> String {
    let reply = client.words("INFO persistence");
    let text = String::from_utf8_lossy(reply.text().expect("text")).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{field} in {text}"))
        .to_owned()
}

fn await_info(client: &mut Client, field: &str, value: &str) {
    wait_until(&format!("{field}:{value}"), || {
        (info(client, field) == value).then_some(())
    });
}

fn unsaved(client: &mut Client) -> u64 {
    let text = info(client, "rdb_changes_since_last_save");
    text.parse().expect("a number")
}

/// Keys of a snapshot take so long that it does not end by itself.
fn begin_slow_save(client: &mut Client) {
    for line in ["CONFIG SET rdb-key-save-delay 50000000", "BGSAVE"] {
        assert!(!client.words(line).is_error(), "{line}");
    }
    await_info(client, "rdb_bgsave_in_progress", "1");
    assert!(!client.words("CONFIG SET rdb-key-save-delay 0").is_error());
}

/// Ends the server as it is; how many keys the next one finds.
fn keys_found_later(mut server: Server, file: &std::path::Path) -> Option<i64> {
    server.signal("KILL");
    server.wait();
    let place = file.parent().expect("a directory").display().to_string();
    let server = subject()?.args(["--dir", &place]).start();
    server.connect().words("DBSIZE").int()
}

#[test]
fn flushall_saves_the_empty_data_at_once() {
    for flush in [
        &["FLUSHALL"][..],
        &["FLUSHALL ASYNC"],
        &["MULTI", "SET d 4", "FLUSHALL", "EXEC"],
    ] {
        let Some((server, mut client, file)) = start("3600 1") else {
            return;
        };
        assert_eq!(unsaved(&mut client), 3);
        for line in flush {
            assert!(!client.words(line).is_error(), "{line}");
        }
        assert_eq!(unsaved(&mut client), 0, "{flush:?}");
        // Whoever asks for one more is not told that one is under way.
        assert!(!client.words("SAVE").is_error());
        wait_until("the snapshot", || file.exists().then_some(()));
        await_info(&mut client, "rdb_bgsave_in_progress", "0");
        assert_eq!(unsaved(&mut client), 0, "{flush:?}");
        assert_eq!(client.words("SET e 5").to_string(), "+OK");
        assert_eq!(unsaved(&mut client), 1);
        assert_eq!(keys_found_later(server, &file), Some(0));
    }
}

#[test]
fn flushall_ends_the_save_under_way_and_begins_its_own() {
    let Some((server, mut client, file)) = start("3600 1") else {
        return;
    };
    begin_slow_save(&mut client);
    assert_eq!(client.words("FLUSHALL").to_string(), "+OK");
    assert_eq!(unsaved(&mut client), 0);
    assert_eq!(
        client.words("BGSAVE").to_string(),
        "+Background saving started"
    );
    wait_until("the snapshot", || file.exists().then_some(()));
    await_info(&mut client, "rdb_bgsave_in_progress", "0");
    assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "ok");
    assert_eq!(unsaved(&mut client), 0);
    assert_eq!(keys_found_later(server, &file), Some(0));
}

#[test]
fn without_save_points_flushall_ends_the_save_under_way_and_begins_none() {
    let Some((_server, mut client, file)) = start("") else {
        return;
    };
    begin_slow_save(&mut client);
    assert_eq!(client.words("FLUSHALL").to_string(), "+OK");
    await_info(&mut client, "rdb_bgsave_in_progress", "0");
    assert!(unsaved(&mut client) > 3);
    assert!(!file.exists());
    assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "ok");
}

/// Nothing is forgotten if the empty data cannot be saved. (Redis counts them as unsaved, too.)
#[test]
fn changes_count_again_if_the_save_behind_flushall_fails() {
    let Some((_server, mut client, file)) = start("3600 1") else {
        return;
    };
    // No file can take its name.
    fs::create_dir(&file).expect("a directory");
    assert_eq!(client.words("FLUSHALL").to_string(), "+OK");
    wait_until("changes that count again", || {
        (unsaved(&mut client) > 3).then_some(())
    });
}

/// Who saves here and now is told; what works beside the clients has not failed.
#[test]
fn a_save_that_fails_at_once_stops_no_writes() {
    let Some((_server, mut client, file)) = start("3600 1") else {
        return;
    };
    fs::create_dir(&file).expect("a directory");
    assert!(client.words("SAVE").is_error());
    assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "ok");
    assert_eq!(info(&mut client, "rdb_last_bgsave_time_sec"), "-1");
    assert_eq!(client.words("SET k v").to_string(), "+OK");
    assert_eq!(
        client.words("BGSAVE").to_string(),
        "+Background saving started"
    );
    await_info(&mut client, "rdb_last_bgsave_status", "err");
    assert!(client.words("SET k v").is_error());
    fs::remove_dir(&file).expect("it is empty");
    assert_eq!(client.words("SAVE").to_string(), "+OK");
    assert_eq!(client.words("SET k v").to_string(), "+OK");
}
