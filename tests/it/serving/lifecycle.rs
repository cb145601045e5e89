//! Start and end: configuration that is wrong, signals, SHUTDOWN.

use std::fs;

use super::subject;
use crate::harness::server::fresh_dir;

#[test]
fn a_bad_line_is_named() {
    let cases = [
        (
            "port 0\n\nnosuch yes\n",
            3,
            "Bad directive or wrong number of arguments",
        ),
        ("# a comment\nmaxclients many\n", 2, "argument"),
        ("hz \"10\n", 1, "Unbalanced quotes in configuration line"),
        ("port 1 2 3\n", 1, "wrong number of arguments"),
    ];
    for (text, line, why) in cases {
        let Some(start) = subject() else { return };
        let dir = fresh_dir();
        let file = dir.join("bad.conf");
        fs::write(&file, text).unwrap();
        let (status, log) = start.bare().config_file(&file).refused();
        assert!(!status.success(), "{text}");
        let bad = text.lines().nth(line - 1).unwrap();
        for part in [why, bad, &format!("{line}")] {
            assert!(log.contains(part), "{part:?} is not in\n{log}");
        }
        fs::remove_dir_all(dir).unwrap();
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let cases: &[(&[&str], &str)] = &[
        (&["--dir", "/no/such/directory"], "/no/such/directory"),
        (&["--unixsocket", "/no/such/directory/s"], "nix socket"),
        (&["--port", "99999"], "port"),
        (&["--nosuch", "1"], "nosuch"),
        (&["/no/such/file.conf"], "/no/such/file.conf"),
    ];
    for (args, part) in cases {
        let Some(start) = subject() else { return };
        let (status, log) = start.bare().args(*args).refused();
        assert!(!status.success(), "{args:?}");
        assert!(log.contains(part), "{part:?} is not in\n{log}");
    }
}

#[test]
fn file_arguments_and_standard_input_are_one_configuration() {
    let Some(start) = subject() else { return };
    let dir = fresh_dir();
    let (file, more) = (dir.join("a.conf"), dir.join("b.conf"));
    fs::write(
        &file,
        format!("include {}\nhz 20\ntimeout 7\n", more.display()),
    )
    .unwrap();
    fs::write(&more, "databases 3\nhz 30\n").unwrap();
    let server = start
        .config_file(&file)
        .args(["--timeout", "8", "-"])
        .input("maxclients 55\n")
        .start();
    let mut client = server.connect();
    for (name, value) in [
        ("hz", "20"),
        ("timeout", "8"),
        ("databases", "3"),
        ("maxclients", "55"),
    ] {
        let reply = client.words(&format!("CONFIG GET {name}")).to_string();
        assert_eq!(reply, format!("[\"{name}\" \"{value}\"]"));
    }
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn signals_end_it_in_order() {
    for signal in ["TERM", "INT"] {
        let Some(start) = subject() else { return };
        let mut server = start.args(["--pidfile", "pid"]).start();
        let mut client = server.connect();
        assert_eq!(client.words("SET k v").to_string(), "+OK");
        server.signal(signal);
        let status = server.wait();
        let log = server.log();
        assert!(status.success(), "{status}\n{log}");
        assert!(client.closes());
        let scheduled = match signal {
            "TERM" => "Received SIGTERM scheduling shutdown...",
            _ => "Received SIGINT scheduling shutdown...",
        };
        let mut rest = log.as_str();
        for line in [
            scheduled,
            "User requested shutdown...",
            "ready to exit, bye bye...",
        ] {
            let at = rest
                .find(line)
                .unwrap_or_else(|| panic!("{line:?} is not in\n{log}"));
            rest = &rest[at..];
        }
        assert!(!server.dir().join("s").exists(), "the socket is left");
        assert!(!server.dir().join("pid").exists(), "the pid file is left");
    }
}

#[test]
fn shutdown_ends_it() {
    for command in ["SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN NOSAVE NOW FORCE"] {
        let Some(start) = subject() else { return };
        let mut server = start.start();
        let mut client = server.connect();
        let words: Vec<&str> = command.split(' ').collect();
        client.send(&words).unwrap();
        assert!(client.closes(), "{command}");
        let status = server.wait();
        assert!(status.success(), "{command}: {status}\n{}", server.log());
        assert!(server.log().contains("ready to exit, bye bye..."));
    }
}

#[test]
fn version_and_help() {
    for (args, part) in [
        (["--version"], "server v"),
        (["-v"], "server v"),
        (["--help"], "Usage:"),
    ] {
        let Some(start) = subject() else { return };
        let (status, text) = start.bare().args(args).refused();
        assert!(status.success() || args == ["--help"], "{args:?}: {status}");
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}
