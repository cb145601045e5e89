//! What a command waits for when what it wants is not there yet.
//!
//! A handler tries first. If there is nothing to have it calls `Call::wait` and returns without a
//! reply; the server lets the client wait and, when one of the keys may serve it, executes the
//! command *again from its start*, with the client's place in the queue and its deadline as they
//! were. So a blocking handler is one straight line, and whatever happened meanwhile (the key
//! changed its type, the group is gone) is told by the errors it has anyway:
//!
//! ```text
//! let timeout = args.timeout(call.db.now())?;
//! … if let Some(item) = pop(call, keys) { reply; propagate LPOP; return Ok(()) }
//! call.wait(Wait::new(Kind::List, timeout, keys));
//! Ok(())
//! ```
//!
//! A command that cannot wait where it is (in EXEC, in a script) answers at once, with
//! [`Wait::null`]; one whose time is up answers the absent array, whatever command it is.

use std::num::NonZeroU64;

use super::args::Args;
use super::error::CommandError;
use crate::ds::extended::Extended;
use crate::resp::request::OwnedRequest;
use crate::sys::clock::UnixMs;
use crate::value::Kind;

/// What a command waits for.
#[derive(Debug)]
pub struct Wait {
    /// In any of these, in the caller's database; named twice is named once.
    pub keys: Vec<Box<[u8]>>,
    /// The type that a key must have to serve it.
    pub kind: Kind,
    pub timeout: Timeout,
    /// What it answers where it may not wait.
    pub null: Null,
    /// Executed again also when a key goes away or gets another type, to say so (XREADGROUP).
    pub on_removal: bool,
    /// What is executed again, if not the command as it was sent: XREAD with the identifier that
    /// its `$` meant when it came.
    pub instead: Option<OwnedRequest>,
}

impl Wait {
    /// A wait for any of `keys` to hold a value of type `kind`.
    pub fn new<K: Into<Box<[u8]>>>(
        kind: Kind,
        timeout: Timeout,
        keys: impl IntoIterator<Item = K>,
    ) -> Wait {
        Wait {
            keys: keys.into_iter().map(Into::into).collect(),
            kind,
            timeout,
            null: Null::Array,
            on_removal: false,
            instead: None,
        }
    }
}

/// Which of RESP2's two ways to say nothing; RESP3 has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// BLMOVE's and BRPOPLPUSH's, whose reply is one item.
    Bulk,
    Array,
}

/// How long a command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(Option<NonZeroU64>);

impl Timeout {
    /// Until it is served.
    pub const NEVER: Timeout = Timeout(None);

    /// A wait of `ms` milliseconds; 0 means no end.
    pub fn ms(ms: u64) -> Timeout {
        Timeout(NonZeroU64::new(ms))
    }

    /// Milliseconds, unless it has no end.
    pub fn as_ms(self) -> Option<u64> {
        self.0.map(NonZeroU64::get)
    }

    /// `ms` as a client said it at `now`: not negative, and an end that Redis's clock can show.
    fn checked(ms: i64, now: UnixMs) -> Result<Timeout, CommandError> {
        let span = u64::try_from(ms).map_err(|_| CommandError::TIMEOUT_NEGATIVE)?;
        match now.0.checked_add(ms) {
            Some(_) => Ok(Timeout::ms(span)),
            None => Err(CommandError::TIMEOUT_OUT_OF_RANGE),
        }
    }
}

impl Args<'_> {
    /// The next argument as a timeout in seconds, a float, rounded up to milliseconds; `now` is the
    /// moment of the command.
    pub fn timeout(&mut self, now: UnixMs) -> Result<Timeout, CommandError> {
        let seconds = Extended::parse(self.bytes()?).ok_or(CommandError::TIMEOUT_NOT_A_FLOAT)?;
        let ms = seconds.times(1000).ceil();
        Timeout::checked(ms.ok_or(CommandError::TIMEOUT_OUT_OF_RANGE)?, now)
    }

    /// The next argument as a timeout in milliseconds, an integer.
    pub fn timeout_ms(&mut self, now: UnixMs) -> Result<Timeout, CommandError> {
        let ms = self
            .int()
            .map_err(|_| CommandError::named_not_an_integer("timeout"))?;
        Timeout::checked(ms, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    /// The milliseconds that `text` means, or the error's text.
    fn told(
        text: &str,
        read: fn(&mut Args<'_>, UnixMs) -> Result<Timeout, CommandError>,
    ) -> String {
        let owned = OwnedRequest::new([text]);
        match read(&mut Args::new(owned.request(), 0), NOW) {
            Ok(timeout) => timeout.as_ms().map_or("never".into(), |ms| ms.to_string()),
            Err(error) => String::from_utf8_lossy(error.text()).into_owned(),
        }
    }

    const NO_FLOAT: &str = "ERR timeout is not a float or out of range";
    const NO_INTEGER: &str = "ERR timeout is not an integer or out of range";
    const NEGATIVE: &str = "ERR timeout is negative";
    const RANGE: &str = "ERR timeout is out of range";

    /// Each as Valkey 9.1.2 and Redis 8.0.6 take it.
    #[test]
    fn seconds_are_rounded_up_to_milliseconds() {
        for (text, expected) in [
            ("0", "never"),
            ("-0", "never"),
            ("1", "1000"),
            ("0.001", "1"),
            ("0.0001", "1"),
            ("1.0001", "1001"),
            ("0x10", "16000"),
            ("1e-400", "1"),
            // Not a whole millisecond below zero.
            ("-0.0001", "never"),
            ("-0.001", "never"),
            ("-0.0010001", NEGATIVE),
            ("-1", NEGATIVE),
            ("-inf", NEGATIVE),
            ("inf", RANGE),
            ("1e400", RANGE),
            ("9.3e15", RANGE),
            ("9223370236854775.807", "9223370236854775807"),
            ("9223370236854775.808", RANGE),
            ("1e5000", NO_FLOAT),
            ("nan", NO_FLOAT),
            ("1 ", NO_FLOAT),
            ("", NO_FLOAT),
            ("abc", NO_FLOAT),
        ] {
            assert_eq!(
                told(text, |args, now| args.timeout(now)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn milliseconds_are_integers() {
        for (text, expected) in [
            ("0", "never"),
            ("1500", "1500"),
            ("9223370236854775807", "9223370236854775807"),
            ("9223370236854775808", RANGE),
            ("9223372036854775807", RANGE),
            ("9223372036854775808", NO_INTEGER),
            ("1.5", NO_INTEGER),
            ("", NO_INTEGER),
            ("-1", NEGATIVE),
            ("-9223372036854775808", NEGATIVE),
        ] {
            assert_eq!(
                told(text, |args, now| args.timeout_ms(now)),
                expected,
                "{text}"
            );
        }
    }
}
