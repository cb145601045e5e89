//! Where a server listens: addresses that must be there and those that may be missing, IPv6, a
//! Unix socket and its rights, nowhere.

use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use super::subject;
use crate::harness::client::{Address, Client};

#[test]
fn an_address_with_a_minus_may_be_missing() {
    let Some(start) = subject() else { return };
    // 192.0.2.1 is for documentation: no machine has it.
    let server = start
        .tcp()
        .args(["--bind", "127.0.0.1", "-192.0.2.1"])
        .start();
    assert_eq!(
        Client::connect(&server.tcp()).words("PING").to_string(),
        "+PONG"
    );
    let start = subject().expect("as above");
    let (status, log) = start
        .tcp()
        .args(["--bind", "127.0.0.1", "192.0.2.1"])
        .refused();
    assert!(!status.success() && log.contains("192.0.2.1"), "{log}");
}

#[test]
fn ipv6() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        eprintln!("this machine has no IPv6: not tested");
        return;
    }
    let Some(start) = subject() else { return };
    let server = start.tcp().args(["--bind", "127.0.0.1", "::1"]).start();
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, server.port()));
    let mut client = Client::connect(&Address::Tcp(address));
    assert_eq!(client.words("PING").to_string(), "+PONG");
    let list = client.words("CLIENT LIST").to_string();
    assert!(list.contains("addr=[::1]:"), "{list}");
    assert_eq!(
        Client::connect(&server.tcp()).words("PING").to_string(),
        "+PONG"
    );
}

#[test]
fn a_unix_socket_has_the_rights_it_was_given() {
    let Some(start) = subject() else { return };
    let server = start.args(["--unixsocketperm", "750"]).start();
    let mode = std::fs::metadata(server.dir().join("s"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o750);
}

#[test]
fn nowhere_is_refused() {
    let Some(start) = subject() else { return };
    let (status, log) = start.bare().args(["--port", "0"]).refused();
    assert!(!status.success());
    assert!(
        log.contains("Configured to not listen anywhere, exiting."),
        "{log}"
    );
}

#[test]
fn a_busy_port_is_named() {
    let Some(start) = subject() else { return };
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let (status, log) = start
        .bare()
        .args(["--port", &port, "--bind", "127.0.0.1"])
        .refused();
    assert!(!status.success());
    assert!(
        log.contains(&port) && log.contains("ddress already in use"),
        "{log}"
    );
}
