//! A server on a simulated disk, driven by hand: it is killed, starts again on what was written,
//! and then the power fails. What was acknowledged after the restart must not hang on what only
//! the system's cache held before it.

use std::path::Path;

use mio::Poll;

use super::*;
use crate::keyspace::Deadline;
use crate::persist::manifest::End;
use crate::persist::sim_disk::SimDisk;
use crate::server::sim::table;
use crate::server::startup::Parts;
use crate::sys::clock::Clock;
use crate::sys::reaper::Reaper;
use crate::value::string::NewStr;

/// A server with a log on `disk`, when everything is loaded.
fn start(disk: &SimDisk, fsync: AppendFsync) -> Server {
    let mut config = Config::default();
    config.appendonly = true;
    config.appendfsync = fsync;
    config.save = Vec::new();
    let parts = Parts {
        poll: Poll::new().unwrap(),
        signals: None,
        reaper: Reaper::at_once(),
        storage: Arc::new(disk.clone()),
        workers: Workers::ByHand,
        clock: Clock::simulated(),
        seed: 1,
    };
    let mut server = Server::assemble(config, table(), parts).unwrap();
    server.begin_loading().unwrap();
    while let Some(loading) = &mut server.loading {
        loading.step();
        server.go_round().unwrap();
    }
    server
}

/// What `SET <index> x` does, data and log.
fn set(server: &mut Server, index: usize) -> u64 {
    let key = index.to_string();
    let mut db = server.keyspace.view(0, server.now.ms());
    db.set(key.as_bytes(), NewStr::Int(0), Deadline::Never);
    let request = OwnedRequest::new(["SET", &key, "0"]);
    let journal = server.durable.journal.as_mut().unwrap();
    journal.append(0, 0, [request.request()]);
    journal.mark()
}

/// The process is gone: nothing is dropped, nothing more is done.
fn kill(server: Server, disk: &SimDisk) {
    std::mem::forget(server);
    disk.reopen();
}

/// Writes under `always` to what a killed process left, cuts the power, and counts the keys.
fn keys_after_all(disk: &SimDisk, before: usize) -> usize {
    let mut server = start(disk, AppendFsync::Always);
    assert_eq!(server.keyspace.table_stats(0).keys, before);
    let mark = set(&mut server, before);
    server.go_round().unwrap();
    while server.durable.journal.as_mut().unwrap().step() {}
    server.go_round().unwrap();
    assert!(server.released().wrote >= mark, "it is acknowledged");
    std::mem::forget(server);
    disk.crash();
    disk.restart();
    start(disk, AppendFsync::Always)
        .keyspace
        .table_stats(0)
        .keys
}

#[test]
fn what_stands_in_an_earlier_file_is_on_disk_before_more_is_promised() {
    for seed in 0..100 {
        let disk = SimDisk::new(seed);
        let mut server = start(&disk, AppendFsync::EverySecond);
        set(&mut server, 0);
        server.go_round().unwrap();
        server.begin_rewrite();
        assert!(server.durable.files.step());
        server.go_round().unwrap();
        // The old file is not synced: the worker has not come to it.
        assert_eq!(server.durable.manifest.incrementals.len(), 2);
        kill(server, &disk);
        assert_eq!(keys_after_all(&disk, 1), 2, "seed {seed}");
    }
}

#[test]
fn the_manifest_that_was_read_is_on_disk_before_more_is_promised() {
    for seed in 0..100 {
        let disk = SimDisk::new(seed);
        let mut server = start(&disk, AppendFsync::Always);
        let dir = server.durable.dir.clone();
        let part = server.next_incremental();
        dir.new_incremental(&part).unwrap();
        let mut manifest = server.durable.manifest.clone();
        manifest.incrementals.push(part);
        // As `write_manifest` does it, up to the last step.
        let temporary = Path::new("manifest.temp");
        let mut file = disk.open(temporary, Mode::Create).unwrap();
        file.append_all(&manifest.to_bytes()).unwrap();
        file.sync().unwrap();
        disk.rename(temporary, &dir.manifest_path()).unwrap();
        kill(server, &disk);
        assert_eq!(keys_after_all(&disk, 0), 1, "seed {seed}");
    }
}

#[test]
fn a_generation_without_its_end_has_a_gap() {
    for (log_works, end) in [(true, End::Continued), (false, End::Gap)] {
        let disk = SimDisk::new(1);
        let mut server = start(&disk, AppendFsync::Always);
        set(&mut server, 1);
        server.begin_rewrite();
        for _ in 0..10 {
            server.go_round().unwrap();
            while log_works && server.durable.journal.as_mut().unwrap().step() {}
            while server.durable.files.step() || server.saving.step_to(u32::MAX) {}
        }
        let manifest = server.durable.dir.read_manifest().unwrap().unwrap();
        assert!(manifest.base.is_some());
        let ends: Vec<End> = manifest.kept.iter().map(|kept| kept.end).collect();
        assert_eq!(ends, [end], "the log's thread works: {log_works}");
    }
}
