//! XADD and XTRIM: the newest entries come, the oldest go.

use super::super::args::Args;
use super::super::call::Call;
use super::super::effects::EventClass;
use super::super::error::CommandError;
use super::id;
use crate::keyspace::EntryMut;
use crate::resp::request::Request;
use crate::value::stream::{
    AppendError, NODE_BYTES_MAX, NewId, NodeLimits, Stream, StreamId, Trim,
};
use crate::value::{Home, NewValue, Object, Thresholds};

/// XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [...]
pub(in crate::command) fn xadd(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let thresholds = call.limits.thresholds;
    let options = Options::parse(args, Asker::Xadd, &thresholds)?;
    let wish = match options.id {
        Some(wish) if args.left() >= 2 && args.left().is_multiple_of(2) => wish,
        _ => return Err(CommandError::wrong_arity(call.name)),
    };
    if wish == NewId::Exactly(StreamId::MIN) {
        return Err(CommandError::XADD_ZERO_ID);
    }
    let addition = Addition {
        wish,
        data: Data::new(args),
        limits: node_limits(&thresholds),
        trim: options.trim,
        now_ms: u64::try_from(call.db.wall_clock().0).unwrap_or_default(),
    };
    let added = if let Some(mut entry) = call.db.write(key) {
        addition.make(&mut entry)?
    } else if options.keeps_absent {
        call.reply.null();
        return Ok(());
    } else {
        // What is refused leaves no empty stream behind.
        addition.data.check()?;
        call.announce(key);
        let stream = NewValue::Object(Object::Stream(Stream::new()));
        addition.make(&mut call.db.create(key, stream))?
    };
    call.reply.bulk(added.id.text().as_ref());
    call.changed(EventClass::STREAM, "xadd", key, 1);
    if added.trimmed > 0 {
        call.changed(EventClass::STREAM, "xtrim", key, 0);
    }
    if call.effects.propagated {
        propagate_add(call, key, &addition, &added);
    }
    Ok(())
}

/// An entry to be.
struct Addition<'a> {
    wish: NewId,
    data: Data<'a>,
    limits: NodeLimits,
    trim: Option<TrimOption>,
    now_ms: u64,
}

/// An entry that came.
struct Added {
    id: StreamId,
    /// How many went.
    trimmed: usize,
    /// How many entries there are now.
    len: usize,
}

impl Addition<'_> {
    #[inline]
    fn make(&self, entry: &mut EntryMut<'_>) -> Result<Added, CommandError> {
        let stream = Stream::of(entry)?;
        let id = stream.next_id(self.wish, self.now_ms)?;
        self.data.check()?;
        stream.append(id, self.data.pairs(), self.limits);
        let mut added = Added {
            id,
            trimmed: 0,
            len: stream.len(),
        };
        if let Some(trim) = self.trim {
            added.trimmed = trim_entry(entry, trim);
            added.len -= added.trimmed;
        }
        Ok(added)
    }
}

/// XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count]
pub(in crate::command) fn xtrim(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = Options::parse(args, Asker::Xtrim, &call.limits.thresholds)?;
    let trim = options.trim.ok_or(CommandError::XTRIM_WITHOUT_TRIM)?;
    let Some(mut entry) = call.db.write(key) else {
        call.reply.int(0);
        return Ok(());
    };
    let before = entry.as_entry().value().stream()?.len();
    let trimmed = trim_entry(&mut entry, trim);
    call.reply.count(trimmed);
    if trimmed > 0 {
        call.changed(EventClass::STREAM, "xtrim", key, trimmed as u64);
        let mut digits = itoa::Buffer::new();
        let len = digits.format(before - trimmed).as_bytes();
        call.effects
            .propagate([b"XTRIM", key, b"MAXLEN", b"=", len]);
    }
    Ok(())
}

/// Trims the stream of an entry; how many entries went.
fn trim_entry(entry: &mut EntryMut<'_>, trim: TrimOption) -> usize {
    let Ok(stream) = Stream::of(entry) else {
        return 0;
    };
    let trimmed = stream.trim(trim.what, trim.limit);
    if let Some(garbage) = trimmed.garbage
        && garbage.is_heavy()
    {
        entry.discard(garbage);
    }
    trimmed.count
}

/// Tells the log what was added: the id it got, and how many entries were left.
fn propagate_add(call: &mut Call<'_>, key: &[u8], addition: &Addition<'_>, added: &Added) {
    let id = added.id.text();
    let mut digits = itoa::Buffer::new();
    let mut words: Vec<&[u8]> = vec![b"XADD", key];
    if addition.trim.is_some() {
        let len = digits.format(added.len).as_bytes();
        words.extend([b"MAXLEN".as_slice(), b"=", len]);
    }
    words.push(id.as_ref());
    let pairs = addition.data.pairs();
    words.extend(pairs.flat_map(|(field, value)| [field, value]));
    call.effects.propagate(words);
}

/// The limits of nodes that the configuration says.
fn node_limits(thresholds: &Thresholds) -> NodeLimits {
    NodeLimits {
        bytes: thresholds.stream_node_bytes,
        entries: thresholds.stream_node_entries,
    }
}

/// The fields and values of an entry to be.
struct Data<'a> {
    request: Request<'a>,
    first: usize,
}

impl<'a> Data<'a> {
    /// All that is left, in pairs.
    fn new(args: &Args<'a>) -> Data<'a> {
        Data {
            request: args.request(),
            first: args.position(),
        }
    }

    #[inline]
    fn pairs(&self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone {
        let (request, first) = (self.request, self.first);
        let count = (request.len() - first) / 2;
        (0..count).map(move |pair| {
            let field = first + 2 * pair;
            (request.bytes(field), request.bytes(field + 1))
        })
    }

    /// Refuses what is too large for a node.
    fn check(&self) -> Result<(), CommandError> {
        let texts = self.pairs().map(|(field, value)| field.len() + value.len());
        match texts.sum::<usize>() {
            ..=NODE_BYTES_MAX => Ok(()),
            _ => Err(CommandError::XADD_TOO_LARGE),
        }
    }
}

impl From<AppendError> for CommandError {
    #[cold]
    fn from(error: AppendError) -> CommandError {
        match error {
            AppendError::NotAbove => CommandError::XADD_NOT_ABOVE,
            AppendError::Exhausted => CommandError::XADD_EXHAUSTED,
        }
    }
}

/// Whose options are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    Xadd,
    Xtrim,
}

/// What stands between the key and the fields.
struct Options {
    /// NOMKSTREAM
    keeps_absent: bool,
    trim: Option<TrimOption>,
    /// XADD's.
    id: Option<NewId>,
}

/// What shall go.
#[derive(Clone, Copy)]
struct TrimOption {
    what: Trim,
    /// With `~` the most that may go; only whole nodes go then.
    limit: Option<usize>,
}

impl Options {
    /// Reads up to the id, and all of XTRIM's arguments.
    #[inline]
    fn parse(
        args: &mut Args<'_>,
        asker: Asker,
        thresholds: &Thresholds,
    ) -> Result<Options, CommandError> {
        let mut options = Options {
            keeps_absent: false,
            trim: None,
            id: None,
        };
        if asker == Asker::Xadd && args.peek() == Some(b"*") {
            // The usual case.
            args.bytes()?;
            options.id = Some(NewId::Now);
            return Ok(options);
        }
        options.parse_words(args, asker, thresholds)?;
        Ok(options)
    }

    fn parse_words(
        &mut self,
        args: &mut Args<'_>,
        asker: Asker,
        thresholds: &Thresholds,
    ) -> Result<(), CommandError> {
        let mut trim = None;
        let mut limit = None;
        let mut is_exact = true;
        while let Some(word) = args.peek() {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let has_more = args.left() > 1;
            if word == b"*" && asker == Asker::Xadd {
                args.bytes()?;
                self.id = Some(NewId::Now);
                break;
            } else if has_more && (is("maxlen") || is("minid")) {
                if trim.is_some() {
                    return Err(CommandError::TWO_TRIMS);
                }
                args.bytes()?;
                is_exact = !takes_tilde(args);
                trim = Some(match is("maxlen") {
                    true => Trim::MaxLen(not_negative(args, CommandError::NEGATIVE_MAXLEN)?),
                    false => Trim::MinId(id(args.bytes()?)?),
                });
            } else if has_more && is("limit") {
                args.bytes()?;
                limit = Some(not_negative(args, CommandError::NEGATIVE_LIMIT)?);
            } else if asker == Asker::Xadd && is("nomkstream") {
                args.bytes()?;
                self.keeps_absent = true;
            } else if asker == Asker::Xadd {
                let id = NewId::parse(args.bytes()?);
                self.id = Some(id.ok_or(CommandError::INVALID_STREAM_ID)?);
                break;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        match trim {
            None if limit.is_some_and(|limit| limit > 0) => {
                return Err(CommandError::LIMIT_WITHOUT_TRIM);
            }
            None if asker == Asker::Xtrim => return Err(CommandError::XTRIM_WITHOUT_TRIM),
            _ if is_exact && limit.is_some() => return Err(CommandError::LIMIT_WITHOUT_TILDE),
            _ => {}
        }
        self.trim = trim.map(|what| TrimOption {
            what,
            limit: (!is_exact).then(|| limit_of(limit, thresholds)),
        });
        Ok(())
    }
}

/// Takes the `~` or `=` before a threshold; whether it was `~`.
fn takes_tilde(args: &mut Args<'_>) -> bool {
    if args.left() < 2 {
        return false;
    }
    let is_tilde = args.take_word("~");
    if !is_tilde {
        args.take_word("=");
    }
    is_tilde
}

fn not_negative(args: &mut Args<'_>, refusal: CommandError) -> Result<u64, CommandError> {
    u64::try_from(args.int()?).map_err(|_| refusal)
}

/// How many entries an approximate trim may take: what was said, or a hundred nodes of them.
fn limit_of(said: Option<u64>, thresholds: &Thresholds) -> usize {
    match said {
        Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        None => match thresholds.stream_node_entries.saturating_mul(100) {
            0 => LIMIT_UNSAID,
            limit => limit.min(LIMIT_UNSAID_MAX),
        },
    }
}

/// What an approximate trim takes where nodes have no number of entries.
const LIMIT_UNSAID: usize = 10_000;
const LIMIT_UNSAID_MAX: usize = 1_000_000;
