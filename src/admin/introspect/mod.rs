//! Commands that tell about the server and its commands.

pub(super) mod command;
mod describe;
pub(super) mod lolwut;
pub(super) mod time;
