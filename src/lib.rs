//! Ruddle: a Redis-compatible in-memory data store; one thread owns everything.
//!
//! The modules, in reading order from the ground up. Imports point down only and siblings do not
//! see each other (`server` and `admin` are the one mutual pair); `tests/it/tidy.rs` holds the
//! table and fails on an arrow that is not in it.
//!
//! | layer | modules | what they are |
//! |---|---|---|
//! | 0 | `ds` | pure data structures: no Redis, no time, no I/O |
//! | 1 | `sys` | clock, entropy, worker threads, signals, allocator, limits |
//! | 2 | `value` `resp` `net` `config` `observe` | values, wire, sockets, parameters, metrics |
//! | 3 | `keyspace` `rdb` | the only door to stored data; the dump format, without files |
//! | 4 | `command` ← `acl` | commands on data, and the rows that describe them; who may run them |
//! | 5 | `client` `persist` `replication` | one connection; files that outlive the process; other servers |
//! | 6 | `server` ⇄ `admin` | the reactor, and its commands on itself |
//! | 6 | `check` | what the tools do that check files |

pub mod ds;

pub mod sys;

pub mod config;
pub mod net;
pub mod observe;
pub mod resp;
pub mod value;

pub mod keyspace;
pub mod rdb;

pub mod acl;
pub mod command;

pub mod client;
pub mod persist;
pub mod replication;

pub mod admin;
pub mod check;
pub mod server;

/// Tests count what they allocate.
#[cfg(all(test, not(miri)))]
#[global_allocator]
static ALLOCATOR: sys::alloc::Counting = sys::alloc::Counting;
