//! MULTI, EXEC and WATCH: requests that wait and are executed as one.
//!
//! ```text
//! MULTI ─▶ IN_MULTI ── a request ──▶ queue ── EXEC ──▶ run_queued: nothing comes in between
//!             │  └── one that is refused ──▶ SPOILT: EXEC refuses the rest
//! WATCH ──────┴── a watched key is touched ──▶ STALE: EXEC replies that nothing was done
//! ```
//!
//! While the queued commands run, no client that waits is served, the clock stands still for them,
//! and what they change goes into the log between a MULTI and an EXEC of its own.

use super::Server;
use super::dispatch::Called;
use super::table::{Command, CommandId, CommandTable};
use crate::client::slab::ClientKey;
use crate::client::transaction::{Transaction, Watched};
use crate::client::{Client, ClientFlags};
use crate::command::effects::Touch;
use crate::command::error::CommandError;
use crate::command::spec::Flags;
use crate::resp::queue::Queue;
use crate::resp::request::Request;

impl Client {
    /// How many commands wait for EXEC, if there is a transaction.
    pub fn queued(&self) -> Option<usize> {
        let is_open = self.flags.contains(ClientFlags::IN_MULTI);
        let queued = self.transaction.as_ref().map_or(0, |it| it.queued.len());
        is_open.then_some(queued)
    }

    /// The keys it watches.
    pub fn watched(&self) -> &[Watched] {
        self.transaction.as_ref().map_or(&[], |it| &it.watched)
    }

    fn transaction_mut(&mut self) -> &mut Transaction {
        self.transaction.get_or_insert_default()
    }
}

impl Server {
    /// Keeps a request for EXEC, unless it is certain already that EXEC will run nothing.
    #[cold]
    pub(super) fn queue(&mut self, key: ClientKey, command: &Command, request: Request<'_>) {
        let client = &mut self.clients[key];
        let in_vain = ClientFlags::SPOILT | ClientFlags::STALE;
        if !client.flags.intersects(in_vain) {
            let number = usize::from(command.id.0);
            client.transaction_mut().queued.push(number, request);
        }
        client.reply.simple("QUEUED");
    }

    /// A request was refused: if it is one of a transaction, that is spoilt; if it is its EXEC, that
    /// ends. The error that the client is told.
    #[cold]
    pub(super) fn refused_in_transaction(
        &mut self,
        key: ClientKey,
        command: Option<&Command>,
        error: &CommandError,
    ) -> Option<CommandError> {
        if command.is_some_and(|command| command.spec.flags.contains(Flags::RUNS_QUEUED)) {
            self.end_transaction(key);
            return Some(CommandError::exec_refused(error));
        }
        let flags = &mut self.clients[key].flags;
        flags.set(ClientFlags::SPOILT, flags.contains(ClientFlags::IN_MULTI));
        None
    }

    /// What the commands of a client's transaction are, taken together.
    pub(super) fn queued_flags(&self, table: &CommandTable, key: ClientKey) -> Flags {
        let queued = self.clients[key].transaction.iter();
        let commands = queued.flat_map(|transaction| transaction.queued.iter());
        let flags = commands.map(|(number, _)| table.by_index(number).map(|it| it.spec.flags));
        flags.flatten().fold(Flags::empty(), Flags::union)
    }

    /// Lets a client watch a key of its database. There is no need if another has changed already.
    pub fn watch_key(&mut self, key: ClientKey, wanted: &[u8]) {
        if self.clients[key].flags.contains(ClientFlags::STALE) {
            return;
        }
        let db = self.clients[key].db;
        let is_watched = |watched: &Watched| watched.db == db && *watched.key == *wanted;
        if self.clients[key].watched().iter().any(is_watched) {
            return;
        }
        let mut view = self.keyspace.view(db, self.now.ms());
        let existed = view.peek(wanted).is_some();
        if self.keyspace.has_departures() {
            // One that was due before the watch began is no change since.
            self.tell_departures();
        }
        if self.clients[key].watched().is_empty() {
            self.watching.clients += 1;
        }
        self.watching.enter(key, db, wanted, existed);
        self.clients[key].transaction_mut().watched.push(Watched {
            db,
            key: wanted.into(),
        });
        self.effects.awaited = true;
    }

    /// Ends all that a client watches.
    pub fn unwatch(&mut self, key: ClientKey) {
        self.clients[key].flags.remove(ClientFlags::STALE);
        self.end_watches(key);
    }

    fn end_watches(&mut self, key: ClientKey) {
        let Some(transaction) = &mut self.clients[key].transaction else {
            return;
        };
        let watched = std::mem::take(&mut transaction.watched);
        self.forget_watches(key, &watched);
        self.tidy_transaction(key);
    }

    /// Takes what a client that is no more watched out of the books.
    pub(super) fn forget_watches(&mut self, key: ClientKey, watched: &[Watched]) {
        if watched.is_empty() {
            return;
        }
        self.watching.clients -= 1;
        for Watched { db, key: name } in watched {
            self.watching.leave(key, *db, name);
        }
        self.follow_waiting();
    }

    /// Ends a client's transaction and its watches; what was queued.
    pub fn end_transaction(&mut self, key: ClientKey) -> Queue {
        self.unwatch(key);
        let client = &mut self.clients[key];
        client
            .flags
            .remove(ClientFlags::IN_MULTI | ClientFlags::SPOILT);
        let transaction = client.transaction.as_mut();
        let queued = transaction.map(|it| std::mem::take(&mut it.queued));
        self.tidy_transaction(key);
        queued.unwrap_or_default()
    }

    /// A client without a transaction keeps no room for one.
    fn tidy_transaction(&mut self, key: ClientKey) {
        let client = &mut self.clients[key];
        if client.queued().is_none() && client.watched().is_empty() {
            client.transaction = None;
        }
    }

    /// Whether a key that a client watches has changed, come or gone; also one that is due and
    /// that nobody has noticed yet.
    pub fn is_stale(&mut self, key: ClientKey) -> bool {
        for watched in self.clients[key].watched() {
            let mut view = self.keyspace.view(watched.db, self.now.ms());
            view.peek(&watched.key);
        }
        if self.keyspace.has_departures() {
            self.tell_departures();
        }
        self.clients[key].flags.contains(ClientFlags::STALE)
    }

    /// Whether the commands of a transaction are being executed.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Executes what was queued; the replies go to the client's output.
    pub fn run_queued(&mut self, key: ClientKey, queued: &Queue) {
        let table = std::sync::Arc::clone(&self.table);
        let moment = self.now.unix;
        if let Some(journal) = &mut self.durable.journal {
            journal.begin_unit();
        }
        self.in_transaction = true;
        let mut is_plain = self.is_plain(key);
        for (number, request) in queued.iter() {
            let Ok(index) = u16::try_from(number) else {
                continue;
            };
            let command = table.get(CommandId(index));
            let mark = self.clients[key].reply.output.mark();
            if self.clients[key].flags.contains(ClientFlags::RESTRICTED)
                && let Some(refusal) = self.refusal_at_exec(key, command, request)
            {
                self.metrics.errors.count(refusal.code());
                self.clients[key].reply.error(refusal.text());
                continue;
            }
            let run = match command.data_handler {
                Some(handler) if is_plain => self.run_plainly(key, command, handler, request, None),
                _ => {
                    let started = self.now.mono;
                    self.latest = Some((key, command.id));
                    let result = self.call(key, command, request, None);
                    let ran = self.ran_since(started, None);
                    Some(Called { ran, result, mark })
                }
            };
            if let Some(run) = run {
                self.settle(key, command, request, run);
                is_plain = self.is_plain(key);
            }
            self.now.unix = moment;
        }
        self.in_transaction = false;
        if let Some(journal) = &mut self.durable.journal {
            journal.end_unit();
        }
    }

    /// Tells who waits for a key, or watches it, that it changed, came or went.
    pub(super) fn note_touch(&mut self, db: usize, key: &[u8], touch: Touch) {
        if touch.contains(Touch::SERVES) {
            self.waiting.touch(db, key);
        }
        if !touch.contains(Touch::CHANGES) {
            return;
        }
        let stale: Vec<_> = self.watching.watchers(db, key).collect();
        self.make_stale(&stale);
    }

    /// The same of a key that left by itself.
    pub(super) fn note_departure(&mut self, db: usize, key: &[u8]) {
        self.waiting.touch(db, key);
        let stale: Vec<_> = self.watching.owners(db, key).collect();
        self.make_stale(&stale);
    }

    /// The same of every key of a database.
    pub(super) fn note_touch_all(&mut self, db: usize) {
        self.waiting.touch_all(db);
        if self.watching.is_empty() {
            return;
        }
        let view = self.keyspace.view(db, self.now.ms());
        let exists = |key: &[u8]| view.glance(key).is_some();
        let stale: Vec<_> = self.watching.watchers_in(db, exists).collect();
        self.make_stale(&stale);
    }

    /// Their EXEC will run nothing, so they need not watch any longer.
    fn make_stale(&mut self, clients: &[ClientKey]) {
        for &key in clients {
            self.end_watches(key);
            self.clients[key].flags.insert(ClientFlags::STALE);
        }
    }
}
