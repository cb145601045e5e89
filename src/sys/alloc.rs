//! The allocator: jemalloc under a count that is exact at every moment.
//!
//! Each thread keeps its own balance (bytes allocated less bytes freed, either of which may have
//! been another thread's) in a cell that only it writes, so counting costs one addition and no
//! locked instruction; [`used_bytes`] adds the balances up. Sizes are counted as the size classes
//! jemalloc rounds them to, so the sum is what the values really occupy.
//!
//! Classes (jemalloc 5, 16-byte quantum): 8, 16, 32, 48, … 128, then four to each doubling.

#![expect(
    unsafe_code,
    reason = "an allocator is unsafe by its trait; nothing else here is"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

use tikv_jemallocator::Jemalloc;

/// jemalloc's settings, which it reads at its start under this name. No huge pages by its own way:
/// they come from `huge_pages`, where the loop does not wait for them. Two arenas, as one thread
/// does nearly everything and few others help. Freed pages go back to the system after three seconds
/// (giving them back sooner breaks up huge pages that are about to be used again).
#[used]
// SAFETY: nothing else has this name; jemalloc reads it as a C string, and it ends with a zero.
#[unsafe(export_name = "_rjem_malloc_conf")]
static MALLOC_CONF: &[u8; 57] = b"thp:never,narenas:2,dirty_decay_ms:3000,muzzy_decay_ms:0\0";

/// Threads with a balance of their own; those beyond share the last one.
const BALANCES: usize = 64;

#[repr(align(64))]
struct Balance(AtomicI64);

static BALANCE: [Balance; BALANCES] = [const { Balance(AtomicI64::new(0)) }; BALANCES];
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// This thread's index in `BALANCE`; `usize::MAX` before its first allocation.
    static INDEX: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The counting allocator; `main` installs it.
#[derive(Debug)]
pub struct Counting;

/// Bytes in use by the whole process: exact to the size classes, if [`Counting`] is installed.
pub fn used_bytes() -> usize {
    let threads = THREADS.load(Relaxed).min(BALANCES);
    let balances = BALANCE[..threads].iter();
    let sum: i64 = balances.map(|balance| balance.0.load(Relaxed)).sum();
    usize::try_from(sum).unwrap_or(0)
}

/// Bytes that an allocation of `size` bytes occupies.
#[inline]
pub const fn class_bytes(size: usize) -> usize {
    if size <= 8 {
        return 8;
    }
    if size <= 128 {
        return (size + 15) & !15;
    }
    // Four classes between one power of two and the next.
    let step = 1usize << ((size - 1).ilog2() - 2);
    (size + step - 1) & !(step - 1)
}

#[inline]
fn layout_bytes(size: usize, align: usize) -> i64 {
    // An allocation is at most isize::MAX bytes.
    class_bytes((size + align - 1) & !(align - 1)).cast_signed() as i64
}

/// For tests: bytes that this thread has allocated since its start, whether freed or not.
#[cfg(test)]
pub(crate) fn allocated_by_this_thread() -> usize {
    ALLOCATED.get()
}

#[cfg(test)]
thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn count(delta: i64) {
    #[cfg(test)]
    ALLOCATED.set(ALLOCATED.get() + usize::try_from(delta).unwrap_or(0));
    INDEX.with(|cell| {
        let index = cell.get();
        if index < BALANCES - 1 {
            // Only this thread writes its balance: a plain load and store lose nothing.
            let balance = &BALANCE[index].0;
            balance.store(balance.load(Relaxed) + delta, Relaxed);
        } else {
            count_first_or_shared(cell, delta);
        }
    });
}

#[cold]
fn count_first_or_shared(cell: &Cell<usize>, delta: i64) {
    if cell.get() == usize::MAX {
        cell.set(THREADS.fetch_add(1, Relaxed).min(BALANCES - 1));
    }
    BALANCE[cell.get()].0.fetch_add(delta, Relaxed);
}

// SAFETY: every call goes to jemalloc unchanged; the counting around it does not allocate (the
// thread-local is const-initialised and has no destructor).
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout_bytes(layout.size(), layout.align()));
        // SAFETY: the caller's contract, passed on.
        unsafe { Jemalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout_bytes(layout.size(), layout.align()));
        // SAFETY: the caller's contract, passed on.
        unsafe { Jemalloc.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-layout_bytes(layout.size(), layout.align()));
        // SAFETY: the caller's contract, passed on.
        unsafe { Jemalloc.dealloc(ptr, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let align = layout.align();
        count(layout_bytes(new_size, align) - layout_bytes(layout.size(), align));
        // SAFETY: the caller's contract, passed on.
        unsafe { Jemalloc.realloc(ptr, layout, new_size) }
    }
}

#[cfg(test)]
mod tests {
    use super::class_bytes;

    #[test]
    fn classes_are_jemalloc_s() {
        let cases = [
            (1, 8),
            (8, 8),
            (9, 16),
            (33, 48),
            (128, 128),
            (129, 160),
            (161, 192),
            (257, 320),
            (1024, 1024),
            (1025, 1280),
            (5000, 5120),
            (65537, 81920),
        ];
        for (size, class) in cases {
            assert_eq!(class_bytes(size), class, "{size}");
        }
    }
}
