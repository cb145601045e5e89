//! Throughput and server CPU time per operation, per command and pipeline depth.
//!
//! All servers run at once, each with the same keys loaded; only one is under load at a time. For
//! each command and depth the rounds go around the servers, and each round gives one ratio per
//! peer: neighbours in time share the machine's mood.

use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::generator::{Generator, Keys, Measured, Until};
use crate::options::Options;
use crate::report::{Cell, Row, Section};
use crate::server::{self, Server};
use crate::stats::median;
use crate::wire::{Batch, Word};

/// The commands that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ping,
    Set,
    Get,
    Incr,
    Mset,
}

/// Keys that one MSET writes, as in redis-benchmark.
const MSET_KEYS: usize = 10;
const VALUES: &[u8] = b"key:";
const COUNTERS: &[u8] = b"ctr:";
pub(crate) const WARM_UP: Duration = Duration::from_millis(100);
/// Requests per batch while loading.
const LOAD_DEPTH: usize = 100;

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [Kind::Ping, Kind::Set, Kind::Get, Kind::Incr, Kind::Mset];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Ping => "PING",
            Kind::Set => "SET",
            Kind::Get => "GET",
            Kind::Incr => "INCR",
            Kind::Mset => "MSET",
        }
    }

    /// `depth` requests of this kind.
    fn batch(self, value: &[u8], depth: usize) -> Batch {
        let name = Word::Fixed(self.name().as_bytes());
        let (key, value) = (Word::Key(VALUES), Word::Fixed(value));
        match self {
            Kind::Ping => Batch::repeat(&[name], depth),
            Kind::Set => Batch::repeat(&[name, key, value], depth),
            Kind::Get => Batch::repeat(&[name, key], depth),
            Kind::Incr => Batch::repeat(&[name, Word::Key(COUNTERS)], depth),
            Kind::Mset => {
                let pairs = [key, value].repeat(MSET_KEYS);
                Batch::repeat(&[&[name], &pairs[..]].concat(), depth)
            }
        }
    }
}

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let servers = server::start_all(options)?;
    for server in &servers {
        load(options, server)?;
    }
    let mut rows = Vec::new();
    for kind in &options.commands {
        for depth in &options.pipelines {
            let rounds = rounds(options, &servers, *kind, *depth)?;
            rows.extend(rows_of(&servers, kind.name(), *depth, &rounds));
        }
    }
    Ok(Section {
        scenario: "throughput",
        what: format!(
            "{}; medians; cpu_us is the server's CPU time per operation; ratios are ours/peer, \
             paired by round",
            options.summary()
        ),
        rows,
    })
}

/// Sets all keys, and all counters where INCR will want them.
pub(crate) fn load(options: &Options, server: &Server) -> Result<()> {
    let value = vec![b'x'; options.value_bytes];
    let set = |prefix, value| {
        let words = [Word::Fixed(b"SET"), Word::Key(prefix), Word::Fixed(value)];
        fill(server, &words, options.keys)
    };
    set(VALUES, &value)?;
    if options.commands.contains(&Kind::Incr) {
        set(COUNTERS, b"1000000")?;
    }
    Ok(())
}

/// Sends the request made of `words` for keys 0 to at least `keys`, on one connection.
pub(crate) fn fill(server: &Server, words: &[Word], keys: u64) -> Result<Measured> {
    let depth = LOAD_DEPTH
        .min(usize::try_from(keys).unwrap_or(LOAD_DEPTH))
        .max(1);
    let mut batch = Batch::repeat(words, depth);
    let batches = Until::Batches(keys.div_ceil(depth as u64));
    let mut keys = Keys::Sequence { next: 0 };
    let mut generator = Generator::connect(server.port, server.pid, 1)?;
    let measured = generator.run(&mut batch, depth as u64, &mut keys, batches)?;
    refuse_errors(server, "loading", &measured)?;
    Ok(measured)
}

/// A figure made of error replies is none.
pub(crate) fn refuse_errors(server: &Server, doing: &str, measured: &Measured) -> Result<()> {
    match measured.tally.errors {
        0 => Ok(()),
        count => Err(Failure::new(format!(
            "{}: {doing}: {count} error replies",
            server.name
        ))),
    }
}

/// Measures one command at one depth: per server, one result per round.
pub(crate) fn rounds(
    options: &Options,
    servers: &[Server],
    kind: Kind,
    depth: usize,
) -> Result<Vec<Vec<Measured>>> {
    let mut batch = kind.batch(&vec![b'y'; options.value_bytes], depth);
    let connect =
        |server: &Server| Generator::connect(server.port, server.pid, options.connections);
    let mut generators = servers.iter().map(connect).collect::<Result<Vec<_>>>()?;
    let mut results = vec![Vec::new(); servers.len()];
    for round in 0..options.rounds {
        for ((server, generator), results) in servers.iter().zip(&mut generators).zip(&mut results)
        {
            // Each server gets the same keys in a round.
            let mut keys = Keys::Random {
                rng: fastrand::Rng::with_seed(round as u64),
                count: options.keys,
            };
            let time = Until::Time {
                warm_up: WARM_UP.min(options.measure),
                measure: options.measure,
            };
            let measured = generator.run(&mut batch, depth as u64, &mut keys, time)?;
            refuse_errors(server, kind.name(), &measured)?;
            results.push(measured);
        }
    }
    Ok(results)
}

/// A row for each server.
pub(crate) fn rows_of(
    servers: &[Server],
    command: &str,
    depth: usize,
    rounds: &[Vec<Measured>],
) -> Vec<Row> {
    let all = |of: usize, figure: fn(&Measured) -> f64| -> Vec<f64> {
        rounds[of].iter().map(figure).collect()
    };
    let ratio = |peer: usize, figure: fn(&Measured) -> f64| {
        let pairs = all(0, figure).into_iter().zip(all(peer, figure));
        let ratios: Vec<f64> = pairs.map(|(ours, theirs)| ours / theirs).collect();
        Cell::maybe((peer > 0).then(|| median(&ratios)), 2)
    };
    let row = |(of, server): (usize, &Server)| {
        let cpu = all(of, Measured::cpu_us_per_op);
        vec![
            ("command", Cell::Text(command.to_owned())),
            ("pipeline", Cell::count(depth as u64)),
            ("server", Cell::Text(server.name.clone())),
            (
                "ops_per_s",
                Cell::Number(median(&all(of, Measured::per_second)), 0),
            ),
            ("cpu_us", Cell::Number(median(&cpu), 3)),
            (
                "cpu_us_min",
                Cell::Number(cpu.iter().copied().fold(f64::INFINITY, f64::min), 3),
            ),
            (
                "cpu_us_max",
                Cell::Number(cpu.iter().copied().fold(0.0, f64::max), 3),
            ),
            ("busy", Cell::Number(median(&all(of, Measured::busy)), 2)),
            ("cpu_ratio", ratio(of, Measured::cpu_us_per_op)),
            ("ops_ratio", ratio(of, Measured::per_second)),
        ]
    };
    servers.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_name_their_keys() {
        for (kind, keys) in [
            (Kind::Ping, 0),
            (Kind::Set, 3),
            (Kind::Get, 3),
            (Kind::Incr, 3),
            (Kind::Mset, 30),
        ] {
            assert_eq!(kind.batch(b"v", 3).places.len(), keys, "{}", kind.name());
        }
    }
}
