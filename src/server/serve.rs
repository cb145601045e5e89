//! Reads, parses and executes for one client, within its share of a turn.
//!
//! Input arrives in buffers that all clients share, the lanes (`lane`). Requests are parsed in
//! stages and executed where they lie; what is left of an unfinished one is copied into the client's own `pending`,
//! and the next input is appended there until the request is whole.

use std::sync::Arc;

use super::Server;
use super::dispatch::Found;
use super::lane::{LANES, Lane, Stage, Stages};
use crate::client::slab::ClientKey;
use crate::client::{Activity, ClientFlags, CloseReason, ReplyMode};
use crate::net::transport::ReadOutcome;
use crate::resp::parser::ProtocolError;
use crate::resp::request::OwnedRequest;

/// Bytes read from one client in one turn.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// Commands executed for one client in one turn.
const COMMANDS_PER_TURN: usize = 1024;

/// No more of them are begun when their replies are so long together: they have to be sent, and
/// held against the limit of what a client may leave unread, before there are more.
const REPLY_BYTES_PER_TURN: usize = 1024 * 1024;

/// The replies of a turn are not held against the limit up to here, however low that is.
const REPLIES_FREE_BYTES: usize = 16 * 1024;

impl Server {
    /// Every active client's share of a turn.
    pub(super) fn serve_all(&mut self) {
        let mut active = std::mem::take(&mut self.work.active);
        // Some may have been closed since they were listed.
        active.retain(|key| self.clients.get(*key).is_some());
        let mut lanes = std::mem::take(&mut self.work.lanes);
        lanes.resize_with(LANES, Lane::default);
        for keys in active.chunks(LANES) {
            for (key, lane) in keys.iter().zip(&mut lanes) {
                self.arrive(*key, lane);
            }
            for (key, lane) in keys.iter().zip(&lanes) {
                self.prefetch_entries(*key, &lane.stages.now);
            }
            for (key, lane) in keys.iter().zip(&mut lanes) {
                self.serve(*key, lane);
            }
        }
        self.work.lanes = lanes;
        // Who became active meanwhile waits in the other list; the larger buffer is kept.
        active.clear();
        active.append(&mut self.work.active);
        self.work.active = active;
    }

    /// Reads what a client sent, and parses the first of it if nothing older comes before.
    fn arrive(&mut self, key: ClientKey, lane: &mut Lane) {
        self.clients[key].flags.remove(ClientFlags::ACTIVE);
        lane.fresh = self.read_fresh(key, &mut lane.input);
        lane.stages.ready = false;
        if self.client_memory.is_on() && !self.may_take(key, lane.fresh) {
            lane.fresh = 0;
            return;
        }
        let client = &self.clients[key];
        let first = client.pending.is_empty() && client.postponed.is_empty();
        if lane.fresh > 0 && first && client.is_ready() {
            let buf = &lane.input[..lane.fresh];
            let mut budget = COMMANDS_PER_TURN;
            self.stage(key, buf, 0, &mut lane.stages.now, &mut budget);
            lane.stages.ready = true;
        }
    }

    /// One client's share of a turn.
    fn serve(&mut self, key: ClientKey, lane: &mut Lane) {
        let fresh = &lane.input[..lane.fresh];
        let client = &mut self.clients[key];
        if client.is_ready() || lane.stages.ready {
            if client.reply.output.wants_buffer()
                && let Some(buffer) = self.work.spare_buffers.pop()
            {
                client.reply.output.give_buffer(buffer);
            }
            if client.pending.is_empty() {
                let consumed = self.process(key, fresh, &mut lane.stages);
                self.keep_rest(key, &fresh[consumed..]);
            } else {
                let mut pending = std::mem::take(&mut client.pending);
                pending.extend_from_slice(fresh);
                let consumed = self.process(key, &pending, &mut lane.stages);
                if consumed > 0 {
                    pending.drain(..consumed);
                }
                self.keep_pending(key, pending);
            }
        } else if !fresh.is_empty() {
            client.pending.extend_from_slice(fresh);
        }
        self.check_query_buffer(key);
        self.want_write(key);
        let client = &self.clients[key];
        if client.flags.contains(ClientFlags::WANTS_WRITABLE)
            || client.reply.output.len() > REPLIES_FREE_BYTES
        {
            // It makes more to be read than it may, whether or not it reads.
            self.check_output_limit(key);
        }
        self.reclaim_buffer(key);
        if self.client_memory.is_on() {
            self.count_client(key);
        }
        let client = &self.clients[key];
        let work = client.flags & (ClientFlags::UNREAD | ClientFlags::UNPARSED);
        // One that waits for a key is read on only if its end stands behind what it sent.
        let ends = ClientFlags::UNREAD | ClientFlags::HUNG_UP;
        let is_leaving = client.activity == Activity::Blocked && client.flags.contains(ends);
        if client.is_closing() {
            self.work.closing.push(key);
        } else if is_leaving || client.is_ready() && !work.is_empty() {
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
    fn process(&mut self, key: ClientKey, buf: &[u8], stages: &mut Stages) -> usize {
        let consumed = self.process_stages(key, buf, stages);
        // A large argument that was stored must not stay shared with a batch.
        stages.now.batch.clear();
        stages.next.batch.clear();
        consumed
    }

    fn process_stages(&mut self, key: ClientKey, buf: &[u8], stages: &mut Stages) -> usize {
        self.clients[key].flags.remove(ClientFlags::UNPARSED);
        let mut budget = COMMANDS_PER_TURN;
        let replies_max = self.clients[key].reply.output.len() + REPLY_BYTES_PER_TURN;
        let Stages { now, next, ready } = stages;
        if !*ready {
            if !self.execute_postponed(key, &mut budget) {
                return 0;
            }
            self.stage(key, buf, 0, now, &mut budget);
            self.prefetch_entries(key, now);
        }
        loop {
            let more = now.error.is_none() && !now.batch.is_empty() && now.end < buf.len();
            let client = &self.clients[key];
            if client.reply.output.len() > replies_max {
                budget = 0;
            }
            let ahead = more && budget > 0 && client.is_ready() && client.is_authenticated();
            if ahead {
                self.stage(key, buf, now.end, next, &mut budget);
            }
            self.execute_stage(key, now, buf);
            if let Some(error) = now.error.take() {
                self.refuse_bytes(key, &error);
            }
            if !more {
                return now.end;
            }
            if !ahead {
                let client = &mut self.clients[key];
                if !client.is_ready() {
                    return now.end;
                }
                if budget == 0 {
                    client.flags.insert(ClientFlags::UNPARSED);
                    return now.end;
                }
                self.stage(key, buf, now.end, next, &mut budget);
            }
            self.prefetch_entries(key, next);
            std::mem::swap(now, next);
        }
    }

    /// Executes a stage in order; requests behind one that made the client wait are kept for it.
    fn execute_stage(&mut self, key: ClientKey, stage: &Stage, buf: &[u8]) {
        let table = Arc::clone(&self.table);
        // Reading and parsing are not part of the first command's time.
        self.advance_to(self.clock.mono());
        let count = stage.batch.len();
        let mut looked_at = self.costs.hot_keys.first_of(count);
        let mut is_plain = self.is_plain(key);
        for (index, request) in stage.batch.requests(buf).enumerate() {
            let found = stage.found[index];
            if looked_at == Some(index) {
                self.look_at_keys(&table, key, request, found);
                looked_at = self.costs.hot_keys.next_of(index, count);
            }
            if is_plain && self.execute_plainly(&table, key, request, found) {
                continue;
            }
            let client = &mut self.clients[key];
            if client.is_ready() {
                self.execute(&table, key, request, found);
            } else if !client.is_closing() {
                client.postponed.push_back(OwnedRequest::copy_of(request));
            }
            is_plain = self.is_plain(key);
        }
    }

    /// Executes requests that waited; whether none is left.
    fn execute_postponed(&mut self, key: ClientKey, budget: &mut usize) -> bool {
        if self.clients[key].postponed.is_empty() {
            return true;
        }
        let table = Arc::clone(&self.table);
        self.advance_to(self.clock.mono());
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
            let command = table.find(request.bytes(0)).map(|command| command.id);
            let found = Found {
                command,
                hash: None,
            };
            self.execute(&table, key, request, found);
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
        if !client.is_ready() {
            return;
        }
        log::debug!("Protocol error from client {}: {error}", client.id);
        if client.reply_mode == ReplyMode::On {
            client.reply.error(&error.text());
        }
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
