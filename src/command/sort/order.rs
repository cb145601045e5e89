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
        // What weighs the same number is ordered by its text, which is all the weight others have.
        // Most of either differ in eight bytes, which stand side by side with the positions.
        let by_key = |keys: Vec<(u64, usize)>| {
            let sorted = in_window(keys, window.clone(), |a, b| {
                let ordering = a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1)));
                turned(ordering).then(a.1.cmp(&b.1))
            });
            sorted.into_iter().map(|(_, index)| index).collect()
        };
        match self {
            Weights::Numbers(numbers) => {
                by_key(numbers.into_iter().map(key_of_number).zip(0..).collect())
            }
            Weights::Themselves => {
                let key = |index| (key_of_text(text(index)), index);
                by_key((0..elements.len()).map(key).collect())
            }
            Weights::Texts(texts) => {
                let indexes = (0..elements.len()).collect();
                in_window(indexes, window.clone(), |&a, &b| {
                    turned(texts[a].cmp(&texts[b])).then(a.cmp(&b))
                })
            }
        }
    }
}

/// A key that is less if the number is less, and the same for both zeros.
fn key_of_number(number: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = (number + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// A key of the text's first bytes: what has a lesser one is less.
fn key_of_text(text: &[u8]) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_what_they_stand_for() {
        let infinite = f64::INFINITY;
        let numbers = [
            -infinite, -1e300, -2.5, -1.0, -1e-300, 0.0, 1e-300, 0.5, 1.0, 1e300,
        ];
        assert!(numbers.is_sorted_by(|a, b| key_of_number(*a) < key_of_number(*b)));
        assert!(key_of_number(1e300) < key_of_number(infinite));
        assert_eq!(key_of_number(0.0), key_of_number(-0.0));
        let texts: [&[u8]; 7] = [b"", b"\x01", b"a", b"a\x01", b"ab", b"b", b"\xff"];
        assert!(texts.is_sorted_by(|a, b| key_of_text(a) < key_of_text(b)));
        assert_eq!(key_of_text(b"12345678"), key_of_text(b"123456789"));
        assert_eq!(key_of_text(b"a"), key_of_text(b"a\x00"));
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        let same: [(&[u8], f64); 9] = [
            (b"", 0.0),
            (b"\x00x", 0.0),
            (b"1\x00x", 1.0),
            (b" \t\n1.5", 1.5),
            (b"0x10", 16.0),
            (b"-inf", f64::NEG_INFINITY),
            (b"+1", 1.0),
            (b".5", 0.5),
            (b"5.", 5.0),
        ];
        for (text, expected) in same {
            assert_eq!(number(text), Ok(expected), "{text:?}");
        }
        for text in ["1 ", " ", "x", "1x", "nan", "1e400", "1e-310", "1e", "- 1"] {
            assert_eq!(
                number(text.as_bytes()),
                Err(CommandError::SCORES_NOT_DOUBLES),
                "{text}"
            );
        }
    }
}
