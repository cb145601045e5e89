//! The books of subscriptions against a naive twin.

use std::collections::BTreeSet;

use super::*;
use crate::client::testing::nobody;

const NAMES: &[&str] = &[
    "", "a", "ab", "abc", "a*", "a*c", "*", "**", "?b*", "a[bc]", "a\\*", "b", "user:1", "user:1*",
    "user:?", "*1", "user:", "user:*:x", "[", "a\\",
];

/// Everything that `pubsub` and the clients say of each other is true.
fn check(pubsub: &PubSub, clients: &Clients) {
    let mut subscribed = BTreeSet::new();
    for kind in Kind::ALL {
        let topics = pubsub.topics(kind);
        assert_eq!(topics.by_name.len(), topics.slots.len());
        for (id, topic) in &topics.slots {
            assert_eq!(topics.find(&topic.name), Some(id as u32));
            assert!(!topic.members.is_empty());
            for (index, member) in topic.members.iter().enumerate() {
                let places = clients[member.client].subscriptions.as_ref().unwrap();
                let place = places[kind][member.place as usize];
                assert_eq!((place.topic, place.member), (id as u32, index as u32));
                subscribed.insert(member.client.token());
            }
        }
        let members = topics.slots.iter().map(|(_, topic)| topic.members.len());
        let places = clients
            .iter()
            .filter_map(|(_, it)| it.subscriptions.as_ref());
        let places = places.map(|places| places[kind].len());
        assert_eq!(members.sum::<usize>(), places.sum::<usize>());
    }
    assert_eq!(pubsub.clients, subscribed.len());
    let starts = pubsub.prefixes.by_prefix.values().map(Vec::len);
    assert_eq!(starts.sum::<usize>(), pubsub.count(Kind::Pattern));
    let lengths: usize = pubsub.prefixes.lengths.values().sum();
    assert_eq!(lengths, pubsub.prefixes.by_prefix.len());
}

#[test]
fn the_books_are_those_of_a_naive_twin() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut clients = Clients::default();
        let keys: Vec<ClientKey> = (0..6).map(|_| clients.insert(nobody())).collect();
        let mut pubsub = PubSub::default();
        let mut twin: BTreeSet<(usize, usize, &str)> = BTreeSet::new();
        for _ in 0..400 {
            let (client, name) = (random.usize(..keys.len()), random.choice(NAMES).unwrap());
            let kind = Kind::ALL[random.usize(..3)];
            let entry = (client, kind as usize, *name);
            match random.u8(..20) {
                0 => {
                    pubsub.leave_all(&mut clients, keys[client]);
                    twin.retain(|(other, ..)| *other != client);
                }
                1..9 => {
                    let left = pubsub.leave(&mut clients, keys[client], kind, name.as_bytes());
                    assert_eq!(left, twin.remove(&entry), "seed {seed}");
                }
                _ => {
                    pubsub.enter(&mut clients, keys[client], kind, name.as_bytes());
                    twin.insert(entry);
                }
            }
            check(&pubsub, &clients);
            let count = pubsub.member_count(kind, name.as_bytes());
            let same = |(_, a, b): &&(usize, usize, &str)| (*a, *b) == (kind as usize, *name);
            assert_eq!(count, twin.iter().filter(same).count(), "seed {seed}");
            let names = pubsub.names_of(&clients, keys[client], kind);
            let names: BTreeSet<&[u8]> = names.iter().map(|name| &**name).collect();
            let of_client = twin
                .iter()
                .filter(|it| (it.0, it.1) == (client, kind as usize));
            let wanted: BTreeSet<&[u8]> = of_client.map(|it| it.2.as_bytes()).collect();
            assert_eq!(names, wanted, "seed {seed}");
        }
        for key in keys {
            pubsub.leave_all(&mut clients, key);
        }
        check(&pubsub, &clients);
        assert_eq!((pubsub.clients, pubsub.prefixes.lengths.len()), (0, 0));
    }
}

#[test]
fn patterns_are_found_that_match() {
    let mut clients = Clients::default();
    let key = clients.insert(nobody());
    let mut pubsub = PubSub::default();
    for name in NAMES {
        pubsub.enter(&mut clients, key, Kind::Pattern, name.as_bytes());
    }
    for channel in NAMES {
        let channel = channel.as_bytes();
        let found = pubsub.prefixes.matching(&pubsub.patterns, channel);
        let name = |id: u32| pubsub.patterns.topic(id).name.to_vec();
        let found: BTreeSet<_> = found.into_iter().map(name).collect();
        let is_match = |name: &&&str| Glob::new(name.as_bytes(), Case::Sensitive).matches(channel);
        let wanted = NAMES.iter().filter(is_match);
        let wanted: BTreeSet<_> = wanted.map(|name| name.as_bytes().to_vec()).collect();
        assert_eq!(found, wanted, "{}", channel.escape_ascii());
    }
}
