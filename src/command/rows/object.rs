//! Rows of OBJECT.

use crate::command::object;
use crate::command::spec::{Acl, Arg, DataHandler, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// The commands, by name.
pub(crate) static COMMANDS: &[Row<DataHandler>] = &[Row {
    spec: Spec {
        name: "object",
        arity: -2,
        since: "2.2.3",
        summary: "Inspects how a value is kept.",
        complexity: "That of the subcommand.",
        ..Spec::DEFAULT
    },
    run: Run::Container(&[
        Row {
            spec: Spec {
                name: "encoding",
                arity: 3,
                flags: Flags::READONLY,
                acl: Acl::KEYSPACE,
                keys: &[KeySpec::one(2, KeyFlags::RO)],
                since: "2.2.3",
                summary: "Names the internal form of a value.",
                tips: &["nondeterministic_output"],
                args: &[Arg::key("key", 0)],
                ..Spec::DEFAULT
            },
            run: Run::Handler(object::encoding),
        },
        Row {
            spec: Spec {
                name: "freq",
                arity: 3,
                flags: Flags::READONLY,
                acl: Acl::KEYSPACE,
                keys: &[KeySpec::one(2, KeyFlags::RO)],
                since: "4.0.0",
                summary: "Tells how often a key was used of late, on a logarithmic scale.",
                tips: &["nondeterministic_output"],
                args: &[Arg::key("key", 0)],
                ..Spec::DEFAULT
            },
            run: Run::Handler(object::freq),
        },
        Row {
            spec: Spec {
                name: "help",
                arity: 2,
                flags: Flags::LOADING.union(Flags::STALE),
                acl: Acl::KEYSPACE,
                since: "6.2.0",
                summary: "Lists the subcommands of OBJECT.",
                ..Spec::DEFAULT
            },
            run: Run::Handler(object::help),
        },
        Row {
            spec: Spec {
                name: "idletime",
                arity: 3,
                flags: Flags::READONLY,
                acl: Acl::KEYSPACE,
                keys: &[KeySpec::one(2, KeyFlags::RO)],
                since: "2.2.3",
                summary: "Tells how many seconds ago a key was last used.",
                tips: &["nondeterministic_output"],
                args: &[Arg::key("key", 0)],
                ..Spec::DEFAULT
            },
            run: Run::Handler(object::idletime),
        },
        Row {
            spec: Spec {
                name: "refcount",
                arity: 3,
                flags: Flags::READONLY,
                acl: Acl::KEYSPACE,
                keys: &[KeySpec::one(2, KeyFlags::RO)],
                since: "2.2.3",
                summary: "Tells how many references a value has.",
                tips: &["nondeterministic_output"],
                args: &[Arg::key("key", 0)],
                ..Spec::DEFAULT
            },
            run: Run::Handler(object::refcount),
        },
    ]),
}];
