//! Fields at random, and all fields in steps.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::look;
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::command::scan::{Bare, ElementScan};
use crate::command::text;
use crate::resp::reply::{Protocol, Reply};
use crate::sys::clock::UnixMs;
use crate::value::hash::{Hash, Pair};
use crate::value::string::Text;

/// Fields tried at random before those that are not past their deadline are counted off.
const TRIES: usize = 100;

/// With so many fields for each that is wanted, ranks are drawn until enough are different.
const SPARSE_FACTOR: usize = 3;

/// HRANDFIELD key [count [WITHVALUES]]
pub(in crate::command) fn hrandfield(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let now = call.db.now();
    if args.left() == 0 {
        let hash = look(&mut call.db, key)?;
        match hash.and_then(|hash| draw(hash, now, call.random)) {
            Some(pair) => text::reply(call.reply, pair.field),
            None => call.reply.null(),
        }
        if hash.is_none() {
            call.missed(key);
        }
        return Ok(());
    }
    let count = parse_int(args.bytes()?).ok_or(CommandError::NOT_AN_INTEGER)?;
    if count == i64::MIN {
        return Err(CommandError::NOT_64_BITS_EITHER_WAY);
    }
    let with_values = args.take_word("WITHVALUES");
    args.end()?;
    if with_values && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(CommandError::OUT_OF_RANGE);
    }
    let Some(hash) = look(&mut call.db, key)? else {
        call.reply.array(0);
        call.missed(key);
        return Ok(());
    };
    let form = Form {
        with_values,
        nested: call.reply.protocol == Protocol::Resp3,
    };
    let deferred = call.reply.deferred();
    let told = match usize::try_from(count) {
        Ok(count) => distinct(call.reply, form, hash, count, now, call.random),
        Err(_) => {
            let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            let bytes_max = call.limits.reply_bytes_max;
            repeated(call.reply, form, hash, count, now, call.random, bytes_max)
        }
    };
    let each = if with_values && !form.nested { 2 } else { 1 };
    call.reply.close_array(deferred, told * each);
    Ok(())
}

/// What is told of a field.
#[derive(Clone, Copy)]
struct Form {
    with_values: bool,
    /// With its value it is an array.
    nested: bool,
}

impl Form {
    fn reply(self, reply: &mut Reply, pair: Pair<'_>) {
        if self.with_values && self.nested {
            reply.array(2);
        }
        text::reply(reply, pair.field);
        if self.with_values {
            text::reply(reply, pair.value);
        }
    }
}

/// A field at random, each as likely as any other; none if all are past their deadline.
fn draw<'a>(hash: Hash<'a>, now: UnixMs, random: &mut Rng) -> Option<Pair<'a>> {
    let drawn = (0..TRIES).find_map(|_| hash.at(random.usize(..hash.len()), now));
    if drawn.is_some() {
        return drawn;
    }
    let mut first = None;
    hash.for_each(now, |pair| {
        first.get_or_insert(pair);
    });
    first
}

/// Replies with `count` fields, each drawn among all; how many there are.
fn repeated(
    reply: &mut Reply,
    form: Form,
    hash: Hash<'_>,
    count: usize,
    now: UnixMs,
    random: &mut Rng,
    bytes_max: usize,
) -> usize {
    for told in 0..count {
        let Some(pair) = draw(hash, now, random) else {
            return told;
        };
        if reply.output.len() > bytes_max {
            return told;
        }
        form.reply(reply, pair);
    }
    count
}

/// Replies with `count` different fields, or as many as there are; how many these are.
fn distinct(
    reply: &mut Reply,
    form: Form,
    hash: Hash<'_>,
    count: usize,
    now: UnixMs,
    random: &mut Rng,
) -> usize {
    if count.saturating_mul(SPARSE_FACTOR) < hash.len() {
        let mut ranks = BTreeSet::new();
        let mut told = 0;
        // Fields past their deadline may be many; then the others are counted off below.
        for _ in 0..count.saturating_mul(TRIES) {
            if told == count {
                return told;
            }
            let rank = random.usize(..hash.len());
            if ranks.insert(rank)
                && let Some(pair) = hash.at(rank, now)
            {
                form.reply(reply, pair);
                told += 1;
            }
        }
        return told;
    }
    let mut pairs = Vec::new();
    hash.for_each(now, |pair| pairs.push(pair));
    let count = count.min(pairs.len());
    for next in 0..count {
        // All of them come in their own order, as in Redis.
        if count < pairs.len() {
            let other = random.usize(next..pairs.len());
            pairs.swap(next, other);
        }
        form.reply(reply, pairs[next]);
    }
    count
}

/// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
pub(in crate::command) fn hscan(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let cursor = args.cursor()?;
    let now = call.db.now();
    let Some(hash) = look(&mut call.db, key)? else {
        call.reply.empty_scan();
        call.missed(key);
        return Ok(());
    };
    let options = ElementScan::parse(args, Bare::NoValues)?;
    let reply = &mut *call.reply;
    reply.array(2);
    let deferred = reply.deferred();
    let mut told = 0;
    let mut digits = itoa::Buffer::new();
    let next = hash.scan(cursor, options.count, now, |pair| {
        let Text::Slice(field) = pair.field.text(&mut digits) else {
            return;
        };
        if !options.lets(field) {
            return;
        }
        reply.bulk(field);
        told += 1;
        if !options.is_bare {
            text::reply(reply, pair.value);
            told += 1;
        }
    });
    reply.close_scan(deferred, next, told);
    Ok(())
}
