//! What is wrong with bytes that should be a dump, and where.

use std::borrow::Cow;
use std::fmt;
use std::io;

/// What is wrong, and at which byte of the input.
#[derive(Debug)]
pub struct Damage {
    pub at: u64,
    pub what: What,
}

/// What is wrong.
#[derive(Debug)]
pub enum What {
    /// The input ends too early.
    Ended,
    /// It is not what the format allows there.
    Format(Cow<'static, str>),
    /// It is something that is not here.
    Unknown(String),
    Io(io::Error),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.at)?;
        match &self.what {
            What::Ended => f.write_str("it ends too early"),
            What::Format(what) => f.write_str(what),
            What::Unknown(what) => write!(f, "{what}"),
            What::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Damage {}
