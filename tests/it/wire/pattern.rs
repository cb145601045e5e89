//! What a transcript expects of a reply: its notation, and whether a reply fits it.
//!
//! A pattern is written once, as RESP3 says it; [`Pattern::lowered`] is what a RESP2 peer gets
//! instead (a map becomes a flat array, a double a bulk string, …), which is also what
//! `resp::reply` of the server promises.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use regex::bytes::Regex;

use crate::harness::reply::Reply;

/// Values that a transcript gave names to.
pub(super) type Names = HashMap<String, Vec<u8>>;

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Exactly this.
    Reply(Reply),
    /// `nil-array`: `*-1`, or the null of RESP3.
    NilArray,
    /// `<any>`: whatever it is.
    Any,
    /// `:<1..5>`, `:<>`
    Int(RangeInclusive<i64>),
    /// A text of this kind that the expression matches as a whole.
    Text(Text, Regex),
    Aggregate(Kind, Vec<Pattern>, Rest, Order),
    Attribute(Vec<Pattern>, Box<Pattern>),
    /// `pattern=name`: the text of the reply gets a name.
    Named(Box<Pattern>, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Simple,
    Error,
    Bulk,
    Double,
    Verbatim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Set,
    Push,
    /// Keys and values alternate.
    Map,
}

/// Whether more may follow what is listed (`...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    Anything,
}

/// Whether the order counts (`unordered` says that it does not).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Counts,
    Free,
}

impl Pattern {
    /// The pattern that `source` is the notation of.
    pub(super) fn parse(source: &str) -> Result<Pattern, String> {
        let source = source.trim();
        // An error or a status that stands alone is the rest of its line, without quotes.
        if let Some(kind @ ('-' | '+')) = source.chars().next()
            && !source[1..].starts_with(['"', '/'])
            && source.len() > 1
        {
            let text = source.as_bytes()[1..].to_vec();
            return Ok(Pattern::Reply(match kind {
                '-' => Reply::Error(text),
                _ => Reply::Simple(text),
            }));
        }
        let mut parser = Parser {
            source: source.as_bytes(),
            at: 0,
        };
        let pattern = parser.pattern()?;
        parser.blanks();
        match parser.at == source.len() {
            true => Ok(pattern),
            false => Err(format!("left over: {}", &source[parser.at..])),
        }
    }

    /// What RESP2 says for it.
    pub(super) fn lowered(self) -> Pattern {
        match self {
            Pattern::Reply(reply) => Pattern::Reply(reply.lowered()),
            Pattern::NilArray => Pattern::Reply(Reply::NullArray),
            Pattern::Text(Text::Double | Text::Verbatim, regex) => Pattern::Text(Text::Bulk, regex),
            Pattern::Aggregate(kind, items, rest, order) => {
                let items: Vec<_> = items.into_iter().map(Pattern::lowered).collect();
                // The order of a flattened map is free pair by pair: `fits` knows by the kind.
                let kind = match (kind, order) {
                    (Kind::Map, Order::Free) => Kind::Map,
                    _ => Kind::Array,
                };
                Pattern::Aggregate(kind, items, rest, order)
            }
            Pattern::Attribute(_, pattern) => pattern.lowered(),
            Pattern::Named(pattern, name) => Pattern::Named(Box::new(pattern.lowered()), name),
            other @ (Pattern::Any | Pattern::Int(_) | Pattern::Text(..)) => other,
        }
    }

    /// Whether `reply` is what is expected; names what the pattern names.
    pub(super) fn fits(&self, reply: &Reply, names: &mut Names) -> bool {
        match (self, reply) {
            (Pattern::Any, _) => true,
            (Pattern::Reply(expected), _) => expected == reply,
            (Pattern::NilArray, _) => *reply == Reply::Null,
            (Pattern::Int(range), Reply::Int(value)) => range.contains(value),
            (Pattern::Text(kind, regex), _) => {
                text_of(*kind, reply).is_some_and(|text| regex.is_match(text))
            }
            (Pattern::Named(pattern, name), _) => {
                let fits = pattern.fits(reply, names);
                if fits {
                    names.insert(name.clone(), plain(reply));
                }
                fits
            }
            (Pattern::Attribute(pairs, pattern), Reply::Attribute(attributes, inner)) => {
                let flat: Vec<_> = attributes.iter().flat_map(|(k, v)| [k, v]).collect();
                in_order(pairs, &flat, Rest::Nothing, names) && pattern.fits(inner, names)
            }
            (Pattern::Aggregate(kind, items, rest, order), _) => {
                let Some(replies) = elements(*kind, *order, reply) else {
                    return false;
                };
                match (order, kind) {
                    (Order::Counts, _) => in_order(items, &replies, *rest, names),
                    (Order::Free, Kind::Map) => any_order(items, &replies, 2, *rest, names),
                    (Order::Free, _) => any_order(items, &replies, 1, *rest, names),
                }
            }
            _ => false,
        }
    }
}

/// The elements of `reply` if it is an aggregate of `kind`; of a map, keys and values in turn.
fn elements(kind: Kind, order: Order, reply: &Reply) -> Option<Vec<&Reply>> {
    match (kind, reply) {
        (Kind::Array, Reply::Array(items))
        | (Kind::Set, Reply::Set(items))
        | (Kind::Push, Reply::Push(items)) => Some(items.iter().collect()),
        (Kind::Map, Reply::Map(pairs)) => Some(pairs.iter().flat_map(|(k, v)| [k, v]).collect()),
        // An unordered map for RESP2, see `lowered`.
        (Kind::Map, Reply::Array(items)) if order == Order::Free => Some(items.iter().collect()),
        _ => None,
    }
}

fn in_order(items: &[Pattern], replies: &[&Reply], rest: Rest, names: &mut Names) -> bool {
    let enough = match rest {
        Rest::Nothing => replies.len() == items.len(),
        Rest::Anything => replies.len() >= items.len(),
    };
    let fits = |(item, reply): (&Pattern, &&Reply)| item.fits(reply, names);
    enough && items.iter().zip(replies).all(fits)
}

/// Each group of `size` patterns takes the first group of replies that fits and is still free.
fn any_order(
    items: &[Pattern],
    replies: &[&Reply],
    size: usize,
    rest: Rest,
    names: &mut Names,
) -> bool {
    let mut free: Vec<&[&Reply]> = replies.chunks(size).collect();
    for group in items.chunks(size) {
        let fits =
            |replies: &&[&Reply]| in_order(group, replies, Rest::Nothing, &mut names.clone());
        let Some(index) = free.iter().position(fits) else {
            return false;
        };
        in_order(group, free.remove(index), Rest::Nothing, names);
    }
    free.is_empty() || rest == Rest::Anything
}

fn text_of(kind: Text, reply: &Reply) -> Option<&[u8]> {
    match (kind, reply) {
        (Text::Simple, Reply::Simple(text))
        | (Text::Error, Reply::Error(text))
        | (Text::Bulk, Reply::Bulk(text))
        | (Text::Double, Reply::Double(text))
        | (Text::Verbatim, Reply::Verbatim(_, text)) => Some(text),
        _ => None,
    }
}

/// A reply as the text that a name stands for.
fn plain(reply: &Reply) -> Vec<u8> {
    match (reply, reply.text()) {
        (_, Some(text)) => text.to_vec(),
        (Reply::Int(value), _) => value.to_string().into_bytes(),
        _ => reply.to_string().into_bytes(),
    }
}

struct Parser<'a> {
    source: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.source[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        self.blanks();
        let pattern = self.unnamed()?;
        if self.peek() != Some(b'=') {
            return Ok(pattern);
        }
        self.at += 1;
        let name = self.word();
        match name.is_empty() {
            true => Err("`=` without a name".into()),
            false => Ok(Pattern::Named(Box::new(pattern), name)),
        }
    }

    fn unnamed(&mut self) -> Result<Pattern, String> {
        for (word, pattern) in [
            ("<any>", Pattern::Any),
            ("nil-array", Pattern::NilArray),
            ("nil", Pattern::Reply(Reply::Null)),
            ("$-1", Pattern::Reply(Reply::NullBulk)),
            ("*-1", Pattern::Reply(Reply::NullArray)),
            ("#t", Pattern::Reply(Reply::Bool(true))),
            ("#f", Pattern::Reply(Reply::Bool(false))),
        ] {
            if self.take(word) {
                return Ok(pattern);
            }
        }
        let order = match self.take("unordered") {
            true => Order::Free,
            false => Order::Counts,
        };
        self.blanks();
        for (open, close, kind) in [
            ("[", "]", Kind::Array),
            ("~[", "]", Kind::Set),
            (">[", "]", Kind::Push),
            ("%{", "}", Kind::Map),
        ] {
            if self.take(open) {
                let (items, rest) = self.items(close)?;
                if kind == Kind::Map && items.len() % 2 == 1 {
                    return Err("a map with a key that has no value".into());
                }
                return Ok(Pattern::Aggregate(kind, items, rest, order));
            }
        }
        if order == Order::Free {
            return Err("`unordered` stands before an array, a set or a map".into());
        }
        if self.take("|{") {
            let (pairs, _) = self.items("}")?;
            return Ok(Pattern::Attribute(pairs, Box::new(self.pattern()?)));
        }
        self.leaf()
    }

    fn items(&mut self, close: &str) -> Result<(Vec<Pattern>, Rest), String> {
        let mut items = Vec::new();
        let mut rest = Rest::Nothing;
        loop {
            self.blanks();
            if self.take(close) {
                return Ok((items, rest));
            }
            if rest == Rest::Anything {
                return Err("`...` stands last".into());
            }
            match self.take("...") {
                true => rest = Rest::Anything,
                false if self.at == self.source.len() => return Err(format!("no `{close}`")),
                false => items.push(self.pattern()?),
            }
        }
    }

    fn leaf(&mut self) -> Result<Pattern, String> {
        let start = self.at;
        let kind = self.peek().ok_or("nothing")?;
        if kind == b'"' || kind == b'/' {
            return self.text(Text::Bulk, Reply::Bulk);
        }
        self.at += 1;
        match kind {
            b':' => self.int(),
            b'+' => self.text(Text::Simple, Reply::Simple),
            b'-' => self.text(Text::Error, Reply::Error),
            b',' => self.text(Text::Double, Reply::Double),
            b'=' => self.verbatim(),
            b'(' => Ok(Pattern::Reply(Reply::Big(self.word().into_bytes()))),
            _ => {
                let rest = String::from_utf8_lossy(&self.source[start..]);
                Err(format!("not the notation of a reply: {rest}"))
            }
        }
    }

    fn int(&mut self) -> Result<Pattern, String> {
        if !self.take("<") {
            let word = self.word();
            let value = word.parse();
            return value
                .map(|value| Pattern::Reply(Reply::Int(value)))
                .map_err(|_| format!("`:{word}` is no integer"));
        }
        let rest = &self.source[self.at..];
        let end = memchr::memchr(b'>', rest).ok_or("`:<` without `>`")?;
        let range = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.at += end + 1;
        let (from, to) = match range.as_str() {
            "" => ("", ""),
            range => range.split_once("..").ok_or("no `..` in a range")?,
        };
        let bound = |text: &str, open| match text {
            "" => Ok(open),
            text => text.parse().map_err(|_| format!("no integer: {text}")),
        };
        Ok(Pattern::Int(bound(from, i64::MIN)?..=bound(to, i64::MAX)?))
    }

    /// A quoted text, an expression between slashes, or a word.
    fn text(&mut self, kind: Text, exactly: fn(Vec<u8>) -> Reply) -> Result<Pattern, String> {
        match self.peek() {
            Some(b'"') => {
                let (text, used) = quoted(&self.source[self.at..])?;
                self.at += used;
                Ok(Pattern::Reply(exactly(text)))
            }
            Some(b'/') => Ok(Pattern::Text(kind, self.regex()?)),
            _ => Ok(Pattern::Reply(exactly(self.word().into_bytes()))),
        }
    }

    fn verbatim(&mut self) -> Result<Pattern, String> {
        if self.peek() == Some(b'/') {
            return Ok(Pattern::Text(Text::Verbatim, self.regex()?));
        }
        let (text, used) = quoted(&self.source[self.at..])?;
        self.at += used;
        match text.split_first_chunk::<4>() {
            Some(([a, b, c, b':'], text)) => {
                Ok(Pattern::Reply(Reply::Verbatim([*a, *b, *c], text.to_vec())))
            }
            _ => Err("a verbatim string begins with its format, as in =\"txt:…\"".into()),
        }
    }

    fn regex(&mut self) -> Result<Regex, String> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.source.get(end) {
                None => return Err("`/` without its end".into()),
                Some(b'/') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        let source = String::from_utf8_lossy(&self.source[start..end]).replace("\\/", "/");
        Regex::new(&format!("(?s-u)\\A(?:{source})\\z")).map_err(|error| error.to_string())
    }

    fn word(&mut self) -> String {
        let rest = &self.source[self.at..];
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"]}=".contains(byte);
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += end;
        String::from_utf8_lossy(&rest[..end]).into_owned()
    }
}

/// The text that begins with a quote at the start of `source`, and how long its notation is. A
/// following `*1000` repeats it.
pub(super) fn quoted(source: &[u8]) -> Result<(Vec<u8>, usize), String> {
    if source.first() != Some(&b'"') {
        return Err("a quoted text is expected".into());
    }
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        let byte = *source.get(at).ok_or("a quote without its end")?;
        at += 1;
        match byte {
            b'"' => break,
            b'\\' => {
                let escape = *source.get(at).ok_or("a quote without its end")?;
                at += 1;
                text.push(match escape {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0' => 0,
                    b'x' => {
                        let digits = source.get(at..at + 2).ok_or("`\\x` needs two digits")?;
                        at += 2;
                        let digits = std::str::from_utf8(digits).unwrap_or_default();
                        u8::from_str_radix(digits, 16).map_err(|_| "`\\x` needs two digits")?
                    }
                    other => other,
                });
            }
            other => text.push(other),
        }
    }
    if source.get(at) == Some(&b'*') {
        let digits = source[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let times = std::str::from_utf8(&source[at + 1..at + 1 + digits]).unwrap_or_default();
        let times: usize = times.parse().map_err(|_| "`*` needs a number")?;
        text = text.repeat(times);
        at += 1 + digits;
    }
    Ok((text, at))
}

/// Whether the notation in `source` has an aggregate that is still open at its end: then it goes
/// on in the next line.
pub(super) fn is_open(source: &str) -> bool {
    if source.starts_with(['-', '+']) {
        return false;
    }
    let bytes = source.as_bytes();
    let mut depth = 0_i32;
    let mut at = 0;
    let mut token_start = true;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'"' => match quoted(&bytes[at..]) {
                Ok((_, used)) => at += used - 1,
                Err(_) => return false,
            },
            b'/' if token_start => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'/' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        token_start = byte.is_ascii_whitespace() || b"[{+-,=".contains(&byte);
        at += 1;
    }
    depth > 0
}
