//! Tests of the bookkeeping of who waits.

use super::*;
use crate::client::testing::some_keys;

/// Some clients and who of them waits.
struct Stage {
    keys: Vec<ClientKey>,
    waiting: Waiting,
}

impl Stage {
    fn new(count: usize) -> Stage {
        Stage {
            keys: some_keys(count),
            waiting: Waiting::new(2),
        }
    }

    /// Client `index` begins to wait for `keys` (words) of database 0 to hold a list.
    fn enter(&mut self, index: usize, keys: &str) -> &mut Waiter {
        self.enter_as(index, keys, |_| {})
    }

    fn enter_as(&mut self, index: usize, keys: &str, say: impl FnOnce(&mut Waiter)) -> &mut Waiter {
        let mut waiter = Waiter {
            db: 0,
            keys: keys.split(' ').map(|key| key.as_bytes().into()).collect(),
            kind: Kind::List,
            on_removal: false,
            deadline: None,
            resume: Resume {
                command: CommandId(0),
                request: OwnedRequest::new([index.to_string()]),
                ns: 0,
            },
        };
        say(&mut waiter);
        let client = self.keys[index];
        self.waiting.enter(client, waiter);
        &mut self.waiting.waiters.get_mut(&client).unwrap().1
    }

    fn leave(&mut self, index: usize) -> bool {
        self.waiting.leave(self.keys[index]).is_some()
    }

    fn index(&self, client: ClientKey) -> usize {
        self.keys.iter().position(|key| *key == client).unwrap()
    }

    /// Whom `key` of database 0, holding `held`, may serve, in order.
    fn served(&self, key: &str, held: Option<Kind>) -> Vec<usize> {
        let mut after = Ticket::default();
        let mut served = Vec::new();
        while let Some((ticket, client)) = self.waiting.next_for(0, key.as_bytes(), after, held) {
            served.push(self.index(client));
            after = ticket;
        }
        served
    }

    /// The ready keys in order, each `db:key`.
    fn ready(&mut self) -> String {
        let next = || self.waiting.next_ready();
        let told =
            |(db, key): (usize, Box<[u8]>)| format!("{db}:{}", String::from_utf8_lossy(&key));
        let keys: Vec<String> = std::iter::from_fn(next).map(told).collect();
        keys.join(" ")
    }

    /// Clients, keys, keys on removal, deadlines.
    fn counts(&self) -> [usize; 4] {
        let waiting = &self.waiting;
        [
            waiting.len(),
            waiting.keys(),
            waiting.keys_on_removal(),
            waiting.with_deadline(),
        ]
    }
}

#[test]
fn first_come_first_served_for_each_key() {
    let mut stage = Stage::new(4);
    stage.enter(2, "a b");
    stage.enter(0, "b");
    stage.enter(3, "b a c");
    stage.enter(1, "a");
    assert_eq!(stage.served("a", Some(Kind::List)), [2, 3, 1]);
    assert_eq!(stage.served("b", Some(Kind::List)), [2, 0, 3]);
    assert_eq!(stage.served("c", Some(Kind::List)), [3]);
    assert!(stage.leave(3));
    assert!(!stage.leave(3));
    assert_eq!(stage.served("a", Some(Kind::List)), [2, 1]);
    assert_eq!(stage.served("c", Some(Kind::List)), []);
    // Back again it is the last.
    stage.enter(3, "b");
    assert_eq!(stage.served("b", Some(Kind::List)), [2, 0, 3]);
    assert_eq!(stage.counts(), [4, 2, 0, 0]);
    (0..4).for_each(|index| assert!(stage.leave(index)));
    assert_eq!(stage.counts(), [0; 4]);
    assert!(stage.waiting.is_empty());
}

#[test]
fn only_a_value_of_the_right_type_serves() {
    let mut stage = Stage::new(3);
    stage.enter(0, "k");
    stage.enter_as(1, "k", |waiter| waiter.kind = Kind::Zset);
    assert_eq!(stage.served("k", None), []);
    assert_eq!(stage.served("k", Some(Kind::String)), []);
    assert_eq!(stage.served("k", Some(Kind::Zset)), [1]);
    stage.enter_as(2, "k", |waiter| {
        (waiter.kind, waiter.on_removal) = (Kind::Stream, true);
    });
    assert_eq!(stage.served("k", None), [2]);
    assert_eq!(stage.served("k", Some(Kind::String)), [2]);
    assert_eq!(stage.served("k", Some(Kind::List)), [0, 2]);
    assert_eq!(stage.counts(), [3, 1, 1, 0]);
    stage.leave(2);
    assert_eq!(stage.counts(), [2, 1, 0, 0]);
}

#[test]
fn a_key_named_twice_is_one_key() {
    let mut stage = Stage::new(1);
    stage.enter(0, "k a k k");
    assert_eq!(stage.served("k", Some(Kind::List)), [0]);
    assert_eq!(stage.counts(), [1, 2, 0, 0]);
    stage.leave(0);
    assert_eq!(stage.counts(), [0; 4]);
}

#[test]
fn touched_keys_are_ready_once_and_in_order() {
    let mut stage = Stage::new(2);
    stage.enter(0, "c a b");
    stage.enter(1, "b d");
    for key in ["b", "x", "a", "b"] {
        stage.waiting.touch(0, key.as_bytes());
    }
    stage.waiting.touch(1, b"c");
    assert!(stage.waiting.has_ready());
    assert_eq!(stage.ready(), "0:b 0:a");
    assert!(!stage.waiting.has_ready());
    stage.waiting.touch(0, b"b");
    assert_eq!(stage.ready(), "0:b");
    // Of all keys first those that somebody has waited for longest.
    stage.waiting.touch(0, b"d");
    stage.waiting.touch_all(0);
    stage.waiting.touch_all(1);
    assert_eq!(stage.ready(), "0:d 0:a 0:b 0:c");
    // Who is gone is not waited for.
    stage.waiting.touch(0, b"d");
    stage.leave(1);
    assert_eq!(stage.ready(), "");
}

#[test]
fn deadlines_come_in_order() {
    let mut stage = Stage::new(4);
    for (index, at) in [(0, 50), (1, 20), (2, 20)] {
        stage.enter_as(index, "k", |waiter| waiter.deadline = Some(MonoNs(at)));
    }
    stage.enter(3, "k");
    assert_eq!(stage.counts(), [4, 1, 0, 3]);
    assert_eq!(stage.waiting.next_deadline(), Some(MonoNs(20)));
    assert_eq!(stage.waiting.due(MonoNs(19)), None);
    let mut gone = Vec::new();
    while let Some(client) = stage.waiting.due(MonoNs(50)) {
        gone.push(stage.index(client));
        stage.waiting.leave(client);
    }
    assert_eq!(gone, [1, 2, 0]);
    assert_eq!(stage.waiting.next_deadline(), None);
    assert_eq!(stage.counts(), [1, 1, 0, 0]);
}

#[test]
fn who_is_tried_in_vain_keeps_its_place() {
    let mut stage = Stage::new(2);
    stage.enter(0, "k");
    stage.enter(1, "k");
    let client = stage.keys[0];
    let resume = stage.waiting.take_resume(client).unwrap();
    assert_eq!(resume.request.request().bytes(0), b"0");
    stage.waiting.give_back(client, Resume { ns: 7, ..resume });
    assert_eq!(stage.served("k", Some(Kind::List)), [0, 1]);
    let waiter = stage.waiting.leave(client).unwrap();
    assert_eq!(waiter.resume.ns, 7);
    assert!(stage.waiting.take_resume(client).is_none());
}
