//! Sockets: listening, accepting, reading, writing. Never parses, never executes.

pub mod listener;
pub mod transport;
