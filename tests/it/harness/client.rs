//! A client that says exactly what it is told, and reads replies with a time limit.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::PATIENCE;
use super::reply::{self, Reply};

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// Why no reply came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// The server closed the connection (or reset it).
    Closed,
    /// Nothing (or not enough) within the time limit.
    Timeout,
    /// What came is not RESP.
    NotResp(String),
}

trait Stream: Read + Write + Send {
    fn limit(&self, limit: Duration) -> std::io::Result<()>;
    fn end(&self) -> std::io::Result<()>;
    /// Its end will be a reset, where the transport knows one.
    fn break_off(&self) -> std::io::Result<()>;
}

impl Stream for UnixStream {
    fn limit(&self, limit: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }

    fn end(&self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn break_off(&self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Stream for TcpStream {
    fn limit(&self, limit: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }

    fn end(&self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn break_off(&self) -> std::io::Result<()> {
        SockRef::from(self).set_linger(Some(Duration::ZERO))
    }
}

/// One connection.
pub(crate) struct Client {
    stream: Box<dyn Stream>,
    input: Vec<u8>,
    /// How long one read or write may take.
    patience: Duration,
}

impl Client {
    pub(crate) fn try_connect(address: &Address) -> std::io::Result<Client> {
        let stream: Box<dyn Stream> = match address {
            Address::Unix(path) => Box::new(UnixStream::connect(path)?),
            Address::Tcp(address) => {
                let stream = TcpStream::connect_timeout(address, PATIENCE)?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        };
        stream.limit(PATIENCE)?;
        Ok(Client {
            stream,
            input: Vec::new(),
            patience: PATIENCE,
        })
    }

    pub(crate) fn connect(address: &Address) -> Client {
        Self::try_connect(address).unwrap_or_else(|error| panic!("connect {address:?}: {error}"))
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends what the socket's buffers take at once.
    pub(crate) fn send_some(&mut self, bytes: &[u8]) {
        let limit = Duration::from_millis(1);
        self.stream.limit(limit).expect("a limit for the socket");
        // It fails when they are full.
        let _ = self.stream.write_all(bytes);
        let patience = self.patience;
        self.stream.limit(patience).expect("a limit for the socket");
    }

    /// Sends one command.
    pub(crate) fn send<T: AsRef<[u8]>>(&mut self, args: &[T]) -> std::io::Result<()> {
        self.send_raw(&encode(args))
    }

    /// The next reply.
    pub(crate) fn read(&mut self) -> Result<Reply, NoReply> {
        let started = Instant::now();
        loop {
            match reply::parse(&self.input) {
                Ok(Some((reply, used))) => {
                    self.input.drain(..used);
                    return Ok(reply);
                }
                Ok(None) if started.elapsed() > self.patience => return Err(NoReply::Timeout),
                Ok(None) => self.fill()?,
                Err(reply::NotResp(text)) => return Err(NoReply::NotResp(text)),
            }
        }
    }

    /// The next reply, if it comes before `limit` is over.
    pub(crate) fn read_within(&mut self, limit: Duration) -> Result<Reply, NoReply> {
        let patience = std::mem::replace(&mut self.patience, limit);
        self.stream.limit(limit).expect("a limit for the socket");
        let result = self.read();
        self.patience = patience;
        self.stream.limit(patience).expect("a limit for the socket");
        result
    }

    /// Ends the connection's way to the server; replies can still come.
    pub(crate) fn end_sending(&mut self) {
        self.stream.end().expect("half of the connection is closed");
    }

    /// Ends the connection by a reset: whatever is under way either way is lost.
    pub(crate) fn reset(self) {
        self.stream.break_off().expect("a socket that can be reset");
    }

    fn fill(&mut self) -> Result<(), NoReply> {
        let mut chunk = vec![0; 64 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => Err(NoReply::Closed),
            Ok(count) => {
                self.input.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(NoReply::Timeout),
                ErrorKind::Interrupted => Ok(()),
                _ => Err(NoReply::Closed),
            },
        }
    }

    /// Sends one command and reads its reply; no reply is the test's failure.
    pub(crate) fn call<T: AsRef<[u8]>>(&mut self, args: &[T]) -> Reply {
        let name = || String::from_utf8_lossy(args[0].as_ref()).into_owned();
        self.send(args)
            .unwrap_or_else(|error| panic!("send {}: {error}", name()));
        self.read()
            .unwrap_or_else(|why| panic!("reply to {}: {why:?}", name()))
    }

    /// Sends one command given as words without blanks in them.
    pub(crate) fn words(&mut self, line: &str) -> Reply {
        self.call(&line.split(' ').collect::<Vec<_>>())
    }

    /// A number that INFO tells in this section.
    pub(crate) fn info_number(&mut self, section: &str, field: &str) -> u64 {
        let info = self.call(&["INFO", section]);
        let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
        let mut lines = text.lines();
        lines
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or_else(|| panic!("INFO {section} has no number {field}:\n{text}"))
    }

    /// Whether the server closes the connection without saying more.
    pub(crate) fn closes(&mut self) -> bool {
        self.read() == Err(NoReply::Closed)
    }
}

/// A command as RESP.
pub(crate) fn encode<T: AsRef<[u8]>>(args: &[T]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        let arg = arg.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        bytes.extend_from_slice(arg);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
