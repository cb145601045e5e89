//! The map against the standard library's.

use std::collections::BTreeMap;
use std::ops::Bound;

use fastrand::Rng;

use super::TreeMap;

#[test]
fn it_equals_a_btree_map() {
    for seed in 0..12 {
        println!("seed {seed}");
        let rng = &mut Rng::with_seed(seed);
        let (mut map, mut twin) = (TreeMap::<u32, String>::new(), BTreeMap::new());
        let keys = [50, 2000, 50_000][seed as usize % 3];
        let mut frozen = None;
        for step in 0..6000 {
            change(&mut map, &mut twin, keys, (step / 1500) % 2 == 0, rng);
            if step % 5 == 0 {
                compare(&map, &twin, rng.u32(..keys), rng.u32(..keys));
            }
            if step % 500 == 100
                && let Some((map, twin)) = frozen.replace((map.clone(), twin.clone()))
            {
                compare(&map, &twin, 0, keys);
            }
        }
        map.tree.check(|a, b| a <= b);
    }
}

fn change(
    map: &mut TreeMap<u32, String>,
    twin: &mut BTreeMap<u32, String>,
    keys: u32,
    grows: bool,
    rng: &mut Rng,
) {
    let key = rng.u32(..keys);
    match rng.usize(..if grows { 10 } else { 30 }) {
        0..6 => assert_eq!(
            map.insert(key, key.to_string()),
            twin.insert(key, key.to_string())
        ),
        6 => {
            assert_eq!(map.get_mut(&key), twin.get_mut(&key));
            if let (Some(value), Some(other)) = (map.get_mut(&key), twin.get_mut(&key)) {
                value.push('!');
                other.push('!');
            }
        }
        7 => assert_eq!(map.pop_first(), twin.pop_first()),
        8 => assert_eq!(map.pop_last(), twin.pop_last()),
        9 if rng.usize(..20) == 0 => {
            let end = key.saturating_add(rng.u32(..keys));
            let _ = map.remove_range(key..end);
            twin.retain(|other, _| !(key..end).contains(other));
        }
        _ => assert_eq!(map.remove(&key), twin.remove(&key)),
    }
}

fn compare(map: &TreeMap<u32, String>, twin: &BTreeMap<u32, String>, a: u32, b: u32) {
    assert_eq!(map.len(), twin.len());
    assert_eq!(map.is_empty(), twin.is_empty());
    assert_eq!(map.get(&a), twin.get(&a));
    assert_eq!(map.rank(&a), twin.range(..a).count());
    assert_eq!(map.first(), twin.first_key_value().map(|(k, v)| (*k, v)));
    assert_eq!(map.last(), twin.last_key_value().map(|(k, v)| (*k, v)));
    let position = twin.len() / 2;
    let at = twin.iter().nth(position).map(|(k, v)| (*k, v));
    assert_eq!(map.at(position), at);
    let (low, high) = (a.min(b), a.max(b) + 1);
    let bounds = [
        (Bound::Included(low), Bound::Excluded(high)),
        (Bound::Excluded(low), Bound::Included(high)),
        (Bound::Unbounded, Bound::Included(low)),
        (Bound::Included(high), Bound::Unbounded),
    ];
    for keys in bounds {
        let pairs = map.range(keys);
        assert_eq!(pairs.len(), twin.range(keys).count());
        assert!(pairs.eq(twin.range(keys).map(|(k, v)| (*k, v))));
        let back = map.range_back(keys);
        assert!(back.eq(twin.range(keys).rev().map(|(k, v)| (*k, v))));
    }
    assert!(map.iter().eq(twin.iter().map(|(k, v)| (*k, v))));
}
