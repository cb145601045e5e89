//! A server in a test: without files, with a clock that is moved by hand, and with clients whose
//! requests are executed one by one.

use std::path::PathBuf;
use std::sync::Arc;

use mio::Poll;
use mio::net::UnixStream;

use super::Server;
use super::dispatch::Found;
use super::startup::Parts;
use super::table::CommandTable;
use crate::client::slab::ClientKey;
use crate::client::{Client, ClientFlags};
use crate::config::Config;
use crate::net::transport::{Peer, Transport};
use crate::persist::sim_disk::SimDisk;
use crate::resp::request::OwnedRequest;
use crate::sys::clock::Clock;
use crate::sys::reaper::Reaper;
use crate::sys::worker::Workers;

/// A server without a log and so many clients, with the peers' ends of their connections.
pub(super) fn server_with(count: usize) -> (Server, Vec<ClientKey>, Vec<UnixStream>) {
    let parts = Parts {
        poll: Poll::new().unwrap(),
        signals: None,
        reaper: Reaper::at_once(),
        storage: Arc::new(SimDisk::new(1)),
        workers: Workers::ByHand,
        clock: Clock::simulated(),
        seed: 1,
    };
    let mut server = Server::assemble(Config::default(), CommandTable::new(), parts).unwrap();
    let (mut keys, mut peers) = (Vec::new(), Vec::new());
    for id in 1..=count {
        let (ours, peer) = UnixStream::pair().unwrap();
        let path = Peer::Unix(PathBuf::new());
        let (now, mono) = (server.now.ms(), server.now.mono);
        let mut client = Client::new(id as u64, Transport::Unix(ours), path, now, mono);
        client.flags.insert(ClientFlags::AUTHENTICATED);
        keys.push(server.clients.insert(client));
        peers.push(peer);
    }
    (server, keys, peers)
}

/// What is on its way to a client.
pub(super) fn written(server: &Server, key: ClientKey) -> String {
    String::from_utf8(server.clients[key].reply.output.to_vec()).unwrap()
}

/// Executes what a client sends.
pub(super) fn execute(server: &mut Server, key: ClientKey, words: &[&str]) {
    let request = OwnedRequest::new(words);
    let table = Arc::clone(&server.table);
    let found = Found {
        command: table.find(words[0].as_bytes()).map(|it| it.id),
        hash: None,
    };
    server.execute(&table, key, request.request(), found);
}
