//! Which client keeps a copy of what: bookkeeping without a server.
//!
//! Of a client that tracks what it reads, every key it read is noted until that changes: then it is
//! told once, and the note is gone. Keys of different databases are one, as in Redis: who reads from
//! several hears too much, never too little. A client that broadcasts notes nothing; it hears of all
//! keys below its prefixes. What changed below a prefix in a turn is collected and told together.
//!
//! Notes of a client that is gone stay until their keys change or are dropped: a slab key finds
//! nobody then. So that they do not pile up, a client that comes to the same place in the slab takes
//! over its predecessor's place in a note.
//!
//! Keys are bounded (`tracking-table-max-keys`): beyond that, some chosen at random are told of as if
//! they had changed. For that they stand in a row beside the map.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::client::slab::ClientKey;

/// All that is tracked.
#[derive(Debug, Default)]
pub struct Tracking {
    /// How many clients track.
    pub clients: usize,
    /// Nobody sees the order in it.
    notes: HashMap<Arc<[u8]>, Note>,
    /// The keys noted, each at the place that its note knows.
    row: Vec<Arc<[u8]>>,
    /// Pairs of key and client.
    items: usize,
    prefixes: BTreeMap<Box<[u8]>, Broadcast>,
    /// How many prefixes there are of each length: no others need to be looked for.
    lengths: BTreeMap<usize, usize>,
    /// Whether any prefix has keys to tell of.
    has_news: bool,
}

/// Who read a key.
#[derive(Debug)]
struct Note {
    at: usize,
    readers: Readers,
}

/// Most keys have one reader.
#[derive(Debug)]
enum Readers {
    One(ClientKey),
    /// In order.
    Many(Vec<ClientKey>),
}

impl Readers {
    /// Whether `client` is new among them, and there is one more.
    fn add(&mut self, client: ClientKey) -> bool {
        match self {
            Readers::One(reader) if reader.token() == client.token() => {
                *reader = client;
                false
            }
            Readers::One(reader) => {
                let mut readers = vec![*reader, client];
                readers.sort_unstable();
                *self = Readers::Many(readers);
                true
            }
            Readers::Many(readers) => {
                match readers.binary_search_by_key(&client.token(), |it| it.token()) {
                    Ok(at) => {
                        readers[at] = client;
                        false
                    }
                    Err(at) => {
                        readers.insert(at, client);
                        true
                    }
                }
            }
        }
    }

    fn as_slice(&self) -> &[ClientKey] {
        match self {
            Readers::One(reader) => std::slice::from_ref(reader),
            Readers::Many(readers) => readers,
        }
    }
}

/// Who hears of the keys below a prefix, and of which next.
#[derive(Debug, Default)]
struct Broadcast {
    clients: Vec<ClientKey>,
    /// In the order in which they are told, with the client that changed each last, if one did.
    keys: BTreeMap<Box<[u8]>, Option<ClientKey>>,
}

/// What is to be told below one prefix.
#[derive(Debug)]
pub struct News {
    pub clients: Vec<ClientKey>,
    pub keys: BTreeMap<Box<[u8]>, Option<ClientKey>>,
}

impl Tracking {
    /// Whether nobody has to hear of any change.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.clients == 0 && self.row.is_empty()
    }

    /// How many keys are noted.
    pub fn keys(&self) -> usize {
        self.row.len()
    }

    /// How many pairs of a key and who read it.
    pub fn items(&self) -> usize {
        self.items
    }

    /// How many prefixes somebody hears of.
    pub fn prefixes(&self) -> usize {
        self.prefixes.len()
    }

    /// Notes that a client read a key.
    pub fn note(&mut self, client: ClientKey, key: &[u8]) {
        if let Some(note) = self.notes.get_mut(key) {
            self.items += usize::from(note.readers.add(client));
            return;
        }
        let key: Arc<[u8]> = key.into();
        let note = Note {
            at: self.row.len(),
            readers: Readers::One(client),
        };
        self.row.push(Arc::clone(&key));
        self.notes.insert(key, note);
        self.items += 1;
    }

    /// Drops what is noted of a key; `tell` hears who read it.
    pub fn take(&mut self, key: &[u8], mut tell: impl FnMut(ClientKey)) {
        let Some(Note { at, readers }) = self.notes.remove(key) else {
            return;
        };
        self.row.swap_remove(at);
        if let Some(moved) = self.row.get(at)
            && let Some(note) = self.notes.get_mut(moved)
        {
            note.at = at;
        }
        let readers = readers.as_slice();
        self.items -= readers.len();
        for reader in readers {
            tell(*reader);
        }
    }

    /// One of the keys noted, if there are more than `len_max`.
    pub fn excess(&self, len_max: usize, random: &mut fastrand::Rng) -> Option<Arc<[u8]>> {
        let len = self.row.len();
        (len > len_max).then(|| Arc::clone(&self.row[random.usize(..len)]))
    }

    /// Drops all that is noted; what that takes to free may be much.
    pub fn take_notes(&mut self) -> impl Send + 'static {
        self.items = 0;
        (
            std::mem::take(&mut self.notes),
            std::mem::take(&mut self.row),
        )
    }

    /// From now on `client` hears of the keys below `prefix`; it did not before.
    pub fn enter(&mut self, client: ClientKey, prefix: &[u8]) {
        if !self.prefixes.contains_key(prefix) {
            *self.lengths.entry(prefix.len()).or_default() += 1;
        }
        let broadcast = self.prefixes.entry(prefix.into()).or_default();
        broadcast.clients.push(client);
    }

    /// That ends.
    pub fn leave(&mut self, client: ClientKey, prefix: &[u8]) {
        let Some(broadcast) = self.prefixes.get_mut(prefix) else {
            return;
        };
        if let Some(at) = broadcast.clients.iter().position(|it| *it == client) {
            broadcast.clients.swap_remove(at);
        }
        if broadcast.clients.is_empty() {
            self.prefixes.remove(prefix);
            let count = self.lengths.entry(prefix.len()).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lengths.remove(&prefix.len());
            }
        }
    }

    /// Takes note for the prefixes of `key` that it changed, by a command of `by` or by itself.
    pub fn collect(&mut self, key: &[u8], by: Option<ClientKey>) {
        for len in self.lengths.keys() {
            let Some(prefix) = key.get(..*len) else {
                return;
            };
            if let Some(broadcast) = self.prefixes.get_mut(prefix) {
                broadcast.keys.insert(key.into(), by);
                self.has_news = true;
            }
        }
    }

    /// Whether something was collected.
    #[inline]
    pub fn has_news(&self) -> bool {
        self.has_news
    }

    /// What was collected, prefix by prefix.
    pub fn take_news(&mut self) -> Vec<News> {
        self.has_news = false;
        let broadcasts = self.prefixes.values_mut();
        let some = broadcasts.filter(|it| !it.keys.is_empty());
        some.map(|broadcast| News {
            clients: broadcast.clients.clone(),
            keys: std::mem::take(&mut broadcast.keys),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::slab::Clients;
    use crate::client::testing::{nobody, some_keys};

    fn taken(tracking: &mut Tracking, key: &[u8]) -> Vec<ClientKey> {
        let mut readers = Vec::new();
        tracking.take(key, |reader| readers.push(reader));
        readers.sort_unstable();
        readers
    }

    #[test]
    fn a_change_is_told_once_to_all_who_read() {
        let keys = some_keys(3);
        let mut tracking = Tracking::default();
        for (reader, key) in [(2, "a"), (0, "a"), (1, "a"), (0, "b"), (2, "c"), (0, "a")] {
            tracking.note(keys[reader], key.as_bytes());
        }
        assert_eq!((tracking.keys(), tracking.items()), (3, 5));
        assert_eq!(taken(&mut tracking, b"a"), keys);
        assert_eq!(taken(&mut tracking, b"a"), []);
        assert_eq!(taken(&mut tracking, b"c"), [keys[2]]);
        assert_eq!((tracking.keys(), tracking.items()), (1, 1));
        assert_eq!(taken(&mut tracking, b"b"), [keys[0]]);
        assert!(tracking.is_idle());
    }

    #[test]
    fn whoever_comes_in_the_place_of_one_that_is_gone_takes_over_its_notes() {
        let mut clients = Clients::default();
        let (gone, other) = (clients.insert(nobody()), clients.insert(nobody()));
        let mut tracking = Tracking::default();
        for key in [b"one", b"two"] {
            tracking.note(gone, key);
        }
        tracking.note(other, b"two");
        clients.remove(gone);
        let heir = clients.insert(nobody());
        assert_eq!(heir.token(), gone.token());
        for key in [b"one", b"two"] {
            tracking.note(heir, key);
        }
        assert_eq!(tracking.items(), 3);
        assert_eq!(taken(&mut tracking, b"one"), [heir]);
        assert_eq!(taken(&mut tracking, b"two"), [heir, other]);
    }

    #[test]
    fn too_many_keys_are_found_until_there_are_no_more_than_allowed() {
        let reader = some_keys(1)[0];
        let mut random = fastrand::Rng::with_seed(1);
        let mut tracking = Tracking::default();
        for number in 0..100_u32 {
            tracking.note(reader, &number.to_be_bytes());
        }
        let mut told = 0;
        while let Some(key) = tracking.excess(10, &mut random) {
            told += taken(&mut tracking, &key).len();
        }
        assert_eq!((told, tracking.keys(), tracking.items()), (90, 10, 10));
        drop(tracking.take_notes());
        assert!(tracking.is_idle());
    }

    #[test]
    fn news_are_collected_below_each_prefix() {
        let keys = some_keys(2);
        let mut tracking = Tracking::default();
        tracking.enter(keys[0], b"");
        tracking.enter(keys[1], b"user:");
        tracking.enter(keys[1], b"item:");
        assert_eq!(tracking.prefixes(), 3);
        assert!(!tracking.has_news());
        for (key, by) in [
            ("user:2", None),
            ("us", Some(keys[0])),
            ("user:1", Some(keys[1])),
        ] {
            tracking.collect(key.as_bytes(), by);
        }
        let news = tracking.take_news();
        let told: Vec<_> = news
            .iter()
            .map(|it| (it.clients[0], it.keys.len()))
            .collect();
        assert_eq!(told, [(keys[0], 3), (keys[1], 2)]);
        assert_eq!(news[1].keys[&b"user:1"[..]], Some(keys[1]));
        assert!(!tracking.has_news());
        tracking.leave(keys[1], b"user:");
        tracking.leave(keys[0], b"");
        tracking.leave(keys[0], b"");
        tracking.collect(b"user:3", None);
        assert!(!tracking.has_news());
        assert_eq!(tracking.prefixes(), 1);
    }
}
