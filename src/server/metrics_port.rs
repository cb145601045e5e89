//! The metrics port: a thread of its own that serves the page of metrics over HTTP.
//!
//! ```text
//! loop ── INFO's text, each second ──▶ thread: keeps the latest ◀── GET /metrics ── Prometheus
//! ```
//!
//! The loop never waits for the thread and the thread never for the loop: while a command takes
//! long, or while data is loaded, the page shows the latest figures and how old they are
//! (`ruddle_loop_age_seconds`). Making the page is the thread's work, too.
//!
//! Whoever connects is a stranger: there are no more than [`CONNECTIONS_MAX`] of them, each for
//! [`PATIENCE_NS`] at most and with a head of `net::http`'s bound; the oldest gives way to the next,
//! so that whoever holds connections open keeps nobody out.

use std::fmt::{self, Write};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;

use super::Server;
use super::startup::StartError;
use crate::admin;
use crate::config::Config;
use crate::ds::output::Output;
use crate::net::http::{self, HEAD_BYTES_MAX, Method, Status};
use crate::net::listener::{self, BindWord, Listener};
use crate::net::transport::{ReadOutcome, Transport, WriteOutcome};
use crate::observe::latency::Sample;
use crate::observe::prometheus;
use crate::observe::slowlog::Reason;
use crate::sys::clock::{Clock, MonoNs};

/// The loop tells its figures so often.
const TELL_EVERY_MS: u64 = 1000;

/// Figures on their way to the thread, which looks for them [`LOOK_EVERY`].
const REPORTS: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Connections at once.
const CONNECTIONS_MAX: usize = 16;

/// A connection ends after this time, whatever it is doing.
const PATIENCE_NS: u64 = 5_000_000_000;

/// What a peer sends that is not wanted is read so far, so that it can read its answer in peace.
const DISCARDED_MAX: usize = 256 * 1024;

/// Waiting to be accepted.
const BACKLOG: i32 = 64;

/// Where the page is.
const PATH: &str = "/metrics";

/// What the page is, by Prometheus's name for it.
const PAGE_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const WAKE: Token = Token(usize::MAX);

/// Listener `n` has the token `LISTENERS - n`.
const LISTENERS: usize = usize::MAX - 1;

/// The loop's end of the metrics port.
pub(super) struct MetricsPort {
    reports: Option<SyncSender<Report>>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
    next_report: MonoNs,
}

/// The figures of a moment.
struct Report {
    info: String,
    at: MonoNs,
}

impl MetricsPort {
    /// Listens as `config` says, if it says so, and starts the thread.
    ///
    /// # Errors
    /// If an address cannot be listened on, or the system refuses what the thread needs.
    pub(super) fn open(config: &Config) -> Result<Option<MetricsPort>, StartError> {
        if config.metrics_port == 0 {
            return Ok(None);
        }
        let listeners = listen(config)?;
        let failed = |error| StartError::System("the thread for metrics", error);
        let port = MetricsPort::start(listeners).map_err(failed)?;
        Ok(Some(port))
    }

    fn start(mut listeners: Vec<Listener>) -> io::Result<MetricsPort> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        for (index, listener) in listeners.iter_mut().enumerate() {
            listener.register(poll.registry(), Token(LISTENERS - index))?;
        }
        let (give, reports) = sync_channel(REPORTS);
        let run = move || {
            let mut pages = Pages {
                poll,
                listeners,
                reports,
                latest: None,
                connections: Slab::new(),
                clock: Clock::real(),
            };
            if let Err(error) = pages.run() {
                log::warn!("The metrics port failed: {error}");
            }
        };
        Ok(MetricsPort {
            reports: Some(give),
            waker,
            thread: Some(Builder::new().name("metrics".into()).spawn(run)?),
            next_report: MonoNs(0),
        })
    }
}

impl Drop for MetricsPort {
    fn drop(&mut self) {
        self.reports = None;
        if let Err(error) = self.waker.wake() {
            log::warn!("Cannot wake the thread for metrics: {error}");
        }
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the panic hook already.
            drop(thread.join());
        }
    }
}

/// Listens on every address of `metrics-bind`.
fn listen(config: &Config) -> Result<Vec<Listener>, StartError> {
    let port = config.metrics_port;
    let mut listeners = Vec::new();
    for word in &config.metrics_bind {
        let bind = BindWord::parse(word);
        match listener::tcp(bind.address, port, BACKLOG) {
            Ok(listener) => listeners.push(listener),
            Err(error) if bind.forgives(&error) => {}
            Err(error) => {
                let address = bind.address.to_owned();
                return Err(StartError::Listen {
                    address,
                    port,
                    error,
                });
            }
        }
    }
    if listeners.is_empty() {
        return Err(StartError::NothingBound { port });
    }
    Ok(listeners)
}

impl Server {
    /// Leaves the metrics port of `old` for the configuration's; if that fails, goes back.
    ///
    /// # Errors
    /// If an address cannot be listened on.
    pub(crate) fn follow_metrics_port(&mut self, old: &Config) -> Result<(), StartError> {
        // Closed first: an address may be among the old ones and the new ones.
        self.metrics_port = None;
        let opened = MetricsPort::open(&self.config);
        let (port, result) = match opened {
            Ok(port) => (port, Ok(())),
            Err(refused) => (MetricsPort::open(old)?, Err(refused)),
        };
        self.metrics_port = port;
        self.tell_metrics();
        result
    }

    /// Gives the metrics port the present figures, when it is time.
    #[inline]
    pub(super) fn tell_metrics(&mut self) {
        let now = self.now.mono;
        if let Some(port) = &mut self.metrics_port
            && now >= port.next_report
        {
            port.next_report = now.plus_ms(TELL_EVERY_MS);
            self.tell_metrics_now();
        }
    }

    #[cold]
    fn tell_metrics_now(&mut self) {
        let mut info = admin::info_text(self, &["all", "prefixes"]);
        // Writing to a string cannot fail.
        let _ = self.tell_delays(&mut info);
        let at = self.clock.mono();
        let reports = self
            .metrics_port
            .as_ref()
            .and_then(|port| port.reports.as_ref());
        if let Some(reports) = reports {
            // A thread that does not keep up gets the next.
            drop(reports.try_send(Report { info, at }));
        }
    }

    /// What INFO does not tell and `observe::prometheus` wants to know besides: slow commands and
    /// other delays, and how long commands take.
    fn tell_delays(&mut self, info: &mut String) -> fmt::Result {
        let noted = self.observing.noted(Reason::Slow);
        let (last_id, us) = noted
            .entries()
            .next()
            .map_or((0, 0), |(id, entry)| (*id, entry.amount));
        let length = noted.entries().len();
        writeln!(info, "\r\n# Delays\r\nslowlog_length:{length}\r")?;
        writeln!(
            info,
            "slowlog_last_id:{last_id}\r\nlast_slow_execution_usec:{us}\r"
        )?;
        for (name, reason) in [
            ("slow", Reason::Slow),
            ("large_request", Reason::LargeRequest),
            ("large_reply", Reason::LargeReply),
        ] {
            let length = self.observing.noted(reason).entries().len();
            writeln!(info, "commandlog_{name}_length:{length}\r")?;
        }
        for name in [
            "commandlog-execution-slower-than",
            "commandlog-slow-execution-max-len",
            "commandlog-request-larger-than",
            "commandlog-large-request-max-len",
            "commandlog-reply-larger-than",
            "commandlog-large-reply-max-len",
        ] {
            let value = self.config.get(name).unwrap_or_default();
            let (name, value) = (name.replace('-', "_"), String::from_utf8_lossy(&value));
            writeln!(info, "{name}:{value}\r")?;
        }
        for (event, delays) in self.observing.delays.iter() {
            if let Some(Sample { at, ms }) = delays.samples().last() {
                writeln!(info, "latency_spike_{event}:last={at},ms={ms}\r")?;
            }
        }
        for command in self.table.iter() {
            let id = usize::from(command.id.0);
            let Some(times) = self.metrics.times(id) else {
                continue;
            };
            let (name, calls) = (&command.name, times.total());
            let us = self.metrics.command(id).ns / 1000;
            write!(info, "latency_histogram_{name}:calls={calls},usec={us}")?;
            for (us, count) in times.cumulated() {
                write!(info, ",{us}={count}")?;
            }
            writeln!(info, "\r")?;
        }
        Ok(())
    }
}

/// The thread's side: the latest figures, and who asks for them.
struct Pages {
    poll: Poll,
    listeners: Vec<Listener>,
    reports: Receiver<Report>,
    latest: Option<Report>,
    connections: Slab<Connection>,
    clock: Clock,
}

/// Who asks.
struct Connection {
    transport: Transport,
    input: Vec<u8>,
    output: Output,
    stage: Stage,
    ends: MonoNs,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The head of the request is coming.
    Asking,
    /// The answer is on its way.
    Answering,
    /// Everything is sent; so many bytes that nobody wants were read since.
    Leaving(usize),
    Gone,
}

impl Pages {
    /// Serves until the loop's end is gone.
    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(CONNECTIONS_MAX * 2);
        loop {
            match self.poll.poll(&mut events, Some(LOOK_EVERY)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            }
            if !self.take_reports() {
                return Ok(());
            }
            for event in &events {
                let token = event.token().0;
                if token == WAKE.0 {
                    continue;
                }
                // What waits at the listeners is accepted below, also what could not be before.
                if LISTENERS - token >= self.listeners.len() {
                    self.go_on(token);
                }
            }
            for listener in 0..self.listeners.len() {
                self.accept(listener);
            }
            let now = self.clock.mono();
            self.close(|connection| connection.ends <= now || connection.stage == Stage::Gone);
        }
    }

    /// Keeps the latest figures; whether there will be more.
    fn take_reports(&mut self) -> bool {
        loop {
            match self.reports.try_recv() {
                Ok(report) => self.latest = Some(report),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn accept(&mut self, listener: usize) {
        loop {
            let mut transport = match self.listeners[listener].accept() {
                Ok(Some((transport, _))) => transport,
                Ok(None) => return,
                Err(error) => {
                    log::debug!("Accepting at the metrics port: {error}");
                    return;
                }
            };
            if self.connections.len() >= CONNECTIONS_MAX {
                self.make_room();
            }
            let entry = self.connections.vacant_entry();
            let token = entry.key();
            let interest = Interest::READABLE | Interest::WRITABLE;
            if transport
                .register(self.poll.registry(), Token(token), interest)
                .is_err()
            {
                continue;
            }
            let now = self.clock.mono();
            entry.insert(Connection {
                transport,
                input: Vec::new(),
                output: Output::default(),
                stage: Stage::Asking,
                ends: MonoNs(now.0.saturating_add(PATIENCE_NS)),
            });
            self.go_on(token);
        }
    }

    /// Closes the connection that has been there for longest.
    fn make_room(&mut self) {
        let oldest = self.connections.iter().min_by_key(|(_, it)| it.ends);
        if let Some((token, _)) = oldest {
            self.end(token);
        }
    }

    /// Does for a connection what its socket allows.
    fn go_on(&mut self, token: usize) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        if connection.stage == Stage::Asking
            && let Some(asked) = connection.read_head()
        {
            let answer = answer(asked, self.latest.as_ref(), &self.clock);
            connection.output.extend(&answer);
            connection.stage = Stage::Answering;
        }
        if connection.stage == Stage::Answering {
            connection.send();
        }
        if let Stage::Leaving(discarded) = connection.stage {
            connection.discard(discarded);
        }
        if connection.stage == Stage::Gone {
            self.end(token);
        }
    }

    fn close(&mut self, over: impl Fn(&Connection) -> bool) {
        let over = self.connections.iter().filter(|(_, it)| over(it));
        for token in over.map(|(token, _)| token).collect::<Vec<_>>() {
            self.end(token);
        }
    }

    fn end(&mut self, token: usize) {
        let mut connection = self.connections.remove(token);
        connection.transport.deregister(self.poll.registry());
    }
}

impl Connection {
    /// Reads what came of the request; what is asked for, or refused, once that is clear.
    fn read_head(&mut self) -> Option<Result<http::Request, Status>> {
        let mut chunk = [0; 4096];
        loop {
            match self.transport.read(&mut chunk) {
                Ok(ReadOutcome::Bytes(count)) => self.input.extend_from_slice(&chunk[..count]),
                Ok(ReadOutcome::Later) => return None,
                Ok(ReadOutcome::Ended) | Err(_) => {
                    self.stage = Stage::Gone;
                    return None;
                }
            }
            let parsed = http::parse(&self.input);
            debug_assert!(self.input.len() <= HEAD_BYTES_MAX + chunk.len());
            if let Some(asked) = parsed.transpose() {
                self.input = Vec::new();
                return Some(asked);
            }
        }
    }

    fn send(&mut self) {
        let mut written = 0;
        match self
            .transport
            .write(&mut self.output, usize::MAX, &mut written)
        {
            Ok(WriteOutcome::Done) => {
                // Closing while bytes wait to be read would take the answer away from the peer.
                self.stage = match self.transport.end_sending() {
                    Ok(()) => Stage::Leaving(0),
                    Err(_) => Stage::Gone,
                };
            }
            Ok(WriteOutcome::Later | WriteOutcome::Budget) => {}
            Err(_) => self.stage = Stage::Gone,
        }
    }

    /// Reads on until the peer ends as well.
    fn discard(&mut self, mut discarded: usize) {
        let mut chunk = [0; 4096];
        while discarded <= DISCARDED_MAX {
            match self.transport.read(&mut chunk) {
                Ok(ReadOutcome::Bytes(count)) => discarded += count,
                Ok(ReadOutcome::Later) => {
                    self.stage = Stage::Leaving(discarded);
                    return;
                }
                Ok(ReadOutcome::Ended) | Err(_) => break,
            }
        }
        self.stage = Stage::Gone;
    }
}

/// The whole answer to what was asked.
fn answer(asked: Result<http::Request, Status>, latest: Option<&Report>, clock: &Clock) -> Vec<u8> {
    match asked {
        Err(status) => http::refusal(status),
        Ok(request) if request.path != PATH => http::response(
            Status::NotFound,
            request.method,
            "text/plain; charset=utf-8",
            "The metrics are at /metrics.\n",
        ),
        Ok(http::Request { method, .. }) => match latest {
            Some(report) => {
                let age_s = clock.mono().since(report.at) as f64 / 1e9;
                let page = prometheus::page(&report.info, age_s);
                http::response(Status::Ok, method, PAGE_TYPE, &page)
            }
            None => http::response(Status::Busy, Method::Get, PAGE_TYPE, ""),
        },
    }
}
