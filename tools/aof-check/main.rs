//! `aof-check`: checks a log, says what is wrong where, and cuts its end off if told to.
//!
//! The checking itself is `ruddle::check`; `docs/aof-check.md` says how it is used.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command, value_parser};

use ruddle::check::console::{Answer, Exit, Progress, ask};
use ruddle::check::log::{self, Found, Settings, Unusable};
use ruddle::check::mend::{self, Cut};
use ruddle::check::report::log as report;
use ruddle::check::{Verdict, snapshot};
use ruddle::ds::iso_time;
use ruddle::persist::functions;
use ruddle::persist::storage::{Disk, Storage};
use ruddle::persist::transaction::special;
use ruddle::resp::request::Request;
use ruddle::server::table::{Action, CommandTable};
use ruddle::sys::clock::Clock;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Text,
    Json,
    Quiet,
}

/// What was asked for.
#[derive(Debug)]
struct Options {
    path: PathBuf,
    output: Output,
    fix: bool,
    yes: bool,
    until: Option<i64>,
}

fn main() -> ExitCode {
    let options = options();
    let exit = match run(&options) {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("aof-check: {failure}");
            Exit::Failed
        }
    };
    exit.into()
}

fn options() -> Options {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let matches = Command::new("aof-check")
        .about("Checks the append only file of Ruddle, Redis or Valkey")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(
            "Status: 0 fine, or made so; 1 torn or damaged; 2 could not be checked. \
             More in docs/aof-check.md.",
        )
        .args([
            flag("fix").help("Cut off what is wrong, after asking; what is cut is kept in a copy"),
            Arg::new("to-timestamp")
                .long("to-timestamp")
                .alias("truncate-to-timestamp")
                .value_name("T")
                .allow_hyphen_values(true)
                .value_parser(|text: &str| {
                    iso_time::parse(text).ok_or("no time: 1795230000 or 2026-11-21T03:00:00Z")
                })
                .conflicts_with("fix")
                .help("Cut off what happened after T, after asking"),
            flag("yes").short('y').help("Do not ask"),
            flag("quiet")
                .short('q')
                .conflicts_with("json")
                .help("Say only what is wrong"),
            flag("json").help("Print one JSON object"),
            Arg::new("path")
                .value_name("DIR|MANIFEST|FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The log's directory, its manifest, or one file"),
        ])
        .get_matches();
    Options {
        path: matches.get_one("path").cloned().unwrap_or_default(),
        output: match (matches.get_flag("json"), matches.get_flag("quiet")) {
            (true, _) => Output::Json,
            (_, true) => Output::Quiet,
            _ => Output::Text,
        },
        fix: matches.get_flag("fix"),
        yes: matches.get_flag("yes"),
        until: matches.get_one("to-timestamp").copied(),
    }
}

fn run(options: &Options) -> Result<Exit, Unusable> {
    let found = examine(options)?;
    if options.output == Output::Text
        || (options.output == Output::Quiet && found.verdict() != Verdict::Fine)
    {
        print(&report::text(&found));
    }
    let cut = match options.until {
        Some(until) => mend::to_time(&found, until),
        None if options.fix => mend::to_good(&found),
        None => Ok(None),
    };
    let exit = match cut {
        Ok(Some(cut)) => return offer(options, &found, &cut),
        Ok(None) => Exit::from(found.verdict()),
        Err(refusal) => {
            eprintln!("aof-check: nothing was cut: {refusal}");
            Exit::Bad
        }
    };
    if options.output == Output::Json {
        print(&(report::json(&found, None) + "\n"));
    }
    Ok(exit)
}

fn examine(options: &Options) -> Result<Found, Unusable> {
    let table = CommandTable::new();
    let refusal = |request: &Request<'_>| refusal(&table, request);
    let settings = Settings {
        snapshot: snapshot::Settings {
            now: Clock::real().unix_us().ms(),
            biggest: 0,
        },
        until: options.until,
        refusal: &refusal,
    };
    let mut progress = Progress::new(options.output == Output::Quiet);
    let target = log::find(&Disk, &options.path)?;
    let found = log::examine(&Disk, target, &settings, &mut progress);
    progress.end();
    found
}

/// Why a server would not execute a command of the log.
fn refusal(table: &CommandTable, request: &Request<'_>) -> Option<String> {
    let name = request.bytes(0);
    if special(name).is_some() {
        return None;
    }
    if let Some(change) = functions::change(request) {
        return change.err();
    }
    match table.resolve(table.find(name), request) {
        Err(error) => Some(String::from_utf8_lossy(error.text()).into_owned()),
        Ok(command) => match command.action {
            Action::Data(_) => None,
            Action::Admin(_) | Action::Container => {
                Some(format!("{} is no change of data", name.escape_ascii()))
            }
        },
    }
}

/// Cuts, if that is wanted, and checks again.
fn offer(options: &Options, found: &Found, cut: &Cut) -> Result<Exit, Unusable> {
    let text = report::cut_text(cut);
    eprintln!("{text}");
    let answer = match options.yes {
        true => Answer::Yes,
        false => ask("Cut it? A copy of what goes is kept."),
    };
    if answer != Answer::Yes {
        eprintln!(
            "aof-check: nothing was changed{}",
            match answer {
                Answer::Nobody => ": nobody to ask here, say --yes",
                _ => "",
            }
        );
        if options.output == Output::Json {
            print(&(report::json(found, None) + "\n"));
        }
        return Ok(Exit::Bad);
    }
    let now = Clock::real().unix_us().ms().seconds();
    let copy = mend::apply(&Disk as &dyn Storage, cut, now)
        .map_err(|error| Unusable::Io(cut.path.clone(), error))?;
    eprintln!(
        "{}: cut to {} bytes; what stood from byte {} on is kept in {}",
        cut.path.display(),
        cut.at,
        cut.from(),
        copy.display()
    );
    let again = examine(&Options {
        path: options.path.clone(),
        until: None,
        ..*options
    })?;
    match options.output {
        Output::Json => print(&(report::json(&again, Some((cut, &copy))) + "\n")),
        Output::Text => print(&report::text(&again)),
        Output::Quiet => {}
    }
    Ok(again.verdict().into())
}

/// Prints to standard output; a reader that has gone away is no error of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
