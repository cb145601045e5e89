//! What bounds a range of a sorted set, as clients write it.

use crate::command::error::CommandError;
use crate::ds::number;
use crate::value::zset::{Cut, Side};

/// The cuts at which a range begins and ends.
pub(super) type Range<'a> = (Cut<'a>, Cut<'a>);

/// A range of scores: `1.5`, `(1.5` without it, `-inf`.
pub(super) fn scores<'a>(min: &[u8], max: &[u8]) -> Result<Range<'a>, CommandError> {
    let (min, min_is_out) = score(min)?;
    let (max, max_is_out) = score(max)?;
    let from = if min_is_out {
        Side::Behind
    } else {
        Side::Before
    };
    let to = if max_is_out {
        Side::Before
    } else {
        Side::Behind
    };
    Ok((Cut::Score(min, from), Cut::Score(max, to)))
}

/// A score, and whether the range goes without it.
fn score(text: &[u8]) -> Result<(f64, bool), CommandError> {
    let (number, is_out) = match text.strip_prefix(b"(") {
        Some(number) => (number, true),
        None => (text, false),
    };
    let score = number::parse_bound(number).ok_or(CommandError::SCORES_NOT_FLOATS)?;
    Ok((score, is_out))
}

/// A range of members by their bytes: `[abc`, `(abc` without it, `-` and `+` for all.
pub(super) fn members<'a>(min: &'a [u8], max: &'a [u8]) -> Result<Range<'a>, CommandError> {
    Ok((
        member(min, Side::Before, Side::Behind)?,
        member(max, Side::Behind, Side::Before)?,
    ))
}

fn member(text: &[u8], with: Side, without: Side) -> Result<Cut<'_>, CommandError> {
    match text {
        [b'[', member @ ..] => Ok(Cut::Member(member, with)),
        [b'(', member @ ..] => Ok(Cut::Member(member, without)),
        // Redis reads what follows as a C string.
        [b'-'] | [b'-', 0, ..] => Ok(Cut::Start),
        [b'+'] | [b'+', 0, ..] => Ok(Cut::End),
        _ => Err(CommandError::BYTES_NOT_A_RANGE),
    }
}
