//! What goes to other servers: keys that migrate.

pub mod migrate;
