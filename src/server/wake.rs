//! Clients that wait for a key: how a wait begins, is served, and ends.
//!
//! ```text
//! command waits ─▶ begin_wait ─▶ Blocked ─┬─ key touched ─▶ try_again ─┬─ replied ─▶ Ready
//!                                         │        ▲                   └─ waits ──▶ Blocked, same place
//!                                         ├─ time is up, CLIENT UNBLOCK ──────────▶ Ready
//!                                         └─ gone ─▶ reap takes it out of the queues
//! ```
//!
//! Keys that a command touched are served right behind it, before any other command sees them:
//! what was pushed belongs to who waited for it. Serving is a loop, not a recursion: keys that
//! become ready by it (BLMOVE) stand behind those that were before. It ends because everybody who
//! is served leaves, and who is tried in vain touches nothing.
//!
//! A client that waits and whose peer sends no more is passed over, and closed when all it sent is
//! read: nobody is there to be served.

use std::sync::Arc;

use super::Server;
use super::dispatch::{Called, Settled};
use super::gate::Verdict;
use super::observing::Ran;
use super::table::{Action, Command, CommandTable};
use super::waiting::{Resume, Ticket, Waiter};
use crate::client::slab::ClientKey;
use crate::client::{Activity, ClientFlags};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::wait::Wait;
use crate::observe::metrics::Outcome;
use crate::resp::request::{OwnedRequest, Request};

/// How a wait ends that nothing served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    /// With the reply that there was nothing.
    TimedOut,
    /// With an error (CLIENT UNBLOCK … ERROR).
    Unblocked,
}

impl Server {
    /// Lets a client wait that has just executed `request` for `ns` nanoseconds.
    #[cold]
    pub(super) fn begin_wait(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        wait: Wait,
        ns: u64,
    ) {
        let client = &mut self.clients[key];
        debug_assert!(client.is_ready());
        client.activity = Activity::Blocked;
        let deadline = wait.timeout.as_ms().map(|ms| self.now.mono.plus_ms(ms));
        let sent = || OwnedRequest::copy_of(request);
        let waiter = Waiter {
            db: client.db,
            keys: wait.keys,
            kind: wait.kind,
            on_removal: wait.on_removal,
            deadline,
            resume: Resume {
                command: command.id,
                request: wait.instead.unwrap_or_else(sent),
                ns,
            },
        };
        self.waiting.enter(key, waiter);
        self.effects.awaited = true;
    }

    /// Serves those who wait for the keys that were touched, in order of arrival for each key.
    #[cold]
    pub(super) fn serve_waiting(&mut self, table: &CommandTable) {
        while let Some((db, wanted)) = self.waiting.next_ready() {
            let mut after = Ticket::default();
            loop {
                let view = self.keyspace.view(db, self.now.ms());
                let held = view.glance(&wanted).map(|entry| entry.value().kind());
                let next = self.waiting.next_for(db, &wanted, after, held);
                let Some((ticket, client)) = next else {
                    break;
                };
                after = ticket;
                if self.is_there(client) {
                    self.try_again(table, client);
                }
            }
        }
        self.follow_waiting();
    }

    /// The same for what was touched by no command: keys that expired.
    pub(super) fn serve_after_upkeep(&mut self) {
        if self.waiting.has_ready() {
            let table = Arc::clone(&self.table);
            self.serve_waiting(&table);
        }
    }

    /// Whether a client that waits can still take something: what goes to one that is closed at
    /// the end of the turn, or whose peer has closed, would be lost.
    pub(super) fn is_there(&self, key: ClientKey) -> bool {
        let client = &self.clients[key];
        client.activity == Activity::Blocked && !client.flags.contains(ClientFlags::HUNG_UP)
    }

    /// Executes what a client waits with once more.
    pub(super) fn try_again(&mut self, table: &CommandTable, key: ClientKey) {
        let Some(resume) = self.waiting.take_resume(key) else {
            return;
        };
        let command = table.get(resume.command);
        let client = &mut self.clients[key];
        client.activity = Activity::Ready;
        if client.reply.output.wants_buffer()
            && let Some(buffer) = self.work.spare_buffers.pop()
        {
            client.reply.output.give_buffer(buffer);
        }
        let mark = client.reply.output.mark();
        match self.admit(key, command, resume.request.request()) {
            Verdict::Run => {
                let started = self.now.mono;
                self.latest = Some((key, command.id));
                self.begin_pushes(key);
                let result = self.call(key, command, resume.request.request(), None);
                let request = resume.request.request();
                let ran = self.ran_since(started, Some(resume.ns));
                let settled = self.settle(key, command, request, Called { ran, result, mark });
                if let Settled::Waits(wait, ns) = settled {
                    self.clients[key].activity = Activity::Blocked;
                    let request = wait.instead.unwrap_or(resume.request);
                    let resume = Resume {
                        request,
                        ns,
                        ..resume
                    };
                    self.waiting.give_back(key, resume);
                    return self.end_pushes(key);
                }
            }
            Verdict::Refuse(error) => self.reject(key, Some(command), &error),
            Verdict::Postpone => {
                self.waiting.leave(key);
                return self.postpone(key, resume.request);
            }
        }
        self.waiting.leave(key);
        self.finish_reply(key, mark);
        self.end_pushes(key);
        self.go_on(key);
    }

    /// Ends the wait of a client; whether it waited.
    pub fn end_wait(&mut self, key: ClientKey, end: WaitEnd) -> bool {
        if self.clients[key].activity != Activity::Blocked {
            return false;
        }
        let Some(waiter) = self.waiting.leave(key) else {
            return false;
        };
        self.follow_waiting();
        let client = &mut self.clients[key];
        let mark = client.reply.output.mark();
        let Resume {
            command,
            ns,
            request,
        } = waiter.resume;
        let table = Arc::clone(&self.table);
        let outcome = match (end, table.get(command).action) {
            // It says how far it has come.
            (WaitEnd::TimedOut, Action::Admin(handler)) => {
                let command = table.get(command);
                let mut args = Args::new(request.request(), command.words);
                match self.call_admin(key, &command.name, handler, &mut args, false) {
                    Ok(()) => Outcome::Done,
                    Err(error) => {
                        self.clients[key].reply.error(error.text());
                        self.metrics.errors.count(error.code());
                        Outcome::Failed
                    }
                }
            }
            (WaitEnd::TimedOut, _) => {
                client.reply.null_array();
                Outcome::Done
            }
            (WaitEnd::Unblocked, _) => {
                let error = CommandError::UNBLOCKED;
                client.reply.error(error.text());
                self.metrics.errors.count(error.code());
                Outcome::Failed
            }
        };
        let client = &mut self.clients[key];
        client.activity = Activity::Ready;
        client.traffic.commands += 1;
        self.metrics
            .command_ran(usize::from(command.0), ns, outcome);
        let request = request.request();
        if self.observing.may_note(ns, request, 0) {
            let ran = Ran {
                ns: 0,
                total_ns: ns,
                mark: Some(mark),
                again: true,
            };
            self.note_run(key, table.get(command), request, ran);
        }
        self.finish_reply(key, mark);
        self.go_on(key);
        true
    }

    /// Ends the waits that are over.
    pub(super) fn end_due_waits(&mut self) {
        while let Some(key) = self.waiting.due(self.now.mono) {
            if !self.end_wait(key, WaitEnd::TimedOut) {
                // It is being closed.
                self.forget_wait(key);
            }
        }
    }

    /// Takes a client that is going out of the queues.
    pub(super) fn forget_wait(&mut self, key: ClientKey) {
        if !self.waiting.is_empty() {
            self.waiting.leave(key);
            self.follow_waiting();
        }
    }

    /// A client that waited has its reply: it is sent, and the requests behind are executed.
    pub(super) fn go_on(&mut self, key: ClientKey) {
        self.want_write(key);
        let client = &mut self.clients[key];
        if !client.pending.is_empty() || !client.postponed.is_empty() {
            client.flags.insert(ClientFlags::UNPARSED);
        }
        // What came while older input was worked on is not read yet, and is not told of again.
        let work = ClientFlags::UNPARSED | ClientFlags::UNREAD;
        if client.flags.intersects(work) {
            self.activate(key);
        }
    }

    /// Commands note the keys they touch while somebody waits for keys, watches or tracks them.
    pub(super) fn follow_waiting(&mut self) {
        self.effects.awaited =
            !self.waiting.is_empty() || !self.watching.is_empty() || !self.tracking.is_idle();
    }

    /// Clients that wait for something, be it the end of CLIENT PAUSE.
    pub fn blocked_count(&self) -> usize {
        self.waiting.len() + self.paused_count()
    }
}
