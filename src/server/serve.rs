//! Reads, parses and executes for one client, within its share of a turn.
//!
//! Input arrives in a buffer that all clients share. Requests are parsed in batches and executed
//! where they lie; what is left of an unfinished one is copied into the client's own `pending`,
//! and the next input is appended there until the request is whole.

use std::sync::Arc;

use super::Server;
use super::dispatch::Found;
use crate::client::slab::ClientKey;
use crate::client::{ClientFlags, CloseReason};
use crate::net::transport::ReadOutcome;
use crate::resp::parser::{self, Batch, ProtocolError};
use crate::resp::request::OwnedRequest;

/// Bytes read from one client in one turn.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// Commands executed for one client in one turn.
const COMMANDS_PER_TURN: usize = 1024;

/// Requests parsed before the first of them is executed: what can be prefetched together.
pub(super) const BATCH_REQUESTS: usize = 16;

impl Server {
    /// One client's share of a turn.
    pub(super) fn serve(&mut self, key: ClientKey) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.flags.remove(ClientFlags::ACTIVE);
        let mut input = std::mem::take(&mut self.work.input);
        let fresh = self.read_fresh(key, &mut input);
        let client = &mut self.clients[key];
        if client.is_ready() {
            if client.reply.output.wants_buffer()
                && let Some(buffer) = self.work.spare_buffers.pop()
            {
                client.reply.output.give_buffer(buffer);
            }
            if client.pending.is_empty() {
                let consumed = self.process(key, &input[..fresh]);
                self.keep_rest(key, &input[consumed..fresh]);
            } else {
                let mut pending = std::mem::take(&mut client.pending);
                pending.extend_from_slice(&input[..fresh]);
                let consumed = self.process(key, &pending);
                if consumed > 0 {
                    pending.drain(..consumed);
                }
                self.keep_pending(key, pending);
            }
        } else if fresh > 0 {
            client.pending.extend_from_slice(&input[..fresh]);
        }
        self.work.input = input;
        self.check_query_buffer(key);
        self.want_write(key);
        self.reclaim_buffer(key);
        let client = &self.clients[key];
        if client.is_closing() {
            self.work.closing.push(key);
        } else if client.is_ready()
            && client
                .flags
                .intersects(ClientFlags::UNREAD | ClientFlags::UNPARSED)
        {
            self.activate(key);
        }
    }

    /// Reads once, if there is something to read and nothing older to execute; the bytes read.
    fn read_fresh(&mut self, key: ClientKey, input: &mut Vec<u8>) -> usize {
        let client = &mut self.clients[key];
        let wanted = client.flags & (ClientFlags::UNREAD | ClientFlags::UNPARSED);
        if wanted != ClientFlags::UNREAD || client.is_closing() {
            return 0;
        }
        input.resize(READ_BYTES, 0);
        match client.transport.read(input) {
            Ok(ReadOutcome::Bytes(count)) => {
                // A short read emptied the socket, unless the end stands right behind.
                if count < READ_BYTES && !client.flags.contains(ClientFlags::HUNG_UP) {
                    client.flags.remove(ClientFlags::UNREAD);
                }
                client.times.active = self.now.mono;
                client.traffic.input_bytes += count as u64;
                client.traffic.events += 1;
                self.metrics.net_input_bytes += count as u64;
                self.metrics.reads_processed += 1;
                count
            }
            Ok(ReadOutcome::Later) => {
                client.flags.remove(ClientFlags::UNREAD);
                0
            }
            Ok(ReadOutcome::Ended) => {
                client.close(CloseReason::Gone);
                0
            }
            Err(error) => {
                log::debug!("Reading from client: {error}");
                client.close(CloseReason::Gone);
                0
            }
        }
    }

    /// Parses and executes what `buf` holds; how much of it is consumed.
    fn process(&mut self, key: ClientKey, buf: &[u8]) -> usize {
        self.clients[key].flags.remove(ClientFlags::UNPARSED);
        let mut budget = COMMANDS_PER_TURN;
        if !self.execute_postponed(key, &mut budget) {
            return 0;
        }
        let mut batch = std::mem::take(&mut self.work.batch);
        let mut at = 0;
        while self.clients[key].is_ready() {
            if budget == 0 {
                self.clients[key].flags.insert(ClientFlags::UNPARSED);
                break;
            }
            batch.clear();
            let client = &mut self.clients[key];
            let limits = parser::Limits {
                bulk_bytes_max: self.config.proto_max_bulk_len,
                authenticated: client.is_authenticated(),
            };
            // What may follow AUTH is known when it has been executed.
            let together = if limits.authenticated {
                BATCH_REQUESTS
            } else {
                1
            };
            let count_max = together.min(budget);
            let filled = client.parser.fill(buf, at, &limits, count_max, &mut batch);
            if !batch.is_empty() {
                budget -= batch.len();
                self.execute_batch(key, &batch, buf);
            }
            match filled {
                Ok(consumed) => at = consumed,
                Err(error) => {
                    self.refuse_bytes(key, &error);
                    at = buf.len();
                    break;
                }
            }
            // A batch may end early, before a large argument or an error.
            if batch.is_empty() || at == buf.len() {
                break;
            }
        }
        batch.clear();
        self.work.batch = batch;
        at
    }

    /// Executes a batch in order; requests behind one that made the client wait are kept for it.
    fn execute_batch(&mut self, key: ClientKey, batch: &Batch, buf: &[u8]) {
        let table = Arc::clone(&self.table);
        let mut found = [const { Found::NOTHING }; BATCH_REQUESTS];
        for (index, found) in found.iter_mut().enumerate().take(batch.len()) {
            found.command = table.find(batch.request(index, buf).bytes(0));
        }
        if batch.len() > 1 {
            self.prefetch(key, batch, buf, &mut found);
        }
        for (index, found) in found.iter().enumerate().take(batch.len()) {
            let request = batch.request(index, buf);
            let client = &mut self.clients[key];
            if client.is_ready() {
                self.execute(&table, key, request, found);
            } else if !client.is_closing() {
                client.postponed.push_back(OwnedRequest::copy_of(request));
            }
        }
    }

    /// Begins to load what the batch will read: first every key's bucket, then, as those arrive,
    /// every key's entry. One after the other they would cost two cache misses each, in sequence.
    fn prefetch(&mut self, key: ClientKey, batch: &Batch, buf: &[u8], found: &mut [Found<'_>]) {
        let view = self.keyspace.view(self.clients[key].db, self.now.ms());
        for (index, found) in found.iter_mut().enumerate().take(batch.len()) {
            let request = batch.request(index, buf);
            if let Some(command) = found.command
                && (1..request.len()).contains(&command.first_key)
            {
                let hash = view.hash(request.bytes(command.first_key));
                view.prefetch_bucket(hash);
                found.hash = Some(hash);
            }
        }
        for hash in found.iter().filter_map(|found| found.hash) {
            view.prefetch_entry(hash);
        }
    }

    /// Executes requests that waited; whether none is left.
    fn execute_postponed(&mut self, key: ClientKey, budget: &mut usize) -> bool {
        if self.clients[key].postponed.is_empty() {
            return true;
        }
        let table = Arc::clone(&self.table);
        while self.clients[key].is_ready() {
            let Some(owned) = self.clients[key].postponed.pop_front() else {
                return true;
            };
            if *budget == 0 {
                self.clients[key].postponed.push_front(owned);
                self.clients[key].flags.insert(ClientFlags::UNPARSED);
                return false;
            }
            *budget -= 1;
            let request = owned.request();
            let found = Found {
                command: table.find(request.bytes(0)),
                hash: None,
            };
            self.execute(&table, key, request, &found);
        }
        false
    }

    /// Copies what is left of the shared input into the client's own buffer.
    fn keep_rest(&mut self, key: ClientKey, rest: &[u8]) {
        let client = &mut self.clients[key];
        if rest.is_empty() || client.is_closing() {
            return;
        }
        let missing = client.parser.missing_bytes().min(READ_BYTES);
        client.pending.reserve_exact(rest.len() + missing);
        client.pending.extend_from_slice(rest);
    }

    fn keep_pending(&mut self, key: ClientKey, pending: Vec<u8>) {
        let client = &mut self.clients[key];
        if !pending.is_empty() && !client.is_closing() {
            client.pending = pending;
        }
    }

    /// The peer sent what is no request: it is told, and closed.
    #[cold]
    fn refuse_bytes(&mut self, key: ClientKey, error: &ProtocolError) {
        let client = &mut self.clients[key];
        log::debug!("Protocol error from client {}: {error}", client.id);
        client.reply.error(&error.text());
        client.close(CloseReason::AfterReply);
        self.metrics.errors.count("ERR");
    }

    /// A client may not make the server hold more unexecuted input than the limit allows.
    fn check_query_buffer(&mut self, key: ClientKey) {
        let client = &mut self.clients[key];
        let held = client.pending.len() + client.parser.memory_bytes();
        if held > self.config.client_query_buffer_limit {
            log::warn!(
                "Closing client that reached max query buffer length: id={} addr={} qbuf={held}",
                client.id,
                client.peer,
            );
            client.close(CloseReason::CutOff);
            self.metrics.query_buffer_limit_disconnections += 1;
        }
    }
}
