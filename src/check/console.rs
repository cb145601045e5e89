//! What the tools do at a terminal: they show how far they are, and ask before they change a file.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use super::{Verdict, Watch};

/// How a tool ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The files are fine, or are so now.
    Fine,
    /// They are not.
    Bad,
    /// They could not be checked: wrong arguments, a file that cannot be read.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Bad => 1,
            Exit::Failed => 2,
        })
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Fine => Exit::Fine,
            Verdict::Torn | Verdict::Refused | Verdict::Damaged => Exit::Bad,
        }
    }
}

/// Shows on a terminal how much of a file is read, in percent.
#[derive(Debug, Default)]
pub struct Progress {
    shown: bool,
    name: String,
    percent: u64,
}

impl Progress {
    /// Shows nothing if nobody is there to see it, or does not want to.
    pub fn new(quiet: bool) -> Progress {
        Progress {
            shown: !quiet && io::stderr().is_terminal(),
            ..Progress::default()
        }
    }

    /// Clears the line.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            write("\r\x1b[K");
        }
    }
}

impl Watch for Progress {
    fn begin(&mut self, path: &Path) {
        self.name = path.display().to_string();
        self.percent = 101;
    }

    fn progress(&mut self, done_bytes: u64, file_bytes: u64) {
        if !self.shown {
            return;
        }
        let percent = done_bytes.saturating_mul(100) / file_bytes.max(1);
        if percent != self.percent {
            self.percent = percent;
            write(&format!("\r{}: {percent} %\x1b[K", self.name));
        }
    }
}

/// Writes to standard error; who has closed it does not want to know.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// What a question was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// There is nobody to ask.
    Nobody,
}

/// Asks at the terminal. Anything but yes is no.
pub fn ask(question: &str) -> Answer {
    if !io::stdin().is_terminal() {
        return Answer::Nobody;
    }
    write(&format!("{question} [y/N] "));
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(_) if ["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()) => Answer::Yes,
        _ => Answer::No,
    }
}
