//! One turn of the loop: wait, read and execute, tend, load, write, reap, accept.
//!
//! The poll is edge-triggered: what a budget cut short is remembered in a list and carried into the
//! next turn, which then does not wait. No list is walked while it grows: a turn takes it whole and
//! what comes meanwhile stands in the next one.

use std::fmt;
use std::io;
use std::time::Duration;

use mio::Events;

use super::startup::StartError;
use super::{BELL, LISTENERS, SIGNALS, Server};
use crate::client::ClientFlags;
use crate::client::slab::ClientKey;
use crate::config::Share;

/// Events taken from the system at once.
const EVENTS_MAX: usize = 1024;

/// What a socket is ready for, since that was told last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readiness {
    pub(super) writable: bool,
    /// There are bytes, the end, or an error to be read.
    pub(super) readable: bool,
    /// The peer sends no more.
    pub(super) ended: bool,
}

/// Why the server cannot go on.
#[derive(Debug)]
pub enum RunError {
    /// The system cannot wait for events.
    Poll(io::Error),
    /// What is on disk cannot be loaded.
    Load(StartError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Poll(error) => write!(f, "The event poll failed: {error}"),
            RunError::Load(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for RunError {}

impl Server {
    /// Runs until a shutdown is complete; tells `ready` when everything is loaded.
    ///
    /// # Errors
    /// If the server cannot go on.
    pub fn run(&mut self, ready: impl FnOnce(&Server)) -> Result<(), RunError> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut ready = Some(ready);
        loop {
            if self.loading.is_none()
                && let Some(ready) = ready.take()
            {
                ready(self);
            }
            if self.turn(&mut events)? {
                return Ok(());
            }
        }
    }

    /// One turn; whether it was the last.
    fn turn(&mut self, events: &mut Events) -> Result<bool, RunError> {
        let timeout = if self.has_work() {
            Duration::ZERO
        } else {
            self.tend_due_in()
        };
        match self.io.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => events.clear(),
            other => other.map_err(RunError::Poll)?,
        }
        self.note_events(events);
        self.go_round().map_err(RunError::Load)
    }

    /// What a turn does when it has waited; whether it was the last.
    ///
    /// # Errors
    /// If what is on disk cannot be loaded.
    pub(super) fn go_round(&mut self) -> Result<bool, StartError> {
        self.read_clock();
        let started = self.now.mono;
        let commands_before = self.metrics.commands_processed;
        self.metrics.turns += 1;
        self.serve_all();
        self.tend();
        self.serve_after_upkeep();
        if self.loading.is_some() {
            self.load_slice()?;
        }
        if !self.tracking.is_idle() {
            self.tend_tracking();
        }
        self.commit();
        self.write_all();
        if self.client_memory.is_on() || self.config.maxmemory_clients != Share::default() {
            self.tend_client_memory();
        }
        self.reap();
        self.accept();
        let ns = self.clock.mono().since(started);
        self.metrics.turn_ended(ns, commands_before);
        Ok(self.shutdown_if_asked())
    }

    pub(super) fn has_work(&self) -> bool {
        !self.work.active.is_empty()
            || !self.work.writing.is_empty()
            || !self.work.closing.is_empty()
            || self.io.accepting != 0
            || self.sweep_goes_on()
            || self.census_goes_on()
            || self.memory.goes_on()
            || self.loading_goes_on()
            || self.syncing_goes_on()
            || self.invalidation_goes_on()
    }

    fn note_events(&mut self, events: &Events) {
        for event in events {
            let token = event.token();
            if token == SIGNALS {
                self.take_signals();
                continue;
            }
            if token == BELL {
                // What the workers have done is looked at in every turn.
                continue;
            }
            let Some(key) = self.clients.key_of_token(token.0) else {
                if let Some(bit) = listener_bit(token.0, self.io.listeners.len()) {
                    self.io.accepting |= bit;
                }
                continue;
            };
            self.note_readiness(
                key,
                Readiness {
                    writable: event.is_writable(),
                    readable: event.is_readable() || event.is_read_closed() || event.is_error(),
                    ended: event.is_read_closed(),
                },
            );
        }
    }

    /// Takes note of what a client's socket is ready for.
    pub(super) fn note_readiness(&mut self, key: ClientKey, ready: Readiness) {
        let client = &mut self.clients[key];
        if ready.writable && client.flags.contains(ClientFlags::WANTS_WRITABLE) {
            client.flags.remove(ClientFlags::WANTS_WRITABLE);
            if !client.flags.contains(ClientFlags::WRITING) {
                client.flags.insert(ClientFlags::WRITING);
                self.work.writing.push(key);
            }
        }
        if ready.readable {
            client.flags.insert(ClientFlags::UNREAD);
            // The end may follow right behind the last bytes, without an event of its own.
            client.flags.set(ClientFlags::HUNG_UP, ready.ended);
            self.activate(key);
        }
    }
}

fn listener_bit(token: usize, listeners: usize) -> Option<u64> {
    let index = LISTENERS - token.min(LISTENERS);
    (index < listeners).then(|| 1 << index)
}
