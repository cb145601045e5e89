//! A small sorted set in a listpack: member, score, member, score, in order.
//!
//! A score that is an integer is kept as one, any other as the eight bytes of the double: nothing
//! is parsed or printed. As in Redis, -0 becomes 0 here.

use super::cut::{Cut, Side};
use crate::ds::listpack::{Entries, Entry, Item, Listpack, Needle, Pack, START};

/// A member and its score, with their place in the bytes.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) member: Item<'a>,
    pub(super) score: f64,
    /// The bytes of both are `start..end`; those of the score begin at `score_start`.
    pub(super) start: usize,
    pub(super) score_start: usize,
    pub(super) end: usize,
}

impl<'a> Pair<'a> {
    #[inline]
    fn of(member: Entry<'a>, score: Entry<'a>) -> Pair<'a> {
        Pair {
            member: member.item,
            score: score_of(score.item),
            start: member.start,
            score_start: score.start,
            end: score.end,
        }
    }

    /// Whether the pair lies before the cut.
    #[inline]
    pub(super) fn is_before(&self, cut: Cut<'_>) -> bool {
        let mut digits = itoa::Buffer::new();
        cut.is_behind(self.score, || self.member.text(&mut digits))
    }
}

/// Pairs from either end.
#[derive(Clone)]
pub(super) struct Pairs<'a>(Entries<'a>);

impl<'a> Pairs<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Pairs<'a> {
        Pairs::of(Listpack::new(bytes).entries())
    }

    /// The pairs that these entries are.
    #[inline]
    pub(super) fn of(entries: Entries<'a>) -> Pairs<'a> {
        Pairs(entries)
    }

    /// Passes over `count` pairs.
    #[inline]
    pub(super) fn skip_pairs(&mut self, count: usize) {
        for _ in 0..2 * count {
            self.0.skip_one();
        }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    #[inline]
    fn next(&mut self) -> Option<Pair<'a>> {
        Some(Pair::of(self.0.next()?, self.0.next()?))
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let score = self.0.next_back()?;
        Some(Pair::of(self.0.next_back()?, score))
    }
}

/// The score that an entry stands for.
#[inline]
fn score_of(item: Item<'_>) -> f64 {
    match item {
        Item::Int(value) => value as f64,
        Item::Bytes(bits) => bits.try_into().map_or(0.0, f64::from_le_bytes),
    }
}

/// Adds the entry that stands for a score.
#[inline]
pub(super) fn push_score(pack: &mut Pack, score: f64) {
    const EXACT: f64 = (1u64 << 53) as f64;
    if score.fract() == 0.0 && score.abs() <= EXACT {
        // Exact within 53 bits.
        pack.push_item(Item::Int(score as i64));
    } else {
        pack.push_item(Item::Bytes(&score.to_le_bytes()));
    }
}

/// Adds a pair.
#[inline]
pub(super) fn push_pair(pack: &mut Pack, member: Item<'_>, score: f64) {
    pack.push_item(member);
    push_score(pack, score);
}

/// The number of pairs.
#[inline]
pub(super) fn len(bytes: &[u8]) -> usize {
    Listpack::new(bytes).len() / 2
}

/// The pair of a member, and its rank.
#[inline]
pub(super) fn find<'a>(bytes: &'a [u8], member: &[u8]) -> Option<(usize, Pair<'a>)> {
    let listpack = Listpack::new(bytes);
    let (index, member) = listpack.find(Needle::new(member), 2)?;
    let score = listpack.entry_at(member.end)?;
    Some((index / 2, Pair::of(member, score)))
}

/// How many pairs lie before the cut.
pub(super) fn count_before(bytes: &[u8], cut: Cut<'_>) -> usize {
    match cut {
        Cut::Start => 0,
        Cut::End => len(bytes),
        _ => Pairs::new(bytes)
            .take_while(|pair| pair.is_before(cut))
            .count(),
    }
}

/// The byte at which a pair with this score and member belongs. Sets are often filled in order:
/// the way leads from the end.
pub(super) fn place_for(bytes: &[u8], score: f64, member: &[u8]) -> usize {
    let cut = Cut::Element(score, member, Side::Before);
    let last_before = Pairs::new(bytes).rev().find(|pair| pair.is_before(cut));
    last_before.map_or(START, |pair| pair.end)
}
