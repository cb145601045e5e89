//! A client as CLIENT LIST shows it and as filters compare it.

use std::fmt;

/// The class of a client: what its output limits and CLIENT KILL's TYPE go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Normal,
    Replica,
    Pubsub,
    Primary,
}

impl Class {
    /// The class called `word`, in any case and under any of its names.
    pub(super) fn parse(word: &[u8]) -> Option<Class> {
        let class = match word.to_ascii_lowercase().as_slice() {
            b"normal" => Class::Normal,
            b"slave" | b"replica" => Class::Replica,
            b"pubsub" => Class::Pubsub,
            b"master" | b"primary" => Class::Primary,
            _ => return None,
        };
        Some(class)
    }
}

/// Everything CLIENT LIST tells about a client.
#[derive(Debug)]
pub(super) struct Portrait<'a> {
    pub(super) id: u64,
    pub(super) address: String,
    pub(super) local_address: String,
    pub(super) fd: i32,
    pub(super) class: Class,
    pub(super) user: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) library: &'a [u8],
    pub(super) library_version: &'a [u8],
    pub(super) age_s: u64,
    pub(super) idle_s: u64,
    /// One letter for each; `N` when there is nothing to say.
    pub(super) flags: String,
    pub(super) capabilities: &'a str,
    pub(super) db: usize,
    /// How many channels, patterns and shard channels it is subscribed to.
    pub(super) subscriptions: [usize; 3],
    /// Commands that wait for EXEC, if there is a transaction.
    pub(super) queued: Option<usize>,
    pub(super) watched: usize,
    pub(super) events: &'static str,
    pub(super) command: &'a str,
    pub(super) protocol: i64,
    /// Who hears of what it tracks; 0: itself, -1: it does not track.
    pub(super) redirect: i64,
    pub(super) memory: Memory,
    pub(super) input_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) commands: u64,
}

/// What a client holds of the server's memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// Arrived and not yet parsed or executed.
    pub(super) input: usize,
    /// Room left in the buffer for that.
    pub(super) input_free: usize,
    /// The arguments of an unfinished request.
    pub(super) arguments: usize,
    /// Room of the output buffer's flat part, and its largest use.
    pub(super) output_room: usize,
    /// Waiting to be sent.
    pub(super) output: usize,
    /// Pieces of that which are held by reference.
    pub(super) output_pieces: usize,
    /// What waits for EXEC, and the names of watched keys.
    pub(super) transaction: usize,
    pub(super) total: usize,
}

/// Redis's output buffer; what is more is shown as waiting in a list.
const OUTPUT_BUFFER_BYTES: usize = 16 * 1024;

impl Portrait<'_> {
    /// The address without its port.
    pub(super) fn ip(&self) -> &str {
        let ip = self.address.rsplit_once(':').map_or("", |(ip, _)| ip);
        ip.trim_start_matches('[').trim_end_matches(']')
    }
}

/// The line of CLIENT LIST and CLIENT INFO, without its end: Valkey's fields in its order, which has
/// those of Redis 7.2.
impl fmt::Display for Portrait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes);
        let memory = &self.memory;
        write!(
            f,
            "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} capa={} db={}",
            self.id,
            self.address,
            self.local_address,
            self.fd,
            text(self.name),
            self.age_s,
            self.idle_s,
            self.flags,
            self.capabilities,
            self.db,
        )?;
        let [channels, patterns, shards] = self.subscriptions;
        write!(f, " sub={channels} psub={patterns} ssub={shards}")?;
        match self.queued {
            Some(count) => write!(f, " multi={count}")?,
            None => write!(f, " multi=-1")?,
        }
        write!(f, " watch={}", self.watched)?;
        // Redis keeps what is more than its buffer in a list.
        let (flat, pieces, beyond) = match memory.output {
            flat @ 0..OUTPUT_BUFFER_BYTES => (flat, 0, 0),
            _ => (0, 1 + memory.output_pieces, memory.output_room),
        };
        let room = memory.output_room - beyond;
        write!(
            f,
            " qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={}",
            memory.input,
            memory.input_free,
            memory.arguments,
            memory.transaction,
            room,
            room,
            flat,
            pieces,
            beyond,
        )?;
        write!(
            f,
            " tot-mem={} events={} cmd={} user={} redir={} resp={} lib-name={} lib-ver={}",
            memory.total,
            self.events,
            self.command,
            text(self.user),
            self.redirect,
            self.protocol,
            text(self.library),
            text(self.library_version),
        )?;
        write!(
            f,
            " tot-net-in={} tot-net-out={} tot-cmds={}",
            self.input_bytes, self.output_bytes, self.commands,
        )
    }
}
