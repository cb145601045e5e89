//! HGETEX and HSETEX: fields and their deadlines at once.

use super::deadline::{Base, Unit, before_fields, moment, tell_deadline, tell_passed};
use super::{change, field_count, remove_if_empty, reply_or_null, tell_expired};
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::sys::clock::UnixMs;
use crate::value::hash::{Fate, HashMut, NewDeadline, Put};

/// What becomes of the deadlines.
#[derive(Clone, Copy)]
enum Expiry<'a> {
    /// Nothing is said of them.
    Unsaid,
    Keep,
    Persist,
    /// A number in its unit, from its base.
    At(&'a [u8], Unit, Base),
}

/// A condition on the key, or on all fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Whatever,
    Absent,
    Present,
}

/// What stands before FIELDS.
struct Options<'a> {
    expiry: Expiry<'a>,
    key: Presence,
    fields: Presence,
}

/// Which command's options they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Get,
    Set,
}

impl<'a> Options<'a> {
    fn parse(args: &mut Args<'a>, dialect: Dialect) -> Result<Options<'a>, CommandError> {
        let mut options = Options {
            expiry: Expiry::Unsaid,
            key: Presence::Whatever,
            fields: Presence::Whatever,
        };
        let set = dialect == Dialect::Set;
        while args.left() > 0 {
            if set && args.take_word("NX") {
                require(&mut options.key, Presence::Absent)?;
            } else if set && args.take_word("XX") {
                require(&mut options.key, Presence::Present)?;
            } else if set && args.take_word("FNX") {
                require(&mut options.fields, Presence::Absent)?;
            } else if set && args.take_word("FXX") {
                require(&mut options.fields, Presence::Present)?;
            } else if set && args.take_word("KEEPTTL") {
                options.expire(Expiry::Keep)?;
            } else if !set && args.take_word("PERSIST") {
                options.expire(Expiry::Persist)?;
            } else {
                let (unit, base) = time_form(args).ok_or(CommandError::SYNTAX)?;
                options.expire(Expiry::At(args.bytes()?, unit, base))?;
            }
        }
        Ok(options)
    }

    fn expire(&mut self, expiry: Expiry<'a>) -> Result<(), CommandError> {
        match (self.expiry, expiry) {
            (Expiry::Unsaid, _)
            | (Expiry::Keep, Expiry::Keep)
            | (Expiry::Persist, Expiry::Persist) => {}
            (Expiry::At(_, unit, base), Expiry::At(_, new_unit, new_base))
                if (unit, base) == (new_unit, new_base) => {}
            _ => return Err(CommandError::SYNTAX),
        }
        self.expiry = expiry;
        Ok(())
    }
}

/// Takes the word before a time.
fn time_form(args: &mut Args<'_>) -> Option<(Unit, Base)> {
    let forms = [
        ("EX", Unit::Seconds, Base::Now),
        ("PX", Unit::Milliseconds, Base::Now),
        ("EXAT", Unit::Seconds, Base::Epoch),
        ("PXAT", Unit::Milliseconds, Base::Epoch),
    ];
    let found = forms.into_iter().find(|(word, ..)| args.take_word(word));
    found.map(|(_, unit, base)| (unit, base))
}

fn require(presence: &mut Presence, wanted: Presence) -> Result<(), CommandError> {
    if *presence != Presence::Whatever && *presence != wanted {
        return Err(CommandError::SYNTAX);
    }
    *presence = wanted;
    Ok(())
}

impl Expiry<'_> {
    /// The deadline said, if one is, in the command `name`.
    fn deadline(self, name: &str, now: UnixMs) -> Result<Option<UnixMs>, CommandError> {
        let Expiry::At(number, unit, base) = self else {
            return Ok(None);
        };
        let number = parse_int(number).ok_or(CommandError::NOT_AN_INTEGER)?;
        let deadline = moment(number, unit, base, now);
        deadline
            .map(Some)
            .ok_or_else(|| CommandError::invalid_expire(name))
    }
}

/// HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS numfields field [field …]
pub(in crate::command) fn hgetex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = before_fields(args, |args| Options::parse(args, Dialect::Get))?;
    let count = field_count(args, 1)?;
    let now = call.db.now();
    let is_there = match call.db.read(key) {
        Some(entry) => entry.value().hash().map(|_| true)?,
        None => false,
    };
    let deadline = options.expiry.deadline(call.name, call.db.wall_clock())?;
    call.reply.array(count);
    if !is_there {
        (0..count).for_each(|_| call.reply.null());
        call.missed(key);
        return Ok(());
    }
    let persist = matches!(options.expiry, Expiry::Persist);
    let thresholds = &call.limits.thresholds;
    let Some(mut entry) = call.db.write(key) else {
        return Ok(());
    };
    let mut hash = HashMut::new(&mut entry, thresholds, now);
    let mut done = Vec::new();
    while args.left() > 0 {
        let field = args.bytes()?;
        reply_or_null(call.reply, hash.get().get(field, now));
        let fate = hash.fate(field);
        match deadline {
            _ if fate == Fate::Absent => continue,
            Some(deadline) if deadline <= now => {
                hash.remove(field);
            }
            Some(_) => hash.set_deadline(field, deadline),
            None if persist && fate != Fate::Lasting => hash.set_deadline(field, None),
            None => continue,
        }
        done.push(field);
    }
    match deadline {
        Some(deadline) if deadline > now => tell_deadline(call, key, deadline, &done),
        Some(_) => {
            let emptied = remove_if_empty(entry);
            tell_passed(call, key, &done, emptied);
        }
        None if done.is_empty() => {}
        None => {
            call.changed(EventClass::HASH, "hpersist", key, done.len() as u64);
            let mut digits = itoa::Buffer::new();
            let count = digits.format(done.len()).as_bytes();
            let words = [b"HPERSIST".as_slice(), key, b"FIELDS", count];
            call.effects.propagate(words.iter().chain(&done));
        }
    }
    Ok(())
}

/// HSETEX key [NX | XX] [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
/// FIELDS numfields field value [field value …]
pub(in crate::command) fn hsetex(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = before_fields(args, |args| Options::parse(args, Dialect::Set))?;
    let count = field_count(args, 2)?;
    let now = call.db.now();
    if !key_allows(call, key, options.key)? {
        call.reply.int(0);
        return Ok(());
    }
    let deadline = options.expiry.deadline(call.name, call.db.wall_clock())?;
    if !fields_allow(call, key, options.fields, args.clone())? {
        call.reply.int(0);
        return Ok(());
    }
    let new_deadline = match (options.expiry, deadline) {
        (_, Some(deadline)) => NewDeadline::At(deadline),
        (Expiry::Keep, _) => NewDeadline::Keep,
        _ => NewDeadline::Never,
    };
    let pairs = args.clone();
    if deadline.is_some_and(|deadline| deadline <= now) {
        put_and_remove(call, key, args)?;
    } else {
        let revived = change(call, key, |hash| {
            let mut revived = 0;
            while args.left() > 0 {
                let (field, value) = (args.bytes()?, args.payload()?);
                let put = hash.put(field, value.into(), new_deadline);
                revived += usize::from(put == Put::Revived);
            }
            Ok::<_, CommandError>(revived)
        })??;
        tell_expired(call, key, revived);
        call.changed(EventClass::HASH, "hset", key, count as u64);
        if deadline.is_some() {
            call.changed(EventClass::HASH, "hexpire", key, 0);
        }
        propagate_put(call, key, options.expiry, deadline, pairs)?;
    }
    call.reply.int(1);
    Ok(())
}

/// Whether the key is as the condition wants it.
fn key_allows(call: &mut Call<'_>, key: &[u8], wanted: Presence) -> Result<bool, CommandError> {
    let is_there = match call.db.peek(key) {
        Some(entry) => entry.value().hash().map(|_| true)?,
        None => false,
    };
    Ok(match wanted {
        Presence::Whatever => true,
        Presence::Absent => !is_there,
        Presence::Present => is_there,
    })
}

/// Whether all fields are as the condition wants them.
fn fields_allow(
    call: &mut Call<'_>,
    key: &[u8],
    wanted: Presence,
    mut pairs: Args<'_>,
) -> Result<bool, CommandError> {
    if wanted == Presence::Whatever {
        return Ok(true);
    }
    let now = call.db.now();
    let hash = match call.db.peek(key) {
        Some(entry) => Some(entry.value().hash()?),
        None => None,
    };
    while pairs.left() > 0 {
        let (field, _) = (pairs.bytes()?, pairs.payload()?);
        let is_there = hash.is_some_and(|hash| hash.get(field, now).is_some());
        if is_there != (wanted == Presence::Present) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sets fields to a deadline that has passed: those that are there go. The events are those of
/// setting, and then of going.
fn put_and_remove(
    call: &mut Call<'_>,
    key: &[u8],
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut done = Vec::new();
    let count = args.left() / 2;
    let mut emptied = true;
    let (now, thresholds) = (call.db.now(), &call.limits.thresholds);
    if let Some(mut entry) = call.db.write(key) {
        let mut hash = HashMut::new(&mut entry, thresholds, now);
        while args.left() > 0 {
            let (field, _) = (args.bytes()?, args.payload()?);
            if hash.remove(field) {
                done.push(field);
            }
        }
        emptied = remove_if_empty(entry);
    } else {
        call.announce(key);
    }
    call.db.count_expired_fields(count - done.len());
    call.changed(EventClass::HASH, "hset", key, 0);
    call.changed(EventClass::HASH, "hexpire", key, 0);
    if done.is_empty() {
        call.changed(EventClass::HASH, "hexpired", key, 0);
        super::tell_emptied(call, key, emptied);
    } else {
        tell_passed(call, key, &done, emptied);
    }
    Ok(())
}

/// Tells the log what was put, with a moment for a span and without conditions.
fn propagate_put(
    call: &mut Call<'_>,
    key: &[u8],
    expiry: Expiry<'_>,
    deadline: Option<UnixMs>,
    mut pairs: Args<'_>,
) -> Result<(), CommandError> {
    if !call.effects.propagated {
        return Ok(());
    }
    let (mut digits, mut more_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
    let mut words = vec![b"HSETEX".as_slice(), key];
    if let Some(deadline) = deadline {
        words.extend([b"PXAT", digits.format(deadline.0).as_bytes()]);
    } else if matches!(expiry, Expiry::Keep) {
        words.push(b"KEEPTTL");
    }
    let count = more_digits.format(pairs.left() / 2).as_bytes();
    words.extend([b"FIELDS", count]);
    while pairs.left() > 0 {
        words.push(pairs.bytes()?);
    }
    call.effects.propagate(words);
    Ok(())
}
