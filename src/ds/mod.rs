//! Pure data structures: no Redis, no time, no I/O.

pub mod number;
pub mod output;
pub mod rope;
