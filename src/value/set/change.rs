//! Changing a set where it lives, or one that is only being made; and the forms it takes on.

use super::{BigSet, Item, Needle, Set};
use crate::ds::intset::{self, IntSet};
use crate::ds::listpack::{self, Listpack, Pack};
use crate::ds::number::parse_int;
use crate::ds::table::Seed;
use crate::value::draft::Draft;
use crate::value::{Home, Object, Packed, Thresholds};

/// No set of integers has more of them, whatever the configuration says.
const INTS_MAX: usize = 1 << 30;

/// A listpack is not made longer than this.
const PACKED_BYTES_MAX: usize = 1 << 30;

/// Prepares the set for `count` members that may come: one that could not hold them in its form
/// takes on the large one at once.
pub fn expect(home: &mut impl Home, count: usize, limits: &Thresholds) {
    let is_too_many = match set_of(home) {
        Set::Ints(_) => count > ints_max(limits),
        Set::Packed(_) => count > limits.set_listpack_entries,
        Set::Big(_) => false,
    };
    if is_too_many {
        become_big(home);
    }
}

/// Makes `member` one of the set; whether it was none before.
#[inline]
pub fn add(home: &mut impl Home, member: &[u8], limits: &Thresholds) -> bool {
    match set_of(home) {
        Set::Big(_) => big(home).add(member),
        Set::Ints(_) => match parse_int(member) {
            Some(integer) => add_integer(home, integer, limits),
            None => {
                leave_integers(home, member, limits);
                add(home, member, limits)
            }
        },
        Set::Packed(bytes) => {
            let list = Listpack::new(bytes);
            if list.find(Needle::new(member), 1).is_some() {
                return false;
            }
            if list.len() < limits.set_listpack_entries
                && member.len() <= limits.set_listpack_value
                && bytes.len() + member.len() <= PACKED_BYTES_MAX
            {
                listpack::append(home, &mut Pack::of([member]));
                return true;
            }
            become_big(home);
            big(home).add(member)
        }
    }
}

fn add_integer(home: &mut impl Home, integer: i64, limits: &Thresholds) -> bool {
    let Set::Ints(bytes) = set_of(home) else {
        unreachable!("the caller saw integers");
    };
    let set = IntSet::new(bytes);
    let len = set.len() + 1;
    let Some(edit) = set.insert(integer) else {
        return false;
    };
    home.splice(edit.range.clone(), edit.with());
    if len > ints_max(limits) {
        become_big(home);
    }
    true
}

/// A set of integers takes on the form in which `member`, which is none, is to be added.
#[cold]
fn leave_integers(home: &mut impl Home, member: &[u8], limits: &Thresholds) {
    let Set::Ints(bytes) = set_of(home) else {
        unreachable!("the caller saw integers");
    };
    let set = IntSet::new(bytes);
    let ends = [set.first(), set.last()].into_iter().flatten();
    let len_max = ends.map(|integer| Item::Int(integer).text_len()).max();
    if set.len() < limits.set_listpack_entries
        && member.len().max(len_max.unwrap_or(0)) <= limits.set_listpack_value
        && set.len().saturating_mul(len_max.unwrap_or(0)) + member.len() <= PACKED_BYTES_MAX
    {
        let mut pack = Pack::new();
        for integer in set.iter() {
            pack.push_item(Item::Int(integer));
        }
        home.become_packed(Packed::Set, pack.listpack());
    } else {
        become_big(home);
    }
}

/// Takes `member` away; whether it was one.
#[inline]
pub fn remove(home: &mut impl Home, member: &[u8]) -> bool {
    match set_of(home) {
        Set::Big(_) => big(home).remove(member),
        Set::Ints(bytes) => {
            let set = IntSet::new(bytes);
            let edit = parse_int(member).and_then(|integer| set.remove(integer));
            let Some(edit) = edit else {
                return false;
            };
            home.splice(edit.range.clone(), edit.with());
            true
        }
        Set::Packed(bytes) => {
            let Some((_, entry)) = Listpack::new(bytes).find(Needle::new(member), 1) else {
                return false;
            };
            let range = entry.start..entry.end;
            listpack::remove(home, range, 1);
            true
        }
    }
}

/// Takes the member at `index` away, which is below their number; see [`Set::at`].
#[inline]
pub fn remove_at(home: &mut impl Home, index: usize) {
    match set_of(home) {
        Set::Big(_) => big(home).remove_at(index),
        Set::Ints(bytes) => {
            let edit = IntSet::new(bytes).remove_range(index..index + 1);
            home.splice(edit.range.clone(), edit.with());
        }
        Set::Packed(bytes) => {
            if let Some(entry) = Listpack::new(bytes).get(index) {
                let range = entry.start..entry.end;
                listpack::remove(home, range, 1);
            }
        }
    }
}

fn ints_max(limits: &Thresholds) -> usize {
    limits.set_intset_entries.min(INTS_MAX)
}

#[inline]
fn set_of(home: &impl Home) -> Set<'_> {
    home.value().set().expect("the caller saw a set")
}

/// The members in the large form, which the set has.
#[inline]
fn big(home: &mut impl Home) -> &mut BigSet {
    match home.object() {
        Object::Set(set) => set,
        _ => unreachable!("the caller saw a set"),
    }
}

#[cold]
fn become_big(home: &mut impl Home) {
    let set = to_big(set_of(home), home.seed());
    home.become_object(Object::Set(set));
}

fn to_big(set: Set<'_>, seed: Seed) -> BigSet {
    let mut big = BigSet::new(seed);
    set.for_each(|item| {
        big.add(item.text(&mut itoa::Buffer::new()));
    });
    big
}

/// Sets that are being made, and not yet a key's.
impl Draft {
    /// A set without members in the form for integers.
    pub fn ints(seed: Seed) -> Draft {
        Draft::packed(Packed::Ints, intset::EMPTY, seed)
    }

    /// A set without members in the form for few short ones.
    pub fn few_members(seed: Seed) -> Draft {
        Draft::packed(Packed::Set, listpack::EMPTY, seed)
    }

    /// The set `set` in its large form. It costs nothing if it has that already.
    pub fn big_set(seed: Seed, set: Set<'_>) -> Draft {
        let set = match set {
            Set::Big(set) => set.clone(),
            _ => to_big(set, seed),
        };
        Draft::object(Object::Set(set), seed)
    }

    /// A set without members in the form for about `count`, `member` first.
    pub fn set_for(member: &[u8], count: usize, limits: &Thresholds, seed: Seed) -> Draft {
        if count <= ints_max(limits) && parse_int(member).is_some() {
            Draft::ints(seed)
        } else if count <= limits.set_listpack_entries {
            Draft::few_members(seed)
        } else {
            Draft::big_set(seed, Set::Packed(listpack::EMPTY))
        }
    }

    /// The set as it stands.
    pub fn set(&self) -> Set<'_> {
        set_of(self)
    }

    /// Gives the set, whose members are all integers, the form for them if it holds so many.
    pub fn prefer_ints(&mut self, limits: &Thresholds) {
        let set = self.set();
        if matches!(set, Set::Ints(_)) || set.len() > ints_max(limits) {
            return;
        }
        let mut integers = Vec::with_capacity(set.len());
        set.for_each(|item| {
            let integer = match item {
                Item::Int(integer) => Some(integer),
                Item::Bytes(text) => parse_int(text),
            };
            integers.extend(integer);
        });
        debug_assert_eq!(integers.len(), set.len());
        integers.sort_unstable();
        let bytes = intset::encode(integers.into_iter());
        self.become_packed(Packed::Ints, &bytes);
    }
}
