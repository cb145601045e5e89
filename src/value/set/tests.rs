//! Sets against a set of texts, through all forms and thresholds.

use std::collections::BTreeSet;

use super::*;
use crate::ds::table::Seed;
use crate::value::Home;
use crate::value::Thresholds;
use crate::value::draft::Draft;

const SEED: Seed = Seed([1, 2]);

fn limits() -> Thresholds {
    Thresholds {
        set_intset_entries: 40,
        set_listpack_entries: 12,
        set_listpack_value: 10,
        ..Thresholds::default()
    }
}

fn texts(set: Set<'_>) -> BTreeSet<Vec<u8>> {
    let mut texts = BTreeSet::new();
    set.for_each(|item| assert!(texts.insert(item.to_vec()), "twice"));
    texts
}

fn assert_equal(set: Set<'_>, model: &BTreeSet<Vec<u8>>) {
    assert_eq!(&texts(set), model);
    assert_eq!(set.len(), model.len());
    assert_eq!(set.is_empty(), model.is_empty());
    let by_place: BTreeSet<Vec<u8>> = (0..set.len()).map(|place| set.at(place).to_vec()).collect();
    assert_eq!(&by_place, model);
    let mut scanned = BTreeSet::new();
    let mut cursor = 0;
    loop {
        cursor = set.scan(cursor, 3, |item| {
            scanned.insert(item.to_vec());
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(&scanned, model);
}

/// Integers mostly, some short texts, a few long ones, as `mix` says.
fn member(random: &mut fastrand::Rng, mix: u8) -> Vec<u8> {
    let number = random.u32(..60);
    match random.u8(..12) {
        0 if mix > 1 => format!("a long member {number}").into(),
        1 | 2 if mix > 0 => format!("m{number}").into(),
        3 => format!("-{number}000").into(),
        4 => i64::MAX.to_string().into(),
        5 if mix > 0 => format!("0{number}").into(),
        _ => number.to_string().into(),
    }
}

#[test]
fn behaves_as_a_set_of_texts() {
    for seed in 0..120 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mix = random.u8(..3);
        let mut draft = match random.u8(..3) {
            0 => Draft::ints(SEED),
            1 => Draft::few_members(SEED),
            _ => Draft::big_set(SEED, Set::Ints(crate::ds::intset::EMPTY)),
        };
        let mut model = BTreeSet::new();
        let mut frozen: Vec<(Draft, BTreeSet<Vec<u8>>)> = Vec::new();
        for _ in 0..150 {
            let member = member(&mut random, mix);
            let was = model.contains(&member);
            assert_eq!(draft.set().contains(Needle::new(&member)), was);
            assert_eq!(draft.set().contains_item(Item::Bytes(&member)), was);
            assert_eq!(draft.set().contains_item(Item::of(&member)), was);
            match random.u8(..10) {
                0..6 => {
                    assert_eq!(add(&mut draft, &member, &limits()), !was);
                    model.insert(member);
                }
                6 | 7 => {
                    assert_eq!(remove(&mut draft, &member), was);
                    model.remove(&member);
                }
                8 if !model.is_empty() => {
                    let place = random.usize(..model.len());
                    let member = draft.set().at(place).to_vec();
                    remove_at(&mut draft, place);
                    assert!(model.remove(&member));
                }
                _ => {
                    if let Set::Big(_) = draft.set() {
                        frozen.push((Draft::big_set(SEED, draft.set()), model.clone()));
                    }
                }
            }
            assert_equal(draft.set(), &model);
        }
        for (draft, model) in &frozen {
            assert_equal(draft.set(), model);
        }
    }
}

fn form(set: Set<'_>) -> &'static str {
    match set {
        Set::Ints(_) => "intset",
        Set::Packed(_) => "listpack",
        Set::Big(_) => "hashtable",
    }
}

/// The form of a set made of these members, one by one.
fn form_of<'a>(members: impl IntoIterator<Item = &'a str>) -> &'static str {
    let mut members = members.into_iter().peekable();
    let first = members.peek().expect("a member").as_bytes();
    let mut draft = Draft::set_for(first, 1, &limits(), SEED);
    for member in members {
        add(&mut draft, member.as_bytes(), &limits());
    }
    form(draft.set())
}

#[test]
fn takes_on_the_forms_that_redis_gives_it() {
    let numbers: Vec<String> = (0..41).map(|number| number.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    assert_eq!(form_of(["1"]), "intset");
    assert_eq!(form_of(["a"]), "listpack");
    assert_eq!(form_of(["01"]), "listpack");
    assert_eq!(form_of(["ten bytes.", "1"]), "listpack");
    assert_eq!(form_of(["more than ten"]), "hashtable");
    assert_eq!(form_of(["1", "more than ten"]), "hashtable");
    assert_eq!(form_of(["a", "more than ten"]), "hashtable");
    assert_eq!(form_of(["12345678901", "a"]), "hashtable");
    assert_eq!(form_of(["-1234567890", "a"]), "hashtable");
    assert_eq!(form_of(["1234567890", "a"]), "listpack");
    assert_eq!(form_of(numbers[..40].iter().copied()), "intset");
    assert_eq!(form_of(numbers[..41].iter().copied()), "hashtable");
    let with = |first: &[&'static str], count: usize, last: &[&'static str]| {
        let members = first.iter().chain(&numbers[..count]).chain(last);
        form_of(members.copied().collect::<Vec<&str>>())
    };
    assert_eq!(with(&["a"], 11, &[]), "listpack");
    assert_eq!(with(&["a"], 12, &[]), "hashtable");
    assert_eq!(with(&["a"], 11, &["a", "5"]), "listpack");
    assert_eq!(with(&[], 11, &["a"]), "listpack");
    assert_eq!(with(&[], 12, &["a"]), "hashtable");
}

#[test]
fn is_made_for_those_that_are_announced() {
    let made =
        |member: &str, count| form(Draft::set_for(member.as_bytes(), count, &limits(), SEED).set());
    assert_eq!(made("1", 40), "intset");
    assert_eq!(made("1", 41), "hashtable");
    assert_eq!(made("a", 12), "listpack");
    assert_eq!(made("a", 13), "hashtable");
    let prepared = |mut draft: Draft, count| {
        expect(&mut draft, count, &limits());
        form(draft.set())
    };
    assert_eq!(prepared(Draft::ints(SEED), 40), "intset");
    assert_eq!(prepared(Draft::ints(SEED), 41), "hashtable");
    assert_eq!(prepared(Draft::few_members(SEED), 12), "listpack");
    assert_eq!(prepared(Draft::few_members(SEED), 13), "hashtable");
}

#[test]
fn integers_are_preferred_where_they_fit() {
    for count in [3, 40, 41] {
        let mut draft = Draft::big_set(SEED, Set::Ints(crate::ds::intset::EMPTY));
        for number in 0..count {
            add(&mut draft, (number - 20).to_string().as_bytes(), &limits());
        }
        let before = texts(draft.set());
        draft.prefer_ints(&limits());
        assert_eq!(texts(draft.set()), before);
        let expected = if count > 40 { "hashtable" } else { "intset" };
        assert_eq!(form(draft.set()), expected);
        assert_eq!(draft.packed().is_some(), count <= 40);
    }
}

#[test]
fn members_are_seen_once_whatever_form_they_come_in() {
    let mut seen = Seen::new(SEED);
    assert!(seen.insert(Item::Int(7)));
    assert!(!seen.insert(Item::Bytes(b"7")));
    assert!(seen.insert(Item::Bytes(b"07")));
    assert!(seen.contains(Item::Bytes(b"7")));
    assert!(!seen.contains(Item::Int(8)));
}
