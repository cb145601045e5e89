//! The metrics, as Prometheus reads them: INFO's text in other words.
//!
//! ```text
//! # Stats                          # HELP redis_keyspace_hits_total Lookups for reading that …
//! keyspace_hits:17          ─▶     # TYPE redis_keyspace_hits_total counter
//!                                  redis_keyspace_hits_total 17
//! ```
//!
//! Names, types, labels and units are those that redis_exporter gives them, because dashboards ask
//! for them; it makes them from INFO, too, and so there is one truth. [`super::prometheus_names`]
//! holds the fields that are a metric as they stand; those with a form of their own are read here.
//! What only this server has begins with `ruddle_`.

use std::collections::HashMap;
use std::fmt::Write;

use super::prometheus_names::{COUNTERS, GAUGES, NAMESPACE, Row};
use crate::ds::words;

/// What kind of metric a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Summary,
    Histogram,
}

/// Metrics of one name, which must stand together.
#[derive(Debug)]
struct Family {
    name: String,
    kind: Kind,
    help: &'static str,
    samples: String,
}

/// The page being made.
#[derive(Debug, Default)]
struct Page {
    families: Vec<Family>,
    by_name: HashMap<String, usize>,
}

/// The metrics that the text of INFO tells, `age_s` seconds after it was written.
pub fn page(info: &str, age_s: f64) -> String {
    let mut page = Page::default();
    let up = "Whether the server answers.";
    page.sample((NAMESPACE, "up"), Kind::Gauge, up, &[], "1");
    let age = "Seconds since the loop told the figures on this page: how long it has been busy.";
    page.number(
        ("ruddle_", "loop_age_seconds"),
        Kind::Gauge,
        age,
        &[],
        age_s,
    );
    let mut section = "";
    let mut fields: HashMap<&str, &str> = HashMap::new();
    for line in info.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            section = name;
        } else if let Some((field, value)) = line.split_once(':') {
            fields.insert(field, value);
            page.line(section, field, value, &fields);
        }
    }
    page.instance(&fields);
    page.text()
}

impl Page {
    /// What a line of INFO tells; `known` are the fields before it.
    fn line(&mut self, section: &str, field: &str, value: &str, known: &HashMap<&str, &str>) {
        match section {
            "Commandstats" => self.command(field, value),
            "Latencystats" => self.latencies(field, value, known),
            "Errorstats" => self.error(field, value),
            "Keyspace" => self.database(field, value),
            "Prefixes" => self.prefix(field, value),
            "Delays" => self.delay(field, value),
            _ => self.plain(field, value),
        }
    }

    /// A field that is a metric as it stands.
    fn plain(&mut self, field: &str, value: &str) {
        let value = match value {
            "ok" => "1",
            "err" => "0",
            number => number,
        };
        let in_table = |rows: &'static [Row]| rows.iter().find(|row| row.0 == field);
        let (row, kind) = match (in_table(GAUGES), in_table(COUNTERS)) {
            (Some(row), _) => (row, Kind::Gauge),
            (None, Some(row)) => (row, Kind::Counter),
            (None, None) => return,
        };
        if !is_number(value) {
            return;
        }
        let (_, name, help) = *row;
        match name {
            "latest_fork_seconds" => {
                let seconds = number_of(value) / 1e6;
                self.number((NAMESPACE, name), kind, help, &[], seconds);
            }
            _ => self.sample((NAMESPACE, name), kind, help, &[], value),
        }
    }

    fn command(&mut self, field: &str, value: &str) {
        let Some(command) = field.strip_prefix("cmdstat_") else {
            return;
        };
        let labels = [("cmd", command)];
        let mut counter = |name, help, value: &str| {
            self.sample((NAMESPACE, name), Kind::Counter, help, &labels, value);
        };
        for (name, part) in parts(value) {
            match name {
                "calls" => counter("commands_total", "Calls of a command.", part),
                "usec" => {
                    let seconds = (number_of(part) / 1e6).to_string();
                    let help = "Seconds that a command has taken.";
                    counter("commands_duration_seconds_total", help, &seconds);
                }
                "rejected_calls" => {
                    let help = "Calls of a command that were refused before it ran.";
                    counter("commands_rejected_calls_total", help, part);
                }
                "failed_calls" => {
                    let help = "Calls of a command that ran and replied with an error.";
                    counter("commands_failed_calls_total", help, part);
                }
                _ => {}
            }
        }
    }

    /// Percentiles as a summary; count and sum come from the command's other line.
    fn latencies(&mut self, field: &str, value: &str, known: &HashMap<&str, &str>) {
        const NAME: &str = "latency_percentiles_usec";
        let Some(command) = field.strip_prefix("latency_percentiles_usec_") else {
            return;
        };
        let Some(stats) = known.get(format!("cmdstat_{command}").as_str()) else {
            return;
        };
        let help = "Microseconds that a command takes, by percentile.";
        let name = (NAMESPACE, NAME);
        for (percentile, us) in parts(value) {
            let Some(percentile) = percentile.strip_prefix('p') else {
                continue;
            };
            let labels = [("cmd", command), ("quantile", percentile)];
            self.sample(name, Kind::Summary, help, &labels, us);
        }
        let family = self.family(name, Kind::Summary, help);
        for (part, suffix) in [("usec", "_sum"), ("calls", "_count")] {
            if let Some((_, value)) = parts(stats).find(|(name, _)| *name == part) {
                let labels = [("cmd", command)];
                write_sample(
                    &mut family.samples,
                    (NAMESPACE, NAME, suffix),
                    &labels,
                    value,
                );
            }
        }
    }

    fn error(&mut self, field: &str, value: &str) {
        if let Some(code) = field.strip_prefix("errorstat_")
            && let Some((_, count)) = parts(value).find(|(name, _)| *name == "count")
        {
            let help = "Error replies, by their code.";
            let labels = [("err", code)];
            self.sample(
                (NAMESPACE, "errors_total"),
                Kind::Counter,
                help,
                &labels,
                count,
            );
        }
    }

    fn database(&mut self, db: &str, value: &str) {
        let labels = [("db", db)];
        for (part, value) in parts(value) {
            let (name, help, unit) = match part {
                "keys" => ("db_keys", "Keys in a database.", 1.0),
                "expires" => ("db_keys_expiring", "Keys that have a deadline.", 1.0),
                "avg_ttl" => {
                    let help = "Seconds that keys with a deadline have left, on average.";
                    ("db_avg_ttl_seconds", help, 1000.0)
                }
                "subexpiry" | "keys_with_volatile_items" => {
                    let help = "Keys with fields that have a deadline.";
                    ("db_keys_with_expiring_items", help, 1.0)
                }
                _ => continue,
            };
            let value = number_of(value) / unit;
            self.number((NAMESPACE, name), Kind::Gauge, help, &labels, value);
        }
    }

    fn prefix(&mut self, field: &str, value: &str) {
        if field == "prefixes_complete" && is_number(value) {
            let help = "Whether all keys were counted since the tracked prefixes changed.";
            self.sample(("ruddle_", field), Kind::Gauge, help, &[], value);
        }
        // The prefix stands last, in quotes; commas may be in it.
        let Some((numbers, quoted)) = value.split_once(",prefix=") else {
            return;
        };
        let words = words::split(quoted.as_bytes()).unwrap_or_default();
        let [prefix] = words.as_slice() else {
            return;
        };
        let prefix = String::from_utf8_lossy(prefix);
        let labels = [("prefix", &*prefix)];
        for (part, value) in parts(numbers) {
            let (name, kind, help) = match part {
                "keys" => ("prefix_keys", Kind::Gauge, "Keys below a prefix."),
                "bytes" => (
                    "prefix_bytes",
                    Kind::Gauge,
                    "Bytes that keys below a prefix take.",
                ),
                "hits" => {
                    let help = "Lookups for reading that found a key below a prefix.";
                    ("prefix_hits_total", Kind::Counter, help)
                }
                "misses" => {
                    let help = "Lookups for reading that found no key, below a prefix.";
                    ("prefix_misses_total", Kind::Counter, help)
                }
                _ => continue,
            };
            self.sample(("ruddle_", name), kind, help, &labels, value);
        }
    }

    /// What is told beside INFO: delays that were noted, and the times of commands as a histogram.
    fn delay(&mut self, field: &str, value: &str) {
        if let Some(event) = field.strip_prefix("latency_spike_") {
            let labels = [("event_name", event)];
            for (part, value) in parts(value) {
                let (name, help, unit) = match part {
                    "last" => ("latency_spike_last", "When a delay was last noted.", 1.0),
                    _ => ("latency_spike_duration_seconds", "How long it was.", 1000.0),
                };
                let value = number_of(value) / unit;
                self.number((NAMESPACE, name), Kind::Gauge, help, &labels, value);
            }
        } else if let Some(command) = field.strip_prefix("latency_histogram_") {
            self.histogram(command, value);
        } else if field == "last_slow_execution_usec" && is_number(value) {
            let help = "Seconds that the last command took that was noted as slow.";
            let name = (NAMESPACE, "last_slow_execution_duration_seconds");
            self.number(name, Kind::Gauge, help, &[], number_of(value) / 1e6);
        } else {
            self.plain(field, value);
        }
    }

    fn histogram(&mut self, command: &str, value: &str) {
        const NAME: &str = "commands_latencies_usec";
        let help = "Microseconds that calls of a command take.";
        let samples = &mut self
            .family((NAMESPACE, NAME), Kind::Histogram, help)
            .samples;
        let mut write = |suffix, labels: &[(&str, &str)], value: &str| {
            write_sample(samples, (NAMESPACE, NAME, suffix), labels, value);
        };
        let cmd = ("cmd", command);
        let (mut calls, mut us) = ("0", "0");
        for (part, value) in parts(value) {
            match part {
                "calls" => calls = value,
                "usec" => us = value,
                bound => write("_bucket", &[cmd, ("le", bound)], value),
            }
        }
        write("_bucket", &[cmd, ("le", "+Inf")], calls);
        write("_sum", &[cmd], us);
        write("_count", &[cmd], calls);
    }

    /// What the server is, and since when.
    fn instance(&mut self, fields: &HashMap<&str, &str>) {
        let of = |name: &str| fields.get(name).copied().unwrap_or_default();
        let labels = [
            "role",
            "redis_version",
            "redis_build_id",
            "redis_mode",
            "os",
            "maxmemory_policy",
            "tcp_port",
            "run_id",
            "process_id",
            "master_replid",
            "ruddle_version",
        ];
        let mut labels: Vec<_> = labels.iter().map(|name| (*name, of(name))).collect();
        // As the exporter has it: only where there is one.
        let zone = ("availability_zone", of("availability_zone"));
        labels.extend((!zone.1.is_empty()).then_some(zone));
        let help = "What the server is.";
        self.sample(
            (NAMESPACE, "instance_info"),
            Kind::Gauge,
            help,
            &labels,
            "1",
        );
        let started = number_of(of("server_time_usec")) / 1e6 - number_of(of("uptime_in_seconds"));
        let help = "When the server was started, in seconds since 1970.";
        let name = (NAMESPACE, "start_time_seconds");
        self.number(name, Kind::Gauge, help, &[], started.floor());
        for (field, name, help) in [
            (
                "maxclients",
                "config_maxclients",
                "The parameter maxclients.",
            ),
            ("maxmemory", "config_maxmemory", "The parameter maxmemory."),
        ] {
            if is_number(of(field)) {
                self.sample((NAMESPACE, name), Kind::Gauge, help, &[], of(field));
            }
        }
    }

    /// The family called `name`, made if it is new.
    fn family(&mut self, name: (&str, &str), kind: Kind, help: &'static str) -> &mut Family {
        let name = [name.0, name.1].concat();
        let next = self.families.len();
        let index = *self.by_name.entry(name.clone()).or_insert(next);
        if index == next {
            self.families.push(Family {
                name,
                kind,
                help,
                samples: String::new(),
            });
        }
        &mut self.families[index]
    }

    fn sample(
        &mut self,
        name: (&str, &str),
        kind: Kind,
        help: &'static str,
        labels: &[(&str, &str)],
        value: &str,
    ) {
        let family = self.family(name, kind, help);
        write_sample(&mut family.samples, (name.0, name.1, ""), labels, value);
    }

    fn number(
        &mut self,
        name: (&str, &str),
        kind: Kind,
        help: &'static str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        self.sample(name, kind, help, labels, &value.to_string());
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for family in &self.families {
            let Family {
                name,
                kind,
                help,
                samples,
            } = family;
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Summary => "summary",
                Kind::Histogram => "histogram",
            };
            for part in [
                "# HELP ",
                name,
                " ",
                help,
                "\n# TYPE ",
                name,
                " ",
                kind,
                "\n",
            ] {
                text.push_str(part);
            }
            text.push_str(samples);
        }
        text
    }
}

fn write_sample(
    text: &mut String,
    (space, name, suffix): (&str, &str, &str),
    labels: &[(&str, &str)],
    value: &str,
) {
    for part in [space, name, suffix] {
        text.push_str(part);
    }
    for (index, (label, value)) in labels.iter().enumerate() {
        text.push(if index == 0 { '{' } else { ',' });
        // Writing to a string cannot fail.
        let _ = write!(text, "{label}=\"");
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    if !labels.is_empty() {
        text.push('}');
    }
    let _ = writeln!(text, " {value}");
}

/// The parts of `name=value,name=value`.
fn parts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text.split(',').filter_map(|part| part.split_once('='));
    parts.filter(|(_, value)| is_number(value))
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// 0 if it is none.
fn number_of(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests;
