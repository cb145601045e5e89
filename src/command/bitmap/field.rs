//! BITFIELD: integers of any width and place within a string, highest bit first.

use super::{check_offset, offset};
use crate::command::args::{Args, parse_int};
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::text;
use crate::ds::rope::Rope;
use crate::value::Str;

/// BITFIELD key [GET type offset | [OVERFLOW mode] SET type offset value | … INCRBY …] …
pub(in crate::command) fn bitfield(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let operations = parse(call, args)?;
    match operations.iter().filter_map(Operation::end).max() {
        Some(end) => write(call, key, &operations, end),
        None => read(call, key, &operations),
    }
}

/// BITFIELD_RO key [GET type offset] …
pub(in crate::command) fn bitfield_ro(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let operations = parse(call, args)?;
    if operations.iter().any(|operation| operation.end().is_some()) {
        return Err(CommandError::BITFIELD_READ_ONLY);
    }
    read(call, key, &operations)
}

/// An integer's type: up to 64 bits with a sign, up to 63 without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    signed: bool,
    bits: u32,
}

/// What happens to a value that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Get,
    Set(i64),
    Increment(i64),
}

#[derive(Clone, Copy, Debug)]
struct Operation {
    kind: Type,
    /// The first bit.
    offset: u64,
    overflow: Overflow,
    action: Action,
}

impl Operation {
    /// For an operation that writes, the number of bytes it needs.
    fn end(&self) -> Option<usize> {
        let end = (self.offset + u64::from(self.kind.bits)).div_ceil(8);
        match self.action {
            Action::Get => None,
            _ => Some(usize::try_from(end).unwrap_or(usize::MAX)),
        }
    }
}

fn parse(call: &Call<'_>, args: &mut Args<'_>) -> Result<Vec<Operation>, CommandError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    while args.left() > 0 {
        let is_get = args.left() > 2 && args.take_word("get");
        let is_set = !is_get && args.left() > 3 && args.take_word("set");
        let is_increment = !is_get && !is_set && args.left() > 3 && args.take_word("incrby");
        if is_get || is_set || is_increment {
            let kind = Type::parse(args.bytes()?)?;
            let offset = field_offset(call, args.bytes()?, kind)?;
            let action = match (is_get, is_set) {
                (true, _) => Action::Get,
                (_, true) => Action::Set(args.int()?),
                _ => Action::Increment(args.int()?),
            };
            operations.push(Operation {
                kind,
                offset,
                overflow,
                action,
            });
        } else if args.left() > 1 && args.take_word("overflow") {
            overflow = match () {
                () if args.take_word("wrap") => Overflow::Wrap,
                () if args.take_word("sat") => Overflow::Saturate,
                () if args.take_word("fail") => Overflow::Fail,
                () => return Err(CommandError::BAD_OVERFLOW),
            };
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(operations)
}

/// An offset in bits, or behind `#` in fields.
fn field_offset(call: &Call<'_>, text: &[u8], kind: Type) -> Result<u64, CommandError> {
    let Some(index) = text.strip_prefix(b"#") else {
        return offset(call, text);
    };
    let index = parse_int(index).and_then(|index| u64::try_from(index).ok());
    check_offset(
        call,
        index.and_then(|index| index.checked_mul(u64::from(kind.bits))),
    )
}

impl Type {
    fn parse(text: &[u8]) -> Result<Type, CommandError> {
        let (signed, bits) = match text {
            [b'i', bits @ ..] => (true, bits),
            [b'u', bits @ ..] => (false, bits),
            _ => return Err(CommandError::BAD_BITFIELD_TYPE),
        };
        let bits_max = if signed { 64 } else { 63 };
        match parse_int(bits).and_then(|bits| u32::try_from(bits).ok()) {
            Some(bits) if (1..=bits_max).contains(&bits) => Ok(Type { signed, bits }),
            _ => Err(CommandError::BAD_BITFIELD_TYPE),
        }
    }

    /// The number whose lowest bits are those of `raw`.
    fn decode(self, raw: u128) -> i64 {
        // Shifted up to the sign and down again; 63 bits without a sign always fit.
        let shift = 64 - self.bits;
        let high = (raw as u64) << shift;
        if self.signed {
            (high as i64) >> shift
        } else {
            (high >> shift) as i64
        }
    }

    /// `value` made to fit, if the mode lets it.
    fn fit(self, value: i128, overflow: Overflow) -> Option<i64> {
        let (min, max) = if self.signed {
            (-(1i128 << (self.bits - 1)), (1i128 << (self.bits - 1)) - 1)
        } else {
            (0, (1i128 << self.bits) - 1)
        };
        if (min..=max).contains(&value) {
            return Some(self.decode(value as u128));
        }
        match overflow {
            Overflow::Wrap => Some(self.decode(value as u128)),
            Overflow::Saturate => Some(self.decode(value.clamp(min, max) as u128)),
            Overflow::Fail => None,
        }
    }
}

/// A field's place: up to nine bytes, and where the field ends in them.
struct Window {
    at: usize,
    len: usize,
    /// Bits behind the field.
    shift: u32,
    /// The bytes, the last one lowest.
    bytes: u128,
}

impl Window {
    /// The window of `operation`'s field; bytes behind the string's end are zeros.
    fn open(operation: &Operation, string: Option<Str<'_>>) -> Window {
        let end = operation.offset + u64::from(operation.kind.bits);
        let at = usize::try_from(operation.offset / 8).unwrap_or(usize::MAX);
        let len = (end.div_ceil(8) - operation.offset / 8) as usize;
        let mut digits = itoa::Buffer::new();
        let text = string.map(|string| string.text(&mut digits));
        let byte = |index| text.and_then(|text| text.byte(at + index)).unwrap_or(0);
        Window {
            at,
            len,
            shift: (end.next_multiple_of(8) - end) as u32,
            bytes: (0..len).fold(0, |bytes, index| bytes << 8 | u128::from(byte(index))),
        }
    }

    fn get(&self, kind: Type) -> i64 {
        kind.decode(self.bytes >> self.shift)
    }

    fn put(&mut self, kind: Type, value: i64) {
        let mask = (1u128 << kind.bits) - 1;
        let bits = value as u128 & mask;
        self.bytes = self.bytes & !(mask << self.shift) | bits << self.shift;
    }

    /// The bytes in order; the first `16 - len` are not part of the window.
    fn to_bytes(&self) -> [u8; 16] {
        self.bytes.to_be_bytes()
    }
}

fn read(call: &mut Call<'_>, key: &[u8], operations: &[Operation]) -> Result<(), CommandError> {
    let string = match call.db.read(key) {
        Some(entry) => Some(entry.value().string()?),
        None => None,
    };
    call.reply.array(operations.len());
    for operation in operations {
        let value = Window::open(operation, string).get(operation.kind);
        call.reply.int(value);
    }
    if string.is_none() {
        call.missed(key);
    }
    Ok(())
}

/// Runs operations some of which write and need `len` bytes.
fn write(
    call: &mut Call<'_>,
    key: &[u8],
    operations: &[Operation],
    len: usize,
) -> Result<(), CommandError> {
    let grows = grow(call, key, len)?;
    let mut changes = 0;
    call.reply.array(operations.len());
    let Some(mut entry) = call.db.write(key) else {
        return Ok(());
    };
    let mut string = entry.string();
    for operation in operations {
        let mut window = Window::open(operation, Some(string.get()));
        let old = window.get(operation.kind);
        let (wanted, replies_old) = match operation.action {
            Action::Get => {
                call.reply.int(old);
                continue;
            }
            // Without a sign, a negative value is one far too great.
            Action::Set(value) if operation.kind.signed => (i128::from(value), true),
            Action::Set(value) => (i128::from(value as u64), true),
            Action::Increment(by) => (i128::from(old) + i128::from(by), false),
        };
        let Some(new) = operation.kind.fit(wanted, operation.overflow) else {
            call.reply.null();
            continue;
        };
        window.put(operation.kind, new);
        string.write_at(window.at, &window.to_bytes()[16 - window.len..]);
        changes += u64::from(grows || old != new);
        call.reply.int(if replies_old { old } else { new });
    }
    if changes > 0 {
        call.changed(EventClass::STRING, "setbit", key, changes);
    } else {
        // Redis grows the string even if then every operation fails, and tells nobody. The log
        // must know.
        call.effects.changes += u64::from(grows);
    }
    Ok(())
}

/// Makes the string at `key` at least `len` bytes long and its encoding raw; whether it grew.
fn grow(call: &mut Call<'_>, key: &[u8], len: usize) -> Result<bool, CommandError> {
    if let Some(mut entry) = call.db.write(key) {
        let old_len = entry.as_entry().value().string()?.len();
        let mut string = entry.string();
        if old_len < len {
            string.write_at(len - 1, &[0]);
        } else {
            string.append(b"");
        }
        return Ok(old_len < len);
    }
    call.announce(key);
    let mut rope = Rope::new();
    rope.append_zeros(len);
    text::set_raw(call, key, rope);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_or_do_not() {
        use Overflow::{Fail, Saturate, Wrap};
        let cases = [
            ("u8", 255, Fail, Some(255)),
            ("u8", 256, Wrap, Some(0)),
            ("u8", 300, Saturate, Some(255)),
            ("u8", -1, Wrap, Some(255)),
            ("u8", -1, Saturate, Some(0)),
            ("u8", 256, Fail, None),
            ("i8", 128, Wrap, Some(-128)),
            ("i8", 1000, Saturate, Some(127)),
            ("i8", -1000, Saturate, Some(-128)),
            ("i1", 1, Wrap, Some(-1)),
            ("u63", i128::from(i64::MAX) + 1, Wrap, Some(0)),
            ("i64", i128::from(i64::MAX) + 1, Wrap, Some(i64::MIN)),
            ("i64", i128::from(i64::MIN) - 1, Saturate, Some(i64::MIN)),
            ("i64", i128::from(i64::MIN) * 2, Fail, None),
        ];
        for (kind, value, overflow, want) in cases {
            let kind_parsed = Type::parse(kind.as_bytes()).unwrap();
            assert_eq!(
                kind_parsed.fit(value, overflow),
                want,
                "{kind} {value} {overflow:?}"
            );
        }
        for text in ["u64", "i65", "u0", "x8", "U8", "u", "u08", "i-1", ""] {
            assert!(Type::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_of_every_width_and_place_keep_their_neighbours() {
        for bits in 1..=64 {
            for offset in 0..24 {
                let kind = Type { signed: true, bits };
                let operation = Operation {
                    kind,
                    offset,
                    overflow: Overflow::Wrap,
                    action: Action::Get,
                };
                for fill in [0u8, 0xff] {
                    let mut bytes = [fill; 16];
                    let mut window = Window::open(&operation, Some(Str::Inline(&bytes)));
                    let value = if fill == 0 { -1 } else { 0 };
                    window.put(kind, value);
                    let (at, len) = (window.at, window.len);
                    bytes[at..at + len].copy_from_slice(&window.to_bytes()[16 - len..]);
                    let changed = bytes
                        .iter()
                        .map(|byte| (byte ^ fill).count_ones())
                        .sum::<u32>();
                    assert_eq!(changed, bits, "i{bits} at {offset}");
                    let again = Window::open(&operation, Some(Str::Inline(&bytes)));
                    assert_eq!(again.get(kind), value);
                }
            }
        }
    }
}
