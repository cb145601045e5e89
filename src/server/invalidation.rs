//! Tells clients that keep copies of values that these are no longer true.
//!
//! What a command touched is told behind it, when it is in the log; what expired, was evicted or
//! flushed likewise. Clients that broadcast hear at the end of the turn, of everything at once.
//! While nobody tracks, all this is one test for a command that changed something, and one for any
//! other.

use std::collections::BTreeMap;

use super::Server;
use super::push::Encoded;
use super::table::Command;
use super::tracking::News;
use crate::client::slab::ClientKey;
use crate::client::tracking::{Mode, Redirect, Tracked};
use crate::client::{Client, ClientFlags};
use crate::command::effects::Touch;
use crate::command::keyspec;
use crate::command::spec::{Acl, Flags};
use crate::config::ClientClass;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::Request;

/// The channel that a RESP2 client in whose hands another has put its tracking seems to hear.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// Keys beyond `tracking-table-max-keys` that are dropped at once.
const DROPPED_AT_ONCE_MAX: usize = 1000;

impl Client {
    fn tracks(&self) -> bool {
        self.flags.contains(ClientFlags::TRACKS)
    }
}

impl Server {
    /// Begins to tell a client, or changes how; prefixes that it had stay.
    pub fn track(&mut self, key: ClientKey, wanted: Tracked) {
        let client = &mut self.clients[key];
        if !client.tracks() {
            client.flags.insert(ClientFlags::TRACKS);
            self.tracking.clients += 1;
        }
        let mut tracked = client.tracked.take().unwrap_or_default();
        for prefix in &wanted.prefixes {
            if !tracked.prefixes.contains(prefix) {
                self.tracking.enter(key, prefix);
            }
        }
        tracked.prefixes.extend(wanted.prefixes);
        self.clients[key].tracked = Some(Box::new(Tracked {
            prefixes: tracked.prefixes,
            caching: tracked.caching,
            ..wanted
        }));
        self.follow_waiting();
    }

    /// Ends that. What it read stays noted: it may have copies that it still wants to hear of when
    /// it begins anew.
    pub fn untrack(&mut self, key: ClientKey) {
        let client = &mut self.clients[key];
        client.flags.remove(ClientFlags::TRACKS);
        if let Some(tracked) = client.tracked.take() {
            self.forget_tracked(key, &tracked);
        }
    }

    /// A client that tracked is gone.
    pub(super) fn bury_tracked(&mut self, key: ClientKey, tracked: &Tracked) {
        self.forget_tracked(key, tracked);
        if self.tracking.clients == 0 {
            self.drop_notes();
            self.follow_waiting();
        }
    }

    fn forget_tracked(&mut self, key: ClientKey, tracked: &Tracked) {
        self.tracking.clients -= 1;
        for prefix in &tracked.prefixes {
            self.tracking.leave(key, prefix);
        }
        self.follow_waiting();
    }

    fn drop_notes(&mut self) {
        let keys = self.tracking.keys() as u64;
        if keys > 0 {
            self.reaper.give(self.tracking.take_notes(), keys, 0);
        }
    }

    /// A client that tracks has had a command executed: what it read is noted.
    #[cold]
    pub(super) fn note_reads(&mut self, key: ClientKey, command: &Command, request: Request<'_>) {
        let reads = command.spec.flags.contains(Flags::READONLY)
            && !command.spec.acl.contains(Acl::SCRIPTING);
        let tracked = self.clients[key].tracked.as_ref();
        if reads && tracked.is_some_and(|tracked| tracked.remembers()) {
            let mut found = Vec::new();
            keyspec::find(command.spec, request, &mut found);
            for read in found {
                self.tracking.note(key, request.bytes(read.index));
            }
            self.drop_excess_notes();
        }
        if !self.in_transaction {
            self.end_caching(key, Some(command));
        }
    }

    /// CLIENT CACHING is said for one command: the next, or a transaction.
    pub(super) fn end_caching(&mut self, key: ClientKey, command: Option<&Command>) {
        let client = &mut self.clients[key];
        let goes_on = client.flags.contains(ClientFlags::IN_MULTI)
            || command.is_some_and(|command| command.name.starts_with("client|"));
        if !goes_on && let Some(tracked) = &mut client.tracked {
            tracked.caching = false;
        }
    }

    /// Drops some notes if there are more than allowed.
    fn drop_excess_notes(&mut self) {
        let Some(len_max) = self.notes_max() else {
            return;
        };
        for _ in 0..DROPPED_AT_ONCE_MAX {
            let Some(key) = self.tracking.excess(len_max, &mut self.random) else {
                return;
            };
            self.tell_readers(&key);
        }
    }

    fn notes_max(&self) -> Option<usize> {
        let max = self.config.tracking_table_max_keys;
        usize::try_from(max).ok().filter(|max| *max > 0)
    }

    /// Whether there are more notes than allowed, so that the next turn must not wait.
    pub(super) fn invalidation_goes_on(&self) -> bool {
        self.notes_max()
            .is_some_and(|max| self.tracking.keys() > max)
    }

    /// What is told at the end of a turn.
    #[cold]
    pub(super) fn tend_tracking(&mut self) {
        self.drop_excess_notes();
        if self.tracking.has_news() {
            for news in self.tracking.take_news() {
                self.broadcast(&news);
            }
        }
    }

    /// Tells of what a client's command touched, or what the server did by itself.
    #[cold]
    pub(super) fn tell_of_touched(&mut self, by: Option<ClientKey>) {
        if self.tracking.is_idle() {
            return;
        }
        let touched = std::mem::take(&mut self.effects.touched);
        for (_, key, touch) in touched.keys() {
            if touch.contains(Touch::CHANGES) {
                self.invalidate(key, by);
            }
        }
        if touched.is_flushed() {
            self.invalidate_all();
        }
        self.effects.touched = touched;
    }

    /// Tells that a key changed, by a command of `by` or by itself.
    pub(super) fn invalidate(&mut self, key: &[u8], by: Option<ClientKey>) {
        if !self.tracking.is_idle() {
            self.tracking.collect(key, by);
            self.tell_readers(key);
        }
    }

    fn tell_readers(&mut self, key: &[u8]) {
        let mut readers = Vec::new();
        self.tracking.take(key, |reader| readers.push(reader));
        let write = |reply: &mut Reply| {
            begin_message(reply);
            reply.bulks([key].into_iter());
        };
        let mut message = Encoded::new(&write);
        for reader in readers {
            let client = self.clients.get(reader);
            let is_own = self.pushes.executing() == Some(reader);
            let tracked = client.and_then(|client| client.tracked.as_deref());
            let hears =
                |tracked: &Tracked| tracked.mode != Mode::Broadcast && !(tracked.no_loop && is_own);
            if tracked.is_some_and(hears) {
                self.tell_tracker(reader, &mut message);
            }
        }
    }

    /// Tells that all keys may have gone.
    pub(super) fn invalidate_all(&mut self) {
        if self.tracking.is_idle() {
            return;
        }
        let write = |reply: &mut Reply| {
            begin_message(reply);
            reply.null();
        };
        let mut message = Encoded::new(&write);
        let clients = self.clients.iter();
        let trackers = clients.filter(|(_, client)| client.tracks());
        let trackers: Vec<_> = trackers.map(|(key, _)| key).collect();
        for tracker in trackers {
            self.tell_tracker(tracker, &mut message);
        }
        self.drop_notes();
    }

    fn broadcast(&mut self, news: &News) {
        let write = |reply: &mut Reply| write_keys(reply, &news.keys, None);
        let mut message = Encoded::new(&write);
        for tracker in &news.clients {
            let Some(tracked) = &self.clients[*tracker].tracked else {
                continue;
            };
            let is_own = |by: &Option<ClientKey>| *by == Some(*tracker);
            if !tracked.no_loop || !news.keys.values().any(is_own) {
                self.tell_tracker(*tracker, &mut message);
            } else if !news.keys.values().all(is_own) {
                let write = |reply: &mut Reply| write_keys(reply, &news.keys, Some(*tracker));
                self.tell_tracker(*tracker, &mut Encoded::new(&write));
            }
        }
    }

    /// Sends a message to a client that tracks, or to the one that hears in its place.
    fn tell_tracker(&mut self, tracker: ClientKey, message: &mut Encoded<'_>) {
        let Some(tracked) = &self.clients[tracker].tracked else {
            return;
        };
        let hears = match tracked.redirect {
            Some(Redirect { id, to }) => match self.clients.get(to) {
                Some(client) => {
                    let subscribed = client.class() == ClientClass::PubSub;
                    (to, subscribed || client.reply.protocol == Protocol::Resp3)
                }
                None => return self.tell_of_broken_redirect(tracker, id),
            },
            None => {
                let protocol = self.clients[tracker].reply.protocol;
                (tracker, protocol == Protocol::Resp3)
            }
        };
        if let (hearer, true) = hears {
            self.push_to(hearer, message);
        }
    }

    fn tell_of_broken_redirect(&mut self, tracker: ClientKey, id: u64) {
        let client = &mut self.clients[tracker];
        if let Some(tracked) = &mut client.tracked {
            tracked.is_broken = true;
        }
        if client.reply.protocol == Protocol::Resp3 {
            let write = |reply: &mut Reply| {
                reply.push(2);
                reply.bulk(b"tracking-redir-broken");
                reply.int(id.cast_signed());
            };
            self.push_to(tracker, &mut Encoded::new(&write));
        }
    }
}

/// What stands before the keys.
fn begin_message(reply: &mut Reply) {
    match reply.protocol {
        Protocol::Resp3 => {
            reply.push(2);
            reply.bulk(b"invalidate");
        }
        Protocol::Resp2 => {
            reply.array(3);
            reply.bulk(b"message");
            reply.bulk(CHANNEL);
        }
    }
}

/// A message of all keys, but those that one client changed itself.
fn write_keys(
    reply: &mut Reply,
    keys: &BTreeMap<Box<[u8]>, Option<ClientKey>>,
    but: Option<ClientKey>,
) {
    begin_message(reply);
    let told = |by: &Option<ClientKey>| but.is_none() || *by != but;
    reply.array(keys.values().filter(|by| told(by)).count());
    for (key, _) in keys.iter().filter(|(_, by)| told(by)) {
        reply.bulk(key);
    }
}
