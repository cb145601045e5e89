//! Lanes: several clients' input on its way at once, so that memory is waited for once, not per
//! request.
//!
//! A lookup in a large table costs two cache misses in sequence, bucket and entry; together they
//! take longer than everything else a short command does. So requests are parsed ahead of their
//! execution, in *stages* of up to [`STAGE_REQUESTS`], and what they will read is prefetched in
//! two steps with other work between them:
//!
//! ```text
//! one client, pipelining      parse 1 · entries 1 · parse 2 · execute 1 · entries 2 · parse 3 · …
//! eight clients, one request  read+parse A … read+parse H · entries A…H · execute A … execute H
//! ```
//!
//! Parsing hashes the keys and prefetches their buckets. All of it is a hint: execution looks
//! everything up again, and what happened in between (a client killed, a database flushed) is seen
//! then.

use super::Server;
use super::dispatch::Found;
use crate::client::slab::ClientKey;
use crate::ds::same::same_bytes;
use crate::keyspace::KeyHash;
use crate::resp::parser::{self, Batch, ProtocolError};

/// Requests of one stage: what the processor can have under way.
pub(super) const STAGE_REQUESTS: usize = 16;

/// Clients whose input is read before the first of them is executed.
pub(super) const LANES: usize = 8;

/// One client's input, being worked on.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) input: Vec<u8>,
    /// Bytes of `input` read in this turn.
    pub(super) fresh: usize,
    pub(super) stages: Stages,
}

/// The stage that is executed and the one behind it.
#[derive(Default)]
pub(super) struct Stages {
    pub(super) now: Stage,
    pub(super) next: Stage,
    /// Whether `now` is parsed from what was just read.
    pub(super) ready: bool,
}

/// Requests parsed and not executed yet.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) batch: Batch,
    pub(super) found: [Found; STAGE_REQUESTS],
    /// Where in the input the next stage begins, or what is no request.
    pub(super) end: usize,
    /// What stands behind the requests, if that is none.
    pub(super) error: Option<ProtocolError>,
}

impl Server {
    /// Parses the next requests at `buf[at..]`, finds their commands and begins to load their
    /// keys' buckets.
    pub(super) fn stage(
        &mut self,
        key: ClientKey,
        buf: &[u8],
        at: usize,
        stage: &mut Stage,
        budget: &mut usize,
    ) {
        stage.batch.clear();
        stage.error = None;
        let client = &mut self.clients[key];
        let limits = parser::Limits {
            bulk_bytes_max: self.config.proto_max_bulk_len,
            authenticated: client.is_authenticated(),
        };
        // What may follow AUTH is known when it has been executed.
        let together = if limits.authenticated {
            STAGE_REQUESTS
        } else {
            1
        };
        let count_max = together.min(*budget);
        let filled = client
            .parser
            .fill(buf, at, &limits, count_max, &mut stage.batch);
        match filled {
            Ok(end) => stage.end = end,
            // Who has to wait first is told when its turn comes, and it is parsed once more then.
            Err(error) => {
                stage.end = at;
                stage.error = Some(error);
            }
        }
        *budget -= stage.batch.len();
        let view = self.keyspace.view(client.db, self.now.ms());
        let mut before: Option<(&[u8], KeyHash)> = None;
        for index in 0..stage.batch.len() {
            let request = stage.batch.request(index, buf);
            let command = self.table.find(request.bytes(0));
            let first_key = command.map_or(0, |command| command.first_key);
            let mut hash = None;
            if (1..request.len()).contains(&first_key) {
                let key = request.bytes(first_key);
                // Who works on one collection names the same key again and again.
                if !before.is_some_and(|(same, _)| same_bytes(same, key)) {
                    let hash = view.hash(key);
                    view.prefetch_bucket(hash);
                    before = Some((key, hash));
                }
                hash = before.map(|(_, hash)| hash);
            }
            stage.found[index] = Found {
                command: command.map(|command| command.id),
                hash,
            };
        }
    }

    /// Begins to load the entries of a stage's keys, whose buckets have arrived by now.
    pub(super) fn prefetch_entries(&mut self, key: ClientKey, stage: &Stage) {
        let view = self.keyspace.view(self.clients[key].db, self.now.ms());
        let mut before = None;
        for found in &stage.found[..stage.batch.len()] {
            if let Some(hash) = found.hash
                && found.hash != before
            {
                view.prefetch_entry(hash);
                before = found.hash;
            }
        }
    }
}
