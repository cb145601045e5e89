//! What the server says to bytes that are no requests, or barely: read off redis-server.

use super::subject;
use crate::harness::client::{Client, NoReply, encode};

/// The texts of all replies until the server closes the connection or falls silent, and which it did.
fn exchange(client: &mut Client, bytes: &[u8]) -> (Vec<String>, NoReply) {
    // The server may close before all is sent.
    let _ = client.send_raw(bytes);
    let mut replies = Vec::new();
    loop {
        match client.read() {
            Ok(reply) => {
                let text = reply.text().unwrap_or_default();
                replies.push(String::from_utf8_lossy(text).into_owned());
            }
            Err(end) => return (replies, end),
        }
    }
}

#[test]
fn a_protocol_error_is_told_and_ends_the_connection() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let long = vec![b'1'; 70_000];
    let cases: &[(&[u8], &[&str])] = &[
        (b"*abc\r\n", &["invalid multibulk length"]),
        (b"*2147483648\r\n", &["invalid multibulk length"]),
        (b"*1\r\nPING\r\n", &["expected '$', got 'P'"]),
        (b"*1\r\n\r\n", &["expected '$', got ' '"]),
        (b"*1\r\n$-1\r\n", &["invalid bulk length"]),
        (b"*1\r\n$536870913\r\n", &["invalid bulk length"]),
        (b"PING 'a'b\r\n", &["unbalanced quotes in request"]),
        (&long, &["too big inline request"]),
        (
            &[b"*", long.as_slice()].concat(),
            &["too big mbulk count string"],
        ),
        (
            &[b"*1\r\n$", long.as_slice()].concat(),
            &["too big bulk count string"],
        ),
        // What came before is answered first; what comes behind, never.
        (
            b"PING\r\nPING\r\n*x\r\nPING\r\n",
            &["PONG", "PONG", "invalid multibulk length"],
        ),
    ];
    for (bytes, want) in cases {
        let (got, end) = exchange(&mut server.connect(), bytes);
        let want: Vec<String> = want
            .iter()
            .map(|text| match *text {
                "PONG" => "PONG".to_owned(),
                reason => format!("ERR Protocol error: {reason}"),
            })
            .collect();
        assert_eq!(got, want, "{}", bytes[..bytes.len().min(40)].escape_ascii());
        assert_eq!(end, NoReply::Closed);
    }
}

#[test]
fn http_is_cut_off_without_a_word() {
    let Some(start) = subject() else { return };
    let server = start.start();
    for request in [
        "POST / HTTP/1.1\r\nHost: x\r\n\r\nSET k v\r\n",
        "host: x\r\n\r\nSET k v\r\n",
    ] {
        let (replies, end) = exchange(&mut server.connect(), request.as_bytes());
        assert_eq!((replies, end), (Vec::new(), NoReply::Closed), "{request:?}");
    }
    assert_eq!(server.connect().words("EXISTS k").to_string(), ":0");
}

#[test]
fn a_login_counts_for_what_stands_right_behind_it() {
    let Some(start) = subject() else { return };
    let server = start.args(["--requirepass", "secret"]).start();
    let many = encode(&["EXISTS"; 12]);
    for (password, want) in [
        ("secret", ["+OK", ":0"]),
        (
            "wrong",
            [
                "-WRONGPASS",
                "-ERR Protocol error: unauthenticated multibulk length",
            ],
        ),
    ] {
        let mut client = server.connect();
        let login = encode(&["AUTH", password]);
        client.send_raw(&[login, many.clone()].concat()).unwrap();
        for want in want {
            let got = client.read().unwrap().to_string();
            assert!(got.starts_with(want), "{password}: {got}");
        }
    }
}

#[test]
fn large_arguments_stand_among_small_requests() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut client = server.connect();
    let large = vec![b'x'; 3_000_001];
    let mut bytes = b"PING\r\n".to_vec();
    bytes.extend(encode(&[b"SET".as_slice(), b"k", &large]));
    bytes.extend(b"STRLEN k\r\n");
    bytes.extend(encode(&[
        b"MSET".as_slice(),
        b"a",
        &large,
        b"b",
        b"small",
        b"c",
        &large,
    ]));
    bytes.extend(b"STRLEN a\r\nGET b\r\nSTRLEN c\r\n");
    client.send_raw(&bytes).unwrap();
    for want in [
        "+PONG",
        "+OK",
        ":3000001",
        "+OK",
        ":3000001",
        "\"small\"",
        ":3000001",
    ] {
        assert_eq!(client.read().unwrap().to_string(), want);
    }
}
