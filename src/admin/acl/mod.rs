//! ACL: the users, what they may do, and what was refused to them.

mod ask;
mod log;
mod users;

pub(super) use ask::{cat, dryrun, genpass, whoami};
pub(super) use log::log;
pub(super) use users::{deluser, getuser, list, load, save, setuser, users};

use super::{AdminCall, help as texts};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

/// ACL HELP
pub(super) fn help(
    _: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    args.end()?;
    texts::write(call.reply, "ACL", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "CAT [<category>]",
    "    The categories of commands, or the commands of one.",
    "DELUSER <username> [<username> ...]",
    "    Remove users and disconnect their clients.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Whether the user may run the command, which is not run.",
    "GENPASS [<bits>]",
    "    A password that nobody can guess: of 256 bits, or so many.",
    "GETUSER <username>",
    "    What a user may do.",
    "LIST",
    "    All users, as lines of a configuration.",
    "LOAD",
    "    Read the users from the ACL file again.",
    "LOG [<count> | RESET]",
    "    What was refused lately, or forget it.",
    "SAVE",
    "    Write the users into the ACL file.",
    "SETUSER <username> [<rule> ...]",
    "    Make a user, or change what it may do.",
    "USERS",
    "    The names of all users.",
    "WHOAMI",
    "    The name of this connection's user.",
];
