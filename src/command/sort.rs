//! SORT and SORT_RO: the elements of a list, set or sorted set, put in order by themselves or by
//! weights that belong to them.
//!
//! The collection is held as it was ([`elements`]), so that keys can be looked up, and the result
//! stored under the collection's own key, while it is read. What is sorted is not the elements but
//! their weights with their positions ([`order`]); with LIMIT only the part that is asked for.
//!
//! What a client may rely on, as in Redis: numeric weights that are equal are ordered by the
//! elements' bytes; BY a pattern without `*` keeps a list's order and a sorted set's (DESC turns
//! it around), and then LIMIT reads no more than it shows; a set has no order to keep, so what is
//! stored of it is sorted by bytes, the same everywhere. Texts are compared by their bytes, which
//! is the C locale's order.

mod elements;
mod order;
mod pattern;

use std::ops::Range;

use self::elements::{Elements, Held, Way};
use self::order::Weights;
use self::pattern::Pattern;
use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use super::text;
use crate::keyspace::{Cause, Deadline};
use crate::value::Str;
use crate::value::list::{Limit, NewList};

/// SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC | DESC] [ALPHA]
/// [STORE destination]
pub(super) fn sort(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    sort_for(call, args, MayStore::Yes)
}

/// SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC | DESC] [ALPHA]
pub(super) fn sort_ro(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    sort_for(call, args, MayStore::No)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MayStore {
    Yes,
    No,
}

fn sort_for(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    may_store: MayStore,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let mut options = Options::parse(args, may_store, call.reads_all_keys)?;
    let found = match call.db.read(key) {
        Some(entry) => Held::new(entry.value()).ok_or(CommandError::WRONG_TYPE)?,
        None => {
            call.missed(key);
            Held::nothing()
        }
    };
    if options.by == Some(By::Nothing) && options.target.is_some() && found.is_set() {
        // A set has no order to keep, and what is stored must be the same everywhere.
        options.by = None;
        options.is_alpha = true;
    }
    let window = options.window(found.len());
    let (elements, order) = if options.by == Some(By::Nothing) {
        let way = match options.is_descending {
            true => Way::Back,
            false => Way::Forth,
        };
        let elements = Elements::of(&found, window, way);
        let order = (0..elements.len()).collect();
        (elements, order)
    } else {
        let elements = Elements::of(&found, 0..found.len(), Way::Forth);
        let order = ordered(call, &elements, &options, window)?;
        (elements, order)
    };
    match options.target {
        None => reply(call, &elements, &order, &options.gets),
        Some(target) => {
            let list = gathered(call, &elements, &order, &options.gets);
            drop(elements);
            drop(found);
            store(call, target, list, order.len() * options.gets.len().max(1));
        }
    }
    Ok(())
}

/// What weighs an element instead of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By<'a> {
    /// Nothing: the order is kept.
    Nothing,
    Weight(Pattern<'a>),
}

#[derive(Debug)]
struct Options<'a> {
    is_descending: bool,
    is_alpha: bool,
    offset: i64,
    /// Negative: all.
    count: i64,
    by: Option<By<'a>>,
    gets: Vec<Pattern<'a>>,
    target: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// The options, in any order; of those that exclude each other the last counts.
    fn parse(
        args: &mut Args<'a>,
        may_store: MayStore,
        reads_all_keys: bool,
    ) -> Result<Self, CommandError> {
        let mut options = Options {
            is_descending: false,
            is_alpha: false,
            offset: 0,
            count: -1,
            by: None,
            gets: Vec::new(),
            target: None,
        };
        while args.left() > 0 {
            if args.take_word("ASC") {
                options.is_descending = false;
            } else if args.take_word("DESC") {
                options.is_descending = true;
            } else if args.take_word("ALPHA") {
                options.is_alpha = true;
            } else if args.left() >= 3 && args.take_word("LIMIT") {
                (options.offset, options.count) = (args.int()?, args.int()?);
            } else if may_store == MayStore::Yes && args.left() >= 2 && args.take_word("STORE") {
                options.target = Some(args.key()?);
            } else if args.left() >= 2 && args.take_word("BY") {
                let pattern = Pattern::new(args.bytes()?);
                if matches!(pattern, Pattern::Key { .. }) && !reads_all_keys {
                    return Err(CommandError::SORT_BY_DENIED);
                }
                // Once the order is to be kept, another BY does not change that.
                if options.by != Some(By::Nothing) {
                    options.by = Some(match pattern {
                        Pattern::Key { .. } => By::Weight(pattern),
                        Pattern::Element | Pattern::Nothing => By::Nothing,
                    });
                }
            } else if args.left() >= 2 && args.take_word("GET") {
                if !reads_all_keys {
                    return Err(CommandError::SORT_GET_DENIED);
                }
                options.gets.push(Pattern::new(args.bytes()?));
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }

    /// The positions in the sorted order that are asked for.
    fn window(&self, len: usize) -> Range<usize> {
        let start = usize::try_from(self.offset).unwrap_or(0).min(len);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        start..start.saturating_add(count).min(len)
    }
}

/// The positions of the elements that `window` shows, in order.
fn ordered(
    call: &mut Call<'_>,
    elements: &Elements<'_>,
    options: &Options<'_>,
    window: Range<usize>,
) -> Result<Vec<usize>, CommandError> {
    let by = match options.by {
        Some(By::Weight(pattern)) => Some(pattern),
        _ => None,
    };
    let weights = match (by, options.is_alpha) {
        (None, true) => Weights::Themselves,
        (None, false) => {
            let mut numbers = Vec::with_capacity(elements.len());
            for index in 0..elements.len() {
                numbers.push(elements.number(index)?);
            }
            Weights::Numbers(numbers)
        }
        (Some(pattern), true) => {
            let mut texts = Vec::with_capacity(elements.len());
            for index in 0..elements.len() {
                let copied = |string: Str<'_>| string.to_cow().into_owned();
                texts.push(pattern.look_up(call, elements.text(index), |string, _| copied(string)));
            }
            Weights::Texts(texts)
        }
        (Some(pattern), false) => {
            let mut numbers = Vec::with_capacity(elements.len());
            for index in 0..elements.len() {
                let weight = |string: Str<'_>, _: &mut _| order::number_of(string);
                let number = pattern.look_up(call, elements.text(index), weight);
                numbers.push(number.transpose()?.unwrap_or(0.0));
            }
            Weights::Numbers(numbers)
        }
    };
    Ok(weights.order(elements, options.is_descending, window))
}

/// Replies with the elements in order, or with what GET says of each.
fn reply(call: &mut Call<'_>, elements: &Elements<'_>, order: &[usize], gets: &[Pattern<'_>]) {
    call.reply.array(order.len() * gets.len().max(1));
    for &index in order {
        if gets.is_empty() {
            elements.reply(index, call.reply);
        }
        for pattern in gets {
            if *pattern == Pattern::Element {
                elements.reply(index, call.reply);
                continue;
            }
            let told = pattern.look_up(call, elements.text(index), |string, reply| {
                text::reply(reply, string);
            });
            if told.is_none() {
                call.reply.null();
            }
        }
    }
}

/// The list to store: the elements in order, or what GET says of each.
fn gathered(
    call: &mut Call<'_>,
    elements: &Elements<'_>,
    order: &[usize],
    gets: &[Pattern<'_>],
) -> NewList {
    let limit = Limit::of(&call.limits.thresholds);
    if gets.is_empty() {
        return NewList::sorted(elements.texts(order), limit);
    }
    let mut texts = Vec::with_capacity(order.len() * gets.len());
    for &index in order {
        let element = elements.text(index);
        for pattern in gets {
            texts.push(match pattern {
                Pattern::Element => element.to_vec(),
                _ => {
                    let copied = |string: Str<'_>| string.to_cow().into_owned();
                    let text = pattern.look_up(call, element, |string, _| copied(string));
                    text.unwrap_or_default()
                }
            });
        }
    }
    NewList::sorted(texts.iter().map(Vec::as_slice), limit)
}

/// Stores a list of `len` elements and replies with their number; without elements it is no list.
fn store(call: &mut Call<'_>, key: &[u8], list: NewList, len: usize) {
    if len > 0 {
        call.announce(key);
        list.give(|value| call.db.put_value(key, value, Deadline::Never));
        call.changed(EventClass::LIST, "sortstore", key, len as u64);
    } else if call.db.remove(key, Cause::Command) {
        call.changed(EventClass::GENERIC, "del", key, 1);
    }
    call.reply.count(len);
}

#[cfg(test)]
mod tests;
