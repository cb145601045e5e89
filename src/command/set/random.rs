//! Members drawn by lot: SPOP takes them out, SRANDMEMBER leaves them in.
//!
//! Every member has a place, and any place is quickly found, so a member is drawn by drawing a
//! place: each is as likely as any other. Several at once are drawn in one of two ways. Few of
//! many: place by place. Otherwise by one walk along the set, in which a member is taken with a
//! chance of (wanted / left), so that exactly as many are taken as are wanted and every selection
//! is equally likely (Knuth, algorithm 3.4.2 S).

use std::collections::BTreeSet;

use super::{remove_empty, reply_item, reply_members};
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::keyspace::Deadline;
use crate::value::draft::Draft;
use crate::value::set::{self, Item, Set};

/// SPOP turns from taking members out to drawing those that stay when there are so many times
/// fewer of these. Redis does, and it shows: what stays is a new set, perhaps of a smaller form.
const STAY_FACTOR: usize = 5;

/// SRANDMEMBER draws place by place up to one of so many.
const SPARSE_FACTOR: usize = 3;

/// One SREM tells the log of so many members.
const LOGGED_MAX: usize = 1024;

/// SPOP key [count]
pub(in crate::command) fn spop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.left() > 0 {
        return spop_count(call, key, args);
    }
    let Some(mut entry) = call.db.write(key) else {
        call.reply.null();
        return Ok(());
    };
    let set = entry.as_entry().value().set()?;
    let place = call.random.usize(..set.len());
    let item = set.at(place);
    reply_item(call.reply, item);
    let mut digits = itoa::Buffer::new();
    call.effects
        .propagate([b"SREM", key, item.text(&mut digits)]);
    let is_last = set.len() == 1;
    if !is_last {
        set::remove_at(&mut entry, place);
    }
    call.changed(EventClass::SET, "spop", key, 1);
    if is_last {
        remove_empty(call, key);
    }
    Ok(())
}

fn spop_count(call: &mut Call<'_>, key: &[u8], args: &mut Args<'_>) -> Result<(), CommandError> {
    let count = args.bytes()?;
    args.end()?;
    let count = parse_int(count).and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(CommandError::NOT_POSITIVE)?;
    let Some(entry) = call.db.write(key) else {
        call.reply.set(0);
        return Ok(());
    };
    let set = entry.as_entry().value().set()?;
    let len = set.len();
    if count == 0 {
        call.reply.set(0);
    } else if count >= len {
        reply_members(set, call.reply);
        call.effects.propagate([b"DEL", key]);
        call.changed(EventClass::SET, "spop", key, len as u64);
        remove_empty(call, key);
    } else {
        call.reply.set(count);
        let mut log = Log::new(call.effects.propagated, key);
        if (len - count).saturating_mul(STAY_FACTOR) > count {
            take_out(call, key, count, &mut log)?;
        } else {
            leave_in(call, key, len - count, &mut log)?;
        }
        log.tell(call);
        call.changed(EventClass::SET, "spop", key, count as u64);
    }
    Ok(())
}

/// Takes `count` members out of the set one by one, and replies with them.
fn take_out(
    call: &mut Call<'_>,
    key: &[u8],
    count: usize,
    log: &mut Log<'_>,
) -> Result<(), CommandError> {
    let mut entry = call.db.write(key).ok_or(CommandError::NO_SUCH_KEY)?;
    for _ in 0..count {
        let set = entry.as_entry().value().set()?;
        let place = call.random.usize(..set.len());
        let item = set.at(place);
        reply_item(call.reply, item);
        log.note(item);
        set::remove_at(&mut entry, place);
    }
    Ok(())
}

/// Puts a set of `count` of its members in the place of the set, and replies with the others.
fn leave_in(
    call: &mut Call<'_>,
    key: &[u8],
    count: usize,
    log: &mut Log<'_>,
) -> Result<(), CommandError> {
    let seed = call.db.seed();
    let entry = call.db.glance(key).ok_or(CommandError::NO_SUCH_KEY)?;
    let set = entry.value().set()?;
    let mut left = match set {
        Set::Ints(_) => Draft::ints(seed),
        Set::Packed(_) | Set::Big(_) => Draft::few_members(seed),
    };
    let mut draw = Draw::new(count, set.len());
    set.for_each(|item| {
        if draw.takes_next(call.random) {
            let mut digits = itoa::Buffer::new();
            let member = item.text(&mut digits);
            set::add(&mut left, member, &call.limits.thresholds);
        } else {
            reply_item(call.reply, item);
            log.note(item);
        }
    });
    left.give(|value| call.db.put_value(key, value, Deadline::Keep));
    Ok(())
}

/// The members that SREM tells the log of in the place of SPOP.
struct Log<'k> {
    is_read: bool,
    key: &'k [u8],
    members: Vec<Vec<u8>>,
}

impl<'k> Log<'k> {
    fn new(is_read: bool, key: &'k [u8]) -> Log<'k> {
        Log {
            is_read,
            key,
            members: Vec::new(),
        }
    }

    fn note(&mut self, item: Item<'_>) {
        if self.is_read {
            self.members.push(item.to_vec());
        }
    }

    fn tell(&self, call: &mut Call<'_>) {
        for members in self.members.chunks(LOGGED_MAX) {
            let head = [b"SREM", self.key].into_iter();
            let members = members.iter().map(Vec::as_slice);
            call.effects.propagate(head.chain(members));
        }
    }
}

/// So many of so many, drawn in one walk along them.
struct Draw {
    wanted: usize,
    left: usize,
}

impl Draw {
    fn new(wanted: usize, among: usize) -> Draw {
        Draw {
            wanted,
            left: among,
        }
    }

    /// Whether the next one on the way is drawn.
    fn takes_next(&mut self, random: &mut fastrand::Rng) -> bool {
        let is_drawn = random.usize(..self.left) < self.wanted;
        self.left -= 1;
        self.wanted -= usize::from(is_drawn);
        is_drawn
    }
}

/// SRANDMEMBER key [count]
pub(in crate::command) fn srandmember(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.left() > 0 {
        return srandmember_count(call, key, args);
    }
    let Some(entry) = call.db.read(key) else {
        call.reply.null();
        call.missed(key);
        return Ok(());
    };
    let set = entry.value().set()?;
    reply_item(call.reply, set.at(call.random.usize(..set.len())));
    Ok(())
}

fn srandmember_count(
    call: &mut Call<'_>,
    key: &[u8],
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let count = args.bytes()?;
    args.end()?;
    let count = parse_int(count).ok_or(CommandError::NOT_AN_INTEGER)?;
    if count == i64::MIN {
        return Err(CommandError::NOT_64_BITS_EITHER_WAY);
    }
    let Some(entry) = call.db.read(key) else {
        call.reply.array(0);
        call.missed(key);
        return Ok(());
    };
    let set = entry.value().set()?;
    let reply = &mut *call.reply;
    match usize::try_from(count) {
        Ok(count) if count >= set.len() => {
            reply.array(set.len());
            set.for_each(|item| reply_item(reply, item));
        }
        Ok(count) if count.saturating_mul(SPARSE_FACTOR) < set.len() => {
            reply.array(count);
            let mut drawn = BTreeSet::new();
            while drawn.len() < count {
                let place = call.random.usize(..set.len());
                if drawn.insert(place) {
                    reply_item(reply, set.at(place));
                }
            }
        }
        Ok(count) => {
            reply.array(count);
            let mut draw = Draw::new(count, set.len());
            set.for_each(|item| {
                if draw.takes_next(call.random) {
                    reply_item(reply, item);
                }
            });
        }
        // With repetition.
        Err(_) => {
            let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            reply.array(count);
            for _ in 0..count {
                reply_item(reply, set.at(call.random.usize(..set.len())));
                if reply.output.len() > call.limits.reply_bytes_max {
                    break;
                }
            }
        }
    }
    Ok(())
}
