//! INFO hotkeys, bigkeys and prefixes: which keys cost, and what.
//!
//! The sections are this server's own. The name of a key stands last in its line, in quotes and with
//! escapes, so that whatever it holds the line can be taken apart.

use crate::ds::words::quote_into;
use crate::observe::hot_keys::{KEY_BYTES_MAX, Name};
use crate::observe::info::{Report, ratio};
use crate::server::Server;

pub(super) fn about_hot_keys(server: &Server, report: &mut Report) {
    let hot = &server.costs.hot_keys;
    report.line("hotkeys_sampled_one_in", hot.gap());
    for (index, key) in hot.top(server.now.mono).iter().enumerate() {
        let share = key.share * 100.0;
        report.line(
            &format!("hotkey_{index}"),
            format_args!(
                "db={},per_sec={:.1},share={share:.2}%,key={}",
                key.name.db,
                key.per_second,
                quoted(&key.name.key)
            ),
        );
    }
}

pub(super) fn about_big_keys(server: &Server, report: &mut Report) {
    walk_figures(server, report, "bigkeys");
    let mut index = 0;
    for big in server.costs.census.big_keys() {
        let Name { db, key } = &big.name;
        // Of a long key only the beginning is known: it cannot be looked up.
        let mut bytes = big.bytes;
        let mut kind = "unknown";
        if key.len() < KEY_BYTES_MAX {
            let Some(entry) = server.keyspace.glance(*db, key, server.now.ms()) else {
                continue;
            };
            bytes = entry.memory_estimate();
            kind = entry.value().kind().name();
        }
        report.line(
            &format!("bigkey_{index}"),
            format_args!("db={db},bytes={bytes},type={kind},key={}", quoted(key)),
        );
        index += 1;
    }
}

pub(super) fn about_prefixes(server: &Server, report: &mut Report) {
    let census = &server.costs.census;
    let findings = census.findings();
    let found = server.keyspace.prefixes();
    let found = found.map_or(&[][..], |prefixes| prefixes.list());
    report.line("prefixes_tracked", found.len());
    walk_figures(server, report, "prefixes");
    let since = server.now.mono.since(server.costs.prefixes_since);
    report.line("prefixes_hits_counted_sec", since / 1_000_000_000);
    for (index, (prefix, counted)) in found.iter().zip(&findings.prefixes).enumerate() {
        let (keys, bytes) = (counted.keys, counted.bytes);
        let (hits, misses) = (prefix.hits, prefix.misses);
        report.line(
            &format!("prefix_{index}"),
            format_args!(
                "keys={keys},bytes={bytes},hits={hits},misses={misses},prefix={}",
                quoted(&prefix.prefix)
            ),
        );
    }
}

/// How far the walk over the keys is that the other figures come from.
fn walk_figures(server: &Server, report: &mut Report, section: &str) {
    let census = &server.costs.census;
    let findings = census.findings();
    let now = server.now.mono;
    report.line(&format!("{section}_complete"), u8::from(census.is_whole()));
    let (age, took) = match census.is_whole() {
        true => (
            now.since(findings.ended),
            findings.ended.since(findings.began),
        ),
        false => (0, now.since(findings.began)),
    };
    report.line(&format!("{section}_age_ms"), age / 1_000_000);
    report.line(&format!("{section}_walk_ms"), took / 1_000_000);
    let keys: usize = (0..crate::admin::database_count(server))
        .map(|index| server.keyspace.table_stats(index).keys)
        .sum();
    let percent = match census.is_whole() {
        true => 100.0,
        false => ratio(findings.keys as f64 * 100.0, keys as f64).min(100.0),
    };
    report.line(
        &format!("{section}_walked_perc"),
        format_args!("{percent:.2}"),
    );
}

/// `key` in quotes.
fn quoted(key: &[u8]) -> String {
    let mut text = Vec::new();
    quote_into(key, &mut text);
    // It is ASCII.
    String::from_utf8_lossy(&text).into_owned()
}
