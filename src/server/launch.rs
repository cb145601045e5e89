//! From a command line to a running server, and to its end.
//!
//! The order matters: the configuration is read in the foreground, so that its errors are seen;
//! the process goes into the background before its first thread starts; the log is in place
//! before anything is said; whoever supervises us hears of readiness only when clients can come.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::Server;
use super::process::{Process, apply_memory, log_settings, open_files};
use crate::config::args::CommandLine;
use crate::config::disk::Disk;
use crate::config::file::{self, ConfigError, Loaded, Source};
use crate::config::{self, Config, Supervised};
use crate::observe::crash::CrashReports;
use crate::observe::log::{Log, Settings};
use crate::sys::alloc::used_bytes;
use crate::sys::clock::Clock;
use crate::sys::daemon::daemonize;
use crate::sys::pid_file::PidFile;
use crate::sys::supervise::Supervisor;

/// Where the process id goes when the server is in the background and no `pidfile` is named.
const PID_FILE: &[u8] = b"/var/run/ruddle.pid";

/// Version, build and process, as the log tells them at the start.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a server as `line` says, until it ends.
pub fn launch(line: &CommandLine) -> ExitCode {
    // Absolute before the configuration can change the working directory.
    let config_file = line
        .file
        .as_deref()
        .map(|name| absolute(config::path(name)));
    let Loaded {
        mut config,
        warnings,
    } = match read(line) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(&error),
    };
    let supervisor = match config.supervised {
        Supervised::No => Supervisor::Nobody,
        Supervised::Systemd => Supervisor::systemd().unwrap_or_default(),
        Supervised::Upstart => Supervisor::upstart().unwrap_or_default(),
        Supervised::Auto => Supervisor::detect(),
    };
    let background = config.daemonize && !supervisor.is_there();
    if background && let Err(error) = daemonize() {
        eprintln!("Cannot go into the background: {error}");
        return ExitCode::FAILURE;
    }
    let mut process = match set_up(&config) {
        Ok(process) => process,
        Err(error) => return refuse(&error),
    };
    announce(config_file.is_some() || line != &CommandLine::default());
    for warning in warnings {
        log::warn!("{warning}");
    }
    tell_of(&config, &supervisor);
    if !fit_open_files(&mut config) {
        return ExitCode::FAILURE;
    }
    apply_memory(&config);
    if let Err(error) = process.apply_oom_score(&config) {
        log::warn!("Unable to write oom_score_adj: {error}");
    }
    let pid_file = write_pid_file(&config, background);
    serve(config, config_file, process, &supervisor, pid_file)
}

/// Runs the server that everything is prepared for.
fn serve(
    config: Config,
    config_file: Option<PathBuf>,
    process: Process,
    supervisor: &Supervisor,
    pid_file: Option<PidFile>,
) -> ExitCode {
    let crash = process.crash.clone();
    let mut server = match Server::start(config, Clock::real(), fastrand::u64(..)) {
        Ok(server) => server,
        Err(error) => {
            log::warn!("{error}");
            return ExitCode::FAILURE;
        }
    };
    server.config_file = config_file;
    server.process = process;
    show_logo(&server.config);
    log::info!("Running mode=standalone, port={}.", server.config.port);
    log::warn!("Server initialized");
    // Behind the words that scripts wait for, whatever comes of it.
    if let Err(error) = server.begin_loading() {
        log::warn!("{error}");
        return ExitCode::FAILURE;
    }

    // The server is looked at after a panic only to tell what it was doing.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| {
        server.run(|server| ready(&server.config, supervisor))
    }));
    if let Err(error) = supervisor.stopping() {
        log::warn!("Cannot tell the supervisor of the end: {error}");
    }
    if let Some(pid_file) = pid_file {
        log::info!("Removing the pid file.");
        drop(pid_file);
    }
    match ended {
        Ok(Ok(())) => {
            log::warn!("Ruddle is now ready to exit, bye bye...");
            // The system takes all memory at once; freeing key by key would take seconds.
            std::mem::forget(server);
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            log::error!("{error}");
            ExitCode::FAILURE
        }
        Err(_) => {
            if let Some(crash) = crash {
                crash.end(&server.facts());
            }
            ExitCode::FAILURE
        }
    }
}

impl Server {
    /// What a report of a crash tells: no keys, values or arguments, whatever the configuration.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let uptime_s = (self.now.mono.since(self.started.mono)) / 1_000_000_000;
        let server = format!(
            "ruddle_version:{VERSION}\nruddle_git_sha1:{COMMIT}\nuptime_in_seconds:{uptime_s}\n\
             connected_clients:{}\nused_memory:{}\nturns:{}",
            self.clients.len(),
            used_bytes(),
            self.metrics.turns,
        );
        let mut latest = "none".to_owned();
        if let Some((client, command)) = self.latest {
            latest = format!(
                "command:{}\nclient:{client:?}",
                self.table.get(command).name
            );
        }
        let config = &self.config;
        let debug_context = String::from_utf8_lossy(&config.debug_context).into_owned();
        let parameters = config::params::all()
            .filter(|param| !param.secret && config.value(param) != param.default_value())
            .map(|param| {
                let value = config.show(param);
                format!("{} {}", param.name, String::from_utf8_lossy(&value))
            });
        vec![
            ("SERVER", server),
            ("LATEST COMMAND", latest),
            (
                "PARAMETERS NOT AT THEIR DEFAULTS",
                parameters.collect::<Vec<_>>().join("\n"),
            ),
            ("DEBUG CONTEXT", debug_context),
        ]
    }
}

/// Reads the file, standard input and the options.
fn read(line: &CommandLine) -> Result<Loaded, ConfigError> {
    let mut sources = Vec::new();
    if let Some(name) = &line.file {
        sources.push(file::open(&Disk, name)?);
    }
    if line.stdin {
        let mut text = Vec::new();
        let name = "standard input".to_owned();
        match io::stdin().read_to_end(&mut text) {
            Ok(_) => sources.push(Source { name, text }),
            Err(error) => return Err(ConfigError::Unreadable { path: name, error }),
        }
    }
    sources.push(line.source());
    let loaded = file::load(&sources, &Disk)?;
    let logfile = &loaded.config.logfile;
    if !logfile.is_empty() {
        // Later there would be nobody to tell.
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .open(config::path(logfile));
        opened.map_err(|error| {
            let reason = file::plain(&error);
            ConfigError::Whole(format!("Can't open the log file: {reason}").into())
        })?;
    }
    Ok(loaded)
}

/// Says why nothing starts.
fn refuse(error: &ConfigError) -> ExitCode {
    if matches!(error, ConfigError::Unreadable { .. }) && Log::install(&Settings::default()).is_ok()
    {
        log::error!("{error}");
    } else {
        eprintln!("{error}");
    }
    ExitCode::FAILURE
}

/// Puts the log and crash reports in place.
fn set_up(config: &Config) -> Result<Process, ConfigError> {
    let log = Log::install(&log_settings(config));
    let log = log.map_err(|error| ConfigError::Whole(error.to_string().into()))?;
    let crash = CrashReports::install(
        config.crash_log_enabled,
        format!("Ruddle {VERSION} crashed by a bug"),
    );
    Ok(Process {
        log: Some(log),
        crash: Some(crash),
        ..Process::default()
    })
}

fn announce(configured: bool) {
    let pid = std::process::id();
    let bits = usize::BITS;
    log::warn!("oO0OoO0OoO0Oo Ruddle is starting oO0OoO0OoO0Oo");
    log::warn!(
        "Ruddle version={VERSION}, bits={bits}, commit={COMMIT}, modified={MODIFIED}, pid={pid}, \
         just started"
    );
    if configured {
        log::warn!("Configuration loaded");
    } else {
        log::warn!(
            "Warning: no config file specified, using the default config. In order to specify a \
             config file use ruddle-server /path/to/ruddle.conf"
        );
    }
}

/// Shows people who has started, and scripts, which look for these lines, that clients can connect.
fn show_logo(config: &Config) {
    let is_terminal = io::stdout().is_terminal();
    let to_people = is_terminal && config.logfile.is_empty() && !config.syslog_enabled;
    if !config.always_show_logo && !to_people {
        return;
    }
    let bits = usize::BITS;
    log::info!("     _____      Ruddle {VERSION} ({COMMIT}/{MODIFIED}) {bits} bit");
    log::info!("    |  _  \\     Running in standalone mode");
    log::info!("    | |_| /     Port: {}", config.port);
    log::info!("    |_| \\_\\     PID: {}", std::process::id());
}

/// The commit this was built from and whether files had changed since, if the build said so.
pub const COMMIT: &str = match option_env!("RUDDLE_COMMIT") {
    Some(commit) => commit,
    None => "00000000",
};
pub const MODIFIED: &str = match option_env!("RUDDLE_MODIFIED") {
    Some(modified) => modified,
    None => "0",
};

/// Says how the process is supervised.
fn tell_of(config: &Config, supervisor: &Supervisor) {
    match (supervisor, config.supervised) {
        (Supervisor::Systemd(_), _) => log::info!(
            "supervised by systemd. Please make sure you set appropriate values for \
             TimeoutStartSec and TimeoutStopSec in your service unit."
        ),
        (Supervisor::Upstart, _) => {
            log::info!("supervised by upstart, will stop to signal readiness")
        }
        (Supervisor::Nobody, Supervised::Systemd) => {
            log::warn!("systemd supervision error: NOTIFY_SOCKET not found!");
        }
        (Supervisor::Nobody, Supervised::Upstart) => {
            log::warn!("upstart supervision requested, but UPSTART_JOB not found!");
        }
        (Supervisor::Nobody, Supervised::Auto | Supervised::No) => {}
    }
}

/// Asks for as many files as `maxclients` needs, or lowers it; whether the server can start.
fn fit_open_files(config: &mut Config) -> bool {
    match open_files(config.maxclients) {
        Ok(()) => true,
        Err(0) => {
            log::error!(
                "Your current 'ulimit -n' is not enough for the server to start. Please increase \
                 your open file limit. Exiting."
            );
            false
        }
        Err(possible) => {
            config.maxclients = possible;
            log::warn!(
                "maxclients has been reduced to {possible} to compensate for low ulimit. If you \
                 need higher maxclients increase 'ulimit -n'."
            );
            true
        }
    }
}

fn write_pid_file(config: &Config, background: bool) -> Option<PidFile> {
    let path = match (config.pidfile.as_slice(), background) {
        (b"", false) => return None,
        (b"", true) => PID_FILE,
        (path, _) => path,
    };
    match PidFile::write(config::path(path)) {
        Ok(pid_file) => Some(pid_file),
        Err(error) => {
            log::warn!("Failed to write PID file: {}", file::plain(&error));
            None
        }
    }
}

/// Tells operators, scripts and the supervisor that clients can come.
fn ready(config: &Config, supervisor: &Supervisor) {
    if config.port != 0 {
        log::info!("Ready to accept connections");
    }
    if !config.unixsocket.is_empty() {
        let path = config::path(&config.unixsocket).display();
        log::info!("The server is now ready to accept connections at {path}");
    }
    if let Err(error) = supervisor.ready() {
        log::warn!("Cannot tell the supervisor that the server is ready: {error}");
    }
}

fn absolute(path: &Path) -> PathBuf {
    debug_assert!(!path.as_os_str().as_bytes().is_empty());
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
