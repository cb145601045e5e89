//! From a configuration to a server that listens.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mio::{Poll, Token, Waker};
use signal_hook_mio::v1_0::Signals;
use socket2::SockRef;

use super::access::UsersError;
use super::census::Costs;
use super::client_memory::ClientMemory;
use super::durable::Durable;
use super::eviction::Memory;
use super::loading::LastLoad;
use super::observing::Observing;
use super::saving::Saving;
use super::{BELL, Io, LISTENERS, Moment, Peaks, SIGNALS, Server, Work, tend};
use crate::acl::AccessControl;
use crate::client::slab::Clients;
use crate::command::call::Limits;
use crate::command::effects::Effects;
use crate::config::file::plain;
use crate::config::{self, Config};
use crate::keyspace::{AccessPolicy, Keyspace};
use crate::net::listener::{self, BindWord, Listener};
use crate::observe::metrics::Metrics;
use crate::persist::storage::{Disk, Storage};
use crate::server::metrics_port::MetricsPort;
use crate::server::migration::Migration;
use crate::server::process::Process;
use crate::server::pubsub::PubSub;
use crate::server::push::Pushes;
use crate::server::syncing::Syncing;
use crate::server::table::CommandTable;
use crate::server::tracking::Tracking;
use crate::server::waiting::Waiting;
use crate::server::watching::Watching;
use crate::sys::alloc;
use crate::sys::clock::Clock;
use crate::sys::group::group_id;
use crate::sys::reaper::Reaper;
use crate::sys::worker::Workers;
use crate::value::{LIST_ALONE_BYTES, Thresholds};

/// Why the server does not start: one line for the operator.
#[derive(Debug)]
pub enum StartError {
    /// The system refuses something the loop needs.
    System(&'static str, io::Error),
    /// Nothing can listen on this address.
    Listen {
        address: String,
        port: u16,
        error: io::Error,
    },
    ListenUnix {
        path: PathBuf,
        error: io::Error,
    },
    /// A command cannot be renamed as the configuration says.
    Rename(&'static str),
    /// Every address of `bind` was passed over.
    NothingBound {
        port: u16,
    },
    /// No port and no Unix socket: nobody could ever come.
    Nowhere,
    /// The users of the configuration cannot be.
    Users(UsersError),
    /// A file of the log, or the snapshot, cannot be read or written.
    LogFile(PathBuf, io::Error),
    /// The snapshot holds what it must not.
    Dump {
        file: PathBuf,
        what: String,
    },
    /// The data cannot go back to the moment asked for.
    Restore(String),
    /// A file of the log holds what it must not.
    Log {
        file: PathBuf,
        what: String,
    },
    /// A file of the log is not whole.
    LogEnds {
        file: PathBuf,
        what: String,
    },
}

/// What to do about a bad log.
const LOOK: &str = "Look at it with aof-check; nothing was changed.";

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Rename(reason) => f.write_str(reason),
            StartError::Users(error) => error.fmt(f),
            StartError::System(what, error) => write!(f, "Cannot start: {what}: {error}"),
            StartError::Listen {
                address,
                port,
                error,
            } => write!(
                f,
                "Warning: Could not create server TCP listening socket {address}:{port}: bind: {}",
                plain(error)
            ),
            StartError::ListenUnix { path, error } => {
                write!(
                    f,
                    "Failed opening Unix socket: bind: {}: {error}",
                    path.display()
                )
            }
            StartError::Restore(why) => {
                write!(f, "Cannot restore: {why}. Nothing was changed.")
            }
            StartError::LogFile(file, error) => {
                write!(
                    f,
                    "Fatal error: can't read or write {}: {}",
                    file.display(),
                    plain(error)
                )
            }
            StartError::Dump { file, what } => write!(
                f,
                "Bad snapshot {}: {what}. Nothing was changed. Terminating server after rdb file \
                 reading failure.",
                file.display()
            ),
            StartError::Log { file, what } => write!(
                f,
                "Bad file format reading the append only file {}: {what}. {LOOK}",
                file.display()
            ),
            StartError::LogEnds { file, what } => write!(
                f,
                "Unexpected end of file reading the append only file {}: {what}. {LOOK}",
                file.display()
            ),
            StartError::Nowhere => f.write_str("Configured to not listen anywhere, exiting."),
            StartError::NothingBound { port } => {
                write!(
                    f,
                    "Failed listening on port {port} (tcp): no address of 'bind' is here"
                )
            }
        }
    }
}

impl std::error::Error for StartError {}

/// What a server has of the world. A simulated one gives others than the system does.
pub(super) struct Parts {
    pub(super) poll: Poll,
    pub(super) signals: Option<Signals>,
    pub(super) reaper: Reaper,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) workers: Workers,
    pub(super) clock: Clock,
    /// Where all chance comes from.
    pub(super) seed: u64,
}

impl Server {
    /// A server for `config`, listening, with its worker threads started. What it has on disk is
    /// loaded in its first turns.
    ///
    /// # Errors
    /// If an address cannot be listened on, the system refuses what the loop needs, or what is on
    /// disk cannot be opened.
    pub fn start(config: Config, clock: Clock, seed: u64) -> Result<Server, StartError> {
        let system = |what| move |error| StartError::System(what, error);
        let poll = Poll::new().map_err(system("the event poll"))?;
        let mut signals = Signals::new([libc::SIGTERM, libc::SIGINT, libc::SIGHUP])
            .map_err(system("the signal handlers"))?;
        poll.registry()
            .register(&mut signals, SIGNALS, mio::Interest::READABLE)
            .map_err(system("watching signals"))?;
        let waker = Waker::new(poll.registry(), BELL).map_err(system("the loop's bell"))?;
        let bell = Arc::new(move || {
            if let Err(error) = waker.wake() {
                log::warn!("Cannot wake the loop: {error}");
            }
        });
        let table = CommandTable::renamed(&config.renamed_commands).map_err(StartError::Rename)?;
        let parts = Parts {
            poll,
            signals: Some(signals),
            reaper: Reaper::start().map_err(system("the reaper thread"))?,
            storage: Arc::new(Disk),
            workers: Workers::Threads(bell),
            clock,
            seed,
        };
        let mut server = Server::assemble(config, table, parts)?;
        server.memory_at_start = alloc::used_bytes();
        let listeners = listen(&server.config)?;
        if listeners.is_empty() {
            return Err(StartError::Nowhere);
        }
        server
            .adopt(listeners)
            .map_err(system("watching a listener"))?;
        server.metrics_port = MetricsPort::open(&server.config)?;
        server.tell_metrics();
        Ok(server)
    }

    /// Leaves the TCP addresses of `old` for those of the configuration; if that fails, goes back.
    ///
    /// # Errors
    /// If one of the new addresses cannot be listened on.
    pub fn rebind(&mut self, old: &Config) -> Result<(), StartError> {
        // Who has connected and waits to be accepted would be turned away with the listener.
        for index in 0..self.io.listeners.len() {
            let waiting = 0..self.config.tcp_backlog;
            waiting
                .take_while(|_| self.accept_from(index))
                .for_each(drop);
        }
        for listener in &mut self.io.listeners {
            listener.deregister(self.io.poll.registry());
        }
        // Closed first: an address may be among the old ones and the new ones.
        let is_tcp = |listener: &Listener| matches!(listener, Listener::Tcp(_));
        let listeners = std::mem::take(&mut self.io.listeners).into_iter();
        let mut listeners: Vec<Listener> = listeners.filter(|one| !is_tcp(one)).collect();
        let result = match listen_tcp(&self.config) {
            Ok(new) => {
                listeners.extend(new);
                Ok(())
            }
            Err(refused) => {
                listeners.extend(listen_tcp(old)?);
                Err(refused)
            }
        };
        let adopted = self.adopt(listeners);
        adopted.map_err(|error| StartError::System("watching a listener", error))?;
        result
    }

    /// What an access leaves in an entry's clock is what `maxmemory-policy` asks for.
    pub(crate) fn follow_policy(&mut self) {
        let lfu = self.config.maxmemory_policy.is_lfu();
        self.limits.lfu = lfu;
        self.keyspace.set_policy(if lfu {
            AccessPolicy::Lfu {
                log_factor: self.config.lfu_log_factor,
                decay_minutes: self.config.lfu_decay_time,
            }
        } else {
            AccessPolicy::Lru
        });
    }

    /// A server without data and listeners.
    ///
    /// # Errors
    /// If its worker cannot be started.
    pub(super) fn assemble(
        config: Config,
        table: Arc<CommandTable>,
        parts: Parts,
    ) -> Result<Server, StartError> {
        let Parts {
            poll,
            signals,
            reaper,
            storage,
            workers,
            clock,
            seed,
        } = parts;
        let saving = Saving::start(Arc::clone(&storage), &workers, clock.unix_us().ms());
        let saving = saving.map_err(|error| StartError::System("the snapshot thread", error))?;
        let durable = Durable::new(&config, storage, workers);
        let durable =
            durable.map_err(|error| StartError::System("the thread for the log's files", error))?;
        let mut random = fastrand::Rng::with_seed(seed);
        let now = Moment {
            unix: clock.unix_us(),
            mono: clock.mono(),
        };
        let hash_seed = [random.u64(..), random.u64(..)];
        let databases = config.databases as usize;
        let mut server = Server {
            keyspace: Keyspace::new(databases, hash_seed),
            config_file: None,
            acl: AccessControl::new(table.catalog()),
            clients: Clients::default(),
            metrics: Metrics::new(table.len()),
            observing: Observing::default(),
            table,
            clock,
            now,
            turn_began: now,
            started: now,
            run_id: random_id(&mut random),
            replication_id: random_id(&mut random),
            memory_at_start: 0,
            random,
            reaper,
            durable,
            saving,
            loading: None,
            last_load: LastLoad::default(),
            effects: Effects::default(),
            syncing: Syncing::default(),
            memory: Memory::default(),
            migration: Migration::default(),
            waiting: Waiting::new(databases),
            watching: Watching::new(databases),
            tracking: Tracking::default(),
            client_memory: ClientMemory::default(),
            pubsub: PubSub::default(),
            pushes: Pushes::default(),
            in_transaction: false,
            limits: Limits {
                skip_checksums: false,
                string_bytes_max: config.proto_max_bulk_len,
                reply_bytes_max: config.reply_bytes_max(),
                lfu: false,
                thresholds: thresholds_of(&config, LIST_ALONE_BYTES),
                versions: config.rdb_version_check,
            },
            pause: None,
            busy: None,
            shutdown: None,
            active_expiry: true,
            upkeep_paused: false,
            peaks: Peaks::default(),
            metrics_port: None,
            costs: Costs::new(seed, now.mono),
            process: Process::default(),
            latest: None,
            dirty: 0,
            next_client_id: 0,
            warned_of_http: None,
            tending: tend::Tending::default(),
            #[cfg(test)]
            witness: None,
            io: Io {
                poll,
                listeners: Vec::new(),
                signals,
                accepting: 0,
            },
            work: Work::default(),
            config,
        };
        server.follow_policy();
        server.follow_prefixes();
        server.follow_observing();
        server.follow_listening();
        server.follow_memory_limit();
        server.load_users().map_err(StartError::Users)?;
        Ok(server)
    }

    /// Replaces the listeners, as at start and when `bind` or `port` change.
    ///
    /// # Errors
    /// If the system cannot watch one more socket.
    pub fn adopt(&mut self, mut listeners: Vec<Listener>) -> io::Result<()> {
        let registry = self.io.poll.registry();
        for old in &mut self.io.listeners {
            old.deregister(registry);
        }
        for (index, listener) in listeners.iter_mut().enumerate() {
            listener.register(registry, Token(LISTENERS - index))?;
        }
        self.io.listeners = listeners;
        self.accept_again();
        Ok(())
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// 40 hexadecimal digits by chance.
pub(crate) fn random_id(random: &mut fastrand::Rng) -> String {
    (0..40)
        .map(|_| char::from(HEX[random.usize(..16)]))
        .collect()
}

/// Listens wherever `config` says.
///
/// # Errors
/// If one of the addresses, not marked optional, cannot be listened on, or none is left.
pub fn listen(config: &Config) -> Result<Vec<Listener>, StartError> {
    let mut listeners = listen_tcp(config)?;
    if !config.unixsocket.is_empty() {
        let path = config::path(&config.unixsocket);
        let mode = (config.unixsocketperm != 0).then_some(config.unixsocketperm);
        let unix = listener::unix(path, mode, config.tcp_backlog);
        let listener = unix.map_err(|error| StartError::ListenUnix {
            path: path.to_owned(),
            error,
        })?;
        if !config.unixsocketgroup.is_empty() {
            give_to_group(path, &config.unixsocketgroup).map_err(|error| {
                let path = path.to_owned();
                StartError::ListenUnix { path, error }
            })?;
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Lets a group own the socket at `path`.
fn give_to_group(path: &Path, group: &[u8]) -> io::Result<()> {
    let id = group_id(&String::from_utf8_lossy(group))?;
    std::os::unix::fs::chown(path, None, Some(id))
}

/// Marks the packets of a listener and of the connections it accepts, for the system's firewall.
fn mark(listener: &Listener, mark: u32) {
    if let Listener::Tcp(listener) = listener
        && mark != 0
        && let Err(error) = SockRef::from(listener).set_mark(mark)
    {
        log::warn!(
            "Unable to set SO_MARK on the listening socket: {}",
            plain(&error)
        );
    }
}

fn listen_tcp(config: &Config) -> Result<Vec<Listener>, StartError> {
    let mut listeners = Vec::new();
    if config.port != 0 {
        for word in &config.bind {
            let bind = BindWord::parse(word);
            match listener::tcp(bind.address, config.port, config.tcp_backlog) {
                Ok(listener) => {
                    mark(&listener, config.socket_mark_id);
                    listeners.push(listener);
                }
                Err(error) if bind.forgives(&error) => {}
                Err(error) => {
                    let address = bind.address.to_owned();
                    return Err(StartError::Listen {
                        address,
                        port: config.port,
                        error,
                    });
                }
            }
        }
        if listeners.is_empty() && !config.bind.is_empty() {
            return Err(StartError::NothingBound { port: config.port });
        }
    }
    Ok(listeners)
}

/// The thresholds of collections that the configuration names. Negative counts are as good as 0.
pub(crate) fn thresholds_of(config: &Config, list_alone_bytes: usize) -> Thresholds {
    let count = |value: i64| usize::try_from(value).unwrap_or(0);
    Thresholds {
        list_listpack_size: config.list_max_listpack_size,
        list_alone_bytes,
        set_intset_entries: count(config.set_max_intset_entries),
        set_listpack_entries: count(config.set_max_listpack_entries),
        set_listpack_value: config.set_max_listpack_value,
        hash_listpack_entries: count(config.hash_max_listpack_entries),
        hash_listpack_value: config.hash_max_listpack_value,
        zset_listpack_entries: count(config.zset_max_listpack_entries),
        zset_listpack_value: config.zset_max_listpack_value,
        stream_node_bytes: config.stream_node_max_bytes,
        stream_node_entries: count(config.stream_node_max_entries),
        hll_sparse_bytes: config.hll_sparse_max_bytes,
    }
}
