//! The manifest: which files the log consists of, in the form Redis 7 has it.
//!
//! ```text
//! file appendonly.aof.2.base.rdb seq 2 type b        the base: everything up to a moment
//! file appendonly.aof.1.incr.aof seq 1 type h        history: no longer needed
//! file appendonly.aof.3.incr.aof seq 3 type i        what happened since, in order
//! ```
//!
//! Past generations that are kept, to go back to a moment in them, are history too, with words that
//! Redis passes over (and if it writes the manifest, it removes them):
//!
//! ```text
//! file appendonly.aof.1.base.rdb seq 1 type h generation 3 was b
//! file appendonly.aof.1.incr.aof seq 1 type h generation 3 was i
//! file appendonly.aof.2.base.rdb seq 2 type h generation 4 was b end left
//! ```
//!
//! Words may stand in quotes; pairs of words that are not known are passed over; a line that
//! begins with `#` is a comment. Replaced as a whole by renaming, so that it always names files
//! that were complete.

use std::fmt;

use crate::ds::number::parse_int;
use crate::ds::words;

/// The longest line.
const LINE_BYTES_MAX: usize = 1024;

/// What the names of incrementals end with.
const INCREMENTAL_ENDING: &[u8] = b".incr.aof";

/// The longest name: even if each of its bytes must be escaped, its line is not too long.
const NAME_BYTES_MAX: usize = 240;

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// A plain name, within the log's directory.
    pub name: Vec<u8>,
    /// Counts the bases, and for themselves the incrementals, from 1 on.
    pub seq: u64,
}

/// The files of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub base: Option<Part>,
    pub incrementals: Vec<Part>,
    /// No longer needed: to be removed.
    pub history: Vec<Part>,
    /// Past generations that are kept, the oldest first.
    pub kept: Vec<Generation>,
    /// The moment that the base was restored to, if it was.
    pub restored: Option<i64>,
}

/// What the log consisted of once: a base, if it did not begin with nothing, and what happened
/// until the next generation's base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generation {
    /// Counts them.
    pub number: u64,
    pub base: Option<Part>,
    pub incrementals: Vec<Part>,
    pub end: End,
}

/// How a generation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// The next one goes on where it ends.
    #[default]
    Continued,
    /// Something is missing between its end and the next base.
    Gap,
    /// The data went back to an earlier moment: what it holds of later ones is nowhere else.
    Left,
}

impl End {
    const WORDS: [(End, &'static [u8]); 3] = [
        (End::Continued, b"continued"),
        (End::Gap, b"gap"),
        (End::Left, b"left"),
    ];

    fn word(self) -> &'static [u8] {
        let found = End::WORDS.iter().find(|(end, _)| *end == self);
        found.map_or(b"", |(_, word)| word)
    }

    fn parse(word: &[u8]) -> Option<End> {
        let found = End::WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(end, _)| *end)
    }
}

/// What is wrong with a manifest, and in which line (from 1 on; 0: in the whole).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    pub line: usize,
    pub text: Vec<u8>,
    pub what: &'static str,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(self.what);
        }
        let text = String::from_utf8_lossy(&self.text);
        write!(f, "line {}: {} ('{text}')", self.line, self.what)
    }
}

impl std::error::Error for ManifestError {}

/// What a line says.
struct Line {
    part: Part,
    kind: u8,
    /// Of history: which generation it belonged to, as what, and how that ended.
    kept: Option<(u64, u8, End)>,
    restored: Option<i64>,
}

impl Manifest {
    /// Reads a manifest. Where Redis has words for what is wrong, they are Redis's: operators look
    /// for them in the log.
    ///
    /// # Errors
    /// If a line is not well formed, a name is not plain, there are two bases, or the incrementals
    /// do not follow each other.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
        let whole = |what| ManifestError {
            line: 0,
            text: Vec::new(),
            what,
        };
        let mut manifest = Manifest::default();
        if bytes.is_empty() {
            return Err(whole("Found an empty AOF manifest file"));
        }
        let Some((b"", lines)) = split_last(bytes) else {
            return Err(whole("the last line has no end"));
        };
        for (index, text) in lines.enumerate() {
            if text.first() == Some(&b'#') {
                continue;
            }
            let line = parse_line(text).and_then(|line| manifest.add(line));
            line.map_err(|what| ManifestError {
                line: index + 1,
                text: text[..text.len().min(LINE_BYTES_MAX)].to_vec(),
                what,
            })?;
        }
        if manifest.base.is_none() && manifest.incrementals.is_empty() {
            return Err(whole("it names no file to load"));
        }
        if manifest.has_new_history() {
            return Err(whole(
                "an incremental of the history is newer than one that is to be loaded",
            ));
        }
        Ok(manifest)
    }

    /// Whether an incremental is called history that cannot be: `i` and `h` differ in one bit, and
    /// history is not read but removed. Redis, whose log was switched off, makes all of them history
    /// when it rewrites, and the base before it with them; killed then, it leaves that.
    fn has_new_history(&self) -> bool {
        let base = self.base.as_ref().map_or(0, |base| base.seq);
        let is_older_base =
            |part: &Part| !part.name.ends_with(INCREMENTAL_ENDING) && part.seq < base;
        if self.incrementals.is_empty() && self.history.iter().any(is_older_base) {
            return false;
        }
        let is_incremental = |part: &&Part| part.name.ends_with(INCREMENTAL_ENDING);
        let newest = self
            .history
            .iter()
            .filter(is_incremental)
            .map(|part| part.seq);
        let oldest = self.incrementals.first().map_or(0, |first| first.seq);
        newest.max().is_some_and(|newest| newest >= oldest)
    }

    fn add(&mut self, line: Line) -> Result<(), &'static str> {
        let Line {
            part,
            kind,
            kept,
            restored,
        } = line;
        if let (b'h', Some((number, was, end))) = (kind, kept) {
            return self.add_kept(part, number, was, end);
        }
        if kind == b'b' {
            self.restored = restored;
        }
        match kind {
            b'b' if self.base.is_some() => return Err("Found duplicate base file information"),
            b'b' => self.base = Some(part),
            b'h' => self.history.push(part),
            b'i' => {
                if self
                    .incrementals
                    .last()
                    .is_some_and(|last| last.seq >= part.seq)
                {
                    return Err("Found a non-monotonic sequence number");
                }
                self.incrementals.push(part);
            }
            _ => return Err("Unknown AOF file type"),
        }
        Ok(())
    }

    fn add_kept(&mut self, part: Part, number: u64, was: u8, end: End) -> Result<(), &'static str> {
        let last = self.kept.last().map_or(0, |last| last.number);
        if number < last {
            return Err("generations do not stand in order");
        }
        if number > last {
            self.kept.push(Generation {
                number,
                ..Generation::default()
            });
        }
        let generation = self.kept.last_mut().ok_or("generations count from 1 on")?;
        generation.end = end;
        match was {
            b'b' if generation.base.is_none() && generation.incrementals.is_empty() => {
                generation.base = Some(part);
            }
            b'i' => generation.incrementals.push(part),
            _ => return Err("a generation has one base at most, before its incrementals"),
        }
        Ok(())
    }

    /// The manifest as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let restored = self.restored.map(|at| format!(" restored {at}"));
        if let Some(base) = &self.base {
            put_line(&mut bytes, base, b'b', restored.as_deref().unwrap_or(""));
        }
        for generation in &self.kept {
            let Generation { number, end, .. } = generation;
            let end = String::from_utf8_lossy(end.word());
            let more = |was| format!(" generation {number} was {was} end {end}");
            if let Some(base) = &generation.base {
                put_line(&mut bytes, base, b'h', &more('b'));
            }
            for part in &generation.incrementals {
                put_line(&mut bytes, part, b'h', &more('i'));
            }
        }
        for part in &self.history {
            put_line(&mut bytes, part, b'h', "");
        }
        for part in &self.incrementals {
            put_line(&mut bytes, part, b'i', "");
        }
        bytes
    }

    /// The next base, called `<prefix>.<seq>.base<ending>`; numbers up to `used` were used.
    pub fn next_base(&self, prefix: &[u8], ending: &str, used: u64) -> Part {
        let last = self.base.as_ref().map_or(0, |base| base.seq);
        let seq = last.max(used).max(self.last_of_history()) + 1;
        let name = [prefix, format!(".{seq}.base{ending}").as_bytes()].concat();
        Part { name, seq }
    }

    /// The next incremental, called `<prefix>.<seq>.incr.aof`; numbers up to `used` were used.
    pub fn next_incremental(&self, prefix: &[u8], used: u64) -> Part {
        let last = self.incrementals.last().map_or(0, |last| last.seq);
        let seq = last.max(used).max(self.last_of_history()) + 1;
        let name = [prefix, format!(".{seq}.incr.aof").as_bytes()].concat();
        Part { name, seq }
    }

    /// The highest number in what was listed once, bases and incrementals alike.
    fn last_of_history(&self) -> u64 {
        let kept = self.kept.iter();
        let kept = kept.flat_map(|it| it.base.iter().chain(&it.incrementals));
        let past = self.history.iter().chain(kept);
        past.map(|part| part.seq).max().unwrap_or(0)
    }

    /// Puts `base` in the place of the base and of all incrementals but the last `kept`, which
    /// hold what it does not: those are a past generation, which ended so.
    pub fn rebase(&mut self, base: Part, kept: usize, end: End) {
        let gone = self.incrementals.len().saturating_sub(kept);
        let last = self.kept.last().map_or(0, |last| last.number);
        let generation = Generation {
            number: last + 1,
            base: self.base.replace(base),
            incrementals: self.incrementals.drain(..gone).collect(),
            end,
        };
        if generation.base.is_some() || !generation.incrementals.is_empty() {
            self.kept.push(generation);
        }
    }

    /// The end of what the base replaced may be missing.
    pub fn note_gap(&mut self) {
        if let Some(last) = self.kept.last_mut() {
            last.end = End::Gap;
        }
    }

    /// Lets go of past generations but the last `count`. What a return to an earlier moment left
    /// behind is kept beside them, unless none are to be kept.
    pub fn forget(&mut self, count: usize) {
        let is_left = |generation: &Generation| generation.end == End::Left && count > 0;
        let mut excess = self.kept.iter().filter(|it| !is_left(it)).count();
        excess = excess.saturating_sub(count);
        let kept = std::mem::take(&mut self.kept);
        for generation in kept {
            if excess > 0 && !is_left(&generation) {
                excess -= 1;
                self.history.extend(generation.base);
                self.history.extend(generation.incrementals);
            } else {
                self.kept.push(generation);
            }
        }
    }
}

fn put_line(bytes: &mut Vec<u8>, part: &Part, kind: u8, more: &str) {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"'\\#".contains(byte);
    bytes.extend_from_slice(b"file ");
    match part.name.iter().all(is_plain) {
        true => bytes.extend_from_slice(&part.name),
        false => words::quote_into(&part.name, bytes),
    }
    bytes.extend_from_slice(format!(" seq {} type {}", part.seq, char::from(kind)).as_bytes());
    bytes.extend_from_slice(more.as_bytes());
    bytes.push(b'\n');
}

/// What stands behind the last line break, and the lines before it.
fn split_last(bytes: &[u8]) -> Option<(&[u8], impl Iterator<Item = &[u8]>)> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n')?;
    let lines = bytes[..end].split(|byte| *byte == b'\n');
    Some((&bytes[end + 1..], lines))
}

fn parse_line(text: &[u8]) -> Result<Line, &'static str> {
    if text.len() >= LINE_BYTES_MAX {
        return Err("The AOF manifest file contains too long line");
    }
    let words = words::split(text)
        .map_err(|_| "Invalid AOF manifest file format: the quotes do not match")?;
    if words.is_empty() {
        return Err("Invalid AOF manifest file format: the line is empty");
    }
    let (pairs, []) = words.as_chunks::<2>() else {
        return Err("Invalid AOF manifest file format: the words do not come in pairs");
    };
    let (mut name, mut seq, mut kind) = (None, None, None);
    let (mut generation, mut was, mut end, mut restored) = (None, None, End::default(), None);
    for [word, value] in pairs {
        match word.to_ascii_lowercase().as_slice() {
            b"file" if value.len() > NAME_BYTES_MAX => return Err("the file's name is too long"),
            b"file" if is_plain(value) => name = Some(value.clone()),
            b"file" => {
                return Err("Invalid AOF manifest file format: the file's name is not plain");
            }
            b"seq" => {
                seq = std::str::from_utf8(value)
                    .ok()
                    .and_then(|digits| digits.parse().ok())
            }
            b"type" => kind = value.first().copied(),
            b"generation" => generation = parse_int(value).and_then(|it| u64::try_from(it).ok()),
            b"was" => was = value.first().copied(),
            b"end" => end = End::parse(value).unwrap_or_default(),
            b"restored" => restored = parse_int(value),
            _ => {}
        }
    }
    match (name, seq, kind) {
        (Some(name), Some(seq @ 1..), Some(kind)) => Ok(Line {
            part: Part { name, seq },
            kind,
            kept: generation.zip(was).map(|(number, was)| (number, was, end)),
            restored,
        }),
        _ => Err(
            "Invalid AOF manifest file format: a file, a sequence number from 1 on and a type are needed",
        ),
    }
}

fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'/') && name != b"." && name != b".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, seq: u64) -> Part {
        Part {
            name: name.into(),
            seq,
        }
    }

    #[test]
    fn what_redis_writes_is_read_and_written_alike() {
        let text = b"file appendonly.aof.2.base.rdb seq 2 type b\n\
                     file appendonly.aof.1.incr.aof seq 1 type h\n\
                     file \"a b\\n.aof.2.incr.aof\" seq 2 type i\n\
                     file appendonly.aof.3.incr.aof seq 3 type i\n";
        let manifest = Manifest::parse(text).unwrap();
        let wanted = Manifest {
            base: Some(part("appendonly.aof.2.base.rdb", 2)),
            incrementals: vec![
                part("a b\n.aof.2.incr.aof", 2),
                part("appendonly.aof.3.incr.aof", 3),
            ],
            history: vec![part("appendonly.aof.1.incr.aof", 1)],
            ..Manifest::default()
        };
        assert_eq!(manifest, wanted);
        assert_eq!(manifest.to_bytes(), text);
        let loose = b"# a comment\nseq 2 x y type b FILE a\n";
        assert_eq!(Manifest::parse(loose).unwrap().base, Some(part("a", 2)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long_name = format!("file {} seq 1 type b\n", "a".repeat(NAME_BYTES_MAX + 1));
        for (text, line, what) in [
            ("", 0, "Found an empty AOF manifest file"),
            ("file a seq 1 type b", 0, "the last line has no end"),
            ("# nothing\n", 0, "it names no file to load"),
            ("file a seq 1 type h\n", 0, "it names no file to load"),
            (
                "file a seq 1 type b\n\n",
                2,
                "Invalid AOF manifest file format: the line is empty",
            ),
            (
                "file a seq 1 type\n",
                1,
                "Invalid AOF manifest file format: the words do not come in pairs",
            ),
            (
                "file \"a seq 1 type b\n",
                1,
                "Invalid AOF manifest file format: the quotes do not match",
            ),
            (
                "file a/b seq 1 type b\n",
                1,
                "Invalid AOF manifest file format: the file's name is not plain",
            ),
            (
                "file .. seq 1 type b\n",
                1,
                "Invalid AOF manifest file format: the file's name is not plain",
            ),
            (&long_name, 1, "the file's name is too long"),
            ("file a seq 1 type x\n", 1, "Unknown AOF file type"),
            (
                "file a seq 1 type b\nfile b seq 2 type b\n",
                2,
                "Found duplicate base file information",
            ),
            (
                "file a seq 2 type i\nfile b seq 2 type i\n",
                2,
                "Found a non-monotonic sequence number",
            ),
            (
                "file a seq 0 type b\n",
                1,
                "Invalid AOF manifest file format: a file, a sequence number from 1 on and a type are needed",
            ),
            (
                "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type h\n",
                0,
                "an incremental of the history is newer than one that is to be loaded",
            ),
            (
                "file a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type h\n\
                 file a.3.incr.aof seq 3 type i\n",
                0,
                "an incremental of the history is newer than one that is to be loaded",
            ),
            (
                "seq 1 type b\n",
                1,
                "Invalid AOF manifest file format: a file, a sequence number from 1 on and a type are needed",
            ),
        ] {
            let error = Manifest::parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.line, error.what), (line, what), "{text:?}");
        }
        let long = format!("# \nfile {} seq 1 type b\n", "a".repeat(1024));
        let error = Manifest::parse(long.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.text.len()), (2, 1024));
    }

    /// As redis-server 7.0 is killed: after a rewrite before the history is removed, with the log on
    /// and off; and before the base of a log that is switched on is complete.
    #[test]
    fn what_a_killed_redis_leaves_is_read() {
        for (text, incrementals) in [
            (
                "file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\n\
                 file a.1.incr.aof seq 1 type h\nfile a.2.incr.aof seq 2 type i\n",
                1,
            ),
            (
                "file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\n\
                 file a.2.incr.aof seq 2 type h\nfile a.1.incr.aof seq 1 type h\n",
                0,
            ),
            (
                "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n\
                 file a.2.incr.aof seq 2 type i\n",
                2,
            ),
            ("file a.1.incr.aof seq 1 type i\n", 1),
        ] {
            let manifest = Manifest::parse(text.as_bytes()).unwrap();
            assert_eq!(manifest.incrementals.len(), incrementals, "{text}");
        }
    }

    #[test]
    fn a_rewrite_makes_a_past_generation_of_what_it_replaces() {
        let mut manifest = Manifest::default();
        let first = manifest.next_incremental(b"log", 0);
        assert_eq!(first, part("log.1.incr.aof", 1));
        manifest.incrementals.push(first.clone());
        let second = manifest.next_incremental(b"log", 0);
        manifest.incrementals.push(second.clone());
        manifest.rebase(manifest.next_base(b"log", ".rdb", 0), 1, End::Continued);
        assert_eq!(manifest.base, Some(part("log.1.base.rdb", 1)));
        assert_eq!(manifest.incrementals, std::slice::from_ref(&second));
        let base = manifest.next_base(b"log", ".ruddle", 0);
        assert_eq!(base, part("log.2.base.ruddle", 2));
        manifest.rebase(base, 0, End::Gap);
        let again = Manifest::parse(&manifest.to_bytes()).unwrap();
        assert_eq!(again, manifest);
        assert_eq!(manifest.kept.len(), 2);
        assert_eq!(manifest.kept[1].end, End::Gap);
        manifest.forget(1);
        assert_eq!(manifest.history, [first]);
        assert_eq!(manifest.kept[0].incrementals, std::slice::from_ref(&second));
        manifest.forget(0);
        assert_eq!(manifest.history[1..], [part("log.1.base.rdb", 1), second]);
        assert!(manifest.kept.is_empty());
    }

    #[test]
    fn what_a_restore_left_behind_is_kept_beside_others() {
        let mut manifest = Manifest::default();
        for end in [End::Continued, End::Left, End::Continued, End::Continued] {
            manifest.rebase(manifest.next_base(b"log", ".rdb", 0), 0, end);
        }
        manifest.restored = Some(1_795_230_000);
        manifest.forget(1);
        let ends: Vec<End> = manifest.kept.iter().map(|it| it.end).collect();
        assert_eq!(ends, [End::Left, End::Continued]);
        let again = Manifest::parse(&manifest.to_bytes()).unwrap();
        assert_eq!(again, manifest);
        manifest.forget(0);
        assert!(manifest.kept.is_empty());
    }

    #[test]
    fn no_name_is_used_twice() {
        let mut manifest = Manifest::default();
        manifest.history.push(part("log.4.incr.aof", 4));
        assert_eq!(manifest.next_incremental(b"log", 2).seq, 5);
        assert_eq!(manifest.next_incremental(b"log", 7).seq, 8);
        assert_eq!(manifest.next_base(b"log", ".rdb", 0).seq, 5);
    }
}
