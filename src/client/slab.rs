//! The clients, by key and by id.

use slab::Slab;

use super::Client;

/// A client's place: an index into the slab, and a generation so that a key kept too long finds
/// nobody instead of a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey {
    index: u32,
    generation: u32,
}

impl ClientKey {
    /// The key's form as an event token (below [`TOKEN_END`]).
    pub fn token(self) -> usize {
        self.index as usize
    }
}

/// Event tokens of clients are below this.
pub const TOKEN_END: usize = u32::MAX as usize;

/// All clients.
#[derive(Debug, Default)]
pub struct Clients {
    slots: Slab<(u32, Box<Client>)>,
    generation: u32,
}

impl Clients {
    /// The number of clients.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a client.
    pub fn insert(&mut self, client: Client) -> ClientKey {
        self.generation = self.generation.wrapping_add(1);
        let index = self.slots.insert((self.generation, Box::new(client)));
        let index = u32::try_from(index).expect("maxclients bounds the slab far below 2^32");
        ClientKey {
            index,
            generation: self.generation,
        }
    }

    /// The key of the client that an event token belongs to.
    pub fn key_of_token(&self, token: usize) -> Option<ClientKey> {
        let (generation, _) = self.slots.get(token)?;
        Some(ClientKey {
            index: u32::try_from(token).ok()?,
            generation: *generation,
        })
    }

    /// A client, if it is still there.
    #[inline]
    pub fn get(&self, key: ClientKey) -> Option<&Client> {
        match self.slots.get(key.index as usize) {
            Some((generation, client)) if *generation == key.generation => Some(client),
            _ => None,
        }
    }

    /// A client to change, if it is still there.
    #[inline]
    pub fn get_mut(&mut self, key: ClientKey) -> Option<&mut Client> {
        match self.slots.get_mut(key.index as usize) {
            Some((generation, client)) if *generation == key.generation => Some(client),
            _ => None,
        }
    }

    /// The key of the client with this id.
    pub fn key_of_id(&self, id: u64) -> Option<ClientKey> {
        let mut clients = self.iter();
        clients.find_map(|(key, client)| (client.id == id).then_some(key))
    }

    /// Removes a client.
    pub fn remove(&mut self, key: ClientKey) -> Option<Box<Client>> {
        self.get(key)?;
        Some(self.slots.remove(key.index as usize).1)
    }

    /// All clients, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (ClientKey, &Client)> {
        self.slots.iter().map(|(index, (generation, client))| {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            (
                ClientKey {
                    index,
                    generation: *generation,
                },
                &**client,
            )
        })
    }

    /// All clients' keys, in order of arrival.
    pub fn keys_by_id(&self) -> Vec<ClientKey> {
        let mut keys: Vec<_> = self.iter().map(|(key, client)| (client.id, key)).collect();
        keys.sort_unstable_by_key(|(id, _)| *id);
        keys.into_iter().map(|(_, key)| key).collect()
    }

    /// The clients in slots `from..`, at most `count` slots, and where to go on (0 after the
    /// last): for upkeep in small portions.
    pub fn portion(&self, from: usize, count: usize) -> (Vec<ClientKey>, usize) {
        let end = self.slots.capacity();
        let to = from.saturating_add(count).min(end);
        let keys = (from..to)
            .filter_map(|token| self.key_of_token(token))
            .collect();
        (keys, if to >= end { 0 } else { to })
    }
}

impl std::ops::Index<ClientKey> for Clients {
    type Output = Client;

    #[inline]
    fn index(&self, key: ClientKey) -> &Client {
        self.get(key)
            .expect("the caller holds the key of a client that is still there")
    }
}

impl std::ops::IndexMut<ClientKey> for Clients {
    #[inline]
    fn index_mut(&mut self, key: ClientKey) -> &mut Client {
        self.get_mut(key)
            .expect("the caller holds the key of a client that is still there")
    }
}
