//! What every integration test stands on: servers started and stopped, and clients that talk to
//! them with time limits.

pub(crate) mod client;
pub(crate) mod reply;
pub(crate) mod server;
mod tests;

use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take before the test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A file or directory of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Asks `done` again and again until it answers, up to [`PATIENCE`]; `what` names the wait.
pub(crate) fn wait_until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        // Between two looks only: how long it is decides nothing but the load on the machine.
        std::thread::sleep(Duration::from_millis(2));
    }
}
