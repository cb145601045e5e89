//! The bytes of head, blocks and trailer.

use crc64fast::Digest;

/// What a file begins with. The line's end is changed by whatever takes the file for text.
pub(super) const MAGIC: [u8; 8] = *b"RUDDLE\r\n";

/// What a file ends with.
const END: [u8; 8] = *b"\r\nELDDUR";

/// What a block begins with.
pub(super) const MARK: [u8; 4] = *b"RBLK";

/// The version that is written and read.
pub(super) const VERSION: u32 = 1;

pub(super) const HEAD_BYTES: usize = 32;
pub(super) const HEADER_BYTES: usize = 40;
pub(super) const TRAILER_BYTES: usize = 64;

/// A block is closed when it holds so much.
pub(super) const BLOCK_BYTES: usize = 256 * 1024;

/// The most a block may hold: what it is closed at, and what may come in one piece.
pub(super) const RAW_BYTES_MAX: usize = 1024 * 1024;

/// The most a block may take in the file: what cannot be compressed stands as it is.
pub(super) const BLOCK_FILE_BYTES_MAX: usize = HEADER_BYTES + RAW_BYTES_MAX;

const _: () = assert!(RAW_BYTES_MAX >= 2 * BLOCK_BYTES);

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Aux fields and functions, a stream over all blocks of this kind.
    About,
    /// Whole records.
    Records,
    /// The beginning of a record that is larger than a block.
    LongFirst,
    /// It goes on.
    LongMiddle,
    /// Its end.
    LongLast,
    /// Entries of the index.
    Index,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::About,
        Kind::Records,
        Kind::LongFirst,
        Kind::LongMiddle,
        Kind::LongLast,
        Kind::Index,
    ];

    pub(super) fn number(self) -> u8 {
        self as u8 + 1
    }

    pub(super) fn of(number: u8) -> Option<Kind> {
        let index = usize::from(number).checked_sub(1)?;
        Kind::ALL.get(index).copied()
    }

    /// Whether it goes on with what the block before began.
    pub(super) fn follows(self) -> bool {
        matches!(self, Kind::LongMiddle | Kind::LongLast)
    }
}

/// What the header of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub kind: Kind,
    /// Whether it is compressed in the file.
    pub packed: bool,
    /// Bytes it holds.
    pub raw_bytes: u32,
    /// Bytes it takes in the file behind its header.
    pub stored_bytes: u32,
    /// Keys that begin in it.
    pub keys: u32,
    pub db: u32,
    /// Counts the blocks of the file from 0 on.
    pub number: u32,
}

/// A header as it stands in the file.
pub(super) struct Header {
    pub(super) id: u32,
    pub(super) block: Block,
}

// Each where the one before ends.
const ID_AT: usize = MARK.len();
const KIND_AT: usize = ID_AT + 4;
const PACKING_AT: usize = KIND_AT + 1;
const RAW_AT: usize = PACKING_AT + 3;
const STORED_AT: usize = RAW_AT + 4;
const KEYS_AT: usize = STORED_AT + 4;
const DB_AT: usize = KEYS_AT + 4;
const NUMBER_AT: usize = DB_AT + 4;
const CHECKSUM_AT: usize = NUMBER_AT + 4;
const _: () = assert!(CHECKSUM_AT + 8 == HEADER_BYTES);

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    u32::from_le_bytes(*found.unwrap_or(&[0; 4]))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    u64::from_le_bytes(*found.unwrap_or(&[0; 8]))
}

fn checksum(parts: [&[u8]; 2]) -> u64 {
    let mut digest = Digest::new();
    parts.into_iter().for_each(|part| digest.write(part));
    digest.sum64()
}

impl Block {
    /// The header before `stored`, in the file of this id.
    pub(super) fn header(&self, id: u32, stored: &[u8]) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..ID_AT].copy_from_slice(&MARK);
        bytes[ID_AT..KIND_AT].copy_from_slice(&id.to_le_bytes());
        bytes[KIND_AT] = self.kind.number();
        bytes[PACKING_AT] = self.packed.into();
        for (at, number) in [
            (RAW_AT, self.raw_bytes),
            (STORED_AT, self.stored_bytes),
            (KEYS_AT, self.keys),
            (DB_AT, self.db),
            (NUMBER_AT, self.number),
        ] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        let checksum = checksum([&bytes[..CHECKSUM_AT], stored]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Bytes of the block in the file.
    pub fn file_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.stored_bytes)
    }
}

impl Header {
    /// What these bytes say, if they can be a header.
    pub(super) fn of(bytes: &[u8]) -> Result<Header, &'static str> {
        let header = bytes.first_chunk::<HEADER_BYTES>().ok_or("it is cut off")?;
        if header[..ID_AT] != MARK {
            return Err("no block begins there");
        }
        let kind = Kind::of(header[KIND_AT]).ok_or("it is of no kind")?;
        let block = Block {
            kind,
            packed: header[PACKING_AT] == 1,
            raw_bytes: u32_at(header, RAW_AT),
            stored_bytes: u32_at(header, STORED_AT),
            keys: u32_at(header, KEYS_AT),
            db: u32_at(header, DB_AT),
            number: u32_at(header, NUMBER_AT),
        };
        if header[PACKING_AT..RAW_AT] > [1, 0, 0][..] {
            return Err("its packing is unknown");
        }
        let raw = block.raw_bytes as usize;
        let stored = block.stored_bytes as usize;
        let fits = match block.packed {
            true => stored < raw,
            false => stored == raw,
        };
        if raw > RAW_BYTES_MAX || !fits {
            return Err("its lengths cannot be");
        }
        Ok(Header {
            id: u32_at(header, ID_AT),
            block,
        })
    }
}

/// Whether the checksum of a block holds, which begins with its header.
pub(super) fn holds(block: &[u8]) -> bool {
    let (header, stored) = block.split_at(HEADER_BYTES);
    checksum([&header[..CHECKSUM_AT], stored]) == u64_at(header, CHECKSUM_AT)
}

/// The head of a file of this id.
pub(super) fn head(id: u32) -> [u8; HEAD_BYTES] {
    let mut bytes = [0; HEAD_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..16].copy_from_slice(&id.to_le_bytes());
    let checksum = checksum([&bytes[..24], &[]]);
    bytes[24..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The id of the file with this head.
pub(super) fn id_of(head: &[u8; HEAD_BYTES]) -> Result<u32, String> {
    if checksum([&head[..24], &[]]) != u64_at(head, 24) {
        return Err("the checksum of the file's head does not hold".into());
    }
    match u32_at(head, 8) {
        VERSION => Ok(u32_at(head, 12)),
        version => Err(format!(
            "a snapshot of version {version} cannot be read here"
        )),
    }
}

/// What the trailer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Where the index begins.
    pub index_at: u64,
    /// Blocks before the index.
    pub blocks: u64,
    pub keys: u64,
    /// Bytes in all blocks before the index.
    pub raw_bytes: u64,
    /// The file's length.
    pub file_bytes: u64,
}

pub(super) fn trailer(id: u32, totals: &Totals) -> [u8; TRAILER_BYTES] {
    let mut bytes = [0; TRAILER_BYTES];
    let numbers = [
        totals.index_at,
        totals.blocks,
        totals.keys,
        totals.raw_bytes,
        totals.file_bytes,
        id.into(),
    ];
    for (number, room) in numbers.into_iter().zip(bytes.chunks_exact_mut(8)) {
        room.copy_from_slice(&number.to_le_bytes());
    }
    let checksum = checksum([&bytes[..48], &[]]);
    bytes[48..56].copy_from_slice(&checksum.to_le_bytes());
    bytes[56..].copy_from_slice(&END);
    bytes
}

/// What a trailer says, and the id of its file; `None` if it is none.
pub(super) fn totals_of(trailer: &[u8; TRAILER_BYTES]) -> Option<(Totals, u32)> {
    if trailer[56..] != END || checksum([&trailer[..48], &[]]) != u64_at(trailer, 48) {
        return None;
    }
    let totals = Totals {
        index_at: u64_at(trailer, 0),
        blocks: u64_at(trailer, 8),
        keys: u64_at(trailer, 16),
        raw_bytes: u64_at(trailer, 24),
        file_bytes: u64_at(trailer, 32),
    };
    Some((totals, u32::try_from(u64_at(trailer, 40)).ok()?))
}
