//! What the allocator says of itself, and how it is told to give memory back.

#![expect(
    unsafe_code,
    reason = "the allocator's controls are named by text; nothing checks their types"
)]

use std::io;
use std::ptr;

use tikv_jemalloc_ctl::stats_print::{Options, stats_print};
use tikv_jemalloc_ctl::{epoch, raw};

/// Bytes, as the allocator counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Given out.
    pub allocated: usize,
    /// In pages of which something is given out.
    pub active: usize,
    /// In the machine's memory, for the allocator.
    pub resident: usize,
}

/// What the allocator counts; `None` if it was built not to.
pub fn counts() -> Option<Allocated> {
    // What it shows is what it has looked at last.
    epoch::advance().ok()?;
    Some(Allocated {
        allocated: count(b"stats.allocated\0")?,
        active: count(b"stats.active\0")?,
        resident: count(b"stats.resident\0")?,
    })
}

fn count(name: &'static [u8]) -> Option<usize> {
    // SAFETY: all names that `counts` asks for are of numbers as wide as an address.
    unsafe { raw::read::<usize>(name) }.ok()
}

/// Gives all free pages back to the system. Takes some milliseconds for each gigabyte.
///
/// # Errors
/// If the allocator does not.
pub fn purge() -> io::Result<()> {
    // The arena of this number is all of them.
    const EVERY_ARENA: &[u8] = b"arena.4096.purge\0";
    // SAFETY: the name ends with a zero; this control takes and gives no value.
    let error = unsafe {
        tikv_jemalloc_sys::mallctl(
            EVERY_ARENA.as_ptr().cast(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            0,
        )
    };
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// All that the allocator has to tell, for people who know it.
///
/// # Errors
/// If it does not tell.
pub fn report() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    stats_print(&mut text, Options::default())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{purge, report};

    #[test]
    fn it_tells_and_gives_back() {
        let text = String::from_utf8_lossy(&report().unwrap()).into_owned();
        assert!(text.contains("jemalloc statistics"), "{text}");
        purge().unwrap();
    }
}
