//! DEBUG's subcommands that end the process, and who may call DEBUG at all.

use std::os::unix::process::ExitStatusExt;

use super::subject;
use crate::harness::client::Client;
use crate::harness::server::Server;
use crate::harness::wait_until;

/// Sends a command that no reply comes to.
fn end(server: &Server, line: &str) {
    let mut client = server.connect();
    client.send(&line.split(' ').collect::<Vec<_>>()).unwrap();
    assert!(client.closes(), "{line}");
}

#[test]
fn a_crash_that_was_asked_for_is_one() {
    for (command, told) in [
        ("DEBUG PANIC", "BUG REPORT START"),
        ("DEBUG ASSERT", "BUG REPORT START"),
        ("DEBUG OOM", "emory alloc"),
    ] {
        let Some(start) = subject() else { return };
        let mut server = start.start();
        end(&server, command);
        let status = server.wait();
        assert!(!status.success(), "{command}: {status}");
        let log = server.log();
        assert!(log.contains(told), "{command}: {log}");
    }
    let Some(start) = subject() else { return };
    let mut server = start.start();
    end(&server, "DEBUG SEGFAULT");
    let status = server.wait();
    assert_eq!(status.signal(), Some(11), "{status}");
}

#[test]
fn a_server_begins_anew_with_what_is_on_disk() {
    let Some(start) = subject() else { return };
    let args = ["--appendonly", "yes", "--appendfsync", "always"];
    let server = start.args(args).start();
    let commands = ["DEBUG RESTART", "DEBUG CRASH-AND-RECOVER 10"];
    for (command, value) in commands.into_iter().zip(1..) {
        let counted = server.connect().words("INCR k").to_string();
        assert_eq!(counted, format!(":{value}"));
        let before = server.connect().call(&["INFO", "server"]).to_string();
        end(&server, command);
        let after = wait_until("the server again", || {
            // The listener of the process before may still take it.
            let mut client = Client::try_connect(&server.unix()).ok()?;
            client.send(&["GET", "k"]).ok()?;
            let found = client.read().ok()?.to_string();
            (found == format!("\"{value}\"")).then(|| client.call(&["INFO", "server"]).to_string())
        });
        let line = |text: &str, field: &str| {
            let from = text.find(field).expect("INFO has it");
            text[from..]
                .split("\\r\\n")
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(line(&before, "process_id:"), line(&after, "process_id:"));
        assert_ne!(line(&before, "run_id:"), line(&after, "run_id:"));
    }
}
