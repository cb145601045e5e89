//! The group against a `BTreeMap`.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::*;

/// What is pending, for whom, since when, how often delivered; and the consumers.
#[derive(Clone, Default)]
struct Model {
    pending: BTreeMap<StreamId, Pending>,
    consumers: BTreeSet<Vec<u8>>,
}

fn check(group: &Group, model: &Model, seed: u64) {
    let all = group
        .pending()
        .iter()
        .map(|(id, pending)| (id, pending.clone()));
    assert!(all.eq(model.pending.clone()), "seed {seed}");
    let names = group.consumers().iter().map(|(name, _)| name.to_vec());
    assert!(names.eq(model.consumers.clone()), "seed {seed}");
    for (name, consumer) in group.consumers().iter() {
        let own = model
            .pending
            .iter()
            .filter(|(_, pending)| pending.consumer == *name);
        let own: Vec<StreamId> = own.map(|(id, _)| *id).collect();
        assert_eq!(consumer.pending_len(), own.len(), "seed {seed}");
        let all = consumer.pending(StreamId::MIN..=StreamId::MAX);
        assert_eq!(all.collect::<Vec<_>>(), own, "seed {seed}");
    }
}

/// Random changes, with clones that must stay as they were.
#[test]
fn a_group_is_a_map_of_what_is_pending() {
    for seed in 0..100 {
        let mut rng = Rng::with_seed(seed);
        let mut group = Group::new(StreamId::MIN, None);
        let mut model = Model::default();
        let mut frozen = Vec::new();
        let consumers = rng.u32(1..5);
        for now in 0..500 {
            let id = StreamId::new(rng.u64(..200), 0);
            let name = rng.u32(..consumers).to_string().into_bytes();
            let (consumer, is_new) = group.see_consumer(&name, now);
            assert_eq!(is_new, model.consumers.insert(name.clone()), "seed {seed}");
            let pending = |deliveries| Pending {
                consumer: consumer.clone(),
                delivered_at: now,
                deliveries,
            };
            match rng.u32(..20) {
                0..8 => {
                    let ids: Vec<_> = (id.ms..id.ms + 9).map(|ms| StreamId::new(ms, 0)).collect();
                    group.deliver(&ids, &consumer, now);
                    model.pending.extend(ids.iter().map(|id| (*id, pending(1))));
                }
                8..11 => {
                    group.assign(id, pending(now));
                    model.pending.insert(id, pending(now));
                }
                11..13 => {
                    group.deliver_again(id, now);
                    if let Some(pending) = model.pending.get_mut(&id) {
                        pending.delivered_at = now;
                        pending.deliveries += 1;
                    }
                }
                13..18 => {
                    let was = model.pending.remove(&id).is_some();
                    assert_eq!(group.acknowledge(id), was, "seed {seed}");
                }
                18 if now % 5 == 0 => {
                    let before = model.pending.len();
                    model
                        .pending
                        .retain(|_, pending| pending.consumer != consumer);
                    model.consumers.remove(&name);
                    let removed = group.remove_consumer(&name).map(|gone| gone.pending_len());
                    assert_eq!(removed, Some(before - model.pending.len()), "seed {seed}");
                    assert!(group.remove_consumer(&name).is_none());
                }
                19 if now % 5 == 0 => frozen.push((group.clone(), model.clone())),
                _ => check(&group, &model, seed),
            }
        }
        frozen.push((group, model));
        for (group, model) in frozen {
            check(&group, &model, seed);
        }
    }
}
