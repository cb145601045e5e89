//! KEYS and SCAN: the keys of a database, all at once or in bounded steps.
//!
//! SCAN's promise is the table's: a key that is there from the first call to the last is returned
//! at least once, however the table grows and shrinks between them. COUNT bounds the keys a call
//! looks at, and ten times COUNT the buckets, so that a sparse table cannot hold the loop.
//! A pattern without wildcards has one possible answer; it is looked up, and the walk is over.

use super::args::Args;
use super::call::Call;
use super::error::CommandError;
use crate::ds::glob::{Case, Glob};
use crate::keyspace::Entry;
use crate::sys::clock::UnixMs;

/// What a SCAN without COUNT looks at.
const COUNT_DEFAULT: u64 = 10;

/// Buckets a call may visit per key asked for: with fewer keys than buckets most are empty.
const BUCKETS_PER_COUNT: u64 = 10;

/// KEYS: keys past their deadline are left out.
pub(super) fn keys(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let filter = Filter {
        glob: Some(Glob::new(args.bytes()?, Case::Sensitive)),
        kind: None,
        now: call.db.now(),
    };
    if let Some(literal) = filter.literal() {
        let entry = call.db.peek(literal);
        call.reply.bulks(entry.iter().map(|entry| entry.key()));
        return Ok(());
    }
    let deferred = call.reply.deferred();
    let mut found = 0;
    let reply = &mut *call.reply;
    call.db.for_each(|entry| {
        if filter.lets(entry) {
            reply.bulk(entry.key());
            found += 1;
        }
    });
    call.reply.close_array(deferred, found);
    Ok(())
}

pub(super) fn scan(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let mut cursor = args.cursor()?;
    let mut count = COUNT_DEFAULT;
    let mut filter = Filter {
        glob: None,
        kind: None,
        now: call.db.now(),
    };
    while args.left() > 0 {
        if args.left() < 2 {
            return Err(CommandError::SYNTAX);
        } else if args.take_word("COUNT") {
            count = args.scan_count()?;
        } else if args.take_word("MATCH") {
            filter.glob = Some(Glob::new(args.bytes()?, Case::Sensitive));
        } else if args.take_word("TYPE") {
            filter.kind = Some(args.bytes()?);
        } else {
            return Err(CommandError::SYNTAX);
        }
    }

    call.reply.array(2);
    let deferred = call.reply.deferred();
    let mut found = 0;
    let reply = &mut *call.reply;
    let mut visit = |entry: Entry<'_>| {
        if filter.lets(entry) {
            reply.bulk(entry.key());
            found += 1;
        }
    };
    if let Some(literal) = filter.literal() {
        cursor = 0;
        if let Some(entry) = call.db.peek(literal) {
            visit(entry);
        }
    } else {
        let mut seen = 0;
        for _ in 0..count.saturating_mul(BUCKETS_PER_COUNT) {
            cursor = call.db.scan(cursor, |entry| {
                seen += 1;
                visit(entry);
            });
            if cursor == 0 || seen >= count {
                break;
            }
        }
    }
    call.reply.close_scan(deferred, cursor, found);
    Ok(())
}

/// Which keys are told.
struct Filter<'a> {
    glob: Option<Glob<'a>>,
    /// The name of a type, in any case. One that no type has lets nothing through.
    kind: Option<&'a [u8]>,
    now: UnixMs,
}

impl<'a> Filter<'a> {
    /// The only key that can pass, if the pattern says so.
    fn literal(&self) -> Option<&'a [u8]> {
        self.glob.as_ref().and_then(Glob::literal)
    }

    fn lets(&self, entry: Entry<'_>) -> bool {
        let glob = self.glob.as_ref().filter(|glob| !glob.is_everything());
        glob.is_none_or(|glob| glob.matches(entry.key()))
            && entry.deadline().is_none_or(|deadline| deadline > self.now)
            && self.kind.is_none_or(|kind| {
                kind.eq_ignore_ascii_case(entry.value().kind().name().as_bytes())
            })
    }
}

/// What SSCAN, HSCAN and ZSCAN are told behind the cursor.
#[derive(Debug)]
pub(super) struct ElementScan<'a> {
    /// About so many elements are wanted.
    pub(super) count: usize,
    /// Whether only the elements are wanted, without what belongs to them.
    pub(super) is_bare: bool,
    glob: Option<Glob<'a>>,
}

/// Whether a scan can leave out what belongs to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    Never,
    /// HSCAN
    NoValues,
    /// ZSCAN
    NoScores,
}

impl<'a> ElementScan<'a> {
    /// The options left, in any order. Redis reads them after it has looked up the key.
    pub(super) fn parse(args: &mut Args<'a>, bare: Bare) -> Result<Self, CommandError> {
        let mut count = COUNT_DEFAULT;
        let mut glob = None;
        let mut is_bare = false;
        while args.left() > 0 {
            if args.left() >= 2 && args.take_word("COUNT") {
                count = args.scan_count()?;
            } else if args.left() >= 2 && args.take_word("MATCH") {
                glob = Some(Glob::new(args.bytes()?, Case::Sensitive));
            } else if args.take_word("NOVALUES") {
                if bare != Bare::NoValues {
                    return Err(CommandError::NOVALUES_MISPLACED);
                }
                is_bare = true;
            } else if args.take_word("NOSCORES") {
                if bare != Bare::NoScores {
                    return Err(CommandError::NOSCORES_MISPLACED);
                }
                is_bare = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(ElementScan {
            count: usize::try_from(count).unwrap_or(usize::MAX),
            is_bare,
            glob: glob.filter(|glob| !glob.is_everything()),
        })
    }

    /// Whether an element of this name is told.
    pub(super) fn lets(&self, name: &[u8]) -> bool {
        self.glob.as_ref().is_none_or(|glob| glob.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::command::testing::Bench;
    use crate::keyspace::{Cause, Deadline};
    use crate::sys::clock::UnixMs;
    use crate::value::string::NewStr;

    fn bench(count: usize) -> Bench {
        let mut bench = Bench::new();
        let mut view = bench.space.view(0, bench.now);
        for number in 0..count {
            let key = format!("key:{number}");
            view.set(key.as_bytes(), NewStr::Int(7), Deadline::Never);
        }
        let past_soon = Deadline::At(UnixMs(bench.now.0 + 1));
        view.set(b"brief", NewStr::Int(7), past_soon);
        bench.now.0 += 1;
        bench
    }

    /// The bulk strings of a reply.
    fn bulks(reply: &str) -> Vec<String> {
        let mut lines = reply.split('|');
        let mut bulks = Vec::new();
        while let Some(line) = lines.next() {
            if line.starts_with('$') {
                bulks.extend(lines.next().map(str::to_owned));
            }
        }
        bulks
    }

    /// How often a whole walk tells each key; no call tells more than `most`.
    fn walk(bench: &mut Bench, options: &str, most: usize) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        let mut cursor = "0".to_owned();
        loop {
            let mut found = bulks(&bench.run(format!("scan {cursor} {options}").trim_end()));
            cursor = found.remove(0);
            assert!(found.len() <= most, "{} of {most}", found.len());
            for key in found {
                *told.entry(key).or_default() += 1;
            }
            if cursor == "0" {
                return told;
            }
        }
    }

    #[test]
    fn a_walk_tells_every_key_of_a_quiet_table_once() {
        for count in [0, 1, 5, 100, 5000] {
            for options in [
                "",
                "count 1",
                "count 7",
                "count 1000",
                "match *",
                "match key:*",
            ] {
                let mut bench = bench(count);
                let told = walk(&mut bench, options, 1100);
                assert_eq!(told.len(), count, "{options}");
                assert!(told.values().all(|times| *times == 1), "{options}");
            }
        }
    }

    #[test]
    fn a_walk_tells_every_key_that_stays_while_others_come_and_go() {
        for (start, end) in [(50, 5_000), (5_000, 50)] {
            let mut bench = bench(0);
            let stays: Vec<String> = (0..50).map(|number| format!("stays:{number}")).collect();
            let (comes, goes) = (start..end, end..start);
            let mut view = bench.space.view(0, bench.now);
            let others = goes.clone().map(|number| format!("goes:{number}"));
            for key in others.chain(stays.iter().cloned()) {
                view.set(key.as_bytes(), NewStr::Int(7), Deadline::Never);
            }
            // Ten come, or go, between two calls.
            let mut comes = comes.map(|number| format!("comes:{number}"));
            let mut goes = goes.map(|number| format!("goes:{number}"));
            let (mut told, mut cursor) = (BTreeSet::new(), "0".to_owned());
            loop {
                let mut found = bulks(&bench.run(&format!("scan {cursor} count 3")));
                cursor = found.remove(0);
                told.extend(found);
                let mut view = bench.space.view(0, bench.now);
                for key in comes.by_ref().take(10) {
                    view.set(key.as_bytes(), NewStr::Int(7), Deadline::Never);
                }
                for key in goes.by_ref().take(10) {
                    view.remove(key.as_bytes(), Cause::Command);
                }
                if cursor == "0" {
                    break;
                }
            }
            assert!(stays.iter().all(|key| told.contains(key)));
        }
    }

    #[test]
    fn count_bounds_a_call_even_where_few_keys_are_left() {
        let mut bench = bench(20_000);
        let (mut calls, mut cursor) = (0, "0".to_owned());
        let mut view = bench.space.view(0, bench.now);
        for number in 3..20_000 {
            let key = format!("key:{number}");
            view.remove(key.as_bytes(), Cause::Command);
        }
        loop {
            cursor = bulks(&bench.run(&format!("scan {cursor} count 5"))).remove(0);
            calls += 1;
            if cursor == "0" {
                break;
            }
        }
        assert!(calls < 2000, "{calls}");
        assert_eq!(walk(&mut bench, "count 5", 20).len(), 3);
    }

    #[test]
    fn filters() {
        let mut bench = bench(50);
        for (options, count) in [
            ("match key:1*", 11),
            ("match key:?", 10),
            ("match key:7", 1),
            ("match nothing", 0),
            ("match brief", 0),
            ("type string", 50),
            ("TYPE STRING", 50),
            ("type list", 0),
            ("type nothing", 0),
            ("type list match key:7", 0),
            ("match x match key:1*", 11),
        ] {
            assert_eq!(walk(&mut bench, options, 60).len(), count, "{options}");
        }
        for (pattern, count) in [
            ("*", 50),
            ("key:1?", 10),
            ("key:7", 1),
            ("z", 0),
            ("brief", 0),
        ] {
            let reply = bench.run(&format!("keys {pattern}"));
            assert!(
                reply.starts_with(&format!("*{count}")),
                "{pattern}: {reply}"
            );
            assert_eq!(bulks(&reply).len(), count);
        }
    }

    #[test]
    fn refusals() {
        let mut bench = bench(1);
        for (line, refusal) in [
            ("scan x", "ERR invalid cursor"),
            ("scan -1", "ERR invalid cursor"),
            ("scan 18446744073709551616 foo", "ERR invalid cursor"),
            ("scan 0x1", "ERR invalid cursor"),
            ("scan 0 count", "ERR syntax error"),
            ("scan 0 foo 1", "ERR syntax error"),
            ("scan 0 count 0", "ERR syntax error"),
            ("scan 0 count -5", "ERR syntax error"),
            (
                "scan 0 count x",
                "ERR value is not an integer or out of range",
            ),
            (
                "scan 0 count 99999999999999999999",
                "ERR value is not an integer or out of range",
            ),
            ("scan", "ERR wrong number of arguments for 'scan' command"),
        ] {
            assert_eq!(bench.run(line), format!("-{refusal}"), "{line}");
        }
        assert_eq!(bench.run_args(&[b"scan", b""]), b"-ERR invalid cursor\r\n");
        assert_eq!(
            bench.run("scan +0 count 9223372036854775807"),
            "*2|$1|0|*1|$5|key:0"
        );
    }
}
