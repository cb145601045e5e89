//! The reaper: a thread that frees what is too large to be freed between two commands.
//!
//! It receives owned values and drops them. It shares nothing with the loop but two counters.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

type Garbage = Box<dyn Any + Send>;

/// A handle on the reaper; dropping it lets the thread finish its work and end. One without a
/// thread frees at once.
#[derive(Debug)]
pub struct Reaper {
    queue: Option<Sender<(Garbage, u64)>>,
    freed: Arc<AtomicU64>,
    given: u64,
    thread: Option<JoinHandle<()>>,
}

impl Reaper {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start() -> io::Result<Reaper> {
        let (queue, received) = channel::<(Garbage, u64)>();
        let freed = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&freed);
        let thread = Builder::new().name("reaper".into()).spawn(move || {
            for (garbage, objects) in received {
                drop(garbage);
                count.fetch_add(objects, Relaxed);
            }
        })?;
        Ok(Reaper {
            queue: Some(queue),
            freed,
            given: 0,
            thread: Some(thread),
        })
    }

    /// A reaper without a thread.
    pub fn at_once() -> Reaper {
        Reaper {
            queue: None,
            freed: Arc::default(),
            given: 0,
            thread: None,
        }
    }

    /// Hands over `garbage`, which counts as `objects` objects.
    pub fn give(&mut self, garbage: impl Any + Send, objects: u64) {
        self.given += objects;
        let Some(queue) = &self.queue else {
            self.freed.fetch_add(objects, Relaxed);
            return;
        };
        // A reaper that is gone gives the garbage back in the error, and it is dropped here.
        drop(queue.send((Box::new(garbage), objects)));
    }

    /// Objects handed over and not yet freed.
    pub fn pending(&self) -> u64 {
        self.given - self.freed()
    }

    /// Objects freed so far.
    pub fn freed(&self) -> u64 {
        self.freed.load(Relaxed)
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic in a destructor was reported by the panic hook already.
            drop(thread.join());
        }
    }
}
