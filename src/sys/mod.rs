//! What the machine gives: time, chance, threads, signals, memory.

pub mod alloc;
pub mod allocator;
pub mod clock;
pub mod daemon;
pub mod entropy;
pub mod group;
pub mod huge_pages;
pub mod limits;
pub mod local_time;
pub mod memory;
pub mod pid_file;
pub mod reaper;
pub mod restart;
pub mod steps;
pub mod supervise;
pub mod usage;
pub mod worker;
