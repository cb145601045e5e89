//! Commands that tell about the server and its commands.

pub(super) mod command;
mod costs;
mod describe;
pub(super) mod info;
pub(super) mod lolwut;
pub(super) mod memory;
pub(super) mod time;
