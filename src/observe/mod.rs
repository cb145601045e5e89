//! What the server says about itself: what it counts, and what it writes down.

pub mod crash;
pub mod info;
pub mod log;
pub mod metrics;
