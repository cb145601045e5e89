//! What a log of changes costs: the server's CPU time of SET with one and without, and what a slow
//! disk does to clients.
//!
//! Disks are made slow by a library that lets fsync and fdatasync take longer, for every server
//! alike (`tests/shim/slow_fsync.c`): what a disk of this machine takes would tell about the disk.

use std::thread::sleep;
use std::time::Instant;

use crate::failure::Result;
use crate::generator::{Generator, Keys, Measured, Until};
use crate::open_loop::{OpenLoop, Plan, Span};
use crate::options::Options;
use crate::records;
use crate::report::{Cell, Row, Section};
use crate::server::{Server, Setup};
use crate::shim::Shim;
use crate::stats::median;
use crate::throughput::{self, Kind, WARM_UP, refuse_errors};
use crate::wire::{Batch, Word};

const LOG: &str = "--appendonly yes --auto-aof-rewrite-percentage 0 --appendfsync";
const WITHOUT: &str = "";

fn with_log(policy: &str) -> Setup {
    Setup {
        arguments: format!("{LOG} {policy}"),
        ..Setup::default()
    }
}

/// Each server twice, without a log and with one that is synced every second: SET at each depth.
pub(crate) fn cost(options: &Options) -> Result<Section> {
    let mut servers = Vec::new();
    for recipe in &options.servers {
        servers.push(recipe.start(options)?);
        servers.push(recipe.start_as(options, &with_log("everysec"))?);
    }
    for server in &servers {
        throughput::load(options, server)?;
    }
    let mut rows = Vec::new();
    for depth in &options.pipelines {
        let rounds = throughput::rounds(options, &servers, Kind::Set, *depth)?;
        let pairs = servers.chunks(2).zip(rounds.chunks(2));
        for (servers, rounds) in pairs {
            rows.push(cost_row(&servers[0].name, *depth, &rounds[0], &rounds[1]));
        }
    }
    Ok(Section {
        scenario: "log",
        what: format!(
            "SET, {}; medians; server CPU µs per operation without a log and with one under \
             everysec; the cost is the median of the rounds' own",
            options.summary()
        ),
        rows,
    })
}

fn cost_row(name: &str, depth: usize, without: &[Measured], with: &[Measured]) -> Row {
    let cpu =
        |rounds: &[Measured]| -> Vec<f64> { rounds.iter().map(Measured::cpu_us_per_op).collect() };
    let (without, with) = (cpu(without), cpu(with));
    let costs: Vec<f64> = without
        .iter()
        .zip(&with)
        .map(|(without, with)| (with / without - 1.0) * 100.0)
        .collect();
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = costs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    vec![
        ("pipeline", Cell::count(depth as u64)),
        ("server", Cell::Text(name.to_owned())),
        ("cpu_us_without", Cell::Number(median(&without), 3)),
        ("cpu_us_with", Cell::Number(median(&with), 3)),
        ("cost_%", Cell::Number(median(&costs), 1)),
        ("cost_min_%", Cell::Number(least, 1)),
        ("cost_max_%", Cell::Number(most, 1)),
    ]
}

/// SETs per second where each reply waits for a slow disk.
pub(crate) fn always(options: &Options) -> Result<Section> {
    let shim = Shim::build()?;
    let setup = Setup {
        slow_fsync: Some((shim.library(), options.persistence.sync_delay)),
        ..with_log("always")
    };
    let start = |recipe: &crate::server::Recipe| recipe.start_as(options, &setup);
    let servers = options.servers.iter().map(start);
    let servers: Vec<Server> = servers.collect::<Result<_>>()?;
    let connect =
        |server: &Server| Generator::connect(server.port, server.pid, options.connections);
    let mut generators = servers.iter().map(connect).collect::<Result<Vec<_>>>()?;
    let mut figures = vec![Vec::new(); servers.len()];
    let value = vec![b'x'; options.value_bytes];
    let words = [Word::Fixed(b"SET"), Word::Key(b"key:"), Word::Fixed(&value)];
    let mut batch = Batch::repeat(&words, 1);
    for round in 0..options.rounds {
        for (of, server) in servers.iter().enumerate() {
            let mut keys = Keys::Random {
                rng: fastrand::Rng::with_seed(round as u64),
                count: options.keys,
            };
            let until = Until::Time {
                warm_up: WARM_UP.min(options.measure),
                measure: options.measure,
            };
            let measured = generators[of].run(&mut batch, 1, &mut keys, until)?;
            refuse_errors(server, "SET", &measured)?;
            figures[of].push(measured.per_second());
        }
    }
    let row = |(of, server): (usize, &Server)| {
        let ratios: Vec<f64> = figures[0]
            .iter()
            .zip(&figures[of])
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        vec![
            ("server", Cell::Text(server.name.clone())),
            ("ops_per_s", Cell::Number(median(&figures[of]), 0)),
            (
                "ops_ratio",
                Cell::maybe((of > 0).then(|| median(&ratios)), 2),
            ),
        ]
    };
    Ok(Section {
        scenario: "log-always",
        what: format!(
            "SETs per second of {} connections under always, where a sync takes {} ms longer; \
             medians of {} rounds",
            options.connections,
            options.persistence.sync_delay.as_millis(),
            options.rounds
        ),
        rows: servers.iter().enumerate().map(row).collect(),
    })
}

/// What clients feel under `everysec` of a slow disk, beside a server without a log.
pub(crate) fn everysec(options: &Options) -> Result<Section> {
    let shim = Shim::build()?;
    let slow = Some((shim.library(), options.persistence.sync_delay));
    let setups = [
        ("no", WITHOUT.to_owned()),
        ("everysec", format!("{LOG} everysec")),
    ];
    let mut servers = Vec::new();
    for recipe in &options.servers {
        for (log, arguments) in &setups {
            let setup = Setup {
                arguments: arguments.clone(),
                slow_fsync: slow.clone(),
                ..Setup::default()
            };
            let server = recipe.start_as(options, &setup)?;
            records::fill(&server, loop_keys(options), options.persistence.value_bytes)?;
            servers.push((*log, server));
        }
    }
    let mut felt: Vec<Vec<Span>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.persistence.rounds {
        for ((_, server), felt) in servers.iter().zip(&mut felt) {
            felt.push(feel(options, server)?);
        }
    }
    let rows = servers.iter().zip(&felt);
    let rows = rows.map(|((log, server), felt)| felt_row(&server.name, log, felt));
    Ok(Section {
        scenario: "log-everysec",
        what: format!(
            "microseconds, {} requests/s (open loop, half GET, half SET) for {} s where a sync \
             takes {} ms longer; medians of {} rounds, and how many answers in all came later \
             than 5 ms",
            options.persistence.per_second,
            options.persistence.slow_disk.as_secs_f64(),
            options.persistence.sync_delay.as_millis(),
            options.persistence.rounds
        ),
        rows: rows.collect(),
    })
}

/// The disk matters here, not how much is kept in memory.
fn loop_keys(options: &Options) -> u64 {
    (options.persistence.keys / 20).max(1)
}

fn feel(options: &Options, server: &Server) -> Result<Span> {
    let sizes = &options.persistence;
    let plan = Plan {
        per_second: sizes.per_second,
        connections: options.connections,
        keys: loop_keys(options),
        value_bytes: sizes.value_bytes,
    };
    let load = OpenLoop::start(server.port, plan)?;
    sleep(options.settle / 10);
    let from = Instant::now();
    sleep(sizes.slow_disk);
    let to = Instant::now();
    Ok(load.finish()?.between(from, to))
}

fn felt_row(name: &str, log: &str, felt: &[Span]) -> Row {
    let us = |figure: fn(&Span) -> u64| {
        let values: Vec<f64> = felt.iter().map(|span| figure(span) as f64 / 1e3).collect();
        Cell::Number(median(&values), 0)
    };
    vec![
        ("server", Cell::Text(name.to_owned())),
        ("log", Cell::Text(log.to_owned())),
        ("get_p50", us(|span| span.gets.percentile(0.5))),
        ("get_p99.9", us(|span| span.gets.percentile(0.999))),
        ("get_max", us(|span| span.gets.max())),
        ("all_p99.9", us(|span| span.all.percentile(0.999))),
        ("all_max", us(|span| span.all.max())),
        (
            "over_5ms",
            Cell::count(felt.iter().map(|span| span.late).sum()),
        ),
        (
            "sender_late_p99.9",
            us(|span| span.sender_late.percentile(0.999)),
        ),
        ("sender_late_max", us(|span| span.sender_late.max())),
    ]
}
