//! A thread that goes step by step, as another one tells it: for simulations.
//!
//! Work that runs on a thread of its own in earnest is the same code here, but it stops wherever it
//! calls [`pause`] (a simulated disk does so before each operation) until it is told to go on. Only
//! one of the two threads runs at any time, so the same steps are the same run.
//!
//! ```text
//! driver   go ──┐              ┌── go ──┐          ┌── …
//! thread        └── … pause() ─┘        └── … end ─┘
//! ```
//!
//! What is paced is a property of the thread, and code far below a worker's work pauses: so it is
//! kept with the thread, the one exception to "nothing that was not passed in".

use std::cell::RefCell;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

thread_local! {
    /// Who drives this thread, if anybody does.
    static DRIVEN: RefCell<Option<Driven>> = const { RefCell::new(None) };
}

/// How far the thread has come when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// In the middle of something.
    Paused,
    /// It has done what it was given.
    Ended,
}

/// The thread's side.
struct Driven {
    stopped: Sender<Stop>,
    go: Receiver<u32>,
    /// Pauses that it may pass over.
    passes: u32,
}

/// The driver's side.
pub struct Steps {
    go: Option<Sender<u32>>,
    stopped: Receiver<Stop>,
    thread: Option<JoinHandle<()>>,
}

/// Lets whoever drives this thread go first; does nothing on a thread that nobody drives.
pub fn pause() {
    let passes = DRIVEN.with_borrow_mut(|driven| {
        let passes = driven.as_mut().map(|driven| &mut driven.passes);
        passes.is_none_or(|passes| {
            let may = *passes > 0;
            *passes -= u32::from(may);
            may
        })
    });
    if !passes {
        stop(Stop::Paused);
    }
}

/// Stops until the driver goes on; if he is gone, nobody drives this thread any more.
fn stop(how: Stop) {
    DRIVEN.with_borrow_mut(|driven| {
        let Some(Driven {
            stopped,
            go,
            passes,
        }) = driven
        else {
            return;
        };
        let told = stopped.send(how).ok().and_then(|()| go.recv().ok());
        match told {
            Some(pauses) => *passes = pauses.saturating_sub(1),
            None => *driven = None,
        }
    });
}

impl Steps {
    /// A thread that calls `round` for each thing it is to do, until that says there is nothing
    /// more; it stands still until it is told to go.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(
        name: &str,
        mut round: impl FnMut() -> bool + Send + 'static,
    ) -> io::Result<Steps> {
        let (go, told) = channel();
        let (stopped, stops) = channel();
        let thread = Builder::new().name(name.into()).spawn(move || {
            let Ok(pauses) = told.recv() else {
                return;
            };
            let driven = Driven {
                stopped,
                go: told,
                passes: pauses.saturating_sub(1),
            };
            DRIVEN.set(Some(driven));
            while round() {
                stop(Stop::Ended);
            }
        })?;
        Ok(Steps {
            go: Some(go),
            stopped: stops,
            thread: Some(thread),
        })
    }

    /// Lets the thread go on to where it pauses for the so-manieth time, or to its end.
    ///
    /// # Panics
    /// If the thread panics.
    pub fn step(&mut self, pauses: u32) -> Stop {
        let sent = self.go.as_ref().is_some_and(|go| go.send(pauses).is_ok());
        let stop = self.stopped.recv().ok().filter(|_| sent);
        stop.expect("the thread stops, unless it has panicked")
    }
}

impl Drop for Steps {
    /// The thread goes on alone, to the end of what it is at.
    fn drop(&mut self) {
        self.go = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the panic hook already.
            drop(thread.join());
        }
    }
}
