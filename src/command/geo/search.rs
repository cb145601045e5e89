//! GEOSEARCH and its older forms: the members in a circle, a box or a polygon.
//!
//! The key is looked up first, then options are read in the order in which they stand, then their
//! combination is judged: so errors come in Redis's order.

use super::query::{Form, Query};
use super::{coordinates, place_of};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::keyspace::{Cause, Deadline};
use crate::value::zset::{New, Zset};

/// GEORADIUS key longitude latitude radius unit [options]
pub(in crate::command) fn georadius(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::Radius, around_place)
}

/// GEORADIUS_RO: GEORADIUS that cannot store.
pub(in crate::command) fn georadius_ro(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::RadiusReadOnly, around_place)
}

/// GEORADIUSBYMEMBER key member radius unit [options]
pub(in crate::command) fn georadiusbymember(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::Radius, around_member)
}

/// GEORADIUSBYMEMBER_RO: GEORADIUSBYMEMBER that cannot store.
pub(in crate::command) fn georadiusbymember_ro(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::RadiusReadOnly, around_member)
}

/// GEOSEARCH key FROMMEMBER … | FROMLONLAT … BYRADIUS … | BYBOX …, or BYPOLYGON …, [options]
pub(in crate::command) fn geosearch(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::Search, |_, _, query| Ok(query))
}

/// GEOSEARCHSTORE destination source …: as GEOSEARCH.
pub(in crate::command) fn geosearchstore(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    search(call, args, Form::SearchStore, |_, _, query| Ok(query))
}

/// The arguments behind the key that GEORADIUS must have.
fn around_place<'a>(
    args: &mut Args<'a>,
    _: Option<Zset<'_>>,
    mut query: Query<'a>,
) -> Result<Query<'a>, CommandError> {
    query.center = coordinates(args)?;
    query.take_circle(args)?;
    Ok(query)
}

/// The arguments behind the key that GEORADIUSBYMEMBER must have.
fn around_member<'a>(
    args: &mut Args<'a>,
    set: Option<Zset<'_>>,
    mut query: Query<'a>,
) -> Result<Query<'a>, CommandError> {
    let member = args.bytes()?;
    if let Some(set) = set {
        query.center = place_of(set, member)?;
        query.take_circle(args)?;
    } else {
        // There is nothing to search: radius and unit may be anything.
        args.bytes()?;
        args.bytes()?;
    }
    Ok(query)
}

/// Searches, once `begin` has read what stands before the options.
fn search<'a>(
    call: &mut Call<'_>,
    args: &mut Args<'a>,
    form: Form,
    begin: impl FnOnce(&mut Args<'a>, Option<Zset<'_>>, Query<'a>) -> Result<Query<'a>, CommandError>,
) -> Result<(), CommandError> {
    let target = match form {
        Form::SearchStore => Some(args.key()?),
        _ => None,
    };
    let key = args.key()?;
    let seed = call.db.seed();
    let set = match call.db.read(key) {
        Some(entry) => Some(entry.value().zset()?),
        None => None,
    };
    let query = begin(args, set, Query::new(form, target))
        .and_then(|query| query.options(args, set))
        .and_then(|query| query.judged(args));
    let Some(set) = set else {
        call.missed(key);
        return nothing(call, &query?);
    };
    let query = query?;
    let found = query.find(set);
    let Some(target) = query.target else {
        query.reply(call.reply, &found);
        return Ok(());
    };
    let elements = query.elements(&found);
    let new = New::of(&call.limits.thresholds, seed, elements.into_iter());
    store(call, form, target, new);
    Ok(())
}

/// The reply where the key is missing.
fn nothing(call: &mut Call<'_>, query: &Query<'_>) -> Result<(), CommandError> {
    match query.target {
        Some(target) => store(call, query.form, target, None),
        None => call.reply.array(0),
    }
    Ok(())
}

/// Stores what was found as a sorted set; nothing found leaves no key.
fn store(call: &mut Call<'_>, form: Form, target: &[u8], found: Option<New>) {
    let Some(new) = found else {
        if call.db.remove(target, Cause::Command) {
            call.changed(EventClass::GENERIC, "del", target, 1);
        }
        call.reply.int(0);
        return;
    };
    let len = new.zset().len();
    call.announce(target);
    new.give(|value| call.db.put_value(target, value, Deadline::Never));
    let event = match form {
        Form::SearchStore => "geosearchstore",
        _ => "georadiusstore",
    };
    call.changed(EventClass::ZSET, event, target, len as u64);
    call.reply.count(len);
}
