//! Keys as a whole, whatever they hold: removing, naming, moving, counting.

use super::args::Args;
use super::call::Call;
use super::effects::EventClass;
use super::error::CommandError;
use crate::keyspace::{Cause, Flush};
use crate::value::Kind;

/// DEL. Large values are freed by the reaper, so UNLINK has nothing to add.
pub(super) fn del(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let mut removed = 0;
    call.each_key(args, |call, key| {
        if call.db.remove(key, Cause::Command) {
            call.changed(EventClass::GENERIC, "del", key, 1);
            removed += 1;
        }
    })?;
    call.reply.int(removed);
    Ok(())
}

pub(super) fn unlink(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    del(call, args)
}

/// EXISTS: a key named twice counts twice, and none of them counts as used.
pub(super) fn exists(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let mut found = 0;
    call.each_key(args, |call, key| match call.db.look(key) {
        Some(_) => found += 1,
        None => call.missed(key),
    })?;
    call.reply.int(found);
    Ok(())
}

/// TOUCH: what EXISTS counts, and the keys count as used now.
pub(super) fn touch(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let mut found = 0;
    call.each_key(args, |call, key| match call.db.read(key) {
        Some(_) => found += 1,
        None => call.missed(key),
    })?;
    call.reply.int(found);
    Ok(())
}

/// TYPE.
pub(super) fn kind(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let kind = call.db.look(key).map(|entry| entry.value().kind());
    if kind.is_none() {
        call.missed(key);
    }
    call.reply.simple(kind.map_or("none", Kind::name));
    Ok(())
}

pub(super) fn rename(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    if call.db.peek(from).is_none() {
        return Err(CommandError::NO_SUCH_KEY);
    }
    if from != to {
        rename_key(call, from, to);
    }
    call.reply.ok();
    Ok(())
}

/// RENAMENX: 0 if the new name is taken, be it by the key itself.
pub(super) fn renamenx(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    if call.db.peek(from).is_none() {
        return Err(CommandError::NO_SUCH_KEY);
    }
    let free = from != to && call.db.peek(to).is_none();
    if free {
        rename_key(call, from, to);
    }
    call.reply.int(i64::from(free));
    Ok(())
}

fn rename_key(call: &mut Call<'_>, from: &[u8], to: &[u8]) {
    let index = call.db.index();
    call.db.rename(from, to);
    call.event(EventClass::NEW, "new", index, to);
    call.changed(EventClass::GENERIC, "rename_from", from, 1);
    call.event(EventClass::GENERIC, "rename_to", index, to);
    call.effects.touch(index, to);
}

/// COPY: 0 if there is no such key, or the target exists and REPLACE is not given.
pub(super) fn copy(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    let mut target = call.db.index();
    let mut replace = false;
    while args.left() > 0 {
        if args.take_word("REPLACE") {
            replace = true;
        } else if args.left() >= 2 && args.take_word("DB") {
            target = database(call, args)?;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    if target == call.db.index() && from == to {
        return Err(CommandError::SAME_OBJECT);
    }
    let found = call.db.read(from).is_some();
    if !found {
        call.missed(from);
    }
    let copied = found
        && (call.db.other(target).peek(to).is_none() || replace)
        && call.db.copy(from, target, to);
    if copied {
        call.event(EventClass::NEW, "new", target, to);
        call.effects.changes += 1;
        call.event(EventClass::GENERIC, "copy_to", target, to);
        call.effects.touch(target, to);
    }
    call.reply.int(i64::from(copied));
    Ok(())
}

/// MOVE: 0 if there is no such key, or the other database has one of that name.
pub(super) fn move_key(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let target = database(call, args)?;
    if target == call.db.index() {
        return Err(CommandError::SAME_OBJECT);
    }
    let moved = call.db.peek(key).is_some()
        && call.db.other(target).peek(key).is_none()
        && call.db.move_to(key, target);
    if moved {
        call.event(EventClass::NEW, "new", target, key);
        call.changed(EventClass::GENERIC, "move_from", key, 1);
        call.event(EventClass::GENERIC, "move_to", target, key);
        call.effects.touch(target, key);
    }
    call.reply.int(i64::from(moved));
    Ok(())
}

pub(super) fn swapdb(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let first = args.int32().map_err(|_| CommandError::INVALID_FIRST_DB)?;
    let second = args.int32().map_err(|_| CommandError::INVALID_SECOND_DB)?;
    let (first, second) = (checked(call, first)?, checked(call, second)?);
    call.db.swap(first, second);
    if first != second {
        call.effects.touch_all(first);
        call.effects.touch_all(second);
    }
    call.effects.changes += 1;
    call.reply.ok();
    Ok(())
}

/// The database that the next argument numbers.
fn database(call: &Call<'_>, args: &mut Args<'_>) -> Result<usize, CommandError> {
    let index = args.int32()?;
    checked(call, index)
}

fn checked(call: &Call<'_>, index: i32) -> Result<usize, CommandError> {
    usize::try_from(index)
        .ok()
        .filter(|index| *index < call.db.db_count())
        .ok_or(CommandError::DB_OUT_OF_RANGE)
}

pub(super) fn randomkey(call: &mut Call<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    match call.db.random(call.random) {
        Some(entry) => call.reply.bulk(entry.key()),
        None => call.reply.null(),
    }
    Ok(())
}

/// DBSIZE: keys past their deadline but not yet removed count, as in Redis.
pub(super) fn dbsize(call: &mut Call<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    let len = call.db.len();
    call.reply.count(len);
    Ok(())
}

pub(super) fn flushdb(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let how = flush_mode(args)?;
    let removed = call.db.clear(how);
    call.effects.touch_flushed(call.db.index());
    flushed(call, removed);
    Ok(())
}

pub(super) fn flushall(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let how = flush_mode(args)?;
    let mut removed = 0;
    for index in 0..call.db.db_count() {
        removed += call.db.other(index).clear(how);
        call.effects.touch_flushed(index);
    }
    call.effects.emptied = true;
    flushed(call, removed);
    Ok(())
}

/// ASYNC is what we do unless SYNC is asked for.
fn flush_mode(args: &mut Args<'_>) -> Result<Flush, CommandError> {
    let how = if args.take_word("SYNC") {
        Flush::Now
    } else {
        args.take_word("ASYNC");
        Flush::Behind
    };
    args.end()?;
    Ok(how)
}

/// A flush is told to the log and the replicas even if there was nothing to remove.
fn flushed(call: &mut Call<'_>, removed: usize) {
    call.effects.changes += u64::try_from(removed.max(1)).unwrap_or(u64::MAX);
    call.reply.ok();
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::keyspace::Deadline;
    use crate::sys::clock::UnixMs;
    use crate::value::string::NewStr;

    const DEADLINE: UnixMs = UnixMs(1_900_000_000_000);

    /// Keys `a` (with a deadline) and `b` in database 0, `b` in database 1.
    fn bench() -> Bench {
        let mut bench = Bench::new();
        for (db, key, value, deadline) in [
            (0, b"a", 1, Deadline::At(DEADLINE)),
            (0, b"b", 2, Deadline::Never),
            (1, b"b", 3, Deadline::Never),
        ] {
            let mut view = bench.space.view(db, bench.now);
            view.set(key, NewStr::Int(value), deadline);
        }
        bench
    }

    /// Every key of the databases with its value, `!` behind those with a deadline.
    fn told(bench: &mut Bench) -> String {
        let mut told = Vec::new();
        for db in 0..16 {
            bench.space.view(db, bench.now).for_each(|entry| {
                let key = String::from_utf8_lossy(entry.key());
                let value = entry.value().string().unwrap().to_cow().into_owned();
                let value = String::from_utf8_lossy(&value);
                let mark = if entry.deadline() == Some(DEADLINE) {
                    "!"
                } else {
                    ""
                };
                told.push(format!("{db}:{key}={value}{mark}"));
            });
        }
        told.sort();
        told.join(" ")
    }

    #[test]
    fn what_each_changes_and_whom_it_tells() {
        let start = "0:a=1! 0:b=2 1:b=3";
        for (line, reply, after, events) in [
            ("del a b b z", ":2", "1:b=3", "del@0:a del@0:b"),
            ("unlink a z", ":1", "0:b=2 1:b=3", "del@0:a"),
            ("del z", ":0", start, ""),
            (
                "rename a c",
                "+OK",
                "0:b=2 0:c=1! 1:b=3",
                "new@0:c rename_from@0:a rename_to@0:c",
            ),
            (
                "rename a b",
                "+OK",
                "0:b=1! 1:b=3",
                "new@0:b rename_from@0:a rename_to@0:b",
            ),
            (
                "rename b a",
                "+OK",
                "0:a=2 1:b=3",
                "new@0:a rename_from@0:b rename_to@0:a",
            ),
            ("rename a a", "+OK", start, ""),
            (
                "renamenx a c",
                ":1",
                "0:b=2 0:c=1! 1:b=3",
                "new@0:c rename_from@0:a rename_to@0:c",
            ),
            ("renamenx a b", ":0", start, ""),
            ("renamenx a a", ":0", start, ""),
            (
                "copy a c",
                ":1",
                "0:a=1! 0:b=2 0:c=1! 1:b=3",
                "new@0:c copy_to@0:c",
            ),
            ("copy a b", ":0", start, ""),
            (
                "copy b a replace",
                ":1",
                "0:a=2 0:b=2 1:b=3",
                "new@0:a copy_to@0:a",
            ),
            ("copy a b DB 1", ":0", start, ""),
            (
                "copy a a db 1",
                ":1",
                "0:a=1! 0:b=2 1:a=1! 1:b=3",
                "new@1:a copy_to@1:a",
            ),
            (
                "copy a b replace db 9 db 1",
                ":1",
                "0:a=1! 0:b=2 1:b=1!",
                "new@1:b copy_to@1:b",
            ),
            ("copy z c", ":0", start, "keymiss@0:z"),
            (
                "move a 1",
                ":1",
                "0:b=2 1:a=1! 1:b=3",
                "new@1:a move_from@0:a move_to@1:a",
            ),
            ("move b 1", ":0", start, ""),
            ("move z 1", ":0", start, ""),
            ("touch a b b z", ":3", start, "keymiss@0:z"),
            ("exists a b b z", ":3", start, "keymiss@0:z"),
            ("type a", "+string", start, ""),
            ("type z", "+none", start, "keymiss@0:z"),
            ("dbsize", ":2", start, ""),
        ] {
            let mut bench = bench();
            assert_eq!(bench.run(line), format!("{reply}"), "{line}");
            assert_eq!(bench.events_line(), events, "{line}");
            assert_eq!(
                bench.log_line(),
                if after == start { "" } else { "verbatim" }
            );
            assert_eq!(told(&mut bench), after, "{line}");
        }
    }

    #[test]
    fn databases_swap_and_empty() {
        for (line, after, changes) in [
            ("swapdb 0 1", "0:b=3 1:a=1! 1:b=2", 1),
            ("swapdb 2 2", "0:a=1! 0:b=2 1:b=3", 1),
            ("swapdb 1 15", "0:a=1! 0:b=2 15:b=3", 1),
            ("flushdb", "1:b=3", 2),
            ("flushdb SYNC", "1:b=3", 2),
            ("flushall async", "", 3),
            ("flushall", "", 3),
        ] {
            let mut bench = bench();
            assert_eq!(bench.run(line), "+OK", "{line}");
            assert_eq!(told(&mut bench), after, "{line}");
            assert_eq!(
                (bench.effects.changes, bench.events_line()),
                (changes, String::new())
            );
        }
        let mut empty = Bench::new();
        empty.run("flushdb");
        assert_eq!(empty.log_line(), "verbatim");
    }

    #[test]
    fn refusals() {
        let range = "ERR value is out of range, value must between -2147483648 and 2147483647";
        for (line, refusal) in [
            ("rename z z", "ERR no such key"),
            ("rename z a", "ERR no such key"),
            ("renamenx z a", "ERR no such key"),
            (
                "copy a a",
                "ERR source and destination objects are the same",
            ),
            (
                "copy z z",
                "ERR source and destination objects are the same",
            ),
            (
                "copy a a db 0 replace",
                "ERR source and destination objects are the same",
            ),
            ("copy a c db", "ERR syntax error"),
            ("copy a c foo", "ERR syntax error"),
            (
                "copy a c db x",
                "ERR value is not an integer or out of range",
            ),
            ("copy a c db 16", "ERR DB index is out of range"),
            ("copy a c db -1", "ERR DB index is out of range"),
            ("copy a c db 99 foo", "ERR DB index is out of range"),
            ("copy a c db 2147483648", range),
            ("copy a", "ERR wrong number of arguments for 'copy' command"),
            (
                "move a 0",
                "ERR source and destination objects are the same",
            ),
            (
                "move z 0",
                "ERR source and destination objects are the same",
            ),
            ("move a 16", "ERR DB index is out of range"),
            ("move a x", "ERR value is not an integer or out of range"),
            ("move a -2147483649", range),
            ("swapdb x y", "ERR invalid first DB index"),
            ("swapdb 99999999999 0", "ERR invalid first DB index"),
            ("swapdb 99 y", "ERR invalid second DB index"),
            ("swapdb 0 16", "ERR DB index is out of range"),
            ("swapdb -1 0", "ERR DB index is out of range"),
            ("flushdb foo", "ERR syntax error"),
            ("flushall sync foo", "ERR syntax error"),
            ("flushall async sync", "ERR syntax error"),
        ] {
            let mut bench = bench();
            assert_eq!(bench.run(line), format!("-{refusal}"), "{line}");
            assert_eq!(bench.effects.changes, 0);
        }
    }

    #[test]
    fn a_random_key_is_one_that_is_there() {
        let mut bench = bench();
        let mut seen = [0, 0];
        for _ in 0..1000 {
            match bench.run("randomkey").as_str() {
                "$1|a" => seen[0] += 1,
                "$1|b" => seen[1] += 1,
                other => panic!("{other}"),
            }
        }
        assert!(seen.iter().all(|count| *count > 350), "{seen:?}");
        bench.now = DEADLINE;
        assert!((0..100).all(|_| bench.run("randomkey") == "$1|b"));
        bench.run("del b");
        assert_eq!(bench.run("randomkey"), "$-1");
    }
}
