//! A connection that listens to all keyspace events, beside the one that causes them.
//!
//! What a key's deadline brings comes when a server finds the time: `expired` is not compared here.

use crate::harness::client::{Address, Client};
use crate::harness::reply::Reply;

/// All classes, those that `A` leaves out too.
const CLASSES: &str = "KEAnm";

pub(super) struct Listener(Client);

impl Listener {
    pub(super) fn start(address: &Address) -> Listener {
        let mut client = Client::connect(address);
        let set = client.call(&["CONFIG", "SET", "notify-keyspace-events", CLASSES]);
        assert!(!set.is_error(), "{set}");
        let confirmed = client.call(&["PSUBSCRIBE", "__key*"]);
        assert!(!confirmed.is_error(), "{confirmed}");
        Listener(client)
    }

    /// Asks for a mark behind what has been told so far.
    pub(super) fn ask(&mut self) {
        // Where sending fails, reading tells why.
        let _ = self.0.send(&["PING"]);
    }

    /// What was told up to the mark: `event@db:key`, and where only one of the two channels told
    /// of it, which.
    pub(super) fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Ok(Reply::Array(items)) = self.0.read() {
            let text = |index: usize| items.get(index).and_then(Reply::text).unwrap_or_default();
            if text(0) == b"pong" {
                break;
            }
            let is_expiry = text(3) == b"expired" || text(2).ends_with(b"__:expired");
            if !is_expiry {
                let (channel, message) = (text(2).escape_ascii(), text(3).escape_ascii());
                told.push(format!("{channel} {message}"));
            }
        }
        told
    }
}
