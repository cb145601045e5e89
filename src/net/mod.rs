//! Sockets: listening, accepting, reading, writing; the little HTTP that a page of metrics needs.
//! Never executes.

pub mod http;
pub mod listener;
#[cfg(test)]
pub mod simulated;
pub mod transport;
