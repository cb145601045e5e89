//! Values as an application keeps them, so that compression has to do with them what it would
//! have to do there: names of fields that repeat in every record, and content that does not.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::failure::{Doing, Failure, Result};
use crate::server::Server;
use crate::wire::{self, Scanner};

/// Sent before their replies are read.
const BATCH: u64 = 200;
/// Characters of chance in a field; with its name around it they are some 60 % of a record.
const FIELD_BYTES: usize = 20;
const NAMES: [&str; 8] = [
    "id", "name", "city", "mail", "token", "phone", "agent", "note",
];
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The key of a number, 16 bytes.
pub(crate) fn key(number: u64) -> Vec<u8> {
    format!("key:{number:012}").into_bytes()
}

/// Records of one length, the same for the same seed.
#[derive(Debug)]
pub(crate) struct Records {
    rng: fastrand::Rng,
    bytes: usize,
}

impl Records {
    pub(crate) fn new(seed: u64, bytes: usize) -> Records {
        Records {
            rng: fastrand::Rng::with_seed(seed),
            bytes,
        }
    }

    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut record = Vec::with_capacity(self.bytes + 64);
        record.push(b'{');
        for name in NAMES.iter().cycle() {
            if record.len() >= self.bytes {
                break;
            }
            record.extend_from_slice(b"\"");
            record.extend_from_slice(name.as_bytes());
            record.extend_from_slice(b"\":\"");
            // Ten characters of six bits in each number.
            for _ in 0..FIELD_BYTES / 10 {
                let mut chance = self.rng.u64(..);
                for _ in 0..10 {
                    record.push(ALPHABET[(chance & 63) as usize]);
                    chance >>= 6;
                }
            }
            record.extend_from_slice(b"\",");
        }
        record.truncate(self.bytes);
        record
    }
}

/// Sets keys 0 to `keys` to records.
pub(crate) fn fill(server: &Server, keys: u64, value_bytes: usize) -> Result<()> {
    let mut records = Records::new(0, value_bytes);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).doing("connecting")?;
    let mut scanner = Scanner::default();
    let mut input = vec![0; 64 << 10];
    for from in (0..keys).step_by(BATCH as usize) {
        let to = keys.min(from + BATCH);
        let mut requests = Vec::new();
        for number in from..to {
            requests.extend(wire::request(&[b"SET", &key(number), &records.next()]));
        }
        stream.write_all(&requests).doing("loading records")?;
        while scanner.tally.replies < to {
            match stream.read(&mut input).doing("loading records")? {
                0 => return Err(Failure::new("the server closed the loading connection")),
                count => scanner.feed(&input[..count]),
            }
        }
    }
    match scanner.tally.errors {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{}: SET is refused", server.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_their_length_and_differ() {
        for bytes in [1, 10, 200, 1000] {
            let mut records = Records::new(7, bytes);
            let (first, second) = (records.next(), records.next());
            assert_eq!((first.len(), second.len()), (bytes, bytes));
            assert!(bytes < 10 || first != second);
            assert_eq!(Records::new(7, bytes).next(), first);
        }
    }
}
