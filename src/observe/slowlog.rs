//! Commands worth a second look: those that took long, came large or answered large.
//!
//! A ring for each of the three (SLOWLOG is the first, COMMANDLOG all of them): the newest entry in
//! front, the oldest dropped when there are too many. What an entry keeps of a request is bounded:
//! 32 arguments of 128 bytes.

use std::collections::VecDeque;

/// So many arguments of a request are kept; the last of them may say how many more there were.
pub const ARGUMENTS_MAX: usize = 32;

/// So many bytes of an argument are kept.
pub const ARGUMENT_BYTES_MAX: usize = 128;

/// Why a command is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Slow,
    LargeRequest,
    LargeReply,
}

impl Reason {
    pub const ALL: [Reason; 3] = [Reason::Slow, Reason::LargeRequest, Reason::LargeReply];

    /// The reason called `word`, in any case.
    pub fn parse(word: &[u8]) -> Option<Reason> {
        let name = |reason| match reason {
            Reason::Slow => "slow",
            Reason::LargeRequest => "large-request",
            Reason::LargeReply => "large-reply",
        };
        let mut all = Reason::ALL.into_iter();
        all.find(|reason| word.eq_ignore_ascii_case(name(*reason).as_bytes()))
    }
}

/// A command that was noted.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When, in seconds of the wall clock.
    pub at: i64,
    /// Microseconds, or bytes of the request or the reply.
    pub amount: u64,
    /// As [`shortened`] made them.
    pub arguments: Vec<Vec<u8>>,
    pub address: String,
    pub name: Box<[u8]>,
}

/// The newest of them.
#[derive(Debug, Default)]
pub struct Noted {
    entries: VecDeque<(u64, Entry)>,
    next_id: u64,
}

impl Noted {
    /// Notes one more; `count_max` are kept.
    pub fn push(&mut self, entry: Entry, count_max: usize) {
        if count_max == 0 {
            return;
        }
        self.entries.push_front((self.next_id, entry));
        self.next_id += 1;
        self.keep(count_max);
    }

    /// Forgets the oldest beyond `count_max`.
    pub fn keep(&mut self, count_max: usize) {
        self.entries.truncate(count_max);
    }

    /// The newest first, each with its number: numbers are never given twice.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &(u64, Entry)> {
        self.entries.iter()
    }

    /// Forgets them all; the numbers go on.
    pub fn clear(&mut self) {
        self.entries = VecDeque::new();
    }
}

/// Of the `count` arguments of a request, of which `argument` tells the beginning (at most so many
/// bytes) and the length, what an entry keeps.
pub fn shortened(
    count: usize,
    mut argument: impl FnMut(usize, usize) -> (Vec<u8>, usize),
) -> Vec<Vec<u8>> {
    let kept = count.min(ARGUMENTS_MAX);
    let mut arguments: Vec<Vec<u8>> = (0..kept)
        .map(|index| {
            let (mut bytes, len) = argument(index, ARGUMENT_BYTES_MAX);
            if let Some(more @ 1..) = len.checked_sub(ARGUMENT_BYTES_MAX) {
                bytes.extend_from_slice(format!("... ({more} more bytes)").as_bytes());
            }
            bytes
        })
        .collect();
    if kept < count
        && let Some(last) = arguments.last_mut()
    {
        *last = format!("... ({} more arguments)", count - kept + 1).into_bytes();
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(amount: u64) -> Entry {
        Entry {
            at: 0,
            amount,
            arguments: Vec::new(),
            address: String::new(),
            name: Box::default(),
        }
    }

    #[test]
    fn the_newest_are_kept_and_numbers_go_on() {
        let mut noted = Noted::default();
        for amount in 0..5 {
            noted.push(entry(amount), 3);
        }
        let seen = |noted: &Noted| -> Vec<(u64, u64)> {
            let pairs = noted.entries().map(|(id, entry)| (*id, entry.amount));
            pairs.collect()
        };
        assert_eq!(seen(&noted), [(4, 4), (3, 3), (2, 2)]);
        noted.push(entry(5), 1);
        assert_eq!(seen(&noted), [(5, 5)]);
        noted.clear();
        noted.push(entry(6), 0);
        assert_eq!(seen(&noted), []);
        noted.push(entry(7), 2);
        assert_eq!(seen(&noted), [(6, 7)]);
    }

    #[test]
    fn long_requests_are_shortened() {
        let kept = |words: &[Vec<u8>]| {
            shortened(words.len(), |index, max| {
                let word = &words[index];
                (word[..word.len().min(max)].to_vec(), word.len())
            })
        };
        let word = |len| vec![b'x'; len];
        assert_eq!(kept(&[word(3), word(128)]), [word(3), word(128)]);
        let cut = [&word(128)[..], b"... (2 more bytes)"].concat();
        assert_eq!(kept(&[word(130)]), [cut]);
        let all: Vec<_> = (0..32).map(word).collect();
        assert_eq!(kept(&all), all);
        let many: Vec<_> = (0..33).map(word).collect();
        let shown = kept(&many);
        assert_eq!(shown.len(), 32);
        assert_eq!(shown[30], word(30));
        assert_eq!(shown[31], b"... (2 more arguments)");
    }

    #[test]
    fn reasons_have_names() {
        for (word, wanted) in [
            ("slow", Some(Reason::Slow)),
            ("LARGE-request", Some(Reason::LargeRequest)),
            ("large-reply", Some(Reason::LargeReply)),
            ("large", None),
        ] {
            assert_eq!(Reason::parse(word.as_bytes()), wanted, "{word}");
        }
    }
}
