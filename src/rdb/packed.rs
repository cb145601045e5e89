//! The packed forms that stand in strings of the format, read item by item and checked in full.
//!
//! ```text
//! listpack:  bytes u32 · count u16 · entries · 0xff
//! ziplist:   bytes u32 · last entry's offset u32 · count u16 · entries · 0xff
//!            entry: length of the one before, 1 or 5 bytes · form · bytes
//! zipmap:    count u8 · (length · key · length · free u8 · value · free bytes)… · 0xff
//! intset:    width u32 · count u32 · integers
//! ```
//!
//! Ziplist and zipmap are of files from before Redis 7 and 2.6; nobody writes them any more.

use crate::ds::listpack::{self, Item, Listpack};

/// The bytes are no such form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

const END: u8 = 0xff;

/// The listpack in `blob` in the form that is kept here: a count of two bytes and the entries.
pub fn listpack(blob: &[u8]) -> Result<Vec<u8>, Malformed> {
    let (bytes, rest) = blob.split_first_chunk::<4>().ok_or(Malformed)?;
    let [kept @ .., END] = rest else {
        return Err(Malformed);
    };
    if u32::from_le_bytes(*bytes) as usize != blob.len() {
        return Err(Malformed);
    }
    let (told, entries) = kept.split_first_chunk::<2>().ok_or(Malformed)?;
    let told = u16::from_le_bytes(*told);
    let count = listpack::count_entries(entries).map_err(|_| Malformed)?;
    if told != u16::MAX && usize::from(told) != count {
        return Err(Malformed);
    }
    // It may count by walking where we know.
    let known = u16::try_from(count).unwrap_or(u16::MAX);
    Ok([&known.to_le_bytes()[..], entries].concat())
}

/// Shows the items of a listpack in the form that is kept here.
pub fn items(kept: &[u8]) -> impl Iterator<Item = Item<'_>> {
    Listpack::new(kept).items()
}

/// Shows the items of a ziplist.
pub fn ziplist(blob: &[u8], mut visit: impl FnMut(Item<'_>)) -> Result<(), Malformed> {
    const HEADER_BYTES: usize = 10;
    let (header, mut rest) = blob.split_at_checked(HEADER_BYTES).ok_or(Malformed)?;
    let u32_at = |at: usize| {
        let bytes = header[at..at + 4].try_into().unwrap_or([0; 4]);
        u32::from_le_bytes(bytes) as usize
    };
    let told = u16::from_le_bytes([header[8], header[9]]);
    if u32_at(0) != blob.len() {
        return Err(Malformed);
    }
    let (mut count, mut previous, mut last) = (0usize, 0usize, HEADER_BYTES);
    while rest.first() != Some(&END) {
        let entry = rest;
        if take_previous(&mut rest)? != previous {
            return Err(Malformed);
        }
        visit(take_ziplist_item(&mut rest)?);
        last = blob.len() - entry.len();
        previous = entry.len() - rest.len();
        count += 1;
    }
    let counted = told == u16::MAX || usize::from(told) == count;
    if rest.len() != 1 || u32_at(4) != last || !counted {
        return Err(Malformed);
    }
    Ok(())
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Result<&'b [u8], Malformed> {
    let (taken, left) = rest.split_at_checked(count).ok_or(Malformed)?;
    *rest = left;
    Ok(taken)
}

fn take_byte(rest: &mut &[u8]) -> Result<u8, Malformed> {
    Ok(take(rest, 1)?[0])
}

fn take_u32(rest: &mut &[u8]) -> Result<[u8; 4], Malformed> {
    take(rest, 4)?.try_into().map_err(|_| Malformed)
}

/// The length of the entry before.
fn take_previous(rest: &mut &[u8]) -> Result<usize, Malformed> {
    const LONG: u8 = 254;
    Ok(match take_byte(rest)? {
        LONG => u32::from_le_bytes(take_u32(rest)?) as usize,
        END => return Err(Malformed),
        short => short.into(),
    })
}

fn take_ziplist_item<'b>(rest: &mut &'b [u8]) -> Result<Item<'b>, Malformed> {
    let form = take_byte(rest)?;
    let len = match form >> 6 {
        0 => usize::from(form),
        1 => usize::from(form & 0x3f) << 8 | usize::from(take_byte(rest)?),
        2 => u32::from_be_bytes(take_u32(rest)?) as usize,
        _ => return take_ziplist_int(form, rest),
    };
    Ok(Item::Bytes(take(rest, len)?))
}

fn take_ziplist_int<'b>(form: u8, rest: &mut &'b [u8]) -> Result<Item<'b>, Malformed> {
    let width = match form {
        0xc0 => 2,
        0xd0 => 4,
        0xe0 => 8,
        0xf0 => 3,
        0xfe => 1,
        0xf1..=0xfd => return Ok(Item::Int(i64::from(form & 0x0f) - 1)),
        _ => return Err(Malformed),
    };
    Ok(Item::Int(int_of(take(rest, width)?)))
}

/// The little-endian signed integer of up to eight bytes.
fn int_of(bytes: &[u8]) -> i64 {
    let mut wide = [0; 8];
    wide[8 - bytes.len()..].copy_from_slice(bytes);
    i64::from_le_bytes(wide) >> (8 * (8 - bytes.len()))
}

/// Shows the keys and values of a zipmap.
pub fn zipmap(blob: &[u8], mut visit: impl FnMut(&[u8], &[u8])) -> Result<(), Malformed> {
    const COUNT_UNKNOWN: u8 = 254;
    let mut rest = blob;
    let told = take_byte(&mut rest)?;
    let mut count = 0usize;
    while rest.first() != Some(&END) {
        let key_len = take_zipmap_len(&mut rest)?;
        let key = take(&mut rest, key_len)?;
        let value_len = take_zipmap_len(&mut rest)?;
        let free = take_byte(&mut rest)?;
        let value = take(&mut rest, value_len)?;
        take(&mut rest, free.into())?;
        visit(key, value);
        count += 1;
    }
    let counted = told >= COUNT_UNKNOWN || usize::from(told) == count;
    if rest.len() != 1 || !counted {
        return Err(Malformed);
    }
    Ok(())
}

fn take_zipmap_len(rest: &mut &[u8]) -> Result<usize, Malformed> {
    const LONG: u8 = 254;
    Ok(match take_byte(rest)? {
        LONG => u32::from_le_bytes(take_u32(rest)?) as usize,
        END => return Err(Malformed),
        short => short.into(),
    })
}

/// The integers of an intset, which are in ascending order.
pub fn intset(blob: &[u8]) -> Result<Vec<i64>, Malformed> {
    let mut rest = blob;
    let width = u32::from_le_bytes(take_u32(&mut rest)?) as usize;
    let count = u32::from_le_bytes(take_u32(&mut rest)?) as usize;
    if !matches!(width, 2 | 4 | 8) || rest.len() != count.saturating_mul(width) {
        return Err(Malformed);
    }
    let integers: Vec<i64> = rest.chunks_exact(width).map(int_of).collect();
    match integers.is_sorted_by(|one, next| one < next) {
        true => Ok(integers),
        false => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(blob: &[u8]) -> Result<Vec<String>, Malformed> {
        let mut found = Vec::new();
        ziplist(blob, |item| {
            found.push(String::from_utf8_lossy(&item.to_vec()).into_owned());
        })?;
        Ok(found)
    }

    /// A ziplist of these entries, each a form with its bytes.
    fn make_ziplist(entries: &[&[u8]]) -> Vec<u8> {
        let (mut body, mut previous, mut last) = (Vec::new(), 0usize, 10usize);
        for entry in entries {
            last = 10 + body.len();
            let before = body.len();
            match u8::try_from(previous) {
                Ok(short @ 0..254) => body.push(short),
                _ => {
                    body.push(254);
                    body.extend(u32::try_from(previous).unwrap().to_le_bytes());
                }
            }
            body.extend_from_slice(entry);
            previous = body.len() - before;
        }
        let len = u32::try_from(10 + body.len() + 1).unwrap();
        let mut blob = len.to_le_bytes().to_vec();
        blob.extend(u32::try_from(last).unwrap().to_le_bytes());
        blob.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        blob.extend(body);
        blob.push(END);
        blob
    }

    #[test]
    fn ziplists_of_every_form() {
        let long = [&[0x41, 0x2c][..], &[b'x'; 300]].concat();
        let longer = [&[0x80, 0, 0, 0x40, 0][..], &[b'y'; 0x4000]].concat();
        let blob = make_ziplist(&[
            b"\x02ab",
            &long,
            &longer,
            b"\xc0\xff\xff",
            b"\xd0\x00\x00\x01\x00",
            b"\xe0\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"\xf0\x00\x00\x80",
            b"\xfe\x80",
            b"\xf1",
            b"\xfd",
            b"\x00",
        ]);
        let wanted = [
            "ab".into(),
            "x".repeat(300),
            "y".repeat(0x4000),
            "-1".into(),
            "65536".into(),
            i64::MAX.to_string(),
            "-8388608".into(),
            "-128".into(),
            "0".into(),
            "12".into(),
            String::new(),
        ];
        assert_eq!(texts(&blob).unwrap(), wanted);
        assert_eq!(texts(&make_ziplist(&[])).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_as_something() {
        let pack = b"\x0d\0\0\0\x02\0\x81a\x02\x81b\x02\xff";
        assert_eq!(listpack(pack).unwrap(), b"\x02\0\x81a\x02\x81b\x02");
        let ints = b"\x02\0\0\0\x02\0\0\0\xff\xff\x05\0";
        assert_eq!(intset(ints).unwrap(), [-1, 5]);
        let map = b"\x01\x01k\x02\x01vw-\xff";
        let mut pairs = Vec::new();
        zipmap(map, |key, value| pairs.push((key.to_vec(), value.to_vec()))).unwrap();
        assert_eq!(pairs, [(b"k".to_vec(), b"vw".to_vec())]);
        let list = make_ziplist(&[b"\x02ab", b"\xfe\x05"]);
        for blob in [&pack[..], ints, map, &list] {
            for at in 0..blob.len() {
                for len in [at, blob.len()] {
                    for change in 0..=255 {
                        let mut bytes = blob[..len].to_vec();
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= change;
                        }
                        // It must come to an end, without a panic.
                        let _ = (listpack(&bytes), intset(&bytes), texts(&bytes));
                        let _ = zipmap(&bytes, |_, _| {});
                    }
                }
            }
            assert!(listpack(&blob[..blob.len() - 1]).is_err());
            assert!(intset(&blob[..blob.len() - 1]).is_err());
            assert!(texts(&blob[..blob.len() - 1]).is_err());
        }
    }
}
