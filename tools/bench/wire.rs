//! The wire as the load generator needs it: requests built once and patched, replies only counted.
//!
//! A request's key is a prefix and twelve digits of which eight change, at a known offset: sending
//! costs eight stores per key, no formatting. Of a reply only its end is looked for.

use std::fmt::Write;

/// Keys look like `key:000000012345`: 16 bytes.
pub(crate) const KEY_BYTES: usize = 16;
const DIGITS_CHANGING: usize = 8;
/// No more keys than the changing digits can name.
pub(crate) const KEYS_MAX: u64 = 100_000_000;

/// A batch of requests, and where the digits of their keys are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    /// Offsets of the changing digits, in order.
    pub(crate) digits_at: Vec<usize>,
}

/// One word of a request template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    Fixed(&'a [u8]),
    /// A key with this prefix of four bytes.
    Key(&'a [u8; 4]),
}

impl Batch {
    /// `count` copies of the request made of `words`.
    pub(crate) fn repeat(words: &[Word], count: usize) -> Batch {
        let mut batch = Batch::default();
        (0..count).for_each(|_| batch.push(words));
        batch
    }

    fn push(&mut self, words: &[Word]) {
        self.bytes
            .extend(format!("*{}\r\n", words.len()).as_bytes());
        for word in words {
            let len = match word {
                Word::Fixed(bytes) => bytes.len(),
                Word::Key(_) => KEY_BYTES,
            };
            self.bytes.extend(format!("${len}\r\n").as_bytes());
            match word {
                Word::Fixed(bytes) => self.bytes.extend(*bytes),
                Word::Key(prefix) => {
                    self.bytes.extend(*prefix);
                    self.bytes.extend([b'0'; KEY_BYTES - 4]);
                    self.digits_at.push(self.bytes.len() - DIGITS_CHANGING);
                }
            }
            self.bytes.extend(b"\r\n");
        }
    }

    /// Writes the next key's number into each place of a key.
    pub(crate) fn patch(&mut self, mut next: impl FnMut() -> u64) {
        for at in &self.digits_at {
            let place = &mut self.bytes[*at..*at + DIGITS_CHANGING];
            put_digits(place, next());
        }
    }
}

/// `number` in decimal, filling `place`.
fn put_digits(place: &mut [u8], mut number: u64) {
    for pair in place.rchunks_exact_mut(2) {
        let two = number % 100;
        number /= 100;
        pair.copy_from_slice(&PAIRS[two as usize]);
    }
}

/// 00 to 99.
static PAIRS: [[u8; 2]; 100] = pairs();

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
}

/// One request, for commands sent once.
pub(crate) fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut head = String::new();
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        head.clear();
        let _ = write!(head, "${}\r\n", word.len());
        bytes.extend(head.as_bytes());
        bytes.extend(*word);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// What a stream of replies held so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) replies: u64,
    pub(crate) errors: u64,
    pub(crate) nulls: u64,
}

/// Counts the replies in a stream that arrives in pieces.
///
/// Between two calls it stands either inside a bulk string (`skip` > 0), inside a header line
/// (`kind` set), or before a header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scanner {
    pub(crate) tally: Tally,
    /// Bytes of a bulk string, with its line break, still to come.
    skip: usize,
    /// The first byte of the header being read.
    kind: Option<u8>,
    number: usize,
    negative: bool,
    /// Elements owed by the arrays of the current reply.
    owed: usize,
}

impl Scanner {
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            if self.skip > 0 {
                let step = self.skip.min(bytes.len());
                self.skip -= step;
                bytes = &bytes[step..];
                if self.skip == 0 {
                    self.element();
                }
                continue;
            }
            if self.kind.is_none() {
                self.kind = Some(*first);
                bytes = &bytes[1..];
            }
            bytes = self.header(bytes);
        }
    }

    /// Reads on in a header line; what is left behind it.
    fn header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let counted = matches!(self.kind, Some(b'$' | b'*'));
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => {
                    self.header_ends();
                    return &bytes[at + 1..];
                }
                b'-' => self.negative = true,
                b'0'..=b'9' if counted => {
                    self.number = self.number * 10 + usize::from(byte - b'0');
                }
                _ => {}
            }
        }
        &[]
    }

    fn header_ends(&mut self) {
        let number = std::mem::take(&mut self.number);
        let negative = std::mem::take(&mut self.negative);
        match self.kind.take() {
            Some(b'$' | b'*') if negative => {
                self.tally.nulls += 1;
                self.element();
            }
            Some(b'$') => self.skip = number + 2,
            Some(b'*') => {
                // Its elements are owed in its place.
                self.owed = self.owed.saturating_sub(1) + number;
                self.tally.replies += u64::from(self.owed == 0);
            }
            kind => {
                self.tally.errors += u64::from(kind == Some(b'-'));
                self.element();
            }
        }
    }

    fn element(&mut self) {
        self.owed = self.owed.saturating_sub(1);
        self.tally.replies += u64::from(self.owed == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_patched() {
        let mut batch = Batch::repeat(&[Word::Fixed(b"GET"), Word::Key(b"key:")], 2);
        let mut numbers = [12_345, 99_999_999].into_iter();
        batch.patch(|| numbers.next().unwrap());
        let expected = "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000012345\r\n\
                        *2\r\n$3\r\nGET\r\n$16\r\nkey:000099999999\r\n";
        assert_eq!(batch.bytes, expected.as_bytes());
    }

    #[test]
    fn replies_are_counted_however_they_are_cut() {
        let stream: &[u8] = b"+OK\r\n$3\r\na\r\n\r\n$-1\r\n-ERR x-1\r\n:12\r\n$0\r\n\r\n\
            *0\r\n*2\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n+x\r\n*-1\r\n*1\r\n*0\r\n";
        let expected = Tally {
            replies: 10,
            errors: 1,
            nulls: 2,
        };
        for size in 1..=stream.len() {
            let mut scanner = Scanner::default();
            stream.chunks(size).for_each(|piece| scanner.feed(piece));
            assert_eq!(scanner.tally, expected, "in pieces of {size}");
        }
    }
}
