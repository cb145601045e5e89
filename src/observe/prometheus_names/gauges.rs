//! Fields that go up and down.

use super::Row;

pub(in crate::observe) const GAUGES: &[Row] = &[
    // Server
    (
        "uptime_in_seconds",
        "uptime_in_seconds",
        "Seconds since the start.",
    ),
    ("process_id", "process_id", "The number of the process."),
    (
        "io_threads_active",
        "io_threads_active",
        "Always 0: there are none.",
    ),
    ("hz", "hz", "Ticks of the upkeep in a second."),
    ("configured_hz", "configured_hz", "The parameter hz."),
    // Clients
    (
        "connected_clients",
        "connected_clients",
        "Clients that are connected.",
    ),
    (
        "blocked_clients",
        "blocked_clients",
        "Clients that wait for keys.",
    ),
    (
        "maxclients",
        "max_clients",
        "The most clients there may be.",
    ),
    (
        "tracking_clients",
        "tracking_clients",
        "Clients that have their keys tracked.",
    ),
    (
        "clients_in_timeout_table",
        "clients_in_timeout_table",
        "Waiting clients with a timeout.",
    ),
    (
        "pubsub_clients",
        "pubsub_clients",
        "Clients that subscribe to something.",
    ),
    (
        "watching_clients",
        "watching_clients",
        "Clients that watch keys.",
    ),
    (
        "total_watched_keys",
        "total_watched_keys",
        "Keys that are watched.",
    ),
    (
        "total_blocking_keys",
        "total_blocking_keys",
        "Keys that clients wait for.",
    ),
    (
        "total_blocking_keys_on_nokey",
        "total_blocking_keys_on_nokey",
        "Keys whose removal clients wait for.",
    ),
    (
        "client_recent_max_input_buffer",
        "client_recent_max_input_buffer_bytes",
        "Bytes of the longest input of a client.",
    ),
    (
        "client_recent_max_output_buffer",
        "client_recent_max_output_buffer_bytes",
        "Bytes of the longest output of a client.",
    ),
    // Memory
    (
        "allocator_active",
        "allocator_active_bytes",
        "Bytes in pages that the allocator uses.",
    ),
    (
        "allocator_allocated",
        "allocator_allocated_bytes",
        "Bytes that are allocated.",
    ),
    (
        "allocator_resident",
        "allocator_resident_bytes",
        "Bytes that the allocator holds in memory.",
    ),
    (
        "allocator_frag_ratio",
        "allocator_frag_ratio",
        "Bytes in use pages for each allocated.",
    ),
    (
        "allocator_frag_bytes",
        "allocator_frag_bytes",
        "Bytes in used pages that are not allocated.",
    ),
    (
        "allocator_muzzy",
        "allocator_muzzy_bytes",
        "Bytes given back if the system wants them.",
    ),
    (
        "allocator_rss_ratio",
        "allocator_rss_ratio",
        "Resident bytes for each in used pages.",
    ),
    (
        "allocator_rss_bytes",
        "allocator_rss_bytes",
        "Resident bytes that are not in used pages.",
    ),
    (
        "used_memory",
        "memory_used_bytes",
        "Bytes of memory allocated.",
    ),
    (
        "used_memory_rss",
        "memory_used_rss_bytes",
        "Bytes of the process in the machine's memory.",
    ),
    (
        "used_memory_peak",
        "memory_used_peak_bytes",
        "The most bytes there ever were allocated.",
    ),
    (
        "used_memory_lua",
        "memory_used_lua_bytes",
        "Bytes of the scripts' engine.",
    ),
    (
        "used_memory_vm_eval",
        "memory_used_vm_eval_bytes",
        "Bytes of the engine of EVAL.",
    ),
    (
        "used_memory_scripts_eval",
        "memory_used_scripts_eval_bytes",
        "Bytes of EVAL's scripts.",
    ),
    (
        "used_memory_overhead",
        "memory_used_overhead_bytes",
        "Bytes that are not data.",
    ),
    (
        "used_memory_startup",
        "memory_used_startup_bytes",
        "Bytes allocated after the start.",
    ),
    (
        "used_memory_dataset",
        "memory_used_dataset_bytes",
        "Bytes that are data.",
    ),
    (
        "number_of_cached_scripts",
        "number_of_cached_scripts",
        "Scripts that are kept.",
    ),
    (
        "number_of_functions",
        "number_of_functions",
        "Functions that are loaded.",
    ),
    (
        "number_of_libraries",
        "number_of_libraries",
        "Libraries of functions that are loaded.",
    ),
    (
        "used_memory_vm_functions",
        "memory_used_vm_functions_bytes",
        "Bytes of functions' engine.",
    ),
    (
        "used_memory_scripts",
        "memory_used_scripts_bytes",
        "Bytes of scripts and functions.",
    ),
    (
        "used_memory_functions",
        "memory_used_functions_bytes",
        "Bytes of functions.",
    ),
    (
        "used_memory_vm_total",
        "memory_used_vm_total",
        "Bytes of all engines of scripts.",
    ),
    (
        "maxmemory",
        "memory_max_bytes",
        "The most bytes there may be; 0: no limit.",
    ),
    (
        "total_system_memory",
        "total_system_memory_bytes",
        "Bytes of the machine's memory.",
    ),
    (
        "mem_fragmentation_ratio",
        "mem_fragmentation_ratio",
        "Resident bytes for each allocated.",
    ),
    (
        "mem_fragmentation_bytes",
        "mem_fragmentation_bytes",
        "Resident bytes not allocated.",
    ),
    (
        "mem_clients_slaves",
        "mem_clients_slaves",
        "Bytes of replicas' buffers.",
    ),
    (
        "mem_clients_normal",
        "mem_clients_normal",
        "Bytes of clients and their buffers.",
    ),
    (
        "mem_cluster_links",
        "mem_cluster_links_bytes",
        "Bytes of links between nodes.",
    ),
    (
        "mem_aof_buffer",
        "mem_aof_buffer_bytes",
        "Bytes of the log that are not written yet.",
    ),
    (
        "mem_replication_backlog",
        "mem_replication_backlog_bytes",
        "Bytes of the backlog.",
    ),
    (
        "mem_total_replication_buffers",
        "mem_total_replication_buffers_bytes",
        "Bytes of all that waits for replicas.",
    ),
    (
        "mem_overhead_db_hashtable_rehashing",
        "mem_overhead_db_hashtable_rehashing_bytes",
        "Always 0: tables never rehash as a whole.",
    ),
    (
        "mem_not_counted_for_evict",
        "mem_not_counted_for_eviction_bytes",
        "Bytes that maxmemory does not bound.",
    ),
    (
        "lazyfree_pending_objects",
        "lazyfree_pending_objects",
        "Large values still to be freed.",
    ),
    (
        "lazyfreed_objects",
        "lazyfreed_objects",
        "Large values that were freed behind.",
    ),
    (
        "active_defrag_running",
        "active_defrag_running",
        "Always 0: it is not needed.",
    ),
    ("active_defrag_hits", "defrag_hits", "Always 0."),
    ("active_defrag_misses", "defrag_misses", "Always 0."),
    ("active_defrag_key_hits", "defrag_key_hits", "Always 0."),
    ("active_defrag_key_misses", "defrag_key_misses", "Always 0."),
    (
        "migrate_cached_sockets",
        "migrate_cached_sockets_total",
        "Connections MIGRATE keeps.",
    ),
    (
        "expired_stale_perc",
        "expired_stale_percentage",
        "Keys past their deadline and not removed, in per cent of those with one.",
    ),
    // Persistence
    (
        "loading",
        "loading_dump_file",
        "Whether what is on disk is being loaded.",
    ),
    ("async_loading", "async_loading", "Always 0."),
    (
        "loading_total_bytes",
        "loading_total_bytes",
        "Bytes to load.",
    ),
    (
        "loading_loaded_bytes",
        "loading_loaded_bytes",
        "Bytes that are loaded.",
    ),
    (
        "rdb_changes_since_last_save",
        "rdb_changes_since_last_save",
        "Changes not in a snapshot.",
    ),
    (
        "rdb_bgsave_in_progress",
        "rdb_bgsave_in_progress",
        "Whether a snapshot is being written.",
    ),
    (
        "rdb_last_save_time",
        "rdb_last_save_timestamp_seconds",
        "When the last was written.",
    ),
    (
        "rdb_last_bgsave_status",
        "rdb_last_bgsave_status",
        "Whether the last could be written.",
    ),
    (
        "rdb_last_bgsave_time_sec",
        "rdb_last_bgsave_duration_sec",
        "Seconds that the last took.",
    ),
    (
        "rdb_current_bgsave_time_sec",
        "rdb_current_bgsave_duration_sec",
        "Seconds that the one being written has taken; -1: there is none.",
    ),
    ("rdb_saves", "rdb_saves_total", "Snapshots written."),
    (
        "rdb_last_cow_size",
        "rdb_last_cow_size_bytes",
        "Always 0: nothing is forked.",
    ),
    (
        "rdb_last_load_keys_expired",
        "rdb_last_load_expired_keys",
        "Keys that were too old to load.",
    ),
    (
        "rdb_last_load_keys_loaded",
        "rdb_last_load_loaded_keys",
        "Keys loaded from a snapshot.",
    ),
    ("aof_enabled", "aof_enabled", "Whether the log is on."),
    (
        "aof_rewrite_in_progress",
        "aof_rewrite_in_progress",
        "Whether the log is being rewritten.",
    ),
    (
        "aof_rewrite_scheduled",
        "aof_rewrite_scheduled",
        "Whether a rewrite will follow.",
    ),
    (
        "aof_last_rewrite_time_sec",
        "aof_last_rewrite_duration_sec",
        "Seconds the last one took.",
    ),
    (
        "aof_current_rewrite_time_sec",
        "aof_current_rewrite_duration_sec",
        "Seconds that the present rewrite has taken; -1: there is none.",
    ),
    (
        "aof_last_cow_size",
        "aof_last_cow_size_bytes",
        "Always 0: nothing is forked.",
    ),
    (
        "aof_current_size",
        "aof_current_size_bytes",
        "Bytes of the log.",
    ),
    (
        "aof_base_size",
        "aof_base_size_bytes",
        "Bytes of the log after its last rewrite.",
    ),
    (
        "aof_pending_rewrite",
        "aof_pending_rewrite",
        "Whether a rewrite waits.",
    ),
    (
        "aof_buffer_length",
        "aof_buffer_length",
        "Bytes of the log that are not written yet.",
    ),
    (
        "aof_pending_bio_fsync",
        "aof_pending_bio_fsync",
        "Whether the disk still has to sync.",
    ),
    (
        "aof_delayed_fsync",
        "aof_delayed_fsync",
        "Writes that waited for the disk to sync.",
    ),
    (
        "aof_last_bgrewrite_status",
        "aof_last_bgrewrite_status",
        "Whether the last rewrite worked.",
    ),
    (
        "aof_last_write_status",
        "aof_last_write_status",
        "Whether the log can be written.",
    ),
    (
        "module_fork_in_progress",
        "module_fork_in_progress",
        "Always 0.",
    ),
    (
        "module_fork_last_cow_size",
        "module_fork_last_cow_size",
        "Always 0.",
    ),
    // Stats
    (
        "current_eviction_exceeded_time",
        "current_eviction_exceeded_time_ms",
        "Milliseconds that memory has been over its limit.",
    ),
    (
        "pubsub_channels",
        "pubsub_channels",
        "Channels with subscribers.",
    ),
    (
        "pubsub_patterns",
        "pubsub_patterns",
        "Patterns with subscribers.",
    ),
    (
        "pubsubshard_channels",
        "pubsubshard_channels",
        "Shard channels with subscribers.",
    ),
    (
        "latest_fork_usec",
        "latest_fork_seconds",
        "Always 0: nothing is forked.",
    ),
    (
        "tracking_total_keys",
        "tracking_total_keys",
        "Keys remembered for clients.",
    ),
    (
        "tracking_total_items",
        "tracking_total_items",
        "Pairs of a key and a client remembered.",
    ),
    (
        "tracking_total_prefixes",
        "tracking_total_prefixes",
        "Prefixes that clients track.",
    ),
    (
        "instantaneous_ops_per_sec",
        "instantaneous_ops_per_sec",
        "Commands in a second, now.",
    ),
    (
        "instantaneous_eventloop_cycles_per_sec",
        "instantaneous_eventloop_cycles_per_sec",
        "Turns of the loop in a second, now.",
    ),
    (
        "instantaneous_eventloop_duration_usec",
        "instantaneous_eventloop_duration_usec",
        "Microseconds that a turn takes, now.",
    ),
    (
        "slowlog_length",
        "slowlog_length",
        "Slow commands that are kept.",
    ),
    (
        "slowlog_last_id",
        "slowlog_last_id",
        "The number of the last of them.",
    ),
    (
        "commandlog_slow_length",
        "commandlog_slow_length",
        "Slow commands that are kept.",
    ),
    (
        "commandlog_large_request_length",
        "commandlog_large_request_length",
        "Large requests that are kept.",
    ),
    (
        "commandlog_large_reply_length",
        "commandlog_large_reply_length",
        "Large replies that are kept.",
    ),
    (
        "commandlog_execution_slower_than",
        "commandlog_execution_slower_than",
        "From how many microseconds on a command is slow.",
    ),
    (
        "commandlog_slow_execution_max_len",
        "commandlog_slow_execution_max_len",
        "The most slow commands that are kept.",
    ),
    (
        "commandlog_request_larger_than",
        "commandlog_request_larger_than",
        "From how many bytes on a request is large.",
    ),
    (
        "commandlog_large_request_max_len",
        "commandlog_large_request_max_len",
        "The most large requests that are kept.",
    ),
    (
        "commandlog_reply_larger_than",
        "commandlog_reply_larger_than",
        "From how many bytes on a reply is large.",
    ),
    (
        "commandlog_large_reply_max_len",
        "commandlog_large_reply_max_len",
        "The most large replies that are kept.",
    ),
    // Replication
    (
        "connected_slaves",
        "connected_slaves",
        "Replicas that are connected.",
    ),
    (
        "repl_backlog_size",
        "replication_backlog_bytes",
        "Bytes the backlog may have.",
    ),
    (
        "repl_backlog_active",
        "repl_backlog_is_active",
        "Whether there is a backlog.",
    ),
    (
        "repl_backlog_first_byte_offset",
        "repl_backlog_first_byte_offset",
        "Where it begins.",
    ),
    (
        "repl_backlog_histlen",
        "repl_backlog_history_bytes",
        "Bytes in the backlog.",
    ),
    (
        "master_repl_offset",
        "master_repl_offset",
        "The offset of replication.",
    ),
    (
        "second_repl_offset",
        "second_repl_offset",
        "Up to where the former history is known.",
    ),
    (
        "slave_expires_tracked_keys",
        "slave_expires_tracked_keys",
        "Keys a replica must expire.",
    ),
    (
        "sync_full",
        "replica_resyncs_full",
        "Snapshots sent to replicas.",
    ),
    (
        "sync_partial_ok",
        "replica_partial_resync_accepted",
        "Replicas that could go on.",
    ),
    (
        "sync_partial_err",
        "replica_partial_resync_denied",
        "Replicas that could not go on.",
    ),
];
