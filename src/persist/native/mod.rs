//! Snapshots in a format of our own: quick to write and to read, checked block by block, and
//! worth something even when they are damaged.
//!
//! ```text
//! head │ about … │ block │ block │ … │ index … │ trailer
//!
//! head      32 bytes: magic, version, the file's id, checksum
//! about     blocks that hold aux fields and functions
//! block     40 bytes of header, then some 256 KB of records, compressed
//! index     blocks that hold where every block before stands, and what is in it
//! trailer   64 bytes: where the index stands, totals, checksum
//! ```
//!
//! What is in a block are records of the dump format (`rdb`), so there is one form of each value
//! and one reader of it. A block holds whole records of one database and can be read by itself,
//! on any thread. But a record larger than a block is a *chain* of blocks, the only thing in them:
//! so a value of any size is written and read with the memory of one block.
//!
//! Every byte is under a checksum (CRC-64/XZ). Each block carries the file's id, a number drawn
//! anew for every file, so that a block of another file, which may well be the value of a key, is
//! never taken for one of this file when damage is searched for what comes behind it.
//!
//! `docs/PERSISTENCE.md` draws the bytes.

mod decoder;
mod index;
mod layout;
mod reader;
mod salvage;
mod writer;

pub use decoder::Decoder;
pub use index::{Entry, Index};
pub use layout::{Block, Kind, Totals};
pub use reader::{Chain, Head, Reader, Scratch, Snapshot, about, is_native, within};
pub use salvage::{Found, Salvaged, Survey, salvage, survey};
pub(super) use writer::write;

#[cfg(test)]
mod tests;
