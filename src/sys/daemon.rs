//! Into the background: the process gives up its terminal and its parent.

#![expect(
    unsafe_code,
    reason = "fork has no safe form: a child of a process with threads could find locks held"
)]

use std::fs::OpenOptions;
use std::io;

/// Continues in a process of its own session, in the background, with the standard streams on
/// `/dev/null`; the process that called ends with exit code 0.
///
/// To be called before the first thread starts; that is checked.
///
/// # Errors
/// If there are threads already, or the system refuses; the caller still has its terminal then.
pub fn daemonize() -> io::Result<()> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads != 1 {
        return Err(io::Error::other("threads run already"));
    }
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    fork_and_leave()?;
    rustix::process::setsid()?;
    // Whoever leads no session can never get a terminal again.
    fork_and_leave()?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// Goes on in a child; the parent ends.
fn fork_and_leave() -> io::Result<()> {
    // SAFETY: the process has this one thread (checked by the caller), so the child inherits no
    // lock that another thread held.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(()),
        // Not `exit`: what is buffered or registered to run at the end is the child's now.
        // SAFETY: ends the process; nothing of it is used afterwards.
        _ => unsafe { libc::_exit(0) },
    }
}
