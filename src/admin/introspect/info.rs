//! INFO: the state and the counters of the server, section by section.
//!
//! Fields and their order are those of Redis 7.2, with some of Valkey's, because monitoring reads
//! them by name. What this server does not have (a fork, slots, Lua) says so with the value it has
//! in a Redis that does not use it; allocator details nobody counts here are left out.

use std::time::Duration;

use super::super::AdminCall;
use super::costs;
use crate::admin::memory::MemoryUse;
use crate::client::subscriptions::Kind;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::observe::info::{Report, Wanted, ratio};
use crate::observe::metrics::Rated;
use crate::server::gate::Paused;
use crate::server::{REDIS_VERSION, Server};
use crate::sys::clock::MonoNs;
use crate::sys::usage::{Of, cpu_time};

pub(in crate::admin) fn info(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let request = args.request();
    let words = (args.position()..request.len()).map(|index| request.bytes(index));
    let text = text(server, words);
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// The text of the sections that `words` ask for.
pub(in crate::admin) fn text<'a>(server: &Server, words: impl Iterator<Item = &'a [u8]>) -> String {
    let mut report = Report::new(Wanted::parse(words));
    for (name, fill) in SECTIONS {
        if report.section(name) {
            fill(server, &mut report);
        }
    }
    report.into_text()
}

type Fill = fn(&Server, &mut Report);

/// In Redis's order.
const SECTIONS: &[(&str, Fill)] = &[
    ("Server", about_server),
    ("TLS", about_certificates),
    ("Clients", about_clients),
    ("Memory", about_memory),
    ("Persistence", about_persistence),
    ("Stats", about_stats),
    ("Replication", about_replication),
    ("CPU", about_cpu),
    ("Modules", |_, _| {}),
    ("Commandstats", about_commands),
    ("Errorstats", about_errors),
    ("Latencystats", about_latency),
    ("Cluster", |_, report| report.line("cluster_enabled", 0)),
    ("Keyspace", about_keyspace),
    ("Keysizes", about_key_sizes),
    // These are shown only when asked for by their names.
    ("Debug", about_turns),
    // Ours: they tell names of keys.
    ("Hotkeys", costs::about_hot_keys),
    ("Bigkeys", costs::about_big_keys),
    ("Prefixes", costs::about_prefixes),
];

fn about_server(server: &Server, report: &mut Report) {
    let uptime = server.now.mono.since(server.started.mono) / 1_000_000_000;
    report.line("redis_version", REDIS_VERSION);
    report.line("server_name", "ruddle");
    report.line("ruddle_version", env!("CARGO_PKG_VERSION"));
    report.line("redis_git_sha1", "00000000");
    report.line("redis_git_dirty", 0);
    report.line("redis_build_id", "0000000000000000");
    report.line("redis_mode", "standalone");
    report.line("server_mode", "standalone");
    report.line("os", operating_system());
    report.line("arch_bits", usize::BITS);
    report.line("monotonic_clock", "quanta");
    report.line("multiplexing_api", "epoll");
    // Of a C compiler, which would say which it was.
    report.line("atomicvar_api", "rust");
    report.line("gcc_version", "0.0.0");
    report.line("process_id", std::process::id());
    report.line("process_supervised", shown(server, "supervised"));
    report.line("run_id", &server.run_id);
    report.line("tcp_port", server.config.port);
    report.line("server_time_usec", server.now.unix.0);
    report.line("uptime_in_seconds", uptime);
    report.line("uptime_in_days", uptime / 86_400);
    report.line("hz", server.hz());
    report.line("configured_hz", server.config.hz);
    report.line("clients_hz", server.hz());
    // The clock that entries' last accesses are kept in: seconds in 24 bits.
    report.line("lru_clock", server.now.ms().seconds() & 0xff_ffff);
    let executable = std::env::current_exe().unwrap_or_default();
    report.line("executable", executable.display());
    let file = server.config_file.as_deref();
    report.line("config_file", file.unwrap_or("".as_ref()).display());
    report.line("io_threads_active", 0);
    report.line("availability_zone", shown(server, "availability-zone"));
    listeners(server, report);
}

fn listeners(server: &Server, report: &mut Report) {
    let config = &server.config;
    let mut index = 0;
    let mut listener = |text: String| {
        report.line(&format!("listener{index}"), text);
        index += 1;
    };
    if config.port != 0 {
        let binds: String = config.bind.iter().map(|b| format!(",bind={b}")).collect();
        listener(format!("name=tcp{binds},port={}", config.port));
    }
    if !config.unixsocket.is_empty() {
        let path = String::from_utf8_lossy(&config.unixsocket);
        listener(format!("name=unix,bind={path}"));
    }
}

fn operating_system() -> String {
    let name = rustix::system::uname();
    let parts = [name.sysname(), name.release(), name.machine()];
    parts.map(|part| part.to_string_lossy()).join(" ")
}

/// A parameter as CONFIG GET shows it.
fn shown(server: &Server, name: &str) -> String {
    let value = server.config.get(name).unwrap_or_default();
    String::from_utf8_lossy(&value).into_owned()
}

/// There are none.
fn about_certificates(_server: &Server, report: &mut Report) {
    for whose in ["server", "client", "ca"] {
        report.line(&format!("tls_{whose}_cert_serial"), "none");
        report.line(&format!("tls_{whose}_cert_expires_in_seconds"), 0);
    }
}

fn about_clients(server: &Server, report: &mut Report) {
    let clients = || server.clients.iter().map(|(_, client)| client);
    let input = clients().map(|client| client.pending.len()).max();
    let output = clients().map(|client| client.reply.output.len()).max();
    report.line("connected_clients", server.clients.len());
    report.line("cluster_connections", 0);
    report.line("maxclients", server.config.maxclients);
    report.line("client_recent_max_input_buffer", input.unwrap_or(0));
    report.line("client_recent_max_output_buffer", output.unwrap_or(0));
    report.line("blocked_clients", server.blocked_count());
    report.line("tracking_clients", server.tracking.clients);
    report.line("pubsub_clients", server.pubsub.clients());
    report.line("watching_clients", server.watching.clients);
    let waiting = &server.waiting;
    report.line("clients_in_timeout_table", waiting.with_deadline());
    report.line("total_watched_keys", server.watching.len());
    report.line("total_blocking_keys", waiting.keys());
    report.line("total_blocking_keys_on_nokey", waiting.keys_on_removal());
    let (reason, actions, left_ns) = match server.pause {
        None => ("none", "none", 0),
        Some(pause) => {
            let actions = match pause.what {
                Paused::All => "all",
                Paused::Writes => "write",
            };
            ("client_pause", actions, pause.until.since(server.now.mono))
        }
    };
    report.line("paused_reason", reason);
    report.line("paused_actions", actions);
    report.line("paused_timeout_milliseconds", left_ns / 1_000_000);
}

fn about_memory(server: &Server, report: &mut Report) {
    let memory = MemoryUse::of(server);
    report.bytes("used_memory", memory.used);
    report.bytes("used_memory_rss", memory.resident);
    report.bytes("used_memory_peak", memory.peak);
    let peak = memory.peak_percent();
    report.line("used_memory_peak_perc", format_args!("{peak:.2}%"));
    report.line("used_memory_overhead", memory.overhead());
    report.line("used_memory_startup", memory.startup);
    report.line("used_memory_dataset", memory.dataset());
    let dataset = memory.dataset_percent();
    report.line("used_memory_dataset_perc", format_args!("{dataset:.2}%"));
    report.line("allocator_allocated", memory.allocator.allocated);
    report.line("allocator_active", memory.allocator.active);
    report.line("allocator_resident", memory.allocator.resident);
    report.line("allocator_muzzy", 0);
    report.bytes("total_system_memory", memory.machine);
    report.zeros(&["used_memory_lua", "used_memory_vm_eval"]);
    report.line("used_memory_lua_human", "0B");
    report.zeros(&[
        "used_memory_scripts_eval",
        "number_of_cached_scripts",
        "number_of_functions",
        "number_of_libraries",
        "used_memory_vm_functions",
    ]);
    report.bytes("used_memory_vm_total", 0);
    report.zeros(&["used_memory_functions"]);
    report.bytes("used_memory_scripts", 0);
    report.bytes("maxmemory", server.memory.limit());
    report.line("maxmemory_policy", shown(server, "maxmemory-policy"));
    let names = [
        "allocator_frag",
        "allocator_rss",
        "rss_overhead",
        "mem_fragmentation",
    ];
    for (name, (_, [part, whole])) in names.into_iter().zip(memory.ratios()) {
        let ratio = MemoryUse::ratio(part, whole);
        report.line(&format!("{name}_ratio"), format_args!("{ratio:.2}"));
        let waste = part.cast_signed() - whole.cast_signed();
        report.line(&format!("{name}_bytes"), waste);
    }
    report.line("mem_not_counted_for_evict", server.uncounted_bytes());
    report.zeros(&[
        "mem_replication_backlog",
        "mem_total_replication_buffers",
        "mem_replicas_repl_buffer",
        "mem_replica_full_sync_buffer",
        "mem_clients_slaves",
    ]);
    report.line("mem_clients_normal", memory.clients);
    report.zeros(&[
        "mem_cluster_links",
        "mem_cluster_slot_import",
        "mem_cluster_slot_export",
    ]);
    report.line("mem_aof_buffer", memory.log);
    report.line("mem_allocator", "jemalloc-5.3.1");
    report.zeros(&[
        "mem_overhead_db_hashtable_rehashing",
        "active_defrag_running",
    ]);
    report.line("lazyfree_pending_objects", server.reaper.pending());
    report.line("lazyfreed_objects", server.reaper.freed());
}

fn about_persistence(server: &Server, report: &mut Report) {
    let loading = server.loading_progress();
    report.line("loading", u8::from(loading.is_some()));
    report.zeros(&[
        "async_loading",
        "current_cow_peak",
        "current_cow_size",
        "current_cow_size_age",
    ]);
    report.line("current_fork_perc", "0.00");
    let saving = &server.saving;
    let (saves, rewrites) = saving.under_way();
    let seconds = |since: Option<MonoNs>| {
        let seconds = since.map(|since| server.now.mono.since(since) / 1_000_000_000);
        seconds.map_or(-1, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX))
    };
    let status = |ok| if ok { "ok" } else { "err" };
    let (keys_done, keys) = saving.keys();
    report.line("current_save_keys_processed", keys_done);
    report.line("current_save_keys_total", keys);
    report.line("rdb_changes_since_last_save", server.dirty);
    report.line("rdb_bgsave_in_progress", u8::from(saves.is_some()));
    // Before the first snapshot the data of the start count as saved.
    report.line("rdb_last_save_time", saving.saved_at.seconds());
    report.line("rdb_last_bgsave_status", status(saving.save.ok));
    report.line("rdb_last_bgsave_time_sec", saving.save.seconds);
    report.line("rdb_current_bgsave_time_sec", seconds(saves));
    report.line("rdb_saves", saving.save.count);
    report.zeros(&["rdb_last_cow_size"]);
    report.line("rdb_last_load_keys_expired", server.last_load.expired);
    report.line("rdb_last_load_keys_loaded", server.last_load.keys);
    let journal = server.durable.journal();
    report.line("aof_enabled", u8::from(server.config.appendonly));
    report.line("aof_rewrite_in_progress", u8::from(rewrites.is_some()));
    let scheduled = saving.is_rewrite_scheduled();
    report.line("aof_rewrite_scheduled", u8::from(scheduled));
    report.line("aof_last_rewrite_time_sec", saving.rewrite.seconds);
    report.line("aof_current_rewrite_time_sec", seconds(rewrites));
    report.line("aof_last_bgrewrite_status", status(saving.rewrite.ok));
    report.line("aof_rewrites", saving.rewrite.count);
    report.line("aof_rewrites_consecutive_failures", saving.rewrites_failed);
    let failed = journal.is_some_and(|journal| journal.failure().is_some());
    report.line("aof_last_write_status", status(!failed));
    report.zeros(&[
        "aof_last_cow_size",
        "module_fork_in_progress",
        "module_fork_last_cow_size",
        "slot_migration_fork_in_progress",
    ]);
    if let Some(journal) = journal {
        report.line("aof_current_size", server.log_bytes());
        report.line("aof_base_size", server.log_base_bytes());
        report.line("aof_pending_rewrite", u8::from(scheduled));
        report.line("aof_buffer_length", journal.buffered_bytes());
        report.line("aof_pending_bio_fsync", u8::from(!journal.is_synced()));
        report.line("aof_delayed_fsync", journal.lags);
    }
    if let Some(loading) = loading {
        report.line("loading_start_time", loading.began);
        report.line("loading_total_bytes", loading.total_bytes);
        report.line("loading_rdb_used_mem", loading.used_bytes);
        report.line("loading_loaded_bytes", loading.loaded_bytes);
        report.line(
            "loading_loaded_perc",
            format_args!("{:.2}", loading.percent),
        );
        report.line("loading_eta_seconds", loading.seconds_left);
    }
}

fn about_stats(server: &Server, report: &mut Report) {
    let metrics = &server.metrics;
    let kilobytes = |what| metrics.rate(what) / 1024.0;
    report.line("total_connections_received", metrics.connections_received);
    report.line("total_commands_processed", metrics.commands_processed);
    // Whole commands; the conversion saturates.
    let rate = metrics.rate(Rated::Commands).round() as u64;
    report.line("instantaneous_ops_per_sec", rate);
    report.line("total_net_input_bytes", metrics.net_input_bytes);
    report.line("total_net_output_bytes", metrics.net_output_bytes);
    report.zeros(&[
        "total_net_repl_input_bytes",
        "total_net_repl_output_bytes",
        "total_net_cluster_slot_import_bytes",
        "total_net_cluster_slot_export_bytes",
    ]);
    for (field, what) in [
        ("instantaneous_input_kbps", Rated::InputBytes),
        ("instantaneous_output_kbps", Rated::OutputBytes),
    ] {
        report.line(field, format_args!("{:.2}", kilobytes(what)));
    }
    report.line("instantaneous_input_repl_kbps", "0.00");
    report.line("instantaneous_output_repl_kbps", "0.00");
    report.line("rejected_connections", metrics.connections_rejected);
    report.line("sync_full", server.syncing.sent);
    report.zeros(&["sync_partial_ok", "sync_partial_err"]);
    keyspace_stats(server, report);
    for (field, kind) in [
        ("pubsub_channels", Kind::Channel),
        ("pubsub_patterns", Kind::Pattern),
        ("pubsubshard_channels", Kind::Shard),
    ] {
        report.line(field, server.pubsub.count(kind));
    }
    report.zeros(&[
        "latest_fork_usec",
        "total_forks",
        "migrate_cached_sockets",
        "slave_expires_tracked_keys",
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
    ]);
    report.line("tracking_total_keys", server.tracking.keys());
    report.line("tracking_total_items", server.tracking.items());
    report.line("tracking_total_prefixes", server.tracking.prefixes());
    report.line("unexpected_error_replies", 0);
    report.line("total_error_replies", metrics.errors.total);
    report.line("dump_payload_sanitizations", 0);
    report.line("total_reads_processed", metrics.reads_processed);
    report.line("total_writes_processed", metrics.writes_processed);
    loop_stats(server, report);
    report.line("acl_access_denied_auth", metrics.denied_auth);
    report.line("acl_access_denied_cmd", metrics.denied_command);
    report.line("acl_access_denied_key", metrics.denied_key);
    report.line("acl_access_denied_channel", metrics.denied_channel);
    report.line("acl_access_denied_tls_cert", 0);
    report.line("acl_access_denied_db", metrics.denied_database);
}

fn keyspace_stats(server: &Server, report: &mut Report) {
    let stats = server.keyspace.stats();
    let mut volatile = 0.0;
    let mut stale = 0.0;
    for index in 0..super::super::database_count(server) {
        let table = server.keyspace.table_stats(index);
        volatile += table.volatile as f64;
        stale += table.stale_share * table.volatile as f64;
    }
    let expiry_ms = server.metrics.expiry_ns / 1_000_000;
    report.line("expired_keys", stats.expired);
    report.line("expired_fields", stats.expired_fields);
    report.line("expired_subkeys", stats.expired_fields);
    let stale = ratio(stale * 100.0, volatile);
    report.line("expired_stale_perc", format_args!("{stale:.2}"));
    // Fields leave in the cycle in which they are due.
    report.line("expired_keys_with_volatile_items_stale_perc", "0.00");
    report.line("expired_time_cap_reached_count", stats.sweeps_cut);
    report.line("expire_cycle_cpu_milliseconds", expiry_ms);
    report.line("evicted_keys", stats.evicted);
    report.line("evicted_clients", server.metrics.clients_evicted);
    report.line("evicted_scripts", 0);
    let (total_ms, current_ms) = server.memory.exceeded_ms(server.now.mono);
    report.line("total_eviction_exceeded_time", total_ms);
    report.line("current_eviction_exceeded_time", current_ms);
    report.line("keyspace_hits", stats.hits);
    report.line("keyspace_misses", stats.misses);
}

fn loop_stats(server: &Server, report: &mut Report) {
    let metrics = &server.metrics;
    report.zeros(&[
        "io_threaded_reads_processed",
        "io_threaded_writes_processed",
        "io_threaded_freed_objects",
        "io_threaded_accept_processed",
        "io_threaded_poll_processed",
        "io_threaded_total_prefetch_batches",
        "io_threaded_total_prefetch_entries",
    ]);
    let input = metrics.query_buffer_limit_disconnections;
    report.line("client_query_buffer_limit_disconnections", input);
    let output = metrics.output_buffer_limit_disconnections;
    report.line("client_output_buffer_limit_disconnections", output);
    report.zeros(&["reply_buffer_shrinks", "reply_buffer_expands"]);
    report.line("eventloop_cycles", metrics.turns);
    report.line("eventloop_duration_sum", metrics.turns_ns / 1000);
    report.line("eventloop_duration_cmd_sum", metrics.commands_ns / 1000);
    let turns = metrics.rate(Rated::Turns);
    let turn_us = ratio(metrics.rate(Rated::TurnNs) / 1000.0, turns);
    // Whole numbers; the conversions saturate.
    report.line(
        "instantaneous_eventloop_cycles_per_sec",
        turns.round() as u64,
    );
    report.line(
        "instantaneous_eventloop_duration_usec",
        turn_us.round() as u64,
    );
}

/// Where the time of the loop goes.
fn about_turns(server: &Server, report: &mut Report) {
    let metrics = &server.metrics;
    report.line("eventloop_duration_aof_sum", metrics.log_ns / 1000);
    report.line("eventloop_duration_cron_sum", metrics.upkeep_ns / 1000);
    report.line("eventloop_duration_max", metrics.turn_ns_max / 1000);
    report.line("eventloop_cmd_per_cycle_max", metrics.turn_commands_max);
    report.zeros(&["io_threaded_reads_pending", "io_threaded_writes_pending"]);
}

fn about_replication(server: &Server, report: &mut Report) {
    report.line("role", "master");
    report.line("connected_slaves", 0);
    if server.config.wants_replicas() {
        report.line("min_slaves_good_slaves", 0);
    }
    report.line("replicas_waiting_psync", 0);
    report.line("master_failover_state", "no-failover");
    report.line("master_replid", &server.replication_id);
    report.line("master_replid2", "0".repeat(server.replication_id.len()));
    report.line("master_repl_offset", 0);
    report.line("second_repl_offset", -1);
    report.line("repl_backlog_active", 0);
    report.line("repl_backlog_size", shown(server, "repl-backlog-size"));
    report.zeros(&["repl_backlog_first_byte_offset", "repl_backlog_histlen"]);
}

fn about_cpu(server: &Server, report: &mut Report) {
    for (of, suffix) in [
        (Of::Process, ""),
        (Of::Children, "_children"),
        // The thread that runs this is the main one.
        (Of::Thread, "_main_thread"),
    ] {
        let time = cpu_time(of);
        for (field, spent) in [("used_cpu_sys", time.system), ("used_cpu_user", time.user)] {
            report.line(&format!("{field}{suffix}"), Seconds(spent));
        }
    }
    let active = Duration::from_nanos(server.metrics.turns_ns);
    report.line("used_active_time_main_thread", Seconds(active));
}

/// Of the last walk over all keys, or of the first as far as it has come.
fn about_key_sizes(server: &Server, report: &mut Report) {
    for (field, value) in server.costs.census.findings().sizes.lines() {
        report.line(&field, value);
    }
}

/// Seconds with six decimals.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.subsec_micros())
    }
}

fn about_commands(server: &Server, report: &mut Report) {
    for command in server.table.iter() {
        let stats = server.metrics.command(usize::from(command.id.0));
        if stats.calls == 0 && stats.rejected == 0 {
            continue;
        }
        let each = ratio(stats.ns as f64 / 1000.0, stats.calls as f64);
        let calls = stats.calls;
        let us = stats.ns / 1000;
        let (rejected, failed) = (stats.rejected, stats.failed);
        report.line(
            &format!("cmdstat_{}", command.name),
            format_args!(
                "calls={calls},usec={us},usec_per_call={each:.2},\
                 rejected_calls={rejected},failed_calls={failed}"
            ),
        );
    }
}

fn about_errors(server: &Server, report: &mut Report) {
    for (code, count) in server.metrics.errors.codes() {
        report.line(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

fn about_latency(server: &Server, report: &mut Report) {
    if !server.config.latency_tracking {
        return;
    }
    let percentiles = &server.config.latency_tracking_info_percentiles;
    for command in server.table.iter() {
        let Some(times) = server.metrics.times(usize::from(command.id.0)) else {
            continue;
        };
        let shown = percentiles.iter().map(|percent| {
            let us = times.percentile(*percent) as f64 / 1000.0;
            format!("p{percent}={us:.3}")
        });
        let name = format!("latency_percentiles_usec_{}", command.name);
        report.line(&name, shown.collect::<Vec<_>>().join(","));
    }
}

fn about_keyspace(server: &Server, report: &mut Report) {
    for index in 0..super::super::database_count(server) {
        let table = server.keyspace.table_stats(index);
        if table.keys > 0 {
            let (keys, expires, ttl) = (table.keys, table.volatile, table.ttl_mean_ms);
            let fields = table.with_volatile_fields;
            report.line(
                &format!("db{index}"),
                format_args!(
                    "keys={keys},expires={expires},avg_ttl={ttl},keys_with_volatile_items={fields}"
                ),
            );
        }
    }
}
