//! What the server says about itself: what it counts, and what it writes down.

pub mod census;
pub mod crash;
pub mod histogram;
pub mod hot_keys;
pub mod info;
pub mod key_sizes;
pub mod latency;
pub mod log;
pub mod metrics;
pub mod prefixes;
pub mod prometheus;
mod prometheus_names;
pub mod slowlog;
