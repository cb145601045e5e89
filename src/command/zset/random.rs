//! ZRANDMEMBER: members drawn by lot.
//!
//! Each rank is as likely as any other. Different ones are drawn in one of two ways: few of many
//! rank by rank; otherwise by one walk along the set, in which an element is taken with a chance
//! of (wanted / left), so that exactly as many are taken as are wanted (Knuth, algorithm 3.4.2 S).

use std::collections::BTreeSet;

use super::{Elements, Scores, ask, reply_member};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::value::zset::Zset;

/// Ranks are drawn one by one up to one of so many.
const SPARSE_FACTOR: usize = 3;

/// ZRANDMEMBER key [count [WITHSCORES]]
pub(in crate::command) fn zrandmember(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.left() > 0 {
        return many(call, key, args);
    }
    let random = &mut *call.random;
    if let Some(entry) = call.db.read(key) {
        let zset = entry.value().zset()?;
        let rank = random.usize(..zset.len());
        if let Some((member, _)) = zset.get(rank) {
            reply_member(call.reply, member);
        }
        return Ok(());
    }
    call.missed(key);
    call.reply.null();
    Ok(())
}

fn many(call: &mut Call<'_>, key: &[u8], args: &mut Args<'_>) -> Result<(), CommandError> {
    let count = args.symmetric_int()?;
    let mut scores = Scores::Untold;
    if args.take_word("WITHSCORES") {
        scores = Scores::Told;
    }
    args.end()?;
    if scores == Scores::Told && count.unsigned_abs() > i64::MAX.unsigned_abs() / 2 {
        return Err(CommandError::OUT_OF_RANGE);
    }
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let mut random = call.random.fork();
    let bytes_max = call.limits.reply_bytes_max;
    let told = ask(call, key, |zset, reply| {
        if count < 0 {
            let elements = Elements::new(reply, wanted, scores);
            with_repetitions(zset, wanted, elements, &mut random, bytes_max);
        } else {
            let wanted = wanted.min(zset.len());
            let elements = Elements::new(reply, wanted, scores);
            different(zset, wanted, elements, &mut random);
        }
    })?;
    if told.is_none() {
        call.reply.array(0);
    }
    Ok(())
}

fn with_repetitions(
    zset: Zset<'_>,
    wanted: usize,
    mut elements: Elements<'_>,
    random: &mut fastrand::Rng,
    bytes_max: usize,
) {
    let len = zset.len();
    // To find a rank in a listpack is a walk.
    let all: Option<Vec<_>> = match zset {
        Zset::Packed(_) => Some(zset.iter().collect()),
        Zset::Big(_) => None,
    };
    for _ in 0..wanted {
        let rank = random.usize(..len);
        let element = match &all {
            Some(all) => Some(all[rank]),
            None => zset.get(rank),
        };
        if let Some((member, score)) = element {
            elements.push(member, score);
        }
        if elements.reply.output.len() > bytes_max {
            return;
        }
    }
}

fn different(
    zset: Zset<'_>,
    wanted: usize,
    mut elements: Elements<'_>,
    random: &mut fastrand::Rng,
) {
    let len = zset.len();
    if wanted == len {
        // Redis walks its sets from the end.
        return elements.extend(zset.range_back(0..len));
    }
    if wanted.saturating_mul(SPARSE_FACTOR) < len && matches!(zset, Zset::Big(_)) {
        let mut drawn = BTreeSet::new();
        while drawn.len() < wanted {
            let rank = random.usize(..len);
            if drawn.insert(rank)
                && let Some((member, score)) = zset.get(rank)
            {
                elements.push(member, score);
            }
        }
        return;
    }
    let mut missing = wanted;
    for (passed, (member, score)) in zset.iter().enumerate() {
        if random.usize(..len - passed) < missing {
            elements.push(member, score);
            missing -= 1;
        }
    }
}
