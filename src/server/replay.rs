//! Puts in what a file held: keys of a snapshot, commands of a log, which the same handlers
//! execute without clients.
//!
//! Commands see the moment before all deadlines: when they were logged, the keys past their
//! deadline now were still there, and if they left, the log says so.

use std::ops::Range;
use std::sync::Arc;

use super::Server;
use super::dispatch::Found;
use super::table::{Action, CommandTable};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::ds::number::parse_int;
use crate::keyspace::Cause;
use crate::persist::functions;
use crate::persist::load::{Batch, Item, NewValue, Record};
use crate::persist::transaction::{Special, special};
use crate::resp::reply::Reply;
use crate::resp::request::{OwnedRequest, Request};
use crate::value::string::NewStr;

/// So many keys that hold nothing are told by name.
const EMPTY_KEYS_TOLD_MAX: u64 = 10;

/// What becomes of keys past their deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dues {
    /// They are not loaded.
    Dropped,
    /// The log goes on to tell when they left.
    Kept,
}

/// What becomes of a key that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twins {
    /// It is damage: no snapshot has a key twice.
    Refused,
    Replaced,
}

/// The state of putting in.
pub(super) struct Replay {
    table: Arc<CommandTable>,
    twins: Twins,
    db: usize,
    /// Commands since MULTI, and where that stands in the file.
    transaction: Option<(u64, Vec<OwnedRequest>)>,
    commands: u64,
    /// Bytes of memory that the snapshot says it took, when it has said so.
    pub(super) used_bytes: Option<u64>,
    /// Replies, which nobody reads.
    reply: Reply,
}

impl Replay {
    pub(super) fn new(table: Arc<CommandTable>, twins: Twins) -> Replay {
        Replay {
            table,
            twins,
            db: 0,
            transaction: None,
            commands: 0,
            used_bytes: None,
            reply: Reply::default(),
        }
    }

    /// Where the transaction that is open begins in the file.
    pub(super) fn transaction_at(&self) -> Option<u64> {
        self.transaction.as_ref().map(|(at, _)| *at)
    }

    /// Another file follows; the commands there were in this one.
    pub(super) fn end_file(&mut self) -> u64 {
        self.transaction = None;
        self.db = 0;
        std::mem::take(&mut self.commands)
    }
}

impl Server {
    /// Puts in some items of a snapshot.
    pub(super) fn load_items(
        &mut self,
        replay: &mut Replay,
        batch: &mut Batch,
        group: Range<usize>,
        dues: Dues,
    ) -> Result<(), String> {
        let Batch { items, bytes, .. } = batch;
        // What follows arrives while these are put in.
        let behind = group.end..items.len().min(group.end + group.len());
        let ahead = match group.start {
            0 => 0..behind.end,
            _ => behind,
        };
        for item in &items[ahead] {
            if let Item::Key(record) = item {
                let db = self.db_within(record.db)?;
                let view = self.keyspace.view(db, self.now.ms());
                view.prefetch_room(record.hash);
            }
        }
        for item in &mut items[group] {
            match item {
                Item::Key(record) => self.load_record(replay, record, bytes, dues)?,
                Item::Aux(name, text) => {
                    note_aux(replay, name, text, self.now.ms().seconds());
                    self.durable.keep_aux(name, text);
                }
                Item::Function(source) => self.durable.functions.push(std::mem::take(source)),
                Item::Size { .. } => {}
            }
        }
        Ok(())
    }

    fn db_within(&self, db: usize) -> Result<usize, String> {
        match db < self.config.databases as usize {
            true => Ok(db),
            false => Err(format!("database {db} is not there")),
        }
    }

    fn load_record(
        &mut self,
        replay: &Replay,
        record: &mut Record,
        bytes: &[u8],
        dues: Dues,
    ) -> Result<(), String> {
        let now = self.now.ms();
        let key = &bytes[record.key.clone()];
        if dues == Dues::Dropped && record.deadline.is_some_and(|deadline| deadline <= now) {
            self.last_load.expired += 1;
            return Ok(());
        }
        if dues == Dues::Dropped
            && let NewValue::Collection(draft) = &mut record.value
            && draft.remove_due(now)
        {
            self.last_load.expired += 1;
            return Ok(());
        }
        let db = self.keyspace.view(record.db, now).before_deadlines();
        let mut db = db.with_hint(key, record.hash);
        if replay.twins == Twins::Replaced {
            db.remove(key, Cause::Command);
        }
        let deadline = record.deadline;
        let added = match std::mem::replace(&mut record.value, NewValue::Empty) {
            NewValue::Text(text) => db.add(key, NewStr::from(&bytes[text]), deadline),
            NewValue::Rope(rope) => db.add(key, NewStr::Rope(rope), deadline),
            NewValue::Collection(draft) => draft.give(|value| db.add_value(key, value, deadline)),
            NewValue::Empty => {
                self.last_load.empty += 1;
                if self.last_load.empty <= EMPTY_KEYS_TOLD_MAX {
                    log::info!("skipping empty key: {}", key.escape_ascii());
                }
                return Ok(());
            }
        };
        if !added {
            return Err(format!("the key '{}' is there twice", key.escape_ascii()));
        }
        self.last_load.keys += 1;
        if let Some(seconds) = record.idle_seconds {
            db.set_idle(key, seconds);
        }
        if let Some(frequency) = record.frequency {
            db.set_frequency(key, frequency);
        }
        Ok(())
    }

    /// Executes some commands of a log.
    pub(super) fn replay(
        &mut self,
        replay: &mut Replay,
        batch: &Batch,
        group: Range<usize>,
    ) -> Result<(), String> {
        let table = Arc::clone(&replay.table);
        let mut found = [Found::default(); 16];
        // Every database hashes alike, and a bucket prefetched in vain does no harm.
        let view = self.keyspace.view(replay.db, self.now.ms());
        for (index, found) in group.clone().zip(&mut found) {
            let request = batch.requests.get(index);
            let command = table.find(request.bytes(0));
            let first_key = command.map_or(0, |command| command.first_key);
            let hash = (1..request.len()).contains(&first_key).then(|| {
                let hash = view.hash(request.bytes(first_key));
                view.prefetch_bucket(hash);
                hash
            });
            *found = Found {
                command: command.map(|command| command.id),
                hash,
            };
        }
        for hash in found.iter().filter_map(|found| found.hash) {
            view.prefetch_entry(hash);
        }
        for (index, found) in group.zip(found) {
            let at = batch.requests_at[index];
            self.replay_command(replay, at, batch.requests.get(index), found)
                .map_err(|what| format!("at byte {at}: {what}"))?;
        }
        Ok(())
    }

    fn replay_command(
        &mut self,
        replay: &mut Replay,
        at: u64,
        request: Request<'_>,
        found: Found,
    ) -> Result<(), String> {
        replay.commands += 1;
        match (special(request.bytes(0)), &mut replay.transaction) {
            (Some(Special::Multi), None) => replay.transaction = Some((at, Vec::new())),
            (Some(Special::Multi), Some(_)) => return Err("MULTI within MULTI".into()),
            (Some(Special::Exec), None) => return Err("EXEC without MULTI".into()),
            (Some(Special::Exec), Some(_)) => {
                let (_, requests) = replay.transaction.take().unwrap_or_default();
                for request in requests {
                    let request = request.request();
                    let command = replay.table.find(request.bytes(0));
                    let found = Found {
                        command: command.map(|command| command.id),
                        hash: None,
                    };
                    self.replay_one(replay, request, found)?;
                }
            }
            (_, Some((_, requests))) => requests.push(OwnedRequest::copy_of(request)),
            (_, None) => return self.replay_one(replay, request, found),
        }
        Ok(())
    }

    fn replay_one(
        &mut self,
        replay: &mut Replay,
        request: Request<'_>,
        found: Found,
    ) -> Result<(), String> {
        if let Some(Special::Select) = special(request.bytes(0)) {
            let index = (request.len() == 2).then(|| request.bytes(1));
            let index = index.and_then(parse_int);
            let index = index.and_then(|index| usize::try_from(index).ok());
            let index = index.ok_or("SELECT of what is no database")?;
            replay.db = self.db_within(index)?;
            return Ok(());
        }
        if found.command.is_none()
            && let Some(change) = functions::change(&request)
        {
            change?.apply(&mut self.durable.functions);
            return Ok(());
        }
        let command = found.command.map(|id| replay.table.get(id));
        let is_known = command.is_some();
        let command = replay.table.resolve(command, &request).map_err(|error| {
            let name = request.bytes(0).escape_ascii();
            match is_known {
                true => format!("{name}: {}", String::from_utf8_lossy(error.text())),
                false => format!("Unknown command '{name}' reading the append only file"),
            }
        })?;
        let Action::Data(handler) = command.action else {
            return Err(format!("{} is no change of data", command.name));
        };
        let mut db = self
            .keyspace
            .view(replay.db, self.now.ms())
            .before_deadlines();
        if let Some(hash) = found.hash {
            db = db.with_hint(request.bytes(command.first_key), hash);
        }
        let mark = replay.reply.output.mark();
        let mut call = Call {
            db,
            reply: &mut replay.reply,
            effects: &mut self.effects,
            random: &mut self.random,
            limits: &self.limits,
            may_wait: false,
            reads_all_keys: true,
            name: &command.name,
        };
        // An error was the reply then, too, and changed nothing.
        let result = handler(&mut call, &mut Args::new(request, command.words));
        if let Err(error) = result {
            let text = String::from_utf8_lossy(error.text());
            log::warn!("{} replied {text} as it was replayed", command.name);
        }
        self.effects.clear();
        replay.reply.output.truncate(mark);
        Ok(())
    }
}

/// Tells what a snapshot tells of itself.
fn note_aux(replay: &mut Replay, name: &[u8], text: &[u8], now: i64) {
    let number = parse_int(text);
    match (name, number) {
        (b"redis-ver" | b"valkey-ver", _) => {
            log::info!("Loading RDB produced by version {}", text.escape_ascii());
        }
        (b"ctime", Some(then)) => log::info!("RDB age {} seconds", (now - then).max(0)),
        (b"used-mem", Some(bytes)) => {
            // Megabytes as text: the digits that are lost do not show.
            log::info!(
                "RDB memory usage when created {:.2} Mb",
                bytes as f64 / 1048576.0
            );
            replay.used_bytes = u64::try_from(bytes).ok();
        }
        _ => {}
    }
}
