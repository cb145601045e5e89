//! A start that is killed before each of its operations on files, one after the other
//! (`tests/shim/kill_at.c`): a restore to a moment, the taking over of an old log.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::restore::{CHANGES, log_of, put_files, put_log, two_generations};
use super::{Home, kill};
use crate::harness::client::{Client, encode};
use crate::harness::repository;
use crate::harness::server::{RUDDLE, Server, Start, fresh_dir};
use crate::harness::wait_until;

/// No start has so many.
const OPERATIONS_MAX: usize = 200;

/// The shim, built once.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let shim = fresh_dir().join("kill_at.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&shim)
            .arg(repository("tests/shim/kill_at.c"))
            .arg("-ldl")
            .status();
        assert!(status.expect("cc").success());
        shim
    })
}

/// Starts a server that dies before its operation number `at`; whether it lived on.
fn lives_through(home: &Home, at: usize, args: &[&str]) -> bool {
    let command = format!("env LD_PRELOAD={} KILL_AT={at} {RUDDLE}", shim().display());
    let dir = home.path().display().to_string();
    let server = Start::command(&command)
        .args(["--dir", &dir, "--appendonly", "yes"])
        .args(args)
        .spawn();
    lives(server).is_ok()
}

/// Waits until a server answers, and ends it; or until it has ended by itself: then its log.
fn lives(mut server: Server) -> Result<(), String> {
    let lives = wait_until("an end, or a server that answers", || {
        if server.exit_status().is_some() {
            return Some(false);
        }
        let mut client = Client::try_connect(&server.unix()).ok()?;
        client.send(&["PING"]).ok()?;
        let reply = client.read().ok()?;
        (reply.to_string() == "+PONG").then_some(true)
    });
    if lives {
        kill(server);
        return Ok(());
    }
    assert!(!server.wait().success(), "{}", server.log());
    Err(server.log())
}

fn values(home: &Home, args: &[&str]) -> String {
    let server = home.server(args.iter().copied()).start();
    let values = server.connect().words("MGET a b c d").to_string();
    kill(server);
    values
}

/// Kills starts with `args` in a directory made by `fill` at all their moments; `check` looks at
/// what each of them left.
fn at_each_moment(fill: impl Fn(&Home), args: &[&str], check: impl Fn(&Home, usize)) {
    for at in 1..OPERATIONS_MAX {
        let home = Home::new();
        fill(&home);
        let lives = lives_through(&home, at, args);
        check(&home, at);
        if lives {
            assert!(at > 5, "only {at} operations");
            return;
        }
    }
    panic!("it never came to an end");
}

const RESTORED: &str = "[\"1\" \"2\" \"3\" $-1]";
const ALL: &str = "[\"4\" \"2\" \"3\" $-1]";

#[test]
fn a_restore_killed_at_any_moment_is_done_or_not_begun() {
    let to = ["--restore-to", "1700000010"];
    let fill = |home: &Home| put_log(home, &log_of(CHANGES));
    at_each_moment(fill, &to, |home, at| {
        // By turns: once more, or not at all.
        if at % 2 == 0 {
            assert_eq!(values(home, &to), RESTORED, "killed at {at}");
        } else {
            let found = values(home, &[]);
            assert!(
                [RESTORED, ALL].contains(&&found[..]),
                "killed at {at}: {found}"
            );
        }
        // Whatever was left out is there for a later moment.
        let later = ["--restore-to", "1700000020"];
        assert_eq!(values(home, &later), ALL, "killed at {at}");
    });
}

#[test]
fn an_old_log_is_taken_over_whenever_that_is_killed() {
    let fill = |home: &Home| {
        let lines = CHANGES.iter().map(|(_, line)| line);
        let words = lines.map(|line| encode(&line.split(' ').collect::<Vec<_>>()));
        let log = words.collect::<Vec<_>>().concat();
        fs::write(home.path().join("appendonly.aof"), log).expect("the log");
    };
    at_each_moment(fill, &[], |home, at| {
        assert_eq!(values(home, &[]), ALL, "killed at {at}");
        assert_eq!(values(home, &[]), ALL, "killed at {at}");
        assert!(!home.path().join("appendonly.aof").exists());
    });
}

/// A generation that is let go is there as a whole or not at all.
#[test]
fn nobody_goes_back_to_half_of_a_generation() {
    let fill = |home: &Home| put_files(home, &two_generations());
    let none = ["--aof-keep-generations", "0"];
    at_each_moment(fill, &none, |home, at| {
        let to = ["--restore-to", "1700000010"];
        match lives(home.server(to).spawn()) {
            Ok(()) => assert_eq!(values(home, &[]), "[\"1\" \"2\" $-1 $-1]", "killed at {at}"),
            Err(log) => {
                assert!(
                    log.contains("the log reaches back to"),
                    "killed at {at}: {log}"
                );
                let all = "[\"1\" \"3\" \"4\" \"5\"]";
                assert_eq!(values(home, &[]), all, "killed at {at}");
            }
        }
    });
}
