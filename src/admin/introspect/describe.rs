//! Writes a command's row as COMMAND INFO and COMMAND DOCS show it.
//!
//! COMMAND INFO is an array of ten: name, arity, flags, first key, last key, step, ACL categories,
//! tips, key specifications, subcommands. COMMAND DOCS is a map whose entries stand only where
//! there is something to say, so each is written into a map that is closed with its real length.

use crate::command::keyspec;
use crate::command::spec::{Arg, ArgFlags, ArgKind, Begin, Find, Flags, KeySpec, Spec};
use crate::resp::reply::Reply;

/// A command as it is described: its full name and its row.
pub(super) type Described<'a> = (&'a str, &'static Spec);

/// The entry of COMMAND INFO for a command.
pub(super) fn info(reply: &mut Reply, command: Described<'_>, subcommands: &[Described<'_>]) {
    let (name, spec) = command;
    let range = keyspec::range(spec);
    let mut flags = spec.flags;
    flags.set(Flags::MOVABLE_KEYS, range.incomplete);
    reply.array(10);
    reply.bulk(name.as_bytes());
    reply.int(spec.arity.into());
    names(reply, flags.names());
    for position in [range.first, range.last, range.step] {
        reply.int(position);
    }
    names(reply, spec.categories().names());
    reply.set(spec.tips.len());
    for tip in spec.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(spec.keys.len());
    for key in spec.keys {
        key_spec(reply, key);
    }
    if subcommands.is_empty() {
        return reply.set(0);
    }
    reply.array(subcommands.len());
    for subcommand in subcommands {
        info(reply, *subcommand, &[]);
    }
}

/// A set of names, as simple strings.
pub(super) fn names<'a>(reply: &mut Reply, names: impl Iterator<Item = &'a str>) {
    let open = reply.deferred();
    let mut count = 0;
    for name in names {
        reply.simple(name);
        count += 1;
    }
    reply.close_set(open, count);
}

fn key_spec(reply: &mut Reply, key: &KeySpec) {
    reply.map(if key.notes.is_empty() { 3 } else { 4 });
    if !key.notes.is_empty() {
        text(reply, "notes", key.notes);
    }
    reply.bulk(b"flags");
    names(reply, key.flags.names());

    reply.bulk(b"begin_search");
    match key.begin {
        Begin::Index(index) => {
            typed_spec(reply, "index", 1);
            number(reply, "index", count(index));
        }
        Begin::Keyword { word, from } => {
            typed_spec(reply, "keyword", 2);
            text(reply, "keyword", word);
            number(reply, "startfrom", from.into());
        }
        Begin::Unknown => typed_spec(reply, "unknown", 0),
    }

    reply.bulk(b"find_keys");
    match key.find {
        Find::Range { last, step, limit } => {
            typed_spec(reply, "range", 3);
            number(reply, "lastkey", last.into());
            number(reply, "keystep", count(step));
            number(reply, "limit", count(limit));
        }
        Find::KeyNum {
            count: at,
            first,
            step,
        } => {
            typed_spec(reply, "keynum", 3);
            number(reply, "keynumidx", count(at));
            number(reply, "firstkey", count(first));
            number(reply, "keystep", count(step));
        }
        Find::Unknown => typed_spec(reply, "unknown", 0),
    }
}

fn typed_spec(reply: &mut Reply, kind: &str, entries: usize) {
    reply.map(2);
    text(reply, "type", kind);
    reply.bulk(b"spec");
    reply.map(entries);
}

/// The name and the entry of COMMAND DOCS for a command.
pub(super) fn docs(reply: &mut Reply, command: Described<'_>, subcommands: &[Described<'_>]) {
    let (name, spec) = command;
    reply.bulk(name.as_bytes());
    let open = reply.deferred();
    let mut entries = 0;
    for (key, value) in [
        ("summary", spec.summary),
        ("since", spec.since),
        ("group", spec.group),
        ("complexity", spec.complexity),
    ] {
        if !value.is_empty() {
            text(reply, key, value);
            entries += 1;
        }
    }
    if !spec.history.is_empty() {
        history(reply, spec);
        entries += 1;
    }
    if spec.system || spec.deprecated.is_some() {
        let deprecated = spec.deprecated.map(|_| "deprecated");
        let system = spec.system.then_some("syscmd");
        reply.bulk(b"doc_flags");
        names(reply, deprecated.into_iter().chain(system));
        entries += 1;
    }
    if let Some(deprecated) = spec.deprecated {
        text(reply, "deprecated_since", deprecated.since);
        text(reply, "replaced_by", deprecated.replaced_by);
        entries += 2;
    }
    if !spec.args.is_empty() {
        args(reply, spec.args);
        entries += 1;
    }
    if !subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(subcommands.len());
        for subcommand in subcommands {
            docs(reply, *subcommand, &[]);
        }
        entries += 1;
    }
    reply.close_map(open, entries);
}

fn history(reply: &mut Reply, spec: &Spec) {
    reply.bulk(b"history");
    reply.set(spec.history.len());
    for (version, change) in spec.history {
        reply.bulks([version, change].into_iter());
    }
}

fn args(reply: &mut Reply, args: &[Arg]) {
    reply.bulk(b"arguments");
    reply.array(args.len());
    for arg in args {
        one_arg(reply, arg);
    }
}

fn one_arg(reply: &mut Reply, arg: &Arg) {
    let (kind, inner) = kind(arg.kind);
    let open = reply.deferred();
    text(reply, "name", arg.name);
    text(reply, "type", kind);
    let mut entries = 2;
    // What is made of other arguments is shown as those are.
    let display = inner.is_none().then(|| arg.display.unwrap_or(arg.name));
    if let Some(display) = display {
        text(reply, "display_text", display);
        entries += 1;
    }
    if let Some(index) = arg.key_spec {
        number(reply, "key_spec_index", count(index));
        entries += 1;
    }
    for (key, value) in [
        ("token", arg.token),
        ("since", arg.since),
        ("deprecated_since", arg.deprecated_since),
    ] {
        if let Some(value) = value {
            text(reply, key, value);
            entries += 1;
        }
    }
    if !arg.flags.is_empty() {
        reply.bulk(b"flags");
        names(reply, arg_flags(arg.flags));
        entries += 1;
    }
    if let Some(inner) = inner {
        args(reply, inner);
        entries += 1;
    }
    reply.close_map(open, entries);
}

fn kind(kind: ArgKind) -> (&'static str, Option<&'static [Arg]>) {
    match kind {
        ArgKind::String => ("string", None),
        ArgKind::Integer => ("integer", None),
        ArgKind::Double => ("double", None),
        ArgKind::Key => ("key", None),
        ArgKind::Pattern => ("pattern", None),
        ArgKind::UnixTime => ("unix-time", None),
        ArgKind::PureToken => ("pure-token", None),
        ArgKind::OneOf(args) => ("oneof", Some(args)),
        ArgKind::Block(args) => ("block", Some(args)),
    }
}

fn arg_flags(flags: ArgFlags) -> impl Iterator<Item = &'static str> {
    [
        (ArgFlags::OPTIONAL, "optional"),
        (ArgFlags::MULTIPLE, "multiple"),
        (ArgFlags::MULTIPLE_TOKEN, "multiple_token"),
    ]
    .into_iter()
    .filter(move |(flag, _)| flags.contains(*flag))
    .map(|(_, name)| name)
}

fn text(reply: &mut Reply, key: &str, value: &str) {
    reply.bulk(key.as_bytes());
    reply.bulk(value.as_bytes());
}

fn number(reply: &mut Reply, key: &str, value: i64) {
    reply.bulk(key.as_bytes());
    reply.int(value);
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
