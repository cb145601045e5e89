//! Server CPU time per operation of commands on lists, sets, hashes, sorted sets and streams.
//!
//! The commands are those of redis-benchmark and some more, and names and values look as it makes
//! them. Each works on one key. What only reads or replaces finds a collection of 10,000 elements
//! (or 1,000,000, where the name says so), loaded once; what adds begins each round with nothing;
//! what takes begins each round with as much as it will take, and the round ends when all is gone.

use std::thread::sleep;

use crate::failure::Result;
use crate::generator::{Generator, Keys, Measured, Until};
use crate::options::Options;
use crate::report::Section;
use crate::server::{self, Server};
use crate::throughput::{WARM_UP, fill, refuse_errors, rows_of};
use crate::wire::{Batch, Word};

/// A command that is measured.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    course: Course,
    /// How many different elements requests name.
    range: Size,
    /// What makes the collection, element by element; empty if there is nothing before.
    filled_by: &'static [Word<'static>],
    request: &'static [Word<'static>],
}

/// What becomes of the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It stays as large as it is.
    Steady,
    /// It grows from nothing.
    Grows,
    /// It shrinks to nothing.
    Shrinks,
}

#[derive(Clone, Copy, Debug)]
enum Size {
    Small,
    Large,
}

impl Size {
    fn elements(self, options: &Options) -> u64 {
        match self {
            Size::Small => options.keys.min(SMALL),
            Size::Large => options.keys,
        }
    }
}

const SMALL: u64 = 10_000;
/// What takes elements away takes this part of the large size, for time's sake.
const SHRINKING_PART: u64 = 5;
const KEY: &[u8] = b"collection";

const fn is(word: &'static str) -> Word<'static> {
    Word::Fixed(word.as_bytes())
}

const THE_KEY: Word = Word::Fixed(KEY);
const MEMBER: Word = Word::Key(b"element:");
const SAME_MEMBER: Word = Word::Again(b"element:");
const SCORE: Word = Word::Scattered(b"");
const VALUE: Word = is("xxx");

const PUSH: &[Word] = &[is("RPUSH"), THE_KEY, MEMBER];
const ADD: &[Word] = &[is("SADD"), THE_KEY, MEMBER];
const PUT: &[Word] = &[is("HSET"), THE_KEY, MEMBER, VALUE];
const RATE: &[Word] = &[is("ZADD"), THE_KEY, SCORE, SAME_MEMBER];
/// A score of its own and a member by chance.
const RATE_ANEW: &[Word] = &[is("ZADD"), THE_KEY, SCORE, MEMBER];
const APPEND: &[Word] = &[is("XADD"), THE_KEY, is("*"), is("myfield"), VALUE];

pub(crate) static LOADS: [Load; 21] = [
    load("LPUSH", Course::Grows, &[], &[is("LPUSH"), THE_KEY, VALUE]),
    load("RPUSH", Course::Grows, &[], &[is("RPUSH"), THE_KEY, VALUE]),
    load("LPOP", Course::Shrinks, PUSH, &[is("LPOP"), THE_KEY]),
    load("RPOP", Course::Shrinks, PUSH, &[is("RPOP"), THE_KEY]),
    load(
        "LRANGE_100",
        Course::Steady,
        PUSH,
        &[is("LRANGE"), THE_KEY, is("0"), is("99")],
    ),
    load(
        "LRANGE_600",
        Course::Steady,
        PUSH,
        &[is("LRANGE"), THE_KEY, is("0"), is("599")],
    ),
    load("SADD", Course::Steady, ADD, ADD),
    large("SADD_1M", Course::Grows, &[], ADD),
    load("SPOP", Course::Shrinks, ADD, &[is("SPOP"), THE_KEY]),
    load("HSET", Course::Steady, PUT, PUT),
    large("HSET_1M", Course::Grows, &[], PUT),
    load("HGET", Course::Steady, PUT, &[is("HGET"), THE_KEY, MEMBER]),
    load("ZADD", Course::Steady, RATE, RATE_ANEW),
    load("ZRANGEBYSCORE", Course::Steady, RATE, RANGE_BY_SCORE),
    load("ZRANK", Course::Steady, RATE, RANK),
    load("ZPOPMIN", Course::Shrinks, RATE, &[is("ZPOPMIN"), THE_KEY]),
    large("ZADD_1M", Course::Steady, RATE, RATE_ANEW),
    large("ZRANK_1M", Course::Steady, RATE, RANK),
    large("ZRANGEBYSCORE_1M", Course::Steady, RATE, RANGE_BY_SCORE),
    load("XADD", Course::Grows, &[], APPEND),
    load(
        "XREAD",
        Course::Steady,
        APPEND,
        &[
            is("XREAD"),
            is("COUNT"),
            is("10"),
            is("STREAMS"),
            THE_KEY,
            is("0"),
        ],
    ),
];

const RANK: &[Word] = &[is("ZRANK"), THE_KEY, MEMBER];
const RANGE_BY_SCORE: &[Word] = &[
    is("ZRANGEBYSCORE"),
    THE_KEY,
    SCORE,
    is("+inf"),
    is("LIMIT"),
    is("0"),
    is("10"),
];

const fn load(
    name: &'static str,
    course: Course,
    filled_by: &'static [Word<'static>],
    request: &'static [Word<'static>],
) -> Load {
    Load {
        name,
        course,
        range: Size::Small,
        filled_by,
        request,
    }
}

const fn large(
    name: &'static str,
    course: Course,
    filled_by: &'static [Word<'static>],
    request: &'static [Word<'static>],
) -> Load {
    Load {
        range: Size::Large,
        ..load(name, course, filled_by, request)
    }
}

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let servers = server::start_all(options)?;
    let mut rows = Vec::new();
    for load in &options.loads {
        for depth in &options.collection_pipelines {
            let rounds = rounds(options, &servers, load, *depth)?;
            rows.extend(rows_of(&servers, load.name, *depth, &rounds));
        }
    }
    Ok(Section {
        scenario: "collections",
        what: format!(
            "{} connections, {} rounds; medians; cpu_us is the server's CPU time per operation; \
             ratios are ours/peer, paired by round",
            options.connections, options.rounds
        ),
        rows,
    })
}

/// Measures one command at one depth: per server, one result per round.
fn rounds(
    options: &Options,
    servers: &[Server],
    load: &Load,
    depth: usize,
) -> Result<Vec<Vec<Measured>>> {
    let mut batch = Batch::repeat(load.request, depth);
    let connect =
        |server: &Server| Generator::connect(server.port, server.pid, options.connections);
    let mut generators = servers.iter().map(connect).collect::<Result<Vec<_>>>()?;
    let mut results = vec![Vec::new(); servers.len()];
    for round in 0..options.rounds {
        for ((server, generator), results) in servers.iter().zip(&mut generators).zip(&mut results)
        {
            if round == 0 || load.course != Course::Steady {
                prepare(options, server, load)?;
            }
            let mut keys = Keys::Random {
                rng: fastrand::Rng::with_seed(round as u64),
                count: load.range.elements(options),
            };
            let until = until(options, load, depth);
            let measured = generator.run(&mut batch, depth as u64, &mut keys, until)?;
            refuse_errors(server, load.name, &measured)?;
            results.push(measured);
        }
    }
    for server in servers {
        server.client()?.ask(&[b"DEL", KEY])?;
    }
    Ok(results)
}

/// What a round finds; and the server has freed what the last one left.
fn prepare(options: &Options, server: &Server, load: &Load) -> Result<()> {
    server.client()?.ask(&[b"DEL", KEY])?;
    if !load.filled_by.is_empty() {
        fill(server, load.filled_by, elements_before(options, load))?;
    }
    sleep(options.settle / 20);
    Ok(())
}

fn elements_before(options: &Options, load: &Load) -> u64 {
    match load.course {
        Course::Shrinks => options.keys / SHRINKING_PART,
        Course::Steady | Course::Grows => load.range.elements(options),
    }
}

fn until(options: &Options, load: &Load, depth: usize) -> Until {
    match load.course {
        Course::Shrinks => Until::Batches(elements_before(options, load) / depth as u64),
        Course::Steady | Course::Grows => Until::Time {
            warm_up: WARM_UP.min(options.measure),
            measure: options.measure,
        },
    }
}
