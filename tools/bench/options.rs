//! The command line: what is measured, on which servers, how much of it.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::collections::{LOADS, Load};
use crate::elements::{SHAPES, Shape};
use crate::eviction::Eviction;
use crate::failure::{Failure, Result};
use crate::process;
use crate::report::Format;
use crate::server::Recipe;
use crate::throughput::Kind;
use crate::wire::KEYS_MAX;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    Throughput,
    Collections,
    Memory,
    Elements,
    Pause,
    Big,
    Expiry,
    ExpiryLoad,
    Publish,
    Transactions,
    Idle,
    Eviction,
    Log,
    LogAlways,
    LogEverysec,
    Save,
    Rewrite,
    Load,
}

const SCENARIOS: [(&str, Scenario); 18] = [
    ("throughput", Scenario::Throughput),
    ("collections", Scenario::Collections),
    ("memory", Scenario::Memory),
    ("elements", Scenario::Elements),
    ("pause", Scenario::Pause),
    ("big", Scenario::Big),
    ("expiry", Scenario::Expiry),
    ("expiry-load", Scenario::ExpiryLoad),
    ("publish", Scenario::Publish),
    ("transactions", Scenario::Transactions),
    ("idle", Scenario::Idle),
    ("eviction", Scenario::Eviction),
    ("log", Scenario::Log),
    ("log-always", Scenario::LogAlways),
    ("log-everysec", Scenario::LogEverysec),
    ("save", Scenario::Save),
    ("rewrite", Scenario::Rewrite),
    ("load", Scenario::Load),
];

/// The depth at which collections are measured, if no other is given.
const COLLECTION_PIPELINE: usize = 16;

/// Where the two sides run when there are CPUs for both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpus {
    pub(crate) server: usize,
    pub(crate) generator: usize,
}

/// Everything a scenario needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) scenarios: Vec<Scenario>,
    /// Ours first, then the peers.
    pub(crate) servers: Vec<Recipe>,
    pub(crate) commands: Vec<Kind>,
    pub(crate) loads: Vec<&'static Load>,
    pub(crate) shapes: Vec<&'static Shape>,
    pub(crate) pipelines: Vec<usize>,
    /// Those of the collections: one, unless they were given.
    pub(crate) collection_pipelines: Vec<usize>,
    pub(crate) connections: usize,
    pub(crate) keys: u64,
    pub(crate) value_bytes: usize,
    pub(crate) rounds: usize,
    pub(crate) measure: Duration,
    pub(crate) pause_keys: u64,
    /// SETs that `pause` sends at once.
    pub(crate) pause_batch: usize,
    pub(crate) idle_connections: usize,
    pub(crate) expiry: Expiry,
    pub(crate) eviction: Eviction,
    pub(crate) persistence: Persistence,
    pub(crate) format: Format,
    pub(crate) cpus: Option<Cpus>,
    /// Descriptors that this process and each server must be able to hold.
    pub(crate) descriptors: u64,
    /// The time given to a server to come to rest: to finish rehashing, to shrink buffers.
    pub(crate) settle: Duration,
}

/// The sizes and times of what concerns files.
#[derive(Clone, Debug)]
pub(crate) struct Persistence {
    pub(crate) keys: u64,
    pub(crate) value_bytes: usize,
    /// Requests of the open loop.
    pub(crate) per_second: u32,
    pub(crate) rounds: usize,
    /// What a sync takes longer, where disks are slow.
    pub(crate) sync_delay: Duration,
    /// The open loop beside a slow disk lasts so long.
    pub(crate) slow_disk: Duration,
}

/// The sizes and times of the two expiry scenarios.
#[derive(Clone, Debug)]
pub(crate) struct Expiry {
    /// Keys that fall due together among the long-lived.
    pub(crate) due_keys: u64,
    /// When they fall due, counted from their loading.
    pub(crate) due_after: Duration,
    /// How long their disappearance is waited for.
    pub(crate) patience: Duration,
    /// Under load: the earliest and the latest deadline.
    pub(crate) ttl_min: Duration,
    pub(crate) ttl_max: Duration,
    /// Under load: the least time for loading, before the first TTL starts to count.
    pub(crate) loading_min: Duration,
    pub(crate) gets_per_second: u32,
}

impl Options {
    /// What the command line says.
    pub(crate) fn from_arguments() -> Result<Options> {
        Options::from_matches(&command_line().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Result<Options> {
        let smoke = matches.get_flag("smoke");
        let size = |name: &str, small: u64| match matches.get_one::<u64>(name) {
            // A default yields to --smoke, a given value does not.
            Some(_) if smoke && !given(matches, name) => small,
            value => value.copied().unwrap_or(small),
        };
        let what = what(matches);
        let pipelines = pipelines(matches)?;
        let idle_connections = size("idle-connections", 50);
        Ok(Options {
            scenarios: what.scenarios,
            servers: servers(matches)?,
            commands: what.commands,
            loads: what.loads,
            shapes: what.shapes,
            collection_pipelines: if given(matches, "pipelines") {
                pipelines.clone()
            } else {
                vec![COLLECTION_PIPELINE]
            },
            pipelines,
            connections: to_usize(size("connections", 5)),
            keys: size("keys", 1000),
            value_bytes: to_usize(size("value-bytes", 64)),
            rounds: to_usize(size("rounds", 1)),
            measure: Duration::from_millis(size("milliseconds", 20)),
            pause_keys: size("pause-keys", 2000),
            pause_batch: to_usize(size("pause-batch", 16)),
            idle_connections: to_usize(idle_connections),
            expiry: if smoke {
                Expiry::small()
            } else {
                Expiry::full()
            },
            eviction: if smoke {
                Eviction::small()
            } else {
                Eviction::full()
            },
            persistence: Persistence {
                keys: size("saved-keys", 2000),
                value_bytes: to_usize(size("record-bytes", 200)),
                per_second: u32::try_from(size("rate", 500)).unwrap_or(u32::MAX),
                // They take long, and each is a median of thousands of requests.
                rounds: to_usize(size("rounds", 1)).div_ceil(2),
                sync_delay: Duration::from_millis(size("sync-ms", 5)),
                slow_disk: Duration::from_millis(size("milliseconds", 20)) * 5,
            },
            format: if matches.get_flag("json") {
                Format::Json
            } else {
                Format::Text
            },
            cpus: if matches.get_flag("no-pin") {
                None
            } else {
                cpus()
            },
            descriptors: (idle_connections + 200).max(1024),
            settle: Duration::from_millis(if smoke { 50 } else { 3000 }),
        })
    }

    /// The settings that a reader of figures needs, in a line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} connections, {} keys, {}-byte values, {} rounds of {} ms, {}",
            self.connections,
            self.keys,
            self.value_bytes,
            self.rounds,
            self.measure.as_millis(),
            match self.cpus {
                Some(Cpus { server, generator }) =>
                    format!("servers on CPU {server}, generator on CPU {generator}"),
                None => "not pinned".to_owned(),
            }
        )
    }
}

impl Expiry {
    fn full() -> Expiry {
        Expiry {
            due_keys: 1000,
            due_after: Duration::from_millis(1500),
            patience: Duration::from_secs(20),
            ttl_min: Duration::from_secs(1),
            ttl_max: Duration::from_secs(10),
            loading_min: Duration::from_secs(1),
            gets_per_second: 5000,
        }
    }

    fn small() -> Expiry {
        Expiry {
            due_keys: 20,
            due_after: Duration::from_millis(100),
            patience: Duration::from_millis(500),
            ttl_min: Duration::from_millis(50),
            ttl_max: Duration::from_millis(300),
            loading_min: Duration::from_millis(200),
            gets_per_second: 500,
        }
    }
}

fn command_line() -> Command {
    let size = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value(default)
            .value_parser(value_parser!(u64).range(1..=KEYS_MAX))
            .help(help)
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    let names = SCENARIOS.iter().map(|(name, _)| *name);
    let names = names.chain(Kind::ALL.iter().map(|kind| kind.name()));
    let names = names.chain(LOADS.iter().map(|load| load.name));
    let names = names.chain(SHAPES.iter().map(|shape| shape.name));
    let what = Arg::new("what")
        .action(ArgAction::Append)
        .value_name("WHAT")
        .ignore_case(true)
        .value_parser(PossibleValuesParser::new(names))
        .help("Scenarios, or commands and types of some of them [default: all scenarios]");
    let ours = Arg::new("ours")
        .long("ours")
        .value_name("[NAME=]COMMAND")
        .help("Our server [default: ruddle-server beside this program]");
    let peer = Arg::new("peer")
        .long("peer")
        .value_name("[NAME=]COMMAND")
        .action(ArgAction::Append)
        .value_delimiter(';')
        .help("A shell command line of a peer that takes --port; may be given again, or with ;");
    let pipelines = Arg::new("pipelines")
        .long("pipelines")
        .value_name("N,…")
        .default_value("1,16,128")
        .help("Requests in flight per connection");
    Command::new("ruddle-bench")
        .about("Measures ruddle-server beside other servers; see docs/BENCHMARKS.md")
        .args([what, ours, peer, pipelines])
        .args([
            size("connections", "50", "Connections of the load generator"),
            size("keys", "1000000", "Keys in the database"),
            size("value-bytes", "64", "Bytes of a value"),
            size("rounds", "5", "Rounds per server, interleaved"),
            size("milliseconds", "1000", "Measured time of a round"),
            size("pause-keys", "10000000", "Keys that `pause` inserts"),
            size("pause-batch", "16", "Inserts that `pause` sends at once"),
            size("idle-connections", "10000", "Connections that `idle` opens"),
            size(
                "saved-keys",
                "2000000",
                "Keys of `save`, `rewrite` and `load`",
            ),
            size("record-bytes", "200", "Bytes of their values"),
            size("rate", "10000", "Requests per second of the open loop"),
            size(
                "sync-ms",
                "5",
                "How much longer a sync takes where disks are slow",
            ),
        ])
        .args([
            flag("json", "Write JSON"),
            flag("smoke", "Tiny sizes: whether it works at all, in seconds"),
            flag("no-pin", "Leave the choice of CPUs to the kernel"),
        ])
}

fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
}

/// What is measured of everything.
struct What {
    scenarios: Vec<Scenario>,
    commands: Vec<Kind>,
    loads: Vec<&'static Load>,
    shapes: Vec<&'static Shape>,
}

/// Commands and types alone mean their scenarios; nothing means everything.
fn what(matches: &ArgMatches) -> What {
    let words: Vec<&String> = matches.get_many("what").unwrap_or_default().collect();
    let is = |name: &str| words.iter().any(|word| word.eq_ignore_ascii_case(name));
    let (commands, some_commands) = named(&Kind::ALL, |kind| is(kind.name()));
    let (loads, some_loads) = named(&LOADS, |load| is(load.name));
    let (shapes, some_shapes) = named(&SHAPES, |shape| is(shape.name));
    let wanted = |(name, scenario): &&(&str, Scenario)| {
        let by_part = match scenario {
            Scenario::Throughput => some_commands,
            Scenario::Collections => some_loads,
            Scenario::Elements => some_shapes,
            _ => false,
        };
        by_part || is(name) || words.is_empty()
    };
    let scenarios = SCENARIOS.iter().filter(wanted).map(|(_, one)| *one);
    What {
        scenarios: scenarios.collect(),
        commands: commands.into_iter().copied().collect(),
        loads,
        shapes,
    }
}

/// Those that are named, or all if none is; and whether any is.
fn named<T>(all: &[T], is_named: impl Fn(&T) -> bool) -> (Vec<&T>, bool) {
    let named: Vec<&T> = all.iter().filter(|one| is_named(one)).collect();
    if named.is_empty() {
        return (all.iter().collect(), false);
    }
    (named, true)
}

fn servers(matches: &ArgMatches) -> Result<Vec<Recipe>> {
    let ours = match matches.get_one::<String>("ours") {
        Some(text) => Recipe::parse(text),
        None => Recipe {
            name: Some("ruddle".to_owned()),
            command: beside_us("ruddle-server")?,
        },
    };
    let peers = matches.get_many::<String>("peer").unwrap_or_default();
    let peers = peers
        .filter(|text| !text.trim().is_empty())
        .map(|text| Recipe::parse(text));
    Ok([ours].into_iter().chain(peers).collect())
}

fn beside_us(name: &str) -> Result<String> {
    let us = env::current_exe()?;
    let path: PathBuf = us.with_file_name(name);
    if path.exists() {
        return Ok(path.to_string_lossy().into_owned());
    }
    Err(Failure::new(format!(
        "no {}; build it, or name one with --ours",
        path.display()
    )))
}

fn pipelines(matches: &ArgMatches) -> Result<Vec<usize>> {
    let text = matches
        .get_one::<String>("pipelines")
        .map_or("", String::as_str);
    let numbers = text.split(',').map(|number| number.trim().parse());
    match numbers.collect::<std::result::Result<Vec<usize>, _>>() {
        Ok(depths) if depths.iter().all(|depth| (1..=10_000).contains(depth)) => Ok(depths),
        _ => Err(Failure::new(
            "--pipelines takes numbers from 1 to 10000, with commas",
        )),
    }
}

/// The last CPU for the servers (the first one tends to serve interrupts), the first for us.
fn cpus() -> Option<Cpus> {
    match process::allowed_cpus()[..] {
        [generator, .., server] => Some(Cpus { server, generator }),
        _ => None,
    }
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Options {
        let words = ["ruddle-bench", "--ours=x"]
            .into_iter()
            .chain(line.split_whitespace());
        Options::from_matches(&command_line().get_matches_from(words)).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        command_line().debug_assert();
    }

    #[test]
    fn commands_mean_throughput() {
        let options = options("set GET");
        assert_eq!(options.scenarios, [Scenario::Throughput]);
        assert_eq!(options.commands, [Kind::Set, Kind::Get]);
    }

    #[test]
    fn commands_on_collections_mean_collections() {
        let options = options("zadd HGET");
        assert_eq!(options.scenarios, [Scenario::Collections]);
        let names: Vec<_> = options.loads.iter().map(|load| load.name).collect();
        assert_eq!(names, ["HGET", "ZADD"]);
        assert_eq!(options.collection_pipelines, [16]);
        assert_eq!(options.shapes.len(), SHAPES.len());
    }

    #[test]
    fn nothing_means_everything() {
        let options = options("--peer a=/b;c");
        assert_eq!(options.scenarios.len(), SCENARIOS.len());
        assert_eq!(options.commands, Kind::ALL);
        assert_eq!(options.servers.len(), 3);
    }

    #[test]
    fn smoke_shrinks_what_is_not_given() {
        let options = options("--smoke --keys 77 memory");
        assert_eq!(options.keys, 77);
        assert_eq!(options.rounds, 1);
        assert_eq!(options.scenarios, [Scenario::Memory]);
    }
}
