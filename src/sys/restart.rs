//! The end of the process without an orderly end: replaced by a new one, or by a signal.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, getpid, kill_process};

/// Replaces the process by a new one of the same program with the same arguments; all files and
/// sockets are closed by that. Returns only if it cannot be done.
///
/// `config_file` stands for a first argument that names a file: where the process is now, the name
/// it was started with may mean another one.
pub fn replace_process(config_file: Option<&Path>) -> io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let (Some(first), Some(file)) = (args.first_mut(), config_file)
        && !first.as_encoded_bytes().starts_with(b"-")
    {
        *first = file.into();
    }
    Command::new(program).args(args).exec()
}

/// Ends the process as an access to memory that is not its own does.
///
/// # Errors
/// If the system does not.
pub fn violate_memory() -> io::Result<()> {
    // The handler that Rust has for overflows of the stack takes the first for one of those that
    // come from an instruction, which would be executed again.
    for _ in 0..2 {
        kill_process(getpid(), Signal::SEGV)?;
    }
    Ok(())
}
