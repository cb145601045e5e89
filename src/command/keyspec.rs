//! Finds the keys among a request's arguments, from the key specifications of its row.
//!
//! Most commands need nothing more than their specifications. Two kinds do: those whose use of the
//! key depends on an option (SET with and without GET), and those whose keys stand where no
//! specification can say (SORT's STORE). Their rows name a [`KeyFinder`], which is asked when the
//! specifications are not to be trusted or fail, exactly as Redis does.
//!
//! Whoever needs keys asks here: COMMAND GETKEYS, the ACL, the prefetch of a batch.

use super::args::parse_int;
use super::spec::{Begin, Find, Flags, KeyFlags, KeySpec, Spec};
use crate::resp::request::Request;

/// A key: which argument it is, and what the command does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundKey {
    pub index: usize,
    pub flags: KeyFlags,
}

/// Finds keys where the specifications cannot; appends nothing when the syntax is wrong.
pub type KeyFinder = fn(Request<'_>, &mut Vec<FoundKey>);

/// Appends the keys of `request`, a request for the command `spec` describes. None are appended
/// when the command takes no keys or when the arguments make no sense.
pub fn find(spec: &Spec, request: Request<'_>, found: &mut Vec<FoundKey>) {
    let flags_vary = has(spec, KeyFlags::VARIABLE_FLAGS);
    if takes_keys(spec) && !flags_vary && find_by_specs(spec, request, found).is_some() {
        return;
    }
    if let Some(finder) = spec.key_finder {
        finder(request, found);
    }
}

/// Whether the command can have keys at all (shard channels, which are routed like keys, are none).
pub fn takes_keys(spec: &Spec) -> bool {
    let is_key = |key: &KeySpec| !key.flags.contains(KeyFlags::NOT_KEY);
    spec.key_finder.is_some() || spec.keys.iter().any(is_key)
}

fn has(spec: &Spec, flag: KeyFlags) -> bool {
    spec.keys.iter().any(|key| key.flags.contains(flag))
}

/// All specifications must hold; else nothing is appended.
fn find_by_specs(spec: &Spec, request: Request<'_>, found: &mut Vec<FoundKey>) -> Option<()> {
    let before = found.len();
    for key in spec.keys {
        if key.flags.contains(KeyFlags::NOT_KEY) {
            continue;
        }
        let known = find_by_spec(key, request, found);
        if known.is_none() || key.flags.contains(KeyFlags::INCOMPLETE) {
            found.truncate(before);
            return None;
        }
    }
    Some(())
}

fn find_by_spec(key: &KeySpec, request: Request<'_>, found: &mut Vec<FoundKey>) -> Option<()> {
    let count = i64::try_from(request.len()).ok()?;
    let begin = begin(key.begin, request)?;
    let (first, last, step) = match key.find {
        Find::Range { last, step, limit } => {
            let limit = i64::try_from(limit).ok()?.max(1);
            let last = i64::from(last);
            let last = match (last >= 0, limit) {
                (true, _) => begin + last,
                (false, 1) => count + last,
                (false, _) => begin + (count - begin) / limit + last,
            };
            (begin, last, step)
        }
        Find::KeyNum {
            count: at,
            first,
            step,
        } => {
            let at = begin + i64::try_from(at).ok()?;
            let at = usize::try_from(at).ok().filter(|at| *at < request.len())?;
            let keys = parse_int(request.bytes(at))?;
            let first = begin + i64::try_from(first).ok()?;
            // The count is of keys; between two of them stand `step - 1` other arguments.
            let stride = i64::try_from(step.max(1)).ok()?;
            let to_last = keys.checked_sub(1)?.checked_mul(stride)?;
            (first, first.checked_add(to_last)?, step)
        }
        Find::Unknown => return None,
    };
    if last < first || last >= count {
        return None;
    }
    let range = usize::try_from(first).ok()?..=usize::try_from(last).ok()?;
    found.extend(range.step_by(step.max(1)).map(|index| FoundKey {
        index,
        flags: key.flags,
    }));
    Some(())
}

fn begin(begin: Begin, request: Request<'_>) -> Option<i64> {
    match begin {
        Begin::Index(index) => i64::try_from(index).ok(),
        Begin::Keyword { word, from } => {
            let is_word =
                |index: &usize| request.bytes(*index).eq_ignore_ascii_case(word.as_bytes());
            // The last argument can be no keyword: nothing would follow it. Neither can the name,
            // nor, going backwards, the argument next to it, which Redis leaves out as well.
            let after = usize::try_from(from.unsigned_abs()).ok()?;
            let at = if from > 0 {
                (after..request.len().saturating_sub(1)).find(is_word)?
            } else {
                let start = request.len().checked_sub(after)?;
                (2..=start).rev().find(is_word)?
            };
            i64::try_from(at + 1).ok()
        }
        Begin::Unknown => None,
    }
}

/// What COMMAND INFO shows for clients that know nothing of key specifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub first: i64,
    /// Negative: counted from the end of the arguments.
    pub last: i64,
    pub step: i64,
    /// Whether the range is not the whole truth (`movablekeys`).
    pub incomplete: bool,
}

/// The range of arguments that comes closest to the specifications: their leading consecutive
/// keys.
pub fn range(spec: &Spec) -> Range {
    let mut range = Range {
        incomplete: spec.flags.contains(Flags::MOVABLE_KEYS),
        ..Range::default()
    };
    for key in spec.keys {
        range.incomplete |= key.flags.contains(KeyFlags::INCOMPLETE);
        let (Begin::Index(first), Find::Range { last, step, .. }) = (key.begin, key.find) else {
            range.incomplete = true;
            continue;
        };
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let last = match i64::from(last) {
            last if last >= 0 => first + last,
            last => last,
        };
        if spec.keys.len() == 1 {
            range.step = i64::try_from(step).unwrap_or(i64::MAX);
            (range.first, range.last) = (first, last);
        } else if step != 1 || (range.step != 0 && range.last != first - 1) {
            range.incomplete = true;
        } else {
            range.step = 1;
            range.first = if range.first == 0 { first } else { range.first };
            range.last = last;
        }
    }
    range
}

/// SET reads the old value only with GET.
pub fn set(request: Request<'_>, found: &mut Vec<FoundKey>) {
    let reads = (3..request.len()).any(|i| request.bytes(i).eq_ignore_ascii_case(b"get"));
    let flags = if reads {
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE)
    } else {
        KeyFlags::OW.union(KeyFlags::UPDATE)
    };
    found.push(FoundKey { index: 1, flags });
}

/// BITFIELD only reads when all it is asked for are GETs.
pub fn bitfield(request: Request<'_>, found: &mut Vec<FoundKey>) {
    let mut index = 2;
    let mut only_reads = true;
    while index < request.len() {
        let after = request.len() - index - 1;
        index += match request.bytes(index).to_ascii_lowercase().as_slice() {
            b"get" if after >= 2 => 3,
            b"overflow" if after >= 1 => 2,
            _ => {
                only_reads = false;
                break;
            }
        };
    }
    let flags = if only_reads {
        KeyFlags::RO.union(KeyFlags::ACCESS)
    } else {
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE)
    };
    found.push(FoundKey { index: 1, flags });
}

/// GEORADIUS and GEORADIUSBYMEMBER store under the key of the last STORE or STOREDIST.
pub fn georadius(request: Request<'_>, found: &mut Vec<FoundKey>) {
    /// The first argument that may be an option of either command.
    const OPTIONS_AT: usize = 5;
    found.push(FoundKey {
        index: 1,
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    });
    let mut target = None;
    let mut index = OPTIONS_AT;
    while index + 1 < request.len() {
        let word = request.bytes(index);
        if word.eq_ignore_ascii_case(b"store") || word.eq_ignore_ascii_case(b"storedist") {
            index += 1;
            target = Some(index);
        }
        index += 1;
    }
    found.extend(target.map(|index| FoundKey {
        index,
        flags: KeyFlags::OW.union(KeyFlags::UPDATE),
    }));
}

/// SORT reads one key and stores under that of the last STORE; what BY and GET read follows from
/// the elements.
pub fn sort(request: Request<'_>, found: &mut Vec<FoundKey>) {
    sort_ro(request, found);
    let mut target = None;
    let mut index = 2;
    while index < request.len() {
        let after = request.len() - index - 1;
        let word = request.bytes(index).to_ascii_lowercase();
        index += match word.as_slice() {
            b"limit" if after >= 2 => 3,
            b"get" | b"by" if after >= 1 => 2,
            b"store" if after >= 1 => {
                target = Some(index + 1);
                2
            }
            _ => 1,
        };
    }
    found.extend(target.map(|index| FoundKey {
        index,
        flags: KeyFlags::OW.union(KeyFlags::UPDATE),
    }));
}

/// SORT_RO reads one key, and what follows from the elements.
pub fn sort_ro(request: Request<'_>, found: &mut Vec<FoundKey>) {
    if request.len() > 1 {
        found.push(FoundKey {
            index: 1,
            flags: KeyFlags::RO.union(KeyFlags::ACCESS),
        });
    }
}

/// MIGRATE's keys stand behind KEYS, or one stands before the options; both is wrong.
pub fn migrate(request: Request<'_>, found: &mut Vec<FoundKey>) {
    const KEY_AT: usize = 3;
    const OPTIONS_AT: usize = 6;
    let mut keys = KEY_AT..KEY_AT + 1;
    let mut index = OPTIONS_AT;
    while index + 1 < request.len() {
        index += match request.bytes(index).to_ascii_lowercase().as_slice() {
            b"keys" if request.bytes(KEY_AT).is_empty() => {
                keys = index + 1..request.len();
                break;
            }
            b"keys" => return,
            b"auth" => 2,
            b"auth2" => 3,
            _ => 1,
        };
    }
    let flags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);
    found.extend(keys.map(|index| FoundKey { index, flags }));
}

#[cfg(test)]
mod tests;
