//! Data that outlives the process: files, and what is written to them.
//!
//! Everything goes through [`storage::Storage`], the few operations on files that durability
//! needs; behind it is the real file system or a simulated one that fails and crashes as a test
//! wants it to ([`sim_disk`]).

pub mod commands;
pub mod dump;
pub mod flush;
pub mod functions;
pub mod journal;
pub mod load;
pub mod log_dir;
pub mod log_reader;
pub mod manifest;
pub mod native;
pub mod pages;
mod retold;
pub mod saver;
pub mod sim_disk;
mod sink;
pub mod storage;
pub mod transaction;
