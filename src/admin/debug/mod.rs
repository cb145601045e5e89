//! DEBUG: for tests and for looking inside. Refused unless `enable-debug-command` allows it.
//!
//! Its subcommands are words of one command, as in Redis: an unknown one and a wrong number of
//! arguments are the same error. Those that switch something in replicas, clusters or forks do
//! nothing here.

mod data;
mod ending;
mod inside;
mod persistence;
mod protocol;

use std::time::Duration;

use super::{AdminCall, config, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::choices::Permission;
use crate::config::rewrite::Scope;
use crate::ds::glob::{Case, Glob};
use crate::server::Server;
use crate::server::busy::{Busy, Work};
use crate::server::startup::random_id;

pub(super) fn debug(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if !is_allowed(server, call) {
        return Err(CommandError::DEBUG_NOT_ALLOWED);
    }
    let word = args.bytes()?.to_ascii_lowercase();
    let find = |sub: &&Subcommand| {
        sub.name.as_bytes() == word && sub.args.0 <= args.left() && args.left() <= sub.args.1
    };
    let Some(sub) = SUBCOMMANDS.iter().find(find) else {
        return Err(CommandError::wrong_subcommand(
            call.name,
            args.request().bytes(1),
        ));
    };
    if server.loading.is_some() && CHANGING_DATA.contains(&sub.name) {
        return Err(CommandError::LOADING);
    }
    (sub.run)(server, call, args)
}

fn is_allowed(server: &Server, call: &AdminCall<'_>) -> bool {
    match server.config.enable_debug_command {
        Permission::No => false,
        Permission::Yes => true,
        Permission::Local => server.clients[call.client].peer.is_local(),
    }
}

/// A word after DEBUG, how few and how many arguments it takes, and what it does.
struct Subcommand {
    name: &'static str,
    args: (usize, usize),
    run: super::AdminHandler,
}

const fn sub(name: &'static str, args: (usize, usize), run: super::AdminHandler) -> Subcommand {
    Subcommand { name, args, run }
}

/// What is refused while data is loaded.
const CHANGING_DATA: [&str; 3] = ["loadaof", "populate", "reload"];

const SUBCOMMANDS: &[Subcommand] = &[
    sub("aof-flush-sleep", (1, 1), delay_log),
    sub("assert", (0, usize::MAX), ending::assertion),
    sub("busy", (1, 2), keep_busy),
    sub("change-repl-id", (0, 0), change_replication_id),
    sub("client-enforce-reply-list", (1, 1), nothing),
    sub("client-eviction", (0, 0), inside::clients_by_size),
    sub("close-cluster-link-on-packet-drop", (1, 1), nothing),
    sub("clusterlink", (3, 3), of_a_cluster),
    sub("config-rewrite-force-all", (0, 0), rewrite_config),
    sub("crash-and-recover", (0, 1), ending::crash_and_recover),
    sub("delay-rdb-client-free-second", (1, 1), nothing),
    sub("dict-resizing", (1, 1), nothing),
    sub("digest", (0, 0), data::digest),
    sub("digest-value", (0, usize::MAX), data::digest_value),
    sub("disable-cluster-random-ping", (1, 1), nothing),
    sub("disable-cluster-reconnection", (1, 1), nothing),
    sub("drop-cluster-packet-filter", (1, 1), nothing),
    sub("error", (1, 1), error),
    sub("force-free-primary-async", (1, 1), nothing),
    sub("force-tls-write-error", (1, 1), nothing),
    sub("hashtable-can-abort-shrink", (1, 1), nothing),
    sub("help", (0, 0), print_help),
    sub("htstats", (1, 2), data::table_stats),
    sub("htstats-key", (1, 2), data::table_stats_of_key),
    sub("leak", (1, 1), inside::leak),
    sub("listpack", (1, 1), data::listpack),
    sub("loadaof", (0, 0), persistence::load_log),
    sub("log", (1, 1), log),
    sub("mallctl", (1, 2), inside::allocator_number),
    sub("mallctl-str", (1, 2), inside::allocator_text),
    sub("object", (1, 2), data::object),
    sub("oom", (0, usize::MAX), ending::out_of_memory),
    sub("panic", (0, usize::MAX), ending::panic),
    sub("pause-after-fork", (1, 1), nothing),
    sub("pause-cron", (1, 1), pause_cron),
    sub("populate", (1, 3), data::populate),
    sub("protect-client", (1, 1), protect_client),
    sub("protocol", (1, 1), protocol::protocol),
    sub("quicklist", (1, 2), inside::chunks),
    sub("quicklist-packed-threshold", (1, 1), data::packed_threshold),
    sub("reload", (0, usize::MAX), persistence::reload),
    sub("replicate", (1, usize::MAX), nothing),
    sub("replybuffer", (2, 2), reply_buffer),
    sub("restart", (0, 1), ending::restart),
    sub("sdslen", (1, 1), inside::text_lengths),
    sub("segfault", (0, usize::MAX), ending::segfault),
    sub("set-active-expire", (1, 1), set_active_expire),
    sub("set-disable-deny-scripts", (1, 1), nothing),
    sub("set-skip-checksum-validation", (1, 1), skip_checksums),
    sub("sleep", (1, 1), sleep),
    sub("slotmigration", (2, 2), nothing),
    sub("stringmatch-len", (2, 2), match_string),
    sub("structsize", (0, 0), inside::structure_sizes),
];

/// The whole server sleeps: that is what it is for.
fn sleep(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let text = String::from_utf8_lossy(args.bytes()?);
    let seconds = text.trim().parse::<f64>().unwrap_or(0.0);
    let time = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    server.clock.sleep(time);
    call.reply.ok();
    Ok(())
}

/// As though a script ran for so long: the server stands still, and beyond `busy-reply-threshold`
/// others are told that it is busy. The reply does not wait for the end.
fn keep_busy(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let ms = u64::try_from(args.int()?).unwrap_or(0);
    let with = match args.take_word("function") {
        true => Work::Function,
        false => Work::Script,
    };
    args.end()?;
    let still_ms = match server.config.busy_reply_threshold.unsigned_abs() {
        0 => ms,
        threshold_ms => ms.min(threshold_ms),
    };
    server.clock.sleep(Duration::from_millis(still_ms));
    if ms > still_ms {
        let until = Some(server.clock.mono().plus_ms(ms - still_ms));
        server.busy = Some(Busy { with, until });
    }
    call.reply.ok();
    Ok(())
}

fn set_active_expire(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.active_expiry = leading_int(args.bytes()?) != 0;
    call.reply.ok();
    Ok(())
}

fn pause_cron(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.upkeep_paused = leading_int(args.bytes()?) != 0;
    call.reply.ok();
    Ok(())
}

/// Whether checksums of dumps and payloads are looked at: tests damage what is under them.
fn skip_checksums(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.limits.skip_checksums = leading_int(args.bytes()?) != 0;
    call.reply.ok();
    Ok(())
}

/// Each write of the log is slow from now on.
fn delay_log(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let us = u64::try_from(leading_int(args.bytes()?)).unwrap_or(0);
    server.durable.write_delay = Duration::from_micros(us);
    call.reply.ok();
    Ok(())
}

/// A client is closed at the end of a turn only, so none needs protection before.
fn protect_client(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let id = u64::try_from(args.int()?).ok();
    if !server
        .clients
        .iter()
        .any(|(_, client)| Some(client.id) == id)
    {
        return Err(CommandError::NO_SUCH_CLIENT);
    }
    call.reply.ok();
    Ok(())
}

fn of_a_cluster(
    _: &mut Server,
    _: &mut AdminCall<'_>,
    _: &mut Args<'_>,
) -> Result<(), CommandError> {
    Err(CommandError::ONLY_IN_A_CLUSTER)
}

/// Switches something that is not here.
fn nothing(_: &mut Server, call: &mut AdminCall<'_>, _: &mut Args<'_>) -> Result<(), CommandError> {
    call.reply.ok();
    Ok(())
}

fn rewrite_config(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    config::rewrite_with(server, call, Scope::Everything)
}

fn change_replication_id(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.replication_id = random_id(&mut server.random);
    call.reply.ok();
    Ok(())
}

/// Does not count as an error: the command did what it was asked to.
fn error(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.error(args.bytes()?);
    Ok(())
}

fn log(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    log::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.bytes()?));
    call.reply.ok();
    Ok(())
}

/// Buffers of replies are given back once they are sent, so there is no size to let shrink and no
/// peak to forget. Tests written for Redis turn these knobs all the same.
fn reply_buffer(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    if args.take_word("peak-reset-time") {
        if !args.take_word("never") && !args.take_word("reset") {
            args.int()?;
        }
    } else if !args.take_word("resizing") {
        return Err(CommandError::wrong_subcommand(
            call.name,
            args.request().bytes(1),
        ));
    }
    call.reply.ok();
    Ok(())
}

/// Whether a text matches a pattern, for tests of the matching itself.
fn match_string(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let pattern = Glob::new(args.bytes()?, Case::Sensitive);
    let matches = pattern.matches(args.bytes()?);
    call.reply.int(matches.into());
    Ok(())
}

/// The integer a text begins with; 0 if it begins with none.
fn leading_int(text: &[u8]) -> i64 {
    let sign = usize::from(text.first().is_some_and(|byte| b"+-".contains(byte)));
    let digits = text[sign..].iter().take_while(|byte| byte.is_ascii_digit());
    let text = String::from_utf8_lossy(&text[..sign + digits.count()]);
    text.parse().unwrap_or(0)
}

fn print_help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "DEBUG", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "AOF-FLUSH-SLEEP <microsec>",
    "    Wait so long before each write of the log; 0: as usual.",
    "ASSERT",
    "    Crash, as a failed assertion does.",
    "BUSY <milliseconds> [FUNCTION]",
    "    As though a script (or a function) ran for so long.",
    "CHANGE-REPL-ID",
    "    Give the history of changes a new name. Only for tests of replication.",
    "CLIENT-EVICTION",
    "    Clients by what they hold, if maxmemory-clients limits that.",
    "CLIENT-ENFORCE-REPLY-LIST <0|1>",
    "CLOSE-CLUSTER-LINK-ON-PACKET-DROP <0|1>",
    "DELAY-RDB-CLIENT-FREE-SECOND <seconds>",
    "DICT-RESIZING <0|1>",
    "DISABLE-CLUSTER-RANDOM-PING <0|1>",
    "DISABLE-CLUSTER-RECONNECTION <0|1>",
    "DROP-CLUSTER-PACKET-FILTER <packet-type>",
    "FORCE-FREE-PRIMARY-ASYNC <0|1>",
    "FORCE-TLS-WRITE-ERROR <0|1>",
    "HASHTABLE-CAN-ABORT-SHRINK <0|1>",
    "PAUSE-AFTER-FORK <0|1>",
    "PROTECT-CLIENT <id>",
    "REPLICATE <string> [<string> ...]",
    "SET-DISABLE-DENY-SCRIPTS <0|1>",
    "SLOTMIGRATION <switch> <0|1>",
    "    Accepted; there is nothing of the kind here.",
    "CLUSTERLINK KILL <to|from|all> <node-id>",
    "    An error: this is no cluster.",
    "CONFIG-REWRITE-FORCE-ALL",
    "    Write all parameters into the configuration file, also those at their defaults.",
    "CRASH-AND-RECOVER [<milliseconds>]",
    "    Begin anew, after a time if given, with nothing but what is on disk already.",
    "DIGEST",
    "    A fingerprint of all data, equal where the data is.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Fingerprints of the values of these keys.",
    "ERROR <string>",
    "    An error reply with this text, for tests of clients.",
    "HTSTATS <dbid> [FULL]",
    "    The size of a database's table.",
    "HTSTATS-KEY <key> [FULL]",
    "    The same of the table that a key's value is.",
    "LEAK <string>",
    "    Keep the string in memory for ever.",
    "LISTPACK <key>",
    "    Write the items of a listpack to the log.",
    "LOADAOF",
    "    Empty the data set and read it again from the log.",
    "LOG <message>",
    "    Write a message to the log.",
    "MALLCTL <name> [<value>]",
    "    A control of the allocator that is a number, and what it is to be from now on.",
    "MALLCTL-STR <name> [VOID]",
    "    One that is a text. VOID: one that only does something.",
    "OBJECT <key> [FAST]",
    "    How a key's value is kept. FAST: without its length when serialized.",
    "OOM",
    "    Crash, as where the system has no memory left.",
    "PANIC",
    "    Crash, as for an error of the program.",
    "PAUSE-CRON <0|1>",
    "    1: stop the periodic upkeep; 0: let it go on.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Make <count> strings called <prefix>:0, <prefix>:1 and so on (prefix: key), each",
    "    of <size> bytes if given. Existing keys stay as they are.",
    "PROTOCOL <type>",
    "    An example of a kind of reply: string, integer, double, bignum, null, array,",
    "    set, map, attrib, push, verbatim, true or false.",
    "QUICKLIST <key> [<0|1>]",
    "    Write the chunks of a large list to the log.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Longer elements of large lists have a chunk to themselves; 0: as at the start.",
    "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
    "    Save the data set, empty it and load it again. NOSAVE: load the snapshot there is. NOFLUSH:",
    "    load it on top of what is there; it must not have the same keys, or MERGE: its keys win.",
    "REPLYBUFFER PEAK-RESET-TIME (NEVER|RESET|<milliseconds>)",
    "REPLYBUFFER RESIZING <0|1>",
    "    Accepted; reply buffers are not kept here.",
    "RESTART [<milliseconds>]",
    "    Save the data as at an orderly end, and the configuration; then begin anew.",
    "SDSLEN <key>",
    "    The lengths of a key and the text it holds, and what room there is besides.",
    "SEGFAULT",
    "    Crash by SIGSEGV.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    0: keys past their deadline go only when somebody looks; 1: as usual.",
    "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
    "    1: take dumps and payloads whatever their checksums say.",
    "SLEEP <seconds>",
    "    Stop the whole server for a time, which may be a fraction.",
    "STRINGMATCH-LEN <pattern> <string>",
    "    Whether the string matches the pattern: 1 or 0.",
    "STRUCTSIZE",
    "    What the structures behind clients and keys take, in bytes.",
];

#[cfg(test)]
mod tests {
    use super::leading_int;

    #[test]
    fn a_number_may_have_a_tail() {
        for (text, wanted) in [
            ("1", 1),
            ("0", 0),
            ("-2x", -2),
            ("+3", 3),
            ("x", 0),
            ("", 0),
        ] {
            assert_eq!(leading_int(text.as_bytes()), wanted, "{text}");
        }
    }
}
