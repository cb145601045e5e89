//! Which clients CLIENT KILL and CLIENT LIST mean: the filters, parsed and applied.
//!
//! Every filter but SKIPME and MAXAGE exists a second time with `NOT-` before it. Given twice, a
//! filter's last value counts, except that ids add up. All filters must hold. They look at a
//! [`Portrait`], not at the client, so that what they compare is what CLIENT LIST shows.

use super::portrait::{Class, Portrait};
use crate::command::args::{Args, parse_int};
use crate::command::error::CommandError;

/// What the filters are for: the two commands differ in what they do by default and in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Kill,
    List,
}

/// A choice of clients.
#[derive(Debug)]
pub(super) struct Filter {
    tests: Vec<Test>,
    /// Leave out the client that asks.
    pub(super) skip_me: bool,
}

#[derive(Debug)]
struct Test {
    field: Field,
    negated: bool,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Address,
    LocalAddress,
    Type,
    User,
    MaxAge,
    Flags,
    Name,
    Idle,
    LibName,
    LibVer,
    Db,
    Capa,
    Ip,
}

/// The words for the fields; the last column says whether `NOT-` may stand before them.
const FIELDS: &[(&str, Field, bool)] = &[
    ("ID", Field::Id, true),
    ("ADDR", Field::Address, true),
    ("LADDR", Field::LocalAddress, true),
    ("TYPE", Field::Type, true),
    ("USER", Field::User, true),
    ("MAXAGE", Field::MaxAge, false),
    ("FLAGS", Field::Flags, true),
    ("NAME", Field::Name, true),
    ("IDLE", Field::Idle, false),
    ("LIB-NAME", Field::LibName, true),
    ("LIB-VER", Field::LibVer, true),
    ("DB", Field::Db, true),
    ("CAPA", Field::Capa, true),
    ("IP", Field::Ip, true),
];

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Ids(Vec<i64>),
    Class(Class),
    /// Seconds.
    Span(u64),
    Db(usize),
    Bytes(Box<[u8]>),
}

/// Letters that can stand in the field `flags`, whether or not this server ever shows them.
const FLAG_LETTERS: &[u8] = b"bcdeirtuxABEIMNOPRSTU";

/// Letters that can stand in the field `capa`.
const CAPA_LETTERS: &[u8] = b"r";

/// What the parser must know of the server.
pub(super) struct Known<'a> {
    pub(super) databases: usize,
    pub(super) is_user: &'a dyn Fn(&[u8]) -> bool,
}

impl Filter {
    /// All clients (but the asking one, for CLIENT KILL).
    pub(super) fn new(purpose: Purpose) -> Filter {
        Filter {
            tests: Vec::new(),
            skip_me: purpose == Purpose::Kill,
        }
    }

    /// The filters that `args` consist of.
    pub(super) fn parse(
        args: &mut Args<'_>,
        purpose: Purpose,
        known: &Known<'_>,
    ) -> Result<Filter, CommandError> {
        let mut filter = Filter::new(purpose);
        let mut after_ids = false;
        while args.left() > 0 {
            let word = args.bytes()?;
            if word.eq_ignore_ascii_case(b"skipme") {
                filter.skip_me = yes_or_no(args.bytes()?)?;
                continue;
            }
            let Some((field, negated)) = field(word) else {
                return Err(match purpose {
                    Purpose::List if after_ids => CommandError::INVALID_CLIENT_ID,
                    _ => CommandError::SYNTAX,
                });
            };
            let value = value(field, negated, args, purpose, known)?;
            filter.add(field, negated, value);
            after_ids = field == Field::Id;
        }
        Ok(filter)
    }

    fn add(&mut self, field: Field, negated: bool, value: Value) {
        let same = |test: &&mut Test| test.field == field && test.negated == negated;
        match (self.tests.iter_mut().find(same), value) {
            (
                Some(Test {
                    value: Value::Ids(ids),
                    ..
                }),
                Value::Ids(more),
            ) => ids.extend(more),
            (Some(test), value) => test.value = value,
            (None, value) => self.tests.push(Test {
                field,
                negated,
                value,
            }),
        }
    }

    /// Whether the client of this portrait is meant.
    pub(super) fn matches(&self, client: &Portrait<'_>) -> bool {
        self.tests
            .iter()
            .all(|test| test.holds(client) != test.negated)
    }
}

impl Test {
    fn holds(&self, client: &Portrait<'_>) -> bool {
        let bytes = match &self.value {
            Value::Ids(ids) => {
                return ids.iter().any(|id| u64::try_from(*id) == Ok(client.id));
            }
            Value::Class(class) => return client.class == *class,
            Value::Span(seconds) if self.field == Field::Idle => {
                return client.idle_s >= *seconds;
            }
            Value::Span(seconds) => return client.age_s >= *seconds,
            Value::Db(db) => return client.db == *db,
            Value::Bytes(bytes) => &**bytes,
        };
        let all_in = |letters: &str| {
            bytes
                .iter()
                .all(|letter| letters.as_bytes().contains(letter))
        };
        match self.field {
            Field::Address => client.address.as_bytes() == bytes,
            Field::LocalAddress => client.local_address.as_bytes() == bytes,
            Field::User => client.user == bytes,
            Field::Name => client.name == bytes,
            Field::LibName => client.library == bytes,
            Field::LibVer => client.library_version == bytes,
            Field::Ip => client.ip().as_bytes() == bytes,
            Field::Flags => all_in(&client.flags),
            Field::Capa => all_in(client.capabilities),
            Field::Id | Field::Type | Field::MaxAge | Field::Idle | Field::Db => false,
        }
    }
}

fn field(word: &[u8]) -> Option<(Field, bool)> {
    let negated = word.len() > 4 && word[..4].eq_ignore_ascii_case(b"not-");
    let word = if negated { &word[4..] } else { word };
    let (_, field, _) = FIELDS.iter().find(|(name, _, negatable)| {
        name.as_bytes().eq_ignore_ascii_case(word) && (*negatable || !negated)
    })?;
    Some((*field, negated))
}

fn yes_or_no(word: &[u8]) -> Result<bool, CommandError> {
    if word.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err(CommandError::SYNTAX)
    }
}

fn value(
    field: Field,
    negated: bool,
    args: &mut Args<'_>,
    purpose: Purpose,
    known: &Known<'_>,
) -> Result<Value, CommandError> {
    if field == Field::Id {
        return ids(args, purpose);
    }
    let bytes = args.bytes()?;
    Ok(match field {
        Field::Type => {
            Value::Class(Class::parse(bytes).ok_or_else(|| {
                CommandError::quoting_bytes("ERR Unknown client type '", bytes, "'")
            })?)
        }
        Field::User if !(known.is_user)(bytes) => {
            return Err(CommandError::quoting_bytes(
                "ERR No such user '",
                bytes,
                "'",
            ));
        }
        Field::MaxAge => Value::Span(span("maxage", bytes)?),
        Field::Idle => Value::Span(span("idle", bytes)?),
        Field::Db => Value::Db(db(if negated { "NOT-DB" } else { "DB" }, bytes, known)?),
        Field::Flags => Value::Bytes(letters("flags", FLAG_LETTERS, bytes)?),
        Field::Capa => Value::Bytes(letters("capa", CAPA_LETTERS, bytes)?),
        _ => Value::Bytes(bytes.into()),
    })
}

/// One id or more. Only for CLIENT KILL must they be possible ones.
fn ids(args: &mut Args<'_>, purpose: Purpose) -> Result<Value, CommandError> {
    let refusal = match purpose {
        Purpose::Kill => CommandError::CLIENT_ID_NOT_POSITIVE,
        Purpose::List => CommandError::INVALID_CLIENT_ID,
    };
    let first = parse_int(args.bytes()?).ok_or_else(|| refusal.clone())?;
    let mut ids = vec![first];
    while let Some(id) = args.peek().and_then(parse_int) {
        ids.push(id);
        args.bytes()?;
    }
    if purpose == Purpose::Kill && ids.iter().any(|id| *id < 1) {
        return Err(refusal);
    }
    Ok(Value::Ids(ids))
}

fn span(name: &str, bytes: &[u8]) -> Result<u64, CommandError> {
    let seconds = parse_int(bytes).ok_or_else(|| CommandError::named_not_an_integer(name))?;
    match u64::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(CommandError::quoting(format!(
            "ERR {name} should be greater than 0"
        ))),
    }
}

fn db(name: &str, bytes: &[u8], known: &Known<'_>) -> Result<usize, CommandError> {
    let index = parse_int(bytes).ok_or_else(|| CommandError::named_not_an_integer(name))?;
    let index = usize::try_from(index).ok();
    index.filter(|i| *i < known.databases).ok_or_else(|| {
        let last = known.databases - 1;
        CommandError::quoting(format!("ERR {name} number should be between 0 and {last}"))
    })
}

fn letters(name: &str, known: &[u8], bytes: &[u8]) -> Result<Box<[u8]>, CommandError> {
    if bytes.iter().all(|letter| known.contains(letter)) {
        return Ok(bytes.into());
    }
    let before = format!("ERR Unknown {name} found in the provided filter: ");
    Err(CommandError::quoting_bytes(&before, bytes, ""))
}

#[cfg(test)]
mod tests;
