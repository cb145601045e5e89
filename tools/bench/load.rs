//! How long a server takes to load its data: from a snapshot of its own, from one in Redis's
//! format, and from a log that holds nothing but commands.
//!
//! The data is written once. Then each server is started on it over and over, in turns with the
//! others, on all CPUs, and killed when it has answered a PING. What an empty start takes is taken
//! off. Files have been read before: they come from the system's cache.

use std::rc::Rc;
use std::time::Instant;

use crate::client::Answer;
use crate::failure::{Failure, Result};
use crate::options::Options;
use crate::process;
use crate::records;
use crate::report::{Cell, Row, Section};
use crate::server::{Directory, Recipe, Setup};
use crate::stats::median;

/// What is loaded.
struct Source {
    name: &'static str,
    arguments: &'static str,
    how: How,
}

/// How the data gets into the files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// By SAVE.
    Saved,
    /// By SAVE, by a server of ours that is told to use Redis's format.
    SavedAsRdb,
    /// Command by command.
    Logged,
}

const SOURCES: [Source; 3] = [
    Source {
        name: "snapshot",
        arguments: "",
        how: How::Saved,
    },
    Source {
        name: "rdb",
        arguments: "",
        how: How::SavedAsRdb,
    },
    Source {
        name: "commands",
        arguments: "--appendonly yes --appendfsync no --auto-aof-rewrite-percentage 0",
        how: How::Logged,
    },
];

/// Wall and CPU seconds of one start.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    cpu: f64,
}

/// A server, and what it loads.
struct Case<'o> {
    recipe: &'o Recipe,
    source: &'static Source,
    setup: Setup,
    name: String,
    empty: Took,
    took: Vec<Took>,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let mut cases = Vec::new();
    for source in &SOURCES {
        for (of, recipe) in options.servers.iter().enumerate() {
            if of == 0 || source.how != How::SavedAsRdb {
                cases.extend(prepare(options, recipe, source)?);
            }
        }
    }
    for _ in 0..options.persistence.rounds {
        for case in &mut cases {
            let took = start(options, case.recipe, &case.setup, options.persistence.keys)?;
            case.took.push(Took {
                wall: took.wall - case.empty.wall,
                cpu: took.cpu - case.empty.cpu,
            });
        }
    }
    Ok(Section {
        scenario: "load",
        what: format!(
            "seconds to load {} keys with values of {} bytes, less an empty start; medians of {} \
             rounds; ratios are ours/theirs, both formats of ours to the peer's snapshot",
            options.persistence.keys, options.persistence.value_bytes, options.persistence.rounds
        ),
        rows: rows(&cases),
    })
}

/// Lets a server write what it will load; `None` if ours does not know the format.
fn prepare<'o>(
    options: &Options,
    recipe: &'o Recipe,
    source: &'static Source,
) -> Result<Option<Case<'o>>> {
    let mut setup = Setup {
        arguments: source.arguments.to_owned(),
        all_cpus: true,
        ..Setup::default()
    };
    let empty = start(options, recipe, &setup, 0)?;
    let directory = Directory::make()?;
    setup.directory = Some(Rc::clone(&directory));
    let sizes = &options.persistence;
    let server = recipe.start_as(options, &setup)?;
    records::fill(&server, sizes.keys, sizes.value_bytes)?;
    let mut client = server.client()?;
    if source.how == How::SavedAsRdb {
        let answer = client.ask_text("CONFIG SET snapshot-format rdb")?;
        if answer != Answer::Text(b"OK".to_vec()) {
            return Ok(None);
        }
    }
    if source.how != How::Logged && client.ask(&[b"SAVE"])? != Answer::Text(b"OK".to_vec()) {
        return Err(Failure::new(format!("{}: SAVE is refused", server.name)));
    }
    let name = server.name.clone();
    drop(server);
    Ok(Some(Case {
        recipe,
        source,
        setup,
        name,
        empty,
        took: Vec::new(),
    }))
}

/// Starts a server, which must then have so many keys, and ends it.
fn start(options: &Options, recipe: &Recipe, setup: &Setup, keys: u64) -> Result<Took> {
    let from = Instant::now();
    let server = recipe.start_as(options, setup)?;
    let took = Took {
        wall: from.elapsed().as_secs_f64(),
        cpu: process::cpu_ns_by_ticks(server.pid)? as f64 / 1e9,
    };
    match server.client()?.integer("DBSIZE")? {
        size if size == keys.cast_signed() => Ok(took),
        size => Err(Failure::new(format!("{} loaded {size} keys", server.name))),
    }
}

fn rows(cases: &[Case<'_>]) -> Vec<Row> {
    let ours = |case: &Case, name: &str| {
        let found = cases.iter().find(|other| other.source.name == name)?;
        (found.name != case.name).then_some(&found.took)
    };
    let row = |case: &Case| {
        let figures =
            |of: fn(&Took) -> f64, took: &[Took]| -> Vec<f64> { took.iter().map(of).collect() };
        let ratio = |name: &str, of: fn(&Took) -> f64| {
            let ratio = ours(case, name).map(|ours| {
                let pairs = ours.iter().zip(&case.took);
                median(
                    &pairs
                        .map(|(ours, theirs)| of(ours) / of(theirs))
                        .collect::<Vec<_>>(),
                )
            });
            Cell::maybe(ratio, 2)
        };
        let same = case.source.name;
        let rdb = if same == "snapshot" { "rdb" } else { "" };
        vec![
            ("source", Cell::Text(same.to_owned())),
            ("server", Cell::Text(case.name.clone())),
            (
                "seconds",
                Cell::Number(median(&figures(|took| took.wall, &case.took)), 2),
            ),
            (
                "cpu_s",
                Cell::Number(median(&figures(|took| took.cpu, &case.took)), 2),
            ),
            ("ratio", ratio(same, |took| took.wall)),
            ("cpu_ratio", ratio(same, |took| took.cpu)),
            ("rdb_ratio", ratio(rdb, |took| took.wall)),
        ]
    };
    cases.iter().map(row).collect()
}
