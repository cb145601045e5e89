//! The reaper: a thread that frees what is too large to be freed between two commands.
//!
//! It receives owned values and drops them. It shares nothing with the loop but two counters.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

type Garbage = Box<dyn Any + Send>;

/// How much garbage it is.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    objects: u64,
    /// As far as is known.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Freed {
    objects: AtomicU64,
    bytes: AtomicUsize,
}

impl Freed {
    fn add(&self, load: Load) {
        self.objects.fetch_add(load.objects, Relaxed);
        // Whoever sees this sees what the allocator counted before.
        self.bytes.fetch_add(load.bytes, Release);
    }
}

/// A handle on the reaper; dropping it lets the thread finish its work and end. One without a
/// thread frees at once.
#[derive(Debug)]
pub struct Reaper {
    queue: Option<Sender<(Garbage, Load)>>,
    freed: Arc<Freed>,
    given: Load,
    /// So many objects freed are not told of.
    forgotten: u64,
    thread: Option<JoinHandle<()>>,
}

impl Reaper {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start() -> io::Result<Reaper> {
        let (queue, received) = channel::<(Garbage, Load)>();
        let freed = Arc::new(Freed::default());
        let count = Arc::clone(&freed);
        let thread = Builder::new().name("reaper".into()).spawn(move || {
            for (garbage, load) in received {
                drop(garbage);
                count.add(load);
            }
        })?;
        Ok(Reaper {
            queue: Some(queue),
            freed,
            given: Load::default(),
            forgotten: 0,
            thread: Some(thread),
        })
    }

    /// A reaper without a thread.
    pub fn at_once() -> Reaper {
        Reaper {
            queue: None,
            freed: Arc::default(),
            given: Load::default(),
            forgotten: 0,
            thread: None,
        }
    }

    /// Hands over `garbage`, which counts as `objects` objects of, as far as is known, `bytes`.
    pub fn give(&mut self, garbage: impl Any + Send, objects: u64, bytes: usize) {
        let load = Load { objects, bytes };
        self.given.objects += objects;
        self.given.bytes = self.given.bytes.wrapping_add(bytes);
        let Some(queue) = &self.queue else {
            self.freed.add(load);
            return;
        };
        // A reaper that is gone gives the garbage back in the error, and it is dropped here.
        drop(queue.send((Box::new(garbage), load)));
    }

    /// Objects handed over and not yet freed.
    pub fn pending(&self) -> u64 {
        self.given.objects - self.freed.objects.load(Relaxed)
    }

    /// Bytes handed over and not yet freed, as far as is known.
    #[inline]
    pub fn pending_bytes(&self) -> usize {
        self.given
            .bytes
            .wrapping_sub(self.freed.bytes.load(Acquire))
    }

    /// Counts the objects freed from now on.
    pub fn reset(&mut self) {
        self.forgotten = self.freed.objects.load(Relaxed);
    }

    /// Objects freed so far, since that was forgotten.
    pub fn freed(&self) -> u64 {
        self.freed.objects.load(Relaxed) - self.forgotten
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
