//! Which server a test asks: ours, or another one that `RUDDLE_TEST_SERVER` names.

use std::env;
use std::net::ToSocketAddrs;

use super::client::{Address, Client};
use super::server::{REDIS, Start};

/// A server to be asked.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Ruddle,
    /// Started by us: a program and its first arguments.
    Command(String),
    /// Started by somebody else.
    Running(Address),
}

impl Target {
    /// `RUDDLE_TEST_SERVER`: `host:port` of a running server, or a program to start instead of
    /// ours.
    pub(crate) fn chosen() -> Target {
        let Ok(value) = env::var("RUDDLE_TEST_SERVER") else {
            return Target::Ruddle;
        };
        let address = value.to_socket_addrs().ok().and_then(|mut all| all.next());
        match address {
            Some(address) => Target::Running(Address::Tcp(address)),
            None => Target::Command(value),
        }
    }

    /// How to start it; none: it runs already, and tests that need a fresh one cannot ask it.
    pub(crate) fn start(&self) -> Option<Start> {
        match self {
            Target::Ruddle => Some(Start::ruddle()),
            Target::Command(line) => Some(Start::command(line)),
            Target::Running(_) => None,
        }
    }

    /// Debian's redis-server.
    pub(crate) fn redis() -> Target {
        Target::Command(REDIS.into())
    }
}

/// The name and version of a running server, as `[peers: …]` names them: `valkey-9.1.2`.
pub(crate) fn peer_of(address: &Address) -> String {
    let info = Client::connect(address).call(&["INFO", "server"]);
    let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim().to_owned())
    };
    match (
        field("ruddle_version:"),
        field("valkey_version:"),
        field("redis_version:"),
    ) {
        (Some(_), _, _) => "ruddle".into(),
        (_, Some(version), _) => format!("valkey-{version}"),
        (_, _, version) => format!("redis-{}", version.unwrap_or_default()),
    }
}
