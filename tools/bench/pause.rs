//! The worst single insert while a server grows from empty to many keys.
//!
//! One connection sends a few SETs (16 by default) and waits for their replies, over and over.
//! Of each such batch two figures are taken: the time the client waited, which holds every
//! interruption the machine makes, and the CPU time the server's main thread used since the
//! batch before, which holds none: a table that doubles shows in both, a neighbour only in the
//! first. No single insert can have cost more than its batch, and a pause is a hundred times what
//! 16 inserts cost; one at a time (`--pause-batch 1`) takes far longer on a busy machine and says
//! no more. The CPU time includes whatever the server did between two batches (its timers).
//! Reading it is one `pread` of the thread's `schedstat`. Where the server keeps a slow log, its
//! own slowest command is shown too.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::time::Instant;

use crate::client::{Answer, Client};
use crate::failure::{Doing, Failure, Result};
use crate::options::Options;
use crate::process;
use crate::report::{Cell, Row, Section};
use crate::server::Server;
use crate::stats::Histogram;
use crate::wire::{Batch, Scanner, Word};

/// Commands slower than this, in microseconds, are asked of the slow log.
const SLOW_US: &[u8] = b"200";
/// One millisecond: the bound that no insert should pass.
const BOUND_NS: u64 = 1_000_000;

struct Pauses {
    waited: Histogram,
    ran: Histogram,
    /// How many batches cost the loop more CPU time than the bound.
    over_bound: u64,
    slowest_us: Option<i64>,
    /// The same CPU time for batches of PING.
    control: Histogram,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let rows = options.servers.iter().map(|recipe| {
        let server = recipe.start(options)?;
        let pauses = grow(options, &server)?;
        Ok(row(&server.name, &pauses))
    });
    Ok(Section {
        scenario: "pause",
        what: format!(
            "microseconds per batch of {} SETs while growing to {} keys of 16 bytes with {}-byte \
             values; wait: seen by the client; loop: CPU time of the server's main thread from \
             batch to batch, and the same for PING; own: the slowest command by its slow log",
            options.pause_batch, options.pause_keys, options.value_bytes
        ),
        rows: rows.collect::<Result<_>>()?,
    })
}

fn grow(options: &Options, server: &Server) -> Result<Pauses> {
    let mut client = server.client()?;
    client.ask(&[b"CONFIG", b"SET", b"slowlog-log-slower-than", SLOW_US])?;
    let schedstat = process::main_thread_schedstat(server.pid)?;
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).doing("connecting")?;
    stream.set_nodelay(true)?;
    let value = vec![b'x'; options.value_bytes];
    let words = [Word::Fixed(b"SET"), Word::Key(b"key:"), Word::Fixed(&value)];
    let mut batch = Batch::repeat(&words, options.pause_batch);
    let mut scanner = Scanner::default();
    let mut pauses = Pauses {
        waited: Histogram::new(),
        ran: Histogram::new(),
        over_bound: 0,
        slowest_us: None,
        control: control(options, &mut stream, &schedstat)?,
    };
    let mut numbers = 0..;
    let mut ran_before = ran_ns(&schedstat)?;
    while scanner.tally.replies < options.pause_keys {
        batch.patch(|| numbers.next().unwrap_or_default());
        let start = Instant::now();
        exchange(&mut stream, &batch, options.pause_batch, &mut scanner)?;
        let waited = start.elapsed();
        let ran = ran_ns(&schedstat)?;
        pauses
            .waited
            .record(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX));
        pauses.ran.record(ran - ran_before);
        pauses.over_bound += u64::from(ran - ran_before > BOUND_NS);
        ran_before = ran;
    }
    if scanner.tally.errors > 0 {
        return Err(Failure::new(format!("{}: SET is refused", server.name)));
    }
    pauses.slowest_us = slowest_us(&mut client)?;
    Ok(pauses)
}

/// The CPU time of as many batches of PING: what the machine makes of work that never pauses. A
/// host that takes a CPU away from its guest for a while shows as CPU time of the guest.
fn control(options: &Options, stream: &mut TcpStream, schedstat: &File) -> Result<Histogram> {
    let mut ran = Histogram::new();
    let mut scanner = Scanner::default();
    let batch = Batch::repeat(&[Word::Fixed(b"PING")], options.pause_batch);
    let mut ran_before = ran_ns(schedstat)?;
    while scanner.tally.replies < options.pause_keys {
        exchange(stream, &batch, options.pause_batch, &mut scanner)?;
        let ran_now = ran_ns(schedstat)?;
        ran.record(ran_now - ran_before);
        ran_before = ran_now;
    }
    Ok(ran)
}

/// Sends a batch and waits for its replies.
fn exchange(
    stream: &mut TcpStream,
    batch: &Batch,
    count: usize,
    scanner: &mut Scanner,
) -> Result<()> {
    let mut input = [0; 4096];
    stream.write_all(&batch.bytes).doing("sending a batch")?;
    let awaited = scanner.tally.replies + count as u64;
    while scanner.tally.replies < awaited {
        let count = stream.read(&mut input).doing("waiting for a batch")?;
        if count == 0 {
            return Err(Failure::new("the server closed the inserting connection"));
        }
        scanner.feed(&input[..count]);
    }
    Ok(())
}

/// How long the thread has run. The kernel brings the figure up to date when the thread goes to
/// sleep, at each tick, and not when it is asked: a batch may show one later.
pub(crate) fn ran_ns(schedstat: &File) -> Result<u64> {
    let mut text = [0; 64];
    let count = schedstat.read_at(&mut text, 0)?;
    let digits = text[..count]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Ok(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// The slowest entry of the slow log, where there is one.
fn slowest_us(client: &mut Client) -> Result<Option<i64>> {
    let Answer::Array(entries) = client.ask(&[b"SLOWLOG", b"GET", b"-1"])? else {
        return Ok(None);
    };
    let times = entries.iter().filter_map(|entry| match entry {
        Answer::Array(fields) => match fields.get(2) {
            Some(Answer::Integer(us)) => Some(*us),
            _ => None,
        },
        _ => None,
    });
    Ok(times.max())
}

fn row(name: &str, pauses: &Pauses) -> Row {
    let us = |ns: u64| Cell::Number(ns as f64 / 1e3, 1);
    vec![
        ("server", Cell::Text(name.to_owned())),
        ("wait_p50", us(pauses.waited.percentile(0.5))),
        ("wait_p99.99", us(pauses.waited.percentile(0.9999))),
        ("wait_max", us(pauses.waited.max())),
        ("loop_p50", us(pauses.ran.percentile(0.5))),
        ("loop_p99.99", us(pauses.ran.percentile(0.9999))),
        ("loop_max", us(pauses.ran.max())),
        ("loop_over_1ms", Cell::count(pauses.over_bound)),
        ("ping_loop_p99.99", us(pauses.control.percentile(0.9999))),
        ("ping_loop_max", us(pauses.control.max())),
        (
            "own_max",
            Cell::maybe(pauses.slowest_us.map(|us| us as f64), 0),
        ),
    ]
}
