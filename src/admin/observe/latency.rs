//! LATENCY: how long commands take, and what kept everybody waiting.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::{AdminCall, help};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::observe::histogram::Histogram;
use crate::observe::latency::{Series, graph as drawn};
use crate::server::Server;
use crate::server::table::CommandId;

type Reply = Result<(), CommandError>;

/// LATENCY HISTOGRAM [command …]
pub(in crate::admin) fn histogram(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let table = &server.table;
    let mut wanted: Vec<CommandId> = Vec::new();
    if args.left() == 0 {
        wanted.extend(table.iter().map(|command| command.id));
    }
    while args.left() > 0 {
        if let Some(command) = table.find_full(args.bytes()?) {
            let all = std::iter::once(&command.id).chain(&command.subcommands);
            wanted.extend(all);
        }
    }
    let shown: Vec<(&str, &Histogram)> = wanted
        .iter()
        .filter_map(|id| {
            let times = server.metrics.times(usize::from(id.0))?;
            Some((&*table.get(*id).name, times))
        })
        .collect();
    let reply = &mut *call.reply;
    reply.map(shown.len());
    for (name, times) in shown {
        reply.bulk(name.as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.int(times.total().cast_signed());
        reply.bulk(b"histogram_usec");
        let steps = times.cumulated();
        reply.map(steps.len());
        for (us, count) in steps {
            reply.int(us.cast_signed());
            reply.int(count.cast_signed());
        }
    }
    Ok(())
}

/// LATENCY LATEST
pub(in crate::admin) fn latest(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    let delays = server.observing.delays.iter();
    call.reply.array(delays.len());
    for (event, series) in delays {
        call.reply.array(4);
        call.reply.bulk(event.as_bytes());
        let last = series.samples().last();
        call.reply.int(last.map_or(0, |sample| sample.at));
        call.reply
            .int(last.map_or(0, |sample| sample.ms.cast_signed()));
        call.reply.int(series.worst_ms.cast_signed());
    }
    Ok(())
}

/// LATENCY HISTORY event
pub(in crate::admin) fn history(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let series = server.observing.delays.get(args.bytes()?);
    let samples = series.map_or(&[][..], Series::samples);
    call.reply.array(samples.len());
    for sample in samples {
        call.reply.array(2);
        call.reply.int(sample.at);
        call.reply.int(sample.ms.cast_signed());
    }
    Ok(())
}

/// LATENCY RESET [event …]
pub(in crate::admin) fn reset(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let delays = &mut server.observing.delays;
    let mut count = 0;
    if args.left() == 0 {
        count = delays.clear();
    }
    while args.left() > 0 {
        count += usize::from(delays.remove(args.bytes()?));
    }
    call.reply.count(count);
    Ok(())
}

/// LATENCY GRAPH event
pub(in crate::admin) fn graph(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let event = args.bytes()?;
    let Some(series) = server.observing.delays.get(event) else {
        return Err(CommandError::no_samples(event));
    };
    let event = String::from_utf8_lossy(event);
    let text = drawn(&event, series, server.now.ms().seconds());
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// LATENCY DOCTOR
pub(in crate::admin) fn doctor(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    call.reply.verbatim(b"txt", report(server).as_bytes());
    Ok(())
}

/// What the doctor has to say: of each event what its samples tell, and what helps against it.
fn report(server: &Server) -> String {
    if server.config.latency_monitor_threshold == 0 {
        return "Latency monitoring is disabled, so there is nothing to report. Set \
                latency-monitor-threshold to the milliseconds of delay that matter to you \
                (CONFIG SET latency-monitor-threshold 100) and ask again later.\n"
            .into();
    }
    let delays = &server.observing.delays;
    if delays.iter().len() == 0 {
        return format!(
            "No event took {} milliseconds or longer. All is well.\n",
            server.config.latency_monitor_threshold
        );
    }
    let mut text = String::from("These events took long:\n\n");
    let mut advice: BTreeSet<&str> = BTreeSet::new();
    for (number, (event, series)) in delays.iter().enumerate() {
        let Some(summary) = series.summary() else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}. {event}: {} spikes (average {} ms, mean deviation {} ms, one every {:.2} s). \
             Worst of all time: {} ms.",
            number + 1,
            summary.count,
            summary.mean_ms,
            summary.deviation_ms,
            summary.period_s,
            series.worst_ms,
        );
        advice.extend(advice_on(event));
    }
    if !advice.is_empty() {
        text.push_str("\nWhat may help:\n\n");
        for line in advice {
            let _ = writeln!(text, "- {line}");
        }
    }
    text
}

/// What to do about an event.
fn advice_on(event: &str) -> &'static [&'static str] {
    match event {
        "command" => &[
            "Look at SLOWLOG GET for the slow commands; INFO commandstats shows where the time goes.",
            "Read large values in parts: SCAN and its kin, ranges, COUNT.",
        ],
        "fast-command" => &[
            "A fast command was slow: the machine itself may be. Look for swapping, for busy \
             neighbours of a virtual machine (redis-cli --intrinsic-latency), for CPU limits.",
        ],
        "aof-fsync-always"
        | "aof-write"
        | "aof-write-pending-fsync"
        | "aof-write-alone"
        | "aof-write-active-child" => &[
            "The disk is slow to take the log: use a faster one, or appendfsync everysec, or \
             no-appendfsync-on-rewrite yes.",
        ],
        "expire-cycle" => &[
            "Many keys reach their deadline at once: spread deadlines, or lower \
             active-expire-effort.",
        ],
        "eviction-cycle" | "eviction-del" => &[
            "Keys are evicted all the time: raise maxmemory, or let the machine have more memory.",
        ],
        _ => &[],
    }
}

pub(in crate::admin) fn help(
    _server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Reply {
    help::write(call.reply, "LATENCY", HELP);
    Ok(())
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    What the samples tell, in words, and what may help.",
    "GRAPH <event>",
    "    The samples of an event as a drawing.",
    "HISTOGRAM [<command> ...]",
    "    For each of these commands (all that were called, unless named) how many calls",
    "    took no longer than each power of two, in microseconds.",
    "HISTORY <event>",
    "    The samples of an event: time and milliseconds.",
    "LATEST",
    "    Of every event the name, time and milliseconds of the last sample, and the worst",
    "    of all time.",
    "RESET [<event> ...]",
    "    Forget these events, or all of them; how many there were.",
];
