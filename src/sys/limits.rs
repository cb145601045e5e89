//! What the system lets the process have: open files, addresses, and its place in the queue of
//! those to kill when memory is out.

use std::fs;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How a wish for open files went.
#[derive(Debug)]
pub struct OpenFiles {
    pub before: u64,
    pub now: u64,
    /// Why it is fewer than wished.
    pub refused: Option<io::Error>,
}

/// Lets the process have `wanted` open files, or as many as it can get; never fewer than before.
pub fn raise_open_files(wanted: u64) -> OpenFiles {
    let limit = getrlimit(Resource::Nofile);
    let before = limit.current.unwrap_or(u64::MAX);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    let mut result = OpenFiles {
        before,
        now: before,
        refused: None,
    };
    if before >= wanted {
        return result;
    }
    // Beyond the hard limit only with privilege; else up to it.
    for goal in [wanted, wanted.min(maximum)] {
        let limit = Rlimit {
            current: Some(goal),
            maximum: Some(goal.max(maximum)),
        };
        match setrlimit(Resource::Nofile, limit) {
            Ok(()) => {
                result.now = goal;
                return result;
            }
            Err(error) => result.refused = Some(error.into()),
        }
    }
    result
}

/// Bytes of addresses the process may have, if that is limited.
pub fn address_bytes() -> Option<u64> {
    getrlimit(Resource::As).current
}

const OOM_SCORE: &str = "/proc/self/oom_score_adj";

/// The process's score: the higher, the sooner it is killed.
///
/// # Errors
/// If `/proc` is not there or does not say.
pub fn oom_score() -> io::Result<i32> {
    let text = fs::read_to_string(OOM_SCORE)?;
    text.trim()
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Sets the process's score, within what the kernel knows.
///
/// # Errors
/// If the process may not (lowering it needs a privilege).
pub fn set_oom_score(score: i32) -> io::Result<()> {
    fs::write(OOM_SCORE, score.clamp(-1000, 1000).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_are_raised_as_far_as_allowed() {
        let few = raise_open_files(1);
        assert_eq!(few.now, few.before);
        let many = raise_open_files(few.before + 1);
        assert!(many.now > few.before || many.refused.is_some());
        assert!(raise_open_files(u64::MAX - 1).refused.is_some());
    }

    #[test]
    fn the_score_can_be_read_and_raised() {
        let score = oom_score().unwrap();
        set_oom_score(score).unwrap();
        assert_eq!(oom_score().unwrap(), score);
    }
}
