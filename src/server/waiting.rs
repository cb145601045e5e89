//! Who waits for which key, in what order, and until when: bookkeeping without a server.
//!
//! A client gets a *ticket* when it begins to wait, the next number; whoever waits for a key
//! stands in the key's queue in the order of tickets, so "first come, first served" is the order
//! of a map. A client that was tried in vain keeps its ticket and thereby its place.
//!
//! ```text
//! queues      (database, key) → ticket → client        and whether the key is among the ready ones
//! waiters     client → its ticket, keys, deadline, and what to execute again
//! deadlines   (moment, ticket) → client
//! ready       keys that were touched while somebody waited for them, each once, in order
//! ```
//!
//! Whether a key that was touched can serve anybody is not known here: the server looks at what
//! the key holds and asks [`Waiting::next_for`] whom that may serve.
//!
//! Costs: a touched key that nobody waits for is one lookup; a waiter is some 300 bytes and the
//! copies of its keys and its request.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;

use super::table::CommandId;
use crate::client::slab::ClientKey;
use crate::resp::request::OwnedRequest;
use crate::sys::clock::MonoNs;
use crate::value::Kind;

/// A place in all queues a client stands in: lower ones are served first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A client that waits.
#[derive(Debug)]
pub struct Waiter {
    pub db: usize,
    pub keys: Vec<Box<[u8]>>,
    /// The type that a key must have to serve it.
    pub kind: Kind,
    /// Whether it is also tried when a key goes away or gets another type.
    pub on_removal: bool,
    pub deadline: Option<MonoNs>,
    pub resume: Resume,
}

/// What is executed when a client that waits may be served.
#[derive(Debug)]
pub struct Resume {
    pub command: CommandId,
    pub request: OwnedRequest,
    /// Nanoseconds that executing it has taken so far.
    pub ns: u64,
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub struct Waiting {
    /// One map for each database; nobody sees the order in it.
    queues: Vec<HashMap<Box<[u8]>, Queue>>,
    waiters: HashMap<ClientKey, (Ticket, Waiter)>,
    deadlines: BTreeMap<(MonoNs, Ticket), ClientKey>,
    ready: VecDeque<(usize, Box<[u8]>)>,
    last_ticket: Ticket,
}

/// Who waits for one key.
#[derive(Debug, Default)]
struct Queue {
    places: BTreeMap<Ticket, Place>,
    /// How many of them are also tried when the key goes away.
    on_removal: usize,
    /// Whether the key is among the ready ones.
    ready: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    client: ClientKey,
    kind: Kind,
    on_removal: bool,
}

impl Waiting {
    /// Nobody waits, in `dbs` databases.
    pub fn new(dbs: usize) -> Waiting {
        let mut queues = Vec::new();
        queues.resize_with(dbs, HashMap::new);
        Waiting {
            queues,
            ..Waiting::default()
        }
    }

    /// Lets `client`, who must not wait already, stand behind everybody else.
    pub fn enter(&mut self, client: ClientKey, mut waiter: Waiter) {
        self.last_ticket.0 += 1;
        let ticket = self.last_ticket;
        let place = Place {
            client,
            kind: waiter.kind,
            on_removal: waiter.on_removal,
        };
        let queues = &mut self.queues[waiter.db];
        // A key named twice has one queue to stand in.
        waiter.keys.sort_unstable();
        waiter.keys.dedup();
        for key in &waiter.keys {
            let queue = queues.entry(key.clone()).or_default();
            queue.places.insert(ticket, place);
            queue.on_removal += usize::from(waiter.on_removal);
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.insert((deadline, ticket), client);
        }
        let before = self.waiters.insert(client, (ticket, waiter));
        assert!(before.is_none(), "a client waits once at a time");
    }

    /// Takes `client` out of all queues, if it waits.
    pub fn leave(&mut self, client: ClientKey) -> Option<Waiter> {
        let (ticket, waiter) = self.waiters.remove(&client)?;
        for key in &waiter.keys {
            let queues = &mut self.queues[waiter.db];
            let Some(queue) = queues.get_mut(key) else {
                continue;
            };
            queue.places.remove(&ticket);
            queue.on_removal -= usize::from(waiter.on_removal);
            if queue.places.is_empty() {
                queues.remove(key);
            }
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.remove(&(deadline, ticket));
        }
        Some(waiter)
    }

    /// Takes what is to be executed for `client`; it keeps its place. To be given back by
    /// [`Waiting::give_back`] unless the client leaves.
    pub fn take_resume(&mut self, client: ClientKey) -> Option<Resume> {
        let (_, waiter) = self.waiters.get_mut(&client)?;
        let command = waiter.resume.command;
        let nothing = Resume {
            command,
            request: OwnedRequest::default(),
            ns: 0,
        };
        Some(std::mem::replace(&mut waiter.resume, nothing))
    }

    /// `client` was tried in vain: it waits on, in its place.
    pub fn give_back(&mut self, client: ClientKey, resume: Resume) {
        if let Some((_, waiter)) = self.waiters.get_mut(&client) {
            waiter.resume = resume;
        }
    }

    /// `key` of database `db` changed, came or went.
    pub fn touch(&mut self, db: usize, key: &[u8]) {
        if let Some(queue) = self.queues[db].get_mut(key)
            && !queue.ready
        {
            queue.ready = true;
            self.ready.push_back((db, key.into()));
        }
    }

    /// Every key of database `db` may have come or gone: in the order of who waits longest.
    pub fn touch_all(&mut self, db: usize) {
        let first = |queue: &Queue| queue.places.keys().next().copied();
        let mut keys: Vec<_> = self.queues[db]
            .iter()
            .map(|(key, queue)| (first(queue), key.clone()))
            .collect();
        // Who waits for several is first in several queues: then by name.
        keys.sort_unstable();
        for (_, key) in keys {
            self.touch(db, &key);
        }
    }

    /// Whether keys were touched that somebody waits for.
    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next key that was touched, with its database; touched again it comes again.
    pub fn next_ready(&mut self) -> Option<(usize, Box<[u8]>)> {
        loop {
            let (db, key) = self.ready.pop_front()?;
            // Everybody may have left since.
            if let Some(queue) = self.queues[db].get_mut(&key) {
                queue.ready = false;
                return Some((db, key));
            }
        }
    }

    /// The first client behind `after` that `key` may serve, holding a value of type `held` or
    /// nothing.
    pub fn next_for(
        &self,
        db: usize,
        key: &[u8],
        after: Ticket,
        held: Option<Kind>,
    ) -> Option<(Ticket, ClientKey)> {
        let queue = self.queues[db].get(key)?;
        if held.is_none() && queue.on_removal == 0 {
            return None;
        }
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let mut places = queue.places.range(behind);
        let (ticket, place) =
            places.find(|(_, place)| place.on_removal || held == Some(place.kind))?;
        Some((*ticket, place.client))
    }

    /// When the next wait ends by itself.
    pub fn next_deadline(&self) -> Option<MonoNs> {
        let ((deadline, _), _) = self.deadlines.first_key_value()?;
        Some(*deadline)
    }

    /// The client whose wait ends first, if that is due at `now`.
    pub fn due(&self, now: MonoNs) -> Option<ClientKey> {
        let ((deadline, _), client) = self.deadlines.first_key_value()?;
        (*deadline <= now).then_some(*client)
    }

    /// Whether nobody waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Clients that wait.
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Clients whose wait has an end.
    pub fn with_deadline(&self) -> usize {
        self.deadlines.len()
    }

    /// Keys that somebody waits for.
    pub fn keys(&self) -> usize {
        self.queues.iter().map(HashMap::len).sum()
    }

    /// Keys that somebody waits for who is also tried when they go away.
    pub fn keys_on_removal(&self) -> usize {
        let queues = self.queues.iter().flat_map(HashMap::values);
        queues.filter(|queue| queue.on_removal > 0).count()
    }
}

#[cfg(test)]
mod tests;
