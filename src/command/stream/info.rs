//! XINFO: what there is to know of a stream, its groups, their consumers.

use super::super::args::Args;
use super::super::call::Call;
use super::super::error::CommandError;
use super::{as_count, read_stream, reply_entries, reply_entry, reply_id};
use crate::keyspace::View;
use crate::resp::reply::Reply;
use crate::value::group::names::Name;
use crate::value::group::{Consumer, Group};
use crate::value::stream::{Entry, Stream, StreamId};

/// XINFO STREAM key [FULL [COUNT count]]
pub(in crate::command) fn xinfo_stream(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(stream) = read_stream(&mut call.db, key)? else {
        call.missed(key);
        return Err(CommandError::NO_SUCH_KEY);
    };
    let refusal = || CommandError::wrong_subcommand("xinfo", args.request().bytes(1));
    let words = args.left();
    let mut args = args.clone();
    let count = match words {
        0 => {
            reply_overview(call.reply, stream);
            return Ok(());
        }
        1 if args.take_word("full") => FULL_COUNT,
        3 if args.take_word("full") && args.take_word("count") => match args.int()? {
            ..0 => FULL_COUNT,
            0 => usize::MAX,
            count => as_count(count),
        },
        _ => return Err(refusal()),
    };
    reply_full(call.reply, stream, count);
    Ok(())
}

/// XINFO GROUPS key
pub(in crate::command) fn xinfo_groups(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(stream) = read_stream(&mut call.db, key)? else {
        call.missed(key);
        return Err(CommandError::NO_SUCH_KEY);
    };
    let reply = &mut *call.reply;
    reply.array(stream.groups().len());
    for (name, group) in stream.groups().iter() {
        reply.map(6);
        named(reply, "name").bulk(name);
        named(reply, "consumers").count(group.consumers().len());
        named(reply, "pending").count(group.pending().len());
        reply_id(named(reply, "last-delivered-id"), group.last_id);
        reply_progress(reply, stream, group);
    }
    Ok(())
}

/// XINFO CONSUMERS key group
pub(in crate::command) fn xinfo_consumers(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.key()?, args.bytes()?);
    let now = call.db.now().0;
    let Some(group) = find_group(&mut call.db, key, name)? else {
        call.missed(key);
        return Err(CommandError::NO_SUCH_KEY);
    };
    let reply = &mut *call.reply;
    reply.array(group.consumers().len());
    for (name, consumer) in group.consumers().iter() {
        let since = |time: i64| now.wrapping_sub(time).max(0);
        reply.map(4);
        named(reply, "name").bulk(name);
        named(reply, "pending").count(consumer.pending_len());
        named(reply, "idle").int(since(consumer.seen_at));
        named(reply, "inactive").int(consumer.active_at.map_or(NEVER, since));
    }
    Ok(())
}

/// XINFO HELP
pub(in crate::command) fn xinfo_help(
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
    "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CONSUMERS <key> <group>",
    "    Show the consumers of a group.",
    "GROUPS <key>",
    "    Show the groups of a stream.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Show a stream; with FULL its entries and everything about its groups too.",
    "HELP",
    "    Print this help.",
];

/// What XINFO STREAM FULL shows of everything.
const FULL_COUNT: usize = 10;

/// The moment of what never was.
const NEVER: i64 = -1;

/// The group `name` of a stream; none without the key.
fn find_group<'v>(
    db: &'v mut View<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<Option<&'v Group>, CommandError> {
    let Some(stream) = read_stream(db, key)? else {
        return Ok(None);
    };
    match stream.groups().get(name) {
        Some(group) => Ok(Some(group)),
        None => Err(CommandError::no_group_of_key(key, name)),
    }
}

/// A reply whose next part is the value of `name`.
fn named<'r>(reply: &'r mut Reply, name: &str) -> &'r mut Reply {
    reply.bulk(name.as_bytes());
    reply
}

/// The pairs that both forms of XINFO STREAM begin with.
fn reply_marks(reply: &mut Reply, stream: &Stream) {
    let marks = stream.marks();
    named(reply, "length").count(stream.len());
    named(reply, "radix-tree-keys").count(stream.node_count());
    named(reply, "radix-tree-nodes").count(radix_nodes(stream.node_ids()));
    reply_id(named(reply, "last-generated-id"), marks.last_id);
    reply_id(named(reply, "max-deleted-entry-id"), marks.max_deleted_id);
    named(reply, "entries-added").int(marks.entries_added.cast_signed());
    reply_id(named(reply, "recorded-first-entry-id"), marks.first_id);
}

fn reply_overview(reply: &mut Reply, stream: &Stream) {
    reply.map(10);
    reply_marks(reply, stream);
    named(reply, "groups").count(stream.groups().len());
    for (name, entry) in [
        ("first-entry", stream.first()),
        ("last-entry", stream.last()),
    ] {
        reply_one(named(reply, name), entry);
    }
}

fn reply_one(reply: &mut Reply, entry: Option<Entry<'_>>) {
    match entry {
        Some(entry) => reply_entry(reply, &entry),
        None => reply.null(),
    }
}

fn reply_full(reply: &mut Reply, stream: &Stream, count: usize) {
    reply.map(9);
    reply_marks(reply, stream);
    let entries = stream.range(StreamId::MIN, StreamId::MAX);
    reply_entries(named(reply, "entries"), entries.take(count));
    named(reply, "groups").array(stream.groups().len());
    for (name, group) in stream.groups().iter() {
        reply.map(7);
        named(reply, "name").bulk(name);
        reply_id(named(reply, "last-delivered-id"), group.last_id);
        reply_progress(reply, stream, group);
        named(reply, "pel-count").count(group.pending().len());
        let pending = group.pending().iter();
        named(reply, "pending").array(count.min(pending.len()));
        for (id, pending) in pending.take(count) {
            reply.array(4);
            reply_id(reply, id);
            reply.bulk(&pending.consumer);
            reply.int(pending.delivered_at);
            reply.int(pending.deliveries);
        }
        named(reply, "consumers").array(group.consumers().len());
        for (name, consumer) in group.consumers().iter() {
            reply_consumer(reply, group, name, consumer, count);
        }
    }
}

fn reply_consumer(
    reply: &mut Reply,
    group: &Group,
    name: &Name,
    consumer: &Consumer,
    count: usize,
) {
    reply.map(5);
    named(reply, "name").bulk(name);
    named(reply, "seen-time").int(consumer.seen_at);
    named(reply, "active-time").int(consumer.active_at.unwrap_or(NEVER));
    named(reply, "pel-count").count(consumer.pending_len());
    let shown = count.min(consumer.pending_len());
    named(reply, "pending").array(shown);
    let ids = consumer.pending(StreamId::MIN..=StreamId::MAX);
    for id in ids.take(shown) {
        let pending = group.pending().get(&id);
        reply.array(3);
        reply_id(reply, id);
        reply.int(pending.map_or(0, |pending| pending.delivered_at));
        reply.int(pending.map_or(0, |pending| pending.deliveries));
    }
}

/// How far a group has read, and how far it has to go.
fn reply_progress(reply: &mut Reply, stream: &Stream, group: &Group) {
    for (name, value) in [
        ("entries-read", group.entries_read),
        ("lag", stream.lag(group)),
    ] {
        match value {
            Some(value) => named(reply, name).int(value),
            None => named(reply, name).null(),
        }
    }
}

/// The nodes that Redis's radix tree has for these ids, which come in order.
///
/// Under the path compression of that tree, a set of keys of one length has a node for each place
/// where some part, one for each stretch without a choice that is longer than the choice itself,
/// and one for the end of each.
fn radix_nodes(ids: impl Iterator<Item = StreamId>) -> usize {
    const KEY_BYTES: usize = size_of::<[u8; 16]>();
    // The depths at which others part from the way to the last id, the deepest last.
    let mut parted: Vec<usize> = Vec::new();
    let mut last: Option<[u8; KEY_BYTES]> = None;
    let mut nodes = 1;
    // A stretch between two depths, where the upper one is a choice of one byte.
    let stretch = |from: usize, to: usize| usize::from(to > from + 1);
    for id in ids {
        let key = id.to_bytes();
        let Some(before) = last.replace(key) else {
            // All of it is one stretch, and its end.
            nodes = 2;
            continue;
        };
        let depth = key
            .iter()
            .zip(before)
            .take_while(|(a, b)| **a == *b)
            .count();
        let mut below = KEY_BYTES;
        while parted.last().is_some_and(|parting| *parting > depth) {
            below = parted.pop().unwrap_or(depth);
        }
        if parted.last() != Some(&depth) {
            // The stretch that led past here is cut in two by the choice.
            let whole = match parted.last() {
                Some(above) => stretch(*above, below),
                None => usize::from(below > 0),
            };
            let upper = match parted.last() {
                Some(above) => stretch(*above, depth),
                None => usize::from(depth > 0),
            };
            nodes += 1 + upper + stretch(depth, below);
            nodes -= whole;
            parted.push(depth);
        }
        nodes += stretch(depth, KEY_BYTES) + 1;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures are those of redis-server 7.0.15, for streams with so many entries to a node.
    #[test]
    fn the_radix_tree_has_as_many_nodes_as_that_of_redis() {
        let ids = |step| (1..=1000).step_by(step).map(|seq| StreamId::new(1, seq));
        assert_eq!(radix_nodes(ids(100)), 16);
        assert_eq!(radix_nodes(ids(5)), 206);
        assert_eq!(radix_nodes(ids(7)), 149);
        assert_eq!(radix_nodes(ids(1000)), 2);
        assert_eq!(radix_nodes(std::iter::empty()), 1);
    }
}
