//! Ranges by rank, by score and by bytes: told, or stored as another set.
//!
//! ZRANGE can say everything; its six older siblings are ZRANGE with a part of that decided.

use std::ops::Range;

use super::{Elements, Scores, ask, bound, store};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::value::zset::{Cut, New, Order, Zset};

/// What bounds a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Bytes,
}

/// Which of its options a command decides itself, and so does not know.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    by: Option<By>,
    order: Option<Order>,
    /// Whether scores can be asked for: they are always stored.
    has_scores: bool,
}

/// A range, as a client asked for it.
#[derive(Clone, Copy, Debug)]
struct Query<'a> {
    bounds: Bounds<'a>,
    order: Order,
    /// Elements passed over, and then told at most; a negative number of them: all.
    limit: (i64, i64),
    scores: Scores,
}

#[derive(Clone, Copy, Debug)]
enum Bounds<'a> {
    Ranks(i64, i64),
    Scores(Cut<'a>, Cut<'a>),
    Members(Cut<'a>, Cut<'a>),
}

const NO_LIMIT: (i64, i64) = (0, -1);

impl<'a> Query<'a> {
    /// `start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
    fn parse(args: &mut Args<'a>, dialect: Dialect) -> Result<Query<'a>, CommandError> {
        let (start, stop) = (args.bytes()?, args.bytes()?);
        let (mut by, mut order) = (dialect.by, dialect.order);
        let (mut limit, mut scores) = (NO_LIMIT, Scores::Untold);
        while args.left() > 0 {
            if dialect.has_scores && args.take_word("WITHSCORES") {
                scores = Scores::Told;
            } else if args.left() > 2 && args.take_word("LIMIT") {
                limit = (args.int()?, args.int()?);
            } else if order.is_none() && args.take_word("REV") {
                order = Some(Order::Back);
            } else if by.is_none() && args.take_word("BYLEX") {
                by = Some(By::Bytes);
            } else if by.is_none() && args.take_word("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        let (by, order) = (by.unwrap_or(By::Rank), order.unwrap_or(Order::Forward));
        if limit.1 != NO_LIMIT.1 && by == By::Rank {
            return Err(CommandError::LIMIT_NEEDS_BY);
        }
        if scores == Scores::Told && by == By::Bytes {
            return Err(CommandError::BYLEX_HAS_NO_SCORES);
        }
        // The higher bound comes first where the higher elements do, except of ranks.
        let (min, max) = match order {
            Order::Forward => (start, stop),
            Order::Back => (stop, start),
        };
        let rank = |text| crate::ds::number::parse_int(text).ok_or(CommandError::NOT_AN_INTEGER);
        let bounds = match by {
            By::Rank => Bounds::Ranks(rank(start)?, rank(stop)?),
            By::Score => bound::scores(min, max).map(|(from, to)| Bounds::Scores(from, to))?,
            By::Bytes => bound::members(min, max).map(|(from, to)| Bounds::Members(from, to))?,
        };
        Ok(Query {
            bounds,
            order,
            limit,
            scores,
        })
    }

    /// The ranks of the elements asked for.
    fn ranks(&self, zset: Zset<'_>) -> Range<usize> {
        let ranks = match self.bounds {
            Bounds::Ranks(start, stop) => {
                let len = zset.len();
                let ranks = clamped(start, stop, len);
                return match self.order {
                    Order::Forward => ranks,
                    Order::Back => len - ranks.end..len - ranks.start,
                };
            }
            Bounds::Scores(from, to) => zset.ranks(from, to),
            Bounds::Members(from, to) => zset.ranks_by_bytes(from, to, self.order),
        };
        self.limited(ranks)
    }

    /// The part of `ranks` that LIMIT lets through. A negative offset passes over everything.
    fn limited(&self, ranks: Range<usize>) -> Range<usize> {
        let (offset, count) = self.limit;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let offset = offset.min(ranks.len());
        let count = count.min(ranks.len() - offset);
        match self.order {
            Order::Forward => ranks.start + offset..ranks.start + offset + count,
            Order::Back => ranks.end - offset - count..ranks.end - offset,
        }
    }
}

/// The indices from `start` to `stop`, both inclusive, of `len`; negative ones count from the end.
pub(super) fn clamped(start: i64, stop: i64, len: usize) -> Range<usize> {
    let index = |index: i64| match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let start = index(start).unwrap_or(0);
    let end = index(stop).map_or(0, |stop| stop.saturating_add(1).min(len));
    if start >= end { 0..0 } else { start..end }
}

/// ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
pub(in crate::command) fn zrange(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, None, None)
}

/// ZREVRANGE key start stop [WITHSCORES]
pub(in crate::command) fn zrevrange(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Some(By::Rank), Some(Order::Back))
}

/// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]
pub(in crate::command) fn zrangebyscore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Some(By::Score), Some(Order::Forward))
}

/// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]
pub(in crate::command) fn zrevrangebyscore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Some(By::Score), Some(Order::Back))
}

/// ZRANGEBYLEX key min max [LIMIT offset count]
pub(in crate::command) fn zrangebylex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Some(By::Bytes), Some(Order::Forward))
}

/// ZREVRANGEBYLEX key max min [LIMIT offset count]
pub(in crate::command) fn zrevrangebylex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Some(By::Bytes), Some(Order::Back))
}

fn tell(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    by: Option<By>,
    order: Option<Order>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let has_scores = true;
    let dialect = Dialect {
        by,
        order,
        has_scores,
    };
    let query = Query::parse(args, dialect)?;
    let told = ask(call, key, |zset, reply| {
        let ranks = query.ranks(zset);
        let mut elements = Elements::new(reply, ranks.len(), query.scores);
        elements.extend(zset.walk(ranks, query.order));
    })?;
    if told.is_none() {
        call.reply.array(0);
    }
    Ok(())
}

/// ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]
pub(in crate::command) fn zrangestore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (target, source) = (args.key()?, args.key()?);
    let dialect = Dialect {
        by: None,
        order: None,
        has_scores: false,
    };
    let query = Query::parse(args, dialect)?;
    let (thresholds, seed) = (&call.limits.thresholds, call.db.seed());
    let result = ask(call, source, |zset, _| {
        New::of(thresholds, seed, zset.range(query.ranks(zset)))
    })?;
    store(call, target, result.flatten(), "zrangestore");
    Ok(())
}
