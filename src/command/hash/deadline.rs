//! Deadlines of fields: setting, asking, taking away.
//!
//! As with keys (`command::expire`), what is stored and told to the log is a moment in Unix
//! milliseconds. Valkey's rules where Redis's are others: options stand in any order before
//! FIELDS, and a deadline as late as 64 bits can say is accepted.

use super::{field_count, look, remove_if_empty, tell_emptied};
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::expire::Condition;
use crate::sys::clock::UnixMs;
use crate::value::Home;
use crate::value::hash::{Fate, HashMut};

/// What an argument or a reply counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// From where it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Now,
    Epoch,
}

/// What HEXPIRE and its relatives, and HPERSIST, answer for a field.
const NO_FIELD: i64 = -2;
const NO_DEADLINE: i64 = -1;
const FORBIDDEN: i64 = 0;
const DONE: i64 = 1;
const REMOVED: i64 = 2;

/// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field …]
pub(in crate::command) fn hexpire(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    set(call, args, Unit::Seconds, Base::Now)
}

/// HPEXPIRE key milliseconds …
pub(in crate::command) fn hpexpire(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    set(call, args, Unit::Milliseconds, Base::Now)
}

/// HEXPIREAT key unix-time-seconds …
pub(in crate::command) fn hexpireat(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    set(call, args, Unit::Seconds, Base::Epoch)
}

/// HPEXPIREAT key unix-time-milliseconds …
pub(in crate::command) fn hpexpireat(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    set(call, args, Unit::Milliseconds, Base::Epoch)
}

/// HTTL key FIELDS numfields field [field …]
pub(in crate::command) fn httl(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    ask(call, args, Unit::Seconds, Base::Now)
}

/// HPTTL key …
pub(in crate::command) fn hpttl(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    ask(call, args, Unit::Milliseconds, Base::Now)
}

/// HEXPIRETIME key …
pub(in crate::command) fn hexpiretime(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    ask(call, args, Unit::Seconds, Base::Epoch)
}

/// HPEXPIRETIME key …
pub(in crate::command) fn hpexpiretime(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    ask(call, args, Unit::Milliseconds, Base::Epoch)
}

/// HEXPIRE and its relatives: for each field 1, or 0 if the condition forbids, 2 if it is gone
/// because the deadline has passed, -2 if there is no such field.
fn set(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    unit: Unit,
    base: Base,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let number = args.bytes()?;
    // What is wrong is told in Redis's order: the condition, the fields, the number, the key.
    let condition = before_fields(args, Condition::parse)?;
    let count = field_count(args, 1)?;
    let number = parse_int(number).ok_or(CommandError::NOT_AN_INTEGER)?;
    let now = call.db.now();
    let deadline = moment(number, unit, base, call.db.wall_clock())
        .ok_or_else(|| CommandError::invalid_expire(call.name))?;
    let thresholds = &call.limits.thresholds;
    call.reply.array(count);
    let Some(mut entry) = call.db.write(key) else {
        (0..count).for_each(|_| call.reply.int(NO_FIELD));
        return Ok(());
    };
    entry.value().hash()?;
    let mut hash = HashMut::new(&mut entry, thresholds, now);
    let mut done = Vec::new();
    while args.left() > 0 {
        let field = args.bytes()?;
        let current = match hash.fate(field) {
            Fate::Absent => {
                call.reply.int(NO_FIELD);
                continue;
            }
            Fate::Lasting => None,
            Fate::Until(deadline) => Some(deadline),
        };
        if !condition.allows(current, deadline) {
            call.reply.int(FORBIDDEN);
            continue;
        }
        if deadline <= now {
            hash.remove(field);
            call.reply.int(REMOVED);
        } else {
            hash.set_deadline(field, Some(deadline));
            call.reply.int(DONE);
        }
        done.push(field);
    }
    if deadline <= now {
        let emptied = remove_if_empty(entry);
        tell_passed(call, key, &done, emptied);
    } else {
        tell_deadline(call, key, deadline, &done);
    }
    Ok(())
}

/// HPERSIST key FIELDS numfields field [field …]: for each field 1, or -1 if it had no deadline,
/// -2 if there is no such field.
pub(in crate::command) fn hpersist(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if !args.take_word("FIELDS") {
        return Err(CommandError::SYNTAX);
    }
    let count = field_count(args, 1)?;
    let (now, thresholds) = (call.db.now(), &call.limits.thresholds);
    call.reply.array(count);
    let Some(mut entry) = call.db.write(key) else {
        (0..count).for_each(|_| call.reply.int(NO_FIELD));
        return Ok(());
    };
    entry.value().hash()?;
    let mut hash = HashMut::new(&mut entry, thresholds, now);
    let mut done = 0;
    while args.left() > 0 {
        let field = args.bytes()?;
        call.reply.int(match hash.fate(field) {
            Fate::Absent => NO_FIELD,
            Fate::Lasting => NO_DEADLINE,
            Fate::Until(_) => {
                hash.set_deadline(field, None);
                done += 1;
                DONE
            }
        });
    }
    if done > 0 {
        call.changed(EventClass::HASH, "hpersist", key, done);
    }
    Ok(())
}

/// HTTL and its relatives: for each field the answer, -1 without a deadline, -2 without the field.
fn ask(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    unit: Unit,
    base: Base,
) -> Result<(), CommandError> {
    let key = args.key()?;
    if !args.take_word("FIELDS") {
        return Err(CommandError::SYNTAX);
    }
    let count = args.int()?;
    if usize::try_from(count) != Ok(args.left()) || args.left() == 0 {
        return Err(CommandError::SYNTAX);
    }
    let now = call.db.now();
    let hash = look(&mut call.db, key)?;
    call.reply.array(args.left());
    while args.left() > 0 {
        let field = args.bytes()?;
        call.reply
            .int(match hash.and_then(|hash| hash.find(field, now)) {
                None => NO_FIELD,
                Some((_, None)) => NO_DEADLINE,
                Some((_, Some(deadline))) => {
                    let ms = match base {
                        Base::Now => deadline.0.saturating_sub(now.0).max(0),
                        Base::Epoch => deadline.0,
                    };
                    match unit {
                        // Rounded to the nearest second.
                        Unit::Seconds => ms / 1000 + i64::from(ms % 1000 >= 500),
                        Unit::Milliseconds => ms,
                    }
                }
            });
    }
    if hash.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// Reads with `parse` what stands before the word FIELDS, and takes that. Without the word, or
/// with nothing behind it, the number of fields is what is wrong, whatever else may be.
pub(super) fn before_fields<'a, R>(
    args: &mut Args<'a>,
    parse: impl FnOnce(&mut Args<'a>) -> Result<R, CommandError>,
) -> Result<R, CommandError> {
    let mut fields = args.clone();
    while fields.left() < 2 || !fields.take_word("FIELDS") {
        if fields.left() < 2 {
            return Err(CommandError::BAD_NUMFIELDS);
        }
        fields.bytes()?;
    }
    let mut options = args.clone();
    options.stop_before(fields.position() - 1);
    let result = parse(&mut options)?;
    options.end()?;
    *args = fields;
    Ok(result)
}

/// The moment that `number` says; none that is negative, or beyond what 64 bits of milliseconds
/// hold.
pub(super) fn moment(number: i64, unit: Unit, base: Base, now: UnixMs) -> Option<UnixMs> {
    if number < 0 {
        return None;
    }
    let ms = match unit {
        Unit::Seconds => number.checked_mul(1000)?,
        Unit::Milliseconds => number,
    };
    match base {
        Base::Now => ms.checked_add(now.0).map(UnixMs),
        Base::Epoch => Some(UnixMs(ms)),
    }
}

/// Notes that these fields got a deadline, if any did.
pub(super) fn tell_deadline(call: &mut Call<'_>, key: &[u8], deadline: UnixMs, fields: &[&[u8]]) {
    if fields.is_empty() {
        return;
    }
    call.changed(EventClass::HASH, "hexpire", key, fields.len() as u64);
    let (mut digits, mut more_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
    let moment = digits.format(deadline.0).as_bytes();
    let count = more_digits.format(fields.len()).as_bytes();
    let words = [b"HPEXPIREAT".as_slice(), key, moment, b"FIELDS", count];
    call.effects.propagate(words.iter().chain(fields));
}

/// Notes that these fields left because they got a deadline that had passed, if any did.
pub(super) fn tell_passed(call: &mut Call<'_>, key: &[u8], fields: &[&[u8]], emptied: bool) {
    if fields.is_empty() {
        return;
    }
    call.db.count_expired_fields(fields.len());
    call.changed(EventClass::HASH, "hexpired", key, fields.len() as u64);
    tell_emptied(call, key, emptied);
    call.effects
        .propagate([b"HDEL".as_slice(), key].iter().chain(fields));
}
