//! OBJECT: how a value is kept. Looking does not count as use.

use super::args::Args;
use super::call::Call;
use super::error::CommandError;

pub(super) fn encoding(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    match call.db.look(args.key()?) {
        Some(entry) => call.reply.bulk(entry.encoding().as_bytes()),
        None => call.reply.null(),
    }
    Ok(())
}

/// OBJECT REFCOUNT: values are never shared between keys.
pub(super) fn refcount(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    match call.db.look(args.key()?) {
        Some(_) => call.reply.int(1),
        None => call.reply.null(),
    }
    Ok(())
}

pub(super) fn idletime(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let found = call.db.look(key).is_some();
    if found && call.limits.lfu {
        return Err(CommandError::LFU_SELECTED);
    }
    match call.db.idle_seconds(key) {
        Some(seconds) => call.reply.int(i64::try_from(seconds).unwrap_or(i64::MAX)),
        None => call.reply.null(),
    }
    Ok(())
}

pub(super) fn freq(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let key = args.key()?;
    let found = call.db.look(key).is_some();
    if found && !call.limits.lfu {
        return Err(CommandError::LFU_NOT_SELECTED);
    }
    match call.db.frequency(key) {
        Some(count) => call.reply.int(i64::from(count)),
        None => call.reply.null(),
    }
    Ok(())
}

pub(super) fn help(call: &mut Call<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    call.reply.array(HELP.len());
    for line in HELP {
        call.reply.simple(line);
    }
    Ok(())
}

/// The head and the HELP entry read as in every container.
const HELP: &[&str] = &[
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    Name the internal form the value of <key> is kept in.",
    "FREQ <key>",
    "    Tell how often <key> was used of late, on a logarithmic scale (LFU policies only).",
    "IDLETIME <key>",
    "    Tell how many seconds ago <key> was last used (not with LFU policies).",
    "REFCOUNT <key>",
    "    Tell how many references the value of <key> has.",
    "HELP",
    "    Print this help.",
];

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::keyspace::Deadline;
    use crate::resp::reply::Protocol;
    use crate::value::string::NewStr;

    #[test]
    fn object() {
        let mut bench = Bench::new();
        let mut view = bench.space.view(0, bench.now);
        view.set(b"n", NewStr::Int(7), Deadline::Never);
        for (key, len) in [(b"s", 44), (b"l", 45)] {
            let text = vec![b'x'; len];
            let value = NewStr::Bytes {
                bytes: &text,
                raw: false,
            };
            view.set(key, value, Deadline::Never);
        }
        let freq = "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. \
                    Please note that when switching between policies at runtime LRU and LFU data \
                    will take some time to adjust.";
        let arity = "-ERR wrong number of arguments for 'object|encoding' command";
        for (line, reply) in [
            ("object encoding n", "$3|int"),
            ("OBJECT ENCODING s", "$6|embstr"),
            ("object encoding l", "$3|raw"),
            ("object encoding z", "$-1"),
            ("object refcount n", ":1"),
            ("object refcount z", "$-1"),
            ("object idletime n", ":0"),
            ("object idletime z", "$-1"),
            ("object freq n", freq),
            ("object freq z", "$-1"),
            ("object encoding", arity),
            ("object encoding a b", arity),
        ] {
            assert_eq!(bench.run(line), reply, "{line}");
        }
        let help = bench.run("object help");
        let head = "*11|+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
        assert!(help.starts_with(head), "{help}");
        bench.protocol = Protocol::Resp3;
        assert_eq!(bench.run("object encoding z"), "_");
    }
}
