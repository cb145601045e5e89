//! Parameters of the cluster, which this server is no part of.

use super::super::value::{Kind, Reason, Value, Words};
use super::{INT_MAX, PORT_MAX, Param};

const NO_CLUSTER: &str = "the server is not part of a cluster";

const ENDPOINT: Words = &[("ip", 0), ("hostname", 1), ("unknown-endpoint", 2)];
const SAVE_BEHAVIOR: Words = &[("sync", 0), ("best-effort", 1)];

const fn flag(name: &'static str, default: &'static str, meaning: &'static str) -> Param {
    Param::flag(name, default, meaning).no_effect(NO_CLUSTER)
}

const fn int(
    name: &'static str,
    bounds: (i64, i64),
    default: &'static str,
    meaning: &'static str,
) -> Param {
    Param::int(name, bounds, default, meaning).no_effect(NO_CLUSTER)
}

const fn text(name: &'static str, meaning: &'static str) -> Param {
    Param::optional(name, meaning).no_effect(NO_CLUSTER)
}

pub(super) const PARAMS: &[Param] = &[
    flag("cluster-enabled", "no", "Be a node of a cluster.")
        .restart()
        .checked(not_enabled),
    Param::text(
        "cluster-config-file",
        "nodes.conf",
        "The file in which a node keeps its state.",
    )
    .restart()
    .no_effect(NO_CLUSTER),
    int(
        "cluster-port",
        (0, PORT_MAX),
        "0",
        "The port of the cluster's bus.",
    )
    .restart(),
    int(
        "cluster-databases",
        (1, INT_MAX),
        "1",
        "Databases in a cluster.",
    )
    .restart(),
    int(
        "cluster-node-timeout",
        (0, i64::MAX),
        "15000",
        "Milliseconds before a node is missed.",
    ),
    int(
        "cluster-ping-interval",
        (0, i64::MAX),
        "0",
        "Milliseconds between pings; 0: as the server thinks best.",
    )
    .hidden(),
    int(
        "cluster-message-gossip-perc",
        (1, 100),
        "10",
        "How many nodes a message tells of.",
    )
    .hidden(),
    int(
        "cluster-migration-barrier",
        (0, INT_MAX),
        "1",
        "Replicas a primary keeps.",
    ),
    flag(
        "cluster-allow-replica-migration",
        "yes",
        "Let replicas move to other primaries.",
    ),
    int(
        "cluster-replica-validity-factor",
        (0, INT_MAX),
        "10",
        "How stale may take over.",
    )
    .alias(&["cluster-slave-validity-factor"]),
    flag("cluster-replica-no-failover", "no", "Never take over.")
        .alias(&["cluster-slave-no-failover"]),
    int(
        "cluster-manual-failover-timeout",
        (1, INT_MAX),
        "5000",
        "Milliseconds for a failover.",
    ),
    flag(
        "cluster-require-full-coverage",
        "yes",
        "Stop when slots are not served.",
    ),
    flag("cluster-allow-reads-when-down", "no", "Read even then."),
    flag(
        "cluster-allow-pubsubshard-when-down",
        "yes",
        "Publish to shards even then.",
    ),
    Param::bytes(
        "cluster-link-sendbuf-limit",
        (0, u64::MAX),
        "0",
        "The most for one link.",
    )
    .no_effect(NO_CLUSTER),
    text("cluster-announce-ip", "The address to tell other nodes."),
    int(
        "cluster-announce-port",
        (0, PORT_MAX),
        "0",
        "The port to tell other nodes.",
    ),
    int(
        "cluster-announce-tls-port",
        (0, PORT_MAX),
        "0",
        "The TLS port to tell other nodes.",
    ),
    int(
        "cluster-announce-bus-port",
        (0, PORT_MAX),
        "0",
        "The bus port to tell other nodes.",
    ),
    text(
        "cluster-announce-hostname",
        "The host name to tell clients.",
    )
    .checked(host_name),
    text("cluster-announce-human-nodename", "A name for people.").checked(node_name),
    text(
        "cluster-announce-client-ipv4",
        "The IPv4 address to tell clients.",
    )
    .checked(ipv4),
    text(
        "cluster-announce-client-ipv6",
        "The IPv6 address to tell clients.",
    )
    .checked(ipv6),
    int(
        "cluster-announce-client-port",
        (0, PORT_MAX),
        "0",
        "The port to tell clients.",
    ),
    int(
        "cluster-announce-client-tls-port",
        (0, PORT_MAX),
        "0",
        "The TLS port to tell clients.",
    ),
    Param::choice(
        "cluster-preferred-endpoint-type",
        ENDPOINT,
        "ip",
        "What to tell clients.",
    )
    .no_effect(NO_CLUSTER),
    int(
        "cluster-blacklist-ttl",
        (i64::MIN, i64::MAX),
        "60",
        "Seconds to shun a forgotten node.",
    ),
    Param::choice(
        "cluster-config-save-behavior",
        SAVE_BEHAVIOR,
        "sync",
        "How state is saved.",
    )
    .no_effect(NO_CLUSTER),
    flag("cluster-slot-stats-enabled", "no", "Measure slots."),
    int(
        "cluster-slot-migration-log-max-len",
        (0, i64::MAX),
        "1000",
        "Migrations remembered.",
    ),
    Param::new(
        "slot-migration-max-failover-repl-bytes",
        Kind::BytesOrMinusOne,
        "0",
        "What may be missing when slots change hands.",
    )
    .no_effect(NO_CLUSTER),
];

fn not_enabled(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Flag(true) => Err("this server cannot be part of a cluster".into()),
        _ => Ok(()),
    }
}

fn text_of(value: &Value) -> &[u8] {
    match value {
        Value::Text(text) => text,
        _ => b"",
    }
}

const HOST_NAME_MAX: usize = 256;

fn host_name(value: &Value) -> Result<(), Reason> {
    let name = text_of(value);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if name.len() >= HOST_NAME_MAX {
        return Err("Hostnames must be less than 256 characters".into());
    }
    if !name.iter().all(allowed) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
    }
    Ok(())
}

fn node_name(value: &Value) -> Result<(), Reason> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if text_of(value).iter().all(allowed) {
        Ok(())
    } else {
        Err("Announced human node name contained invalid character".into())
    }
}

fn parses<T: std::str::FromStr>(value: &Value, refusal: &'static str) -> Result<(), Reason> {
    let text = text_of(value);
    let parsed = std::str::from_utf8(text).is_ok_and(|text| text.parse::<T>().is_ok());
    if text.is_empty() || parsed {
        Ok(())
    } else {
        Err(refusal.into())
    }
}

fn ipv4(value: &Value) -> Result<(), Reason> {
    parses::<std::net::Ipv4Addr>(value, "Invalid IPv4 address")
}

fn ipv6(value: &Value) -> Result<(), Reason> {
    parses::<std::net::Ipv6Addr>(value, "Invalid IPv6 address")
}
