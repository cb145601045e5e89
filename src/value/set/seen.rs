//! Members of several sets, gathered without copying them.

use std::collections::HashSet;
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

use crate::ds::listpack::Item;
use crate::ds::table::Seed;

/// Members gathered from sets that stay as they are meanwhile.
pub struct Seen<'a>(HashSet<Item<'a>, Keyed>);

impl<'a> Seen<'a> {
    /// None yet; they are hashed under `seed`, so that nobody outside can make them collide.
    pub fn new(seed: Seed) -> Seen<'a> {
        Seen(HashSet::with_hasher(Keyed(seed)))
    }

    /// Adds a member; whether it is the first time.
    #[inline]
    pub fn insert(&mut self, item: Item<'a>) -> bool {
        self.0.insert(canonical(item))
    }

    /// Whether a member was added.
    #[inline]
    pub fn contains(&self, item: Item<'_>) -> bool {
        self.0.contains(&canonical(item))
    }
}

/// Some forms of sets tell integers as such, others as text.
fn canonical(item: Item<'_>) -> Item<'_> {
    match item {
        Item::Int(_) => item,
        Item::Bytes(text) => Item::of(text),
    }
}

struct Keyed(Seed);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        let Seed([first, second]) = self.0;
        SipHasher13::new_with_keys(first, second)
    }
}
