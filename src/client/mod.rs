//! One connection: its transport, what has arrived and not been executed, what waits to be sent,
//! and everything a client is to the server (protocol, database, name, activity).
//!
//! An idle client holds no buffers: input is read into a buffer the whole loop shares and only an
//! unfinished request is copied into `pending`; the output's buffer goes back to a pool when it
//! has been sent.

pub mod slab;
pub mod subscriptions;
#[cfg(test)]
pub mod testing;
pub mod tracking;
pub mod transaction;

use std::collections::VecDeque;

use bitflags::bitflags;

use crate::acl::UserId;
use crate::config::ClientClass;
use crate::net::transport::{Peer, Transport};
use crate::resp::parser::Parser;
use crate::resp::reply::Reply;
use crate::resp::request::OwnedRequest;
use crate::sys::clock::{MonoNs, UnixMs};
use subscriptions::{Kind, Subscriptions};
use tracking::Tracked;
use transaction::Transaction;

/// A connected client.
#[derive(Debug)]
pub struct Client {
    /// Unique for the life of the server, in order of arrival, from 1 on.
    pub id: u64,
    pub transport: Transport,
    pub peer: Peer,
    /// Bytes that arrived and are not parsed yet, or belong to an unfinished request.
    pub pending: Vec<u8>,
    pub parser: Parser,
    /// Whole requests that wait, before those still in `pending`.
    pub postponed: VecDeque<OwnedRequest>,
    pub reply: Reply,
    pub db: usize,
    /// Who it says it is.
    pub user: UserId,
    pub activity: Activity,
    pub marks: Marks,
    pub flags: ClientFlags,
    pub names: Names,
    pub times: Times,
    pub traffic: Traffic,
    /// What it held when that was last counted, if it is counted (`server::client_memory`).
    pub counted_bytes: usize,
    /// Since when the output has been over its soft limit.
    pub over_soft_limit_since: Option<MonoNs>,
    /// The index, in the command table, of the last command it sent.
    pub last_command: Option<usize>,
    pub reply_mode: ReplyMode,
    /// What waits for EXEC, and what is watched, if anything.
    pub transaction: Option<Box<Transaction>>,
    /// How it hears that copies it keeps are no longer true, if it does.
    pub tracked: Option<Box<Tracked>>,
    /// What it is subscribed to, if anything.
    pub subscriptions: Option<Box<Subscriptions>>,
    /// What it said of the snapshot that it will ask for.
    pub asked: Asked,
}

/// The flushes of the log that a client's output depends on: not sent before they are safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The last that holds a change it made.
    pub wrote: u64,
    /// That of the last change whose reply has left, whatever comes of it.
    pub told: u64,
    /// The last that holds a change it may have seen, where that is waited for.
    pub seen: u64,
}

/// What a client is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// It is served when it sends something.
    #[default]
    Ready,
    /// It waits for a key that a command of its asked for (`server::waiting`).
    Blocked,
    /// Its next request waits for the end of CLIENT PAUSE, or until a key has migrated.
    Paused,
    /// Another server is asked for what it wants (MIGRATE).
    Away,
    /// It is closed once its output is sent (or at once, if the reason does not allow for that).
    Closing(CloseReason),
}

/// Why a client is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer ended the connection or it broke.
    Gone,
    /// The last reply goes out first: QUIT, a protocol error.
    AfterReply,
    /// The server cuts it off: killed, timed out, over a limit.
    CutOff,
}

bitflags! {
    /// What is so about a client, or not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ClientFlags: u32 {
        /// It may run commands that need authentication.
        const AUTHENTICATED = 1 << 0;
        /// It is not closed when the memory of all clients is over its bound.
        const NO_EVICT = 1 << 1;
        /// Its accesses do not count as use of the keys.
        const NO_TOUCH = 1 << 2;
        /// It stands in the list of clients with work left over for the next turn.
        const ACTIVE = 1 << 3;
        /// It stands in the list of clients with output to send.
        const WRITING = 1 << 4;
        /// It asked to be told when its socket takes more output.
        const WANTS_WRITABLE = 1 << 5;
        /// Its socket may hold more bytes than were read.
        const UNREAD = 1 << 6;
        /// Its peer sends no more: what is read ends for good.
        const HUNG_UP = 1 << 8;
        /// The poll watches its socket for room to write.
        const WATCHED_WRITABLE = 1 << 9;
        /// `pending` may hold whole requests.
        const UNPARSED = 1 << 7;
        /// It can follow when it is sent to another server (CLIENT CAPA).
        const REDIRECT = 1 << 10;
        /// Its requests wait for EXEC.
        const IN_MULTI = 1 << 11;
        /// A request of its transaction was refused: EXEC will be, too.
        const SPOILT = 1 << 12;
        /// A key it watches was touched: EXEC will do nothing.
        const STALE = 1 << 13;
        /// It is shown every command (MONITOR).
        const MONITOR = 1 << 14;
        /// It hears of changes to what it read (`Client::tracked` says how).
        const TRACKS = 1 << 15;
        /// Its user may not do everything: what it sends is looked at (`server::access`).
        const RESTRICTED = 1 << 16;
    }
}

/// Whether and which of its replies a client wants (CLIENT REPLY).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyMode {
    #[default]
    On,
    Off,
    /// The reply of the next command is dropped.
    SkipNext,
    /// The reply of the command being executed is dropped.
    Skip,
}

/// What a client calls itself.
#[derive(Debug, Default)]
pub struct Names {
    pub name: Box<[u8]>,
    pub library: Box<[u8]>,
    pub library_version: Box<[u8]>,
}

/// What a client wants that asks for all data (REPLCONF).
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// It wants the snapshot and nothing behind it.
    pub rdb_only: bool,
    /// It named the parts of the snapshot that it wants.
    pub filtered: bool,
    pub functions: bool,
    /// It is a server, which listens there.
    pub port: u16,
}

/// When things happened to a client.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub connected: UnixMs,
    pub connected_mono: MonoNs,
    /// The last time it sent something or was sent something.
    pub active: MonoNs,
}

/// How much a client moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    pub input_bytes: u64,
    pub output_bytes: u64,
    pub commands: u64,
    /// Reads from its socket.
    pub events: u64,
}

impl Client {
    /// A client that has just arrived.
    pub fn new(id: u64, transport: Transport, peer: Peer, now: UnixMs, mono: MonoNs) -> Client {
        Client {
            id,
            transport,
            peer,
            pending: Vec::new(),
            parser: Parser::default(),
            postponed: VecDeque::new(),
            reply: Reply::default(),
            db: 0,
            user: UserId::DEFAULT,
            activity: Activity::Ready,
            marks: Marks::default(),
            flags: ClientFlags::empty(),
            names: Names::default(),
            times: Times {
                connected: now,
                connected_mono: mono,
                active: mono,
            },
            traffic: Traffic::default(),
            counted_bytes: 0,
            over_soft_limit_since: None,
            last_command: None,
            reply_mode: ReplyMode::On,
            transaction: None,
            tracked: None,
            subscriptions: None,
            asked: Asked::default(),
        }
    }

    /// Whether it may run commands that need authentication.
    #[inline]
    pub fn is_authenticated(&self) -> bool {
        self.flags.contains(ClientFlags::AUTHENTICATED)
    }

    /// Whether it is on its way out.
    #[inline]
    pub fn is_closing(&self) -> bool {
        matches!(self.activity, Activity::Closing(_))
    }

    /// Whether it is closed at the end of this turn, whatever waits for it: as good as gone.
    #[inline]
    pub fn is_cut_off(&self) -> bool {
        matches!(self.activity, Activity::Closing(reason) if reason != CloseReason::AfterReply)
    }

    /// Marks it to be closed; the first reason stands, unless the new one is more urgent.
    pub fn close(&mut self, reason: CloseReason) {
        match self.activity {
            Activity::Closing(before) if before != CloseReason::AfterReply => {}
            _ => self.activity = Activity::Closing(reason),
        }
    }

    /// Whether requests may be executed for it now.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.activity == Activity::Ready
    }

    /// What its limits go by.
    #[inline]
    pub fn class(&self) -> ClientClass {
        if self.subscriptions.is_some() {
            return ClientClass::PubSub;
        }
        ClientClass::Normal
    }

    /// How many topics of a kind it is subscribed to.
    pub fn subscription_count(&self, kind: Kind) -> usize {
        self.subscriptions.as_ref().map_or(0, |it| it[kind].len())
    }

    /// Bytes that its transaction takes.
    pub fn transaction_bytes(&self) -> usize {
        self.transaction.as_ref().map_or(0, |it| it.memory_bytes())
    }

    /// Bytes of memory it holds, itself included.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Client>()
            + self.pending.capacity()
            + self.parser.memory_bytes()
            + self
                .postponed
                .iter()
                .map(OwnedRequest::memory_bytes)
                .sum::<usize>()
            + self.reply.output.memory_bytes()
            + self.names.name.len()
            + self.names.library.len()
            + self.names.library_version.len()
            + self.transaction_bytes()
            + self.tracked.as_ref().map_or(0, |it| it.memory_bytes())
            + self
                .subscriptions
                .as_ref()
                .map_or(0, |it| it.memory_bytes())
    }
}

#[cfg(test)]
mod tests {
    use bitflags::Flags;

    use super::ClientFlags;

    #[test]
    fn no_two_flags_share_a_bit() {
        let bits: u32 = ClientFlags::FLAGS
            .iter()
            .map(|flag| flag.value().bits().count_ones())
            .sum();
        assert_eq!(bits, ClientFlags::all().bits().count_ones());
    }
}
