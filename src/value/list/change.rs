//! Changes to a list, and when one form becomes the other.

use std::ops::Range;

use super::big::BigList;
use super::chunk::REDIS_FRAME_BYTES;
use super::{Element, End, Limit, List, Side};
use crate::ds::listpack::{self, Listpack, Needle, Pack, START};
use crate::value::{Home, NewValue, Object, Packed, Value};

/// A list that is not yet anybody's.
pub enum NewList {
    Packed(Pack),
    Big(BigList),
}

impl NewList {
    /// A list of `texts`, as if they had been pushed at `end` one by one.
    pub fn of<'t>(
        end: End,
        texts: impl DoubleEndedIterator<Item = &'t [u8]> + Clone,
        limit: Limit,
    ) -> NewList {
        let added = Added::of(texts.clone());
        if !limit.is_exceeded(REDIS_FRAME_BYTES + added.bytes, added.count) {
            return NewList::Packed(pack(end, texts));
        }
        let mut list = BigList::default();
        for text in texts {
            list.push(end, text, limit);
        }
        NewList::Big(list)
    }

    /// A list of `texts` as SORT makes it: packed if it turns out to be within the limit.
    pub fn sorted<'t>(
        texts: impl DoubleEndedIterator<Item = &'t [u8]> + Clone,
        limit: Limit,
    ) -> NewList {
        let mut list = BigList::default();
        for text in texts.clone() {
            list.push(End::Tail, text, limit);
        }
        match list.one_run(limit) {
            Some(_) => NewList::Packed(pack(End::Tail, texts)),
            None => NewList::Big(list),
        }
    }

    /// Hands the list over as a value.
    pub fn give<R>(self, take: impl FnOnce(NewValue<'_>) -> R) -> R {
        match self {
            NewList::Packed(mut pack) => take(NewValue::Packed(Packed::List, pack.listpack())),
            NewList::Big(list) => take(NewValue::Object(Object::List(list))),
        }
    }
}

/// What is to be added to a list, as Redis measures it: by texts, whatever they are packed into.
#[derive(Clone, Copy)]
struct Added {
    bytes: usize,
    count: usize,
}

impl Added {
    fn of<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Added {
        let mut added = Added { bytes: 0, count: 0 };
        for text in texts {
            added.bytes += text.len();
            added.count += 1;
        }
        added
    }
}

/// Entries for `texts` in the order they get by being pushed at `end` one by one.
#[inline]
fn pack<'t>(end: End, texts: impl DoubleEndedIterator<Item = &'t [u8]>) -> Pack {
    match end {
        End::Head => Pack::of(texts.rev()),
        End::Tail => Pack::of(texts),
    }
}

#[inline]
fn list(home: &impl Home) -> List<'_> {
    match home.value() {
        Value::List(list) => list,
        _ => unreachable!("opened as a list"),
    }
}

#[inline]
fn big(home: &mut impl Home) -> &mut BigList {
    match home.object() {
        Object::List(list) => list,
        _ => unreachable!("opened as a list"),
    }
}

/// Makes a packed list large, if it might be beyond `limit` with what is to be added.
#[inline]
fn grow(home: &mut impl Home, added: Added, limit: Limit) {
    let Some(bytes) = home.packed() else {
        return;
    };
    let len = bytes.len() - START + REDIS_FRAME_BYTES + added.bytes;
    if limit.is_exceeded(len, Listpack::new(bytes).len() + added.count) {
        let list = BigList::from_listpack(bytes);
        home.become_object(Object::List(list));
    }
}

/// Makes a large list packed, if it has shrunk to half of `limit`. To be called after elements
/// left, while there are some.
#[inline]
pub fn shrink(home: &mut impl Home, limit: Limit) {
    let List::Big(list) = list(home) else {
        return;
    };
    let Some(run) = list.one_run(limit.half()) else {
        return;
    };
    let count = u16::try_from(run.len()).unwrap_or(u16::MAX);
    let bytes = [&count.to_le_bytes(), run.entries_bytes()].concat();
    home.become_packed(Packed::List, &bytes);
}

/// Adds `texts` at `end`, one by one.
#[inline]
pub fn push<'t>(
    home: &mut impl Home,
    end: End,
    texts: impl DoubleEndedIterator<Item = &'t [u8]> + Clone,
    limit: Limit,
) {
    grow(home, Added::of(texts.clone()), limit);
    if home.packed().is_none() {
        let list = big(home);
        for text in texts {
            list.push(end, text, limit);
        }
        return;
    }
    let mut pack = pack(end, texts);
    match end {
        End::Head => listpack::prepend(home, &mut pack),
        End::Tail => listpack::append(home, &mut pack),
    }
}

/// Takes `count` elements out at `end`, each shown to `give` before, from the end on. Some must
/// remain.
#[inline]
pub fn pop(home: &mut impl Home, end: End, count: usize, mut give: impl FnMut(Element<'_>)) {
    if home.packed().is_none() && count == 1 {
        if let Some(heavy) = big(home).pop(end, give) {
            home.discard(heavy);
        }
        return;
    }
    let list = list(home);
    let len = list.len();
    let range = match end {
        End::Head => {
            list.spans(0..count).flatten().for_each(&mut give);
            0..count
        }
        End::Tail => {
            let spans = list.spans_back(len - count..len);
            spans.flat_map(Iterator::rev).for_each(&mut give);
            len - count..len
        }
    };
    remove(home, range);
}

/// Takes the elements at the positions in `range` out. Some must remain.
#[inline]
pub fn remove(home: &mut impl Home, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    let Some(bytes) = home.packed() else {
        let removed = big(home).remove(range);
        if removed.is_heavy() {
            home.discard(removed);
        }
        return;
    };
    let list = Listpack::new(bytes);
    let bound = |index| list.offset(index).expect("a position within the list");
    let bytes = bound(range.start)..bound(range.end);
    listpack::remove(home, bytes, range.len());
}

/// Keeps the elements at the positions in `range`, of which there must be some.
pub fn trim(home: &mut impl Home, range: Range<usize>) {
    let len = list(home).len();
    remove(home, range.end..len);
    remove(home, 0..range.start);
}

/// Puts `text` in the place of element `index`; nothing is changed if there is none, but the form
/// may be.
pub fn set(home: &mut impl Home, index: Option<usize>, text: &[u8], limit: Limit) {
    let bytes = text.len();
    grow(home, Added { bytes, count: 1 }, limit);
    let Some(index) = index else {
        return;
    };
    match home.packed() {
        None => big(home).set(index, text, limit),
        Some(bytes) => {
            let entry = Listpack::new(bytes).get(index);
            let entry = entry.expect("a position within the list");
            let mut pack = Pack::of([text]);
            let range = entry.start..entry.end;
            listpack::splice(home, range, 1, &mut pack);
        }
    }
    shrink(home, limit);
}

/// Puts `text` beside element `pivot`; nothing is changed if there is none, but the form may be.
pub fn insert(home: &mut impl Home, pivot: Option<usize>, side: Side, text: &[u8], limit: Limit) {
    let bytes = text.len();
    grow(home, Added { bytes, count: 1 }, limit);
    let Some(pivot) = pivot else {
        return;
    };
    match home.packed() {
        None => big(home).insert(pivot, side, text, limit),
        Some(bytes) => {
            let at = Listpack::new(bytes).offset(pivot + usize::from(side == Side::After));
            let at = at.expect("a position within the list");
            let mut pack = Pack::of([text]);
            listpack::splice(home, at..at, 0, &mut pack);
        }
    }
}

/// Takes elements equal to `text` out, at most `count`, from `end` on; how many there were. None
/// may remain.
pub fn remove_all(
    home: &mut impl Home,
    text: &[u8],
    end: End,
    count: usize,
    limit: Limit,
) -> usize {
    let needle = Needle::new(text);
    let Some(bytes) = home.packed() else {
        return big(home).remove_all(needle, end, count, limit);
    };
    let mut kept = Pack::new();
    let mut taken = 0;
    let entries = Listpack::new(bytes);
    let equal = entries.items().filter(|item| needle.is(*item)).count();
    if equal == 0 {
        return 0;
    }
    let skipped = match end {
        End::Head => 0,
        End::Tail => equal.saturating_sub(count),
    };
    let mut seen = 0;
    for item in entries.items() {
        let is_equal = needle.is(item);
        if is_equal && seen >= skipped && taken < count {
            taken += 1;
        } else {
            kept.push_item(item);
        }
        seen += usize::from(is_equal);
    }
    let (end, count) = (bytes.len(), entries.len());
    listpack::splice(home, START..end, count, &mut kept);
    taken
}
