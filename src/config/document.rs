//! `docs/config.md`: what the table of parameters says, for people.

use std::fmt::Write;

use super::params::{self, Change, Effect, Param};
use super::value::{Kind, Words, bytes_text};

const HEAD: &str = "\
# Configuration

<!-- Written from src/config/params by `make docs`: change the table, not this file. -->

Ruddle reads the directives of Redis 7.0 and Valkey 9.1, from a file, standard input or the command
line (`ruddle-server /etc/ruddle.conf --maxmemory 2gb`), and takes CONFIG GET, SET and REWRITE. Each
is one of three:

- **works**: it does what it says;
- **accepted**: it can mean nothing here; setting it is logged with the reason;
- **to come**: it belongs to a part that is not built yet; setting it is logged.

A name nobody knows and a value out of range stop the start, with file and line. *Live* parameters
can be changed by CONFIG SET; *protected* ones only where `enable-protected-configs` allows it; the
others need a restart. Bytes are written with a unit: `1k` is 1000, `1kb` 1024, and so `m`, `mb`,
`g`, `gb`.
";

const TAIL: &str = "
## Directives that are no parameters

| directive | |
|---|---|
| `include` *path* | Reads another file here; the path may be a pattern. |
| `rename-command` *command* *name* | Renames a command; an empty name removes it. |
| `user` *name* *rule* … | To come with access control lists; until then refused, except \
`user default on nopass ~* &* +@all`, which changes nothing and stands in every file that Redis or \
Valkey has rewritten. |
| `loadmodule` *path* … | Modules are not supported; accepted with a warning. |
| `sentinel` | Refused with words behind it: the server is no sentinel. |
";

/// The document.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for (area, rows) in params::AREAS {
        let _ = write!(
            text,
            "\n## {area}\n\n| parameter | value | default | change | effect | meaning |\n\
             |---|---|---|---|---|---|\n"
        );
        for param in *rows {
            text.push_str(&row(param));
        }
    }
    text.push_str(TAIL);
    let forgotten = params::FORGOTTEN.iter().map(|name| format!("`{name}`"));
    let _ = write!(
        text,
        "\nRead over, because older files have them: {}.\n",
        forgotten.collect::<Vec<_>>().join(", ")
    );
    text
}

fn row(param: &Param) -> String {
    let aliases = param.aliases.iter().map(|alias| format!("<br>`{alias}`"));
    let names = format!("`{}`{}", param.name, aliases.collect::<String>());
    let default = match param.default {
        "" => String::new(),
        text => format!("`{text}`"),
    };
    let change = match (param.change, param.protected) {
        (Change::Restart, _) => "restart",
        (Change::Live, true) => "live, protected",
        (Change::Live, false) => "live",
    };
    let effect = match param.effect {
        Effect::Works => "works".to_owned(),
        Effect::None(why) => format!("accepted: {why}"),
        Effect::Coming(part) => format!("to come with {part}"),
    };
    let value = possible(param.kind);
    let cells = [&names, &value, &default, change, &effect, param.meaning];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

/// What a value may be.
fn possible(kind: Kind) -> String {
    let choices = |words: Words, between: &str| {
        let words = words.iter().map(|(word, _)| format!("`{word}`"));
        words.collect::<Vec<_>>().join(between)
    };
    match kind {
        Kind::Flag => "`yes` `no`".to_owned(),
        Kind::Int { min, max } => format!("{} to {}", bound(min), bound(max)),
        Kind::Octal { max } => format!("octal, 0 to {max:o}"),
        Kind::Bytes { min, max } if max >= i64::MAX as u64 => {
            format!("bytes, from {}", bytes_text(min))
        }
        Kind::Bytes { min, max } => format!("bytes, {} to {}", bytes_text(min), bytes_text(max)),
        Kind::BytesOrPercent | Kind::Memory => "bytes or a percentage".to_owned(),
        Kind::BytesOrMinusOne => "bytes or -1".to_owned(),
        Kind::Text | Kind::OptionalText => "text".to_owned(),
        Kind::Choice(words) => choices(words, " "),
        Kind::Choices(words) => format!("any of {}", choices(words, " ")),
        Kind::Save => "*seconds* *changes* …".to_owned(),
        Kind::OutputLimits => "*class* *hard* *soft* *seconds* …".to_owned(),
        Kind::OomScores => "three of -2000 to 2000".to_owned(),
        Kind::Addresses => "addresses, at most 16".to_owned(),
        Kind::Events => "letters of `Ag$lshzxeKEtmdn`".to_owned(),
        Kind::Percentiles => "numbers, 0 to 100".to_owned(),
        Kind::Words => "words".to_owned(),
        Kind::Directory => "path".to_owned(),
        Kind::Primary => "*host* *port*".to_owned(),
    }
}

/// A bound as people know it.
fn bound(value: i64) -> String {
    match value {
        i64::MAX => "2⁶³−1".to_owned(),
        i64::MIN => "−2⁶³".to_owned(),
        2_147_483_647 => "2³¹−1".to_owned(),
        -2_147_483_648 => "−2³¹".to_owned(),
        4_294_967_295 => "2³²−1".to_owned(),
        other => other.to_string(),
    }
}
