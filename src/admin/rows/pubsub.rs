//! What the commands of channels are.

use crate::admin::{AdminHandler, pubsub};
use crate::command::spec::{Arg, Channels, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// Asking who listens is allowed always.
const ASKS: Flags = Flags::PUBSUB.union(Flags::LOADING).union(Flags::STALE);

/// Who listens may go on to listen to more or to less.
const LISTENS: Flags = ASKS.union(Flags::NOSCRIPT).union(Flags::WHEN_SUBSCRIBED);

/// What is published reaches the subscribers of replicas as well.
const PUBLISHES: Flags = ASKS.union(Flags::FAST).union(Flags::MAY_REPLICATE);

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "subscribe",
            arity: -2,
            flags: LISTENS,
            group: "pubsub",
            since: "2.0.0",
            summary: "Listens to channels.",
            complexity: "O(N) with N channels",
            args: &[Arg::string("channel").multiple()],
            channels: Channels::Subscribes,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::subscribe),
    },
    Row {
        spec: Spec {
            name: "unsubscribe",
            arity: -1,
            flags: LISTENS,
            group: "pubsub",
            since: "2.0.0",
            summary: "Ends listening to channels, or to all of them.",
            complexity: "O(N) with N channels",
            args: &[Arg::string("channel").optional().multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::unsubscribe),
    },
    Row {
        spec: Spec {
            name: "psubscribe",
            arity: -2,
            flags: LISTENS,
            group: "pubsub",
            since: "2.0.0",
            summary: "Listens to all channels whose names match a pattern.",
            complexity: "O(N) with N patterns",
            args: &[Arg::pattern("pattern").multiple()],
            channels: Channels::SubscribesPatterns,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::psubscribe),
    },
    Row {
        spec: Spec {
            name: "punsubscribe",
            arity: -1,
            flags: LISTENS,
            group: "pubsub",
            since: "2.0.0",
            summary: "Ends listening to patterns, or to all of them.",
            complexity: "O(N) with N patterns",
            args: &[Arg::pattern("pattern").optional().multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::punsubscribe),
    },
    Row {
        spec: Spec {
            name: "ssubscribe",
            arity: -2,
            flags: LISTENS,
            keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
            group: "pubsub",
            since: "7.0.0",
            summary: "Listens to shard channels.",
            complexity: "O(N) with N shard channels",
            args: &[Arg::string("shardchannel").multiple()],
            channels: Channels::Subscribes,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::ssubscribe),
    },
    Row {
        spec: Spec {
            name: "sunsubscribe",
            arity: -1,
            flags: LISTENS,
            keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
            group: "pubsub",
            since: "7.0.0",
            summary: "Ends listening to shard channels, or to all of them.",
            complexity: "O(N) with N shard channels",
            args: &[Arg::string("shardchannel").optional().multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::sunsubscribe),
    },
    Row {
        spec: Spec {
            name: "publish",
            arity: 3,
            flags: PUBLISHES,
            group: "pubsub",
            since: "2.0.0",
            summary: "Sends a message to a channel.",
            complexity: "O(N+M) with N subscribers of the channel and M patterns that begin like its name",
            args: &[Arg::string("channel"), Arg::string("message")],
            channels: Channels::Publishes,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::publish),
    },
    Row {
        spec: Spec {
            name: "spublish",
            arity: 3,
            flags: PUBLISHES,
            keys: &[KeySpec::one(1, KeyFlags::NOT_KEY)],
            group: "pubsub",
            since: "7.0.0",
            summary: "Sends a message to a shard channel.",
            complexity: "O(N) with N subscribers of the shard channel",
            args: &[Arg::string("shardchannel"), Arg::string("message")],
            channels: Channels::Publishes,
            ..Spec::DEFAULT
        },
        run: Run::Handler(pubsub::spublish),
    },
    Row {
        spec: Spec {
            name: "pubsub",
            arity: -2,
            group: "pubsub",
            since: "2.8.0",
            summary: "Tells who listens to what.",
            complexity: "by subcommand",
            ..Spec::DEFAULT
        },
        run: Run::Container(&[
            Row {
                spec: Spec {
                    name: "channels",
                    arity: -2,
                    flags: ASKS,
                    group: "pubsub",
                    since: "2.8.0",
                    summary: "The channels that have subscribers.",
                    complexity: "O(N) with N such channels",
                    args: &[Arg::pattern("pattern").optional()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_channels),
            },
            Row {
                spec: Spec {
                    name: "help",
                    arity: 2,
                    flags: Flags::LOADING.union(Flags::STALE),
                    group: "pubsub",
                    since: "6.2.0",
                    summary: "How to use PUBSUB.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_help),
            },
            Row {
                spec: Spec {
                    name: "numpat",
                    arity: 2,
                    flags: ASKS,
                    group: "pubsub",
                    since: "2.8.0",
                    summary: "How many patterns have subscribers.",
                    complexity: "O(1)",
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_numpat),
            },
            Row {
                spec: Spec {
                    name: "numsub",
                    arity: -2,
                    flags: ASKS,
                    group: "pubsub",
                    since: "2.8.0",
                    summary: "How many subscribers channels have.",
                    complexity: "O(N) with N channels asked for",
                    args: &[Arg::string("channel").optional().multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_numsub),
            },
            Row {
                spec: Spec {
                    name: "shardchannels",
                    arity: -2,
                    flags: ASKS,
                    group: "pubsub",
                    since: "7.0.0",
                    summary: "The shard channels that have subscribers.",
                    complexity: "O(N) with N such shard channels",
                    args: &[Arg::pattern("pattern").optional()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_shardchannels),
            },
            Row {
                spec: Spec {
                    name: "shardnumsub",
                    arity: -2,
                    flags: ASKS,
                    group: "pubsub",
                    since: "7.0.0",
                    summary: "How many subscribers shard channels have.",
                    complexity: "O(N) with N shard channels asked for",
                    args: &[Arg::string("shardchannel").optional().multiple()],
                    ..Spec::DEFAULT
                },
                run: Run::Handler(pubsub::pubsub_shardnumsub),
            },
        ]),
    },
];
