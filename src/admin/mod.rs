//! Commands on the server itself: its connections, its configuration, its state.
//!
//! An admin command gets the whole [`Server`]; everything else about it (row, arguments, errors)
//! is as for data commands.

use crate::client::slab::ClientKey;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::spec::Row;
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
    /// The command's full name, in lower case (`client|list`), for error texts.
    pub name: &'a str,
}

/// The rows of all admin commands, by family.
pub static FAMILIES: &[&[Row<AdminHandler>]] = &[];
