//! Fields that only go up, until the server starts anew or is told to forget.

use super::Row;

pub(in crate::observe) const COUNTERS: &[Row] = &[
    (
        "total_connections_received",
        "connections_received_total",
        "Connections accepted.",
    ),
    (
        "total_commands_processed",
        "commands_processed_total",
        "Commands executed.",
    ),
    (
        "rejected_connections",
        "rejected_connections_total",
        "Connections refused.",
    ),
    (
        "total_net_input_bytes",
        "net_input_bytes_total",
        "Bytes read from clients.",
    ),
    (
        "total_net_output_bytes",
        "net_output_bytes_total",
        "Bytes written to clients.",
    ),
    (
        "total_net_repl_input_bytes",
        "net_repl_input_bytes_total",
        "Bytes read to replicate.",
    ),
    (
        "total_net_repl_output_bytes",
        "net_repl_output_bytes_total",
        "Bytes sent to replicas.",
    ),
    (
        "expired_keys",
        "expired_keys_total",
        "Keys removed because their deadline passed.",
    ),
    (
        "expired_fields",
        "expired_fields_total",
        "Fields of hashes removed for that.",
    ),
    (
        "expired_time_cap_reached_count",
        "expired_time_cap_reached_total",
        "Searches for keys past their deadline that ran out of time.",
    ),
    (
        "expire_cycle_cpu_milliseconds",
        "expire_cycle_cpu_time_ms_total",
        "Milliseconds that those searches took.",
    ),
    (
        "evicted_keys",
        "evicted_keys_total",
        "Keys removed because memory was needed.",
    ),
    (
        "evicted_clients",
        "evicted_clients_total",
        "Clients closed because memory was needed.",
    ),
    (
        "evicted_scripts",
        "evicted_scripts_total",
        "Scripts dropped because there were too many.",
    ),
    (
        "total_eviction_exceeded_time",
        "eviction_exceeded_time_ms_total",
        "Milliseconds that memory was over its limit.",
    ),
    (
        "keyspace_hits",
        "keyspace_hits_total",
        "Lookups for reading that found their key.",
    ),
    (
        "keyspace_misses",
        "keyspace_misses_total",
        "Lookups for reading that did not.",
    ),
    (
        "eventloop_cycles",
        "eventloop_cycles_total",
        "Turns of the loop.",
    ),
    (
        "eventloop_duration_sum",
        "eventloop_duration_sum_usec_total",
        "Microseconds that turns of the loop took.",
    ),
    (
        "eventloop_duration_cmd_sum",
        "eventloop_duration_cmd_sum_usec_total",
        "Microseconds of them that went into commands.",
    ),
    (
        "used_cpu_sys",
        "cpu_sys_seconds_total",
        "Seconds of CPU in the system.",
    ),
    (
        "used_cpu_user",
        "cpu_user_seconds_total",
        "Seconds of CPU in the server itself.",
    ),
    (
        "used_cpu_sys_children",
        "cpu_sys_children_seconds_total",
        "The same of children.",
    ),
    (
        "used_cpu_user_children",
        "cpu_user_children_seconds_total",
        "The same of children.",
    ),
    (
        "used_cpu_sys_main_thread",
        "cpu_sys_main_thread_seconds_total",
        "The same of the loop.",
    ),
    (
        "used_cpu_user_main_thread",
        "cpu_user_main_thread_seconds_total",
        "The same of the loop.",
    ),
    (
        "unexpected_error_replies",
        "unexpected_error_replies",
        "Errors where none should be.",
    ),
    (
        "total_error_replies",
        "total_error_replies",
        "Error replies.",
    ),
    (
        "dump_payload_sanitizations",
        "dump_payload_sanitizations",
        "Payloads checked deeply.",
    ),
    (
        "total_reads_processed",
        "total_reads_processed",
        "Reads from sockets.",
    ),
    (
        "total_writes_processed",
        "total_writes_processed",
        "Writes to sockets.",
    ),
    (
        "io_threaded_reads_processed",
        "io_threaded_reads_processed",
        "Always 0.",
    ),
    (
        "io_threaded_writes_processed",
        "io_threaded_writes_processed",
        "Always 0.",
    ),
    (
        "client_query_buffer_limit_disconnections",
        "client_query_buffer_limit_disconnections_total",
        "Clients closed because their input was too long.",
    ),
    (
        "client_output_buffer_limit_disconnections",
        "client_output_buffer_limit_disconnections_total",
        "Clients closed because they left too much output unread.",
    ),
    (
        "reply_buffer_shrinks",
        "reply_buffer_shrinks_total",
        "Always 0: buffers are shared.",
    ),
    (
        "reply_buffer_expands",
        "reply_buffer_expands_total",
        "Always 0: buffers are shared.",
    ),
    (
        "acl_access_denied_auth",
        "acl_access_denied_auth_total",
        "Passwords that were wrong.",
    ),
    (
        "acl_access_denied_cmd",
        "acl_access_denied_cmd_total",
        "Commands that were not allowed.",
    ),
    (
        "acl_access_denied_key",
        "acl_access_denied_key_total",
        "Keys that were not allowed.",
    ),
    (
        "acl_access_denied_channel",
        "acl_access_denied_channel_total",
        "Channels that were not allowed.",
    ),
];
