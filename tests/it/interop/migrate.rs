//! MIGRATE: keys go to redis-server, come from it, and move among ours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::samples::samples;
use super::{Dir, Side, WAYS, contents, differences, pipeline};
use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::server::Server;
use crate::harness::wait_until;

/// From one side to the other, and among ours.
fn ways() -> impl Iterator<Item = (Side, Side)> {
    WAYS.into_iter().chain([(Side::Ours, Side::Ours)])
}

fn start(side: Side, args: &[&str]) -> Option<Server> {
    Some(side.start()?.tcp().args(args).start())
}

#[test]
fn every_value_migrates_and_is_gone_here() {
    for (from, to) in ways() {
        let (Some(source), Some(target)) = (start(from, &[]), start(to, &[])) else {
            return;
        };
        let port = target.port();
        let (mut source, mut target) = (source.connect(), target.connect());
        let mut keys = Vec::new();
        for sample in samples() {
            pipeline(&mut source, &sample.commands);
            keys.push(sample.key);
        }
        source.words("PEXPIRE list:one 100000000");
        let wanted = contents(&mut source);
        let head = format!("MIGRATE 127.0.0.1 {port} @ 5 10000");
        let mut head: Vec<&str> = head.split(' ').collect();
        head[3] = "";
        for (index, some) in keys.chunks(40).enumerate() {
            let options = [&["COPY", "KEYS"][..], &["KEYS"], &["REPLACE", "KEYS"]][index % 3];
            let some: Vec<&str> = some.iter().map(String::as_str).collect();
            let command = [&head[..], options, &some].concat();
            assert_eq!(source.call(&command).to_string(), "+OK");
            if options[0] == "COPY" {
                let again = source.call(&[&head[..], &["KEYS"], &some].concat());
                let busy = "-ERR Target instance replied with error: BUSYKEY";
                assert!(again.to_string().starts_with(busy), "{again}");
                let command = [&head[..], &["REPLACE", "KEYS"], &some].concat();
                assert_eq!(source.call(&command).to_string(), "+OK");
            }
            assert_eq!(source.call(&command).to_string(), "+NOKEY");
        }
        let left = contents(&mut source);
        assert_eq!(left.len(), 1, "{left:#?}");
        let moved = |text: &str| match text.split_once(':') {
            Some(("0", key)) => format!("5:{key}"),
            _ => text.to_owned(),
        };
        // The digest of everything knows the database, and deadlines are on two clocks.
        let strip = |what: &std::collections::BTreeMap<String, String>| {
            let pairs = what.iter().filter(|(key, _)| !key.is_empty());
            let digest = |text: &str| text.split(", due").next().unwrap_or_default().to_owned();
            pairs
                .map(|(key, text)| (moved(key), digest(text)))
                .collect()
        };
        let problems = differences(&strip(&wanted), &strip(&contents(&mut target)));
        assert!(problems.is_empty(), "{from:?} to {to:?}: {problems:#?}");
        target.words("SELECT 5");
        let Reply::Int(ttl) = target.words("PTTL list:one") else {
            panic!("no number");
        };
        assert!((90_000_000..=100_000_000).contains(&ttl), "{ttl}");
    }
}

#[test]
fn the_other_server_may_refuse() {
    for (from, to) in ways() {
        let target = start(to, &["--requirepass", "secret"]);
        let (Some(source), Some(target)) = (start(from, &[]), target) else {
            return;
        };
        let mut source = source.connect();
        source.words("SET k v");
        let mut says = |options: &str| {
            let line = format!("MIGRATE 127.0.0.1 {} k {options}", target.port());
            source.words(&line).to_string()
        };
        let refused = |text: &str| format!("-ERR Target instance replied with error: {text}");
        assert_eq!(says("0 5000"), refused("NOAUTH Authentication required."));
        let wrong = "WRONGPASS invalid username-password pair or user is disabled.";
        assert_eq!(says("0 5000 AUTH wrong"), refused(wrong));
        let range = "ERR DB index is out of range";
        assert_eq!(says("99 5000 AUTH secret"), refused(range));
        assert_eq!(says("3 5000 COPY AUTH secret"), "+OK");
        let busy = "BUSYKEY Target key name already exists.";
        assert_eq!(says("3 5000 AUTH secret"), refused(busy));
        assert_eq!(says("3 5000 AUTH2 default secret REPLACE"), "+OK");
        assert_eq!(says("3 5000 AUTH secret"), "+NOKEY");
    }
}

/// Another server, in the hands of the test: it takes one connection at a time.
struct Hand {
    listener: TcpListener,
}

impl Hand {
    fn new() -> Hand {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Hand { listener }
    }

    fn line(&self, options: &str) -> String {
        let port = self.listener.local_addr().unwrap().port();
        format!("MIGRATE 127.0.0.1 {port} {options}")
    }

    fn accept(&self) -> BufReader<TcpStream> {
        let (stream, _) = self.listener.accept().unwrap();
        stream
            .set_read_timeout(Some(crate::harness::PATIENCE))
            .unwrap();
        BufReader::new(stream)
    }
}

/// The words of the next request.
fn request(stream: &mut BufReader<TcpStream>) -> Vec<String> {
    let number = |stream: &mut BufReader<TcpStream>| -> usize {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        line[1..].trim_end().parse().unwrap()
    };
    let mut words = Vec::new();
    for _ in 0..number(stream) {
        let len = number(stream);
        let mut word = vec![0; len + 2];
        stream.read_exact(&mut word).unwrap();
        words.push(String::from_utf8_lossy(&word[..len]).into_owned());
    }
    words
}

fn waits_for_blocked(client: &mut Client, count: usize) {
    wait_until("the clients that wait", || {
        let info = client.words("INFO clients").to_string();
        info.contains(&format!("blocked_clients:{count}"))
            .then_some(())
    });
}

#[test]
fn what_migrates_is_not_changed_before_it_arrived() {
    let dir = Dir::new();
    let Some(server) = Side::Ours.start_in(&dir.0, &["--appendonly", "yes"]) else {
        return;
    };
    let hand = Hand::new();
    let (mut mover, mut other) = (server.connect(), server.connect());
    let (mut writer, mut flusher) = (server.connect(), server.connect());
    other.words("MSET a 1 b 2 c 3");
    let options = hand.line("@ 2 20000 KEYS a b nokey");
    let command: Vec<&str> = options
        .split(' ')
        .map(|w| if w == "@" { "" } else { w })
        .collect();
    mover.send(&command).unwrap();
    let mut stream = hand.accept();
    assert_eq!(request(&mut stream), ["SELECT", "2"]);
    assert_eq!(request(&mut stream)[..3], ["RESTORE", "a", "0"]);
    assert_eq!(request(&mut stream)[..3], ["RESTORE", "b", "0"]);
    // Read it may be, and other keys changed.
    assert_eq!(other.words("MGET a b").to_string(), r#"["1" "2"]"#);
    assert_eq!(other.words("INCR c").to_string(), ":4");
    writer.send(&["APPEND", "b", "x"]).unwrap();
    waits_for_blocked(&mut other, 1);
    flusher.send(&["FLUSHALL"]).unwrap();
    waits_for_blocked(&mut other, 2);
    // Nor does a transaction change it.
    other.words("MULTI");
    other.words("SET b y");
    other.send(&["EXEC"]).unwrap();
    let mut third = server.connect();
    waits_for_blocked(&mut third, 3);
    // One arrives, the other is refused: it stays, and who waited finds it.
    stream
        .get_mut()
        .write_all(b"+OK\r\n+OK\r\n-ERR no\r\n")
        .unwrap();
    let reply = mover.read().unwrap().to_string();
    assert_eq!(reply, "-ERR Target instance replied with error: ERR no");
    assert_eq!(writer.read().unwrap().to_string(), ":2");
    assert_eq!(flusher.read().unwrap().to_string(), "+OK");
    assert_eq!(other.read().unwrap().to_string(), "[+OK]");
    assert_eq!(other.words("DBSIZE").to_string(), ":1");
    // What is logged is what happened.
    drop(server);
    let log = std::fs::read(dir.join("appendonlydir/appendonly.aof.1.incr.aof")).unwrap();
    let log = String::from_utf8_lossy(&log).into_owned();
    let places =
        ["DEL\r\n$1\r\na\r\n", "APPEND", "FLUSHALL"].map(|text| log.find(text).expect(text));
    assert!(places.is_sorted() && !log.contains("MIGRATE"), "{log}");
}

#[test]
fn a_connection_is_used_again_and_a_dead_one_is_not() {
    for side in [Side::Ours, Side::Theirs] {
        let Some(server) = side.start() else { return };
        let server = server.start();
        let hand = Hand::new();
        let mut client = server.connect();
        client.words("MSET a 1 b 2 c 3");
        let send = |client: &mut Client, key: &str| {
            let line = hand.line(&format!("{key} 0 20000"));
            client.send(&line.split(' ').collect::<Vec<_>>()).unwrap();
        };
        send(&mut client, "a");
        let mut stream = hand.accept();
        assert_eq!(request(&mut stream), ["SELECT", "0"]);
        assert_eq!(request(&mut stream)[1], "a");
        stream.get_mut().write_all(b"+OK\r\n+OK\r\n").unwrap();
        assert_eq!(client.read().unwrap().to_string(), "+OK");
        // The same database is not selected again.
        send(&mut client, "b");
        assert_eq!(request(&mut stream)[1], "b");
        stream.get_mut().write_all(b"+OK\r\n").unwrap();
        assert_eq!(client.read().unwrap().to_string(), "+OK");
        drop(stream);
        send(&mut client, "c");
        let mut stream = hand.accept();
        assert_eq!(request(&mut stream), ["SELECT", "0"]);
        assert_eq!(request(&mut stream)[1], "c");
        stream.get_mut().write_all(b"+OK\r\n+OK\r\n").unwrap();
        assert_eq!(client.read().unwrap().to_string(), "+OK");
        assert_eq!(client.words("DBSIZE").to_string(), ":0", "{side:?}");
    }
}

#[test]
fn who_does_not_answer_in_time_has_not_got_it() {
    for side in [Side::Ours, Side::Theirs] {
        let Some(server) = side.start() else { return };
        let server = server.start();
        let hand = Hand::new();
        let mut client = server.connect();
        client.words("SET a 1");
        let reply = client.words(&hand.line("a 0 50")).to_string();
        assert_eq!(
            reply, "-IOERR error or timeout reading to target instance",
            "{side:?}"
        );
        assert_eq!(client.words("INCR a").to_string(), ":2");
        let reply = client.words("MIGRATE nowhere.invalid 1 a 0 50").to_string();
        assert_eq!(
            reply, "-IOERR error or timeout connecting to the client",
            "{side:?}"
        );
        assert_eq!(client.words("INCR a").to_string(), ":3");
    }
}

#[test]
fn a_client_that_leaves_does_not_keep_its_keys_from_moving() {
    let Some(start) = Side::Ours.start() else {
        return;
    };
    let server = start.start();
    let hand = Hand::new();
    let (mut mover, mut other) = (server.connect(), server.connect());
    other.words("SET a 1");
    let line = hand.line("a 0 20000");
    mover.send(&line.split(' ').collect::<Vec<_>>()).unwrap();
    let mut stream = hand.accept();
    request(&mut stream);
    request(&mut stream);
    drop(mover);
    stream.get_mut().write_all(b"+OK\r\n+OK\r\n").unwrap();
    wait_until("the key to be gone", || {
        (other.words("EXISTS a").to_string() == ":0").then_some(())
    });
    assert_eq!(other.words("SET a 2").to_string(), "+OK");
}
