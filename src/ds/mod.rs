//! Pure data structures: no Redis, no time, no I/O.

pub mod glob;
pub mod number;
pub mod output;
pub mod rope;
