//! Prefixes of keys that are accounted for: what the keys below each of them take and bring.
//!
//! A key counts for every prefix it begins with, so prefixes may stand within each other. Hits and
//! misses are counted as they happen, by the keyspace; keys and bytes by the census, which walks
//! over the data again and again (`observe::census`).

/// So many prefixes are accounted for, at most: each is compared with every key read.
pub const PREFIXES_MAX: usize = 64;

/// What reading found below each prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes {
    list: Vec<Prefix>,
}

/// A prefix, and what reading found below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    pub prefix: Box<[u8]>,
    /// Lookups for reading that found their key.
    pub hits: u64,
    /// Lookups for reading that did not.
    pub misses: u64,
}

impl Prefixes {
    /// Those of `list`, each once.
    pub fn new<'a>(list: impl IntoIterator<Item = &'a [u8]>) -> Prefixes {
        let mut prefixes = Prefixes::default();
        for prefix in list {
            if prefixes.list.iter().all(|known| &*known.prefix != prefix) {
                prefixes.list.push(Prefix {
                    prefix: prefix.into(),
                    ..Prefix::default()
                });
            }
        }
        prefixes
    }

    /// Counts a lookup for reading.
    #[cold]
    pub fn looked_up(&mut self, key: &[u8], found: bool) {
        for prefix in &mut self.list {
            if key.starts_with(&prefix.prefix) {
                match found {
                    true => prefix.hits += 1,
                    false => prefix.misses += 1,
                }
            }
        }
    }

    /// Starts the counts again at 0.
    pub fn reset(&mut self) {
        for prefix in &mut self.list {
            (prefix.hits, prefix.misses) = (0, 0);
        }
    }

    /// The prefixes, in the order in which they were named.
    pub fn list(&self) -> &[Prefix] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_all_it_begins_with() {
        let list: [&[u8]; 5] = [b"user:", b"", b"user:admin:", b"user:", b"x"];
        let mut prefixes = Prefixes::new(list);
        assert_eq!(prefixes.list().len(), 4);
        for (key, found) in [
            (&b"user:1"[..], true),
            (b"user:admin:1", true),
            (b"user:admin:2", false),
            (b"user", true),
            (b"", false),
        ] {
            prefixes.looked_up(key, found);
        }
        let counts = |prefixes: &Prefixes| -> Vec<(u64, u64)> {
            let list = prefixes.list().iter();
            list.map(|prefix| (prefix.hits, prefix.misses)).collect()
        };
        assert_eq!(counts(&prefixes), [(2, 1), (3, 2), (1, 1), (0, 0)]);
        prefixes.reset();
        assert_eq!(counts(&prefixes), [(0, 0); 4]);
    }
}
