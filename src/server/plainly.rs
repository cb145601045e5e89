//! The fast path: commands on data that nothing stands in front of.
//!
//! Nearly every request comes from a client that is known and free, in no transaction and
//! subscribed to nothing, while the server neither loads nor pauses nor fails. The gate has nothing
//! to ask then, and what the command did has no consequence but its reply, the counters and the
//! log. Whether it is so is asked once for a stage of requests, and again behind each that went the
//! ordinary way: a data command changes nothing of it.

use super::Server;
use super::dispatch::{Called, Found};
use super::table::{Command, CommandTable};
use crate::client::slab::ClientKey;
use crate::client::{ClientFlags, ReplyMode};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::spec::DataHandler;
use crate::keyspace::KeyHash;
use crate::observe::metrics::Outcome;
use crate::resp::request::Request;

impl Server {
    /// Whether the gate has nothing to ask, and nobody but the log to tell, when this client sends
    /// a data command; until another command is executed.
    pub(super) fn is_plain(&self, key: ClientKey) -> bool {
        let asked = ClientFlags::AUTHENTICATED
            | ClientFlags::RESTRICTED
            | ClientFlags::IN_MULTI
            | ClientFlags::MONITOR
            | ClientFlags::TRACKS
            | ClientFlags::NO_TOUCH;
        let Some(client) = self.clients.get(key) else {
            return false;
        };
        client.flags & asked == ClientFlags::AUTHENTICATED
            && client.reply_mode == ReplyMode::On
            && client.subscriptions.is_none()
            && self.loading.is_none()
            && self.busy.is_none()
            && self.pause.is_none()
            && !self.config.wants_replicas()
            && !self.migration.holds_keys()
            && self.disk_refusal().is_none()
    }

    /// Executes a request of a client that [is plain](Server::is_plain), if it is a data command
    /// and its turn; whether it was.
    #[inline]
    pub(super) fn execute_plainly(
        &mut self,
        table: &CommandTable,
        key: ClientKey,
        request: Request<'_>,
        found: Found,
    ) -> bool {
        let Some(command) = found.command.map(|id| table.get(id)) else {
            return false;
        };
        let Some(handler) = command.data_handler else {
            return false;
        };
        let client = &mut self.clients[key];
        if !command.spec.accepts(request.len()) || !client.is_ready() {
            return false;
        }
        client.last_command = Some(usize::from(command.id.0));
        self.heed_memory();
        if self.memory.is_full() {
            return false;
        }
        if let Some(run) = self.run_plainly(key, command, handler, request, found.hash) {
            self.begin_pushes(key);
            self.conclude(table, key, command, request, run);
        }
        true
    }

    /// Calls a data command and settles it, unless that takes more than counters and the log: then
    /// the run is given back as it ended.
    #[inline]
    pub(super) fn run_plainly(
        &mut self,
        key: ClientKey,
        command: &Command,
        handler: DataHandler,
        request: Request<'_>,
        hash: Option<KeyHash>,
    ) -> Option<Called> {
        let started = self.now.mono;
        self.latest = Some((key, command.id));
        let client = &mut self.clients[key];
        let mark = client.reply.output.mark();
        let mut db = self.keyspace.view(client.db, self.now.ms());
        if let Some(hash) = hash {
            db = db.with_hint(request.bytes(command.first_key), hash);
        }
        let mut call = Call {
            db,
            reply: &mut client.reply,
            effects: &mut self.effects,
            random: &mut self.random,
            limits: &self.limits,
            may_wait: !self.in_transaction,
            reads_all_keys: true,
            name: &command.name,
        };
        let result = handler(&mut call, &mut Args::new(request, command.words));
        let output_bytes = client.reply.output.len();
        let ran = self.ran_since(started, None);
        if result.is_err()
            || !self.effects.are_quiet()
            || self.keyspace.has_departures()
            || self.observing.may_note(ran.ns, request, output_bytes)
        {
            return Some(Called { ran, result, mark });
        }
        self.count_run(key, command, ran, Outcome::Done);
        self.settle_changes(key, request);
        self.effects.forget_changes();
        None
    }
}
