//! What was found in a snapshot, in words and as JSON.

use std::fmt::Write;
use std::path::Path;

use super::{Advice, count, of, quoted};
use crate::check::Verdict;
use crate::check::snapshot::{Biggest, DbTally, FormTally, Format, Found, form_names, verdict_of};
use crate::ds::json;
use crate::persist::dump::Checksum;
use crate::persist::native::{Salvaged, Survey};
use crate::rdb::damage::{Damage, What};

/// What was found, or that the head of the file is wrong.
pub type Result<'f> = std::result::Result<&'f Found, &'f Damage>;

/// What the file is worth.
pub fn verdict(found: Result<'_>) -> Verdict {
    match found {
        Ok(found) => found.verdict(),
        Err(damage) => verdict_of(damage),
    }
}

/// The whole report.
pub fn text(path: &Path, found: Result<'_>) -> String {
    let path = path.display();
    let mut text = match found {
        Ok(found) => {
            let bytes = of(found.file_bytes, "byte", "bytes");
            format!("{path}: {}, {bytes}\n", found.format)
        }
        Err(_) => format!("{path}\n"),
    };
    let damage = match found {
        Ok(found) => {
            content(found, &mut text);
            found.damage.as_ref()
        }
        Err(damage) => Some(damage),
    };
    if let Some(damage) = damage {
        let _ = writeln!(text, "{}: {path} {damage}", verdict(found));
    }
    if let Ok(Found {
        survey: Some(survey),
        ..
    }) = found
    {
        survey_text(survey, &mut text);
    }
    let _ = writeln!(text, "Result: {}", verdict(found));
    if let Some(advice) = advice(found) {
        text.push_str(&advice.text());
    }
    text
}

fn content(found: &Found, text: &mut String) {
    for (name, value) in &found.aux {
        let _ = writeln!(text, "  {} {}", quoted(name), quoted(value));
    }
    if found.functions > 0 {
        let bytes = of(found.function_bytes, "byte", "bytes");
        let libraries = of(found.functions, "library", "libraries");
        let _ = writeln!(text, "  functions: {libraries}, {bytes}");
    }
    for (db, tally) in &found.tally.dbs {
        let _ = writeln!(text, "  db {db}: {}", db_text(*tally));
    }
    if found.tally.dbs.len() > 1 {
        let _ = writeln!(text, "  together: {}", db_text(found.tally.total()));
    }
    for (kind, form) in &found.tally.forms {
        let (name, encoding) = form_names(*kind);
        let _ = writeln!(text, "  {name:<7} {encoding}: {}", form_text(*form));
    }
    for (title, biggest) in [
        ("biggest by bytes in the file", &found.tally.by_bytes),
        ("biggest by elements", &found.tally.by_elements),
    ] {
        biggest_text(title, biggest, text);
    }
    let behind = found.file_bytes.saturating_sub(found.good_bytes);
    match found.checksum {
        Some(Checksum::Holds) => text.push_str("  the checksum holds\n"),
        Some(Checksum::Missing) => text.push_str(
            "  written without a checksum (rdbchecksum no, or before version 5): only its \
             structure was checked\n",
        ),
        Some(Checksum::Differs) => text.push_str("  the checksum does not hold\n"),
        None => {}
    }
    if found.damage.is_none() && behind > 0 {
        let _ = writeln!(
            text,
            "  {} behind the end of the snapshot: commands, if it is the base of an old log \
             (aof-check reads them)",
            of(behind, "byte", "bytes")
        );
    }
}

/// So many lost blocks are named.
const LOST_MAX: usize = 20;

/// What of a damaged file is good, and what is lost.
fn survey_text(survey: &Survey, text: &mut String) {
    lost_text(&survey.lost, text);
    let blocks = of(survey.good.len() as u64, "block is", "blocks are");
    let keys = of(survey.keys(), "key", "keys");
    let _ = match survey.totals {
        Some(totals) => writeln!(
            text,
            "  {blocks} good, with {keys} of {}",
            count(totals.keys)
        ),
        None => writeln!(text, "  {blocks} good, with {keys}"),
    };
}

fn lost_text(lost: &[Damage], text: &mut String) {
    for damage in lost.iter().take(LOST_MAX) {
        let _ = writeln!(text, "  lost: {damage}");
    }
    if lost.len() > LOST_MAX {
        let _ = writeln!(text, "  and {} more", count((lost.len() - LOST_MAX) as u64));
    }
}

/// What came of saving the good blocks in a new file.
pub fn salvaged_text(to: &Path, salvaged: &Salvaged) -> String {
    let mut text = String::new();
    lost_text(&salvaged.lost, &mut text);
    let blocks = of(salvaged.blocks, "good block", "good blocks");
    let keys = of(salvaged.keys, "key", "keys");
    let before = match salvaged.keys_before {
        Some(keys) => format!(" of {}", count(keys)),
        None => String::new(),
    };
    let to = to.display();
    let _ = writeln!(text, "{to}: {blocks} with {keys}{before} are saved here");
    text
}

fn db_text(tally: DbTally) -> String {
    format!(
        "{}, {} with a deadline, {} expired, {}",
        of(tally.keys, "key", "keys"),
        count(tally.with_deadline),
        count(tally.expired),
        of(tally.bytes, "byte", "bytes")
    )
}

fn form_text(form: FormTally) -> String {
    let (keys, bytes) = (
        of(form.keys, "key", "keys"),
        of(form.bytes, "byte", "bytes"),
    );
    match form.elements {
        0 => format!("{keys}, {bytes}"),
        some => format!("{keys}, {}, {bytes}", of(some, "element", "elements")),
    }
}

fn biggest_text(title: &str, biggest: &Biggest, text: &mut String) {
    let all = biggest.in_order();
    if all.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {title}:");
    for big in all {
        let (kind, encoding) = form_names(big.kind);
        let _ = writeln!(
            text,
            "    {:>14}  db {} {} {kind} ({encoding})",
            count(big.measure),
            big.db,
            quoted(&big.key)
        );
    }
}

/// What what is wrong means for whoever needs the data.
pub fn advice(found: Result<'_>) -> Option<Advice> {
    let damage = match found {
        Ok(found) => found.damage.as_ref(),
        Err(damage) => Some(damage),
    };
    let what = damage.map(|damage| &damage.what);
    Some(match (verdict(found), what) {
        (Verdict::Fine, _) => return None,
        (Verdict::Refused, _) => Advice::new(
            "nothing says that bytes were changed, but there is something here that this server \
             cannot load. It may be of a newer server, or of a module.",
            &["load it with the server that wrote it, and move the data from there"],
        ),
        _ if is_native(found) => Advice::new(
            "bytes are not what was written: a failing disk or memory, a copy in part, or another \
             program wrote here. The server will not load the file. Each block has a checksum of \
             its own: what is in the good ones can be trusted.",
            &[
                "restore it from a backup, or take the snapshot of a replica",
                "rdb-check --salvage NEW FILE saves the good blocks in a new file, which the \
                 server loads; what was in the others is missing there",
            ],
        ),
        (_, Some(What::Ended)) => Advice::new(
            "the file ends too early: it was copied or written in part (a full disk?). The server \
             will not load it.",
            &[
                "look for a whole copy: a backup, the snapshot of a replica",
                "rdb-check --print shows the keys that stand before the end",
            ],
        ),
        _ => Advice::new(
            "bytes are not what was written: a failing disk or memory, or another program wrote \
             here. The server will not load the file.",
            &[
                "restore it from a backup, or take the snapshot of a replica",
                "rdb-check --print shows the keys that stand before the damage; do not trust them \
                 blindly, the checksum of an RDB file covers all of it or nothing",
            ],
        ),
    })
}

fn is_native(found: Result<'_>) -> bool {
    found.is_ok_and(|found| found.format == Format::Native)
}

/// The whole report as one object.
pub fn json(path: &Path, found: Result<'_>) -> String {
    json::object(|o| {
        o.text("file", &path.to_string_lossy());
        o.text("result", &verdict(found).to_string());
        match found {
            Ok(found) => facts(found, o),
            Err(damage) => damage_json(damage, o),
        }
        if let Some(advice) = advice(found) {
            o.text("means", &advice.means);
            o.list("to_do", |l| {
                for line in &advice.to_do {
                    l.text(line);
                }
            });
        }
    })
}

fn damage_json(damage: &Damage, o: &mut json::Object<'_>) {
    o.object("fault", |o| {
        o.number("offset", damage.at);
        o.text("what", &damage.what.to_string());
    });
}

/// What a file holds, as members of an object.
pub fn facts(found: &Found, o: &mut json::Object<'_>) {
    o.text("format", &found.format.to_string());
    o.number("bytes", found.file_bytes);
    o.number("good_bytes", found.good_bytes);
    if let Some(checksum) = found.checksum {
        o.text(
            "checksum",
            match checksum {
                Checksum::Holds => "holds",
                Checksum::Missing => "none",
                Checksum::Differs => "differs",
            },
        );
    }
    o.list("aux", |l| {
        for (name, value) in &found.aux {
            l.list(|l| {
                l.bytes(name);
                l.bytes(value);
            });
        }
    });
    o.number("functions", found.functions);
    o.object("keys", |o| tally_json(found.tally.total(), o));
    o.list("databases", |l| {
        for (db, tally) in &found.tally.dbs {
            l.object(|o| {
                o.number("db", *db as u64);
                tally_json(*tally, o);
            });
        }
    });
    o.list("forms", |l| {
        for (kind, form) in &found.tally.forms {
            let (name, encoding) = form_names(*kind);
            l.object(|o| {
                o.text("type", name);
                o.text("encoding", encoding);
                o.number("keys", form.keys);
                o.number("elements", form.elements);
                o.number("bytes", form.bytes);
            });
        }
    });
    for (name, biggest) in [
        ("biggest_by_bytes", &found.tally.by_bytes),
        ("biggest_by_elements", &found.tally.by_elements),
    ] {
        o.list(name, |l| biggest_json(biggest, l));
    }
    if let Some(damage) = &found.damage {
        damage_json(damage, o);
    }
    if let Some(survey) = &found.survey {
        o.number("good_blocks", survey.good.len() as u64);
        o.number("good_keys", survey.keys());
        o.maybe("keys_before", survey.totals.map(|totals| totals.keys));
        o.list("lost", |l| {
            for damage in &survey.lost {
                l.object(|o| damage_json(damage, o));
            }
        });
    }
}

fn tally_json(tally: DbTally, o: &mut json::Object<'_>) {
    o.number("keys", tally.keys);
    o.number("with_deadline", tally.with_deadline);
    o.number("expired", tally.expired);
    o.number("bytes", tally.bytes);
}

fn biggest_json(biggest: &Biggest, l: &mut json::List<'_>) {
    for big in biggest.in_order() {
        let (kind, encoding) = form_names(big.kind);
        l.object(|o| {
            o.number("db", big.db as u64);
            o.bytes("key", &big.key);
            o.text("type", kind);
            o.text("encoding", encoding);
            o.number("bytes", big.bytes);
            o.number("elements", big.elements);
        });
    }
}
