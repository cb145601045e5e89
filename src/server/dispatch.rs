//! Executes one request: find the command, pass the gate, run the handler, settle the consequences.

use super::gate::Verdict;
use super::observing::Ran;
use super::table::{Action, Command, CommandId, CommandTable};
use super::{Moment, Server};
use crate::admin::{AdminCall, AdminHandler};
use crate::client::slab::ClientKey;
use crate::client::{Activity, ClientFlags, CloseReason, ReplyMode};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::command::spec::Flags;
use crate::command::wait::Wait;
use crate::ds::output::Mark;
use crate::keyspace::KeyHash;
use crate::observe::metrics::Outcome;
use crate::resp::reply::Reply;
use crate::resp::request::{OwnedRequest, Request};
use crate::sys::clock::{MonoNs, UnixUs};

/// What is known of a request before it is executed.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    /// The (top-level) command of that name, if there is one.
    pub(super) command: Option<CommandId>,
    /// The hash of its first key, if that was prefetched.
    pub(super) hash: Option<KeyHash>,
}

/// A command that was called: how long it took, what it says, and where its reply begins.
pub(super) struct Called {
    pub(super) ran: Ran,
    pub(super) result: Result<(), CommandError>,
    pub(super) mark: Mark,
}

/// What came of an execution.
pub(super) enum Settled {
    /// A reply, perhaps an error.
    Replied,
    /// The command waits, having worked for so many nanoseconds.
    Waits(Box<Wait>, u64),
}

impl Server {
    /// Executes `request` for a client and writes its reply.
    pub(super) fn execute(
        &mut self,
        table: &CommandTable,
        key: ClientKey,
        request: Request<'_>,
        found: Found,
    ) {
        let mark = self.clients[key].reply.output.mark();
        let command = match table.resolve(found.command.map(|id| table.get(id)), &request) {
            Ok(command) => command,
            Err(error) => {
                let container = table.lookup(request);
                if container.is_none() && is_http(request.bytes(0)) {
                    return self.refuse_http(key);
                }
                self.reject(key, container, &error);
                return self.finish_reply(key, mark);
            }
        };
        self.clients[key].last_command = Some(usize::from(command.id.0));
        self.heed_memory();
        match self.admit(key, command, request) {
            Verdict::Run => {}
            Verdict::Refuse(error) => {
                self.reject(key, Some(command), &error);
                return self.finish_reply(key, mark);
            }
            Verdict::Postpone => return self.postpone(key, OwnedRequest::copy_of(request)),
        }
        if self.clients[key].flags.contains(ClientFlags::IN_MULTI)
            && !command.spec.flags.contains(Flags::NOT_QUEUED)
        {
            self.queue(key, command, request);
            return self.finish_reply(key, mark);
        }
        let started = self.now.mono;
        self.latest = Some((key, command.id));
        self.begin_pushes(key);
        let result = self.call(key, command, request, found.hash);
        let ran = self.ran_since(started, None);
        self.conclude(table, key, command, request, Called { ran, result, mark });
    }

    /// What follows when a command was called: its consequences, its reply as it is wanted, and
    /// those who are served by it.
    pub(super) fn conclude(
        &mut self,
        table: &CommandTable,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        run: Called,
    ) {
        let mark = run.mark;
        match self.settle(key, command, request, run) {
            Settled::Replied => self.finish_reply(key, mark),
            Settled::Waits(wait, ns) => self.begin_wait(key, command, request, *wait, ns),
        }
        self.end_pushes(key);
        if self.waiting.has_ready() {
            self.serve_waiting(table);
        }
    }

    /// Keeps a request until CLIENT PAUSE ends.
    pub(super) fn postpone(&mut self, key: ClientKey, request: OwnedRequest) {
        let client = &mut self.clients[key];
        client.activity = Activity::Paused;
        client.postponed.push_front(request);
        self.work.paused.push(key);
    }

    #[inline]
    pub(super) fn call(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        hash: Option<KeyHash>,
    ) -> Result<(), CommandError> {
        let mut args = Args::new(request, command.words);
        match command.action {
            Action::Data(handler) => {
                let restricted = self.clients[key].flags.contains(ClientFlags::RESTRICTED);
                let reads_all_keys = !restricted || self.reads_all_keys(key, command, request);
                let client = &mut self.clients[key];
                let mut db = self.keyspace.view(client.db, self.now.ms());
                if let Some(hash) = hash {
                    db = db.with_hint(request.bytes(command.first_key), hash);
                }
                if client.flags.contains(ClientFlags::NO_TOUCH) {
                    db = db.without_touch();
                }
                if self.pause.is_some() {
                    db = db.keeping_due();
                }
                let mut call = Call {
                    db,
                    reply: &mut client.reply,
                    effects: &mut self.effects,
                    random: &mut self.random,
                    limits: &self.limits,
                    may_wait: !self.in_transaction,
                    reads_all_keys,
                    name: &command.name,
                };
                handler(&mut call, &mut args)
            }
            Action::Admin(handler) => {
                let may_wait = !self.in_transaction;
                self.call_admin(key, &command.name, handler, &mut args, may_wait)
            }
            // The gate lets no container through: its arity demands a subcommand.
            Action::Container => Err(CommandError::wrong_arity(&command.name)),
        }
    }

    pub(super) fn call_admin(
        &mut self,
        key: ClientKey,
        name: &str,
        handler: AdminHandler,
        args: &mut Args<'_>,
        may_wait: bool,
    ) -> Result<(), CommandError> {
        // The reply is taken out so that the handler can have the whole server beside it.
        let reply = &mut self.clients[key].reply;
        let stand_in = Reply::new(reply.protocol);
        let mut reply = std::mem::replace(reply, stand_in);
        let mut call = AdminCall {
            client: key,
            reply: &mut reply,
            may_wait,
            name,
        };
        let result = handler(self, &mut call, args);
        self.clients[key].reply = reply;
        result
    }

    /// The time of an execution that ends now. Earlier ones of the same request, which ended in
    /// waiting, took `ns_before`, if there were any.
    #[inline]
    pub(super) fn ran_since(&mut self, started: MonoNs, ns_before: Option<u64>) -> Ran {
        let ended = self.clock.mono();
        self.advance_to(ended);
        let ns = ended.since(started);
        self.peaks.command_ns = self.peaks.command_ns.max(ns);
        Ran {
            ns,
            total_ns: ns_before.map_or(ns, |before| before + ns),
            mark: None,
            again: ns_before.is_some(),
        }
    }

    /// Draws the consequences of an execution: the error reply, counters, effects.
    #[inline]
    pub(super) fn settle(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        run: Called,
    ) -> Settled {
        let Called {
            mut ran,
            result,
            mark,
        } = run;
        if self.effects.wait.is_some() && result.is_ok() {
            return self.settle_wait(key, command, request, ran);
        }
        let outcome = if result.is_ok() {
            Outcome::Done
        } else {
            Outcome::Failed
        };
        self.count_run(key, command, ran, outcome);
        let client = &mut self.clients[key];
        let tracks = client.flags.contains(ClientFlags::TRACKS);
        if let Err(error) = result {
            client.reply.output.truncate(mark);
            client.reply.error(error.text());
            self.metrics.errors.count(error.code());
        }
        let output_bytes = client.reply.output.len();
        let may_note = self.observing.may_note(ran.total_ns, request, output_bytes);
        if !self.effects.touched.is_empty() {
            self.note_touched();
        }
        self.settle_effects(key, request);
        if may_note {
            ran.mark = Some(mark);
            self.note_run(key, command, request, ran);
        }
        if tracks {
            self.note_reads(key, command, request);
        }
        Settled::Replied
    }

    #[inline]
    pub(super) fn count_run(
        &mut self,
        key: ClientKey,
        command: &Command,
        ran: Ran,
        outcome: Outcome,
    ) {
        let id = usize::from(command.id.0);
        self.metrics.command_ran(id, ran.total_ns, outcome);
        self.clients[key].traffic.commands += 1;
    }

    /// The log, and the mark of the client in it, follow what a command changed.
    #[inline]
    pub(super) fn settle_changes(&mut self, key: ClientKey, request: Request<'_>) {
        let wrote = self.effects.changes > 0;
        if wrote {
            self.dirty += self.effects.changes;
            self.log_effects(self.clients[key].db, request);
            if self.effects.emptied {
                self.save_flushed();
            }
        }
        self.note_mark(key, wrote);
        #[cfg(test)]
        self.witness_execution(key, wrote);
    }

    #[inline]
    fn settle_effects(&mut self, key: ClientKey, request: Request<'_>) {
        if self.keyspace.has_departures() {
            self.tell_departures();
        }
        self.settle_changes(key, request);
        if !self.effects.touched.is_empty() {
            self.tell_of_touched(Some(key));
        }
        if !self.effects.events.is_empty() {
            self.tell_events();
        }
        self.effects.clear();
    }

    /// The consequences of what the server did to the data by itself, in the words of `request`;
    /// whether that was anything.
    pub(super) fn settle_without_client(&mut self, db: usize, request: Request<'_>) -> bool {
        if !self.effects.touched.is_empty() {
            self.note_touched();
        }
        if self.keyspace.has_departures() {
            self.tell_departures();
        }
        let wrote = self.effects.changes > 0;
        if wrote {
            self.dirty += self.effects.changes;
            self.log_effects(db, request);
            #[cfg(test)]
            self.witness_change();
        }
        self.tell_of_touched(None);
        if !self.effects.events.is_empty() {
            self.tell_events();
        }
        self.effects.clear();
        wrote
    }

    /// The consequences of an execution that did not come to a reply: the command is counted when
    /// it does. What it touched (a consumer it made) gives nobody what he waits for.
    #[cold]
    fn settle_wait(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        ran: Ran,
    ) -> Settled {
        let wait = self.effects.wait.take();
        self.settle_effects(key, request);
        if self.observing.may_note(ran.ns, request, 0) {
            self.note_run(key, command, request, ran);
        }
        if self.clients[key].flags.contains(ClientFlags::TRACKS) {
            self.note_reads(key, command, request);
        }
        wait.map_or(Settled::Replied, |wait| Settled::Waits(wait, ran.total_ns))
    }

    /// Tells those who wait or watch which keys changed.
    #[cold]
    fn note_touched(&mut self) {
        let touched = std::mem::take(&mut self.effects.touched);
        for (db, key, touch) in touched.keys() {
            self.note_touch(db, key, touch);
        }
        for db in touched.whole() {
            self.note_touch_all(*db);
        }
        self.effects.touched = touched;
    }

    /// Moves the present moment on to `mono`; the wall clock follows at the same pace until it is
    /// read again at the next turn.
    #[inline]
    pub(super) fn advance_to(&mut self, mono: MonoNs) {
        let us = mono.since(self.turn_began.mono) / 1000;
        let unix = self.turn_began.unix.0.saturating_add_unsigned(us);
        self.now = Moment {
            unix: UnixUs(unix),
            mono,
        };
    }

    #[cold]
    pub(super) fn reject(
        &mut self,
        key: ClientKey,
        command: Option<&Command>,
        error: &CommandError,
    ) {
        if let Some(command) = command {
            self.metrics.command_rejected(usize::from(command.id.0));
        }
        let told = self.refused_in_transaction(key, command, error);
        self.end_caching(key, command);
        let error = told.as_ref().unwrap_or(error);
        self.metrics.errors.count(error.code());
        self.clients[key].reply.error(error.text());
    }

    /// Cuts off a client that speaks HTTP, before its body is taken for commands: a web page may
    /// have told a browser to send them here.
    #[cold]
    fn refuse_http(&mut self, key: ClientKey) {
        let client = &mut self.clients[key];
        client.close(CloseReason::CutOff);
        let now = self.now.mono;
        let quiet = |warned: MonoNs| now.since(warned) < HTTP_WARNING_INTERVAL_NS;
        if !self.warned_of_http.is_some_and(quiet) {
            self.warned_of_http = Some(now);
            log::warn!(
                "Possible SECURITY ATTACK: a client sends POST or Host: as if this were a web \
                 server, perhaps through somebody's browser. Connection from {} aborted.",
                client.peer,
            );
        }
    }

    /// Drops the reply if the client asked for that (CLIENT REPLY OFF and SKIP).
    #[inline]
    pub(super) fn finish_reply(&mut self, key: ClientKey, mark: Mark) {
        let client = &mut self.clients[key];
        match client.reply_mode {
            ReplyMode::On => {}
            ReplyMode::Off => client.reply.output.truncate(mark),
            // CLIENT REPLY SKIP itself has no reply; the command after it is the one meant.
            ReplyMode::SkipNext => {
                client.reply.output.truncate(mark);
                client.reply_mode = ReplyMode::Skip;
            }
            ReplyMode::Skip => {
                client.reply.output.truncate(mark);
                client.reply_mode = ReplyMode::On;
            }
        }
    }
}

/// An attack is logged no more often than this.
const HTTP_WARNING_INTERVAL_NS: u64 = 60 * 1_000_000_000;

/// Whether a request's name, which is no command's, begins a line that HTTP clients send.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"Host:")
}
