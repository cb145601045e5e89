//! `ruddle-server`: help and version; everything else is the server's business.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command};

use ruddle::config::args::CommandLine;
use ruddle::server::launch::{self, launch};
use ruddle::sys::alloc::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    // Only in the first place: behind another word these are directives, as redis-server has it.
    let asks = args.get(1).and_then(|first| first.to_str());
    match asks {
        Some("-v" | "--version" | "-h" | "--help") => {
            command().get_matches_from(&args[..2]);
            ExitCode::SUCCESS
        }
        Some("--test-memory") => {
            eprintln!("Testing memory is left to tools made for it, such as memtest86+.");
            ExitCode::FAILURE
        }
        Some("--check-system") => {
            eprintln!("There is nothing to check: the server needs no setting of the system.");
            ExitCode::SUCCESS
        }
        _ => {
            let words: Vec<Vec<u8>> = args.into_iter().skip(1).map(OsString::into_vec).collect();
            launch(&CommandLine::parse(&words))
        }
    }
}

/// What the command line is, for `--help` and `--version`.
fn command() -> Command {
    Command::new("Ruddle server")
        .bin_name("ruddle-server")
        .version(version())
        .about("A Redis-compatible in-memory data store")
        .override_usage(
            "ruddle-server [/path/to/ruddle.conf] [--directive value ...] [-]\n       \
             ruddle-server - (reads the configuration from standard input)\n       \
             ruddle-server -v or --version\n       \
             ruddle-server -h or --help",
        )
        .after_help(EXAMPLES)
        .arg(
            Arg::new("file")
                .value_name("/path/to/ruddle.conf")
                .help("The configuration file; without one, every parameter has its default"),
        )
        .arg(
            Arg::new("directive")
                .long("directive")
                .value_name("value")
                .num_args(1..)
                .help(
                    "Any line of a configuration file, its words as arguments; wins over the file",
                ),
        )
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Prints the version"),
        )
}

const EXAMPLES: &str = "Examples:
       ruddle-server                          (every parameter has its default)
       ruddle-server /etc/ruddle/6379.conf
       ruddle-server --port 7777 --save ''
       ruddle-server /etc/ruddle.conf --loglevel verbose -
       echo 'maxmemory 128mb' | ruddle-server -

docs/config.md describes every directive.";

/// In the shape of redis-server's, which tools read.
fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let commit = launch::COMMIT;
    let modified = launch::MODIFIED;
    let bits = usize::BITS;
    format!("v={version} sha={commit}:{modified} malloc=jemalloc-5.3.1 bits={bits} build={commit}")
}
