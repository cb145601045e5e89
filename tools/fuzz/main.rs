//! `ruddle-fuzz`: throws mutated input at everything that reads bytes from outside.
//!
//! A fuzzer for a stable compiler: it sees no branches. In their place each [target](targets)
//! answers with a *signature* of what the input did (which error, how many requests, …); an input
//! with a signature not seen before, or a shorter one for a known signature, joins the pool that
//! is mutated further. With `--keep` the pool is written to the corpus in
//! `tests/data/fuzz/<target>/`, from where every run starts, the short one within `cargo test`
//! included.
//!
//! A target panics when something is wrong. The input is then written to
//! `<corpus>/<target>/crash-…` and its name printed; once mended it stays there, as a test.

mod corpus;
mod files;
mod mutate;
mod native;
mod packed;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, Command, value_parser};

use corpus::Pool;
use targets::Target;

/// How long to go on.
#[derive(Clone, Copy, Debug)]
enum Budget {
    Seconds(u64),
    Runs(u64),
}

/// What was asked for.
#[derive(Debug)]
struct Options {
    targets: Vec<&'static Target>,
    budget: Budget,
    seed: u64,
    corpus: PathBuf,
    keep: bool,
}

/// All targets.
fn targets() -> impl Iterator<Item = &'static Target> {
    targets::TARGETS
        .iter()
        .chain(packed::TARGETS)
        .chain(files::TARGETS)
        .chain(native::TARGETS)
}

fn main() -> ExitCode {
    let options = options();
    let mut exit = ExitCode::SUCCESS;
    for target in &options.targets {
        let report = fuzz(target, &options);
        println!("{report}");
        if report.crash.is_some() {
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn options() -> Options {
    let names = targets().map(|target| target.name);
    let seconds = Arg::new("seconds")
        .long("seconds")
        .value_parser(value_parser!(u64))
        .default_value("10")
        .help("Seconds per target");
    let runs = Arg::new("runs")
        .long("runs")
        .value_parser(value_parser!(u64))
        .help("Inputs per target, instead of seconds");
    let seed = Arg::new("seed")
        .long("seed")
        .value_parser(value_parser!(u64))
        .help("The seed (default: another one each time, printed)");
    let corpus = Arg::new("corpus")
        .long("corpus")
        .value_parser(value_parser!(PathBuf))
        .default_value(corpus::DIRECTORY)
        .help("Where inputs are kept");
    let keep = Arg::new("keep")
        .long("keep")
        .action(ArgAction::SetTrue)
        .help("Write the inputs worth keeping to the corpus");
    let target = Arg::new("target")
        .num_args(0..)
        .value_parser(names.collect::<Vec<_>>())
        .help("What to fuzz (default: everything)");
    let matches = Command::new("ruddle-fuzz")
        .about("Throws mutated input at Ruddle's parsers")
        .args([seconds, runs, seed, corpus, keep, target])
        .get_matches();

    let wanted: Vec<&String> = matches.get_many("target").unwrap_or_default().collect();
    let is_wanted = |target: &&Target| {
        wanted.is_empty() || wanted.iter().any(|name| name.as_str() == target.name)
    };
    Options {
        targets: targets().filter(is_wanted).collect(),
        budget: match matches.get_one("runs") {
            Some(runs) => Budget::Runs(*runs),
            None => Budget::Seconds(matches.get_one("seconds").copied().unwrap_or(10)),
        },
        seed: match matches.get_one("seed") {
            Some(seed) => *seed,
            None => fastrand::u64(..),
        },
        corpus: matches
            .get_one("corpus")
            .cloned()
            .unwrap_or_else(|| corpus::DIRECTORY.into()),
        keep: matches.get_flag("keep"),
    }
}

/// How it went.
struct Report {
    target: &'static str,
    seed: u64,
    runs: u64,
    elapsed: Duration,
    pool: usize,
    signatures_new: usize,
    crash: Option<PathBuf>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = self.runs as f64 / self.elapsed.as_secs_f64().max(1e-9);
        write!(
            f,
            "{:8} seed {}: {} inputs, {rate:.0} per second, {} signatures, {} of them new",
            self.target, self.seed, self.runs, self.pool, self.signatures_new,
        )?;
        match &self.crash {
            Some(path) => write!(f, "\n{:8} CRASH: {}", self.target, path.display()),
            None => Ok(()),
        }
    }
}

/// Runs one target: first the corpus as it is, then mutations until the budget is spent.
fn fuzz(target: &'static Target, options: &Options) -> Report {
    let directory = options.corpus.join(target.name);
    let mut random = fastrand::Rng::with_seed(options.seed);
    let mut pool = Pool::default();
    let mut report = Report {
        target: target.name,
        seed: options.seed,
        runs: 0,
        elapsed: Duration::ZERO,
        pool: 0,
        signatures_new: 0,
        crash: None,
    };
    let started = Instant::now();
    let seeds = target.seeds.iter().map(|seed| seed.to_vec());
    for input in seeds.chain(corpus::load(&directory)) {
        report.run(target, &directory, input, &mut pool);
    }
    let known = pool.len();
    while report.crash.is_none() && !is_spent(options.budget, report.runs, started) {
        let input = mutate::mutated(&pool, target.words, &mut random);
        report.run(target, &directory, input, &mut pool);
    }
    if options.keep {
        corpus::save(&directory, &pool);
    }
    report.elapsed = started.elapsed();
    report.pool = pool.len();
    report.signatures_new = pool.len() - known;
    report
}

impl Report {
    fn run(&mut self, target: &Target, directory: &Path, input: Vec<u8>, pool: &mut Pool) {
        self.runs += 1;
        match catch_unwind(AssertUnwindSafe(|| (target.check)(&input))) {
            Ok(signature) => pool.offer(signature, input),
            Err(_) => self.crash = Some(corpus::save_crash(directory, &input)),
        }
    }
}

fn is_spent(budget: Budget, runs: u64, started: Instant) -> bool {
    match budget {
        Budget::Runs(max) => runs >= max,
        // A look at the clock costs as much as a short input.
        Budget::Seconds(max) => runs.is_multiple_of(64) && started.elapsed().as_secs() >= max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corpus and some thousands of mutations of it, always the same ones.
    #[test]
    fn smoke() {
        let options = Options {
            targets: targets().collect(),
            budget: Budget::Runs(3000),
            seed: 1,
            corpus: corpus::DIRECTORY.into(),
            keep: false,
        };
        for target in &options.targets {
            let report = fuzz(target, &options);
            assert!(report.crash.is_none(), "{report}");
            assert!(report.pool > 1, "{report}");
        }
    }
}
