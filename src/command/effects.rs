//! What a command did to the data, for those who must hear of it: the log, replicas, watchers,
//! listeners to keyspace events.
//!
//! A command that changed something is propagated as it was sent, unless it says otherwise: then
//! as the deterministic commands it names (PEXPIREAT for EXPIRE, DEL for a key that had expired).

use bitflags::bitflags;

use super::wait::Wait;
use crate::resp::request::OwnedRequest;

bitflags! {
    /// Classes of keyspace events, one letter each in `notify-keyspace-events`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct EventClass: u32 {
        const GENERIC = 1 << 0;
        const STRING = 1 << 1;
        const LIST = 1 << 2;
        const SET = 1 << 3;
        const HASH = 1 << 4;
        const ZSET = 1 << 5;
        const EXPIRED = 1 << 6;
        const EVICTED = 1 << 7;
        const STREAM = 1 << 8;
        const KEY_MISS = 1 << 9;
        const MODULE = 1 << 10;
        const NEW = 1 << 11;
    }
}

bitflags! {
    /// Whom it concerns that a key was touched.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Touch: u8 {
        /// Who waits for what it may bring.
        const SERVES = 1 << 0;
        /// Who watches it or keeps a copy: it is not what it was.
        const CHANGES = 1 << 1;
    }
}

/// A keyspace event waiting to be told.
#[derive(Debug)]
pub struct Event {
    pub class: EventClass,
    pub name: &'static str,
    pub db: usize,
    pub key: Box<[u8]>,
    /// How many keys had left unasked before it, of those that are not told of yet: their events
    /// come first.
    pub after: usize,
}

/// How a changed data set is told to the log and to replicas.
#[derive(Debug, Default)]
pub enum Propagation {
    /// The command as it was sent.
    #[default]
    Verbatim,
    /// These commands instead; none: nothing at all.
    Instead(Vec<OwnedRequest>),
}

/// What the commands of one call did.
#[derive(Debug, Default)]
pub struct Effects {
    /// Changes made to the data (Redis's `dirty`); 0 means there is nothing to propagate.
    pub changes: u64,
    pub propagation: Propagation,
    /// Whether somebody (the log, a replica) reads `propagation`; otherwise nothing is collected.
    pub propagated: bool,
    /// Classes somebody listens to; events of others are not collected.
    pub listened: EventClass,
    pub events: Vec<Event>,
    /// Whether somebody waits for a key, watches or tracks one; otherwise `touched` stays empty.
    pub awaited: bool,
    /// Keys that changed, came or went.
    pub touched: Touched,
    /// Whether all data were removed at once: what is being saved is of no use any more.
    pub emptied: bool,
    /// What the command waits for; it has not replied.
    pub wait: Option<Box<Wait>>,
}

/// Keys of any database in the order in which they were touched; once grown, noting one allocates
/// nothing.
#[derive(Debug, Default)]
pub struct Touched {
    bytes: Vec<u8>,
    /// Of each: its database, where it ends in `bytes`, and whom that concerns.
    ends: Vec<(usize, usize, Touch)>,
    /// Databases of which every key may have come or gone.
    whole: Vec<usize>,
    /// Whether a database was emptied.
    flushed: bool,
}

impl Touched {
    /// Whether nothing was touched.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.whole.is_empty()
    }

    /// The keys one by one, each with its database, and whom it concerns.
    pub fn keys(&self) -> impl Iterator<Item = (usize, &[u8], Touch)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end, _)| *end));
        starts
            .zip(&self.ends)
            .map(|(start, (db, end, touch))| (*db, &self.bytes[start..*end], *touch))
    }

    /// Databases that were emptied or exchanged as a whole.
    pub fn whole(&self) -> &[usize] {
        &self.whole
    }

    /// Whether a database was emptied.
    pub fn is_flushed(&self) -> bool {
        self.flushed
    }

    fn clear(&mut self) {
        self.flushed = false;
        self.bytes.clear();
        self.ends.clear();
        self.whole.clear();
    }
}

impl Default for EventClass {
    fn default() -> Self {
        EventClass::empty()
    }
}

impl Effects {
    /// Propagates `args` instead of the command as it was sent.
    pub fn propagate<T: AsRef<[u8]>>(&mut self, args: impl IntoIterator<Item = T>) {
        if !self.propagated {
            return;
        }
        let request = OwnedRequest::new(args);
        match &mut self.propagation {
            Propagation::Instead(requests) => requests.push(request),
            Propagation::Verbatim => self.propagation = Propagation::Instead(vec![request]),
        }
    }

    /// Propagates nothing, although the data changed.
    pub fn propagate_nothing(&mut self) {
        self.propagation = Propagation::Instead(Vec::new());
    }

    /// Notes an event, if somebody listens to its class; so many keys had left before it.
    #[inline]
    pub fn event(
        &mut self,
        class: EventClass,
        name: &'static str,
        (db, key): (usize, &[u8]),
        after: usize,
    ) {
        if self.listened.intersects(class) {
            self.events.push(Event {
                class,
                name,
                db,
                key: key.into(),
                after,
            });
        }
    }

    /// Notes that `key` of database `db` changed, came or went, if somebody waits for keys or
    /// watches them.
    #[inline]
    pub fn touch(&mut self, db: usize, key: &[u8]) {
        self.touch_for(db, key, Touch::all());
    }

    /// The same, and whom that concerns.
    #[inline]
    pub fn touch_for(&mut self, db: usize, key: &[u8], touch: Touch) {
        if self.awaited && !touch.is_empty() {
            self.touched.bytes.extend_from_slice(key);
            let end = self.touched.bytes.len();
            self.touched.ends.push((db, end, touch));
        }
    }

    /// Notes that any key of database `db` may have come or gone.
    pub fn touch_all(&mut self, db: usize) {
        if self.awaited {
            self.touched.whole.push(db);
        }
    }

    /// Notes that database `db` was emptied.
    pub fn touch_flushed(&mut self, db: usize) {
        self.touch_all(db);
        self.touched.flushed = self.awaited;
    }

    /// Whether nobody but the log has to hear of anything.
    #[inline]
    pub fn are_quiet(&self) -> bool {
        self.wait.is_none() && self.events.is_empty() && self.touched.is_empty()
    }

    /// The log has heard of the changes.
    #[inline]
    pub fn forget_changes(&mut self) {
        self.changes = 0;
        self.emptied = false;
        if matches!(self.propagation, Propagation::Instead(_)) {
            self.propagation = Propagation::Verbatim;
        }
    }

    /// Ready for the next call; what is listened to stays.
    #[inline]
    pub fn clear(&mut self) {
        self.forget_changes();
        self.events.clear();
        if !self.touched.is_empty() {
            self.touched.clear();
        }
        self.wait = None;
    }
}
