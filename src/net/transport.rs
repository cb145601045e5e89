//! A client's end of a connection, whatever it runs over.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

#[cfg(test)]
use super::simulated::End;
use crate::ds::output::Output;

/// Slices handed to one vectored write; the system's bound (`IOV_MAX`) is 1024.
const SLICES_MAX: usize = 64;

/// A connected stream.
#[derive(Debug)]
pub enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// No socket: a test holds the other end.
    #[cfg(test)]
    Simulated(End),
}

/// What came of an attempt to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// So many bytes; fewer than there was room for means that there are no more for now.
    Bytes(usize),
    /// Nothing for now.
    Later,
    /// The peer sends no more.
    Ended,
}

/// What came of an attempt to write an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// Everything is written.
    Done,
    /// The budget is used up, the socket would take more.
    Budget,
    /// The socket takes no more for now.
    Later,
}

impl Transport {
    /// Reads into `buf` once.
    ///
    /// # Errors
    /// Whatever the socket reports, except that it has nothing now.
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<ReadOutcome> {
        loop {
            let result = match self {
                Transport::Tcp(stream) => stream.read(buf),
                Transport::Unix(stream) => stream.read(buf),
                #[cfg(test)]
                Transport::Simulated(end) => end.read(buf),
            };
            return match result {
                Ok(0) => Ok(ReadOutcome::Ended),
                Ok(count) => Ok(ReadOutcome::Bytes(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(ReadOutcome::Later),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Writes from the front of `output`, at most about `budget` bytes; `written` counts them.
    ///
    /// # Errors
    /// Whatever the socket reports, except that it takes nothing now.
    pub fn write(
        &mut self,
        output: &mut Output,
        budget: usize,
        written: &mut u64,
    ) -> io::Result<WriteOutcome> {
        let mut left = budget;
        while !output.is_empty() {
            let waiting = output.len();
            let count = match self.write_once(output) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(WriteOutcome::Later);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            output.consume(count);
            *written += count as u64;
            left = left.saturating_sub(count);
            if left == 0 && count < waiting {
                return Ok(WriteOutcome::Budget);
            }
        }
        Ok(WriteOutcome::Done)
    }

    fn write_once(&mut self, output: &Output) -> io::Result<usize> {
        if let Some(bytes) = output.contiguous() {
            return match self {
                Transport::Tcp(stream) => stream.write(bytes),
                Transport::Unix(stream) => stream.write(bytes),
                #[cfg(test)]
                Transport::Simulated(end) => end.write(bytes),
            };
        }
        let mut slices: Vec<IoSlice<'_>> = Vec::with_capacity(SLICES_MAX);
        output.slices(&mut slices, SLICES_MAX);
        match self {
            Transport::Tcp(stream) => stream.write_vectored(&slices),
            Transport::Unix(stream) => stream.write_vectored(&slices),
            #[cfg(test)]
            Transport::Simulated(end) => end.write_vectored(&slices),
        }
    }

    /// Tells the peer that nothing more will be sent.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn end_sending(&self) -> io::Result<()> {
        match self {
            Transport::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Transport::Unix(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(test)]
            Transport::Simulated(_) => Ok(()),
        }
    }

    /// Asks to be told, edge-triggered, about `interest`.
    ///
    /// # Errors
    /// If the system cannot watch one more socket.
    pub fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        match self {
            Transport::Tcp(stream) => registry.register(stream, token, interest),
            Transport::Unix(stream) => registry.register(stream, token, interest),
            #[cfg(test)]
            Transport::Simulated(_) => Ok(()),
        }
    }

    /// Changes what it asks to be told about.
    ///
    /// # Errors
    /// If the socket is not registered.
    pub fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        match self {
            Transport::Tcp(stream) => registry.reregister(stream, token, interest),
            Transport::Unix(stream) => registry.reregister(stream, token, interest),
            #[cfg(test)]
            Transport::Simulated(_) => Ok(()),
        }
    }

    /// Asks to be told nothing more; the socket is about to be closed.
    pub fn deregister(&mut self, registry: &Registry) {
        // Closing the descriptor would remove it as well: nothing to do about a failure.
        drop(match self {
            Transport::Tcp(stream) => registry.deregister(stream),
            Transport::Unix(stream) => registry.deregister(stream),
            #[cfg(test)]
            Transport::Simulated(_) => Ok(()),
        });
    }

    /// The descriptor's number, for CLIENT LIST.
    pub fn fd(&self) -> RawFd {
        match self {
            Transport::Tcp(stream) => stream.as_raw_fd(),
            Transport::Unix(stream) => stream.as_raw_fd(),
            #[cfg(test)]
            Transport::Simulated(_) => -1,
        }
    }

    /// The server's own address on this connection.
    pub fn local(&self) -> Option<SocketAddr> {
        match self {
            Transport::Tcp(stream) => stream.local_addr().ok(),
            Transport::Unix(_) => None,
            #[cfg(test)]
            Transport::Simulated(_) => None,
        }
    }
}

/// Where a client comes from.
#[derive(Clone, Debug)]
pub enum Peer {
    Tcp(SocketAddr),
    /// The path of the server's socket: the peer has no name of its own.
    Unix(PathBuf),
}

impl Peer {
    /// Whether the peer is on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Peer::Tcp(addr) => addr.ip().to_canonical().is_loopback(),
            Peer::Unix(_) => true,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A unix socket has no port: Redis writes 0.
            Peer::Unix(path) => write!(f, "{}:0", path.display()),
            Peer::Tcp(addr) => write!(f, "{addr}"),
        }
    }
}
