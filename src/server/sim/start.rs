//! How a life begins: a server starts on what the one before left, on a disk that may fail
//! meanwhile, and perhaps to go back to an earlier moment; then what it has loaded is compared with
//! what was promised.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use mio::Poll;

use super::history::Moment;
use super::world::{End, Verdict, World};
use crate::config::Config;
use crate::persist::sim_disk::{Fault, SimDisk};
use crate::server::Server;
use crate::server::startup::{Parts, StartError};
use crate::sys::reaper::Reaper;
use crate::sys::worker::Workers;

/// Whether an error says what the disk said.
fn tells_of_disk(error: &str) -> bool {
    let words = ["Input/output error", "No space left on device"];
    words.iter().any(|word| error.contains(word))
}

/// Operations of the disk within which a start is cut short.
const START_OPERATIONS_MAX: u64 = 40;

/// A restore has more of them.
const RESTORE_OPERATIONS_MAX: u64 = 100;

impl World {
    /// A server that has loaded what it should; or how it ended before that.
    pub(super) fn begin_life(&mut self, after: End) -> Verdict<Result<Server, End>> {
        self.disk.heal();
        let until = self.draw_moment();
        // Sometimes the start does not get far.
        if self.random.u8(..4) == 0 {
            self.plan_end(match until {
                Some(_) => RESTORE_OPERATIONS_MAX,
                None => START_OPERATIONS_MAX,
            });
        }
        let is_ill = self.plan.ill_starts && self.random.bool();
        if is_ill {
            self.let_start_fail();
        }
        self.tell(|| format!("start, back to {until:?}, ill: {is_ill}"));
        let started = self.start(until);
        self.disk.heal();
        if let Err(error) = &started {
            let told = format!("no start: {error}");
            self.tell(|| told);
        }
        if let Some(end) = self.end_by_disk() {
            self.undecided = until.or(self.undecided);
            return Ok(Err(end));
        }
        match started {
            Ok(mut server) => {
                self.verify(&mut server, after, until)?;
                Ok(Ok(server))
            }
            // Nothing was changed then; how far the log reaches back, the files know.
            Err(StartError::Restore(why)) if until.is_some() => {
                let excused = ["reaches back to", "the log was off"];
                let excused = excused.iter().any(|excuse| why.contains(excuse))
                    || self.plan.illness.is_some();
                match excused {
                    true => Ok(Err(End::Kill)),
                    false => Err(format!("a restore is refused: {why}")),
                }
            }
            // It says what the disk said, and takes nothing for damage.
            Err(error) if is_ill && tells_of_disk(&error.to_string()) => {
                self.undecided = until.or(self.undecided);
                Ok(Err(End::Kill))
            }
            Err(error) => Err(format!("the server does not start: {error}")),
        }
    }

    /// The disk is ill while the server starts: some operations fail, or one.
    fn let_start_fail(&mut self) {
        let illness = self.plan.illness.unwrap_or_default();
        if self.random.u8(..4) == 0 {
            return self.disk.disturb(illness);
        }
        let operation = self.disk.operations() + self.random.u64(..START_OPERATIONS_MAX);
        let faults = [Fault::Io, Fault::Io, Fault::Full, Fault::Short];
        let fault = faults[self.random.usize(..faults.len())];
        self.disk.plan(operation, fault);
    }

    /// The moment to go back to, if the next server is to.
    fn draw_moment(&mut self) -> Option<i64> {
        if self.undecided.is_some() {
            return self.undecided.filter(|_| self.random.bool());
        }
        let may = self.plan.restores && self.log_counts && !self.has_gone_back;
        if !may || self.history.len() < 3 || self.random.bool() {
            return None;
        }
        let moment = self.random.usize(..self.history.len());
        Some(self.history[moment].second + i64::from(self.random.bool()))
    }

    /// Starts a server on what is on disk, perhaps to go back, and loads it.
    pub(super) fn start(&mut self, until: Option<i64>) -> Result<Server, StartError> {
        let mut config = self.plan.config.clone();
        config.appendonly = self.log_counts;
        if let Some(until) = until {
            config.restore_to = until.to_string().into_bytes();
        }
        let disk = self.disk.clone();
        self.start_on(disk, config)
    }

    fn start_on(&mut self, disk: SimDisk, config: Config) -> Result<Server, StartError> {
        let parts = Parts {
            poll: Poll::new().map_err(|error| StartError::System("the poll", error))?,
            signals: None,
            reaper: Reaper::at_once(),
            storage: Arc::new(disk),
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

    /// The data that a dump of Redis's format holds.
    pub(super) fn data_of(&mut self, dump: &[u8]) -> Verdict<Moment> {
        let mut config = self.plan.config.clone();
        config.appendonly = false;
        let disk = SimDisk::new(0);
        disk.put(Path::new("dump.rdb"), dump);
        let server = self.start_on(disk, config);
        let mut server = server.map_err(|error| format!("what SYNC sent: {error}"))?;
        Ok(server.present(self.explains))
    }

    /// Compares what the server has loaded with what was promised; history goes on from there.
    pub(super) fn verify(
        &mut self,
        server: &mut Server,
        after: End,
        until: Option<i64>,
    ) -> Verdict<()> {
        let found = server.present(self.explains);
        let digest = found.digest(self.clock.unix_us().ms());
        self.mark(digest);
        if !self.log_counts {
            return self.verify_snapshot(found, after);
        }
        let least = match after {
            End::PowerFailure => self.promise.power,
            End::Kill | End::Orderly => self.promise.kill,
        };
        let undecided = self.undecided.take();
        if let Some(until) = until {
            return self.verify_restored(&found, least, until);
        }
        let now = self.clock.unix_us().ms();
        let is_it = |moment: &Rc<Moment>| moment.digest(now) == digest;
        let place = self.history.iter().rposition(is_it);
        self.tell(|| format!("found {place:?}, promised {least}"));
        match (place, undecided) {
            (Some(place), _) if place >= least => {
                self.history.truncate(place + 1);
                self.promise.kill = place;
                if after == End::PowerFailure {
                    self.promise.power = place;
                }
                Ok(())
            }
            (_, Some(until)) => self.verify_restored(&found, least, until),
            (_, None) => Err(format!(
                "after {after:?}: found moment {place:?} of {}, promised {least}; beside that:\n{}",
                self.history.len() - 1,
                found.difference(&self.history[least], now)
            )),
        }
    }

    /// The snapshot is that of one of the moments it may be of.
    fn verify_snapshot(&mut self, found: Moment, after: End) -> Verdict<()> {
        let now = self.clock.unix_us().ms();
        let digest = found.digest(now);
        let is_it = |moment: &Rc<Moment>| moment.digest(now) == digest;
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
        let last = self.history.len() - 1;
        (self.promise.power, self.promise.kill) = (last, last);
        Ok(())
    }

    /// The data are as they were at the end of the second `until`, or, if that was lost, at the last
    /// moment before that was not; `least` was not. All of it is on disk.
    fn verify_restored(&mut self, found: &Moment, least: usize, until: i64) -> Verdict<()> {
        let now = self.clock.unix_us().ms();
        let is_over = |moment: &Rc<Moment>| moment.second <= until;
        let then = self.history.iter().rposition(is_over).unwrap_or(0);
        let digest = found.digest(now);
        let mut places = (least.min(then)..=then).rev();
        let Some(place) = places.find(|place| self.history[*place].digest(now) == digest) else {
            return Err(format!(
                "back at {until}: it is not moment {then}, {least} was promised; beside that:\n{}",
                found.difference(&self.history[then], now)
            ));
        };
        self.tell(|| format!("restored: {place}"));
        self.history.truncate(place + 1);
        (self.promise.power, self.promise.kill) = (place, place);
        self.has_gone_back = true;
        Ok(())
    }
}
