//! The log: lines as Redis or as a machine would have them, to a file, the terminal or the
//! system's log.
//!
//! ```text
//! 4711:M 20 Nov 2026 21:59:01.123 * Ready to accept connections                    legacy
//! pid=4711 role=primary timestamp="…" level=notice message="Ready to accept …"     logfmt
//! {"pid":4711,"role":"primary","timestamp":"…","level":"notice","message":"…"}     json
//! ```
//!
//! Code logs through the `log` crate; its levels are Redis's by another name:
//!
//! | here | `warn` `error` | `info` | `debug` | `trace` |
//! |---|---|---|---|---|
//! | Redis | warning `#` | notice `*` | verbose `-` | debug `.` |
//!
//! A file is opened for every line and closed after it, as Redis does: whoever moves or deletes
//! it needs not tell us. Lines are rare; the loop logs nothing per command.

use std::fmt;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use env_logger::{Builder, Target};
use log::{Level, LevelFilter};

use crate::sys::clock::UnixMs;
use crate::sys::local_time::{LocalTime, local_time};

/// The target of lines that are written as they are: parts of a crash report.
pub const RAW: &str = "raw";

/// The shape of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    #[default]
    Legacy,
    Logfmt,
    Json,
}

/// How a line says when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamp {
    #[default]
    Legacy,
    Iso8601,
    Milliseconds,
}

/// What the server is, for the letter behind the process id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Primary,
    Replica,
}

/// The system's log: under which name, and for which facility (its code as in `syslog.h`).
#[derive(Clone, Debug)]
pub struct System {
    pub ident: String,
    pub facility: u8,
}

/// Where lines go and how they look.
#[derive(Clone, Debug)]
pub struct Settings {
    pub threshold: LevelFilter,
    pub shape: Shape,
    pub timestamp: Timestamp,
    /// `None`: standard output.
    pub file: Option<PathBuf>,
    pub system: Option<System>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            threshold: LevelFilter::Info,
            shape: Shape::default(),
            timestamp: Timestamp::default(),
            file: None,
            system: None,
        }
    }
}

/// The log in place: changes how it looks from now on.
#[derive(Clone, Debug)]
pub struct Log(Arc<Look>);

/// What may change while the logger, which belongs to the `log` crate, is in place.
#[derive(Debug, Default)]
struct Look {
    shape: AtomicU8,
    timestamp: AtomicU8,
    role: AtomicU8,
}

impl Log {
    /// Puts the log in place of whatever was there; the process has one.
    ///
    /// # Errors
    /// If it is in place already.
    pub fn install(settings: &Settings) -> Result<Log, log::SetLoggerError> {
        let log = Log(Arc::default());
        log.set_shape(settings.shape);
        log.set_timestamp(settings.timestamp);
        let look = Arc::clone(&log.0);
        let sink = Sink {
            file: settings.file.clone(),
        };
        let system = settings.system.clone().map(SystemLog::connect);
        Builder::new()
            .filter_level(LevelFilter::Trace)
            // Its own story at every registration helps nobody here.
            .filter_module("mio", LevelFilter::Off)
            .target(Target::Pipe(Box::new(sink)))
            .format(move |out, record| {
                let message = record.args().to_string();
                if let Some(system) = &system {
                    system.send(record.level(), &message);
                }
                if record.target() == RAW {
                    return writeln!(out, "{message}");
                }
                let line = Line {
                    pid: std::process::id(),
                    role: role_of(look.role.load(Relaxed)),
                    level: record.level(),
                    time: now(),
                    message: &message,
                };
                let timestamp = timestamp_of(look.timestamp.load(Relaxed));
                let shape = shape_of(look.shape.load(Relaxed));
                writeln!(out, "{}", line.text(shape, timestamp))
            })
            .try_init()?;
        log.set_threshold(settings.threshold);
        Ok(log)
    }

    /// Only lines of this level and above are written.
    pub fn set_threshold(&self, threshold: LevelFilter) {
        log::set_max_level(threshold);
    }

    pub fn set_shape(&self, shape: Shape) {
        self.0.shape.store(shape as u8, Relaxed);
    }

    pub fn set_timestamp(&self, timestamp: Timestamp) {
        self.0.timestamp.store(timestamp as u8, Relaxed);
    }

    pub fn set_role(&self, role: Role) {
        self.0.role.store(role as u8, Relaxed);
    }
}

/// The log has threads of all kinds for writers, so it asks the machine's clock itself.
fn now() -> UnixMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn shape_of(code: u8) -> Shape {
    match code {
        code if code == Shape::Logfmt as u8 => Shape::Logfmt,
        code if code == Shape::Json as u8 => Shape::Json,
        _ => Shape::Legacy,
    }
}

fn timestamp_of(code: u8) -> Timestamp {
    match code {
        code if code == Timestamp::Iso8601 as u8 => Timestamp::Iso8601,
        code if code == Timestamp::Milliseconds as u8 => Timestamp::Milliseconds,
        _ => Timestamp::Legacy,
    }
}

fn role_of(code: u8) -> Role {
    if code == Role::Replica as u8 {
        Role::Replica
    } else {
        Role::Primary
    }
}

/// Standard output, or the file opened anew for every write: `env_logger` writes a line at once.
struct Sink {
    file: Option<PathBuf>,
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match &self.file {
            Some(path) => OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)?
                .write(line),
            None => io::stdout().write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &self.file {
            Some(_) => Ok(()),
            None => io::stdout().flush(),
        }
    }
}

/// The system's log, reached by its socket.
struct SystemLog {
    socket: Option<UnixDatagram>,
    system: System,
}

impl SystemLog {
    fn connect(system: System) -> SystemLog {
        let socket = UnixDatagram::unbound().and_then(|socket| {
            socket.connect("/dev/log")?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        SystemLog {
            socket: socket.ok(),
            system,
        }
    }

    /// Sends a line, or loses it: a log must not hold up what it tells of.
    fn send(&self, level: Level, message: &str) {
        let severity = match level {
            Level::Error | Level::Warn => 4,
            Level::Info => 5,
            Level::Debug => 6,
            Level::Trace => 7,
        };
        let priority = self.system.facility * 8 + severity;
        let (ident, pid) = (&self.system.ident, std::process::id());
        if let Some(socket) = &self.socket {
            let _ = socket.send(format!("<{priority}>{ident}[{pid}]: {message}").as_bytes());
        }
    }
}

/// A line before it is text.
struct Line<'a> {
    pid: u32,
    role: Role,
    level: Level,
    time: UnixMs,
    message: &'a str,
}

impl Line<'_> {
    fn text(&self, shape: Shape, timestamp: Timestamp) -> String {
        let Line { pid, message, .. } = self;
        let time = When(self.time, timestamp);
        let (level, mark) = level_name(self.level);
        let (role, letter) = match self.role {
            Role::Primary => ("primary", 'M'),
            Role::Replica => ("replica", 'S'),
        };
        match shape {
            Shape::Legacy => format!("{pid}:{letter} {time} {mark} {message}"),
            Shape::Logfmt => format!(
                "pid={pid} role={role} timestamp=\"{time}\" level={level} message=\"{}\"",
                escaped(message)
            ),
            Shape::Json => format!(
                "{{\"pid\":{pid},\"role\":\"{role}\",\"timestamp\":\"{time}\",\
                 \"level\":\"{level}\",\"message\":\"{}\"}}",
                escaped(message)
            ),
        }
    }
}

fn level_name(level: Level) -> (&'static str, char) {
    match level {
        Level::Error | Level::Warn => ("warning", '#'),
        Level::Info => ("notice", '*'),
        Level::Debug => ("verbose", '-'),
        Level::Trace => ("debug", '.'),
    }
}

/// A moment in one of the ways to say it.
struct When(UnixMs, Timestamp);

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 == Timestamp::Milliseconds {
            return write!(out, "{}", self.0.0);
        }
        let LocalTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
            millisecond,
            ahead_seconds,
        } = local_time(self.0);
        let clock = format_args!("{hour:02}:{minute:02}:{second:02}.{millisecond:03}").to_string();
        if self.1 == Timestamp::Legacy {
            let month = MONTHS[usize::from(month).saturating_sub(1) % MONTHS.len()];
            return write!(out, "{day:02} {month} {year} {clock}");
        }
        let sign = if ahead_seconds < 0 { '-' } else { '+' };
        let minutes = ahead_seconds.abs() / 60;
        let (hours, minutes) = (minutes / 60, minutes % 60);
        write!(
            out,
            "{year}-{month:02}-{day:02}T{clock}{sign}{hours:02}:{minutes:02}"
        )
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `message` within double quotes.
fn escaped(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for letter in message.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_shapes_of_redis_and_valkey() {
        let line = Line {
            pid: 4711,
            role: Role::Primary,
            level: Level::Info,
            time: UnixMs(1_795_213_665_300),
            message: "say \"hi\"\n",
        };
        let local = |timestamp| When(line.time, timestamp).to_string();
        let legacy = local(Timestamp::Legacy);
        assert_eq!(
            line.text(Shape::Legacy, Timestamp::Legacy),
            format!("4711:M {legacy} * say \"hi\"\n")
        );
        assert_eq!(legacy.len(), "20 Nov 2026 22:27:45.300".len());
        assert!(legacy.ends_with(".300"));
        assert_eq!(
            line.text(Shape::Logfmt, Timestamp::Milliseconds),
            "pid=4711 role=primary timestamp=\"1795213665300\" level=notice \
             message=\"say \\\"hi\\\"\\n\""
        );
        assert_eq!(
            line.text(Shape::Json, Timestamp::Milliseconds),
            "{\"pid\":4711,\"role\":\"primary\",\"timestamp\":\"1795213665300\",\
             \"level\":\"notice\",\"message\":\"say \\\"hi\\\"\\n\"}"
        );
        let iso = local(Timestamp::Iso8601);
        assert_eq!(iso.len(), "2026-11-20T22:27:45.747+00:00".len());
    }
}
