//! Encodes replies in the protocol the peer speaks.
//!
//! One method per kind of reply; each writes what RESP3 says and, for a RESP2 peer, the form
//! Redis falls back to (a map becomes a flat array, a double a bulk string, …).
//! Protocol: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use std::sync::Arc;

use crate::ds::number::DoubleText;
use crate::ds::output::{Mark, Output};

/// The version of RESP a peer speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

impl Protocol {
    /// 2 or 3.
    pub fn number(self) -> i64 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// What is known of an aggregate's length when its header is due: nothing yet.
#[must_use = "a deferred header must be closed with its length"]
#[derive(Debug)]
pub struct Deferred(Mark);

/// An encoder of replies onto an [`Output`].
#[derive(Debug, Default)]
pub struct Reply {
    pub output: Output,
    pub protocol: Protocol,
    /// Errors written so far; the caller compares before and after.
    error_count: u64,
}

impl Reply {
    /// An encoder for `protocol` onto an empty output.
    pub fn new(protocol: Protocol) -> Self {
        Reply {
            protocol,
            ..Reply::default()
        }
    }

    #[inline]
    fn is_resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// Errors written since this encoder was made.
    #[inline]
    pub fn error_count(&self) -> u64 {
        self.error_count
    }

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.output.extend(b"+OK\r\n");
    }

    /// A simple string; `text` holds no line break.
    pub fn simple(&mut self, text: &str) {
        debug_assert!(!text.contains(['\r', '\n']));
        let buf = self.output.buf();
        buf.push(b'+');
        buf.extend_from_slice(text.as_bytes());
        buf.extend_from_slice(b"\r\n");
    }

    /// An error. `text` begins with its code (`ERR …`). It may quote what the client sent, so, as
    /// in Redis, line breaks at its end are cut off and others become spaces.
    #[cold]
    pub fn error(&mut self, text: &[u8]) {
        self.error_count += 1;
        let buf = self.output.buf();
        buf.push(b'-');
        let line_break = |byte: &u8| {
            if matches!(byte, b'\r' | b'\n') {
                b' '
            } else {
                *byte
            }
        };
        let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        let text = &text[..end.map_or(0, |last| last + 1)];
        buf.extend(text.iter().map(line_break));
        buf.extend_from_slice(b"\r\n");
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, value: i64) {
        match value {
            0 => self.output.extend(b":0\r\n"),
            1 => self.output.extend(b":1\r\n"),
            _ => self.header(b':', value),
        }
    }

    /// A count or size, as an integer.
    #[inline]
    pub fn count(&mut self, value: usize) {
        self.int(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.length(b'$', bytes.len());
        let buf = self.output.buf();
        buf.reserve(bytes.len() + 2);
        buf.extend_from_slice(bytes);
        buf.extend_from_slice(b"\r\n");
    }

    /// A bulk string that is the decimal form of `value`.
    #[inline]
    pub fn bulk_int(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A bulk string made of pieces; `len` is the sum of their lengths and `pieces` writes them.
    pub fn bulk_with(&mut self, len: usize, pieces: impl FnOnce(&mut Output)) {
        self.length(b'$', len);
        let mark = self.output.mark();
        pieces(&mut self.output);
        debug_assert_eq!(self.output.len_since(mark), len);
        self.output.extend(b"\r\n");
    }

    /// A bulk string that is `bytes[from..to]`, by reference when it is large.
    pub fn bulk_shared(&mut self, bytes: &Arc<Vec<u8>>, from: usize, to: usize) {
        self.bulk_with(to - from, |output| output.share(bytes, from, to));
    }

    /// The absent value.
    #[inline]
    pub fn null(&mut self) {
        let text: &[u8] = if self.is_resp3() {
            b"_\r\n"
        } else {
            b"$-1\r\n"
        };
        self.output.extend(text);
    }

    /// The absent array.
    pub fn null_array(&mut self) {
        let text: &[u8] = if self.is_resp3() {
            b"_\r\n"
        } else {
            b"*-1\r\n"
        };
        self.output.extend(text);
    }

    /// The header of an array of `len` elements.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.length(b'*', len);
    }

    /// The header of a map of `len` pairs.
    pub fn map(&mut self, len: usize) {
        if self.is_resp3() {
            self.length(b'%', len);
        } else {
            self.length(b'*', len * 2);
        }
    }

    /// The header of a set of `len` elements.
    pub fn set(&mut self, len: usize) {
        self.length(if self.is_resp3() { b'~' } else { b'*' }, len);
    }

    /// The header of an out-of-band message of `len` elements.
    pub fn push(&mut self, len: usize) {
        self.length(if self.is_resp3() { b'>' } else { b'*' }, len);
    }

    /// The header of `len` pairs of attributes that precede a reply. RESP2 has none: the caller
    /// sends them to RESP3 peers only.
    pub fn attribute(&mut self, len: usize) {
        debug_assert!(self.is_resp3());
        self.length(b'|', len);
    }

    /// Opens an aggregate whose length is not known yet.
    pub fn deferred(&mut self) -> Deferred {
        Deferred(self.output.mark())
    }

    /// Closes a deferred array of `len` elements.
    pub fn close_array(&mut self, deferred: Deferred, len: usize) {
        self.close(deferred, b'*', len);
    }

    /// Closes a deferred set of `len` elements.
    pub fn close_set(&mut self, deferred: Deferred, len: usize) {
        let kind = if self.is_resp3() { b'~' } else { b'*' };
        self.close(deferred, kind, len);
    }

    /// Closes a deferred map of `len` pairs.
    pub fn close_map(&mut self, deferred: Deferred, len: usize) {
        if self.is_resp3() {
            self.close(deferred, b'%', len);
        } else {
            self.close(deferred, b'*', len * 2);
        }
    }

    /// Closes a deferred array of `len` elements whose cursor goes before it, as SCAN replies:
    /// the array of both is opened before the deferred one.
    pub fn close_scan(&mut self, deferred: Deferred, cursor: u64, len: usize) {
        let mut header = Vec::with_capacity(64);
        let mut digits = itoa::Buffer::new();
        let cursor = digits.format(cursor).as_bytes();
        let mut count = itoa::Buffer::new();
        let count = count.format(cursor.len()).as_bytes();
        let mut len_digits = itoa::Buffer::new();
        let len = len_digits.format(len).as_bytes();
        for part in [b"$", count, b"\r\n", cursor, b"\r\n*", len, b"\r\n"] {
            header.extend_from_slice(part);
        }
        self.output.insert_at(deferred.0, &header);
    }

    /// The reply of a scan of what is not there.
    pub fn empty_scan(&mut self) {
        self.array(2);
        self.bulk(b"0");
        self.array(0);
    }

    fn close(&mut self, deferred: Deferred, kind: u8, len: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(len).as_bytes();
        let mut header = [0; 24];
        header[0] = kind;
        header[1..=digits.len()].copy_from_slice(digits);
        header[digits.len() + 1..digits.len() + 3].copy_from_slice(b"\r\n");
        self.output
            .insert_at(deferred.0, &header[..digits.len() + 3]);
    }

    /// Truth: `#t`/`#f`, or 1/0 for RESP2.
    pub fn boolean(&mut self, value: bool) {
        let text: &[u8] = match (self.is_resp3(), value) {
            (true, true) => b"#t\r\n",
            (true, false) => b"#f\r\n",
            (false, true) => b":1\r\n",
            (false, false) => b":0\r\n",
        };
        self.output.extend(text);
    }

    /// A double, in the shortest form that reads back as the same.
    pub fn double(&mut self, value: f64) {
        self.double_digits(DoubleText::new(value).as_bytes());
    }

    /// A double, from its text (see `ds::number` for Redis's form of it).
    pub fn double_text(&mut self, text: &str) {
        self.double_digits(text.as_bytes());
    }

    fn double_digits(&mut self, digits: &[u8]) {
        if self.is_resp3() {
            let buf = self.output.buf();
            buf.push(b',');
            buf.extend_from_slice(digits);
            buf.extend_from_slice(b"\r\n");
        } else {
            self.bulk(digits);
        }
    }

    /// A number beyond 64 bits, from its decimal digits.
    pub fn big_number(&mut self, digits: &str) {
        if self.is_resp3() {
            let buf = self.output.buf();
            buf.push(b'(');
            buf.extend_from_slice(digits.as_bytes());
            buf.extend_from_slice(b"\r\n");
        } else {
            self.bulk(digits.as_bytes());
        }
    }

    /// A text with its format, three bytes such as `txt` or `mkd`; a bulk string for RESP2.
    pub fn verbatim(&mut self, format: &[u8; 3], bytes: &[u8]) {
        if !self.is_resp3() {
            return self.bulk(bytes);
        }
        self.length(b'=', bytes.len() + 4);
        let buf = self.output.buf();
        buf.extend_from_slice(format);
        buf.push(b':');
        buf.extend_from_slice(bytes);
        buf.extend_from_slice(b"\r\n");
    }

    /// A set of simple strings, as COMMAND INFO shows flags.
    pub fn flags<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a str>) {
        self.set(names.len());
        for name in names {
            self.simple(name);
        }
    }

    /// An array of bulk strings.
    pub fn bulks<T: AsRef<[u8]>>(&mut self, items: impl ExactSizeIterator<Item = T>) {
        self.array(items.len());
        for item in items {
            self.bulk(item.as_ref());
        }
    }

    #[inline]
    fn length(&mut self, kind: u8, len: usize) {
        match u8::try_from(len) {
            // One or two digits: most headers.
            Ok(len @ ..10) => self.output.extend(&[kind, b'0' + len, b'\r', b'\n']),
            Ok(len @ 10..100) => {
                let (tens, ones) = (b'0' + len / 10, b'0' + len % 10);
                self.output.extend(&[kind, tens, ones, b'\r', b'\n']);
            }
            _ => self.header(kind, i64::try_from(len).unwrap_or(i64::MAX)),
        }
    }

    fn header(&mut self, kind: u8, value: i64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value).as_bytes();
        let buf = self.output.buf();
        buf.reserve(digits.len() + 3);
        buf.push(kind);
        buf.extend_from_slice(digits);
        buf.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests;
