//! The process's memory as the kernel sees it.

use std::fs;
use std::io;
use std::path::Path;

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

/// Bytes of memory the process may have: the machine's, or fewer if its control group, a
/// container's for example, has a limit.
///
/// # Errors
/// If `/proc` is not there or does not say.
pub fn available_bytes() -> io::Result<usize> {
    let group = group_limits().into_iter().min();
    Ok(total_bytes()?.min(group.unwrap_or(usize::MAX)))
}

/// The limits of the process's control group and those above it, of either version.
fn group_limits() -> Vec<usize> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut limits = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        for group in Path::new(group).ancestors() {
            let group = group.strip_prefix("/").unwrap_or(group);
            let limit = fs::read_to_string(Path::new(root).join(group).join(file));
            // Without a limit it says so in a word, or cannot be read.
            limits.extend(
                limit
                    .ok()
                    .and_then(|text| text.trim().parse::<usize>().ok()),
            );
        }
    }
    limits
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
