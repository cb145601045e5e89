//! Commands on the server itself: its connections, its configuration, its state.
//!
//! An admin command gets the whole [`Server`]; everything else about it (row, arguments, errors)
//! is as for data commands.

mod acl;
mod alone;
mod client;
mod config;
mod connection;
mod debug;
pub mod docs;
mod help;
mod introspect;
mod lifecycle;
mod memory;
mod observe;
mod persistence;
mod pubsub;
mod replication;
mod rows;
mod transaction;

use crate::client::slab::ClientKey;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::resp::reply::Reply;
use crate::server::Server;

/// What an admin command does with its arguments.
pub type AdminHandler =
    fn(&mut Server, &mut AdminCall<'_>, &mut Args<'_>) -> Result<(), CommandError>;

/// One execution of an admin command.
pub struct AdminCall<'a> {
    /// The client that sent it.
    pub client: ClientKey,
    pub reply: &'a mut Reply,
    /// Whether it can wait for what is not there yet.
    pub may_wait: bool,
    /// The command's full name, in lower case (`client|list`), for error texts.
    pub name: &'a str,
}

impl AdminCall<'_> {
    /// The subcommand as the client typed it, for the error about its arguments.
    fn wrong_subcommand(&self, args: &Args<'_>) -> CommandError {
        let (command, _) = self.name.split_once('|').unwrap_or((self.name, ""));
        CommandError::wrong_subcommand(command, args.request().bytes(1))
    }
}

pub(crate) use client::list::client_line;
pub use rows::FAMILIES;

/// The text of INFO with these sections.
pub fn info_text(server: &Server, sections: &[&str]) -> String {
    introspect::info::text(server, sections.iter().map(|name| name.as_bytes()))
}

/// How many databases there are.
fn database_count(server: &Server) -> usize {
    usize::try_from(server.config.databases).expect("a machine with sockets has 32-bit indices")
}
