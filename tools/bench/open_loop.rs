//! Load at a fixed rate, half GET and half SET: an open loop, as many independent users make it.
//!
//! One thread sends each request at its scheduled moment whether or not earlier ones are answered,
//! another reads the replies. Latency counts from the scheduled moment, so a stall is felt by all
//! that would have come during it, and how late the sender itself was is noted beside it. Request
//! `n` goes to connection `n % connections`, and replies come in order, so the two threads need to
//! tell each other nothing. Every request is kept: what was measured when is asked afterwards.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::failure::{Doing, Failure, Result};
use crate::records::{Records, key};
use crate::stats::Histogram;
use crate::wire::{self, Scanner};

/// A server that answers nothing for so long is taken for dead.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// The receiver looks so often whether the sender has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Different values that SETs write.
const VALUES: usize = 512;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) per_second: u32,
    pub(crate) connections: usize,
    /// Keys 0 to this one, by chance.
    pub(crate) keys: u64,
    pub(crate) value_bytes: usize,
}

/// Load under way.
pub(crate) struct OpenLoop {
    start: Instant,
    every: Duration,
    connections: usize,
    /// How many requests are sent in all: known when the end is.
    total: Arc<AtomicU64>,
    sender: JoinHandle<Result<Vec<u64>>>,
    receiver: JoinHandle<Result<Vec<Vec<u64>>>>,
}

impl OpenLoop {
    /// Begins to send to the server at `port`.
    pub(crate) fn start(port: u16, plan: Plan) -> Result<OpenLoop> {
        let mut outputs = Vec::with_capacity(plan.connections);
        let mut inputs = Vec::with_capacity(plan.connections);
        for _ in 0..plan.connections {
            let stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting")?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            outputs.push(stream.try_clone()?);
            inputs.push(stream);
        }
        let total = Arc::new(AtomicU64::new(u64::MAX));
        let every = Duration::from_secs(1) / plan.per_second.max(1);
        let start = Instant::now() + Duration::from_millis(10);
        let sender = {
            let total = Arc::clone(&total);
            thread::spawn(move || send(outputs, plan, start, every, &total))
        };
        let receiver = {
            let total = Arc::clone(&total);
            thread::spawn(move || receive(inputs, start, every, &total))
        };
        Ok(OpenLoop {
            start,
            every,
            connections: plan.connections,
            total,
            sender,
            receiver,
        })
    }

    /// Ends the load, and waits for what is under way.
    pub(crate) fn finish(self) -> Result<Course> {
        let elapsed = self.start.elapsed().as_secs_f64() / self.every.as_secs_f64();
        self.total.store(elapsed as u64, Ordering::Relaxed);
        let panicked = |_| Failure::new("a thread of the open loop panicked");
        let late = self.sender.join().map_err(panicked)?;
        let waited = self.receiver.join().map_err(panicked)?;
        Ok(Course {
            start: self.start,
            every: self.every,
            connections: self.connections,
            late: late?,
            waited: waited?,
        })
    }
}

/// Whether request `number` is a GET: the two kinds alternate on each connection.
fn is_get(number: u64, connections: usize) -> bool {
    let connections = connections as u64;
    (number % connections + number / connections).is_multiple_of(2)
}

fn scheduled(start: Instant, every: Duration, number: u64) -> Instant {
    start + every.mul_f64(number as f64)
}

/// Sends until the end is known; how late each request left.
fn send(
    mut outputs: Vec<TcpStream>,
    plan: Plan,
    start: Instant,
    every: Duration,
    total: &AtomicU64,
) -> Result<Vec<u64>> {
    let connections = outputs.len();
    let mut records = Records::new(1, plan.value_bytes);
    let values: Vec<Vec<u8>> = (0..VALUES).map(|_| records.next()).collect();
    let mut rng = fastrand::Rng::with_seed(2);
    let mut late = Vec::new();
    for number in 0u64.. {
        if number >= total.load(Ordering::Relaxed) {
            break;
        }
        let key = key(rng.u64(0..plan.keys));
        let request = match is_get(number, connections) {
            true => wire::request(&[b"GET", &key]),
            false => wire::request(&[b"SET", &key, &values[rng.usize(..VALUES)]]),
        };
        let moment = scheduled(start, every, number);
        sleep(moment.saturating_duration_since(Instant::now()));
        late.push(ns_since(moment));
        let output = &mut outputs[(number % connections as u64) as usize];
        write_all(output, &request)?;
    }
    Ok(late)
}

/// Writes all, however long the socket is full.
fn write_all(output: &mut TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                sleep(Duration::from_micros(100));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).doing("sending at a fixed rate"),
        }
    }
    Ok(())
}

/// Reads until all that was sent is answered; per connection how long each request waited.
fn receive(
    inputs: Vec<TcpStream>,
    start: Instant,
    every: Duration,
    total: &AtomicU64,
) -> Result<Vec<Vec<u64>>> {
    let connections = inputs.len() as u64;
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(inputs.len().max(1));
    let mut inputs: Vec<_> = inputs
        .into_iter()
        .map(mio::net::TcpStream::from_std)
        .collect();
    for (token, input) in inputs.iter_mut().enumerate() {
        poll.registry()
            .register(input, Token(token), Interest::READABLE)?;
    }
    let mut scanners = vec![Scanner::default(); inputs.len()];
    let mut waited = vec![Vec::new(); inputs.len()];
    let mut buffer = vec![0; 64 << 10];
    let (mut answered, mut heard) = (0, Instant::now());
    while answered < total.load(Ordering::Relaxed) {
        match poll.poll(&mut events, Some(LOOK_EVERY)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        if heard.elapsed() > SILENCE_MAX {
            return Err(Failure::new("the server has stopped answering"));
        }
        for event in &events {
            heard = Instant::now();
            let of = event.token().0;
            read_all(&mut inputs[of], &mut scanners[of], &mut buffer)?;
            let known = &mut waited[of];
            while (known.len() as u64) < scanners[of].tally.replies {
                let number = known.len() as u64 * connections + of as u64;
                known.push(ns_since(scheduled(start, every, number)));
                answered += 1;
            }
        }
    }
    match scanners.iter().map(|scanner| scanner.tally.errors).sum() {
        0u64 => Ok(waited),
        errors => Err(Failure::new(format!("{errors} error replies under load"))),
    }
}

fn read_all(
    input: &mut mio::net::TcpStream,
    scanner: &mut Scanner,
    buffer: &mut [u8],
) -> Result<()> {
    loop {
        match input.read(buffer) {
            Ok(0) => return Err(Failure::new("the server closed a connection under load")),
            Ok(count) => scanner.feed(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).doing("reading replies"),
        }
    }
}

fn ns_since(moment: Instant) -> u64 {
    u64::try_from(moment.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// All that was sent, and what became of it.
pub(crate) struct Course {
    start: Instant,
    every: Duration,
    connections: usize,
    late: Vec<u64>,
    waited: Vec<Vec<u64>>,
}

/// Requests of some span of time.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) all: Histogram,
    pub(crate) gets: Histogram,
    pub(crate) sender_late: Histogram,
    /// Those that waited longer than [`LATE_NS`].
    pub(crate) late: u64,
}

/// Five milliseconds: later than this no answer shall be because of a snapshot.
const LATE_NS: u64 = 5_000_000;

impl Course {
    /// Those scheduled between two moments.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Span {
        let number = |moment: Instant| {
            let since = moment.saturating_duration_since(self.start);
            (since.as_secs_f64() / self.every.as_secs_f64()) as usize
        };
        let mut span = Span {
            all: Histogram::new(),
            gets: Histogram::new(),
            sender_late: Histogram::new(),
            late: 0,
        };
        for number in number(from)..number(to).min(self.late.len()) {
            let of = &self.waited[number % self.connections];
            let Some(waited) = of.get(number / self.connections) else {
                continue;
            };
            span.all.record(*waited);
            if is_get(number as u64, self.connections) {
                span.gets.record(*waited);
            }
            span.sender_late.record(self.late[number]);
            span.late += u64::from(*waited > LATE_NS);
        }
        span
    }
}
