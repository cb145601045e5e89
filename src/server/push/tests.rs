//! Messages pushed to clients that do this and that at the time.

use std::path::PathBuf;

use mio::Poll;
use mio::net::UnixStream;

use super::*;
use crate::client::{Client, ClientFlags, CloseReason, ReplyMode};
use crate::config::{ClientClass, Config};
use crate::net::transport::{Peer, Transport};
use crate::persist::sim_disk::SimDisk;
use crate::resp::request::OwnedRequest;
use crate::server::dispatch::Found;
use crate::server::startup::Parts;
use crate::server::table::CommandTable;
use crate::sys::clock::Clock;
use crate::sys::reaper::Reaper;
use crate::sys::worker::Workers;

/// A server without a log and so many clients, with the peers' ends of their connections.
fn server_with(count: usize) -> (Server, Vec<ClientKey>, Vec<UnixStream>) {
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

fn written(server: &Server, key: ClientKey) -> String {
    String::from_utf8(server.clients[key].reply.output.to_vec()).unwrap()
}

/// Executes what a client sends.
fn execute(server: &mut Server, key: ClientKey, words: &[&str]) {
    let request = OwnedRequest::new(words);
    let table = Arc::clone(&server.table);
    let found = Found {
        command: table.find(words[0].as_bytes()).map(|it| it.id),
        hash: None,
    };
    server.execute(&table, key, request.request(), found);
}

fn hello(reply: &mut Reply) {
    reply.push(2);
    reply.bulk(b"hello");
    reply.bulk(b"you");
}

const RESP2: &str = "*2\r\n$5\r\nhello\r\n$3\r\nyou\r\n";
const RESP3: &str = ">2\r\n$5\r\nhello\r\n$3\r\nyou\r\n";

#[test]
fn everybody_gets_it_in_his_protocol_and_it_is_written_once_for_each() {
    let (mut server, keys, _peers) = server_with(4);
    server.clients[keys[1]].reply.protocol = Protocol::Resp3;
    server.clients[keys[3]].reply.protocol = Protocol::Resp3;
    let count = std::cell::Cell::new(0);
    let write = |reply: &mut Reply| {
        count.set(count.get() + 1);
        hello(reply);
    };
    let mut message = Encoded::new(&write);
    for key in &keys {
        server.push_to(*key, &mut message);
    }
    for (index, key) in keys.iter().enumerate() {
        let wanted = if index % 2 == 0 { RESP2 } else { RESP3 };
        assert_eq!(written(&server, *key), wanted);
    }
    assert_eq!(count.get(), 2);
    assert_eq!(server.work.writing, keys);
}

#[test]
fn a_large_one_is_shared() {
    let (mut server, keys, _peers) = server_with(2);
    let large = vec![b'x'; 100_000];
    let write = |reply: &mut Reply| reply.bulk(&large);
    let mut message = Encoded::new(&write);
    for key in &keys {
        server.push_to(*key, &mut message);
        let output = &server.clients[*key].reply.output;
        assert_eq!((output.inset_count(), output.is_bare()), (1, true));
    }
}

#[test]
fn who_causes_one_himself_gets_it_behind_the_reply() {
    let modes = [
        (ReplyMode::On, "+PONG\r\n"),
        (ReplyMode::Off, ""),
        (ReplyMode::Skip, ""),
    ];
    for (mode, reply) in modes {
        let (mut server, keys, _peers) = server_with(2);
        server.clients[keys[0]].reply_mode = mode;
        let mut message = Encoded::new(&hello);
        server.begin_pushes(keys[0]);
        for key in &keys {
            server.push_to(*key, &mut message);
        }
        assert_eq!(written(&server, keys[0]), "");
        assert_eq!(written(&server, keys[1]), RESP2);
        execute(&mut server, keys[0], &["PING"]);
        assert_eq!(written(&server, keys[0]), format!("{reply}{RESP2}"));
        execute(&mut server, keys[0], &["PING"]);
        let second = if mode == ReplyMode::Off {
            ""
        } else {
            "+PONG\r\n"
        };
        assert_eq!(written(&server, keys[0]), format!("{reply}{RESP2}{second}"));
    }
}

#[test]
fn a_handler_that_has_the_reply_leaves_its_protocol() {
    let (mut server, keys, _peers) = server_with(1);
    execute(&mut server, keys[0], &["HELLO", "3"]);
    server.clients[keys[0]].reply.output = Default::default();
    let probe: crate::admin::AdminHandler = |server, call, _| {
        server.push_to(call.client, &mut Encoded::new(&hello));
        call.reply.ok();
        Ok(())
    };
    let request = OwnedRequest::new(["PING"]);
    let mut args = crate::command::args::Args::new(request.request(), 1);
    server.begin_pushes(keys[0]);
    let done = server.call_admin(keys[0], "ping", probe, &mut args, true);
    assert!(done.is_ok());
    server.end_pushes(keys[0]);
    assert_eq!(written(&server, keys[0]), format!("+OK\r\n{RESP3}"));
}

#[test]
fn who_is_on_the_way_out_or_gone_gets_nothing() {
    let (mut server, keys, _peers) = server_with(3);
    server.close(keys[0], CloseReason::AfterReply);
    server.close(keys[1], CloseReason::CutOff);
    server.clients.remove(keys[2]);
    let mut message = Encoded::new(&hello);
    for key in &keys {
        server.push_to(*key, &mut message);
    }
    assert_eq!(written(&server, keys[0]), "");
    assert_eq!(written(&server, keys[1]), "");
}

#[test]
fn who_does_not_read_is_cut_off_at_once_at_the_hard_limit() {
    let (mut server, keys, _peers) = server_with(1);
    server.config.client_output_buffer_limit[ClientClass::Normal as usize].hard = 100;
    let mut message = Encoded::new(&hello);
    let count = 100 / RESP2.len();
    for _ in 0..count {
        server.push_to(keys[0], &mut message);
    }
    assert!(!server.clients[keys[0]].is_closing());
    server.push_to(keys[0], &mut message);
    assert!(server.clients[keys[0]].is_cut_off());
    assert_eq!(server.metrics.output_buffer_limit_disconnections, 1);
    server.reap();
    assert!(server.clients.is_empty());
}
