//! The integration tests, one binary: a real server, real sockets, and (where it is the oracle)
//! Debian's redis-server beside it.
//!
//! `docs/TESTING.md` says what each part is for and how to run one of them.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod corrupt;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod wire;
