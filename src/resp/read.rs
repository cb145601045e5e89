//! Reads replies, RESP2 and RESP3, from bytes that arrive in pieces: the client's side.
//!
//! Tools, tests and the link to a primary use it. A [`Reader`] owns the bytes that have come and
//! not been read; a reply in many levels is collected on an explicit stack, so that what was read
//! once is never read again, and depth costs no stack of the thread.
//!
//! The peer is not trusted more than a client is: depth, counts and lengths have [`Bounds`], and
//! nothing is reserved by a length that was merely announced.

use std::fmt;

/// One reply. Doubles and big numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Int(i64),
    Bulk(Vec<u8>),
    /// `_`
    Null,
    /// `$-1`, RESP2's absent string.
    NullBulk,
    /// `*-1`, RESP2's absent array.
    NullArray,
    Bool(bool),
    Double(Vec<u8>),
    BigNumber(Vec<u8>),
    /// A text and its format, such as `txt`.
    Verbatim([u8; 3], Vec<u8>),
    Array(Vec<Frame>),
    Set(Vec<Frame>),
    Map(Vec<(Frame, Frame)>),
    /// An out-of-band message.
    Push(Vec<Frame>),
    /// Attributes, and the reply they precede.
    Attribute(Vec<(Frame, Frame)>, Box<Frame>),
}

/// What a reply may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Aggregates within aggregates.
    pub depth: usize,
    /// Elements of one aggregate; pairs count as two.
    pub elements: usize,
    /// The length of a string.
    pub bulk_bytes: usize,
    /// The length of a line.
    pub line_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            depth: 128,
            elements: 1 << 32,
            bulk_bytes: 512 * 1024 * 1024,
            line_bytes: 1024 * 1024,
        }
    }
}

/// The bytes are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadReply {
    /// A line that begins with none of the known types.
    UnknownType(u8),
    /// A line that is not what its type demands.
    Malformed,
    /// More of something than its bound.
    TooMuch,
}

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadReply::UnknownType(byte) => {
                write!(f, "no reply begins with '{}'", byte.escape_ascii())
            }
            BadReply::Malformed => f.write_str("malformed reply"),
            BadReply::TooMuch => f.write_str("reply out of bounds"),
        }
    }
}

impl std::error::Error for BadReply {}

/// A decoder of one stream of replies.
#[derive(Debug, Default)]
pub struct Reader {
    buf: Vec<u8>,
    /// Bytes of `buf` already read.
    at: usize,
    /// Bytes behind `at` known to hold no line end.
    scanned: usize,
    /// Aggregates that lack elements, the outermost first.
    open: Vec<Open>,
    bounds: Bounds,
}

/// An aggregate that lacks elements, at least one.
#[derive(Debug)]
struct Open {
    kind: Aggregate,
    missing: usize,
    frames: Vec<Frame>,
}

#[derive(Debug)]
enum Aggregate {
    Array,
    Set,
    Push,
    Map,
    Attribute,
    /// These attributes are complete; the reply they precede is due.
    Attributed(Vec<(Frame, Frame)>),
}

/// What one line begins, with the bytes that belong to it.
enum Piece {
    Whole(Frame),
    Opens(Aggregate, usize),
}

impl Reader {
    /// A reader with bounds of its own.
    pub fn new(bounds: Bounds) -> Reader {
        Reader {
            bounds,
            ..Reader::default()
        }
    }

    /// Appends bytes that arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        // Moving the rest down costs less than what was read since the last time.
        if self.at > self.buf.len() / 2 {
            self.buf.drain(..self.at);
            self.at = 0;
        }
        self.buf.extend_from_slice(bytes);
    }

    /// The next reply, if all of it has arrived. After an error the stream is of no more use.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BadReply> {
        while let Some(piece) = self.piece()? {
            let frame = match piece {
                Piece::Whole(frame) => frame,
                Piece::Opens(kind, missing) => {
                    if self.open.len() == self.bounds.depth {
                        return Err(BadReply::TooMuch);
                    }
                    let frames = Vec::new();
                    self.open.push(Open {
                        kind,
                        missing,
                        frames,
                    });
                    continue;
                }
            };
            if let Some(whole) = self.place(frame) {
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }

    /// Whether a reply has begun to arrive.
    pub fn is_within(&self) -> bool {
        !self.open.is_empty() || self.at < self.buf.len()
    }

    /// Puts a frame where it belongs; returns it, or what it completed, if that is a reply.
    fn place(&mut self, mut frame: Frame) -> Option<Frame> {
        loop {
            let Some(mut open) = self.open.pop() else {
                return Some(frame);
            };
            open.frames.push(frame);
            open.missing -= 1;
            if open.missing > 0 {
                self.open.push(open);
                return None;
            }
            frame = match open.kind {
                Aggregate::Array => Frame::Array(open.frames),
                Aggregate::Set => Frame::Set(open.frames),
                Aggregate::Push => Frame::Push(open.frames),
                Aggregate::Map => Frame::Map(pairs(open.frames)),
                Aggregate::Attribute => {
                    self.open.push(Open {
                        kind: Aggregate::Attributed(pairs(open.frames)),
                        missing: 1,
                        frames: Vec::new(),
                    });
                    return None;
                }
                Aggregate::Attributed(pairs) => {
                    Frame::Attribute(pairs, Box::new(open.frames.pop()?))
                }
            };
        }
    }

    /// Reads one line and, of a string, its bytes. Nothing is consumed when they are not all here.
    fn piece(&mut self) -> Result<Option<Piece>, BadReply> {
        let rest = &self.buf[self.at..];
        let Some(end) = memchr::memchr(b'\n', &rest[self.scanned..]) else {
            self.scanned = rest.len();
            return match rest.len() > self.bounds.line_bytes {
                true => Err(BadReply::TooMuch),
                false => Ok(None),
            };
        };
        let end = self.scanned + end;
        if end > self.bounds.line_bytes {
            return Err(BadReply::TooMuch);
        }
        let line = rest[..end].strip_suffix(b"\r").ok_or(BadReply::Malformed)?;
        let (kind, text) = line.split_first().ok_or(BadReply::Malformed)?;
        let piece = match kind {
            b'$' | b'=' | b'!' if text != b"-1" => {
                let len = length(text, self.bounds.bulk_bytes)?;
                let body = &rest[end + 1..];
                let Some(body) = body.get(..len + 2) else {
                    // The line is found again at once when more has come.
                    self.scanned = end;
                    return Ok(None);
                };
                let body = body.strip_suffix(b"\r\n").ok_or(BadReply::Malformed)?;
                self.at += len + 2;
                Piece::Whole(string(*kind, body)?)
            }
            _ => scalar_or_header(*kind, text, &self.bounds)?,
        };
        self.at += end + 1;
        self.scanned = 0;
        Ok(Some(piece))
    }
}

/// The frame of a string of type `kind`.
fn string(kind: u8, body: &[u8]) -> Result<Frame, BadReply> {
    match (kind, body) {
        (b'$', _) => Ok(Frame::Bulk(body.to_vec())),
        (b'!', _) => Ok(Frame::Error(body.to_vec())),
        (_, [a, b, c, b':', text @ ..]) => Ok(Frame::Verbatim([*a, *b, *c], text.to_vec())),
        _ => Err(BadReply::Malformed),
    }
}

/// What a line says that is no string's header.
fn scalar_or_header(kind: u8, text: &[u8], bounds: &Bounds) -> Result<Piece, BadReply> {
    let aggregate = |kind: Aggregate, each: usize| {
        let missing = length(text, bounds.elements / each)? * each;
        Ok(match (missing, kind) {
            // An empty one is complete; empty attributes still precede something.
            (0, Aggregate::Array) => Piece::Whole(Frame::Array(Vec::new())),
            (0, Aggregate::Set) => Piece::Whole(Frame::Set(Vec::new())),
            (0, Aggregate::Push) => Piece::Whole(Frame::Push(Vec::new())),
            (0, Aggregate::Map) => Piece::Whole(Frame::Map(Vec::new())),
            (0, _) => Piece::Opens(Aggregate::Attributed(Vec::new()), 1),
            (_, kind) => Piece::Opens(kind, missing),
        })
    };
    let frame = match (kind, text) {
        (b'+', _) => Frame::Simple(text.to_vec()),
        (b'-', _) => Frame::Error(text.to_vec()),
        (b':', _) => Frame::Int(integer(text)?),
        (b'$', b"-1") => Frame::NullBulk,
        (b'*', b"-1") => Frame::NullArray,
        (b'_', b"") => Frame::Null,
        (b'#', b"t") => Frame::Bool(true),
        (b'#', b"f") => Frame::Bool(false),
        (b',', _) if is_double(text) => Frame::Double(text.to_vec()),
        (b'(', _) if is_big_number(text) => Frame::BigNumber(text.to_vec()),
        (b'*', _) => return aggregate(Aggregate::Array, 1),
        (b'~', _) => return aggregate(Aggregate::Set, 1),
        (b'>', _) => return aggregate(Aggregate::Push, 1),
        (b'%', _) => return aggregate(Aggregate::Map, 2),
        (b'|', _) => return aggregate(Aggregate::Attribute, 2),
        (b'_' | b'#' | b',' | b'(' | b'=' | b'!', _) => return Err(BadReply::Malformed),
        _ => return Err(BadReply::UnknownType(kind)),
    };
    Ok(Piece::Whole(frame))
}

fn pairs(frames: Vec<Frame>) -> Vec<(Frame, Frame)> {
    let mut frames = frames.into_iter();
    let pair = |_| Some((frames.next()?, frames.next()?));
    (0..).map_while(pair).collect()
}

fn integer(text: &[u8]) -> Result<i64, BadReply> {
    let text = std::str::from_utf8(text).map_err(|_| BadReply::Malformed)?;
    text.parse().map_err(|_| BadReply::Malformed)
}

fn length(text: &[u8], max: usize) -> Result<usize, BadReply> {
    let length = usize::try_from(integer(text)?).map_err(|_| BadReply::Malformed)?;
    match length <= max {
        true => Ok(length),
        false => Err(BadReply::TooMuch),
    }
}

fn is_double(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

fn is_big_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
