//! XPENDING, XCLAIM and XAUTOCLAIM: what was delivered and not acknowledged, and who takes it over.

use super::super::args::Args;
use super::super::call::Call;
use super::super::effects::EventClass;
use super::super::error::CommandError;
use super::{as_count, id, range_end, range_start, read_stream, reply_entry, reply_id};
use crate::resp::reply::Reply;
use crate::value::group::names::Name;
use crate::value::group::{Group, Pending};
use crate::value::stream::{Stream, StreamId};

/// XPENDING key group [[IDLE min-idle-time] start end count [consumer]]
pub(in crate::command) fn xpending(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.key()?, args.bytes()?);
    let filter = match args.left() {
        0 => None,
        3..=6 => Some(Filter::parse(args)?),
        _ => return Err(CommandError::SYNTAX),
    };
    let now = call.db.wall_clock().0;
    let stream = read_stream(&mut call.db, key)?;
    let is_missing = stream.is_none();
    let Some(group) = stream.and_then(|stream| stream.groups().get(name)) else {
        if is_missing {
            call.missed(key);
        }
        return Err(CommandError::no_group(key, name));
    };
    match filter {
        None => reply_summary(call.reply, group),
        Some(filter) => filter.reply(call.reply, group, now),
    }
    Ok(())
}

/// How many are pending, the first and last of them, and how many for whom.
fn reply_summary(reply: &mut Reply, group: &Group) {
    let pending = group.pending();
    reply.array(4);
    reply.count(pending.len());
    let (Some((first, _)), Some((last, _))) = (pending.first(), pending.last()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, last);
    let array = reply.deferred();
    let mut count = 0;
    for (name, consumer) in group.consumers().iter() {
        if consumer.pending_len() > 0 {
            reply.array(2);
            reply.bulk(name);
            reply.bulk_int(i64::try_from(consumer.pending_len()).unwrap_or(i64::MAX));
            count += 1;
        }
    }
    reply.close_array(array, count);
}

/// Which pending entries to show.
struct Filter<'a> {
    min_idle: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Filter<'a> {
    fn parse(args: &mut Args<'a>) -> Result<Filter<'a>, CommandError> {
        let mut min_idle = 0;
        if args.take_word("idle") {
            min_idle = args.int()?;
            if args.left() < 3 {
                return Err(CommandError::SYNTAX);
            }
        }
        let (start, end) = (args.bytes()?, args.bytes()?);
        let count = as_count(args.int()?.max(0));
        let filter = Filter {
            min_idle,
            start: range_start(start)?,
            end: range_end(end)?,
            count,
            consumer: args.peek(),
        };
        Ok(filter)
    }

    fn reply(&self, reply: &mut Reply, group: &Group, now: i64) {
        let ids = self.start..=self.end;
        let is_wanted = |pending: &Pending| {
            self.min_idle == 0 || now.wrapping_sub(pending.delivered_at) >= self.min_idle
        };
        let array = reply.deferred();
        let mut count = 0;
        let mut show = |id: StreamId, pending: &Pending| {
            if count < self.count && is_wanted(pending) {
                count += 1;
                reply.array(4);
                reply_id(reply, id);
                reply.bulk(&pending.consumer);
                reply.int(now.wrapping_sub(pending.delivered_at).max(0));
                reply.int(pending.deliveries);
            }
            count < self.count
        };
        if self.start > self.end {
            // Nothing lies between them.
        } else if let Some(name) = self.consumer {
            let consumer = group.consumers().get(name);
            let mut ids = consumer
                .into_iter()
                .flat_map(|consumer| consumer.pending(ids.clone()));
            ids.all(|id| {
                group
                    .pending()
                    .get(&id)
                    .is_none_or(|pending| show(id, pending))
            });
        } else {
            group
                .pending()
                .range(ids)
                .all(|(id, pending)| show(id, pending));
        }
        reply.close_array(array, count);
    }
}

/// XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-ms] [RETRYCOUNT count]
/// [FORCE] [JUSTID] [LASTID id]
pub(in crate::command) fn xclaim(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, consumer) = (args.key()?, args.bytes()?, args.bytes()?);
    find_group(call, key, name)?;
    let now = call.db.wall_clock().0;
    let min_idle = args.int().map_err(|_| CommandError::XCLAIM_MIN_IDLE)?;
    let mut ids = Vec::with_capacity(args.left());
    while let Some(id) = args.peek().and_then(|text| StreamId::parse_strict(text, 0)) {
        args.bytes()?;
        ids.push(id);
    }
    let options = ClaimOptions::parse(args, now)?;
    let Some(mut entry) = call.db.write(key) else {
        return Ok(());
    };
    let stream = Stream::of(&mut entry)?;
    let mut claim = Claim {
        min_idle: min_idle.max(0),
        delivered_at: options.delivered_at.unwrap_or(now),
        deliveries: options.deliveries,
        force: options.force,
        just_id: options.just_id,
        now,
        told: Vec::new(),
    };
    let moved = stream.edit_group(name, |group| {
        let is_ahead = options.last_id > group.last_id;
        group.last_id = group.last_id.max(options.last_id);
        is_ahead
    });
    let seen = stream.edit_group(name, |group| group.see_consumer(consumer, now));
    let Some((consumer, is_new)) = seen else {
        return Ok(());
    };
    let array = call.reply.deferred();
    let mut count = 0;
    for id in ids {
        if claim.claim(stream, name, id, &consumer) == Outcome::Claimed {
            claim.reply(call.reply, stream, id);
            count += 1;
        }
    }
    call.reply.close_array(array, count);
    let told = claim.told;
    finish_claim(
        call,
        key,
        name,
        &consumer,
        is_new,
        told,
        moved == Some(true),
    )
}

/// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]
pub(in crate::command) fn xautoclaim(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (key, name, consumer) = (args.key()?, args.bytes()?, args.bytes()?);
    let now = call.db.wall_clock().0;
    let min_idle = args.int().map_err(|_| CommandError::XAUTOCLAIM_MIN_IDLE)?;
    let start = range_start(args.bytes()?)?;
    let (mut count, mut just_id) = (AUTOCLAIM_COUNT, false);
    while args.left() > 0 {
        if args.left() > 1 && args.take_word("count") {
            let wanted = args
                .int()
                .ok()
                .filter(|count| AUTOCLAIM_COUNTS.contains(count));
            count = as_count(wanted.ok_or(CommandError::XAUTOCLAIM_COUNT)?);
        } else if args.take_word("justid") {
            just_id = true;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    find_group(call, key, name)?;
    let Some(mut entry) = call.db.write(key) else {
        return Ok(());
    };
    let stream = Stream::of(&mut entry)?;
    let seen = stream.edit_group(name, |group| group.see_consumer(consumer, now));
    let Some((consumer, is_new)) = seen else {
        return Ok(());
    };
    let mut claim = Claim {
        min_idle: min_idle.max(0),
        delivered_at: now,
        deliveries: None,
        force: false,
        just_id,
        now,
        told: Vec::new(),
    };
    let (claimed, deleted, next) = claim.claim_from(stream, name, &consumer, start, count);
    call.reply.array(3);
    reply_id(call.reply, next.unwrap_or_default());
    call.reply.array(claimed.len());
    for id in claimed {
        claim.reply(call.reply, stream, id);
    }
    call.reply.array(deleted.len());
    for id in deleted {
        reply_id(call.reply, id);
    }
    let told = claim.told;
    finish_claim(call, key, name, &consumer, is_new, told, false)
}

/// What XAUTOCLAIM claims if it is not told how much.
const AUTOCLAIM_COUNT: usize = 100;
const AUTOCLAIM_COUNTS: std::ops::RangeInclusive<i64> = 1..=i64::MAX / 16;
/// Entries XAUTOCLAIM looks at, for each that it may claim.
const AUTOCLAIM_ATTEMPTS: usize = 10;

/// Refuses a key that is no stream, or has no such group.
fn find_group(call: &mut Call<'_>, key: &[u8], name: &[u8]) -> Result<(), CommandError> {
    match read_stream(&mut call.db, key)? {
        Some(stream) if stream.groups().get(name).is_some() => return Ok(()),
        Some(_) => {}
        None => call.missed(key),
    }
    Err(CommandError::no_group(key, name))
}

/// What stands behind XCLAIM's ids.
struct ClaimOptions {
    /// When the entries count as delivered.
    delivered_at: Option<i64>,
    deliveries: Option<i64>,
    force: bool,
    just_id: bool,
    last_id: StreamId,
}

impl ClaimOptions {
    fn parse(args: &mut Args<'_>, now: i64) -> Result<ClaimOptions, CommandError> {
        let mut options = ClaimOptions {
            delivered_at: None,
            deliveries: None,
            force: false,
            just_id: false,
            last_id: StreamId::MIN,
        };
        while args.left() > 0 {
            let has_more = args.left() > 1;
            if args.take_word("force") {
                options.force = true;
            } else if args.take_word("justid") {
                options.just_id = true;
            } else if has_more && args.take_word("idle") {
                let idle = args.int().map_err(|_| CommandError::XCLAIM_IDLE)?;
                options.delivered_at = Some(now.wrapping_sub(idle));
            } else if has_more && args.take_word("time") {
                let time = args.int().map_err(|_| CommandError::XCLAIM_TIME)?;
                options.delivered_at = Some(time);
            } else if has_more && args.take_word("retrycount") {
                let count = args.int().map_err(|_| CommandError::XCLAIM_RETRYCOUNT)?;
                options.deliveries = (count >= 0).then_some(count);
            } else if has_more && args.take_word("lastid") {
                options.last_id = id(args.bytes()?)?;
            } else {
                return Err(CommandError::unknown_xclaim_option(args.bytes()?));
            }
        }
        // A clock that is ahead of ours is no reason to fail.
        let is_past = |time: &i64| (0..=now).contains(time);
        options.delivered_at = options.delivered_at.filter(is_past);
        Ok(options)
    }
}

/// How entries are claimed.
struct Claim {
    /// Entries delivered later stay where they are.
    min_idle: i64,
    delivered_at: i64,
    /// How often they count as delivered, if that is said.
    deliveries: Option<i64>,
    /// Also what is not pending becomes so.
    force: bool,
    /// Only ids are replied, and it is no delivery.
    just_id: bool,
    now: i64,
    /// What the log must hear of: what changed, as it is now, or as it was before it went.
    told: Vec<(StreamId, Pending)>,
}

/// What became of an entry that was to be claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Claimed,
    /// It is not pending, or not for long enough.
    Left,
    /// The stream has it no more; it is not pending any more.
    Deleted,
}

impl Claim {
    /// Claims one entry for a consumer.
    fn claim(
        &mut self,
        stream: &mut Stream,
        name: &[u8],
        id: StreamId,
        consumer: &Name,
    ) -> Outcome {
        let exists = stream.get(id).is_some();
        let outcome = stream.edit_group(name, |group| {
            let old = group.pending().get(&id).cloned();
            match old {
                Some(old) if !exists => {
                    group.acknowledge(id);
                    self.told.push((id, old));
                    Outcome::Deleted
                }
                Some(old) if !self.is_idle(&old) => Outcome::Left,
                None if !exists || !self.force => Outcome::Left,
                old => {
                    let before = old.map_or(1, |old| old.deliveries);
                    let pending = Pending {
                        consumer: consumer.clone(),
                        delivered_at: self.delivered_at,
                        deliveries: match self.deliveries {
                            Some(count) => count,
                            None if self.just_id => before,
                            None => before.wrapping_add(1),
                        },
                    };
                    self.told.push((id, pending.clone()));
                    group.assign(id, pending);
                    group.note_active(consumer, self.now);
                    Outcome::Claimed
                }
            }
        });
        outcome.unwrap_or(Outcome::Left)
    }

    fn is_idle(&self, pending: &Pending) -> bool {
        self.min_idle == 0 || self.now.wrapping_sub(pending.delivered_at) >= self.min_idle
    }

    /// Claims up to `count` entries from `start` on: those claimed, those that are gone, and where
    /// to go on.
    fn claim_from(
        &mut self,
        stream: &mut Stream,
        name: &[u8],
        consumer: &Name,
        start: StreamId,
        count: usize,
    ) -> (Vec<StreamId>, Vec<StreamId>, Option<StreamId>) {
        let (mut claimed, mut deleted) = (Vec::new(), Vec::new());
        let mut attempts = count.saturating_mul(AUTOCLAIM_ATTEMPTS);
        let mut next = Some(start);
        loop {
            // Some at a time: claiming changes what is walked over.
            let left = attempts.min(count - claimed.len() - deleted.len());
            let Some(from) = next else {
                break;
            };
            let pending = stream.groups().get(name).map(Group::pending);
            let ids = pending
                .into_iter()
                .flat_map(|pending| pending.range(from..));
            let mut ids: Vec<StreamId> = ids
                .map(|(id, _)| id)
                .take(left.saturating_add(1).min(CLAIMED_AT_ONCE))
                .collect();
            if ids.len() <= left && ids.len() < CLAIMED_AT_ONCE {
                next = None;
            } else {
                next = ids.pop();
            }
            if left == 0 {
                break;
            }
            attempts -= ids.len();
            for id in ids {
                match self.claim(stream, name, id, consumer) {
                    Outcome::Claimed => claimed.push(id),
                    Outcome::Deleted => deleted.push(id),
                    Outcome::Left => {}
                }
            }
        }
        (claimed, deleted, next)
    }

    fn reply(&self, reply: &mut Reply, stream: &Stream, id: StreamId) {
        match stream.get(id) {
            Some(entry) if !self.just_id => reply_entry(reply, &entry),
            _ => reply_id(reply, id),
        }
    }
}

/// Ids that XAUTOCLAIM notes before it goes through them.
const CLAIMED_AT_ONCE: usize = 512;

/// Counts and tells what claiming changed.
fn finish_claim(
    call: &mut Call<'_>,
    key: &[u8],
    name: &[u8],
    consumer: &Name,
    is_new: bool,
    told: Vec<(StreamId, Pending)>,
    is_moved: bool,
) -> Result<(), CommandError> {
    call.effects.propagate_nothing();
    if is_new {
        call.changed(EventClass::STREAM, "xgroup-createconsumer", key, 1);
        let words: [&[u8]; 5] = [b"XGROUP", b"CREATECONSUMER", key, name, consumer];
        call.effects.propagate(words);
    }
    call.effects.changes += told.len() as u64 + u64::from(is_moved && told.is_empty());
    if !call.effects.propagated {
        return Ok(());
    }
    let entry = call.db.glance(key);
    let stream = entry.and_then(|entry| entry.value().stream().ok());
    let Some(group) = stream.and_then(|stream| stream.groups().get(name)) else {
        return Ok(());
    };
    let (last_id, entries_read) = (group.last_id, group.entries_read);
    if is_moved && told.is_empty() {
        let mut digits = itoa::Buffer::new();
        let read = digits.format(entries_read.unwrap_or(-1)).as_bytes();
        let id = last_id.text();
        let words: [&[u8]; 7] = [
            b"XGROUP",
            b"SETID",
            key,
            name,
            id.as_ref(),
            b"ENTRIESREAD",
            read,
        ];
        call.effects.propagate(words);
    }
    for (id, pending) in &told {
        propagate(call, key, name, (*id, pending), last_id);
    }
    Ok(())
}

/// Tells the log that an entry is pending: an XCLAIM that makes it so. Where the stream has it no
/// more it makes it pending no more.
pub(super) fn propagate(
    call: &mut Call<'_>,
    key: &[u8],
    group: &[u8],
    (id, pending): (StreamId, &Pending),
    last_id: StreamId,
) {
    let (mut time, mut count) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (id, last_id) = (id.text(), last_id.text());
    let words: [&[u8]; 14] = [
        b"XCLAIM",
        key,
        group,
        &pending.consumer,
        b"0",
        id.as_ref(),
        b"TIME",
        time.format(pending.delivered_at).as_bytes(),
        b"RETRYCOUNT",
        count.format(pending.deliveries).as_bytes(),
        b"FORCE",
        b"JUSTID",
        b"LASTID",
        last_id.as_ref(),
    ];
    call.effects.propagate(words);
}
