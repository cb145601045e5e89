//! Values of parameters: how each kind is read from words, shown by CONFIG GET and written to a
//! file.
//!
//! A parameter's [`Kind`] says what its value may be; a [`Value`] is one of them. Error texts are
//! Redis's, because scripts compare them. [`Stored`] carries a value into the plain field of
//! [`Config`](super::Config) it belongs to and back.

use std::borrow::Cow;

use super::special;
use super::special::{Event, OutputLimit, SavePoint};
use crate::ds::words;

/// Why a value is refused.
pub type Reason = Cow<'static, str>;

/// What a parameter's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `yes` or `no`.
    Flag,
    Int {
        min: i64,
        max: i64,
    },
    /// A number in octal.
    Octal {
        max: i64,
    },
    /// A number of bytes, with or without a unit (`1k` = 1000, `1kb` = 1024, …).
    Bytes {
        min: u64,
        max: u64,
    },
    /// A number of bytes, or a share of `maxmemory` (`5%`).
    BytesOrPercent,
    /// A number of bytes, or a share of the machine's memory (`50%`).
    Memory,
    /// A number of bytes, or -1.
    BytesOrMinusOne,
    /// Any bytes, the empty text too.
    Text,
    /// Any bytes; the empty text means that there is none.
    OptionalText,
    /// One of these words, each with its code; of two words with one code the first is shown.
    Choice(Words),
    /// Any of these words, each with its bit; the word with no bit means none of them.
    Choices(Words),
    /// Points in time to save at: pairs of seconds and changes.
    Save,
    /// Limits of output buffers: a class, hard and soft limit, seconds; per class.
    OutputLimits,
    /// Three scores for the kernel's out-of-memory killer.
    OomScores,
    /// Addresses to listen on.
    Addresses,
    /// Letters for classes of keyspace events.
    Events,
    Percentiles,
    /// Any number of words; an empty one alone: none.
    Words,
    /// A directory, entered when it is set.
    Directory,
    /// A host and a port, or `no one`.
    Primary,
}

/// Words and what they stand for.
pub type Words = &'static [(&'static str, u32)];

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Flag(bool),
    Int(i64),
    Bytes(u64),
    Percent(u8),
    Text(Vec<u8>),
    Choice(u32),
    Save(Vec<SavePoint>),
    OutputLimits([OutputLimit; 3]),
    OomScores([i32; 3]),
    Addresses(Vec<String>),
    Events(Event),
    Percentiles(Vec<f64>),
    Words(Vec<Vec<u8>>),
    Primary(Option<(Vec<u8>, u16)>),
}

impl Kind {
    /// Whether a directive of this kind may take any number of words.
    pub fn takes_many(self) -> bool {
        matches!(
            self,
            Kind::Choices(_)
                | Kind::Save
                | Kind::OutputLimits
                | Kind::OomScores
                | Kind::Addresses
                | Kind::Percentiles
                | Kind::Words
                | Kind::Primary
        )
    }

    /// The value that `words` say; `old` is the value now, which some kinds change only in part.
    pub fn parse(self, words: &[Vec<u8>], old: Option<&Value>) -> Result<Value, Reason> {
        let word = match words {
            [word] => word.as_slice(),
            _ if self.takes_many() => b"",
            _ => return Err("wrong number of arguments".into()),
        };
        match self {
            Kind::Flag => match () {
                () if word.eq_ignore_ascii_case(b"yes") => Ok(Value::Flag(true)),
                () if word.eq_ignore_ascii_case(b"no") => Ok(Value::Flag(false)),
                () => Err("argument must be 'yes' or 'no'".into()),
            },
            Kind::Int { min, max } => parse_int(word, min, max),
            Kind::Octal { max } => parse_octal(word, max),
            Kind::Bytes { min, max } => {
                let bytes = bytes_of(word).ok_or("argument must be a memory value")?;
                in_bounds(bytes, min, max).map(Value::Bytes)
            }
            Kind::BytesOrPercent => parse_bytes_or_percent(word),
            // Who asks for neither reads what every server says.
            Kind::Memory if !word.ends_with(b"%") => {
                let bytes = bytes_of(word).ok_or("argument must be a memory value")?;
                Ok(Value::Bytes(bytes))
            }
            Kind::Memory => parse_bytes_or_percent(word),
            Kind::BytesOrMinusOne if word == b"-1" => Ok(Value::Int(-1)),
            Kind::BytesOrMinusOne => {
                let bytes = bytes_of(word).ok_or("argument must be a memory value")?;
                Ok(Value::Bytes(bytes))
            }
            Kind::Text | Kind::OptionalText | Kind::Directory => Ok(Value::Text(word.to_vec())),
            Kind::Choice(choices) | Kind::Choices(choices) => parse_choices(words, choices),
            Kind::Save => special::parse_save(words),
            Kind::OutputLimits => special::parse_output_limits(words, old),
            Kind::OomScores => special::parse_oom_scores(words),
            Kind::Addresses => special::parse_addresses(words),
            Kind::Events => special::parse_events(word),
            Kind::Percentiles => special::parse_percentiles(words),
            Kind::Words => {
                let words = words.iter().filter(|word| !word.is_empty());
                Ok(Value::Words(words.cloned().collect()))
            }
            Kind::Primary => special::parse_primary(words),
        }
    }

    /// The value as CONFIG GET shows it.
    pub fn show(self, value: &Value) -> Vec<u8> {
        match (self, value) {
            (Kind::Octal { .. }, Value::Int(int)) => format!("{int:o}").into_bytes(),
            (Kind::Choice(words), Value::Choice(code)) => name_of(words, *code).into(),
            (Kind::Choices(words), Value::Choice(bits)) => names_of(words, *bits).into_bytes(),
            (_, Value::Flag(flag)) => if *flag { "yes" } else { "no" }.into(),
            (_, Value::Int(int)) => int.to_string().into_bytes(),
            (_, Value::Bytes(bytes)) => bytes.to_string().into_bytes(),
            (_, Value::Percent(percent)) => format!("{percent}%").into_bytes(),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::Choice(code)) => code.to_string().into_bytes(),
            (_, Value::Save(points)) => special::show_save(points).into_bytes(),
            (_, Value::OutputLimits(limits)) => special::show_output_limits(limits).into_bytes(),
            (_, Value::OomScores([primary, replica, child])) => {
                format!("{primary} {replica} {child}").into_bytes()
            }
            (_, Value::Addresses(addresses)) => addresses.join(" ").into_bytes(),
            (_, Value::Events(events)) => events.letters().into_bytes(),
            (_, Value::Percentiles(list)) => special::show_percentiles(list).into_bytes(),
            (_, Value::Words(words)) => words.join(&b' '),
            (_, Value::Primary(Some((host, port)))) => {
                [host.as_slice(), port.to_string().as_bytes()].join(&b' ')
            }
            (_, Value::Primary(None)) => Vec::new(),
        }
    }
}

impl Kind {
    /// The value as it stands in a file, after its name: one line, or several, or none.
    pub fn lines(self, value: &Value) -> Vec<Vec<u8>> {
        let quoted = |text: &[u8]| {
            let mut line = Vec::new();
            words::quote_into(text, &mut line);
            line
        };
        match (self, value) {
            (Kind::OptionalText, Value::Text(text)) if text.is_empty() => Vec::new(),
            (_, Value::Text(text)) => vec![quoted(text)],
            (_, Value::Events(events)) => vec![quoted(events.letters().as_bytes())],
            (_, Value::Bytes(bytes)) => vec![bytes_text(*bytes).into_bytes()],
            (_, Value::Addresses(addresses)) if !addresses.iter().all(|it| is_plain(it)) => {
                let all: Vec<_> = addresses.iter().map(|it| quoted(it.as_bytes())).collect();
                vec![all.join(&b' ')]
            }
            (_, Value::Primary(None)) => Vec::new(),
            (_, Value::Words(words)) => {
                let all: Vec<_> = words.iter().map(|word| quoted(word)).collect();
                vec![all.join(&b' ')]
            }
            (_, Value::Save(points)) if !points.is_empty() => points
                .iter()
                .map(|point| special::show_save(&[*point]).into_bytes())
                .collect(),
            (_, Value::OutputLimits(limits)) => special::output_limit_lines(limits),
            _ => {
                let shown = self.show(value);
                vec![if shown.is_empty() { quoted(b"") } else { shown }]
            }
        }
    }
}

/// Whether `word` is read back as it is without quotes.
fn is_plain(word: &str) -> bool {
    let quotes = word.contains(['"', '\'']);
    !word.is_empty() && !quotes && word.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A field of [`Config`](super::Config) that holds a parameter's value.
pub trait Stored {
    /// The field as a value.
    fn load(&self) -> Value;

    /// Takes `value`, which is of the field's kind and within its bounds: the table's rows and
    /// the fields agree (a test sets every parameter to its bounds).
    fn store(&mut self, value: Value);
}

/// A value that is not of its field's kind: a wrong row in the table.
#[cold]
pub(super) fn mismatch(value: &Value) -> ! {
    panic!("a parameter's row and field disagree: {value:?}")
}

macro_rules! stored {
    ($type:ty, $variant:ident) => {
        impl Stored for $type {
            fn load(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn store(&mut self, value: Value) {
                match value {
                    Value::$variant(inner) => *self = inner,
                    other => mismatch(&other),
                }
            }
        }
    };
}

stored!(bool, Flag);
stored!(i64, Int);
stored!(u64, Bytes);
stored!(Vec<u8>, Text);
stored!(Vec<SavePoint>, Save);
stored!([OutputLimit; 3], OutputLimits);
stored!([i32; 3], OomScores);
stored!(Vec<String>, Addresses);
stored!(Event, Events);
stored!(Vec<f64>, Percentiles);
stored!(Vec<Vec<u8>>, Words);

macro_rules! stored_int {
    ($type:ty) => {
        impl Stored for $type {
            fn load(&self) -> Value {
                Value::Int(i64::from(*self))
            }

            fn store(&mut self, value: Value) {
                match value {
                    Value::Int(int) => {
                        *self = <$type>::try_from(int).unwrap_or_else(|_| mismatch(&value));
                    }
                    other => mismatch(&other),
                }
            }
        }
    };
}

stored_int!(u8);
stored_int!(u16);
stored_int!(u32);
stored_int!(i32);

/// Sizes in memory: bounded by what an address can be.
impl Stored for usize {
    fn load(&self) -> Value {
        Value::Bytes(u64::try_from(*self).unwrap_or(u64::MAX))
    }

    fn store(&mut self, value: Value) {
        match value {
            Value::Bytes(bytes) => *self = usize::try_from(bytes).unwrap_or(usize::MAX),
            other => mismatch(&other),
        }
    }
}

/// Bytes of memory, or a share of some whole: of `maxmemory`, or the machine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    Bytes(u64),
    Percent(u8),
}

impl Default for Share {
    fn default() -> Self {
        Share::Bytes(0)
    }
}

impl Share {
    /// The share in bytes, given the whole; `None`: no limit.
    pub fn of(self, maxmemory: u64) -> Option<u64> {
        let bytes = match self {
            Share::Bytes(bytes) => bytes,
            Share::Percent(percent) => maxmemory / 100 * u64::from(percent),
        };
        (bytes > 0).then_some(bytes)
    }
}

impl Stored for Share {
    fn load(&self) -> Value {
        match *self {
            Share::Bytes(bytes) => Value::Bytes(bytes),
            Share::Percent(percent) => Value::Percent(percent),
        }
    }

    fn store(&mut self, value: Value) {
        match value {
            Value::Bytes(bytes) => *self = Share::Bytes(bytes),
            Value::Percent(percent) => *self = Share::Percent(percent),
            other => mismatch(&other),
        }
    }
}

fn parse_int(word: &[u8], min: i64, max: i64) -> Result<Value, Reason> {
    let int =
        crate::ds::number::parse_int(word).ok_or("argument couldn't be parsed into an integer")?;
    in_bounds(int, min, max).map(Value::Int)
}

fn parse_octal(word: &[u8], max: i64) -> Result<Value, Reason> {
    let octal = std::str::from_utf8(word)
        .ok()
        .and_then(|text| i64::from_str_radix(text, 8).ok())
        .ok_or("argument couldn't be parsed as an octal number")?;
    if (0..=max).contains(&octal) {
        Ok(Value::Int(octal))
    } else {
        Err(format!("argument must be between 0 and {max:o} inclusive").into())
    }
}

fn parse_bytes_or_percent(word: &[u8]) -> Result<Value, Reason> {
    if let Some(bytes) = bytes_of(word) {
        return Ok(Value::Bytes(bytes));
    }
    let percent = word
        .strip_suffix(b"%")
        .and_then(crate::ds::number::parse_int)
        .filter(|percent| *percent >= 0)
        .ok_or("argument must be a memory or percent value")?;
    match u8::try_from(percent) {
        Ok(percent @ 0..=100) => Ok(Value::Percent(percent)),
        _ => Err("percentage argument must be less or equal to 100".into()),
    }
}

fn in_bounds<T: PartialOrd + std::fmt::Display>(value: T, min: T, max: T) -> Result<T, Reason> {
    if value >= min && value <= max {
        Ok(value)
    } else {
        Err(format!("argument must be between {min} and {max} inclusive").into())
    }
}

/// The number of bytes that `word` says: digits, then a unit in any case. No digits are zero, as
/// in Redis.
pub fn bytes_of(word: &[u8]) -> Option<u64> {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = word.split_at(digits);
    let unit: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1000 * 1000,
        b"mb" => 1 << 20,
        b"g" => 1000 * 1000 * 1000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let mut count: u64 = 0;
    for digit in digits {
        count = count
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
    }
    count.checked_mul(unit)
}

/// A number of bytes as it stands in a file: in the largest unit that divides it.
pub(super) fn bytes_text(bytes: u64) -> String {
    for (unit, shift) in [("gb", 30), ("mb", 20), ("kb", 10)] {
        if bytes != 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

fn parse_choices(words: &[Vec<u8>], choices: Words) -> Result<Value, Reason> {
    let nothing = [Vec::new()];
    let words = if words.is_empty() { &nothing } else { words };
    let mut bits = 0;
    for word in words {
        let known = choices
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        let Some((_, code)) = known else {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return Err(format!("argument(s) must be one of the following: {names}").into());
        };
        bits |= code;
    }
    Ok(Value::Choice(bits))
}

/// The word for `code`.
pub(super) fn name_of(words: Words, code: u32) -> &'static str {
    let found = words.iter().find(|(_, known)| *known == code);
    found.map_or("unknown", |(name, _)| name)
}

fn names_of(words: Words, bits: u32) -> String {
    if bits == 0 {
        return name_of(words, 0).to_owned();
    }
    let names: Vec<&str> = words
        .iter()
        .filter(|(_, bit)| bits & bit != 0)
        .map(|(name, _)| *name)
        .collect();
    names.join(" ")
}
