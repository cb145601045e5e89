//! Telling the processor what will be read soon.
#![expect(unsafe_code, reason = "prefetches are intrinsics")]

use std::ptr::NonNull;

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// Begins to load all cache lines of `items`, at once.
#[inline]
pub fn prefetch_all<T: Copy>(items: &[T]) {
    const { assert!(LINE_BYTES.is_multiple_of(size_of::<T>())) };
    for line in items.chunks(LINE_BYTES / size_of::<T>()) {
        prefetch(NonNull::from(&line[0]));
    }
}

/// Begins to load the cache line at `at`. A hint: nothing is read.
#[inline]
pub fn prefetch<T>(at: NonNull<T>) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch does not fault, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.as_ptr().cast()) };
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: a prefetch does not fault, whatever the address.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) at.as_ptr(),
            options(nostack, readonly, preserves_flags));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = at;
}
