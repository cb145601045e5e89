//! HyperLogLogs: counts of distinct elements, kept in strings.
//!
//! Dense registers are changed in place, a byte or two of 12 KB at a time; sparse ones, which are
//! few, are changed beside the keyspace and written back. So an HLL that turns out to be corrupt
//! stays as it is.

use std::sync::Arc;

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::keyspace::{Deadline, EntryMut, StringMut};
use crate::value::Str;
use crate::value::hyperloglog::{
    COUNT_AT, Draft, Form, Hll, REGISTERS, Registers, STALE_AT, STALE_BIT, count_of, place,
    raised_dense, self_test,
};
use crate::value::string::NewStr;

/// PFADD key [element …]
pub(super) fn pfadd(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let sparse_bytes_max = call.limits.thresholds.hll_sparse_bytes;
    let changes = if let Some(mut entry) = call.db.write(key) {
        let hll = Hll::open(entry.as_entry().value().string()?)?;
        match hll.form() {
            Form::Dense => add_to_dense(&mut entry.string(), args)?,
            Form::Sparse => {
                let mut draft = Draft::from(hll);
                let changes = add_to_draft(&mut draft, args, sparse_bytes_max)?;
                if changes > 0 {
                    store(&mut entry, draft);
                } else {
                    make_raw(&mut entry);
                }
                changes
            }
        }
    } else {
        let mut draft = Draft::new();
        let changes = add_to_draft(&mut draft, args, sparse_bytes_max)? + 1;
        create(call, key, draft);
        changes
    };
    if changes > 0 {
        call.changed(EventClass::STRING, "pfadd", key, changes);
    }
    call.reply.int(i64::from(changes > 0));
    Ok(())
}

/// Notes the elements left in `args`; how many registers that changed.
fn add_to_dense(string: &mut StringMut<'_>, args: &mut Args<'_>) -> Result<u64, CommandError> {
    let mut changes = 0;
    while args.left() > 0 {
        let (register, rank) = place(args.bytes()?);
        if let Some((at, bytes)) = raised_dense(bytes_of(string.get()), register, rank) {
            string.write_at(at, &bytes);
            changes += 1;
        }
    }
    let last = bytes_of(string.get()).get(STALE_AT).copied();
    if let Some(last) = last.filter(|_| changes > 0) {
        string.write_at(STALE_AT, &[last | STALE_BIT]);
    }
    Ok(changes)
}

fn add_to_draft(
    draft: &mut Draft,
    args: &mut Args<'_>,
    sparse_bytes_max: usize,
) -> Result<u64, CommandError> {
    let mut changes = 0;
    while args.left() > 0 {
        let changed = draft.raise(place(args.bytes()?), sparse_bytes_max)?;
        changes += u64::from(changed);
    }
    Ok(changes)
}

/// A string in one piece, as every HyperLogLog is.
fn bytes_of(string: Str<'_>) -> &[u8] {
    match string {
        Str::Inline(bytes) => bytes,
        Str::Flat(bytes) => bytes,
        Str::Int(_) | Str::Rope(_) => &[],
    }
}

/// Writes a changed HyperLogLog back.
fn store(entry: &mut EntryMut<'_>, mut draft: Draft) {
    draft.mark_stale();
    let bytes = draft.into_bytes();
    match entry.as_entry().value().string() {
        // Nothing moves: the bytes have room where they are.
        Ok(old) if old.len() == bytes.len() => entry.string().write_at(0, &bytes),
        _ => entry.set(NewStr::Flat(Arc::new(bytes))),
    }
}

/// Puts a new HyperLogLog in.
fn create(call: &mut Call<'_>, key: &[u8], mut draft: Draft) {
    call.announce(key);
    draft.mark_stale();
    let bytes = NewStr::Flat(Arc::new(draft.into_bytes()));
    call.db.set(key, bytes, Deadline::Never);
}

/// What is read for PFADD or PFCOUNT is called `raw` from then on, as in Redis.
fn make_raw(entry: &mut EntryMut<'_>) {
    if entry.as_entry().encoding() != "raw" {
        entry.string().append(b"");
    }
}

/// PFCOUNT key [key …]
pub(super) fn pfcount(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    if args.left() == 1 {
        return count_one(call, args.key()?);
    }
    let mut registers: Registers = [0; REGISTERS];
    while args.left() > 0 {
        merge(call, args.key()?, &mut registers)?;
    }
    reply_count(call, count_of(&registers));
    Ok(())
}

/// The count of one HyperLogLog, which remembers it.
fn count_one(call: &mut Call<'_>, key: &[u8]) -> Result<(), CommandError> {
    let Some(entry) = call.db.read(key) else {
        call.missed(key);
        call.reply.int(0);
        return Ok(());
    };
    let hll = Hll::open(entry.value().string()?)?;
    let known = hll.known_count();
    let count = known.map_or_else(|| hll.count(), Ok)?;
    let is_raw = entry.encoding() == "raw";
    if (known.is_none() || !is_raw)
        && let Some(mut entry) = call.db.write(key)
    {
        entry.string().write_at(COUNT_AT, &count.to_le_bytes());
    }
    if known.is_none() {
        call.effects.changes += 1;
        call.effects.touch(call.db.index(), key);
    }
    reply_count(call, count);
    Ok(())
}

/// Replies with a count; one beyond all that elements can cause looks as in Redis.
fn reply_count(call: &mut Call<'_>, count: u64) {
    call.reply.int(count.cast_signed());
}

/// Raises `registers` to those of `key`; what its registers are kept as, if it is there.
fn merge(
    call: &mut Call<'_>,
    key: &[u8],
    registers: &mut Registers,
) -> Result<Option<Form>, CommandError> {
    let Some(entry) = call.db.read(key) else {
        call.missed(key);
        return Ok(None);
    };
    let hll = Hll::open(entry.value().string()?)?;
    hll.merge_into(registers)?;
    Ok(Some(hll.form()))
}

/// PFMERGE destkey [sourcekey …]
pub(super) fn pfmerge(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let target = args.clone().key()?;
    let mut registers: Registers = [0; REGISTERS];
    let mut any_is_dense = false;
    while args.left() > 0 {
        any_is_dense |= merge(call, args.key()?, &mut registers)? == Some(Form::Dense);
    }
    let sparse_bytes_max = call.limits.thresholds.hll_sparse_bytes;
    let merged = |mut draft: Draft| {
        if any_is_dense {
            draft.make_dense()?;
        }
        draft.raise_all(&registers, sparse_bytes_max)?;
        Ok::<Draft, CommandError>(draft)
    };
    if let Some(mut entry) = call.db.write(target) {
        let hll = Hll::open(entry.as_entry().value().string()?)?;
        let draft = merged(Draft::from(hll))?;
        store(&mut entry, draft);
    } else {
        create(call, target, merged(Draft::new())?);
    }
    // The event is PFADD's, as in Redis.
    call.changed(EventClass::STRING, "pfadd", target, 1);
    call.reply.ok();
    Ok(())
}

/// PFDEBUG GETREG|DECODE|ENCODING|TODENSE key, PFDEBUG SIMD ON|OFF
pub(super) fn pfdebug(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let subcommand = args.bytes()?;
    let is = |name: &str| subcommand.eq_ignore_ascii_case(name.as_bytes());
    if is("simd") {
        return simd(call, args);
    }
    let key = args.key()?;
    let found = call.db.write(key);
    let mut entry = found.ok_or(CommandError::SPECIFIED_KEY_MISSING)?;
    let hll = Hll::open(entry.as_entry().value().string()?)?;
    let form = hll.form();
    if is("getreg") {
        let mut registers: Registers = [0; REGISTERS];
        hll.merge_into(&mut registers)?;
        make_dense(&mut entry)?;
        call.effects.changes += u64::from(form == Form::Sparse);
        call.reply.array(REGISTERS);
        for rank in registers {
            call.reply.int(i64::from(rank));
        }
    } else if is("decode") {
        if form == Form::Dense {
            return Err(CommandError::HYPERLOGLOG_NOT_SPARSE);
        }
        let text = hll.runs_text();
        call.reply.bulk(text.as_bytes());
    } else if is("encoding") {
        call.reply.simple(match form {
            Form::Dense => "dense",
            Form::Sparse => "sparse",
        });
    } else if is("todense") {
        make_dense(&mut entry)?;
        call.effects.changes += u64::from(form == Form::Sparse);
        call.reply.int(i64::from(form == Form::Sparse));
    } else {
        return Err(CommandError::unknown_pfdebug(subcommand));
    }
    Ok(())
}

/// Gives a HyperLogLog dense registers; its count stays known.
fn make_dense(entry: &mut EntryMut<'_>) -> Result<(), CommandError> {
    let hll = Hll::open(entry.as_entry().value().string()?)?;
    if hll.form() == Form::Sparse {
        let mut draft = Draft::from(hll);
        draft.make_dense()?;
        entry.set(NewStr::Flat(Arc::new(draft.into_bytes())));
    }
    Ok(())
}

/// There is only one way in which registers are merged here; the words are taken all the same.
fn simd(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    if args.take_word("on") {
        call.reply.simple("enabled");
    } else if args.take_word("off") {
        call.reply.simple("disabled");
    } else {
        return Err(CommandError::NEITHER_ON_NOR_OFF);
    }
    Ok(())
}

/// PFSELFTEST
pub(super) fn pfselftest(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    args.end()?;
    self_test(call.random).map_err(|what| CommandError::self_test_failed(&what))?;
    call.reply.ok();
    Ok(())
}
