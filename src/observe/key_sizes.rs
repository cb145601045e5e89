//! How many keys are how large, for each type of each database: counts by powers of two.
//!
//! The size of a string is its bytes, that of a collection its elements. Streams are not counted:
//! Redis's `INFO keysizes`, whose form this has, does not count them either.

use std::fmt::Write;

/// Names of the types counted, as they stand in the field's name.
const NAMES: [&str; Measured::KINDS] = [
    "strings_sizes",
    "lists_items",
    "sets_items",
    "zsets_items",
    "hashes_items",
];

/// Sizes beyond the last class are counted in it: 2^46.
const CLASSES: usize = 48;

/// A type whose sizes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    String,
    List,
    Set,
    Zset,
    Hash,
}

impl Measured {
    const KINDS: usize = Measured::Hash as usize + 1;
}

/// Counts of one database: of each type by class, which is 0 for nothing and then the number of
/// bits of the size.
type Counts = [[u64; CLASSES]; Measured::KINDS];

/// Counts of all databases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySizes {
    dbs: Vec<Counts>,
}

impl KeySizes {
    /// Counts one more key.
    #[inline]
    pub fn count(&mut self, db: usize, kind: Measured, size: usize) {
        if self.dbs.len() <= db {
            self.dbs.resize(db + 1, [[0; CLASSES]; Measured::KINDS]);
        }
        let class = (usize::BITS - size.leading_zeros()) as usize;
        self.dbs[db][kind as usize][class.min(CLASSES - 1)] += 1;
    }

    /// The lines of INFO: field and value.
    pub fn lines(&self) -> impl Iterator<Item = (String, String)> {
        self.dbs.iter().enumerate().flat_map(|(db, counts)| {
            let kinds = NAMES.iter().zip(counts);
            kinds.filter_map(move |(name, counts)| {
                let value = listed(counts);
                (!value.is_empty()).then(|| (format!("db{db}_distrib_{name}"), value))
            })
        })
    }
}

/// `0=1,1=3,2=5,1K=1`: the least size of each class that has keys, and how many.
fn listed(counts: &[u64; CLASSES]) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let mut text = String::new();
    for (class, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let comma = if text.is_empty() { "" } else { "," };
        let bits = class.saturating_sub(1);
        let least = if class == 0 { 0 } else { 1_u64 << (bits % 10) };
        let unit = UNITS.get(bits / 10).copied().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{least}{unit}={count}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_by_powers_of_two() {
        let mut sizes = KeySizes::default();
        for size in [0, 1, 2, 3, 4, 1023, 1024, 2047, 100_000, 1 << 29, 1 << 50] {
            sizes.count(0, Measured::String, size);
        }
        sizes.count(3, Measured::Hash, 5);
        let lines: Vec<_> = sizes.lines().collect();
        let line = |field: &str, value: &str| (field.to_owned(), value.to_owned());
        assert_eq!(
            lines,
            [
                line(
                    "db0_distrib_strings_sizes",
                    "0=1,1=1,2=2,4=1,512=1,1K=2,64K=1,512M=1,64T=1"
                ),
                line("db3_distrib_hashes_items", "4=1"),
            ]
        );
    }
}
