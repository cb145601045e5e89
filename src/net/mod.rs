//! Sockets: listening, accepting, reading, writing. Never parses, never executes.

pub mod listener;
#[cfg(test)]
pub mod simulated;
pub mod transport;
