//! The servers under test: how each is started, named, watched and stopped.
//!
//! A server is a shell command line that takes Redis's options. It gets a free port, an empty
//! directory of its own and no persistence (but for scenarios that measure it), is pinned to its
//! CPU, and is killed when dropped.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::failure::{Doing, Failure, Result};
use crate::options::Options;
use crate::process;
use crate::shim;

/// Loading a debug build on a busy machine is slow, and so is loading millions of keys; longer
/// than this is failure.
const START_MAX: Duration = Duration::from_secs(120);
/// How often a starting server is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// A server that can be started.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// The name given to it; without one it is asked for its own.
    pub(crate) name: Option<String>,
    /// A shell command line.
    pub(crate) command: String,
}

impl Recipe {
    /// `NAME=COMMAND LINE`, or a command line alone.
    pub(crate) fn parse(text: &str) -> Recipe {
        let plain = |name: &str| {
            name.chars()
                .all(|c| c.is_alphanumeric() || "-_. ".contains(c))
        };
        match text.split_once('=') {
            Some((name, command)) if plain(name) && !name.contains(' ') => Recipe {
                name: Some(name.trim().to_owned()),
                command: command.trim().to_owned(),
            },
            _ => Recipe {
                name: None,
                command: text.trim().to_owned(),
            },
        }
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&self, options: &Options) -> Result<Server> {
        self.start_as(options, &Setup::default())
    }

    /// Starts it with what a scenario wants, and waits until it has loaded what it finds.
    pub(crate) fn start_as(&self, options: &Options, setup: &Setup) -> Result<Server> {
        let port = free_port()?;
        let directory = match &setup.directory {
            Some(directory) => Rc::clone(directory),
            None => Directory::make()?,
        };
        let pin = match &options.cpus {
            Some(cpus) if !setup.all_cpus => format!("taskset -c {} ", cpus.server),
            _ => String::new(),
        };
        let line = format!(
            "exec {pin}{} --port {port} --bind 127.0.0.1 --save '' --appendonly no \
             --loglevel warning --maxclients {} {}",
            self.command,
            options.idle_connections + 100,
            setup.arguments,
        );
        let log = fs::File::create(directory.0.join("log"))?;
        let mut command = Command::new("sh");
        if let Some((library, delay)) = &setup.slow_fsync {
            command.env("LD_PRELOAD", library);
            command.env(shim::DELAY_VARIABLE, delay.as_micros().to_string());
        }
        let child = command
            .args(["-c", &line])
            .current_dir(&directory.0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .doing(&line)?;
        let mut server = Server {
            name: String::new(),
            port,
            pid: child.id(),
            child,
            directory,
        };
        server.wait_until_ready(&line)?;
        server.introduce(self)?;
        if let Some((library, _)) = &setup.slow_fsync
            && !shim::is_loaded(server.pid, library)?
        {
            let name = &server.name;
            return Err(Failure::new(format!("{name} does not take LD_PRELOAD")));
        }
        Ok(server)
    }
}

/// What a scenario wants of a server beside what all of them get.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    /// Options behind those that all get.
    pub(crate) arguments: String,
    /// Where it finds what another one left; else a directory of its own.
    pub(crate) directory: Option<Rc<Directory>>,
    /// The library that slows syncs down, and by how much.
    pub(crate) slow_fsync: Option<(PathBuf, Duration)>,
    /// It is not pinned.
    pub(crate) all_cpus: bool,
}

/// A directory that goes when nobody needs it any more.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn make() -> Result<Rc<Directory>> {
        let name = format!("ruddle-bench-{}-{}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).doing("making a directory for a server")?;
        Ok(Rc::new(Directory(path)))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// The server's own process, which need not be our child: it may have a wrapper.
    pub(crate) pid: u32,
    child: Child,
    directory: Rc<Directory>,
}

impl Server {
    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.port)
    }

    pub(crate) fn rss_bytes(&self) -> Result<f64> {
        process::rss_bytes(self.pid).map(|bytes| bytes as f64)
    }

    fn wait_until_ready(&mut self, line: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = self.client().and_then(|mut client| client.ask(&[b"PING"]));
            if answer.is_ok_and(|answer| answer == Answer::Text(b"PONG".to_vec())) {
                return Ok(());
            }
            let ended = self.child.try_wait()?.is_some();
            if ended || start.elapsed() > START_MAX {
                let log = fs::read_to_string(self.directory.0.join("log")).unwrap_or_default();
                return Err(Failure::new(format!(
                    "no server from `{line}`: {}",
                    log.trim()
                )));
            }
            sleep(ASK_EVERY);
        }
    }

    /// Learns the server's name and process from its INFO.
    fn introduce(&mut self, recipe: &Recipe) -> Result<()> {
        let mut client = self.client()?;
        if let Some(pid) = client.info("process_id")?.and_then(|pid| pid.parse().ok()) {
            self.pid = pid;
        }
        self.name = match &recipe.name {
            Some(name) => name.clone(),
            None => {
                let kind = client.info("server_name")?.unwrap_or("redis".to_owned());
                let version = match client.info(&format!("{kind}_version"))? {
                    Some(version) => version,
                    None => client.info("redis_version")?.unwrap_or_default(),
                };
                format!("{kind} {version}")
            }
        };
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A wrapper may ignore what happens to it: the server itself is asked first.
        if self.pid != self.child.id() {
            let bye = self
                .client()
                .and_then(|mut client| client.ask_text("SHUTDOWN NOSAVE"));
            drop(bye);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts ours and every peer, ours first.
pub(crate) fn start_all(options: &Options) -> Result<Vec<Server>> {
    options
        .servers
        .iter()
        .map(|recipe| recipe.start(options))
        .collect()
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).doing("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes() {
        for (text, name, command) in [
            ("redis-server", None, "redis-server"),
            (
                "valkey=/opt/run valkey-server",
                Some("valkey"),
                "/opt/run valkey-server",
            ),
            (
                "/opt/valkey --io-threads 1",
                None,
                "/opt/valkey --io-threads 1",
            ),
            ("A=/x --option=1", Some("A"), "/x --option=1"),
            ("/x --option=1", None, "/x --option=1"),
        ] {
            let recipe = Recipe::parse(text);
            assert_eq!(recipe.name.as_deref(), name);
            assert_eq!(recipe.command, command);
        }
    }
}
