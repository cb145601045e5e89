//! A world: one disk, one clock, clients, and a server that lives several times.
//!
//! Everything takes place in one thread, in steps drawn from the seed: a client sends a piece, the
//! loop makes a turn, a worker does what it was given, time goes on. A life ends by a power
//! failure, a kill or an orderly end, between two steps or in the middle of any operation of the
//! disk; then the next server is started on what is left, and what it finds is compared with what
//! was promised.

use std::rc::Rc;
use std::sync::Arc;

use super::history::{Moment, Promise};
use super::peer::Peer;
use super::plan::Plan;
use super::program::Author;
use super::receiver::Receiver;
use super::witness::{Debt, Witness};
use crate::config::AppendFsync;
use crate::net::simulated::Pipe;
use crate::net::transport::Peer as Address;
use crate::persist::journal::Journal;
use crate::persist::sim_disk::{Fault, SimDisk};
use crate::server::Server;
use crate::server::table::CommandTable;
use crate::server::turn::Readiness;
use crate::sys::clock::{Clock, MonoNs};
use fastrand::Rng;

/// Two idle moments so far apart: what was there at the first is on disk at the second.
const SYNC_INTERVAL_NS: u64 = 1_000_000_000;

/// A worker that goes in steps makes so many at a time, at most.
const WORK_PAUSES_MAX: u32 = 12;

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    PowerFailure,
    Kill,
    /// SHUTDOWN; after it the power may fail as well.
    Orderly,
}

/// A world in one moment of its run.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) random: Rng,
    author: Author,
    pub(super) disk: SimDisk,
    pub(super) clock: Clock,
    pub(super) table: Arc<CommandTable>,
    peers: Vec<Peer>,
    receivers: Vec<Receiver>,
    pub(super) history: Vec<Rc<Moment>>,
    pub(super) promise: Promise,
    /// What is in the log counts: it is read at the next start.
    pub(super) log_counts: bool,
    /// A restore to this second was begun: it may have been done.
    pub(super) undecided: Option<i64>,
    /// One was done. There is none after it: history would be a tree.
    pub(super) has_gone_back: bool,
    /// Moments at which the journal had nothing to do, and what was promised then.
    idle: Vec<(MonoNs, usize)>,
    /// The disk has been ill in this life.
    was_ill: bool,
    is_ill: bool,
    pub(super) explains: bool,
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
            receivers: Vec::new(),
            history: vec![Rc::clone(&nothing)],
            promise: Promise {
                power: 0,
                kill: 0,
                saves: vec![nothing],
            },
            log_counts: plan.config.appendonly,
            undecided: None,
            has_gone_back: false,
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
        let mut server = self.start(None).map_err(|error| error.to_string())?;
        self.verify(&mut server, end, None)
    }

    /// One life, from the start to its end.
    fn live(&mut self, after: End) -> Verdict<End> {
        (self.was_ill, self.is_ill) = (false, false);
        let mut server = match self.begin_life(after)? {
            Ok(server) => server,
            Err(end) => return Ok(end),
        };
        let saves = self.promise.saves.clone();
        let mut witness = Witness::new(std::mem::take(&mut self.history), saves);
        witness.explains = self.explains;
        server.witness = Some(Box::new(witness));
        self.idle.clear();
        self.peers.clear();
        self.receivers.clear();
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
    pub(super) fn plan_end(&mut self, within: u64) {
        let operation = self.disk.operations() + self.random.u64(..within);
        let fault = match self.random.bool() {
            true => Fault::Crash,
            false => Fault::Kill,
        };
        self.disk.plan(operation, fault);
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
                let pauses = self.some_pauses();
                if let Some(journal) = &mut server.durable.journal {
                    journal.step_to(pauses);
                }
            }
            70..76 => {
                let pauses = self.some_pauses();
                let _ = server.durable.files.step_to(pauses) || server.syncing.step();
            }
            76..82 => drop(server.saving.step_to(self.some_pauses())),
            82..91 => self.pass_time(),
            91..94 => self.take_data(server)?,
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

    /// How far a worker goes at a time.
    fn some_pauses(&mut self) -> u32 {
        match self.plan.in_steps {
            true => self.random.u32(1..=WORK_PAUSES_MAX),
            false => 1,
        }
    }

    /// The end that an operation of the disk has brought.
    pub(super) fn end_by_disk(&self) -> Option<End> {
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
                let last = &probe.last;
                accepted |= last == b"+OK\r\n" || last.starts_with(b"-OOM");
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
            while server.durable.files.step()
                || server.saving.step_to(u32::MAX)
                || server.syncing.step()
            {}
            self.feed_receivers(server)?;
            let is_owed = |peer: &Peer| peer.owed > 0 && !peer.pipe.is_closed();
            let last = self.peers.len() - 1;
            let hopes = self.receivers.iter().any(Receiver::hopes);
            if accepted && !hopes && !self.peers[..last].iter().any(is_owed) {
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

    /// A client asks for all data, or those who did take what has arrived.
    fn take_data(&mut self, server: &mut Server) -> Verdict<()> {
        if !self.plan.syncs {
            return Ok(());
        }
        if self.receivers.len() > 1 || self.random.bool() {
            return self.feed_receivers(server);
        }
        let room = 1 << self.random.u8(5..20);
        let (pipe, transport) = Pipe::connect(room);
        server.welcome(transport, Address::Unix("sim".into()));
        let begun = server.witness.as_ref().map_or(0, |it| it.syncs.len());
        if let Some(key) = server.clients.keys_by_id().pop() {
            pipe.send(b"SYNC\r\n");
            let ready = Readiness {
                readable: true,
                ..Readiness::default()
            };
            server.note_readiness(key, ready);
            self.receivers.push(Receiver::new(key, pipe, begun));
        }
        Ok(())
    }

    /// Those who asked for all data take what has arrived. If that is all, it is the data of a moment
    /// since they asked.
    fn feed_receivers(&mut self, server: &mut Server) -> Verdict<()> {
        for mut receiver in std::mem::take(&mut self.receivers) {
            receiver.receive();
            if server.clients.get(receiver.key).is_some() {
                let ready = Readiness {
                    writable: true,
                    ..Readiness::default()
                };
                server.note_readiness(receiver.key, ready);
            }
            let Some(dump) = receiver.dump() else {
                self.receivers.push(receiver);
                continue;
            };
            let found = self.data_of(dump)?;
            let now = self.clock.unix_us().ms();
            let digest = found.digest(now);
            self.mark(digest);
            self.tell(|| format!("SYNC brought {} bytes", dump.len()));
            let syncs = server.witness.as_ref().map_or(&[][..], |it| &it.syncs);
            let mut begun = syncs[receiver.begun_before..].iter();
            if !begun.any(|moment| moment.digest(now) == digest) {
                return Err(format!(
                    "what SYNC sent is none of the moments since: {}",
                    dump.len()
                ));
            }
            receiver.pipe.end();
        }
        Ok(())
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

    pub(super) fn mark(&mut self, what: u64) {
        self.trace = (self.trace ^ what)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.explains {
            self.tale.push(line());
        }
    }
}
