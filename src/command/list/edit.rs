//! Changes to the inside of a list.

use super::{End, limit, list_of, position, range};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::ds::listpack::Needle;
use crate::value::list::{self, List, Side};

/// LSET key index element
pub(in crate::command) fn lset(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let limit = limit(call);
    let mut entry = call.db.write(key).ok_or(CommandError::NO_SUCH_KEY)?;
    let len = list_of(&entry)?.len();
    let index = position(args.int()?, len);
    // Out of range, too, the list may get the form it would have had.
    list::set(&mut entry, index, args.bytes()?, limit);
    if index.is_none() {
        return Err(CommandError::INDEX_OUT_OF_RANGE);
    }
    call.reply.ok();
    call.changed(EventClass::LIST, "lset", key, 1);
    Ok(())
}

/// LINSERT key BEFORE|AFTER pivot element
pub(in crate::command) fn linsert(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let side = if args.take_word("AFTER") {
        Side::After
    } else if args.take_word("BEFORE") {
        Side::Before
    } else {
        return Err(CommandError::SYNTAX);
    };
    let (pivot, element) = (Needle::new(args.bytes()?), args.bytes()?);
    let limit = limit(call);
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    let list = list_of(&entry)?;
    let found = index_of(list, pivot);
    let len = list.len();
    // Without the pivot, too, the list may get the form it would have had.
    list::insert(&mut entry, found, side, element, limit);
    if found.is_none() {
        call.reply.int(-1);
        return Ok(());
    }
    call.reply.count(len + 1);
    call.changed(EventClass::LIST, "linsert", key, 1);
    Ok(())
}

fn index_of(list: List<'_>, needle: Needle<'_>) -> Option<usize> {
    let mut before = 0;
    for span in list.spans(0..list.len()) {
        for element in span {
            if element.is(needle) {
                return Some(before);
            }
            before += 1;
        }
    }
    None
}

/// LREM key count element
pub(in crate::command) fn lrem(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let count = args.symmetric_int()?;
    let text = args.bytes()?;
    let end = if count < 0 { End::Tail } else { End::Head };
    let most = match usize::try_from(count.unsigned_abs()) {
        Ok(most @ 1..) => most,
        _ => usize::MAX,
    };
    let limit = limit(call);
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    let len = list_of(&entry)?.len();
    let removed = list::remove_all(&mut entry, text, end, most, limit);
    let is_gone = removed == len;
    if is_gone {
        entry.remove();
    } else if removed > 0 {
        list::shrink(&mut entry, limit);
    }
    call.reply.count(removed);
    if removed > 0 {
        call.changed(EventClass::LIST, "lrem", key, removed as u64);
    }
    if is_gone {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
    Ok(())
}

/// LTRIM key start stop
pub(in crate::command) fn ltrim(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let (start, stop) = (args.int()?, args.int()?);
    let limit = limit(call);
    let Some(mut entry) = call.db.write(key) else {
        call.reply.ok();
        return Ok(());
    };
    let len = list_of(&entry)?.len();
    let kept = range(start, stop, len);
    let removed = len - kept.len();
    let is_gone = kept.is_empty();
    if is_gone {
        entry.remove();
    } else {
        list::trim(&mut entry, kept);
        list::shrink(&mut entry, limit);
    }
    call.reply.ok();
    call.changed(EventClass::LIST, "ltrim", key, removed as u64);
    if is_gone {
        call.changed(EventClass::GENERIC, "del", key, 0);
    }
    Ok(())
}
