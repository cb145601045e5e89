//! Deadlines of keys: setting, asking, taking away.
//!
//! Whatever unit and base a command speaks in, the keyspace knows one thing, the moment in Unix
//! milliseconds; that moment is also what the log hears (PEXPIREAT), so that replaying it later
//! means the same. A deadline that has already passed removes the key at once and is told as DEL.

use super::args::{Args, parse_int};
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::keyspace::Cause;
use crate::sys::clock::UnixMs;

/// What an argument or a reply counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Milliseconds,
}

/// From where it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Now,
    Epoch,
}

pub(super) fn expire(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set(call, args, Unit::Seconds, Base::Now)
}

pub(super) fn pexpire(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set(call, args, Unit::Milliseconds, Base::Now)
}

pub(super) fn expireat(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set(call, args, Unit::Seconds, Base::Epoch)
}

pub(super) fn pexpireat(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    set(call, args, Unit::Milliseconds, Base::Epoch)
}

pub(super) fn ttl(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ask(call, args, Unit::Seconds, Base::Now)
}

pub(super) fn pttl(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ask(call, args, Unit::Milliseconds, Base::Now)
}

pub(super) fn expiretime(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ask(call, args, Unit::Seconds, Base::Epoch)
}

pub(super) fn pexpiretime(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ask(call, args, Unit::Milliseconds, Base::Epoch)
}

/// PERSIST: 1 if the key had a deadline and lost it.
pub(super) fn persist(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let volatile = call
        .db
        .peek(key)
        .is_some_and(|entry| entry.deadline().is_some());
    if volatile {
        call.db.set_deadline(key, None);
        call.changed(EventClass::GENERIC, "persist", key, 1);
    }
    call.reply.int(i64::from(volatile));
    Ok(())
}

/// EXPIRE and its relatives: 1 if the key has the new deadline (or is gone because of it), 0 if
/// there is no key or the condition forbids.
fn set(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    unit: Unit,
    base: Base,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let number = args.bytes()?;
    // An unknown option is told before a bad number, as in Redis.
    let condition = Condition::parse(args)?;
    let number = parse_int(number).ok_or(CommandError::NOT_AN_INTEGER)?;
    let deadline = deadline(number, unit, base, call.db.wall_clock())
        .ok_or_else(|| CommandError::invalid_expire(call.name))?;

    let allowed = call
        .db
        .peek(key)
        .is_some_and(|entry| condition.allows(entry.deadline(), deadline));
    if !allowed {
        call.reply.int(0);
        return Ok(());
    }
    if deadline <= call.db.now() {
        call.db.remove(key, Cause::Command);
        call.changed(EventClass::GENERIC, "del", key, 1);
        call.effects.propagate([b"DEL".as_slice(), key]);
    } else {
        call.db.set_deadline(key, Some(deadline));
        call.changed(EventClass::GENERIC, "expire", key, 1);
        let mut digits = itoa::Buffer::new();
        let moment = digits.format(deadline.0).as_bytes();
        call.effects
            .propagate([b"PEXPIREAT".as_slice(), key, moment]);
    }
    call.reply.int(1);
    Ok(())
}

/// The moment that `number` means; none beyond what 64 bits of milliseconds hold. Negative numbers
/// are moments in the past, and so are welcome.
fn deadline(number: i64, unit: Unit, base: Base, now: UnixMs) -> Option<UnixMs> {
    let ms = match unit {
        Unit::Seconds => number.checked_mul(1000)?,
        Unit::Milliseconds => number,
    };
    match base {
        Base::Now => ms.checked_add(now.0).map(UnixMs),
        Base::Epoch => Some(UnixMs(ms)),
    }
}

/// TTL and its relatives: -2 without the key, -1 without a deadline.
fn ask(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
    unit: Unit,
    base: Base,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let now = call.db.now();
    let answer = match call.db.look(key).map(|entry| entry.deadline()) {
        None => {
            call.missed(key);
            -2
        }
        Some(None) => -1,
        Some(Some(deadline)) => {
            let ms = match base {
                Base::Now => deadline.0.saturating_sub(now.0).max(0),
                Base::Epoch => deadline.0,
            };
            match unit {
                // Rounded to the nearest second.
                Unit::Seconds => ms / 1000 + i64::from(ms % 1000 >= 500),
                Unit::Milliseconds => ms,
            }
        }
    };
    call.reply.int(answer);
    Ok(())
}

/// When a new deadline may be set, by the deadline the key has.
#[derive(Default)]
pub(super) struct Condition {
    /// Only if there is none.
    nx: bool,
    /// Only if there is one.
    xx: bool,
    /// Only if the new one is later; no deadline counts as the latest of all.
    gt: bool,
    /// Only if the new one is earlier.
    lt: bool,
}

impl Condition {
    /// The condition that the arguments left spell.
    pub(super) fn parse(args: &mut Args<'_>) -> Result<Condition, CommandError> {
        let mut condition = Condition::default();
        while args.left() > 0 {
            if args.take_word("NX") {
                condition.nx = true;
            } else if args.take_word("XX") {
                condition.xx = true;
            } else if args.take_word("GT") {
                condition.gt = true;
            } else if args.take_word("LT") {
                condition.lt = true;
            } else {
                return Err(CommandError::unsupported_option(args.bytes()?));
            }
        }
        if condition.nx && (condition.xx || condition.gt || condition.lt) {
            return Err(CommandError::NX_EXCLUDES);
        }
        if condition.gt && condition.lt {
            return Err(CommandError::GT_EXCLUDES_LT);
        }
        Ok(condition)
    }

    pub(super) fn allows(&self, current: Option<UnixMs>, wanted: UnixMs) -> bool {
        match current {
            None => !self.xx && !self.gt,
            Some(current) => {
                !self.nx && (!self.gt || wanted > current) && (!self.lt || wanted < current)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::keyspace::Deadline;
    use crate::sys::clock::UnixMs;
    use crate::value::string::NewStr;

    const NOW: i64 = 1_800_000_000_000;

    /// A key `k` whose deadline is `ttl_ms` away, and what `line` answers.
    fn run(ttl_ms: Option<i64>, line: &str) -> (Bench, String) {
        let mut bench = Bench::new();
        bench.now = UnixMs(NOW);
        let deadline = ttl_ms.map_or(Deadline::Never, |ms| Deadline::At(UnixMs(NOW + ms)));
        let mut view = bench.space.view(0, bench.now);
        view.set(b"k", NewStr::Int(1), deadline);
        let reply = bench.run(line);
        (bench, reply)
    }

    #[test]
    fn a_deadline_is_told_as_the_moment_it_is() {
        for (line, told) in [
            ("expire k 100", "PEXPIREAT k 1800000100000"),
            ("PEXPIRE k 100", "PEXPIREAT k 1800000000100"),
            ("expireat k 1900000000", "PEXPIREAT k 1900000000000"),
            ("pexpireat k 1900000000001", "PEXPIREAT k 1900000000001"),
            ("expire k 100 NX", "PEXPIREAT k 1800000100000"),
            (
                "pexpireat k 9223372036854775807",
                "PEXPIREAT k 9223372036854775807",
            ),
        ] {
            let (bench, reply) = run(None, line);
            assert_eq!((reply.as_str(), bench.log_line().as_str()), (":1", told));
            assert_eq!(bench.events_line(), "expire@0:k");
        }
    }

    #[test]
    fn a_moment_in_the_past_removes_the_key() {
        for line in [
            "expire k 0",
            "expire k -1",
            "pexpire k -9223372036854775808",
            "expireat k 1",
            "pexpireat k -1",
            "pexpireat k 1800000000000",
        ] {
            let (mut bench, reply) = run(Some(5000), line);
            assert_eq!((reply.as_str(), bench.log_line().as_str()), (":1", "DEL k"));
            assert_eq!(bench.events_line(), "del@0:k");
            assert_eq!(bench.run("ttl k"), ":-2");
        }
    }

    #[test]
    fn conditions_ask_for_the_deadline_there_is() {
        let none = [
            ("NX", 1),
            ("XX", 0),
            ("GT", 0),
            ("LT", 1),
            ("XX LT", 0),
            ("XX XX", 0),
        ];
        let five = [("NX", 0), ("XX", 1), ("nx nx", 0)];
        let cases = none.map(|(word, answer)| (None, format!("expire k 10 {word}"), answer));
        let more = five.map(|(word, answer)| (Some(5000), format!("expire k 10 {word}"), answer));
        let order = [
            ("10 GT", 1),
            ("10 LT", 0),
            ("5 GT", 0),
            ("5 LT", 0),
            ("3 GT", 0),
            ("3 LT", 1),
            ("3 XX LT", 1),
            ("-1 LT", 1),
            ("-1 GT", 0),
        ];
        let order = order.map(|(rest, answer)| (Some(5000), format!("expire k {rest}"), answer));
        for (ttl, line, answer) in cases.into_iter().chain(more).chain(order) {
            let (bench, reply) = run(ttl, &line);
            assert_eq!(reply, format!(":{answer}"), "{line}");
            assert_eq!(bench.log_line().is_empty(), answer == 0, "{line}");
        }
    }

    #[test]
    fn refusals_in_redis_order() {
        let nx = "-ERR NX and XX, GT or LT options at the same time are not compatible";
        let gt = "-ERR GT and LT options at the same time are not compatible";
        let int = "-ERR value is not an integer or out of range";
        for (line, refusal) in [
            ("expire k x FOO", "-ERR Unsupported option FOO"),
            ("expire k x NX GT FOO", "-ERR Unsupported option FOO"),
            ("expire k x NX GT", nx),
            ("expire k 1 XX NX", nx),
            ("expire k 1 GT LT", gt),
            ("expire k x GT", int),
            ("expire k 1.5", int),
            ("expire nokey x", int),
            (
                "expire k 9223372036854776",
                "-ERR invalid expire time in 'expire' command",
            ),
            (
                "expire k -9223372036854776",
                "-ERR invalid expire time in 'expire' command",
            ),
            (
                "pexpire k 9223372036854775807",
                "-ERR invalid expire time in 'pexpire' command",
            ),
            (
                "expireat z 9223372036854776",
                "-ERR invalid expire time in 'expireat' command",
            ),
            (
                "expire k",
                "-ERR wrong number of arguments for 'expire' command",
            ),
        ] {
            let (bench, reply) = run(None, line);
            assert_eq!(reply, refusal, "{line}");
            assert_eq!(bench.effects.changes, 0);
        }
    }

    #[test]
    fn what_is_left_and_when_it_ends() {
        let asked = ["ttl k", "pttl k", "expiretime k", "pexpiretime k"];
        for (ttl, answers) in [
            (None, [-1, -1, -1, -1]),
            (Some(1499), [1, 1499, 1_800_000_001, NOW + 1499]),
            (Some(1500), [2, 1500, 1_800_000_002, NOW + 1500]),
            (
                Some(i64::MAX - NOW),
                [
                    i64::MAX / 1000 - NOW / 1000 + 1,
                    i64::MAX - NOW,
                    i64::MAX / 1000 + 1,
                    i64::MAX,
                ],
            ),
        ] {
            for (line, answer) in asked.iter().zip(answers) {
                assert_eq!(run(ttl, line).1, format!(":{answer}"), "{line}");
                assert_eq!(run(ttl, &line.replace('k', "z")).1, ":-2");
            }
        }
        let (mut bench, _) = run(Some(10), "persist k");
        assert_eq!(
            (bench.events_line(), bench.log_line()),
            ("persist@0:k".into(), "verbatim".into())
        );
        assert_eq!(bench.run("persist k"), ":0");
        assert_eq!(bench.run("persist z"), ":0");
        assert_eq!(bench.log_line(), "");
    }
}
