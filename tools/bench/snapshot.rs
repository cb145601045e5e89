//! What clients feel while a snapshot is written or the log rewritten, what memory that takes, and
//! how much CPU time.
//!
//! Each round is two of them. Beside the first, requests come at a fixed rate, half GET, half SET
//! (`open_loop`); when it is over they go on for as long again: the control, which shows what the
//! machine adds by itself. CPU time is that of all threads and of children, less what the control
//! took. Beside the second, under the same load, memory is looked at often; that disturbs, so the
//! latencies of the second count for nothing.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::failure::{Failure, Result};
use crate::open_loop::{OpenLoop, Plan, Span};
use crate::options::Options;
use crate::process;
use crate::records;
use crate::report::{Cell, Row, Section};
use crate::server::{Server, Setup};
use crate::stats::median;

const ASK_EVERY: Duration = Duration::from_millis(20);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// What happens so long after the end belongs to it.
const TAIL: Duration = Duration::from_millis(200);
/// Longer than this no snapshot takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is written.
struct Kind {
    scenario: &'static str,
    command: &'static str,
    /// The fields of INFO that tell whether it is under way, and whether the last one went well.
    under_way: &'static str,
    status: &'static str,
    arguments: &'static str,
}

const SAVE: Kind = Kind {
    scenario: "save",
    command: "BGSAVE",
    under_way: "rdb_bgsave_in_progress",
    status: "rdb_last_bgsave_status",
    arguments: "",
};

const REWRITE: Kind = Kind {
    scenario: "rewrite",
    command: "BGREWRITEAOF",
    under_way: "aof_rewrite_in_progress",
    status: "aof_last_bgrewrite_status",
    arguments: "--appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0",
};

/// Snapshots of the data.
pub(crate) fn save(options: &Options) -> Result<Section> {
    run(options, &SAVE)
}

/// Rewrites of the log.
pub(crate) fn rewrite(options: &Options) -> Result<Section> {
    run(options, &REWRITE)
}

/// What one round found.
struct Found {
    seconds: f64,
    during: Span,
    control: Span,
    cpu_seconds: f64,
    grown: f64,
}

fn run(options: &Options, kind: &Kind) -> Result<Section> {
    let sizes = &options.persistence;
    let setup = Setup {
        arguments: kind.arguments.to_owned(),
        ..Setup::default()
    };
    let mut servers = Vec::new();
    for recipe in &options.servers {
        let server = recipe.start_as(options, &setup)?;
        records::fill(&server, sizes.keys, sizes.value_bytes)?;
        servers.push(server);
    }
    let mut found: Vec<Vec<Found>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..sizes.rounds {
        for (server, found) in servers.iter().zip(&mut found) {
            sleep(options.settle / 3);
            found.push(round(options, kind, server)?);
        }
    }
    let rows = servers.iter().enumerate();
    let rows = rows.map(|(of, server)| row(&server.name, &found[of], (of > 0).then(|| &found[0])));
    Ok(Section {
        scenario: kind.scenario,
        what: format!(
            "{} of {} keys with values of {} bytes beside {} requests/s (open loop, half GET, \
             half SET): milliseconds, and the same for the control; the growth of memory; CPU \
             seconds beyond those of the control; medians of {} rounds, answers later than 5 ms \
             of all",
            kind.command, sizes.keys, sizes.value_bytes, sizes.per_second, sizes.rounds
        ),
        rows: rows.collect(),
    })
}

fn round(options: &Options, kind: &Kind, server: &Server) -> Result<Found> {
    let sizes = &options.persistence;
    let plan = Plan {
        per_second: sizes.per_second,
        connections: options.connections,
        keys: sizes.keys,
        value_bytes: sizes.value_bytes,
    };
    let mut client = server.client()?;
    let load = OpenLoop::start(server.port, plan)?;
    sleep(options.settle / 3);
    let (from, cpu_before) = (Instant::now(), cpu_ns(server)?);
    begin(kind, &mut client)?;
    while is_under_way(kind, &mut client, from)? {
        sleep(ASK_EVERY);
    }
    let seconds = from.elapsed().as_secs_f64();
    sleep(TAIL);
    let (to, cpu_after) = (Instant::now(), cpu_ns(server)?);
    sleep(options.settle / 3);
    let (control_from, control_before) = (Instant::now(), cpu_ns(server)?);
    while control_from.elapsed() < to - from {
        is_under_way(kind, &mut client, control_from)?;
        sleep(ASK_EVERY);
    }
    let (control_to, control_after) = (Instant::now(), cpu_ns(server)?);
    let course = load.finish()?;
    let of_load = (control_after - control_before) as f64
        * ((to - from).as_secs_f64() / (control_to - control_from).as_secs_f64());
    Ok(Found {
        seconds,
        during: course.between(from, to),
        control: course.between(control_from, control_to),
        cpu_seconds: ((cpu_after - cpu_before) as f64 - of_load) / 1e9,
        grown: growth(options, kind, server, plan)?,
    })
}

/// By how much memory grows at the most, as a part of what it was.
fn growth(options: &Options, kind: &Kind, server: &Server, plan: Plan) -> Result<f64> {
    let mut client = server.client()?;
    let load = OpenLoop::start(server.port, plan)?;
    sleep(options.settle / 3);
    let before = process::rss_with_children_bytes(server.pid)?;
    let start = Instant::now();
    begin(kind, &mut client)?;
    let mut most = before;
    while is_under_way(kind, &mut client, start)? {
        most = most.max(process::rss_with_children_bytes(server.pid)?);
        sleep(LOOK_EVERY);
    }
    most = most.max(process::rss_with_children_bytes(server.pid)?);
    load.finish()?;
    Ok(most as f64 / before as f64 - 1.0)
}

fn cpu_ns(server: &Server) -> Result<u64> {
    Ok(process::cpu_ns(server.pid)? + process::children_cpu_ns(server.pid)?)
}

fn begin(kind: &Kind, client: &mut Client) -> Result<()> {
    match client.ask_text(kind.command)? {
        Answer::Text(_) => Ok(()),
        other => Err(Failure::new(format!("{}: {other:?}", kind.command))),
    }
}

/// Whether it goes on; a failure if the last one failed.
fn is_under_way(kind: &Kind, client: &mut Client, since: Instant) -> Result<bool> {
    let info = client.section("persistence")?;
    let field = |name: &str| {
        let lines = info.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(field, _)| *field == name);
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    if field(kind.under_way).as_deref() == Some("1") {
        return match since.elapsed() < PATIENCE {
            true => Ok(true),
            false => Err(Failure::new(format!("{} does not end", kind.command))),
        };
    }
    match field(kind.status).as_deref() {
        Some("ok") => Ok(false),
        other => Err(Failure::new(format!("{}: {other:?}", kind.command))),
    }
}

fn row(name: &str, found: &[Found], ours: Option<&Vec<Found>>) -> Row {
    let all = |figure: &dyn Fn(&Found) -> f64| -> Vec<f64> { found.iter().map(figure).collect() };
    let ms = |figure: &dyn Fn(&Found) -> u64| {
        Cell::Number(median(&all(&|found| figure(found) as f64 / 1e6)), 2)
    };
    let late = |span: fn(&Found) -> &Span| Cell::count(found.iter().map(|f| span(f).late).sum());
    let cpu = all(&|found| found.cpu_seconds);
    let ratios = ours.map(|ours| {
        let pairs = ours.iter().zip(&cpu);
        pairs.map(|(ours, theirs)| ours.cpu_seconds / theirs)
    });
    let ratio = ratios.map(|ratios| median(&ratios.collect::<Vec<_>>()));
    vec![
        ("server", Cell::Text(name.to_owned())),
        (
            "seconds",
            Cell::Number(median(&all(&|found| found.seconds)), 2),
        ),
        ("p50", ms(&|found| found.during.all.percentile(0.5))),
        ("p99", ms(&|found| found.during.all.percentile(0.99))),
        ("p99.9", ms(&|found| found.during.all.percentile(0.999))),
        ("max", ms(&|found| found.during.all.max())),
        ("over_5ms", late(|found| &found.during)),
        (
            "sender_late_max",
            ms(&|found| found.during.sender_late.max()),
        ),
        (
            "control_p99.9",
            ms(&|found| found.control.all.percentile(0.999)),
        ),
        ("control_max", ms(&|found| found.control.all.max())),
        ("control_over_5ms", late(|found| &found.control)),
        (
            "control_sender_late_max",
            ms(&|found| found.control.sender_late.max()),
        ),
        (
            "grown_%",
            Cell::Number(median(&all(&|found| found.grown * 100.0)), 1),
        ),
        ("cpu_s", Cell::Number(median(&cpu), 2)),
        ("cpu_ratio", Cell::maybe(ratio, 2)),
    ]
}
