//! XGROUP and XACK: groups and their consumers come and go, entries are done with.

use super::super::args::Args;
use super::super::call::Call;
use super::super::effects::EventClass;
use super::super::error::CommandError;
use super::{id, ids, read_stream};
use crate::keyspace::EntryMut;
use crate::value::group::Group;
use crate::value::stream::{Stream, StreamId};
use crate::value::{Home, NewValue, Object};

/// XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]
pub(in crate::command) fn xgroup_create(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, from) = (args.key()?, args.bytes()?, args.bytes()?);
    let options = Options::parse(args, true)?;
    let last_id = match open(call, key)? {
        Some(entry) => Some(entry.as_entry().value().stream()?.marks().last_id),
        None if options.make_stream => None,
        None => return Err(CommandError::KEY_FOR_GROUP),
    };
    if args.request().len() > CREATE_WORDS_MAX {
        return Err(options.refusal(args));
    }
    let id = match from {
        b"$" => last_id.unwrap_or_default(),
        text => id(text)?,
    };
    if last_id.is_none() {
        call.announce(key);
        call.effects.touch(call.db.index(), key);
        let stream = NewValue::Object(Object::Stream(Stream::new()));
        call.db.create(key, stream);
    }
    let Some(mut entry) = call.db.write(key) else {
        return Err(CommandError::NO_SUCH_KEY);
    };
    let group = Group::new(id, options.entries_read);
    if !Stream::of(&mut entry)?.create_group(name, group) {
        return Err(CommandError::GROUP_EXISTS);
    }
    call.reply.ok();
    call.changed(EventClass::STREAM, "xgroup-create", key, 1);
    Ok(())
}

/// XGROUP SETID key group id|$ [ENTRIESREAD entries-read]
pub(in crate::command) fn xgroup_setid(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, to) = (args.key()?, args.bytes()?, args.bytes()?);
    let options = Options::parse(args, false)?;
    let mut entry = open_group(call, key, name)?;
    let stream = Stream::of(&mut entry)?;
    if args.request().len() > SETID_WORDS_MAX {
        return Err(options.refusal(args));
    }
    let id = match to {
        b"$" => stream.marks().last_id,
        text => StreamId::parse(text, 0).ok_or(CommandError::INVALID_STREAM_ID)?,
    };
    stream.edit_group(name, |group| {
        group.last_id = id;
        group.entries_read = options.entries_read;
    });
    call.reply.ok();
    call.changed(EventClass::STREAM, "xgroup-setid", key, 1);
    Ok(())
}

/// XGROUP DESTROY key group
pub(in crate::command) fn xgroup_destroy(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.key()?, args.bytes()?);
    let Some(mut entry) = open(call, key)? else {
        return Err(CommandError::KEY_FOR_GROUP);
    };
    let Some(group) = Stream::of(&mut entry)?.remove_group(name) else {
        call.reply.int(0);
        return Ok(());
    };
    if group.is_heavy() {
        entry.discard(group);
    }
    call.reply.int(1);
    call.changed(EventClass::STREAM, "xgroup-destroy", key, 1);
    Ok(())
}

/// XGROUP CREATECONSUMER key group consumer
pub(in crate::command) fn xgroup_createconsumer(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, consumer) = (args.key()?, args.bytes()?, args.bytes()?);
    let now = call.db.wall_clock().0;
    let mut entry = open_group(call, key, name)?;
    let create = |group: &mut Group| group.create_consumer(consumer, now);
    let created = Stream::of(&mut entry)?.edit_group(name, create) == Some(true);
    call.reply.int(i64::from(created));
    if created {
        call.changed(EventClass::STREAM, "xgroup-createconsumer", key, 1);
    }
    Ok(())
}

/// XGROUP DELCONSUMER key group consumer
pub(in crate::command) fn xgroup_delconsumer(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, consumer) = (args.key()?, args.bytes()?, args.bytes()?);
    let mut entry = open_group(call, key, name)?;
    let remove = |group: &mut Group| group.remove_consumer(consumer);
    let Some(removed) = Stream::of(&mut entry)?.edit_group(name, remove).flatten() else {
        call.reply.int(0);
        return Ok(());
    };
    let pending = removed.pending_len();
    if removed.is_heavy() {
        entry.discard(removed);
    }
    call.reply.count(pending);
    call.changed(EventClass::STREAM, "xgroup-delconsumer", key, 1);
    Ok(())
}

/// XGROUP HELP
pub(in crate::command) fn xgroup_help(
    call: &mut Call<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.array(HELP.len());
    for line in HELP {
        call.reply.simple(line);
    }
    Ok(())
}

/// The head and the HELP entry read as in every container.
const HELP: &[&str] = &[
    "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CREATE <key> <group> <id|$> [option]",
    "    Make a group that reads what comes behind <id>. Options are:",
    "    * MKSTREAM",
    "      Make an empty stream first, if there is none.",
    "    * ENTRIESREAD entries-read",
    "      Say how many entries count as read (for internal use).",
    "CREATECONSUMER <key> <group> <consumer>",
    "    Make a consumer.",
    "DELCONSUMER <key> <group> <consumer>",
    "    Remove a consumer, and forget what is pending for it.",
    "DESTROY <key> <group>",
    "    Remove a group.",
    "SETID <key> <group> <id|$> [ENTRIESREAD entries-read]",
    "    Set the id behind which a group reads on, and how many entries count as read.",
    "HELP",
    "    Print this help.",
];

/// XACK key group id [id ...]
pub(in crate::command) fn xack(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.key()?, args.bytes()?);
    let Some(stream) = read_stream(&mut call.db, key)? else {
        call.reply.int(0);
        call.missed(key);
        return Ok(());
    };
    if stream.groups().get(name).is_none() {
        call.reply.int(0);
        return Ok(());
    }
    let ids = ids(args)?;
    let mut acknowledged = 0;
    if let Some(mut entry) = call.db.write(key) {
        let acknowledge = |group: &mut Group| {
            let done = ids.iter().filter(|id| group.acknowledge(**id));
            done.count()
        };
        let done = Stream::of(&mut entry)?.edit_group(name, acknowledge);
        acknowledged = done.unwrap_or_default();
    }
    call.reply.count(acknowledged);
    call.effects.changes += acknowledged as u64;
    Ok(())
}

/// The options of XGROUP CREATE and SETID.
struct Options {
    make_stream: bool,
    entries_read: Option<i64>,
}

/// More words are refused even if each is an option, but only after the key was looked at.
const CREATE_WORDS_MAX: usize = 8;
const SETID_WORDS_MAX: usize = 7;

impl Options {
    fn parse(args: &mut Args<'_>, may_create: bool) -> Result<Options, CommandError> {
        let mut options = Options {
            make_stream: false,
            entries_read: None,
        };
        while args.left() > 0 {
            if may_create && args.take_word("mkstream") {
                options.make_stream = true;
            } else if args.left() > 1 && args.take_word("entriesread") {
                options.entries_read = match args.int()? {
                    -1 => None,
                    read @ 0.. => Some(read),
                    _ => return Err(CommandError::BAD_ENTRIES_READ),
                };
            } else {
                return Err(options.refusal(args));
            }
        }
        Ok(options)
    }

    #[cold]
    fn refusal(&self, args: &Args<'_>) -> CommandError {
        CommandError::wrong_subcommand("xgroup", args.request().bytes(1))
    }
}

/// The stream of `key`, to change.
fn open<'c>(call: &'c mut Call<'_>, key: &[u8]) -> Result<Option<EntryMut<'c>>, CommandError> {
    match call.db.write(key) {
        Some(entry) => {
            entry.value().stream()?;
            Ok(Some(entry))
        }
        None => Ok(None),
    }
}

/// The stream of `key`, to change its group `name`.
fn open_group<'c>(
    call: &'c mut Call<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<EntryMut<'c>, CommandError> {
    let entry = open(call, key)?.ok_or(CommandError::KEY_FOR_GROUP)?;
    if entry.value().stream()?.groups().get(name).is_none() {
        return Err(CommandError::no_group_of_key(key, name));
    }
    Ok(entry)
}
