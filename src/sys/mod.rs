//! What the machine gives: time, chance, threads, signals, memory.

pub mod clock;
