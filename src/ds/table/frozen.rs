//! Tables as they stood at one moment, for another thread to read while the owner goes on.

use super::directory::{Sub, SubWord};
use super::{Node, Table, subs_of};
use crate::ds::epoch::{Epoch, Ticket};

/// Tables at the moment they were frozen. What they reach stays as it is until
/// [`Frozen::finish`]; dropped instead, it is found by the next freeze.
pub struct Frozen<N> {
    tables: Vec<FrozenTable<N>>,
    ticket: Ticket,
    #[cfg(debug_assertions)]
    checksum: u64,
}

/// One table at the moment it was frozen.
pub struct FrozenTable<N> {
    top: Vec<SubWord>,
    bits: u32,
    len: usize,
    volatile: usize,
    inner_volatile: usize,
    nodes: std::marker::PhantomData<N>,
}

// SAFETY: nodes are `Sync`, and nothing reachable from here is written while the ticket is out,
// but for what nodes hold in atomics.
unsafe impl<N: Node> Send for Frozen<N> {}

impl<N: Node> Frozen<N> {
    /// Freezes `tables`, all of which change under `epoch`. `None` while something is frozen.
    pub fn new<'a>(
        epoch: &mut Epoch,
        tables: impl IntoIterator<Item = &'a Table<N>>,
    ) -> Option<Frozen<N>> {
        let ticket = epoch.freeze()?;
        let freeze = |table: &Table<N>| FrozenTable {
            top: table.top.clone(),
            bits: table.bits,
            len: table.len,
            volatile: table.volatile,
            inner_volatile: table.inner_volatile(),
            nodes: std::marker::PhantomData,
        };
        let frozen = Frozen {
            tables: tables.into_iter().map(freeze).collect(),
            ticket,
            #[cfg(debug_assertions)]
            checksum: 0,
        };
        #[cfg(debug_assertions)]
        let frozen = Frozen {
            checksum: frozen.digest(),
            ..frozen
        };
        Some(frozen)
    }

    /// The tables, in the order they were given.
    pub fn tables(&self) -> &[FrozenTable<N>] {
        &self.tables
    }

    /// A digest of all entries, independent of their order.
    pub fn digest(&self) -> u64 {
        let tables = self.tables.iter().zip(1u64..);
        tables.fold(0, |sum, (table, at)| {
            sum.wrapping_add(table.digest().wrapping_mul(at))
        })
    }

    /// Gives the tables back to the epoch they were frozen in.
    pub fn finish(self, epoch: &mut Epoch) {
        #[cfg(debug_assertions)]
        assert_eq!(self.checksum, self.digest(), "what was frozen has changed");
        epoch.finish(self.ticket);
    }
}

impl<N: Node> FrozenTable<N> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of entries with a deadline.
    pub fn volatile(&self) -> usize {
        self.volatile
    }

    /// The number of entries below which something has a deadline.
    pub fn inner_volatile(&self) -> usize {
        self.inner_volatile
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = N::Ref<'_>> {
        let segs = subs_of::<N>(&self.top, self.bits).flat_map(Sub::segments);
        segs.flat_map(|(_, seg)| {
            seg.spots().map(move |spot| {
                let node = seg.slot(spot).node().expect("a used slot is not null");
                // SAFETY: a frozen segment's nodes live, unchanged, while the ticket is out, and
                // whoever holds `self` holds the ticket.
                unsafe { N::borrow(node) }
            })
        })
    }

    fn digest(&self) -> u64 {
        self.iter()
            .fold(0, |sum, node| sum.wrapping_add(N::digest(node)))
    }
}
