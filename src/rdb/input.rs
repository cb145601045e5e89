//! Reads the pieces the format is made of, from memory or from a file of any size.
//!
//! No length is believed before its bytes are there: a buffer grows as they come.

use super::CHECKSUM;
use super::damage::{Damage, What};
use super::lzf;
use super::output::{INT_8, INT_16, INT_32, LZF, SPECIAL};
use crate::ds::rope::Rope;
use crate::value::string::{FLAT_BYTES_MAX, NewStr};

/// Bytes taken at once of what is long.
const PIECE_BYTES: usize = 64 * 1024;

/// The longest string.
const STRING_BYTES_MAX: u64 = 1 << 40;

/// Where bytes come from.
pub trait Source {
    /// The next `count` bytes, side by side.
    ///
    /// # Errors
    /// If there are not so many, or as the world has them.
    fn take(&mut self, count: usize) -> Result<&[u8], What>;

    /// Whether there is nothing left.
    ///
    /// # Errors
    /// As the world has them.
    fn is_at_end(&mut self) -> Result<bool, What>;
}

impl Source for &[u8] {
    #[inline]
    fn take(&mut self, count: usize) -> Result<&[u8], What> {
        let (now, later) = self.split_at_checked(count).ok_or(What::Ended)?;
        *self = later;
        Ok(now)
    }

    fn is_at_end(&mut self) -> Result<bool, What> {
        Ok(self.is_empty())
    }
}

/// What gives bytes in portions, as a file does.
pub trait Feed {
    /// Appends some bytes to `buf`, within reason; whether there were any.
    ///
    /// # Errors
    /// As the world has them.
    fn feed(&mut self, buf: &mut Vec<u8>) -> Result<bool, What>;
}

/// A source that is fed.
pub struct Buffered<F> {
    pub feed: F,
    buf: Vec<u8>,
    /// What of `buf` was taken.
    used: usize,
    digest: Option<Digest>,
    /// What of `buf` is digested.
    digested: usize,
}

type Digest = crc::Digest<'static, u64, crc::Table<16>>;

impl<F: Feed> Buffered<F> {
    /// A source at the beginning of `feed`.
    pub fn new(feed: F) -> Buffered<F> {
        Buffered {
            feed,
            buf: Vec::new(),
            used: 0,
            digest: None,
            digested: 0,
        }
    }

    /// The same source, which digests what is taken from it.
    pub fn with_checksum(self) -> Buffered<F> {
        Buffered {
            digest: Some(CHECKSUM.digest()),
            ..self
        }
    }

    /// The checksum of what was taken.
    pub fn checksum(&self) -> u64 {
        let digest = self.digest.clone();
        digest.map_or(0, |mut digest| {
            digest.update(&self.buf[self.digested..self.used]);
            digest.finalize()
        })
    }

    /// Makes sure that `count` bytes are in the buffer.
    #[cold]
    fn fill(&mut self, count: usize) -> Result<(), What> {
        if let Some(digest) = &mut self.digest {
            digest.update(&self.buf[self.digested..self.used]);
        }
        self.buf.drain(..self.used);
        (self.used, self.digested) = (0, 0);
        while self.buf.len() < count {
            if !self.feed.feed(&mut self.buf)? {
                return Err(What::Ended);
            }
        }
        Ok(())
    }
}

impl<F: Feed> Source for Buffered<F> {
    #[inline]
    fn take(&mut self, count: usize) -> Result<&[u8], What> {
        if self.buf.len() - self.used < count {
            self.fill(count)?;
        }
        let bytes = &self.buf[self.used..self.used + count];
        self.used += count;
        Ok(bytes)
    }

    fn is_at_end(&mut self) -> Result<bool, What> {
        if self.buf.len() > self.used {
            return Ok(false);
        }
        match self.fill(1) {
            Ok(()) => Ok(false),
            Err(What::Ended) => Ok(true),
            Err(what) => Err(what),
        }
    }
}

/// A length, or the number of a special form of string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Plain(u64),
    Special(u8),
}

/// A string that was read.
pub enum Text {
    Flat(Vec<u8>),
    /// Longer than [`FLAT_BYTES_MAX`].
    Rope(Rope),
}

impl Text {
    /// The string on its way into the keyspace.
    pub fn stored(&self) -> NewStr<'_> {
        match self {
            Text::Flat(bytes) => NewStr::from(&bytes[..]),
            Text::Rope(rope) => NewStr::Rope(rope.clone()),
        }
    }
}

/// Bytes being read.
pub struct Input<S> {
    source: S,
    at: u64,
}

impl<S: Source> Input<S> {
    /// An input at the beginning of `source`.
    pub fn new(source: S) -> Input<S> {
        Input { source, at: 0 }
    }

    /// Where the bytes come from.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Where the next byte stands in the input.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// That something is wrong before the next byte.
    #[cold]
    pub fn damage(&self, what: impl Into<std::borrow::Cow<'static, str>>) -> Damage {
        self.failure(What::Format(what.into()))
    }

    #[cold]
    fn failure(&self, what: What) -> Damage {
        Damage { at: self.at, what }
    }

    /// Whether there is nothing left.
    ///
    /// # Errors
    /// If the source fails.
    pub fn is_at_end(&mut self) -> Result<bool, Damage> {
        let is_at_end = self.source.is_at_end();
        is_at_end.map_err(|what| self.failure(what))
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// If there are not so many.
    #[inline]
    pub fn bytes(&mut self, count: usize) -> Result<&[u8], Damage> {
        let at = self.at;
        match self.source.take(count) {
            Ok(bytes) => {
                self.at += count as u64;
                Ok(bytes)
            }
            Err(what) => Err(Damage { at, what }),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// A byte.
    ///
    /// # Errors
    /// If there is none.
    pub fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.bytes(1)?[0])
    }

    /// A number of 16 bits.
    ///
    /// # Errors
    /// If it is not all there.
    pub fn u16(&mut self) -> Result<u16, Damage> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// A number of 32 bits.
    ///
    /// # Errors
    /// If it is not all there.
    pub fn u32(&mut self) -> Result<u32, Damage> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A number of 64 bits.
    ///
    /// # Errors
    /// If it is not all there.
    pub fn u64(&mut self) -> Result<u64, Damage> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A double.
    ///
    /// # Errors
    /// If it is not all there.
    pub fn double(&mut self) -> Result<f64, Damage> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// A length, or the form of a special string.
    ///
    /// # Errors
    /// If it is not all there, or of no form.
    pub fn length_or_special(&mut self) -> Result<Length, Damage> {
        let first = self.byte()?;
        let low = first & !SPECIAL;
        Ok(match (first >> 6, low) {
            (0, low) => Length::Plain(low.into()),
            (1, low) => Length::Plain(u64::from(low) << 8 | u64::from(self.byte()?)),
            (2, 0) => Length::Plain(u32::from_be_bytes(self.array()?).into()),
            (2, 1) => Length::Plain(u64::from_be_bytes(self.array()?)),
            (3, form) => Length::Special(form),
            _ => return Err(self.damage("no form of a length")),
        })
    }

    /// A length.
    ///
    /// # Errors
    /// If it is not all there, or none.
    pub fn length(&mut self) -> Result<u64, Damage> {
        match self.length_or_special()? {
            Length::Plain(length) => Ok(length),
            Length::Special(_) => Err(self.damage("a string where a length is due")),
        }
    }

    /// How many elements follow, at least one byte each: no more than can be believed.
    ///
    /// # Errors
    /// If it is not all there, or none.
    pub fn count(&mut self) -> Result<usize, Damage> {
        let count = self.length()?;
        usize::try_from(count).map_err(|_| self.damage("a count without bounds"))
    }

    /// A string, put into `text` in the place of what was there.
    ///
    /// # Errors
    /// If it is not all there, or not well formed.
    pub fn string(&mut self, text: &mut Vec<u8>) -> Result<(), Damage> {
        text.clear();
        let form = self.length_or_special()?;
        self.string_of(form, text)
    }

    /// A string of this form, which was read already, appended to `text`, or in its place.
    ///
    /// # Errors
    /// If it is not all there, or not well formed.
    pub fn string_of(&mut self, form: Length, text: &mut Vec<u8>) -> Result<(), Damage> {
        match form {
            Length::Plain(length) => self.raw(length, text),
            Length::Special(INT_8) => {
                let number = i8::from_le_bytes(self.array()?);
                put_int(number.into(), text);
                Ok(())
            }
            Length::Special(INT_16) => {
                let number = i16::from_le_bytes(self.array()?);
                put_int(number.into(), text);
                Ok(())
            }
            Length::Special(INT_32) => {
                let number = i32::from_le_bytes(self.array()?);
                put_int(number.into(), text);
                Ok(())
            }
            Length::Special(LZF) => self.compressed(text),
            Length::Special(_) => Err(self.damage("no form of a string")),
        }
    }

    /// A string, never in one piece if it is long.
    ///
    /// # Errors
    /// If it is not all there, or not well formed.
    pub fn text(&mut self) -> Result<Text, Damage> {
        let mut text = Vec::new();
        match self.length_or_special()? {
            Length::Plain(length) if length > FLAT_BYTES_MAX as u64 => {
                let mut rope = Rope::new();
                self.pieces(length, |piece| rope.append(piece))?;
                return Ok(Text::Rope(rope));
            }
            form => self.string_of(form, &mut text)?,
        }
        if text.len() > FLAT_BYTES_MAX {
            return Ok(Text::Rope(Rope::from(&text[..])));
        }
        Ok(Text::Flat(text))
    }

    fn raw(&mut self, length: u64, text: &mut Vec<u8>) -> Result<(), Damage> {
        if length <= PIECE_BYTES as u64 {
            text.reserve_exact(length as usize);
        }
        self.pieces(length, |piece| text.extend_from_slice(piece))
    }

    /// Shows `length` bytes, piece by piece.
    fn pieces(&mut self, length: u64, mut each: impl FnMut(&[u8])) -> Result<(), Damage> {
        if length > STRING_BYTES_MAX {
            return Err(self.damage("a string without bounds"));
        }
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            let piece = left.min(PIECE_BYTES);
            each(self.bytes(piece)?);
            left -= piece;
        }
        Ok(())
    }

    fn compressed(&mut self, text: &mut Vec<u8>) -> Result<(), Damage> {
        /// Each byte of LZF makes no more than so many.
        const FACTOR_MAX: u64 = 264;
        let compressed = self.length()?;
        let length = self.length()?;
        if compressed > STRING_BYTES_MAX || length > compressed.saturating_mul(FACTOR_MAX) {
            return Err(self.damage("a compressed string without bounds"));
        }
        let mut bytes = Vec::new();
        self.raw(compressed, &mut bytes)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        text.clear();
        match lzf::decompress(&bytes, length, text) {
            Some(()) => Ok(()),
            None => Err(self.damage("a compressed string that is none")),
        }
    }
}

fn put_int(number: i64, text: &mut Vec<u8>) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}
