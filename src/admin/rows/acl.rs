//! What ACL and its subcommands are.

use crate::admin::{AdminHandler, acl};
use crate::command::secrets::behind_subcommand;
use crate::command::spec::{Arg, Flags, Row, Run, Spec};

/// What all of them may.
const FLAGS: Flags = Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE);

/// What those may that look at the users or change them.
const ADMIN: Flags = FLAGS.union(Flags::ADMIN);

/// For those whose outcome every node of a cluster must share.
const EVERYWHERE: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

/// The rows.
pub(super) static COMMANDS: &[Row<AdminHandler>] = &[Row {
    spec: Spec {
        name: "acl",
        arity: -2,
        group: "server",
        since: "6.0.0",
        summary: "Users and what they may do.",
        complexity: "Depends on the subcommand.",
        ..Spec::DEFAULT
    },
    run: Run::Container(SUBCOMMANDS),
}];

static SUBCOMMANDS: &[Row<AdminHandler>] = &[
    Row {
        spec: Spec {
            name: "cat",
            arity: -2,
            flags: FLAGS,
            group: "server",
            since: "6.0.0",
            summary: "The categories of commands, or the commands of one.",
            complexity: "O(N) with N commands",
            args: &[Arg::string("category").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::cat),
    },
    Row {
        spec: Spec {
            name: "deluser",
            arity: -3,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Removes users and disconnects their clients.",
            complexity: "O(1) for each user, and a look at every client",
            tips: EVERYWHERE,
            args: &[Arg::string("username").multiple()],
            secrets: Some(behind_subcommand),
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::deluser),
    },
    Row {
        spec: Spec {
            name: "dryrun",
            arity: -4,
            flags: ADMIN,
            group: "server",
            since: "7.0.0",
            summary: "Says whether a user may run a command, without running it.",
            complexity: "O(1)",
            args: &[
                Arg::string("username"),
                Arg::string("command"),
                Arg::string("arg").optional().multiple(),
            ],
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::dryrun),
    },
    Row {
        spec: Spec {
            name: "genpass",
            arity: -2,
            flags: FLAGS,
            group: "server",
            since: "6.0.0",
            summary: "Makes a password that nobody can guess.",
            complexity: "O(1)",
            args: &[Arg::integer("bits").optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::genpass),
    },
    Row {
        spec: Spec {
            name: "getuser",
            arity: 3,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Shows a user's flags, passwords and rules.",
            complexity: "O(N) with N passwords and rules of the user",
            history: &[
                ("6.2.0", "Patterns of channels."),
                ("7.0.0", "Selectors; keys and channels as rules."),
                ("9.1.0", "Databases."),
            ],
            args: &[Arg::string("username")],
            secrets: Some(behind_subcommand),
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::getuser),
    },
    Row {
        spec: Spec {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.union(Flags::STALE),
            group: "server",
            since: "6.0.0",
            summary: "Tells what the subcommands are.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::help),
    },
    Row {
        spec: Spec {
            name: "list",
            arity: 2,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Shows all users as lines of a configuration.",
            complexity: "O(N) with N users",
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::list),
    },
    Row {
        spec: Spec {
            name: "load",
            arity: 2,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Reads the users from the ACL file again.",
            complexity: "O(N) with N users, and a look at every client",
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::load),
    },
    Row {
        spec: Spec {
            name: "log",
            arity: -2,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Shows what was refused lately, or forgets it.",
            complexity: "O(N) with N entries shown",
            history: &[("7.2.0", "The entry's id and times.")],
            args: &[Arg::one_of(
                "operation",
                &[Arg::integer("count"), Arg::word("reset", "RESET")],
            )
            .optional()],
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::log),
    },
    Row {
        spec: Spec {
            name: "save",
            arity: 2,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Writes the users into the ACL file.",
            complexity: "O(N) with N users",
            tips: EVERYWHERE,
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::save),
    },
    Row {
        spec: Spec {
            name: "setuser",
            arity: -3,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Makes a user, or changes what it may do.",
            complexity: "O(N) with N rules, and a look at every client",
            history: &[
                ("6.2.0", "Patterns of channels."),
                ("7.0.0", "Selectors, and keys for reading or writing."),
                ("9.1.0", "Databases."),
            ],
            tips: EVERYWHERE,
            args: &[
                Arg::string("username"),
                Arg::string("rule").optional().multiple(),
            ],
            secrets: Some(behind_subcommand),
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::setuser),
    },
    Row {
        spec: Spec {
            name: "users",
            arity: 2,
            flags: ADMIN,
            group: "server",
            since: "6.0.0",
            summary: "Lists the names of all users.",
            complexity: "O(N) with N users",
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::users),
    },
    Row {
        spec: Spec {
            name: "whoami",
            arity: 2,
            flags: FLAGS,
            group: "server",
            since: "6.0.0",
            summary: "Tells the name of the connection's user.",
            complexity: "O(1)",
            ..Spec::DEFAULT
        },
        run: Run::Handler(acl::whoami),
    },
];
