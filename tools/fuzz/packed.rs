//! Readers of packed values, whose bytes will come out of files: each either refuses them, or reads
//! them the same in every way there is.

use std::mem::discriminant;

use ruddle::ds::intset::{self, IntSet};
use ruddle::ds::listpack::{self, Item, Listpack, Needle, Pack};
use ruddle::value::Str;
use ruddle::value::hyperloglog::{Draft, Hll, REGISTERS, place};

use crate::targets::{Target, about, signature};

pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "listpack",
        check: check_listpack,
        seeds: &[
            b"\0\0",
            b"\x02\0\x07\x01\x82ab\x03",
            b"\x03\0\xc1\x00\x02\xf1\xff\x7f\x03\xf2\0\0\x80\x04",
            b"\x02\0\xf3\xff\xff\xff\x7f\x05\xf4\0\0\0\0\0\0\0\x80\x09",
            b"\x01\0\xe0\x03abc\x05",
            b"\x01\0\xf0\x03\0\0\0abc\x08",
        ],
        words: &[
            b"\0",
            b"\x01",
            b"\x02",
            b"\x7f\x01",
            b"\x80\x01",
            b"\x81x\x02",
            b"\x82-1\x03",
            b"\xdf\xff\x02",
            b"\xe0\x01x\x03",
            b"\xe1\0",
            b"\xf0\x01\0\0\0x\x06",
            b"\xf1\0\x80\x03",
            b"\xf2\xff\xff\x7f\x04",
            b"\xf3\0\0\0\x80\x05",
            b"\xf4",
            b"\xf5",
            b"\xff",
            b"\xff\xff",
        ],
    },
    Target {
        name: "intset",
        check: check_intset,
        seeds: &[
            b"\x02",
            b"\x02\x01\0\x02\0",
            b"\x04\0\0\x01\0\xff\xff\xff\x7f",
            b"\x08\0\0\0\0\0\0\0\x80\0\0\0\0\x01\0\0\0",
        ],
        words: &[
            b"\x02",
            b"\x04",
            b"\x08",
            b"\0\0",
            b"\x01\0",
            b"\xff\xff",
            b"\0\x80",
            b"\xff\x7f",
            b"\x10\x27",
            b"\0\0\0\0\0\0\0\x80",
        ],
    },
    Target {
        name: "hyperloglog",
        check: check_hyperloglog,
        seeds: &[
            b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff",
            b"HYLL\x01\0\0\0\x01\0\0\0\0\0\0\0\x40\x00\x84\x7f\xfe",
            b"HYLL\0\0\0\0\0\0\0\0\0\0\0\x80",
        ],
        words: &[
            b"HYLL\x01",
            b"HYLL\0",
            b"HYLL\x02",
            b"\0",
            b"\x3f",
            b"\x40\0",
            b"\x7f\xff",
            b"\x7f\xfe",
            b"\x80",
            b"\x83",
            b"\xff",
            b"\xfc",
            b"\x40\x01",
        ],
    },
];

/// What is valid reads the same from both ends and by position, and changes to what is valid.
fn check_listpack(input: &[u8]) -> u64 {
    let Ok(count) = listpack::validate(input) else {
        return signature(("refused", input.len().min(4)));
    };
    let list = Listpack::new(input);
    assert_eq!(list.len(), count);
    assert_eq!(list.is_empty(), count == 0);
    let items: Vec<Item<'_>> = list.items().collect();
    assert_eq!(items.len(), count);
    let mut backwards: Vec<Item<'_>> = list.items().rev().collect();
    backwards.reverse();
    assert_eq!(items, backwards);
    for (index, item) in items.iter().enumerate() {
        let entry = list.get(index).expect("an index below the count");
        assert_eq!(entry.item, *item);
        let at = list.offset(index).expect("an index below the count");
        assert_eq!(list.entry_at(at).map(|entry| entry.item), Some(*item));
        let text = item.to_vec();
        assert_eq!(text.len(), item.text_len());
        // Only what is kept as a writer would keep it is found.
        if Item::of(&text) == *item {
            let (found, _) = list.find(Needle::new(&text), 1).expect("it is there");
            assert!(found <= index);
        }
    }
    assert!(list.get(count).is_none());
    let texts: Vec<Vec<u8>> = items.iter().map(|item| item.to_vec()).collect();
    let mut written = Pack::of(texts.iter().map(Vec::as_slice));
    let written = Listpack::new(written.listpack());
    assert!(written.items().map(Item::to_vec).eq(texts.iter().cloned()));
    let mut changed = input.to_vec();
    listpack::append(&mut changed, &mut Pack::of([b"more".as_slice()]));
    listpack::prepend(&mut changed, &mut Pack::of([b"-70000".as_slice()]));
    assert_eq!(listpack::validate(&changed), Ok(count + 2));
    let ints = items.iter().filter(|item| matches!(item, Item::Int(_)));
    signature((about(count), about(ints.count()), input.len().ilog2()))
}

/// What is valid is what a writer writes, but perhaps wider; and it changes like a set.
fn check_intset(input: &[u8]) -> u64 {
    if intset::check(input).is_err() {
        return signature(("refused", input.len().min(9), input.first()));
    }
    let set = IntSet::new(input);
    let integers: Vec<i64> = set.iter().collect();
    assert_eq!(integers.len(), set.len());
    assert!(integers.is_sorted());
    assert_eq!(
        (set.first(), set.last()),
        (integers.first().copied(), integers.last().copied())
    );
    let written = intset::encode(integers.iter().copied());
    assert!(intset::check(&written).is_ok() && written.len() <= input.len());
    assert!(IntSet::new(&written).iter().eq(integers.iter().copied()));
    for (index, integer) in integers.iter().enumerate() {
        assert_eq!(set.find(*integer), Ok(index));
        assert_eq!(set.get(index), Some(*integer));
    }
    for integer in [i64::MIN, -40_000, 0, 70_000, i64::MAX] {
        let mut changed = input.to_vec();
        match set.insert(integer) {
            Some(edit) => edit.apply(&mut changed),
            None => assert!(set.contains(integer)),
        }
        assert!(intset::check(&changed).is_ok() && IntSet::new(&changed).contains(integer));
        let edit = IntSet::new(&changed)
            .remove(integer)
            .expect("it is a member");
        edit.apply(&mut changed);
        assert!(intset::check(&changed).is_ok() && !IntSet::new(&changed).contains(integer));
    }
    signature((about(integers.len()), input[0]))
}

/// Corrupt runs are an error of whatever reads or changes them, and never more than that.
fn check_hyperloglog(input: &[u8]) -> u64 {
    let hll = match Hll::open(Str::Inline(input)) {
        Ok(hll) => hll,
        Err(fault) => return signature(("refused", discriminant(&fault))),
    };
    let counted = hll.count();
    let mut registers = [0; REGISTERS];
    let merged = hll.merge_into(&mut registers);
    assert_eq!(
        counted.is_ok(),
        merged.is_ok(),
        "counting and merging judge alike"
    );
    let text = hll.runs_text();
    let mut draft = Draft::from(hll);
    for element in [b"a".as_slice(), b"b", b"c", b"1234567890"] {
        // It may be corrupt.
        let _ = draft.raise(place(element), 100);
    }
    let bytes = draft.into_bytes();
    let after = Hll::open(Str::Inline(&bytes)).expect("a draft keeps its header");
    if let (Ok(before), Ok(after)) = (&counted, after.count()) {
        assert!(
            after + 1 >= *before,
            "elements do not get fewer: {before} {after}"
        );
    }
    signature((
        discriminant(&hll.form()),
        counted.is_ok(),
        about(text.len() / 8),
    ))
}
