//! The wire as the load generator needs it: requests built once and patched, replies only counted.
//!
//! A key, a member or a score is a prefix and twelve digits of which eight change, at a known
//! offset: sending costs eight stores for each, no formatting. Of a reply only its end is looked for.

use std::fmt::Write;

/// Keys look like `key:000000012345`: 16 bytes.
pub(crate) const KEY_BYTES: usize = 4 + DIGITS;
const DIGITS: usize = 12;
const DIGITS_CHANGING: usize = 8;
/// No more keys than the changing digits can name.
pub(crate) const KEYS_MAX: u64 = 100_000_000;

/// A batch of requests, and where the digits of their numbers are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    /// In order.
    pub(crate) places: Vec<Place>,
}

/// Where digits change, and to what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    at: usize,
    number: Number,
}

#[derive(Clone, Copy, Debug)]
enum Number {
    Next,
    Scattered,
    Again,
}

/// One word of a request template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    Fixed(&'a [u8]),
    /// This prefix and the next number.
    Key(&'a [u8]),
    /// This prefix and a number made of the next one: no two have the same, and those of
    /// neighbours lie far apart.
    Scattered(&'a [u8]),
    /// This prefix and the number that the word before it was made of.
    Again(&'a [u8]),
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
            let (prefix, number) = match *word {
                Word::Fixed(bytes) => (bytes, None),
                Word::Key(prefix) => (prefix, Some(Number::Next)),
                Word::Scattered(prefix) => (prefix, Some(Number::Scattered)),
                Word::Again(prefix) => (prefix, Some(Number::Again)),
            };
            let digits = if number.is_some() { DIGITS } else { 0 };
            let len = prefix.len() + digits;
            self.bytes.extend(format!("${len}\r\n").as_bytes());
            self.bytes.extend(prefix);
            self.bytes.resize(self.bytes.len() + digits, b'0');
            self.places.extend(number.map(|number| Place {
                at: self.bytes.len() - DIGITS_CHANGING,
                number,
            }));
            self.bytes.extend(b"\r\n");
        }
    }

    /// Writes the numbers of the next keys into their places.
    pub(crate) fn patch(&mut self, mut next: impl FnMut() -> u64) {
        let mut last = 0;
        for Place { at, number } in &self.places {
            if !matches!(number, Number::Again) {
                last = next();
            }
            let written = match number {
                Number::Next | Number::Again => last,
                Number::Scattered => scatter(last),
            };
            put_digits(&mut self.bytes[*at..*at + DIGITS_CHANGING], written);
        }
    }
}

/// One to one among the numbers that the changing digits can name: the factor shares no divisor
/// with their count.
fn scatter(number: u64) -> u64 {
    const FACTOR: u64 = 61_803_399;
    number * FACTOR % KEYS_MAX
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
    fn members_and_scores_are_of_one_number() {
        let words = [
            Word::Fixed(b"ZADD"),
            Word::Fixed(b"z"),
            Word::Scattered(b""),
            Word::Again(b"element:"),
        ];
        let mut batch = Batch::repeat(&words, 1);
        batch.patch(|| 3);
        let expected = "*4\r\n$4\r\nZADD\r\n$1\r\nz\r\n$12\r\n000085410197\r\n\
                        $20\r\nelement:000000000003\r\n";
        assert_eq!(String::from_utf8_lossy(&batch.bytes), expected);
    }

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
