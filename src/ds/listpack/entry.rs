//! One entry of a listpack: a head that tells its kind, the text, and the length of both.
//!
//! | head | the entry is |
//! |---|---|
//! | `0xxxxxxx` | the integer x, 0 to 127 |
//! | `10xxxxxx` | a text of x bytes |
//! | `110xxxxx` and 1 byte | a signed integer of 13 bits, the upper 5 first |
//! | `1110xxxx` and 1 byte | a text, its length in 12 bits, the upper 4 first |
//! | `11110000` and 4 bytes | a text, its length little-endian |
//! | `11110001` … `11110100` and 2, 3, 4, 8 bytes | a signed integer, little-endian |
//!
//! Behind it stands its length in groups of seven bits, the highest first; all but the first byte
//! have their highest bit set. Read from its end, it leads to where the entry begins.

use crate::ds::number::parse_int;

/// A text within a listpack: as an integer if it is the canonical form of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

impl<'a> Item<'a> {
    /// The form in which `text` is kept.
    #[inline]
    pub fn of(text: &'a [u8]) -> Item<'a> {
        match parse_int(text) {
            Some(value) => Item::Int(value),
            None => Item::Bytes(text),
        }
    }

    /// The text; digits of an integer are written into `digits`.
    #[inline]
    pub fn text<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Item::Int(value) => digits.format(value).as_bytes(),
            Item::Bytes(bytes) => bytes,
        }
    }

    /// The length of the text.
    pub fn text_len(self) -> usize {
        self.text(&mut itoa::Buffer::new()).len()
    }

    /// A copy of the text.
    pub fn to_vec(self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }
}

/// A text to look for; its number is read only once.
#[derive(Clone, Copy, Debug)]
pub struct Needle<'a> {
    text: &'a [u8],
    int: Option<i64>,
}

impl<'a> Needle<'a> {
    /// `text` to look for.
    #[inline]
    pub fn new(text: &'a [u8]) -> Needle<'a> {
        let int = parse_int(text);
        Needle { text, int }
    }

    /// The text.
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// The integer that the text is the canonical form of.
    #[inline]
    pub fn int(self) -> Option<i64> {
        self.int
    }

    /// Whether `item` is this text.
    #[inline]
    pub fn is(self, item: Item<'_>) -> bool {
        match item {
            Item::Int(value) => self.int == Some(value),
            Item::Bytes(bytes) => bytes == self.text,
        }
    }
}

/// An entry with its place: the bytes `start..end`.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub item: Item<'a>,
    pub start: usize,
    pub end: usize,
}

const TEXT_6: u8 = 0x80;
const INT_13: u8 = 0xc0;
const TEXT_12: u8 = 0xe0;
const TEXT_32: u8 = 0xf0;
const INT_16: u8 = 0xf1;
const INT_24: u8 = 0xf2;
const INT_32: u8 = 0xf3;
const INT_64: u8 = 0xf4;

const INT_7_MAX: i64 = 127;
const INT_13_MAX: i64 = (1 << 12) - 1;
const INT_24_MAX: i64 = (1 << 23) - 1;
const TEXT_6_MAX: usize = 63;
const TEXT_12_MAX: usize = 4095;

/// The longest head: that of an integer of 64 bits.
const HEAD_BYTES_MAX: usize = 9;
const BACK_BYTES_MAX: usize = 5;

/// A few bytes, made on the stack.
struct Few<const MAX: usize> {
    bytes: [u8; MAX],
    len: usize,
}

impl<const MAX: usize> Few<MAX> {
    #[inline]
    fn new<const N: usize>(from: [u8; N]) -> Self {
        let mut bytes = [0; MAX];
        bytes[..N].copy_from_slice(&from);
        Few { bytes, len: N }
    }

    /// `kind` and the lower `len` bytes of `value`.
    #[inline]
    fn with(kind: u8, value: i64, len: usize) -> Self {
        let mut bytes = [0; MAX];
        bytes[0] = kind;
        bytes[1..=len].copy_from_slice(&value.to_le_bytes()[..len]);
        let len = len + 1;
        Few { bytes, len }
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[inline]
fn head(item: Item<'_>) -> Few<HEAD_BYTES_MAX> {
    match item {
        Item::Int(value) => int_head(value),
        Item::Bytes(text) => match text.len() {
            len @ 0..=TEXT_6_MAX => Few::new([TEXT_6 | len as u8]),
            len @ 0..=TEXT_12_MAX => Few::new([TEXT_12 | (len >> 8) as u8, len as u8]),
            len => {
                let len = u32::try_from(len).expect("texts are shorter than 4 GB");
                Few::with(TEXT_32, i64::from(len), 4)
            }
        },
    }
}

#[inline]
fn int_head(value: i64) -> Few<HEAD_BYTES_MAX> {
    if (0..=INT_7_MAX).contains(&value) {
        Few::new([value as u8])
    } else if (-INT_13_MAX - 1..=INT_13_MAX).contains(&value) {
        Few::new([INT_13 | (value >> 8) as u8 & 0x1f, value as u8])
    } else if i16::try_from(value).is_ok() {
        Few::with(INT_16, value, 2)
    } else if (-INT_24_MAX - 1..=INT_24_MAX).contains(&value) {
        Few::with(INT_24, value, 3)
    } else if i32::try_from(value).is_ok() {
        Few::with(INT_32, value, 4)
    } else {
        Few::with(INT_64, value, 8)
    }
}

/// How many bytes the length `len` takes behind an entry. The bounds are Redis's: it takes a byte
/// more than it had to for a length that would just fit.
#[inline]
pub(super) fn back_bytes(len: usize) -> usize {
    match len {
        0..128 => 1,
        128..0x3fff => 2,
        0x3fff..0x1f_ffff => 3,
        0x1f_ffff..0xfff_ffff => 4,
        _ => 5,
    }
}

#[inline]
fn back(len: usize) -> Few<BACK_BYTES_MAX> {
    let count = back_bytes(len);
    let mut few = Few {
        bytes: [0; BACK_BYTES_MAX],
        len: count,
    };
    let mut rest = len;
    for index in (0..count).rev() {
        let more = if index == 0 { 0 } else { 0x80 };
        few.bytes[index] = (rest & 0x7f) as u8 | more;
        rest >>= 7;
    }
    few
}

/// The bytes an entry of `item` takes.
#[inline]
pub fn encoded_len(item: Item<'_>) -> usize {
    let text = match item {
        Item::Int(_) => 0,
        Item::Bytes(text) => text.len(),
    };
    let len = head(item).len + text;
    len + back_bytes(len)
}

/// Hands the bytes of an entry of `item` to `write`, in pieces.
#[inline]
pub fn encode(item: Item<'_>, mut write: impl FnMut(&[u8])) {
    let head = head(item);
    write(head.as_slice());
    let mut len = head.len;
    if let Item::Bytes(text) = item {
        write(text);
        len += text.len();
    }
    write(back(len).as_slice());
}

/// The lengths of an entry's head and text.
#[inline]
fn lengths(bytes: &[u8], start: usize) -> (usize, usize) {
    let kind = bytes[start];
    match kind {
        0..TEXT_6 => (1, 0),
        TEXT_6..INT_13 => (1, usize::from(kind & 0x3f)),
        INT_13..TEXT_12 => (2, 0),
        TEXT_12..TEXT_32 => {
            let len = usize::from(kind & 0x0f) << 8 | usize::from(bytes[start + 1]);
            (2, len)
        }
        TEXT_32 => {
            let len = little_endian(bytes, start + 1, 4);
            (5, usize::try_from(len).unwrap_or(usize::MAX))
        }
        INT_16 => (3, 0),
        INT_24 => (4, 0),
        INT_32 => (5, 0),
        _ => (9, 0),
    }
}

#[inline]
fn little_endian(bytes: &[u8], at: usize, len: usize) -> i64 {
    let mut word = [0; 8];
    word[..len].copy_from_slice(&bytes[at..at + len]);
    i64::from_le_bytes(word)
}

/// The same, with its highest bit as a sign.
#[inline]
fn signed(bytes: &[u8], at: usize, len: usize) -> i64 {
    let unused = 64 - 8 * len as u32;
    little_endian(bytes, at, len) << unused >> unused
}

/// Where the entry that begins at `start` ends.
#[inline]
pub(super) fn end_of(bytes: &[u8], start: usize) -> usize {
    let (head, text) = lengths(bytes, start);
    start + head + text + back_bytes(head + text)
}

/// Where the entry that ends at `end` begins.
#[inline]
pub(super) fn start_of(bytes: &[u8], end: usize) -> usize {
    let mut at = end - 1;
    let mut len = usize::from(bytes[at] & 0x7f);
    let mut shift = 7;
    while bytes[at] & 0x80 != 0 {
        at -= 1;
        len |= usize::from(bytes[at] & 0x7f) << shift;
        shift += 7;
    }
    at - len
}

/// The entry that begins at `start`.
#[inline]
pub fn decode(bytes: &[u8], start: usize) -> Entry<'_> {
    let kind = bytes[start];
    // Short texts are the rule.
    let (head, text) = match kind {
        TEXT_6..INT_13 => (1, usize::from(kind & 0x3f)),
        _ => lengths(bytes, start),
    };
    let item = match kind {
        0..TEXT_6 => Item::Int(i64::from(kind)),
        TEXT_6..INT_13 | TEXT_12..=TEXT_32 => {
            Item::Bytes(&bytes[start + head..start + head + text])
        }
        INT_13..TEXT_12 => {
            let upper = i64::from(kind) << 59 >> 51;
            Item::Int(upper | i64::from(bytes[start + 1]))
        }
        _ => Item::Int(signed(bytes, start + 1, head - 1)),
    };
    let len = head + text;
    let end = start + len + back_bytes(len);
    Entry { item, start, end }
}

/// The entry that ends at `end`.
#[inline]
pub fn decode_back(bytes: &[u8], end: usize) -> Entry<'_> {
    decode(bytes, start_of(bytes, end))
}

/// The entry that begins at `start`, if its bytes are well-formed: where it ends.
pub(super) fn checked_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let head = match *rest.first()? {
        0..INT_13 => 1,
        INT_13..TEXT_32 => 2,
        TEXT_32 => 5,
        INT_16 => 3,
        INT_24 => 4,
        INT_32 => 5,
        INT_64 => 9,
        _ => return None,
    };
    rest.get(..head)?;
    let (head, text) = lengths(rest, 0);
    let len = head.checked_add(text)?;
    let back = back(len);
    let end = len.checked_add(back.len)?;
    (rest.get(len..end)? == back.as_slice()).then_some(start + end)
}
