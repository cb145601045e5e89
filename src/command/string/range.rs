//! Parts of a string: its length, a range of it, bytes behind its end or over what is there.

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::text;
use crate::ds::rope::Rope;
use crate::keyspace::Deadline;
use crate::resp::request::Arg;

/// STRLEN key
pub(in crate::command) fn strlen(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if let Some(entry) = call.db.read(key) {
        call.reply.count(entry.value().string()?.len());
        return Ok(());
    }
    call.reply.int(0);
    call.missed(key);
    Ok(())
}

/// GETRANGE key start end, and its old name SUBSTR
pub(in crate::command) fn getrange(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let start = args.int()?;
    let end = args.int()?;
    if let Some(entry) = call.db.read(key) {
        let string = entry.value().string()?;
        let range = text::within(start, end, string.len() as u64);
        let range = range.start as usize..range.end as usize;
        text::reply_range(call.reply, string, range);
        return Ok(());
    }
    call.reply.bulk(b"");
    call.missed(key);
    Ok(())
}

/// APPEND key value
pub(in crate::command) fn append(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let value = args.payload()?;
    let found = match call.db.peek(key) {
        Some(entry) => Some(entry.value().string()?.len()),
        None => None,
    };
    let len = if let Some(old_len) = found {
        text::check_length(call, old_len, value.len())?;
        write(call, key, old_len, value);
        old_len + value.len()
    } else {
        call.announce(key);
        call.db.set(key, value.into(), Deadline::Never);
        value.len()
    };
    call.changed(EventClass::STRING, "append", key, 1);
    call.reply.count(len);
    Ok(())
}

/// SETRANGE key offset value
pub(in crate::command) fn setrange(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let offset = args.int()?;
    let value = args.payload()?;
    let offset = usize::try_from(offset).map_err(|_| CommandError::OFFSET_OUT_OF_RANGE)?;
    let found = match call.db.peek(key) {
        Some(entry) => Some(entry.value().string()?.len()),
        None => None,
    };
    if value.is_empty() {
        call.reply.count(found.unwrap_or(0));
        return Ok(());
    }
    text::check_length(call, offset, value.len())?;
    let len = if let Some(old_len) = found {
        write(call, key, offset, value);
        old_len.max(offset + value.len())
    } else {
        call.announce(key);
        create(call, key, offset, value);
        offset + value.len()
    };
    call.changed(EventClass::STRING, "setrange", key, 1);
    call.reply.count(len);
    Ok(())
}

/// Writes `value` into the string at `key` from `offset` on.
fn write(call: &mut Call<'_>, key: &[u8], offset: usize, value: Arg<'_>) {
    let Some(mut entry) = call.db.write(key) else {
        return;
    };
    let mut string = entry.string();
    if value.is_empty() {
        // The bytes stay, but the encoding becomes raw.
        string.append(b"");
    }
    let mut at = offset;
    for slice in value.slices() {
        string.write_at(at, slice);
        at += slice.len();
    }
}

/// Sets `key` to `value` behind `offset` zeros.
fn create(call: &mut Call<'_>, key: &[u8], offset: usize, value: Arg<'_>) {
    let mut rope = Rope::new();
    rope.append_zeros(offset);
    value.slices().for_each(|slice| rope.append(slice));
    text::set_raw(call, key, rope);
}
