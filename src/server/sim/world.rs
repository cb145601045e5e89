//! A world: one disk, one clock, clients, and a server that lives several times.
//!
//! Everything takes place in one thread, in steps drawn from the seed: a client sends a piece, the
//! loop makes a turn, a worker does what it was given, time goes on. A life ends by a power
//! failure, a kill or an orderly end, between two steps or in the middle of any operation of the
//! disk; then the next server is started on what is left, and what it finds is compared with what
//! was promised.

use std::rc::Rc;
use std::sync::Arc;

use fastrand::Rng;
use mio::Poll;

use super::history::{Moment, Promise};
use super::peer::Peer;
use super::plan::Plan;
use super::program::Author;
use super::witness::{Debt, Witness};
use crate::config::AppendFsync;
use crate::net::simulated::Pipe;
use crate::net::transport::Peer as Address;
use crate::persist::journal::Journal;
use crate::persist::sim_disk::{Fault, SimDisk};
use crate::server::Server;
use crate::server::startup::{Parts, StartError};
use crate::server::table::CommandTable;
use crate::server::turn::Readiness;
use crate::sys::clock::{Clock, MonoNs};
use crate::sys::reaper::Reaper;
use crate::sys::worker::Workers;

/// Two idle moments so far apart: what was there at the first is on disk at the second.
const SYNC_INTERVAL_NS: u64 = 1_000_000_000;

/// A worker that goes in steps makes so many at a time, at most.
const WORK_STEPS_MAX: usize = 12;

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    PowerFailure,
    Kill,
    /// SHUTDOWN; after it the power may fail as well.
    Orderly,
}

/// A world in one moment of its run.
pub(super) struct World {
    plan: Plan,
    random: Rng,
    author: Author,
    disk: SimDisk,
    pub(super) clock: Clock,
    table: Arc<CommandTable>,
    peers: Vec<Peer>,
    history: Vec<Rc<Moment>>,
    promise: Promise,
    /// What is in the log counts: it is read at the next start.
    log_counts: bool,
    /// Moments at which the journal had nothing to do, and what was promised then.
    idle: Vec<(MonoNs, usize)>,
    /// The disk has been ill in this life.
    was_ill: bool,
    is_ill: bool,
    explains: bool,
    /// A digest of everything that happened.
    pub(super) trace: u64,
    /// The same in words, if it is to be shown.
    pub(super) tale: Vec<String>,
}

/// What was found to be wrong.
pub(super) type Verdict<T> = Result<T, String>;

impl World {
    pub(super) fn new(plan: Plan, table: Arc<CommandTable>, explains: bool) -> World {
        let disk = SimDisk::new(plan.seed);
        disk.keep_names(plan.names);
        let nothing = Rc::new(Moment::nothing(explains));
        World {
            random: Rng::with_seed(plan.seed),
            author: Author::new(plan.seed, plan.control.clone(), plan.control_one_in),
            disk,
            clock: Clock::simulated(),
            table,
            peers: Vec::new(),
            history: vec![Rc::clone(&nothing)],
            promise: Promise {
                power: 0,
                kill: 0,
                saves: vec![nothing],
            },
            log_counts: plan.config.appendonly,
            idle: Vec::new(),
            was_ill: false,
            is_ill: false,
            explains,
            trace: plan.seed,
            tale: Vec::new(),
            plan,
        }
    }

    /// All lives.
    ///
    /// # Errors
    /// What was promised and not kept.
    pub(super) fn run(&mut self) -> Verdict<()> {
        let mut end = End::PowerFailure;
        for life in 0..self.plan.lives {
            let disk = self.disk.clone();
            self.tell(|| format!("-- life {life}, after {end:?}\n{}", disk.describe()));
            end = self.live(end)?;
            self.tell(|| format!("-- {end:?}\n{}", disk.describe()));
            // Threads have ended what they were at.
            end = self.end_by_disk().unwrap_or(end);
            if end == End::Orderly && self.random.bool() {
                end = End::PowerFailure;
            }
            match end {
                End::PowerFailure => {
                    self.disk.crash();
                    self.disk.restart();
                    self.promise.kill = self.promise.power;
                }
                End::Kill | End::Orderly => self.disk.reopen(),
            }
        }
        self.disk.heal();
        let mut server = self.start().map_err(|error| error.to_string())?;
        self.verify(&mut server, end)
    }

    /// One life, from the start to its end.
    fn live(&mut self, after: End) -> Verdict<End> {
        self.disk.heal();
        (self.was_ill, self.is_ill) = (false, false);
        // Sometimes the start does not get far.
        if self.random.u8(..4) == 0 {
            self.plan_end(40);
        }
        let mut server = match self.start() {
            Ok(server) => server,
            Err(error) => {
                return self
                    .end_by_disk()
                    .ok_or_else(|| format!("the server does not start: {error}"));
            }
        };
        self.disk.heal();
        if let Some(end) = self.end_by_disk() {
            return Ok(end);
        }
        self.verify(&mut server, after)?;
        let saves = self.promise.saves.clone();
        let mut witness = Witness::new(std::mem::take(&mut self.history), saves);
        witness.explains = self.explains;
        server.witness = Some(Box::new(witness));
        self.idle.clear();
        self.peers.clear();
        for _ in 0..self.plan.peers {
            self.connect(&mut server);
        }
        if self.random.bool() {
            self.plan_end(300);
        }
        let steps = self.random.usize(10..=self.plan.steps);
        let mut end = None;
        for _ in 0..steps {
            end = self.step(&mut server)?;
            if end.is_some() {
                break;
            }
        }
        if end.is_none() && self.random.u8(..4) == 0 {
            end = self.calm(&mut server)?;
        }
        self.note_life(&mut server);
        Ok(match end {
            Some(end) => end,
            None if self.random.bool() => {
                self.disk.crash();
                End::PowerFailure
            }
            None => {
                self.disk.kill();
                End::Kill
            }
        })
    }

    /// Lets the power fail, or the process be killed, in one of the next operations.
    fn plan_end(&mut self, within: u64) {
        let operation = self.disk.operations() + self.random.u64(..within);
        let fault = match self.random.bool() {
            true => Fault::Crash,
            false => Fault::Kill,
        };
        self.disk.plan(operation, fault);
    }

    /// Starts a server on what is on disk, and loads it.
    pub(super) fn start(&mut self) -> Result<Server, StartError> {
        let mut config = self.plan.config.clone();
        config.appendonly = self.log_counts;
        let parts = Parts {
            poll: Poll::new().map_err(|error| StartError::System("the poll", error))?,
            signals: None,
            reaper: Reaper::at_once(),
            storage: Arc::new(self.disk.clone()),
            workers: match self.plan.in_steps {
                true => Workers::InSteps,
                false => Workers::ByHand,
            },
            clock: self.clock.clone(),
            seed: self.random.u64(..),
        };
        let mut server = Server::assemble(config, Arc::clone(&self.table), parts)?;
        server.begin_loading()?;
        while let Some(loading) = &mut server.loading {
            loading.step();
            server.go_round()?;
        }
        Ok(server)
    }

    /// Compares what the server has loaded with what was promised; history goes on from there.
    fn verify(&mut self, server: &mut Server, after: End) -> Verdict<()> {
        let now = self.clock.unix_us().ms();
        let found = server.present(self.explains);
        let digest = found.digest(now);
        self.mark(digest);
        let is_it = |moment: &Rc<Moment>| moment.digest(now) == digest;
        if !self.log_counts {
            if !self.promise.saves.iter().any(is_it) {
                let Some(last) = self.promise.saves.last() else {
                    return Err("a snapshot was never promised".into());
                };
                return Err(format!(
                    "the snapshot is none of the {} it may be; beside the latest:\n{}",
                    self.promise.saves.len(),
                    found.difference(last, now)
                ));
            }
            let found = Rc::new(found);
            if after == End::PowerFailure {
                self.promise.saves = vec![Rc::clone(&found)];
            }
            self.history.push(found);
            (self.promise.power, self.promise.kill) =
                (self.history.len() - 1, self.history.len() - 1);
            return Ok(());
        }
        let least = match after {
            End::PowerFailure => self.promise.power,
            End::Kill | End::Orderly => self.promise.kill,
        };
        let place = self.history.iter().rposition(is_it);
        self.tell(|| format!("found {place:?}, promised {least}"));
        match place {
            Some(place) if place >= least => {
                self.history.truncate(place + 1);
                self.promise.kill = place;
                if after == End::PowerFailure {
                    self.promise.power = place;
                }
                Ok(())
            }
            _ => Err(format!(
                "after {after:?}: found moment {place:?} of {}, promised {least}; beside that:\n{}",
                self.history.len() - 1,
                found.difference(&self.history[least], now)
            )),
        }
    }

    /// What the life leaves to the next.
    fn note_life(&mut self, server: &mut Server) {
        if let Some(witness) = server.witness.take() {
            self.history = witness.history;
            self.promise.saves = witness.saves;
        }
    }

    /// One step of somebody; the end, if it was that.
    fn step(&mut self, server: &mut Server) -> Verdict<Option<End>> {
        let drawn = self.random.u8(..100);
        match drawn {
            0..30 => self.send(server),
            30..58 => return self.round(server),
            58..70 => {
                if let Some(journal) = &mut server.durable.journal {
                    self.work(|| journal.step());
                }
            }
            70..76 => self.work(|| server.durable.files.step()),
            76..82 => self.work(|| server.saving.step()),
            82..94 => self.pass_time(),
            94..97 => self.receive(server),
            97..98 => self.reconnect(server),
            98..99 => self.fall_ill(),
            _ => {
                let asks = self.random.u8(..4) == 0;
                if asks && let Some(peer) = self.peers.first_mut() {
                    peer.ask(&[b"SHUTDOWN"]);
                }
            }
        }
        self.mark(u64::from(drawn) ^ self.disk.operations() << 8);
        Ok(self.end_by_disk())
    }

    /// A worker does some of what it was given.
    fn work(&mut self, mut step: impl FnMut() -> bool) {
        let most = match self.plan.in_steps {
            true => self.random.usize(1..=WORK_STEPS_MAX),
            false => 1,
        };
        for _ in 0..most {
            if !step() {
                break;
            }
        }
    }

    /// The end that an operation of the disk has brought.
    fn end_by_disk(&self) -> Option<End> {
        if !self.disk.is_down() {
            return None;
        }
        Some(match self.disk.has_crashed() {
            true => End::PowerFailure,
            false => End::Kill,
        })
    }

    /// A turn of the loop.
    fn round(&mut self, server: &mut Server) -> Verdict<Option<End>> {
        let result = server.go_round();
        if let Some(end) = self.end_by_disk() {
            // What it wrote after that has never been heard.
            return Ok(Some(end));
        }
        let ended = result.map_err(|error| error.to_string())?;
        self.note_promises(server)?;
        self.check_readers(server)?;
        if !ended {
            return Ok(None);
        }
        if self.log_counts {
            let last = server.witness.as_ref().map_or(0, |it| it.last());
            (self.promise.power, self.promise.kill) = (last, last);
        }
        self.tell(|| "the server has ended".into());
        Ok(Some(End::Orderly))
    }

    /// What is promised after a turn.
    fn note_promises(&mut self, server: &mut Server) -> Verdict<()> {
        let (peers, promise) = (&mut self.peers, &mut self.promise);
        let Some(witness) = &mut server.witness else {
            return Ok(());
        };
        if let Some(fault) = witness.fault {
            return Err(fault.into());
        }
        let is_paused = server.config.no_appendfsync_on_rewrite && server.saving.active.is_some();
        let fsync = match is_paused {
            true => AppendFsync::No,
            false => server.config.appendfsync,
        };
        let journal = server.durable.journal.as_ref();
        let journal = journal.filter(|journal| server.config.appendonly && !journal.is_begun());
        self.log_counts = journal.is_some();
        let based = witness.based.take();
        let last = witness.last();
        let may_doubt = self.was_ill;
        let mut safe = 0;
        witness.debts.retain(|debt: &Debt| {
            let Some(peer) = peers.iter_mut().find(|peer| peer.key == debt.client) else {
                return false;
            };
            if debt.wrote {
                peer.wrote = debt.moment.unwrap_or(0);
            }
            let left = debt.end.is_some_and(|end| peer.pipe.arrived() >= end);
            let binds = debt.wrote || debt.waits && !may_doubt;
            if left && binds && fsync == AppendFsync::Always {
                safe = safe.max(debt.moment.unwrap_or(0));
            }
            !left
        });
        let Some(journal) = journal else {
            self.idle.clear();
            return Ok(());
        };
        promise.power = promise.power.max(safe);
        let assured = peers.iter().filter(|peer| peer.is_assured());
        let assured = assured.map(|peer| peer.wrote).max();
        promise.power = promise.power.max(assured.unwrap_or(0));
        if let Some(based) = based {
            promise.power = promise.power.max(based);
        }
        promise.kill = promise.kill.max(promise.power);
        if journal.failure().is_none() && journal.is_idle() {
            promise.kill = promise.kill.max(last);
            if fsync == AppendFsync::EverySecond {
                let now = server.now.mono;
                let idle = &mut self.idle;
                idle.push((now, last));
                idle.retain(|(then, place)| {
                    let is_over = now.since(*then) >= SYNC_INTERVAL_NS;
                    if is_over {
                        promise.power = promise.power.max(*place);
                    }
                    !is_over
                });
            }
        }
        let told = (promise.power, promise.kill, last);
        self.tell(|| {
            format!(
                "turn: power {}, kill {}, present {}",
                told.0, told.1, told.2
            )
        });
        Ok(())
    }

    /// The disk is well again and everybody does his work: then everybody is answered, and changes
    /// are accepted.
    fn calm(&mut self, server: &mut Server) -> Verdict<Option<End>> {
        self.disk.heal();
        self.tell(|| "calm".into());
        self.connect(server);
        let (mut accepted, mut asked) = (false, 0);
        for _ in 0..600 {
            if self
                .peers
                .last()
                .is_some_and(|probe| probe.pipe.is_closed())
            {
                self.connect(server);
            }
            if let Some(probe) = self.peers.last_mut()
                && probe.owed == 0
            {
                accepted |= probe.last == b"+OK\r\n";
                probe.is_careful = false;
                // A failed snapshot may have been the reason to refuse changes.
                asked += 1;
                match asked % 8 {
                    0 => probe.ask(&[b"BGSAVE"]),
                    _ => probe.ask(&[b"SET", b"s0", b"calm"]),
                }
            }
            for index in 0..self.peers.len() {
                self.send_part(server, index, 1.0);
                self.receive_of(server, index);
            }
            if let Some(end) = self.round(server)? {
                return Ok(Some(end));
            }
            while server.durable.journal.as_mut().is_some_and(Journal::step) {}
            while server.durable.files.step() || server.saving.step() {}
            let is_owed = |peer: &Peer| peer.owed > 0 && !peer.pipe.is_closed();
            let last = self.peers.len() - 1;
            if accepted && !self.peers[..last].iter().any(is_owed) {
                return Ok(None);
            }
            self.clock.advance_us(200_000);
        }
        let mut told = format!("after two minutes without faults: changes accepted: {accepted}");
        for peer in &self.peers {
            told += &format!("\n    replies missing: {}", peer.owed);
            if let Some(client) = server.clients.get(peer.key) {
                told += &format!(
                    ", {:?}, {:?}, {:?}, output {}, room {}",
                    client.activity,
                    client.flags,
                    client.marks,
                    client.reply.output.len(),
                    peer.pipe.has_room()
                );
            }
        }
        Err(told)
    }

    /// While the log cannot be written those who have only read are answered all the same.
    fn check_readers(&mut self, server: &Server) -> Verdict<()> {
        let journal = server.durable.journal.as_ref();
        let Some(witness) = &server.witness else {
            return Ok(());
        };
        let has_failed = journal.is_some_and(|journal| journal.failure().is_some());
        let has_changed = |peer: &Peer| {
            let mut debts = witness.debts.iter();
            debts.any(|debt| debt.client == peer.key && debt.wrote)
        };
        for peer in &mut self.peers {
            let client = server.clients.get(peer.key);
            let is_answered = client.is_none_or(|client| client.reply.output.is_empty());
            if !has_failed || is_answered || !peer.pipe.has_room() || has_changed(peer) {
                peer.waits = 0;
                continue;
            }
            // What the end of a turn brings leaves with the next.
            peer.waits += 1;
            if peer.waits > 2 {
                return Err("a reader waits for a log that cannot be written".into());
            }
        }
        Ok(())
    }

    fn connect(&mut self, server: &mut Server) {
        let room = match self.random.u8(..4) {
            0 => self.random.usize(20..200),
            _ => 1 << 20,
        };
        let (pipe, transport) = Pipe::connect(room);
        server.welcome(transport, Address::Unix("sim".into()));
        if let Some(key) = server.clients.keys_by_id().pop() {
            let is_careful = self.random.u8(..4) == 0;
            self.peers.push(Peer::new(key, pipe, is_careful));
        }
    }

    fn send(&mut self, server: &mut Server) {
        let index = self.random.usize(..self.peers.len());
        self.send_of(server, index);
    }

    fn send_of(&mut self, server: &mut Server, index: usize) {
        let peer = &mut self.peers[index];
        if peer.pipe.is_closed() {
            self.peers.remove(index);
            return self.connect(server);
        }
        peer.write(&mut self.author, &mut self.random);
        let cut = match self.random.u8(..3) {
            // Whole pipelines mostly.
            0 => self.random.f64(),
            _ => 1.0,
        };
        self.send_part(server, index, cut);
    }

    /// Sends what is written, up to some part of it.
    fn send_part(&mut self, server: &mut Server, index: usize, part: f64) {
        let peer = &mut self.peers[index];
        let key = peer.key;
        let sent = peer.send(part);
        let is_any = !sent.is_empty();
        self.tell(|| format!("{index} > {}", sent.escape_ascii()));
        if is_any && server.clients.get(key).is_some() {
            let ready = Readiness {
                readable: true,
                ..Readiness::default()
            };
            server.note_readiness(key, ready);
        }
    }

    fn receive(&mut self, server: &mut Server) {
        let index = self.random.usize(..self.peers.len());
        self.receive_of(server, index);
    }

    fn receive_of(&mut self, server: &mut Server, index: usize) {
        let peer = &mut self.peers[index];
        let bytes = peer.receive();
        let key = peer.key;
        if server.clients.get(key).is_some() {
            let ready = Readiness {
                writable: true,
                ..Readiness::default()
            };
            server.note_readiness(key, ready);
        }
        self.tell(|| format!("{index} < {}", bytes.escape_ascii()));
        for byte in bytes {
            self.mark(u64::from(byte));
        }
    }

    /// A client goes, another comes.
    fn reconnect(&mut self, server: &mut Server) {
        let index = self.random.usize(..self.peers.len());
        let peer = self.peers.remove(index);
        peer.pipe.end();
        if server.clients.get(peer.key).is_some() {
            let ready = Readiness {
                readable: true,
                ended: true,
                ..Readiness::default()
            };
            server.note_readiness(peer.key, ready);
        }
        self.connect(server);
    }

    /// The disk falls ill, or recovers.
    fn fall_ill(&mut self) {
        if let Some(illness) = self.plan.illness {
            self.is_ill = !self.is_ill;
            self.was_ill = true;
            let illness = match self.is_ill {
                true => illness,
                false => crate::persist::sim_disk::Disturbance::default(),
            };
            self.disk.disturb(illness);
            self.tell(|| format!("illness: {illness:?}"));
        }
    }

    fn pass_time(&mut self) {
        let us = match self.random.u8(..40) {
            0 => self.random.u64(..20_000_000),
            1..=3 => self.random.u64(400_000..3_000_000),
            4..=14 => self.random.u64(20_000..400_000),
            _ => self.random.u64(..20_000),
        };
        self.clock.advance_us(us);
    }

    fn mark(&mut self, what: u64) {
        self.trace = (self.trace ^ what)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.explains {
            self.tale.push(line());
        }
    }
}
