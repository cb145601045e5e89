//! A HyperLogLog apart from the keyspace, being made or changed.

use super::sparse::{Outcome, Raiser};
use super::{
    DENSE, DENSE_BYTES, ENCODING_AT, Fault, Form, HEADER_BYTES, Hll, MAGIC, REGISTERS, Registers,
    SPARSE, STALE_AT, STALE_BIT, dense, sparse,
};

/// A HyperLogLog apart from the keyspace: sparse while it can be.
#[derive(Clone, Debug)]
pub struct Draft {
    bytes: Vec<u8>,
    form: Form,
    raiser: Raiser,
}

impl Draft {
    /// One of no elements.
    #[expect(
        clippy::new_without_default,
        reason = "not nothing, but a header and a run"
    )]
    pub fn new() -> Draft {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[ENCODING_AT] = SPARSE;
        sparse::empty(&mut bytes);
        Draft {
            bytes,
            form: Form::Sparse,
            raiser: Raiser::default(),
        }
    }

    /// Raises a register, to dense registers if it is not possible otherwise or if the sparse ones
    /// would take more than `sparse_bytes_max` bytes, the header's included; whether that changed
    /// anything.
    pub fn raise(
        &mut self,
        (register, rank): (usize, u8),
        sparse_bytes_max: usize,
    ) -> Result<bool, Fault> {
        if self.form == Form::Sparse {
            let Draft { bytes, raiser, .. } = self;
            let place = (register, rank);
            match raiser.raise(bytes, HEADER_BYTES, place, sparse_bytes_max)? {
                Outcome::Kept => return Ok(false),
                Outcome::Raised => return Ok(true),
                Outcome::NoRoom => self.make_dense()?,
            }
        }
        let Some((at, new)) = dense::raised(&self.bytes, register, rank) else {
            return Ok(false);
        };
        self.bytes[at..at + new.len()].copy_from_slice(&new);
        Ok(true)
    }

    /// Raises all registers to those of `registers`, in order, as [`Draft::raise`] does.
    pub fn raise_all(
        &mut self,
        registers: &Registers,
        sparse_bytes_max: usize,
    ) -> Result<(), Fault> {
        for (register, &rank) in registers.iter().enumerate() {
            if rank > 0 {
                self.raise((register, rank), sparse_bytes_max)?;
            }
        }
        Ok(())
    }

    /// Gives it dense registers. The header stays, but for what it says of them.
    pub fn make_dense(&mut self) -> Result<(), Fault> {
        if self.form == Form::Dense {
            return Ok(());
        }
        let mut registers: Registers = [0; REGISTERS];
        let (header, body) = self.bytes.split_at(HEADER_BYTES);
        sparse::merge_into(body, &mut registers)?;
        self.bytes = dense::from_registers(header, &registers);
        self.bytes[ENCODING_AT] = DENSE;
        self.form = Form::Dense;
        debug_assert_eq!(self.bytes.len(), DENSE_BYTES);
        Ok(())
    }

    /// Says in the header that its count is out of date.
    pub fn mark_stale(&mut self) {
        self.bytes[STALE_AT] |= STALE_BIT;
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl From<Hll<'_>> for Draft {
    fn from(hll: Hll<'_>) -> Draft {
        Draft {
            bytes: hll.bytes().to_vec(),
            form: hll.form(),
            raiser: Raiser::default(),
        }
    }
}
