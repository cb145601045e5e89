//! How a client that keeps copies of values wants to hear that they are no longer true (CLIENT
//! TRACKING).

use std::collections::BTreeSet;

use super::slab::ClientKey;

/// A client's tracking, while it is on.
#[derive(Debug, Default)]
pub struct Tracked {
    pub mode: Mode,
    /// It does not hear of what it changes itself.
    pub no_loop: bool,
    /// Who hears in its place.
    pub redirect: Option<Redirect>,
    /// Who should hear in its place is gone, and something was to be told since.
    pub is_broken: bool,
    /// CLIENT CACHING was said for the next command.
    pub caching: bool,
    /// Broadcast: of which keys it hears. Nothing here overlaps, whatever was asked for when.
    pub prefixes: BTreeSet<Box<[u8]>>,
}

/// Of which keys a client hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Of all that it reads.
    #[default]
    Reads,
    /// Of those that the command behind CLIENT CACHING YES reads.
    OptIn,
    /// Of all that it reads, but those that the command behind CLIENT CACHING NO reads.
    OptOut,
    /// Of all that begin with one of its prefixes.
    Broadcast,
}

/// The client that hears in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// As the user named it.
    pub id: u64,
    pub to: ClientKey,
}

impl Tracked {
    /// Whether the keys are remembered that its next command reads.
    #[inline]
    pub fn remembers(&self) -> bool {
        match self.mode {
            Mode::Reads => true,
            Mode::OptIn => self.caching,
            Mode::OptOut => !self.caching,
            Mode::Broadcast => false,
        }
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        let prefixes = self.prefixes.iter();
        size_of::<Tracked>()
            + prefixes
                .map(|prefix| size_of::<Box<[u8]>>() + prefix.len())
                .sum::<usize>()
    }
}
