//! A cut between the elements of a sorted set: what a range begins or ends at.
//!
//! Every range of a sorted set, by rank, score or bytes, is the elements between two cuts, and the
//! number of elements before a cut is a rank. Scores are compared as doubles: 0 and -0 are one.

use std::cmp::Ordering;

/// On which side of what it names a cut lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    Behind,
}

/// A cut between elements.
#[derive(Clone, Copy, Debug)]
pub enum Cut<'a> {
    /// Before the first element.
    Start,
    /// Behind the last one.
    End,
    /// Beside all elements with this score.
    Score(f64, Side),
    /// Beside the element with these bytes, all scores being the same.
    Member(&'a [u8], Side),
    /// Beside the element with this score and these bytes, there or not.
    Element(f64, &'a [u8], Side),
}

impl Cut<'_> {
    /// Whether an element lies before the cut.
    #[inline]
    pub fn is_behind<'m>(self, score: f64, member: impl FnOnce() -> &'m [u8]) -> bool {
        match self {
            Cut::Start => false,
            Cut::End => true,
            Cut::Score(at, Side::Before) => score < at,
            Cut::Score(at, Side::Behind) => score <= at,
            Cut::Member(at, side) => is_before(member().cmp(at), side),
            Cut::Element(at, bytes, side) => {
                score < at || (score == at && is_before(member().cmp(bytes), side))
            }
        }
    }
}

/// Whether what compares so to the bytes a cut names lies before the cut.
#[inline]
fn is_before(order: Ordering, side: Side) -> bool {
    match side {
        Side::Before => order == Ordering::Less,
        Side::Behind => order != Ordering::Greater,
    }
}
