//! The rows that describe the data commands, by family.

pub(super) mod bitmap;
pub(super) mod dump;
pub(super) mod expire;
pub(super) mod geo;
pub(super) mod hash;
pub(super) mod hyperloglog;
pub(super) mod keys;
pub(super) mod list;
pub(super) mod object;
pub(super) mod set;
pub(super) mod sort;
pub(super) mod stream;
pub(super) mod string;
pub(super) mod zset;
