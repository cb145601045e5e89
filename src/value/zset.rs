//! Sorted sets: members in the order of their scores, and of their bytes where scores are equal.
//!
//! | a set of | is kept as | OBJECT ENCODING |
//! |---|---|---|
//! | few short members | [`Zset::Packed`], one listpack in the entry ([`packed`]) | `listpack` |
//! | more, or longer ones | [`Zset::Big`], two trees ([`big`]) | `skiplist` |
//!
//! A set becomes large when it would have more members than `zset-max-listpack-entries` or a
//! longer one than `zset-max-listpack-value`, and stays so, as in Redis.
//!
//! Every range, whether it was asked for by rank, by score or by bytes, is found as a range of
//! ranks between two [`Cut`]s and walked from either end: [`Zset::range`], [`Zset::range_back`].

mod big;
mod change;
mod columns;
mod cut;
mod index;
mod order;
mod packed;

use std::ops::Range;

pub use big::{BigZset, Builder, Garbage};
pub use change::{New, Put, at, convert, make_room, put, remove, remove_ranks};
pub use cut::{Cut, Side};

use self::big::{Back, Forward};
use self::packed::Pairs;
use crate::ds::listpack::Item;

/// A sorted set to read, whatever its form.
#[derive(Clone, Copy)]
pub enum Zset<'a> {
    Packed(&'a [u8]),
    Big(&'a BigZset),
}

impl<'a> Zset<'a> {
    /// The number of members.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Zset::Packed(bytes) => packed::len(bytes),
            Zset::Big(zset) => zset.len(),
        }
    }

    /// Whether there are none; a key's set has some.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The score of a member.
    #[inline]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        self.find(member).map(|(_, score)| score)
    }

    /// The rank and score of a member.
    #[inline]
    pub fn find(self, member: &[u8]) -> Option<(usize, f64)> {
        match self {
            Zset::Packed(bytes) => {
                packed::find(bytes, member).map(|(rank, pair)| (rank, pair.score))
            }
            Zset::Big(zset) => zset.find(member),
        }
    }

    /// The element of this rank.
    pub fn get(self, rank: usize) -> Option<(Item<'a>, f64)> {
        self.range(rank..rank + 1).next()
    }

    /// How many elements lie before the cut.
    #[inline]
    pub fn count_before(self, cut: Cut<'_>) -> usize {
        match self {
            Zset::Packed(bytes) => packed::count_before(bytes, cut),
            Zset::Big(zset) => zset.count_before(cut),
        }
    }

    /// The ranks between two cuts; nothing lies between two in the wrong order.
    #[inline]
    pub fn ranks(self, from: Cut<'_>, to: Cut<'_>) -> Range<usize> {
        let start = self.count_before(from);
        start..self.count_before(to).max(start)
    }

    /// The ranks of the members between two cuts by bytes, as a walk in this direction finds them.
    /// The directions differ only where the scores do, which makes such a range meaningless; in a
    /// small set it is then the same as Redis's.
    pub fn ranks_by_bytes(self, from: Cut<'_>, to: Cut<'_>, order: Order) -> Range<usize> {
        let Zset::Packed(bytes) = self else {
            return self.ranks(from, to);
        };
        let (pairs, len) = (Pairs::new(bytes), self.len());
        let (first, last) = (pairs.clone().next(), pairs.clone().next_back());
        if !first.is_some_and(|first| first.is_before(to))
            || last.is_none_or(|last| last.is_before(from))
        {
            return 0..0;
        }
        let within = |pair: &packed::Pair<'_>| !pair.is_before(from) && pair.is_before(to);
        match order {
            Order::Forward => {
                let mut pairs = pairs.peekable();
                let mut start = 0;
                while pairs.next_if(|pair| pair.is_before(from)).is_some() {
                    start += 1;
                }
                // What comes first decides; behind it only the upper end counts.
                if !pairs.peek().is_some_and(within) {
                    return 0..0;
                }
                start..start + pairs.take_while(|pair| pair.is_before(to)).count()
            }
            Order::Back => {
                let mut pairs = pairs.rev().peekable();
                let mut end = len;
                while pairs.next_if(|pair| !pair.is_before(to)).is_some() {
                    end -= 1;
                }
                if !pairs.peek().is_some_and(within) {
                    return 0..0;
                }
                end - pairs.take_while(|pair| !pair.is_before(from)).count()..end
            }
        }
    }

    /// The elements of these ranks, in order.
    #[inline]
    pub fn range(self, ranks: Range<usize>) -> Iter<'a> {
        let walk = match self {
            Zset::Packed(bytes) => {
                let mut pairs = Pairs::new(bytes);
                pairs.skip_pairs(ranks.start);
                Walk::Pairs(pairs)
            }
            Zset::Big(zset) => Walk::Forward(zset.forward(ranks.start)),
        };
        Iter {
            left: ranks.len(),
            walk,
        }
    }

    /// The elements of these ranks, in reverse order.
    #[inline]
    pub fn range_back(self, ranks: Range<usize>) -> Iter<'a> {
        let walk = match self {
            Zset::Packed(bytes) => {
                let mut pairs = Pairs::new(bytes);
                for _ in ranks.end..self.len() {
                    pairs.next_back();
                }
                Walk::PairsBack(pairs)
            }
            Zset::Big(zset) => Walk::Back(zset.back(ranks.end)),
        };
        Iter {
            left: ranks.len(),
            walk,
        }
    }

    /// The elements of these ranks in either order.
    #[inline]
    pub fn walk(self, ranks: Range<usize>, order: Order) -> Iter<'a> {
        match order {
            Order::Forward => self.range(ranks),
            Order::Back => self.range_back(ranks),
        }
    }

    /// All elements, in order.
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        self.range(0..self.len())
    }
}

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lowest score first.
    Forward,
    /// The highest score first.
    Back,
}

/// Members with their scores.
pub struct Iter<'a> {
    left: usize,
    walk: Walk<'a>,
}

enum Walk<'a> {
    Pairs(Pairs<'a>),
    PairsBack(Pairs<'a>),
    Forward(Forward<'a>),
    Back(Back<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Item<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<(Item<'a>, f64)> {
        self.left = self.left.checked_sub(1)?;
        let element = match &mut self.walk {
            Walk::Pairs(pairs) => return pairs.next().map(|pair| (pair.member, pair.score)),
            Walk::PairsBack(pairs) => {
                return pairs.next_back().map(|pair| (pair.member, pair.score));
            }
            Walk::Forward(elements) => elements.next()?,
            Walk::Back(elements) => elements.next()?,
        };
        Some((Item::Bytes(element.member), element.score))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
