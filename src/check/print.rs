//! Shows the keys of a snapshot with their values, as text for people or a line of JSON each.

use std::io::{self, Write};

use super::report::{of, quoted};
use super::snapshot::{elements_of, form_names, value_of};
use crate::ds::iso_time;
use crate::ds::json;
use crate::ds::number::DoubleText;
use crate::persist::dump::Record;
use crate::sys::clock::UnixMs;
use crate::value::Value;
use crate::value::stream::{Stream, StreamId};

/// No field of a hash is past its deadline then: all are shown.
const BEFORE_ALL: UnixMs = UnixMs(i64::MIN);

fn moment(moment: UnixMs) -> String {
    format!(
        "{} ({} ms)",
        iso_time::text(moment.0.div_euclid(1000)),
        moment.0
    )
}

/// Writes a key and its value: a line for the key, then an indented one for each element.
///
/// # Errors
/// As the output has them.
pub fn text(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let (kind, encoding) = form_names(record.kind);
    write!(
        out,
        "db {} {} {kind} ({encoding}), {} bytes at byte {}",
        record.db,
        quoted(&record.key),
        record.bytes,
        record.at
    )?;
    if !matches!(value_of(record), Some(Value::String(_))) {
        let elements = of(elements_of(record), "element", "elements");
        write!(out, ", {elements}")?;
    }
    if let Some(deadline) = record.deadline {
        write!(out, ", expires {}", moment(deadline))?;
    }
    writeln!(out)?;
    match value_of(record) {
        Some(value) => value_text(value, out),
        None => Ok(()),
    }
}

fn value_text(value: Value<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut result = Ok(());
    // Once a line could not be written, no other is.
    let mut line = |text: String| {
        if result.is_ok() {
            result = writeln!(out, "    {text}");
        }
    };
    let digits = &mut itoa::Buffer::new();
    match value {
        Value::String(text) => line(quoted(&text.to_cow())),
        Value::List(list) => {
            for element in list.elements() {
                line(quoted(element.text(digits)));
            }
        }
        Value::Set(set) => set.for_each(|item| line(quoted(item.text(&mut itoa::Buffer::new())))),
        Value::Hash(hash) => hash.for_each(BEFORE_ALL, |pair| {
            let (field, value) = (quoted(&pair.field.to_cow()), quoted(&pair.value.to_cow()));
            match pair.deadline {
                Some(deadline) => line(format!("{field} {value}, expires {}", moment(deadline))),
                None => line(format!("{field} {value}")),
            }
        }),
        Value::Zset(zset) => {
            for (member, score) in zset.iter() {
                let member = quoted(member.text(digits));
                line(format!("{} {member}", score_text(score)));
            }
        }
        Value::Stream(stream) => stream_text(stream, &mut line),
    }
    result
}

fn score_text(score: f64) -> String {
    String::from_utf8_lossy(DoubleText::new(score).as_bytes()).into_owned()
}

fn id_text(id: StreamId) -> String {
    String::from_utf8_lossy(id.text().as_ref()).into_owned()
}

fn stream_text(stream: &Stream, line: &mut impl FnMut(String)) {
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let words = entry.words();
        let words: Vec<String> = words
            .map(|word| quoted(word.text(&mut itoa::Buffer::new())))
            .collect();
        line(format!("{} {}", id_text(entry.id), words.join(" ")));
    }
    let marks = stream.marks();
    line(format!(
        "last id {}, greatest deleted id {}, {} entries ever added",
        id_text(marks.last_id),
        id_text(marks.max_deleted_id),
        marks.entries_added
    ));
    for (name, group) in stream.groups().iter() {
        line(format!(
            "group {}: last id {}, {} read, {} pending",
            quoted(name),
            id_text(group.last_id),
            group
                .entries_read
                .map_or("unknown".to_owned(), |read| read.to_string()),
            group.pending().len()
        ));
        for (name, consumer) in group.consumers().iter() {
            let (name, pending) = (quoted(name), consumer.pending_len());
            line(format!("  consumer {name}: {pending} pending"));
        }
    }
}

/// A key and its value as one line of JSON.
pub fn json(record: &Record) -> String {
    let (kind, encoding) = form_names(record.kind);
    json::object(|o| {
        o.number("db", record.db as u64);
        o.bytes("key", &record.key);
        o.text("type", kind);
        o.text("encoding", encoding);
        o.number("offset", record.at);
        o.number("bytes", record.bytes);
        o.number("elements", elements_of(record));
        o.maybe("deadline_ms", record.deadline.map(|deadline| deadline.0));
        o.maybe("idle_seconds", record.idle_seconds);
        o.maybe("frequency", record.frequency);
        if let Some(value) = value_of(record) {
            value_json(value, o);
        }
    })
}

fn value_json(value: Value<'_>, o: &mut json::Object<'_>) {
    const NAME: &str = "value";
    let digits = &mut itoa::Buffer::new();
    match value {
        Value::String(text) => o.bytes(NAME, &text.to_cow()),
        Value::List(list) => o.list(NAME, |l| {
            for element in list.elements() {
                l.bytes(element.text(digits));
            }
        }),
        Value::Set(set) => o.list(NAME, |l| {
            set.for_each(|item| l.bytes(item.text(&mut itoa::Buffer::new())));
        }),
        Value::Hash(hash) => o.list(NAME, |l| {
            hash.for_each(BEFORE_ALL, |pair| {
                l.list(|l| {
                    l.bytes(&pair.field.to_cow());
                    l.bytes(&pair.value.to_cow());
                    if let Some(deadline) = pair.deadline {
                        l.number(deadline.0);
                    }
                });
            });
        }),
        Value::Zset(zset) => o.list(NAME, |l| {
            for (member, score) in zset.iter() {
                l.list(|l| {
                    l.bytes(member.text(digits));
                    l.double(score);
                });
            }
        }),
        Value::Stream(stream) => o.object(NAME, |o| stream_json(stream, o)),
    }
}

fn stream_json(stream: &Stream, o: &mut json::Object<'_>) {
    o.list("entries", |l| {
        for entry in stream.range(StreamId::MIN, StreamId::MAX) {
            l.list(|l| {
                l.text(&id_text(entry.id));
                for word in entry.words() {
                    l.bytes(word.text(&mut itoa::Buffer::new()));
                }
            });
        }
    });
    let marks = stream.marks();
    o.text("last_id", &id_text(marks.last_id));
    o.text("max_deleted_id", &id_text(marks.max_deleted_id));
    o.number("entries_added", marks.entries_added);
    o.list("groups", |l| {
        for (name, group) in stream.groups().iter() {
            l.object(|o| {
                o.bytes("name", name);
                o.text("last_id", &id_text(group.last_id));
                o.maybe("entries_read", group.entries_read);
                o.list("pending", |l| {
                    for (id, pending) in group.pending().iter() {
                        l.object(|o| {
                            o.text("id", &id_text(id));
                            o.bytes("consumer", &pending.consumer);
                            o.number("delivered_at_ms", pending.delivered_at);
                            o.number("deliveries", pending.deliveries);
                        });
                    }
                });
                o.list("consumers", |l| {
                    for (name, consumer) in group.consumers().iter() {
                        l.object(|o| {
                            o.bytes("name", name);
                            o.number("seen_at_ms", consumer.seen_at);
                            o.maybe("active_at_ms", consumer.active_at);
                        });
                    }
                });
            });
        }
    });
}
