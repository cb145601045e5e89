//! Redis's dump format ("RDB"), without files: values to bytes and back.
//!
//! ```text
//! file:     REDIS0010 │ aux fields │ database │ records … │ database │ … │ end │ CRC-64
//! record:   [expiry] [idle time or frequency] type key value
//! payload:  type value │ version, 2 bytes │ CRC-64            (DUMP, RESTORE)
//! ```
//!
//! Numbers are little-endian; a *length* has a variable form (`output`); a *string* is a length
//! and bytes, or an integer, or compressed (LZF). Small collections are strings that hold a packed
//! form: listpack, intset, and in older files ziplist and zipmap.
//!
//! **Written** is version 10, which redis-server 7 and everything after it reads; a hash with
//! deadlines of fields has no form there and is written as Valkey 9 does, under its version. **Read**
//! is everything from version 1 on, of Redis up to 8 and Valkey up to 9, as far as its types exist
//! here. What is read is checked in full before it becomes a value: lengths against what is there,
//! packed forms item by item, elements for being all different and in order.
//!
//! Source: the formats were learnt from files and payloads that the servers write, and from their
//! public descriptions.

pub mod damage;
pub mod decode;
pub mod encode;
pub mod input;
mod lzf;
pub mod output;
pub mod packed;
mod stream;

use crc::{CRC_64_REDIS, Crc, Table};

/// The version that is written.
pub const VERSION: u16 = 10;

/// The version of what only Valkey 9 has a form for.
pub const VERSION_VALKEY: u16 = 80;

/// The checksum of files and payloads.
pub static CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// The types of values, by their numbers in the format.
pub mod types {
    pub const STRING: u8 = 0;
    pub const LIST: u8 = 1;
    pub const SET: u8 = 2;
    /// Scores as text.
    pub const ZSET: u8 = 3;
    pub const HASH: u8 = 4;
    /// Scores as doubles.
    pub const ZSET_2: u8 = 5;
    pub const MODULE: u8 = 6;
    pub const MODULE_2: u8 = 7;
    pub const HASH_ZIPMAP: u8 = 9;
    pub const LIST_ZIPLIST: u8 = 10;
    pub const SET_INTSET: u8 = 11;
    pub const ZSET_ZIPLIST: u8 = 12;
    pub const HASH_ZIPLIST: u8 = 13;
    /// Ziplists.
    pub const LIST_QUICKLIST: u8 = 14;
    pub const STREAM: u8 = 15;
    pub const HASH_LISTPACK: u8 = 16;
    pub const ZSET_LISTPACK: u8 = 17;
    /// Listpacks and single elements.
    pub const LIST_QUICKLIST_2: u8 = 18;
    /// With the first id, the greatest deleted one, and how many were ever added.
    pub const STREAM_2: u8 = 19;
    pub const SET_LISTPACK: u8 = 20;
    /// With the consumers' active times.
    pub const STREAM_3: u8 = 21;
    /// Valkey 9: with the fields' deadlines.
    pub const HASH_2: u8 = 22;
    /// Redis 7.4: with the fields' deadlines, relative to the earliest.
    pub const HASH_METADATA: u8 = 24;
    /// Redis 7.4: field, value, deadline.
    pub const HASH_LISTPACK_EX: u8 = 25;
    /// Redis 7.4 before its release, under numbers that stand in no file: the two before without
    /// the earliest deadline, the first with whole deadlines.
    pub const HASH_METADATA_PRE: u8 = 222;
    pub const HASH_LISTPACK_EX_PRE: u8 = 223;

    /// The type that `number` means in a file or payload of `version`: Redis and Valkey gave one of
    /// them twice.
    pub fn of(number: u8, version: u16) -> u8 {
        match (number, version) {
            (_, super::VERSION_VALKEY..) => number,
            (22, _) => HASH_METADATA_PRE,
            (23, _) => HASH_LISTPACK_EX_PRE,
            _ => number,
        }
    }
}

/// What stands in a file where a type could stand.
pub mod opcodes {
    /// Valkey: how many keys of a slot follow.
    pub const SLOT_INFO: u8 = 244;
    pub const FUNCTION_2: u8 = 245;
    pub const FUNCTION_PRE: u8 = 246;
    pub const MODULE_AUX: u8 = 247;
    pub const IDLE: u8 = 248;
    pub const FREQUENCY: u8 = 249;
    pub const AUX: u8 = 250;
    pub const RESIZE: u8 = 251;
    pub const EXPIRE_MS: u8 = 252;
    pub const EXPIRE_SECONDS: u8 = 253;
    pub const SELECT: u8 = 254;
    pub const END: u8 = 255;
}
