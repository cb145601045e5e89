//! A leaf of the tree that holds a sorted set's elements in order.
//!
//! They stand side by side ([`Columns`]), each with its score, its member and a mark: the top byte of
//! the member's hash. Who looks for members with certain hashes among many of equal score (ZSCAN)
//! reads the marks and not the members.
//!
//! A member longer than [`LONG_BYTES`] has a leaf to itself, so that no change ever copies it.
//! Elements added behind a full leaf begin a new one: a set built in order fills its leaves.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::columns::{self, Columns};
use super::cut::Cut;
use crate::ds::size_class::size_class;
use crate::ds::tree::Leaf;

/// Elements of a leaf, at most.
pub(super) const ENTRIES_MAX: usize = 64;

/// Bytes of its members: with as many, it is full.
const BYTES_FULL: usize = 2048;

/// A leaf with less of both joins a neighbour …
const ENTRIES_SPARSE: usize = ENTRIES_MAX / 4;
const BYTES_SPARSE: usize = BYTES_FULL / 4;

/// … if both together have no more than this.
const ENTRIES_JOINED: usize = ENTRIES_MAX * 3 / 4;
const BYTES_JOINED: usize = BYTES_FULL * 3 / 4;

/// How full leaves are built that were sorted before.
pub(super) const ENTRIES_BUILT: usize = ENTRIES_MAX * 7 / 8;

/// A longer member has a leaf to itself.
pub(super) const LONG_BYTES: usize = 1024;

// Until it is split, a full leaf may hold one more member.
const _: () = assert!(BYTES_FULL + LONG_BYTES <= columns::BYTES_MAX);

/// An element on its way into a leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) score: f64,
    pub(super) member: &'a [u8],
    pub(super) mark: u8,
}

/// A run of elements.
#[derive(Clone)]
pub(super) enum Run {
    Columns(Columns),
    Long {
        score: f64,
        mark: u8,
        member: Arc<[u8]>,
    },
}

/// The first element of a leaf, or something between it and the one before.
#[derive(Clone)]
pub(super) struct Bound {
    score: f64,
    member: Arc<[u8]>,
}

impl Bound {
    /// Whether an element at the bound would lie before the cut.
    #[inline]
    pub(super) fn is_before(&self, cut: Cut<'_>) -> bool {
        cut.is_behind(self.score, || &self.member)
    }

    /// The same for the cut behind the element with this score and member. Nearly always the score
    /// decides, so that there is nothing to call.
    #[inline]
    pub(super) fn is_up_to(&self, score: f64, member: &[u8]) -> bool {
        self.score < score || (self.score == score && *self.member <= *member)
    }
}

impl Run {
    /// A leaf of one element.
    pub(super) fn of(element: Element<'_>) -> Run {
        let Element {
            score,
            member,
            mark,
        } = element;
        if member.len() > LONG_BYTES {
            let member = member.into();
            return Run::Long {
                score,
                mark,
                member,
            };
        }
        let mut columns = Columns::default();
        columns.insert(0, element);
        Run::Columns(columns)
    }

    /// Adds an element behind the last one if the leaf is to have more.
    pub(super) fn try_push(&mut self, element: Element<'_>) -> bool {
        let Run::Columns(columns) = self else {
            return false;
        };
        let has_room = columns.len() < ENTRIES_BUILT
            && columns.member_bytes() + element.member.len() <= BYTES_FULL
            && element.member.len() <= LONG_BYTES;
        if has_room {
            columns.insert(columns.len(), element);
        }
        has_room
    }

    /// Element `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Element<'_> {
        match self {
            Run::Columns(columns) => columns.get(index),
            Run::Long {
                score,
                mark,
                member,
            } => Element {
                score: *score,
                member,
                mark: *mark,
            },
        }
    }

    /// The top byte of a member's hash.
    #[inline]
    pub(super) fn mark(&self, index: usize) -> u8 {
        match self {
            Run::Columns(columns) => columns.mark(index),
            Run::Long { mark, .. } => *mark,
        }
    }

    /// How many elements lie before the cut.
    #[inline]
    pub(super) fn count_before(&self, cut: Cut<'_>) -> usize {
        match self {
            Run::Columns(columns) => columns.count_before(cut),
            Run::Long { score, member, .. } => usize::from(cut.is_behind(*score, || member)),
        }
    }

    /// The index of an element.
    #[inline]
    pub(super) fn index_of(&self, score: f64, member: &[u8]) -> Option<usize> {
        match self {
            Run::Columns(columns) => columns.index_of(score, member),
            Run::Long {
                score: at,
                member: alone,
                ..
            } => (*at == score && **alone == *member).then_some(0),
        }
    }

    /// Puts an element before element `index`; what does not fit goes into leaves behind.
    pub(super) fn insert(&mut self, index: usize, element: Element<'_>, behind: &mut Vec<Run>) {
        let len = self.len();
        match self {
            Run::Columns(columns) if element.member.len() <= LONG_BYTES => {
                if index == len && is_full(columns) {
                    behind.push(Run::of(element));
                } else {
                    columns.insert(index, element);
                }
            }
            _ => {
                // A long member, new or old, stays alone.
                let upper = self.split_off(index);
                behind.push(Run::of(element));
                behind.extend(upper);
                if index == 0 {
                    *self = behind.remove(0);
                }
            }
        }
    }

    /// What stands from `index` on, if anything does.
    fn split_off(&mut self, index: usize) -> Option<Run> {
        if index == self.len() {
            return None;
        }
        match self {
            Run::Columns(columns) => Some(Run::Columns(columns.split_off(index))),
            Run::Long { .. } => Some(mem::replace(self, Run::Columns(Columns::default()))),
        }
    }

    /// Removes elements.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        match self {
            Run::Columns(columns) => columns.remove(range),
            Run::Long { .. } if range.is_empty() => {}
            Run::Long { .. } => *self = Run::Columns(Columns::default()),
        }
    }

    /// Gives element `index` another score, if it stays in this leaf for certain: between its other
    /// elements, or where it is.
    pub(super) fn move_within(&mut self, index: usize, score: f64) -> bool {
        match self {
            Run::Columns(columns) => columns.move_within(index, score),
            Run::Long { .. } => false,
        }
    }
}

/// Whether what comes behind begins a new leaf.
fn is_full(columns: &Columns) -> bool {
    columns.len() >= ENTRIES_MAX || columns.member_bytes() >= BYTES_FULL
}

impl Leaf for Run {
    type Bound = Bound;

    #[inline]
    fn len(&self) -> usize {
        match self {
            Run::Columns(columns) => columns.len(),
            Run::Long { .. } => 1,
        }
    }

    fn bound(&self) -> Bound {
        let first = self.get(0);
        Bound {
            score: first.score,
            member: match self {
                Run::Columns(_) => first.member.into(),
                Run::Long { member, .. } => Arc::clone(member),
            },
        }
    }

    fn is_full(&self) -> bool {
        match self {
            Run::Columns(columns) => {
                // What fills a leaf to its end is not yet too much.
                columns.len() > ENTRIES_MAX
                    || (columns.member_bytes() > BYTES_FULL && columns.len() > 1)
            }
            Run::Long { .. } => false,
        }
    }

    fn is_sparse(&self) -> bool {
        match self {
            Run::Columns(columns) => {
                columns.len() < ENTRIES_SPARSE && columns.member_bytes() < BYTES_SPARSE
            }
            Run::Long { .. } => false,
        }
    }

    fn split(&mut self) -> Run {
        let Run::Columns(columns) = self else {
            unreachable!("a long member is alone");
        };
        let count = columns.len();
        let half = columns.member_bytes() / 2;
        // By bytes if they are too many, else by count.
        let index = match columns.member_bytes() > BYTES_FULL {
            true => (1..=count).find(|count| columns.member_bytes_before(*count) > half),
            false => None,
        };
        let index = index.map_or(count / 2, |count| count - 1);
        Run::Columns(columns.split_off(index.clamp(1, count - 1)))
    }

    fn fits(&self, next: &Run) -> bool {
        let (Run::Columns(this), Run::Columns(next)) = (self, next) else {
            return false;
        };
        this.len() + next.len() <= ENTRIES_JOINED
            && this.member_bytes() + next.member_bytes() <= BYTES_JOINED
    }

    fn merge(&mut self, next: Run) {
        match (self, next) {
            (Run::Columns(this), Run::Columns(next)) => this.append(next),
            _ => unreachable!("a long member fits with nothing"),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Run::Columns(columns) => columns.memory_bytes(),
            Run::Long { member, .. } => size_class(2 * size_of::<usize>() + member.len()),
        }
    }
}
