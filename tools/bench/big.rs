//! How long anybody waits when a value of many elements goes: by DEL, UNLINK, FLUSHALL, eviction.
//!
//! One connection fills a collection (1,000,000 elements), asks for PONGs for a while, lets the
//! collection go and asks for PONGs again. Both servers and clients have one thread, so whatever
//! holds the loop up shows as a late answer: of the act itself or of a PING behind it. What the
//! machine adds shows in the PINGs before. The CPU time of the server's main thread during the act
//! holds none of that.

use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::elements::{SHAPES, Shape};
use crate::failure::{Failure, Result};
use crate::options::Options;
use crate::pause::ran_ns;
use crate::process;
use crate::report::{Cell, Row, Section};
use crate::server::Server;
use crate::throughput::fill;

/// Ways for a collection to go.
const ACTS: [&str; 4] = ["DEL", "UNLINK", "FLUSHALL", "eviction"];

/// What was seen of one act, in microseconds.
struct Seen {
    act: f64,
    act_cpu: f64,
    ping_before: f64,
    ping_after: f64,
}

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let mut rows = Vec::new();
    for shape in &SHAPES {
        for act in ACTS {
            for recipe in &options.servers {
                let server = recipe.start(options)?;
                let seen = let_go(options, &server, shape, act)?;
                rows.push(row(shape, act, &server.name, &seen));
            }
        }
    }
    Ok(Section {
        scenario: "big",
        what: format!(
            "microseconds while a collection of {} elements goes; act: until its reply, and the \
             CPU time of the server's main thread until then; ping: the slowest PING before it \
             and behind it",
            options.keys
        ),
        rows,
    })
}

fn let_go(options: &Options, server: &Server, shape: &Shape, act: &str) -> Result<Seen> {
    let mut client = server.client()?;
    let empty = used(&mut client)?;
    fill(server, shape.add, options.keys)?;
    let full = used(&mut client)?;
    let command = match act {
        "FLUSHALL" => act.to_owned(),
        "eviction" => {
            client.ask_text("CONFIG SET maxmemory-policy allkeys-random")?;
            format!("CONFIG SET maxmemory {}", empty.midpoint(full))
        }
        _ => format!("{act} large"),
    };
    let schedstat = process::main_thread_schedstat(server.pid)?;
    let ping_before = slowest_ping(&mut client, options.measure)?;
    let (start, ran) = (Instant::now(), ran_ns(&schedstat)?);
    if let Answer::Error(error) = client.ask_text(&command)? {
        return Err(Failure::new(format!("{command}: {error}")));
    }
    let act = start.elapsed();
    let act_cpu = ran_ns(&schedstat)? - ran;
    let ping_after = slowest_ping(&mut client, options.measure)?;
    if client.integer("DBSIZE")? != 0 {
        return Err(Failure::new(format!("{command}: it is still there")));
    }
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Seen {
        act: us(act),
        act_cpu: act_cpu as f64 / 1e3,
        ping_before: us(ping_before),
        ping_after: us(ping_after),
    })
}

fn used(client: &mut Client) -> Result<u64> {
    let used = client.info("used_memory")?;
    let used = used.and_then(|bytes| bytes.parse().ok());
    used.ok_or_else(|| Failure::new("INFO does not tell used_memory"))
}

/// The longest that a PONG took in so much time, one asked for behind the other.
fn slowest_ping(client: &mut Client, time: Duration) -> Result<Duration> {
    let end = Instant::now() + time;
    let mut slowest = Duration::ZERO;
    loop {
        let start = Instant::now();
        if start >= end {
            return Ok(slowest);
        }
        client.ask_text("PING")?;
        slowest = slowest.max(start.elapsed());
    }
}

fn row(shape: &Shape, act: &str, server: &str, seen: &Seen) -> Row {
    vec![
        ("type", Cell::Text(shape.name.to_owned())),
        ("act", Cell::Text(act.to_owned())),
        ("server", Cell::Text(server.to_owned())),
        ("act_us", Cell::Number(seen.act, 0)),
        ("act_cpu_us", Cell::Number(seen.act_cpu, 0)),
        ("ping_before_max", Cell::Number(seen.ping_before, 0)),
        ("ping_after_max", Cell::Number(seen.ping_after, 0)),
    ]
}
