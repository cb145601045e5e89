//! CONFIG: the parameters read, changed and written back to their file.
//!
//! A change is made on a copy. Each parameter that differs is then applied to the running server
//! (sockets bound anew, limits raised, …); should one fail, those before it are applied back and
//! the copy is dropped. What needs no applying is simply read from its field from then on.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{AdminCall, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::disk::{self, Disk};
use crate::config::file::{self, Files};
use crate::config::params::{self, Param};
use crate::config::rewrite::Scope;
use crate::config::{Config, Permission, Protected, Reason, SetError, rewrite as rewritten};
use crate::ds::glob::{Case, Glob};
use crate::resp::request::Request;
use crate::server::Server;
use crate::server::process::open_files;
use crate::server::startup::thresholds_of;
use crate::sys::alloc::used_bytes;
use crate::sys::memory;

type Reply = Result<(), CommandError>;

/// CONFIG GET pattern […]
pub(super) fn get(server: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    // By name in lower case; the name shown is the one asked for, if it was asked for outright.
    let mut found: BTreeMap<Vec<u8>, (Vec<u8>, &Param)> = BTreeMap::new();
    while args.left() > 0 {
        let pattern = args.bytes()?;
        if !pattern
            .iter()
            .any(|byte| matches!(byte, b'[' | b'*' | b'?'))
        {
            if let Some(param) = params::find(pattern) {
                let shown = (pattern.to_vec(), param);
                found.entry(pattern.to_ascii_lowercase()).or_insert(shown);
            }
            continue;
        }
        let glob = Glob::new(pattern, Case::Ignored);
        for param in params::all().filter(|param| !param.hidden) {
            for name in param.names().filter(|name| glob.matches(name.as_bytes())) {
                let shown = (name.as_bytes().to_vec(), param);
                found.entry(name.as_bytes().to_vec()).or_insert(shown);
            }
        }
    }
    call.reply.map(found.len());
    for (name, param) in found.values() {
        call.reply.bulk(name);
        call.reply.bulk(&server.config.show(param));
    }
    Ok(())
}

/// CONFIG SET parameter value [parameter value …]
pub(super) fn set(server: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    let mut pairs = Vec::with_capacity(args.left() / 2);
    while args.left() > 0 {
        pairs.push((args.bytes()?, args.bytes()?));
    }
    // What is being loaded is there, and goes on in the log if there is one.
    let waits = |name: &[u8]| {
        let param = params::find(name);
        param.is_some_and(|param| matches!(param.name, "dir" | "appendonly"))
    };
    if server.loading.is_some() && pairs.iter().any(|(name, _)| waits(name)) {
        return Err(CommandError::LOADING);
    }
    let local = server.clients[call.client].peer.is_local();
    let protected = match server.config.enable_protected_configs {
        Permission::Yes => Protected::Allowed,
        Permission::Local if local => Protected::Allowed,
        Permission::Local | Permission::No => Protected::Refused,
    };
    let (new, changed) = server.config.with(&pairs, protected).map_err(refusal)?;
    take(server, new, &changed).map_err(refusal)?;
    call.reply.ok();
    Ok(())
}

/// Whether an argument of CONFIG SET is the value of a parameter that must not be shown.
pub(super) fn is_secret(request: Request<'_>, index: usize) -> bool {
    index >= 3
        && index % 2 == 1
        && params::find(request.bytes(index - 1)).is_some_and(|param| param.secret)
}

/// CONFIG REWRITE
pub(super) fn rewrite(server: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    args.end()?;
    rewrite_with(server, call, Scope::Needed)
}

/// Writes the present values into the configuration file, if there is one.
pub(super) fn rewrite_with(server: &mut Server, call: &mut AdminCall<'_>, scope: Scope) -> Reply {
    let Some(path) = &server.config_file else {
        return Err(CommandError::NO_CONFIG_FILE);
    };
    let users = server.user_lines();
    match rewrite_file(path, &server.config, &users, scope) {
        Ok(()) => {
            log::info!("CONFIG REWRITE executed with success.");
            call.reply.ok();
            Ok(())
        }
        Err(error) => {
            let reason = file::plain(&error);
            log::warn!("CONFIG REWRITE failed: {reason}");
            Err(CommandError::rewriting_failed(&reason))
        }
    }
}

fn rewrite_file(path: &Path, config: &Config, users: &[Vec<u8>], scope: Scope) -> io::Result<()> {
    let old = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    disk::replace(path, &rewritten::rewrite(&old, config, users, scope))
}

/// CONFIG RESETSTAT
pub(super) fn resetstat(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    args.end()?;
    server.reset_stats();
    call.reply.ok();
    Ok(())
}

/// CONFIG HELP
pub(super) fn help(_: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    args.end()?;
    help::write(call.reply, "CONFIG", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "GET <pattern> [<pattern> ...]",
    "    The parameters whose names match, and their values.",
    "SET <parameter> <value> [<parameter> <value> ...]",
    "    Change parameters: all of them or, if one cannot be, none.",
    "RESETSTAT",
    "    Set the counters that INFO shows back to zero.",
    "REWRITE",
    "    Write the present values into the configuration file.",
];

/// Applies what `changed` between the server's configuration and `new`, which then is the
/// server's; or, if something cannot be, leaves everything as it was.
fn take(server: &mut Server, new: Config, changed: &[&'static Param]) -> Result<(), SetError> {
    let old = std::mem::replace(&mut server.config, new);
    for (done, param) in changed.iter().enumerate() {
        if applied_together(param, &changed[..done]) {
            continue;
        }
        let Err(reason) = apply(server, param, &old) else {
            continue;
        };
        let name = param.name;
        log::warn!(
            "Failed applying new configuration. Possibly related to new {name} setting. \
             Restoring previous settings."
        );
        let refused = std::mem::replace(&mut server.config, old);
        for param in changed[..done].iter().rev() {
            if let Err(reason) = apply(server, param, &refused) {
                log::warn!("Failed applying restored failed CONFIG SET command: {reason}");
            }
        }
        let name = name.as_bytes().to_vec();
        return Err(SetError::Refused { name, reason });
    }
    for param in changed {
        if let Some(warning) = file::warning(&server.config, param) {
            log::warn!("{warning}");
        }
    }
    Ok(())
}

/// Whether applying one of `before` has applied `param` as well.
fn applied_together(param: &Param, before: &[&'static Param]) -> bool {
    const TOGETHER: [[&str; 2]; 3] = [
        ["bind", "port"],
        ["metrics-bind", "metrics-port"],
        ["oom-score-adj", "oom-score-adj-values"],
    ];
    let twin = TOGETHER.iter().find(|pair| pair.contains(&param.name));
    twin.is_some_and(|pair| before.iter().any(|done| pair.contains(&done.name)))
}

/// Brings the running server from `old` to its configuration, in what `param` governs.
fn apply(server: &mut Server, param: &Param, old: &Config) -> Result<(), Reason> {
    let config = &server.config;
    match param.name {
        "bind" | "port" => server.rebind(old).map_err(|error| {
            log::warn!("{error}");
            if param.name == "port" {
                "Unable to listen on this port. Check server logs.".into()
            } else {
                "Failed to bind to specified addresses.".into()
            }
        }),
        "metrics-bind" | "metrics-port" => server.follow_metrics_port(old).map_err(|error| {
            log::warn!("{error}");
            "Unable to listen there. Check server logs.".into()
        }),
        "maxclients" => open_files(config.maxclients).map_err(|possible| {
            let refusal = "The operating system is not able to handle the specified number of \
                           clients, try with";
            format!("{refusal} {possible}").into()
        }),
        "dir" => {
            let dir = Disk.enter(&config.dir);
            server.config.dir = dir.map_err(|error| Reason::from(file::plain(&error)))?;
            Ok(())
        }
        "oom-score-adj" | "oom-score-adj-values" => {
            server.process.apply_oom_score(config).map_err(|error| {
                log::warn!("Unable to write oom_score_adj: {error}");
                "Failed to set current oom_score_adj. Check server logs.".into()
            })
        }
        "loglevel" | "log-format" | "log-timestamp-format" => {
            server.process.apply_log(config);
            Ok(())
        }
        "crash-log-enabled" => {
            server.process.apply_crash(config);
            Ok(())
        }
        "jemalloc-bg-thread" => {
            memory::purge_in_background(config.jemalloc_bg_thread).map_err(|error| {
                log::warn!("The allocator cannot purge in the background: {error}");
                "Unable to start the allocator's thread. Check server logs.".into()
            })
        }
        "requirepass" => {
            server.follow_requirepass();
            Ok(())
        }
        "notify-keyspace-events" => {
            server.follow_listening();
            Ok(())
        }
        "track-prefixes" => {
            server.follow_prefixes();
            Ok(())
        }
        "client-output-buffer-limit" => {
            server.limits.reply_bytes_max = config.reply_bytes_max();
            Ok(())
        }
        "proto-max-bulk-len" => {
            server.limits.string_bytes_max = config.proto_max_bulk_len;
            Ok(())
        }
        name if ["slowlog-", "commandlog-", "latency-"]
            .iter()
            .any(|area| name.starts_with(area)) =>
        {
            server.follow_observing();
            Ok(())
        }
        "maxmemory-policy" | "lfu-log-factor" | "lfu-decay-time" => {
            server.follow_policy();
            Ok(())
        }
        name if name.contains("-max-listpack-")
            || name.starts_with("stream-node-max-")
            || matches!(name, "set-max-intset-entries" | "hll-sparse-max-bytes") =>
        {
            let alone = server.limits.thresholds.list_alone_bytes;
            server.limits.thresholds = thresholds_of(config, alone);
            Ok(())
        }
        "rdb-version-check" => {
            server.limits.versions = config.rdb_version_check;
            Ok(())
        }
        "appendonly" if config.appendonly => server.begin_log().map_err(|error| {
            log::warn!("Unable to switch the log on: {error}");
            "Unable to turn on AOF. Check server logs.".into()
        }),
        "appendonly" => {
            server.close_log(false);
            Ok(())
        }
        "appendfsync" | "no-appendfsync-on-rewrite" | "aof-timestamp-enabled" => {
            server.follow_log_settings();
            Ok(())
        }
        "maxmemory" => {
            server.follow_memory_limit();
            warn_of_little_memory(server.memory.limit());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn warn_of_little_memory(limit: usize) {
    let used = used_bytes();
    if limit != 0 && limit < used {
        log::warn!(
            "WARNING: the new maxmemory value set via CONFIG SET ({limit}) is smaller than the \
             current memory usage ({used}). Keys are evicted, or commands that need memory \
             refused, as the maxmemory-policy says."
        );
    }
}

fn refusal(error: SetError) -> CommandError {
    match error {
        SetError::Unknown(name) => CommandError::unknown_parameter(&name),
        SetError::Refused { name, reason } => CommandError::parameter_refused(&name, &reason),
    }
}
