//! Several connections to each of two servers, and plans of which sends what.

use std::fmt;

use super::pair::Command;
use crate::harness::client::{Address, Client};
use crate::harness::reply::Reply;
use crate::harness::server::Server;
use crate::harness::target::Target;

/// A connection sends a command.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub(super) connection: usize,
    pub(super) command: Command,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}> {}", self.connection, self.command)
    }
}

/// One server and everybody connected to it.
pub(super) struct Stage {
    address: Address,
    _server: Option<Server>,
    pub(super) connections: Vec<Connection>,
}

pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) id: String,
}

impl Stage {
    fn start(target: &Target) -> Stage {
        let (address, server) = running(target);
        Stage {
            address,
            _server: server,
            connections: Vec::new(),
        }
    }

    /// So many new connections, and nothing stored.
    pub(super) fn begin(&mut self, connections: usize) {
        self.connections.clear();
        self.connections = (0..connections).map(|_| self.connect()).collect();
        let flushed = self.connections[0].client.words("FLUSHALL");
        assert_eq!(flushed.to_string(), "+OK");
    }

    pub(super) fn connect(&self) -> Connection {
        let mut client = Client::connect(&self.address);
        let Reply::Int(id) = client.words("CLIENT ID") else {
            panic!("CLIENT ID");
        };
        let id = id.to_string();
        Connection { client, id }
    }
}

/// Where a target listens, which is started if it does not run.
pub(super) fn running(target: &Target) -> (Address, Option<Server>) {
    let server = target.start().map(|start| start.start());
    let address = match (target, &server) {
        (Target::Running(address), _) => address.clone(),
        (_, Some(server)) => server.unix(),
        (_, None) => unreachable!("what does not run is started"),
    };
    (address, server)
}

/// The oracle and ours.
pub(super) fn start(oracle: &Target, subject: &Target) -> [Stage; 2] {
    [oracle, subject].map(Stage::start)
}

/// The plan without the acts it does not need to show a difference; `run` plays it, and tells what
/// differs.
pub(super) fn shrink(
    stages: &mut [Stage; 2],
    mut plan: Vec<Act>,
    mut told: String,
    run: impl Fn(&mut [Stage; 2], &[Act]) -> Result<(), String>,
) -> String {
    let mut at = plan.len();
    while at > 0 {
        at -= 1;
        let mut without = plan.clone();
        without.remove(at);
        if let Err(shorter) = run(stages, &without) {
            (plan, told) = (without, shorter);
            at = at.min(plan.len());
        }
    }
    told
}
