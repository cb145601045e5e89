//! The options that SET, GETEX and MSETEX share: conditions and deadlines.
//!
//! Redis accepts the options in any order, each again (the last one counts), but no two that
//! exclude each other; which ones a command knows is its [`Dialect`].

use crate::command::args::{Args, parse_int};
use crate::command::error::CommandError;
use crate::keyspace::Deadline;
use crate::resp::request::Arg;
use crate::sys::clock::UnixMs;

/// Whose options are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Set,
    GetEx,
    MSetEx,
}

/// When a key is set at all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition<'a> {
    Always,
    /// NX
    Absent,
    /// XX
    Present,
    /// IFEQ
    Equals(Arg<'a>),
}

/// What becomes of the deadline.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expiry<'a> {
    Unsaid,
    /// KEEPTTL
    Keep,
    /// PERSIST
    Persist,
    Time(Time<'a>),
}

/// EX, PX, EXAT or PXAT and its argument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time<'a> {
    pub(super) form: Form,
    value: &'a [u8],
    /// Where the option's word stands in the request.
    pub(super) position: usize,
}

/// How a deadline is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Seconds,
    Milliseconds,
    AtSeconds,
    AtMilliseconds,
}

impl Form {
    pub(super) fn is_relative(self) -> bool {
        matches!(self, Form::Seconds | Form::Milliseconds)
    }
}

/// All options of one command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options<'a> {
    pub(super) condition: Condition<'a>,
    /// GET
    pub(super) get: bool,
    pub(super) expiry: Expiry<'a>,
}

impl<'a> Options<'a> {
    /// Reads all arguments left.
    pub(super) fn parse(args: &mut Args<'a>, dialect: Dialect) -> Result<Self, CommandError> {
        let mut options = Options {
            condition: Condition::Always,
            get: false,
            expiry: Expiry::Unsaid,
        };
        while args.left() > 0 {
            let position = args.position();
            let word = args.bytes()?;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let form = match word.len() {
                2 if is("ex") => Some(Form::Seconds),
                2 if is("px") => Some(Form::Milliseconds),
                4 if is("exat") => Some(Form::AtSeconds),
                4 if is("pxat") => Some(Form::AtMilliseconds),
                _ => None,
            };
            if let Some(form) = form {
                let value = args.bytes()?;
                options.expiry(Expiry::Time(Time {
                    form,
                    value,
                    position,
                }))?;
            } else if is("persist") && dialect == Dialect::GetEx {
                options.expiry(Expiry::Persist)?;
            } else if is("keepttl") && dialect != Dialect::GetEx {
                options.expiry(Expiry::Keep)?;
            } else if is("nx") && dialect != Dialect::GetEx {
                options.condition(Condition::Absent)?;
            } else if is("xx") && dialect != Dialect::GetEx {
                options.condition(Condition::Present)?;
            } else if is("ifeq") && dialect == Dialect::Set {
                options.condition(Condition::Equals(args.payload()?))?;
            } else if is("get") && dialect == Dialect::Set {
                options.get = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }

    fn condition(&mut self, condition: Condition<'a>) -> Result<(), CommandError> {
        match (self.condition, condition) {
            (Condition::Always, _)
            | (Condition::Absent, Condition::Absent)
            | (Condition::Present, Condition::Present) => {
                self.condition = condition;
                Ok(())
            }
            _ => Err(CommandError::SYNTAX),
        }
    }

    fn expiry(&mut self, expiry: Expiry<'a>) -> Result<(), CommandError> {
        match (self.expiry, expiry) {
            (Expiry::Unsaid, _)
            | (Expiry::Keep, Expiry::Keep)
            | (Expiry::Persist, Expiry::Persist) => {}
            (Expiry::Time(old), Expiry::Time(new)) if old.form == new.form => {}
            _ => return Err(CommandError::SYNTAX),
        }
        self.expiry = expiry;
        Ok(())
    }
}

impl Expiry<'_> {
    /// What becomes of the deadline of a key that is set at the moment `now` by the command
    /// `name`.
    pub(super) fn deadline(self, name: &str, now: UnixMs) -> Result<Deadline, CommandError> {
        match self {
            Expiry::Unsaid | Expiry::Persist => Ok(Deadline::Never),
            Expiry::Keep => Ok(Deadline::Keep),
            Expiry::Time(time) => time.moment(name, now).map(Deadline::At),
        }
    }
}

impl Time<'_> {
    /// The moment said, at the moment `now`, in the command `name`.
    pub(super) fn moment(self, name: &str, now: UnixMs) -> Result<UnixMs, CommandError> {
        let value = parse_int(self.value).ok_or(CommandError::NOT_AN_INTEGER)?;
        moment(self.form, value, now).ok_or_else(|| CommandError::invalid_expire(name))
    }
}

/// The moment that `value` says in the form `form`; only positive values say one.
pub(super) fn moment(form: Form, value: i64, now: UnixMs) -> Option<UnixMs> {
    if value <= 0 {
        return None;
    }
    let ms = match form {
        Form::Seconds | Form::AtSeconds => value.checked_mul(1000)?,
        Form::Milliseconds | Form::AtMilliseconds => value,
    };
    if form.is_relative() {
        ms.checked_add(now.0).map(UnixMs)
    } else {
        Some(UnixMs(ms))
    }
}
