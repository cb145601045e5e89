//! What is sent to a client without its asking: messages of channels, keyspace events,
//! invalidations, what MONITOR shows.
//!
//! A message is encoded once for each protocol that a receiver speaks and copied to the output of
//! each (a large one is shared). Who causes one himself gets it behind the whole reply of the
//! command that he is at, EXEC's included: a push within a reply would break it. So what goes to
//! the client whose command is being executed is kept until that has its reply. CLIENT REPLY OFF
//! and SKIP concern replies only.
//!
//! Under `appendfsync always` a message that tells of a change leaves when the change is on disk:
//! whoever pushes one does it behind [`Server::log_effects`].

use std::sync::Arc;

use super::Server;
use crate::client::slab::ClientKey;
use crate::ds::output::INSET_BYTES_MIN;
use crate::resp::reply::{Protocol, Reply};

/// A message, written when somebody takes it and then kept for the others.
pub struct Encoded<'a> {
    write: &'a dyn Fn(&mut Reply),
    resp2: Option<Arc<Vec<u8>>>,
    resp3: Option<Arc<Vec<u8>>>,
}

impl<'a> Encoded<'a> {
    /// The message that `write` writes; it is called at most once for each protocol.
    pub fn new(write: &'a dyn Fn(&mut Reply)) -> Encoded<'a> {
        Encoded {
            write,
            resp2: None,
            resp3: None,
        }
    }

    /// The message as it goes to a client that speaks `protocol`.
    #[inline]
    pub fn bytes(&mut self, protocol: Protocol) -> &Arc<Vec<u8>> {
        let place = match protocol {
            Protocol::Resp2 => &mut self.resp2,
            Protocol::Resp3 => &mut self.resp3,
        };
        place.get_or_insert_with(|| {
            let mut reply = Reply::new(protocol);
            (self.write)(&mut reply);
            Arc::new(reply.output.into_vec())
        })
    }
}

/// Whose command is being executed, and what was pushed to him meanwhile.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    executing: Option<ClientKey>,
    kept: Vec<Arc<Vec<u8>>>,
}

impl Pushes {
    /// The client whose command is being executed.
    pub(super) fn executing(&self) -> Option<ClientKey> {
        self.executing
    }
}

impl Server {
    /// Sends a message to a client; nothing happens if that is gone or on its way out.
    pub fn push_to(&mut self, key: ClientKey, message: &mut Encoded<'_>) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        if client.is_closing() {
            return;
        }
        // While a handler has the reply, this one in its place speaks the same protocol.
        let bytes = message.bytes(client.reply.protocol);
        if self.pushes.executing == Some(key) {
            self.pushes.kept.push(Arc::clone(bytes));
            return;
        }
        let output = &mut client.reply.output;
        if output.wants_buffer()
            && bytes.len() < INSET_BYTES_MIN
            && let Some(buffer) = self.work.spare_buffers.pop()
        {
            output.give_buffer(buffer);
        }
        output.share(bytes, 0, bytes.len());
        let held = output.len();
        let is_over = self.config.output_limit(client.class()).is_reached(held);
        if let Some(journal) = &self.durable.journal
            && journal.holds_readers()
        {
            client.marks.seen = journal.mark();
        }
        self.want_write(key);
        if is_over {
            self.check_output_limit(key);
        }
    }

    /// From now on a command of this client is executed, until [`Server::end_pushes`].
    #[inline]
    pub(super) fn begin_pushes(&mut self, key: ClientKey) {
        self.pushes.executing = Some(key);
    }

    /// The command has its whole reply: what was kept follows.
    #[inline]
    pub(super) fn end_pushes(&mut self, key: ClientKey) {
        self.pushes.executing = None;
        if !self.pushes.kept.is_empty() {
            self.append_kept(key);
        }
    }

    #[cold]
    fn append_kept(&mut self, key: ClientKey) {
        let mut kept = std::mem::take(&mut self.pushes.kept);
        let client = &mut self.clients[key];
        for bytes in kept.drain(..) {
            if !client.is_closing() {
                client.reply.output.share(&bytes, 0, bytes.len());
            }
        }
        self.pushes.kept = kept;
        self.want_write(key);
        self.check_output_limit(key);
    }
}

#[cfg(test)]
mod tests;
