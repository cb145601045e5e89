//! SYNC and PSYNC: all data, as they are at one moment, for whoever asks for them that way.
//!
//! ```text
//! SYNC ─▶ Waiting ─ a snapshot begins ─▶ Writing ─ it is written ─▶ Sending ─ all pages ─▶ Sent
//!          "\n" once a second, that the connection is not thought dead   "$length\r\n", then pages
//! ```
//!
//! The snapshot is Redis's format whatever `snapshot-format` says, written by the snapshot thread to
//! a file of its own, which has no name any more when it is sent: so the frozen data are held no
//! longer than the disk needs, however slow a receiver is. Who asks while none is being written for
//! this purpose waits for one that begins later; several share one. A thread reads the file
//! (`persist::pages`); a page goes out when the one before has left, so a receiver holds two
//! pages at most.
//!
//! What comes behind a snapshot, the changes since, is not there yet. Who says so beforehand
//! (`REPLCONF rdb-only 1`, as `redis-cli --rdb` does) gets it and is left to close the connection;
//! others that do not look like a replica (an older redis-cli) are closed behind it. A replica is
//! refused: it must not take old data for those of today.

use std::io;
use std::path::{Path, PathBuf};

use super::saving::Purpose;
use super::{Moment, Server};
use crate::client::slab::ClientKey;
use crate::client::{Activity, Asked, CloseReason};
use crate::persist::pages::{self, PageReader};
use crate::persist::saver::Target;
use crate::persist::storage::{File, Mode};
use crate::sys::clock::MonoNs;
use crate::sys::worker::Worker;

/// How often those who wait are told that there is somebody.
const SIGN_OF_LIFE_NS: u64 = 1_000_000_000;

/// A page goes out when less than this is left of what was before it.
const LEFT_BYTES_MAX: usize = 16 * 1024;

type Turn = pages::Turn<ClientKey>;
type Page = pages::Page<ClientKey>;

/// Snapshots on their way.
#[derive(Default)]
pub struct Syncing {
    /// Started when the first one is sent.
    reader: Option<Worker<Turn, Page>>,
    feeds: Vec<Feed>,
    /// Snapshots begun so far: each has a name of its own.
    number: u64,
    /// Snapshots sent.
    pub sent: u64,
}

impl Syncing {
    /// Lets a reader that is driven by hand read; whether it had anything to read.
    #[cfg(test)]
    pub(super) fn step(&mut self) -> bool {
        self.reader.as_mut().is_some_and(Worker::step)
    }
}

/// One receiver.
struct Feed {
    client: ClientKey,
    state: State,
    rdb_only: bool,
    /// When it last got on, or was told to wait.
    moved_at: MonoNs,
}

enum State {
    Waiting,
    Writing,
    Sending {
        /// A page that has not gone out, and where the next one is to be read.
        page: Option<Page>,
    },
    Sent,
}

impl Server {
    /// Lets `client` receive a snapshot of all data.
    pub fn begin_sync(&mut self, client: ClientKey, asked: Asked) {
        self.clients[client].activity = Activity::Away;
        self.syncing.feeds.push(Feed {
            client,
            state: State::Waiting,
            rdb_only: asked.rdb_only,
            moved_at: self.now.mono,
        });
        self.begin_snapshot_for_feeds();
    }

    /// Sends a snapshot that is in memory as a whole.
    pub fn sync_bytes(&mut self, client: ClientKey, bytes: &[u8]) -> Vec<u8> {
        self.clients[client].activity = Activity::Away;
        self.syncing.feeds.push(Feed {
            client,
            state: State::Sent,
            rdb_only: true,
            moved_at: self.now.mono,
        });
        self.syncing.sent += 1;
        [format!("${}\r\n", bytes.len()).as_bytes(), bytes].concat()
    }

    /// What is due for those who receive snapshots.
    pub(super) fn tend_syncing(&mut self) {
        if self.syncing.feeds.is_empty() {
            return;
        }
        let clients = &self.clients;
        let is_there = |feed: &Feed| {
            let client = clients.get(feed.client);
            client.is_some_and(|client| !client.is_closing())
        };
        self.syncing.feeds.retain(is_there);
        self.take_pages();
        self.begin_snapshot_for_feeds();
        let now = self.now.mono;
        for index in 0..self.syncing.feeds.len() {
            let feed = &mut self.syncing.feeds[index];
            match feed.state {
                State::Waiting | State::Writing => {
                    if now.since(feed.moved_at) >= SIGN_OF_LIFE_NS {
                        feed.moved_at = now;
                        let client = feed.client;
                        self.clients[client].reply.output.extend(b"\n");
                        self.want_write(client);
                    }
                }
                State::Sending { .. } => self.send_page(index),
                State::Sent => {}
            }
        }
        self.end_still_feeds();
    }

    /// Whether a page can go out now.
    pub(super) fn syncing_goes_on(&self) -> bool {
        self.syncing.feeds.iter().any(|feed| {
            let has_page = matches!(&feed.state, State::Sending { page: Some(_) });
            let client = self.clients.get(feed.client);
            has_page && client.is_some_and(|client| client.reply.output.len() < LEFT_BYTES_MAX)
        })
    }

    /// Begins a snapshot if somebody waits for one and none is in the way.
    fn begin_snapshot_for_feeds(&mut self) {
        let waits = |feed: &Feed| matches!(feed.state, State::Waiting);
        let is_free = self.saving.under_way() == (None, None);
        if !is_free || !self.syncing.feeds.iter().any(waits) {
            return;
        }
        self.syncing.number += 1;
        let target = Target {
            path: self.sync_path("rdb"),
            temporary: self.sync_path("part"),
        };
        if !self.begin(Purpose::Sync, target) {
            return;
        }
        log::info!("Starting BGSAVE for SYNC with target: disk");
        for feed in &mut self.syncing.feeds {
            if let State::Waiting = feed.state {
                feed.state = State::Writing;
            }
        }
    }

    /// The file of the latest snapshot.
    fn sync_path(&self, ending: &str) -> PathBuf {
        let number = self.syncing.number;
        PathBuf::from(format!(
            "temp-sync-{}-{number}.{ending}",
            std::process::id()
        ))
    }

    /// A snapshot for those who wait is written, or could not be.
    pub(super) fn synced(&mut self, result: io::Result<u64>, began: Moment) {
        let path = self.sync_path("rdb");
        let opened = result.and_then(|bytes| Ok((self.open_nameless(&path)?, bytes)));
        let (file, end) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                log::warn!("SYNC failed. The snapshot cannot be written or read: {error}");
                return self.end_writing_feeds();
            }
        };
        let ms = self.now.mono.since(began.mono) / 1_000_000;
        log::info!("Background saving for SYNC: {end} bytes in {ms} ms");
        let now = self.now.mono;
        let mut turns = Vec::new();
        for feed in &mut self.syncing.feeds {
            let State::Writing = feed.state else {
                continue;
            };
            // A handle that cannot be had is a feed that does not go on: it ends by that.
            let Ok(file) = file.share() else {
                continue;
            };
            feed.state = State::Sending { page: None };
            feed.moved_at = now;
            let client = feed.client;
            turns.push(Turn {
                receiver: client,
                file,
                at: 0,
                end,
            });
            if let Some(client) = self.clients.get_mut(client) {
                let head = format!("${end}\r\n");
                client.reply.output.extend(head.as_bytes());
            }
        }
        for turn in turns {
            self.want_write(turn.receiver);
            self.read_page(turn);
        }
    }

    /// Opens a file that nobody else shall find.
    fn open_nameless(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let storage = &self.durable.storage;
        let file = storage.open(path, Mode::Read)?;
        storage.remove(path)?;
        Ok(file)
    }

    fn read_page(&mut self, turn: Turn) {
        if self.syncing.reader.is_none() {
            match self.durable.workers.start("transfer", PageReader) {
                Ok(reader) => self.syncing.reader = Some(reader),
                Err(error) => log::warn!("SYNC: cannot start a thread: {error}"),
            }
        }
        match &mut self.syncing.reader {
            Some(reader) => reader.give(turn),
            None => self.close(turn.receiver, CloseReason::CutOff),
        }
    }

    /// Takes the pages that were read to those they are for, if these are still there.
    fn take_pages(&mut self) {
        while let Some(page) = self.syncing.reader.as_mut().and_then(Worker::take) {
            let mut feeds = self.syncing.feeds.iter_mut();
            let feed = feeds.find(|feed| feed.client == page.turn.receiver);
            if let Some(feed) = feed {
                feed.state = State::Sending { page: Some(page) };
            }
        }
    }

    /// Sends the page that was read for a feed, if the one before has left.
    fn send_page(&mut self, index: usize) {
        let feed = &mut self.syncing.feeds[index];
        let client = feed.client;
        let output = &mut self.clients[client].reply.output;
        let State::Sending { page } = &mut feed.state else {
            return;
        };
        if output.len() >= LEFT_BYTES_MAX {
            return;
        }
        let Some(Page { turn, bytes }) = page.take() else {
            return;
        };
        feed.moved_at = self.now.mono;
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                log::warn!("SYNC failed. The snapshot cannot be read: {error}");
                return self.close(client, CloseReason::CutOff);
            }
        };
        output.share(&bytes, 0, bytes.len());
        if turn.at < turn.end {
            self.want_write(client);
            return self.read_page(turn);
        }
        feed.state = State::Sent;
        self.syncing.sent += 1;
        if feed.rdb_only {
            log::info!("The snapshot is sent; the receiver should close the connection");
        } else {
            log::info!("The snapshot is sent; nothing follows it, the connection is closed");
            self.clients[client].close(CloseReason::AfterReply);
        }
        self.want_write(client);
    }

    /// Closes those whose snapshot came to nothing.
    fn end_writing_feeds(&mut self) {
        let feeds = self.syncing.feeds.iter();
        let waits = feeds.filter(|feed| matches!(feed.state, State::Writing));
        let clients: Vec<ClientKey> = waits.map(|feed| feed.client).collect();
        for client in clients {
            self.close(client, CloseReason::CutOff);
        }
    }

    /// Closes those who take nothing, or do not go, for `repl-timeout`.
    fn end_still_feeds(&mut self) {
        let limit_ns = u64::from(self.config.repl_timeout) * 1_000_000_000;
        let feeds = self.syncing.feeds.iter();
        let still = feeds.filter(|feed| self.now.mono.since(feed.moved_at) > limit_ns);
        let clients: Vec<ClientKey> = still.map(|feed| feed.client).collect();
        for client in clients {
            log::warn!("Disconnecting timedout replica (full sync)");
            self.close(client, CloseReason::CutOff);
        }
    }
}
