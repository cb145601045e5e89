//! Sockets that accept clients.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use super::transport::{Peer, Transport};

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// One word of a `bind` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindWord<'a> {
    pub address: &'a str,
    /// A leading `-`: an address this machine does not have is passed over.
    pub optional: bool,
}

impl<'a> BindWord<'a> {
    /// Reads `word`: an address, `*` for all of IPv4, `::*` for all of IPv6, a leading `-`.
    pub fn parse(word: &'a str) -> BindWord<'a> {
        let (address, optional) = match word.strip_prefix('-') {
            Some(address) => (address, true),
            None => (word, false),
        };
        let address = match address {
            "*" => "0.0.0.0",
            "::*" => "::",
            other => other,
        };
        BindWord { address, optional }
    }

    /// Whether `error` only says that this machine does not have the (optional) address.
    pub fn forgives(&self, error: &io::Error) -> bool {
        let unavailable = [libc::EADDRNOTAVAIL, libc::EAFNOSUPPORT, libc::ENOENT];
        self.optional
            && error
                .raw_os_error()
                .is_some_and(|code| unavailable.contains(&code))
    }
}

/// Listens on `address` (a number or a name) and `port`.
///
/// # Errors
/// Whatever keeps the socket from listening there.
pub fn tcp(address: &str, port: u16, backlog: i32) -> io::Result<Listener> {
    let addr = match address.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, port),
        Err(_) => {
            let mut found = (address, port).to_socket_addrs()?;
            found.next().ok_or(io::ErrorKind::AddrNotAvailable)?
        }
    };
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM.nonblocking(), None)?;
    socket.set_reuse_address(true)?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&SockAddr::from(addr))?;
    socket.listen(backlog)?;
    Ok(Listener::Tcp(TcpListener::from_std(socket.into())))
}

/// Listens on a Unix socket at `path`, replacing a socket left behind there; `mode` are its
/// permissions, if not the process's usual ones.
///
/// # Errors
/// Whatever keeps the socket from listening there.
pub fn unix(path: &Path, mode: Option<u32>, backlog: i32) -> io::Result<Listener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(mode) = mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    socket.listen(backlog)?;
    Ok(Listener::Unix(
        UnixListener::from_std(socket.into()),
        path.to_owned(),
    ))
}

impl Listener {
    /// Accepts one connection; `None` when there is none waiting.
    ///
    /// # Errors
    /// Whatever the system reports, such as too many open files.
    pub fn accept(&self) -> io::Result<Option<(Transport, Peer)>> {
        let accepted = match self {
            Listener::Tcp(listener) => listener
                .accept()
                .map(|(stream, addr)| (Transport::Tcp(stream), Peer::Tcp(addr))),
            Listener::Unix(listener, path) => listener
                .accept()
                .map(|(stream, _)| (Transport::Unix(stream), Peer::Unix(path.clone()))),
        };
        match accepted {
            Ok(accepted) => Ok(Some(accepted)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks to be told when connections wait.
    ///
    /// # Errors
    /// If the system cannot watch one more socket.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Listener::Tcp(listener) => registry.register(listener, token, Interest::READABLE),
            Listener::Unix(listener, _) => registry.register(listener, token, Interest::READABLE),
        }
    }

    /// Asks to be told nothing more.
    pub fn deregister(&mut self, registry: &Registry) {
        drop(match self {
            Listener::Tcp(listener) => registry.deregister(listener),
            Listener::Unix(listener, _) => registry.deregister(listener),
        });
    }

    /// The address it listens on, for the log.
    pub fn local(&self) -> Option<SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(..) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            // It may have been removed or replaced by hand: nothing to do about it.
            drop(fs::remove_file(path));
        }
    }
}

/// Sets what Redis sets on an accepted TCP connection: no delay, and probes of an idle peer every
/// `keepalive_s` seconds (0: none).
///
/// # Errors
/// If the system refuses an option.
pub fn tune(transport: &Transport, keepalive_s: u32) -> io::Result<()> {
    let Transport::Tcp(stream) = transport else {
        return Ok(());
    };
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    if keepalive_s > 0 {
        let seconds = u64::from(keepalive_s);
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(seconds))
            .with_interval(Duration::from_secs((seconds / 3).max(1)))
            .with_retries(3);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
}
