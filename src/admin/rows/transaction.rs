//! What MULTI, EXEC, DISCARD, WATCH and UNWATCH are.

use crate::admin::{AdminHandler, transaction};
use crate::command::spec::{Acl, Arg, Flags, KeyFlags, KeySpec, Row, Run, Spec};

/// What all of them may.
const FLAGS: Flags = Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE);

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "multi",
            arity: 1,
            flags: FLAGS
                .union(Flags::FAST)
                .union(Flags::ALLOW_BUSY)
                .union(Flags::NOT_QUEUED),
            acl: Acl::TRANSACTION,
            group: "transactions",
            since: "1.2.0",
            summary: "Begins a transaction: what follows waits for EXEC.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(transaction::multi),
    },
    Row {
        spec: Spec {
            name: "exec",
            arity: 1,
            flags: FLAGS
                .union(Flags::SKIP_SLOWLOG)
                .union(Flags::NOT_QUEUED)
                .union(Flags::RUNS_QUEUED),
            acl: Acl::TRANSACTION,
            group: "transactions",
            since: "1.2.0",
            summary: "Executes the commands of a transaction as one.",
            complexity: "as the commands'",
            ..Spec::DEFAULT
        },
        run: Run::Handler(transaction::exec),
    },
    Row {
        spec: Spec {
            name: "discard",
            arity: 1,
            flags: FLAGS
                .union(Flags::FAST)
                .union(Flags::ALLOW_BUSY)
                .union(Flags::NOT_QUEUED),
            acl: Acl::TRANSACTION,
            group: "transactions",
            since: "2.0.0",
            summary: "Ends a transaction without executing it.",
            complexity: "O(N) with N commands of the transaction",
            ..Spec::DEFAULT
        },
        run: Run::Handler(transaction::discard),
    },
    Row {
        spec: Spec {
            name: "watch",
            arity: -2,
            flags: FLAGS
                .union(Flags::FAST)
                .union(Flags::ALLOW_BUSY)
                .union(Flags::NOT_QUEUED),
            acl: Acl::TRANSACTION,
            keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
            group: "transactions",
            since: "2.2.0",
            summary: "Lets EXEC do nothing if one of these keys changes before.",
            complexity: "O(1) for each key",
            args: &[Arg::key("key", 0).multiple()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(transaction::watch),
    },
    Row {
        spec: Spec {
            name: "unwatch",
            arity: 1,
            flags: FLAGS.union(Flags::FAST).union(Flags::ALLOW_BUSY),
            acl: Acl::TRANSACTION,
            group: "transactions",
            since: "2.2.0",
            summary: "Ends all that this connection watches.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(transaction::unwatch),
    },
];
