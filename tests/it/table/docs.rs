//! COMMAND DOCS, flattened to lines that can be compared.

use std::collections::BTreeMap;

use super::info::{items, text};
use crate::harness::client::Client;
use crate::harness::reply::Reply;

/// Lines that only one of the two has, and why: command, a part of the line, reason.
const MEANT: &[(&str, &str, &str)] = &[
    ("bitcount", "/block", "Valkey lets the end be left out"),
    ("bgsave", "", "Valkey can cancel it, too"),
    ("bitop", "", "Redis 7.2 lists the operations"),
    ("brpoplpush", "deprecated", "Valkey took it back"),
    ("brpoplpush", "replaced_by", "Valkey took it back"),
    ("client|kill", "/oneof", "Valkey has more filters"),
    ("client|list", "/", "Valkey has more filters"),
    ("client|pause", "since", "Redis 7.2 corrected it"),
    ("command|getkeys", "/string", "Redis 7.2 lists them"),
    ("command|getkeysandflags", "/string", "Redis 7.2 lists them"),
    ("geoadd", "/", "Redis 7.2 lists them otherwise"),
    ("geohash", "/string", "Redis 7.2: also without members"),
    ("geopos", "/string", "Redis 7.2: also without members"),
    (
        "georadius",
        "",
        "Valkey: STORE or STOREDIST, not deprecated",
    ),
    ("georadius_ro", "", "Valkey took it back"),
    ("georadiusbymember", "", "as GEORADIUS"),
    ("georadiusbymember_ro", "", "as GEORADIUS_RO"),
    ("geosearch", "/oneof", "Valkey has BYPOLYGON"),
    ("geosearchstore", "/oneof", "Valkey has BYPOLYGON"),
    ("getset", "deprecated", "Valkey took it back"),
    ("getset", "replaced_by", "Valkey took it back"),
    ("hmset", "deprecated", "Valkey took it back"),
    ("hmset", "replaced_by", "Valkey took it back"),
    ("hscan", "NOVALUES", "Redis 7.4 and Valkey have it"),
    ("migrate", "AUTH", "Redis 7.2 corrected it"),
    ("pfmerge", "multiple", "Redis 7.2: a target alone will do"),
    ("psubscribe", "/", "Redis 7.2 lists them without a block"),
    ("rpoplpush", "deprecated", "Valkey took it back"),
    ("rpoplpush", "replaced_by", "Valkey took it back"),
    ("set", "/oneof", "Valkey has IFEQ"),
    ("shutdown", "9.0.0", "Valkey has SAFE and FAILOVER"),
    ("substr", "deprecated", "Valkey took it back"),
    ("substr", "replaced_by", "Valkey took it back"),
    (
        "xinfo|stream",
        "block",
        "Redis 7.2 has FULL as a word of the block",
    ),
    ("zrangebylex", "deprecated", "Valkey took it back"),
    ("zrangebylex", "replaced_by", "Valkey took it back"),
    ("zrangebyscore", "deprecated", "Valkey took it back"),
    ("zrangebyscore", "replaced_by", "Valkey took it back"),
    ("zrank", "WITHSCORE", "Redis 7.2 has it"),
    ("zrevrange", "deprecated", "Valkey took it back"),
    ("zrevrange", "replaced_by", "Valkey took it back"),
    ("zrevrangebylex", "deprecated", "Valkey took it back"),
    ("zrevrangebylex", "replaced_by", "Valkey took it back"),
    ("zrevrangebyscore", "deprecated", "Valkey took it back"),
    ("zrevrangebyscore", "replaced_by", "Valkey took it back"),
    ("zrevrank", "WITHSCORE", "Redis 7.2 has it"),
    ("zscan", "NOSCORES", "Valkey has it"),
];

/// The documentation of one command.
#[derive(Debug)]
pub(super) struct Docs {
    name: String,
    summary: String,
    /// Group, version, and one line for each argument.
    lines: Vec<String>,
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
            lines: Vec::new(),
        };
        for field in items(&pair[1]).chunks(2) {
            match text(&field[0]).as_str() {
                "summary" => docs.summary = text(&field[1]),
                // Prose, or ours to write.
                "complexity" | "history" => {}
                "subcommands" => collect(&field[1], all),
                "arguments" => arguments("", &field[1], &mut docs.lines),
                other => {
                    docs.lines.push(format!("{other}: {}", field[1]));
                }
            }
        }
        all.insert(name, docs);
    }
}

/// One line per argument: what stands above it, and what it says of itself. Names are left out:
/// they are labels, and Redis 7.2 gave most of them new ones.
fn arguments(path: &str, reply: &Reply, lines: &mut Vec<String>) {
    for argument in items(reply) {
        let mut own = Vec::new();
        let mut token = String::new();
        let mut nested = None;
        for field in items(argument).chunks(2) {
            match text(&field[0]).as_str() {
                "name" | "display_text" => {}
                "arguments" => nested = Some(&field[1]),
                "token" => token = format!("{} ", text(&field[1])),
                "type" => own.insert(0, text(&field[1])),
                "flags" => {
                    let mut flags: Vec<String> = items(&field[1]).iter().map(text).collect();
                    flags.sort();
                    own.extend(flags);
                }
                other => own.push(format!("{other} {}", field[1])),
            }
        }
        let path = format!("{path}/{token}{}", own.join(" "));
        lines.push(path.clone());
        if let Some(nested) = nested {
            arguments(&path, nested, lines);
        }
    }
}

/// What `all` has more of than `others`, as often as it has it more.
fn without<'a>(all: &'a [String], others: &[String]) -> Vec<&'a String> {
    let mut others: Vec<&String> = others.iter().collect();
    let is_extra = |line: &&String| match others.iter().position(|other| other == line) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    };
    all.iter().filter(is_extra).collect()
}

impl Docs {
    pub(super) fn differences(&self, redis: &Docs) -> Vec<String> {
        let unmeant = |line: &&String| {
            !MEANT
                .iter()
                .any(|(name, part, _)| *name == self.name && line.contains(part))
        };
        let name = &self.name;
        let missing = without(&redis.lines, &self.lines);
        let missing = missing.into_iter().filter(unmeant);
        let extra = without(&self.lines, &redis.lines);
        let extra = extra.into_iter().filter(unmeant);
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
