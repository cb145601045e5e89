//! Going back to a moment (`--restore-to`): at the start, from what is kept of the log.
//!
//! ```text
//! generation 3        generation 4              now
//! base ── changes ──▶ base ── changes ────────▶ base ── changes
//!                              ▲ the moment: base 4, and its changes up to here
//! ```
//!
//! The generation is the last whose base was begun before the moment; its base is loaded, and its
//! changes up to and including that second, as the notes of the time in them tell
//! (`aof-timestamp-enabled`). No file is changed. Then a new base is written and listed at once,
//! before any client is served, so that what follows is a log like any other; everything that was
//! there before is kept beside it, also what the data have left behind (`manifest::End::Left`):
//! whoever went back too far can go to a later moment.

use std::path::{Path, PathBuf};

use super::Server;
use super::startup::StartError;
use crate::ds::iso_time;
use crate::ds::number::parse_int;
use crate::persist::load::{self, Batch, How, Item, Share};
use crate::persist::log_reader::{LogReader, Next};
use crate::persist::manifest::{End, Generation};
use crate::persist::saver::Target;
use crate::persist::storage::Mode;

/// A return to a moment that is under way.
pub(super) struct Restore {
    /// The last second that counts.
    pub(super) until: i64,
    /// What it is found in.
    pub(super) generation: Generation,
    /// Where that stands among the past ones; as many as there are: it is the present one.
    index: usize,
    /// Where later changes begin.
    pub(super) reached: Option<(PathBuf, u64)>,
}

/// There is no telling when a change happened.
pub(super) fn untimed(file: &Path, at: u64) -> StartError {
    StartError::Restore(format!(
        "{} does not tell when what stands at byte {at} happened (it was written with \
         aof-timestamp-enabled no)",
        file.display()
    ))
}

impl Server {
    /// The moment to go back to, if the configuration names one.
    fn restore_to(&self) -> Option<i64> {
        iso_time::parse(&String::from_utf8_lossy(&self.config.restore_to))
    }

    /// Without a log there is nothing to go back by.
    pub(super) fn refuse_restore(&self) -> Result<(), StartError> {
        match self.restore_to() {
            None => Ok(()),
            Some(_) => {
                let why = "restore-to goes by the append only file: it needs appendonly yes";
                Err(StartError::Restore(why.into()))
            }
        }
    }

    /// Finds what to load to go back to the moment asked for, if one is.
    pub(super) fn plan_restore(&mut self) -> Result<Option<Restore>, StartError> {
        let Some(until) = self.restore_to() else {
            return Ok(None);
        };
        let wanted = iso_time::text(until);
        let manifest = self.durable.manifest.clone();
        if manifest.restored == Some(until) {
            log::warn!(
                "The data were restored to {wanted} already, and what happened since then goes on. \
                 Remove restore-to from the configuration."
            );
            return Ok(None);
        }
        let mut generations = manifest.kept;
        generations.push(Generation {
            base: manifest.base,
            incrementals: manifest.incrementals,
            ..Generation::default()
        });
        let mut earliest = None;
        for (index, generation) in generations.into_iter().enumerate().rev() {
            if generation.base.is_none() && generation.incrementals.is_empty() {
                continue;
            }
            let began = self.base_time(&generation)?;
            if began <= until {
                log::warn!(
                    "Restoring to {wanted}: the generation of the log that began at {}.",
                    if began == i64::MIN {
                        "its first change".into()
                    } else {
                        iso_time::text(began)
                    }
                );
                return Ok(Some(Restore {
                    until,
                    generation,
                    index,
                    reached: None,
                }));
            }
            earliest = Some(began);
        }
        Err(StartError::Restore(match earliest {
            Some(began) => format!(
                "the log reaches back to {} and not to {wanted} (see aof-keep-generations)",
                iso_time::text(began)
            ),
            None => "there is no log".into(),
        }))
    }

    /// When a generation's base was begun; before all times if it has none.
    fn base_time(&mut self, generation: &Generation) -> Result<i64, StartError> {
        let Some(base) = &generation.base else {
            return Ok(i64::MIN);
        };
        let path = self.log_path(&base.name);
        let file = self.durable.storage.open(&path, Mode::Read);
        let file = file.map_err(|error| StartError::LogFile(path.clone(), error))?;
        let how = How {
            until: None,
            thresholds: self.limits.thresholds,
            seed: self.keyspace.view(0, self.now.ms()).seed(),
            check: self.config.rdbchecksum,
            versions: self.config.rdb_version_check,
            share: Share::ALL,
        };
        let bad = |what: String| StartError::Log {
            file: path.clone(),
            what,
        };
        let mut batch = Batch::default();
        let decode = load::open(file, how).map_err(|damage| bad(damage.to_string()))?;
        let time = match decode {
            Some(mut decode) => {
                let filled = decode.fill(&mut batch);
                filled.map_err(|damage| bad(damage.to_string()))?;
                batch.items.iter().find_map(|item| match item {
                    Item::Aux(name, text) if name == b"ctime" => parse_int(text),
                    _ => None,
                })
            }
            None => {
                let file = self.durable.storage.open(&path, Mode::Read);
                let reader = file.and_then(|file| LogReader::new(file, 0));
                let mut reader =
                    reader.map_err(|error| StartError::LogFile(path.clone(), error))?;
                match reader.next().map_err(|stop| bad(stop.to_string()))? {
                    Next::Time(second) => Some(second),
                    _ => None,
                }
            }
        };
        time.ok_or_else(|| {
            let path = path.display();
            StartError::Restore(format!("{path} does not tell when it was begun"))
        })
    }

    /// The data are as they were: the log goes on from them, with a base of its own.
    pub(super) fn end_restore(&mut self, restore: Restore) -> Result<(), StartError> {
        if restore.generation.end == End::Gap && restore.reached.is_none() {
            return Err(StartError::Restore(
                "the log was off, or had failed, at that moment or shortly before it".into(),
            ));
        }
        let failed = |error| StartError::System("the base of the restored log", error);
        let wanted = iso_time::text(restore.until);
        let dir = self.durable.dir.clone();
        let part = self.next_incremental();
        let mut manifest = self.durable.manifest.clone();
        let base = manifest.next_base(dir.prefix(), self.base_ending(), 0);
        self.durable.used.0 = base.seq;
        let target = Target {
            path: dir.path(&base.name),
            temporary: dir.path(format!("temp-rewriteaof-{}.aof", std::process::id()).as_bytes()),
        };
        let bytes = self.write_now(target, true).map_err(failed)?;
        let file = dir.begin(&part, None).map_err(failed)?;
        manifest.rebase(base, 0, End::Left);
        for generation in manifest.kept.iter_mut().skip(restore.index) {
            generation.end = End::Left;
        }
        manifest.incrementals.push(part);
        manifest.restored = Some(restore.until);
        dir.write_manifest(&manifest).map_err(failed)?;
        match &restore.reached {
            Some((path, at)) => log::warn!(
                "Restored to {wanted}: what stands in {} from byte {at} on, and all that came \
                 later, is left out. It is kept beside the new log until a rewrite with \
                 aof-keep-generations 0.",
                path.display()
            ),
            None => log::warn!("Restored to {wanted}: nothing in the log is later."),
        }
        self.durable.manifest = manifest;
        self.durable.base_bytes = bytes;
        self.open_journal(file, true, 0).map_err(failed)
    }
}
