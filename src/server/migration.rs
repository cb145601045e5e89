//! MIGRATE seen from the loop: who waits for it, and what must not change meanwhile.
//!
//! In Redis the whole server stands still until the other one has answered, so nobody ever sees a
//! key in two places or changes what is on its way. Here a thread carries the values
//! (`replication::migrate`) and the loop goes on; the same promise is kept for the keys that move:
//! commands that would change one of them wait until it is known what became of it, like under
//! CLIENT PAUSE; so do commands that change data without saying which (FLUSHALL). Commands that
//! read a key still find it until the other server has acknowledged it; then it is deleted here, and
//! nothing was lost between the two. Nothing waits for COPY: what it carries is the value as it was.
//!
//! Orders are carried one after the other. That takes as long as their timeouts allow, for those who
//! asked; everybody else is served.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use super::Server;
use super::table::Command;
use crate::client::slab::ClientKey;
use crate::client::{Activity, ReplyMode};
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::keyspec;
use crate::keyspace::Cause;
use crate::replication::migrate::{Done, Failure, IDLE_NS_MAX, Job, Login, Mover, Moving, Order};
use crate::resp::request::{OwnedRequest, Request};
use crate::sys::clock::{MonoNs, UnixMs};
use crate::sys::worker::{Worker, Workers};
use crate::value::held::Held;

/// What MIGRATE asks for.
pub struct Wanted {
    pub host: Vec<u8>,
    pub port: Vec<u8>,
    pub db: i64,
    pub timeout: Duration,
    pub login: Option<Login>,
    pub copy: bool,
    pub replace: bool,
    pub keys: Vec<Box<[u8]>>,
}

/// Keys on their way to other servers, and who waits for them.
#[derive(Default)]
pub struct Migration {
    /// Started when the first key leaves.
    worker: Option<Worker<Job, Done>>,
    /// In the order in which they are carried; the first is under way.
    queue: VecDeque<Departure>,
    /// Names of keys that must not change, in any database, and how many orders say so.
    held: HashMap<Box<[u8]>, usize>,
    /// When the thread was last told of something to do, while it may hold connections.
    used_at: Option<MonoNs>,
}

struct Departure {
    client: ClientKey,
    /// Where the keys are.
    db: usize,
    wanted: Wanted,
    /// The values with their deadlines, until the thread gets them.
    values: Vec<(Held, Option<UnixMs>)>,
    /// Whether the client wants no reply.
    silent: bool,
}

impl Migration {
    /// Whether some keys must not change.
    #[inline]
    pub(super) fn holds_keys(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether `request`, which may change data, would change what must not.
    #[cold]
    pub(super) fn is_held(&self, command: &Command, request: Request<'_>) -> bool {
        if !keyspec::takes_keys(command.spec) {
            return true;
        }
        let mut found = Vec::new();
        keyspec::find(command.spec, request, &mut found);
        found
            .iter()
            .any(|key| self.held.contains_key(request.bytes(key.index)))
    }

    fn hold(&mut self, key: &[u8]) {
        *self.held.entry(key.into()).or_default() += 1;
    }

    fn let_go(&mut self, key: &[u8]) {
        if let Some(count) = self.held.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                self.held.remove(key);
            }
        }
    }

    fn start(&mut self, workers: &Workers) -> io::Result<()> {
        if self.worker.is_none() {
            self.worker = Some(workers.start("migration", Mover::default())?);
        }
        Ok(())
    }
}

impl Server {
    /// Begins to carry keys for `client`, who waits from now on; `false` if none of them is there.
    ///
    /// # Errors
    /// If there is nobody to carry them.
    pub fn migrate(&mut self, client: ClientKey, mut wanted: Wanted) -> Result<bool, CommandError> {
        let started = self.migration.start(&self.durable.workers);
        started.map_err(|error| {
            log::warn!("MIGRATE: cannot start a thread: {error}");
            CommandError::MIGRATE_CONNECT
        })?;
        let db = self.clients[client].db;
        let mut view = self.keyspace.view(db, self.now.ms());
        let seed = view.seed();
        let mut values = Vec::new();
        wanted.keys.retain(|key| {
            let found = view.read(key);
            values.extend(found.map(|entry| (Held::new(entry.value(), seed), entry.deadline())));
            found.is_some()
        });
        if wanted.keys.is_empty() {
            return Ok(false);
        }
        if !wanted.copy {
            for key in &wanted.keys {
                self.migration.hold(key);
            }
        }
        let waiting = &mut self.clients[client];
        waiting.activity = Activity::Away;
        let silent = matches!(waiting.reply_mode, ReplyMode::Off | ReplyMode::Skip);
        self.migration.queue.push_back(Departure {
            client,
            db,
            wanted,
            values,
            silent,
        });
        if self.migration.queue.len() == 1 {
            self.send_next();
        }
        Ok(true)
    }

    /// Gives the thread the first order of the queue.
    fn send_next(&mut self) {
        let now = self.now;
        let migration = &mut self.migration;
        let Some(departure) = migration.queue.front_mut() else {
            return;
        };
        let wanted = &mut departure.wanted;
        let values = std::mem::take(&mut departure.values);
        let ttl_ms = |deadline: UnixMs| deadline.0.saturating_sub(now.ms().0).max(1);
        let keys = wanted.keys.iter().zip(values);
        let keys = keys.map(|(name, (value, deadline))| Moving {
            name: name.clone(),
            ttl_ms: deadline.map_or(0, ttl_ms),
            value,
        });
        let order = Order {
            keys: keys.collect(),
            host: std::mem::take(&mut wanted.host),
            port: std::mem::take(&mut wanted.port),
            db: wanted.db,
            timeout: wanted.timeout,
            login: wanted.login.take(),
            replace: wanted.replace,
            now: now.mono,
        };
        migration.used_at = Some(now.mono);
        if let Some(worker) = &mut migration.worker {
            worker.give(Job::Move(Box::new(order)));
        }
    }

    /// Draws the consequences of what was carried, and closes connections that nobody uses.
    pub(super) fn heed_mover(&mut self) {
        let Some(worker) = &mut self.migration.worker else {
            return;
        };
        let under_way = !self.migration.queue.is_empty();
        if let Some(done) = worker.take()
            && under_way
        {
            self.landed(&done);
            return;
        }
        let idle = |used_at: MonoNs| self.now.mono.since(used_at) > IDLE_NS_MAX;
        if !under_way && worker.is_idle() && self.migration.used_at.is_some_and(idle) {
            self.migration.used_at = None;
            worker.give(Job::Tidy(self.now.mono));
        }
    }

    /// What the other server acknowledged is deleted here; then the client gets its reply.
    fn landed(&mut self, done: &Done) {
        let Some(departure) = self.migration.queue.pop_front() else {
            return;
        };
        let Departure { client, wanted, .. } = &departure;
        if !wanted.copy {
            let keys = wanted.keys.iter().zip(&done.arrived);
            let arrived = keys.filter_map(|(key, arrived)| arrived.then_some(&**key));
            let arrived: Vec<&[u8]> = arrived.collect();
            let wrote = !arrived.is_empty() && self.delete_moved(departure.db, &arrived);
            if self.clients.get(*client).is_some() {
                self.note_mark(*client, wrote);
            }
            for key in &wanted.keys {
                self.migration.let_go(key);
            }
            self.resume_paused();
        }
        self.tell_mover(&departure, done.failure.as_ref());
        self.send_next();
    }

    /// Deletes keys that are elsewhere now; whether any was still here.
    fn delete_moved(&mut self, db: usize, keys: &[&[u8]]) -> bool {
        let mut view = self.keyspace.view(db, self.now.ms());
        for key in keys {
            if view.remove(key, Cause::Command) {
                self.effects.changes += 1;
                let after = view.departed();
                self.effects
                    .event(EventClass::GENERIC, "del", (db, key), after);
                self.effects.touch(db, key);
            }
        }
        let request = OwnedRequest::new([b"DEL".as_slice()].iter().chain(keys));
        self.settle_without_client(db, request.request())
    }

    fn tell_mover(&mut self, departure: &Departure, failure: Option<&Failure>) {
        let key = departure.client;
        let waits = |activity: Activity| activity == Activity::Away;
        let Some(client) = self
            .clients
            .get_mut(key)
            .filter(|client| waits(client.activity))
        else {
            return;
        };
        client.activity = Activity::Ready;
        let error = failure.map(|failure| match failure {
            Failure::Connect => CommandError::MIGRATE_CONNECT,
            Failure::Write => CommandError::MIGRATE_WRITE,
            Failure::Read => CommandError::MIGRATE_READ,
            Failure::Refused(text) => CommandError::migrate_refused(text),
        });
        match &error {
            _ if departure.silent => {}
            None => client.reply.ok(),
            Some(error) => client.reply.error(error.text()),
        }
        if let Some(error) = error {
            self.metrics.errors.count(error.code());
        }
        self.go_on(key);
    }
}
