//! Checked flushes: the form in which changes are appended to the log.
//!
//! ```text
//! #F:<bytes>,<synced>,<checksum>\r\n     one line, then so many bytes:
//! *3\r\n$3\r\nSET\r\n…                     whole commands, and notes (#TS:…) between them
//! ```
//!
//! Redis and Valkey take a line that begins with `#` for a note and pass over it, so they read
//! such a log; a log of theirs has none of these lines, and is read by their rules.
//!
//! The *checksum* (CRC-64/XZ, 16 hexadecimal digits) is that of `<bytes>,<synced>\n` and the
//! commands. The line stands before what it covers, so a reader knows at once how much belongs
//! together, and whether an end without one was torn off or written by somebody else.
//!
//! *Synced* is the file's length that was known to be on disk when the flush was written. It tells
//! the end of a crash from damage: the system writes what was not synced in any order, so after a
//! crash a flush may be missing while a later one is whole. But what lies before a later flush's
//! *synced* had reached the disk, and if it does not match its checksum, something else destroyed
//! it.

use std::io;

use crc64fast::Digest;

use super::storage::File;

/// What a flush's line begins with.
pub const MARK: &[u8] = b"#F:";

/// The longest line: three numbers of up to 20 digits and what stands between them.
pub const LINE_BYTES_MAX: usize = 80;

/// What a flush's line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes that follow the line.
    pub bytes: u64,
    /// The length of the file that was on disk before.
    pub synced: u64,
    pub checksum: u64,
}

impl Header {
    /// The line before `commands`.
    pub fn of(commands: &[u8], synced: u64) -> Header {
        let bytes = commands.len() as u64;
        Header {
            bytes,
            synced,
            checksum: checksum(bytes, synced, commands),
        }
    }

    /// Whether `commands` are those it was made for.
    pub fn covers(self, commands: &[u8]) -> bool {
        commands.len() as u64 == self.bytes
            && checksum(self.bytes, self.synced, commands) == self.checksum
    }

    /// The line, with its end.
    pub fn line(self) -> String {
        format!(
            "#F:{},{},{:016x}\r\n",
            self.bytes, self.synced, self.checksum
        )
    }

    /// The line that `bytes` begin with, if it is one, and its length with its end.
    pub fn parse(bytes: &[u8]) -> Option<(Header, usize)> {
        let line = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
        let end = memchr::memchr(b'\n', line)?;
        let text = line[..end].strip_suffix(b"\r")?.strip_prefix(MARK)?;
        let mut words = std::str::from_utf8(text).ok()?.split(',');
        let mut word = || words.next();
        let header = Header {
            bytes: word()?.parse().ok()?,
            synced: word()?.parse().ok()?,
            checksum: u64::from_str_radix(word()?, 16).ok()?,
        };
        // Only what a line is written as: one form, no signs, no more words.
        (header.line().as_bytes() == &line[..=end]).then_some((header, end + 1))
    }
}

/// Makes a file ours before anything is appended to it: an empty flush, on disk. A reader then
/// knows what to think of bytes that a crash left behind it.
///
/// # Errors
/// If it cannot be written; the file is then of no use.
pub fn begin(file: &mut dyn File) -> io::Result<()> {
    file.sync()?;
    let header = Header::of(b"", file.len()?);
    file.append_all(header.line().as_bytes())?;
    file.sync()
}

/// Cuts a log at `at`, where a command or a note begins. If that is within the flush whose line
/// begins at `flush_at`, what is kept of it becomes a flush by itself: else its checksum would not
/// hold any more.
///
/// # Errors
/// If the file cannot be read, cut or written; what was kept of the flush may be lost then.
pub fn cut(file: &mut dyn File, at: u64, flush_at: Option<u64>) -> io::Result<()> {
    let Some(flush_at) = flush_at.filter(|flush_at| *flush_at < at) else {
        file.truncate(at)?;
        return file.sync();
    };
    let mut kept = vec![0; usize::try_from(at - flush_at).unwrap_or(usize::MAX)];
    file.read_full_at(&mut kept, flush_at)?;
    let Some((header, line_bytes)) = Header::parse(&kept) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    file.truncate(flush_at)?;
    let kept = &kept[line_bytes..];
    if !kept.is_empty() {
        let header = Header::of(kept, header.synced);
        file.append_all(&[header.line().as_bytes(), kept].concat())?;
    }
    file.sync()
}

fn checksum(bytes: u64, synced: u64, commands: &[u8]) -> u64 {
    let mut digest = Digest::new();
    digest.write(format!("{bytes},{synced}\n").as_bytes());
    digest.write(commands);
    digest.sum64()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sim_disk::SimDisk;
    use super::super::storage::{Mode, Storage};
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let commands = b"*1\r\n$4\r\nPING\r\n";
        let header = Header::of(commands, 12);
        let line = header.line();
        assert_eq!(line, "#F:14,12,d7671cea6f89de35\r\n");
        let text = [line.as_bytes(), commands].concat();
        assert_eq!(Header::parse(&text), Some((header, line.len())));
        assert!(header.covers(commands));
        assert!(!header.covers(&commands[1..]));
        let other = Header {
            synced: 13,
            ..header
        };
        assert!(!other.covers(commands), "what it says is covered, too");
        let longest = Header {
            bytes: u64::MAX,
            synced: u64::MAX,
            checksum: u64::MAX,
        };
        let line = longest.line();
        assert_eq!(Header::parse(line.as_bytes()), Some((longest, line.len())));
        assert!(line.len() <= LINE_BYTES_MAX);
    }

    #[test]
    fn a_flush_can_be_cut() {
        let disk = SimDisk::new(1);
        let path = Path::new("/log");
        let flush =
            |commands: &[u8]| [Header::of(commands, 7).line().as_bytes(), commands].concat();
        let (first, second) = (flush(b"abc"), flush(b"defg"));
        let log = [&first[..], &second].concat();
        let line_bytes = second.len() - 4;
        for (at, flush_at, wanted) in [
            (first.len(), None, first.clone()),
            (first.len(), Some(first.len()), first.clone()),
            (first.len() + line_bytes, Some(first.len()), first.clone()),
            (
                first.len() + line_bytes + 2,
                Some(first.len()),
                [&first[..], &flush(b"de")].concat(),
            ),
        ] {
            disk.put(path, &log);
            let mut file = disk.open(path, Mode::Append).unwrap();
            cut(&mut *file, at as u64, flush_at.map(|at| at as u64)).unwrap();
            let mut left = vec![0; file.len().unwrap() as usize];
            file.read_full_at(&mut left, 0).unwrap();
            assert_eq!(left, wanted, "{at}");
        }
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        for line in [
            "",
            "#F:1,2,0000000000000003",
            "#F:1,2,0000000000000003\n",
            "#F:1,2,3\r\n",
            "#F:01,2,0000000000000003\r\n",
            "#F:+1,2,0000000000000003\r\n",
            "#F:1,2,000000000000000A\r\n",
            "#F:1,2,0000000000000003,4\r\n",
            "#F:1,2\r\n",
            "#F:1,18446744073709551616,0000000000000003\r\n",
            "#TS:1\r\n",
            "*1\r\n",
        ] {
            assert_eq!(Header::parse(line.as_bytes()), None, "{line:?}");
        }
    }
}
