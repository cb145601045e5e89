//! `ruddle-server`: arguments → configuration → server → run; the exit code.

use std::process::ExitCode;

use ruddle::config::Config;
use ruddle::server::Server;
use ruddle::sys::alloc::Counting;
use ruddle::sys::clock::Clock;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let mut config = Config::default();
    let mut args = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        if name == "--port" {
            config.port = value.parse().unwrap_or(6379);
        }
    }
    let mut server = match Server::start(config, Clock::real(), fastrand::u64(..)) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match server.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
