//! What several have to do with each other: messages to many subscribers, and commands executed
//! as one.
//!
//! `publish`: one connection publishes in pipelines, and every subscriber reads all of it before
//! the next pipeline is sent. `transactions`: MULTI, ten SET, EXEC, in pipelines on all connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::failure::{Doing, Failure, Result};
use crate::options::Options;
use crate::process;
use crate::report::{Cell, Row, Section};
use crate::server::{self, Server};
use crate::stats::median;
use crate::wire;

/// Requests sent before the first reply is read.
const DEPTH: usize = 16;

/// Who hears a message.
const SUBSCRIBERS: usize = 100;

/// Commands between MULTI and EXEC.
const COMMANDS: usize = 10;

const CHANNEL: &[u8] = b"news";

/// CPU time of the server, and how many it was for.
struct Cost {
    cpu_ns: f64,
    count: f64,
}

/// Connections, and the bytes that each exchanges over and over.
struct Exchange {
    senders: Vec<TcpStream>,
    request: Vec<u8>,
    reply_bytes: usize,
    hearers: Vec<TcpStream>,
    heard_bytes: usize,
    /// What one exchange counts as.
    count: usize,
}

impl Exchange {
    /// Sends once, and reads all that comes of it.
    fn once(&mut self, buf: &mut Vec<u8>) -> Result<()> {
        for sender in &mut self.senders {
            sender.write_all(&self.request)?;
        }
        buf.resize(self.reply_bytes, 0);
        for sender in &mut self.senders {
            sender.read_exact(buf).doing("reading replies")?;
            if buf.contains(&b'-') {
                return Err(Failure::new(String::from_utf8_lossy(buf).into_owned()));
            }
        }
        buf.resize(self.heard_bytes, 0);
        for hearer in &mut self.hearers {
            hearer.read_exact(buf).doing("reading messages")?;
        }
        Ok(())
    }

    fn measure(&mut self, options: &Options, server: &Server) -> Result<Cost> {
        let mut buf = Vec::new();
        self.once(&mut buf)?;
        let (from, before) = (Instant::now(), process::cpu_ns(server.pid)?);
        let mut count = 0;
        while from.elapsed() < options.measure {
            self.once(&mut buf)?;
            count += self.count;
        }
        Ok(Cost {
            cpu_ns: (process::cpu_ns(server.pid)? - before) as f64,
            count: count as f64,
        })
    }
}

fn connect(server: &Server) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", server.port)).doing("connecting")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Messages to subscribers of one channel.
pub(crate) fn publish(options: &Options) -> Result<Section> {
    let text = vec![b'x'; options.value_bytes];
    let message = wire::request(&[b"message", CHANNEL, &text]);
    let exchange = |server: &Server| {
        let mut hearers = Vec::new();
        for _ in 0..SUBSCRIBERS {
            let mut hearer = connect(server)?;
            hearer.write_all(&wire::request(&[b"SUBSCRIBE", CHANNEL]))?;
            let confirmed = wire::request(&[b"subscribe", CHANNEL]).len() + ":1\r\n".len();
            hearer.read_exact(&mut vec![0; confirmed])?;
            hearers.push(hearer);
        }
        Ok(Exchange {
            senders: vec![connect(server)?],
            request: wire::request(&[b"PUBLISH", CHANNEL, &text]).repeat(DEPTH),
            reply_bytes: format!(":{SUBSCRIBERS}\r\n").len() * DEPTH,
            hearers,
            heard_bytes: message.len() * DEPTH,
            count: DEPTH * SUBSCRIBERS,
        })
    };
    Ok(Section {
        scenario: "publish",
        what: format!(
            "CPU nanoseconds of the server for each message delivered: {} bytes to {SUBSCRIBERS} \
             subscribers, pipelines of {DEPTH}; medians of {} rounds; the ratio is ours/theirs",
            options.value_bytes, options.rounds
        ),
        rows: rows(options, &exchange)?,
    })
}

/// Commands executed as one.
pub(crate) fn transactions(options: &Options) -> Result<Section> {
    let value = vec![b'x'; options.value_bytes];
    let mut one = wire::request(&[b"MULTI"]);
    for index in 0..COMMANDS {
        let key = format!("key:{index}");
        one.extend(wire::request(&[b"SET", key.as_bytes(), &value]));
    }
    one.extend(wire::request(&[b"EXEC"]));
    let queued = COMMANDS * ("+QUEUED\r\n".len() + "+OK\r\n".len());
    let reply_bytes = "+OK\r\n".len() + queued + format!("*{COMMANDS}\r\n").len();
    let exchange = |server: &Server| {
        let senders = (0..options.connections).map(|_| connect(server));
        Ok(Exchange {
            senders: senders.collect::<Result<_>>()?,
            request: one.repeat(DEPTH),
            reply_bytes: reply_bytes * DEPTH,
            hearers: Vec::new(),
            heard_bytes: 0,
            count: DEPTH * options.connections,
        })
    };
    Ok(Section {
        scenario: "transactions",
        what: format!(
            "CPU nanoseconds of the server for MULTI, {COMMANDS} SET of {} bytes and EXEC, \
             pipelines of {DEPTH} on {} connections; medians of {} rounds; the ratio is ours/theirs",
            options.value_bytes, options.connections, options.rounds
        ),
        rows: rows(options, &exchange)?,
    })
}

/// A row for each server; the rounds go around the servers.
fn rows(options: &Options, exchange: &dyn Fn(&Server) -> Result<Exchange>) -> Result<Vec<Row>> {
    let servers = server::start_all(options)?;
    let mut exchanges = servers.iter().map(exchange).collect::<Result<Vec<_>>>()?;
    let mut costs: Vec<Vec<f64>> = vec![Vec::new(); servers.len()];
    for _ in 0..options.rounds {
        for (of, server) in servers.iter().enumerate() {
            let Cost { cpu_ns, count } = exchanges[of].measure(options, server)?;
            costs[of].push(cpu_ns / count);
        }
    }
    let row = |(of, server): (usize, &Server)| {
        let pairs = costs[0].iter().zip(&costs[of]);
        let ratios: Vec<f64> = pairs.map(|(ours, theirs)| ours / theirs).collect();
        vec![
            ("server", Cell::Text(server.name.clone())),
            ("cpu_ns", Cell::Number(median(&costs[of]), 0)),
            (
                "cpu_ratio",
                Cell::maybe((of > 0).then(|| median(&ratios)), 2),
            ),
        ]
    };
    Ok(servers.iter().enumerate().map(row).collect())
}
