//! The journal on a disk that fails and crashes.

use std::path::Path;

use super::super::flush::begin;
use super::super::log_reader::{LogReader, Next};
use super::super::sim_disk::{Fault, SimDisk};
use super::super::storage::{Mode, Storage};
use super::*;
use crate::resp::request::OwnedRequest;

const LOG: &str = "/log";

fn at_ms(ms: u64) -> MonoNs {
    MonoNs(ms * 1_000_000)
}

/// A new file, made ours.
fn new_file(disk: &SimDisk, path: &str) -> Box<dyn File> {
    let mut file = disk.open(Path::new(path), Mode::Create).unwrap();
    begin(&mut *file).unwrap();
    file
}

fn open(disk: &SimDisk, fsync: Fsync) -> Journal {
    let file = new_file(disk, LOG);
    disk.sync_dir(Path::new("/")).unwrap();
    open_at(file, fsync, true, 0)
}

fn open_at(file: Box<dyn File>, fsync: Fsync, is_listed: bool, after: u64) -> Journal {
    let settings = Settings {
        fsync,
        ..Settings::default()
    };
    let opening = Opening {
        file,
        is_listed,
        earlier_bytes: 0,
        after,
        settings,
        now: at_ms(0),
    };
    Journal::start(opening, &Workers::ByHand).unwrap()
}

/// Lets the worker do all it has, and takes the answers.
fn settle(journal: &mut Journal) {
    while journal.step() {}
    journal.take_answers();
}

/// Appends `SET <index> x`; the mark.
fn set(journal: &mut Journal, index: usize) -> u64 {
    let request = OwnedRequest::new(["SET", &index.to_string(), "x"]);
    journal.append(0, 0, [request.request()]);
    journal.mark()
}

/// The commands in `path`, words joined, up to where they are good.
fn commands(disk: &SimDisk, path: &str) -> Vec<String> {
    let file = disk.open(Path::new(path), Mode::Read).unwrap();
    let mut reader = LogReader::new(file, 0).unwrap();
    let mut commands = Vec::new();
    loop {
        match reader.next() {
            Ok(Next::Command(request)) => {
                let words: Vec<_> = request.args().map(|arg| arg.bytes().to_vec()).collect();
                commands.push(String::from_utf8(words.join(&b' ')).unwrap());
            }
            Ok(Next::Time(second)) => commands.push(format!("at {second}")),
            Ok(Next::End) => return commands,
            Err(stop) => {
                assert!(stop.torn, "{stop}");
                return commands;
            }
        }
    }
}

/// How many of `SET 0 x`, `SET 1 x`, … there are.
fn count_sets(commands: &[String]) -> usize {
    let sets = commands.iter().filter(|command| command.starts_with("SET"));
    for (index, command) in sets.clone().enumerate() {
        assert_eq!(*command, format!("SET {index} x"));
    }
    sets.count()
}

#[test]
fn commands_are_told_with_database_time_and_bounds() {
    let disk = SimDisk::new(1);
    let mut journal = open(&disk, Fsync::Never);
    journal.follow(Settings {
        fsync: Fsync::Never,
        timestamps: true,
    });
    let requests: Vec<_> = ["a", "b"].map(|key| OwnedRequest::new(["DEL", key])).into();
    journal.append(0, 7, requests.iter().map(OwnedRequest::request));
    journal.append(3, 7, requests[..1].iter().map(OwnedRequest::request));
    journal.append(3, 8, []);
    journal.append(3, 8, requests[1..].iter().map(OwnedRequest::request));
    assert!(journal.is_collecting());
    journal.commit(at_ms(1));
    assert!(!journal.is_collecting());
    let wanted = [
        "at 7", "SELECT 0", "MULTI", "DEL a", "DEL b", "EXEC", "SELECT 3", "DEL a", "at 8", "DEL b",
    ];
    assert_eq!(commands(&disk, LOG), wanted);
}

/// What a transaction does stands between MULTI and EXEC, unless it is one request or none.
#[test]
fn a_unit_is_one_transaction() {
    let disk = SimDisk::new(1);
    let mut journal = open(&disk, Fsync::Never);
    let requests: Vec<_> = ["a", "b"].map(|key| OwnedRequest::new(["DEL", key])).into();
    let append = |journal: &mut Journal, db, count: usize| {
        let requests = requests[..count].iter().map(OwnedRequest::request);
        journal.append(db, 7, requests);
    };
    append(&mut journal, 0, 1);
    for counts in [&[][..], &[1], &[1, 2, 1]] {
        journal.begin_unit();
        for (db, count) in counts.iter().enumerate() {
            append(&mut journal, db, *count);
        }
        journal.end_unit();
    }
    append(&mut journal, 2, 2);
    journal.commit(at_ms(1));
    let all = commands(&disk, LOG).join(", ");
    assert_eq!(
        all,
        "SELECT 0, DEL a, DEL a, \
         MULTI, DEL a, SELECT 1, DEL a, DEL b, SELECT 2, DEL a, EXEC, \
         MULTI, DEL a, DEL b, EXEC"
    );
}

#[test]
fn always_releases_what_is_synced() {
    let disk = SimDisk::new(1);
    let mut journal = open(&disk, Fsync::Always);
    assert_eq!((journal.mark(), journal.released()), (0, 0));
    let first = set(&mut journal, 0);
    journal.commit(at_ms(1));
    let second = set(&mut journal, 1);
    assert_eq!((first, second), (1, 2));
    journal.commit(at_ms(2));
    journal.take_answers();
    assert_eq!(journal.released(), 0);
    let before = disk.operations();
    assert!(journal.step());
    journal.take_answers();
    assert_eq!(journal.released(), 2);
    assert!(journal.is_synced());
    // Two flushes, one sync.
    assert_eq!(disk.operations() - before, 3);
}

#[test]
fn everysec_writes_at_once_and_syncs_when_a_second_is_over() {
    let disk = SimDisk::new(1);
    let mut journal = open(&disk, Fsync::EverySecond);
    set(&mut journal, 0);
    journal.commit(at_ms(500));
    assert_eq!(count_sets(&commands(&disk, LOG)), 1, "the loop wrote it");
    assert!(!journal.step(), "no sync yet");
    journal.commit(at_ms(1000));
    // The sync is under way: what comes now goes behind it, and nobody waits.
    set(&mut journal, 1);
    journal.commit(at_ms(1001));
    assert_eq!(count_sets(&commands(&disk, LOG)), 1);
    assert_eq!(journal.released(), u64::MAX);
    journal.commit(at_ms(3002));
    assert_eq!(
        (journal.released(), journal.lags),
        (1, 1),
        "the disk is behind"
    );
    assert!(journal.step());
    journal.commit(at_ms(3003));
    assert_eq!(journal.released(), u64::MAX);
    assert_eq!(count_sets(&commands(&disk, LOG)), 2);
}

#[test]
fn a_failed_write_is_made_good() {
    // A full disk fails the sync as well: that is another story.
    for (fsync, fault) in [
        (Fsync::Always, Fault::Io),
        (Fsync::EverySecond, Fault::Io),
        (Fsync::EverySecond, Fault::Full),
    ] {
        let disk = SimDisk::new(5);
        let mut journal = open(&disk, fsync);
        set(&mut journal, 0);
        journal.commit(at_ms(1));
        while journal.step() {}
        journal.take_answers();
        // A part may be written before it fails.
        let first = disk.operations();
        disk.plan(first, fault);
        if fault == Fault::Full {
            disk.plan(first + 1, fault);
        }
        set(&mut journal, 1);
        journal.commit(at_ms(200));
        settle(&mut journal);
        let mark = set(&mut journal, 2);
        journal.commit(at_ms(201));
        let failed = journal.failure().map(|failure| failure.what);
        assert_eq!(failed, Some(Failed::Write));
        assert!(journal.released() < mark, "a reply to what is nowhere");
        disk.heal();
        for ms in 0..5 {
            journal.commit(at_ms(400 + 100 * ms));
            settle(&mut journal);
        }
        assert!(journal.failure().is_none() && journal.released() >= mark);
        assert_eq!(count_sets(&commands(&disk, LOG)), 3);
        set(&mut journal, 3);
        journal.commit(at_ms(1000));
        settle(&mut journal);
        assert_eq!(count_sets(&commands(&disk, LOG)), 4);
    }
}

#[test]
fn a_failed_sync_takes_a_new_file() {
    let disk = SimDisk::new(5);
    let mut journal = open(&disk, Fsync::Always);
    let mark = set(&mut journal, 0);
    journal.commit(at_ms(1));
    // The write, the sync.
    disk.plan(disk.operations() + 1, Fault::Io);
    journal.step();
    journal.commit(at_ms(2));
    assert_eq!(journal.failure().unwrap().what, Failed::Sync);
    assert!(journal.needs_base());
    assert!(journal.released() < mark, "nobody may be told");
    let file = new_file(&disk, "/new");
    journal.restart(file).unwrap();
    let later = set(&mut journal, 1);
    journal.commit(at_ms(4));
    settle(&mut journal);
    assert!(journal.released() < mark && journal.failure().is_some());
    journal.rebased();
    assert!(journal.failure().is_none() && !journal.needs_base());
    assert!(journal.released() >= later);
    assert_eq!(commands(&disk, "/new"), ["SELECT 0", "SET 1 x"]);
}

#[test]
fn later_syncs_do_not_make_good_what_one_has_lost() {
    let disk = SimDisk::new(5);
    let mut journal = open(&disk, Fsync::Always);
    let mark = set(&mut journal, 0);
    journal.commit(at_ms(1));
    disk.plan(disk.operations() + 1, Fault::Io);
    journal.step();
    // Given before anybody knows.
    set(&mut journal, 1);
    let flush = journal.seal();
    journal.queue(flush, at_ms(2));
    journal.begin_sync();
    settle(&mut journal);
    assert!(journal.released() < mark);
    assert_eq!(journal.durable(), 0);
}

#[test]
fn reads_go_on_and_writes_wait_for_what_failed() {
    let disk = SimDisk::new(5);
    let mut journal = open(&disk, Fsync::Always);
    assert!(journal.holds_readers());
    disk.plan(disk.operations(), Fault::Io);
    set(&mut journal, 0);
    journal.commit(at_ms(1));
    settle(&mut journal);
    assert!(!journal.holds_readers());
    disk.heal();
    journal.commit(at_ms(500));
    settle(&mut journal);
    assert!(journal.holds_readers() && journal.released() == 1);
}

#[test]
fn a_log_just_begun_promises_nothing_before_its_base() {
    let disk = SimDisk::new(5);
    let mut journal = open_at(new_file(&disk, LOG), Fsync::Always, false, 7);
    assert!(journal.is_begun() && journal.needs_base());
    let mark = set(&mut journal, 0);
    assert_eq!(mark, 8, "numbers go on");
    journal.commit(at_ms(1));
    assert_eq!((journal.released(), journal.durable()), (u64::MAX, 0));
    // Even if it fails; then another file is begun, and still nothing was promised.
    disk.plan(disk.operations() + 1, Fault::Io);
    settle(&mut journal);
    assert!(journal.failure().is_some());
    journal.restart(new_file(&disk, "/new")).unwrap();
    assert!(journal.is_begun() && journal.failure().is_none());
    let later = set(&mut journal, 1);
    journal.commit(at_ms(2));
    journal.rebased();
    assert_eq!(journal.released(), mark, "what is in the base");
    settle(&mut journal);
    assert_eq!(journal.released(), later);
}

#[test]
fn marks_of_a_journal_before_are_released_by_the_next() {
    let disk = SimDisk::new(5);
    let mut before = open(&disk, Fsync::Always);
    for index in 0..5 {
        set(&mut before, index);
        before.commit(at_ms(1));
    }
    before.finish(at_ms(2)).unwrap();
    let mark = before.mark();
    let file = new_file(&disk, "/new");
    let after = open_at(file, Fsync::Always, true, before.last());
    assert!(after.released() >= mark);
}

/// The old file fails when the new one is listed already: nothing may stand in the new one that
/// comes after what the old one lacks.
#[test]
fn an_old_file_that_fails_holds_up_the_new_one() {
    for fault_at in 0..2 {
        let disk = SimDisk::new(5);
        let mut journal = open(&disk, Fsync::Always);
        set(&mut journal, 0);
        journal.commit(at_ms(1));
        journal.switch(new_file(&disk, "/new")).unwrap();
        let mark = set(&mut journal, 1);
        journal.commit(at_ms(2));
        // The old file's write, or its sync.
        disk.plan(disk.operations() + fault_at, Fault::Io);
        settle(&mut journal);
        assert!(commands(&disk, "/new").is_empty());
        assert!(journal.released() < 1);
        let failed = journal.failure().unwrap().what;
        if failed == Failed::Write {
            disk.heal();
            for ms in 0..5 {
                journal.commit(at_ms(500 + ms * 100));
                settle(&mut journal);
            }
            assert_eq!(count_sets(&commands(&disk, LOG)), 1);
        } else {
            // The base makes up for it.
            journal.rebased();
            journal.commit(at_ms(500));
            settle(&mut journal);
        }
        assert!(journal.failure().is_none() && !journal.needs_base());
        assert_eq!(commands(&disk, "/new"), ["SELECT 0", "SET 1 x"]);
        assert!(journal.released() >= mark);
    }
}

#[test]
fn a_base_does_not_mend_the_file_behind_it() {
    let disk = SimDisk::new(5);
    let mut journal = open(&disk, Fsync::Always);
    journal.switch(new_file(&disk, "/new")).unwrap();
    settle(&mut journal);
    let mark = set(&mut journal, 0);
    journal.commit(at_ms(2));
    disk.plan(disk.operations() + 1, Fault::Io);
    settle(&mut journal);
    journal.rebased();
    assert!(journal.needs_base() && journal.released() < mark);
}

#[test]
fn a_switch_loses_nothing_and_waits_for_nobody() {
    for fsync in [Fsync::Always, Fsync::EverySecond, Fsync::Never] {
        let disk = SimDisk::new(5);
        let mut journal = open(&disk, fsync);
        set(&mut journal, 0);
        journal.commit(at_ms(1));
        set(&mut journal, 1);
        journal.commit(at_ms(2));
        journal.switch(new_file(&disk, "/new")).unwrap();
        set(&mut journal, 2);
        journal.commit(at_ms(3));
        while journal.step() {}
        journal.take_answers();
        set(&mut journal, 3);
        journal.finish(at_ms(4)).unwrap();
        assert_eq!(commands(&disk, LOG), ["SELECT 0", "SET 0 x", "SET 1 x"]);
        assert_eq!(commands(&disk, "/new"), ["SELECT 0", "SET 2 x", "SET 3 x"]);
        let bytes = |path| disk.contents(Path::new(path)).unwrap().len() as u64;
        assert_eq!(journal.bytes(), bytes(LOG) + bytes("/new"));
        journal.rebased();
        assert_eq!(journal.bytes(), bytes("/new"));
    }
}

#[test]
fn a_file_left_before_anything_was_written_is_left_for_good() {
    let disk = SimDisk::new(5);
    let mut journal = open(&disk, Fsync::Always);
    journal.switch(new_file(&disk, "/new")).unwrap();
    settle(&mut journal);
    set(&mut journal, 0);
    journal.commit(at_ms(0));
    // Half of the flush arrives.
    disk.plan(disk.operations(), Fault::Short);
    disk.plan(disk.operations() + 1, Fault::Io);
    settle(&mut journal);
    assert!(journal.failure().is_some());
    for ms in 0..10 {
        journal.commit(at_ms(1000 + ms));
        settle(&mut journal);
    }
    assert!(journal.failure().is_none() && journal.is_synced());
    assert_eq!(commands(&disk, "/new"), ["SELECT 0", "SET 0 x"]);
}

#[test]
fn what_was_released_under_always_survives_every_crash() {
    let mut outcomes = [0; 3];
    for seed in 0..3000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = SimDisk::new(seed);
        let mut journal = open(&disk, Fsync::Always);
        disk.plan(disk.operations() + random.u64(..60), Fault::Crash);
        let mut marks = Vec::new();
        let mut safe = 0;
        for ms in 0..60 {
            for _ in 0..random.usize(..3) {
                marks.push(set(&mut journal, marks.len()));
            }
            journal.commit(at_ms(ms));
            if random.bool() {
                journal.step();
            }
            journal.take_answers();
            safe = journal.released();
        }
        disk.crash();
        disk.restart();
        disk.heal();
        let found = count_sets(&commands(&disk, LOG));
        let promised = marks.iter().filter(|mark| **mark <= safe).count();
        assert!(found >= promised, "seed {seed}: {found} of {promised}");
        outcomes[0] += usize::from(found > promised);
        outcomes[1] += usize::from(found < marks.len());
        outcomes[2] += usize::from(promised > 0);
    }
    assert!(outcomes.iter().all(|count| *count > 100), "{outcomes:?}");
}
