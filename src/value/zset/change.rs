//! Changing a sorted set in its home, and making new ones, each in the form it should have.

use std::ops::Range;

use super::big::{BigZset, Builder};
use super::packed::{self, Pair, Pairs};
use super::{Cut, Side, Zset};
use crate::ds::listpack::{self, Item, Pack};
use crate::ds::table::Seed;
use crate::value::{Home, NewValue, Object, Packed, Thresholds, Value};

/// What became of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Put {
    /// The score it had.
    pub old: Option<f64>,
    /// The score it has now, if that is another.
    pub new: Option<f64>,
}

/// A set on its way into the keyspace.
pub enum New {
    Packed(Vec<u8>),
    Big(BigZset),
}

impl New {
    /// An empty set that will be given so many members of so many bytes.
    pub fn empty(thresholds: &Thresholds, seed: Seed, count: usize, member_len: usize) -> New {
        if is_packed(thresholds, count, member_len) {
            New::Packed(listpack::EMPTY.to_vec())
        } else {
            New::Big(Builder::new(seed).build())
        }
    }

    /// A set of these elements, which are in order and all different; nothing if there are none.
    pub fn of<'a>(
        thresholds: &Thresholds,
        seed: Seed,
        elements: impl ExactSizeIterator<Item = (Item<'a>, f64)>,
    ) -> Option<New> {
        if elements.len() == 0 {
            return None;
        }
        if !is_packed(thresholds, elements.len(), 0) {
            return Some(New::big(seed, elements));
        }
        let elements: Vec<_> = elements.collect();
        let lens = elements.iter().map(|(member, _)| member.text_len());
        if !is_packed(thresholds, 0, lens.max().unwrap_or(0)) {
            return Some(New::big(seed, elements.into_iter()));
        }
        let mut pack = Pack::new();
        for (member, score) in elements {
            packed::push_pair(&mut pack, canonical(member), score);
        }
        Some(New::Packed(pack.listpack().to_vec()))
    }

    fn big<'a>(seed: Seed, elements: impl Iterator<Item = (Item<'a>, f64)>) -> New {
        let mut builder = Builder::new(seed);
        for (member, score) in elements {
            builder.push(member.text(&mut itoa::Buffer::new()), score);
        }
        New::Big(builder.build())
    }

    /// The set, to read.
    pub fn zset(&self) -> Zset<'_> {
        match self {
            New::Packed(bytes) => Zset::Packed(bytes),
            New::Big(zset) => Zset::Big(zset),
        }
    }

    /// Hands the value to whoever puts it into the keyspace.
    pub fn give<R>(self, take: impl FnOnce(NewValue<'_>) -> R) -> R {
        match self {
            New::Packed(bytes) => take(NewValue::Packed(Packed::Zset, &bytes)),
            New::Big(zset) => take(NewValue::Object(Object::Zset(zset))),
        }
    }
}

/// The form in which a listpack keeps a member.
fn canonical(member: Item<'_>) -> Item<'_> {
    match member {
        Item::Int(_) => member,
        Item::Bytes(text) => Item::of(text),
    }
}

fn is_packed(thresholds: &Thresholds, count: usize, member_len: usize) -> bool {
    count <= thresholds.zset_listpack_entries && member_len <= thresholds.zset_listpack_value
}

/// Prepares the set for a command that names so many members, the longest of so many bytes: it
/// becomes large if these alone would not stay packed, whether or not they are there already.
pub fn make_room(home: &mut impl Home, thresholds: &Thresholds, count: usize, member_len: usize) {
    if !is_packed(thresholds, count, member_len) && home.packed().is_some() {
        convert(home);
    }
}

/// Makes a packed set large.
pub fn convert(home: &mut impl Home) {
    let mut builder = Builder::new(home.seed());
    let bytes = home.packed().expect("the set is packed");
    let mut digits = itoa::Buffer::new();
    for pair in Pairs::new(bytes) {
        builder.push(pair.member.text(&mut digits), pair.score);
    }
    home.become_object(Object::Zset(builder.build()));
}

#[inline]
fn big(home: &mut impl Home) -> &mut BigZset {
    match home.object() {
        Object::Zset(zset) => zset,
        _ => unreachable!("the value is a sorted set"),
    }
}

/// Gives `member` the score that `decide` makes of the one it has, if any; none: nothing changes.
#[inline]
pub fn put(
    home: &mut impl Home,
    thresholds: &Thresholds,
    member: &[u8],
    decide: impl FnOnce(Option<f64>) -> Option<f64>,
) -> Put {
    let Some(bytes) = home.packed() else {
        let (old, new) = big(home).put(member, decide);
        return Put { old, new };
    };
    let found = packed::find(bytes, member);
    let old = found.map(|(_, pair)| pair.score);
    let new = decide(old).filter(|new| Some(*new) != old);
    let put = Put { old, new };
    match (found, new) {
        (_, None) => {}
        (Some((_, pair)), Some(new)) => move_pair(home, member, pair.place(), new),
        (None, Some(new)) => {
            if is_packed(thresholds, packed::len(bytes) + 1, member.len()) {
                insert_pair(home, member, new);
            } else {
                convert(home);
                big(home).put(member, |_| Some(new));
            }
        }
    }
    put
}

/// Where a pair's bytes are.
struct Place {
    start: usize,
    score_start: usize,
    end: usize,
}

impl Pair<'_> {
    fn place(&self) -> Place {
        Place {
            start: self.start,
            score_start: self.score_start,
            end: self.end,
        }
    }
}

fn insert_pair(home: &mut impl Home, member: &[u8], score: f64) {
    let bytes = home.packed().expect("the set is packed");
    let at = packed::place_for(bytes, score, member);
    let mut pack = Pack::new();
    packed::push_pair(&mut pack, Item::of(member), score);
    listpack::splice(home, at..at, 0, &mut pack);
}

/// Gives the pair at `place` another score, and with it another place.
fn move_pair(home: &mut impl Home, member: &[u8], place: Place, score: f64) {
    let Place {
        start,
        score_start,
        end,
    } = place;
    let bytes = home.packed().expect("the set is packed");
    let mut pack = Pack::new();
    packed::push_score(&mut pack, score);
    // Between its neighbours only the score is another.
    let cut = Cut::Element(score, member, Side::Before);
    let listpack = listpack::Listpack::new(bytes);
    let before = listpack::Entries::new(bytes, listpack::START, start);
    let is_above_last = packed::Pairs::of(before)
        .next_back()
        .is_none_or(|pair| pair.is_before(cut));
    let is_below_next = packed::Pairs::of(listpack.entries_from(end))
        .next()
        .is_none_or(|pair| !pair.is_before(cut));
    if is_above_last && is_below_next {
        return listpack::splice(home, score_start..end, 1, &mut pack);
    }
    listpack::remove(home, start..end, 2);
    insert_pair(home, member, score);
}

/// Removes a member; the score it had. A set without members is left to be removed.
pub fn remove(home: &mut impl Home, member: &[u8]) -> Option<f64> {
    let Some(bytes) = home.packed() else {
        return big(home).remove(member);
    };
    let (_, pair) = packed::find(bytes, member)?;
    let (score, range) = (pair.score, pair.start..pair.end);
    listpack::remove(home, range, 2);
    Some(score)
}

/// Removes the elements of these ranks, which the set has. A set without members is left to be
/// removed.
pub fn remove_ranks(home: &mut impl Home, ranks: Range<usize>) {
    if ranks.is_empty() {
        return;
    }
    let Some(bytes) = home.packed() else {
        let garbage = big(home).remove_ranks(ranks);
        if garbage.is_heavy() {
            home.discard(garbage);
        }
        return;
    };
    let listpack = listpack::Listpack::new(bytes);
    let start = listpack.offset(2 * ranks.start);
    let end = listpack.offset(2 * ranks.end);
    let range = start.expect("a rank of the set")..end.expect("a rank of the set");
    listpack::remove(home, range, 2 * ranks.len());
}

/// The sorted set at `home`.
#[inline]
pub fn at(home: &impl Home) -> Zset<'_> {
    match home.value() {
        Value::Zset(zset) => zset,
        _ => unreachable!("the value is a sorted set"),
    }
}
