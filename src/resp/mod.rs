//! The wire protocol, RESP2 and RESP3, without sockets: bytes in, requests out; replies in,
//! bytes out.

pub mod reply;
pub mod request;
