//! A start that is killed before each of its operations on files, one after the other
//! (`tests/shim/kill_at.c`): a restore to a moment, the taking over of an old log.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::restore::{CHANGES, log_of, put_log};
use super::{Home, kill};
use crate::harness::client::{Client, encode};
use crate::harness::repository;
use crate::harness::server::{RUDDLE, Start, fresh_dir};
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
    let mut server = Start::command(&command)
        .args(["--dir", &dir, "--appendonly", "yes"])
        .args(args)
        .spawn();
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
    } else {
        assert!(!server.wait().success(), "{}", server.log());
    }
    lives
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
