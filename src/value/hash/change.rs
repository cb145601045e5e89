//! Changing a hash where it lives.

use super::{BigHash, Hash};
use crate::ds::listpack::{self, Listpack, Needle, Pack};
use crate::ds::table::Seed;
use crate::sys::clock::UnixMs;
use crate::value::fields::{Before, Fields};
use crate::value::string::Text;
use crate::value::{Home, Object, Thresholds};

/// A hash to change.
pub struct HashMut<'h, H: Home> {
    home: &'h mut H,
    thresholds: &'h Thresholds,
    now: UnixMs,
}

/// What becomes of a field's deadline when its value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDeadline {
    /// It has none from now on.
    Never,
    /// It keeps the one it has.
    Keep,
    At(UnixMs),
}

/// What was there when a field was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Nothing.
    Added,
    /// A field past its deadline, which counts as nothing.
    Revived,
    /// The field with another value.
    Replaced,
}

impl Put {
    /// Whether the hash has a field more than commands saw before.
    pub fn is_new(self) -> bool {
        self != Put::Replaced
    }
}

/// What a field that is to get a deadline, or to lose it, has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There is no such field.
    Absent,
    /// It stays until it is removed.
    Lasting,
    Until(UnixMs),
}

impl<'h, H: Home> HashMut<'h, H> {
    /// The hash that lives at `home`, at the moment `now`.
    #[inline]
    pub fn new(home: &'h mut H, thresholds: &'h Thresholds, now: UnixMs) -> HashMut<'h, H> {
        HashMut {
            home,
            thresholds,
            now,
        }
    }

    /// The hash, to read.
    #[inline]
    pub fn get(&self) -> Hash<'_> {
        match self.home.packed() {
            Some(bytes) => Hash::Packed(bytes),
            None => self.home.value().hash().expect("opened as a hash"),
        }
    }

    /// As the arguments of one command come that put `count` fields: with more than may be packed
    /// together the hash becomes big at once, however many turn out to be the same.
    pub fn expect_fields(&mut self, count: usize) {
        if count > self.thresholds.hash_listpack_entries {
            self.become_big();
        }
    }

    /// Gives `field` a value.
    #[inline]
    pub fn put(&mut self, field: &[u8], value: Text<'_>, deadline: NewDeadline) -> Put {
        let length_max = self.thresholds.hash_listpack_value;
        match value {
            Text::Slice(bytes)
                if self.home.packed().is_some()
                    && !matches!(deadline, NewDeadline::At(_))
                    && field.len() <= length_max
                    && bytes.len() <= length_max =>
            {
                self.put_packed(field, bytes)
            }
            _ => {
                self.become_big();
                self.put_big(field, value, deadline)
            }
        }
    }

    fn put_packed(&mut self, field: &[u8], value: &[u8]) -> Put {
        let pack = Listpack::new(listpack::Buffer::bytes(self.home));
        if let Some((_, entry)) = pack.find(Needle::new(field), 2)
            && let Some(old) = pack.entry_at(entry.end)
        {
            listpack::splice(self.home, old.start..old.end, 1, &mut Pack::of([value]));
            return Put::Replaced;
        }
        let count = pack.len() / 2 + 1;
        listpack::append(self.home, &mut Pack::of([field, value]));
        if count > self.thresholds.hash_listpack_entries {
            self.become_big();
        }
        Put::Added
    }

    fn put_big(&mut self, field: &[u8], value: Text<'_>, deadline: NewDeadline) -> Put {
        let now = self.now;
        self.change_big(|fields| {
            let deadline = match deadline {
                NewDeadline::Never => None,
                NewDeadline::At(deadline) => Some(deadline),
                NewDeadline::Keep => {
                    let old = fields.get(field).and_then(|item| item.deadline);
                    old.filter(|deadline| *deadline > now)
                }
            };
            match fields.put(field, value, deadline) {
                Before::Absent => Put::Added,
                Before::Present(Some(old)) if old <= now => Put::Revived,
                Before::Present(_) => Put::Replaced,
            }
        })
    }

    /// Removes `field`; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        if self.home.packed().is_none() {
            let live = self.get().find(field, self.now).is_some();
            return live && self.change_big(|fields| fields.remove(field));
        }
        let pack = Listpack::new(listpack::Buffer::bytes(self.home));
        let Some((_, entry)) = pack.find(Needle::new(field), 2) else {
            return false;
        };
        let value = pack.entry_at(entry.end);
        let end = value.map_or(entry.end, |value| value.end);
        listpack::remove(self.home, entry.start..end, 2);
        true
    }

    /// When `field` leaves.
    pub fn fate(&self, field: &[u8]) -> Fate {
        match self.get().find(field, self.now) {
            None => Fate::Absent,
            Some((_, None)) => Fate::Lasting,
            Some((_, Some(deadline))) => Fate::Until(deadline),
        }
    }

    /// Gives `field`, which is there, a deadline, or takes it away.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<UnixMs>) {
        if deadline.is_some() {
            self.become_big();
        }
        if self.home.packed().is_none() {
            self.change_big(|fields| fields.set_deadline(field, deadline));
        }
    }

    /// Changes the fields of a big hash, and has the home know when the next is due.
    #[inline]
    fn change_big<R>(&mut self, change: impl FnOnce(&mut Fields) -> R) -> R {
        let Object::Hash(big) = self.home.object() else {
            unreachable!("opened as a hash");
        };
        let due = big.due();
        let result = change(&mut big.fields);
        if big.due() != due {
            self.home.due_changed();
        }
        result
    }

    fn become_big(&mut self) {
        if let Some(bytes) = self.home.packed() {
            let big = unpacked(self.home.seed(), bytes);
            self.home.become_object(Object::Hash(big));
        }
    }
}

/// The hash in its big form.
fn unpacked(seed: Seed, bytes: &[u8]) -> BigHash {
    let mut fields = Fields::new(seed);
    let mut items = Listpack::new(bytes).items();
    let (mut digits, mut more_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
    while let (Some(field), Some(value)) = (items.next(), items.next()) {
        fields.insert(field.text(&mut digits), value.text(&mut more_digits), None);
    }
    BigHash::new(fields)
}
