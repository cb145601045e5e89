//! Who may run what, now. The order of the questions is Redis's, because clients see which refusal
//! wins: after the name and the number of arguments come authentication and the pause; memory,
//! disk errors and the rest join between them with the parts of the server they belong to.

use super::Server;
use super::table::Command;
use crate::client::ClientFlags;
use crate::client::slab::ClientKey;
use crate::command::error::CommandError;
use crate::command::spec::Flags;
use crate::resp::reply::Protocol;
use crate::resp::request::Request;
use crate::sys::clock::MonoNs;

/// The gate's answer.
#[derive(Debug)]
pub enum Verdict {
    Run,
    Refuse(CommandError),
    /// The client waits; the request is executed later.
    Postpone,
}

/// CLIENT PAUSE: until when, and what.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    pub until: MonoNs,
    pub what: Paused,
}

/// What is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// Commands that change data or may replicate.
    Writes,
    /// All commands.
    All,
}

impl Server {
    /// Whether a client may run `command` now.
    #[inline]
    pub(super) fn admit(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
    ) -> Verdict {
        // Most clients are known, free and in no transaction.
        let plain = ClientFlags::AUTHENTICATED;
        let looked_at = plain | ClientFlags::RESTRICTED | ClientFlags::IN_MULTI;
        if self.clients[key].flags & looked_at != plain
            && let Some(refusal) = self.refusal_to(key, command, request)
        {
            return Verdict::Refuse(refusal);
        }
        let mut flags = command.spec.flags;
        let client = &self.clients[key];
        if client.flags.contains(ClientFlags::IN_MULTI) && flags.contains(Flags::RUNS_QUEUED) {
            flags |= self.queued_flags(&self.table, key);
        }
        let queues = client.flags.contains(ClientFlags::IN_MULTI)
            && !command.spec.flags.contains(Flags::NOT_QUEUED);
        // What is queued takes memory, whatever it will do.
        if self.memory.is_full() && (queues || flags.contains(Flags::DENYOOM)) {
            return Verdict::Refuse(CommandError::OOM);
        }
        let writes = flags.intersects(Flags::WRITE);
        if flags.intersects(Flags::WRITE | Flags::ASKS_HEALTH)
            && let Some(refusal) = self.disk_refusal()
        {
            return Verdict::Refuse(refusal);
        }
        // Nobody follows this server.
        if writes && self.config.wants_replicas() {
            return Verdict::Refuse(CommandError::TOO_FEW_REPLICAS);
        }
        if client.subscriptions.is_some()
            && client.reply.protocol == Protocol::Resp2
            && !flags.contains(Flags::WHEN_SUBSCRIBED)
        {
            return Verdict::Refuse(CommandError::while_subscribed(&command.name));
        }
        if self.loading.is_some() && !flags.contains(Flags::LOADING) {
            return Verdict::Refuse(CommandError::LOADING);
        }
        if self.busy.is_some()
            && let Some(refusal) = self.busy_refusal(flags)
        {
            return Verdict::Refuse(refusal);
        }
        let client = &self.clients[key];
        if client.flags.contains(ClientFlags::MONITOR)
            && flags.intersects(Flags::WRITE | Flags::READONLY | Flags::MAY_REPLICATE)
        {
            return Verdict::Refuse(CommandError::MONITORS_HAVE_NO_KEYS);
        }
        if let Some(pause) = self.pause
            && (pause.what == Paused::All || flags.intersects(Flags::WRITE | Flags::MAY_REPLICATE))
        {
            return Verdict::Postpone;
        }
        // What is queued changes nothing before EXEC.
        if writes
            && !queues
            && self.migration.holds_keys()
            && self.migration.is_held(command, request)
        {
            return Verdict::Postpone;
        }
        Verdict::Run
    }
}
