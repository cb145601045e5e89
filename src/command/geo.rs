//! Places on Earth: sorted sets whose scores are geohashes.
//!
//! Here single places; in `search` those that lie in a shape. A place is a member like any other,
//! so ZRANGE, ZREM and the rest work on these sets too, and any sorted set can be read as places.

mod query;
mod search;

pub(super) use search::{
    georadius, georadius_ro, georadiusbymember, georadiusbymember_ro, geosearch, geosearchstore,
};

use super::args::Args;
use super::call::Call;
use super::error::CommandError;
use super::zset;
use crate::ds::geohash::{self, Point};
use crate::ds::number::parse_double;
use crate::resp::reply::Reply;
use crate::resp::request::OwnedRequest;
use crate::value::geo;
use crate::value::zset::Zset;

/// GEOADD key [NX|XX] [CH] longitude latitude member …: a ZADD of scores.
pub(super) fn geoadd(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let mut words: Vec<Vec<u8>> = vec![b"ZADD".to_vec(), args.key()?.to_vec()];
    let (mut only_new, mut only_old) = (false, false);
    while let Some(word) = args.peek() {
        if args.take_word("nx") {
            only_new = true;
        } else if args.take_word("xx") {
            only_old = true;
        } else if !args.take_word("ch") {
            break;
        }
        words.push(word.to_vec());
    }
    if !args.left().is_multiple_of(3) || (only_new && only_old) {
        return Err(CommandError::SYNTAX);
    }
    while args.left() > 0 {
        let score = coordinates(args)?.score();
        // A whole number of 52 bits.
        words.push((score as u64).to_string().into_bytes());
        words.push(args.bytes()?.to_vec());
    }
    let request = OwnedRequest::new(&words);
    zset::zadd(call, &mut Args::new(request.request(), 1))?;
    if call.effects.changes > 0 {
        call.effects.propagate(&words);
    }
    Ok(())
}

/// GEODIST key member1 member2 [M|KM|FT|MI]
pub(super) fn geodist(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let members = [args.bytes()?, args.bytes()?];
    let unit = match args.left() {
        0 => 1.0,
        1 => unit(args)?,
        _ => return Err(CommandError::SYNTAX),
    };
    let Some(entry) = call.db.read(key) else {
        call.missed(key);
        call.reply.null();
        return Ok(());
    };
    let set = entry.value().zset()?;
    let [from, to] = members.map(|member| set.score(member).map(Point::of_score));
    match from.zip(to) {
        Some((from, to)) => reply_distance(call.reply, geo::distance(from, to) / unit),
        None => call.reply.null(),
    }
    Ok(())
}

/// GEOHASH key [member …]
pub(super) fn geohash(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    each_member(call, args, |reply, point| match point {
        Some(point) => reply.bulk(&geohash::text(point)),
        None => reply.null(),
    })
}

/// GEOPOS key [member …]
pub(super) fn geopos(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    each_member(call, args, |reply, point| match point {
        Some(point) => reply_point(reply, point),
        None => reply.null_array(),
    })
}

/// Replies to each member left with what `each` makes of its place, if it has one.
fn each_member(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    each: impl Fn(&mut Reply, Option<Point>),
) -> Result<(), CommandError> {
    let key = args.key()?;
    let set = match call.db.read(key) {
        Some(entry) => Some(entry.value().zset()?),
        None => None,
    };
    call.reply.array(args.left());
    while args.left() > 0 {
        let member = args.bytes()?;
        let score = set.and_then(|set| set.score(member));
        each(call.reply, score.map(Point::of_score));
    }
    if set.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// The next two arguments as longitude and latitude.
fn coordinates(args: &mut Args<'_>) -> Result<Point, CommandError> {
    let longitude = double(args, CommandError::NOT_A_FLOAT)?;
    let latitude = double(args, CommandError::NOT_A_FLOAT)?;
    Point::new(longitude, latitude)
        .ok_or_else(|| CommandError::invalid_coordinates(longitude, latitude))
}

/// The place of a member that must be there.
fn place_of(set: Zset<'_>, member: &[u8]) -> Result<Point, CommandError> {
    let score = set.score(member).ok_or(CommandError::NO_SUCH_PLACE)?;
    Ok(Point::of_score(score))
}

fn double(args: &mut Args<'_>, or: CommandError) -> Result<f64, CommandError> {
    parse_double(args.bytes()?).ok_or(or)
}

/// The next argument as a unit of length: the metres in it.
fn unit(args: &mut Args<'_>) -> Result<f64, CommandError> {
    const UNITS: [(&str, f64); 4] = [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)];
    let word = args.bytes()?;
    let found = UNITS
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    let (_, metres) = found.ok_or(CommandError::UNKNOWN_UNIT)?;
    Ok(*metres)
}

/// Replies with a distance: a text with four digits behind the point, in both protocols.
fn reply_distance(reply: &mut Reply, distance: f64) {
    // Half a unit goes to the even neighbour.
    let scaled = (distance * 10_000.0).round_ties_even() as u64;
    reply.bulk(format!("{}.{:04}", scaled / 10_000, scaled % 10_000).as_bytes());
}

/// Replies with a place: longitude and latitude.
fn reply_point(reply: &mut Reply, point: Point) {
    reply.array(2);
    reply_degrees(reply, point.longitude);
    reply_degrees(reply, point.latitude);
}

/// Replies with a number of up to 17 digits behind the point.
fn reply_degrees(reply: &mut Reply, degrees: f64) {
    let text = format!("{degrees:.17}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => reply.double_text("0"),
        text => reply.double_text(text),
    }
}

#[cfg(test)]
mod tests;
