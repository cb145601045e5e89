//! Who watches which key: bookkeeping without a server.
//!
//! Whether a key was there when the watch began is noted with it. As long as the key is not
//! touched it stays so, which tells, when a whole database is emptied or exchanged, whom that
//! concerns: those whose key was there before, or is there now.

use std::collections::HashMap;

use crate::client::slab::ClientKey;

/// All watches.
#[derive(Debug, Default)]
pub struct Watching {
    /// One map for each database; nobody sees the order in it.
    keys: Vec<HashMap<Box<[u8]>, Vec<Watcher>>>,
    /// How many keys are watched.
    len: usize,
    /// How many clients watch something.
    pub clients: usize,
}

#[derive(Clone, Copy, Debug)]
struct Watcher {
    client: ClientKey,
    /// Whether the key was there when the watch began.
    existed: bool,
}

impl Watching {
    /// Nobody watches anything, in `dbs` databases.
    pub fn new(dbs: usize) -> Watching {
        let mut keys = Vec::new();
        keys.resize_with(dbs, HashMap::new);
        Watching {
            keys,
            ..Watching::default()
        }
    }

    /// Whether nothing is watched.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many keys are watched, whoever watches them.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Lets `client` watch a key that it does not watch already.
    pub fn enter(&mut self, client: ClientKey, db: usize, key: &[u8], existed: bool) {
        let watcher = Watcher { client, existed };
        match self.keys[db].get_mut(key) {
            Some(watchers) => watchers.push(watcher),
            None => {
                self.keys[db].insert(key.into(), vec![watcher]);
                self.len += 1;
            }
        }
    }

    /// Ends that watch.
    pub fn leave(&mut self, client: ClientKey, db: usize, key: &[u8]) {
        let Some(watchers) = self.keys[db].get_mut(key) else {
            return;
        };
        let place = watchers.iter().position(|watcher| watcher.client == client);
        if let Some(place) = place {
            watchers.swap_remove(place);
        }
        if watchers.is_empty() {
            self.keys[db].remove(key);
            self.len -= 1;
        }
    }

    /// Who watches a key.
    pub fn watchers(&self, db: usize, key: &[u8]) -> impl Iterator<Item = ClientKey> {
        let watchers = self.keys[db].get(key).map_or(&[][..], Vec::as_slice);
        watchers.iter().map(|watcher| watcher.client)
    }

    /// Whom it concerns that a key left by itself: who watched it when it was there. For the others
    /// there is none as before (one past its deadline came with an exchange of databases, else its
    /// coming would have been a change).
    pub fn owners(&self, db: usize, key: &[u8]) -> impl Iterator<Item = ClientKey> {
        let watchers = self.keys[db].get(key).map_or(&[][..], Vec::as_slice);
        let owners = watchers.iter().filter(|watcher| watcher.existed);
        owners.map(|watcher| watcher.client)
    }

    /// Whom it concerns that every key of a database may have come or gone; `exists` tells which
    /// keys are there now.
    pub fn watchers_in(
        &self,
        db: usize,
        exists: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = ClientKey> {
        self.keys[db].iter().flat_map(move |(key, watchers)| {
            let is_there = exists(key);
            let concerned = move |watcher: &&Watcher| watcher.existed || is_there;
            watchers
                .iter()
                .filter(concerned)
                .map(|watcher| watcher.client)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::some_keys;

    #[test]
    fn watches_come_and_go() {
        let keys = some_keys(2);
        let (one, two) = (keys[0], keys[1]);
        let mut watching = Watching::new(2);
        watching.enter(one, 0, b"a", true);
        watching.enter(two, 0, b"a", false);
        watching.enter(two, 0, b"b", false);
        assert_eq!(watching.owners(0, b"a").collect::<Vec<_>>(), [one]);
        watching.enter(one, 1, b"a", false);
        assert_eq!(watching.len(), 3);
        let of =
            |watching: &Watching, db, key: &[u8]| watching.watchers(db, key).collect::<Vec<_>>();
        assert_eq!(of(&watching, 0, b"a"), [one, two]);
        assert_eq!(of(&watching, 1, b"a"), [one]);
        assert_eq!(of(&watching, 1, b"b"), []);
        // A database was emptied: only who saw the key there has missed something.
        let emptied: Vec<_> = watching.watchers_in(0, |_| false).collect();
        assert_eq!(emptied, [one]);
        let exchanged = watching.watchers_in(0, |key| key == b"b");
        assert_eq!(exchanged.count(), 2);
        watching.leave(one, 0, b"a");
        watching.leave(one, 0, b"a");
        assert_eq!(of(&watching, 0, b"a"), [two]);
        for (client, db, key) in [(two, 0, b"a"), (two, 0, b"b"), (one, 1, b"a")] {
            watching.leave(client, db, key);
        }
        assert!(watching.is_empty());
    }
}
