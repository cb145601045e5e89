//! The id of a stream's entry: a moment in milliseconds and a number within it.
//!
//! Written `ms-seq`, both without a sign. What is read is what C's `strtoull` reads, because
//! clients have got used to it: blanks and a plus sign before a number, zeros in front, nothing
//! behind a zero byte.

/// The id of an entry. Ids grow within a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    pub ms: u64,
    pub seq: u64,
}

/// An id as XADD takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    /// `*`: the time of the command.
    Now,
    /// `ms-*`: the next one within these milliseconds.
    Within(u64),
    Exactly(StreamId),
}

/// The longest text that may be an id.
const TEXT_BYTES_MAX: usize = 127;

impl StreamId {
    /// Before every entry, and the id of none.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    pub const MAX: StreamId = StreamId {
        ms: u64::MAX,
        seq: u64::MAX,
    };

    /// An id from its two numbers.
    pub const fn new(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    /// The id behind this one.
    pub fn next(self) -> Option<StreamId> {
        match (self.seq.checked_add(1), self.ms.checked_add(1)) {
            (Some(seq), _) => Some(StreamId { seq, ..self }),
            (None, Some(ms)) => Some(StreamId { ms, seq: 0 }),
            (None, None) => None,
        }
    }

    /// The id before this one.
    pub fn previous(self) -> Option<StreamId> {
        match (self.seq.checked_sub(1), self.ms.checked_sub(1)) {
            (Some(seq), _) => Some(StreamId { seq, ..self }),
            (None, Some(ms)) => Some(StreamId { ms, seq: u64::MAX }),
            (None, None) => None,
        }
    }

    /// Reads `ms-seq`, or `ms` alone, which means `seq_missing`; also `-` and `+`, the least and
    /// the greatest id.
    pub fn parse(text: &[u8], seq_missing: u64) -> Option<StreamId> {
        match until_zero(text) {
            b"-" => Some(StreamId::MIN),
            b"+" => Some(StreamId::MAX),
            _ => StreamId::parse_strict(text, seq_missing),
        }
    }

    /// Reads `ms-seq`, or `ms` alone, which means `seq_missing`.
    pub fn parse_strict(text: &[u8], seq_missing: u64) -> Option<StreamId> {
        let (ms, seq) = halves(text)?;
        let seq = match seq {
            Some(text) => unsigned(text)?,
            None => seq_missing,
        };
        Some(StreamId { ms, seq })
    }

    /// The sixteen bytes that order as ids do.
    pub fn to_bytes(self) -> [u8; 16] {
        let both = u128::from(self.ms) << 64 | u128::from(self.seq);
        both.to_be_bytes()
    }

    /// The text `ms-seq`.
    pub fn text(self) -> IdText {
        let mut text = IdText {
            bytes: [0; IdText::BYTES_MAX],
            len: 0,
        };
        text.push(itoa::Buffer::new().format(self.ms).as_bytes());
        text.push(b"-");
        text.push(itoa::Buffer::new().format(self.seq).as_bytes());
        text
    }
}

impl NewId {
    /// Reads `*`, `ms-*`, `ms-seq` or `ms`.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<NewId> {
        if text == b"*" {
            return Some(NewId::Now);
        }
        match halves(text)? {
            (ms, Some(b"*")) => Some(NewId::Within(ms)),
            (ms, Some(seq)) => unsigned(seq).map(|seq| NewId::Exactly(StreamId { ms, seq })),
            (ms, None) => Some(NewId::Exactly(StreamId { ms, seq: 0 })),
        }
    }
}

/// What stands before the first dash, and behind it.
fn halves(text: &[u8]) -> Option<(u64, Option<&[u8]>)> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = until_zero(text);
    match text.iter().position(|byte| *byte == b'-') {
        Some(dash) => Some((unsigned(&text[..dash])?, Some(&text[dash + 1..]))),
        None => Some((unsigned(text)?, None)),
    }
}

fn until_zero(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number as C reads it.
fn unsigned(text: &[u8]) -> Option<u64> {
    if text.first().is_some_and(u8::is_ascii_digit) {
        return digits(text);
    }
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !blank(byte))?;
    match &text[start..] {
        [b'+', rest @ ..] => digits(rest),
        // A small negative number in its usual form is refused; any other wraps, as in C.
        [b'-', rest @ ..] => {
            let value = digits(rest)?;
            let is_usual = start == 0 && rest[0] != b'0' && value <= 1 << 63;
            (!is_usual).then_some(value.wrapping_neg())
        }
        rest => digits(rest),
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    let add = |sum: u64, byte: &u8| {
        let digit = char::from(*byte).to_digit(10)?;
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    };
    (!text.is_empty()).then(|| text.iter().try_fold(0, add))?
}

/// The text of an id.
#[derive(Clone, Copy, Debug)]
pub struct IdText {
    bytes: [u8; IdText::BYTES_MAX],
    len: usize,
}

impl IdText {
    /// Two numbers of up to twenty digits and a dash.
    const BYTES_MAX: usize = 41;

    fn push(&mut self, more: &[u8]) {
        self.bytes[self.len..self.len + more.len()].copy_from_slice(more);
        self.len += more.len();
    }
}

impl AsRef<[u8]> for IdText {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As redis-server 7.0.15 reads them.
    #[test]
    fn ids_are_read_as_c_reads_numbers() {
        let id = |ms, seq| Some(StreamId { ms, seq });
        for (text, want) in [
            ("5-1", id(5, 1)),
            ("5", id(5, 9)),
            ("007-08", id(7, 8)),
            (" 5-+1", id(5, 1)),
            ("+5-\t1", id(5, 1)),
            ("5-1\0x", id(5, 1)),
            ("5--1", None),
            ("5--01", id(5, u64::MAX)),
            ("5- -1", id(5, u64::MAX)),
            ("5-", None),
            ("-5", None),
            ("-", None),
            ("+", None),
            ("", None),
            ("5-1x", None),
            ("5-1 ", None),
            ("5-1-1", None),
            (
                "18446744073709551615-18446744073709551615",
                Some(StreamId::MAX),
            ),
            ("18446744073709551616", None),
            ("5-*", None),
        ] {
            assert_eq!(StreamId::parse_strict(text.as_bytes(), 9), want, "{text:?}");
        }
        assert_eq!(StreamId::parse(b"-", 9), id(0, 0));
        assert_eq!(StreamId::parse(b"+", 9), Some(StreamId::MAX));
        assert_eq!(StreamId::parse(&[b'0'; 127], 9), id(0, 9));
        assert_eq!(StreamId::parse(&[b'0'; 128], 9), None);
    }

    #[test]
    fn new_ids_may_leave_a_part_to_us() {
        let exactly = |ms, seq| Some(NewId::Exactly(StreamId { ms, seq }));
        assert_eq!(NewId::parse(b"*"), Some(NewId::Now));
        assert_eq!(NewId::parse(b"7-*"), Some(NewId::Within(7)));
        assert_eq!(NewId::parse(b"7"), exactly(7, 0));
        assert_eq!(NewId::parse(b"7-3"), exactly(7, 3));
        assert_eq!(NewId::parse(b"7-**"), None);
        assert_eq!(NewId::parse(b"*-1"), None);
    }

    #[test]
    fn neighbours_and_texts() {
        let id = |ms, seq| StreamId { ms, seq };
        assert_eq!(id(1, u64::MAX).next(), Some(id(2, 0)));
        assert_eq!(id(1, 0).previous(), Some(id(0, u64::MAX)));
        assert_eq!(StreamId::MAX.next(), None);
        assert_eq!(StreamId::MIN.previous(), None);
        assert_eq!(id(1, 2).text().as_ref(), b"1-2");
        let longest = StreamId::MAX.text();
        assert_eq!(
            longest.as_ref(),
            b"18446744073709551615-18446744073709551615"
        );
        assert!(id(1, 2).to_bytes() < id(1, 3).to_bytes());
    }
}
