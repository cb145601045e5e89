//! The log of what was refused: ACL LOG.
//!
//! What is like one of the latest entries, and not a minute later, adds to that one's count.

use std::collections::VecDeque;

use crate::sys::clock::UnixMs;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Command,
    Key,
    Channel,
    Database,
    Auth,
}

impl Reason {
    /// As the log calls it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Command => "command",
            Reason::Key => "key",
            Reason::Channel => "channel",
            Reason::Database => "database",
            Reason::Auth => "auth",
        }
    }
}

/// Where it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    TopLevel,
    Multi,
}

impl Context {
    /// As the log calls it.
    pub fn name(self) -> &'static str {
        match self {
            Context::TopLevel => "toplevel",
            Context::Multi => "multi",
        }
    }
}

/// What was refused, to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub context: Context,
    /// The command, key, channel or database.
    pub object: Box<[u8]>,
    pub user: Box<[u8]>,
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: u64,
    pub refusal: Refusal,
    pub count: u64,
    pub created: UnixMs,
    pub updated: UnixMs,
    /// The client's line of CLIENT LIST.
    pub client: String,
}

/// The log, the latest first.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    next_id: u64,
}

/// So many of the latest entries are looked at for one that is alike.
const ALIKE_LOOKED_AT: usize = 10;

/// Entries further apart are not the same.
const ALIKE_MS: i64 = 60_000;

impl Log {
    /// Takes note of a refusal; the log is kept within `len_max`.
    pub fn add(&mut self, refusal: Refusal, client: String, now: UnixMs, len_max: usize) {
        if len_max == 0 {
            self.entries.clear();
            return;
        }
        let is_alike = |entry: &Entry| {
            entry.refusal == refusal && now.0.saturating_sub(entry.updated.0).abs() <= ALIKE_MS
        };
        let latest = self.entries.iter().take(ALIKE_LOOKED_AT);
        let alike = latest.enumerate().find(|(_, entry)| is_alike(entry));
        let alike = alike.map(|(index, _)| index);
        if let Some(mut entry) = alike.and_then(|index| self.entries.remove(index)) {
            entry.count += 1;
            entry.updated = now;
            entry.client = client;
            self.entries.push_front(entry);
            return;
        }
        self.entries.push_front(Entry {
            id: self.next_id,
            refusal,
            count: 1,
            created: now,
            updated: now,
            client,
        });
        self.next_id += 1;
        self.entries.truncate(len_max);
    }

    /// Empties the log; ids go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The latest entries, at most `count`.
    pub fn latest(&self, count: usize) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter().take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(object: &str) -> Refusal {
        Refusal {
            reason: Reason::Key,
            context: Context::TopLevel,
            object: object.as_bytes().into(),
            user: (*b"u").into(),
        }
    }

    #[test]
    fn what_is_alike_within_a_minute_is_one_entry() {
        let mut log = Log::default();
        let mut add = |object: &str, ms: i64| {
            log.add(refusal(object), format!("at {ms}"), UnixMs(ms), 12);
            let shown = log.latest(100);
            shown.map(|it| (it.id, it.count)).collect::<Vec<_>>()
        };
        assert_eq!(add("a", 0), [(0, 1)]);
        assert_eq!(add("b", 10), [(1, 1), (0, 1)]);
        assert_eq!(add("a", 60_000), [(0, 2), (1, 1)]);
        assert_eq!(add("a", 120_001), [(2, 1), (0, 2), (1, 1)]);
        for other in 0..9 {
            add(&format!("{other}"), 120_002);
        }
        // The eleventh back is not looked at, and the thirteenth goes.
        assert_eq!(add("b", 120_003).len(), 12);
        assert_eq!(add("a", 120_003)[0], (13, 1));
        log.add(refusal("a"), String::new(), UnixMs(0), 0);
        assert_eq!(log.latest(1).len(), 0);
    }
}
