//! Limits: how many clients, how idle, how much they may send and leave unread, who may come.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, getrlimit, setrlimit};

use super::subject;
use crate::harness::client::{Address, Client, NoReply, encode};
use crate::harness::reply::Reply;
use crate::harness::wait_until;

/// Descriptors that the test needs besides its idle connections.
const SPARE_DESCRIPTORS: u64 = 300;

/// Who needs most of the descriptors that we may have.
static CROWD: Mutex<()> = Mutex::new(());

/// Raises our own limit of open files so that `wanted` connections fit, which a server started later
/// inherits; nobody else has so many open until what is given back goes. How many there may be: fewer
/// where the hard limit forbids more, and then it says so.
pub(super) fn room_for(wanted: usize) -> (usize, MutexGuard<'static, ()>) {
    const LEAST: usize = 500;
    let alone = CROWD.lock().unwrap_or_else(PoisonError::into_inner);
    let mut limit = getrlimit(Resource::Nofile);
    let needed = wanted as u64 + SPARE_DESCRIPTORS;
    if limit.current.is_some_and(|current| current < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        setrlimit(Resource::Nofile, limit).expect("a limit below the hard one");
    }
    let allowed = limit.current.unwrap_or(needed).min(needed);
    let allowed = allowed.saturating_sub(SPARE_DESCRIPTORS) as usize;
    if allowed < wanted {
        eprintln!("{allowed} clients instead of {wanted}: `ulimit -Hn` allows no more");
    }
    assert!(
        allowed >= LEAST.min(wanted),
        "`ulimit -Hn` allows {allowed} clients: raise it"
    );
    (allowed, alone)
}

#[test]
fn ten_thousand_idle_connections() {
    const BYTES_EACH_MAX: u64 = 2048;
    let Some(start) = subject() else { return };
    let (count, _alone) = room_for(10_000);
    let server = start.args(["--maxclients", "10100"]).start();
    let mut control = server.connect();
    let before = control.info_number("memory", "used_memory");
    let mut idle: Vec<Client> = (0..count).map(|_| server.connect()).collect();
    // Each has spoken once, so that what it keeps is what it keeps for good.
    for client in &mut idle {
        client.send(&["PING"]).unwrap();
    }
    for client in &mut idle {
        assert_eq!(client.read(), Ok(Reply::Simple(b"PONG".to_vec())));
    }
    let connected = control.info_number("clients", "connected_clients");
    assert!(connected > count as u64, "{connected}");
    if control.info_number("server", "process_id") == u64::from(server.process_id())
        && control
            .words("INFO server")
            .to_string()
            .contains("ruddle_version")
    {
        let used = control
            .info_number("memory", "used_memory")
            .saturating_sub(before);
        let each = used / count as u64;
        eprintln!("{each} bytes per idle connection");
        assert!(each < BYTES_EACH_MAX, "{each} bytes per idle connection");
    }
    drop(idle);
    wait_until("the idle ones are gone", || {
        (control.info_number("clients", "connected_clients") == 1).then_some(())
    });
}

#[test]
fn one_client_too_many() {
    let Some(start) = subject() else { return };
    let server = start.args(["--maxclients", "2"]).start();
    // The harness's own first connection may not be forgotten yet.
    wait_until("two connections that work", || {
        let mut two = [server.connect(), server.connect()];
        let work = |client: &mut Client| {
            client.send(&["PING"]).is_ok() && client.read() == Ok(Reply::Simple(b"PONG".to_vec()))
        };
        if !two.iter_mut().all(work) {
            return None;
        }
        let mut third = server.connect();
        let text = b"ERR max number of clients reached".to_vec();
        assert_eq!(third.read(), Ok(Reply::Error(text)));
        assert!(third.closes());
        Some(())
    });
    let mut client = wait_until("a place is free", || {
        let mut client = server.connect();
        let works = client.send(&["PING"]).is_ok() && client.read().is_ok_and(|r| !r.is_error());
        works.then_some(client)
    });
    assert!(client.info_number("stats", "rejected_connections") >= 1);
}

#[test]
fn idle_clients_time_out() {
    let Some(start) = subject() else { return };
    let server = start.args(["--timeout", "1"]).start();
    assert!(server.connect().closes());
}

#[test]
fn strangers_need_a_password_or_a_bind() {
    // No packet is sent: the address we would come from is all that is asked.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Some(own) = own.ok().filter(|address| !address.ip().is_loopback()) else {
        eprintln!("this machine has the loopback address only: not tested");
        return;
    };
    let Some(start) = subject() else { return };
    let server = start.tcp().args(["--bind", "0.0.0.0"]).start();
    let mut stranger = Client::connect(&Address::Tcp(SocketAddr::new(own.ip(), server.port())));
    let reply = stranger.read().unwrap().to_string();
    assert!(reply.starts_with("-DENIED "), "{reply}");
    assert!(stranger.closes());
    // From this machine's own address all is well; with a password, from everywhere.
    assert_eq!(
        Client::connect(&server.tcp()).words("PING").to_string(),
        "+PONG"
    );
    let server = subject()
        .expect("as above")
        .tcp()
        .args(["--bind", "0.0.0.0", "--requirepass", "secret"])
        .start();
    let mut stranger = Client::connect(&Address::Tcp(SocketAddr::new(own.ip(), server.port())));
    assert_eq!(stranger.words("AUTH secret").to_string(), "+OK");
}

#[test]
fn a_query_buffer_has_a_limit() {
    let Some(start) = subject() else { return };
    let server = start.args(["--client-query-buffer-limit", "1mb"]).start();
    let mut client = server.connect();
    let mut request = b"*2\r\n$4\r\nECHO\r\n$3000000\r\n".to_vec();
    request.extend(vec![b'x'; 2_900_000]);
    // The server may close before all is sent.
    let _ = client.send_raw(&request);
    assert_eq!(client.read(), Err(NoReply::Closed));
    assert_eq!(server.connect().words("PING").to_string(), "+PONG");
}

#[test]
fn what_is_left_unread_has_a_limit() {
    let Some(start) = subject() else { return };
    let limit = ["--client-output-buffer-limit", "normal", "2mb", "0", "0"];
    let server = start.args(limit).start();
    let mut client = server.connect();
    assert_eq!(
        client.call(&["SET", "k", &"x".repeat(100_000)]).to_string(),
        "+OK"
    );
    let _ = client.send_raw(&encode(&["GET", "k"]).repeat(300));
    wait_until("it is closed", || {
        let log = server.log();
        (log.contains("overcoming of output buffer limits")
            || log.contains("exceeding output buffer limits"))
        .then_some(())
    });
    let whole = (0..300).take_while(|_| client.read().is_ok()).count();
    assert!(whole < 300, "all replies came");
    // A reply longer than the limit to somebody who reads is no crime, as long as it is read; and
    // the server goes on.
    assert_eq!(server.connect().words("PING").to_string(), "+PONG");
}

#[test]
fn the_upkeep_comes_more_often_with_many_clients() {
    let Some(start) = subject() else { return };
    let server = start.args(["--hz", "1"]).start();
    let mut control = server.connect();
    assert_eq!(control.info_number("server", "hz"), 1);
    let clients: Vec<Client> = (0..450).map(|_| server.connect()).collect();
    wait_until("ticks to come more often", || {
        (control.info_number("server", "hz") > 1).then_some(())
    });
    assert_eq!(control.info_number("server", "configured_hz"), 1);
    assert!(!control.words("CONFIG SET dynamic-hz no").is_error());
    wait_until("ticks to come as configured", || {
        (control.info_number("server", "hz") == 1).then_some(())
    });
    drop(clients);
    for (parameter, value) in [("hz", "100"), ("active-expire-effort", "10")] {
        assert!(
            !control
                .words(&format!("CONFIG SET {parameter} {value}"))
                .is_error()
        );
    }
    wait_until("ticks to come as configured anew", || {
        (control.info_number("server", "hz") == 100).then_some(())
    });
}
