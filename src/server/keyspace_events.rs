//! What happens to keys, told to whoever is subscribed to it (`notify-keyspace-events`).
//!
//! Commands note their events (`command::effects`) only while somebody may hear them: the
//! configuration names the class, and there is a subscriber. Events are told when the command has
//! been executed and logged, in the order in which they happened: a key that was found past its
//! deadline has expired before what the command did next. Each is published twice, to
//! `__keyspace@<db>__:<key>` with the event's name and to `__keyevent@<db>__:<event>` with the key.

use super::Server;
use crate::client::subscriptions::Kind;
use crate::command::effects::{Event, EventClass};
use crate::config::Event as Told;
use crate::keyspace::{Cause, Departure};

impl Server {
    /// Goes by the configuration, and by who is subscribed, from now on.
    pub fn follow_listening(&mut self) {
        let told = self.config.notify_keyspace_events;
        let is_heard = self.pubsub.count(Kind::Channel) + self.pubsub.count(Kind::Pattern) > 0;
        self.effects.listened = match told.intersects(Told::KEYSPACE | Told::KEYEVENT) {
            true if is_heard => classes(told),
            _ => EventClass::empty(),
        };
    }

    /// Puts events of keys that left unasked among those of the command that found them.
    pub(super) fn note_departures(&mut self, departures: &[Departure]) {
        let listened = self.effects.listened;
        if !listened.intersects(EventClass::EXPIRED | EventClass::EVICTED) {
            return;
        }
        let mut left = departures.iter().enumerate().peekable();
        let mut ordered = Vec::with_capacity(self.effects.events.len() + departures.len());
        for event in self.effects.events.drain(..) {
            while let Some((_, departure)) = left.next_if(|(index, _)| *index < event.after) {
                ordered.extend(event_of(departure));
            }
            // What leaves from now on is later than all of these.
            ordered.push(Event { after: 0, ..event });
        }
        ordered.extend(left.filter_map(|(_, departure)| event_of(departure)));
        ordered.retain(|event| listened.intersects(event.class));
        self.effects.events = ordered;
    }

    /// Publishes the events noted, in order.
    #[cold]
    pub(super) fn tell_events(&mut self) {
        let mut events = std::mem::take(&mut self.effects.events);
        let told = self.config.notify_keyspace_events;
        for Event { name, db, key, .. } in events.drain(..) {
            let name = name.as_bytes();
            for (kind, place, subject, message) in [
                (Told::KEYSPACE, "__keyspace@", &*key, name),
                (Told::KEYEVENT, "__keyevent@", name, &*key),
            ] {
                if told.contains(kind) {
                    let mut digits = itoa::Buffer::new();
                    let db = digits.format(db).as_bytes();
                    let channel = [place.as_bytes(), db, b"__:", subject].concat();
                    self.publish(&channel, message);
                }
            }
        }
        self.effects.events = events;
    }
}

/// What a key that left unasked has to tell.
fn event_of(departure: &Departure) -> Option<Event> {
    let (class, name) = match departure.cause {
        Cause::Expired => (EventClass::EXPIRED, "expired"),
        Cause::Evicted => (EventClass::EVICTED, "evicted"),
        Cause::Command => return None,
    };
    Some(Event {
        class,
        name,
        db: departure.db,
        key: departure.key.clone(),
        after: 0,
    })
}

/// The classes that the configuration's letters name.
fn classes(told: Told) -> EventClass {
    let named = CLASSES.iter().filter(|(letter, _)| told.contains(*letter));
    named.fold(EventClass::empty(), |all, (_, class)| all | *class)
}

const CLASSES: [(Told, EventClass); 12] = [
    (Told::GENERIC, EventClass::GENERIC),
    (Told::STRING, EventClass::STRING),
    (Told::LIST, EventClass::LIST),
    (Told::SET, EventClass::SET),
    (Told::HASH, EventClass::HASH),
    (Told::ZSET, EventClass::ZSET),
    (Told::EXPIRED, EventClass::EXPIRED),
    (Told::EVICTED, EventClass::EVICTED),
    (Told::STREAM, EventClass::STREAM),
    (Told::KEY_MISS, EventClass::KEY_MISS),
    (Told::MODULE, EventClass::MODULE),
    (Told::NEW, EventClass::NEW),
];
