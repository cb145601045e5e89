//! The loop and its connections, from outside: fairness, limits, pieces, start and end.

mod channels;
mod clients;
mod crowds;
mod debug;
mod eviction;
mod fairness;
mod faults;
mod lifecycle;
mod limits;
mod listening;
mod load;
mod loading;
mod metrics;
mod process;
mod protocol;
mod saving;
mod slow;
mod users;
mod waiting;

use crate::harness::server::Start;
use crate::harness::target::Target;

/// Our server, or the one chosen instead; none: somebody else started it.
fn subject() -> Option<Start> {
    Target::chosen().start()
}
