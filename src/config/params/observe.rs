//! Parameters of what is measured and told: slow commands, latency, events, tracking.

use super::super::value::{Kind, Reason, Value};
use super::{Param, field};

pub(super) const PARAMS: &[Param] = &[
    Param::int(
        "slowlog-log-slower-than",
        (-1, i64::MAX),
        "10000",
        "Microseconds from which on a command is noted as slow; 0: all; -1: none.",
    )
    .alias(&["commandlog-execution-slower-than"])
    .at(field!(slowlog_log_slower_than)),
    Param::int(
        "slowlog-max-len",
        (0, i64::MAX),
        "128",
        "The most slow commands kept.",
    )
    .alias(&["commandlog-slow-execution-max-len"])
    .at(field!(slowlog_max_len)),
    Param::int(
        "commandlog-request-larger-than",
        (-1, i64::MAX),
        "1048576",
        "Bytes from which on a request is noted as large; -1: none.",
    )
    .at(field!(commandlog_request_larger_than)),
    Param::int(
        "commandlog-large-request-max-len",
        (0, i64::MAX),
        "128",
        "The most of them kept.",
    )
    .at(field!(commandlog_large_request_max_len)),
    Param::int(
        "commandlog-reply-larger-than",
        (-1, i64::MAX),
        "1048576",
        "Bytes from which on a reply is noted as large; -1: none.",
    )
    .at(field!(commandlog_reply_larger_than)),
    Param::int(
        "commandlog-large-reply-max-len",
        (0, i64::MAX),
        "128",
        "The most of them kept.",
    )
    .at(field!(commandlog_large_reply_max_len)),
    Param::int(
        "latency-monitor-threshold",
        (0, i64::MAX),
        "0",
        "Milliseconds from which on a delay is noted; 0: none.",
    )
    .at(field!(latency_monitor_threshold)),
    Param::flag(
        "latency-tracking",
        "yes",
        "Count how long each command takes.",
    )
    .at(field!(latency_tracking)),
    Param::new(
        "latency-tracking-info-percentiles",
        Kind::Percentiles,
        "50 99 99.9",
        "The percentiles that INFO shows of that.",
    )
    .at(field!(latency_tracking_info_percentiles)),
    Param::new(
        "notify-keyspace-events",
        Kind::Events,
        "",
        "Which changes of keys are told to subscribers; empty: none.",
    )
    .at(field!(notify_keyspace_events)),
    Param::new(
        "track-prefixes",
        Kind::Words,
        "",
        "Prefixes of keys to account for, parted by blanks: INFO prefixes tells the keys, bytes and \
         hits below each. When they change, counting begins anew.",
    )
    .checked(not_too_many)
    .at(field!(track_prefixes)),
    Param::int(
        "tracking-table-max-keys",
        (0, i64::MAX),
        "1000000",
        "The most keys remembered for clients that keep copies; 0: no limit.",
    )
    .at(field!(tracking_table_max_keys)),
];

/// Each is compared with every key that is read.
const PREFIXES_MAX: usize = 64;

fn not_too_many(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Words(words) if words.len() > PREFIXES_MAX => {
            Err(format!("no more than {PREFIXES_MAX} prefixes can be accounted for").into())
        }
        _ => Ok(()),
    }
}
