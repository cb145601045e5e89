//! Reads the pieces the format is made of, from memory or from a file of any size.
//!
//! No length is believed before its bytes are there: a buffer grows as they come.

use std::io;

use super::CHECKSUM;
use super::damage::{Damage, What};
use super::lzf;
use super::output::{INT_8, INT_16, INT_32, LZF, SPECIAL};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// The longest string.
const STRING_BYTES_MAX: u64 = 1 << 40;

/// Where bytes come from.
pub trait Source {
    /// Fills some of `buf`; how much, 0 at the end.
    ///
    /// # Errors
    /// As the world has them.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;
}

impl Source for &[u8] {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = buf.len().min(self.len());
        let (now, later) = self.split_at(count);
        buf[..count].copy_from_slice(now);
        *self = later;
        Ok(count)
    }
}

/// A length, or the number of a special form of string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Plain(u64),
    Special(u8),
}

/// Bytes being read.
pub struct Input<S> {
    source: S,
    buf: Vec<u8>,
    /// What of `buf` is used.
    used: usize,
    /// What of the input lies before `buf`.
    before: u64,
    digest: Option<crc::Digest<'static, u64, crc::Table<16>>>,
}

impl<S: Source> Input<S> {
    /// An input at the beginning of `source`.
    pub fn new(source: S) -> Input<S> {
        Input {
            source,
            buf: Vec::new(),
            used: 0,
            before: 0,
            digest: None,
        }
    }

    /// Where the next byte stands in the input.
    pub fn at(&self) -> u64 {
        self.before + self.used as u64
    }

    /// That something is wrong before the next byte.
    #[cold]
    pub fn damage(&self, what: impl Into<std::borrow::Cow<'static, str>>) -> Damage {
        Damage {
            at: self.at(),
            what: What::Format(what.into()),
        }
    }

    /// Digests what is read from now on.
    pub fn begin_checksum(&mut self) {
        self.digest = Some(CHECKSUM.digest());
    }

    /// The checksum of what was read since [`Input::begin_checksum`].
    pub fn checksum(&self) -> u64 {
        let digest = self.digest.clone();
        digest.map_or(0, |digest| digest.finalize())
    }

    /// Whether there is nothing left.
    ///
    /// # Errors
    /// If the source fails.
    pub fn is_at_end(&mut self) -> Result<bool, Damage> {
        match self.fill(1) {
            Ok(()) => Ok(false),
            Err(Damage {
                what: What::Ended, ..
            }) => Ok(true),
            Err(damage) => Err(damage),
        }
    }

    /// Makes sure that `count` bytes are in the buffer.
    fn fill(&mut self, count: usize) -> Result<(), Damage> {
        if self.buf.len() - self.used >= count {
            return Ok(());
        }
        self.before += self.used as u64;
        self.buf.drain(..self.used);
        self.used = 0;
        while self.buf.len() < count {
            let len = self.buf.len();
            self.buf.resize(len + READ_BYTES, 0);
            let read = self.source.read(&mut self.buf[len..]);
            self.buf.truncate(len + *read.as_ref().unwrap_or(&0));
            let what = match read {
                Ok(0) => What::Ended,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => What::Io(error),
            };
            return Err(Damage {
                at: self.at(),
                what,
            });
        }
        Ok(())
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// If there are not so many.
    pub fn bytes(&mut self, count: usize) -> Result<&[u8], Damage> {
        self.fill(count)?;
        let bytes = &self.buf[self.used..self.used + count];
        self.used += count;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(bytes)
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
        match self.length_or_special()? {
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

    fn raw(&mut self, length: u64, text: &mut Vec<u8>) -> Result<(), Damage> {
        if length > STRING_BYTES_MAX {
            return Err(self.damage("a string without bounds"));
        }
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            let piece = left.min(READ_BYTES);
            text.extend_from_slice(self.bytes(piece)?);
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
