//! COMMAND: what the commands are. Everything here is read off their rows.

use super::super::{AdminCall, help};
use super::describe::{self, Described};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::keyspec::{self, FoundKey};
use crate::command::spec::{Acl, Flags};
use crate::ds::glob::{Case, Glob};
use crate::resp::request::{OwnedRequest, Request};
use crate::server::Server;
use crate::server::table::{Command, CommandTable};

/// COMMAND by itself: what COMMAND INFO says of every command.
pub(in crate::admin) fn all(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.array(server.table.top_level().count());
    for command in server.table.top_level() {
        describe_info(&server.table, call, command);
    }
    Ok(())
}

pub(in crate::admin) fn count(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.count(server.table.top_level().count());
    Ok(())
}

pub(in crate::admin) fn info(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.left() == 0 {
        return all(server, call, args);
    }
    call.reply.array(args.left());
    while args.left() > 0 {
        match server.table.find_full(args.bytes()?) {
            Some(command) => describe_info(&server.table, call, command),
            None => call.reply.null(),
        }
    }
    Ok(())
}

/// Unknown names are passed over.
pub(in crate::admin) fn docs(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut commands = Vec::new();
    if args.left() == 0 {
        commands.extend(server.table.top_level());
    }
    while args.left() > 0 {
        commands.extend(server.table.find_full(args.bytes()?));
    }
    call.reply.map(commands.len());
    for command in commands {
        let subcommands = subcommands(&server.table, command);
        describe::docs(call.reply, described(command), &subcommands);
    }
    Ok(())
}

fn describe_info(table: &CommandTable, call: &mut AdminCall<'_>, command: &Command) {
    let subcommands = subcommands(table, command);
    describe::info(call.reply, described(command), &subcommands);
}

fn described(command: &Command) -> Described<'_> {
    (&command.name, command.spec)
}

fn subcommands<'a>(table: &'a CommandTable, command: &Command) -> Vec<Described<'a>> {
    let ids = command.subcommands.iter();
    ids.map(|id| described(table.get(*id))).collect()
}

pub(in crate::admin) fn list(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let filter = CommandFilter::parse(args)?;
    let names = server.table.iter().filter(|command| filter.passes(command));
    let names: Vec<&[u8]> = names.map(|command| command.name.as_bytes()).collect();
    call.reply.bulks(names.into_iter());
    Ok(())
}

/// What COMMAND LIST is asked to list.
enum CommandFilter<'a> {
    All,
    /// The commands of a module, and no command is.
    Module,
    /// Unknown categories have no commands.
    Category(Option<Acl>),
    Pattern(Glob<'a>),
}

impl<'a> CommandFilter<'a> {
    fn parse(args: &mut Args<'a>) -> Result<Self, CommandError> {
        if args.left() == 0 {
            return Ok(CommandFilter::All);
        }
        if args.left() != 3 || !args.take_word("filterby") {
            return Err(CommandError::SYNTAX);
        }
        let kind = args.bytes()?.to_ascii_lowercase();
        let value = args.bytes()?;
        match kind.as_slice() {
            b"module" => Ok(CommandFilter::Module),
            b"aclcat" => Ok(CommandFilter::Category(Acl::named(value))),
            b"pattern" => Ok(CommandFilter::Pattern(Glob::new(value, Case::Ignored))),
            _ => Err(CommandError::SYNTAX),
        }
    }

    fn passes(&self, command: &Command) -> bool {
        match self {
            CommandFilter::All => true,
            CommandFilter::Module => false,
            CommandFilter::Category(category) => {
                category.is_some_and(|category| command.spec.categories().contains(category))
            }
            CommandFilter::Pattern(pattern) => pattern.matches(command.name.as_bytes()),
        }
    }
}

pub(in crate::admin) fn getkeys(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let request = inner_request(args);
    let found = keys_of(&server.table, request.request())?;
    let request = request.request();
    let keys = found.iter().map(|key| request.bytes(key.index));
    call.reply.bulks(keys);
    Ok(())
}

pub(in crate::admin) fn getkeysandflags(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let request = inner_request(args);
    let request = request.request();
    let found = keys_of(&server.table, request)?;
    call.reply.array(found.len());
    for key in found {
        call.reply.array(2);
        call.reply.bulk(request.bytes(key.index));
        describe::names(call.reply, key.flags.names());
    }
    Ok(())
}

/// The command that the arguments are.
fn inner_request(args: &Args<'_>) -> OwnedRequest {
    let request = args.request();
    let inner = (args.position()..request.len()).map(|index| request.bytes(index));
    OwnedRequest::new(inner)
}

fn keys_of(table: &CommandTable, request: Request<'_>) -> Result<Vec<FoundKey>, CommandError> {
    let command = table.lookup(request).ok_or(CommandError::NOT_A_COMMAND)?;
    if !keyspec::takes_keys(command.spec) {
        return Err(CommandError::COMMAND_WITHOUT_KEYS);
    }
    if !command.spec.accepts(request.len()) {
        return Err(CommandError::COMMAND_WRONG_COUNT);
    }
    let mut found = Vec::new();
    keyspec::find(command.spec, request, &mut found);
    let may_be_none = command.spec.flags.contains(Flags::NO_MANDATORY_KEYS);
    if found.is_empty() && !may_be_none {
        return Err(CommandError::COMMAND_WRONG_ARGUMENTS);
    }
    Ok(found)
}

pub(in crate::admin) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "COMMAND", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "(no subcommand)",
    "    What INFO says of every command.",
    "COUNT",
    "    How many commands there are.",
    "DOCS [<command-name> ...]",
    "    Syntax, purpose and history of these commands, or of all.",
    "GETKEYS <full-command>",
    "    The keys in a complete command.",
    "GETKEYSANDFLAGS <full-command>",
    "    The keys in a complete command, and what it does with each.",
    "INFO [<command-name> ...]",
    "    Arity, flags and key positions of these commands, or of all.",
    "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
    "    The names of all commands, or of those of a module, in an ACL category or",
    "    matching a pattern.",
];
