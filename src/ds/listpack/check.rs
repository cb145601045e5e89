//! Whether bytes from outside are a listpack: every entry's lengths lead to the next.

use std::fmt;

use super::{COUNT_UNKNOWN, START, entry};

/// Bytes that are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a listpack")
    }
}

impl std::error::Error for Malformed {}

/// The number of entries in `bytes`, if they are nothing but entries that can be read both ways.
pub fn count_entries(bytes: &[u8]) -> Result<usize, Malformed> {
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        at = entry::checked_end(bytes, at).ok_or(Malformed)?;
        count += 1;
    }
    Ok(count)
}

/// The number of entries in `bytes`, if they are a listpack that can be read both ways.
pub fn validate(bytes: &[u8]) -> Result<usize, Malformed> {
    let &[low, high, ..] = bytes else {
        return Err(Malformed);
    };
    let count = count_entries(&bytes[START..])?;
    let said = u16::from_le_bytes([low, high]);
    let is_so = match said {
        COUNT_UNKNOWN => count >= usize::from(COUNT_UNKNOWN),
        said => count == usize::from(said),
    };
    if is_so { Ok(count) } else { Err(Malformed) }
}
