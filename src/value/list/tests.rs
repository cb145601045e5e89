//! Lists of both forms against a vector of texts.

use fastrand::Rng;

use super::*;
use crate::value::draft::Draft;
use crate::value::testing;
use crate::value::{Home, Object, Value};

fn list_of(home: &Draft) -> List<'_> {
    match home.value() {
        Value::List(list) => list,
        _ => panic!("a list"),
    }
}

fn text(element: Element<'_>) -> Vec<u8> {
    element.text(&mut itoa::Buffer::new()).to_vec()
}

fn texts(list: List<'_>) -> Vec<Vec<u8>> {
    list.elements().map(text).collect()
}

fn slices(texts: &[Vec<u8>]) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
    texts.iter().map(Vec::as_slice)
}

fn some_text(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(..12) {
        0 => rng.i64(..).to_string().into(),
        1 => vec![b'm'; rng.usize(..60)],
        2 => vec![b'l'; rng.usize(60..400)],
        _ => rng.u8(..12).to_string().into(),
    }
}

fn some_limit(rng: &mut Rng) -> Limit {
    let bytes = [40, 100, 300][rng.usize(..3)];
    let count = [1, 4, 20, usize::MAX][rng.usize(..4)];
    Limit {
        bytes,
        count,
        alone_bytes: bytes,
    }
}

fn some_end(rng: &mut Rng) -> End {
    if rng.bool() { End::Head } else { End::Tail }
}

/// One random change of both. The list is never emptied.
fn change(rng: &mut Rng, home: &mut Draft, model: &mut Vec<Vec<u8>>, limit: Limit) {
    let (end, new) = (some_end(rng), some_text(rng));
    let at = rng.usize(..model.len());
    match rng.u32(..10) {
        0..4 => {
            let new: Vec<_> = (0..rng.usize(1..6)).map(|_| some_text(rng)).collect();
            push(home, end, slices(&new), limit);
            for text in new {
                let at = if end == End::Head { 0 } else { model.len() };
                model.insert(at, text);
            }
        }
        4 | 5 if model.len() > 1 => {
            let count = rng.usize(1..model.len().min(5));
            let mut given = Vec::new();
            pop(home, end, count, |element| given.push(text(element)));
            let popped: Vec<_> = match end {
                End::Head => model.drain(..count).collect(),
                End::Tail => model.drain(model.len() - count..).rev().collect(),
            };
            assert_eq!(given, popped);
            shrink(home, limit);
        }
        6 => {
            set(home, Some(at), &new, limit);
            model[at] = new;
        }
        7 => {
            let side = [Side::Before, Side::After][rng.usize(..2)];
            insert(home, Some(at), side, &new, limit);
            model.insert(at + usize::from(side == Side::After), new);
        }
        8 if rng.u32(..4) == 0 => {
            let to = rng.usize(at + 1..=model.len());
            trim(home, at..to);
            *model = model[at..to].to_vec();
            shrink(home, limit);
        }
        _ => {
            let gone = model[at].clone();
            let count = rng.usize(1..4);
            let equal = model.iter().filter(|text| **text == gone).count();
            if equal.min(count) == model.len() {
                return;
            }
            assert_eq!(remove_all(home, &gone, end, count, limit), equal.min(count));
            let mut left = count;
            if end == End::Tail {
                model.reverse();
            }
            model.retain(|text| {
                let take = left > 0 && *text == gone;
                left -= usize::from(take);
                !take
            });
            if end == End::Tail {
                model.reverse();
            }
            shrink(home, limit);
        }
    }
}

fn check_reads(rng: &mut Rng, list: List<'_>, model: &[Vec<u8>]) {
    assert_eq!(list.len(), model.len());
    assert_eq!(texts(list), model);
    let from = rng.usize(..=model.len());
    let to = rng.usize(from..=model.len());
    let forwards: Vec<_> = list.spans(from..to).flatten().map(text).collect();
    assert_eq!(forwards, model[from..to]);
    let spans = list.spans_back(from..to);
    let mut backwards: Vec<_> = spans.flat_map(Iterator::rev).map(text).collect();
    backwards.reverse();
    assert_eq!(backwards, model[from..to]);
    assert_eq!(list.get(from).map(text), model.get(from).cloned());
    assert!(list.get(model.len()).is_none());
}

/// Random changes, and clones that must stay what they were.
#[test]
fn changes_are_those_of_a_vector() {
    for seed in 0..300 {
        let mut rng = Rng::with_seed(seed);
        let limit = some_limit(&mut rng);
        let mut model = vec![some_text(&mut rng)];
        let new = NewList::of(End::Tail, slices(&model), limit);
        let mut home = new.give(testing::home);
        let mut frozen: Vec<(Object, Vec<Vec<u8>>)> = Vec::new();
        for _ in 0..150 {
            if home.packed().is_none() && rng.u32(..20) == 0 {
                frozen.push((home.object().clone(), model.clone()));
            }
            change(&mut rng, &mut home, &mut model, limit);
            check_reads(&mut rng, list_of(&home), &model);
        }
        for (object, model) in frozen {
            let Value::List(list) = object.value() else {
                panic!("a list");
            };
            assert_eq!(texts(list), model, "seed {seed}");
        }
    }
}

/// The limit by parameter: the largest that is packed, and the smallest that is not.
#[test]
fn the_form_follows_the_limit() {
    let encoding = |size, count: usize, bytes: usize| {
        let limit = Limit::of(&Thresholds {
            list_listpack_size: size,
            ..Thresholds::default()
        });
        let new = vec![vec![b'x'; bytes]; count];
        let home = NewList::of(End::Tail, slices(&new), limit);
        home.give(testing::home).encoding()
    };
    let cases = [
        (-1, 1, 4096 - 7),
        (-2, 1, 8192 - 7),
        (-3, 1, 16384 - 7),
        (-4, 1, 32768 - 7),
        (-5, 1, 65536 - 7),
        (-100, 1, 65536 - 7),
        (1, 1, 8192 - 7),
        (0, 1, 1),
    ];
    for (size, count, bytes) in cases {
        assert_eq!(encoding(size, count, bytes), "listpack", "{size}");
        assert_eq!(encoding(size, 8 * count, bytes), "quicklist", "{size}");
    }
    assert_eq!(encoding(-2, 1, 8192 - 6), "quicklist");
    assert_eq!(encoding(128, 128, 1), "listpack");
    assert_eq!(encoding(128, 129, 1), "quicklist");
}

#[test]
fn a_list_shrinks_to_a_listpack_at_half_of_the_limit() {
    let limit = Limit::of(&Thresholds {
        list_listpack_size: 8,
        ..Thresholds::default()
    });
    let all: Vec<Vec<u8>> = (0..20).map(|i| format!("{i}").into()).collect();
    for end in [End::Head, End::Tail] {
        let mut home = NewList::of(End::Tail, slices(&all), limit).give(testing::home);
        for left in (1..20).rev() {
            pop(&mut home, end, 1, |_| ());
            shrink(&mut home, limit);
            let want = if left <= 4 { "listpack" } else { "quicklist" };
            assert_eq!(home.encoding(), want, "{left} left");
        }
    }
}

/// Both ends cost the same, and a queue stays within its buffer.
#[test]
fn memory_is_what_the_elements_need() {
    let limit = Limit::of(&Thresholds::default());
    for end in [End::Head, End::Tail] {
        let mut list = BigList::default();
        for number in 0..100_000 {
            list.push(end, format!("element:{number}").as_bytes(), limit);
        }
        let bytes = 100_000 * (1 + 13 + 1);
        let taken = list.memory_bytes();
        assert!((bytes..bytes * 11 / 10).contains(&taken), "{taken}");
    }
    let mut queue = BigList::default();
    for number in 0..100_000 {
        queue.push(End::Tail, format!("element:{number}").as_bytes(), limit);
        if number >= 100 {
            queue.pop(End::Head, |_| ());
        }
    }
    assert!(queue.memory_bytes() < 17_000, "{}", queue.memory_bytes());
}

#[test]
fn a_large_element_is_shared_with_who_reads_it() {
    let limit = Limit::of(&Thresholds::default());
    let new = [b"small".to_vec(), vec![b'x'; 100_000]];
    let home = NewList::of(End::Tail, slices(&new), limit).give(testing::home);
    let list = list_of(&home);
    assert!(matches!(list.get(0), Some(Element::Item(_))));
    assert!(matches!(list.get(1), Some(Element::Large(_))));
}

/// Elements that come and go in the middle leave no lean chunks behind: neither many nor large.
#[test]
fn churn_in_the_middle_takes_no_more_and_more_memory() {
    let limit = Limit::of(&Thresholds {
        list_listpack_size: 16,
        ..Thresholds::default()
    });
    let mut rng = Rng::with_seed(3);
    let mut list = BigList::default();
    let mut texts: Vec<_> = (0..4000).map(|number| format!("{number:04}")).collect();
    for text in &texts {
        list.push(End::Tail, text.as_bytes(), limit);
    }
    let fresh = list.memory_bytes();
    for number in 4000..10_000 {
        let at = rng.usize(..texts.len());
        let gone = std::mem::replace(&mut texts[at], format!("{number:04}"));
        let gone = Needle::new(gone.as_bytes());
        assert_eq!(list.remove_all(gone, some_end(&mut rng), 1, limit), 1);
        let pivot = rng.usize(..list.len());
        let side = [Side::Before, Side::After][rng.usize(..2)];
        list.insert(pivot, side, texts[at].as_bytes(), limit);
    }
    let churned = list.memory_bytes();
    assert!(churned < fresh * 2, "{churned} after {fresh}");
    for text in texts.drain(100..) {
        let gone = Needle::new(text.as_bytes());
        assert_eq!(list.remove_all(gone, some_end(&mut rng), 1, limit), 1);
    }
    let thin = list.memory_bytes();
    assert!(thin < fresh / 4, "{thin} of {fresh}");
}

/// Short elements in the places of long ones take what short ones take.
#[test]
fn elements_that_become_short_give_their_memory_back() {
    let limit = Limit::of(&Thresholds::default());
    let mut list = BigList::default();
    for _ in 0..8000 {
        list.push(End::Tail, &[b'x'; 1000], limit);
    }
    for index in 0..8000 {
        list.set(index, b"y", limit);
    }
    assert!(list.memory_bytes() < 100_000, "{}", list.memory_bytes());
}
