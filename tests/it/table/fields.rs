//! The names that INFO, CLIENT LIST, MEMORY STATS and CONFIG GET give: all that redis-server 7.0 has
//! and what came later, in the order of theirs, each of the same kind. Monitoring reads them by name.

use std::collections::BTreeMap;

use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::server::{Server, Start};
use crate::harness::verdict;

/// Fields of INFO that came behind 7.0, by section: of Redis 7.2 and of Valkey 9.1. Valkey's own
/// version is not among them, nor what its engines for scripts take.
const NEWER: &[(&str, &str)] = &[
    (
        "Server",
        "listener0 server_name server_mode clients_hz availability_zone",
    ),
    (
        "Clients",
        "pubsub_clients watching_clients total_watched_keys total_blocking_keys \
         total_blocking_keys_on_nokey paused_reason paused_actions paused_timeout_milliseconds",
    ),
    (
        "Memory",
        "allocator_muzzy mem_replicas_repl_buffer mem_cluster_slot_import \
         mem_cluster_slot_export mem_overhead_db_hashtable_rehashing",
    ),
    (
        "Persistence",
        "rdb_saves aof_rewrites rdb_last_load_keys_expired rdb_last_load_keys_loaded \
         async_loading slot_migration_fork_in_progress",
    ),
    (
        "Stats",
        "total_net_repl_input_bytes total_net_repl_output_bytes \
         total_net_cluster_slot_import_bytes total_net_cluster_slot_export_bytes \
         instantaneous_input_repl_kbps instantaneous_output_repl_kbps expired_fields \
         expired_keys_with_volatile_items_stale_perc evicted_clients evicted_scripts \
         total_eviction_exceeded_time current_eviction_exceeded_time pubsubshard_channels \
         tracking_total_prefixes io_threaded_freed_objects io_threaded_accept_processed \
         io_threaded_poll_processed io_threaded_total_prefetch_batches \
         io_threaded_total_prefetch_entries client_query_buffer_limit_disconnections \
         client_output_buffer_limit_disconnections reply_buffer_shrinks reply_buffer_expands \
         eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum \
         instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec \
         acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key \
         acl_access_denied_channel acl_access_denied_tls_cert acl_access_denied_db",
    ),
    ("Replication", "replicas_waiting_psync"),
    (
        "CPU",
        "used_cpu_sys_main_thread used_cpu_user_main_thread used_active_time_main_thread",
    ),
    (
        "TLS",
        "tls_server_cert_serial tls_server_cert_expires_in_seconds tls_client_cert_serial \
         tls_client_cert_expires_in_seconds tls_ca_cert_serial tls_ca_cert_expires_in_seconds",
    ),
];

/// A server with something in every section: data, a deadline, a log, an error, failed calls.
fn lived(start: Start) -> Server {
    let args = ["--appendonly", "yes", "--maxmemory", "1gb"];
    let server = start.args(args).start();
    let mut client = server.connect();
    for line in ["SET k v", "SET d v EX 100", "RPUSH l a", "GET l", "NOSUCH"] {
        client.words(line);
    }
    server
}

/// INFO's fields by section, in order.
fn info(client: &mut Client) -> Vec<(String, Vec<(String, String)>)> {
    let reply = client.words("INFO everything");
    let text = String::from_utf8_lossy(reply.text().expect("a text")).into_owned();
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            sections.push((name.into(), Vec::new()));
        } else if let (Some((field, value)), Some(section)) =
            (line.split_once(':'), sections.last_mut())
        {
            section.1.push((field.into(), value.into()));
        }
    }
    sections
}

/// What kind of value a field has: dashboards parse it so.
fn kind(value: &str) -> &'static str {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    match value {
        "" => "nothing",
        _ if value.parse::<i64>().is_ok() => "integer",
        _ if is_number(value) => "fraction",
        _ if value.ends_with('%') => "percentage",
        _ if value.ends_with(['B', 'K', 'M', 'G']) && is_number(&value[..value.len() - 1]) => {
            "bytes for people"
        }
        _ if value.contains('=') => "pairs",
        _ => "text",
    }
}

#[test]
fn info_has_every_field() {
    let (ours, theirs) = (lived(Start::ruddle()), lived(Start::redis()));
    let ours = info(&mut ours.connect());
    let theirs = info(&mut theirs.connect());
    let mut problems = Vec::new();
    let sections: BTreeMap<&str, &Vec<(String, String)>> = ours
        .iter()
        .map(|(name, fields)| (&**name, fields))
        .collect();
    let mut place = 0;
    for (name, fields) in &theirs {
        match ours.iter().position(|(ours, _)| ours == name) {
            Some(at) if at >= place => place = at,
            Some(_) => problems.push(format!("{name}: the section's place")),
            None => problems.push(format!("{name}: no such section")),
        }
        let own = sections.get(&**name).copied().cloned().unwrap_or_default();
        let mut place = 0;
        for (field, value) in fields {
            // Of what was called and how long it took; and digits that are no number.
            if ["Commandstats", "Errorstats", "Latencystats"].contains(&&**name)
                || field == "redis_build_id"
            {
                continue;
            }
            match own.iter().position(|(ours, _)| ours == field) {
                None => problems.push(format!("{name}: no field {field} ({value})")),
                Some(at) if at < place => problems.push(format!("{name}: the place of {field}")),
                Some(at) => {
                    place = at;
                    let (ours, theirs) = (kind(&own[at].1), kind(value));
                    let is_number = |kind| ["integer", "fraction"].contains(&kind);
                    if ours != theirs && !(is_number(ours) && is_number(theirs)) {
                        let found = &own[at].1;
                        problems.push(format!("{name}: {field}:{found} is {ours}, not {theirs}"));
                    }
                }
            }
        }
    }
    for (name, fields) in NEWER {
        let own = sections.get(name).copied().cloned().unwrap_or_default();
        for field in fields.split_whitespace() {
            if !own.iter().any(|(ours, _)| ours == field) {
                problems.push(format!("{name}: no field {field}"));
            }
        }
    }
    verdict(&problems);
}

/// The names in a map's reply, in order.
fn names(reply: &Reply) -> Vec<String> {
    let Reply::Array(items) = reply else {
        panic!("{reply}");
    };
    let text = |item: &Reply| String::from_utf8_lossy(item.text().unwrap_or_default()).into_owned();
    items.iter().step_by(2).map(text).collect()
}

/// What of `theirs` is not in `ours`, in that order.
fn missing(what: &str, theirs: &[String], ours: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut place = 0;
    for name in theirs {
        match ours.iter().position(|ours| ours == name) {
            None => problems.push(format!("{what}: no {name}")),
            Some(at) if at < place => problems.push(format!("{what}: the place of {name}")),
            Some(at) => place = at,
        }
    }
    problems
}

#[test]
fn clients_memory_and_configuration_have_every_name() {
    let (ours, theirs) = (lived(Start::ruddle()), lived(Start::redis()));
    let (mut ours, mut theirs) = (ours.connect(), theirs.connect());
    let fields = |client: &mut Client| {
        let reply = client.words("CLIENT LIST");
        let text = String::from_utf8_lossy(reply.text().expect("a text")).into_owned();
        let words = text.trim().split(' ').map(|word| word.split('=').next());
        words.flatten().map(str::to_owned).collect::<Vec<_>>()
    };
    let listed = fields(&mut ours);
    let mut problems = missing("CLIENT LIST", &fields(&mut theirs), &listed);
    let newer = "id addr laddr fd name age idle flags capa db sub psub ssub multi watch qbuf qbuf-free \
         argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver \
         tot-net-in tot-net-out tot-cmds";
    let newer: Vec<String> = newer.split_whitespace().map(str::to_owned).collect();
    problems.extend(missing("CLIENT LIST", &newer, &listed));

    let stats = |client: &mut Client| names(&client.words("MEMORY STATS"));
    let mut wanted = stats(&mut theirs);
    // Of a cluster's slots, dropped in 7.2.
    wanted.retain(|name| name != "overhead.hashtable.slot-to-keys");
    let own = stats(&mut ours);
    problems.extend(missing("MEMORY STATS", &wanted, &own));
    let newer = "replicas.repl.buffer cluster.slot_import cluster.slot_export \
         overhead.db.hashtable.lut overhead.db.hashtable.rehashing db.dict.rehashing.count \
         allocator.muzzy";
    let newer: Vec<String> = newer.split_whitespace().map(str::to_owned).collect();
    let newer: Vec<_> = newer
        .into_iter()
        .filter(|name| !own.contains(name))
        .collect();
    problems.extend(missing("MEMORY STATS", &newer, &own));

    let parameters = |client: &mut Client| {
        let mut names = names(&client.words("CONFIG GET *"));
        names.sort_unstable();
        names
    };
    problems.extend(missing(
        "CONFIG GET *",
        &parameters(&mut theirs),
        &parameters(&mut ours),
    ));
    verdict(&problems);
}
