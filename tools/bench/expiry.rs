//! Keys that fall due: whether they go on time, and what their going costs everyone else.
//!
//! *On time*: a few keys fall due together among many long-lived volatile ones. A server that
//! samples volatile keys at random hardly ever meets them. DBSIZE tells when they are gone; nobody
//! touches them.
//!
//! *Under load*: every key has a deadline in the next seconds, and meanwhile a client reads other
//! keys at a fixed rate. The GETs are an open loop: a thread sends one at each scheduled moment
//! whether or not the last was answered, and the latency of each is counted from its scheduled
//! moment, so a stall is felt by all who would have come during it. How many keys are past due is
//! DBSIZE minus the keys that by our own book should still live when its reply arrives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::client::Client;
use crate::failure::{Doing, Failure, Result};
use crate::options::Options;
use crate::report::{Cell, Row, Section};
use crate::server::Server;
use crate::stats::Histogram;
use crate::throughput::fill;
use crate::wire::{self, Scanner, Word};

const POLL_EVERY: Duration = Duration::from_millis(5);
/// Long-lived keys live for a day.
const LONG_TTL: &[u8] = b"86400";
/// Keys that the GETs of the loaded scenario read; they have no deadline.
const READ_KEYS: u64 = 1000;

/// A few due keys among many long-lived ones.
pub(crate) fn on_time(options: &Options) -> Result<Section> {
    let sizes = &options.expiry;
    let rows = options.servers.iter().map(|recipe| {
        let server = recipe.start(options)?;
        let value: &[u8] = b"a value of a key";
        let words = [b"SET", value, b"EX", LONG_TTL].map(Word::Fixed);
        let words = [words[0], Word::Key(b"key:"), words[1], words[2], words[3]];
        fill(&server, &words, options.keys)?;
        let mut client = server.client()?;
        let alive = client.integer("DBSIZE")?;
        let due = unix_ms()? + millis(sizes.due_after);
        for number in 0..sizes.due_keys {
            client.ask_text(&format!("SET due:{number} soon PXAT {due}"))?;
        }
        await_due(&mut client, &server, options, alive, due)
    });
    Ok(Section {
        scenario: "expiry",
        what: format!(
            "{} keys falling due together among {} volatile keys that live for a day: \
             milliseconds until half and all of them are gone, waiting {} s at most",
            sizes.due_keys,
            options.keys,
            sizes.patience.as_secs_f64()
        ),
        rows: rows.collect::<Result<_>>()?,
    })
}

fn await_due(
    client: &mut Client,
    server: &Server,
    options: &Options,
    alive: i64,
    due_ms: u64,
) -> Result<Row> {
    sleep(Duration::from_millis(due_ms.saturating_sub(unix_ms()?)));
    let (mut half_gone, mut all_gone, mut left) = (None, None, 0);
    let mut late = 0;
    while all_gone.is_none() && late < millis(options.expiry.patience) {
        left = client.integer("DBSIZE")? - alive;
        late = unix_ms()?.saturating_sub(due_ms);
        let of_due = left as f64 / options.expiry.due_keys as f64;
        half_gone = half_gone.or((of_due <= 0.5).then_some(late as f64));
        all_gone = (left <= 0).then_some(late as f64);
        sleep(POLL_EVERY);
    }
    Ok(vec![
        ("server", Cell::Text(server.name.clone())),
        ("half_gone_ms", Cell::maybe(half_gone, 0)),
        ("all_gone_ms", Cell::maybe(all_gone, 0)),
        ("left", Cell::Number(left as f64, 0)),
    ])
}

/// Mass expiry beside a reading client.
pub(crate) fn under_load(options: &Options) -> Result<Section> {
    let sizes = &options.expiry;
    let rows = options.servers.iter().map(|recipe| {
        let server = recipe.start(options)?;
        let words = [
            Word::Fixed(b"SET"),
            Word::Key(b"get:"),
            Word::Fixed(b"a value"),
        ];
        fill(&server, &words, READ_KEYS)?;
        // How long this server takes today tells how long the real loading may take.
        let words = [b"SET", &b"a value"[..], b"EX", LONG_TTL].map(Word::Fixed);
        let words = [words[0], Word::Key(b"key:"), words[1], words[2], words[3]];
        let wall_ns = fill(&server, &words, options.keys)?.wall_ns;
        let loading = sizes.loading_min + Duration::from_secs_f64(wall_ns / 1e9 * 3.0);
        let deadlines = load_volatile(options, &server, loading)?;
        let last = deadlines.last().copied().unwrap_or(0);
        let end = Instant::now() + Duration::from_millis(last.saturating_sub(unix_ms()?));
        let (send, latencies) = mpsc::channel();
        let rate = sizes.gets_per_second;
        let port = server.port;
        let seconds = end.saturating_duration_since(Instant::now()).as_secs_f64();
        let gets = (f64::from(rate) * seconds) as u64;
        thread::spawn(move || send.send(read_openly(port, rate, gets)));
        let late = watch(&mut server.client()?, &deadlines)?;
        let reads = latencies.recv().doing("waiting for the reading client")??;
        Ok(row(&server.name, &late, &reads))
    });
    Ok(Section {
        scenario: "expiry-load",
        what: format!(
            "{} keys with TTLs of {}-{} s beside {} GETs/s of other keys (open loop, counted \
             from the scheduled moment): microseconds per GET; the largest share of keys past due",
            options.keys,
            sizes.ttl_min.as_secs_f64(),
            sizes.ttl_max.as_secs_f64(),
            sizes.gets_per_second
        ),
        rows: rows.collect::<Result<_>>()?,
    })
}

/// Loads keys with random deadlines; the deadlines in order.
fn load_volatile(options: &Options, server: &Server, loading: Duration) -> Result<Vec<u64>> {
    /// Requests that are sent before their replies are read.
    const BATCH: u64 = 500;
    let sizes = &options.expiry;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).doing("connecting")?;
    let first = unix_ms()? + millis(loading) + millis(sizes.ttl_min);
    let last = unix_ms()? + millis(loading) + millis(sizes.ttl_max);
    let mut deadlines = Vec::new();
    let mut scanner = Scanner::default();
    let mut input = vec![0; 64 << 10];
    for from in (0..options.keys).step_by(BATCH as usize) {
        let mut requests = Vec::new();
        for number in from..options.keys.min(from + BATCH) {
            let deadline = rng.u64(first..=last);
            let (key, due) = (format!("key:{number:012}"), deadline.to_string());
            let words: [&[u8]; 5] = [b"SET", key.as_bytes(), b"a value", b"PXAT", due.as_bytes()];
            requests.extend(wire::request(&words));
            deadlines.push(deadline);
        }
        stream.write_all(&requests).doing("loading")?;
        while scanner.tally.replies < deadlines.len() as u64 {
            let count = stream.read(&mut input).doing("loading")?;
            scanner.feed(&input[..count]);
        }
    }
    let name = &server.name;
    if scanner.tally.errors > 0 {
        return Err(Failure::new(format!("{name}: SET PXAT is refused")));
    }
    if unix_ms()? > first {
        return Err(Failure::new(format!(
            "{name}: loading outlasted the first deadline"
        )));
    }
    deadlines.sort_unstable();
    Ok(deadlines)
}

/// How far behind its deadlines a server was at the worst.
struct Lateness {
    /// Keys past due, as a share of all keys loaded.
    of_all_max: f64,
    /// Keys past due, as a share of the keys present, while these are 10 % of all or more.
    of_present_max: f64,
    /// The mean of the first share between the first deadline and the last.
    of_all_mean: f64,
    /// From the last deadline until the last key was gone.
    tail_ms: Option<u64>,
}

/// How long after the last deadline the keys are waited for.
const TAIL_MAX: Duration = Duration::from_secs(5);

fn watch(client: &mut Client, deadlines: &[u64]) -> Result<Lateness> {
    let (Some(first), Some(last)) = (deadlines.first(), deadlines.last()) else {
        return Err(Failure::new("no keys to watch"));
    };
    let all = deadlines.len() as f64;
    let mut worst = Lateness {
        of_all_max: 0.0,
        of_present_max: 0.0,
        of_all_mean: 0.0,
        tail_ms: None,
    };
    let (mut sum, mut polls) = (0.0, 0.0);
    sleep(Duration::from_millis(first.saturating_sub(unix_ms()?)));
    loop {
        let present = client.integer("DBSIZE")? - READ_KEYS as i64;
        let now = unix_ms()?;
        let alive = deadlines.len() - deadlines.partition_point(|deadline| *deadline <= now);
        let (present, alive) = (present.max(0) as f64, alive as f64);
        let past_due = (present - alive).max(0.0);
        worst.of_all_max = worst.of_all_max.max(past_due / all);
        if present >= all / 10.0 {
            worst.of_present_max = worst.of_present_max.max(past_due / present);
        }
        if now <= *last {
            sum += past_due / all;
            polls += 1.0;
        } else if present == 0.0 || now > last + millis(TAIL_MAX) {
            worst.tail_ms = (present == 0.0).then_some(now - last);
            break;
        }
        sleep(POLL_EVERY);
    }
    worst.of_all_mean = sum / f64::max(polls, 1.0);
    Ok(worst)
}

/// What the reading client saw.
struct Reads {
    latency: Histogram,
    /// How late the sender itself was: the part of the latency that is the machine's.
    sender_late: Histogram,
}

/// Sends `gets` GETs at `rate` per second on one connection; reads the replies beside it.
fn read_openly(port: u16, rate: u32, gets: u64) -> Result<Reads> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut output = stream.try_clone()?;
    let every = Duration::from_secs(1) / rate.max(1);
    let start = Instant::now() + Duration::from_millis(10);
    let scheduled = move |number: u64| start + every.mul_f64(number as f64);
    let sender = thread::spawn(move || -> Result<Histogram> {
        let mut late = Histogram::new();
        for number in 0..gets {
            sleep(scheduled(number).saturating_duration_since(Instant::now()));
            late.record(ns_since(scheduled(number)));
            let key = format!("get:{:012}", number % READ_KEYS);
            output
                .write_all(&wire::request(&[b"GET", key.as_bytes()]))
                .doing("sending a GET")?;
        }
        Ok(late)
    });
    let mut latency = Histogram::new();
    let mut scanner = Scanner::default();
    let mut input = [0; 4096];
    let mut answered = 0;
    while answered < gets {
        let count = stream.read(&mut input).doing("reading while keys expire")?;
        if count == 0 {
            return Err(Failure::new("the server closed the reading connection"));
        }
        scanner.feed(&input[..count]);
        while answered < scanner.tally.replies {
            latency.record(ns_since(scheduled(answered)));
            answered += 1;
        }
    }
    let sender_late = sender
        .join()
        .map_err(|_| Failure::new("the sender panicked"))??;
    Ok(Reads {
        latency,
        sender_late,
    })
}

fn row(name: &str, late: &Lateness, reads: &Reads) -> Row {
    let us = |ns: u64| Cell::Number(ns as f64 / 1e3, 0);
    let percent = |share: f64| Cell::Number(share * 100.0, 2);
    vec![
        ("server", Cell::Text(name.to_owned())),
        ("get_p50", us(reads.latency.percentile(0.5))),
        ("get_p99", us(reads.latency.percentile(0.99))),
        ("get_p99.9", us(reads.latency.percentile(0.999))),
        ("get_max", us(reads.latency.max())),
        ("sender_late_p99", us(reads.sender_late.percentile(0.99))),
        ("past_due_max_%", percent(late.of_all_max)),
        ("past_due_mean_%", percent(late.of_all_mean)),
        ("past_due_of_present_max_%", percent(late.of_present_max)),
        ("tail_ms", Cell::maybe(late.tail_ms.map(|ms| ms as f64), 0)),
    ]
}

fn ns_since(moment: Instant) -> u64 {
    u64::try_from(moment.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn unix_ms() -> Result<u64> {
    Ok(millis(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .doing("reading the clock")?,
    ))
}
