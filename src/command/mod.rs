//! Commands on data: what each is (a row of its family's table) and what it does (its handler).
//!
//! A handler reads its arguments through [`args::Args`], opens the key through [`call::Call`]'s
//! database, asks the value, replies. It cannot reach sockets, files, other clients or the time of
//! day; what a change means for the log, watchers and listeners goes into [`effects::Effects`].

pub mod args;
pub mod call;
pub mod digest;
pub mod effects;
pub mod error;
pub mod keyspec;
pub mod secrets;
pub mod spec;
pub mod wait;

mod bitmap;
mod dump;
mod expire;
mod geo;
mod hash;
mod hyperloglog;
mod keys;
mod list;
mod mpop;
mod object;
mod rows;
mod scan;
mod set;
mod sort;
mod stream;
mod string;
mod text;
mod zset;

#[cfg(test)]
mod freezing;
#[cfg(test)]
pub(crate) mod testing;

use spec::{DataHandler, Row};

/// The rows of all data commands, by family.
pub static FAMILIES: &[&[Row<DataHandler>]] = &[
    rows::bitmap::COMMANDS,
    rows::dump::COMMANDS,
    rows::expire::COMMANDS,
    rows::hash::COMMANDS,
    rows::geo::COMMANDS,
    rows::hyperloglog::COMMANDS,
    rows::keys::COMMANDS,
    rows::list::COMMANDS,
    rows::object::COMMANDS,
    rows::set::COMMANDS,
    rows::sort::COMMANDS,
    rows::stream::COMMANDS,
    rows::string::COMMANDS,
    rows::zset::COMMANDS,
];
