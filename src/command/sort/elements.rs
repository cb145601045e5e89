//! The elements of a collection, held as they were.

use std::hint::black_box;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::order;
use crate::command::error::CommandError;
use crate::resp::reply::Reply;
use crate::value::list::{Element, List};
use crate::value::set::{Item, Set};
use crate::value::zset::Zset;
use crate::value::{Object, Packed, Value};

/// A list, set or sorted set as it was when it was looked up: few bytes copied, or a clone of a
/// large object, which shares everything.
pub(super) enum Held {
    Packed(Packed, Vec<u8>),
    Object(Object),
}

impl Held {
    /// `value`, if it can be sorted.
    pub(super) fn new(value: Value<'_>) -> Option<Held> {
        Some(match value {
            Value::List(List::Packed(bytes)) => Held::Packed(Packed::List, bytes.to_vec()),
            Value::Set(Set::Ints(bytes)) => Held::Packed(Packed::Ints, bytes.to_vec()),
            Value::Set(Set::Packed(bytes)) => Held::Packed(Packed::Set, bytes.to_vec()),
            Value::Zset(Zset::Packed(bytes)) => Held::Packed(Packed::Zset, bytes.to_vec()),
            Value::List(List::Big(list)) => Held::Object(Object::List(list.clone())),
            Value::Set(Set::Big(set)) => Held::Object(Object::Set(set.clone())),
            Value::Zset(Zset::Big(zset)) => Held::Object(Object::Zset(zset.clone())),
            Value::String(_) | Value::Hash(_) | Value::Stream(_) => return None,
        })
    }

    /// What stands for a missing key.
    pub(super) fn nothing() -> Held {
        Held::Packed(Packed::List, crate::ds::listpack::EMPTY.to_vec())
    }

    fn value(&self) -> Value<'_> {
        match self {
            Held::Packed(form, bytes) => Value::packed(*form, bytes),
            Held::Object(object) => object.value(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self.value() {
            Value::List(list) => list.len(),
            Value::Set(set) => set.len(),
            Value::Zset(zset) => zset.len(),
            _ => 0,
        }
    }

    pub(super) fn is_set(&self) -> bool {
        matches!(self.value(), Value::Set(_))
    }
}

/// As many texts are begun to be read at once.
const READ_AT_ONCE: usize = 64;

/// A direction along a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forth,
    Back,
}

/// Elements side by side, for any of them to be found at once.
pub(super) struct Elements<'h> {
    pieces: Vec<Piece<'h>>,
    /// The texts of integers, one behind the other.
    digits: Vec<u8>,
}

enum Piece<'h> {
    Bytes(&'h [u8]),
    Large(&'h Arc<Vec<u8>>),
    /// An integer, and where its text ends among the digits.
    Int(i64, usize),
}

impl<'h> Elements<'h> {
    /// The elements at these positions on the way along what is held; `positions` lie within it.
    /// A set is walked in one direction only.
    pub(super) fn of(held: &'h Held, positions: Range<usize>, way: Way) -> Elements<'h> {
        let mut elements = Elements {
            pieces: Vec::with_capacity(positions.len()),
            digits: Vec::new(),
        };
        let len = held.len();
        let from_end = len - positions.end..len - positions.start;
        match (held.value(), way) {
            (Value::List(list), Way::Forth) => {
                list.spans(positions)
                    .flatten()
                    .for_each(|it| elements.push(it));
            }
            (Value::List(list), Way::Back) => {
                let spans = list.spans_back(from_end);
                spans.for_each(|span| span.rev().for_each(|it| elements.push(it)));
            }
            (Value::Zset(zset), Way::Forth) => {
                let members = zset.range(positions);
                members.for_each(|(it, _)| elements.push(Element::Item(it)));
            }
            (Value::Zset(zset), Way::Back) => {
                let members = zset.range_back(from_end);
                members.for_each(|(it, _)| elements.push(Element::Item(it)));
            }
            (Value::Set(set), _) => {
                let mut position = 0;
                set.try_each(|it| {
                    if position >= positions.end {
                        return ControlFlow::Break(());
                    }
                    if position >= positions.start {
                        elements.push(Element::Item(it));
                    }
                    position += 1;
                    ControlFlow::Continue(())
                });
            }
            _ => {}
        }
        elements
    }

    fn push(&mut self, element: Element<'h>) {
        self.pieces.push(match element {
            Element::Large(text) => Piece::Large(text),
            Element::Item(Item::Bytes(bytes)) => Piece::Bytes(bytes),
            Element::Item(Item::Int(value)) => {
                let mut digits = itoa::Buffer::new();
                self.digits.extend(digits.format(value).as_bytes());
                Piece::Int(value, self.digits.len())
            }
        });
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The text of the element at `index`.
    #[inline]
    pub(super) fn text(&self, index: usize) -> &[u8] {
        match &self.pieces[index] {
            Piece::Bytes(bytes) => bytes,
            Piece::Large(text) => text,
            Piece::Int(value, end) => {
                let len = itoa::Buffer::new().format(*value).len();
                &self.digits[end - len..*end]
            }
        }
    }

    /// The texts at the indexes of `order`. They lie anywhere, so some are begun to be read at once
    /// before the first is used: their cache misses overlap instead of adding up.
    pub(super) fn texts<'e>(
        &'e self,
        order: &'e [usize],
    ) -> impl DoubleEndedIterator<Item = &'e [u8]> + Clone {
        order.chunks(READ_AT_ONCE).flat_map(|indexes| {
            let texts: Vec<&[u8]> = indexes.iter().map(|&index| self.text(index)).collect();
            let first_bytes = texts.iter().filter_map(|text| text.first());
            black_box(first_bytes.fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
            texts
        })
    }

    /// The element at `index` as a weight.
    #[inline]
    pub(super) fn number(&self, index: usize) -> Result<f64, CommandError> {
        match &self.pieces[index] {
            Piece::Int(value, _) => Ok(*value as f64),
            _ => order::number(self.text(index)),
        }
    }

    /// Replies with the element at `index`.
    pub(super) fn reply(&self, index: usize, reply: &mut Reply) {
        match &self.pieces[index] {
            Piece::Large(text) => reply.bulk_shared(text, 0, text.len()),
            _ => reply.bulk(self.text(index)),
        }
    }
}
