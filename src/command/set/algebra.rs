//! Sets made of sets: what all share, what any has, what only the first has; told or stored.
//!
//! Every set is looked up first, in the order of the keys, as a read; then all are held at once
//! and nothing is copied but what is told. A result is written into the reply while it is found;
//! its header follows.
//!
//! *Intersection*: the smallest set is walked, and each member looked for in the others.
//!
//! *Union*: the largest set is told as it stands. A member of another is told if the largest has
//! it not and none before it was the same.
//!
//! *Difference*: the first set is walked. With few others each member is looked for in them, the
//! largest first. If that took more steps than there are members in all, the members of the others
//! are gathered first.
//!
//! *Stored*, a result is put together in the order in which Redis does it, so that it takes on the
//! same form; but where that is bound to be the large form, it begins as a copy of a large set,
//! which costs nothing.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use super::reply_item;
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::ds::table::Seed;
use crate::keyspace::{Cause, Deadline, View};
use crate::value::Thresholds;
use crate::value::draft::Draft;
use crate::value::set::{self, Item, Seen, Set};

/// SINTER key [key …]
pub(in crate::command) fn sinter(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let keys = keys(call, args, args.left())?;
    let (sets, reply) = (sets(&call.db, &keys), &mut *call.reply);
    let deferred = reply.deferred();
    let mut found = 0;
    intersection(sets, |item| {
        reply_item(reply, item);
        found += 1;
        ControlFlow::Continue(())
    });
    reply.close_set(deferred, found);
    Ok(())
}

/// SINTERCARD numkeys key [key …] [LIMIT limit]
pub(in crate::command) fn sintercard(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let count = args.bytes()?;
    let count = parse_int(count).and_then(|count| usize::try_from(count).ok());
    let count = count.filter(|count| *count > 0);
    let count = count.ok_or(CommandError::NUMKEYS_NOT_POSITIVE)?;
    if count > args.left() {
        return Err(CommandError::NUMKEYS_TOO_MANY);
    }
    let mut options = args.clone();
    for _ in 0..count {
        options.key()?;
    }
    let mut limit = usize::MAX;
    while options.left() > 0 {
        if options.left() < 2 || !options.take_word("LIMIT") {
            return Err(CommandError::SYNTAX);
        }
        let number = parse_int(options.bytes()?);
        let number = number.and_then(|number| usize::try_from(number).ok());
        limit = match number.ok_or(CommandError::LIMIT_NEGATIVE)? {
            0 => usize::MAX,
            limit => limit,
        };
    }
    let keys = keys(call, args, count)?;
    let mut found = 0;
    intersection(sets(&call.db, &keys), |_| {
        found += 1;
        match found < limit {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    call.reply.count(found);
    Ok(())
}

/// SINTERSTORE destination key [key …]
pub(in crate::command) fn sinterstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let target = args.key()?;
    let keys = keys(call, args, args.left())?;
    let (sets, seed) = (sets(&call.db, &keys), call.db.seed());
    let limits = &call.limits.thresholds;
    let smallest = sets.iter().flatten().min_by_key(|set| set.len());
    let mut draft = match smallest {
        Some(Set::Ints(_)) => Draft::ints(seed),
        _ => Draft::few_members(seed),
    };
    let mut are_integers = true;
    intersection(sets, |item| {
        let mut digits = itoa::Buffer::new();
        let member = item.text(&mut digits);
        are_integers = are_integers && parse_int(member).is_some();
        set::add(&mut draft, member, limits);
        ControlFlow::Continue(())
    });
    if are_integers {
        draft.prefer_ints(limits);
    }
    store(call, target, draft, "sinterstore");
    Ok(())
}

/// SUNION key [key …]
pub(in crate::command) fn sunion(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let keys = keys(call, args, args.left())?;
    let mut sets: Vec<Set<'_>> = sets(&call.db, &keys).into_iter().flatten().collect();
    sets.sort_by_key(|set| Reverse(set.len()));
    let reply = &mut *call.reply;
    let Some((largest, others)) = sets.split_first() else {
        reply.set(0);
        return Ok(());
    };
    let deferred = reply.deferred();
    let mut found = largest.len();
    largest.for_each(|item| reply_item(reply, item));
    let mut seen = Seen::new(call.db.seed());
    for set in others {
        set.for_each(|item| {
            if !largest.contains_item(item) && seen.insert(item) {
                reply_item(reply, item);
                found += 1;
            }
        });
    }
    reply.close_set(deferred, found);
    Ok(())
}

/// SUNIONSTORE destination key [key …]
pub(in crate::command) fn sunionstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let target = args.key()?;
    let keys = keys(call, args, args.left())?;
    let sets = sets(&call.db, &keys);
    let (seed, limits) = (call.db.seed(), &call.limits.thresholds);
    let largest = sets.iter().flatten().max_by_key(|set| set.len());
    let large = largest.filter(|set| is_surely_big(**set, limits));
    let mut draft = match large {
        Some(set) => Draft::big_set(seed, *set),
        None => Draft::ints(seed),
    };
    for set in sets.iter().flatten() {
        if !large.is_some_and(|large| large.is(*set)) {
            add_all(&mut draft, *set, limits);
        }
    }
    store(call, target, draft, "sunionstore");
    Ok(())
}

/// SDIFF key [key …]
pub(in crate::command) fn sdiff(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let keys = keys(call, args, args.left())?;
    let (sets, seed) = (sets(&call.db, &keys), call.db.seed());
    let reply = &mut *call.reply;
    let deferred = reply.deferred();
    let mut found = 0;
    if let Some((first, others)) = minuend(&keys, sets) {
        let mut tell = |item: Item<'_>| {
            reply_item(reply, item);
            found += 1;
        };
        match walks_first(first, &others) {
            true => difference(first, others, tell),
            false => {
                let mut seen = Seen::new(seed);
                for set in others {
                    set.for_each(|item| {
                        seen.insert(item);
                    });
                }
                first.for_each(|item| {
                    if !seen.contains(item) {
                        tell(item);
                    }
                });
            }
        }
    }
    reply.close_set(deferred, found);
    Ok(())
}

/// SDIFFSTORE destination key [key …]
pub(in crate::command) fn sdiffstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let target = args.key()?;
    let keys = keys(call, args, args.left())?;
    let (sets, seed) = (sets(&call.db, &keys), call.db.seed());
    let limits = &call.limits.thresholds;
    let mut draft = Draft::ints(seed);
    if let Some((first, others)) = minuend(&keys, sets) {
        if walks_first(first, &others) && !stays_large(first, &others, limits) {
            difference(first, others, |item| {
                set::add(&mut draft, item.text(&mut itoa::Buffer::new()), limits);
            });
        } else {
            draft = difference_by_removing(first, &others, limits, seed);
        }
    }
    store(call, target, draft, "sdiffstore");
    Ok(())
}

/// The next `count` arguments, keys of sets or of nothing, each looked up as a read.
fn keys<'k>(
    call: &mut Call<'_>,
    args: &mut Args<'k>,
    count: usize,
) -> Result<Vec<&'k [u8]>, CommandError> {
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        let key = args.key()?;
        keys.push(key);
        if let Some(entry) = call.db.read(key) {
            entry.value().set()?;
            continue;
        }
        call.missed(key);
    }
    Ok(keys)
}

/// The sets at `keys`, where there are any.
fn sets<'d>(db: &'d View<'_>, keys: &[&[u8]]) -> Vec<Option<Set<'d>>> {
    let set = |key: &&[u8]| db.glance(key)?.value().set().ok();
    keys.iter().map(set).collect()
}

/// Visits the members that all of `sets` have, until told to stop.
fn intersection<'c>(
    sets: Vec<Option<Set<'c>>>,
    mut visit: impl FnMut(Item<'c>) -> ControlFlow<()>,
) {
    let Some(mut sets) = sets.into_iter().collect::<Option<Vec<Set<'_>>>>() else {
        return;
    };
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else {
        return;
    };
    smallest.try_each(|item| {
        if others.iter().all(|set| set.contains_item(item)) {
            visit(item)?;
        }
        ControlFlow::Continue(())
    });
}

/// The set to take from and those to take away; nothing if nothing can be left.
fn minuend<'c>(keys: &[&[u8]], sets: Vec<Option<Set<'c>>>) -> Option<(Set<'c>, Vec<Set<'c>>)> {
    let (first, others) = keys.split_first()?;
    let mut sets = sets.into_iter();
    let minuend = sets.next()??;
    (!others.contains(first)).then(|| (minuend, sets.flatten().collect()))
}

/// Whether walking along the first set is the better way to a difference than gathering the
/// others: as Redis decides it.
fn walks_first(first: Set<'_>, others: &[Set<'_>]) -> bool {
    let walking = first.len().saturating_mul(others.len() + 1) / 2;
    walking <= first.len() + others.iter().map(|set| set.len()).sum::<usize>()
}

/// Whether what is left of `first` is more than half of it, and in the large form for sure: then a
/// copy of it, which costs nothing, is the better beginning.
fn stays_large(first: Set<'_>, others: &[Set<'_>], limits: &Thresholds) -> bool {
    let gone: usize = others.iter().map(|set| set.len()).sum();
    gone <= first.len() / 2
        && first.len() - gone > small_max(limits)
        && is_surely_big(first, limits)
}

/// Visits the members of `first` that none of `others` has.
fn difference<'c>(first: Set<'c>, mut others: Vec<Set<'c>>, mut visit: impl FnMut(Item<'c>)) {
    others.sort_by_key(|set| Reverse(set.len()));
    first.for_each(|item| {
        if !others.iter().any(|set| set.contains_item(item)) {
            visit(item);
        }
    });
}

/// The members of `first` without those of `others`.
fn difference_by_removing(
    first: Set<'_>,
    others: &[Set<'_>],
    limits: &Thresholds,
    seed: Seed,
) -> Draft {
    let mut draft = if is_surely_big(first, limits) {
        Draft::big_set(seed, first)
    } else {
        let mut draft = Draft::ints(seed);
        add_all(&mut draft, first, limits);
        draft
    };
    for set in others {
        set.try_each(|item| {
            set::remove(&mut draft, item.text(&mut itoa::Buffer::new()));
            match draft.set().is_empty() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
    }
    draft
}

fn add_all(draft: &mut Draft, set: Set<'_>, limits: &Thresholds) {
    set.for_each(|item| {
        set::add(draft, item.text(&mut itoa::Buffer::new()), limits);
    });
}

/// Whether a set of its members can have no other form than the large one.
fn is_surely_big(set: Set<'_>, limits: &Thresholds) -> bool {
    matches!(set, Set::Big(_)) && set.len() > small_max(limits)
}

/// More members than these are in the large form.
fn small_max(limits: &Thresholds) -> usize {
    limits.set_intset_entries.max(limits.set_listpack_entries)
}

/// Stores a result and replies with the number of its members; without members it is no set.
fn store(call: &mut Call<'_>, key: &[u8], draft: Draft, event: &'static str) {
    let len = draft.set().len();
    if len > 0 {
        call.announce(key);
        draft.give(|value| call.db.put_value(key, value, Deadline::Never));
        call.changed(EventClass::SET, event, key, 1);
    } else if call.db.remove(key, Cause::Command) {
        call.changed(EventClass::GENERIC, "del", key, 1);
    }
    call.reply.count(len);
}
