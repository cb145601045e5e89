//! Why a measurement could not be made: one line for a person.

use std::fmt;
use std::io;

/// The result of anything here that can fail.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// What went wrong, as a sentence.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure described by `what`.
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure(what.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure(error.to_string())
    }
}

/// Names what was being done when the world failed.
pub(crate) trait Doing<T> {
    /// Prefixes the error with `what`.
    fn doing(self, what: &str) -> Result<T>;
}

impl<T, E: fmt::Display> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: &str) -> Result<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}
