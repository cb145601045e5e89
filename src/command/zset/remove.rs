//! Removing members by name, by rank, by score and by bytes.

use std::ops::Range;

use super::bound;
use super::range::clamped;
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::value::zset::{self, Order, Zset};

/// ZREM key member [member …]
pub(in crate::command) fn zrem(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    entry.as_entry().value().zset()?;
    let mut removed = 0;
    let mut is_gone = false;
    while let (false, Ok(member)) = (is_gone, args.bytes()) {
        removed += usize::from(zset::remove(&mut entry, member).is_some());
        is_gone = zset::at(&entry).is_empty();
    }
    if is_gone {
        entry.remove();
    }
    done(call, key, "zrem", removed, is_gone);
    Ok(())
}

/// ZREMRANGEBYRANK key start stop
pub(in crate::command) fn zremrangebyrank(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let (start, stop) = (args.int()?, args.int()?);
    let ranks = |zset: Zset<'_>| clamped(start, stop, zset.len());
    remove_range(call, key, "zremrangebyrank", ranks)
}

/// ZREMRANGEBYSCORE key min max
pub(in crate::command) fn zremrangebyscore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let (from, to) = bound::scores(args.bytes()?, args.bytes()?)?;
    let ranks = |zset: Zset<'_>| zset.ranks(from, to);
    remove_range(call, key, "zremrangebyscore", ranks)
}

/// ZREMRANGEBYLEX key min max
pub(in crate::command) fn zremrangebylex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let (from, to) = bound::members(args.bytes()?, args.bytes()?)?;
    let ranks = |zset: Zset<'_>| zset.ranks_by_bytes(from, to, Order::Forward);
    remove_range(call, key, "zremrangebylex", ranks)
}

fn remove_range(
    call: &mut Call<'_>,
    key: &[u8],
    event: &'static str,
    ranks: impl FnOnce(Zset<'_>) -> Range<usize>,
) -> Result<(), CommandError> {
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    let zset = entry.as_entry().value().zset()?;
    let ranks = ranks(zset);
    let (removed, is_gone) = (ranks.len(), ranks.len() == zset.len());
    if is_gone {
        entry.remove();
    } else {
        zset::remove_ranks(&mut entry, ranks);
    }
    done(call, key, event, removed, is_gone);
    Ok(())
}

/// Tells how many were removed.
fn done(call: &mut Call<'_>, key: &[u8], event: &'static str, removed: usize, is_gone: bool) {
    call.reply.count(removed);
    if removed > 0 {
        call.changed(EventClass::ZSET, event, key, removed as u64);
    }
    if is_gone {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
}
