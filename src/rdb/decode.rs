//! Bytes to values.
//!
//! Elements are added one by one, as a command would, so that a value has the form that the
//! configuration asks for here, whatever form it was written in.

use super::damage::{Damage, What};
use super::input::{Input, Source, Text};
use super::packed::{self, Malformed};
use super::{CHECKSUM, VERSION_VALKEY, types};
use crate::config::VersionCheck;
use crate::ds::listpack::{EMPTY, Item, Pack};
use crate::ds::number::parse_double;
use crate::ds::table::Seed;
use crate::sys::clock::UnixMs;
use crate::value::draft::Draft;
use crate::value::hash::{HashMut, NewDeadline};
use crate::value::list::{End, Limit};
use crate::value::string;
use crate::value::{Packed, Thresholds, list, set, zset};

/// The last version whose payloads and files are read, of Redis and of Valkey.
const REDIS_VERSION_MAX: u16 = 12;

/// What values are made by.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub thresholds: &'a Thresholds,
    pub seed: Seed,
}

/// A value that was read.
pub enum Loaded {
    String(Text),
    Collection(Draft),
    /// A collection without elements, which no key holds.
    Empty,
}

/// Whether bytes of this version can be read, or may be tried.
pub fn knows(version: u16, check: VersionCheck) -> bool {
    let is_known = (1..=REDIS_VERSION_MAX).contains(&version) || version == VERSION_VALKEY;
    is_known || (check == VersionCheck::Relaxed && version > 0)
}

/// Whether version and checksum of a payload are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    Made(VersionCheck),
    Skipped,
}

/// The value and its type in a payload of DUMP.
///
/// # Errors
/// `None` if version or checksum are wrong; else what is wrong with the value.
pub fn payload(
    bytes: &[u8],
    checks: Checks,
    context: Context<'_>,
) -> Result<Loaded, Option<Damage>> {
    let (body, version) = check_payload(bytes, checks).ok_or(None)?;
    let mut input = Input::new(body);
    let kind = types::of(input.byte()?, version);
    let loaded = value(kind, &mut input, context)?;
    match input.is_at_end()? {
        true => Ok(loaded),
        false => Err(Some(input.damage("bytes behind the value"))),
    }
}

/// What stands before version and checksum, if these are right, and the version.
fn check_payload(bytes: &[u8], checks: Checks) -> Option<(&[u8], u16)> {
    let (checked, checksum) = bytes.split_last_chunk::<8>()?;
    let (body, version) = checked.split_last_chunk::<2>()?;
    let version = u16::from_le_bytes(*version);
    let holds = CHECKSUM.checksum(checked) == u64::from_le_bytes(*checksum);
    let passes = match checks {
        Checks::Skipped => true,
        Checks::Made(versions) => knows(version, versions) && holds,
    };
    passes.then_some((body, version))
}

/// A value of the type of this number (see [`types::of`]).
///
/// # Errors
/// If it is not whole, not well formed, or of a type that is not here.
pub fn value<S: Source>(
    kind: u8,
    input: &mut Input<S>,
    context: Context<'_>,
) -> Result<Loaded, Damage> {
    let mut reader = Reader {
        input,
        context,
        text: Vec::new(),
        other: Vec::new(),
    };
    match kind {
        types::STRING => Ok(Loaded::String(reader.input.text()?)),
        types::LIST | types::LIST_ZIPLIST | types::LIST_QUICKLIST | types::LIST_QUICKLIST_2 => {
            reader.list(kind)
        }
        types::SET | types::SET_INTSET | types::SET_LISTPACK => reader.set(kind),
        types::HASH
        | types::HASH_2
        | types::HASH_ZIPMAP
        | types::HASH_ZIPLIST
        | types::HASH_LISTPACK
        | types::HASH_METADATA
        | types::HASH_METADATA_PRE
        | types::HASH_LISTPACK_EX
        | types::HASH_LISTPACK_EX_PRE => reader.hash(kind),
        types::ZSET | types::ZSET_2 | types::ZSET_ZIPLIST | types::ZSET_LISTPACK => {
            reader.zset(kind)
        }
        types::STREAM | types::STREAM_2 | types::STREAM_3 => {
            super::stream::decode(kind, reader.input, context)
        }
        types::MODULE | types::MODULE_2 => {
            let name = module(reader.input)?;
            Err(reader.unknown(&format!("a value of the module type {name}")))
        }
        other => Err(reader.unknown(&format!("a value of type {other}"))),
    }
}

/// The name of the module whose data follows, which its number spells.
///
/// # Errors
/// If the number is not all there.
pub fn module<S: Source>(input: &mut Input<S>) -> Result<String, Damage> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /// Nine letters of six bits each stand above the version.
    const VERSION_BITS: u32 = 10;
    let number = input.length()?;
    let letter = |index: u32| {
        let bits = number >> (VERSION_BITS + 6 * index) & 63;
        char::from(LETTERS[bits as usize])
    };
    Ok((0..9).rev().map(letter).collect())
}

/// Reads one value.
struct Reader<'i, 'c, S> {
    input: &'i mut Input<S>,
    context: Context<'c>,
    /// Strings as they were read.
    text: Vec<u8>,
    other: Vec<u8>,
}

impl<S: Source> Reader<'_, '_, S> {
    #[cold]
    fn unknown(&self, what: &str) -> Damage {
        Damage {
            at: self.input.at(),
            what: What::Unknown(format!("{what} cannot be kept here")),
        }
    }

    fn malformed(&self, what: &'static str) -> impl Fn(Malformed) -> Damage + use<'_, S> {
        move |Malformed| self.input.damage(what)
    }

    /// Reads a string that holds a packed form.
    fn blob(&mut self) -> Result<Vec<u8>, Damage> {
        let mut blob = Vec::new();
        self.input.string(&mut blob)?;
        Ok(blob)
    }

    /// Reads a string that holds a listpack.
    fn listpack(&mut self) -> Result<Vec<u8>, Damage> {
        let blob = self.blob()?;
        packed::listpack(&blob).map_err(self.malformed("a listpack that is none"))
    }

    /// Reads a string that holds a ziplist, and makes a listpack of it.
    fn ziplist(&mut self) -> Result<Vec<u8>, Damage> {
        let blob = self.blob()?;
        let mut pack = Pack::new();
        packed::ziplist(&blob, |item| pack.push_item(item))
            .map_err(self.malformed("a ziplist that is none"))?;
        Ok(pack.listpack().to_vec())
    }

    fn draft(&self, form: Packed) -> Draft {
        Draft::packed(form, EMPTY, self.context.seed)
    }

    fn list(&mut self, kind: u8) -> Result<Loaded, Damage> {
        const PLAIN: u64 = 1;
        const PACKED: u64 = 2;
        let limit = Limit::of(self.context.thresholds);
        let mut draft = self.draft(Packed::List);
        let mut is_empty = true;
        let mut push = |texts: &mut dyn Iterator<Item = &[u8]>| {
            for text in texts {
                list::push(&mut draft, End::Tail, [text].into_iter(), limit);
                is_empty = false;
            }
        };
        let count = match kind {
            types::LIST_ZIPLIST => 1,
            _ => self.input.count()?,
        };
        for _ in 0..count {
            let pack = match kind {
                types::LIST => None,
                types::LIST_ZIPLIST | types::LIST_QUICKLIST => Some(self.ziplist()?),
                _ => match self.input.length()? {
                    PLAIN => None,
                    PACKED => Some(self.listpack()?),
                    _ => return Err(self.input.damage("a node of a list that is none")),
                },
            };
            match pack {
                Some(pack) => {
                    for item in packed::items(&pack) {
                        push(&mut [item.text(&mut itoa::Buffer::new())].into_iter());
                    }
                }
                None => {
                    self.input.string(&mut self.text)?;
                    if kind == types::LIST_QUICKLIST_2 && self.text.is_empty() {
                        return Err(self.input.damage("a node of a list without anything"));
                    }
                    push(&mut [&self.text[..]].into_iter());
                }
            }
        }
        Ok(loaded(draft, is_empty))
    }

    fn set(&mut self, kind: u8) -> Result<Loaded, Damage> {
        let mut draft = Draft::packed(Packed::Ints, crate::ds::intset::EMPTY, self.context.seed);
        let thresholds = self.context.thresholds;
        let mut add = |member: &[u8]| set::add(&mut draft, member, thresholds);
        let (mut count, mut differ) = (0, true);
        match kind {
            types::SET_INTSET => {
                let blob = self.blob()?;
                let integers = packed::intset(&blob);
                let integers = integers.map_err(self.malformed("an intset that is none"))?;
                for integer in integers {
                    differ &= add(itoa::Buffer::new().format(integer).as_bytes());
                    count += 1;
                }
            }
            types::SET_LISTPACK => {
                let pack = self.listpack()?;
                for item in packed::items(&pack) {
                    differ &= add(item.text(&mut itoa::Buffer::new()));
                    count += 1;
                }
            }
            _ => {
                count = self.input.count()?;
                for _ in 0..count {
                    self.input.string(&mut self.text)?;
                    differ &= add(&self.text);
                }
            }
        }
        match differ {
            true => Ok(loaded(draft, count == 0)),
            false => Err(self.input.damage("a member that is there twice")),
        }
    }

    fn hash(&mut self, kind: u8) -> Result<Loaded, Damage> {
        let mut draft = self.draft(Packed::Hash);
        let (mut count, mut differ) = (0, true);
        let thresholds = self.context.thresholds;
        let mut put = |field: &[u8], value: &[u8], deadline: Option<UnixMs>| {
            // No field is due before all moments.
            let mut hash = HashMut::new(&mut draft, thresholds, UnixMs(i64::MIN));
            let deadline = deadline.map_or(NewDeadline::Never, NewDeadline::At);
            differ &= hash
                .put(field, string::Text::Slice(value), deadline)
                .is_new();
        };
        match kind {
            types::HASH_ZIPMAP => {
                let blob = self.blob()?;
                packed::zipmap(&blob, |field, value| {
                    put(field, value, None);
                    count += 1;
                })
                .map_err(self.malformed("a zipmap that is none"))?;
            }
            types::HASH_ZIPLIST
            | types::HASH_LISTPACK
            | types::HASH_LISTPACK_EX
            | types::HASH_LISTPACK_EX_PRE => {
                let with_deadlines =
                    matches!(kind, types::HASH_LISTPACK_EX | types::HASH_LISTPACK_EX_PRE);
                if kind == types::HASH_LISTPACK_EX {
                    self.input.u64()?;
                }
                let pack = match kind {
                    types::HASH_ZIPLIST => self.ziplist()?,
                    _ => self.listpack()?,
                };
                let mut items = packed::items(&pack);
                while let Some(field) = items.next() {
                    let value = items.next();
                    let deadline = match with_deadlines {
                        true => items.next(),
                        false => Some(Item::Int(0)),
                    };
                    let (Some(value), Some(Item::Int(deadline))) = (value, deadline) else {
                        return Err(self.input.damage("a field without a value"));
                    };
                    put(
                        field.text(&mut itoa::Buffer::new()),
                        value.text(&mut itoa::Buffer::new()),
                        (deadline != 0).then_some(UnixMs(deadline)),
                    );
                    count += 1;
                }
            }
            _ => {
                let earliest = match kind {
                    types::HASH_METADATA => self.input.u64()?.cast_signed().saturating_sub(1),
                    _ => 0,
                };
                count = self.input.count()?;
                for _ in 0..count {
                    let mut deadline = None;
                    if matches!(kind, types::HASH_METADATA | types::HASH_METADATA_PRE) {
                        // 0 for none; else it counts from 1, if it does not count from 1970.
                        let after = self.input.length()?.cast_signed();
                        deadline = (after != 0).then(|| UnixMs(earliest.saturating_add(after)));
                    }
                    self.input.string(&mut self.text)?;
                    self.input.string(&mut self.other)?;
                    if kind == types::HASH_2 {
                        let moment = self.input.u64()?.cast_signed();
                        deadline = (moment != -1).then_some(UnixMs(moment));
                    }
                    put(&self.text, &self.other, deadline);
                }
            }
        }
        match differ {
            true => Ok(loaded(draft, count == 0)),
            false => Err(self.input.damage("a field that is there twice")),
        }
    }

    fn zset(&mut self, kind: u8) -> Result<Loaded, Damage> {
        let mut draft = self.draft(Packed::Zset);
        let thresholds = self.context.thresholds;
        let is_packed = matches!(kind, types::ZSET_ZIPLIST | types::ZSET_LISTPACK);
        let (mut count, mut differ, mut numbers) = (0, true, true);
        // What will be large is so from the first member on: a packed -0 would be 0.
        let mut few = Vec::new();
        if !is_packed {
            count = self.input.count()?;
            let mut longest = 0;
            if count <= thresholds.zset_listpack_entries {
                for _ in 0..count {
                    let score = self.scored(kind)?;
                    longest = longest.max(self.text.len());
                    few.push((self.text.clone(), score));
                }
            }
            zset::make_room(&mut draft, thresholds, count, longest);
        }
        let mut put = |member: &[u8], score: f64| {
            numbers &= !score.is_nan();
            differ &= zset::put(&mut draft, thresholds, member, |_| Some(score))
                .old
                .is_none();
        };
        if is_packed {
            let pack = match kind {
                types::ZSET_ZIPLIST => self.ziplist()?,
                _ => self.listpack()?,
            };
            let mut items = packed::items(&pack);
            while let Some(member) = items.next() {
                let score = items.next().and_then(score_of);
                let score = score.ok_or_else(|| self.input.damage("a member without a score"))?;
                put(member.text(&mut itoa::Buffer::new()), score);
                count += 1;
            }
        } else {
            let many = count - few.len();
            for (member, score) in few {
                put(&member, score);
            }
            for _ in 0..many {
                let score = self.scored(kind)?;
                put(&self.text, score);
            }
        }
        match (numbers, differ) {
            (true, true) => Ok(loaded(draft, count == 0)),
            (false, _) => Err(self.input.damage("a score that is no number")),
            (_, false) => Err(self.input.damage("a member that is there twice")),
        }
    }

    /// A member, into `text`, and its score, which is given.
    fn scored(&mut self, kind: u8) -> Result<f64, Damage> {
        self.input.string(&mut self.text)?;
        match kind {
            types::ZSET_2 => self.input.double(),
            _ => self.text_score(),
        }
    }

    /// A score as text: its length and digits, or one of three marks.
    fn text_score(&mut self) -> Result<f64, Damage> {
        match self.input.byte()? {
            255 => Ok(f64::NEG_INFINITY),
            254 => Ok(f64::INFINITY),
            253 => Err(self.input.damage("a score that is no number")),
            len => {
                let digits = self.input.bytes(len.into())?.to_vec();
                let score = parse_double(&digits);
                score.ok_or_else(|| self.input.damage("a score that is no number"))
            }
        }
    }
}

fn score_of(item: Item<'_>) -> Option<f64> {
    match item {
        // Exact up to 2^53, and beyond as the text would be read.
        Item::Int(integer) => Some(integer as f64),
        Item::Bytes(text) => parse_double(text),
    }
}

fn loaded(draft: Draft, is_empty: bool) -> Loaded {
    match is_empty {
        true => Loaded::Empty,
        false => Loaded::Collection(draft),
    }
}
