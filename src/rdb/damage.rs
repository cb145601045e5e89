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
    /// As [`What::Format`], in a block of a file that consists of such.
    Block {
        number: usize,
        what: Cow<'static, str>,
    },
    /// It is something that is not here.
    Unknown(String),
    Io(io::Error),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.at, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Ended => f.write_str("it ends too early"),
            What::Format(what) => f.write_str(what),
            What::Block { number, what } => write!(f, "block {number}: {what}"),
            What::Unknown(what) => f.write_str(what),
            What::Io(error) => write!(f, "{error}"),
        }
    }
}

impl Damage {
    /// The same, and in which key's record it is.
    #[cold]
    pub fn in_record(self, key: &[u8], record_at: u64) -> Damage {
        /// So much of a key is told.
        const KEY_BYTES_MAX: usize = 64;
        let (key, dots) = match key.split_at_checked(KEY_BYTES_MAX) {
            Some((begin, rest)) if !rest.is_empty() => (begin, "…"),
            _ => (key, ""),
        };
        let place = format!(
            " (in the record of key '{}{dots}', which begins at byte {record_at})",
            key.escape_ascii()
        );
        let what = match self.what {
            What::Ended => What::Format(format!("it ends too early{place}").into()),
            What::Format(what) => What::Format(format!("{what}{place}").into()),
            What::Unknown(what) => What::Unknown(format!("{what}{place}")),
            what @ (What::Block { .. } | What::Io(_)) => what,
        };
        Damage { at: self.at, what }
    }
}

impl std::error::Error for Damage {}
