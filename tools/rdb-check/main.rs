//! `rdb-check`: checks a snapshot, says what it holds, prints it, and saves what is good of it.
//!
//! The checking itself is `ruddle::check`; `docs/rdb-check.md` says how it is used.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command, value_parser};

use ruddle::check::console::{Exit, Progress};
use ruddle::check::report::snapshot as report;
use ruddle::check::salvage::salvage;
use ruddle::check::snapshot::{self, Settings};
use ruddle::check::{Verdict, Watch, print};
use ruddle::persist::dump::Record;
use ruddle::persist::storage::{Disk, Mode, Storage};
use ruddle::sys::clock::Clock;

/// How keys are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

/// What was asked for.
#[derive(Debug)]
struct Options {
    path: PathBuf,
    json: bool,
    quiet: bool,
    print: Option<Form>,
    biggest: usize,
    salvage: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = options();
    let exit = match run(&options) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("rdb-check: {}: {error}", options.path.display());
            Exit::Failed
        }
    };
    exit.into()
}

fn options() -> Options {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let matches = Command::new("rdb-check")
        .about("Checks a snapshot of Ruddle, Redis or Valkey")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help("Status: 0 fine; 1 damaged; 2 could not be checked. More in docs/rdb-check.md.")
        .args([
            flag("quiet")
                .short('q')
                .conflicts_with("json")
                .help("Say only what is wrong"),
            flag("json").help("Print one JSON object"),
            Arg::new("print")
                .long("print")
                .value_name("FORM")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("text")
                .value_parser(["text", "json"])
                .help("Print all keys with their values, as text or a line of JSON each"),
            Arg::new("biggest")
                .long("biggest")
                .value_name("N")
                .default_value("10")
                .value_parser(value_parser!(usize))
                .help("Name the N biggest keys"),
            Arg::new("salvage")
                .long("salvage")
                .value_name("NEW")
                .value_parser(value_parser!(PathBuf))
                .help("Save the good blocks of a damaged file (Ruddle's own format) in a new one"),
            Arg::new("path")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The snapshot"),
        ])
        .get_matches();
    let form = matches.get_one::<String>("print");
    Options {
        path: matches.get_one("path").cloned().unwrap_or_default(),
        json: matches.get_flag("json"),
        quiet: matches.get_flag("quiet"),
        print: form.map(|form| match form.as_str() {
            "json" => Form::Json,
            _ => Form::Text,
        }),
        biggest: matches.get_one("biggest").copied().unwrap_or_default(),
        salvage: matches.get_one("salvage").cloned(),
    }
}

/// Prints keys as they are read, and shows how far that is.
struct Watcher<O> {
    progress: Progress,
    form: Option<Form>,
    out: O,
    /// Why no more is printed.
    failure: Option<io::Error>,
}

impl<O: Write> Watch for Watcher<O> {
    fn begin(&mut self, path: &Path) {
        self.progress.begin(path);
    }

    fn progress(&mut self, done_bytes: u64, file_bytes: u64) {
        self.progress.progress(done_bytes, file_bytes);
    }

    fn record(&mut self, record: &Record) {
        if self.failure.is_some() {
            return;
        }
        let result = match self.form {
            None => Ok(()),
            Some(Form::Text) => print::text(record, &mut self.out),
            Some(Form::Json) => writeln!(self.out, "{}", print::json(record)),
        };
        self.failure = result.err();
    }
}

fn run(options: &Options) -> io::Result<Exit> {
    let settings = Settings {
        now: Clock::real().unix_us().ms(),
        biggest: options.biggest,
    };
    let mut watcher = Watcher {
        progress: Progress::new(options.quiet || options.print.is_some()),
        form: options.print,
        out: BufWriter::new(io::stdout().lock()),
        failure: None,
    };
    watcher.begin(&options.path);
    let file = Disk.open(&options.path, Mode::Read)?;
    let found = snapshot::examine(file, &settings, &mut watcher);
    watcher.progress.end();
    let Watcher {
        mut out, failure, ..
    } = watcher;
    forgive(failure.map_or(Ok(()), Err).and_then(|()| out.flush()))?;
    let found = found?;
    let exit = match &found {
        Some(found) => {
            let found = found.as_ref();
            tell(options, found, &mut out)?;
            report::verdict(found).into()
        }
        None => {
            eprintln!(
                "rdb-check: {}: at byte 0: no snapshot: it does not begin as one of Redis, Valkey \
                 or Ruddle (if it is one of Ruddle's, --salvage finds its blocks all the same)",
                options.path.display()
            );
            Exit::Bad
        }
    };
    Ok(match &options.salvage {
        Some(to) => save(options, to, exit),
        None => exit,
    })
}

/// Prints the report.
fn tell(options: &Options, found: report::Result<'_>, out: &mut dyn Write) -> io::Result<()> {
    let text = match options.json {
        true => report::json(&options.path, found) + "\n",
        false => report::text(&options.path, found),
    };
    // What is printed shall be nothing but keys.
    let result = match options.print {
        _ if options.quiet && report::verdict(found) == Verdict::Fine => Ok(()),
        Some(_) => io::stderr().write_all(text.as_bytes()),
        None => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
    };
    forgive(result)
}

/// Saves what is good; that the file itself is bad stays so.
fn save(options: &Options, to: &Path, exit: Exit) -> Exit {
    match salvage(&Disk, &options.path, to, fastrand::u32(..)) {
        Ok(salvaged) => {
            eprint!("{}", report::salvaged_text(to, &salvaged));
            exit
        }
        Err(unsaved) => {
            eprintln!("rdb-check: nothing was saved: {unsaved}");
            Exit::Failed
        }
    }
}

/// A reader that has gone away is no error of ours.
fn forgive(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
