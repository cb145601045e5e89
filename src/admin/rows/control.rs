//! What DEBUG and SHUTDOWN are.

use crate::admin::{AdminHandler, debug, lifecycle};
use crate::command::spec::{Arg, Flags, Row, Run, Spec};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "debug",
            arity: -2,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::LOADING)
                .union(Flags::STALE),
            group: "server",
            since: "1.0.0",
            summary: "Subcommands for tests and for looking inside.",
            complexity: "Depends on subcommand.",
            system: true,
            ..Spec::DEFAULT
        },
        run: Run::Handler(debug::debug),
    },
    Row {
        spec: Spec {
            name: "shutdown",
            arity: -1,
            flags: Flags::ADMIN
                .union(Flags::NOSCRIPT)
                .union(Flags::LOADING)
                .union(Flags::STALE)
                .union(Flags::NO_MULTI)
                .union(Flags::ALLOW_BUSY),
            group: "server",
            since: "1.0.0",
            summary: "Stops the server, or calls a stop off that has been asked for.",
            complexity: "O(N) with N keys when it saves, O(1) otherwise",
            history: &[("7.0.0", "NOW, FORCE and ABORT.")],
            args: &[
                Arg::one_of(
                    "save-selector",
                    &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")],
                )
                .optional(),
                Arg::word("now", "NOW").optional().since("7.0.0"),
                Arg::word("force", "FORCE").optional().since("7.0.0"),
                Arg::word("safe", "SAFE").optional().since("9.0.0"),
                Arg::word("failover", "FAILOVER").optional().since("9.0.0"),
                Arg::word("abort", "ABORT").optional().since("7.0.0"),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(lifecycle::shutdown),
    },
];
