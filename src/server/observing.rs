//! What is noted of a command beside the counting: that it was slow or large (SLOWLOG, COMMANDLOG),
//! that it delayed others (LATENCY), that it was (MONITOR).
//!
//! A command that is none of that costs three comparisons, made together: its time against the
//! lowest bound that anybody set (0 while somebody monitors), what its request can be at most and
//! what its client has to send against theirs.

use super::Server;
use super::push::Encoded;
use super::table::Command;
use crate::client::slab::ClientKey;
use crate::client::{Client, ClientFlags};
use crate::command::secrets::REDACTED;
use crate::command::spec::Flags;
use crate::config::{AppendFsync, Config};
use crate::ds::output::Mark;
use crate::ds::words::quote_into;
use crate::net::transport::Peer;
use crate::observe::latency::Delays;
use crate::observe::slowlog::{Entry, Noted, Reason, shortened};
use crate::resp::reply::Reply;
use crate::resp::request::Request;
use crate::sys::clock::MonoNs;

/// What was noted, and from where on.
#[derive(Debug, Default)]
pub struct Observing {
    bounds: Bounds,
    noted: [Noted; Reason::ALL.len()],
    pub delays: Delays,
    /// A flush of the log that replies wait for, and since when.
    awaited: Option<(u64, MonoNs)>,
    /// Who is shown every command, in order of arrival.
    monitors: Vec<ClientKey>,
}

/// From where on a command may be worth a note.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    ns: u64,
    request_bytes: usize,
    reply_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            ns: u64::MAX,
            request_bytes: usize::MAX,
            reply_bytes: usize::MAX,
        }
    }
}

/// One execution of a command.
#[derive(Clone, Copy)]
pub(super) struct Ran {
    /// This time.
    pub(super) ns: u64,
    /// Together with the times before that ended in waiting.
    pub(super) total_ns: u64,
    /// Where its reply begins; none: it waits.
    pub(super) mark: Option<Mark>,
    /// Whether it was executed before, and waited since.
    pub(super) again: bool,
}

impl Observing {
    /// Whether an execution may be worth a note.
    #[inline]
    pub(super) fn may_note(&self, ns: u64, request: Request<'_>, output_bytes: usize) -> bool {
        ns >= self.bounds.ns
            || request.bytes_at_most() >= self.bounds.request_bytes
            || output_bytes >= self.bounds.reply_bytes
    }

    /// The commands noted for a reason.
    pub fn noted(&mut self, reason: Reason) -> &mut Noted {
        &mut self.noted[reason as usize]
    }
}

/// From how many (microseconds, bytes) on a command is noted, and how many are kept; none: not at
/// all.
fn bound(config: &Config, reason: Reason) -> Option<(u64, usize)> {
    let (from, count_max) = settings(config, reason);
    (count_max > 0).then_some((u64::try_from(from).ok()?, count_max))
}

/// The same as the configuration has it.
fn settings(config: &Config, reason: Reason) -> (i64, usize) {
    let (from, count_max) = match reason {
        Reason::Slow => (config.slowlog_log_slower_than, config.slowlog_max_len),
        Reason::LargeRequest => (
            config.commandlog_request_larger_than,
            config.commandlog_large_request_max_len,
        ),
        Reason::LargeReply => (
            config.commandlog_reply_larger_than,
            config.commandlog_large_reply_max_len,
        ),
    };
    (from, usize::try_from(count_max).unwrap_or(0))
}

impl Server {
    /// The bounds follow the configuration and who monitors.
    pub fn follow_observing(&mut self) {
        let from = |reason| bound(&self.config, reason).map_or(u64::MAX, |(from, _)| from);
        let bytes = |reason| usize::try_from(from(reason)).unwrap_or(usize::MAX);
        let threshold_ms = self.config.latency_monitor_threshold.unsigned_abs();
        let delay_ns = match threshold_ms {
            0 => u64::MAX,
            ms => ms.saturating_mul(1_000_000),
        };
        let slow_ns = from(Reason::Slow).saturating_mul(1000);
        self.observing.bounds = Bounds {
            ns: match self.observing.monitors.is_empty() {
                true => slow_ns.min(delay_ns),
                false => 0,
            },
            request_bytes: bytes(Reason::LargeRequest),
            reply_bytes: bytes(Reason::LargeReply),
        };
        for reason in Reason::ALL {
            let (_, count_max) = settings(&self.config, reason);
            self.observing.noted(reason).keep(count_max);
        }
        self.metrics.tracks_latency = self.config.latency_tracking;
    }

    /// Notes an execution, if it is worth that.
    #[cold]
    pub(super) fn note_run(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        ran: Ran,
    ) {
        if !self.observing.monitors.is_empty() && !ran.again {
            self.show(key, command, request);
        }
        let event = match command.spec.flags.contains(Flags::FAST) {
            true => "fast-command",
            false => "command",
        };
        self.note_delay(event, ran.ns);
        let Some(mark) = ran.mark else { return };
        if command.spec.flags.contains(Flags::SKIP_SLOWLOG) {
            return;
        }
        for reason in Reason::ALL {
            let Some((from, count_max)) = bound(&self.config, reason) else {
                continue;
            };
            let client = &self.clients[key];
            let amount = match reason {
                Reason::Slow => ran.total_ns / 1000,
                Reason::LargeRequest => request.bytes_sent() as u64,
                Reason::LargeReply => client.reply.output.len_since(mark) as u64,
            };
            if amount >= from {
                let entry = entry(self.now.ms().seconds(), amount, client, command, request);
                self.observing.noted(reason).push(entry, count_max);
            }
        }
    }

    /// Sets back what CONFIG RESETSTAT sets back.
    pub fn reset_stats(&mut self) {
        self.metrics.reset();
        self.keyspace.reset_stats();
        self.costs.reset(self.now.mono);
        self.memory.reset_stats();
        self.reaper.reset();
        self.syncing.sent = 0;
        if let Some(journal) = &mut self.durable.journal {
            journal.lags = 0;
        }
    }

    /// Notes how long the loop took to write the log, and replies waited for the worker that writes
    /// and syncs it: for its sync if that is the policy, else for one before the write.
    #[cold]
    pub(super) fn note_log_delays(&mut self, began: MonoNs, now: MonoNs) {
        let Some(journal) = &self.durable.journal else {
            return;
        };
        let (last, released) = (journal.last(), journal.released());
        // While a sync is under way the loop does not write.
        let meanwhile = match self.is_writing_snapshot() {
            true => "aof-write-active-child",
            false => "aof-write-alone",
        };
        let ns = now.since(began);
        self.note_delay(meanwhile, ns);
        self.note_delay("aof-write", ns);
        if let Some((mark, since)) = self.observing.awaited
            && released >= mark
        {
            self.observing.awaited = None;
            let ns = now.since(since);
            if self.config.appendfsync == AppendFsync::Always {
                self.note_delay("aof-fsync-always", ns);
            } else {
                self.note_delay("aof-write-pending-fsync", ns);
                self.note_delay("aof-write", ns);
            }
        }
        if self.observing.awaited.is_none() && released < last {
            self.observing.awaited = Some((last, now));
        }
    }

    /// Notes that something kept everybody waiting for so many nanoseconds, if that is long.
    pub fn note_delay(&mut self, event: &'static str, ns: u64) {
        let threshold_ms = self.config.latency_monitor_threshold.unsigned_abs();
        let ms = ns / 1_000_000;
        if threshold_ms != 0 && ms >= threshold_ms {
            let at = self.now.ms().seconds();
            self.observing.delays.add(event, at, ms);
        }
    }

    /// Shows a client every command from now on; whether it was not already.
    pub fn begin_monitoring(&mut self, key: ClientKey) -> bool {
        let flags = &mut self.clients[key].flags;
        if flags.contains(ClientFlags::MONITOR) {
            return false;
        }
        flags.insert(ClientFlags::MONITOR);
        self.observing.monitors.push(key);
        self.follow_observing();
        true
    }

    /// No more; nothing happens to a client that is not shown them.
    pub fn end_monitoring(&mut self, key: ClientKey) {
        if let Some(client) = self.clients.get_mut(key) {
            client.flags.remove(ClientFlags::MONITOR);
        }
        if !self.observing.monitors.is_empty() {
            self.observing.monitors.retain(|monitor| *monitor != key);
            self.follow_observing();
        }
    }

    /// Shows a command to those who monitor.
    fn show(&mut self, key: ClientKey, command: &Command, request: Request<'_>) {
        let flags = command.spec.flags;
        if flags.intersects(Flags::SKIP_MONITOR | Flags::ADMIN) {
            return;
        }
        let client = &self.clients[key];
        let line = line(self.now.unix.0, client, command, request);
        let write = |reply: &mut Reply| reply.output.extend(&line);
        let mut message = Encoded::new(&write);
        for index in 0..self.observing.monitors.len() {
            self.push_to(self.observing.monitors[index], &mut message);
        }
    }
}

/// How MONITOR shows a command.
fn line(unix_us: i64, client: &Client, command: &Command, request: Request<'_>) -> Vec<u8> {
    let (seconds, us) = (unix_us.div_euclid(1_000_000), unix_us.rem_euclid(1_000_000));
    let db = client.db;
    let place = match &client.peer {
        Peer::Tcp(address) => address.to_string(),
        Peer::Unix(path) => format!("unix:{}", path.display()),
    };
    let mut line = format!("+{seconds}.{us:06} [{db} {place}]").into_bytes();
    for (index, arg) in request.args().enumerate() {
        line.push(b' ');
        let secret = command
            .spec
            .secrets
            .is_some_and(|find| find(request, index));
        quote_into(if secret { REDACTED } else { arg.bytes() }, &mut line);
    }
    line.extend_from_slice(b"\r\n");
    line
}

fn entry(at: i64, amount: u64, client: &Client, command: &Command, request: Request<'_>) -> Entry {
    let arguments = shortened(request.len(), |index, bytes_max| {
        if command
            .spec
            .secrets
            .is_some_and(|find| find(request, index))
        {
            return (REDACTED.to_vec(), REDACTED.len());
        }
        let arg = request.arg(index);
        (arg.beginning(bytes_max), arg.len())
    });
    Entry {
        at,
        amount,
        arguments,
        address: client.peer.to_string(),
        name: client.names.name.clone(),
    }
}
