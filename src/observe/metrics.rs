//! What the server counts about itself, for INFO and its successors.
//!
//! Counters are plain fields: who causes an event adds to its counter. What needs more than an
//! addition (a command's cost, an error's code, a rate) has a method. CONFIG RESETSTAT empties all
//! of it with [`Metrics::reset`]; what describes a state and not a count does not belong here.

use std::collections::BTreeMap;

use super::histogram::Histogram;
use crate::sys::clock::MonoNs;

/// Everything counted since the start or the last CONFIG RESETSTAT.
#[derive(Debug, Default)]
pub struct Metrics {
    pub connections_received: u64,
    /// Connections refused because of `maxclients` or protected mode.
    pub connections_rejected: u64,
    pub commands_processed: u64,
    pub net_input_bytes: u64,
    pub net_output_bytes: u64,
    pub reads_processed: u64,
    pub writes_processed: u64,
    pub query_buffer_limit_disconnections: u64,
    pub output_buffer_limit_disconnections: u64,
    pub clients_evicted: u64,
    pub denied_auth: u64,
    pub denied_command: u64,
    pub denied_key: u64,
    pub denied_channel: u64,
    pub denied_database: u64,
    /// Turns of the loop that had something to do or slept to their end.
    pub turns: u64,
    /// The time those turns took, waiting excluded.
    pub turns_ns: u64,
    /// The part of it that went into commands.
    pub commands_ns: u64,
    /// The part of it that went into the log.
    pub log_ns: u64,
    /// The part of it that went into upkeep.
    pub upkeep_ns: u64,
    /// The longest turn.
    pub turn_ns_max: u64,
    /// The most commands of a turn.
    pub turn_commands_max: u64,
    /// The time spent looking for keys past their deadline.
    pub expiry_ns: u64,
    pub errors: ErrorMetrics,
    commands: Vec<CommandMetrics>,
    /// Whether the times of each command are kept (`latency-tracking`).
    pub tracks_latency: bool,
    /// Of each command, once it ran.
    times: Vec<Option<Box<Histogram>>>,
    rates: Rates,
}

impl Metrics {
    /// Counters for a table of `commands` commands, which are known by their index in it.
    pub fn new(commands: usize) -> Metrics {
        let mut metrics = Metrics::default();
        metrics
            .commands
            .resize_with(commands, CommandMetrics::default);
        metrics.times.resize_with(commands, || None);
        metrics
    }

    /// A command ran for `ns` nanoseconds.
    #[inline]
    pub fn command_ran(&mut self, id: usize, ns: u64, outcome: Outcome) {
        self.commands_processed += 1;
        self.commands_ns += ns;
        if let Some(command) = self.commands.get_mut(id) {
            command.calls += 1;
            command.ns += ns;
            command.failed += u64::from(outcome == Outcome::Failed);
        }
        if self.tracks_latency
            && let Some(times) = self.times.get_mut(id)
        {
            times.get_or_insert_default().record(ns);
        }
    }

    /// A turn that began when `commands_before` commands were processed took `ns` nanoseconds.
    #[inline]
    pub fn turn_ended(&mut self, ns: u64, commands_before: u64) {
        self.turns_ns += ns;
        self.turn_ns_max = self.turn_ns_max.max(ns);
        // CONFIG RESETSTAT may have come between.
        let commands = self.commands_processed.saturating_sub(commands_before);
        self.turn_commands_max = self.turn_commands_max.max(commands);
    }

    /// A command was refused before it ran.
    #[cold]
    pub fn command_rejected(&mut self, id: usize) {
        if let Some(command) = self.commands.get_mut(id) {
            command.rejected += 1;
        }
    }

    /// The counters of command `id`.
    pub fn command(&self, id: usize) -> CommandMetrics {
        self.commands.get(id).copied().unwrap_or_default()
    }

    /// The times of command `id`, if they were kept.
    pub fn times(&self, id: usize) -> Option<&Histogram> {
        self.times.get(id)?.as_deref()
    }

    /// Takes a sample for the rates; to be called about every [`SAMPLE_PERIOD_MS`].
    pub fn sample(&mut self, now: MonoNs) {
        let totals = [
            self.commands_processed,
            self.net_input_bytes,
            self.net_output_bytes,
            self.turns,
            self.turns_ns,
        ];
        self.rates.sample(now, totals);
    }

    /// The present rate of `what`.
    pub fn rate(&self, what: Rated) -> f64 {
        self.rates.per_second(what)
    }

    /// Forgets everything counted.
    pub fn reset(&mut self) {
        *self = Metrics {
            tracks_latency: self.tracks_latency,
            ..Metrics::new(self.commands.len())
        };
    }
}

/// How a command that ran ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It replied with an error.
    Failed,
}

/// What is counted for each command.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandMetrics {
    pub calls: u64,
    pub ns: u64,
    /// Refused before they ran: arity, rights, memory, …
    pub rejected: u64,
    /// Ran, and replied with an error.
    pub failed: u64,
}

/// Error replies by their code.
#[derive(Debug, Default)]
pub struct ErrorMetrics {
    pub total: u64,
    codes: BTreeMap<Box<str>, u64>,
}

/// So many different codes are told apart; scripts can invent any number of them.
const ERROR_CODES_MAX: usize = 128;

/// The code that stands for all others from then on.
const OVERFLOW_CODE: &str = "ERRORSTATS_OVERFLOW";

impl ErrorMetrics {
    /// An error was replied; `text` begins with its code.
    #[cold]
    pub fn count(&mut self, text: &str) {
        self.total += 1;
        let code = text.split(' ').next().unwrap_or_default();
        if let Some(count) = self.codes.get_mut(code) {
            *count += 1;
        } else if self.codes.len() < ERROR_CODES_MAX {
            self.codes.insert(code.into(), 1);
        } else {
            *self.codes.entry(OVERFLOW_CODE.into()).or_default() += 1;
        }
    }

    /// The codes with their counts, in alphabetical order.
    pub fn codes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.codes.iter().map(|(code, count)| (&**code, *count))
    }
}

/// A counter whose rate is kept.
#[derive(Clone, Copy, Debug)]
pub enum Rated {
    Commands,
    InputBytes,
    OutputBytes,
    Turns,
    TurnNs,
}

/// How often the rates want a sample.
pub const SAMPLE_PERIOD_MS: u64 = 100;

const SAMPLES: usize = 16;
const RATED: usize = Rated::TurnNs as usize + 1;

/// Rates averaged over the last samples, some 1.6 seconds.
#[derive(Debug, Default)]
struct Rates {
    last: Option<(MonoNs, [u64; RATED])>,
    samples: [[f64; RATED]; SAMPLES],
    next: usize,
}

impl Rates {
    fn sample(&mut self, now: MonoNs, totals: [u64; RATED]) {
        if let Some((then, before)) = self.last {
            let seconds = now.since(then) as f64 / 1e9;
            if seconds <= 0.0 {
                return;
            }
            let rate = |i: usize| totals[i].saturating_sub(before[i]) as f64 / seconds;
            self.samples[self.next] = std::array::from_fn(rate);
            self.next = (self.next + 1) % SAMPLES;
        }
        self.last = Some((now, totals));
    }

    fn per_second(&self, what: Rated) -> f64 {
        let sum: f64 = self.samples.iter().map(|s| s[what as usize]).sum();
        sum / SAMPLES as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_up_to_a_number() {
        let mut errors = ErrorMetrics::default();
        for i in 0..ERROR_CODES_MAX + 3 {
            errors.count(&format!("E{i:03} text"));
        }
        errors.count("E000 again");
        let codes: Vec<_> = errors.codes().collect();
        assert_eq!(codes.len(), ERROR_CODES_MAX + 1);
        assert_eq!(codes[0], ("E000", 2));
        assert!(codes.contains(&(OVERFLOW_CODE, 3)));
        assert_eq!(errors.total, 132);
    }

    #[test]
    fn a_rate_is_the_mean_of_its_samples() {
        let mut metrics = Metrics::new(1);
        for i in 0..=SAMPLES as u64 {
            metrics.sample(MonoNs(i * SAMPLE_PERIOD_MS * 1_000_000));
            for _ in 0..5 {
                metrics.command_ran(0, 2_000, Outcome::Done);
            }
        }
        assert!((metrics.rate(Rated::Commands) - 50.0).abs() < 1e-6);
        assert_eq!(metrics.command(0).ns, 17 * 10_000);
        metrics.reset();
        assert_eq!(metrics.command(0).calls, 0);
        assert!(metrics.rate(Rated::Commands).abs() < 1e-6);
    }
}
