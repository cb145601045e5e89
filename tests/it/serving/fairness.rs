//! One client must not starve the others, however much it sends or wants; and a request may come
//! in any pieces.
//!
//! Nothing here measures time: a starved client would wait for ever, and the test with it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::subject;
use crate::harness::client::{Address, encode};
use crate::harness::reply::Reply;

fn raw_stream(address: &Address) -> UnixStream {
    match address {
        Address::Unix(path) => UnixStream::connect(path).unwrap(),
        Address::Tcp(address) => panic!("{address}: a Unix socket was wanted"),
    }
}

/// A's pipeline never ends: one thread writes requests, another drains replies, until B has had a
/// hundred answers.
#[test]
fn an_endless_pipeline_does_not_starve_others() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let stream = raw_stream(&server.unix());
    let done = AtomicBool::new(false);
    let drained = AtomicU64::new(0);
    let block = encode(&["INCR", "count"]).repeat(5000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                (&stream).write_all(&block).unwrap();
            }
            stream.shutdown(std::net::Shutdown::Both).unwrap();
        });
        scope.spawn(|| {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = (&stream).read(&mut buffer) {
                drained.fetch_add(count as u64, Ordering::Relaxed);
            }
        });
        let mut other = server.connect();
        crate::harness::wait_until("A's first replies", || {
            (drained.load(Ordering::Relaxed) > 100_000).then_some(())
        });
        let mut last = 0;
        for _ in 0..100 {
            // B is served between A's requests, and A goes on between B's.
            let Reply::Bulk(count) = other.words("GET count") else {
                panic!("GET count");
            };
            let count: u64 = String::from_utf8(count).unwrap().parse().unwrap();
            assert!(count >= last, "{count} after {last}");
            last = count;
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A asks for far more than it reads: B does not wait for it, and A gets all of it in the end.
#[test]
fn a_backlog_of_replies_does_not_starve_others() {
    const VALUE_BYTES: usize = 1 << 20;
    const COUNT: usize = 200;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut other = server.connect();
    other.call(&["SET", "big", &"x".repeat(VALUE_BYTES)]);
    let mut greedy = server.connect();
    greedy
        .send_raw(&encode(&["GET", "big"]).repeat(COUNT))
        .unwrap();
    for number in 0..100 {
        let text = number.to_string();
        assert_eq!(other.call(&["ECHO", &text]), Reply::Bulk(text.into_bytes()));
    }
    for _ in 0..COUNT {
        let reply = greedy.read().unwrap();
        assert!(reply.text().is_some_and(|text| text.len() == VALUE_BYTES));
    }
}

/// Requests of all shapes, cut in two at every byte, and byte by byte.
#[test]
fn requests_come_in_any_pieces() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut requests = encode(&[b"SET".as_slice(), b"key", b"va\r\nlue\x00"]);
    requests.extend(b"GET key\r\n*0\r\n  ECHO \"a \\x41\" \r\n\r\n");
    requests.extend(encode(&["ECHO", ""]));
    requests.extend(encode(&["NOSUCH"]));
    requests.extend(b"PING\n");
    let expected = r#"+OK | "va\r\nlue\x00" | "a A" | "" | -ERR unknown command | +PONG"#;
    let check = |pieces: &[&[u8]]| {
        let mut client = server.connect();
        let mut probe = server.connect();
        for piece in pieces {
            client.send_raw(piece).unwrap();
            // By the time of this answer the server has most likely read the piece.
            assert_eq!(probe.words("PING").to_string(), "+PONG");
        }
        let mut replies: Vec<String> = (0..6).map(|_| client.read().unwrap().to_string()).collect();
        replies[4] = "-ERR unknown command".into();
        assert_eq!(replies.join(" | "), expected, "in pieces {pieces:?}");
    };
    for at in 0..=requests.len() {
        check(&[&requests[..at], &requests[at..]]);
    }
    check(&requests.chunks(1).collect::<Vec<_>>());
}
