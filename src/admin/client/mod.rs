//! CLIENT: what is known about connections, and what can be done to them.
//!
//! [`settings`] is about the client that asks, [`list`] shows clients, [`kill`] closes and wakes
//! them, [`pause`] holds them all back, [`tracking`] is for those that keep copies. [`filter`] says which clients are meant, by their
//! [`portrait`]s.

mod filter;
pub(super) mod kill;
pub(super) mod list;
pub(super) mod pause;
mod portrait;
pub(super) mod settings;
pub(super) mod tracking;

use super::{AdminCall, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::server::Server;

pub(super) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "CLIENT", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "CACHING (YES|NO)",
    "    Whether what the next command reads is tracked (modes OPTIN and OPTOUT).",
    "CAPA <capability> [<capability> ...]",
    "    Tell the server what this client is able to handle. Capabilities:",
    "    * REDIRECT",
    "      It follows when it is sent to another server.",
    "GETNAME",
    "    The name of this connection.",
    "GETREDIR",
    "    Who hears of what this connection tracks: a number, 0 for itself, -1 without",
    "    tracking.",
    "ID",
    "    The number of this connection.",
    "INFO",
    "    The line of CLIENT LIST about this connection.",
    "KILL <ip:port>",
    "    Close the connection from <ip:port>.",
    "KILL <filter> <value> [<filter> <value> ...]",
    "    Close the connections for which all filters hold. Filters, each but SKIPME,",
    "    MAXAGE and IDLE also with NOT- before it:",
    "    * ID <client-id> [<client-id> ...]",
    "      Its number is one of these.",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Its own address.",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      The server's address it is connected to.",
    "    * IP <ip>",
    "      Its own address without the port.",
    "    * TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB)",
    "      Its kind.",
    "    * USER <username>",
    "      The user it is authenticated as.",
    "    * NAME <name>, LIB-NAME <name>, LIB-VER <version>",
    "      What it calls itself and its library.",
    "    * FLAGS <letters>, CAPA <letters>",
    "      It shows all these letters in that field of CLIENT LIST.",
    "    * DB <index>",
    "      The database it works on.",
    "    * MAXAGE <seconds>, IDLE <seconds>",
    "      It has been connected, or silent, for so long or longer.",
    "    * SKIPME (YES|NO)",
    "      Whether to spare this connection (default: yes).",
    "LIST [<filter> <value> ...]",
    "    One line about each connection for which all filters of KILL hold",
    "    (SKIPME: default no).",
    "NO-EVICT (ON|OFF)",
    "    Exempt this connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Keep this connection's accesses from counting as use of the keys.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Hold back the commands that write, or all, for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Whether this connection gets replies; SKIP: the next one is left out.",
    "SETINFO (LIB-NAME|LIB-VER) <value>",
    "    Tell the server which library this client uses.",
    "SETNAME <name>",
    "    Name this connection.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> ...] [OPTIN] [OPTOUT] [NOLOOP]",
    "    Tell this connection, or connection <id>, when keys change that it read; with",
    "    BCAST, all keys that begin with one of the prefixes.",
    "TRACKINGINFO",
    "    How this connection tracks.",
    "UNBLOCK <client-id> [TIMEOUT|ERROR]",
    "    Wake a client out of a blocking command, as by its timeout or with an error.",
    "UNPAUSE",
    "    End a pause before its time.",
];
