//! Huge pages for the heap, made ready by a thread of its own.
//!
//! A lookup in a large table costs two cache misses, and with 4 KB pages two page walks beside
//! them: a sixth of a pipelined GET among a million keys. Huge pages save the walks, but the first touch of one zeroes 2 MB
//! within a page fault: 0.3 ms where the memory is warm, and 5 to 15 ms measured in a virtual
//! machine whose host had still to find the memory. The loop must not wait for that. So:
//!
//! ```text
//! reserved address space       base ······· next ········ ready ············ end
//!                                   handed out   touched       not yet touched
//! ```
//!
//! The allocator asks [`alloc`] for new memory and gets what lies between `next` and `ready`; a
//! thread keeps some ahead of it touched. When there is none, the allocator's own way stands in,
//! with 4 KB pages: slower later, but at once. What was handed out stays with the allocator.
//!
//! Unsafe code: the hook is called by jemalloc (its manual: *arena.i.extent_hooks*). It neither
//! allocates nor locks.
#![expect(unsafe_code, reason = "raw memory and the allocator's hooks")]

use std::ffi::{c_uint, c_void};
use std::fs;
use std::io;
use std::mem::size_of;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::thread::{self, Thread};

use tikv_jemalloc_sys::{extent_hooks_t, mallctl};

use super::{limits, memory};

const HUGE_BYTES: usize = 2 << 20;

/// Memory kept ready: this share of what is handed out, within bounds.
const AHEAD_SHARE: usize = 32;
const AHEAD_BYTES_MIN: usize = HUGE_BYTES / 2;
const AHEAD_BYTES_MAX: usize = 64 << 20;

/// What is ready at the start, before anything shows how fast it is used.
const FIRST_BYTES: usize = 2 * HUGE_BYTES;

/// What the allocator takes at once. What it has taken and not yet used is resident, in each arena.
const PIECE_BYTES: usize = HUGE_BYTES / 4;

/// Arenas of the allocator (`narenas` in `alloc`).
const ARENAS: usize = 2;

/// The reserved range: `next` and `ready` move up, `next <= ready <= end` but for a race that only
/// makes [`alloc`] look again.
static BASE: AtomicUsize = AtomicUsize::new(0);
static NEXT: AtomicUsize = AtomicUsize::new(0);
static READY: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Up to here memory is known to be used soon.
static EXPECTED: AtomicUsize = AtomicUsize::new(0);

/// The thread that touches memory.
static TOUCHER: OnceLock<Thread> = OnceLock::new();

/// The allocator's own hooks, and the same with ours for new memory.
static DEFAULT: AtomicPtr<extent_hooks_t> = AtomicPtr::new(ptr::null_mut());
static HOOKS: OnceLock<extent_hooks_t> = OnceLock::new();

/// Gives the heap huge pages from now on. To be called once, after the last fork.
///
/// # Errors
/// If the kernel has none, or cannot reserve the address space, or the allocator refuses.
pub fn install() -> io::Result<()> {
    let lent = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")?;
    if lent.contains("[never]") {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let (base, end) = reserve(wanted_bytes(
        memory::total_bytes()?,
        limits::address_bytes(),
    ))?;
    BASE.store(base, Relaxed);
    NEXT.store(base, Relaxed);
    READY.store(base, Relaxed);
    END.store(end, Release);
    let toucher = thread::Builder::new()
        .name("huge-pages".into())
        .spawn(keep_ready)?;
    // Set once: `install` is called once.
    let _ = TOUCHER.set(toucher.thread().clone());
    let default = control::<*mut extent_hooks_t>("arena.0.extent_hooks\0", None)?;
    DEFAULT.store(default, Release);
    // SAFETY: jemalloc gives a pointer to its static default hooks; function pointers are copied.
    let mut hooks = unsafe { ptr::read(default) };
    hooks.alloc = Some(alloc);
    let hooks = HOOKS.get_or_init(|| hooks);
    for arena in 0..ARENAS {
        // This makes an arena that nobody has used yet, and comes first therefore.
        let name = format!("arena.{arena}.extent_hooks\0");
        control(&name, Some(ptr::from_ref(hooks).cast_mut()))?;
        // New memory in small pieces, not in ever larger ones.
        let limit = format!("arena.{arena}.retain_grow_limit\0");
        control(&limit, Some(PIECE_BYTES))?;
    }
    Ok(())
}

/// The address space to reserve: for all memory, but no more than half of what the process may have
/// (`ulimit -v`), as everything else it maps needs some, too.
fn wanted_bytes(memory: usize, limit: Option<u64>) -> usize {
    let half = limit.and_then(|limit| usize::try_from(limit / 2).ok());
    half.map_or(memory, |half| memory.min(half))
}

/// Reads a switch of the allocator and, if there is a new value, sets it. `name` ends with a zero.
fn control<T: Copy>(name: &str, new: Option<T>) -> io::Result<T> {
    assert!(name.ends_with('\0'));
    let mut old = std::mem::MaybeUninit::<T>::uninit();
    let mut old_len = size_of::<T>();
    let mut new = new;
    let (new_at, new_len) = match &mut new {
        Some(new) => (ptr::from_mut(new).cast::<c_void>(), size_of::<T>()),
        None => (ptr::null_mut(), 0),
    };
    // SAFETY: the name ends with a zero; both values are of the type that the switch has, which
    // jemalloc checks by their sizes.
    let code = unsafe {
        mallctl(
            name.as_ptr().cast(),
            old.as_mut_ptr().cast(),
            &raw mut old_len,
            new_at,
            new_len,
        )
    };
    if code != 0 {
        return Err(io::Error::from_raw_os_error(code));
    }
    // SAFETY: jemalloc wrote it, as it returned no error.
    Ok(unsafe { old.assume_init() })
}

/// Reserves address space for about `bytes`, in huge pages: first and last address.
fn reserve(bytes: usize) -> io::Result<(usize, usize)> {
    let len = bytes.next_multiple_of(HUGE_BYTES) + HUGE_BYTES;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new anonymous mapping, wherever the kernel likes.
    let at = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let base = at.addr().next_multiple_of(HUGE_BYTES);
    let end = base + (len - HUGE_BYTES);
    // SAFETY: the range lies within the mapping just made.
    let advised = unsafe { libc::madvise(at.with_addr(base), end - base, libc::MADV_HUGEPAGE) };
    if advised != 0 {
        return Err(io::Error::last_os_error());
    }
    // The range is used by address from now on.
    at.expose_provenance();
    Ok((base, end))
}

/// Tells that some `bytes` will be used soon, and faster than use itself would show: while data is
/// loaded the thread works as far ahead as it ever does.
pub fn expect(bytes: u64) {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    EXPECTED.store(NEXT.load(Acquire).saturating_add(bytes), Release);
    wake();
}

/// The thread: touches memory ahead of its use, and waits to be woken.
fn keep_ready() {
    loop {
        let end = END.load(Acquire);
        loop {
            let next = NEXT.load(Acquire);
            let ready = READY.load(Relaxed);
            let wanted = (next + ahead_bytes(next)).max(BASE.load(Relaxed) + FIRST_BYTES);
            if ready >= end.min(wanted) {
                break;
            }
            // SAFETY: [ready, ready + 2 MB) lies within the reserved range and is handed out to
            // nobody before READY says so.
            unsafe { ptr::with_exposed_provenance_mut::<u8>(ready).write_volatile(0) };
            READY.store(ready + HUGE_BYTES, Release);
        }
        thread::park();
    }
}

/// How much is to be ready behind `next`.
fn ahead_bytes(next: usize) -> usize {
    let expected = EXPECTED.load(Acquire).saturating_sub(next);
    ((next - BASE.load(Relaxed)) / AHEAD_SHARE)
        .max(expected)
        .clamp(AHEAD_BYTES_MIN, AHEAD_BYTES_MAX)
}

/// New memory for the allocator: what is ready, or its own way.
///
/// # Safety
/// As jemalloc calls it.
unsafe extern "C" fn alloc(
    _: *mut extent_hooks_t,
    wanted_at: *mut c_void,
    size: usize,
    alignment: usize,
    zero: *mut bool,
    commit: *mut bool,
    arena: c_uint,
) -> *mut c_void {
    if wanted_at.is_null()
        && let Some(at) = take(size, alignment)
    {
        // SAFETY: jemalloc gives places to write to. The memory is fresh: zeroed and committed.
        unsafe {
            *zero = true;
            *commit = true;
        }
        return ptr::with_exposed_provenance_mut(at);
    }
    let default = DEFAULT.load(Acquire);
    // SAFETY: set before jemalloc knows this hook, to its static default hooks, which allocate;
    // the call is passed on as it came.
    unsafe {
        let alloc = (*default).alloc.unwrap_unchecked();
        alloc(default, wanted_at, size, alignment, zero, commit, arena)
    }
}

/// Takes `size` bytes of what is ready.
fn take(size: usize, alignment: usize) -> Option<usize> {
    let mut next = NEXT.load(Acquire);
    loop {
        let at = next.next_multiple_of(alignment.max(1));
        let stop = at.checked_add(size)?;
        let ready = READY.load(Acquire);
        if stop > ready {
            wake();
            return None;
        }
        match NEXT.compare_exchange_weak(next, stop, AcqRel, Acquire) {
            Ok(_) => {
                if ready - stop < ahead_bytes(stop) {
                    wake();
                }
                return Some(at);
            }
            Err(moved) => next = moved,
        }
    }
}

/// Wakes the thread: neither allocates nor locks.
fn wake() {
    if let Some(toucher) = TOUCHER.get() {
        toucher.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_addresses_is_shared_with_everything_else() {
        const GB: usize = 1 << 30;
        assert_eq!(wanted_bytes(24 * GB, None), 24 * GB);
        assert_eq!(wanted_bytes(24 * GB, Some(6 << 30)), 3 * GB);
        assert_eq!(wanted_bytes(2 * GB, Some(6 << 30)), 2 * GB);
    }
}
