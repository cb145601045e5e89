//! The process's memory as the kernel sees it.

use std::fs;
use std::io;

/// Keeps transparent huge pages away from the whole process.
///
/// # Errors
/// If the kernel refuses.
pub fn disable_transparent_huge_pages() -> io::Result<()> {
    Ok(rustix::thread::disable_transparent_huge_pages(true)?)
}

/// Lets the allocator give freed pages back in a thread of its own, or stops that: a loop that does
/// it between two commands would pause for what was freed in bulk.
///
/// # Errors
/// If the allocator cannot start its thread.
pub fn purge_in_background(wanted: bool) -> io::Result<()> {
    tikv_jemalloc_ctl::background_thread::write(wanted).map_err(io::Error::other)
}

/// Bytes of memory resident now.
///
/// # Errors
/// If `/proc` is not there or does not say.
pub fn resident_bytes() -> io::Result<usize> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages = statm
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|word| word.parse::<usize>().ok());
    let pages = pages.ok_or(io::ErrorKind::InvalidData)?;
    Ok(pages * rustix::param::page_size())
}

/// Bytes of memory the machine has.
///
/// # Errors
/// If `/proc` is not there or does not say.
pub fn total_bytes() -> io::Result<usize> {
    let meminfo = fs::read_to_string("/proc/meminfo")?;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    Ok(kilobytes.ok_or(io::ErrorKind::InvalidData)? * 1024)
}
