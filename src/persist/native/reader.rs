//! Reading: the whole checked from the end, every block before it is used.

use std::borrow::Cow;
use std::ops::Range;

use super::index::{ENTRY_BYTES, Entry, Index};
use super::layout::{
    BLOCK_FILE_BYTES_MAX, Block, HEAD_BYTES, HEADER_BYTES, Header, Kind, MAGIC, TRAILER_BYTES,
    Totals, holds, id_of, totals_of,
};
use crate::persist::dump::{Item, Record};
use crate::persist::storage::File;
use crate::rdb::damage::{Damage, What};
use crate::rdb::decode::{self, Context};
use crate::rdb::input::{Buffered, Feed, Input, Source};
use crate::rdb::opcodes;
use crate::sys::clock::UnixMs;

/// An open file whose head, index and totals are right.
pub struct Snapshot {
    file: Box<dyn File>,
    id: u32,
    totals: Totals,
    index: Index,
}

/// Room for blocks as they stand in the file, to be used again.
pub type Scratch = Vec<u8>;

pub(super) fn damaged(at: u64, what: impl Into<Cow<'static, str>>) -> Damage {
    Damage {
        at,
        what: What::Format(what.into()),
    }
}

/// What is wrong with block `number`, which begins at byte `at`.
pub(super) fn bad_block(number: usize, at: u64, what: impl Into<Cow<'static, str>>) -> Damage {
    Damage {
        at,
        what: What::Block {
            number,
            what: what.into(),
        },
    }
}

/// Reads exactly `buf`.
fn read(file: &dyn File, buf: &mut [u8], at: u64) -> Result<(), Damage> {
    let what = match file.read_full_at(buf, at) {
        Ok(count) if count == buf.len() => return Ok(()),
        Ok(_) => What::Ended,
        Err(error) => What::Io(error),
    };
    Err(Damage { at, what })
}

fn array<const N: usize>(file: &dyn File, at: u64) -> Result<[u8; N], Damage> {
    let mut bytes = [0; N];
    read(file, &mut bytes, at)?;
    Ok(bytes)
}

/// Whether the file is of this format.
///
/// # Errors
/// If it cannot be read.
pub fn is_native(file: &dyn File) -> Result<bool, Damage> {
    let mut magic = [0; MAGIC.len()];
    let count = file.read_full_at(&mut magic, 0);
    let count = count.map_err(|error| Damage {
        at: 0,
        what: What::Io(error),
    })?;
    Ok(count == MAGIC.len() && magic == MAGIC)
}

/// The id of a file of this format.
pub(super) fn read_head(file: &dyn File) -> Result<u32, Damage> {
    let head = array::<HEAD_BYTES>(file, 0)?;
    id_of(&head).map_err(|what| damaged(0, what))
}

/// The totals at the end of the file with this id.
fn read_trailer(file: &dyn File, id: u32, file_bytes: u64) -> Result<Totals, Damage> {
    let at = file_bytes.saturating_sub(TRAILER_BYTES as u64);
    if at < HEAD_BYTES as u64 {
        return Err(Damage {
            at: file_bytes,
            what: What::Ended,
        });
    }
    match totals_of(&array(file, at)?) {
        None => Err(damaged(
            at,
            "it does not end as a snapshot does: it ends too early, or more follows",
        )),
        Some((totals, told)) if told != id || totals.file_bytes != file_bytes => {
            Err(damaged(at, "the file's end is that of another file"))
        }
        Some((totals, _)) if !(HEAD_BYTES as u64..=at).contains(&totals.index_at) => {
            Err(damaged(at, "the index is said to be where it cannot be"))
        }
        Some((totals, _)) => Ok(totals),
    }
}

/// Reads the block at `at`, of at most `bytes_max` in the file, and unpacks it into `raw`.
pub(super) fn read_block(
    file: &dyn File,
    id: u32,
    number: usize,
    (at, bytes_max): (u64, u64),
    scratch: &mut Scratch,
    raw: &mut Vec<u8>,
) -> Result<Block, Damage> {
    let bad = |what: &'static str| bad_block(number, at, what);
    let bytes_max = bytes_max.min(BLOCK_FILE_BYTES_MAX as u64) as usize;
    scratch.resize(bytes_max, 0);
    let count = file.read_full_at(scratch, at);
    let count = count.map_err(|error| Damage {
        at,
        what: What::Io(error),
    })?;
    let header = Header::of(&scratch[..count]).map_err(bad)?;
    let block = header.block;
    let whole = scratch[..count].get(..HEADER_BYTES + block.stored_bytes as usize);
    let whole = whole.ok_or_else(|| bad("it is cut off"))?;
    if !holds(whole) {
        return Err(bad("its checksum does not hold"));
    }
    if header.id != id {
        return Err(bad("it is of another file"));
    }
    let stored = &whole[HEADER_BYTES..];
    if !block.packed {
        raw.clear();
        raw.extend_from_slice(stored);
        return Ok(block);
    }
    // What is longer than before is zeroed, and no more.
    raw.resize(block.raw_bytes as usize, 0);
    match lz4_flex::block::decompress_into(stored, raw) {
        Ok(count) if count == raw.len() => Ok(block),
        _ => Err(bad("it cannot be unpacked")),
    }
}

impl Snapshot {
    /// A file of this format; `None` if it is of another one.
    ///
    /// # Errors
    /// If it cannot be read, or its head, index or totals are damaged.
    pub fn open(file: Box<dyn File>) -> Result<Option<Snapshot>, Damage> {
        if !is_native(&*file)? {
            return Ok(None);
        }
        let id = read_head(&*file)?;
        let file_bytes = file.len().map_err(|error| Damage {
            at: 0,
            what: What::Io(error),
        })?;
        let totals = read_trailer(&*file, id, file_bytes)?;
        let mut snapshot = Snapshot {
            file,
            id,
            totals,
            index: Index::default(),
        };
        snapshot.read_index()?;
        Ok(Some(snapshot))
    }

    fn read_index(&mut self) -> Result<(), Damage> {
        let Totals {
            index_at, blocks, ..
        } = self.totals;
        let end = self.totals.file_bytes - TRAILER_BYTES as u64;
        let (mut at, mut number) = (index_at, usize::try_from(blocks).unwrap_or(usize::MAX));
        let (mut scratch, mut raw) = (Scratch::new(), Vec::new());
        while at < end {
            let place = (at, end - at);
            let block = read_block(&*self.file, self.id, number, place, &mut scratch, &mut raw)?;
            let is_next = block.kind == Kind::Index && block.number as usize == number;
            if !is_next || raw.len() % ENTRY_BYTES != 0 {
                return Err(bad_block(number, at, "it is no part of the index"));
            }
            for entry in raw.chunks_exact(ENTRY_BYTES) {
                let entry = Entry::read(entry);
                let entry = entry.ok_or_else(|| bad_block(number, at, "it lists no block"))?;
                self.index.entries.push(entry);
            }
            at += block.file_bytes();
            number = number.saturating_add(1);
        }
        let checked = self.index.check(&self.totals);
        checked.map_err(|what| damaged(index_at, what))
    }

    /// What the file's end says of the whole.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The blocks.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where block `index` ends in the file.
    pub fn end_of(&self, index: usize) -> u64 {
        let next = self.index.entries.get(index + 1);
        next.map_or(self.totals.index_at, |next| next.at)
    }

    /// Reads block `index` of the index, and unpacks it into `raw`.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub fn read(
        &self,
        index: usize,
        scratch: &mut Scratch,
        raw: &mut Vec<u8>,
    ) -> Result<Block, Damage> {
        let entry = &self.index.entries[index];
        let bytes = self.end_of(index) - entry.at;
        let place = (entry.at, bytes);
        let block = read_block(&*self.file, self.id, index, place, scratch, raw)?;
        let is_it = entry.agrees(&block) && block.number as usize == index;
        if !is_it || block.file_bytes() != bytes {
            return Err(bad_block(index, entry.at, "it is not what the index says"));
        }
        Ok(block)
    }

    /// The blocks of a unit, as one input.
    pub fn chain(&self, unit: Range<usize>) -> Chain<'_> {
        Chain {
            snapshot: self,
            rest: unit,
            scratch: Scratch::new(),
            raw: Vec::new(),
        }
    }
}

/// The contents of several blocks, one behind the other.
pub struct Chain<'s> {
    snapshot: &'s Snapshot,
    rest: Range<usize>,
    scratch: Scratch,
    raw: Vec<u8>,
}

impl Feed for Chain<'_> {
    fn feed(&mut self, buf: &mut Vec<u8>) -> Result<bool, What> {
        let Some(index) = self.rest.next() else {
            return Ok(false);
        };
        let read = self.snapshot.read(index, &mut self.scratch, &mut self.raw);
        // It says which block; where that stands can be seen in the index.
        read.map_err(|damage| damage.what)?;
        buf.extend_from_slice(&self.raw);
        Ok(true)
    }
}

/// What stands in a record before its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub deadline: Option<UnixMs>,
    pub idle_seconds: Option<u64>,
    pub frequency: Option<u8>,
    /// The type of the value.
    pub kind: u8,
}

impl Head {
    /// Reads it.
    ///
    /// # Errors
    /// If it is not all there.
    #[inline]
    pub fn read<S: Source>(input: &mut Input<S>) -> Result<Head, Damage> {
        let mut head = Head::default();
        loop {
            match input.byte()? {
                opcodes::EXPIRE_MS => head.deadline = Some(UnixMs(input.u64()?.cast_signed())),
                opcodes::IDLE => head.idle_seconds = Some(input.length()?),
                opcodes::FREQUENCY => head.frequency = Some(input.byte()?),
                kind => {
                    head.kind = kind;
                    return Ok(head);
                }
            }
        }
    }
}

/// Reads a record of the block or chain `entry`, `used` bytes of which are before the input.
pub(super) fn record<S: Source>(
    input: &mut Input<S>,
    entry: &Entry,
    used: u64,
    context: Context<'_>,
) -> Result<Record, Damage> {
    let begin = input.at();
    let head = Head::read(input)?;
    let mut key = Vec::new();
    input.string(&mut key)?;
    let value = decode::value(head.kind, input, context)
        .map_err(|damage| damage.in_record(&key, used + begin))?;
    Ok(Record {
        db: entry.db as usize,
        key,
        deadline: head.deadline,
        idle_seconds: head.idle_seconds,
        frequency: head.frequency,
        value,
        kind: head.kind,
        at: entry.at,
        bytes: input.at() - begin,
    })
}

/// Reads what a file tells of itself.
pub fn about<S: Source>(input: &mut Input<S>) -> Result<Option<Item>, Damage> {
    if input.is_at_end()? {
        return Ok(None);
    }
    let mut name = Vec::new();
    match input.byte()? {
        opcodes::AUX => {
            let mut text = Vec::new();
            input.string(&mut name)?;
            input.string(&mut text)?;
            Ok(Some(Item::Aux(name, text)))
        }
        opcodes::FUNCTION_2 => {
            input.string(&mut name)?;
            Ok(Some(Item::Function(name)))
        }
        _ => Err(input.damage("neither an aux field nor a function")),
    }
}

/// A file being read, item by item.
pub struct Reader {
    snapshot: Snapshot,
    /// The next block.
    next: usize,
    /// Items of a unit that was read as a whole, the next one last.
    ready: Vec<Item>,
    /// The content of the block being read, and how much of it is read.
    raw: Vec<u8>,
    used: usize,
    /// Keys left in it.
    keys: u32,
    scratch: Scratch,
}

impl Reader {
    /// A reader at the beginning of `snapshot`.
    pub fn new(snapshot: Snapshot) -> Reader {
        Reader {
            snapshot,
            next: 0,
            ready: Vec::new(),
            raw: Vec::new(),
            used: 0,
            keys: 0,
            scratch: Scratch::new(),
        }
    }

    /// The file.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How much of the file is read, in bytes.
    pub fn at(&self) -> u64 {
        match self.next {
            0 => HEAD_BYTES as u64,
            next => self.snapshot.end_of(next - 1),
        }
    }

    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// If a block is damaged.
    pub fn next(&mut self, context: Context<'_>) -> Result<Option<Item>, Damage> {
        loop {
            if let Some(item) = self.ready.pop() {
                return Ok(Some(item));
            }
            if self.used < self.raw.len() {
                return self.next_record(context).map(Some);
            }
            if self.next == self.snapshot.index.entries.len() {
                return Ok(None);
            }
            self.open_unit(context)?;
        }
    }

    fn next_record(&mut self, context: Context<'_>) -> Result<Item, Damage> {
        let index = self.next - 1;
        let entry = self.snapshot.index.entries[index];
        let mut input = Input::new(&self.raw[self.used..]);
        let used = self.used as u64;
        let read = record(&mut input, &entry, used, context);
        let record = read.map_err(|damage| within(index, entry.at, used, damage))?;
        self.used += input.at() as usize;
        self.keys = self.keys.wrapping_sub(1);
        if (self.used == self.raw.len()) != (self.keys == 0) {
            return Err(bad_block(index, entry.at, "it has not the keys it should"));
        }
        Ok(Item::Key(record))
    }

    fn open_unit(&mut self, context: Context<'_>) -> Result<(), Damage> {
        let first = self.next;
        let unit = self.snapshot.index.unit(first);
        let entry = self.snapshot.index.entries[first];
        self.next = unit.end;
        if entry.kind == Kind::Records {
            self.used = 0;
            self.keys = entry.keys;
            let read = self
                .snapshot
                .read(first, &mut self.scratch, &mut self.raw)
                .map(drop);
            if read.is_err() {
                self.raw.clear();
            } else if self.raw.is_empty() {
                return Err(bad_block(first, entry.at, "it has not the keys it should"));
            }
            return read;
        }
        self.ready = self.snapshot.read_unit(unit, context)?;
        self.ready.reverse();
        Ok(())
    }
}

impl Snapshot {
    /// The items of a unit that is no block of records.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub fn read_unit(&self, unit: Range<usize>, context: Context<'_>) -> Result<Vec<Item>, Damage> {
        let first = unit.start;
        let entry = self.index.entries[first];
        let mut input = Input::new(Buffered::new(self.chain(unit)));
        let mut items = Vec::new();
        let mut read = || -> Result<(), Damage> {
            if entry.kind == Kind::About {
                while let Some(item) = about(&mut input)? {
                    items.push(item);
                }
                return Ok(());
            }
            let record = record(&mut input, &entry, 0, context)?;
            items.push(Item::Key(record));
            match input.is_at_end()? {
                true => Ok(()),
                false => Err(input.damage("bytes behind the value")),
            }
        };
        read().map_err(|damage| within(first, entry.at, 0, damage))?;
        Ok(items)
    }
}

/// What is wrong within the content of a block or a chain, `used` bytes behind which it was found.
pub fn within(number: usize, at: u64, used: u64, damage: Damage) -> Damage {
    match damage.what {
        // These name their block themselves, or are not the file's fault.
        What::Block { .. } | What::Io(_) => Damage { at, ..damage },
        what => {
            let inner = used + damage.at;
            bad_block(
                number,
                at,
                format!("at byte {inner} of its content: {what}"),
            )
        }
    }
}
