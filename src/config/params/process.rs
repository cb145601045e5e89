//! Parameters of the process: how it starts, logs, is supervised and ends.

use super::super::choices::{
    LogFormat, LogLevel, LogTimestamp, OnSignal, OomScoreAdj, Permission, Supervised,
    SyslogFacility,
};
use super::super::value::{Kind, Reason, Value};
use super::{INT_MAX, Param, field};

const PINNING: &str = "threads are not pinned to processors: start the server under taskset";

pub(super) const PARAMS: &[Param] = &[
    Param::new(
        "dir",
        Kind::Directory,
        ".",
        "The working directory: files named without a path are there.",
    )
    .at(field!(dir))
    .protected(),
    Param::flag(
        "daemonize",
        "no",
        "Leave the terminal and run in the background.",
    )
    .at(field!(daemonize))
    .restart(),
    Param::optional(
        "pidfile",
        "A file for the process id; when in the background and unnamed, /var/run/ruddle.pid.",
    )
    .at(field!(pidfile))
    .restart(),
    Param::choice(
        "supervised",
        Supervised::WORDS,
        "no",
        "Who watches over the process and is told when it is ready.",
    )
    .at(field!(supervised))
    .restart(),
    Param::int("databases", (1, INT_MAX), "16", "The number of databases.")
        .at(field!(databases))
        .restart(),
    Param::choice("loglevel", LogLevel::WORDS, "notice", "How much is logged.")
        .at(field!(loglevel)),
    Param::text("logfile", "", "The log file; empty: standard output.")
        .at(field!(logfile))
        .restart(),
    Param::choice(
        "log-format",
        LogFormat::WORDS,
        "legacy",
        "The shape of a log line.",
    )
    .at(field!(log_format)),
    Param::choice(
        "log-timestamp-format",
        LogTimestamp::WORDS,
        "legacy",
        "How a log line says when.",
    )
    .at(field!(log_timestamp_format)),
    Param::flag("syslog-enabled", "no", "Log to the system's log as well.")
        .at(field!(syslog_enabled))
        .restart(),
    Param::text("syslog-ident", "ruddle", "The name in the system's log.")
        .at(field!(syslog_ident))
        .restart(),
    Param::choice(
        "syslog-facility",
        SyslogFacility::WORDS,
        "local0",
        "The facility in the system's log.",
    )
    .at(field!(syslog_facility))
    .restart(),
    Param::flag(
        "hide-user-data-from-log",
        "yes",
        "Keep keys, values and arguments out of the log and of crash reports.",
    )
    .at(field!(hide_user_data_from_log)),
    Param::flag(
        "crash-log-enabled",
        "yes",
        "Write a report to the log before dying of a bug.",
    )
    .at(field!(crash_log_enabled)),
    Param::flag(
        "crash-memcheck-enabled",
        "yes",
        "Test the memory after a crash.",
    )
    .no_effect("a failing memory module shows better in the machine's own log"),
    Param::flag(
        "use-exit-on-panic",
        "no",
        "Exit rather than abort after a bug.",
    )
    .hidden()
    .no_effect("a bug always ends the process with a failing exit code"),
    Param::flag(
        "always-show-logo",
        "no",
        "Show the logo at every start, with port and process id; else only at a terminal.",
    )
    .at(field!(always_show_logo))
    .restart(),
    Param::flag(
        "set-proc-title",
        "yes",
        "Say in the process title what the server is.",
    )
    .restart()
    .no_effect(PROC_TITLE),
    Param::text(
        "proc-title-template",
        "{title} {listen-addr} {server-mode}",
        "The process title.",
    )
    .checked(valid_title_template)
    .no_effect(PROC_TITLE),
    Param::int(
        "hz",
        (0, INT_MAX),
        "10",
        "How often a second the server tends to its background work, 1 to 500.",
    )
    .at(field!(hz)),
    Param::flag(
        "dynamic-hz",
        "yes",
        "Tend more often than `hz` says when there are more than 200 clients for each time.",
    )
    .at(field!(dynamic_hz)),
    Param::new(
        "shutdown-on-sigint",
        Kind::Choices(OnSignal::WORDS),
        "default",
        "How to shut down at SIGINT.",
    )
    .at(field!(shutdown_on_sigint))
    .checked(consistent_shutdown),
    Param::new(
        "shutdown-on-sigterm",
        Kind::Choices(OnSignal::WORDS),
        "default",
        "How to shut down at SIGTERM.",
    )
    .at(field!(shutdown_on_sigterm))
    .checked(consistent_shutdown),
    Param::int(
        "shutdown-timeout",
        (0, INT_MAX),
        "10",
        "Seconds to wait for replicas when shutting down.",
    )
    .at(field!(shutdown_timeout))
    .coming("replication"),
    Param::choice(
        "oom-score-adj",
        OomScoreAdj::ALL_WORDS,
        "no",
        "Whether to set the score by which the kernel picks what to kill when memory is out.",
    )
    .at(field!(oom_score_adj)),
    Param::new(
        "oom-score-adj-values",
        Kind::OomScores,
        "0 200 800",
        "The scores: of a primary, of a replica, of a background child (there is none).",
    )
    .at(field!(oom_score_adj_values)),
    Param::flag(
        "disable-thp",
        "no",
        "Keep the kernel's huge pages away from the heap. They make lookups in large data sets \
         a sixth cheaper; the reason against them, copying 2 MB pages after a fork, does not exist.",
    )
    .at(field!(disable_thp))
    .restart(),
    Param::choice(
        "enable-protected-configs",
        Permission::WORDS,
        "no",
        "Who may change protected parameters at run time.",
    )
    .at(field!(enable_protected_configs))
    .restart(),
    Param::choice(
        "enable-debug-command",
        Permission::WORDS,
        "no",
        "Who may use DEBUG.",
    )
    .at(field!(enable_debug_command))
    .restart(),
    Param::choice(
        "enable-module-command",
        Permission::WORDS,
        "no",
        "Who may ask for modules to be loaded, which are not supported.",
    )
    .at(field!(enable_module_command))
    .restart(),
    Param::flag("enable-debug-assert", "no", "Check costly assertions.")
        .hidden()
        .restart()
        .no_effect("such checks are part of debug builds"),
    Param::text("debug-context", "", "A text for crash reports.")
        .hidden()
        .at(field!(debug_context)),
    Param::int(
        "watchdog-period",
        (0, INT_MAX),
        "0",
        "Milliseconds before a stall is logged.",
    )
    .hidden()
    .no_effect("no handler runs in the middle of a command"),
    Param::text("ignore-warnings", "", "Warnings of the start to ignore.")
        .no_effect("no warning of the start stops it"),
    Param::text(
        "locale-collate",
        "",
        "The locale by which SORT ALPHA compares.",
    )
    .coming("sorting"),
    Param::flag(
        "jemalloc-bg-thread",
        "yes",
        "Let the allocator give freed memory back in a thread of its own.",
    )
    .at(field!(jemalloc_bg_thread)),
    Param::flag(
        "activerehashing",
        "yes",
        "Spend idle time on growing tables.",
    )
    .no_effect("tables grow a segment at a time and need no later work"),
    Param::optional("server-cpulist", "Processors for the loop.")
        .alias(&["server_cpulist"])
        .restart()
        .no_effect(PINNING),
    Param::optional("bio-cpulist", "Processors for background threads.")
        .alias(&["bio_cpulist"])
        .restart()
        .no_effect(PINNING),
    Param::optional("aof-rewrite-cpulist", "Processors for rewriting the log.")
        .alias(&["aof_rewrite_cpulist"])
        .restart()
        .no_effect(PINNING),
    Param::optional("bgsave-cpulist", "Processors for saving.")
        .alias(&["bgsave_cpulist"])
        .restart()
        .no_effect(PINNING),
];

const PROC_TITLE: &str = "the process keeps the title it was started with";

/// Braces must pair and name something known.
fn valid_title_template(value: &Value) -> Result<(), Reason> {
    const KNOWN: [&[u8]; 7] = [
        b"title",
        b"listen-addr",
        b"server-mode",
        b"port",
        b"tls-port",
        b"unixsocket",
        b"config-file",
    ];
    let Value::Text(template) = value else {
        return Ok(());
    };
    let mut rest = template.as_slice();
    while let Some(open) = memchr::memchr(b'{', rest) {
        let named = &rest[open + 1..];
        let close = memchr::memchr(b'}', named).filter(|end| KNOWN.contains(&&named[..*end]));
        let Some(close) = close else {
            return Err("template format is invalid or contains unknown variables".into());
        };
        rest = &named[close + 1..];
    }
    Ok(())
}

fn consistent_shutdown(value: &Value) -> Result<(), Reason> {
    let both = OnSignal::SAVE.union(OnSignal::NOSAVE);
    match value {
        Value::Choice(bits) if OnSignal::from_bits_truncate(*bits).contains(both) => {
            Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into())
        }
        _ => Ok(()),
    }
}
