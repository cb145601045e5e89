//! What was found in a log, in words and as JSON.

use std::fmt::Write;
use std::path::Path;

use super::{Advice, count, of};
use crate::check::Verdict;
use crate::check::log::{Fault, FileFound, Found, Role, Target};
use crate::check::mend::{self, Cut};
use crate::ds::iso_time;
use crate::ds::json;
use crate::persist::dump::Checksum;

/// What the files of a log hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub files: u64,
    pub bytes: u64,
    pub keys: u64,
    pub commands: u64,
    pub transactions: u64,
    pub flushes: u64,
}

/// Adds up the files.
pub fn totals(found: &Found) -> Totals {
    let mut totals = Totals::default();
    for file in &found.files {
        totals.files += 1;
        totals.bytes += file.bytes;
        let snapshot = file.snapshot.as_ref();
        totals.keys += snapshot.map_or(0, |snapshot| snapshot.tally.total().keys);
        totals.commands += file.commands;
        totals.transactions += file.transactions;
        totals.flushes += file.checked.flushes;
    }
    totals
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}

fn target_path(target: &Target) -> &Path {
    match target {
        Target::Manifest(path) | Target::File(path, _) => path,
    }
}

/// The whole report.
pub fn text(found: &Found) -> String {
    let mut text = format!("{}\n", target_path(&found.target).display());
    for file in &found.files {
        file_text(file, &mut text);
    }
    for (what, paths, why) in [
        ("history", &found.history, "no longer needed"),
        ("other", &found.strangers, "the manifest does not name it"),
    ] {
        for path in paths {
            let name = name_of(path);
            let _ = writeln!(text, "  {what:<12} {name}: {why}, not read");
        }
    }
    let totals = totals(found);
    let _ = writeln!(
        text,
        "Together: {}, {}, {}, {}, {}, {}",
        of(totals.files, "file", "files"),
        of(totals.bytes, "byte", "bytes"),
        of(totals.keys, "key", "keys"),
        of(totals.commands, "command", "commands"),
        of(totals.transactions, "transaction", "transactions"),
        of(totals.flushes, "checked flush", "checked flushes"),
    );
    let _ = writeln!(text, "Result: {}", found.verdict());
    if let Some(advice) = advice(found) {
        text.push_str(&advice.text());
    }
    text
}

fn file_text(file: &FileFound, text: &mut String) {
    let mut holds = vec![of(file.bytes, "byte", "bytes")];
    if let Some(snapshot) = &file.snapshot {
        let keys = snapshot.tally.total().keys;
        holds.push(format!("{}, {}", snapshot.format, of(keys, "key", "keys")));
        holds.extend(snapshot.checksum.map(|checksum| {
            match checksum {
                Checksum::Holds => "its checksum holds",
                Checksum::Missing => "without a checksum",
                Checksum::Differs => "its checksum does not hold",
            }
            .to_owned()
        }));
    }
    let is_log = !matches!(file.role, Role::Manifest) && file.snapshot.is_none();
    if file.commands > 0 || is_log {
        holds.push(of(file.commands, "command", "commands"));
    }
    if file.transactions > 0 {
        holds.push(of(file.transactions, "transaction", "transactions"));
    }
    if file.checked.flushes > 0 {
        holds.push(of(file.checked.flushes, "checked flush", "checked flushes"));
    } else if file.commands > 0 {
        holds.push("no checksums (as Redis writes it)".into());
    }
    if let Some((first, last)) = file.times {
        holds.push(format!(
            "from {} to {}",
            iso_time::text(first),
            iso_time::text(last)
        ));
    }
    let (role, name) = (file.role.name(), name_of(&file.path));
    let _ = writeln!(text, "  {role:<12} {name}: {}", holds.join(", "));
    if let Some(fault) = &file.fault {
        fault_text(file, fault, text);
    }
}

fn fault_text(file: &FileFound, fault: &Fault, text: &mut String) {
    let path = file.path.display();
    let (at, verdict) = (fault.at, fault.verdict);
    let _ = writeln!(text, "  {verdict}: {path} at byte {at}: {}", fault.what);
    let Some(good_bytes) = fault.good_bytes else {
        return;
    };
    let behind = match fault.behind.flushes {
        0 => "no checked flush".to_owned(),
        some => of(some, "whole checked flush", "whole checked flushes"),
    };
    let _ = writeln!(
        text,
        "  good are the first {} of {}; behind them are {}, with {behind}",
        count(good_bytes),
        of(file.bytes, "byte", "bytes"),
        of(file.bytes.saturating_sub(good_bytes), "byte", "bytes"),
    );
}

/// What is wrong first, and what that means for whoever needs the data.
pub fn advice(found: &Found) -> Option<Advice> {
    const SAVE_FIRST: &str = "copy the directory of the log before anything else";
    const BACKUP: &str = "restore the directory from a backup, or load the data from a replica";
    let verdict = found.verdict();
    let file = found.files.iter().find(|file| file.verdict() == verdict)?;
    let cut = mend::to_good(found);
    let can_cut = matches!(cut, Ok(Some(_)));
    Some(match (verdict, file.role) {
        (Verdict::Fine, _) => return None,
        (Verdict::Torn, _) => Advice::new(
            "the log ends as a crash (or a full disk) leaves it. What is missing was being \
             written; under appendfsync always no client had an answer for it, under everysec it \
             is at most the last second or two. If a server is writing to this log right now, \
             its end is simply not written yet.",
            &[
                "start the server: it cuts the end off by itself (aof-load-truncated yes, the \
                 default)",
                "aof-check --fix cuts it now and keeps a copy of what it cuts",
            ],
        ),
        (Verdict::Refused, _) => Advice::new(
            "nothing says that bytes were changed, but there is something here that this server \
             cannot load, and it would refuse to start. It may have been written by another \
             server, a newer one, or one with modules.",
            &["load it with the server that wrote it, and move the data from there"],
        ),
        (Verdict::Damaged, Role::Manifest) => Advice::new(
            "the list of the log's files cannot be read; the files themselves may be all right.",
            &[
                "write the manifest anew: a line `file NAME seq N type b` for the base and one \
                 `file NAME seq N type i` for each incremental, in their order; then check again",
                BACKUP,
            ],
        ),
        (Verdict::Damaged, Role::Base) => Advice::new(
            "the base holds all that was before the incrementals, and without it they are of no \
             use. The server will not start.",
            &[
                SAVE_FIRST,
                BACKUP,
                "rdb-check FILE shows what of the base can be read, and its \
             --salvage saves the good blocks of one in Ruddle's own format",
            ],
        ),
        (Verdict::Damaged, _) if can_cut => Advice::new(
            "bytes that had been on the disk are not what was written: a failing disk or memory, \
             or another program wrote here. The server will not start. Cutting here loses all \
             that was done afterwards.",
            &[
                SAVE_FIRST,
                BACKUP,
                "aof-check --fix gives up what stands behind the damage and keeps a copy of it",
            ],
        ),
        (Verdict::Damaged, _) => Advice::new(
            "the damage is not at the end of the log: other files follow, which build on what \
             stood here. The server will not start, and cutting would not help.",
            &[SAVE_FIRST, BACKUP],
        ),
    })
}

/// What a cut does, for whoever must agree to it.
pub fn cut_text(cut: &Cut) -> String {
    let mut text = format!(
        "{}: cutting at byte {} takes {} of {} away",
        cut.path.display(),
        cut.at,
        of(cut.bytes(), "byte", "bytes"),
        count(cut.file_bytes)
    );
    if cut.lost.flushes > 0 {
        let _ = write!(
            text,
            ", and with them {} that are whole",
            of(cut.lost.flushes, "checked flush", "checked flushes")
        );
    }
    text.push('.');
    text
}

/// The whole report as one object.
pub fn json(found: &Found, cut: Option<(&Cut, &Path)>) -> String {
    json::object(|o| {
        o.text("target", &target_path(&found.target).to_string_lossy());
        o.text("result", &found.verdict().to_string());
        o.list("files", |l| {
            for file in &found.files {
                l.object(|o| file_json(file, o));
            }
        });
        for (name, paths) in [("history", &found.history), ("others", &found.strangers)] {
            o.list(name, |l| {
                for path in paths {
                    l.text(&path.to_string_lossy());
                }
            });
        }
        let totals = totals(found);
        o.number("bytes", totals.bytes);
        o.number("keys", totals.keys);
        o.number("commands", totals.commands);
        o.number("transactions", totals.transactions);
        o.number("flushes", totals.flushes);
        if let Some(advice) = advice(found) {
            o.text("means", &advice.means);
            o.list("to_do", |l| {
                for line in &advice.to_do {
                    l.text(line);
                }
            });
        }
        if let Some((cut, copy)) = cut {
            o.object("cut", |o| {
                o.text("file", &cut.path.to_string_lossy());
                o.number("offset", cut.at);
                o.number("bytes", cut.bytes());
                o.text("copy", &copy.to_string_lossy());
            });
        }
    })
}

fn file_json(file: &FileFound, o: &mut json::Object<'_>) {
    o.text("file", &file.path.to_string_lossy());
    o.text("role", file.role.name());
    o.text("result", &file.verdict().to_string());
    o.number("bytes", file.bytes);
    if let Some(snapshot) = &file.snapshot {
        o.object("snapshot", |o| super::snapshot::facts(snapshot, o));
    }
    o.number("commands", file.commands);
    o.number("transactions", file.transactions);
    o.number("flushes", file.checked.flushes);
    o.number("checked_bytes", file.checked.bytes);
    o.maybe("first_time", file.times.map(|(first, _)| first));
    o.maybe("last_time", file.times.map(|(_, last)| last));
    if let Some(fault) = &file.fault {
        o.object("fault", |o| {
            o.number("offset", fault.at);
            o.text("what", &fault.what);
            o.maybe("good_bytes", fault.good_bytes);
            o.number("flushes_behind", fault.behind.flushes);
            o.number("bytes_behind", fault.behind.bytes);
        });
    }
}
