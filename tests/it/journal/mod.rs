//! The log of commands from outside: what was acknowledged is there after the end, however that
//! came.

mod evicting;
mod failing;
mod kill;
mod killing;
mod restore;
mod switching;

use std::path::{Path, PathBuf};

use crate::harness::client::Client;
use crate::harness::server::{Server, Start, fresh_dir};
use crate::harness::wait_until;

/// A directory that outlives its servers.
struct Home(PathBuf);

impl Home {
    fn new() -> Home {
        Home(fresh_dir())
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// A server with its log here.
    fn server<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Start {
        let dir = self.0.display().to_string();
        Start::ruddle()
            .args(["--dir", &dir, "--appendonly", "yes"])
            .args(args)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ends a server as a power switch would, but for what the system has in memory.
fn kill(mut server: Server) {
    server.signal("KILL");
    server.wait();
}

/// A field of INFO persistence.
fn info(client: &mut Client, field: &str) -> String {
    let text = client.words("INFO persistence");
    let text = String::from_utf8_lossy(text.text().expect("text")).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{field} in {text}"))
        .to_owned()
}

/// Waits until a field of INFO persistence has this value.
fn await_info(client: &mut Client, field: &str, value: &str) {
    wait_until(&format!("{field}:{value}"), || {
        (info(client, field) == value).then_some(())
    });
}
