//! The witness: what a server under simulation notes of its history, at the few places where it
//! makes any.
//!
//! The data are looked at as a whole: at the end of each turn that changed something, and when a
//! snapshot begins. A reply depends on the moment that follows the execution it tells of.

use std::rc::Rc;

use super::history::Moment;
use crate::client::Activity;
use crate::client::slab::ClientKey;
use crate::config::AppendFsync;
use crate::server::Server;
use crate::server::saving::Purpose;

/// What was seen.
#[derive(Debug, Default)]
pub(in crate::server) struct Witness {
    /// All moments so far, the present one last.
    pub(super) history: Vec<Rc<Moment>>,
    /// Something happened since the last moment.
    changed: bool,
    /// Replies that depend on moments.
    pub(super) debts: Vec<Debt>,
    /// Snapshots of the data that the disk may hold: the last complete one, those begun since.
    pub(super) saves: Vec<Rc<Moment>>,
    /// Snapshots begun for who asked for all data.
    pub(super) syncs: Vec<Rc<Moment>>,
    /// The moment of the last rewrite's base, when that was begun.
    base: usize,
    /// The moment of the last base that is complete.
    pub(super) based: Option<usize>,
    /// Moments are kept as text, too.
    pub(super) explains: bool,
    /// Something happened that must not.
    pub(super) fault: Option<&'static str>,
}

/// A reply that depends on a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Debt {
    pub(super) client: ClientKey,
    /// Where in all that the client is sent the turn's replies end; nothing: in this turn.
    pub(super) end: Option<u64>,
    /// The place of the moment; nothing: the next one.
    pub(super) moment: Option<usize>,
    /// Whether the client changed something.
    pub(super) wrote: bool,
    /// Whether it waits for what it may only have seen.
    pub(super) waits: bool,
}

impl Witness {
    /// A witness of what follows from `history`, which holds one moment at least.
    pub(super) fn new(history: Vec<Rc<Moment>>, saves: Vec<Rc<Moment>>) -> Witness {
        Witness {
            history,
            saves,
            ..Witness::default()
        }
    }

    /// The place of the present moment.
    pub(super) fn last(&self) -> usize {
        self.history.len() - 1
    }
}

impl Server {
    /// Something changed.
    pub(in crate::server) fn witness_change(&mut self) {
        if let Some(witness) = &mut self.witness {
            witness.changed = true;
        }
    }

    /// A client's command was executed.
    pub(in crate::server) fn witness_execution(&mut self, client: ClientKey, wrote: bool) {
        let journal = self.durable.journal.as_ref();
        let config = &self.config;
        let is_paused = config.no_appendfsync_on_rewrite && self.saving.active.is_some();
        let is_always = config.appendfsync == AppendFsync::Always && !is_paused;
        let waits = is_always && journal.is_some();
        let failed = journal.is_some_and(|journal| journal.failure().is_some());
        let Some(witness) = &mut self.witness else {
            return;
        };
        if wrote && failed {
            witness.fault = Some("data changed while the log could not be written");
        }
        witness.changed |= wrote;
        let place = witness.last();
        witness.debts.push(Debt {
            client,
            end: None,
            moment: (!witness.changed).then_some(place),
            wrote,
            waits,
        });
    }

    /// Notes the present moment, if it differs from the last one.
    pub(in crate::server) fn witness_moment(&mut self) {
        let Some(mut witness) = self.witness.take() else {
            return;
        };
        if std::mem::take(&mut witness.changed) {
            let moment = self.present(witness.explains);
            if !witness.history[witness.last()].is(&moment) {
                witness.history.push(Rc::new(moment));
            }
        }
        let place = witness.last();
        for debt in &mut witness.debts {
            debt.moment.get_or_insert(place);
        }
        self.witness = Some(witness);
    }

    /// The end of a turn, before anything of it leaves.
    pub(in crate::server) fn witness_turn(&mut self) {
        self.witness_moment();
        let Some(witness) = &mut self.witness else {
            return;
        };
        let clients = &self.clients;
        // Who waits has no reply to his last command.
        let mut waiting = Vec::new();
        let open = witness.debts.iter_mut().rev();
        for debt in open.filter(|debt| debt.end.is_none()) {
            let client = clients.get(debt.client);
            let waits = client.is_some_and(|client| client.activity == Activity::Blocked);
            if waits && !waiting.contains(&debt.client) {
                waiting.push(debt.client);
                continue;
            }
            let end =
                client.map(|client| client.traffic.output_bytes + client.reply.output.len() as u64);
            // Who is gone hears nothing.
            debt.end = Some(end.unwrap_or(u64::MAX));
        }
    }

    /// A snapshot of the present moment begins.
    pub(in crate::server) fn witness_freeze(&mut self, purpose: Purpose) {
        if self.witness.is_none() {
            return;
        }
        // Within a transaction there are moments that only a snapshot may show.
        if !self.in_transaction {
            self.witness_moment();
        }
        let explains = self.witness.as_ref().is_some_and(|it| it.explains);
        let moment = Rc::new(self.present(explains));
        let Some(witness) = &mut self.witness else {
            return;
        };
        match purpose {
            Purpose::Save => witness.saves.push(moment),
            Purpose::Rewrite => witness.base = witness.last(),
            Purpose::Sync => witness.syncs.push(moment),
        }
    }

    /// The snapshot that was begun last is complete.
    pub(in crate::server) fn witness_saved(&mut self) {
        if let Some(witness) = &mut self.witness {
            witness.saves.drain(..witness.saves.len() - 1);
        }
    }

    /// The base that was begun last is complete and listed.
    pub(in crate::server) fn witness_rebased(&mut self) {
        if let Some(witness) = &mut self.witness {
            witness.based = Some(witness.base);
        }
    }

    /// The data as they are.
    pub(super) fn present(&mut self, explained: bool) -> Moment {
        let dbs = self.config.databases as usize;
        let mut moment = Moment::of(&mut self.keyspace, dbs, explained);
        moment.second = self.now.ms().seconds();
        moment
    }
}
