//! The metrics port: what it serves, also while the loop is busy or loading, and to whom.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use super::subject;
use crate::harness::client::{Client, NoReply};
use crate::harness::server::{Server, free_port, fresh_dir};
use crate::harness::{PATIENCE, wait_until};

/// A server with a metrics port, and that port.
fn server(args: &[&str]) -> Option<(Server, u16)> {
    let port = free_port();
    let start = subject()?.args(["--metrics-port", &port.to_string()]);
    Some((start.args(args).start(), port))
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the metrics port");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// All that the server says before it ends the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    String::from_utf8(answer).expect("text")
}

/// The answer to `request`: the head and the body.
fn ask(port: u16, request: &[u8]) -> (String, String) {
    let mut stream = connect(port);
    stream.write_all(request).unwrap();
    let answer = rest(stream);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}

fn page(port: u16) -> String {
    let (head, body) = ask(port, b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    body
}

/// The value of a metric, labels included in `name`.
fn metric(page: &str, name: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    line?.strip_prefix(' ')?.parse().ok()
}

fn await_metric(port: u16, name: &str, expected: f64) {
    wait_until(name, || {
        let (head, body) = ask(port, b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
        // Before there are figures there is no page.
        let there_is = head.starts_with("HTTP/1.1 200 OK\r\n");
        assert!(there_is || head.starts_with("HTTP/1.1 503 "), "{head}");
        (there_is && metric(&body, name)? == expected).then_some(())
    });
}

#[test]
fn the_page_tells_the_figures() {
    let Some((server, port)) = server(&["--track-prefixes", "user:"]) else {
        return;
    };
    let mut client = server.connect();
    for line in [
        "SET user:1 a",
        "GET user:1",
        "GET none",
        "SET b c PX 100000",
        "NOSUCH",
    ] {
        client.words(line);
    }
    await_metric(port, "redis_db_keys{db=\"db0\"}", 2.0);
    await_metric(port, "redis_commands_total{cmd=\"get\"}", 2.0);
    await_metric(port, "ruddle_prefix_keys{prefix=\"user:\"}", 1.0);
    await_metric(port, "ruddle_prefix_hits_total{prefix=\"user:\"}", 1.0);
    let page = page(port);
    for (name, expected) in [
        ("redis_up", 1.0),
        ("redis_connected_clients", 1.0),
        ("redis_db_keys_expiring{db=\"db0\"}", 1.0),
        ("redis_keyspace_hits_total", 1.0),
        ("redis_keyspace_misses_total", 1.0),
        ("redis_errors_total{err=\"ERR\"}", 1.0),
        ("redis_loading_dump_file", 0.0),
        ("redis_commandlog_slow_length", 0.0),
        ("redis_commandlog_large_reply_max_len", 128.0),
        ("redis_commandlog_execution_slower_than", 10_000.0),
        ("redis_rdb_last_bgsave_status", 1.0),
    ] {
        assert_eq!(metric(&page, name), Some(expected), "{name} in\n{page}");
    }
    for name in [
        "redis_memory_used_bytes",
        "redis_commands_processed_total",
        "redis_commands_duration_seconds_total{cmd=\"get\"}",
        "redis_net_input_bytes_total",
        "redis_start_time_seconds",
        "redis_cpu_user_seconds_total",
    ] {
        assert!(
            metric(&page, name).is_some_and(|value| value > 0.0),
            "{name} in\n{page}"
        );
    }
    assert!(page.contains("redis_instance_info{role=\"master\",redis_version=\""));
}

#[test]
fn a_busy_loop_is_told_of() {
    let Some((server, port)) = server(&[]) else {
        return;
    };
    await_metric(port, "redis_up", 1.0);
    let mut client = server.connect();
    client.send(&["DEBUG", "SLEEP", "3"]).unwrap();
    // The loop tells its figures each second: they get older than that only while it sleeps.
    wait_until("old figures", || {
        (metric(&page(port), "ruddle_loop_age_seconds")? > 1.3).then_some(())
    });
    let early = client.read_within(Duration::from_millis(1));
    assert_eq!(early, Err(NoReply::Timeout), "the page waited for the loop");
    assert_eq!(client.read().unwrap().to_string(), "+OK");
    wait_until("new figures", || {
        (metric(&page(port), "ruddle_loop_age_seconds")? < 1.2).then_some(())
    });
}

#[test]
fn loading_is_told_of() {
    let dir = fresh_dir();
    let path = dir.display().to_string();
    let port = free_port().to_string();
    let number = port.parse().unwrap();
    let start = |args: &[&str]| {
        let start = subject()?.args(["--dir", &path, "--metrics-port", &port]);
        Some(start.args(args))
    };
    let Some(first) = start(&[]) else { return };
    let mut saver = first.start();
    let mut client = saver.connect();
    client.words("DEBUG POPULATE 1000");
    assert_eq!(client.words("SAVE").to_string(), "+OK");
    client.send(&["SHUTDOWN", "NOSAVE"]).unwrap();
    assert!(saver.wait().success());
    let Some(second) = start(&["--key-load-delay", "100000000"]) else {
        return;
    };
    let server = second.spawn();
    let mut client = wait_until("a server that listens", || {
        Client::try_connect(&server.unix()).ok()
    });
    // Who is answered talks to a server that listens everywhere.
    assert!(client.words("PING").is_error());
    await_metric(number, "redis_loading_dump_file", 1.0);
    client.words("CONFIG SET key-load-delay 0");
    await_metric(number, "redis_loading_dump_file", 0.0);
    await_metric(number, "redis_db_keys{db=\"db0\"}", 1000.0);
    drop(server);
    drop(fs::remove_dir_all(dir));
}

#[test]
fn requests_get_what_they_deserve() {
    let Some((_server, port)) = server(&[]) else {
        return;
    };
    await_metric(port, "redis_up", 1.0);
    let cases: [(&[u8], &str); 12] = [
        (b"GET /metrics HTTP/1.0\r\n\r\n", "200 OK"),
        (b"GET /metrics?x=y HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (
            b"GET /metrics/../x HTTP/1.1\r\nHost: a\r\n\r\n",
            "404 Not Found",
        ),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (
            b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "405 Method Not Allowed",
        ),
        (b"DELETE / HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", "400 Bad Request"),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            "400 Bad Request",
        ),
        (b"*1\r\n$8\r\nSHUTDOWN\r\n", "400 Bad Request"),
        (b"GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        (b"SHUTDOWN\r\n\r\n", "400 Bad Request"),
    ];
    for (request, status) in cases {
        let shown = String::from_utf8_lossy(request);
        let (head, _) = ask(port, request);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{shown}: {head}"
        );
        assert!(
            head.ends_with("Connection: close") || head.contains("Allow: GET, HEAD"),
            "{head}"
        );
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000));
    let (head, _) = ask(port, long.as_bytes());
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    let (head, body) = ask(port, b"HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && body.is_empty(),
        "{head}"
    );
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    assert!(length.is_some_and(|length| length.parse::<usize>().unwrap() > 1000));

    // One that comes byte by byte, and a peer that sends no more after it.
    let mut stream = connect(port);
    stream.set_nodelay(true).unwrap();
    for byte in b"GET /metrics HTTP/1.1\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(rest(stream).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn nobody_keeps_others_out() {
    let Some((server, port)) = server(&[]) else {
        return;
    };
    await_metric(port, "redis_up", 1.0);
    // More connections than there is room for, that ask slowly or not at all.
    let mut idle: Vec<TcpStream> = (0..100).map(|_| connect(port)).collect();
    for stream in &mut idle {
        // It may be closed by now.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nX-Slow: ");
    }
    assert!(page(port).contains("redis_up 1\n"));
    // The oldest had to go; the others go when they have had their time.
    for stream in idle {
        assert_eq!(rest(stream), "");
    }
    assert_eq!(server.connect().words("PING").to_string(), "+PONG");
}

#[test]
fn the_port_can_change() {
    let Some((server, port)) = server(&[]) else {
        return;
    };
    let mut client = server.connect();
    await_metric(port, "redis_up", 1.0);
    let other = free_port();
    let set = client.words(&format!("CONFIG SET metrics-port {other}"));
    assert_eq!(set.to_string(), "+OK");
    await_metric(other, "redis_up", 1.0);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    // Where somebody else listens we cannot; the old port stays.
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = holder.local_addr().unwrap().port();
    let set = client.words(&format!("CONFIG SET metrics-port {taken}"));
    assert!(set.to_string().contains("Unable to listen there"), "{set}");
    await_metric(other, "redis_up", 1.0);
    drop(holder);
    assert_eq!(client.words("CONFIG SET metrics-port 0").to_string(), "+OK");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, other)).is_err());
}
