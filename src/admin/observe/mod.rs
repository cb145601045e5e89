//! Commands that show what was noted of other commands.

pub(super) mod latency;
pub(super) mod monitor;
pub(super) mod slowlog;
