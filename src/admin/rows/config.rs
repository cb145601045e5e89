//! What CONFIG and its subcommands are.

use crate::admin::{AdminHandler, config};
use crate::command::spec::{Arg, Flags, Row, Run, Spec};

const ADMIN: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::LOADING)
    .union(Flags::STALE);

/// What every subcommand has.
const SUB: Spec = Spec {
    group: "server",
    flags: ADMIN,
    since: "2.0.0",
    ..Spec::DEFAULT
};

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[Row {
    spec: Spec {
        name: "config",
        arity: -2,
        group: "server",
        since: "2.0.0",
        summary: "Holds the commands on the configuration.",
        complexity: "Depends on the subcommand",
        ..Spec::DEFAULT
    },
    run: Run::Container(&[
        Row {
            spec: Spec {
                name: "get",
                arity: -3,
                summary: "Shows the parameters whose names match.",
                complexity: "O(N) with N parameters asked for",
                history: &[("7.0.0", "Several patterns in one call.")],
                args: &[Arg::block("parameter", &[Arg::string("parameter")]).multiple()],
                ..SUB
            },
            run: Run::Handler(config::get),
        },
        Row {
            spec: Spec {
                name: "help",
                arity: 2,
                flags: Flags::LOADING.union(Flags::STALE),
                since: "5.0.0",
                summary: "Explains the subcommands.",
                ..SUB
            },
            run: Run::Handler(config::help),
        },
        Row {
            spec: Spec {
                name: "resetstat",
                arity: 2,
                summary: "Sets the counters that INFO shows back to zero.",
                ..SUB
            },
            run: Run::Handler(config::resetstat),
        },
        Row {
            spec: Spec {
                name: "rewrite",
                arity: 2,
                since: "2.8.0",
                summary: "Writes the present values into the configuration file.",
                ..SUB
            },
            run: Run::Handler(config::rewrite),
        },
        Row {
            spec: Spec {
                name: "set",
                arity: -4,
                summary: "Changes parameters at once: all of those given, or none.",
                complexity: "O(N) with N parameters given",
                history: &[("7.0.0", "Several parameters in one call.")],
                tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
                args: &[Arg::block(
                    "parameter_value",
                    &[Arg::string("parameter"), Arg::string("value")],
                )
                .multiple()],
                secrets: Some(config::is_secret),
                ..SUB
            },
            run: Run::Handler(config::set),
        },
    ]),
}];
