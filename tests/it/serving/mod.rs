//! The loop and its connections, from outside: fairness, limits, pieces, start and end.

mod fairness;
mod lifecycle;
mod limits;
mod listening;
mod process;
mod protocol;

use crate::harness::server::Start;
use crate::harness::target::Target;

/// Our server, or the one chosen instead; none: it is not there, or somebody else started it.
fn subject() -> Option<Start> {
    match Target::chosen()? {
        Target::Ruddle => Some(Start::ruddle()),
        Target::Command(line) => Some(Start::command(&line)),
        Target::Running(_) => None,
    }
}
