//! A reply as it came over the wire, every kind told apart, and the notation it is written in.
//!
//! The notation is the one of the transcripts (`docs/TESTING.md`): what a test prints can be
//! pasted into a `.resp` file.

use std::fmt;

/// One reply, RESP2 or RESP3. Doubles and big numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Int(i64),
    Bulk(Vec<u8>),
    /// `$-1`
    NullBulk,
    /// `*-1`
    NullArray,
    /// `_`
    Null,
    Array(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
    Push(Vec<Reply>),
    Double(Vec<u8>),
    Big(Vec<u8>),
    Bool(bool),
    /// Format and content.
    Verbatim([u8; 3], Vec<u8>),
    /// Attributes and the reply they belong to.
    Attribute(Vec<(Reply, Reply)>, Box<Reply>),
}

/// The bytes are not RESP.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotResp(pub(crate) String);

/// The first reply in `input` and its length, if it is complete.
pub(crate) fn parse(input: &[u8]) -> Result<Option<(Reply, usize)>, NotResp> {
    let mut parser = Parser { input, at: 0 };
    match parser.reply() {
        Ok(reply) => Ok(Some((reply, parser.at))),
        Err(Stop::Incomplete) => Ok(None),
        Err(Stop::Bad(text)) => Err(NotResp(text)),
    }
}

enum Stop {
    Incomplete,
    Bad(String),
}

struct Parser<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let rest = &self.input[self.at..];
        let end = memchr::memchr(b'\n', rest).ok_or(Stop::Incomplete)?;
        self.at += end + 1;
        rest[..end]
            .strip_suffix(b"\r")
            .ok_or_else(|| Stop::Bad(format!("a line without CR: {}", quoted(&rest[..end]))))
    }

    fn reply(&mut self) -> Result<Reply, Stop> {
        let line = self.line()?;
        let (kind, text) = line
            .split_first()
            .ok_or_else(|| Stop::Bad("an empty line".into()))?;
        Ok(match kind {
            b'+' => Reply::Simple(text.to_vec()),
            b'-' => Reply::Error(text.to_vec()),
            b':' => Reply::Int(number(text)?),
            b',' => Reply::Double(text.to_vec()),
            b'(' => Reply::Big(text.to_vec()),
            b'_' if text.is_empty() => Reply::Null,
            b'#' if text == b"t" || text == b"f" => Reply::Bool(text == b"t"),
            b'$' if text == b"-1" => Reply::NullBulk,
            b'*' if text == b"-1" => Reply::NullArray,
            b'$' => Reply::Bulk(self.bytes(text)?.to_vec()),
            b'=' => match self.bytes(text)?.split_first_chunk::<4>() {
                Some(([a, b, c, b':'], content)) => Reply::Verbatim([*a, *b, *c], content.to_vec()),
                _ => return Err(Stop::Bad("a verbatim string without its format".into())),
            },
            b'*' => Reply::Array(self.items(text)?),
            b'~' => Reply::Set(self.items(text)?),
            b'>' => Reply::Push(self.items(text)?),
            b'%' => Reply::Map(self.pairs(text)?),
            b'|' => {
                let attributes = self.pairs(text)?;
                Reply::Attribute(attributes, Box::new(self.reply()?))
            }
            _ => return Err(Stop::Bad(format!("no kind of reply: {}", quoted(line)))),
        })
    }

    fn bytes(&mut self, length: &[u8]) -> Result<&'a [u8], Stop> {
        let length = length_of(length)?;
        let rest = &self.input[self.at..];
        if rest.len() < length + 2 {
            return Err(Stop::Incomplete);
        }
        if &rest[length..length + 2] != b"\r\n" {
            return Err(Stop::Bad("a bulk string longer than it says".into()));
        }
        self.at += length + 2;
        Ok(&rest[..length])
    }

    fn items(&mut self, length: &[u8]) -> Result<Vec<Reply>, Stop> {
        (0..length_of(length)?).map(|_| self.reply()).collect()
    }

    fn pairs(&mut self, length: &[u8]) -> Result<Vec<(Reply, Reply)>, Stop> {
        (0..length_of(length)?)
            .map(|_| Ok((self.reply()?, self.reply()?)))
            .collect()
    }
}

fn number(text: &[u8]) -> Result<i64, Stop> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Stop::Bad(format!("no integer: {}", quoted(text))))
}

fn length_of(text: &[u8]) -> Result<usize, Stop> {
    usize::try_from(number(text)?).map_err(|_| Stop::Bad(format!("no length: {}", quoted(text))))
}

impl Reply {
    /// The content of a text of any kind: simple, bulk, verbatim, double, big number, error.
    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Reply::Simple(text)
            | Reply::Error(text)
            | Reply::Bulk(text)
            | Reply::Double(text)
            | Reply::Big(text)
            | Reply::Verbatim(_, text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is an array.
    pub(crate) fn elements(&self) -> Option<&[Reply]> {
        match self {
            Reply::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Reply::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether this is an error.
    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Reply::Error(_))
    }

    /// What Redis would have sent a RESP2 peer instead: maps and sets as arrays, and so on down.
    pub(crate) fn lowered(self) -> Reply {
        let flat = |pairs: Vec<(Reply, Reply)>| {
            let items = pairs.into_iter().flat_map(|(k, v)| [k, v]);
            Reply::Array(items.map(Reply::lowered).collect())
        };
        match self {
            Reply::Map(pairs) => flat(pairs),
            Reply::Array(items) | Reply::Set(items) | Reply::Push(items) => {
                Reply::Array(items.into_iter().map(Reply::lowered).collect())
            }
            Reply::Null => Reply::NullBulk,
            Reply::Double(text) | Reply::Big(text) | Reply::Verbatim(_, text) => Reply::Bulk(text),
            Reply::Bool(truth) => Reply::Int(i64::from(truth)),
            Reply::Attribute(_, reply) => reply.lowered(),
            other => other,
        }
    }
}

/// The notation of the transcripts; aggregates on one line.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_reply(self, f, Place::Top)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Inside,
}

fn write_reply(reply: &Reply, f: &mut fmt::Formatter<'_>, place: Place) -> fmt::Result {
    // A line of its own needs no quotes for its text, if the text is plain.
    let line = |f: &mut fmt::Formatter<'_>, kind: char, text: &[u8]| match place {
        Place::Top if is_plain_line(text) => write!(f, "{kind}{}", String::from_utf8_lossy(text)),
        _ if is_word(text) => write!(f, "{kind}{}", String::from_utf8_lossy(text)),
        _ => write!(f, "{kind}{}", quoted(text)),
    };
    match reply {
        Reply::Simple(text) => line(f, '+', text),
        Reply::Error(text) => line(f, '-', text),
        Reply::Int(value) => write!(f, ":{value}"),
        Reply::Bulk(bytes) => f.write_str(&quoted(bytes)),
        Reply::NullBulk => f.write_str("$-1"),
        Reply::NullArray => f.write_str("*-1"),
        Reply::Null => f.write_str("nil"),
        Reply::Array(items) => write_items(items, f, ""),
        Reply::Set(items) => write_items(items, f, "~"),
        Reply::Push(items) => write_items(items, f, ">"),
        Reply::Map(pairs) => write_pairs(pairs, f, "%"),
        Reply::Double(text) => line(f, ',', text),
        Reply::Big(text) => line(f, '(', text),
        Reply::Bool(truth) => f.write_str(if *truth { "#t" } else { "#f" }),
        Reply::Verbatim(format, text) => {
            let whole = [format.as_slice(), b":", text].concat();
            write!(f, "={}", quoted(&whole))
        }
        Reply::Attribute(pairs, reply) => {
            write_pairs(pairs, f, "|")?;
            f.write_str(" ")?;
            write_reply(reply, f, place)
        }
    }
}

fn write_items(items: &[Reply], f: &mut fmt::Formatter<'_>, kind: &str) -> fmt::Result {
    write!(f, "{kind}[")?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { " " })?;
        write_reply(item, f, Place::Inside)?;
    }
    f.write_str("]")
}

fn write_pairs(pairs: &[(Reply, Reply)], f: &mut fmt::Formatter<'_>, kind: &str) -> fmt::Result {
    write!(f, "{kind}{{")?;
    for (index, (key, value)) in pairs.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { " " })?;
        write_reply(key, f, Place::Inside)?;
        f.write_str(" ")?;
        write_reply(value, f, Place::Inside)?;
    }
    f.write_str("}")
}

fn is_plain_line(text: &[u8]) -> bool {
    let blank_ends = text.first() == Some(&b' ') || text.last() == Some(&b' ');
    let special = text.first().is_some_and(|byte| b"\"/".contains(byte)) || text.contains(&b'$');
    !text.is_empty() && !blank_ends && !special && text.iter().all(|b| (b' '..=b'~').contains(b))
}

fn is_word(text: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-+.:|".contains(b);
    !text.is_empty() && text.iter().all(plain)
}

/// `bytes` in quotes, with escapes; one long repeated byte as `"x"*1000`.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    if let Some(first) = bytes.first()
        && bytes.len() >= 64
        && bytes.iter().all(|byte| byte == first)
    {
        return format!("{}*{}", quoted(&[*first]), bytes.len());
    }
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('"');
    text
}
