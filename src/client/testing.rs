//! For tests: clients without a peer.

use super::Client;
use super::slab::{ClientKey, Clients};
use crate::net::transport::{Peer, Transport};
use crate::sys::clock::{MonoNs, UnixMs};

/// A client at the end of a connection that nobody else holds.
pub fn nobody() -> Client {
    let (stream, _) = mio::net::UnixStream::pair().unwrap();
    let peer = Peer::Unix("".into());
    Client::new(1, Transport::Unix(stream), peer, UnixMs(0), MonoNs(0))
}

/// The keys of so many clients.
pub fn some_keys(count: usize) -> Vec<ClientKey> {
    let mut clients = Clients::default();
    (0..count).map(|_| clients.insert(nobody())).collect()
}
