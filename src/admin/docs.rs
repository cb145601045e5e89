//! The text of `docs/commands.md`: every command by group, as its row describes it.

use std::fmt::{self, Write};

use crate::command::spec::{Arg, ArgFlags, ArgKind};
use crate::server::table::{Command, CommandTable};

/// The groups of commands as rows name them, and their titles, in the order of the page.
const GROUPS: &[(&str, &str)] = &[
    ("string", "Strings"),
    ("bitmap", "Bitmaps"),
    ("hyperloglog", "HyperLogLogs"),
    ("list", "Lists"),
    ("set", "Sets"),
    ("hash", "Hashes"),
    ("sorted-set", "Sorted sets"),
    ("stream", "Streams"),
    ("geo", "Places"),
    ("generic", "Keys"),
    ("connection", "Connections"),
    ("server", "Server"),
];

/// The whole page.
pub fn commands() -> String {
    let table = CommandTable::new();
    let mut page = String::from(
        "# Commands\n\nGenerated from the command table by `make docs`; do not edit. \
         Versions are those of Redis, from 8.0.0 on those of Valkey.\n",
    );
    let listed = |command: &Command| GROUPS.iter().any(|(name, _)| *name == command.spec.group);
    for (name, title) in GROUPS {
        section(&mut page, title, &table, |command| {
            command.spec.group == *name
        });
    }
    section(&mut page, "Others", &table, |command| !listed(command));
    page
}

fn section(
    page: &mut String,
    title: &str,
    table: &CommandTable,
    belongs: impl Fn(&Command) -> bool,
) {
    let mut commands: Vec<_> = table.top_level().filter(|c| belongs(c)).collect();
    if commands.is_empty() {
        return;
    }
    commands.sort_by_key(|command| &command.name);
    put(page, format_args!("\n## {title}\n"));
    for command in commands {
        entry(page, command);
        for id in &command.subcommands {
            entry(page, table.get(*id));
        }
    }
}

fn put(page: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = page.write_fmt(text);
}

fn entry(page: &mut String, command: &Command) {
    let spec = command.spec;
    let name = command.name.replace('|', " ").to_ascii_uppercase();
    put(page, format_args!("\n### {name}\n\n"));
    if command.subcommands.is_empty() {
        let syntax = format!("{name} {}", Syntax(spec.args));
        put(page, format_args!("    {}\n\n", syntax.trim_end()));
    }
    put(page, format_args!("{}\n\n", spec.summary));
    if let Some(deprecated) = spec.deprecated {
        let (since, instead) = (deprecated.since, deprecated.replaced_by);
        put(
            page,
            format_args!("Deprecated since {since}: use {instead}.\n\n"),
        );
    }
    let flags: Vec<_> = spec.flags.names().collect();
    let categories: Vec<_> = spec.categories().names().collect();
    put(
        page,
        format_args!("- since {}, arity {}\n", spec.since, spec.arity),
    );
    if !spec.complexity.is_empty() {
        put(page, format_args!("- complexity: {}\n", spec.complexity));
    }
    if !flags.is_empty() {
        put(page, format_args!("- flags: {}\n", flags.join(", ")));
    }
    put(
        page,
        format_args!("- categories: {}\n", categories.join(" ")),
    );
    for (version, change) in spec.history {
        put(page, format_args!("- {version}: {change}\n"));
    }
}

/// Arguments as a line of syntax.
struct Syntax<'a>(&'a [Arg]);

impl fmt::Display for Syntax<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self.0.iter().map(one).collect();
        f.write_str(&args.join(" "))
    }
}

fn one(arg: &Arg) -> String {
    let is = |flag| arg.flags.contains(flag);
    let body = match arg.kind {
        ArgKind::PureToken => String::new(),
        ArgKind::OneOf(args) => {
            let choices: Vec<String> = args.iter().map(one).collect();
            let choices = choices.join(" | ");
            // Brackets of its own are needed unless those of the option surround just this.
            if is(ArgFlags::OPTIONAL) && !is(ArgFlags::MULTIPLE) && arg.token.is_none() {
                choices
            } else {
                format!("<{choices}>")
            }
        }
        ArgKind::Block(args) => Syntax(args).to_string(),
        _ => arg.display.unwrap_or(arg.name).to_string(),
    };
    let with_token = |body: &str| match arg.token {
        Some(token) => format!("{token} {body}").trim_end().to_string(),
        None => body.to_string(),
    };
    let mut text = with_token(&body);
    if is(ArgFlags::MULTIPLE_TOKEN) {
        text = format!("{text} [{text} ...]");
    } else if is(ArgFlags::MULTIPLE) {
        text = with_token(&format!("{body} [{body} ...]"));
    }
    if is(ArgFlags::OPTIONAL) {
        text = format!("[{text}]");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_read_as_syntax() {
        const CHOICE: &[Arg] = &[Arg::word("nx", "NX"), Arg::integer("seconds").token("EX")];
        const PAIR: &[Arg] = &[Arg::key("key", 0), Arg::string("value")];
        let cases: [(&[Arg], &str); 7] = [
            (
                &[Arg::key("key", 0), Arg::word("get", "GET").optional()],
                "key [GET]",
            ),
            (&[Arg::one_of("how", CHOICE)], "<NX | EX seconds>"),
            (
                &[Arg::one_of("how", CHOICE).optional()],
                "[NX | EX seconds]",
            ),
            (
                &[Arg::block("pair", PAIR).multiple()],
                "key value [key value ...]",
            ),
            (
                &[Arg::integer("id").token("ID").multiple().optional()],
                "[ID id [id ...]]",
            ),
            (
                &[Arg::pattern("pattern")
                    .token("GET")
                    .multiple()
                    .multiple_token()],
                "GET pattern [GET pattern ...]",
            ),
            (&[Arg::string("old").display("ip:port")], "ip:port"),
        ];
        for (args, wanted) in cases {
            assert_eq!(Syntax(args).to_string(), wanted);
        }
    }

    #[test]
    fn every_command_is_on_the_page_with_a_summary() {
        let page = commands();
        for command in CommandTable::new().iter() {
            let name = command.name.replace('|', " ").to_ascii_uppercase();
            assert!(page.contains(&format!("\n### {name}\n")), "{name}");
            assert!(!command.spec.summary.is_empty(), "{name}");
        }
    }
}
