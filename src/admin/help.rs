//! The reply of every HELP subcommand.

use crate::resp::reply::Reply;

/// Writes the help of `command`: a line on how to use it, `lines`, and HELP itself.
pub(super) fn write(reply: &mut Reply, command: &str, lines: &[&str]) {
    let usage = format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    reply.array(lines.len() + 3);
    reply.simple(&usage);
    for line in lines {
        reply.simple(line);
    }
    reply.simple("HELP");
    reply.simple("    This text.");
}
