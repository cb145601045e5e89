//! HyperLogLogs: strings that count distinct elements in 12 KB at most, byte for byte as in Redis.
//!
//! Each element belongs to one of 16384 registers (the low 14 bits of its hash); the register
//! keeps the highest *rank* seen: how many bits above those 14 are zero before the first one, plus
//! one. The string has a header of 16 bytes:
//!
//! ```text
//! 0      4          5        8                        16
//! | HYLL | encoding | 0 0 0  | count, little endian    | registers …
//! ```
//!
//! `encoding` is 0 for [`dense`] registers of 6 bits, 1 for [`sparse`] ones, as runs. The highest
//! bit of the count says that it is out of date; otherwise PFCOUNT answers with it.
//!
//! The user may put any bytes behind such a header: what does not describe 16384 registers is
//! [`Fault::Corrupt`].
//!
//! Philippe Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
//! algorithm"; the estimator is Otmar Ertl's ("New cardinality estimation algorithms for
//! HyperLogLog sketches"), see [`estimate`].

mod dense;
mod draft;
mod estimate;
mod hash;
mod self_test;
mod sparse;

pub use dense::raised as raised_dense;
pub use draft::Draft;
pub use estimate::Histogram;
pub use hash::place;
pub use self_test::self_test;

use super::string::Str;

/// The number of registers, 2^14.
pub const REGISTERS: usize = 1 << REGISTER_BITS;

/// Bits of an element's hash that choose its register.
const REGISTER_BITS: u32 = 14;

/// Bytes before the registers.
pub const HEADER_BYTES: usize = COUNT_AT + size_of::<u64>();

const MAGIC: &[u8] = b"HYLL";
const ENCODING_AT: usize = MAGIC.len();
/// Where the count stands.
pub const COUNT_AT: usize = 8;

const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// The highest bit of the count: it is out of date.
const STALE: u64 = 1 << 63;

/// The byte of the header with that bit, and the bit.
pub const STALE_AT: usize = HEADER_BYTES - 1;
pub const STALE_BIT: u8 = 1 << 7;

/// The bytes of a dense HyperLogLog.
pub const DENSE_BYTES: usize = HEADER_BYTES + dense::BYTES;

/// No sparse HyperLogLog is longer: a run takes at most two bytes and has a register at least.
const SPARSE_BYTES_MAX: usize = HEADER_BYTES + 2 * REGISTERS;

/// The highest rank of each register, a byte each.
pub type Registers = [u8; REGISTERS];

/// Why a string is not taken for a HyperLogLog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not begin, or is not as long, as one.
    NotOne,
    /// What follows the header does not describe its registers.
    Corrupt,
}

/// How the registers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Dense,
    Sparse,
}

/// A HyperLogLog to read.
#[derive(Clone, Copy, Debug)]
pub struct Hll<'a> {
    bytes: &'a [u8],
    form: Form,
}

impl<'a> Hll<'a> {
    /// The HyperLogLog that `string` is, as its header says.
    pub fn open(string: Str<'a>) -> Result<Hll<'a>, Fault> {
        let bytes: &[u8] = match string {
            Str::Int(_) => return Err(Fault::NotOne),
            Str::Inline(bytes) => bytes,
            Str::Flat(bytes) => bytes,
            // Too long, whatever it says of itself: not all of it can be runs.
            Str::Rope(rope) => {
                let mut header = Vec::with_capacity(HEADER_BYTES);
                rope.for_each(0..HEADER_BYTES, |slice| header.extend_from_slice(slice));
                form_of(&header)?;
                return Err(Fault::Corrupt);
            }
        };
        let form = form_of(bytes)?;
        if form == Form::Sparse && bytes.len() > SPARSE_BYTES_MAX {
            return Err(Fault::Corrupt);
        }
        Ok(Hll { bytes, form })
    }

    /// How the registers are kept.
    pub fn form(self) -> Form {
        self.form
    }

    /// All bytes, the header's too.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    fn body(self) -> &'a [u8] {
        &self.bytes[HEADER_BYTES..]
    }

    /// The count in the header, unless it is out of date.
    pub fn known_count(self) -> Option<u64> {
        let (_, count) = self.bytes[..HEADER_BYTES].split_last_chunk()?;
        Some(u64::from_le_bytes(*count)).filter(|count| count & STALE == 0)
    }

    /// The estimated number of distinct elements.
    pub fn count(self) -> Result<u64, Fault> {
        let histogram = match self.form {
            Form::Dense => dense::histogram(self.body()),
            Form::Sparse => sparse::histogram(self.body())?,
        };
        Ok(histogram.estimate())
    }

    /// Raises `registers` to those of this HyperLogLog where these are higher.
    pub fn merge_into(self, registers: &mut Registers) -> Result<(), Fault> {
        match self.form {
            Form::Dense => dense::merge_into(self.body(), registers),
            Form::Sparse => sparse::merge_into(self.body(), registers)?,
        }
        Ok(())
    }

    /// The runs of a sparse one, as PFDEBUG DECODE writes them.
    pub fn runs_text(self) -> String {
        sparse::text(self.body())
    }
}

/// What the header says of the registers' form.
fn form_of(bytes: &[u8]) -> Result<Form, Fault> {
    if bytes.len() < HEADER_BYTES || !bytes.starts_with(MAGIC) {
        return Err(Fault::NotOne);
    }
    match bytes[ENCODING_AT] {
        DENSE if bytes.len() == DENSE_BYTES => Ok(Form::Dense),
        SPARSE => Ok(Form::Sparse),
        _ => Err(Fault::NotOne),
    }
}

/// The count of a HyperLogLog with these registers.
pub fn count_of(registers: &Registers) -> u64 {
    let mut histogram = Histogram::new();
    for &rank in registers {
        histogram.add(rank, 1);
    }
    histogram.estimate()
}

#[cfg(test)]
mod tests;
