//! ACL's users: LIST, USERS, GETUSER, SETUSER, DELUSER, and their file: LOAD, SAVE.

use crate::acl::file::{self, Refused};
use crate::acl::{DEFAULT_NAME, Selector, User, is_name};
use crate::admin::AdminCall;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::disk;
use crate::config::{self, file::plain};
use crate::server::Server;

type Reply = Result<(), CommandError>;

/// ACL LIST
pub(in crate::admin) fn list(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    call.reply.bulks(server.acl.users().map(User::line));
    Ok(())
}

/// ACL USERS
pub(in crate::admin) fn users(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    call.reply.bulks(server.acl.users().map(User::name));
    Ok(())
}

/// ACL GETUSER user
pub(in crate::admin) fn getuser(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let Some(id) = server.acl.find(args.bytes()?) else {
        call.reply.null();
        return Ok(());
    };
    let user = server.acl.user(id);
    call.reply.map(3 + described(user.root()));
    call.reply.bulk(b"flags");
    let flags = user.flags();
    call.reply.set(flags.len());
    for flag in flags {
        call.reply.bulk(flag.as_bytes());
    }
    call.reply.bulk(b"passwords");
    call.reply.bulks(user.passwords());
    describe(call, user.root());
    call.reply.bulk(b"selectors");
    call.reply.array(user.further().len());
    for selector in user.further() {
        call.reply.map(described(selector));
        describe(call, selector);
    }
    Ok(())
}

/// How many pairs tell of a selector.
fn described(selector: &Selector) -> usize {
    3 + usize::from(!selector.allows_all_databases())
}

/// Databases are Valkey's: they are told of only where a rule says something of them, as clients
/// that know Redis expect what Redis tells.
fn describe(call: &mut AdminCall<'_>, selector: &Selector) {
    let fields = [
        ("commands", selector.command_rules()),
        ("keys", selector.key_rules()),
        ("channels", selector.channel_rules()),
        ("databases", selector.database_rules()),
    ];
    for (name, rules) in fields.into_iter().take(described(selector)) {
        call.reply.bulk(name.as_bytes());
        call.reply.bulk(&rules);
    }
}

/// ACL SETUSER user [rule …]
pub(in crate::admin) fn setuser(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let name = args.bytes()?;
    if !is_name(name) {
        return Err(CommandError::BAD_USER_NAME);
    }
    let mut rules = Vec::with_capacity(args.left());
    while args.left() > 0 {
        rules.push(args.bytes()?);
    }
    let defaults = server.user_defaults();
    let catalog = server.acl.catalog();
    let mut user = match server.acl.find(name) {
        Some(id) => server.acl.user(id).clone(),
        None => User::new(name, catalog, defaults),
    };
    let changed = file::change(&mut user, &rules, catalog, defaults);
    changed.map_err(|refused| match refused {
        Refused::Unmatched(word) => {
            let before = "ERR Unmatched parenthesis in acl selector starting at '";
            CommandError::quoting_bytes(before, &word, "'.")
        }
        Refused::Rule(rule, fault) => {
            let before = "ERR Error in ACL SETUSER modifier '";
            CommandError::quoting_bytes(before, &rule, &format!("': {fault}"))
        }
    })?;
    server.put_user(user, Some(call.client));
    call.reply.ok();
    Ok(())
}

/// ACL DELUSER user [user …]
pub(in crate::admin) fn deluser(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let mut names = Vec::with_capacity(args.left());
    while args.left() > 0 {
        names.push(args.bytes()?);
    }
    if names.contains(&DEFAULT_NAME) {
        return Err(CommandError::DEFAULT_USER_STAYS);
    }
    let caller = Some(call.client);
    let mut removed = 0;
    for name in names {
        removed += usize::from(server.remove_user(name, caller));
    }
    call.reply.count(removed);
    Ok(())
}

/// ACL LOAD
pub(in crate::admin) fn load(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    if server.config.aclfile.is_empty() {
        return Err(CommandError::NO_ACL_FILE);
    }
    let loaded = server.load_users_file(Some(call.client));
    loaded.map_err(|faults| CommandError::quoting(format!("ERR {faults}")))?;
    call.reply.ok();
    Ok(())
}

/// ACL SAVE
pub(in crate::admin) fn save(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    if server.config.aclfile.is_empty() {
        return Err(CommandError::NO_ACL_FILE);
    }
    let text = file::text(server.acl.users());
    let path = config::path(&server.config.aclfile);
    disk::replace(path, &text).map_err(|error| {
        log::warn!("Writing ACL file for ACL SAVE: {}", plain(&error));
        CommandError::ACL_SAVE_FAILED
    })?;
    call.reply.ok();
    Ok(())
}
