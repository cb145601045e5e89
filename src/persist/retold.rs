//! A base of the log that is commands (`aof-use-rdb-preamble no`): those that would make the data
//! again, one key behind the other, as Redis rewrites its log.
//!
//! ```text
//! SELECT 0
//! RPUSH list a b c …       64 elements at most in each command
//! PEXPIREAT list 1795230000000
//! XADD …  XSETID …  XGROUP CREATE …  XCLAIM …
//! ```
//!
//! They stand in checked flushes (`flush`) like those of an incremental; readers of Redis's pass over
//! the lines between them. A base is read only when all of it was on disk, so each flush says that
//! all before it was: damage is never taken for the end of a crash. A flush ends between two
//! commands, so what is held in memory is the largest command: 64 elements, or one string.
//!
//! What no command can tell is lost, as in Redis: when keys and consumers were used last, and what is
//! pending of entries of streams that were deleted.

use std::io;
use std::sync::atomic::Ordering;

use super::commands::{put_head, put_text, put_word, put_words};
use super::dump::{About, Progress};
use super::flush::Header;
use super::sink::Sink;
use super::storage::File;
use crate::ds::number::DoubleText;
use crate::keyspace::FrozenKeyspace;
use crate::sys::clock::UnixMs;
use crate::value::group::Group;
use crate::value::hash::Hash;
use crate::value::list::List;
use crate::value::set::Set;
use crate::value::stream::{Stream, StreamId};
use crate::value::zset::Zset;
use crate::value::{Str, Value};

/// Elements in one command.
const ELEMENTS_MAX: usize = 64;

/// A flush with so many bytes ends.
const FLUSH_BYTES: usize = 256 * 1024;

/// What is no moment of the clock: fields are written whether or not they are due.
const BEFORE_ALL: UnixMs = UnixMs(i64::MIN);

/// Writes a file; how many bytes.
///
/// # Errors
/// If it cannot be written, or was cancelled.
pub(super) fn write(
    frozen: &FrozenKeyspace,
    file: &mut dyn File,
    about: &About,
    progress: &Progress,
) -> io::Result<u64> {
    let mut out = Out {
        sink: Sink::new(file, progress, about.paced),
        bytes: Vec::new(),
        left: 0,
        room: 0,
    };
    // What makes the file ours.
    out.end_flush();
    if let Some(second) = about.noted_second {
        let note = format!("#TS:{second}\r\n");
        out.bytes.extend_from_slice(note.as_bytes());
    }
    for source in &about.functions {
        put_words(&mut out.bytes, &[b"FUNCTION", b"LOAD", source]);
    }
    let mut db = None;
    for found in frozen.iter() {
        if db != Some(found.db) {
            db = Some(found.db);
            let mut digits = itoa::Buffer::new();
            let number = digits.format(found.db).as_bytes();
            put_words(&mut out.bytes, &[b"SELECT", number]);
        }
        let key = found.entry.key();
        out.value(key, found.entry.value());
        if let Some(deadline) = found.entry.deadline() {
            let mut digits = itoa::Buffer::new();
            let at = digits.format(deadline.0).as_bytes();
            out.command(&[b"PEXPIREAT", key, at]);
        }
        if out.sink.has_failed() {
            break;
        }
        progress.keys_done.fetch_add(1, Ordering::Relaxed);
    }
    out.end_flush();
    // Vouches for the last one.
    out.end_flush();
    out.sink.finish()
}

/// The file, and the flush that is collecting.
struct Out<'f> {
    sink: Sink<'f>,
    bytes: Vec<u8>,
    /// Elements of the key that are not in a command yet, and those that the one begun lacks.
    left: usize,
    room: usize,
}

impl Out<'_> {
    fn end_flush(&mut self) {
        let line = Header::of(&self.bytes, self.sink.written()).line();
        self.sink.append(line.as_bytes());
        self.sink.append(&self.bytes);
        self.bytes.clear();
        self.bytes.shrink_to(2 * FLUSH_BYTES);
    }

    /// Between two commands: ends the flush if it is large enough.
    #[inline]
    fn relieve(&mut self) {
        if self.bytes.len() >= FLUSH_BYTES {
            self.end_flush();
        }
    }

    fn command(&mut self, words: &[&[u8]]) {
        self.relieve();
        put_words(&mut self.bytes, words);
    }

    /// Before each of the key's elements, each of so many words, which follow: begins a command
    /// where one is needed.
    #[inline]
    fn element(&mut self, verb: &[u8], key: &[u8], words: usize) {
        if self.room == 0 {
            self.relieve();
            self.room = self.left.min(ELEMENTS_MAX);
            self.left -= self.room;
            put_head(&mut self.bytes, 2 + self.room * words);
            put_word(&mut self.bytes, verb);
            put_word(&mut self.bytes, key);
        }
        self.room -= 1;
    }

    fn value(&mut self, key: &[u8], value: Value<'_>) {
        match value {
            Value::String(text) => self.string(key, text),
            Value::List(list) => self.list(key, list),
            Value::Set(set) => self.set(key, set),
            Value::Hash(hash) => self.hash(key, hash),
            Value::Zset(zset) => self.zset(key, zset),
            Value::Stream(stream) => self.stream(key, stream),
        }
        debug_assert!((self.left, self.room) == (0, 0), "elements are missing");
    }

    fn string(&mut self, key: &[u8], text: Str<'_>) {
        self.relieve();
        put_head(&mut self.bytes, 3);
        put_word(&mut self.bytes, b"SET");
        put_word(&mut self.bytes, key);
        self.text(text);
    }

    fn text(&mut self, text: Str<'_>) {
        put_text(&mut self.bytes, text.text(&mut itoa::Buffer::new()));
    }

    fn list(&mut self, key: &[u8], list: List<'_>) {
        let mut digits = itoa::Buffer::new();
        self.left = list.len();
        for element in list.elements() {
            self.element(b"RPUSH", key, 1);
            put_word(&mut self.bytes, element.text(&mut digits));
        }
    }

    fn set(&mut self, key: &[u8], set: Set<'_>) {
        let mut digits = itoa::Buffer::new();
        self.left = set.len();
        set.for_each(|member| {
            self.element(b"SADD", key, 1);
            put_word(&mut self.bytes, member.text(&mut digits));
        });
    }

    fn hash(&mut self, key: &[u8], hash: Hash<'_>) {
        let mut volatile = 0_usize;
        self.left = hash.len();
        hash.for_each(BEFORE_ALL, |pair| {
            self.element(b"HMSET", key, 2);
            self.text(pair.field);
            self.text(pair.value);
            volatile += usize::from(pair.deadline.is_some());
        });
        if volatile == 0 {
            return;
        }
        hash.for_each(BEFORE_ALL, |pair| {
            if let Some(deadline) = pair.deadline {
                let (mut digits, mut others) = (itoa::Buffer::new(), itoa::Buffer::new());
                let at = digits.format(deadline.0).as_bytes();
                let field = pair.field.text(&mut others);
                self.relieve();
                put_head(&mut self.bytes, 6);
                for word in [b"HPEXPIREAT", key, at, b"FIELDS", b"1"] {
                    put_word(&mut self.bytes, word);
                }
                put_text(&mut self.bytes, field);
            }
        });
    }

    fn zset(&mut self, key: &[u8], zset: Zset<'_>) {
        let mut digits = itoa::Buffer::new();
        self.left = zset.len();
        for (member, score) in zset.iter() {
            self.element(b"ZADD", key, 2);
            put_word(&mut self.bytes, DoubleText::new(score).as_bytes());
            put_word(&mut self.bytes, member.text(&mut digits));
        }
    }

    fn stream(&mut self, key: &[u8], stream: &Stream) {
        let mut digits = itoa::Buffer::new();
        for entry in stream.range(StreamId::MIN, StreamId::MAX) {
            self.relieve();
            put_head(&mut self.bytes, 3 + 2 * entry.len());
            put_word(&mut self.bytes, b"XADD");
            put_word(&mut self.bytes, key);
            put_word(&mut self.bytes, entry.id.text().as_ref());
            for word in entry.words() {
                put_word(&mut self.bytes, word.text(&mut digits));
            }
        }
        if stream.is_empty() {
            // Nothing else makes one without entries.
            let words: [&[u8]; 7] = [b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"];
            self.command(&words);
        }
        let marks = stream.marks();
        self.command(&[
            b"XSETID",
            key,
            marks.last_id.text().as_ref(),
            b"ENTRIESADDED",
            digits.format(marks.entries_added).as_bytes(),
            b"MAXDELETEDID",
            marks.max_deleted_id.text().as_ref(),
        ]);
        for (name, group) in stream.groups().iter() {
            self.group(key, name, group);
        }
    }

    fn group(&mut self, key: &[u8], name: &[u8], group: &Group) {
        let mut digits = itoa::Buffer::new();
        let read = digits.format(group.entries_read.unwrap_or(-1)).as_bytes();
        let last_id = group.last_id.text();
        let at = last_id.as_ref();
        self.command(&[b"XGROUP", b"CREATE", key, name, at, b"ENTRIESREAD", read]);
        for (consumer, _) in group.consumers().iter() {
            self.command(&[b"XGROUP", b"CREATECONSUMER", key, name, consumer]);
        }
        for (id, pending) in group.pending().iter() {
            let (mut times, mut counts) = (itoa::Buffer::new(), itoa::Buffer::new());
            self.command(&[
                b"XCLAIM",
                key,
                name,
                &pending.consumer,
                b"0",
                id.text().as_ref(),
                b"TIME",
                times.format(pending.delivered_at).as_bytes(),
                b"RETRYCOUNT",
                counts.format(pending.deliveries).as_bytes(),
                b"JUSTID",
                b"FORCE",
            ]);
        }
    }
}
