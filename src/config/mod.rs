//! The configuration: one table of parameters, and their values as plain fields.
//!
//! [`params`] says what every parameter is; [`Config`] holds the values, those the server reads as
//! fields under the parameter's own name (so the hot path looks nothing up), the others by name.
//! Values come from a file and the command line at the start ([`file`], [`args`]) and from
//! CONFIG SET later ([`Config::with`]); [`rewrite`] puts them back into the file.
//!
//! Everything here is pure: files are reached through a trait, and a change is a new `Config`
//! beside the old one, which the server compares, applies and then takes, or drops as a whole.

pub mod args;
pub mod choices;
pub mod disk;
pub mod document;
pub mod file;
pub mod params;
pub mod rewrite;
pub mod special;
pub mod value;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use choices::{
    AclPubsubDefault, AppendFsync, LogFormat, LogLevel, LogTimestamp, MaxmemoryPolicy, OnSignal,
    OomScoreAdj, Permission, SnapshotFormat, Supervised, SyslogFacility, VersionCheck,
};
pub use params::{Change, Effect, Param};
pub use special::{ClientClass, Event, OutputLimit, SavePoint};
pub use value::{Reason, Share, Value};

use file::ConfigError;
use params::Place;

/// Declares the struct, and its blank form, on which the table then sets every default.
macro_rules! fields {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident { $($(#[$doc:meta])* $vis:vis $field:ident: $type:ty,)* }
    ) => {
        $(#[$attribute])*
        pub struct $name { $($(#[$doc])* $vis $field: $type,)* }

        impl $name {
            fn blank() -> $name {
                $name { $($field: Default::default(),)* }
            }
        }
    };
}

fields! {
    /// The value of every parameter.
    ///
    /// A field is named after its parameter; `docs/config.md` says what each means and its unit.
    /// Text is bytes, as it stood in the file; empty where a parameter is not set.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Config {
        // Network and clients.
        pub bind: Vec<String>,
        pub port: u16,
        pub unixsocket: Vec<u8>,
        pub unixsocketperm: u32,
        pub unixsocketgroup: Vec<u8>,
        pub protected_mode: bool,
        pub metrics_port: u16,
        pub metrics_bind: Vec<String>,
        pub tcp_backlog: i32,
        pub tcp_keepalive: u32,
        pub timeout: u32,
        pub maxclients: u32,
        pub max_new_connections_per_cycle: u32,
        pub client_query_buffer_limit: usize,
        pub client_output_buffer_limit: [OutputLimit; 3],
        pub maxmemory_clients: Share,
        pub proto_max_bulk_len: usize,
        pub socket_mark_id: u32,
        pub availability_zone: Vec<u8>,
        pub requirepass: Vec<u8>,

        // Replicas.
        pub min_replicas_to_write: i32,
        pub min_replicas_max_lag: i32,

        // Users.
        pub aclfile: Vec<u8>,
        pub acllog_max_len: i64,
        pub acl_pubsub_default: AclPubsubDefault,
        /// Those that the configuration names, until the server takes them in.
        pub users: Vec<UserLine>,

        // Process and log.
        /// Absolute, once the configuration is loaded.
        pub dir: Vec<u8>,
        pub daemonize: bool,
        pub pidfile: Vec<u8>,
        pub supervised: Supervised,
        pub databases: u32,
        pub loglevel: LogLevel,
        pub logfile: Vec<u8>,
        pub log_format: LogFormat,
        pub log_timestamp_format: LogTimestamp,
        pub syslog_enabled: bool,
        pub syslog_ident: Vec<u8>,
        pub syslog_facility: SyslogFacility,
        pub hide_user_data_from_log: bool,
        pub crash_log_enabled: bool,
        pub always_show_logo: bool,
        /// Between [`HZ_MIN`] and [`HZ_MAX`].
        pub hz: u32,
        pub dynamic_hz: bool,
        pub shutdown_on_sigint: OnSignal,
        pub shutdown_on_sigterm: OnSignal,
        pub shutdown_timeout: u32,
        pub oom_score_adj: OomScoreAdj,
        pub oom_score_adj_values: [i32; 3],
        pub disable_thp: bool,
        pub jemalloc_bg_thread: bool,
        pub enable_protected_configs: Permission,
        pub enable_debug_command: Permission,
        pub enable_module_command: Permission,
        pub debug_context: Vec<u8>,

        // Memory and expiry.
        pub maxmemory: Share,
        pub maxmemory_policy: MaxmemoryPolicy,
        pub maxmemory_samples: u32,
        pub maxmemory_eviction_tenacity: u32,
        pub lfu_log_factor: u32,
        pub lfu_decay_time: u32,
        pub active_expire_effort: u32,
        pub import_mode: bool,

        // Encodings and scripts.
        pub hash_max_listpack_entries: i64,
        pub hash_max_listpack_value: usize,
        pub list_max_listpack_size: i32,
        pub set_max_intset_entries: i64,
        pub set_max_listpack_entries: i64,
        pub set_max_listpack_value: usize,
        pub zset_max_listpack_entries: i64,
        pub zset_max_listpack_value: usize,
        pub hll_sparse_max_bytes: usize,
        pub stream_node_max_bytes: usize,
        pub stream_node_max_entries: i64,
        pub busy_reply_threshold: i64,

        // Persistence.
        pub save: Vec<SavePoint>,
        pub dbfilename: Vec<u8>,
        pub rdbcompression: bool,
        pub rdbchecksum: bool,
        pub rdb_version_check: VersionCheck,
        pub repl_timeout: u32,
        pub snapshot_format: SnapshotFormat,
        pub rdb_save_incremental_fsync: bool,
        pub aof_rewrite_incremental_fsync: bool,
        pub stop_writes_on_bgsave_error: bool,
        pub auto_aof_rewrite_percentage: u32,
        pub auto_aof_rewrite_min_size: u64,
        pub appendonly: bool,
        pub appendfilename: Vec<u8>,
        pub appenddirname: Vec<u8>,
        pub appendfsync: AppendFsync,
        pub no_appendfsync_on_rewrite: bool,
        pub aof_keep_generations: u32,
        pub restore_to: Vec<u8>,
        pub aof_load_truncated: bool,
        pub aof_timestamp_enabled: bool,
        pub aof_use_rdb_preamble: bool,
        /// Microseconds between two keys.
        pub key_load_delay: i64,
        /// Microseconds for each key.
        pub rdb_key_save_delay: i64,

        // Measures.
        pub slowlog_log_slower_than: i64,
        pub slowlog_max_len: i64,
        pub commandlog_request_larger_than: i64,
        pub commandlog_large_request_max_len: i64,
        pub commandlog_reply_larger_than: i64,
        pub commandlog_large_reply_max_len: i64,
        pub latency_monitor_threshold: i64,
        pub latency_tracking: bool,
        pub latency_tracking_info_percentiles: Vec<f64>,
        pub notify_keyspace_events: Event,
        pub tracking_table_max_keys: i64,
        pub track_prefixes: Vec<Vec<u8>>,

        /// The values of parameters that have no field.
        kept: BTreeMap<&'static str, Value>,
        /// Commands to rename, from and to; an empty name removes the command.
        pub renamed_commands: Vec<(Vec<u8>, Vec<u8>)>,
    }
}

pub const HZ_MIN: u32 = 1;
pub const HZ_MAX: u32 = 500;

/// A `user` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLine {
    pub name: Vec<u8>,
    pub rules: Vec<Vec<u8>>,
    /// Where it stands, and as what.
    pub source: String,
    pub line: usize,
    pub text: String,
}

impl UserLine {
    /// The error that this line is wrong.
    pub fn error(&self, reason: String) -> ConfigError {
        ConfigError::Line {
            source: self.source.clone(),
            line: self.line,
            text: self.text.clone(),
            reason: reason.into(),
        }
    }
}

/// Why CONFIG SET is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such parameter.
    Unknown(Vec<u8>),
    /// The parameter (by the name given) cannot have that value, or not now.
    Refused { name: Vec<u8>, reason: Reason },
}

/// Whether parameters marked as protected may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {
    Allowed,
    Refused,
}

impl Default for Config {
    /// Every parameter at its default.
    fn default() -> Self {
        let mut config = Config::blank();
        for param in params::all() {
            let value = param.default_value();
            config.store(param, value);
        }
        config
    }
}

impl Config {
    /// The value of `param`.
    pub fn value(&self, param: &Param) -> Value {
        match param.place {
            Some(Place { load, .. }) => load(self),
            None => match self.kept.get(param.name) {
                Some(value) => value.clone(),
                None => param.default_value(),
            },
        }
    }

    /// The value of the parameter called `name`, as CONFIG GET shows it.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let param = params::find(name.as_bytes())?;
        Some(self.show(param))
    }

    /// The value of `param`, as CONFIG GET shows it.
    pub fn show(&self, param: &Param) -> Vec<u8> {
        param.kind.show(&self.value(param))
    }

    /// Gives `param` the value that `words` say.
    pub fn set(&mut self, param: &'static Param, words: &[Vec<u8>]) -> Result<(), Reason> {
        let old = self.value(param);
        let value = param.kind.parse(words, Some(&old))?;
        if let Some(check) = param.check {
            check(&value)?;
        }
        self.store(param, value);
        Ok(())
    }

    /// This configuration with `pairs` of names and values set, as CONFIG SET sets them: all, or
    /// an error; and the parameters whose values differ.
    pub fn with(
        &self,
        pairs: &[(&[u8], &[u8])],
        protected: Protected,
    ) -> Result<(Config, Vec<&'static Param>), SetError> {
        let refused = |name: &[u8], reason: Reason| SetError::Refused {
            name: name.to_vec(),
            reason,
        };
        let mut settings: Vec<&'static Param> = Vec::with_capacity(pairs.len());
        for (name, _) in pairs {
            let Some(param) = params::find(name) else {
                return Err(SetError::Unknown(name.to_vec()));
            };
            let reason = if param.change == Change::Restart {
                "can't set immutable config"
            } else if param.protected && protected == Protected::Refused {
                "can't set protected config"
            } else if settings.iter().any(|known| std::ptr::eq(*known, param)) {
                "duplicate parameter"
            } else {
                settings.push(param);
                continue;
            };
            return Err(refused(name, reason.into()));
        }

        let mut new = self.clone();
        for (param, (name, value)) in settings.iter().zip(pairs) {
            let words = split_setting(param, value);
            let set = new.set(param, &words);
            set.map_err(|reason| refused(&name.to_ascii_lowercase(), reason))?;
        }
        settings.retain(|param| self.value(param) != new.value(param));
        Ok((new, settings))
    }

    /// The limits of output for clients of `class`.
    #[inline]
    pub fn output_limit(&self, class: ClientClass) -> OutputLimit {
        self.client_output_buffer_limit[class as usize]
    }

    /// Whether writes are only taken while replicas follow.
    pub fn wants_replicas(&self) -> bool {
        self.min_replicas_to_write > 0 && self.min_replicas_max_lag > 0
    }

    /// Bytes of output that get a client closed whatever it does: the limits of replicas aside,
    /// the highest.
    pub fn reply_bytes_max(&self) -> usize {
        let hard = |class| match self.output_limit(class).hard {
            0 => usize::MAX,
            bytes => bytes,
        };
        hard(ClientClass::Normal).max(hard(ClientClass::PubSub))
    }

    fn store(&mut self, param: &Param, value: Value) {
        match param.place {
            Some(Place { store, .. }) => store(self, value),
            None => {
                self.kept.insert(param.name, value);
            }
        }
        // Out of its bounds this one is bent, not refused.
        self.hz = self.hz.clamp(HZ_MIN, HZ_MAX);
    }
}

impl Param {
    /// Its default.
    pub fn default_value(&self) -> Value {
        let words: Vec<Vec<u8>> = if self.kind.takes_many() {
            let words = self.default.split_ascii_whitespace();
            words.map(|word| word.as_bytes().to_vec()).collect()
        } else {
            vec![self.default.as_bytes().to_vec()]
        };
        let value = self.kind.parse(&words, None);
        value.unwrap_or_else(|reason| panic!("the default of {}: {reason}", self.name))
    }
}

/// Text from the configuration as a path.
pub fn path(text: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(text))
}

/// The words of a value as CONFIG SET takes it: lists are separated by single blanks.
fn split_setting(param: &Param, value: &[u8]) -> Vec<Vec<u8>> {
    if param.kind.takes_many() {
        if value.is_empty() {
            return Vec::new();
        }
        value
            .split(|byte| *byte == b' ')
            .map(<[u8]>::to_vec)
            .collect()
    } else {
        vec![value.to_vec()]
    }
}

#[cfg(test)]
mod tests;
