//! ZADD and ZINCRBY.

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::ds::number;
use crate::value::zset::{self, New, Put};

/// What ZADD is told before the scores.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    only_new: bool,
    only_old: bool,
    only_greater: bool,
    only_less: bool,
    count_changed: bool,
    increment: bool,
}

impl Options {
    fn parse(args: &mut Args<'_>) -> Options {
        let mut options = Options::default();
        while let Some(word) = args.peek() {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            let option = match word.len() {
                2 if is(b"nx") => &mut options.only_new,
                2 if is(b"xx") => &mut options.only_old,
                2 if is(b"gt") => &mut options.only_greater,
                2 if is(b"lt") => &mut options.only_less,
                2 if is(b"ch") => &mut options.count_changed,
                4 if is(b"incr") => &mut options.increment,
                _ => break,
            };
            *option = true;
            args.payload().ok();
        }
        options
    }

    fn check(self, pairs: usize) -> Result<(), CommandError> {
        if self.only_new && self.only_old {
            return Err(CommandError::XX_EXCLUDES_NX);
        }
        let bounds = u8::from(self.only_greater) + u8::from(self.only_less);
        if bounds + u8::from(self.only_new) > 1 {
            return Err(CommandError::GT_LT_NX_EXCLUDE);
        }
        if self.increment && pairs > 1 {
            return Err(CommandError::INCR_NOT_SINGLE);
        }
        Ok(())
    }

    /// The score a member gets that has `old`: none if it stays as it is, and NaN if it is not a
    /// number.
    fn decide(self, old: Option<f64>, score: f64) -> Option<f64> {
        let Some(old) = old else {
            return (!self.only_old).then_some(score);
        };
        if self.only_new {
            return None;
        }
        let new = if self.increment { old + score } else { score };
        let refused = (self.only_greater && new <= old) || (self.only_less && new >= old);
        (!refused).then_some(new)
    }
}

/// ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member …]
pub(in crate::command) fn zadd(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = Options::parse(args);
    let pairs = args.left() / 2;
    if args.left() % 2 == 1 || pairs == 0 {
        return Err(CommandError::SYNTAX);
    }
    options.check(pairs)?;
    add(call, key, options, args)
}

/// ZINCRBY key increment member
pub(in crate::command) fn zincrby(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = Options {
        increment: true,
        ..Options::default()
    };
    add(call, key, options, args)
}

fn score(args: &mut Args<'_>) -> Result<f64, CommandError> {
    number::parse_double(args.bytes()?).ok_or(CommandError::NOT_A_FLOAT)
}

/// The longest member left.
fn longest(args: &Args<'_>) -> usize {
    let request = args.request();
    let members = (args.position() + 1..request.len()).step_by(2);
    members
        .map(|index| request.bytes(index).len())
        .max()
        .unwrap_or(0)
}

/// Scores and members are left. All scores are read before anything changes.
fn add(
    call: &mut Call<'_>,
    key: &[u8],
    options: Options,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let pairs = args.left() / 2;
    let mut rest = args.clone();
    let first = score(&mut rest)?;
    rest.payload()?;
    while rest.left() > 0 {
        score(&mut rest)?;
        rest.payload()?;
    }
    let thresholds = &call.limits.thresholds;
    let longest = longest(args);
    let mut entry = match call.db.write(key) {
        Some(mut entry) => {
            entry.as_entry().value().zset()?;
            zset::make_room(&mut entry, thresholds, pairs, longest);
            entry
        }
        None if options.only_old => {
            match options.increment {
                true => call.reply.null(),
                false => call.reply.int(0),
            }
            return Ok(());
        }
        None => {
            call.announce(key);
            let new = New::empty(thresholds, call.db.seed(), pairs, longest);
            new.give(|value| call.db.create(key, value))
        }
    };

    let (mut added, mut changed) = (0, 0);
    // What INCR tells: the score, unless an option kept the member as it was.
    let mut result = None;
    for index in 0..pairs {
        let score = match index {
            0 => args.payload().map(|_| first)?,
            _ => score(args)?,
        };
        let member = args.bytes()?;
        result = None;
        let Put { old, new } = zset::put(&mut entry, thresholds, member, |old| {
            result = options.decide(old, score);
            result.filter(|new| !new.is_nan())
        });
        added += u64::from(old.is_none() && new.is_some());
        changed += u64::from(new.is_some());
    }
    if options.increment {
        let Some(score) = result else {
            call.reply.null();
            return Ok(());
        };
        if score.is_nan() {
            return Err(CommandError::SCORE_NOT_A_NUMBER);
        }
        call.reply.double(score);
    } else {
        let told = if options.count_changed {
            changed
        } else {
            added
        };
        call.reply.int(i64::try_from(told).unwrap_or(i64::MAX));
    }
    if changed > 0 {
        let event = if options.increment { "zincr" } else { "zadd" };
        call.changed(EventClass::ZSET, event, key, changed);
    }
    Ok(())
}
