//! Telling whoever watches over the process how it is: systemd by its notification socket,
//! upstart by stopping once.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Who watches over the process.
#[derive(Debug, Default)]
pub enum Supervisor {
    #[default]
    Nobody,
    /// Takes messages on the socket of this name.
    Systemd(OsString),
    Upstart,
}

impl Supervisor {
    /// systemd, if it said where to tell.
    pub fn systemd() -> Option<Supervisor> {
        let socket = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        Some(Supervisor::Systemd(socket))
    }

    /// upstart, if it started the process.
    pub fn upstart() -> Option<Supervisor> {
        std::env::var_os("UPSTART_JOB").map(|_| Supervisor::Upstart)
    }

    /// Whoever it is.
    pub fn detect() -> Supervisor {
        Self::upstart().or_else(Self::systemd).unwrap_or_default()
    }

    /// Whether somebody is there.
    pub fn is_there(&self) -> bool {
        !matches!(self, Supervisor::Nobody)
    }

    /// The server takes connections.
    ///
    /// # Errors
    /// If it cannot be told.
    pub fn ready(&self) -> io::Result<()> {
        match self {
            Supervisor::Nobody => Ok(()),
            Supervisor::Systemd(socket) => {
                notify(socket, b"STATUS=Ready to accept connections\nREADY=1\n")
            }
            // upstart's `expect stop`: it lets the process continue when it has seen it stop.
            Supervisor::Upstart => {
                let own = rustix::process::getpid();
                Ok(rustix::process::kill_process(
                    own,
                    rustix::process::Signal::STOP,
                )?)
            }
        }
    }

    /// The server is about to end.
    ///
    /// # Errors
    /// If it cannot be told.
    pub fn stopping(&self) -> io::Result<()> {
        match self {
            Supervisor::Systemd(socket) => notify(socket, b"STATUS=Shutting down\nSTOPPING=1\n"),
            Supervisor::Nobody | Supervisor::Upstart => Ok(()),
        }
    }
}

/// Sends one datagram to `socket`: a path, or `@` and an abstract name.
fn notify(socket: &OsStr, message: &[u8]) -> io::Result<()> {
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let sent = UnixDatagram::unbound()?.send_to_addr(message, &address)?;
    debug_assert_eq!(sent, message.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_hears_on_paths_and_abstract_names() {
        let name = format!("ruddle-notify-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
        let cases = [
            (
                UnixDatagram::bind(&path).unwrap(),
                path.clone().into_os_string(),
            ),
            (
                UnixDatagram::bind_addr(&abstract_name).unwrap(),
                format!("@{name}").into(),
            ),
        ];
        for (socket, name) in cases {
            let supervisor = Supervisor::Systemd(name);
            supervisor.ready().unwrap();
            let mut message = [0; 100];
            let len = socket.recv(&mut message).unwrap();
            assert_eq!(
                &message[..len],
                b"STATUS=Ready to accept connections\nREADY=1\n"
            );
            supervisor.stopping().unwrap();
            let len = socket.recv(&mut message).unwrap();
            assert!(message[..len].ends_with(b"STOPPING=1\n"));
        }
        std::fs::remove_file(path).unwrap();
        assert!(
            Supervisor::Systemd("/nowhere/at/all".into())
                .ready()
                .is_err()
        );
    }
}
