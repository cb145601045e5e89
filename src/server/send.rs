//! The end of a turn: replies go out, clients marked for closing are closed, new ones come in.

use std::io;

use mio::{Interest, Token};

use super::{Moment, Server};
use crate::client::slab::ClientKey;
use crate::client::{Activity, Client, ClientFlags, CloseReason};
use crate::config::OutputLimit;
use crate::net::listener;
use crate::net::transport::{Peer, Transport, WriteOutcome};

/// Bytes written to one client in one turn.
const WRITE_BYTES: usize = 1024 * 1024;

/// What may pile up for a client that is not let in yet: it shall cost nothing.
const STRANGERS: OutputLimit = OutputLimit {
    hard: 1024,
    soft: 0,
    soft_seconds: 0,
};

/// Output buffers kept for reuse.
const SPARE_BUFFERS_MAX: usize = 256;

impl Server {
    /// Writes what waits, a budget for each client.
    pub(super) fn write_all(&mut self) {
        let released = self.released();
        for key in std::mem::take(&mut self.work.writing) {
            match self.clients.get(key) {
                Some(client) if !released.lets(client.marks) => self.hold(key),
                _ => self.write_one(key),
            }
            if self.client_memory.is_on() {
                self.count_client(key);
            }
        }
    }

    fn write_one(&mut self, key: ClientKey) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.flags.remove(ClientFlags::WRITING);
        if client.is_cut_off() {
            return;
        }
        let mut written = 0;
        let outcome = client
            .transport
            .write(&mut client.reply.output, WRITE_BYTES, &mut written);
        client.traffic.output_bytes += written;
        self.metrics.net_output_bytes += written;
        self.metrics.writes_processed += 1;
        if written > 0 {
            client.times.active = self.now.mono;
        }
        match outcome {
            Ok(WriteOutcome::Done) => {
                client.over_soft_limit_since = None;
                client.marks.told = client.marks.wrote;
                self.reclaim_buffer(key);
                let client = &mut self.clients[key];
                if client.flags.contains(ClientFlags::WATCHED_WRITABLE) {
                    client.flags.remove(ClientFlags::WATCHED_WRITABLE);
                    self.watch(key, Interest::READABLE);
                }
                if self.clients[key].is_closing() {
                    self.work.closing.push(key);
                }
            }
            Ok(WriteOutcome::Budget) => {
                client.flags.insert(ClientFlags::WRITING);
                self.work.writing.push(key);
                self.check_output_limit(key);
            }
            Ok(WriteOutcome::Later) => {
                client.flags.insert(ClientFlags::WANTS_WRITABLE);
                if !client.flags.contains(ClientFlags::WATCHED_WRITABLE) {
                    client.flags.insert(ClientFlags::WATCHED_WRITABLE);
                    self.watch(key, Interest::READABLE | Interest::WRITABLE);
                }
                self.check_output_limit(key);
            }
            Err(error) => {
                log::debug!("Error writing to client: {error}");
                self.close(key, CloseReason::Gone);
            }
        }
    }

    /// Takes the buffer of a client that has nothing to send: an idle client holds none.
    pub(super) fn reclaim_buffer(&mut self, key: ClientKey) {
        let output = &mut self.clients[key].reply.output;
        if output.is_empty()
            && !output.wants_buffer()
            && let Some(buffer) = output.take_buffer()
            && self.work.spare_buffers.len() < SPARE_BUFFERS_MAX
        {
            self.work.spare_buffers.push(buffer);
        }
    }

    fn watch(&mut self, key: ClientKey, interest: Interest) {
        let client = &mut self.clients[key];
        let token = Token(key.token());
        if let Err(error) = client
            .transport
            .reregister(self.io.poll.registry(), token, interest)
        {
            log::warn!("Cannot watch the socket of client {}: {error}", client.id);
            self.close(key, CloseReason::CutOff);
        }
    }

    /// Cuts off a client that lets too much pile up.
    pub(super) fn check_output_limit(&mut self, key: ClientKey) {
        let client = &mut self.clients[key];
        let cut_off = Activity::Closing(CloseReason::CutOff);
        if client.activity == cut_off {
            return;
        }
        let held = client.reply.output.len();
        let limit = if client.is_authenticated() {
            self.config.output_limit(client.class())
        } else {
            STRANGERS
        };
        let OutputLimit {
            hard,
            soft,
            soft_seconds,
        } = limit;
        if soft == 0 || held < soft {
            client.over_soft_limit_since = None;
        }
        let since = client.over_soft_limit_since;
        let over_soft = soft > 0 && held >= soft && {
            let since = *client.over_soft_limit_since.get_or_insert(self.now.mono);
            self.now.mono.since(since) > soft_seconds.saturating_mul(1_000_000_000)
        };
        if (hard > 0 && held >= hard) || (over_soft && since.is_some()) {
            log::warn!(
                "Client id={} addr={} omem={held} scheduled to be closed ASAP for overcoming of \
                 output buffer limits.",
                client.id,
                client.peer,
            );
            self.metrics.output_buffer_limit_disconnections += 1;
            self.close(key, CloseReason::CutOff);
        }
    }

    /// Closes the clients marked for it.
    pub(super) fn reap(&mut self) {
        for key in std::mem::take(&mut self.work.closing) {
            let Some(client) = self.clients.get(key) else {
                continue;
            };
            let Activity::Closing(reason) = client.activity else {
                continue;
            };
            if reason == CloseReason::AfterReply && !client.reply.output.is_empty() {
                // Its last bytes are still to be sent; `write_one` lists it again.
                continue;
            }
            self.unsubscribe_all(key);
            if let Some(mut client) = self.clients.remove(key) {
                self.client_memory.forget(&client);
                client.transport.deregister(self.io.poll.registry());
                self.forget_wait(key);
                self.end_monitoring(key);
                if let Some(transaction) = &client.transaction {
                    self.forget_watches(key, &transaction.watched);
                }
                if let Some(tracked) = &client.tracked {
                    self.bury_tracked(key, tracked);
                }
                log::debug!("Closed connection of client {}", client.id);
            }
        }
    }

    /// Accepts connections that wait, a budget for each listener.
    pub(super) fn accept(&mut self) {
        let mut waiting = std::mem::take(&mut self.io.accepting);
        while waiting != 0 {
            let index = waiting.trailing_zeros() as usize;
            waiting &= waiting - 1;
            if self.accept_from(index) {
                self.io.accepting |= 1 << index;
            }
        }
    }

    /// Accepts from one listener; whether more may wait.
    pub(super) fn accept_from(&mut self, index: usize) -> bool {
        for _ in 0..self.config.max_new_connections_per_cycle {
            let Some(listener) = self.io.listeners.get(index) else {
                return false;
            };
            match listener.accept() {
                Ok(Some((transport, peer))) => self.welcome(transport, peer),
                Ok(None) => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    log::warn!("Accepting client connection: {error}");
                    // An edge-triggered poll tells no second time: tending looks again.
                    self.tending.accept_again = true;
                    return false;
                }
            }
        }
        true
    }

    /// Looks at every listener again, as after an error that passes (too many open files).
    pub(super) fn accept_again(&mut self) {
        self.io.accepting = (1 << self.io.listeners.len()) - 1;
    }

    pub(super) fn welcome(&mut self, mut transport: Transport, peer: Peer) {
        if let Err(error) = listener::tune(&transport, self.config.tcp_keepalive) {
            log::debug!("Cannot set options of the socket of {peer}: {error}");
        }
        if let Some(refusal) = self.refusal(&peer) {
            self.metrics.connections_rejected += 1;
            let mut output = crate::ds::output::Output::default();
            output.extend(refusal.as_bytes());
            // The peer may be gone already; it is turned away in any case.
            drop(transport.write(&mut output, WRITE_BYTES, &mut 0));
            return;
        }
        self.next_client_id += 1;
        let Moment { mono, .. } = self.now;
        let mut client = Client::new(self.next_client_id, transport, peer, self.now.ms(), mono);
        self.begin_session(&mut client);
        self.metrics.connections_received += 1;
        let key = self.clients.insert(client);
        let token = Token(key.token());
        let client = &mut self.clients[key];
        let registry = self.io.poll.registry();
        if let Err(error) = client
            .transport
            .register(registry, token, Interest::READABLE)
        {
            log::warn!("Error registering fd event for the new client: {error}");
            self.clients.remove(key);
        } else if self.client_memory.is_on() {
            self.count_client(key);
        }
    }

    /// Why a new connection is turned away, as the bytes to tell it so.
    fn refusal(&self, peer: &Peer) -> Option<&'static str> {
        if self.clients.len() >= self.config.maxclients as usize {
            return Some("-ERR max number of clients reached\r\n");
        }
        let open = !self.config.protected_mode || !self.acl.default_user().needs_no_password();
        (!open && !peer.is_local()).then_some(PROTECTED)
    }
}

/// What a client from elsewhere is told in protected mode.
const PROTECTED: &str = "-DENIED Ruddle is running in protected mode because protected mode is \
    enabled and no password is set for the default user. In this mode connections are only \
    accepted from the loopback interface. If you want to connect from external computers, you may \
    adopt one of the following solutions: 1) Disable protected mode by sending the command \
    'CONFIG SET protected-mode no' from the loopback interface; make sure the server is not \
    reachable from the internet if you do so, and use CONFIG REWRITE to make the change permanent. \
    2) Set the protected mode option to 'no' in the configuration file and restart the server. \
    3) If you started the server by hand for a test, restart it with '--protected-mode no'. \
    4) Set a password for the default user. One of these is enough for the server to accept \
    connections from the outside.\r\n";
