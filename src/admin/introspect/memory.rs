//! MEMORY: what a key costs, and where the server's memory goes.

use super::super::memory::MemoryUse;
use super::super::{AdminCall, help};
use crate::admin::database_count;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::resp::reply::Reply;
use crate::server::Server;
use crate::sys::allocator;

/// SAMPLES is checked and not needed: values know their size.
pub(in crate::admin) fn usage(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    while args.left() > 0 {
        if !args.take_word("samples") || args.left() == 0 || args.int()? < 0 {
            return Err(CommandError::SYNTAX);
        }
    }
    let db = server.clients[call.client].db;
    let mut view = server.keyspace.view(db, server.now.ms());
    match view.memory_bytes(key) {
        Some(bytes) => call.reply.count(bytes),
        None => call.reply.null(),
    }
    Ok(())
}

/// A field of MEMORY STATS.
enum Stat {
    Bytes(usize),
    Signed(isize),
    Ratio(f64),
    /// A database: the bytes of its table, and of what it has for deadlines.
    Table(usize),
}

/// MEMORY STATS
pub(in crate::admin) fn stats(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let stats = stats_of(server);
    call.reply.map(stats.len());
    for (name, stat) in stats {
        call.reply.bulk(name.as_bytes());
        match stat {
            Stat::Bytes(bytes) => call.reply.count(bytes),
            Stat::Signed(bytes) => call.reply.int(bytes as i64),
            Stat::Ratio(ratio) => call.reply.double(ratio),
            Stat::Table(bytes) => put_table(call.reply, bytes),
        }
    }
    Ok(())
}

/// Deadlines stand in the entries: there is no table of them.
fn put_table(reply: &mut Reply, bytes: usize) {
    reply.map(2);
    reply.bulk(b"overhead.hashtable.main");
    reply.count(bytes);
    reply.bulk(b"overhead.hashtable.expires");
    reply.count(0);
}

/// In Valkey's order, which has all that Redis has.
fn stats_of(server: &Server) -> Vec<(String, Stat)> {
    use Stat::{Bytes, Ratio, Signed};
    let memory = MemoryUse::of(server);
    let mut tables = Vec::new();
    let mut keys = 0;
    for index in 0..database_count(server) {
        let table = server.keyspace.table_stats(index);
        keys += table.keys;
        if table.keys > 0 {
            tables.push((format!("db.{index}"), Stat::Table(table.table_bytes)));
        }
    }
    let mut stats: Vec<(String, Stat)> = Vec::new();
    let mut put = |fields: Vec<(&str, Stat)>| {
        stats.extend(fields.into_iter().map(|(name, stat)| (name.into(), stat)));
    };
    put(vec![
        ("peak.allocated", Bytes(memory.peak)),
        ("total.allocated", Bytes(memory.used)),
        ("startup.allocated", Bytes(memory.startup)),
        ("replication.backlog", Bytes(0)),
        ("replicas.repl.buffer", Bytes(0)),
        ("clients.slaves", Bytes(0)),
        ("clients.normal", Bytes(memory.clients)),
        ("cluster.links", Bytes(0)),
        ("cluster.slot_import", Bytes(0)),
        ("cluster.slot_export", Bytes(0)),
        ("aof.buffer", Bytes(memory.log)),
        ("lua.caches", Bytes(0)),
        ("functions.caches", Bytes(0)),
    ]);
    stats.extend(tables);
    let mut put = |fields: Vec<(&str, Stat)>| {
        stats.extend(fields.into_iter().map(|(name, stat)| (name.into(), stat)));
    };
    let allocator = memory.allocator;
    put(vec![
        // Nothing is rehashed as a whole.
        ("overhead.db.hashtable.lut", Bytes(memory.tables)),
        ("overhead.db.hashtable.rehashing", Bytes(0)),
        ("overhead.total", Bytes(memory.overhead())),
        ("db.dict.rehashing.count", Bytes(0)),
        ("keys.count", Bytes(keys)),
        ("keys.bytes-per-key", Bytes(memory.grown() / keys.max(1))),
        ("dataset.bytes", Bytes(memory.dataset())),
        ("dataset.percentage", Ratio(memory.dataset_percent())),
        ("peak.percentage", Ratio(memory.peak_percent())),
        ("allocator.allocated", Bytes(allocator.allocated)),
        ("allocator.active", Bytes(allocator.active)),
        ("allocator.resident", Bytes(allocator.resident)),
        ("allocator.muzzy", Bytes(0)),
    ]);
    for (name, [part, whole]) in memory.ratios() {
        let (ratio, bytes) = match name {
            "fragmentation" => (name.to_owned(), "fragmentation.bytes".to_owned()),
            _ => (format!("{name}.ratio"), format!("{name}.bytes")),
        };
        stats.push((ratio, Ratio(MemoryUse::ratio(part, whole))));
        stats.push((bytes, Signed(part.cast_signed() - whole.cast_signed())));
    }
    stats
}

/// MEMORY PURGE: the reaper does it, for it may take milliseconds.
pub(in crate::admin) fn purge(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    server.reaper.give(PurgeWhenDropped, 0, 0);
    call.reply.ok();
    Ok(())
}

/// Has the thread that drops it give memory back.
struct PurgeWhenDropped;

impl Drop for PurgeWhenDropped {
    fn drop(&mut self) {
        if let Err(error) = allocator::purge() {
            log::warn!("The allocator cannot give memory back: {error}");
        }
    }
}

/// MEMORY MALLOC-STATS
pub(in crate::admin) fn malloc_stats(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let text = allocator::report().unwrap_or_else(|error| error.to_string().into_bytes());
    call.reply.verbatim(b"txt", &text);
    Ok(())
}

/// MEMORY DOCTOR
pub(in crate::admin) fn doctor(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let text = diagnosis(&MemoryUse::of(server), server.clients.len());
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// Below so many bytes nothing can be said.
const DOCTOR_BYTES_MIN: usize = 5 << 20;

/// Waste below so many bytes is no matter.
const WASTE_BYTES_MIN: usize = 10 << 20;

/// More for each client, on average, is much.
const CLIENT_BYTES_MAX: usize = 200 << 10;

/// What is conspicuous, by the marks that Redis's doctor goes by.
fn diagnosis(memory: &MemoryUse, clients: usize) -> String {
    if memory.used < DOCTOR_BYTES_MIN {
        return "Nothing can be said yet: this server has hardly any data. Ask again when it has \
                some."
            .into();
    }
    let mut findings = Vec::new();
    if memory.peak > memory.used / 2 * 3 {
        findings.push(
            "Peak memory: at its peak the server used more than half as much again as it does \
             now. What the system still holds from then makes the fragmentation ratio look bad, \
             but it is used again when data come, or given back: MEMORY PURGE gives back what is \
             free now.",
        );
    }
    for (name, [part, whole]) in memory.ratios() {
        let (mark, finding) = match name {
            "fragmentation" => (
                1.4,
                "High total RSS: the process takes much more of the machine's memory than it has \
                 allocated. If none of the findings below tells why, something outside the \
                 allocator does.",
            ),
            "allocator-fragmentation" => (
                1.1,
                "High allocator fragmentation: many pages are in use only in part, as after a \
                 change in the sizes of values. They fill up again, or a restart from a snapshot \
                 packs them anew.",
            ),
            "allocator-rss" => (
                1.1,
                "High allocator RSS overhead: the allocator holds pages that are free. They are \
                 given back after some seconds; MEMORY PURGE does it at once.",
            ),
            _ => (
                1.1,
                "High process RSS overhead: the process has memory that is not the allocator's.",
            ),
        };
        let is_much = MemoryUse::ratio(part, whole) > mark;
        if is_much && part.saturating_sub(whole) > WASTE_BYTES_MIN {
            findings.push(finding);
        }
    }
    if clients > 0 && memory.clients / clients > CLIENT_BYTES_MAX {
        findings.push(
            "Big client buffers: clients take more than 200 KB each on average. CLIENT LIST shows \
             which (tot-mem, omem): perhaps they ask for more than they read. See \
             maxmemory-clients and client-output-buffer-limit.",
        );
    }
    if findings.is_empty() {
        return "Nothing is wrong with this server's memory, as far as can be seen.".into();
    }
    let list = findings.iter().map(|finding| format!("* {finding}\n"));
    format!(
        "This is conspicuous of this server's memory:\n\n{}",
        list.collect::<Vec<_>>().join("\n")
    )
}

pub(in crate::admin) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    help::write(call.reply, "MEMORY", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    What is conspicuous of the memory, and what may help.",
    "MALLOC-STATS",
    "    All that the allocator knows of itself.",
    "PURGE",
    "    Give free memory back to the system.",
    "STATS",
    "    Where the memory goes.",
    "USAGE <key> [SAMPLES <count>]",
    "    The bytes that <key> and its value take. Values made of others are judged by",
    "    <count> of those (default: 5; 0: all).",
];

#[cfg(test)]
mod tests {
    use super::{MemoryUse, diagnosis};
    use crate::sys::allocator::Allocated;

    #[test]
    fn the_doctor_finds_what_is_conspicuous() {
        const MB: usize = 1 << 20;
        let well = MemoryUse {
            used: 100 * MB,
            peak: 110 * MB,
            resident: 105 * MB,
            allocator: Allocated {
                allocated: 100 * MB,
                active: 101 * MB,
                resident: 103 * MB,
            },
            ..MemoryUse::default()
        };
        let cases: [(&str, MemoryUse, usize); 6] = [
            ("Nothing is wrong", well, 1),
            ("Nothing can be said", MemoryUse { used: MB, ..well }, 1),
            (
                "Peak memory",
                MemoryUse {
                    peak: 151 * MB,
                    ..well
                },
                1,
            ),
            (
                "High total RSS",
                MemoryUse {
                    resident: 141 * MB,
                    ..well
                },
                1,
            ),
            (
                "High process RSS",
                MemoryUse {
                    resident: 120 * MB,
                    ..well
                },
                1,
            ),
            (
                "Big client buffers",
                MemoryUse {
                    clients: 30 * MB,
                    ..well
                },
                100,
            ),
        ];
        for (finding, memory, clients) in cases {
            let text = diagnosis(&memory, clients);
            assert!(text.contains(finding), "{finding}: {text}");
        }
    }
}
