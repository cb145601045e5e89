//! COMMAND DOCS, flattened to lines that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use super::info::{items, text};
use crate::harness::client::Client;
use crate::harness::reply::Reply;

/// Lines that only one of the two has, and why: command, a part of the line, reason.
const MEANT: &[(&str, &str, &str)] = &[
    (
        "flushall",
        "sync",
        "Redis 7.2 gave the choice a name of its own",
    ),
    (
        "flushall",
        "/flush-type",
        "Redis 7.2 gave the choice a name of its own",
    ),
    (
        "flushdb",
        "sync",
        "Redis 7.2 gave the choice a name of its own",
    ),
    (
        "flushdb",
        "/flush-type",
        "Redis 7.2 gave the choice a name of its own",
    ),
];

/// The documentation of one command.
#[derive(Debug)]
pub(super) struct Docs {
    name: String,
    summary: String,
    /// Group, version, and one line for each argument, with the path to it.
    lines: BTreeSet<String>,
}

/// Of all commands and subcommands, by full name.
pub(super) fn all(client: &mut Client) -> BTreeMap<String, Docs> {
    let reply = client.words("COMMAND DOCS");
    let mut all = BTreeMap::new();
    collect(&reply, &mut all);
    all
}

/// From RESP2's flat map of names and flat maps.
fn collect(reply: &Reply, all: &mut BTreeMap<String, Docs>) {
    for pair in items(reply).chunks(2) {
        let name = text(&pair[0]);
        let mut docs = Docs {
            name: name.clone(),
            summary: String::new(),
            lines: BTreeSet::new(),
        };
        for field in items(&pair[1]).chunks(2) {
            match text(&field[0]).as_str() {
                "summary" => docs.summary = text(&field[1]),
                // Prose, or ours to write.
                "complexity" | "history" => {}
                "subcommands" => collect(&field[1], all),
                "arguments" => arguments("", &field[1], &mut docs.lines),
                other => {
                    docs.lines.insert(format!("{other}: {}", field[1]));
                }
            }
        }
        all.insert(name, docs);
    }
}

/// One line per argument: its path, then all it says of itself.
fn arguments(path: &str, reply: &Reply, lines: &mut BTreeSet<String>) {
    for argument in items(reply) {
        let mut name = String::new();
        let mut own = Vec::new();
        let mut nested = None;
        for field in items(argument).chunks(2) {
            match text(&field[0]).as_str() {
                "name" => name = text(&field[1]),
                "arguments" => nested = Some(&field[1]),
                "flags" => {
                    let flags: BTreeSet<String> = items(&field[1]).iter().map(text).collect();
                    own.push(format!("{flags:?}"));
                }
                // Redis 7.2 added it; 7.0 has none to compare with.
                "display_text" => {}
                other => own.push(format!("{other} {}", field[1])),
            }
        }
        own.sort();
        let path = format!("{path}/{name}");
        lines.insert(format!("{path}: {}", own.join(", ")));
        if let Some(nested) = nested {
            arguments(&path, nested, lines);
        }
    }
}

impl Docs {
    pub(super) fn differences(&self, redis: &Docs) -> Vec<String> {
        let unmeant = |line: &&String| {
            !MEANT
                .iter()
                .any(|(name, part, _)| *name == self.name && line.contains(part))
        };
        let name = &self.name;
        let missing = redis.lines.difference(&self.lines).filter(unmeant);
        let extra = self.lines.difference(&redis.lines).filter(unmeant);
        let mut found: Vec<String> = missing
            .map(|line| format!("{name}: redis  {line}"))
            .collect();
        found.extend(extra.map(|line| format!("{name}:  ours  {line}")));
        if self.summary == redis.summary && !self.summary.is_empty() {
            found.push(format!(
                "{name}: the summary is Redis's, not ours: {}",
                self.summary
            ));
        }
        found
    }

    /// What every command needs.
    pub(super) fn own_problems(&self) -> Vec<String> {
        match self.summary.is_empty() {
            true => vec![format!("{}: no summary", self.name)],
            false => Vec::new(),
        }
    }
}
