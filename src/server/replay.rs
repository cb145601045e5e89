//! Executes what the log holds, at the start: the same handlers, without clients.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Server;
use super::startup::StartError;
use super::table::{Action, CommandTable};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::keyspace::Deadline;
use crate::persist::dump::{Item, Reader, Record};
use crate::persist::log_reader::{LogReader, Next};
use crate::persist::storage::Mode;
use crate::rdb::damage::{Damage, What};
use crate::rdb::decode::{Context, Loaded};
use crate::resp::reply::Reply;
use crate::resp::request::{OwnedRequest, Request};
use crate::value::string::NewStr;

/// What stands in the log beside changes of data.
enum Special {
    Select,
    Multi,
    Exec,
}

/// What becomes of keys past their deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dues {
    /// They are not loaded.
    Dropped,
    /// The log goes on to tell when they left.
    Kept,
}

/// The state of reading one file.
struct Replay {
    table: Arc<CommandTable>,
    db: usize,
    /// Commands since MULTI, and where that stands in the file.
    transaction: Option<(u64, Vec<OwnedRequest>)>,
    commands: u64,
    reply: Reply,
}

impl Server {
    /// Executes all files that the manifest names, in order.
    pub(super) fn replay_all(&mut self) -> Result<(), StartError> {
        let manifest = self.durable.manifest.clone();
        let count = manifest.incrementals.len();
        if let Some(base) = &manifest.base {
            let path = self.log_path(&base.name);
            self.replay_file(&path, count == 0)?;
            let file = self.durable.storage.open(&path, Mode::Read);
            let bytes = file.and_then(|file| file.len());
            self.durable.base_bytes = bytes.map_err(|error| StartError::LogFile(path, error))?;
        }
        for (index, part) in manifest.incrementals.iter().enumerate() {
            self.replay_file(&self.log_path(&part.name), index + 1 == count)?;
        }
        Ok(())
    }

    /// Reads the snapshot of the data, if there is one.
    pub(super) fn load_dump_file(&mut self) -> Result<(), StartError> {
        let path = self.save_path();
        let file = match self.durable.storage.open(&path, Mode::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|error| StartError::LogFile(path.clone(), error))?,
        };
        let damaged = |what: String| StartError::Dump {
            file: path.clone(),
            what,
        };
        let reader = Reader::open(file, self.config.rdbchecksum);
        let reader = reader.map_err(|damage| damaged(damage.to_string()))?;
        let Some(mut reader) = reader else {
            return Err(damaged("it is no snapshot".into()));
        };
        self.load_dump(&mut reader, Dues::Dropped)
            .map_err(|damage| damaged(damage.to_string()))?;
        Ok(())
    }

    /// Puts what a dump holds into the keyspace.
    fn load_dump(&mut self, reader: &mut Reader, dues: Dues) -> Result<(), Damage> {
        let (mut keys, mut dropped) = (0u64, 0u64);
        let thresholds = self.limits.thresholds;
        let context = Context {
            thresholds: &thresholds,
            seed: self.keyspace.view(0, self.now.ms()).seed(),
        };
        while let Some(item) = reader.next(context)? {
            let record = match item {
                Item::Key(record) => record,
                Item::Aux(..) => continue,
                Item::Function(source) => {
                    self.durable.functions.push(source);
                    continue;
                }
            };
            if record.db >= self.config.databases as usize {
                return Err(Damage {
                    at: reader.at(),
                    what: What::Unknown(format!("database {} is not there", record.db)),
                });
            }
            let due = record
                .deadline
                .is_some_and(|deadline| deadline <= self.now.ms());
            if due && dues == Dues::Dropped {
                dropped += 1;
                continue;
            }
            keys += 1;
            self.load_record(record);
        }
        log::info!("Done loading RDB, keys loaded: {keys}, keys expired: {dropped}.");
        Ok(())
    }

    fn load_record(&mut self, record: Record) {
        let Record { key, value, .. } = &record;
        let deadline = record.deadline.map_or(Deadline::Never, Deadline::At);
        let mut db = self
            .keyspace
            .view(record.db, self.now.ms())
            .before_deadlines();
        match value {
            Loaded::String(text) => db.set(key, NewStr::from(&text[..]), deadline),
            Loaded::Empty => log::warn!("An empty key was passed over"),
            Loaded::Collection(_) => {}
        }
        if let Loaded::Collection(draft) = record.value {
            draft.give(|value| db.put_value(&record.key, value, deadline));
        }
        if let Some(seconds) = record.idle_seconds {
            db.set_idle(&record.key, seconds);
        }
        if let Some(frequency) = record.frequency {
            db.set_frequency(&record.key, frequency);
        }
    }

    fn replay_file(&mut self, path: &Path, is_last: bool) -> Result<(), StartError> {
        let unread = |error| StartError::LogFile(path.into(), error);
        let storage = Arc::clone(&self.durable.storage);
        let open = || storage.open(path, Mode::Read).map_err(unread);
        let bad = |what| StartError::Log {
            file: path.into(),
            what,
        };
        let mut at = 0;
        let dump = Reader::open(open()?, self.config.rdbchecksum);
        if let Some(mut dump) = dump.map_err(|damage| bad(damage.to_string()))? {
            self.load_dump(&mut dump, Dues::Kept)
                .map_err(|damage| bad(damage.to_string()))?;
            at = dump.at();
        }
        let mut reader = LogReader::new(open()?, at).map_err(unread)?;
        let mut replay = Replay {
            table: Arc::clone(&self.table),
            db: 0,
            transaction: None,
            commands: 0,
            reply: Reply::default(),
        };
        let stop = loop {
            let at = reader.last_at();
            match reader.next() {
                Ok(Next::Command(request)) => {
                    self.replay_command(&mut replay, at, request)
                        .map_err(|what| StartError::Log {
                            file: path.into(),
                            what: format!("at byte {at}: {what}"),
                        })?;
                }
                Ok(Next::Time(_)) => {}
                Ok(Next::End) => break None,
                Err(stop) => break Some(stop),
            }
        };
        let open = replay.transaction.as_ref().map(|(at, _)| *at);
        let good_bytes = match (&stop, open) {
            (None, None) => {
                log::info!("{}: {} commands read", path.display(), replay.commands);
                return Ok(());
            }
            (_, Some(at)) => at,
            (Some(stop), None) => stop.good_bytes,
        };
        let torn = stop.as_ref().is_none_or(|stop| stop.torn);
        let what = match &stop {
            Some(stop) => stop.to_string(),
            None => format!("a transaction that begins at byte {good_bytes} has no end"),
        };
        if !torn || !is_last || !self.config.aof_load_truncated {
            return Err(StartError::Log {
                file: path.into(),
                what,
            });
        }
        log::warn!("!!! Warning: short read while loading the AOF file !!!");
        log::warn!(
            "{}: {what}; it is cut to {good_bytes} bytes.",
            path.display()
        );
        let mut file = storage.open(path, Mode::Append).map_err(unread)?;
        file.truncate(good_bytes).map_err(unread)?;
        file.sync().map_err(unread)
    }

    fn replay_command(
        &mut self,
        replay: &mut Replay,
        at: u64,
        request: Request<'_>,
    ) -> Result<(), String> {
        replay.commands += 1;
        match (special(request.bytes(0)), &mut replay.transaction) {
            (Some(Special::Multi), None) => replay.transaction = Some((at, Vec::new())),
            (Some(Special::Multi), Some(_)) => return Err("MULTI within MULTI".into()),
            (Some(Special::Exec), None) => return Err("EXEC without MULTI".into()),
            (Some(Special::Exec), Some(_)) => {
                let (_, requests) = replay.transaction.take().unwrap_or_default();
                for request in requests {
                    self.replay_one(replay, request.request())?;
                }
            }
            (_, Some((_, requests))) => requests.push(OwnedRequest::copy_of(request)),
            (_, None) => return self.replay_one(replay, request),
        }
        Ok(())
    }

    fn replay_one(&mut self, replay: &mut Replay, request: Request<'_>) -> Result<(), String> {
        if let Some(Special::Select) = special(request.bytes(0)) {
            let index = (request.len() == 2).then(|| request.bytes(1));
            let index = index.and_then(crate::ds::number::parse_int);
            let index = index.and_then(|index| usize::try_from(index).ok());
            replay.db = index
                .filter(|index| *index < self.config.databases as usize)
                .ok_or("a database that is not there")?;
            return Ok(());
        }
        let name = request.bytes(0).escape_ascii().to_string();
        let found = replay.table.find(request.bytes(0));
        let command = replay.table.resolve(found, &request).map_err(|error| {
            let text = String::from_utf8_lossy(error.text()).into_owned();
            format!("{name}: {text}")
        })?;
        let Action::Data(handler) = command.action else {
            return Err(format!("{name} is no change of data"));
        };
        let mut call = Call {
            db: self
                .keyspace
                .view(replay.db, self.now.ms())
                .before_deadlines(),
            reply: &mut replay.reply,
            effects: &mut self.effects,
            random: &mut self.random,
            limits: &self.limits,
            may_wait: false,
            name: &command.name,
        };
        // An error was the reply then, too, and changed nothing.
        let result = handler(&mut call, &mut Args::new(request, command.words));
        if let Err(error) = result {
            log::warn!("{name}: {}", String::from_utf8_lossy(error.text()));
        }
        self.effects.clear();
        replay.reply = Reply::default();
        Ok(())
    }
}

fn special(name: &[u8]) -> Option<Special> {
    [
        (&b"select"[..], Special::Select),
        (b"multi", Special::Multi),
        (b"exec", Special::Exec),
    ]
    .into_iter()
    .find(|(word, _)| name.eq_ignore_ascii_case(word))
    .map(|(_, special)| special)
}
