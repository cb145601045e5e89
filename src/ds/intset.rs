//! Sorted integers in one run of bytes: the smallest form of a set.
//!
//! ```text
//! [width: 1 byte, 2, 4 or 8] [integer] [integer] …      all `width` bytes, little-endian, ascending
//! ```
//!
//! The width is that of the widest integer ever inserted; it grows with one that does not fit and
//! never shrinks. Three integers below 32,768 take seven bytes.
//!
//! A change is computed as an [`Edit`] of the bytes and applied by whoever keeps them: they may
//! lie in a vector, or in the middle of a larger block.
//!
//! Bytes that come from outside must pass [`check`] first. Others that are no such run are read as
//! whatever integers they give, never out of bounds.

use std::ops::Range;

/// The set without members.
pub const EMPTY: &[u8] = &[2];

/// The bytes are not those of a set of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// Whether `bytes` are a set of integers in every detail.
pub fn check(bytes: &[u8]) -> Result<(), Damaged> {
    let (&[width], integers) = bytes.split_first_chunk::<1>().ok_or(Damaged)?;
    if !matches!(width, 2 | 4 | 8) || !integers.len().is_multiple_of(usize::from(width)) {
        return Err(Damaged);
    }
    let set = IntSet::new(bytes);
    let is_ascending = set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b);
    is_ascending.then_some(()).ok_or(Damaged)
}

/// The set of these integers, which are in ascending order without repetition.
pub fn encode(integers: impl Iterator<Item = i64> + Clone) -> Vec<u8> {
    let width = integers.clone().map(Width::of).max().unwrap_or(Width::Two);
    let mut bytes = Vec::with_capacity(1 + integers.clone().count() * width.bytes());
    bytes.push(width as u8);
    for integer in integers {
        bytes.extend_from_slice(&integer.to_le_bytes()[..width.bytes()]);
    }
    bytes
}

/// The bytes that an integer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Width {
    Two = 2,
    Four = 4,
    Eight = 8,
}

impl Width {
    /// The least that `integer` fits into.
    fn of(integer: i64) -> Width {
        if i16::try_from(integer).is_ok() {
            Width::Two
        } else if i32::try_from(integer).is_ok() {
            Width::Four
        } else {
            Width::Eight
        }
    }

    fn bytes(self) -> usize {
        self as usize
    }
}

/// A set of integers, to read.
#[derive(Clone, Copy, Debug)]
pub struct IntSet<'a> {
    width: Width,
    integers: &'a [u8],
}

impl<'a> IntSet<'a> {
    /// The set that `bytes` are.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> IntSet<'a> {
        let width = match bytes.first() {
            Some(2) | None => Width::Two,
            Some(4) => Width::Four,
            Some(_) => Width::Eight,
        };
        IntSet {
            width,
            integers: bytes.get(1..).unwrap_or_default(),
        }
    }

    /// The number of integers.
    #[inline]
    pub fn len(self) -> usize {
        self.integers.len() / self.width.bytes()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The integer at `index` in ascending order.
    #[inline]
    pub fn get(self, index: usize) -> Option<i64> {
        match self.width {
            Width::Two => self.integers.as_chunks().0.get(index).map(two),
            Width::Four => self.integers.as_chunks().0.get(index).map(four),
            Width::Eight => self.integers.as_chunks().0.get(index).map(eight),
        }
    }

    /// The least integer.
    pub fn first(self) -> Option<i64> {
        self.get(0)
    }

    /// The greatest integer.
    pub fn last(self) -> Option<i64> {
        self.get(self.len().wrapping_sub(1))
    }

    /// All integers in ascending order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + Clone + 'a {
        (0..self.len()).map(move |index| self.get(index).unwrap_or_default())
    }

    /// Where `integer` stands, or where it belongs.
    #[inline]
    pub fn find(self, integer: i64) -> Result<usize, usize> {
        match self.width {
            Width::Two => search(self.integers.as_chunks().0, integer, two),
            Width::Four => search(self.integers.as_chunks().0, integer, four),
            Width::Eight => search(self.integers.as_chunks().0, integer, eight),
        }
    }

    /// Whether `integer` is a member.
    #[inline]
    pub fn contains(self, integer: i64) -> bool {
        self.find(integer).is_ok()
    }

    /// The change that makes `integer` a member, unless it is one.
    #[inline]
    pub fn insert(self, integer: i64) -> Option<Edit> {
        let index = self.find(integer).err()?;
        if Width::of(integer) > self.width {
            return Some(self.widened(index, integer));
        }
        let at = self.place(index);
        let bytes = integer.to_le_bytes();
        let with = EditBytes::Few(bytes, self.width as u8);
        Some(Edit {
            range: at..at,
            with,
        })
    }

    /// The change that inserts the first integer of a greater width, at `index`: an end.
    #[cold]
    fn widened(self, index: usize, integer: i64) -> Edit {
        let lower = self.iter().take(index);
        let upper = self.iter().skip(index);
        let all = lower.chain(std::iter::once(integer)).chain(upper);
        Edit {
            range: 0..1 + self.integers.len(),
            with: EditBytes::All(encode(all)),
        }
    }

    /// The change that takes `integer` away, if it is a member.
    #[inline]
    pub fn remove(self, integer: i64) -> Option<Edit> {
        let index = self.find(integer).ok()?;
        Some(self.remove_range(index..index + 1))
    }

    /// The change that takes the integers in `range` away, which must be within the set.
    pub fn remove_range(self, range: Range<usize>) -> Edit {
        debug_assert!(range.end <= self.len());
        Edit {
            range: self.place(range.start)..self.place(range.end),
            with: EditBytes::Few([0; 8], 0),
        }
    }

    /// Where the integer at `index` begins among the bytes.
    fn place(self, index: usize) -> usize {
        1 + index * self.width.bytes()
    }
}

/// A change of the bytes of a set: those in `range` become those of [`Edit::with`].
#[derive(Clone, Debug)]
pub struct Edit {
    pub range: Range<usize>,
    with: EditBytes,
}

#[derive(Clone, Debug)]
enum EditBytes {
    /// So many of these.
    Few([u8; 8], u8),
    All(Vec<u8>),
}

impl Edit {
    /// What comes in the place of the range.
    #[inline]
    pub fn with(&self) -> &[u8] {
        match &self.with {
            EditBytes::Few(bytes, len) => &bytes[..usize::from(*len)],
            EditBytes::All(bytes) => bytes,
        }
    }

    /// Changes `bytes`.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        bytes.splice(self.range.clone(), self.with().iter().copied());
    }
}

#[inline]
fn search<const N: usize>(
    integers: &[[u8; N]],
    integer: i64,
    read: fn(&[u8; N]) -> i64,
) -> Result<usize, usize> {
    // Integers often arrive in ascending order.
    if integers.last().is_none_or(|last| read(last) < integer) {
        return Err(integers.len());
    }
    integers.binary_search_by_key(&integer, read)
}

#[inline]
fn two(bytes: &[u8; 2]) -> i64 {
    i16::from_le_bytes(*bytes).into()
}

#[inline]
fn four(bytes: &[u8; 4]) -> i64 {
    i32::from_le_bytes(*bytes).into()
}

#[inline]
fn eight(bytes: &[u8; 8]) -> i64 {
    i64::from_le_bytes(*bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Integers at the edges of the widths and around zero.
    fn integer(random: &mut fastrand::Rng, bits: u32) -> i64 {
        match random.u8(..8) {
            0 => i64::from(i16::MIN) + random.i64(-1..=1),
            1 if bits > 16 => i64::from(i16::MAX) + random.i64(-1..=1),
            2 if bits > 32 => i64::from(i32::MAX) + random.i64(-1..=1),
            3 if bits > 32 => i64::from(i32::MIN) - random.i64(-1..=1),
            4 if bits > 32 => [i64::MIN, i64::MAX][random.usize(..2)],
            5 => random.i64(..) >> (64 - bits),
            _ => random.i64(-50..50),
        }
    }

    fn assert_equal(bytes: &[u8], model: &BTreeSet<i64>) {
        check(bytes).unwrap();
        let set = IntSet::new(bytes);
        assert_eq!(set.len(), model.len());
        assert_eq!(set.is_empty(), model.is_empty());
        assert!(set.iter().eq(model.iter().copied()));
        assert!(set.iter().rev().eq(model.iter().rev().copied()));
        assert_eq!(set.first(), model.first().copied());
        assert_eq!(set.last(), model.last().copied());
        assert_eq!(set.get(model.len()), None);
    }

    #[test]
    fn behaves_as_a_set_of_integers() {
        for seed in 0..60 {
            let mut random = fastrand::Rng::with_seed(seed);
            let bits = [16, 32, 64][random.usize(..3)];
            let mut bytes = EMPTY.to_vec();
            let mut model = BTreeSet::new();
            for _ in 0..400 {
                let integer = integer(&mut random, bits);
                let set = IntSet::new(&bytes);
                assert_eq!(set.contains(integer), model.contains(&integer));
                if random.u8(..3) > 0 {
                    let edit = set.insert(integer);
                    assert_eq!(edit.is_some(), model.insert(integer), "seed {seed}");
                    edit.iter().for_each(|edit| edit.apply(&mut bytes));
                } else if random.bool() {
                    let edit = set.remove(integer);
                    assert_eq!(edit.is_some(), model.remove(&integer), "seed {seed}");
                    edit.iter().for_each(|edit| edit.apply(&mut bytes));
                } else if !model.is_empty() {
                    let start = random.usize(..model.len());
                    let end = random.usize(start..=model.len().min(start + 4));
                    let gone: Vec<i64> = set.iter().skip(start).take(end - start).collect();
                    set.remove_range(start..end).apply(&mut bytes);
                    model.retain(|integer| !gone.contains(integer));
                }
                assert_equal(&bytes, &model);
            }
            assert_equal(&encode(model.iter().copied()), &model);
        }
    }

    #[test]
    fn finds_where_an_integer_belongs() {
        let bytes = encode([-70_000, -1, 5, 70_000].into_iter());
        let set = IntSet::new(&bytes);
        assert_eq!(bytes.len(), 1 + 4 * 4);
        for (integer, place) in [
            (-70_000, Ok(0)),
            (70_000, Ok(3)),
            (i64::MIN, Err(0)),
            (i64::MAX, Err(4)),
            (0, Err(2)),
            (5, Ok(2)),
            (70_001, Err(4)),
        ] {
            assert_eq!(set.find(integer), place, "{integer}");
        }
    }

    #[test]
    fn the_width_grows_and_stays() {
        let mut bytes = EMPTY.to_vec();
        let mut insert = |integer: i64| {
            let edit = IntSet::new(&bytes).insert(integer).unwrap();
            edit.apply(&mut bytes);
            bytes.len()
        };
        assert_eq!(insert(32_767), 3);
        assert_eq!(insert(-32_768), 5);
        assert_eq!(insert(32_768), 13);
        assert_eq!(insert(-2_147_483_649), 33);
        IntSet::new(&bytes)
            .remove(-2_147_483_649)
            .unwrap()
            .apply(&mut bytes);
        assert_eq!(bytes.len(), 25);
    }

    #[test]
    fn damage_is_found_and_harmless() {
        for damaged in [
            &b""[..],
            b"\x00",
            b"\x03",
            b"\x02\x01",
            b"\x04\x01\x00\x00",
            b"\x02\x01\x00\x01\x00",
            b"\x02\x02\x00\x01\x00",
            b"\x08\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(check(damaged), Err(Damaged), "{damaged:?}");
            let set = IntSet::new(damaged);
            assert_eq!(set.iter().count(), set.len());
            let _ = (set.find(1), set.find(-1), set.insert(1), set.remove(1));
        }
        assert_eq!(check(EMPTY), Ok(()));
        assert_eq!(check(b"\x02\xff\xff\x01\x00"), Ok(()));
    }
}
