//! Writes the pieces the format is made of.
//!
//! A *length* takes as few bytes as hold it, told by the two upper bits of the first:
//!
//! ```text
//! 00xxxxxx                 below 64
//! 01xxxxxx xxxxxxxx        below 16,384, the upper bits first
//! 10000000 4 bytes         below 2^32, the highest byte first
//! 10000001 8 bytes         any
//! 11xxxxxx                 no length: a string of the special form x
//! ```
//!
//! Special forms of strings: 0 to 2, an integer in 1, 2 or 4 bytes; 3, compressed: the length
//! compressed, the length before, the compressed bytes.

use super::lzf::Compressor;
use crate::value::string::Text;

/// A longer string is compressed, if that makes it shorter.
const COMPRESSED_BYTES_MIN: usize = 21;

/// A longer string is not compressed: it would have to stand in one piece, and takes long.
const COMPRESSED_BYTES_MAX: usize = 1024 * 1024;

pub(super) const SPECIAL: u8 = 0b1100_0000;
pub(super) const INT_8: u8 = 0;
pub(super) const INT_16: u8 = 1;
pub(super) const INT_32: u8 = 2;
pub(super) const LZF: u8 = 3;

/// A longer string is passed on in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// Where bytes go when they have become many, so that a value of any size can be written without
/// ever being in memory as a whole.
pub trait Drain {
    /// When they are many.
    const BYTES_MAX: usize;

    /// Takes what it can use of `bytes`. Called anywhere within a value; at most a piece of a
    /// string, or the packed form of a small collection, above the bound.
    fn drain(&mut self, bytes: &mut Vec<u8>);
}

/// All bytes are kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept;

impl Drain for Kept {
    const BYTES_MAX: usize = usize::MAX;

    fn drain(&mut self, _: &mut Vec<u8>) {}
}

/// Bytes being written.
#[derive(Debug, Default)]
pub struct Output<D = Kept> {
    pub bytes: Vec<u8>,
    /// Whether long strings are compressed (`rdbcompression`).
    compress: bool,
    compressor: Compressor,
    compressed: Vec<u8>,
    /// Whether forms may be used that only newer versions than [`super::VERSION`] have.
    pub newest: bool,
    pub drain: D,
}

impl Output {
    /// Nothing yet; long strings are compressed if `compress` says so.
    pub fn new(compress: bool) -> Output {
        Output::with(compress, Kept)
    }
}

impl<D: Drain> Output<D> {
    /// As [`Output::new`]; what becomes much goes to `drain`.
    pub fn with(compress: bool, drain: D) -> Output<D> {
        Output {
            bytes: Vec::new(),
            compress,
            compressor: Compressor::default(),
            compressed: Vec::new(),
            newest: false,
            drain,
        }
    }

    /// Passes bytes on if they are many. Between the elements of everything that can be large.
    #[inline]
    pub fn relieve(&mut self) {
        if self.bytes.len() >= D::BYTES_MAX {
            self.drain.drain(&mut self.bytes);
        }
    }

    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn u64(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub fn double(&mut self, number: f64) {
        self.u64(number.to_bits());
    }

    /// A length, in its shortest form.
    pub fn length(&mut self, length: u64) {
        match length {
            0..64 => self.byte(length as u8),
            64..0x4000 => self
                .bytes
                .extend_from_slice(&(0x4000 | length as u16).to_be_bytes()),
            0x4000..=0xffff_ffff => {
                self.byte(0x80);
                self.bytes.extend_from_slice(&(length as u32).to_be_bytes());
            }
            _ => {
                self.byte(0x81);
                self.bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
    }

    /// How many elements follow.
    pub fn count(&mut self, count: usize) {
        self.length(count as u64);
    }

    /// A string that is an integer.
    pub fn int(&mut self, integer: i64) {
        if let Ok(small) = i8::try_from(integer) {
            self.byte(SPECIAL | INT_8);
            self.bytes.extend_from_slice(&small.to_le_bytes());
        } else if let Ok(small) = i16::try_from(integer) {
            self.byte(SPECIAL | INT_16);
            self.bytes.extend_from_slice(&small.to_le_bytes());
        } else if let Ok(small) = i32::try_from(integer) {
            self.byte(SPECIAL | INT_32);
            self.bytes.extend_from_slice(&small.to_le_bytes());
        } else {
            self.plain(itoa::Buffer::new().format(integer).as_bytes());
        }
    }

    /// A string in its shortest form: an integer of up to 32 bits, compressed, or as it is.
    pub fn string(&mut self, text: &[u8]) {
        // Longer ones are above 32 bits.
        const INT_BYTES_MAX: usize = 11;
        if text.len() <= INT_BYTES_MAX
            && let Some(integer) = crate::ds::number::parse_int(text)
        {
            return self.int(integer);
        }
        self.blob(text);
    }

    /// Bytes that are no integer: compressed, or as they are.
    pub fn blob(&mut self, bytes: &[u8]) {
        /// The lengths take as much.
        const GAIN_MIN: usize = 4;
        let worth_it = (COMPRESSED_BYTES_MIN..=COMPRESSED_BYTES_MAX).contains(&bytes.len());
        let compressed = &mut self.compressed;
        compressed.clear();
        if self.compress && worth_it && self.compressor.compress(bytes, GAIN_MIN, compressed) {
            let compressed = std::mem::take(&mut self.compressed);
            self.byte(SPECIAL | LZF);
            self.count(compressed.len());
            self.count(bytes.len());
            self.bytes.extend_from_slice(&compressed);
            self.compressed = compressed;
            return;
        }
        self.plain(bytes);
    }

    /// A string in pieces or in one.
    pub fn text(&mut self, text: Text<'_>) {
        match text {
            Text::Slice(bytes) => self.string(bytes),
            Text::Rope(rope) => {
                self.count(rope.len());
                rope.for_each(0..rope.len(), |slice| {
                    self.bytes.extend_from_slice(slice);
                    self.relieve();
                });
            }
        }
    }

    fn plain(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        if bytes.len() <= PIECE_BYTES {
            return self.bytes.extend_from_slice(bytes);
        }
        for piece in bytes.chunks(PIECE_BYTES) {
            self.bytes.extend_from_slice(piece);
            self.relieve();
        }
    }
}
