//! The load generator: one thread, many connections, each with one batch of requests in flight.
//!
//! It must cost less than the server it drives, so a turn does little: wait; for each ready
//! connection read once, count the replies; when its batch is answered patch the shared template
//! with the next keys and write it out. A short read has emptied the socket and needs no second.
//! Bytes the kernel did not take wait in the connection. Connections are registered once, for
//! both directions, edge-triggered.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::failure::{Doing, Failure, Result};
use crate::process;
use crate::wire::{Batch, Scanner, Tally};

/// A server that answers nothing for so long is taken for dead.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 256 << 10;

/// Which keys the requests name.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Uniformly chosen among the first `count`.
    Random { rng: fastrand::Rng, count: u64 },
    /// 0, 1, 2, …
    Sequence { next: u64 },
}

impl Keys {
    #[inline]
    fn next(&mut self) -> u64 {
        match self {
            Keys::Random { rng, count } => rng.u64(0..*count),
            Keys::Sequence { next } => {
                *next += 1;
                *next - 1
            }
        }
    }
}

/// When the load ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// After `warm_up`, measure for `measure`.
    Time {
        warm_up: Duration,
        measure: Duration,
    },
    /// When so many batches were sent; all is measured.
    Batches(u64),
}

/// What one load did to one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) tally: Tally,
    pub(crate) wall_ns: f64,
    /// CPU time of the server.
    pub(crate) cpu_ns: f64,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.tally.replies as f64 / self.wall_ns * 1e9
    }

    pub(crate) fn cpu_us_per_op(&self) -> f64 {
        self.cpu_ns / 1e3 / self.tally.replies as f64
    }

    /// The share of the wall time the server was running.
    pub(crate) fn busy(&self) -> f64 {
        self.cpu_ns / self.wall_ns
    }
}

struct Connection {
    stream: TcpStream,
    scanner: Scanner,
    /// Replies still to come for the batch in flight.
    awaited: u64,
    /// The end of the batch that the kernel did not take yet.
    unsent: Vec<u8>,
}

/// Connections to one server, ready for load.
pub(crate) struct Generator {
    poll: Poll,
    connections: Vec<Connection>,
    input: Vec<u8>,
    /// Whose CPU time counts.
    pid: u32,
}

/// The state of one run: what to send, and how much of it is under way.
struct Load<'a> {
    batch: &'a mut Batch,
    keys: &'a mut Keys,
    replies_per_batch: u64,
    batches_left: u64,
    in_flight: usize,
}

/// A moment of a run.
struct Reading {
    at: Instant,
    cpu_ns: u64,
    tally: Tally,
}

impl Generator {
    /// `count` connections to the server at `port`, process `pid`.
    pub(crate) fn connect(port: u16, pid: u32, count: usize) -> Result<Generator> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(count);
        for token in 0..count {
            let stream = std::net::TcpStream::connect(("127.0.0.1", port)).doing("connecting")?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(token), both)?;
            connections.push(Connection {
                stream,
                scanner: Scanner::default(),
                awaited: 0,
                unsent: Vec::new(),
            });
        }
        Ok(Generator {
            poll,
            connections,
            input: vec![0; READ_BYTES],
            pid,
        })
    }

    /// Sends `batch` (`replies` replies each) over and over until `until`, then waits for what is
    /// still under way.
    pub(crate) fn run(
        &mut self,
        batch: &mut Batch,
        replies: u64,
        keys: &mut Keys,
        until: Until,
    ) -> Result<Measured> {
        let mut load = Load {
            batch,
            keys,
            replies_per_batch: replies,
            batches_left: match until {
                Until::Time { .. } => u64::MAX,
                Until::Batches(count) => count,
            },
            in_flight: 0,
        };
        let mut from = self.reading()?;
        for connection in &mut self.connections {
            connection.send(&mut load)?;
        }
        let mut to = None;
        if let Until::Time { warm_up, measure } = until {
            self.turns(&mut load, Some(from.at + warm_up))?;
            from = self.reading()?;
            self.turns(&mut load, Some(from.at + measure))?;
            to = Some(self.reading()?);
            load.batches_left = 0;
        }
        self.turns(&mut load, None)?;
        let to = match to {
            Some(to) => to,
            None => self.reading()?,
        };
        Ok(Measured {
            tally: Tally {
                replies: to.tally.replies - from.tally.replies,
                errors: to.tally.errors - from.tally.errors,
                nulls: to.tally.nulls - from.tally.nulls,
            },
            wall_ns: (to.at - from.at).as_secs_f64() * 1e9,
            cpu_ns: (to.cpu_ns - from.cpu_ns) as f64,
        })
    }

    fn reading(&self) -> Result<Reading> {
        let mut tally = Tally::default();
        for Connection { scanner, .. } in &self.connections {
            tally.replies += scanner.tally.replies;
            tally.errors += scanner.tally.errors;
            tally.nulls += scanner.tally.nulls;
        }
        Ok(Reading {
            at: Instant::now(),
            cpu_ns: process::cpu_ns(self.pid)?,
            tally,
        })
    }

    /// Turns the loop until `end`, or until nothing is in flight.
    fn turns(&mut self, load: &mut Load, end: Option<Instant>) -> Result<()> {
        let mut events = Events::with_capacity(self.connections.len().max(1));
        while load.in_flight > 0 && end.is_none_or(|end| Instant::now() < end) {
            match self.poll.poll(&mut events, Some(SILENCE_MAX)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            if events.is_empty() {
                return Err(Failure::new("the server has stopped answering"));
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if !connection.unsent.is_empty() && event.is_writable() {
                    connection.send_on()?;
                }
                if connection.receive(&mut self.input)? && connection.awaited == 0 {
                    load.in_flight -= 1;
                    connection.send(load)?;
                }
            }
        }
        Ok(())
    }
}

impl Connection {
    /// Sends the next batch, if one is left.
    fn send(&mut self, load: &mut Load) -> Result<()> {
        if load.batches_left == 0 {
            return Ok(());
        }
        load.batches_left -= 1;
        load.in_flight += 1;
        self.awaited = load.replies_per_batch;
        load.batch.patch(|| load.keys.next());
        let sent = write_some(&mut self.stream, &load.batch.bytes)?;
        if sent < load.batch.bytes.len() {
            self.unsent.extend(&load.batch.bytes[sent..]);
        }
        Ok(())
    }

    fn send_on(&mut self) -> Result<()> {
        let sent = write_some(&mut self.stream, &self.unsent)?;
        self.unsent.drain(..sent);
        Ok(())
    }

    /// Takes what has arrived; whether anything did that was awaited.
    fn receive(&mut self, input: &mut [u8]) -> Result<bool> {
        if self.awaited == 0 {
            return Ok(false);
        }
        let before = self.scanner.tally.replies;
        loop {
            let count = match self.stream.read(input) {
                Ok(0) => return Err(Failure::new("the server closed a connection under load")),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).doing("reading replies"),
            };
            self.scanner.feed(&input[..count]);
            if count < input.len() {
                break;
            }
        }
        let arrived = self.scanner.tally.replies - before;
        self.awaited = self.awaited.checked_sub(arrived).ok_or_else(too_many)?;
        Ok(arrived > 0)
    }
}

#[cold]
fn too_many() -> Failure {
    Failure::new("more replies than requests")
}

/// Writes until the kernel takes no more; how much it took.
fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> Result<usize> {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).doing("sending requests"),
        }
    }
    Ok(sent)
}
