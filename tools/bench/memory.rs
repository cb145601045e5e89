//! Resident memory per key, for values short and longer, with and without a deadline.
//!
//! Each shape gets a fresh server. What is counted is how much its resident set grew while the
//! keys were loaded over one connection, after that connection is gone and the server has come to
//! rest; so the table, the allocator's slack and the rest are all in it.

use std::thread::sleep;

use crate::failure::Result;
use crate::options::Options;
use crate::report::{Cell, Row, Section};
use crate::server::Recipe;
use crate::throughput::fill;
use crate::wire::{KEY_BYTES, Word};

/// Far enough that nothing expires, in seconds; no round number, which an encoding could favour.
const TTL_SECONDS: &[u8] = b"98765";
const SHAPES: [(usize, bool); 4] = [(16, false), (16, true), (100, false), (100, true)];

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let mut rows = Vec::new();
    for (value_bytes, ttl) in SHAPES {
        let mut ours = None;
        for recipe in &options.servers {
            let (name, grown, used) = grown(options, recipe, value_bytes, ttl)?;
            let ratio = ours.map(|ours: f64| ours / grown);
            ours = ours.or(Some(grown));
            rows.push(row(value_bytes, ttl, name, grown, used, ratio));
        }
    }
    Ok(Section {
        scenario: "memory",
        what: format!(
            "bytes per key, {} keys of {KEY_BYTES} bytes in a fresh server; growth of the \
             resident set, and of the server's own used_memory",
            options.keys
        ),
        rows,
    })
}

/// The server's name; its growth per key in resident and in used memory.
fn grown(
    options: &Options,
    recipe: &Recipe,
    value_bytes: usize,
    ttl: bool,
) -> Result<(String, f64, Option<f64>)> {
    let value = vec![b'x'; value_bytes];
    let mut words = vec![Word::Fixed(b"SET"), Word::Key(b"key:"), Word::Fixed(&value)];
    if ttl {
        words.extend([Word::Fixed(b"EX"), Word::Fixed(TTL_SECONDS)]);
    }
    let (name, rss, used) = grown_by(options, recipe, &words, options.keys)?;
    let per_key = |bytes: f64| bytes / options.keys as f64;
    Ok((name, per_key(rss), used.map(per_key)))
}

/// The server's name; by how much its resident and its used memory grow while a fresh server is
/// sent so many requests.
pub(crate) fn grown_by(
    options: &Options,
    recipe: &Recipe,
    request: &[Word],
    count: u64,
) -> Result<(String, f64, Option<f64>)> {
    let server = recipe.start(options)?;
    let mut client = server.client()?;
    let mut used = || -> Result<Option<f64>> {
        Ok(client
            .info("used_memory")?
            .and_then(|bytes| bytes.parse().ok()))
    };
    let (used_before, rss_before) = (used()?, server.rss_bytes()?);
    fill(&server, request, count)?;
    sleep(options.settle);
    let rss = server.rss_bytes()? - rss_before;
    let used = used()?
        .zip(used_before)
        .map(|(after, before)| after - before);
    Ok((server.name.clone(), rss, used))
}

fn row(
    value_bytes: usize,
    ttl: bool,
    name: String,
    grown: f64,
    used: Option<f64>,
    ratio: Option<f64>,
) -> Row {
    vec![
        ("value_bytes", Cell::count(value_bytes as u64)),
        ("ttl", Cell::Text(if ttl { "yes" } else { "no" }.to_owned())),
        ("server", Cell::Text(name)),
        ("rss_per_key", Cell::Number(grown, 1)),
        ("used_per_key", Cell::maybe(used, 1)),
        ("rss_ratio", Cell::maybe(ratio, 2)),
    ]
}
