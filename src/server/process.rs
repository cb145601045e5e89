//! The parts of the configuration that concern the process rather than the data: the log, the
//! limits the system sets, crash reports, memory.

use std::io;

use log::LevelFilter;

use crate::config::{self, Config, LogFormat, LogLevel, LogTimestamp, OomScoreAdj, SyslogFacility};
use crate::observe::crash::CrashReports;
use crate::observe::log::{Log, Settings, Shape, System, Timestamp};
use crate::sys::huge_pages;
use crate::sys::limits;
use crate::sys::memory;

/// Files beside those of clients: listeners, logs, the poll, replicas.
const FILES_RESERVED: u64 = 32;

/// What the server holds of its process. A server in a test holds nothing.
#[derive(Debug, Default)]
pub struct Process {
    pub log: Option<Log>,
    pub crash: Option<CrashReports>,
    /// The score before we changed it.
    pub(super) oom_score_before: Option<i32>,
}

/// How the log is to look and where it goes.
pub fn log_settings(config: &Config) -> Settings {
    Settings {
        threshold: threshold(config.loglevel),
        shape: shape(config.log_format),
        timestamp: timestamp(config.log_timestamp_format),
        file: (!config.logfile.is_empty()).then(|| config::path(&config.logfile).to_owned()),
        system: config.syslog_enabled.then(|| System {
            ident: String::from_utf8_lossy(&config.syslog_ident).into_owned(),
            facility: facility(config.syslog_facility),
        }),
    }
}

impl Process {
    /// The log looks as `config` says from now on.
    pub fn apply_log(&self, config: &Config) {
        if let Some(log) = &self.log {
            log.set_threshold(threshold(config.loglevel));
            log.set_shape(shape(config.log_format));
            log.set_timestamp(timestamp(config.log_timestamp_format));
        }
    }

    /// Crashes are reported, or not, from now on.
    pub fn apply_crash(&self, config: &Config) {
        if let Some(crash) = &self.crash {
            crash.set_enabled(config.crash_log_enabled);
        }
    }

    /// Sets the process's place among those to kill when memory is out.
    ///
    /// # Errors
    /// If the process may not change it so.
    pub fn apply_oom_score(&mut self, config: &Config) -> io::Result<()> {
        let wanted = config.oom_score_adj_values[0];
        if config.oom_score_adj == OomScoreAdj::No {
            // Given back, if it ever was taken.
            return self
                .oom_score_before
                .take()
                .map_or(Ok(()), limits::set_oom_score);
        }
        let before = match self.oom_score_before {
            Some(before) => before,
            None => limits::oom_score()?,
        };
        self.oom_score_before = Some(before);
        limits::set_oom_score(match config.oom_score_adj {
            OomScoreAdj::Absolute => wanted,
            OomScoreAdj::Relative | OomScoreAdj::No => before.saturating_add(wanted),
        })
    }
}

/// What the kernel is told about the process's memory at the start.
pub fn apply_memory(config: &Config) {
    if config.disable_thp {
        if let Err(error) = memory::disable_transparent_huge_pages() {
            log::warn!("Huge pages cannot be kept away from the heap: {error}");
        }
    } else if let Err(error) = huge_pages::install() {
        log::info!("The heap does without huge pages: {error}");
    }
    if config.jemalloc_bg_thread
        && let Err(error) = memory::purge_in_background(true)
    {
        log::warn!("The allocator cannot purge in the background: {error}");
    }
}

/// Lets the process have a file for each of `maxclients`; how many it can have, if fewer.
pub fn open_files(maxclients: u32) -> Result<(), u32> {
    let wanted = u64::from(maxclients) + FILES_RESERVED;
    let files = limits::raise_open_files(wanted);
    if files.now >= wanted {
        if files.now > files.before {
            let (now, before) = (files.now, files.before);
            log::info!(
                "Increased maximum number of open files to {now} (it was originally set to \
                 {before})."
            );
        }
        return Ok(());
    }
    let possible = files.now.saturating_sub(FILES_RESERVED);
    let possible = u32::try_from(possible).unwrap_or(u32::MAX);
    log::warn!(
        "You requested maxclients of {maxclients} requiring at least {wanted} max file \
         descriptors."
    );
    if let Some(error) = files.refused {
        let error = config::file::plain(&error);
        log::warn!("Server can't set maximum open files to {wanted} because of OS error: {error}.");
    }
    Err(possible)
}

fn threshold(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::Trace,
        LogLevel::Verbose => LevelFilter::Debug,
        LogLevel::Notice => LevelFilter::Info,
        LogLevel::Warning => LevelFilter::Warn,
        LogLevel::Nothing => LevelFilter::Off,
    }
}

fn shape(format: LogFormat) -> Shape {
    match format {
        LogFormat::Legacy => Shape::Legacy,
        LogFormat::Logfmt => Shape::Logfmt,
        LogFormat::Json => Shape::Json,
    }
}

fn timestamp(format: LogTimestamp) -> Timestamp {
    match format {
        LogTimestamp::Legacy => Timestamp::Legacy,
        LogTimestamp::Iso8601 => Timestamp::Iso8601,
        LogTimestamp::Milliseconds => Timestamp::Milliseconds,
    }
}

/// The code of a facility, as in `syslog.h`.
fn facility(facility: SyslogFacility) -> u8 {
    match facility {
        SyslogFacility::User => 1,
        SyslogFacility::Local0 => 16,
        SyslogFacility::Local1 => 17,
        SyslogFacility::Local2 => 18,
        SyslogFacility::Local3 => 19,
        SyslogFacility::Local4 => 20,
        SyslogFacility::Local5 => 21,
        SyslogFacility::Local6 => 22,
        SyslogFacility::Local7 => 23,
    }
}
