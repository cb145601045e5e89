//! Sorted sets made of sets: what any has, what all share, what only the first has; told, counted
//! or stored. Sets without scores take part, each member counting 1.
//!
//! Every input is looked up first, in the order of the keys, as a read; then all are held at once
//! and no member is copied. Where scores are aggregated, the inputs are taken from the smallest to
//! the largest, as in Redis: the last digits of a sum depend on it.
//!
//! *Union*: scores are gathered by member in a hash table, then sorted. *Intersection*: the
//! smallest input is walked, each member looked for in the others, the result sorted. *Difference*:
//! the first is walked, each member looked for in the others; a sorted set is in order already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::ops::ControlFlow;

use siphasher::sip::SipHasher13;

use super::{Elements, Scores, store};
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::ds::listpack::{Item, Needle};
use crate::ds::number;
use crate::ds::table::Seed;
use crate::keyspace::View;
use crate::value::set::Set;
use crate::value::zset::{New, Zset};
use crate::value::{Value, WrongType};

/// What is made of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// What becomes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Tell,
    Store,
    Count,
}

/// How the scores of a member become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn of(self, sum: f64, score: f64) -> f64 {
        match self {
            // Infinities that cancel each other out leave 0.
            Aggregate::Sum => number_or_zero(sum + score),
            Aggregate::Min if score < sum => score,
            Aggregate::Max if score > sum => score,
            Aggregate::Min | Aggregate::Max => sum,
        }
    }
}

fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// ZUNION numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
pub(in crate::command) fn zunion(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Operation::Union)
}

/// ZINTER numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
pub(in crate::command) fn zinter(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Operation::Inter)
}

/// ZDIFF numkeys key [key …] [WITHSCORES]
pub(in crate::command) fn zdiff(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    tell(call, args, Operation::Diff)
}

/// ZUNIONSTORE destination numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX]
pub(in crate::command) fn zunionstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    make(call, args, Operation::Union, "zunionstore")
}

/// ZINTERSTORE destination numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX]
pub(in crate::command) fn zinterstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    make(call, args, Operation::Inter, "zinterstore")
}

/// ZDIFFSTORE destination numkeys key [key …]
pub(in crate::command) fn zdiffstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    make(call, args, Operation::Diff, "zdiffstore")
}

/// ZINTERCARD numkeys key [key …] [LIMIT limit]
pub(in crate::command) fn zintercard(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let query = Query::parse(call, args, Operation::Inter, Purpose::Count)?;
    let mut count = 0;
    intersection(&query.sources(&call.db), query.aggregate, |_, _| {
        count += 1;
        match count == query.limit {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    call.reply.count(count);
    Ok(())
}

fn tell(call: &mut Call<'_>, args: &mut Args<'_>, what: Operation) -> Result<(), CommandError> {
    let query = Query::parse(call, args, what, Purpose::Tell)?;
    let result = query.result(what, &call.db);
    let mut elements = Elements::new(call.reply, result.len(), query.scores);
    for (member, score) in result {
        elements.push(member, score);
    }
    Ok(())
}

fn make(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    what: Operation,
    event: &'static str,
) -> Result<(), CommandError> {
    let target = args.key()?;
    let query = Query::parse(call, args, what, Purpose::Store)?;
    let result = query.result(what, &call.db);
    let thresholds = &call.limits.thresholds;
    let new = New::of(thresholds, call.db.seed(), result.iter().copied());
    drop(result);
    store(call, target, new, event);
    Ok(())
}

/// What a client asked for.
struct Query<'a> {
    keys: Vec<&'a [u8]>,
    /// One for each key; none if all are 1.
    weights: Vec<f64>,
    aggregate: Aggregate,
    scores: Scores,
    /// Where ZINTERCARD stops; 0: nowhere.
    limit: usize,
}

impl<'a> Query<'a> {
    /// `numkeys key [key …]` and options. The keys are looked up before the options are read.
    fn parse(
        call: &mut Call<'_>,
        args: &mut Args<'a>,
        what: Operation,
        purpose: Purpose,
    ) -> Result<Query<'a>, CommandError> {
        let count = args.int()?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| CommandError::input_key_needed(call.name))?;
        if count > args.left() {
            return Err(CommandError::SYNTAX);
        }
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            let key = args.key()?;
            look_up(call, key)?;
            keys.push(key);
        }
        let mut query = Query {
            keys,
            weights: Vec::new(),
            aggregate: Aggregate::Sum,
            scores: Scores::Untold,
            limit: 0,
        };
        let aggregates = what != Operation::Diff && purpose != Purpose::Count;
        while args.left() > 0 {
            if aggregates && args.left() > count && args.take_word("WEIGHTS") {
                query.weights = weights(args, count)?;
            } else if aggregates && args.left() >= 2 && args.take_word("AGGREGATE") {
                query.aggregate = aggregate(args)?;
            } else if purpose == Purpose::Tell && args.take_word("WITHSCORES") {
                query.scores = Scores::Told;
            } else if purpose == Purpose::Count && args.left() >= 2 && args.take_word("LIMIT") {
                let limit = parse_int(args.bytes()?).map(usize::try_from);
                query.limit = limit
                    .and_then(Result::ok)
                    .ok_or(CommandError::LIMIT_NEGATIVE)?;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(query)
    }

    /// The inputs at the keys; nothing where there is none.
    fn sources<'d>(&self, db: &'d View<'_>) -> Vec<Option<Source<'d>>> {
        let source = |(index, key): (usize, &&[u8])| {
            Some(Source {
                members: Members::of(db.glance(key)?.value()).ok()?,
                weight: self.weights.get(index).copied().unwrap_or(1.0),
            })
        };
        self.keys.iter().enumerate().map(source).collect()
    }

    /// The result in order.
    fn result<'d>(&self, what: Operation, db: &'d View<'_>) -> Vec<(Item<'d>, f64)> {
        let sources = self.sources(db);
        let mut result = match what {
            Operation::Union => union(sources, self.aggregate, db.seed()),
            Operation::Inter => {
                let mut found = Vec::new();
                intersection(&sources, self.aggregate, |member, score| {
                    found.push((member, score));
                    ControlFlow::Continue(())
                });
                found
            }
            Operation::Diff => difference(&sources),
        };
        result.sort_unstable_by(|(a, one), (b, other)| {
            one.partial_cmp(other)
                .expect("no score is NaN")
                .then_with(|| {
                    let (mut digits, mut other_digits) = Default::default();
                    text(*a, &mut digits).cmp(text(*b, &mut other_digits))
                })
        });
        result
    }
}

fn text<'b>(member: Item<'b>, digits: &'b mut Option<itoa::Buffer>) -> &'b [u8] {
    member.text(digits.get_or_insert_default())
}

fn weights(args: &mut Args<'_>, count: usize) -> Result<Vec<f64>, CommandError> {
    let weight = |_| number::parse_double(args.bytes()?).ok_or(CommandError::WEIGHT_NOT_A_FLOAT);
    (0..count).map(weight).collect()
}

fn aggregate(args: &mut Args<'_>) -> Result<Aggregate, CommandError> {
    for (word, aggregate) in [
        ("SUM", Aggregate::Sum),
        ("MIN", Aggregate::Min),
        ("MAX", Aggregate::Max),
    ] {
        if args.take_word(word) {
            return Ok(aggregate);
        }
    }
    Err(CommandError::SYNTAX)
}

/// Looks an input up as a read, and refuses what is no set.
fn look_up(call: &mut Call<'_>, key: &[u8]) -> Result<(), CommandError> {
    if let Some(entry) = call.db.read(key) {
        Members::of(entry.value())?;
        return Ok(());
    }
    call.missed(key);
    Ok(())
}

/// An input and what its scores are multiplied by.
#[derive(Clone, Copy)]
struct Source<'d> {
    members: Members<'d>,
    weight: f64,
}

#[derive(Clone, Copy)]
enum Members<'d> {
    Plain(Set<'d>),
    Scored(Zset<'d>),
}

impl<'d> Members<'d> {
    fn of(value: Value<'d>) -> Result<Members<'d>, WrongType> {
        match value {
            Value::Set(set) => Ok(Members::Plain(set)),
            value => value.zset().map(Members::Scored),
        }
    }

    fn len(self) -> usize {
        match self {
            Members::Plain(set) => set.len(),
            Members::Scored(zset) => zset.len(),
        }
    }

    fn score(self, member: Item<'_>) -> Option<f64> {
        let mut digits = itoa::Buffer::new();
        let text = member.text(&mut digits);
        match self {
            Members::Plain(set) => set.contains(Needle::new(text)).then_some(1.0),
            Members::Scored(zset) => zset.score(text),
        }
    }

    /// Visits all members until told to stop.
    fn try_each(self, mut visit: impl FnMut(Item<'d>, f64) -> ControlFlow<()>) {
        match self {
            Members::Plain(set) => {
                set.try_each(|member| visit(canonical(member), 1.0));
            }
            Members::Scored(zset) => {
                for (member, score) in zset.iter() {
                    if visit(canonical(member), score).is_break() {
                        return;
                    }
                }
            }
        }
    }
}

/// Some forms of sets tell integers as such, others as text.
fn canonical(member: Item<'_>) -> Item<'_> {
    match member {
        Item::Int(_) => member,
        Item::Bytes(text) => Item::of(text),
    }
}

struct Keyed(Seed);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        let Seed([first, second]) = self.0;
        SipHasher13::new_with_keys(first, second)
    }
}

fn union<'d>(
    sources: Vec<Option<Source<'d>>>,
    aggregate: Aggregate,
    seed: Seed,
) -> Vec<(Item<'d>, f64)> {
    let mut sources: Vec<Source<'_>> = sources.into_iter().flatten().collect();
    sources.sort_by_key(|source| source.members.len());
    let largest = sources.last().map_or(0, |source| source.members.len());
    let mut scores = HashMap::with_capacity_and_hasher(largest, Keyed(seed));
    for Source { members, weight } in sources {
        members.try_each(|member, score| {
            let score = number_or_zero(score * weight);
            match scores.entry(member) {
                Entry::Vacant(vacant) => {
                    vacant.insert(score);
                }
                Entry::Occupied(mut sum) => {
                    let sum = sum.get_mut();
                    *sum = aggregate.of(*sum, score);
                }
            }
            ControlFlow::Continue(())
        });
    }
    scores.into_iter().collect()
}

/// Visits what all inputs have, until told to stop.
fn intersection<'d>(
    sources: &[Option<Source<'d>>],
    aggregate: Aggregate,
    mut visit: impl FnMut(Item<'d>, f64) -> ControlFlow<()>,
) {
    let Some(mut sources) = sources.iter().copied().collect::<Option<Vec<Source<'_>>>>() else {
        return;
    };
    sources.sort_by_key(|source| source.members.len());
    let Some((smallest, others)) = sources.split_first() else {
        return;
    };
    smallest.members.try_each(|member, score| {
        let mut sum = number_or_zero(score * smallest.weight);
        for Source { members, weight } in others {
            let Some(score) = members.score(member) else {
                return ControlFlow::Continue(());
            };
            sum = aggregate.of(sum, score * weight);
        }
        visit(member, sum)
    });
}

fn difference<'d>(sources: &[Option<Source<'d>>]) -> Vec<(Item<'d>, f64)> {
    let mut found = Vec::new();
    let Some((Some(first), others)) = sources.split_first() else {
        return found;
    };
    first.members.try_each(|member, score| {
        let mut others = others.iter().flatten();
        if !others.any(|other| other.members.score(member).is_some()) {
            found.push((member, score));
        }
        ControlFlow::Continue(())
    });
    found
}
