//! XREAD and XREADGROUP: what came behind an id, from several streams, or waiting for it.
//!
//! Everything is checked before anything is read: the syntax, then each key's type (and group) and
//! id in turn. Redis finds what is wrong in this order.

use super::super::args::Args;
use super::super::call::Call;
use super::super::effects::EventClass;
use super::super::error::CommandError;
use super::super::wait::{Timeout, Wait};
use super::{as_count, id, read_stream, reply_entries, reply_entry, reply_id};
use crate::resp::reply::{Deferred, Protocol, Reply};
use crate::resp::request::{OwnedRequest, Request};
use crate::value::Kind;
use crate::value::group::Pending;
use crate::value::stream::{GroupRead, Stream, StreamId};

/// XREAD [COUNT count] [BLOCK ms] STREAMS key [key ...] id [id ...]
pub(in crate::command) fn xread(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(call, args, Asker::Xread)?;
    let mut starts = Vec::with_capacity(options.streams);
    for index in 0..options.streams {
        starts.push(options.after(call, index)?);
    }
    let mut replies = Replies::new(options.streams);
    for (index, after) in starts.iter().enumerate() {
        let key = options.key(index);
        let Some(entry) = call.db.glance(key) else {
            // Redis looks again, and misses it again.
            call.missed(key);
            continue;
        };
        let stream = entry.value().stream()?;
        let Some(start) = after.next() else {
            continue;
        };
        if stream.last().is_some_and(|last| last.id >= start) {
            replies.open(call.reply, key);
            let entries = stream.range(start, StreamId::MAX);
            reply_entries(call.reply, entries.take(options.count));
        }
    }
    if replies.close(call.reply) == 0 {
        options.give_up_or_wait(call, Some(&starts));
    }
    Ok(())
}

/// XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key [...] id [...]
pub(in crate::command) fn xreadgroup(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(call, args, Asker::Xreadgroup)?;
    let Some((group, consumer)) = options.group else {
        return Err(CommandError::GROUP_MISSING);
    };
    let mut starts = Vec::with_capacity(options.streams);
    for index in 0..options.streams {
        starts.push(options.group_start(call, index, group)?);
    }
    // Only what is told goes to the log, not the command.
    call.effects.propagate_nothing();
    let mut replies = Replies::new(options.streams);
    for (index, start) in starts.into_iter().enumerate() {
        let reader = Reader {
            key: options.key(index),
            group,
            consumer,
            count: options.count,
            is_pending: !options.no_ack,
        };
        reader.read(call, start, &mut replies)?;
    }
    if replies.close(call.reply) == 0 {
        options.give_up_or_wait(call, None);
    }
    Ok(())
}

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    Xread,
    Xreadgroup,
}

/// Everything before the ids.
struct Options<'a> {
    request: Request<'a>,
    /// How many streams, and the index of the first one's key.
    streams: usize,
    first_key: usize,
    count: usize,
    block: Option<Timeout>,
    /// The group and its consumer.
    group: Option<(&'a [u8], &'a [u8])>,
    no_ack: bool,
}

/// From where on a group's consumer reads.
#[derive(Clone, Copy)]
enum GroupStart {
    /// `>`: what nobody got yet.
    New,
    /// What it got and did not acknowledge, behind this id.
    History(StreamId),
}

impl<'a> Options<'a> {
    fn parse(
        call: &Call<'_>,
        args: &mut Args<'a>,
        asker: Asker,
    ) -> Result<Options<'a>, CommandError> {
        let mut options = Options {
            request: args.request(),
            streams: 0,
            first_key: 0,
            count: usize::MAX,
            block: None,
            group: None,
            no_ack: false,
        };
        loop {
            let more = args.left().saturating_sub(1);
            if more > 0 && args.take_word("streams") {
                break;
            } else if more > 0 && args.take_word("block") {
                options.block = Some(args.timeout_ms(call.db.now())?);
            } else if more > 0 && args.take_word("count") {
                options.count = match args.int()? {
                    ..=0 => usize::MAX,
                    count => as_count(count),
                };
            } else if more > 1 && args.take_word("group") {
                if asker == Asker::Xread {
                    return Err(CommandError::GROUP_NOT_IN_XREAD);
                }
                options.group = Some((args.bytes()?, args.bytes()?));
            } else if args.take_word("noack") {
                if asker == Asker::Xread {
                    return Err(CommandError::NOACK_NOT_IN_XREAD);
                }
                options.no_ack = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        if !args.left().is_multiple_of(2) {
            let symbol = match asker {
                Asker::Xread => '$',
                Asker::Xreadgroup => '>',
            };
            return Err(CommandError::unbalanced_streams(call.name, symbol));
        }
        options.first_key = args.position();
        options.streams = args.left() / 2;
        Ok(options)
    }

    fn key(&self, index: usize) -> &'a [u8] {
        self.request.bytes(self.first_key + index)
    }

    fn id_text(&self, index: usize) -> &'a [u8] {
        self.key(self.streams + index)
    }

    /// The id behind which XREAD reads a stream.
    fn after(&self, call: &mut Call<'_>, index: usize) -> Result<StreamId, CommandError> {
        let key = self.key(index);
        let text = self.id_text(index);
        let Some(stream) = read_stream(&mut call.db, key)? else {
            call.missed(key);
            return match text {
                b"$" | b"+" => Ok(StreamId::MIN),
                b">" => Err(CommandError::NEW_WITHOUT_GROUP),
                _ => id(text),
            };
        };
        match text {
            b"$" => Ok(stream.marks().last_id),
            b"+" => Ok(stream.marks().last_id.previous().unwrap_or_default()),
            b">" => Err(CommandError::NEW_WITHOUT_GROUP),
            _ => id(text),
        }
    }

    /// From where on XREADGROUP reads a stream.
    fn group_start(
        &self,
        call: &mut Call<'_>,
        index: usize,
        group: &[u8],
    ) -> Result<GroupStart, CommandError> {
        let key = self.key(index);
        let Some(stream) = read_stream(&mut call.db, key)? else {
            call.missed(key);
            return Err(CommandError::no_group_to_read(key, group));
        };
        if stream.groups().get(group).is_none() {
            return Err(CommandError::no_group_to_read(key, group));
        }
        match self.id_text(index) {
            b"$" => Err(CommandError::meaningless_in_xreadgroup('$')),
            b"+" => Err(CommandError::meaningless_in_xreadgroup('+')),
            b">" => Ok(GroupStart::New),
            // The greatest id is what Redis takes `>` for.
            text => match id(text)? {
                StreamId::MAX => Ok(GroupStart::New),
                id => Ok(GroupStart::History(id)),
            },
        }
    }

    /// Waits for more if the caller wants to, with the ids that `$` stood for; else there is none.
    fn give_up_or_wait(&self, call: &mut Call<'_>, starts: Option<&[StreamId]>) {
        let Some(timeout) = self.block else {
            return call.reply.null_array();
        };
        let keys = (0..self.streams).map(|index| self.key(index));
        let mut wait = Wait::new(Kind::Stream, timeout, keys);
        match starts {
            Some(starts) => wait.instead = self.with_ids(starts),
            None => wait.on_removal = true,
        }
        call.wait(wait);
    }

    /// The request with the ids that each `$` stands for, if there is one.
    fn with_ids(&self, starts: &[StreamId]) -> Option<OwnedRequest> {
        let is_last = |index: usize| self.id_text(index) == b"$";
        if !(0..self.streams).any(is_last) {
            return None;
        }
        let first_id = self.first_key + self.streams;
        let mut request = OwnedRequest::default();
        for (index, word) in self.request.args().enumerate() {
            match index.checked_sub(first_id) {
                Some(index) if is_last(index) => request.push(starts[index].text().as_ref()),
                _ => request.push(word.bytes()),
            }
        }
        Some(request)
    }
}

/// The streams of a reply: pairs of a key and its entries. RESP3 has a map of them.
struct Replies {
    streams: usize,
    count: usize,
    array: Option<Deferred>,
}

impl Replies {
    /// A reply of at most so many streams.
    fn new(streams: usize) -> Replies {
        Replies {
            streams,
            count: 0,
            array: None,
        }
    }

    /// Begins the next stream, whose entries follow.
    fn open(&mut self, reply: &mut Reply, key: &[u8]) {
        let is_resp3 = reply.protocol == Protocol::Resp3;
        if self.count == 0 {
            match self.streams {
                1 if is_resp3 => reply.map(1),
                1 => reply.array(1),
                _ => self.array = Some(reply.deferred()),
            }
        }
        self.count += 1;
        if !is_resp3 {
            reply.array(2);
        }
        reply.bulk(key);
    }

    /// Ends the reply, if it was begun; how many streams are in it.
    fn close(self, reply: &mut Reply) -> usize {
        if let Some(array) = self.array {
            match reply.protocol {
                Protocol::Resp3 => reply.close_map(array, self.count),
                Protocol::Resp2 => reply.close_array(array, self.count),
            }
        }
        self.count
    }
}

/// A consumer that reads one stream.
struct Reader<'a> {
    key: &'a [u8],
    group: &'a [u8],
    consumer: &'a [u8],
    count: usize,
    /// Whether what it gets is pending from then on; not with NOACK.
    is_pending: bool,
}

impl Reader<'_> {
    fn read(
        &self,
        call: &mut Call<'_>,
        start: GroupStart,
        replies: &mut Replies,
    ) -> Result<(), CommandError> {
        let now = call.db.wall_clock().0;
        let Some(mut entry) = call.db.write(self.key) else {
            return Ok(());
        };
        let stream = Stream::of(&mut entry)?;
        let see = stream.edit_group(self.group, |group| {
            let (name, is_new) = group.see_consumer(self.consumer, now);
            (name, is_new, group.last_id)
        });
        let Some((name, is_new, last_id)) = see else {
            return Ok(());
        };
        let delivered = match start {
            GroupStart::History(after) => {
                replies.open(call.reply, self.key);
                Some(self.reply_history(call.reply, stream, after, now))
            }
            GroupStart::New if stream.last().is_some_and(|last| last.id > last_id) => {
                replies.open(call.reply, self.key);
                let read = GroupRead {
                    count: self.count,
                    pending_for: self.is_pending.then_some(&name),
                    now,
                };
                let array = call.reply.deferred();
                let reply = &mut *call.reply;
                let visit = |entry| reply_entry(reply, &entry);
                let ids = stream.read_group(self.group, read, visit);
                call.reply.close_array(array, ids.len());
                Some(ids)
            }
            GroupStart::New => None,
        };
        call.effects.changes += u64::from(delivered.is_some());
        if is_new {
            call.changed(EventClass::STREAM, "xgroup-createconsumer", self.key, 1);
            self.propagate(call, [b"XGROUP", b"CREATECONSUMER"], &[self.consumer]);
        }
        if call.effects.propagated {
            self.propagate_delivery(call, &delivered.unwrap_or_default());
        }
        Ok(())
    }

    /// Replies with what the consumer got before and has not acknowledged; the ids delivered.
    fn reply_history(
        &self,
        reply: &mut Reply,
        stream: &mut Stream,
        after: StreamId,
        now: i64,
    ) -> Vec<StreamId> {
        let start = after.next().unwrap_or_default();
        let group = stream.groups().get(self.group);
        let consumer = group.and_then(|group| group.consumers().get(self.consumer));
        let pending = consumer.map(|consumer| consumer.pending(start..=StreamId::MAX));
        let ids: Vec<StreamId> = pending.into_iter().flatten().take(self.count).collect();
        reply.array(ids.len());
        let mut found = Vec::new();
        for id in ids {
            match stream.get(id) {
                Some(entry) => {
                    reply_entry(reply, &entry);
                    found.push(id);
                }
                // It was removed; the consumer has still to acknowledge it.
                None => {
                    reply.array(2);
                    reply_id(reply, id);
                    reply.null_array();
                }
            }
        }
        stream.edit_group(self.group, |group| {
            for id in &found {
                group.deliver_again(*id, now);
            }
        });
        found
    }

    /// Tells the log `words`, the key, the group and `rest`.
    fn propagate(&self, call: &mut Call<'_>, words: [&[u8]; 2], rest: &[&[u8]]) {
        let own = [words[0], words[1], self.key, self.group];
        call.effects.propagate(own.iter().chain(rest));
    }

    /// Tells the log what is now pending, and how far the group has read.
    fn propagate_delivery(&self, call: &mut Call<'_>, ids: &[StreamId]) {
        let Some(entry) = call.db.glance(self.key) else {
            return;
        };
        let Ok(stream) = entry.value().stream() else {
            return;
        };
        let Some(group) = stream.groups().get(self.group).filter(|_| !ids.is_empty()) else {
            return;
        };
        let (last_id, entries_read) = (group.last_id, group.entries_read);
        let pending: Vec<(StreamId, Pending)> = match self.is_pending {
            true => ids
                .iter()
                .filter_map(|id| Some((*id, group.pending().get(id)?.clone())))
                .collect(),
            false => Vec::new(),
        };
        for (id, pending) in pending {
            super::pending::propagate(call, self.key, self.group, (id, &pending), last_id);
        }
        let mut digits = itoa::Buffer::new();
        let entries_read = digits.format(entries_read.unwrap_or(-1)).as_bytes();
        let last_id = last_id.text();
        let rest = [last_id.as_ref(), b"ENTRIESREAD", entries_read];
        self.propagate(call, [b"XGROUP", b"SETID"], &rest);
    }
}
