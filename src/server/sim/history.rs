//! What the data were, moment by moment, and what was promised of them.
//!
//! A moment is a set of rows, one for each element of each value, of which only hashes are kept.
//! Rows have deadlines: keys and fields past theirs may be there or not, whatever the server does,
//! so two moments are compared as of a time, without what was due by then.

use std::fmt::Write;
use std::rc::Rc;

use siphasher::sip::SipHasher13;

use crate::keyspace::{Entry, Keyspace};
use crate::sys::clock::UnixMs;
use crate::value::Value;
use crate::value::stream::{Stream, StreamId};

/// The data at one moment.
#[derive(Debug, Default)]
pub(in crate::server) struct Moment {
    /// The sum of the hashes of rows without deadline: their order does not matter.
    lasting: u64,
    /// The other rows, in order.
    passing: Vec<(UnixMs, u64)>,
    /// When it began, in seconds since 1970.
    pub(super) second: i64,
    /// The rows as text, with their deadlines, if they are to be shown.
    pub(super) rows: Option<Vec<(Option<UnixMs>, String)>>,
}

impl Moment {
    /// No data; `explained`: to be shown.
    pub(super) fn nothing(explained: bool) -> Moment {
        Moment {
            rows: explained.then(Vec::new),
            ..Moment::default()
        }
    }

    /// The data of all databases.
    pub(super) fn of(keyspace: &mut Keyspace, dbs: usize, explained: bool) -> Moment {
        let mut moment = Moment::nothing(explained);
        for db in 0..dbs {
            let mut view = keyspace.view(db, UnixMs(0));
            view.for_each(|entry| moment.add_entry(db, entry));
        }
        moment.passing.sort_unstable();
        moment
    }

    /// Whether nothing at all differs.
    pub(super) fn is(&self, other: &Moment) -> bool {
        (self.lasting, &self.passing) == (other.lasting, &other.passing)
    }

    /// What is there at `now`, in one number.
    pub(super) fn digest(&self, now: UnixMs) -> u64 {
        let passing = self.passing.iter().filter(|(deadline, _)| *deadline > now);
        passing.fold(self.lasting, |sum, (_, hash)| sum.wrapping_add(*hash))
    }

    /// How the rows there at `now` differ from those of `other`.
    pub(super) fn difference(&self, other: &Moment, now: UnixMs) -> String {
        let (ours, theirs) = (self.texts(now), other.texts(now));
        let mut told = String::new();
        for row in ours.iter().filter(|row| !theirs.contains(row)) {
            let _ = writeln!(told, "    + {row}");
        }
        for row in theirs.iter().filter(|row| !ours.contains(row)) {
            let _ = writeln!(told, "    - {row}");
        }
        told
    }

    fn texts(&self, now: UnixMs) -> Vec<&str> {
        let rows = self.rows.iter().flatten();
        let live = rows.filter(|(deadline, _)| deadline.is_none_or(|it| it > now));
        live.map(|(_, text)| text.as_str()).collect()
    }

    fn add_entry(&mut self, db: usize, entry: Entry<'_>) {
        let mut row = Row {
            moment: self,
            text: format!("{db} {} ", entry.key().escape_ascii()).into_bytes(),
            deadline: entry.deadline(),
        };
        if let Some(deadline) = row.deadline {
            row.text.extend(format!("(until {}) ", deadline.0).bytes());
        }
        let digits = &mut itoa::Buffer::new();
        match entry.value() {
            Value::String(string) => row.add(&[b"string", &string.to_cow()]),
            Value::List(list) => list.elements().enumerate().for_each(|(index, element)| {
                row.add(&[format!("list[{index}]").as_bytes(), element.text(digits)]);
            }),
            Value::Set(set) => set.for_each(|item| row.add(&[b"set", item.text(digits)])),
            Value::Hash(hash) => hash.for_each(UnixMs(i64::MIN), |pair| {
                let (field, value) = (pair.field.to_cow(), pair.value.to_cow());
                row.add_until(pair.deadline, &[b"hash", &field, &value]);
            }),
            Value::Zset(zset) => zset.iter().for_each(|(member, score)| {
                let score = score.to_bits().to_string();
                row.add(&[b"zset", member.text(digits), score.as_bytes()]);
            }),
            Value::Stream(stream) => add_stream(&mut row, stream),
        }
    }
}

fn add_stream(row: &mut Row<'_>, stream: &Stream) {
    row.add(&[format!("stream {:?}", stream.marks()).as_bytes()]);
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let words: Vec<_> = entry
            .words()
            .map(|word| word.text(&mut itoa::Buffer::new()).to_vec())
            .collect();
        row.add(&[
            format!("entry {:?}", entry.id).as_bytes(),
            &words.join(&b' '),
        ]);
    }
    for (name, group) in stream.groups().iter() {
        let (last, read) = (group.last_id, group.entries_read);
        row.add(&[b"group", name, format!("{last:?} {read:?}").as_bytes()]);
        for (id, pending) in group.pending().iter() {
            row.add(&[b"pending", name, format!("{id:?} {pending:?}").as_bytes()]);
        }
        for (consumer, _) in group.consumers().iter() {
            row.add(&[b"consumer", name, consumer]);
        }
    }
}

/// A row of one key in the making.
struct Row<'a> {
    moment: &'a mut Moment,
    /// How all of the key's rows begin.
    text: Vec<u8>,
    deadline: Option<UnixMs>,
}

impl Row<'_> {
    fn add(&mut self, words: &[&[u8]]) {
        self.add_until(None, words);
    }

    fn add_until(&mut self, deadline: Option<UnixMs>, words: &[&[u8]]) {
        let begin = self.text.len();
        for word in words {
            self.text.extend_from_slice(word);
            self.text.push(b' ');
        }
        if let Some(deadline) = deadline {
            let text = format!("(field until {})", deadline.0);
            self.text.extend_from_slice(text.as_bytes());
        }
        let hash = SipHasher13::new().hash(&self.text);
        let first = self.deadline.into_iter().chain(deadline).min();
        match first {
            Some(first) => self.moment.passing.push((first, hash)),
            None => self.moment.lasting = self.moment.lasting.wrapping_add(hash),
        }
        if let Some(rows) = &mut self.moment.rows {
            rows.push((first, self.text.escape_ascii().to_string()));
        }
        self.text.truncate(begin);
    }
}

/// What was promised so far, as places in the history of moments.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    /// After a power failure this moment is there, or a later one.
    pub(super) power: usize,
    /// After a kill likewise.
    pub(super) kill: usize,
    /// Without a log: the snapshot holds one of these.
    pub(super) saves: Vec<Rc<Moment>>,
}
