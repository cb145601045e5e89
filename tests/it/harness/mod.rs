//! What every integration test stands on: servers started and stopped, and clients that talk to
//! them with time limits.

pub(crate) mod client;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod target;
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long anything may take before the test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A file or directory of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Fails with all `problems` at once, if there are any.
pub(crate) fn verdict(problems: &[String]) {
    let count = problems.len();
    assert!(
        problems.is_empty(),
        "{count} problems\n\n{}\n",
        problems.join("\n\n")
    );
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

/// Calls `work` for every item, on all cores.
pub(crate) fn each_in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(2) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}
