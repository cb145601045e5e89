//! What the admin commands are, by family.

mod acl;
mod alone;
mod client;
mod cluster;
mod config;
mod connection;
mod control;
mod introspect;
mod observe;
mod persistence;
mod pubsub;
mod replication;
mod transaction;

use super::AdminHandler;
use crate::command::spec::Row;

/// All of them.
pub static FAMILIES: &[&[Row<AdminHandler>]] = &[
    acl::COMMANDS,
    connection::COMMANDS,
    client::COMMANDS,
    config::COMMANDS,
    introspect::COMMANDS,
    alone::COMMANDS,
    cluster::COMMANDS,
    observe::COMMANDS,
    control::COMMANDS,
    persistence::COMMANDS,
    replication::COMMANDS,
    transaction::COMMANDS,
    pubsub::COMMANDS,
];
