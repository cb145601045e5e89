//! A row of COMMAND INFO, and how two servers' rows may differ.

use std::collections::BTreeSet;

use crate::harness::reply::Reply;

/// Differences from redis-server 7.0 that are meant to be: command, field, reason.
const MEANT: &[(&str, &str, &str)] = &[
    ("acl|deluser", "tips", "Valkey has them"),
    ("acl|save", "tips", "Valkey has them"),
    ("acl|setuser", "tips", "Valkey has them"),
    ("blmove", "flags", "Redis 7.2 lets scripts call it"),
    ("blpop", "flags", "Redis 7.2 lets scripts call it"),
    ("brpop", "flags", "Redis 7.2 lets scripts call it"),
    ("brpoplpush", "flags", "Redis 7.2 lets scripts call it"),
    ("bzpopmax", "flags", "Redis 7.2 lets scripts call it"),
    ("bzpopmin", "flags", "Redis 7.2 lets scripts call it"),
    ("cluster|shards", "flags", "Redis 8 answers while it loads"),
    ("cluster|slots", "flags", "Redis 8 answers while it loads"),
    (
        "memory|malloc-stats",
        "flags",
        "Valkey answers while it loads",
    ),
    ("memory|purge", "flags", "Valkey answers while it loads"),
    ("client|setname", "tips", "Redis 7.2 has them"),
    ("command|getkeys", "arity", "Redis 7.2 corrected it"),
    ("command|getkeysandflags", "arity", "Redis 7.2 corrected it"),
    (
        "georadius",
        "key specs",
        "Valkey 9: of several STORE the last counts",
    ),
    (
        "georadiusbymember",
        "key specs",
        "Valkey 9: of several STORE the last counts",
    ),
    (
        "latency|reset",
        "tips",
        "Redis 7.2 says that replies of nodes are counts",
    ),
    (
        "msetnx",
        "tips",
        "Redis 7.2 dropped them: it is not split by key",
    ),
    (
        "randomkey",
        "tips",
        "Redis 8 and Valkey 9 say how to join replies of shards",
    ),
    (
        "scan",
        "tips",
        "Redis 8 and Valkey 9 say how to join replies of shards",
    ),
    (
        "sinterstore",
        "key specs",
        "Redis 7.2 corrected them: what was there is not read",
    ),
    ("zrank", "arity", "Redis 7.2 has WITHSCORE"),
    ("zrevrank", "arity", "Redis 7.2 has WITHSCORE"),
    ("wait", "flags", "Redis 7.2 says that it waits"),
    ("wait", "categories", "Redis 7.2 says that it waits"),
];

/// Whether the difference in a command's field is meant.
pub(super) fn is_meant(command: &str, field: &str) -> bool {
    let meant = |(name, what, _): &(&str, &str, &str)| *name == command && *what == field;
    MEANT.iter().any(meant)
}

#[derive(Clone, Debug)]
pub(super) struct Info {
    pub(super) name: String,
    pub(super) arity: i64,
    pub(super) flags: BTreeSet<String>,
    /// First key, last key, step.
    keys: [i64; 3],
    categories: BTreeSet<String>,
    tips: BTreeSet<String>,
    key_specs: Vec<String>,
    pub(super) subcommands: Vec<Info>,
}

/// The text of a simple or bulk string.
pub(super) fn text(reply: &Reply) -> String {
    let text = reply
        .text()
        .unwrap_or_else(|| panic!("a text, not {reply}"));
    String::from_utf8_lossy(text).into_owned()
}

/// The elements of an array or set.
pub(super) fn items(reply: &Reply) -> &[Reply] {
    match reply {
        Reply::Array(items) | Reply::Set(items) => items,
        other => panic!("an array, not {other}"),
    }
}

fn int(reply: &Reply) -> i64 {
    match reply {
        Reply::Int(value) => *value,
        other => panic!("an integer, not {other}"),
    }
}

fn texts(reply: &Reply) -> BTreeSet<String> {
    items(reply).iter().map(text).collect()
}

impl Info {
    /// Whether so many words, its name included, fit the arity.
    pub(super) fn accepts(&self, words: usize) -> bool {
        let words = i64::try_from(words).expect("few");
        match self.arity {
            arity @ 0.. => words == arity,
            arity => words >= -arity,
        }
    }

    pub(super) fn parse(row: &Reply) -> Info {
        let fields = items(row);
        assert_eq!(fields.len(), 10, "a row has ten fields: {row}");
        Info {
            name: text(&fields[0]),
            arity: int(&fields[1]),
            flags: texts(&fields[2]),
            keys: [int(&fields[3]), int(&fields[4]), int(&fields[5])],
            categories: texts(&fields[6]),
            tips: texts(&fields[7]),
            key_specs: items(&fields[8]).iter().map(key_spec).collect(),
            subcommands: items(&fields[9]).iter().map(Info::parse).collect(),
        }
    }

    /// Where this row and Redis's part.
    pub(super) fn differences(&self, redis: &Info) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |field: &str, ours: String, theirs: String| {
            if ours != theirs && !is_meant(&self.name, field) {
                let name = &self.name;
                found.push(format!(
                    "{name}, {field}:\n  redis {theirs}\n  ours  {ours}"
                ));
            }
        };
        compare("arity", self.arity.to_string(), redis.arity.to_string());
        compare("flags", joined(&self.flags), joined(&redis.flags));
        compare(
            "keys",
            format!("{:?}", self.keys),
            format!("{:?}", redis.keys),
        );
        compare(
            "categories",
            joined(&self.categories),
            joined(&redis.categories),
        );
        compare("tips", joined(&self.tips), joined(&redis.tips));
        compare(
            "key specs",
            self.key_specs.join("\n        "),
            redis.key_specs.join("\n        "),
        );
        found
    }
}

fn joined(texts: &BTreeSet<String>) -> String {
    texts
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// One line for a key specification; the order of its flags does not count, its notes are prose.
fn key_spec(spec: &Reply) -> String {
    let fields = items(spec);
    let mut parts = Vec::new();
    for pair in fields.chunks(2) {
        match text(&pair[0]).as_str() {
            "notes" => {}
            "flags" => parts.push(joined(&texts(&pair[1]))),
            name => parts.push(format!("{name} {}", pair[1])),
        }
    }
    parts.join("; ")
}
