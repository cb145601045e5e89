//! Parameters of listeners, connections and clients.

use super::super::value::Kind;
use super::{INT_MAX, PORT_MAX, Param, field};

const THREADS: &str = "one thread executes every command and serves every socket";

pub(super) const PARAMS: &[Param] = &[
    Param::new(
        "bind",
        Kind::Addresses,
        "* -::*",
        "Addresses to listen on. One that cannot be had stops the start, unless a `-` stands \
         before it; `*` and `::*` are all addresses of IPv4 and IPv6.",
    )
    .at(field!(bind)),
    Param::int("port", (0, PORT_MAX), "6379", "The TCP port; 0: no TCP.").at(field!(port)),
    Param::int(
        "metrics-port",
        (0, PORT_MAX),
        "0",
        "The TCP port of the metrics, which Prometheus reads at /metrics; 0: none.",
    )
    .at(field!(metrics_port)),
    Param::new(
        "metrics-bind",
        Kind::Addresses,
        "127.0.0.1 -::1",
        "Addresses where the metrics port listens, as with `bind`. Everybody who reaches it may read.",
    )
    .at(field!(metrics_bind)),
    Param::optional("unixsocket", "The path of a Unix socket to listen on.")
        .at(field!(unixsocket))
        .restart(),
    Param::new(
        "unixsocketperm",
        Kind::Octal { max: 0o777 },
        "0",
        "The permissions of the Unix socket, in octal; 0: as the umask leaves them.",
    )
    .at(field!(unixsocketperm))
    .restart(),
    Param::optional(
        "unixsocketgroup",
        "The group that shall own the Unix socket.",
    )
    .at(field!(unixsocketgroup))
    .restart(),
    Param::flag(
        "protected-mode",
        "yes",
        "Refuse other machines as long as the server has no password.",
    )
    .at(field!(protected_mode)),
    Param::int(
        "tcp-backlog",
        (0, INT_MAX),
        "511",
        "How many connections may wait to be accepted.",
    )
    .at(field!(tcp_backlog))
    .restart(),
    Param::int(
        "tcp-keepalive",
        (0, INT_MAX),
        "300",
        "Seconds of silence after which TCP probes whether the peer still lives; 0: never.",
    )
    .at(field!(tcp_keepalive)),
    Param::int(
        "timeout",
        (0, INT_MAX),
        "0",
        "Seconds of silence after which a client is disconnected; 0: never.",
    )
    .at(field!(timeout)),
    Param::int(
        "maxclients",
        (1, 4_294_967_295),
        "10000",
        "The most clients at one time.",
    )
    .at(field!(maxclients)),
    Param::int(
        "max-new-connections-per-cycle",
        (1, 1000),
        "10",
        "How many connections one turn of the loop accepts.",
    )
    .at(field!(max_new_connections_per_cycle)),
    Param::int(
        "max-new-tls-connections-per-cycle",
        (1, 1000),
        "1",
        "How many TLS connections one turn of the loop accepts.",
    )
    .coming("TLS"),
    Param::bytes(
        "client-query-buffer-limit",
        (1 << 20, i64::MAX as u64),
        "1gb",
        "How much unread input one client may have before it is disconnected.",
    )
    .at(field!(client_query_buffer_limit)),
    Param::new(
        "client-output-buffer-limit",
        Kind::OutputLimits,
        "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
        "How much output may wait for a client of a class before it is disconnected: at once \
         beyond the hard limit, after some seconds beyond the soft one; 0: no limit.",
    )
    .at(field!(client_output_buffer_limit)),
    Param::new(
        "maxmemory-clients",
        Kind::BytesOrPercent,
        "0",
        "How much memory the buffers of all clients may take, in bytes or as a share of \
         `maxmemory`; 0: no limit.",
    )
    .at(field!(maxmemory_clients)),
    Param::bytes(
        "proto-max-bulk-len",
        (1 << 20, i64::MAX as u64),
        "512mb",
        "The longest single argument and the longest string value.",
    )
    .at(field!(proto_max_bulk_len)),
    Param::int(
        "socket-mark-id",
        (0, 4_294_967_295),
        "0",
        "A mark for the packets of the listening sockets.",
    )
    .at(field!(socket_mark_id))
    .restart(),
    Param::optional(
        "bind-source-addr",
        "The address that outgoing connections come from.",
    )
    .coming("replication"),
    Param::flag("mptcp", "no", "Listen for Multipath TCP.")
        .restart()
        .no_effect("listeners speak plain TCP"),
    Param::optional(
        "availability-zone",
        "Where the server stands, for clients that ask.",
    )
    .at(field!(availability_zone)),
    Param::int(
        "io-threads",
        (1, 256),
        "1",
        "Threads that read and write sockets.",
    )
    .no_effect(THREADS),
    Param::flag(
        "io-threads-do-reads",
        "no",
        "Whether those threads read as well.",
    )
    .restart()
    .no_effect(THREADS),
    Param::flag(
        "io-threads-always-active",
        "no",
        "Whether those threads never rest.",
    )
    .hidden()
    .no_effect(THREADS),
    Param::int(
        "min-io-threads-avoid-copy-reply",
        (0, INT_MAX),
        "7",
        "Threads from which on replies are not copied.",
    )
    .hidden()
    .no_effect(THREADS),
    Param::int(
        "min-string-size-avoid-copy-reply",
        (0, INT_MAX),
        "16384",
        "Bytes from which on a reply is sent from where it lies.",
    )
    .hidden()
    .no_effect("large strings are always sent from where they lie"),
    Param::int(
        "min-string-size-avoid-copy-reply-threaded",
        (0, INT_MAX),
        "65536",
        "The same, with threads.",
    )
    .hidden()
    .no_effect(THREADS),
    Param::int(
        "prefetch-batch-max-size",
        (0, 128),
        "16",
        "Commands of a pipeline whose keys are fetched into the cache together.",
    )
    .no_effect("batches of a pipeline always are prefetched, at most 16 commands at a time"),
    Param::optional("rdma-bind", "Addresses to listen on for RDMA.").no_effect(RDMA),
    Param::int("rdma-port", (0, PORT_MAX), "0", "The port for RDMA.").no_effect(RDMA),
    Param::int(
        "rdma-completion-vector",
        (-1, 1024),
        "-1",
        "The completion vector of RDMA.",
    )
    .restart()
    .no_effect(RDMA),
    Param::int(
        "rdma-rx-size",
        (65_536, 16_777_216),
        "1048576",
        "The receive buffer of RDMA.",
    )
    .restart()
    .no_effect(RDMA),
];

const RDMA: &str = "RDMA is not supported";
