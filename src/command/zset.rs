//! Sorted sets: members with scores, by member, by rank, by score and by bytes.
//!
//! The commands by what they do: here those that ask about members; in `add` and `remove` those
//! that change single ones or a range; in `range` those that tell or store a range; in `pop` those
//! that take from either end, with the blocking ones; in `algebra` unions, intersections and
//! differences; in `random` ZRANDMEMBER. What bounds a range is read in `bound`.
//!
//! A set without members is removed.

mod add;
mod algebra;
mod bound;
mod pop;
mod random;
mod range;
mod remove;

pub(super) use add::{zadd, zincrby};
pub(super) use algebra::{zdiff, zdiffstore, zinter, zintercard, zinterstore, zunion, zunionstore};
pub(super) use pop::{bzmpop, bzpopmax, bzpopmin, zmpop, zpopmax, zpopmin};
pub(super) use random::zrandmember;
pub(super) use range::{
    zrange, zrangebylex, zrangebyscore, zrangestore, zrevrange, zrevrangebylex, zrevrangebyscore,
};
pub(super) use remove::{zrem, zremrangebylex, zremrangebyrank, zremrangebyscore};

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::scan::{Bare, ElementScan};
use crate::ds::listpack::Item;
use crate::ds::number::DoubleText;
use crate::keyspace::{Cause, Deadline};
use crate::resp::reply::{Protocol, Reply};
use crate::value::zset::{Iter, New, Order, Zset};

/// ZCARD key
pub(super) fn zcard(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let len = ask(call, args.key()?, |zset, _| zset.len())?;
    call.reply.count(len.unwrap_or(0));
    Ok(())
}

/// ZSCORE key member
pub(super) fn zscore(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    let score = ask(call, key, |zset, _| zset.score(member))?;
    reply_score(call.reply, score.flatten());
    Ok(())
}

/// ZMSCORE key member [member …]
pub(super) fn zmscore(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let count = args.left();
    let answered = ask(call, key, |zset, reply| {
        reply.array(count);
        while let Ok(member) = args.bytes() {
            reply_score(reply, zset.score(member));
        }
    })?;
    if answered.is_none() {
        call.reply.array(count);
        (0..count).for_each(|_| call.reply.null());
    }
    Ok(())
}

/// ZCOUNT key min max
pub(super) fn zcount(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (from, to) = bound::scores(args.bytes()?, args.bytes()?)?;
    let count = ask(call, key, |zset, _| zset.ranks(from, to).len())?;
    call.reply.count(count.unwrap_or(0));
    Ok(())
}

/// ZLEXCOUNT key min max
pub(super) fn zlexcount(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let (from, to) = bound::members(args.bytes()?, args.bytes()?)?;
    let count = ask(call, key, |zset, _| {
        zset.ranks_by_bytes(from, to, Order::Forward).len()
    })?;
    call.reply.count(count.unwrap_or(0));
    Ok(())
}

/// ZRANK key member [WITHSCORE]
pub(super) fn zrank(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    rank(call, args, Order::Forward)
}

/// ZREVRANK key member [WITHSCORE]
pub(super) fn zrevrank(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    rank(call, args, Order::Back)
}

fn rank(call: &mut Call<'_>, args: &mut Args<'_>, order: Order) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    if args.left() > 1 {
        return Err(CommandError::wrong_arity(call.name));
    }
    let with_score = args.take_word("WITHSCORE");
    args.end()?;
    let found = ask(call, key, |zset, _| {
        let (rank, score) = zset.find(member)?;
        match order {
            Order::Forward => Some((rank, score)),
            Order::Back => Some((zset.len() - 1 - rank, score)),
        }
    })?;
    match (found.flatten(), with_score) {
        (Some((rank, _)), false) => call.reply.count(rank),
        (Some((rank, score)), true) => {
            call.reply.array(2);
            call.reply.count(rank);
            call.reply.double(score);
        }
        (None, false) => call.reply.null(),
        (None, true) => call.reply.null_array(),
    }
    Ok(())
}

/// ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]
pub(super) fn zscan(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let cursor = args.cursor()?;
    let scan = ask(call, key, |zset, reply| {
        let scan = ElementScan::parse(args, Bare::NoScores)?;
        reply.array(2);
        let deferred = reply.deferred();
        let mut found = 0;
        let mut tell = |member: Item<'_>, score: DoubleText| {
            if !scan.lets(member.text(&mut itoa::Buffer::new())) {
                return;
            }
            reply_member(reply, member);
            found += 1;
            if !scan.is_bare {
                // Never a double, not even in RESP3.
                reply.bulk(score.as_bytes());
                found += 1;
            }
        };
        let next = match zset {
            Zset::Packed(_) => {
                zset.iter()
                    .for_each(|(member, score)| tell(member, DoubleText::new(score)));
                0
            }
            // Only here Redis writes all 17 digits.
            Zset::Big(zset) => zset.scan(cursor, scan.count, |member, score| {
                tell(Item::Bytes(member), DoubleText::of_17_digits(score));
            }),
        };
        reply.close_scan(deferred, next, found);
        Ok(())
    })?;
    scan.unwrap_or_else(|| {
        call.reply.empty_scan();
        Ok(())
    })
}

/// Looks up a sorted set to read and asks it, with the reply at hand; notes a miss.
#[inline]
fn ask<R>(
    call: &mut Call<'_>,
    key: &[u8],
    question: impl FnOnce(Zset<'_>, &mut Reply) -> R,
) -> Result<Option<R>, CommandError> {
    if let Some(entry) = call.db.read(key) {
        let zset = entry.value().zset()?;
        return Ok(Some(question(zset, call.reply)));
    }
    call.missed(key);
    Ok(None)
}

/// A member as a bulk string.
#[inline]
fn reply_member(reply: &mut Reply, member: Item<'_>) {
    match member {
        Item::Int(integer) => reply.bulk_int(integer),
        Item::Bytes(text) => reply.bulk(text),
    }
}

fn reply_score(reply: &mut Reply, score: Option<f64>) {
    match score {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}

/// Whether members are told with their scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scores {
    Untold,
    /// In RESP2 behind each member; in RESP3 each with its member in an array.
    Told,
}

/// How scores are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Bare,
    Flat,
    Nested,
}

/// Writes elements one by one behind the header of as many as there will be.
struct Elements<'r> {
    reply: &'r mut Reply,
    shape: Shape,
}

impl<'r> Elements<'r> {
    fn new(reply: &'r mut Reply, count: usize, scores: Scores) -> Elements<'r> {
        let shape = match (scores, reply.protocol) {
            (Scores::Untold, _) => Shape::Bare,
            (Scores::Told, Protocol::Resp2) => Shape::Flat,
            (Scores::Told, Protocol::Resp3) => Shape::Nested,
        };
        match shape {
            Shape::Bare | Shape::Nested => reply.array(count),
            Shape::Flat => reply.array(count * 2),
        }
        Elements { reply, shape }
    }

    fn behind_header(reply: &'r mut Reply, shape: Shape) -> Elements<'r> {
        Elements { reply, shape }
    }

    #[inline]
    fn push(&mut self, member: Item<'_>, score: f64) {
        if self.shape == Shape::Nested {
            self.reply.array(2);
        }
        reply_member(self.reply, member);
        if self.shape != Shape::Bare {
            self.reply.double(score);
        }
    }

    fn extend(&mut self, elements: Iter<'_>) {
        for (member, score) in elements {
            self.push(member, score);
        }
    }
}

/// Stores a result and replies with the number of its members; without members it is no set.
fn store(call: &mut Call<'_>, key: &[u8], result: Option<New>, event: &'static str) {
    let Some(new) = result else {
        if call.db.remove(key, Cause::Command) {
            call.changed(EventClass::GENERIC, "del", key, 1);
        }
        call.reply.int(0);
        return;
    };
    let len = new.zset().len();
    call.announce(key);
    new.give(|value| call.db.put_value(key, value, Deadline::Never));
    call.changed(EventClass::ZSET, event, key, 1);
    call.reply.count(len);
}

#[cfg(test)]
mod tests;
