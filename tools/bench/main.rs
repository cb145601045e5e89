//! `ruddle-bench`: measures our server beside its peers on one machine.
//!
//! It starts every server itself, pins servers to one CPU and its own load generator to another,
//! and interleaves the rounds (A B C A B C …), so that whatever else the machine does falls on all
//! of them alike. The figure that counts is the server's CPU time per operation: wall time on a
//! shared machine measures the neighbours. `docs/BENCHMARKS.md` says what each scenario does.

mod big;
mod client;
mod collections;
mod elements;
mod eviction;
mod expiry;
mod failure;
mod generator;
mod idle;
mod load;
mod log;
mod memory;
mod open_loop;
mod options;
mod pause;
mod process;
mod records;
mod report;
mod server;
mod shim;
mod snapshot;
mod stats;
mod throughput;
mod together;
mod wire;

use std::io::Write;
use std::process::ExitCode;

use crate::failure::Result;
use crate::options::{Options, Scenario};
use crate::report::{Format, Section};

fn main() -> ExitCode {
    let options = match Options::from_arguments() {
        Ok(options) => options,
        Err(failure) => return refuse(&failure.to_string()),
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => refuse(&failure.to_string()),
    }
}

fn run(options: &Options) -> Result<()> {
    if let Some(cpus) = &options.cpus {
        process::pin_self(cpus.generator)?;
    }
    process::raise_descriptors(options.descriptors)?;
    let mut sections = Vec::new();
    for scenario in &options.scenarios {
        let section = measure(*scenario, options)?;
        if options.format == Format::Text {
            print(&section.text());
        }
        sections.push(section);
    }
    if options.format == Format::Json {
        print(&report::json(options, &sections));
    }
    Ok(())
}

fn measure(scenario: Scenario, options: &Options) -> Result<Section> {
    match scenario {
        Scenario::Throughput => throughput::run(options),
        Scenario::Collections => collections::run(options),
        Scenario::Memory => memory::run(options),
        Scenario::Elements => elements::run(options),
        Scenario::Pause => pause::run(options),
        Scenario::Big => big::run(options),
        Scenario::Expiry => expiry::on_time(options),
        Scenario::ExpiryLoad => expiry::under_load(options),
        Scenario::Publish => together::publish(options),
        Scenario::Transactions => together::transactions(options),
        Scenario::Idle => idle::run(options),
        Scenario::Eviction => eviction::hit_rate(options),
        Scenario::Log => log::cost(options),
        Scenario::LogAlways => log::always(options),
        Scenario::LogEverysec => log::everysec(options),
        Scenario::Save => snapshot::save(options),
        Scenario::Rewrite => snapshot::rewrite(options),
        Scenario::Load => load::run(options),
    }
}

/// Prints to standard output; a reader that has gone away is no error of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("ruddle-bench: {why}");
    ExitCode::FAILURE
}
