//! What the machine gives: time, chance, threads, signals, memory.

pub mod alloc;
pub mod clock;
pub mod memory;
pub mod reaper;
pub mod usage;
