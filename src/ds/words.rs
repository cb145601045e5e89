//! Splits a line into words the way a shell would, and writes a word so that it splits back.
//!
//! The grammar is that of Redis's inline commands and of its configuration file:
//!
//! - words stand apart by white space; NUL ends the line, as if it were cut there;
//! - `"…"` knows `\n \r \t \b \a`, `\xHH`, and `\c` for any other byte `c`;
//! - `'…'` knows `\'` only;
//! - a quotation may open inside a word (`a"b c"` is `ab c`), but it closes the word: what follows
//!   the closing quote must be white space or the end.

use std::ops::Range;

/// A quotation was not closed, or was closed in the middle of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits `line`, appending the bytes of each word to `bytes` and reporting their range there.
///
/// After an error the words before the bad one have been appended and reported.
pub fn split_into(
    line: &[u8],
    bytes: &mut Vec<u8>,
    mut word: impl FnMut(Range<usize>),
) -> Result<(), Unbalanced> {
    let mut rest = match memchr::memchr(0, line) {
        Some(end) => &line[..end],
        None => line,
    };
    loop {
        while let [byte, tail @ ..] = rest
            && is_space(*byte)
        {
            rest = tail;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let start = bytes.len();
        rest = take_word(rest, bytes)?;
        word(start..bytes.len());
    }
}

/// The words of `line`, each in a vector of its own.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut bytes = Vec::new();
    let mut ranges = Vec::new();
    split_into(line, &mut bytes, |range| ranges.push(range))?;
    Ok(ranges
        .into_iter()
        .map(|range| bytes[range].to_vec())
        .collect())
}

/// Appends `word` in double quotes, with escapes: printable ASCII, and [`split`] reads it back.
pub fn quote_into(word: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    for &byte in word {
        match byte {
            b'\\' | b'"' => text.extend([b'\\', byte]),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            b'\t' => text.extend(b"\\t"),
            0x07 => text.extend(b"\\a"),
            0x08 => text.extend(b"\\b"),
            0x20..=0x7e => text.push(byte),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let [high, low] = [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
                text.extend([b'\\', b'x', high, low]);
            }
        }
    }
    text.push(b'"');
}

/// C's `isspace`. Between words any of these; inside a word `\v` and `\f` are ordinary bytes.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Moves one word to `bytes`; returns what follows it.
fn take_word<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Ok(rest),
            [b'"', tail @ ..] => return take_double_quoted(tail, bytes),
            [b'\'', tail @ ..] => return take_single_quoted(tail, bytes),
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
}

fn take_double_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [] => return Err(Unbalanced),
            [b'"', tail @ ..] => return closed(tail),
            [b'\\', b'x', high, low, tail @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                bytes.push(hex_value(*high) << 4 | hex_value(*low));
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] => {
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                rest = tail;
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
}

fn take_single_quoted<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [] => return Err(Unbalanced),
            [b'\'', tail @ ..] => return closed(tail),
            [b'\\', b'\'', tail @ ..] => {
                bytes.push(b'\'');
                rest = tail;
            }
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
}

/// What follows a closing quote, which must be the end of the word.
fn closed(rest: &[u8]) -> Result<&[u8], Unbalanced> {
    match rest {
        [byte, ..] if !is_space(*byte) => Err(Unbalanced),
        _ => Ok(rest),
    }
}

/// The value of an (ASCII) hexadecimal digit.
fn hex_value(digit: u8) -> u8 {
    debug_assert!(digit.is_ascii_hexdigit());
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn splits_as_redis_does() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b" \t\r\n\x0b\x0c", &[]),
            (b"a b", &[b"a", b"b"]),
            (b"  a\tb\rc\nd  ", &[b"a", b"b", b"c", b"d"]),
            (b"\x0ba\x0cb", &[b"a\x0cb"]),
            (b"a\0b c", &[b"a"]),
            (b"\0a", &[]),
            (b"\"\" ''", &[b"", b""]),
            (b"a\"b c\" d", &[b"ab c", b"d"]),
            (b"a'b c'", &[b"ab c"]),
            (b"\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"", &[b"\n\r\t\x08\x07\\\"q"]),
            (b"\"\\x41\\xfF\\x4\\xg1\"", &[b"A\xffx4xg1"]),
            (b"'\\n\\'\\''", &[b"\\n''"]),
            (b"a\\ b", &[b"a\\", b"b"]),
            (b"\"a\"\x0b'b'", &[b"a", b"b"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), *words, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn refuses_what_does_not_close_a_word() {
        let cases: &[&[u8]] = &[
            b"\"", b"'", b"a \"b", b"'a\\'", b"\"a\\\"", b"\"a\"b", b"'a'b", b"'a''b'", b"\"a\\",
            b"\"a\0\"",
        ];
        for line in cases {
            assert_eq!(split(line), Err(Unbalanced), "{}", line.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn quoted_words_split_back(words: Vec<Vec<u8>>) {
            let mut line = Vec::new();
            for word in &words {
                quote_into(word, &mut line);
                line.push(b' ');
            }
            prop_assert!(line.iter().all(|byte| (0x20..=0x7e).contains(byte)));
            prop_assert_eq!(split(&line).unwrap(), words);
        }

        #[test]
        fn any_line_splits_or_is_refused(line: Vec<u8>) {
            let _ = split(&line);
        }
    }
}
