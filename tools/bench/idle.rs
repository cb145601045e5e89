//! What idle connections cost: resident memory each, and CPU time of those that are busy.
//!
//! Every connection sends one PING, so that it has been through the server's buffers once, and
//! then keeps still while the server comes to rest. Memory the kernel keeps for a socket is not in
//! the figure: it is the same for all servers.
//!
//! Each server runs twice, and only one of the two has the idle connections; rounds of GET, one
//! request in flight on each busy connection, go around both.

use std::thread::sleep;

use crate::client::Client;
use crate::failure::Result;
use crate::generator::Measured;
use crate::options::Options;
use crate::report::{Cell, Section};
use crate::stats::median;
use crate::throughput::{self, Kind};

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let mut rows = Vec::new();
    let mut ours = None;
    for recipe in &options.servers {
        let servers = [recipe.start(options)?, recipe.start(options)?];
        let [_, server] = &servers;
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
        for server in &servers {
            throughput::load(options, server)?;
        }
        let rounds = throughput::rounds(options, &servers, Kind::Get, 1)?;
        let all = |of: usize, figure: fn(&Measured) -> f64| -> Vec<f64> {
            rounds[of].iter().map(figure).collect()
        };
        let beside = |figure: fn(&Measured) -> f64| {
            let pairs = all(1, figure).into_iter().zip(all(0, figure));
            let ratios: Vec<f64> = pairs.map(|(beside, alone)| beside / alone).collect();
            Cell::Number(median(&ratios), 3)
        };
        rows.push(vec![
            ("server", Cell::Text(server.name.clone())),
            ("connections", Cell::count(clients.len() as u64)),
            ("rss_per_connection", Cell::Number(grown, 0)),
            ("rss_ratio", Cell::maybe(ratio, 2)),
            (
                "cpu_us",
                Cell::Number(median(&all(0, Measured::cpu_us_per_op)), 3),
            ),
            ("cpu_beside", beside(Measured::cpu_us_per_op)),
            ("ops_beside", beside(Measured::per_second)),
        ]);
    }
    Ok(Section {
        scenario: "idle",
        what: format!(
            "bytes of resident memory per connection that has sent one PING and is idle; GET on {} \
             others, pipeline 1: cpu_us without the idle ones, cpu_beside and ops_beside what it \
             is beside them, relative to that; medians of {} rounds",
            options.connections, options.rounds
        ),
        rows,
    })
}
