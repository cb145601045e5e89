//! Parameters of snapshots and of the log of commands.

use super::super::choices::{AppendFsync, SnapshotFormat, VersionCheck};
use super::super::value::{Kind, Reason, Value, Words};
use super::{INT_MAX, INT_MIN, Param};
use crate::ds::iso_time;

const PART: &str = "persistence";

const SANITIZE: Words = &[("no", 0), ("yes", 1), ("clients", 2)];

pub(super) const PARAMS: &[Param] = &[
    Param::new(
        "save",
        Kind::Save,
        "3600 1 300 100 60 10000",
        "When to save by itself: pairs of seconds and changes; empty: never.",
    )
    .at(super::field!(save)),
    Param::text(
        "dbfilename",
        "dump.rdb",
        "The file of the snapshot, within `dir`.",
    )
    .at(super::field!(dbfilename))
    .protected()
    .checked(|value| plain_name(value, "dbfilename can't be a path, just a filename")),
    Param::flag(
        "rdbcompression",
        "yes",
        "Compress long strings in snapshots.",
    )
    .at(super::field!(rdbcompression)),
    Param::flag(
        "rdbchecksum",
        "yes",
        "Write and check a checksum of snapshots.",
    )
    .restart()
    .at(super::field!(rdbchecksum)),
    Param::flag(
        "stop-writes-on-bgsave-error",
        "yes",
        "Refuse writes after a snapshot failed.",
    )
    .at(super::field!(stop_writes_on_bgsave_error)),
    Param::choice(
        "snapshot-format",
        SnapshotFormat::WORDS,
        "native",
        "The format snapshots and bases of the log are written in: our own, or Redis's.",
    )
    .at(super::field!(snapshot_format)),
    Param::flag(
        "rdb-save-incremental-fsync",
        "yes",
        "Flush a snapshot as it is written.",
    )
    .at(super::field!(rdb_save_incremental_fsync)),
    Param::flag(
        "rdb-del-sync-files",
        "no",
        "Delete snapshots that only served replicas.",
    )
    .coming("replication"),
    Param::choice(
        "rdb-version-check",
        VersionCheck::WORDS,
        "strict",
        "Refuse dumps of versions that are not known; or read what is known in them.",
    )
    .at(super::field!(rdb_version_check)),
    Param::choice(
        "sanitize-dump-payload",
        SANITIZE,
        "no",
        "Check values in full when they come in encoded form.",
    )
    .no_effect("every value is checked in full as it is decoded"),
    Param::int(
        "rdb-key-save-delay",
        (INT_MIN, INT_MAX),
        "0",
        "Slow a snapshot down by so many microseconds for each key, for tests.",
    )
    .hidden()
    .at(super::field!(rdb_key_save_delay)),
    Param::int(
        "key-load-delay",
        (INT_MIN, INT_MAX),
        "0",
        "Slow loading down by so many microseconds for each key, for tests.",
    )
    .hidden()
    .at(super::field!(key_load_delay)),
    Param::int(
        "loading-process-events-interval-bytes",
        (1024, INT_MAX),
        "2097152",
        "How often clients are answered while data is loaded.",
    )
    .hidden()
    .no_effect("clients are answered in every millisecond of loading"),
    Param::flag("appendonly", "no", "Keep a log of every change.").at(super::field!(appendonly)),
    Param::text(
        "appendfilename",
        "appendonly.aof",
        "The name that the log's files begin with.",
    )
    .restart()
    .checked(|value| plain_name(value, "appendfilename can't be a path, just a filename"))
    .at(super::field!(appendfilename)),
    Param::text(
        "appenddirname",
        "appendonlydir",
        "The directory of the log, within `dir`.",
    )
    .restart()
    .checked(|value| plain_name(value, "appenddirname can't be a path, just a dirname"))
    .at(super::field!(appenddirname)),
    Param::choice(
        "appendfsync",
        AppendFsync::WORDS,
        "everysec",
        "When the log is forced to disk: every second, before every reply, or by the system.",
    )
    .at(super::field!(appendfsync)),
    Param::flag(
        "no-appendfsync-on-rewrite",
        "no",
        "Do not force the log to disk while a snapshot or a rewrite runs.",
    )
    .at(super::field!(no_appendfsync_on_rewrite)),
    Param::int(
        "auto-aof-rewrite-percentage",
        (0, INT_MAX),
        "100",
        "Growth, in percent, after which the log is rewritten; 0: never.",
    )
    .at(super::field!(auto_aof_rewrite_percentage)),
    Param::bytes(
        "auto-aof-rewrite-min-size",
        (0, i64::MAX as u64),
        "64mb",
        "A log smaller than this is not rewritten by itself.",
    )
    .at(super::field!(auto_aof_rewrite_min_size)),
    Param::flag(
        "aof-load-truncated",
        "yes",
        "Load a log that ends in the middle of a command.",
    )
    .at(super::field!(aof_load_truncated)),
    Param::flag(
        "aof-use-rdb-preamble",
        "yes",
        "Begin a rewritten log with a snapshot; no: with commands that make the data.",
    )
    .at(super::field!(aof_use_rdb_preamble)),
    Param::flag("aof-timestamp-enabled", "yes", "Note the time in the log.")
        .at(super::field!(aof_timestamp_enabled)),
    Param::int(
        "aof-keep-generations",
        (0, 1000),
        "1",
        "Past generations of the log to keep, to go back to moments in them.",
    )
    .at(super::field!(aof_keep_generations)),
    Param::text(
        "restore-to",
        "",
        "At the start, go back to this moment: seconds since 1970 or 2026-11-21T03:00:00Z.",
    )
    .restart()
    .checked(a_moment)
    .at(super::field!(restore_to)),
    Param::flag(
        "aof-rewrite-incremental-fsync",
        "yes",
        "Flush a rewrite as it is written.",
    )
    .at(super::field!(aof_rewrite_incremental_fsync)),
    Param::flag(
        "aof-disable-auto-gc",
        "no",
        "Keep log files that are no longer needed.",
    )
    .coming(PART),
];

fn a_moment(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Text(text)
            if !text.is_empty() && iso_time::parse(&String::from_utf8_lossy(text)).is_none() =>
        {
            Err("restore-to must be seconds since 1970 or a time like 2026-11-21T03:00:00Z".into())
        }
        _ => Ok(()),
    }
}

fn plain_name(value: &Value, refusal: &'static str) -> Result<(), Reason> {
    match value {
        Value::Text(name) if name.contains(&b'/') || name == b"." || name == b".." => {
            Err(refusal.into())
        }
        _ => Ok(()),
    }
}
