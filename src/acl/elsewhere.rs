//! Commands of Redis and Valkey that this server does not have: rules may name them all the same.
//!
//! A file of users that keeps somebody from `eval` or `replicaof` must load here, too. What is in
//! the command table does not stand here; a test holds the two apart.

/// In order. A container stands for its subcommands.
pub(super) const COMMANDS: &[&str] = &[
    "asking",
    "cluster",
    "eval",
    "eval_ro",
    "evalsha",
    "evalsha_ro",
    "failover",
    "fcall",
    "fcall_ro",
    "function",
    "module",
    "readonly",
    "readwrite",
    "replicaof",
    "restore-asking",
    "script",
    "slaveof",
];

/// Whether this is one of them, or a subcommand of one; in lower case.
pub(super) fn is_known(name: &str) -> bool {
    let container = name.split('|').next().unwrap_or_default();
    COMMANDS.binary_search(&container).is_ok()
}
