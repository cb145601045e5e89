//! The kinds of values that are lists with a meaning of their own: save points, output limits,
//! scores, addresses, event letters, percentiles, a primary's address.

use super::value::{Reason, Value, bytes_of, bytes_text};

/// Save when at least `changes` were made within `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    pub seconds: u64,
    pub changes: u64,
}

/// How many bytes of output may wait for a client of one class; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// Beyond this a client is closed at once.
    pub hard: usize,
    /// Beyond this for [`OutputLimit::soft_seconds`] on end, a client is closed.
    pub soft: usize,
    pub soft_seconds: u64,
}

impl OutputLimit {
    /// Whether `held` bytes are too many, if only for a moment.
    #[inline]
    pub fn is_reached(self, held: usize) -> bool {
        self.hard > 0 && held >= self.hard || self.soft > 0 && held >= self.soft
    }
}

/// The classes of clients that have output limits, in the order of their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientClass {
    Normal,
    Replica,
    PubSub,
}

impl ClientClass {
    /// In order.
    pub const ALL: [ClientClass; 3] = [
        ClientClass::Normal,
        ClientClass::Replica,
        ClientClass::PubSub,
    ];

    /// The name CONFIG GET shows.
    pub fn name(self) -> &'static str {
        match self {
            ClientClass::Normal => "normal",
            ClientClass::Replica => "slave",
            ClientClass::PubSub => "pubsub",
        }
    }

    fn named(word: &[u8]) -> Option<ClientClass> {
        match word.to_ascii_lowercase().as_slice() {
            b"normal" => Some(ClientClass::Normal),
            b"slave" | b"replica" => Some(ClientClass::Replica),
            b"pubsub" => Some(ClientClass::PubSub),
            _ => None,
        }
    }
}

/// A list of addresses may have so many.
const ADDRESSES_MAX: usize = 16;

bitflags::bitflags! {
    /// Classes of keyspace events, and where they are told.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Event: u16 {
        const KEYSPACE = 1 << 0;
        const KEYEVENT = 1 << 1;
        const GENERIC = 1 << 2;
        const STRING = 1 << 3;
        const LIST = 1 << 4;
        const SET = 1 << 5;
        const HASH = 1 << 6;
        const ZSET = 1 << 7;
        const EXPIRED = 1 << 8;
        const EVICTED = 1 << 9;
        const STREAM = 1 << 10;
        const KEY_MISS = 1 << 11;
        const MODULE = 1 << 12;
        const NEW = 1 << 13;
        /// What the letter `A` stands for.
        const ALL = Self::GENERIC.bits() | Self::STRING.bits() | Self::LIST.bits()
            | Self::SET.bits() | Self::HASH.bits() | Self::ZSET.bits() | Self::EXPIRED.bits()
            | Self::EVICTED.bits() | Self::STREAM.bits() | Self::MODULE.bits();
    }
}

/// In the order in which they are shown.
const EVENT_LETTERS: &[(u8, Event)] = &[
    (b'g', Event::GENERIC),
    (b'$', Event::STRING),
    (b'l', Event::LIST),
    (b's', Event::SET),
    (b'h', Event::HASH),
    (b'z', Event::ZSET),
    (b'x', Event::EXPIRED),
    (b'e', Event::EVICTED),
    (b't', Event::STREAM),
    (b'd', Event::MODULE),
    (b'n', Event::NEW),
    (b'K', Event::KEYSPACE),
    (b'E', Event::KEYEVENT),
    (b'm', Event::KEY_MISS),
];

impl Event {
    /// As `notify-keyspace-events` shows them. `A` hides `n`, as in Redis.
    pub fn letters(self) -> String {
        let all = self.contains(Event::ALL);
        let mut letters = String::new();
        if all {
            letters.push('A');
        }
        for &(letter, class) in EVENT_LETTERS {
            let hidden = all && Event::ALL.union(Event::NEW).contains(class);
            if self.contains(class) && !hidden {
                letters.push(char::from(letter));
            }
        }
        letters
    }
}

pub(super) fn parse_events(word: &[u8]) -> Result<Value, Reason> {
    let mut events = Event::empty();
    for &byte in word {
        events |= match EVENT_LETTERS.iter().find(|(letter, _)| *letter == byte) {
            Some((_, class)) => *class,
            None if byte == b'A' => Event::ALL,
            None => return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into()),
        };
    }
    Ok(Value::Events(events))
}

pub(super) fn parse_save(words: &[Vec<u8>]) -> Result<Value, Reason> {
    const INVALID: Reason = Reason::Borrowed("Invalid save parameters");
    if words.iter().all(Vec::is_empty) && words.len() < 2 {
        return Ok(Value::Save(Vec::new()));
    }
    let pairs = words.chunks(2).map(|pair| match pair {
        [seconds, changes] => {
            let seconds = whole_number(seconds).filter(|seconds| *seconds >= 1);
            let seconds = seconds.ok_or(INVALID)?;
            let changes = whole_number(changes).ok_or(INVALID)?;
            Ok(SavePoint { seconds, changes })
        }
        _ => Err(INVALID),
    });
    Ok(Value::Save(pairs.collect::<Result<_, _>>()?))
}

pub(super) fn show_save(points: &[SavePoint]) -> String {
    let points = points
        .iter()
        .map(|point| format!("{} {}", point.seconds, point.changes));
    points.collect::<Vec<_>>().join(" ")
}

pub(super) fn parse_output_limits(words: &[Vec<u8>], old: Option<&Value>) -> Result<Value, Reason> {
    let mut limits = match old {
        Some(Value::OutputLimits(limits)) => *limits,
        _ => [OutputLimit::default(); 3],
    };
    if !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    for group in words.chunks_exact(4) {
        let class = ClientClass::named(&group[0])
            .ok_or("Invalid client class specified in buffer limit configuration.")?;
        let limit = || {
            Some(OutputLimit {
                hard: usize::try_from(bytes_of(&group[1])?).ok()?,
                soft: usize::try_from(bytes_of(&group[2])?).ok()?,
                soft_seconds: whole_number(&group[3])?,
            })
        };
        limits[class as usize] = limit()
            .ok_or("Error in hard, soft or soft_seconds setting in buffer limit configuration.")?;
    }
    Ok(Value::OutputLimits(limits))
}

pub(super) fn show_output_limits(limits: &[OutputLimit; 3]) -> String {
    let shown = ClientClass::ALL.iter().zip(limits).map(|(class, limit)| {
        format!(
            "{} {} {} {}",
            class.name(),
            limit.hard,
            limit.soft,
            limit.soft_seconds
        )
    });
    shown.collect::<Vec<_>>().join(" ")
}

pub(super) fn output_limit_lines(limits: &[OutputLimit; 3]) -> Vec<Vec<u8>> {
    let lines = ClientClass::ALL.iter().zip(limits).map(|(class, limit)| {
        let name = match class {
            ClientClass::Replica => "replica",
            class => class.name(),
        };
        let [hard, soft] = [limit.hard, limit.soft].map(|bytes| bytes_text(bytes as u64));
        format!("{name} {hard} {soft} {}", limit.soft_seconds).into_bytes()
    });
    lines.collect()
}

pub(super) fn parse_oom_scores(words: &[Vec<u8>]) -> Result<Value, Reason> {
    let [primary, replica, child] = words else {
        return Err("wrong number of arguments".into());
    };
    let score = |word: &[u8]| {
        crate::ds::number::parse_int(word)
            .and_then(|score| i32::try_from(score).ok())
            .filter(|score| (-2000..=2000).contains(score))
            .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
    };
    Ok(Value::OomScores([
        score(primary)?,
        score(replica)?,
        score(child)?,
    ]))
}

pub(super) fn parse_addresses(words: &[Vec<u8>]) -> Result<Value, Reason> {
    match words {
        [only] if only.is_empty() => Ok(Value::Addresses(Vec::new())),
        _ if words.len() > ADDRESSES_MAX => Err("Too many bind addresses specified.".into()),
        _ => {
            let address = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
            Ok(Value::Addresses(words.iter().map(address).collect()))
        }
    }
}

pub(super) fn parse_percentiles(words: &[Vec<u8>]) -> Result<Value, Reason> {
    if matches!(words, [only] if only.is_empty()) {
        return Ok(Value::Percentiles(Vec::new()));
    }
    let percentile = |word: &Vec<u8>| {
        let percentile = std::str::from_utf8(word)
            .ok()
            .and_then(|text| text.parse::<f64>().ok())
            .ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if (0.0..=100.0).contains(&percentile) {
            Ok(percentile)
        } else {
            Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
        }
    };
    let list: Result<_, &str> = words.iter().map(percentile).collect();
    Ok(Value::Percentiles(list?))
}

pub(super) fn show_percentiles(list: &[f64]) -> String {
    let shown = list.iter().map(|percentile| {
        let text = format!("{percentile:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    });
    shown.collect::<Vec<_>>().join(" ")
}

pub(super) fn parse_primary(words: &[Vec<u8>]) -> Result<Value, Reason> {
    let [host, port] = words else {
        return Err("wrong number of arguments".into());
    };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(Value::Primary(None));
    }
    let port = whole_number(port).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or("Invalid master port")?;
    Ok(Value::Primary(Some((host.clone(), port))))
}

/// A number without a sign.
fn whole_number(word: &[u8]) -> Option<u64> {
    crate::ds::number::parse_int(word).and_then(|int| u64::try_from(int).ok())
}
