//! Commands of Redis and Valkey that this server does not have: rules may name them all the same.
//!
//! A file of users that keeps somebody from `eval` or `replicaof` must load here, too. What is in
//! the command table does not stand here; a test holds the two apart.

/// In order. A container stands for its subcommands.
pub(super) const COMMANDS: &[&str] = &[
    "client|import-source",
    "clusterscan",
    "eval",
    "eval_ro",
    "evalsha",
    "evalsha_ro",
    "fcall",
    "fcall_ro",
    "function",
    "restore-asking",
    "script",
];

/// Whether this is one of them, or a subcommand of one; in lower case.
pub fn is_known(name: &str) -> bool {
    let container = name.split('|').next().unwrap_or_default();
    let stands = |name| COMMANDS.binary_search(&name).is_ok();
    stands(container) || stands(name)
}
