//! What elements weigh, and the order that follows.

use std::cmp::Ordering;
use std::ops::Range;

use super::elements::Elements;
use crate::command::error::CommandError;
use crate::ds::number::parse_double;
use crate::value::Str;

/// What the elements weigh, in their order.
pub(super) enum Weights {
    Numbers(Vec<f64>),
    /// None: there is no such key, which comes first.
    Texts(Vec<Option<Vec<u8>>>),
    /// Each its own text.
    Themselves,
}

impl Weights {
    /// The positions of the elements that come to stand in `window` when all are in order. What
    /// weighs the same keeps its order.
    pub(super) fn order(
        self,
        elements: &Elements<'_>,
        is_descending: bool,
        window: Range<usize>,
    ) -> Vec<usize> {
        let turned = |ordering: Ordering| match is_descending {
            true => ordering.reverse(),
            false => ordering,
        };
        let text = |index: usize| elements.text(index);
        match self {
            Weights::Numbers(numbers) => {
                let pairs = numbers.into_iter().zip(0..).collect();
                let compare = |a: &(f64, usize), b: &(f64, usize)| {
                    let by_weight = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
                    let ordering = by_weight.then_with(|| text(a.1).cmp(text(b.1)));
                    turned(ordering).then(a.1.cmp(&b.1))
                };
                let sorted = in_window(pairs, window, compare);
                sorted.into_iter().map(|(_, index)| index).collect()
            }
            Weights::Texts(texts) => in_window((0..elements.len()).collect(), window, |&a, &b| {
                turned(texts[a].cmp(&texts[b])).then(a.cmp(&b))
            }),
            Weights::Themselves => {
                // Most texts differ at their beginning, and that stands side by side.
                let begun = |index| (beginning(text(index)), index);
                let pairs = (0..elements.len()).map(begun).collect();
                let compare = |a: &(u64, usize), b: &(u64, usize)| {
                    let by_text = a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1)));
                    turned(by_text).then(a.1.cmp(&b.1))
                };
                let sorted = in_window(pairs, window, compare);
                sorted.into_iter().map(|(_, index)| index).collect()
            }
        }
    }
}

/// The first bytes of `text` as a number: of two texts the one with the lesser number is less.
fn beginning(text: &[u8]) -> u64 {
    let mut bytes = [0; size_of::<u64>()];
    let len = text.len().min(bytes.len());
    bytes[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(bytes)
}

/// What comes to stand in `window` when all of `items` are in order; only that is sorted.
fn in_window<T>(
    mut items: Vec<T>,
    window: Range<usize>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    if window.end < items.len() {
        items.select_nth_unstable_by(window.end, &compare);
        items.truncate(window.end);
    }
    if (1..items.len()).contains(&window.start) {
        items.select_nth_unstable_by(window.start, &compare);
    }
    items.drain(..window.start);
    items.sort_unstable_by(compare);
    items
}

/// A string as a weight.
pub(super) fn number_of(string: Str<'_>) -> Result<f64, CommandError> {
    match string {
        Str::Int(value) => Ok(value as f64),
        _ => number(&string.to_cow()),
    }
}

/// A text as a weight, as C reads it: blanks may precede it, nothing counts behind a zero byte,
/// and an empty text is 0.
pub(super) fn number(text: &[u8]) -> Result<f64, CommandError> {
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Ok(0.0);
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_blank(byte));
    let number = parse_double(&text[start.unwrap_or(text.len())..]);
    // A number below the normal ones is out of C's range.
    let number = number.filter(|number| !number.is_subnormal());
    number.ok_or(CommandError::SCORES_NOT_DOUBLES)
}
