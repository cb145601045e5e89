//! Messages pushed to clients that do this and that at the time.

use super::*;
use crate::client::{CloseReason, ReplyMode};
use crate::config::ClientClass;
use crate::resp::request::OwnedRequest;
use crate::server::testing::{execute, server_with, written};

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
