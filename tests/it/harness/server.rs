//! A server of one's own: started in a directory of its own, awaited until it answers, killed
//! when the test is done.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::client::{Address, Client};
use super::wait_until;

/// Our server, as cargo built it for this test run.
pub(crate) const RUDDLE: &str = env!("CARGO_BIN_EXE_ruddle-server");
/// Debian's.
pub(crate) const REDIS: &str = "/usr/bin/redis-server";

/// How to start a server.
pub(crate) struct Start {
    command: Vec<String>,
    args: Vec<String>,
    /// What stands before the arguments that the harness gives (a configuration file).
    first: Vec<String>,
    /// What it reads from its standard input.
    input: String,
    tcp: bool,
    bare: bool,
}

impl Start {
    /// Our server.
    pub(crate) fn ruddle() -> Start {
        Start::command(RUDDLE)
    }

    /// Debian's redis-server.
    pub(crate) fn redis() -> Start {
        assert!(
            Path::new(REDIS).exists(),
            "{REDIS} is missing: `make test` installs it (package redis-server)"
        );
        Start::command(REDIS)
    }

    /// Any server that takes redis-server's arguments: a program and what precedes them.
    pub(crate) fn command(line: &str) -> Start {
        Start {
            command: line.split_whitespace().map(str::to_owned).collect(),
            args: Vec::new(),
            first: Vec::new(),
            input: String::new(),
            tcp: false,
            bare: false,
        }
    }

    /// The program to start.
    pub(crate) fn program(&self) -> String {
        self.command.join(" ")
    }

    /// Further arguments, which win over the harness's own.
    pub(crate) fn args<T: AsRef<str>>(mut self, args: impl IntoIterator<Item = T>) -> Start {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// A configuration file, before all other arguments.
    pub(crate) fn config_file(mut self, path: &Path) -> Start {
        self.first = vec![path.display().to_string()];
        self
    }

    /// Text for its standard input.
    pub(crate) fn input(mut self, text: &str) -> Start {
        self.input = text.to_owned();
        self
    }

    /// Listen on a free TCP port of 127.0.0.1 besides the Unix socket.
    pub(crate) fn tcp(mut self) -> Start {
        self.tcp = true;
        self
    }

    /// Give none of the harness's own arguments: the test says where to listen.
    pub(crate) fn bare(mut self) -> Start {
        self.bare = true;
        self
    }

    /// Starts it and waits until it answers; the failure's text holds the log.
    pub(crate) fn start(self) -> Server {
        // Another process may take the free port before our server binds it.
        for _ in 0..5 {
            let mut server = self.spawn();
            match server.await_ready() {
                Ok(()) => return server,
                Err(log) if self.tcp && log.contains("ddress already in use") => {}
                Err(log) => panic!("{:?} did not start:\n{log}", self.command),
            }
        }
        panic!("{:?} found no free port in five attempts", self.command);
    }

    /// Starts it and waits until it exits: for those that must refuse to start.
    pub(crate) fn refused(self) -> (ExitStatus, String) {
        let mut server = self.spawn();
        let status = server.wait();
        (status, server.log())
    }

    /// Starts it without waiting.
    pub(crate) fn spawn(&self) -> Server {
        let dir = fresh_dir();
        let socket = dir.join("s");
        let port = if self.tcp { free_port() } else { 0 };
        let log = File::create(dir.join("log")).expect("the log file");
        fs::write(dir.join("input"), &self.input).expect("the input file");
        let input = File::open(dir.join("input")).expect("the input file");
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(&self.first);
        if !self.bare {
            let own = format!(
                "--port {port} --unixsocket {} --dir {} --save  --enable-debug-command yes",
                socket.display(),
                dir.display()
            );
            command.args(own.split(' '));
        }
        let child = command
            .args(&self.args)
            .current_dir(&dir)
            .stdin(input)
            .stdout(log.try_clone().expect("the log file, twice"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.command[0]));
        Server {
            child,
            dir,
            socket,
            port,
            exited: None,
            shows_log: false,
        }
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    dir: PathBuf,
    socket: PathBuf,
    port: u16,
    exited: Option<ExitStatus>,
    shows_log: bool,
}

impl Server {
    fn await_ready(&mut self) -> Result<(), String> {
        wait_until("a server that answers", || {
            if let Some(status) = self.exit_status() {
                return Some(Err(format!("{status}\n{}", self.log())));
            }
            let mut client = Client::try_connect(&self.unix()).ok()?;
            // Any reply will do (NOAUTH too), but not that it still loads.
            let reply = client.send(&["PING"]).ok().and(client.read().ok())?;
            let loading = reply.text().is_some_and(|t| t.starts_with(b"LOADING"));
            (!loading).then_some(Ok(()))
        })
    }

    /// Where its Unix socket is.
    pub(crate) fn unix(&self) -> Address {
        Address::Unix(self.socket.clone())
    }

    /// Where its TCP port is, if it was started with one.
    pub(crate) fn tcp(&self) -> Address {
        assert!(self.port != 0, "started without a TCP port");
        Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))
    }

    /// The TCP port; 0: none.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its working directory, removed with it.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A new connection through the Unix socket.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.unix())
    }

    /// Prints its log if the test fails.
    pub(crate) fn show_log(mut self) -> Server {
        self.shows_log = true;
        self
    }

    /// What it has printed so far.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.dir.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until its log holds `text`.
    pub(crate) fn await_log(&self, text: &str) {
        wait_until(&format!("the log line {text:?}"), || {
            self.log().contains(text).then_some(())
        });
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill");
        assert!(status.success(), "kill -{name}");
    }

    /// How it ended, if it did.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        if self.exited.is_none() {
            self.exited = self.child.try_wait().expect("the child's status");
        }
        self.exited
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        wait_until("the server's end", || self.exit_status())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that fails because its server died, or that is about its log, shows the log.
        if std::thread::panicking() && (self.exit_status().is_some() || self.shows_log) {
            eprintln!("--- log of {}\n{}", self.dir.display(), self.log());
        }
        if self.exit_status().is_none() {
            // Errors: it ended meanwhile, which is what we want.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A new directory under the system's temporary one: a Unix socket's path must be short.
pub(crate) fn fresh_dir() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("ruddle-{}-{number}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    dir
}

/// A TCP port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
