//! A connection without a socket, for tests: two queues of bytes and what POSIX says of them.
//!
//! The test holds a [`Pipe`], the server the other [`End`]. The server's writes stop when the
//! queue is full, as those to a socket whose peer does not read.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::transport::Transport;

/// The peer's end.
#[derive(Clone, Debug)]
pub struct Pipe(Arc<Mutex<Queues>>);

/// The server's end; dropping it closes the connection.
#[derive(Debug)]
pub struct End(Arc<Mutex<Queues>>);

#[derive(Debug)]
struct Queues {
    to_server: VecDeque<u8>,
    to_peer: Vec<u8>,
    /// Bytes that ever came to the peer's side.
    arrived: u64,
    /// Bytes that `to_peer` holds at most.
    room: usize,
    /// The peer sends no more.
    ended: bool,
    /// The server has closed.
    closed: bool,
}

fn lock(queues: &Mutex<Queues>) -> MutexGuard<'_, Queues> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pipe {
    /// A connection that holds `room` bytes on their way to the peer.
    pub fn connect(room: usize) -> (Pipe, Transport) {
        let queues = Arc::new(Mutex::new(Queues {
            to_server: VecDeque::new(),
            to_peer: Vec::new(),
            arrived: 0,
            room,
            ended: false,
            closed: false,
        }));
        let end = End(Arc::clone(&queues));
        (Pipe(queues), Transport::Simulated(end))
    }

    /// Sends bytes to the server.
    pub fn send(&self, bytes: &[u8]) {
        lock(&self.0).to_server.extend(bytes);
    }

    /// Sends no more.
    pub fn end(&self) {
        lock(&self.0).ended = true;
    }

    /// What has arrived from the server.
    pub fn receive(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.0).to_peer)
    }

    /// Whether the server can write.
    pub fn has_room(&self) -> bool {
        let queues = lock(&self.0);
        queues.to_peer.len() < queues.room
    }

    /// Bytes that have arrived from the server since the connection was made.
    pub fn arrived(&self) -> u64 {
        lock(&self.0).arrived
    }

    /// Whether the server has closed the connection.
    pub fn is_closed(&self) -> bool {
        lock(&self.0).closed
    }
}

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut queues = lock(&self.0);
        if queues.to_server.is_empty() && !queues.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        queues.to_server.read(buf)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut queues = lock(&self.0);
        let free = queues.room.saturating_sub(queues.to_peer.len());
        let count = bytes.len().min(free);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        queues.to_peer.extend_from_slice(&bytes[..count]);
        queues.arrived += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        lock(&self.0).closed = true;
    }
}
