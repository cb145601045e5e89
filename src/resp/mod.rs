//! The wire protocol, RESP2 and RESP3, without sockets: bytes in, requests out; replies in,
//! bytes out.

pub mod batch;
pub mod inline;
pub mod parser;
pub mod queue;
pub mod read;
pub mod reply;
pub mod request;
pub mod requests;
pub mod token;
