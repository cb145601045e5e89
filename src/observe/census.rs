//! The census: what a walk over all keys finds, begun anew when it is done.
//!
//! The walk itself is the server's (`server::census`), a slice at a time; this keeps what it finds:
//! the largest keys, and the keys and bytes below the prefixes that are accounted for. While the
//! first walk is under way there are only the figures of what it has passed, and they say so; from
//! then on those of the last whole one, with their age.

use super::hot_keys::Name;
use super::key_sizes::{KeySizes, Measured};
use super::prefixes::PREFIXES_MAX;
use crate::sys::clock::MonoNs;

/// So many of the largest keys are kept.
pub const BIG_KEYS_MAX: usize = 32;

/// A smaller key is not called big.
pub const BIG_KEY_BYTES_MIN: usize = 1024;

/// What walks have found.
#[derive(Debug, Default)]
pub struct Census {
    prefixes: Vec<Box<[u8]>>,
    walking: Findings,
    whole: Option<Findings>,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub keys: u64,
    pub bytes: u64,
    /// In the order of the prefixes.
    pub prefixes: Vec<Counted>,
    pub sizes: KeySizes,
    /// The largest keys, in no order.
    big: Vec<BigKey>,
    /// The smallest of them, once there are as many as are kept.
    big_bytes_min: usize,
    pub began: MonoNs,
    pub ended: MonoNs,
}

/// What was found below a prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub keys: u64,
    pub bytes: u64,
}

/// A large key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigKey {
    pub name: Name,
    pub bytes: usize,
}

impl Census {
    /// Accounts for other prefixes from now on: the walk under way begins again.
    pub fn account_for(&mut self, prefixes: impl IntoIterator<Item = Box<[u8]>>, now: MonoNs) {
        self.prefixes = prefixes.into_iter().take(PREFIXES_MAX).collect();
        self.whole = None;
        self.begin(now);
    }

    /// Begins a walk, whatever became of the last.
    pub fn begin(&mut self, now: MonoNs) {
        self.walking = Findings {
            prefixes: vec![Counted::default(); self.prefixes.len()],
            big_bytes_min: BIG_KEY_BYTES_MIN,
            began: now,
            ..Findings::default()
        };
    }

    /// The walk found a key.
    #[inline]
    pub fn count(&mut self, db: usize, key: &[u8], bytes: usize) {
        let walking = &mut self.walking;
        walking.keys += 1;
        walking.bytes += bytes as u64;
        for (prefix, counted) in self.prefixes.iter().zip(&mut walking.prefixes) {
            if key.starts_with(prefix) {
                counted.keys += 1;
                counted.bytes += bytes as u64;
            }
        }
        if bytes >= walking.big_bytes_min {
            walking.note_big(db, key, bytes);
        }
    }

    /// The walk found a key of this type and size.
    #[inline]
    pub fn count_size(&mut self, db: usize, kind: Measured, size: usize) {
        self.walking.sizes.count(db, kind, size);
    }

    /// The walk is over.
    pub fn end(&mut self, now: MonoNs) {
        self.walking.ended = now;
        self.whole = Some(std::mem::take(&mut self.walking));
    }

    /// What the last whole walk found, or else what the first has found so far.
    pub fn findings(&self) -> &Findings {
        self.whole.as_ref().unwrap_or(&self.walking)
    }

    /// Whether a walk was completed.
    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// What is accounted for.
    pub fn prefixes(&self) -> &[Box<[u8]>] {
        &self.prefixes
    }

    /// The largest keys of the last whole walk and of the one under way: who is new among them
    /// need not wait for its end.
    pub fn big_keys(&self) -> Vec<&BigKey> {
        let mut big: Vec<&BigKey> = self.walking.big.iter().collect();
        for known in self.whole.iter().flat_map(|whole| &whole.big) {
            if big.iter().all(|new| new.name != known.name) {
                big.push(known);
            }
        }
        big.sort_by(|a, b| (b.bytes, &a.name.key).cmp(&(a.bytes, &b.name.key)));
        big.truncate(BIG_KEYS_MAX);
        big
    }
}

impl Findings {
    #[cold]
    fn note_big(&mut self, db: usize, key: &[u8], bytes: usize) {
        let big = BigKey {
            name: Name::of(db, key),
            bytes,
        };
        if self.big.len() < BIG_KEYS_MAX {
            self.big.push(big);
        } else if let Some(least) = self.big.iter_mut().min_by_key(|big| big.bytes) {
            *least = big;
        }
        if self.big.len() == BIG_KEYS_MAX {
            let least = self.big.iter().map(|big| big.bytes).min();
            self.big_bytes_min = least.unwrap_or_default() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(census: &mut Census, keys: &[(usize, &[u8], usize)]) {
        for (db, key, bytes) in keys {
            census.count(*db, key, *bytes);
        }
        census.end(MonoNs(9));
    }

    #[test]
    fn the_largest_are_kept_and_no_more() {
        let mut chance = fastrand::Rng::with_seed(3);
        let mut census = Census::default();
        census.begin(MonoNs(1));
        let mut all: Vec<(usize, [u8; 8])> = Vec::new();
        for index in 0..10_000_u64 {
            let bytes = chance.usize(0..1_000_000);
            all.push((bytes, index.to_be_bytes()));
            census.count(0, &index.to_be_bytes(), bytes);
        }
        all.sort_by_key(|big| std::cmp::Reverse(big.0));
        let check = |census: &Census| {
            let big = census.big_keys();
            assert_eq!(big.len(), BIG_KEYS_MAX);
            let sizes: Vec<usize> = big.iter().map(|big| big.bytes).collect();
            let expected: Vec<usize> = all[..BIG_KEYS_MAX].iter().map(|big| big.0).collect();
            assert_eq!(sizes, expected);
        };
        check(&census);
        census.end(MonoNs(2));
        check(&census);
        assert_eq!(census.findings().keys, 10_000);
    }

    #[test]
    fn small_keys_are_never_big() {
        let mut census = Census::default();
        census.begin(MonoNs(1));
        walk(&mut census, &[(0, b"small", 100), (0, b"big", 2000)]);
        assert_eq!(census.big_keys().len(), 1);
    }

    #[test]
    fn prefixes_are_counted_from_the_walk_after_they_were_named() {
        let mut census = Census::default();
        census.begin(MonoNs(1));
        walk(&mut census, &[(0, b"a:1", 10)]);
        assert!(census.is_whole());
        census.account_for([(*b"a:").into(), (*b"").into()], MonoNs(3));
        assert!(!census.is_whole());
        census.count(0, b"a:1", 10);
        let so_far = &census.findings().prefixes;
        assert_eq!(so_far[0], Counted { keys: 1, bytes: 10 });
        walk(&mut census, &[(1, b"b:1", 5)]);
        census.begin(MonoNs(10));
        census.count(0, b"a:1", 10);
        // The figures of the last whole walk stay until the next.
        let counted = &census.findings().prefixes;
        assert_eq!(counted[0], Counted { keys: 1, bytes: 10 });
        assert_eq!(counted[1], Counted { keys: 2, bytes: 15 });
        assert_eq!(census.findings().ended, MonoNs(9));
    }
}
