//! DEBUG DIGEST: a fingerprint of data, equal on any server of the family that holds equal data.
//!
//! Twenty bytes, built from SHA-1 by two operations:
//!
//! - *xor* in a datum: `digest ^= sha1(datum)`; the order of data does not matter;
//! - *mix* in a datum: xor it in, then `digest = sha1(digest)`; the order does matter.
//!
//! A value is its type's number mixed in, then its elements (mixed where they have an order, xored
//! where they have none), then a mark xored in if the key has a deadline; the moment itself does
//! not count. A key's digest is its name mixed into nothing, then its value. The whole data set
//! mixes in the number of each database that has keys, in order, and xors in each key's digest.
//! Entries past their deadline count as long as they are there, as in Redis.
//!
//! Adding a type? Its arm goes into [`Digest::mix_value`].

use sha1::{Digest as _, Sha1};

use crate::ds::number::DoubleText;
use crate::keyspace::{Entry, View};
use crate::sys::clock::UnixMs;
use crate::value::stream::{Stream, StreamId};
use crate::value::{Kind, Value};

/// A fingerprint under construction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 20]);

impl Digest {
    /// The digest of all databases.
    pub fn of_data_set(db: &mut View<'_>) -> Digest {
        let mut digest = Digest::default();
        for index in 0..db.db_count() {
            let mut db = db.other(index);
            if db.is_empty() {
                continue;
            }
            digest.mix_number(index);
            db.for_each(|entry| {
                let mut of_key = Digest::default();
                of_key.mix(entry.key());
                of_key.mix_entry(entry);
                digest.xor(&of_key.0);
            });
        }
        digest
    }

    /// The digest of one key's value; all zeros without the key.
    pub fn of_value(entry: Option<Entry<'_>>) -> Digest {
        let mut digest = Digest::default();
        if let Some(entry) = entry {
            digest.mix_entry(entry);
        }
        digest
    }

    /// The forty hexadecimal digits that DEBUG DIGEST shows.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn mix_entry(&mut self, entry: Entry<'_>) {
        self.mix_value(entry.value());
        if entry.deadline().is_some() {
            self.xor(b"!!expire!!");
        }
    }

    fn mix_value(&mut self, value: Value<'_>) {
        self.mix_number(type_number(value.kind()));
        match value {
            Value::String(string) => self.mix(&string.to_cow()),
            Value::Set(set) => set.for_each(|item| self.xor(item.text(&mut itoa::Buffer::new()))),
            Value::List(list) => list.elements().for_each(|element| {
                self.mix(element.text(&mut itoa::Buffer::new()));
            }),
            Value::Hash(hash) => hash.for_each(UnixMs(i64::MIN), |pair| {
                let mut of_pair = Digest::default();
                of_pair.mix(&pair.field.to_cow());
                of_pair.mix(&pair.value.to_cow());
                self.xor(&of_pair.0);
            }),
            Value::Zset(zset) => zset.iter().for_each(|(member, score)| {
                let mut of_member = Digest::default();
                of_member.mix(member.text(&mut itoa::Buffer::new()));
                of_member.mix(DoubleText::of_17_digits(score).as_bytes());
                self.xor(&of_member.0);
            }),
            Value::Stream(stream) => self.mix_stream(stream),
        }
    }

    /// Entries in their order: ids, their parts joined by a point, then fields and values.
    fn mix_stream(&mut self, stream: &Stream) {
        for entry in stream.range(StreamId::MIN, StreamId::MAX) {
            let StreamId { ms, seq } = entry.id;
            self.mix(format!("{ms}.{seq}").as_bytes());
            for word in entry.words() {
                self.mix(word.text(&mut itoa::Buffer::new()));
            }
        }
    }

    fn xor(&mut self, datum: &[u8]) {
        let hash = Sha1::digest(datum);
        for (byte, hashed) in self.0.iter_mut().zip(hash) {
            *byte ^= hashed;
        }
    }

    fn mix(&mut self, datum: &[u8]) {
        self.xor(datum);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Mixes in a small number as four bytes, the highest first.
    fn mix_number(&mut self, number: usize) {
        let number = u32::try_from(number).expect("database and type numbers are small");
        self.mix(&number.to_be_bytes());
    }
}

/// The numbers Redis gives its types; 5 is that of modules.
fn type_number(kind: Kind) -> usize {
    match kind {
        Kind::String => 0,
        Kind::List => 1,
        Kind::Set => 2,
        Kind::Zset => 3,
        Kind::Hash => 4,
        Kind::Stream => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::testing::Bench;
    use crate::keyspace::Deadline;
    use crate::sys::clock::UnixMs;
    use crate::value::string::NewStr;

    fn set(bench: &mut Bench, db: usize, key: &str, text: &[u8], deadline: Deadline) {
        let value = NewStr::Bytes {
            bytes: text,
            raw: false,
        };
        let mut view = bench.space.view(db, bench.now);
        view.set(key.as_bytes(), value, deadline);
    }

    fn whole(bench: &mut Bench) -> String {
        Digest::of_data_set(&mut bench.space.view(0, bench.now)).hex()
    }

    /// The figures are those of redis-server 7.0.15 and 8.0.6 and valkey-server 9.1.2.
    #[test]
    fn equal_data_have_the_digest_that_redis_computes() {
        let mut bench = Bench::new();
        assert_eq!(whole(&mut bench), "0".repeat(40));
        let mut view = bench.space.view(0, bench.now);
        view.set(b"a", NewStr::Int(1), Deadline::Never);
        assert_eq!(
            whole(&mut bench),
            "943d800368fb9c0e951138f1bc0e313ac769d91f"
        );
        set(&mut bench, 0, "b", b"hello world", Deadline::Never);
        assert_eq!(
            whole(&mut bench),
            "565704461acee926a3c33a45d93065235715efc0"
        );
        let deadline = Deadline::At(UnixMs(1_900_000_000_000));
        set(&mut bench, 0, "b", b"hello world", deadline);
        assert_eq!(
            whole(&mut bench),
            "b2e31d795dba0244406935a9294ee912ab4e979d"
        );
        set(&mut bench, 3, "", b"", Deadline::Never);
        set(&mut bench, 3, "a", b"1", Deadline::Never);
        assert_eq!(
            whole(&mut bench),
            "1f205d7fbb44948e40c75b577a4a0baf9bcab0b4"
        );
        set(&mut bench, 9, "big", &[b'x'; 300_000], Deadline::Never);
        assert_eq!(
            whole(&mut bench),
            "a4531a943871cdc5a8ec3bff8a98c274a931905b"
        );
    }

    #[test]
    fn a_value_has_a_digest_of_its_own() {
        let mut bench = Bench::new();
        set(&mut bench, 9, "big", &[b'x'; 300_000], Deadline::Never);
        let deadline = Deadline::At(UnixMs(1_900_000_000_000));
        set(&mut bench, 9, "b", b"hello world", deadline);
        let mut view = bench.space.view(9, bench.now);
        let mut digest = |key: &[u8]| Digest::of_value(view.peek(key)).hex();
        assert_eq!(digest(b"big"), "3e6fca88d5acdac87b39a718fd924db38dde8ce5");
        assert_eq!(digest(b"b"), "ff3a5370fc3e2d91194373c19d134ca2ec828dd1");
        assert_eq!(digest(b"nokey"), "0".repeat(40));
    }
}
