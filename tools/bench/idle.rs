//! Resident memory per idle connection.
//!
//! Every connection sends one PING, so that it has been through the server's buffers once, and
//! then keeps still while the server comes to rest. Memory the kernel keeps for a socket is not in
//! the figure: it is the same for all servers.

use std::thread::sleep;

use crate::client::Client;
use crate::failure::Result;
use crate::options::Options;
use crate::report::{Cell, Section};

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let mut rows = Vec::new();
    let mut ours = None;
    for recipe in &options.servers {
        let server = recipe.start(options)?;
        let before = server.rss_bytes()?;
        let mut clients = Vec::with_capacity(options.idle_connections);
        for _ in 0..options.idle_connections {
            let mut client: Client = server.client()?;
            client.ask(&[b"PING"])?;
            clients.push(client);
        }
        sleep(options.settle);
        let grown = (server.rss_bytes()? - before) / clients.len() as f64;
        let ratio = ours.map(|ours: f64| ours / grown);
        ours = ours.or(Some(grown));
        rows.push(vec![
            ("server", Cell::Text(server.name.clone())),
            ("connections", Cell::count(clients.len() as u64)),
            ("rss_per_connection", Cell::Number(grown, 0)),
            ("rss_ratio", Cell::maybe(ratio, 2)),
        ]);
    }
    Ok(Section {
        scenario: "idle",
        what: "bytes of resident memory per connection that has sent one PING and is idle".into(),
        rows,
    })
}
