//! The reactor: one thread that owns every client and all data.
//!
//! [`turn`] is the loop's one turn and calls the rest in order: [`serve`] reads and parses for one
//! client, [`dispatch`] executes one request (through [`gate`], which may refuse it, and `settle`,
//! which draws the consequences), [`wake`] serves those who wait for keys, [`send`] writes replies and closes, [`tend`] does the upkeep.
//! [`startup`] and [`shutdown`] are its two ends.

pub mod access;
pub mod busy;
mod census;
mod client_memory;
pub mod dispatch;
pub mod durable;
pub mod eviction;
pub mod gate;
mod invalidation;
mod keyspace_events;
mod lane;
pub mod launch;
mod leftovers;
pub mod loading;
mod metrics_port;
pub mod migration;
pub mod observing;
mod old_log;
mod plainly;
pub mod process;
pub mod pubsub;
pub mod push;
mod replay;
mod restore;
mod rewrite;
pub mod saving;
pub mod send;
pub mod serve;
pub mod shutdown;
#[cfg(test)]
mod sim;
pub mod startup;
pub mod syncing;
pub mod table;
pub mod tend;
#[cfg(test)]
mod testing;
pub mod tracking;
mod transaction;
pub mod turn;
pub mod waiting;
pub mod wake;
pub mod watching;

use std::path::PathBuf;
use std::sync::Arc;

use mio::{Poll, Token};
use signal_hook_mio::v1_0::Signals;

use crate::acl::AccessControl;
use crate::client::slab::{ClientKey, Clients};
use crate::client::{Activity, ClientFlags, CloseReason};
use crate::command::call::Limits;
use crate::command::effects::Effects;
use crate::config::Config;
use crate::keyspace::Keyspace;
use crate::net::listener::Listener;
use crate::observe::metrics::Metrics;
use crate::sys::clock::{Clock, MonoNs, UnixMs, UnixUs};
use crate::sys::reaper::Reaper;
use census::Costs;
use gate::Pause;
use metrics_port::MetricsPort;
use migration::Migration;
use table::{CommandId, CommandTable};
use tracking::Tracking;
use waiting::Waiting;
use watching::Watching;

/// The version of Redis whose behaviour clients may expect.
pub const REDIS_VERSION: &str = "7.2.4";

/// The token of the signal source; client tokens are slab indices, far below.
const SIGNALS: Token = Token(usize::MAX);

/// The token of the bell that worker threads ring.
const BELL: Token = Token(usize::MAX - 1);

/// Listener `n` has the token `LISTENERS - n`.
const LISTENERS: usize = usize::MAX - 2;

/// A server: everything there is.
pub struct Server {
    pub config: Config,
    pub config_file: Option<PathBuf>,
    /// The users, and what they may do.
    pub acl: AccessControl,
    pub keyspace: Keyspace,
    pub clients: Clients,
    pub table: Arc<CommandTable>,
    pub metrics: Metrics,
    pub clock: Clock,
    /// The present moment, as read once for the command being executed.
    pub now: Moment,
    /// The last time both clocks were read together.
    turn_began: Moment,
    pub random: fastrand::Rng,
    pub reaper: Reaper,
    pub effects: Effects,
    pub limits: Limits,
    pub started: Moment,
    /// 40 hexadecimal digits that name this run.
    pub run_id: String,
    /// As many that name this run's history of changes, for replicas.
    pub replication_id: String,
    /// Bytes allocated when the start was over.
    pub memory_at_start: usize,
    /// CLIENT PAUSE, while it lasts.
    pub pause: Option<Pause>,
    /// What keeps everybody else from the data, for so long that they are told.
    pub busy: Option<busy::Busy>,
    /// The files that outlive the process.
    pub durable: durable::Durable,
    /// Snapshots of the data.
    pub saving: saving::Saving,
    /// Data that are being loaded: most commands are refused meanwhile.
    pub loading: Option<Box<loading::Loading>>,
    /// What the last snapshot loaded held.
    pub last_load: loading::LastLoad,
    /// Who waits for keys.
    pub waiting: Waiting,
    /// Snapshots on their way to other servers.
    pub syncing: syncing::Syncing,
    /// The limit of memory.
    pub memory: eviction::Memory,
    /// What clients hold, while that has a limit.
    client_memory: client_memory::ClientMemory,
    /// Keys on their way to other servers.
    pub migration: Migration,
    /// Who watches keys.
    pub watching: Watching,
    /// Who keeps copies of which keys.
    pub tracking: Tracking,
    /// Who is subscribed to what.
    pub pubsub: pubsub::PubSub,
    /// What is sent to clients without their asking.
    pushes: push::Pushes,
    /// Whether the commands of a transaction are being executed.
    in_transaction: bool,
    /// A shutdown that was asked for and is carried out at the end of the turn.
    pub shutdown: Option<shutdown::Shutdown>,
    /// Whether keys past their deadline are looked for (DEBUG SET-ACTIVE-EXPIRE).
    pub active_expiry: bool,
    /// Whether the periodic upkeep stands still (DEBUG PAUSE-CRON).
    pub upkeep_paused: bool,
    pub peaks: Peaks,
    /// The page of metrics, if it is served.
    metrics_port: Option<MetricsPort>,
    /// Which keys cost, and what.
    pub costs: Costs,
    /// What the configuration governs beside the data: the log, limits, crash reports.
    pub process: process::Process,
    /// What is noted of commands beside the counting.
    pub observing: observing::Observing,
    /// The latest command, for the report of a crash: it may be the one that crashed.
    latest: Option<(ClientKey, CommandId)>,
    /// Changes to the data since the last snapshot.
    pub dirty: u64,
    next_client_id: u64,
    /// When somebody was last warned of in the log who speaks HTTP to us.
    warned_of_http: Option<MonoNs>,
    tending: tend::Tending,
    /// Sees all changes, in simulations.
    #[cfg(test)]
    witness: Option<Box<sim::witness::Witness>>,
    io: Io,
    work: Work,
}

/// Highest values seen since the start, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peaks {
    pub used_memory: usize,
    pub used_memory_at: UnixMs,
    /// The longest single execution of a command.
    pub command_ns: u64,
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    pub unix: UnixUs,
    pub mono: MonoNs,
}

impl Moment {
    /// The wall clock in milliseconds.
    #[inline]
    pub fn ms(self) -> UnixMs {
        self.unix.ms()
    }
}

/// What the loop waits on.
struct Io {
    poll: Poll,
    listeners: Vec<Listener>,
    signals: Option<Signals>,
    /// Listeners with connections waiting (bit `n`: listener `n`), carried from turn to turn.
    accepting: u64,
}

/// What is left to do, and the buffers to do it with.
#[derive(Default)]
struct Work {
    /// Clients with input to read, parse or execute.
    active: Vec<ClientKey>,
    /// Clients with output to send.
    writing: Vec<ClientKey>,
    /// Clients to be closed at the end of the turn.
    closing: Vec<ClientKey>,
    /// Clients whose next request waits for the end of CLIENT PAUSE.
    paused: Vec<ClientKey>,
    /// What clients' input is read into.
    lanes: Vec<lane::Lane>,
    /// Output buffers not in use.
    spare_buffers: Vec<Vec<u8>>,
}

impl Server {
    /// Reads both clocks.
    pub fn read_clock(&mut self) {
        self.turn_began = Moment {
            unix: self.clock.unix_us(),
            mono: self.clock.mono(),
        };
        self.now = self.turn_began;
    }

    /// Lists a client among those with input to work on, once.
    pub(crate) fn activate(&mut self, key: ClientKey) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        if !client.flags.contains(ClientFlags::ACTIVE) {
            client.flags.insert(ClientFlags::ACTIVE);
            self.work.active.push(key);
        }
    }

    /// Lists a client among those with output to send, once, if it has any.
    #[inline]
    pub(crate) fn want_write(&mut self, key: ClientKey) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        let listed = ClientFlags::WRITING | ClientFlags::WANTS_WRITABLE;
        if !client.flags.intersects(listed) && !client.reply.output.is_empty() {
            client.flags.insert(ClientFlags::WRITING);
            self.work.writing.push(key);
        }
    }

    /// Marks a client to be closed; `reap` closes it.
    pub fn close(&mut self, key: ClientKey, reason: CloseReason) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.close(reason);
        self.work.closing.push(key);
    }

    /// Ends CLIENT PAUSE: whoever waited is served again.
    pub fn unpause(&mut self) {
        self.pause = None;
        self.resume_paused();
    }

    /// Lets those try again whose next request waits for the end of a pause.
    pub(super) fn resume_paused(&mut self) {
        for key in std::mem::take(&mut self.work.paused) {
            let Some(client) = self.clients.get_mut(key) else {
                continue;
            };
            if client.activity == Activity::Paused {
                client.activity = Activity::Ready;
                client.flags.insert(ClientFlags::UNPARSED);
                self.activate(key);
            }
        }
    }

    /// Clients that wait for the end of CLIENT PAUSE.
    pub fn paused_count(&self) -> usize {
        let waits = |key: &&ClientKey| {
            // Some may have been closed since they were listed.
            let client = self.clients.get(**key);
            client.is_some_and(|client| client.activity == Activity::Paused)
        };
        self.work.paused.iter().filter(waits).count()
    }
}
