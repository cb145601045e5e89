//! What Linux tells about a process: CPU time and resident memory; and where it may run.
//!
//! CPU time is the sum over all threads of the first field of `schedstat` (nanoseconds run); where
//! the kernel keeps none, utime + stime of `stat` (ticks of 10 ms). Affinity and limits are set
//! through `taskset` and `prlimit` of util-linux, which every Debian has: no unsafe here.

use std::fs;
use std::process::{Command, Stdio};

use crate::failure::{Doing, Failure, Result};

/// Nanoseconds of CPU time that all threads of process `pid` have used.
pub(crate) fn cpu_ns(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).doing("reading a server's threads")? {
        let path = thread?.path().join("schedstat");
        let ran = fs::read_to_string(path)
            .ok()
            .as_deref()
            .and_then(first_number);
        sum += ran.unwrap_or(0);
    }
    if sum > 0 {
        Ok(sum)
    } else {
        cpu_ns_by_ticks(pid)
    }
}

/// Nanoseconds of CPU time that children of `pid` have used, as far as it has heard of their end.
pub(crate) fn children_cpu_ns(pid: u32) -> Result<u64> {
    ticks_of(pid, 13).map(|ticks| ticks * TICK_NS)
}

fn first_number(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// USER_HZ is 100 on every Linux that Rust's std runs on.
const TICK_NS: u64 = 10_000_000;

/// The same in ticks of 10 ms, with threads that have ended.
pub(crate) fn cpu_ns_by_ticks(pid: u32) -> Result<u64> {
    ticks_of(pid, 11).map(|ticks| ticks * TICK_NS)
}

/// The sum of two neighbouring fields of `stat`, the first so many fields behind the name: utime
/// and stime, fields 14 and 15, are 11 behind; those of children stand next to them.
fn ticks_of(pid: u32, behind_name: usize) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).doing("reading a server's stat")?;
    // The name in parentheses may hold anything.
    let ticks = stat.rsplit_once(')').map(|(_, rest)| {
        let fields = rest.split_ascii_whitespace().skip(behind_name).take(2);
        fields
            .filter_map(|field| field.parse::<u64>().ok())
            .sum::<u64>()
    });
    ticks.ok_or_else(|| Failure::new("unreadable /proc/PID/stat"))
}

/// The file that tells how long the first thread of `pid` has run.
pub(crate) fn main_thread_schedstat(pid: u32) -> Result<fs::File> {
    fs::File::open(format!("/proc/{pid}/task/{pid}/schedstat")).doing("opening a schedstat")
}

/// Resident bytes of process `pid`.
pub(crate) fn rss_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(path).doing("reading a server's memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(first_number);
    Ok(kib.ok_or_else(|| Failure::new("no VmRSS of the server"))? * 1024)
}

/// Resident bytes of process `pid`, and what its children have that is not its own: the copies
/// that a fork has made so far.
pub(crate) fn rss_with_children_bytes(pid: u32) -> Result<u64> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let copies = children
        .split_ascii_whitespace()
        // One that has just ended has none.
        .filter_map(|child| fs::read_to_string(format!("/proc/{child}/smaps_rollup")).ok())
        .map(|rollup| private_bytes(&rollup));
    Ok(rss_bytes(pid)? + copies.sum::<u64>())
}

fn private_bytes(rollup: &str) -> u64 {
    let private = rollup
        .lines()
        .filter(|line| line.starts_with("Private_"))
        .filter_map(|line| first_number(line.split_once(':')?.1));
    private.sum::<u64>() * 1024
}

/// The CPUs this process may use, in order.
pub(crate) fn allowed_cpus() -> Vec<usize> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map_or_else(Vec::new, |list| cpus_of(list.trim()))
}

/// `0-2,5` as 0, 1, 2, 5.
fn cpus_of(list: &str) -> Vec<usize> {
    let ranges = list.split(',').filter_map(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some(from.parse().ok()?..=to.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// Keeps this process on one CPU.
pub(crate) fn pin_self(cpu: usize) -> Result<()> {
    let pid = std::process::id().to_string();
    quietly(Command::new("taskset").args(["-cp", &cpu.to_string(), &pid]))
}

/// Lets this process, and the servers it starts, hold `count` descriptors.
pub(crate) fn raise_descriptors(count: u64) -> Result<()> {
    let pid = std::process::id().to_string();
    let soft = format!("--nofile={count}:");
    quietly(Command::new("prlimit").args(["--pid", &pid, &soft]))
}

fn quietly(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().doing(&name)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("{name}: {}", said.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus() {
        assert_eq!(cpus_of("0"), [0]);
        assert_eq!(cpus_of("0-2,5"), [0, 1, 2, 5]);
        assert!(!allowed_cpus().is_empty());
    }

    #[test]
    fn we_use_time_and_memory() {
        let pid = std::process::id();
        assert!(rss_bytes(pid).unwrap() > 0);
        cpu_ns(pid).unwrap();
        cpu_ns_by_ticks(pid).unwrap();
        children_cpu_ns(pid).unwrap();
        assert!(rss_with_children_bytes(pid).unwrap() > 0);
    }

    #[test]
    fn private_pages_are_summed() {
        let rollup = "Rss: 900 kB\nPrivate_Clean:   4 kB\nPrivate_Dirty: 8 kB\nSwap: 1 kB\n";
        assert_eq!(private_bytes(rollup), 12 * 1024);
    }
}
